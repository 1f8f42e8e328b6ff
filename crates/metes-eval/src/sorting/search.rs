//! Where values belong among sorted ones.

use super::row_of;
use crate::exec;
use crate::walk::Walk;
use crate::words::Words;
use metes_array::{Array, Order, meet, shape_text};
use metes_dtype::Kind;
use metes_kernels::Sorted;
use metes_memory::{Error, ErrorKind, Result};

/// For each of `values` the place where it can be put into the sorted one-dimensional `array`: before equal ones, or after
/// them if `right`. `sorter` holds the places of the array's values in order, where it is not sorted itself.
///
/// ```
/// use metes_array::Array;
/// let (a, v) = (Array::from_slice(&[3], &[1, 3, 5])?, Array::from_slice(&[2], &[3, 4])?);
/// assert_eq!(metes_eval::searchsorted(&a, &v, false, None)?.read::<i64>()?.to_vec(), [1, 2]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An array or a sorter of other than one dimension, a sorter of another length or with places outside, refused memory.
pub fn searchsorted(array: &Array, values: &Array, right: bool, sorter: Option<&Array>) -> Result<Array> {
    one_dimensional(array, "a")?;
    let sorter = sorter.map(|sorter| checked_sorter(array, sorter)).transpose()?;
    let dtype = meet(array.dtype(), values.dtype())?;
    if Words::of(array.dtype()).is_some() && Words::of(values.dtype()).is_some() {
        return super::others::search(array, values, right, sorter.as_ref());
    }
    let (array, values) =
        (crate::convert(array, dtype, "searchsorted")?, crate::convert(values, dtype, "searchsorted")?);
    if super::others::is_ours(dtype) {
        return super::others::search(&array, &values, right, sorter.as_ref());
    }
    let out = Array::empty(values.shape(), Kind::I64.into(), "searchsorted")?;
    if out.size() == 0 {
        return Ok(out);
    }
    let mut operands = vec![&out, &values, &array];
    operands.extend(&sorter);
    let _guards = exec::guard(&operands, 1, "searchsorted")?;
    let places = sorter.as_ref().map(|s| (s.as_ptr().cast_const(), s.strides()[0]));
    let sorted = Sorted { n: array.size(), x: array.as_ptr(), step: array.strides()[0], places };
    let search = row_of(dtype, "searchsorted")?.search;
    let walk = Walk::new(values.shape(), &[&out, &values])?;
    let mut inside = true;
    walk.for_each_run(|n, runs| {
        let (out, values) = (runs[0], (runs[1].0.cast_const(), runs[1].1));
        // SAFETY: all arrays are guarded, aligned and of the row's kind; the walk stays within them.
        inside = inside && unsafe { search(&sorted, n, values, right, out) };
    });
    if inside { Ok(out) } else { Err(Error::new(ErrorKind::Value, "Sorter index out of range.")) }
}

fn one_dimensional(array: &Array, name: &str) -> Result<()> {
    if array.ndim() == 1 {
        return Ok(());
    }
    let shape = shape_text(array.shape());
    Err(Error::new(ErrorKind::Value, format!("searchsorted: {name} must have one dimension, not shape {shape}")))
}

fn checked_sorter(array: &Array, sorter: &Array) -> Result<Array> {
    one_dimensional(sorter, "sorter")?;
    if !sorter.dtype().is_integer() {
        let message = format!("sorter must only contain integers, not {}", sorter.dtype());
        return Err(Error::new(ErrorKind::Type, message));
    }
    if sorter.size() != array.size() {
        let message = format!("sorter.size must equal a.size: {} is not {}", sorter.size(), array.size());
        return Err(Error::new(ErrorKind::Value, message));
    }
    crate::astype(sorter, Kind::I64.into(), Order::K, metes_dtype::Casting::Unsafe, false)
}
