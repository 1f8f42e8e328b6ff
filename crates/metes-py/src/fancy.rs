//! Indexing by arrays: what an object means between the brackets, and the way to the core, which selects.
//!
//! As in NumPy the result is always a copy. A 0-d integer array counts as an integer, so its result is a view.

use crate::convert::{existing, to_array};
use crate::element::check_fits;
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::object::from_array;
use metes_array::{Array, IndexItem, Selection};
use metes_dtype::{Category, Kind};
use pyo3::exceptions::{PyIndexError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};

fn bytes_of(items: &[IndexItem]) -> usize {
    let bytes = |item: &IndexItem| if let IndexItem::Array(array) = item { array.nbytes() } else { 0 };
    items.iter().map(bytes).sum()
}

/// `array[items]`.
pub(crate) fn get<'py>(py: Python<'py>, array: &Array, items: &[IndexItem]) -> PyResult<Bound<'py, PyAny>> {
    let selection = eval::heavy(py, bytes_of(items), || Selection::new(array, items)).or_raise()?;
    let bytes = selection.size().saturating_mul(array.dtype().size());
    let result = eval::heavy(py, bytes, || selection.gather(array, "index")).or_raise()?;
    Ok(from_array(py, result, None))
}

/// `array[items] = value`; of elements selected more than once the last value stays.
pub(crate) fn set(py: Python<'_>, array: &Array, items: &[IndexItem], value: &Operand) -> PyResult<()> {
    let mut bytes = bytes_of(items);
    match value {
        Operand::Weak(scalar) => check_fits(*scalar, array.dtype())?,
        Operand::Array(value) => bytes = bytes.max(value.nbytes()),
    }
    eval::heavy(py, bytes, || metes_eval::assign_selected(array, items, value)).or_raise()
}

/// What to assign to elements of `array`: numbers and arrays as they are, sequences converted as for its dtype.
pub(crate) fn value_for(array: &Array, value: &Bound<'_, PyAny>) -> PyResult<Operand> {
    let nested = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
    let other = array.dtype().any_number().is_none() && existing(value)?.is_none();
    if !nested
        && !other
        && let Some(value) = eval::to_operand(value)?
    {
        return Ok(value);
    }
    to_array(value, Some(array.dtype())).map(Operand::Array)
}

/// The index array that an object is, which is neither an integer nor a slice, `None` or `...`.
pub(crate) fn index_array(key: &Bound<'_, PyAny>) -> PyResult<Array> {
    if let Some((array, _)) = existing(key)? {
        let array = crate::element::native(&array)?;
        return match array.dtype().category() {
            Category::Bool | Category::Signed | Category::Unsigned => Ok(array),
            _ if array.ndim() == 0 => Err(refusal()),
            _ => Err(PyIndexError::new_err("arrays used as indices must be of integer (or boolean) type")),
        };
    }
    let sequence = key.is_instance_of::<PyList>() || key.is_instance_of::<PyTuple>() || key.is_instance_of::<PyBool>();
    if !sequence {
        return Err(refusal());
    }
    let array = to_array(key, None).map_err(|error| {
        // What is no number, or too large a one, is an object to NumPy, and no index.
        let py = key.py();
        let object = error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyOverflowError>(py);
        if object { refusal() } else { error }
    })?;
    match array.dtype().category() {
        Category::Bool | Category::Signed | Category::Unsigned => Ok(array),
        _ if array.size() == 0 => to_array(key, Some(Kind::I64.into())),
        _ => Err(refusal()),
    }
}

fn refusal() -> PyErr {
    PyIndexError::new_err(
        "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid \
         indices",
    )
}
