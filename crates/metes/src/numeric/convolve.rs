//! Convolution and correlation of two sequences: the longer one added up, shifted, in the room of the result.

use crate::build::{Build, cast, slice, value_error};
use metes_array::{Array, Index, meet};
use metes_dtype::{DType, Kind};
use metes_eval::{ProgramBuilder, apply_program};
use metes_memory::Result;

/// Which part of the result is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of it.
    Full,
    /// As much as the longer sequence, from the middle.
    Same,
    /// Where the sequences overlap wholly.
    Valid,
}

impl Mode {
    /// The mode of this name, or of its first letter.
    pub fn from_name(name: &str) -> Option<Mode> {
        match name {
            "full" | "f" => Some(Mode::Full),
            "same" | "s" => Some(Mode::Same),
            "valid" | "v" => Some(Mode::Valid),
            _ => None,
        }
    }
}

fn check(a: &Array, v: &Array) -> Result<()> {
    for (name, array) in [("a", a), ("v", v)] {
        if array.size() == 0 {
            return Err(value_error(format!("{name} cannot be empty")));
        }
        if array.ndim() > 1 {
            return Err(value_error(format!("object too deep for desired array: {name} has {} axes", array.ndim())));
        }
    }
    Ok(())
}

/// The convolution of two sequences.
///
/// ```
/// use metes::{array::Array, numeric::{Mode, convolve}};
/// let (a, v) = (Array::from_slice(&[3], &[1i64, 2, 3])?, Array::from_slice(&[2], &[1i64, 10])?);
/// assert_eq!(convolve(&a, &v, Mode::Full)?.read::<i64>()?.to_vec(), [1, 12, 23, 30]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Empty sequences, more than one axis, refused memory.
pub fn convolve(a: &Array, v: &Array, mode: Mode) -> Result<Array> {
    check(a, v)?;
    let (long, short) = if v.size() > a.size() { (v, a) } else { (a, v) };
    added_up(long, short, mode, (short.size() - 1) / 2)
}

/// The correlation of two sequences: the sums of products of `a` with the conjugate of `v`, shifted.
///
/// # Errors
/// As [`convolve`].
pub fn correlate(a: &Array, v: &Array, mode: Mode) -> Result<Array> {
    check(a, v)?;
    let v = crate::build::view(v, &[v.size()])?;
    let turned = v.index(&[Index::Slice { start: None, stop: None, step: Some(-1) }])?;
    let turned =
        if v.is_complex() { crate::build::call("conjugate", &[metes_eval::Operand::Array(turned)])? } else { turned };
    let (n, m) = (a.size(), v.size());
    if m > n { added_up(&turned, a, mode, n / 2) } else { added_up(a, &turned, mode, (m - 1) / 2) }
}

fn added_up(long: &Array, short: &Array, mode: Mode, middle: usize) -> Result<Array> {
    let (n, m) = (long.size(), short.size());
    let (long, short) = (crate::build::view(long, &[n])?, crate::build::view(short, &[m])?);
    let (start, length) = match mode {
        Mode::Full => (0, n + m - 1),
        Mode::Same => (middle, n),
        Mode::Valid => (m - 1, n - m + 1),
    };
    let dtype = meet(long.dtype(), short.dtype())?;
    let wide: DType = if dtype == Kind::F16 { Kind::F32.into() } else { dtype };
    let result = Array::zeros(&[length], wide)?;
    for j in 0..m {
        let (low, high) = (j.max(start), (j + n).min(start + length));
        if low >= high {
            continue;
        }
        let into = slice(&result, 0, Some((low - start) as isize), Some((high - start) as isize))?;
        let from = slice(&long, 0, Some((low - j) as isize), Some((high - j) as isize))?;
        let by = slice(&short, 0, Some(j as isize), Some(j as isize + 1))?;
        let mut builder = ProgramBuilder::new();
        let [sum, x, y] = [&into, &from, &by].map(|a| builder.input(a.dtype()));
        let (x, y) = (builder.cast(x, wide)?, builder.cast(y, wide)?);
        let product = builder.call2("multiply", x, y)?;
        let sum = builder.call2("add", sum, product)?;
        apply_program(builder, sum, &[into.clone(), from, by], Some(&into), "convolve")?;
    }
    cast(&result, dtype)
}
