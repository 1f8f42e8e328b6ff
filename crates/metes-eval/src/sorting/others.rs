//! Sorting elements that no loop sorts, through their places: text, time, records, numbers in the other byte order.

use super::Sorting;
use crate::elements::compare;
use crate::exec;
use metes_array::{Array, Mode, Order, Scalar, copy_fields};
use metes_dtype::{DType, Form, Kind};
use metes_memory::Result;
use std::cmp::Ordering;

/// Whether a dtype is sorted here.
pub(super) fn is_ours(dtype: DType) -> bool {
    !matches!(dtype.form(), Form::Number(_))
}

/// The places of the elements along an axis in sorted order, as int64; equal ones in the order of their places.
pub(super) fn argsort(array: &Array, axis: usize, how: Sorting) -> Result<Array> {
    let last = array.moveaxis(&[axis as isize], &[-1])?;
    let out = Array::empty(last.shape(), Kind::I64.into(), "argsort")?;
    let n = last.shape().last().copied().unwrap_or(0);
    if out.size() == 0 {
        return out.moveaxis(&[-1], &[axis as isize]);
    }
    let lanes = last.size() / n;
    let flat = last.copy_for(Order::C, "argsort")?.reshape(&[lanes as isize, n as isize], Order::C, None)?;
    let (dtype, width) = (flat.dtype(), flat.dtype().size());
    {
        let _guards = exec::guard(&[&flat], 0, "argsort")?;
        let mut held = out.write::<i64>()?;
        let places = held.as_mut_slice().unwrap_or_default();
        for (lane, places) in places.chunks_exact_mut(n).enumerate() {
            let first = flat.as_ptr().wrapping_add(lane * n * width);
            let at = |place: i64| first.wrapping_add(place as usize * width).cast_const();
            places.iter_mut().enumerate().for_each(|(i, place)| *place = i as i64);
            places.sort_unstable_by(|&a, &b| {
                // SAFETY: places of a lane of the dense, guarded copy.
                let order = unsafe { compare(dtype, at(a), at(b)) };
                (if how.descending { order.reverse() } else { order }).then(a.cmp(&b))
            });
        }
    }
    out.moveaxis(&[-1], &[axis as isize])
}

/// Sorts the lanes of an array along an axis.
pub(super) fn sort(array: &Array, axis: usize, how: Sorting) -> Result<()> {
    let places = argsort(array, axis, how)?;
    let sorted = array.take_along_axis(&places, axis as isize)?;
    copy_fields(array, &sorted)
}

/// Where values belong among sorted elements of one dtype: before equal ones, or after them.
pub(super) fn search(sorted: &Array, values: &Array, right: bool, sorter: Option<&Array>) -> Result<Array> {
    let sorted = match sorter {
        Some(sorter) => sorted.take(sorter, Some(0), Mode::Raise)?,
        None => sorted.copy_for(Order::C, "searchsorted")?,
    };
    let values = values.copy_for(Order::C, "searchsorted")?;
    let out = Array::full(values.shape(), Scalar::Int(0), Kind::I64.into())?;
    let (dtype, width) = (sorted.dtype(), sorted.dtype().size());
    let _guards = exec::guard(&[&sorted, &values], 0, "searchsorted")?;
    let mut held = out.write::<i64>()?;
    for (i, place) in held.as_mut_slice().unwrap_or_default().iter_mut().enumerate() {
        let value = values.as_ptr().wrapping_add(i * width).cast_const();
        let (mut low, mut high) = (0, sorted.size());
        while low < high {
            let middle = low.midpoint(high);
            // SAFETY: elements of dense, guarded copies.
            let order = unsafe { compare(dtype, sorted.as_ptr().wrapping_add(middle * width), value) };
            if order == Ordering::Less || right && order == Ordering::Equal { low = middle + 1 } else { high = middle }
        }
        *place = low as i64;
    }
    drop(held);
    Ok(out)
}
