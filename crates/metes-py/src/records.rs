//! Indexing that only elements of other dtypes than numbers have: fields by name, fields of one record by number, text as
//! the `str` or `bytes` that it is.

use crate::errors::OrRaise;
use crate::object::view_of;
use metes_array::{Array, Index};
use metes_dtype::Form;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyString, PyTuple};

type Object<'py> = Bound<'py, PyAny>;

/// The view of the field, or fields, that a key names; `None` for a key of another sort.
pub(crate) fn fields(array: &Array, key: &Object<'_>) -> PyResult<Option<Array>> {
    if let Ok(name) = key.cast::<PyString>() {
        return array.field(&name.to_cow()?).map(Some).or_raise();
    }
    let Ok(list) = key.cast::<PyList>() else { return one_of_one(array, key) };
    if array.dtype().record().is_none() || list.is_empty() || !list.iter().all(|item| item.is_instance_of::<PyString>())
    {
        return Ok(None);
    }
    let names = list.extract::<Vec<String>>()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(unknown) = names.iter().find(|name| array.dtype().record().is_some_and(|r| r.field(name).is_none())) {
        return Err(PyKeyError::new_err((*unknown).to_owned()));
    }
    array.select_fields(&names).map(Some).map_err(|error| PyValueError::new_err(error.message().to_owned()))
}

/// A field of one record, by number.
fn one_of_one(array: &Array, key: &Object<'_>) -> PyResult<Option<Array>> {
    if array.ndim() > 0 || array.dtype().record().is_none() || !key.is_exact_instance_of::<PyInt>() {
        return Ok(None);
    }
    array.field_at(key.extract()?).map(Some).or_raise()
}

/// `array[key]`, where it is none of what all arrays have.
pub(crate) fn get<'py>(slf: &Object<'py>, array: &Array, key: &Object<'py>) -> PyResult<Option<Object<'py>>> {
    if let Some(view) = fields(array, key)? {
        return Ok(Some(view_of(slf, view)));
    }
    if !is_text(array) {
        return Ok(None);
    }
    let index = match key.cast_exact::<PyTuple>() {
        Ok(tuple) if tuple.len() == array.ndim() && tuple.iter().all(|item| item.is_exact_instance_of::<PyInt>()) => {
            tuple.extract::<Vec<isize>>()?
        }
        Err(_) if array.ndim() == 1 && key.is_exact_instance_of::<PyInt>() => vec![key.extract()?],
        _ => return Ok(None),
    };
    if index.is_empty() {
        return Ok(None);
    }
    crate::objects::item(slf.py(), array, &index).map(Some)
}

/// The same by one number.
pub(crate) fn at<'py>(slf: &Object<'py>, array: &Array, index: isize) -> PyResult<Option<Object<'py>>> {
    if array.ndim() == 0 && array.dtype().record().is_some() {
        let field = array.field_at(index).or_raise()?;
        return Ok(Some(view_of(slf, field)));
    }
    if is_text(array) && array.ndim() == 1 {
        array.index(&[Index::At(index)]).or_raise()?;
        return crate::objects::item(slf.py(), array, &[index]).map(Some);
    }
    Ok(None)
}

fn is_text(array: &Array) -> bool {
    matches!(array.dtype().form(), Form::Bytes(_) | Form::Text { .. })
}
