//! Attributes of `Array` that only look.

use crate::dtype::dtype_object;
use crate::fastcall::{object, trap};
use crate::object::{base, leak, slot, this};
use crate::text;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::ffi::c_void;
use std::ptr;

/// What computes an attribute.
pub(crate) type Getter = for<'py> fn(&Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>;

/// A read-only attribute: `getter!("ndim", ndim, "Number of axes.")`.
macro_rules! getter {
    ($name:literal, $function:expr, $doc:literal) => {{
        unsafe extern "C" fn get(slf: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
            const FUNCTION: Getter = $function;
            trap(ptr::null_mut(), |py| {
                // SAFETY: `slf` is live during the call.
                FUNCTION(unsafe { Bound::ref_from_ptr(py, &slf) }).map(Bound::into_ptr)
            })
        }
        ffi::PyGetSetDef {
            name: concat!($name, "\0").as_ptr().cast(),
            get: Some(get),
            set: None,
            doc: concat!($doc, "\0").as_ptr().cast(),
            closure: ptr::null_mut(),
        }
    }};
}

/// The slots for attributes, `len()` and `repr()`.
pub(crate) fn slots() -> Vec<ffi::PyType_Slot> {
    let table = vec![
        getter!("shape", shape, "Elements along each axis."),
        getter!(
            "strides",
            strides,
            "Bytes from one element to the next along each axis."
        ),
        getter!("dtype", dtype, "What one element is."),
        getter!(
            "ndim",
            |a| object(a.py(), this(a)?.ndim()),
            "Number of axes."
        ),
        getter!(
            "size",
            |a| object(a.py(), this(a)?.size()),
            "Number of elements."
        ),
        getter!(
            "itemsize",
            |a| object(a.py(), this(a)?.dtype().size()),
            "Bytes of one element."
        ),
        getter!(
            "nbytes",
            nbytes,
            "Bytes of all elements, whatever they share."
        ),
        getter!(
            "base",
            |a| object(a.py(), base(a)),
            "Whose bytes the array shows; None where it owns them."
        ),
    ];
    vec![
        slot(ffi::Py_tp_getset, leak(table, ffi::PyGetSetDef::default())),
        slot(ffi::Py_mp_length, length as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_str, str as *mut c_void),
    ]
}

fn shape<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyTuple::new(array.py(), this(array)?.shape())?.into_any())
}

fn strides<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyTuple::new(array.py(), this(array)?.strides())?.into_any())
}

fn dtype<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    dtype_object(array.py(), this(array)?.dtype())
}

fn nbytes<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    object(
        array.py(),
        found.size() as u128 * found.dtype().size() as u128,
    )
}

unsafe extern "C" fn length(slf: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    trap(-1, |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        array
            .shape()
            .first()
            .map(|n| *n as ffi::Py_ssize_t)
            .ok_or_else(|| PyTypeError::new_err("len() of unsized object"))
    })
}

unsafe extern "C" fn repr(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        Ok(PyString::new(py, &text::repr(array)?).into_ptr())
    })
}

unsafe extern "C" fn str(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        Ok(PyString::new(py, &text::str(py, array)?).into_ptr())
    })
}
