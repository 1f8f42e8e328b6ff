//! Errors of the core as Python exceptions: the one place that pairs [`ErrorKind`] with a type.

use metes_memory::{Error, ErrorKind, Result, Shortage};
use pyo3::exceptions::{
    PyBufferError, PyIndexError, PyNotImplementedError, PyOSError, PyOverflowError, PyRuntimeError, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyTuple, PyType};

static AXIS_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static OUT_OF_MEMORY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TOO_HARD: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static LIN_ALG: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A result of the core as a result of Python.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception that the error's kind is paired with.
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    #[inline]
    fn or_raise(self) -> PyResult<T> {
        self.map_err(raise)
    }
}

/// The exception for an error of the core.
#[cold]
pub(crate) fn raise(error: Error) -> PyErr {
    let text = error.message().to_owned();
    match error.kind() {
        ErrorKind::Value | ErrorKind::ReadOnly | ErrorKind::Format => PyValueError::new_err(text),
        ErrorKind::Type | ErrorKind::Casting => PyTypeError::new_err(text),
        ErrorKind::Index => PyIndexError::new_err(text),
        ErrorKind::Overflow => PyOverflowError::new_err(text),
        ErrorKind::Busy => PyBufferError::new_err(text),
        ErrorKind::Io => PyOSError::new_err(text),
        ErrorKind::Unsupported => PyNotImplementedError::new_err(text),
        ErrorKind::Axis => own(&AXIS_ERROR, axis_error, text),
        ErrorKind::TooHard => own(&TOO_HARD, too_hard, text),
        ErrorKind::LinAlg => own(&LIN_ALG, lin_alg, text),
        ErrorKind::Memory => out_of_memory(&error, text),
        _ => PyRuntimeError::new_err(text),
    }
}

/// `NotImplementedError` for what Metes does not do (yet).
pub(crate) fn unsupported(text: &str) -> PyErr {
    PyNotImplementedError::new_err(text.to_owned())
}

fn own(cell: &PyOnceLock<Py<PyType>>, make: fn(Python<'_>) -> PyResult<Py<PyType>>, text: String) -> PyErr {
    Python::attach(|py| match cell.get_or_try_init(py, || make(py)) {
        Ok(class) => PyErr::from_type(class.bind(py).clone(), text),
        Err(error) => error,
    })
}

fn out_of_memory(error: &Error, text: String) -> PyErr {
    let exception = own(&OUT_OF_MEMORY, out_of_memory_type, text);
    Python::attach(|py| {
        let value = exception.value(py);
        let refusal = error.refusal();
        let set = value
            .setattr("requested", refusal.map(|r| r.requested))
            .and_then(|()| value.setattr("limit", refusal.and_then(|r| r.limit)))
            .and_then(|()| value.setattr("live", refusal.map(|r| r.live)))
            .and_then(|()| value.setattr("_shortage", refusal.map(|r| r.shortage.name())))
            .and_then(|()| value.setattr("holders", refusal.map(|r| r.holders.clone()).unwrap_or_default()));
        set.err().unwrap_or(exception)
    })
}

fn new_type(py: Python<'_>, name: &str, doc: &str, bases: &Bound<'_, PyTuple>) -> PyResult<Py<PyType>> {
    let members = PyDict::new(py);
    members.set_item("__module__", "metes")?;
    members.set_item("__doc__", doc)?;
    let class = py.get_type::<PyType>().call1((name, bases, members))?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

fn axis_error(py: Python<'_>) -> PyResult<Py<PyType>> {
    let bases = PyTuple::new(py, [py.get_type::<PyValueError>(), py.get_type::<PyIndexError>()])?;
    new_type(py, "AxisError", "An axis that the array does not have.", &bases)
}

fn out_of_memory_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    // Written in Python: what it tells is found out there.
    Ok(py.import("metes._refusals")?.getattr("OutOfMemory")?.cast_into::<PyType>()?.unbind())
}

fn too_hard(py: Python<'_>) -> PyResult<Py<PyType>> {
    let doc = "The exact answer costs more work than was allowed.";
    new_type(py, "TooHardError", doc, &PyTuple::new(py, [py.get_type::<PyRuntimeError>()])?)
}

fn lin_alg(py: Python<'_>) -> PyResult<Py<PyType>> {
    let doc = "A matrix that the operation cannot take: singular, not definite, without convergence, of another shape.";
    new_type(py, "LinAlgError", doc, &PyTuple::new(py, [py.get_type::<PyValueError>()])?)
}

/// Adds the exception types to the module.
pub(crate) fn add_exceptions(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("AxisError", AXIS_ERROR.get_or_try_init(py, || axis_error(py))?)?;
    module.add("OutOfMemory", OUT_OF_MEMORY.get_or_try_init(py, || out_of_memory_type(py))?)?;
    let shortages: Vec<_> = Shortage::ALL.iter().map(|cause| (cause.name(), cause.text())).collect();
    module.add("_shortages", shortages.into_py_dict(py)?)?;
    module.add("_LinAlgError", LIN_ALG.get_or_try_init(py, || lin_alg(py))?)?;
    module.add("TooHardError", TOO_HARD.get_or_try_init(py, || too_hard(py))?)
}
