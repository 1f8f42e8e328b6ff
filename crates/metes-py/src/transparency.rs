//! Where an array's bytes come from and whom they belong to: `Array.origin`, `Array.compact`, and what
//! `metes.memory.copies`, `widenings`, `sizes` and the scopes that deny copies and widening are made of.

use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, object};
use crate::object::{base, from_array, is_array, this};
use metes_array::{Array, Order, shape_text};
use metes_memory::{Denial, Reason};
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The text of `Array.origin`.
pub(crate) fn origin<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    Ok(PyString::new(array.py(), &text(array, found)).into_any())
}

fn text(object: &Bound<'_, PyAny>, array: &Array) -> String {
    if let Some(owner) = base(object).filter(is_array)
        && let Ok(owner) = this(&owner)
    {
        return format!("a view of an array of {} and shape {}", owner.dtype(), shape_text(owner.shape()));
    }
    let buffer = array.buffer();
    let Some(cause) = buffer.cause() else {
        let maker = buffer.made_by();
        return if buffer.is_owned() { format!("fresh, made by {maker}") } else { format!("shared with {maker}") };
    };
    let by = if cause.reason() == Reason::Explicit { "request" } else { cause.reason().name() };
    match cause.why() {
        why if why.is_empty() => format!("copied by {by}"),
        why => format!("copied by {by}: {why}"),
    }
}

/// `Array.compact`.
pub(crate) fn compact<'py>(array: &Bound<'py, PyAny>, _: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let found = this(array)?;
    if found.buffer().len() <= found.nbytes() {
        return Ok(array.clone());
    }
    let copy = eval::heavy(array.py(), found.nbytes(), || found.copy(Order::K)).or_raise()?;
    Ok(from_array(array.py(), copy, None))
}

/// Bytes of an array: of its elements, of its block, and whether others keep the block alive.
#[pyfunction]
fn _memory_sizes(array: &Bound<'_, PyAny>) -> PyResult<(usize, usize, bool)> {
    let found = this(array)?;
    // The owner that only this view keeps alive goes with it.
    let silent = base(array).filter(is_array).is_some_and(|owner| {
        // SAFETY: the owner is live; one reference is the view's, one ours.
        unsafe { ffi::Py_REFCNT(owner.as_ptr()) == 2 }
    });
    let shared = found.buffer().sharers() > 1 + usize::from(silent);
    Ok((found.nbytes(), found.buffer().len(), shared))
}

/// Rows of (place, reason, bytes, count).
#[pyfunction]
fn _memory_copies() -> Vec<(String, &'static str, u64, u64)> {
    metes_memory::copies().into_iter().map(|row| (row.site, row.reason.name(), row.bytes, row.count)).collect()
}

/// Rows of (place, dtype, wider dtype, bytes, count).
#[pyfunction]
fn _memory_widenings() -> Vec<(String, &'static str, &'static str, u64, u64)> {
    metes_memory::widenings().into_iter().map(|row| (row.site, row.from, row.to, row.bytes, row.count)).collect()
}

/// Forgets all copies and widenings.
#[pyfunction]
fn _memory_forget_copies() {
    metes_memory::forget_copies();
}

/// Starts or ends that "copies" or "widening" are denied on this thread.
#[pyfunction]
fn _memory_deny(what: &str, on: bool) -> PyResult<()> {
    let denial = match what {
        "copies" => Denial::Copies,
        "widening" => Denial::Widening,
        _ => return Err(PyValueError::new_err(format!("nothing to deny is called {what}"))),
    };
    if on {
        denial.enter()
    } else {
        denial.leave()
    }
    Ok(())
}

/// Adds the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    module.add("_copy_reasons", object(module.py(), reasons)?)?;
    module.add_function(wrap_pyfunction!(_memory_sizes, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_copies, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_widenings, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_forget_copies, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_deny, module)?)
}
