//! Arrays as sets: what is in one, in both, in one of two. All results are sorted and of one dimension.
//!
//! Built on sorted distinct values and binary search, so scratch is the distinct values of the operands, not several
//! copies of both.

use metes_array::{Array, Index, Order, meet};
use metes_dtype::{Casting, DType};
use metes_eval::{Search, Sorting, UniqueOptions, compress, contains, searchsorted, sort_in_place, unique};
use metes_memory::Result;

const VALUES: UniqueOptions = UniqueOptions { index: false, inverse: false, counts: false, equal_nan: true };

fn distinct(array: &Array, assume_unique: bool) -> Result<Array> {
    if assume_unique { array.ravel(Order::C) } else { Ok(unique(array, VALUES)?.values) }
}

/// Both arrays' elements in one row, of the dtype that they meet in.
fn together(a: &Array, b: &Array) -> Result<Array> {
    let joined = Array::empty(&[a.size() + b.size()], meet(a.dtype(), b.dtype())?, "sets")?;
    for (part, start) in [(a, 0), (b, a.size())] {
        let (start, stop) = (Some(start as isize), Some((start + part.size()) as isize));
        let into = joined.index(&[Index::Slice { start, stop, step: None }])?;
        let shape: Vec<isize> = part.shape().iter().map(|&n| n as isize).collect();
        let into = into.reshape(&shape, Order::C, Some(false))?;
        metes_eval::assign(&into, &metes_eval::Operand::Array(part.clone()), Casting::Unsafe, None)?;
    }
    Ok(joined)
}

/// The values that are in at least one of two arrays.
///
/// # Errors
/// Refused memory.
pub fn union1d(a: &Array, b: &Array) -> Result<Array> {
    let joined = together(a, b)?;
    sort_in_place(&joined, 0, Sorting { stable: true, descending: false })?;
    let found = metes_eval::unique_sorted(&joined, true)?;
    if found.size() == joined.size() { Ok(joined) } else { found.copy(Order::C) }
}

/// The values of both arrays, and with `places` where each is first in either.
///
/// ```
/// use metes::{array::Array, sets::intersect1d};
/// let (a, b) = (Array::from_slice(&[3], &[1, 3, 4])?, Array::from_slice(&[3], &[4, 3, 9])?);
/// assert_eq!(intersect1d(&a, &b, false, false)?.0.read::<i32>()?.to_vec(), [3, 4]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Refused memory.
pub fn intersect1d(a: &Array, b: &Array, assume_unique: bool, places: bool) -> Result<(Array, Option<(Array, Array)>)> {
    let dtype = meet(a.dtype(), b.dtype())?;
    let (a, b) = (&met(a, dtype)?, &met(b, dtype)?);
    if !places {
        let (mut first, second) = (distinct(a, assume_unique)?, b.clone());
        if assume_unique {
            first = metes_eval::sort(&first, Some(0), Sorting::default())?;
        }
        let found = compress(&first, &contains(&first, &second, false, Search::Auto)?)?;
        return Ok((metes_eval::astype(&found, dtype, Order::K, Casting::Unsafe, false)?, None));
    }
    let options = UniqueOptions { index: true, ..VALUES };
    let (first, second) = (unique(a, options)?, unique(b, options)?);
    let mask = contains(&first.values, &second.values, false, Search::Sort)?;
    let values = compress(&first.values, &mask)?;
    let ranks = searchsorted(&second.values, &values, false, None)?;
    let (of_first, of_second) = (first.index.expect("asked for"), second.index.expect("asked for"));
    let from_second = Array::empty(&[values.size()], of_second.dtype(), "intersect1d")?;
    {
        let (ranks, places) = (ranks.read::<i64>()?, of_second.read::<i64>()?);
        let (ranks, places) = (ranks.as_slice().unwrap_or_default(), places.as_slice().unwrap_or_default());
        if let Some(into) = from_second.write::<i64>()?.as_mut_slice() {
            into.iter_mut().zip(ranks).for_each(|(into, &rank)| *into = places[rank as usize]);
        }
    }
    let from_first = compress(&of_first, &mask)?;
    let values = metes_eval::astype(&values, dtype, Order::K, Casting::Unsafe, false)?;
    Ok((values, Some((from_first, from_second))))
}

/// Values in what they meet in where that is no number: text and numbers meet in text, and are found in it.
fn met(array: &Array, dtype: DType) -> Result<Array> {
    match dtype.any_number() {
        Some(_) => Ok(array.clone()),
        None => metes_eval::astype(array, dtype, Order::K, Casting::Unsafe, false),
    }
}

/// The values of the first array that are not in the second; in the first one's order if its values are said to be
/// distinct.
///
/// # Errors
/// Refused memory.
pub fn setdiff1d(a: &Array, b: &Array, assume_unique: bool) -> Result<Array> {
    let first = distinct(a, assume_unique)?;
    compress(&first, &contains(&first, b, true, Search::Auto)?)
}

/// The values that are in one of two arrays but not in both.
///
/// # Errors
/// Refused memory.
pub fn setxor1d(a: &Array, b: &Array, assume_unique: bool) -> Result<Array> {
    let dtype = meet(a.dtype(), b.dtype())?;
    let (a, b) = (&met(a, dtype)?, &met(b, dtype)?);
    let only = |one: &Array, other: &Array| setdiff1d(one, other, assume_unique);
    let joined = together(&only(a, b)?, &only(b, a)?)?;
    sort_in_place(&joined, 0, Sorting { stable: true, descending: false })?;
    Ok(joined)
}
