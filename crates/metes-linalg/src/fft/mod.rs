//! Fourier transforms along axes of arrays: any lengths and layouts, single precision where the input is single.
//!
//! Lines along an axis go through a block of scratch, some lines at a time: converted on the way in, scaled, converted
//! on the way out. Where the result's lines are dense they are transformed where they are; long lines mostly need no room
//! but their result's. Of transforms over several axes all but the first work in place on the result.

mod library;
mod lines;
mod long;
mod roots;

pub use library::{forget_plans, kept_plans};

use library::Shape;
use lines::transform;
use metes_array::{Array, Index, Order, copy_into, shape_text};
use metes_dtype::{Casting, Category, DType, Kind, can_cast};
use metes_memory::{Error, ErrorKind, Result};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// With the exponent's sign negative.
    Forward,
    /// With it positive.
    Backward,
}

/// Which direction is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Norm {
    /// The backward one, by 1/n.
    #[default]
    Backward,
    /// Both, by the root of 1/n.
    Ortho,
    /// The forward one, by 1/n.
    Forward,
}

impl Norm {
    /// The norm of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for other names.
    pub fn parse(name: &str) -> Result<Norm> {
        match name {
            "backward" => Ok(Norm::Backward),
            "ortho" => Ok(Norm::Ortho),
            "forward" => Ok(Norm::Forward),
            other => {
                let text = format!("Invalid norm value {other}; should be \"backward\", \"ortho\" or \"forward\".");
                Err(Error::new(ErrorKind::Value, text))
            }
        }
    }

    fn scale(self, direction: Direction, n: usize) -> f64 {
        match (self, direction) {
            (Norm::Ortho, _) => 1.0 / (n as f64).sqrt(),
            (Norm::Backward, Direction::Backward) | (Norm::Forward, Direction::Forward) => 1.0 / n as f64,
            _ => 1.0,
        }
    }

    /// What scales the other direction as this scales one.
    fn swapped(self) -> Norm {
        match self {
            Norm::Backward => Norm::Forward,
            Norm::Ortho => Norm::Ortho,
            Norm::Forward => Norm::Backward,
        }
    }
}

fn value(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, text)
}

/// The complex kind that an array is transformed in.
fn complex_kind(a: &Array) -> Kind {
    match a.dtype().any_number() {
        Some(Kind::F16 | Kind::F32 | Kind::C64) => Kind::C64,
        _ => Kind::C128,
    }
}

fn length(n: Option<usize>, a: &Array, axis: usize) -> Result<usize> {
    points(n.unwrap_or_else(|| a.shape()[axis]))
}

fn points(n: usize) -> Result<usize> {
    if n > 0 { Ok(n) } else { Err(value("Invalid number of FFT data points (0) specified.")) }
}

/// The array for a result: the caller's, which must fit, or a fresh one.
fn target(a: &Array, axis: usize, n: usize, dtype: DType, out: Option<&Array>, op: &'static str) -> Result<Array> {
    let mut shape = a.shape().to_vec();
    shape[axis] = n;
    let Some(out) = out else { return Array::empty(&shape, dtype, op) };
    if out.shape() != shape {
        let (has, wants) = (shape_text(out.shape()), shape_text(&shape));
        return Err(value(format!("output array has wrong shape: {has}, the result {wants}.")));
    }
    out.require_writeable(op)?;
    if !can_cast(dtype, out.dtype(), Casting::SameKind) {
        let text = format!(
            "Cannot cast ufunc '{op}' output from dtype('{dtype}') to dtype('{}') with casting rule 'same_kind'",
            out.dtype()
        );
        return Err(Error::new(ErrorKind::Casting, text));
    }
    Ok(out.clone())
}

/// The discrete Fourier transform along an axis; the input is cut or filled up with zeros to `n`.
///
/// ```
/// use metes_array::Array;
/// use metes_linalg::{Direction, Norm, fft};
/// let a = Array::from_slice(&[2], &[1.0, 2.0])?;
/// let sum = fft(&a, None, -1, Norm::Backward, Direction::Forward, None)?.real().item(&[0])?;
/// assert_eq!(sum, metes_array::Scalar::Float(3.0));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Axes that are not there, no points, an `out` that does not fit, refused memory.
pub fn fft(
    a: &Array,
    n: Option<usize>,
    axis: isize,
    norm: Norm,
    direction: Direction,
    out: Option<&Array>,
) -> Result<Array> {
    let axis = a.axis(axis)?;
    let n = length(n, a, axis)?;
    let out = target(a, axis, n, complex_kind(a).into(), out, "fft")?;
    transform(a, &out, axis, n, Shape::Complex(direction), norm.scale(direction, n), complex_kind(a))?;
    Ok(out)
}

/// The transform of real input: the `n / 2 + 1` frequencies that are not negative.
///
/// # Errors
/// As [`fft`]; complex input.
pub fn rfft(a: &Array, n: Option<usize>, axis: isize, norm: Norm, out: Option<&Array>) -> Result<Array> {
    if a.dtype().category() == Category::Complex {
        let text = format!("rfft: the input must be real, not {}", a.dtype());
        return Err(Error::new(ErrorKind::Type, text));
    }
    let axis = a.axis(axis)?;
    let n = length(n, a, axis)?;
    let out = target(a, axis, n / 2 + 1, complex_kind(a).into(), out, "rfft")?;
    transform(a, &out, axis, n, Shape::Half, norm.scale(Direction::Forward, n), complex_kind(a))?;
    Ok(out)
}

/// The inverse of [`rfft`]: `n` real numbers, by default `2 (m - 1)` of `m` frequencies.
///
/// # Errors
/// As [`fft`].
pub fn irfft(a: &Array, n: Option<usize>, axis: isize, norm: Norm, out: Option<&Array>) -> Result<Array> {
    let axis = a.axis(axis)?;
    let n = points(n.unwrap_or_else(|| 2 * a.shape()[axis].saturating_sub(1)))?;
    let kind = complex_kind(a);
    let real = if a.dtype().any_number() == Some(Kind::F16) { Kind::F16 } else { kind.real() };
    let out = target(a, axis, n, real.into(), out, "irfft")?;
    transform(a, &out, axis, n, Shape::Whole, norm.scale(Direction::Backward, n), kind)?;
    Ok(out)
}

/// The transform of a signal with Hermitian symmetry, which is real.
///
/// # Errors
/// As [`fft`].
pub fn hfft(a: &Array, n: Option<usize>, axis: isize, norm: Norm, out: Option<&Array>) -> Result<Array> {
    let conjugate = if a.is_complex() { crate::ops::call("conjugate", &[a])? } else { a.clone() };
    irfft(&conjugate, n, axis, norm.swapped(), out)
}

/// The inverse of [`hfft`].
///
/// # Errors
/// As [`rfft`].
pub fn ihfft(a: &Array, n: Option<usize>, axis: isize, norm: Norm, out: Option<&Array>) -> Result<Array> {
    let made = rfft(a, n, axis, norm.swapped(), out)?;
    let options = metes_eval::Options { out: vec![Some(made.clone())], ..Default::default() };
    metes_eval::apply(crate::ops::ufunc("conjugate"), &[metes_eval::Operand::Array(made.clone())], &options)?;
    Ok(made)
}

/// Axes with the number of points along each; -1 is what the axis has.
pub type Points = Vec<(isize, Option<usize>)>;

/// The transform along several axes, the last first.
///
/// # Errors
/// As [`fft`].
pub fn fftn(
    a: &Array,
    axes: &[(isize, Option<usize>)],
    norm: Norm,
    direction: Direction,
    out: Option<&Array>,
) -> Result<Array> {
    let mut made = a.clone();
    for (turn, (axis, n)) in axes.iter().rev().enumerate() {
        let into = step(&made, (*axis, *n), turn == 0, turn + 1 == axes.len(), out)?;
        made = fft(&made, *n, *axis, norm, direction, into.as_ref())?;
    }
    Ok(made)
}

/// Where a turn of a transform over several axes goes: into `out` where it has the turn's shape, as after the last one;
/// in place where the shape stays.
fn step(
    made: &Array,
    (axis, n): (isize, Option<usize>),
    first: bool,
    last: bool,
    out: Option<&Array>,
) -> Result<Option<Array>> {
    let axis = made.axis(axis)?;
    let mut shape = made.shape().to_vec();
    shape[axis] = n.unwrap_or(shape[axis]);
    let fits = |out: &&Array| last || (out.shape() == shape && out.dtype() == complex_kind(made));
    if let Some(out) = out.filter(fits) {
        return Ok(Some(out.clone()));
    }
    Ok((!first && shape == made.shape()).then(|| made.clone()))
}

/// [`rfft`] along the last of some axes, then [`fftn`] along the others.
///
/// # Errors
/// As [`rfft`].
pub fn rfftn(a: &Array, axes: &[(isize, Option<usize>)], norm: Norm, out: Option<&Array>) -> Result<Array> {
    let Some(((axis, n), others)) = axes.split_last() else {
        return Err(Error::new(ErrorKind::Index, "rfftn: needs at least one axis"));
    };
    let mut half = a.shape().to_vec();
    let along = a.axis(*axis)?;
    half[along] = n.unwrap_or(half[along]) / 2 + 1;
    let fits = |out: &&Array| others.is_empty() || (out.shape() == half && out.dtype() == complex_kind(a));
    let mut made = rfft(a, *n, *axis, norm, out.filter(fits))?;
    for (turn, (axis, n)) in others.iter().rev().enumerate() {
        let into = step(&made, (*axis, *n), false, turn + 1 == others.len(), out)?;
        made = fft(&made, *n, *axis, norm, Direction::Forward, into.as_ref())?;
    }
    Ok(made)
}

/// The inverse of [`rfftn`].
///
/// # Errors
/// As [`irfft`].
pub fn irfftn(a: &Array, axes: &[(isize, Option<usize>)], norm: Norm, out: Option<&Array>) -> Result<Array> {
    let Some(((axis, n), others)) = axes.split_last() else {
        return Err(Error::new(ErrorKind::Index, "irfftn: needs at least one axis"));
    };
    let mut made = a.clone();
    for (turn, (axis, n)) in others.iter().enumerate() {
        let into = step(&made, (*axis, *n), turn == 0, false, None)?;
        made = fft(&made, *n, *axis, norm, Direction::Backward, into.as_ref())?;
    }
    irfft(&made, *n, *axis, norm, out)
}

/// A copy with elements moved along axes by so many places; what leaves at one end enters at the other.
///
/// # Errors
/// Axes that are not there, refused memory.
pub fn rolled(a: &Array, shifts: &[(isize, isize)]) -> Result<Array> {
    let mut sums = vec![0isize; a.ndim()];
    for (axis, shift) in shifts {
        let axis = a.axis(*axis)?;
        sums[axis] += shift.checked_rem_euclid(a.shape()[axis] as isize).unwrap_or(0);
    }
    let shifts: Vec<(isize, isize)> =
        sums.into_iter().enumerate().filter(|(_, by)| *by != 0).map(|(axis, by)| (axis as isize, by)).collect();
    let out = a.empty_like(a.dtype(), Order::K, "roll")?;
    fn copy(from: &Array, to: &Array, shifts: &[(isize, isize)]) -> Result<()> {
        let Some(((axis, shift), rest)) = shifts.split_first() else { return copy_into(to, from) };
        let axis = from.axis(*axis)?;
        let n = from.shape()[axis] as isize;
        let by = if n == 0 { 0 } else { shift.rem_euclid(n) };
        let cut = |array: &Array, start: isize, stop: isize| {
            let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
            index.push(Index::Slice { start: Some(start), stop: Some(stop), step: None });
            array.index(&index)
        };
        copy(&cut(from, 0, n - by)?, &cut(to, by, n)?, rest)?;
        copy(&cut(from, n - by, n)?, &cut(to, 0, by)?, rest)
    }
    copy(a, &out, &shifts)?;
    Ok(out)
}
