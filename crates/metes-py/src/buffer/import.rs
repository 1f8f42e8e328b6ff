//! Arrays over the bytes of any object with the buffer protocol, NumPy's arrays among them.

use super::{format, structs};
use crate::foreign::{Described, show};
use metes_array::Array;
use metes_dtype::DType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::CStr;

/// An acquired view, released when the last array over it is gone, on whatever thread that happens.
struct View(Box<ffi::Py_buffer>);

// SAFETY: the description is only read; releasing attaches to the interpreter first.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl Drop for View {
    fn drop(&mut self) {
        // After the interpreter's end there is nobody to give the view back to.
        // SAFETY: the view was acquired once and is released once, by an attached thread.
        Python::try_attach(|_| unsafe { ffi::PyBuffer_Release(&raw mut *self.0) });
    }
}

impl View {
    fn acquire(object: &Bound<'_, PyAny>) -> PyResult<View> {
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: the object is live and the view is ours to fill.
        let failed = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *view, ffi::PyBUF_FULL_RO) };
        if failed != 0 { Err(PyErr::fetch(object.py())) } else { Ok(View(view)) }
    }

    fn format(&self) -> &str {
        if self.0.format.is_null() {
            return "B";
        }
        // SAFETY: a format is a C string that lives as long as the view.
        unsafe { CStr::from_ptr(self.0.format) }.to_str().unwrap_or("?!")
    }

    fn is_record(&self) -> bool {
        self.format().starts_with('T')
    }

    fn dtype(&self) -> PyResult<DType> {
        let (itemsize, text) = (self.0.itemsize as usize, self.format());
        if text.trim_start_matches(['@', '=', '<', '>', '^', '!']) == "O" {
            let message = "metes has no arrays of Python objects: buffer format 'O' has dtype object";
            return Err(PyTypeError::new_err(message));
        }
        let number = format::parse(text, itemsize).map(DType::of);
        number.or_else(|| structs::parse(text, itemsize)).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "metes has no data type for buffer format '{text}' with {itemsize}-byte items"
            ))
        })
    }

    fn numbers(&self, values: *const ffi::Py_ssize_t) -> Option<&[ffi::Py_ssize_t]> {
        // SAFETY: a non-null shape or strides holds `ndim` numbers as long as the view.
        (!values.is_null()).then(|| unsafe { std::slice::from_raw_parts(values, self.0.ndim as usize) })
    }

    fn shape(&self) -> PyResult<Vec<usize>> {
        if self.0.ndim == 0 {
            return Ok(Vec::new());
        }
        match self.numbers(self.0.shape) {
            Some(shape) => shape
                .iter()
                .map(|n| usize::try_from(*n).map_err(|_| PyValueError::new_err("the buffer has a negative length")))
                .collect(),
            None => Ok(vec![(self.0.len / self.0.itemsize.max(1)) as usize]),
        }
    }
}

/// An array over the bytes of `object`, read-only where they are. `None` if it has no buffer protocol.
///
/// Raises `TypeError` for element formats that Metes lacks.
pub(crate) fn import(object: &Bound<'_, PyAny>, label: &'static str) -> PyResult<Option<Array>> {
    // SAFETY: the object is live.
    if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
        return Ok(None);
    }
    let view = match View::acquire(object) {
        Ok(view) => view,
        // NumPy has no buffers of time, but another way to them.
        Err(error) if error.is_instance_of::<PyValueError>(object.py()) && object.hasattr("__array_interface__")? => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    // NumPy's formats do not state gaps at the end, nor what is aligned; its other way tells all.
    if view.is_record() && object.hasattr("__array_interface__")? && !crate::object::is_array(object) {
        return Ok(None);
    }
    let dtype = view.dtype()?;
    if view.numbers(view.0.suboffsets).is_some_and(|all| all.iter().any(|n| *n >= 0)) {
        return Err(PyValueError::new_err("metes cannot show buffers with suboffsets"));
    }
    let shape = view.shape()?;
    let strides = view.numbers(view.0.strides).map(<[ffi::Py_ssize_t]>::to_vec);
    let described = Described { first: view.0.buf.cast(), dtype, shape, strides, writeable: view.0.readonly == 0 };
    // SAFETY: the provider promises the elements of its view until it is released, which is when the array drops it.
    unsafe { show(described, label, Box::new(view)) }.map(Some)
}
