//! Methods of arrays over mapped files.

use crate::errors::OrRaise;
use crate::fastcall::{Args, method, none};
use crate::object::this;
use metes_memory::MapAdvice;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

/// The names of the advices.
const ADVICES: &[(&str, MapAdvice)] = &[
    ("normal", MapAdvice::Normal),
    ("random", MapAdvice::Random),
    ("sequential", MapAdvice::Sequential),
    ("willneed", MapAdvice::WillNeed),
    ("dontneed", MapAdvice::DontNeed),
];

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!("flush", flush, [], "Waits until what was written to the mapped file is on the disk."),
        method!(
            "close",
            close,
            [],
            "Writes out and lets go of the mapped file; BufferError while views or exports still show it."
        ),
        method!(
            "advise",
            advise,
            ["advice", "/"],
            "Tells the system how the mapped file will be used: \"normal\", \"random\", \"sequential\", \"willneed\" or \"dontneed\", which drops its pages from memory."
        ),
    ]
}

fn flush<'py>(object: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let buffer = this(object)?.buffer().clone();
    crate::eval::released(object.py(), || buffer.flush()).or_raise()?;
    Ok(none(object.py()))
}

fn close<'py>(object: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    this(object)?.buffer().close().or_raise()?;
    Ok(none(object.py()))
}

fn advise<'py>(object: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let name = args.required(0)?.extract::<String>()?;
    let advice = ADVICES.iter().find(|(known, _)| *known == name).map(|(_, advice)| *advice).ok_or_else(|| {
        let names: Vec<&str> = ADVICES.iter().map(|(name, _)| *name).collect();
        PyValueError::new_err(format!("advise: '{name}' is none of {}", names.join(", ")))
    })?;
    this(object)?.buffer().advise(advice).or_raise()?;
    Ok(none(object.py()))
}
