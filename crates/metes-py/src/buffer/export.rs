//! `Array` as a provider of buffers: strided, read-only where the array is, never a copy.

use super::format::{format_of, unaligned_format_of};
use crate::fastcall::trap;
use crate::object::{slot, this, writeable};
use metes_array::Array;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CString, c_int, c_void};
use std::ptr;

/// One exported view, kept until it is released: its shape, strides and format, and a share of the bytes.
struct Export {
    _array: Array,
    shape: Vec<ffi::Py_ssize_t>,
    strides: Vec<ffi::Py_ssize_t>,
    format: Option<CString>,
}

/// The slots of the protocol.
pub(crate) fn slots() -> Vec<ffi::PyType_Slot> {
    vec![
        slot(ffi::Py_bf_getbuffer, getbuffer as *mut c_void),
        slot(ffi::Py_bf_releasebuffer, releasebuffer as *mut c_void),
    ]
}

unsafe extern "C" fn getbuffer(slf: *mut ffi::PyObject, view: *mut ffi::Py_buffer, flags: c_int) -> c_int {
    trap(-1, |py| {
        // SAFETY: `slf` is live during the call.
        let object = unsafe { Bound::from_borrowed_ptr(py, slf) };
        if view.is_null() {
            return Err(PyBufferError::new_err("a buffer was requested without a place for it"));
        }
        // SAFETY: the consumer passes a `Py_buffer` to fill; a failed request leaves its `obj` null.
        unsafe { (*view).obj = ptr::null_mut() };
        let array = this(&object)?;
        let filled = describe(&object, array, flags)?;
        // SAFETY: as above. The view owns a reference to the object, which keeps the bytes.
        unsafe {
            *view = filled;
            (*view).obj = object.into_ptr();
        }
        Ok(0)
    })
}

fn describe(object: &Bound<'_, PyAny>, array: &Array, flags: c_int) -> PyResult<ffi::Py_buffer> {
    let wants = |bits: c_int| flags & bits == bits;
    if wants(ffi::PyBUF_WRITABLE) && !writeable(object) {
        return Err(PyBufferError::new_err("the array is read-only"));
    }
    let (c, f) = (array.is_c_contiguous(), array.is_f_contiguous());
    let refusal = if wants(ffi::PyBUF_C_CONTIGUOUS) && !c {
        Some("C-contiguous")
    } else if wants(ffi::PyBUF_F_CONTIGUOUS) && !f {
        Some("Fortran contiguous")
    } else if wants(ffi::PyBUF_ANY_CONTIGUOUS) && !c && !f {
        Some("contiguous")
    } else if !wants(ffi::PyBUF_STRIDES) && !c {
        Some("C-contiguous")
    } else {
        None
    };
    if let Some(what) = refusal {
        return Err(PyBufferError::new_err(format!("the array is not {what}")));
    }
    crate::foreign::expose(array)?;
    let mut export = Box::new(Export {
        _array: array.clone(),
        shape: array.shape().iter().map(|n| *n as ffi::Py_ssize_t).collect(),
        strides: array.strides().to_vec(),
        format: None,
    });
    let mut view = ffi::Py_buffer::new();
    view.buf = array.as_ptr().cast();
    view.len = (array.size() * array.dtype().size()) as ffi::Py_ssize_t;
    view.itemsize = array.dtype().size() as ffi::Py_ssize_t;
    view.readonly = c_int::from(!writeable(object));
    view.ndim = array.ndim() as c_int;
    if wants(ffi::PyBUF_FORMAT) {
        view.format = match array.dtype().number() {
            Some(kind) if array.is_aligned() => format_of(kind).as_ptr().cast_mut(),
            Some(kind) => unaligned_format_of(kind).as_ptr().cast_mut(),
            None => {
                let text = super::structs::format_of(array.dtype()).filter(|_| super::can_show(array.dtype()));
                let text = text.and_then(|text| CString::new(text).ok());
                let text = text.ok_or_else(|| {
                    PyValueError::new_err(format!("cannot include dtype {} in a buffer", array.dtype()))
                })?;
                export.format.insert(text).as_ptr().cast_mut()
            }
        };
    }
    // Without axes the protocol has no shape and no strides.
    if wants(ffi::PyBUF_ND) && array.ndim() > 0 {
        view.shape = export.shape.as_mut_ptr();
    }
    if wants(ffi::PyBUF_STRIDES) && array.ndim() > 0 {
        view.strides = export.strides.as_mut_ptr();
    }
    view.internal = Box::into_raw(export).cast();
    Ok(view)
}

unsafe extern "C" fn releasebuffer(_slf: *mut ffi::PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: CPython releases a view that `getbuffer` filled, once.
    unsafe {
        drop(Box::from_raw((*view).internal.cast::<Export>()));
        (*view).internal = ptr::null_mut();
    }
}
