//! `ufunc.accumulate` and what follows from it: cumulative sums and products.

use super::reduce::identity_of;
use super::{along, check_binary, choose, ran, run, viewed};
use crate::apply::Operand;
use metes_array::{Array, Dims, Layout, Order, shape_text, shares_memory};
use metes_dtype::{Casting, DType};
use metes_kernels::{Cell, Ufunc};
use metes_memory::{Error, ErrorKind, Reason, Result};

/// Work that the overlap test may spend before arrays count as overlapping.
pub(super) const OVERLAP_WORK: u64 = 100;

/// The keyword arguments of [`cumulative`].
#[derive(Clone, Debug, Default)]
pub struct AccumulateOptions {
    /// The axis; all values in C order, as one axis, without one.
    pub axis: Option<isize>,
    /// The dtype to compute in.
    pub dtype: Option<DType>,
    /// Where the result goes.
    pub out: Option<Array>,
    /// Whether the identity comes before the first value.
    pub include_initial: bool,
    /// Whether NaN counts as the identity.
    pub skip_nan: bool,
}

/// The results of folding the values up to each place along an axis.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[3], &[1i64, 2, 3])?;
/// let add = metes_kernels::ufunc("add").unwrap();
/// assert_eq!(metes_eval::accumulate(add, &a, 0, None, None)?.read::<i64>()?.to_vec(), [1, 3, 6]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// A ufunc of other than two values and one result, an array without axes, an axis that is not there, dtypes without a
/// loop, an `out` of another shape, refused memory.
pub fn accumulate(
    ufunc: &'static Ufunc,
    array: &Array,
    axis: isize,
    dtype: Option<DType>,
    out: Option<&Array>,
) -> Result<Array> {
    check_binary(ufunc, "accumulate")?;
    if array.ndim() == 0 {
        return Err(Error::new(ErrorKind::Type, "cannot accumulate on a scalar"));
    }
    let axis = array.axis(axis)?;
    if array.dtype().time().is_some()
        && dtype.is_none_or(|dtype| dtype == array.dtype())
        && let Some(found) = crate::times::accumulated(ufunc, array, axis as isize)?
    {
        let Some(out) = out else { return Ok(found) };
        crate::assign(out, &crate::Operand::Array(found), Casting::SameKind, None)?;
        return Ok(out.clone());
    }
    let cell = choose(ufunc, "accumulate", array.dtype(), out.map(Array::dtype), dtype, true)?;
    let target = target(ufunc, "accumulate", cell, array, array.shape(), out)?;
    let copied;
    let source = if apart(array, &target) {
        array
    } else {
        let why = |_: &Layout| "the operand shares bytes with the result".to_owned();
        copied = array.copy_because(Order::K, Reason::Overlap, why)?;
        &copied
    };
    into(ufunc, cell, source, &target, axis)?;
    handed_over(target, out)
}

/// The array to compute in: `out` where it has the loop's dtype, else a fresh one.
pub(super) fn target(
    ufunc: &'static Ufunc,
    method: &'static str,
    cell: &Cell,
    array: &Array,
    shape: &[usize],
    out: Option<&Array>,
) -> Result<Array> {
    let dtype: DType = cell.outputs[0].into();
    if let Some(out) = out {
        if out.shape() != shape {
            let (has, wants) = (shape_text(out.shape()), shape_text(shape));
            let message = format!("{}.{method}: provided out has shape {has}, the result has {wants}", ufunc.name);
            return Err(Error::new(ErrorKind::Value, message));
        }
        out.require_writeable(ufunc.name)?;
        if out.dtype() == dtype && out.is_aligned() {
            return Ok(out.clone());
        }
    }
    if shape == array.shape() { array.empty_like(dtype, Order::K, method) } else { Array::empty(shape, dtype, method) }
}

/// Whether two arrays have no byte in common, or are the same.
pub(super) fn apart(array: &Array, target: &Array) -> bool {
    let same =
        array.buffer().same(target.buffer()) && array.layout() == target.layout() && array.dtype() == target.dtype();
    same || !shares_memory(array, target, Some(OVERLAP_WORK)).unwrap_or(true)
}

/// The result itself, or `out` with its values.
pub(super) fn handed_over(target: Array, out: Option<&Array>) -> Result<Array> {
    let Some(out) = out else { return Ok(target) };
    let there = target.buffer().same(out.buffer()) && target.layout() == out.layout();
    if !there {
        crate::assign(out, &Operand::Array(target), Casting::Unsafe, None)?;
    }
    Ok(out.clone())
}

/// Accumulates values in `target`; those of another dtype are cast into it first.
fn into(ufunc: &Ufunc, cell: &Cell, array: &Array, target: &Array, axis: usize) -> Result<()> {
    if array.size() == 0 {
        return Ok(());
    }
    let exact = array.dtype() == target.dtype() && array.is_aligned();
    if !exact {
        crate::assign(target, &Operand::Array(array.clone()), Casting::Unsafe, None)?;
    }
    let source = if exact { array } else { target };
    let mut done = false;
    if array.ndim() == 1 {
        ran(ufunc, cell, || {
            let flags = run::accumulate_line(cell, source, target);
            done = flags.is_some();
            Ok(flags.unwrap_or(0))
        })?;
    }
    if done {
        return Ok(());
    }
    crate::assign(&along(target, axis, 0, 1)?, &Operand::Array(along(source, axis, 0, 1)?), Casting::Unsafe, None)?;
    if array.shape()[axis] > 1 {
        ran(ufunc, cell, || run::accumulate_along(cell, source, target, axis))?;
    }
    Ok(())
}

/// Cumulative sums or products (`add`, `multiply`): [`accumulate`], over all values without an axis, with the identity
/// first or instead of NaN where that is asked for. No more is allocated than the result.
///
/// # Errors
/// As [`accumulate`].
pub fn cumulative(ufunc: &'static Ufunc, array: &Array, options: &AccumulateOptions) -> Result<Array> {
    let axis = match options.axis {
        Some(axis) if array.ndim() > 0 => Some(array.axis(axis)?),
        None if array.ndim() == 1 => Some(0),
        Some(0 | -1) | None => None,
        Some(axis) => return array.axis(axis).map(|_| array.clone()),
    };
    if axis.is_none() && array.dtype().time().is_some() && !options.include_initial {
        return accumulate(ufunc, &array.ravel(Order::C)?, 0, options.dtype, options.out.as_ref());
    }
    let plain = !(options.include_initial || options.skip_nan && can_be_nan(array));
    let flat = axis.is_none();
    if let (true, Some(axis)) = (plain, axis) {
        return accumulate(ufunc, array, axis as isize, options.dtype, options.out.as_ref());
    }
    check_binary(ufunc, "accumulate")?;
    let cell = choose(ufunc, "accumulate", array.dtype(), options.out.as_ref().map(Array::dtype), options.dtype, true)?;
    let axis = axis.unwrap_or(0);
    let mut shape: Dims = if flat { Dims::from_elem(array.size(), 1) } else { array.shape().into() };
    shape[axis] += usize::from(options.include_initial);
    let out = options.out.as_ref();
    let mut target = target(ufunc, "accumulate", cell, array, &shape, out)?;
    if out.is_some() && !apart(array, &target) {
        target = Array::empty(&shape, cell.outputs[0].into(), "accumulate")?;
    }
    let identity = identity_of(ufunc.identity.unwrap_or(0.0), cell.outputs[0]);
    let mut rest = target.clone();
    if options.include_initial {
        crate::assign(&along(&target, axis, 0, 1)?, &Operand::Weak(identity), Casting::Unsafe, None)?;
        rest = along(&target, axis, 1, shape[axis])?;
    }
    fill(&rest, array, flat, options.skip_nan.then_some(identity))?;
    into(ufunc, cell, &rest, &rest, axis)?;
    handed_over(target, out)
}

fn can_be_nan(array: &Array) -> bool {
    matches!(array.dtype().category(), metes_dtype::Category::Float | metes_dtype::Category::Complex)
}

/// Writes the values to `into`, in C order if `flat`, NaN as the identity.
fn fill(into: &Array, array: &Array, flat: bool, identity: Option<metes_array::Scalar>) -> Result<()> {
    let shaped = if flat && into.is_c_contiguous() {
        viewed(into, array.shape())?
    } else if flat {
        let values = array.ravel(Order::C)?;
        return fill(into, &values, false, identity);
    } else {
        into.clone()
    };
    let Some(identity) = identity.filter(|_| can_be_nan(array)) else {
        return crate::assign(&shaped, &Operand::Array(array.clone()), Casting::Unsafe, None);
    };
    let mut builder = crate::ProgramBuilder::new();
    let x = builder.input(array.dtype());
    let row = |name| metes_kernels::ufunc(name).expect("a row of the table");
    let nan = builder.ufunc(row("isnan"), &[crate::Arg::Slot(x)])?;
    let value = builder.constant(identity, array.dtype());
    let chosen = builder.ufunc(row("where"), &[nan, value, x].map(crate::Arg::Slot))?;
    let chosen = builder.cast(chosen, shaped.dtype())?;
    let program = builder.finish(chosen);
    let mut scratch = crate::ScratchBuf::new(&program)?;
    program.run(std::slice::from_ref(array), &shaped, None, &mut scratch)?;
    Ok(())
}
