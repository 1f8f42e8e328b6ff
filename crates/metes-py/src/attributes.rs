//! Attributes of `Array` that only look.

use crate::dtype::dtype_object;
use crate::errors::OrRaise;
use crate::fastcall::{object, trap};
use crate::flags::Flags;
use crate::object::{base, leak, make_view, slot, this, view_of, view_or_new};
use crate::text;
use metes_memory::MapMode;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PyString, PyTuple};
use std::ffi::{c_int, c_void};
use std::path::Path;
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

pub(crate) use getter;

/// The slots for attributes and texts.
pub(crate) fn slots() -> Vec<ffi::PyType_Slot> {
    let table = vec![
        getter!("shape", shape, "Elements along each axis."),
        getter!("strides", strides, "Bytes from one element to the next along each axis."),
        getter!("dtype", dtype, "What one element is."),
        getter!("ndim", |a| object(a.py(), this(a)?.ndim()), "Number of axes."),
        getter!("size", |a| object(a.py(), this(a)?.size()), "Number of elements."),
        getter!("itemsize", |a| object(a.py(), this(a)?.dtype().size()), "Bytes of one element."),
        getter!("nbytes", nbytes, "Bytes of all elements, whatever they share."),
        getter!("T", transposed, "The array with its axes reversed, a view."),
        getter!("mT", matrix_transpose, "The array with its last two axes exchanged, a view."),
        ffi::PyGetSetDef {
            set: Some(set_real),
            ..getter!("real", real, "The real parts: a view where elements are complex, else the array itself.")
        },
        ffi::PyGetSetDef {
            set: Some(set_imag),
            ..getter!("imag", imag, "The imaginary parts: a view where elements are complex, else read-only zeros.")
        },
        getter!("flags", |a| object(a.py(), Flags::of(a)?), "Contiguity, ownership, writeability."),
        getter!("device", |a| object(a.py(), "cpu"), "Where the bytes are: always \"cpu\"."),
        getter!("data", data, "The bytes as a memoryview."),
        getter!("__array_interface__", crate::interface::export, "NumPy's array interface, version 3."),
        getter!("__array_struct__", crate::interface_struct::export, "NumPy's array interface as a structure, for C."),
        getter!("ctypes", ctypes, "Address, shape and strides for foreign functions."),
        getter!("__array_priority__", |a| object(a.py(), 1000.0), "Above NumPy's arrays."),
        getter!("origin", crate::transparency::origin, "How its bytes came to be: a view, fresh, or a copy and why."),
        ffi::PyGetSetDef {
            set: Some(set_flat),
            ..getter!("flat", flat, "All elements in C order: iterates, and takes and assigns by position.")
        },
        getter!("filename", filename, "Of an array over a mapped file: the file's path."),
        getter!(
            "offset",
            |a| object(a.py(), mapped(a, "offset")?.1),
            "Of an array over a mapped file: where the map begins."
        ),
        getter!("mode", mode, "Of an array over a mapped file: 'r', 'r+' or 'c'."),
        getter!("base", |a| object(a.py(), base(a)), "Whose bytes the array shows; None where it owns them."),
    ];
    vec![
        slot(ffi::Py_tp_getset, leak(table, ffi::PyGetSetDef::default())),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_str, str as *mut c_void),
    ]
}

pub(crate) fn shape<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyTuple::new(array.py(), this(array)?.shape())?.into_any())
}

pub(crate) fn strides<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyTuple::new(array.py(), this(array)?.strides())?.into_any())
}

fn dtype<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    dtype_object(array.py(), this(array)?.dtype())
}

fn flat<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    array.py().import("metes._iterate")?.call_method1("flatiter", (array,))
}

fn ctypes<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    array.py().import("metes._ctypes")?.call_method1("Pointers", (array,))
}

/// Assigns to all elements of what an attribute gives.
///
/// # Safety
/// Both are live objects, or no value.
unsafe fn set_all(slf: *mut ffi::PyObject, value: *mut ffi::PyObject, attribute: Getter) -> c_int {
    trap(-1, |py| {
        if value.is_null() {
            return Err(PyAttributeError::new_err("attributes of arrays cannot be deleted"));
        }
        // SAFETY: the caller's promise.
        let (array, value) = unsafe { (Bound::ref_from_ptr(py, &slf), Bound::ref_from_ptr(py, &value)) };
        attribute(array)?.set_item(py.Ellipsis(), value).map(|()| 0)
    })
}

/// `array.flat = values`, repeated as often as they fit.
unsafe extern "C" fn set_flat(slf: *mut ffi::PyObject, value: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    // SAFETY: both are live during the call.
    unsafe { set_all(slf, value, flat) }
}

/// `array.real = values`, which broadcast.
unsafe extern "C" fn set_real(slf: *mut ffi::PyObject, value: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    // SAFETY: both are live during the call.
    unsafe { set_all(slf, value, real) }
}

/// `array.imag = values`, which broadcast.
unsafe extern "C" fn set_imag(slf: *mut ffi::PyObject, value: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    let imaginary: Getter = |array| match this(array)?.is_complex() {
        true => imag(array),
        false => Err(PyTypeError::new_err("array does not have imaginary part to set")),
    };
    // SAFETY: both are live during the call.
    unsafe { set_all(slf, value, imaginary) }
}

/// Path, offset and mode of the mapped file that an array shows.
fn mapped<'a>(array: &'a Bound<'_, PyAny>, name: &str) -> PyResult<(&'a Path, u64, MapMode)> {
    let refusal = || PyAttributeError::new_err(format!("'{name}': the array shows no mapped file"));
    this(array)?.buffer().mapped_file().ok_or_else(refusal)
}

fn filename<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    object(array.py(), mapped(array, "filename")?.0.to_string_lossy().into_owned())
}

fn mode<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let name = match mapped(array, "mode")?.2 {
        MapMode::ReadOnly => "r",
        MapMode::ReadWrite => "r+",
        MapMode::CopyOnWrite => "c",
    };
    object(array.py(), name)
}

fn transposed<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    let view = make_view(array, |place| {
        *place = Some(found.reversed());
        Ok(true)
    })?;
    Ok(view.unwrap_or_else(|| array.clone()))
}

fn matrix_transpose<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    if found.ndim() < 2 {
        return Err(PyValueError::new_err("matrix transpose with ndim < 2 is undefined"));
    }
    Ok(view_of(array, found.swapaxes(-1, -2).or_raise()?))
}

fn real<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    Ok(if found.is_complex() { view_of(array, found.real()) } else { array.clone() })
}

fn imag<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(view_or_new(array, this(array)?.imag().or_raise()?))
}

fn data<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyMemoryView::from(array)?.into_any())
}

fn nbytes<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    object(array.py(), found.size() as u128 * found.dtype().size() as u128)
}

unsafe extern "C" fn repr(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        Ok(PyString::new(py, &text::repr(py, array)?).into_ptr())
    })
}

unsafe extern "C" fn str(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        Ok(PyString::new(py, &text::str(py, array)?).into_ptr())
    })
}
