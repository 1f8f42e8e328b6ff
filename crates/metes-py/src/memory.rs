//! What `metes.memory` is made of; the public functions, their texts and tables are in `python/metes/memory.py`.

use crate::errors::OrRaise;
use metes_memory::{By, Memory, Scope, parse_size, resident, set_scope_provider};
use metes_report::Recorder;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// The counts of the ledger by name.
#[pyfunction]
fn _memory_stats(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let stats = Memory::global().stats();
    let counts = PyDict::new(py);
    macro_rules! set {
        ($($name:ident)*) => { $(counts.set_item(stringify!($name), stats.$name)?;)* };
    }
    set!(current_bytes peak_bytes total_bytes freed_bytes current_count peak_count total_count freed_count);
    set!(requested_bytes allocated_bytes reserved_bytes peak_reserved_bytes cached_bytes reused_bytes foreign_bytes mapped_bytes);
    Ok(counts)
}

/// Sets the peaks to what is live now.
#[pyfunction]
fn _memory_reset_peak() {
    Memory::global().reset_peak();
}

/// Bytes for text such as "64 MiB".
#[pyfunction]
fn _memory_size(text: &str) -> PyResult<usize> {
    parse_size(text).or_raise()
}

/// Sets the limit and returns the one before.
#[pyfunction]
#[pyo3(signature = (limit))]
fn _memory_set_limit(py: Python<'_>, limit: Option<usize>) -> Option<usize> {
    crate::turn::apart(py, || Memory::global().set_limit(limit))
}

/// The limit in bytes.
#[pyfunction]
fn _memory_get_limit() -> Option<usize> {
    Memory::global().limit()
}

/// The largest holders: name, bytes, count.
#[pyfunction]
fn _memory_live(by: &str, top: usize) -> PyResult<Vec<(String, usize, usize)>> {
    let by = match by {
        "site" => By::Site,
        "op" => By::Op,
        "scope" => By::Scope,
        "dtype" => By::DType,
        _ => return Err(PyValueError::new_err(format!("live: no group '{by}'"))),
    };
    Ok(Memory::global().live(by).into_iter().take(top).map(|h| (h.name, h.bytes, h.count)).collect())
}

/// Gives cached bytes back to the system.
#[pyfunction]
#[pyo3(signature = (keep=0))]
fn _memory_trim(py: Python<'_>, keep: usize) -> usize {
    crate::turn::apart(py, || Memory::global().trim(keep))
}

/// Bytes of physical memory that the process holds.
#[pyfunction]
fn _memory_rss() -> usize {
    resident().0
}

/// A budget between `enter` and `exit`; in which task, says the variable of [`_memory_scopes`].
#[pyclass(frozen)]
struct _MemoryScope(Scope);

/// The context variable with the innermost scope of a task.
static SCOPES: OnceLock<Py<PyAny>> = OnceLock::new();

/// Takes the context variable that has the innermost `_MemoryScope` of each task, or `None`.
#[pyfunction]
fn _memory_scopes(variable: Py<PyAny>) {
    let _ = SCOPES.set(variable);
    set_scope_provider(scope_of_task);
}

fn scope_of_task() -> Option<Option<Scope>> {
    let variable = SCOPES.get()?;
    crate::site::with_interpreter(|py| {
        let found = variable.bind(py).call_method0(intern!(py, "get")).ok()?;
        Some(found.cast::<_MemoryScope>().ok().map(|scope| scope.get().0.clone()))
    })
}

#[pymethods]
impl _MemoryScope {
    #[new]
    #[pyo3(signature = (limit, name, soft=None))]
    fn new(limit: Option<usize>, name: &str, soft: Option<usize>) -> _MemoryScope {
        _MemoryScope(Scope::with_soft(limit, soft, name))
    }

    fn enter(&self) {
        self.0.begin();
    }

    fn exit(&self) {
        self.0.end();
    }

    /// Live bytes charged to the budget, and the most that ever were.
    fn used(&self) -> (usize, usize) {
        self.0.used()
    }
}

/// A memory that refuses on purpose, which a thread allocates from between `enter` and `exit`.
#[pyclass(frozen)]
struct _FailAfter(Memory);

#[pymethods]
impl _FailAfter {
    #[new]
    fn new(n: u64, persistent: bool) -> _FailAfter {
        _FailAfter(Memory::global().failing(n, persistent))
    }

    fn enter(&self) {
        self.0.push();
    }

    fn exit(&self) {
        Memory::pop();
    }
}

/// A recording in a capture file, until `stop`.
#[pyclass(frozen)]
struct _Recorder(Mutex<Option<Recorder>>);

#[pymethods]
impl _Recorder {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<_Recorder> {
        let memory = Memory::global();
        let recorder = crate::turn::apart(py, || Recorder::start(path, memory)).or_raise()?;
        Ok(_Recorder(Mutex::new(Some(recorder))))
    }

    /// Records no more, before `pinned` and `stop`.
    fn close(&self) {
        if let Some(recorder) = self.0.lock().ok().as_deref().and_then(Option::as_ref) {
            recorder.close();
        }
    }

    /// Notes views that keep blocks alive: who holds them, their bytes, those of the block.
    fn pinned(&self, rows: Vec<(String, usize, usize)>) {
        if let Some(recorder) = self.0.lock().ok().as_deref().and_then(Option::as_ref) {
            rows.iter().for_each(|(holder, view, block)| recorder.pinned(holder, *view, *block));
        }
    }

    /// Completes the file.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let recorder = self.0.lock().ok().and_then(|mut recorder| recorder.take());
        let recorder = recorder.ok_or_else(|| PyValueError::new_err("the recording has stopped already"))?;
        crate::turn::apart(py, || recorder.finish()).or_raise()
    }
}

/// Sets after how many seconds what was freed goes back to the system, and whether a thread sees to it.
#[pyfunction]
fn _memory_set_decay(seconds: u32, background: bool) -> u32 {
    metes_memory::decay_in_background(background);
    metes_memory::set_decay(seconds)
}

/// Adds the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<_Recorder>()?;
    module.add_class::<_MemoryScope>()?;
    module.add_class::<_FailAfter>()?;
    module.add_function(wrap_pyfunction!(_memory_scopes, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_stats, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_reset_peak, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_size, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_set_limit, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_get_limit, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_live, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_trim, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_set_decay, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_rss, module)?)
}
