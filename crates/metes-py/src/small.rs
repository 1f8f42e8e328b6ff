//! Elements that are small arrays: axes of an array rather than its elements, as far as values are concerned.

use crate::dtype::dtype_object;
use metes_dtype::DType;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The dtype within, and the axes of the small arrays that each element is; none where it is a dtype as others.
pub(crate) fn parse(given: Option<&Bound<'_, PyAny>>) -> PyResult<(Option<DType>, &'static [usize])> {
    let Some(given) = given else { return Ok((None, &[])) };
    let (dtype, axes) = crate::dtype_parse::parse(given, false)?.flattened();
    Ok((Some(dtype), axes))
}

/// An array of small arrays of these axes: every value of `object` fills one, every tuple is one.
pub(crate) fn filled<'py>(
    object: &Bound<'py, PyAny>,
    dtype: Option<DType>,
    axes: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let dtype = dtype_object(py, dtype.unwrap_or(DType::of(metes_dtype::Kind::F64)))?;
    py.import("metes._small_arrays")?.getattr("filled")?.call1((object, dtype, PyTuple::new(py, axes)?))
}
