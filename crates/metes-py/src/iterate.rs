//! `iter(array)`: the parts along the first axis, one after the other, as integer indices give them.
//!
//! The iterator is an object of its own, so that making an element costs no integer object and no parsing of one. It is
//! what the interpreter's iterator over sequences is: it can be copied and pickled, and says about how much is left.

use crate::fastcall::{Args, method, object, trap};
use crate::index::part;
use crate::object::{leak, slot, this};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_uint};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

#[repr(C)]
struct Parts {
    head: ffi::PyObject,
    /// The array; null once it is exhausted.
    array: AtomicPtr<ffi::PyObject>,
    /// The next part.
    at: AtomicUsize,
}

static TYPE: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

/// An iterator over an array object that has a first axis.
pub(crate) fn over(array: &Bound<'_, PyAny>) -> *mut ffi::PyObject {
    // SAFETY: attached; the fresh object is filled before anybody sees it, and `PyObject_Init` counts its type.
    unsafe {
        let made = ffi::PyObject_Malloc(size_of::<Parts>()).cast::<Parts>();
        if made.is_null() {
            return ffi::PyErr_NoMemory();
        }
        (&raw mut (*made).array).write(AtomicPtr::new(array.clone().into_ptr()));
        (&raw mut (*made).at).write(AtomicUsize::new(0));
        ffi::PyObject_Init(made.cast(), TYPE.load(Ordering::Relaxed))
    }
}

/// The iterator that an object of this type is.
fn find<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<&'a Parts> {
    // SAFETY: the object is live.
    if unsafe { ffi::Py_TYPE(object.as_ptr()) } != TYPE.load(Ordering::Relaxed) {
        return Err(PyTypeError::new_err("expected an iterator over a metes.Array"));
    }
    // SAFETY: only this file makes objects of the type, completely filled.
    Ok(unsafe { &*object.as_ptr().cast::<Parts>() })
}

impl Parts {
    fn array<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: null, or a live object that the iterator keeps.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, self.array.load(Ordering::Relaxed)) }
    }

    /// Forgets the array.
    fn end(&self, py: Python<'_>) {
        let array = self.array.swap(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: null, or a reference that the iterator had.
        drop(unsafe { Bound::from_owned_ptr_or_opt(py, array) });
    }
}

unsafe extern "C" fn next(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call, and of this type.
        let parts = unsafe { &*slf.cast::<Parts>() };
        let array = parts.array.load(Ordering::Relaxed);
        if array.is_null() {
            return Ok(ptr::null_mut());
        }
        let at = parts.at.load(Ordering::Relaxed);
        // SAFETY: the iterator keeps it; it is not looked at after anything that may run code that ends the iterator.
        let lent = unsafe { Bound::ref_from_ptr(py, &array) };
        if let Some(element) = crate::object::element(py, this(lent)?, &[at as isize]) {
            parts.at.store(at + 1, Ordering::Relaxed);
            return Ok(element.into_ptr());
        }
        // SAFETY: the iterator keeps it; kept once more, as what makes a part may run code that ends the iterator.
        let object = unsafe { Bound::from_borrowed_ptr(py, array) };
        if at < crate::index::parts_of(this(&object)?) {
            parts.at.store(at + 1, Ordering::Relaxed);
            return part(py, &object, at as isize);
        }
        parts.end(py);
        Ok(ptr::null_mut())
    })
}

unsafe extern "C" fn dealloc(slf: *mut ffi::PyObject) {
    // SAFETY: CPython calls this once, when the last reference is gone.
    unsafe {
        let class = ffi::Py_TYPE(slf);
        let array = (*slf.cast::<Parts>()).array.load(Ordering::Relaxed);
        ffi::PyObject_Free(slf.cast());
        ffi::Py_XDECREF(array);
        ffi::Py_DECREF(class.cast());
    }
}

fn length_hint<'py>(slf: &Bound<'py, PyAny>, _: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let (py, parts) = (slf.py(), find(slf)?);
    let all = parts.array(py).map_or(Ok(0), |array| this(&array).map(crate::index::parts_of))?;
    object(py, all.saturating_sub(parts.at.load(Ordering::Relaxed)))
}

fn reduce<'py>(slf: &Bound<'py, PyAny>, _: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let (py, parts) = (slf.py(), find(slf)?);
    let iter = py.import("builtins")?.getattr("iter")?;
    match parts.array(py) {
        Some(array) => object(py, (iter, (array,), parts.at.load(Ordering::Relaxed))),
        None => object(py, (iter, (pyo3::types::PyTuple::empty(py),))),
    }
}

fn set_state<'py>(slf: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let at = crate::methods::parse_integer(args.required(0)?)?;
    find(slf)?.at.store(at.max(0) as usize, Ordering::Relaxed);
    Ok(crate::fastcall::none(slf.py()))
}

unsafe extern "C" fn itself(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython passes a live object.
    unsafe { ffi::Py_NewRef(slf) }
}

fn methods() -> Vec<ffi::PyMethodDef> {
    vec![
        method!("__length_hint__", length_hint, [], "How many parts are left."),
        method!("__reduce__", reduce, [], "For pickle and copy."),
        method!("__setstate__", set_state, ["state", "/"], "For pickle and copy."),
    ]
}

/// Makes the type. Called once, when the module starts.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    let mut slots = vec![
        slot(ffi::Py_tp_dealloc, dealloc as *mut _),
        slot(ffi::Py_tp_iter, itself as *mut _),
        slot(ffi::Py_tp_iternext, next as *mut _),
        slot(ffi::Py_tp_methods, leak(methods(), ffi::PyMethodDef::zeroed())),
        slot(0, ptr::null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"metes._ArrayIterator".as_ptr(),
        basicsize: size_of::<Parts>() as c_int,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
            as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the table ends in a zeroed entry, its functions have the types that their slots ask for, and what it
    // points to lives for ever.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
    TYPE.store(class.into_ptr().cast(), Ordering::Release);
    Ok(())
}
