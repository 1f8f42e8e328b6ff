//! The buffer protocol, both ways, without copying.

mod export;
mod format;

pub(crate) use export::slots;

/// An array over the bytes of an object with the buffer protocol, `None` where it has none.
pub(crate) fn import(
    _object: &pyo3::Bound<'_, pyo3::PyAny>,
    _label: &'static str,
) -> pyo3::PyResult<Option<metes_array::Array>> {
    Ok(None)
}
