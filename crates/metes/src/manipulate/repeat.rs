//! Repeating arrays, and elements of arrays.

use super::{line, part, put, signed, wrong};
use metes_array::{Array, Element, Index, Order};
use metes_dtype::{Casting, Kind, can_cast};
use metes_memory::{Error, ErrorKind, Result};

/// The array repeated `reps[i]` times along axis `i`; missing axes and repetitions count as 1, in front.
///
/// ```
/// use metes::{array::Array, manipulate::tile};
/// let a = Array::from_slice(&[2], &[1, 2])?;
/// assert_eq!(tile(&a, &[2, 2])?.read::<i32>()?.to_vec(), [1, 2, 1, 2, 1, 2, 1, 2]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Results of too many elements or axes, refused memory.
pub fn tile(array: &Array, reps: &[usize]) -> Result<Array> {
    let ndim = array.ndim().max(reps.len());
    let ones = |given: &[usize]| [vec![1; ndim - given.len()], given.to_vec()].concat();
    let (lengths, reps) = (ones(array.shape()), ones(reps));
    if reps.iter().all(|&r| r == 1) {
        return array.reshape(&signed(&lengths), Order::C, None)?.copy(Order::K);
    }
    let long = || wrong("tile: the result is too long");
    let shape: Vec<usize> =
        lengths.iter().zip(&reps).map(|(n, r)| n.checked_mul(*r).ok_or_else(long)).collect::<Result<_>>()?;
    let out = Array::empty(&shape, array.dtype(), "tile")?;
    if out.size() == 0 {
        return Ok(out);
    }
    // Axes that repeat are seen as two: which copy, and where in it.
    let (mut split, mut once) = (Vec::new(), Vec::new());
    for (&n, &r) in lengths.iter().zip(&reps) {
        if r > 1 {
            split.push(r);
            once.push(1);
        }
        split.push(n);
        once.push(n);
    }
    let source = array.reshape(&signed(&once), Order::C, None)?;
    put(&out.reshape(&signed(&split), Order::C, Some(false))?, &source)?;
    Ok(out)
}

/// Each place along an axis repeated: `counts` holds one number for all, or one for each. Without an axis, all elements
/// in one dimension.
///
/// ```
/// use metes::{array::Array, manipulate::repeat};
/// let (a, counts) = (Array::from_slice(&[3], &[7, 8, 9])?, Array::from_slice(&[3], &[2i64, 0, 1])?);
/// assert_eq!(repeat(&a, &counts, None)?.read::<i32>()?.to_vec(), [7, 7, 9]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Counts that are negative, no integers, or not as many as places; refused memory.
pub fn repeat(array: &Array, counts: &Array, axis: Option<isize>) -> Result<Array> {
    if !can_cast(counts.dtype(), Kind::I64.into(), Casting::Safe) {
        let message = format!("Cannot cast array data from {} to int64 according to the rule 'safe'", counts.dtype());
        return Err(Error::new(ErrorKind::Casting, message));
    }
    if counts.ndim() > 1 {
        return Err(wrong("object too deep for desired array"));
    }
    let counts = metes_eval::astype(&counts.ravel(Order::C)?, Kind::I64.into(), Order::C, Casting::Safe, false)?;
    let (array, axis) = if array.ndim() == 0 { line(array, None)? } else { line(array, axis)? };
    let n = array.shape()[axis];
    let counts = if counts.size() == 1 { counts.broadcast_to(&[n])? } else { counts };
    if counts.size() != n {
        let message = format!("operands could not be broadcast together with shape ({n},) ({},)", counts.size());
        return Err(wrong(message));
    }
    if n > 0 && counts.strides()[0] == 0 {
        let times = usize::try_from(counts.read::<i64>()?.get(&[0])?).map_err(|_| negative())?;
        return evenly(&array, times, axis);
    }
    let counts = counts.read::<i64>()?;
    let counts = counts.as_slice().unwrap_or_default();
    let total = counts.iter().try_fold(0usize, |sum, &count| {
        usize::try_from(count)
            .ok()
            .ok_or_else(negative)
            .and_then(|c| sum.checked_add(c).ok_or_else(|| wrong("too long")))
    })?;
    let mut shape = array.shape().to_vec();
    shape[axis] = total;
    let out = Array::empty(&shape, array.dtype(), "repeat")?;
    if array.ndim() == 1 && array.is_aligned() && array.dtype().number().is_some_and(|kind| kind != Kind::C128) {
        return by_width(&array, counts, &out).map(|()| out);
    }
    let mut start = 0;
    for (place, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let stop = start + count as usize;
        put(&part(&out, axis, start, stop)?, &part(&array, axis, place, place + 1)?)?;
        start = stop;
    }
    Ok(out)
}

fn negative() -> Error {
    wrong("repeats may not contain negative values.")
}

fn evenly(array: &Array, times: usize, axis: usize) -> Result<Array> {
    let mut shape = array.shape().to_vec();
    shape[axis] = shape[axis].checked_mul(times).ok_or_else(|| wrong("repeat: the result is too long"))?;
    let out = Array::empty(&shape, array.dtype(), "repeat")?;
    if out.size() > 0 {
        let mut split = signed(array.shape());
        split.insert(axis + 1, times as isize);
        let mut index = vec![super::ALL; axis + 1];
        index.push(Index::NewAxis);
        put(&out.reshape(&split, Order::C, Some(false))?, &array.index(&index)?)?;
    }
    Ok(out)
}

/// One dimension, as unsigned integers of the elements' width.
fn by_width(array: &Array, counts: &[i64], out: &Array) -> Result<()> {
    match array.dtype().size() {
        1 => one_by_one::<u8>(Kind::U8, array, counts, out),
        2 => one_by_one::<u16>(Kind::U16, array, counts, out),
        4 => one_by_one::<u32>(Kind::U32, array, counts, out),
        _ => one_by_one::<u64>(Kind::U64, array, counts, out),
    }
}

fn one_by_one<T: Element>(bits: Kind, array: &Array, counts: &[i64], out: &Array) -> Result<()> {
    let (from, to) = (array.view(bits.into())?, out.view(bits.into())?);
    let (from, mut to) = (from.read::<T>()?, to.write::<T>()?);
    let mut start = 0;
    if let Some(into) = to.as_mut_slice() {
        for (place, &count) in counts.iter().enumerate() {
            let stop = start + count as usize;
            into[start..stop].fill(from.get(&[place])?);
            start = stop;
        }
    }
    Ok(())
}
