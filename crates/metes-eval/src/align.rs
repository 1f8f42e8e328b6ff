//! Operands that are read from files, of one elementwise function: which of them set the pace, and which are held whole.
//!
//! Files are read front to back, by rows. What is as large as the result must advance with it, all by the same rows; what is
//! smaller, such as one row or the mean of each column, is met again and again, and so is read once, before, and held. What it
//! takes is part of the plan's peak. Left out: two files as large as the result that advance along different axes, such as a
//! table and its transpose; one of them would be held whole, and nobody asked for that.

use crate::expr::Expr;
use crate::track::Track;
use metes_array::{Dims, shape_text};
use metes_memory::{Error, ErrorKind, Result};

/// Whether an operand meets the rows of its file more than once where it is stretched to `shape`, to which it broadcasts.
pub(crate) fn stretches(of: &Expr, shape: &[usize]) -> bool {
    let new = shape.len() - of.shape().len();
    of.track().is_some_and(|track| of.shape()[track.axis] != shape[new + track.axis])
}

/// The operands as they are read for a result of this shape, and the rows by which it advances.
pub(crate) fn in_step(name: &str, args: &[Expr], shape: &Dims) -> Result<(Vec<Expr>, Option<Track>)> {
    let rows = |arg: &Expr| {
        let track = arg.track().filter(|_| !stretches(arg, shape))?;
        Some(track.shifted(shape.len() - arg.shape().len()))
    };
    let size = |arg: &Expr| arg.shape().iter().product::<usize>();
    // The first that is whole, or the largest, sets the pace; what has a single row follows it as well from memory.
    let with_rows = args.iter().rev().filter_map(|arg| Some((arg, rows(arg)?)));
    let pace = with_rows.max_by_key(|(arg, track)| (arg.shape() == shape.as_slice(), size(arg), track.rows > 1));
    let pace = pace.map(|(_, track)| track);
    let each = args.iter().map(|arg| match (arg.track(), rows(arg)) {
        (None, _) => Ok(arg.clone()),
        (_, own) if own.is_some() && own == pace => Ok(arg.clone()),
        (Some(track), _) if arg.shape() != shape.as_slice() || arg.shape()[track.axis] <= 1 => Ok(arg.held()),
        _ => {
            let (own, all) = (shape_text(arg.shape()), shape_text(shape));
            let message = format!(
                "{name}: an operand of shape {own} advances by other rows of its file than the result of shape {all}; compute() it first"
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    });
    Ok((each.collect::<Result<_>>()?, pace))
}
