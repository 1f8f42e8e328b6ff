//! DLPack, both ways, without copying: tensors in capsules, with a version or in the older form without one.
//!
//! What a tensor cannot say is refused with NumPy's exceptions: strides that are no multiple of the item size, and
//! read-only elements in the older form. Left out: devices other than the CPU, and the C exchange interface.

mod export;
mod import;
mod tensor;

use crate::fastcall::{method, object};
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The methods of `Array`.
pub(crate) fn methods() -> Vec<PyMethodDef> {
    vec![
        method!(
            "__dlpack__",
            export::dlpack,
            ["*", "stream=None", "max_version=None", "dl_device=None", "copy=None"],
            "The elements as a capsule with a DLPack tensor, without a copy unless copy is true."
        ),
        method!("__dlpack_device__", |array, _| object(array.py(), tensor::CPU), [], "(1, 0): the CPU."),
    ]
}

/// The functions of the module.
pub(crate) fn functions() -> Vec<PyMethodDef> {
    vec![method!(
        "from_dlpack",
        import::from_dlpack,
        ["x", "/", "*", "device=None", "copy=None"],
        "The array over the elements of an object with `__dlpack__`, without a copy unless copy is true.\n\nRead-only where the provider says so."
    )]
}

/// Refuses every `dl_device` but the CPU.
fn check_device(device: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let Some(device) = device else { return Ok(()) };
    let pair = device.cast::<PyTuple>().map_err(|_| PyTypeError::new_err("dl_device must be a tuple"))?;
    if pair.len() != 2 {
        return Err(PyTypeError::new_err("dl_device must have two elements"));
    }
    if pair.extract::<(i64, i64)>()? != (i64::from(tensor::CPU.0), i64::from(tensor::CPU.1)) {
        return Err(PyBufferError::new_err(format!("unsupported device {device}: the only one is (1, 0), the CPU")));
    }
    Ok(())
}

/// `copy=`: a flag or `None`.
fn parse_copy(copy: Option<&Bound<'_, PyAny>>) -> PyResult<Option<bool>> {
    copy.map(|copy| copy.is_truthy()).transpose()
}
