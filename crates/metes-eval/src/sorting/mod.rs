//! Sorting, selecting and searching arrays of any layout, along any axis, and what follows from order: sets.
//!
//! A lane that lies densely is worked on where it is; any other passes through scratch, one lane at a time.

mod hashed;
mod lanes;
mod lexsort;
mod members;
mod others;
mod search;
mod unique;
mod whole;
mod words_of;

pub use lanes::{argpartition, argsort, argsort_scratch, partition_in_place, sort_in_place, sort_scratch};
pub use lexsort::lexsort;
pub use members::{Search, compress, contains};
pub(crate) use others::extreme;
pub use search::searchsorted;
pub use unique::{Unique, UniqueOptions, unique, unique_rows, unique_sorted};

use metes_array::{Array, Order, number};
use metes_dtype::DType;
use metes_kernels::SortRow;
use metes_memory::{Error, ErrorKind, Result};

/// How values are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    /// Whether equal values keep their order, which shows in the signs of zeros.
    pub stable: bool,
    /// From the largest to the smallest, NaN first.
    pub descending: bool,
}

/// A sorted copy along an axis; of all values in one dimension without one.
///
/// ```
/// use metes_array::Array;
/// use metes_eval::{Sorting, sort};
/// let a = Array::from_slice(&[4], &[3, 1, 2, 1])?;
/// assert_eq!(sort(&a, Some(-1), Sorting::default())?.read::<i32>()?.to_vec(), [1, 1, 2, 3]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An axis that is not there, refused memory.
pub fn sort(array: &Array, axis: Option<isize>, how: Sorting) -> Result<Array> {
    copied(array, axis, |copy, axis| sort_in_place(copy, axis, how))
}

/// A copy with the values at `places` along an axis where sorting puts them, none larger before them, none smaller after.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[5], &[5.0, 1.0, 4.0, 2.0, 3.0])?;
/// let median = metes_eval::partition(&a, &[2], Some(0))?;
/// assert_eq!(median.read::<f64>()?.get(&[2])?, 3.0);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An axis that is not there, a place outside, refused memory.
pub fn partition(array: &Array, places: &[isize], axis: Option<isize>) -> Result<Array> {
    copied(array, axis, |copy, axis| partition_in_place(copy, places, axis))
}

fn copied(array: &Array, axis: Option<isize>, work: impl FnOnce(&Array, isize) -> Result<()>) -> Result<Array> {
    match axis {
        Some(axis) => {
            axis_of(array, axis)?;
            let copy = array.copy_for(Order::K, "sort")?;
            work(&copy, axis).map(|()| copy)
        }
        None => {
            let copy = array.flatten(Order::C)?;
            work(&copy, 0).map(|()| copy)
        }
    }
}

/// How values of a dtype are ordered.
///
/// # Errors
/// [`ErrorKind::Type`] for a dtype without an order, or in the other byte order.
fn row_of(dtype: DType, op: &str) -> Result<&'static SortRow> {
    number(dtype, op).map(metes_kernels::sorting)
}

/// The axis; one value without axes has none to be sorted along.
fn axis_of(array: &Array, axis: isize) -> Result<usize> {
    if array.ndim() == 0 {
        return Err(Error::new(ErrorKind::Axis, format!("axis {axis} is out of bounds for array of dimension 0")));
    }
    array.axis(axis)
}

/// The places along an axis of `n` values, counted from the end where negative, ascending, each once.
///
/// # Errors
/// A place outside.
fn places_of(places: &[isize], n: usize) -> Result<Vec<usize>> {
    let mut found = Vec::with_capacity(places.len());
    for &place in places {
        let from_start = if place < 0 { place + n as isize } else { place };
        if !(0..n as isize).contains(&from_start) {
            return Err(Error::new(ErrorKind::Value, format!("kth(={place}) out of bounds ({n})")));
        }
        found.push(from_start as usize);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
