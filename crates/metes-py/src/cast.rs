//! Casts between dtypes at the door.

use crate::element::{Element, WithElement, each_scalar, new_filled, with_kind};
use metes_array::Array;
use metes_dtype::DType;
use pyo3::prelude::*;

/// The array itself where it has the dtype, else a cast copy.
pub(crate) fn to_dtype(array: &Array, dtype: Option<DType>) -> PyResult<Array> {
    match dtype {
        Some(dtype) if dtype != array.dtype() => copy_as(array, dtype),
        _ => Ok(array.clone()),
    }
}

/// A C-contiguous copy with elements of `dtype`.
pub(crate) fn copy_as(array: &Array, dtype: DType) -> PyResult<Array> {
    with_kind(dtype.kind(), Copy(array, dtype))
}

struct Copy<'a>(&'a Array, DType);

impl WithElement for Copy<'_> {
    type Output = PyResult<Array>;
    fn run<T: Element>(self) -> PyResult<Array> {
        new_filled::<T>(self.0.shape(), self.1, "copy", |places| {
            let mut places = places.iter_mut();
            each_scalar(self.0, |value| {
                if let Some(place) = places.next() {
                    place.write(T::from_scalar(value)?);
                }
                Ok(())
            })
        })
    }
}
