//! Casts that conversions to arrays make: NumPy's "unsafe" ones.

use crate::errors::OrRaise;
use crate::objects::sized;
use metes_array::{Array, Order};
use metes_dtype::{Casting, DType, Form, Time, Unit};
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
    let dtype = fitted(array, dtype)?;
    let work = || metes_eval::astype(array, dtype, Order::K, Casting::Unsafe, true);
    Python::attach(|py| crate::eval::computed(py, "cast", array.nbytes(), work))
}

/// A dtype without a size or a unit with those that the elements of an array ask for; others as they are.
pub(crate) fn fitted(array: &Array, dtype: DType) -> PyResult<DType> {
    let open = dtype.time().is_some_and(|time| time.unit == Unit::Generic && !time.span);
    if let (Some(wanted), Some(own)) = (dtype.time(), array.dtype().time())
        && wanted.unit == Unit::Generic
    {
        return Ok(DType::from_form(Form::Time(Time { span: wanted.span, swapped: wanted.swapped, ..own })));
    }
    if open && matches!(array.dtype().form(), Form::Bytes(_) | Form::Text { .. }) {
        return metes_eval::spelled_dtype(array, dtype).or_raise();
    }
    Ok(if dtype.size() == 0 { sized(dtype, array.dtype()) } else { dtype })
}
