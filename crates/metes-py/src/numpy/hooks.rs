//! Python functions that are called when memory runs short. They run on the thread that allocates, where it holds the
//! interpreter; elsewhere nobody is asked, since to wait for the interpreter there could be to wait for ever.

use crate::turn::attached;
use metes_memory::{Hooks, Request, Scope, ask_on_failure, set_hooks, tell_pressure_at};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The functions that are called: on a failure, on pressure, on a soft limit.
struct Called {
    failure: Option<Py<PyAny>>,
    pressure: Option<Py<PyAny>>,
    soft: Option<Py<PyAny>>,
}

static CALLED: Mutex<Called> = Mutex::new(Called { failure: None, pressure: None, soft: None });

fn called() -> std::sync::MutexGuard<'static, Called> {
    CALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls one of the functions, with whatever exception is under way put aside.
fn call(which: fn(&Called) -> &Option<Py<PyAny>>, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<bool>) -> bool {
    if !attached() {
        return false;
    }
    // SAFETY: just asked.
    let py = unsafe { Python::assume_attached() };
    let Some(function) = which(&called()).as_ref().map(|function| function.clone_ref(py)) else { return false };
    let under_way = PyErr::take(py);
    let answer = call(function.bind(py)).unwrap_or_else(|error| {
        error.write_unraisable(py, Some(function.bind(py)));
        false
    });
    if let Some(error) = under_way {
        error.restore(py);
    }
    answer
}

/// Sets the function that is asked before a refusal; `None` for nobody. Returns the one before.
#[pyfunction]
#[pyo3(signature = (function))]
fn _memory_on_failure(function: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
    ask_on_failure(function.is_some());
    std::mem::replace(&mut called().failure, function)
}

/// Sets the function that is told of pressure, and the share of the limit in thousandths; returns the one before.
#[pyfunction]
#[pyo3(signature = (function, share))]
fn _memory_on_pressure(function: Option<Py<PyAny>>, share: usize) -> Option<Py<PyAny>> {
    let share = if function.is_some() { share } else { 0 };
    let before = std::mem::replace(&mut called().pressure, function);
    tell_pressure_at(share);
    before
}

/// Sets the function that is told of a scope above its soft limit.
#[pyfunction]
fn _memory_on_soft(function: Py<PyAny>) {
    called().soft = Some(function);
}

/// Tells the memory whom to call.
pub(super) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    set_hooks(Hooks {
        failure: |request: &Request| call(|c| &c.failure, |function| function.call1((request.asked,))?.is_truthy()),
        pressure: |used, limit| {
            call(|c| &c.pressure, |function| function.call1((used, limit)).map(|_| true));
        },
        soft: |scope: &Scope| {
            call(|c| &c.soft, |function| function.call1((scope.name(), scope.used().0)).map(|_| true));
        },
    });
    module.add_function(wrap_pyfunction!(_memory_on_failure, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_on_pressure, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_on_soft, module)?)
}
