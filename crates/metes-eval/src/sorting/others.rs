//! Sorting elements that no loop sorts, through their places: text, time, records, numbers in the other byte order.

use super::{Sorting, whole};
use crate::elements::compare;
use crate::exec;
use crate::walk::Walk;
use metes_array::{Array, Index, Mode, Order, Scalar, copy_fields};
use metes_dtype::{Casting, DType, Form, Kind};
use metes_memory::{Error, ErrorKind, Result};
use std::cmp::Ordering;

/// Whether a dtype is sorted here.
pub(super) fn is_ours(dtype: DType) -> bool {
    !matches!(dtype.form(), Form::Number(_))
}

/// Native numbers that follow each other as the elements do, in an array of its own: counts of time one less, so that NaT
/// comes last, numbers in the other byte order turned. `None` for what has none.
fn keys(array: &Array) -> Result<Option<Array>> {
    match array.dtype().form() {
        Form::Time(_) => crate::times::keys(array).map(Some),
        Form::Swapped(kind) => crate::convert(array, kind.into(), "sort").map(Some),
        _ => Ok(None),
    }
}

/// Lets `work` change the keys of an array's elements in place, where they lie if they can.
fn by_keys(array: &Array, work: impl FnOnce(&Array) -> Result<()>) -> Result<()> {
    if array.dtype().time().is_some_and(|time| !time.swapped) && array.is_aligned() {
        let counts = array.view(Kind::I64.into())?;
        crate::times::shift(&counts, -1)?;
        let done = work(&counts);
        return crate::times::shift(&counts, 1).and(done);
    }
    let Some(keys) = keys(array)? else { return Ok(()) };
    work(&keys)?;
    if array.dtype().time().is_some() {
        crate::times::shift(&keys, 1)?;
        return crate::assign(&crate::elements::counts(array)?, &crate::Operand::Array(keys), Casting::Unsafe, None);
    }
    crate::assign(array, &crate::Operand::Array(keys), Casting::Unsafe, None)
}

/// Whether elements have keys.
fn has_keys(dtype: DType) -> bool {
    matches!(dtype.form(), Form::Time(_) | Form::Swapped(_))
}

/// The places of the elements along an axis in sorted order, as int64; equal ones in the order of their places.
pub(super) fn argsort(array: &Array, axis: usize, how: Sorting) -> Result<Array> {
    if let Some(keys) = keys(array)? {
        return super::argsort(&keys, axis as isize, how);
    }
    let last = array.moveaxis(&[axis as isize], &[-1])?;
    let out = Array::empty(last.shape(), Kind::I64.into(), "argsort")?;
    let n = last.shape().last().copied().unwrap_or(0);
    if out.size() == 0 {
        return out.moveaxis(&[-1], &[axis as isize]);
    }
    if last.dtype().record().is_some() {
        argsort_records(&last, &out, how)?;
        return out.moveaxis(&[-1], &[axis as isize]);
    }
    let lanes = last.size() / n;
    let flat = last.copy_for(Order::C, "argsort")?.reshape(&[lanes as isize, n as isize], Order::C, None)?;
    let (dtype, width) = (flat.dtype(), flat.dtype().size());
    // The first bytes of each element beside its place: most elements differ there, and lie close together so.
    let starts = Array::empty(&[n, 2], Kind::U64.into(), "argsort")?;
    let _guards = exec::guard(&[&flat, &starts], 1, "argsort")?;
    // SAFETY: a fresh, aligned array of as many pairs.
    let starts = unsafe { std::slice::from_raw_parts_mut(starts.as_ptr().cast::<[u64; 2]>(), n) };
    for lane in 0..lanes {
        let first = flat.as_ptr().wrapping_add(lane * n * width);
        let at = |place: u64| first.wrapping_add(place as usize * width).cast_const();
        for (place, pair) in starts.iter_mut().enumerate() {
            // SAFETY: places of a lane of the dense, guarded copy.
            *pair = [unsafe { start(dtype, at(place as u64)) }, place as u64];
        }
        starts.sort_unstable_by(|a, b| {
            // SAFETY: as above.
            let order = a[0].cmp(&b[0]).then_with(|| unsafe { compare(dtype, at(a[1]), at(b[1])) });
            (if how.descending { order.reverse() } else { order }).then(a[1].cmp(&b[1]))
        });
        for (rank, pair) in starts.iter().enumerate() {
            // SAFETY: the dense result has a place for each element.
            unsafe { out.as_ptr().cast::<u64>().add(lane * n + rank).write(pair[1]) };
        }
    }
    out.moveaxis(&[-1], &[axis as isize])
}

/// The places of records along the last axis, compared where they lie: their first bytes say nothing of their order.
fn argsort_records(array: &Array, places: &Array, how: Sorting) -> Result<()> {
    let first = [Index::Ellipsis, Index::At(0)];
    let (lanes, starts) = (places.index(&first)?, array.index(&first)?);
    let walk = Walk::new(starts.shape(), &[&lanes, &starts])?;
    let _guards = exec::guard(&[places, array], 1, "argsort")?;
    let (n, step, dtype) = (array.shape()[array.ndim() - 1], array.strides()[array.ndim() - 1], array.dtype());
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let at = |which: usize| runs[which].0.wrapping_offset(i * runs[which].1);
            let record = |place: u64| at(1).wrapping_offset(place as isize * step).cast_const();
            // SAFETY: a lane of `n` dense places of the fresh, guarded result.
            let lane = unsafe { std::slice::from_raw_parts_mut(at(0).cast::<u64>(), n) };
            lane.iter_mut().zip(0..).for_each(|(place, i)| *place = i);
            lane.sort_unstable_by(|a, b| {
                // SAFETY: places of a lane of the guarded array.
                let order = unsafe { compare(dtype, record(*a), record(*b)) };
                (if how.descending { order.reverse() } else { order }).then(a.cmp(b))
            });
        }
    });
    Ok(())
}

/// A number that is not larger than that of any element which follows: the first bytes of text.
///
/// # Safety
/// An element of the dtype may be read.
unsafe fn start(dtype: DType, at: *const u8) -> u64 {
    // SAFETY: the caller's promise.
    let own = unsafe { std::slice::from_raw_parts(at, dtype.size()) };
    match dtype.form() {
        Form::Bytes(_) | Form::Void(_) => {
            let mut bytes = [0; 8];
            let n = own.len().min(8);
            bytes[..n].copy_from_slice(&own[..n]);
            u64::from_be_bytes(bytes)
        }
        Form::Text { swapped, .. } => own.chunks_exact(4).chain([[0; 4].as_slice(); 2]).take(2).fold(0, |all, part| {
            let point = [part[0], part[1], part[2], part[3]];
            all << 32 | u64::from(if swapped { u32::from_be_bytes(point) } else { u32::from_le_bytes(point) })
        }),
        _ => 0,
    }
}

/// Sorts the lanes of an array along an axis.
pub(super) fn sort(array: &Array, axis: usize, how: Sorting) -> Result<()> {
    if has_keys(array.dtype()) {
        return by_keys(array, |keys| super::sort_in_place(keys, axis as isize, how));
    }
    if whole::moves(array.dtype(), how) {
        return whole::sort(array, axis, how);
    }
    let places = argsort(array, axis, how)?;
    let sorted = array.take_along_axis(&places, axis as isize)?;
    copy_fields(array, &sorted)
}

/// Moves elements to `places` along an axis as sorting would.
pub(super) fn partition(array: &Array, places: &[isize], axis: usize) -> Result<()> {
    if has_keys(array.dtype()) {
        return by_keys(array, |keys| super::partition_in_place(keys, places, axis as isize));
    }
    sort(array, axis, Sorting::default())
}

/// Which of `values` are (or, with `invert`, are not) among `others`, of one dtype; what equals nothing is nowhere.
pub(super) fn contains(values: &Array, others: &Array, invert: bool) -> Result<Array> {
    let (values, line) = (values.copy_for(Order::C, "isin")?, others.flatten(Order::C)?);
    sort(&line, 0, Sorting::default())?;
    let ranks = search(&line, &values, false, None)?;
    let out = Array::empty(values.shape(), Kind::Bool.into(), "isin")?;
    let (dtype, width, n) = (values.dtype(), values.dtype().size(), line.size());
    let _guards = exec::guard(&[&values, &line, &ranks], 0, "isin")?;
    for i in 0..values.size() {
        // SAFETY: elements of dense, guarded arrays; the fresh result has as many.
        unsafe {
            let (value, rank) = (values.as_ptr().add(i * width), *ranks.as_ptr().cast::<i64>().add(i) as usize);
            let found = rank < n && crate::elements::equal(dtype, line.as_ptr().add(rank * width), value);
            out.as_ptr().add(i).write(u8::from(found != invert));
        }
    }
    Ok(out)
}

/// Where the least or greatest elements along an axis are, as int64: the first of equal ones.
///
/// # Errors
/// No elements along the axis, refused memory.
pub(crate) fn extreme(array: &Array, axis: usize, greatest: bool) -> Result<Array> {
    let last = array.moveaxis(&[axis as isize], &[-1])?;
    let (kept, n) = (&last.shape()[..last.ndim() - 1], last.shape()[last.ndim() - 1]);
    let out = Array::empty(kept, Kind::I64.into(), "argmin")?;
    if n == 0 {
        let name = if greatest { "argmax" } else { "argmin" };
        return Err(Error::new(ErrorKind::Value, format!("attempt to get {name} of an empty sequence")));
    }
    let flat = last.copy_for(Order::C, "argmin")?;
    let (dtype, width) = (flat.dtype(), flat.dtype().size());
    let _guards = exec::guard(&[&flat], 0, "argmin")?;
    for lane in 0..out.size() {
        let at = |place: usize| flat.as_ptr().wrapping_add((lane * n + place) * width).cast_const();
        let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
        // SAFETY: elements of the dense, guarded copy.
        let best =
            (1..n).fold(0, |best, i| if unsafe { compare(dtype, at(i), at(best)) } == wanted { i } else { best });
        // SAFETY: the fresh, dense result has a place for each lane.
        unsafe { out.as_ptr().cast::<i64>().add(lane).write(best as i64) };
    }
    Ok(out)
}

/// Where values belong among sorted elements of one dtype: before equal ones, or after them.
pub(super) fn search(sorted: &Array, values: &Array, right: bool, sorter: Option<&Array>) -> Result<Array> {
    if let (Some(sorted), Some(values)) = (keys(sorted)?, keys(values)?) {
        return super::searchsorted(&sorted, &values, right, sorter);
    }
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
