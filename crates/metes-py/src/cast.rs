//! Casts that conversions to arrays make: NumPy's "unsafe" ones.

use crate::errors::OrRaise;
use metes_array::{Array, Order};
use metes_dtype::{Casting, DType};
use pyo3::prelude::*;

/// The array itself where it has the dtype, else a cast copy.
pub(crate) fn to_dtype(array: &Array, dtype: Option<DType>) -> PyResult<Array> {
    match dtype {
        Some(dtype) if dtype != array.dtype() => copy_as(array, dtype),
        _ => Ok(array.clone()),
    }
}

/// A copy with elements of `dtype`, its axes in the order of the array's.
pub(crate) fn copy_as(array: &Array, dtype: DType) -> PyResult<Array> {
    metes_eval::astype(array, dtype, Order::K, Casting::Unsafe, true).or_raise()
}
