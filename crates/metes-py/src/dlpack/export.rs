//! `__dlpack__`: a capsule that owns a share of the array's bytes until its consumer is done.

use super::tensor::{COPIED, CPU, Element, Legacy, Managed, READ_ONLY, Tensor, Versioned};
use super::{check_device, parse_copy};
use crate::errors::OrRaise;
use crate::fastcall::Args;
use crate::object::{this, writeable};
use metes_array::{Array, Order};
use pyo3::exceptions::{PyBufferError, PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// What a tensor points to: its shape and strides, and the array whose bytes it shows.
struct Shown {
    shape: Vec<i64>,
    strides: Vec<i64>,
    _array: Array,
}

/// `array.__dlpack__(stream=None, max_version=None, dl_device=None, copy=None)`.
pub(super) fn dlpack<'py>(object: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    if args.some(0).is_some() {
        return Err(PyRuntimeError::new_err("the CPU has no streams: stream must be None"));
    }
    let versioned = takes_versions(args.some(1))?;
    check_device(args.some(2))?;
    let copied = parse_copy(args.some(3))? == Some(true);
    let array = if copied { this(object)?.copy(Order::K).or_raise()? } else { this(object)?.clone() };
    let read_only = !copied && !writeable(object);
    if read_only && !versioned {
        let text = "a read-only array cannot be exported without a version: pass max_version=(1, 0), or copy=True";
        return Err(PyBufferError::new_err(text));
    }
    let flags = if read_only { READ_ONLY } else { 0 } | if copied { COPIED } else { 0 };
    if versioned { capsule::<Versioned>(args.py(), array, flags) } else { capsule::<Legacy>(args.py(), array, flags) }
}

/// Whether the consumer understands tensors with a version.
fn takes_versions(max_version: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
    let Some(version) = max_version else { return Ok(false) };
    match version.cast::<PyTuple>() {
        Ok(pair) if pair.len() == 2 => Ok(pair.get_item(0)?.extract::<i64>()? >= 1),
        _ => Err(PyTypeError::new_err("max_version must be None or a tuple with two elements.")),
    }
}

fn capsule<T: Managed>(py: Python<'_>, array: Array, flags: u64) -> PyResult<Bound<'_, PyAny>> {
    let managed = Box::into_raw(Box::new(manage::<T>(array, flags)?));
    // SAFETY: the name lives for ever; the structure lives until the capsule's destructor or its consumer deletes it.
    unsafe {
        let made = ffi::PyCapsule_New(managed.cast(), T::NAME.as_ptr(), Some(forget::<T>));
        Bound::from_owned_ptr_or_err(py, made).inspect_err(|_| delete::<T>(managed))
    }
}

fn manage<T: Managed>(array: Array, flags: u64) -> PyResult<T> {
    let element = Element::of(array.dtype()).ok_or_else(|| {
        PyBufferError::new_err(format!("DLPack has no elements of dtype {}: only native numbers", array.dtype()))
    })?;
    let itemsize = array.dtype().size() as isize;
    let uneven = |(n, step): (&usize, &isize)| *n != 1 && step % itemsize != 0;
    if array.shape().iter().zip(array.strides()).any(uneven) {
        let text = format!("strides {:?} are no multiples of the {itemsize} bytes of an element", array.strides());
        return Err(PyBufferError::new_err(text));
    }
    crate::foreign::expose(&array)?;
    let data = array.as_ptr().cast();
    let ndim = array.ndim() as i32;
    let mut shown = Box::new(Shown {
        shape: array.shape().iter().map(|n| *n as i64).collect(),
        strides: array.strides().iter().map(|step| (step / itemsize) as i64).collect(),
        _array: array,
    });
    let (shape, strides) = (shown.shape.as_mut_ptr(), shown.strides.as_mut_ptr());
    let tensor = Tensor { data, device: CPU, ndim, element, shape, strides, byte_offset: 0 };
    Ok(T::new(tensor, Box::into_raw(shown).cast(), flags, delete::<T>))
}

/// Ends a tensor, on whatever thread.
///
/// # Safety
/// The structure came from [`manage`], boxed, and is deleted once.
unsafe extern "C" fn delete<T: Managed>(managed: *mut T) {
    if managed.is_null() {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let managed = Box::from_raw(managed);
        crate::turn::ended(Box::from_raw(managed.context().cast::<Shown>()));
    }
}

/// Ends the tensor of a capsule that nobody has taken.
unsafe extern "C" fn forget<T: Managed>(capsule: *mut ffi::PyObject) {
    // SAFETY: CPython passes the live capsule; under this name it still owns what `capsule` put there.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, T::NAME.as_ptr()) != 0 {
            let managed = ffi::PyCapsule_GetPointer(capsule, T::NAME.as_ptr()).cast::<T>();
            delete(managed);
        }
    }
}
