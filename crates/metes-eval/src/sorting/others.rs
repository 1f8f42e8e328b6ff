//! Sorting elements that no loop sorts, through their places: text, time, records, numbers in the other byte order.

use super::{Sorting, whole};
use crate::elements::compare;
use crate::exec;
use crate::walk::Walk;
use crate::words::Words;
use metes_array::{Array, Index, Order, copy_fields};
use metes_dtype::{Casting, DType, Form, Kind, NAT};
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
    if array.dtype().time().is_some_and(|time| !time.swapped) && array.is_aligned() {
        return argsort_times(array, axis, how);
    }
    if let Some(keys) = keys(array)? {
        return super::argsort(&keys, axis as isize, how);
    }
    let last = array.moveaxis(&[axis as isize], &[-1])?;
    let out = Array::empty(last.shape(), Kind::I64.into(), "argsort")?;
    if out.size() == 0 {
        return out.moveaxis(&[-1], &[axis as isize]);
    }
    argsort_lanes(&last, &out, how)?;
    out.moveaxis(&[-1], &[axis as isize])
}

/// The places of native times along an axis: those of their counts, of which NaT is the lowest though it comes last.
fn argsort_times(array: &Array, axis: usize, how: Sorting) -> Result<Array> {
    let last = array.view(Kind::I64.into())?.moveaxis(&[axis as isize], &[-1])?;
    let ranks = super::argsort(&last, -1, how)?;
    let (n, step) = (last.shape()[last.ndim() - 1], last.strides()[last.ndim() - 1]);
    if ranks.size() > 0 {
        let first = [Index::Ellipsis, Index::At(0)];
        let (lanes, starts) = (ranks.index(&first)?, last.index(&first)?);
        let walk = Walk::new(starts.shape(), &[&lanes, &starts])?;
        let _guards = exec::guard(&[&ranks, &last], 1, "argsort")?;
        debug_assert_eq!(ranks.strides()[ranks.ndim() - 1], 8);
        walk.for_each_run(|count, runs| {
            for i in 0..count as isize {
                let at = |which: usize| runs[which].0.wrapping_offset(i * runs[which].1);
                // SAFETY: a lane of `n` dense places of the fresh, guarded result.
                let lane = unsafe { std::slice::from_raw_parts_mut(at(0).cast::<i64>(), n) };
                // SAFETY: a place along the lane of the guarded array.
                let is_nat =
                    |&place: &i64| unsafe { at(1).wrapping_offset(place as isize * step).cast::<i64>().read() } == NAT;
                if how.descending {
                    let some = lane.iter().rev().take_while(|place| is_nat(place)).count();
                    lane.rotate_right(some);
                } else {
                    let some = lane.iter().take_while(|place| is_nat(place)).count();
                    lane.rotate_left(some);
                }
            }
        });
    }
    ranks.moveaxis(&[-1], &[axis as isize])
}

/// The places of elements along the last axis, compared where they lie. While they are sorted, the beginning of each word
/// stands beside its place, where most words differ.
fn argsort_lanes(array: &Array, places: &Array, how: Sorting) -> Result<()> {
    let first = [Index::Ellipsis, Index::At(0)];
    let (lanes, starts) = (places.index(&first)?, array.index(&first)?);
    let walk = Walk::new(starts.shape(), &[&lanes, &starts])?;
    let _guards = exec::guard(&[places, array], 1, "argsort")?;
    let (n, step, dtype) = (array.shape()[array.ndim() - 1], array.strides()[array.ndim() - 1], array.dtype());
    let words = Words::of(dtype).filter(|_| u32::try_from(n).is_ok());
    // Without words all of a number is a place.
    let mask = if words.is_some() { u64::from(u32::MAX) } else { u64::MAX };
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let at = |which: usize| runs[which].0.wrapping_offset(i * runs[which].1);
            let element = |place: u64| at(1).wrapping_offset((place & mask) as isize * step).cast_const();
            // SAFETY: a lane of `n` dense places of the fresh, guarded result.
            let lane = unsafe { std::slice::from_raw_parts_mut(at(0).cast::<u64>(), n) };
            // SAFETY: places of a lane of the guarded array.
            let start = |place: u64| words.map_or(0, |words| u64::from(unsafe { words.start(element(place)) }));
            lane.iter_mut().zip(0..).for_each(|(place, i)| *place = start(i) << 32 | i);
            lane.sort_unstable_by(|a, b| {
                let order = ((a & !mask).cmp(&(b & !mask)))
                    // SAFETY: as above.
                    .then_with(|| unsafe { compare(dtype, element(*a), element(*b)) });
                (if how.descending { order.reverse() } else { order }).then((a & mask).cmp(&(b & mask)))
            });
            lane.iter_mut().for_each(|place| *place &= mask);
        }
    });
    Ok(())
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
    let line = others.flatten(Order::C)?;
    sort(&line, 0, Sorting::default())?;
    let out = Array::empty(values.shape(), Kind::Bool.into(), "isin")?;
    let (dtype, width, n) = (values.dtype(), values.dtype().size(), line.size());
    let walk = Walk::new(values.shape(), &[&out, values])?;
    let _guards = exec::guard(&[&out, values, &line], 1, "isin")?;
    let at = |place: usize| line.as_ptr().wrapping_add(place * width).cast_const();
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let value = runs[1].0.wrapping_offset(i * runs[1].1).cast_const();
            // SAFETY: elements of one dtype of guarded arrays, of which the walk and `n` keep all places.
            unsafe {
                let place = before(n, |place| compare(dtype, at(place), value) == Ordering::Less);
                let found = place < n && crate::elements::equal(dtype, at(place), value);
                runs[0].0.wrapping_offset(i * runs[0].1).write(u8::from(found != invert));
            }
        }
    });
    Ok(out)
}

/// The first of `n` places in order of which something does not hold.
fn before(n: usize, mut holds: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
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

/// Where values belong among sorted elements, both words or of one dtype: before equal ones, or after them.
pub(super) fn search(sorted: &Array, values: &Array, right: bool, sorter: Option<&Array>) -> Result<Array> {
    if let (Some(sorted), Some(values)) = (keys(sorted)?, keys(values)?) {
        return super::searchsorted(&sorted, &values, right, sorter);
    }
    let out = Array::empty(values.shape(), Kind::I64.into(), "searchsorted")?;
    if out.size() == 0 {
        return Ok(out);
    }
    let mut operands = vec![&out, values, sorted];
    operands.extend(sorter);
    let _guards = exec::guard(&operands, 1, "searchsorted")?;
    let walk = Walk::new(values.shape(), &[&out, values])?;
    let (n, mut inside) = (sorted.size(), true);
    let place = |rank: usize| match sorter {
        // SAFETY: a place of the guarded sorter, of int64, which has as many as there are elements.
        Some(by) => unsafe {
            by.as_ptr().wrapping_offset(rank as isize * by.strides()[0]).cast::<i64>().read_unaligned()
        },
        None => rank as i64,
    };
    let words = Words::of(sorted.dtype()).zip(Words::of(values.dtype()));
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let value = runs[1].0.wrapping_offset(i * runs[1].1).cast_const();
            let rank = before(n, |rank| {
                let Some(place) = usize::try_from(place(rank)).ok().filter(|&place| place < n) else {
                    inside = false;
                    return false;
                };
                let element = sorted.as_ptr().wrapping_offset(place as isize * sorted.strides()[0]).cast_const();
                // SAFETY: elements of guarded arrays, of these words or of one dtype.
                let order = unsafe {
                    match words {
                        Some((own, others)) => own.compare(element, others, value),
                        None => compare(sorted.dtype(), element, value),
                    }
                };
                order == Ordering::Less || right && order == Ordering::Equal
            });
            // SAFETY: a place of the fresh, guarded result.
            unsafe { runs[0].0.wrapping_offset(i * runs[0].1).cast::<i64>().write(rank as i64) };
        }
    });
    if inside { Ok(out) } else { Err(Error::new(ErrorKind::Value, "Sorter index out of range.")) }
}
