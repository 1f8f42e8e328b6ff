//! What a plan computes once and keeps where a result will be.
//!
//! The exponentials of a softmax are summed before they are divided. Where the values that a reduction folds are of the
//! result's shape and dtype, the pass that folds them writes them to the result's bytes, too; later passes read them there,
//! and the last one finishes them in place. That takes no byte more, and pays where computing a value takes longer than
//! writing and reading it. Left out: results in arrays that exist, which must stay as they were where a later pass fails;
//! parts of files; and few values ([`crate::quick`]).

use crate::expr::{Expr, Op};
use crate::quick::SMALL;
use crate::sink::{Sink, Target};
use metes_memory::Result;
use std::collections::HashSet;

/// How many times the bytes of a value its steps go through where it is worth keeping: a function of the longer kind does.
const WORTH: usize = 8;

/// Has passes, given in the order in which they run, keep what a later one would compute again.
pub(crate) fn arrange(passes: &mut [Vec<Sink>]) -> Result<()> {
    for last in (1..passes.len()).rev() {
        let [result] = passes[last].as_slice() else { continue };
        let Some((first, kept)) = found(&passes[..last], result) else { continue };
        passes[first][0].keeps = true;
        for sink in passes[first + 1..=last].iter_mut().flatten() {
            if sink.track().is_none() && reads(&sink.value, &kept) {
                sink.given(&kept)?;
            }
        }
        let result = &mut passes[last][0];
        result.over = result.leaves.iter().position(|leaf| leaf.id() == kept.id());
    }
    Ok(())
}

/// The values most worth keeping for a result, and the pass that folds them first.
fn found(passes: &[Vec<Sink>], result: &Sink) -> Option<(usize, Expr)> {
    let few = result.value.shape().iter().product::<usize>() <= SMALL;
    if few || result.track().is_some() || !matches!(result.target, Target::Store(_, None)) || result.over.is_some() {
        return None;
    }
    let suits = |sink: &Sink| {
        matches!(sink.target, Target::Fold(_))
            && !sink.keeps
            && sink.track().is_none()
            && sink.value.op().is_elementwise()
            && sink.value.shape() == result.value.shape()
            && [sink.value.dtype(), sink.program.dtype()].iter().all(|&dtype| dtype == result.value.dtype())
            && sink.program.weight() >= WORTH * sink.value.dtype().size()
            && reads(&result.value, &sink.value)
    };
    let folds = passes.iter().enumerate().filter_map(|(at, sinks)| match sinks.as_slice() {
        [sink] if suits(sink) => Some((at, sink)),
        _ => None,
    });
    // Of equal ones the first, for the others read what it keeps.
    let best = folds.max_by_key(|(at, sink)| (sink.program.weight(), std::cmp::Reverse(*at)))?;
    Some((best.0, best.1.value.clone()))
}

/// Whether a value is made of another one, with elementwise steps only.
fn reads(value: &Expr, of: &Expr) -> bool {
    value.bottom_up(&mut HashSet::new(), Op::is_elementwise).iter().any(|expr| expr.id() == of.id())
}
