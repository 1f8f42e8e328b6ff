//! How many threads work on one operation.

use super::Made;
use crate::fastcall::{Args, method, object};
use crate::methods::parse_integer;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "set_num_threads",
            set_num_threads,
            ["n"],
            "Sets how many threads work on one operation at most, and returns the number before; None is the default."
        ),
        method!("get_num_threads", get_num_threads, [], "How many threads work on one operation at most."),
    ]
}

fn set_num_threads<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = args.required(0)?;
    let n = if given.is_none() { 0 } else { parse_integer(given)? };
    if n < 1 && !given.is_none() {
        return Err(PyValueError::new_err(format!("set_num_threads: {n} threads cannot work; at least 1 is needed")));
    }
    object(args.py(), metes_threads::set_threads(n as usize))
}

fn get_num_threads<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    object(args.py(), metes_threads::threads())
}
