//! Padding: an array within a larger one, and what goes around it.
//!
//! The result is filled axis by axis, each from what the axes before it have made, so that corners come of themselves.

use super::{backwards, empty_like_in, part, put, wrong};
use metes_array::{Array, Index, Scalar};
use metes_dtype::{Category, Kind};
use metes_eval::{Operand, Options, ReduceOptions, Sorting, apply, sort_in_place};
use metes_kernels::{reduction, ufunc};
use metes_memory::Result;

/// Something before and after each axis.
pub type Pairs<T> = Vec<(T, T)>;

/// What goes around an array.
#[derive(Clone, Debug)]
pub enum Pad {
    /// Nothing: values are whatever lay in memory.
    Empty,
    /// One value per side.
    Constant(Pairs<Scalar>),
    /// The outermost value.
    Edge,
    /// A line from the outermost value to one per side.
    LinearRamp(Pairs<Scalar>),
    /// A reduction (`max`, `min`, `mean`) of so many values next to the side, or of all.
    Reduced(&'static str, Pairs<Option<usize>>),
    /// The median of so many values next to the side, or of all.
    Median(Pairs<Option<usize>>),
    /// The values mirrored at the outermost one; `odd` also negates their distance to it.
    Reflect {
        /// Whether the mirror turns values as well.
        odd: bool,
    },
    /// The values mirrored between the outermost one and its copy.
    Symmetric {
        /// Whether the mirror turns values as well.
        odd: bool,
    },
    /// The values from the other end.
    Wrap,
}

/// An array with `widths` places more before and after each axis.
///
/// ```
/// use metes::{array::Array, manipulate::{Pad, pad}};
/// let a = Array::from_slice(&[3], &[1, 2, 3])?;
/// assert_eq!(pad(&a, &[(2, 1)], &Pad::Reflect { odd: false })?.read::<i32>()?.to_vec(), [3, 2, 1, 2, 3, 2]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// An empty axis that values are to come from, refused memory.
pub fn pad(array: &Array, widths: &[(usize, usize)], mode: &Pad) -> Result<Array> {
    let mut shape = Vec::with_capacity(array.ndim());
    for (&n, &(before, after)) in array.shape().iter().zip(widths) {
        let length = n.checked_add(before).and_then(|n| n.checked_add(after));
        shape.push(length.ok_or_else(|| wrong("pad: the result is too long"))?);
    }
    let out = empty_like_in(array, &shape, array.dtype(), "pad")?;
    put(&inner(&out, array, widths, 0)?, array)?;
    for axis in 0..array.ndim() {
        let (before, after) = widths[axis];
        if (before, after) == (0, 0) {
            continue;
        }
        let room = inner(&out, array, widths, axis + 1)?;
        let side = Side { room: &room, axis, n: array.shape()[axis], before, after };
        side.fill(mode)?;
    }
    Ok(out)
}

/// The part of the result that the array's places take along the axes from `first` on.
fn inner(out: &Array, array: &Array, widths: &[(usize, usize)], first: usize) -> Result<Array> {
    let index: Vec<Index> = (0..array.ndim())
        .map(|axis| {
            let start = widths[axis].0 as isize;
            let stop = start + array.shape()[axis] as isize;
            if axis < first { super::ALL } else { Index::Slice { start: Some(start), stop: Some(stop), step: None } }
        })
        .collect();
    out.index(&index)
}

/// One axis of the result, the middle of which is filled.
struct Side<'a> {
    room: &'a Array,
    axis: usize,
    n: usize,
    before: usize,
    after: usize,
}

impl Side<'_> {
    fn slice(&self, start: usize, stop: usize) -> Result<Array> {
        part(self.room, self.axis, start, stop)
    }

    fn end(&self) -> usize {
        self.before + self.n
    }

    /// The places before the middle, and those after it.
    fn pads(&self) -> Result<[Array; 2]> {
        Ok([self.slice(0, self.before)?, self.slice(self.end(), self.end() + self.after)?])
    }

    fn fill(&self, mode: &Pad) -> Result<()> {
        if self.n == 0 && !matches!(mode, Pad::Empty | Pad::Constant(_)) {
            let axis = self.axis;
            return Err(wrong(format!("can't extend empty axis {axis} using modes other than 'constant' or 'empty'")));
        }
        match mode {
            Pad::Empty => Ok(()),
            Pad::Constant(values) => self.each(|_, before| {
                let (first, second) = values[self.axis];
                Array::full(&[], if before { first } else { second }, scalar_dtype(if before { first } else { second }))
            }),
            Pad::Edge => self.each(|side, before| side.edge(before)),
            Pad::LinearRamp(ends) => self.ramps(ends[self.axis]),
            Pad::Reduced(name, lengths) => self.each(|side, before| side.reduced(name, side.near(lengths, before)?)),
            Pad::Median(lengths) => self.each(|side, before| side.median(&side.near(lengths, before)?)),
            Pad::Reflect { .. } if self.n == 1 => self.each(|side, before| side.edge(before)),
            Pad::Reflect { odd } => self.mirror(1, *odd),
            Pad::Symmetric { odd } => self.mirror(0, *odd),
            Pad::Wrap => self.wrap(),
        }
    }

    /// Fills both sides with what `make` gives, broadcast. Both are made before either is written.
    fn each(&self, make: impl Fn(&Self, bool) -> Result<Array>) -> Result<()> {
        let made = [make(self, true)?, make(self, false)?];
        self.pads()?.iter().zip(&made).try_for_each(|(pad, made)| put(pad, made))
    }

    fn edge(&self, before: bool) -> Result<Array> {
        if before { self.slice(self.before, self.before + 1) } else { self.slice(self.end() - 1, self.end()) }
    }

    /// The values next to a side that a statistic is of.
    fn near(&self, lengths: &Pairs<Option<usize>>, before: bool) -> Result<Array> {
        let (first, second) = lengths[self.axis];
        let length = if before { first } else { second }.map_or(self.n, |length| length.min(self.n));
        if length == 0 {
            return Err(wrong("stat_length of 0 yields no value for padding"));
        }
        if before { self.slice(self.before, self.before + length) } else { self.slice(self.end() - length, self.end()) }
    }

    fn reduced(&self, name: &str, values: Array) -> Result<Array> {
        let row = reduction(name).expect("a row of the table");
        let options = ReduceOptions { axes: Some(vec![self.axis as isize]), keepdims: true, ..Default::default() };
        self.rounded(metes_eval::reduce(row, &values, &options)?)
    }

    /// Integers take the nearest whole number.
    fn rounded(&self, values: Array) -> Result<Array> {
        if self.room.dtype().category() > Category::Signed || values.dtype() == self.room.dtype() {
            return Ok(values);
        }
        one("rint", &[Operand::Array(values)])
    }

    fn median(&self, values: &Array) -> Result<Array> {
        let sorted = values.copy(metes_array::Order::K)?;
        sort_in_place(&sorted, self.axis as isize, Sorting::default())?;
        let n = sorted.shape()[self.axis];
        let middle = part(&sorted, self.axis, (n - 1) / 2, n / 2 + 1)?;
        let row = reduction("mean").expect("a row of the table");
        let options = ReduceOptions { axes: Some(vec![self.axis as isize]), keepdims: true, ..Default::default() };
        let mean = metes_eval::reduce(row, &middle, &options)?;
        if sorted.dtype().category() < Category::Float {
            return self.rounded(mean);
        }
        let last = part(&sorted, self.axis, n - 1, n)?;
        let unknown = one("isnan", &[Operand::Array(last.clone())])?;
        one("where", &[Operand::Array(unknown), Operand::Array(last), Operand::Array(mean)])
    }

    /// Lines from an end value, at the outermost place, to the edge, one place at a time.
    fn ramps(&self, (first, last): (Scalar, Scalar)) -> Result<()> {
        for (before, end, width) in [(true, first, self.before), (false, last, self.after)] {
            if width == 0 {
                continue;
            }
            let end = Operand::Weak(end);
            let wide = if self.room.is_complex() { Kind::C128 } else { Kind::F64 };
            let edge = metes_eval::astype(
                &self.edge(before)?,
                wide.into(),
                metes_array::Order::K,
                metes_dtype::Casting::Unsafe,
                true,
            )?;
            let span = one("subtract", &[Operand::Array(edge), end.clone()])?;
            let step = one("divide", &[Operand::Array(span), Operand::Weak(Scalar::Float(width as f64))])?;
            for place in 0..width {
                let along =
                    one("multiply", &[Operand::Array(step.clone()), Operand::Weak(Scalar::Float(place as f64))])?;
                let mut value = one("add", &[Operand::Array(along), end.clone()])?;
                if self.room.dtype().category() <= Category::Signed {
                    value = one("floor", &[Operand::Array(value)])?;
                }
                let at = if before { place } else { self.end() + width - 1 - place };
                put(&self.slice(at, at + 1)?, &value)?;
            }
        }
        Ok(())
    }

    /// Mirrors what is filled at its first place, then at its last, in pieces that double; `skip` is 1 where the mirror
    /// itself is not repeated.
    fn mirror(&self, skip: usize, odd: bool) -> Result<()> {
        let turned = |edge: Array, piece: Array| -> Result<Array> {
            if !odd {
                return Ok(piece);
            }
            let twice = one("multiply", &[Operand::Weak(Scalar::Int(2)), Operand::Array(edge)])?;
            one("subtract", &[Operand::Array(twice), Operand::Array(piece)])
        };
        let (mut first, end) = (self.before, self.end());
        while first > 0 {
            let piece = (end - first - skip).min(first);
            let source = backwards(self.room, self.axis, first + skip, first + skip + piece)?;
            let source = turned(self.slice(first, first + 1)?, source)?;
            put(&self.slice(first - piece, first)?, &source)?;
            first -= piece;
        }
        let (start, mut last) = (self.before, end);
        let stop = end + self.after;
        while last < stop {
            let piece = (last - start - skip).min(stop - last);
            let source = backwards(self.room, self.axis, last - skip - piece, last - skip)?;
            let source = turned(self.slice(last - 1, last)?, source)?;
            put(&self.slice(last, last + piece)?, &source)?;
            last += piece;
        }
        Ok(())
    }

    fn wrap(&self) -> Result<()> {
        let (mut first, end) = (self.before, self.end());
        while first > 0 {
            let piece = (end - first).min(first);
            put(&self.slice(first - piece, first)?, &self.slice(end - piece, end)?)?;
            first -= piece;
        }
        let (mut last, stop) = (end, end + self.after);
        while last < stop {
            let piece = (last - self.before).min(stop - last);
            put(&self.slice(last, last + piece)?, &self.slice(self.before, self.before + piece)?)?;
            last += piece;
        }
        Ok(())
    }
}

fn scalar_dtype(value: Scalar) -> metes_dtype::DType {
    value.default_dtype()
}

fn one(name: &str, inputs: &[Operand]) -> Result<Array> {
    let row = ufunc(name).expect("a row of the table");
    Ok(apply(row, inputs, &Options::default())?.remove(0))
}
