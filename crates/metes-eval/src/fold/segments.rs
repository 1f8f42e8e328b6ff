//! `ufunc.reduceat`: folds of stretches of an axis.

use super::accumulate::{OVERLAP_WORK, handed_over, target};
use super::{along, check_binary, choose, ran, run};
use crate::apply::Operand;
use metes_array::{Array, Dims, Order, shares_memory};
use metes_dtype::{Casting, DType, Kind};
use metes_kernels::{Cell, Flags, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// Folds the values along `axis` from each index up to the next one, the last up to the end; where the next index is not
/// larger, the value at the index alone.
///
/// ```
/// use metes_array::Array;
/// let (a, at) = (Array::from_slice(&[5], &[1i64, 2, 3, 4, 5])?, Array::from_slice(&[3], &[0i64, 3, 1])?);
/// let add = metes_kernels::ufunc("add").unwrap();
/// assert_eq!(metes_eval::reduceat(add, &a, &at, 0, None, None)?.read::<i64>()?.to_vec(), [6, 4, 14]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`crate::accumulate`]; [`ErrorKind::Index`] for an index outside the axis.
pub fn reduceat(
    ufunc: &'static Ufunc,
    array: &Array,
    indices: &Array,
    axis: isize,
    dtype: Option<DType>,
    out: Option<&Array>,
) -> Result<Array> {
    check_binary(ufunc, "reduceat")?;
    if array.ndim() == 0 {
        return Err(Error::new(ErrorKind::Type, "cannot reduceat on a scalar"));
    }
    if indices.ndim() != 1 {
        let message = format!("{}.reduceat: indices have one axis, not {}", ufunc.name, indices.ndim());
        return Err(Error::new(ErrorKind::Value, message));
    }
    let axis = array.axis(axis)?;
    let indices = crate::astype(indices, Kind::I64.into(), Order::C, Casting::Unsafe, false)?;
    let indices = if indices.is_aligned() { indices } else { indices.copy(Order::C)? };
    let held = indices.read::<i64>()?;
    let starts = held.as_slice().unwrap_or(&[]);
    let length = array.shape()[axis];
    if let Some(outside) = starts.iter().find(|&&i| i < 0 || i as u64 >= length as u64) {
        let message = format!("index {outside} out-of-bounds in {}.reduceat [0, {length})", ufunc.name);
        return Err(Error::new(ErrorKind::Index, message));
    }
    let cell = choose(ufunc, "reduceat", array.dtype(), out.map(Array::dtype), dtype, true)?;
    let mut shape: Dims = array.shape().into();
    shape[axis] = starts.len();
    let target = target(ufunc, "reduceat", cell, array, &shape, out)?;
    let shared =
        indices.buffer().same(target.buffer()) || shares_memory(array, &target, Some(OVERLAP_WORK)).unwrap_or(true);
    let target = if shared { Array::empty(&shape, cell.outputs[0].into(), "reduceat")? } else { target };
    if target.size() > 0 {
        ran(ufunc, cell, || fold_segments(cell, array, &target, axis, starts))?;
    }
    drop(held);
    handed_over(target, out)
}

fn fold_segments(cell: &Cell, array: &Array, target: &Array, axis: usize, starts: &[i64]) -> Result<Flags> {
    let step = array.strides()[axis].unsigned_abs();
    let innermost = array.shape().iter().zip(array.strides()).all(|(&n, s)| n == 1 || s.unsigned_abs() >= step);
    let exact = array.dtype() == target.dtype() && array.is_aligned() && target.is_aligned();
    if innermost && exact {
        return run::segments_by_line(cell, array, target, axis, starts);
    }
    let mut flags = 0;
    for (i, &start) in starts.iter().enumerate() {
        let start = start as usize;
        let stop = starts.get(i + 1).map_or(array.shape()[axis], |&next| next as usize);
        let acc = along(target, axis, i, i + 1)?;
        let first = along(array, axis, start, start + 1)?;
        crate::assign(&acc, &Operand::Array(first), Casting::Unsafe, None)?;
        if stop > start + 1 {
            flags |= run::fold_into(cell, &acc, &along(array, axis, start + 1, stop)?, None)?;
        }
    }
    Ok(flags)
}
