//! `from_dlpack`: an array over a tensor that somebody else provides.

use super::parse_copy;
use super::tensor::{COPIED, CPU, Legacy, Managed, READ_ONLY, Tensor, VERSION, Versioned};
use crate::errors::OrRaise;
use crate::fastcall::Args;
use crate::foreign::{Described, show};
use crate::object::{from_array, type_name};
use metes_array::{Array, Order};
use pyo3::exceptions::{PyBufferError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A tensor that was taken; its provider's deleter runs when the last array over it is gone.
struct Taken<T: Managed>(*mut T);

// SAFETY: the structure is only read, and DLPack allows its deleter on any thread.
unsafe impl<T: Managed> Send for Taken<T> {}
// SAFETY: as above.
unsafe impl<T: Managed> Sync for Taken<T> {}

impl<T: Managed> Drop for Taken<T> {
    fn drop(&mut self) {
        // Providers in Python expect an attached thread. After the interpreter's end nothing is given back.
        // SAFETY: the structure is alive until its deleter is called, here and once.
        Python::try_attach(|_| unsafe {
            if let Some(delete) = (*self.0).deleter() {
                delete(self.0);
            }
        });
    }
}

/// `from_dlpack(x, /, *, device=None, copy=None)`.
pub(super) fn from_dlpack<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let (py, provider) = (args.py(), args.required(0)?);
    if let Some(device) = args.some(1)
        && !device.eq("cpu")?
    {
        return Err(PyValueError::new_err(format!("from_dlpack: unsupported device {device}: the only one is 'cpu'")));
    }
    let copy = parse_copy(args.some(2))?;
    let capsule = ask(provider, args.some(1).is_some(), copy)?;
    let (array, copied) = take(&capsule)?;
    if copy == Some(true) && !copied {
        return Ok(from_array(py, array.copy(Order::K).or_raise()?, None));
    }
    Ok(from_array(py, array, Some(provider.clone())))
}

/// The provider's capsule. Providers from before DLPack 1.0 know no arguments; they are asked again without.
fn ask<'py>(provider: &Bound<'py, PyAny>, on_device: bool, copy: Option<bool>) -> PyResult<Bound<'py, PyAny>> {
    let py = provider.py();
    let Some(method) = provider.getattr_opt("__dlpack__")? else {
        let text = format!("from_dlpack: {} has no method __dlpack__", type_name(provider));
        return Err(pyo3::exceptions::PyAttributeError::new_err(text));
    };
    let keywords = PyDict::new(py);
    keywords.set_item("max_version", (VERSION.major, VERSION.minor))?;
    if on_device {
        keywords.set_item("dl_device", CPU)?;
    }
    if let Some(copy) = copy {
        keywords.set_item("copy", copy)?;
    }
    match method.call((), Some(&keywords)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) && !on_device && copy.is_none() => method.call0(),
        answer => answer,
    }
}

/// The array over a capsule's tensor, and whether its provider has copied it for us.
fn take(capsule: &Bound<'_, PyAny>) -> PyResult<(Array, bool)> {
    if is_named::<Versioned>(capsule) {
        let managed = pointer::<Versioned>(capsule)?;
        // SAFETY: a capsule of this name holds a structure that starts with its version, and lives until deleted.
        let (major, flags) = unsafe { ((*managed).version.major, (*managed).flags) };
        if major != VERSION.major {
            let text = format!("from_dlpack: the tensor has version {major}, and only version 1 is understood");
            return Err(PyBufferError::new_err(text));
        }
        // SAFETY: of this version the structure is known.
        let tensor = unsafe { &(*managed).tensor };
        let array = adopt(capsule, managed, tensor, flags & READ_ONLY == 0)?;
        return Ok((array, flags & COPIED != 0));
    }
    if is_named::<Legacy>(capsule) {
        let managed = pointer::<Legacy>(capsule)?;
        // SAFETY: a capsule of this name holds such a structure, alive until it is deleted.
        let tensor = unsafe { &(*managed).tensor };
        return Ok((adopt(capsule, managed, tensor, true)?, false));
    }
    Err(PyValueError::new_err("from_dlpack: __dlpack__ must return a capsule with a tensor that nobody has taken yet"))
}

fn is_named<T: Managed>(capsule: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is live; what is no capsule is not valid.
    unsafe { ffi::PyCapsule_IsValid(capsule.as_ptr(), T::NAME.as_ptr()) != 0 }
}

fn pointer<T: Managed>(capsule: &Bound<'_, PyAny>) -> PyResult<*mut T> {
    // SAFETY: the object is live.
    let found = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), T::NAME.as_ptr()) };
    if found.is_null() { Err(PyErr::fetch(capsule.py())) } else { Ok(found.cast()) }
}

/// Describes the tensor, and only then takes it out of the capsule: what is refused stays its provider's.
fn adopt<T: Managed>(capsule: &Bound<'_, PyAny>, managed: *mut T, tensor: &Tensor, writeable: bool) -> PyResult<Array> {
    let described = describe(tensor, writeable)?;
    // SAFETY: the capsule is live, and the new name lives for ever.
    if unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), T::USED.as_ptr()) } != 0 {
        return Err(PyErr::fetch(capsule.py()));
    }
    // SAFETY: the provider promises the tensor's elements until its deleter runs, which the array's end does.
    unsafe { show(described, "dlpack", Box::new(Taken(managed))) }
}

fn describe(tensor: &Tensor, writeable: bool) -> PyResult<Described> {
    if tensor.device.0 != CPU.0 {
        let text = format!("from_dlpack: the tensor is on device {:?}, and only the CPU is supported", tensor.device);
        return Err(PyRuntimeError::new_err(text));
    }
    let dtype = tensor.element.dtype().ok_or_else(|| {
        let element = &tensor.element;
        PyRuntimeError::new_err(format!(
            "from_dlpack: metes has no data type for elements of type code {}, {} bits and {} lanes",
            element.code, element.bits, element.lanes
        ))
    })?;
    let ndim = usize::try_from(tensor.ndim)
        .ok()
        .filter(|n| *n <= metes_array::MAX_NDIM)
        .ok_or_else(|| PyRuntimeError::new_err(format!("from_dlpack: a tensor cannot have {} axes", tensor.ndim)))?;
    let wrong = |_| PyValueError::new_err("from_dlpack: a length or stride of the tensor is out of range");
    let shape = numbers(tensor.shape, ndim).unwrap_or_default();
    if shape.len() != ndim {
        return Err(PyValueError::new_err("from_dlpack: the tensor has no shape"));
    }
    let shape = shape.iter().map(|n| usize::try_from(*n).map_err(wrong)).collect::<PyResult<Vec<_>>>()?;
    let itemsize = dtype.size() as i128;
    let bytes = |step: &i64| isize::try_from(i128::from(*step) * itemsize).map_err(wrong);
    let strides =
        numbers(tensor.strides, ndim).map(|all| all.iter().map(bytes).collect::<PyResult<_>>()).transpose()?;
    let first = tensor.data.cast::<u8>().wrapping_add(tensor.byte_offset as usize);
    Ok(Described { first, dtype, shape, strides, writeable })
}

fn numbers<'a>(from: *const i64, count: usize) -> Option<&'a [i64]> {
    if count == 0 {
        return Some(&[]);
    }
    // SAFETY: a shape or strides that is there holds one number for each axis, as long as the tensor lives.
    (!from.is_null()).then(|| unsafe { std::slice::from_raw_parts(from, count) })
}
