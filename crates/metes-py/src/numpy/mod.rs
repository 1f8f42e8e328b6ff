//! NumPy's arrays in the program's memory: limited, pooled, counted and attributed like Metes' own.
//!
//! NumPy keeps the functions that allocate array data in a table. A table can be chosen by context, which threads do not
//! inherit; therefore the functions in the default table itself are replaced ([`handler`]), which every thread uses. They
//! stay there for ever: blocks may outlive the wish to manage them. What else a user sees is in `python/metes/_numpy.py`.

mod handler;
mod hooks;
mod made;

use metes_memory::raw::{self, Detail};
use metes_memory::{Memory, RunState, site_name, site_stack};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ptr::NonNull;

/// Replaces the functions of NumPy's default table; `api` is NumPy's capsule of C functions. What is in the directory is
/// NumPy's own code, which no array is made at.
#[pyfunction]
fn _numpy_manage(py: Python<'_>, api: &Bound<'_, PyAny>, directory: &str) -> PyResult<()> {
    crate::site::skip(directory);
    crate::frames::probe(py);
    metes_memory::survive_forks();
    // SAFETY: the caller gives NumPy's own capsule; what it holds is checked.
    unsafe { handler::install(api) }.map_err(PyRuntimeError::new_err)
}

/// Lets NumPy's own functions allocate again; what was allocated stays valid.
#[pyfunction]
fn _numpy_unmanage() {
    handler::manage(false);
}

/// Whether NumPy allocates here now.
#[pyfunction]
fn _numpy_managed() -> bool {
    handler::managed()
}

/// The last refusal on this thread that nobody has asked for: its text and numbers.
#[pyfunction]
fn _numpy_refusal(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(error) = handler::refusal() else { return Ok(None) };
    let facts = PyDict::new(py);
    facts.set_item("text", error.message())?;
    if let Some(refusal) = error.refusal() {
        facts.set_item("requested", refusal.requested)?;
        facts.set_item("limit", refusal.limit)?;
        facts.set_item("live", refusal.live)?;
        facts.set_item("cause", refusal.shortage.name())?;
        facts.set_item("holders", refusal.holders.clone())?;
    }
    Ok(Some(facts))
}

/// Bytes and site of the block that starts at an address; `None` where it is not managed.
#[pyfunction]
fn _memory_block(address: usize) -> Option<(usize, String)> {
    let ptr = NonNull::new(address as *mut u8)?;
    raw::size_of(ptr).map(|size| (size, site_name(raw::site_of(ptr).unwrap_or(0))))
}

/// The site of the block that starts at an address, and those it was called from, the innermost first.
#[pyfunction]
fn _memory_stack(address: usize) -> Vec<String> {
    let ptr = NonNull::new(address as *mut u8);
    ptr.and_then(raw::site_of).map(site_stack).unwrap_or_default()
}

const DETAILS: [(&str, Detail); 4] =
    [("counters", Detail::Counters), ("sampled", Detail::Sampled), ("site", Detail::Site), ("stack", Detail::Stack)];

fn detail_name(detail: Detail) -> &'static str {
    DETAILS.iter().find(|(_, d)| *d == detail).map_or("", |(name, _)| name)
}

/// Sets how much is found out about where blocks are made; returns what was before.
#[pyfunction]
#[pyo3(signature = (mode=None))]
fn _memory_attribution(py: Python<'_>, mode: Option<&str>) -> PyResult<&'static str> {
    let Some(mode) = mode else { return Ok(detail_name(raw::detail())) };
    crate::frames::probe(py);
    let Some((_, detail)) = DETAILS.iter().find(|(name, _)| *name == mode) else {
        return Err(PyValueError::new_err(format!(
            "attribution: no mode '{mode}'; there are counters, sampled, site, stack"
        )));
    };
    Ok(detail_name(raw::set_detail(*detail)))
}

/// Sets the most bytes of freed large blocks that are kept; `None` for as many as the limit allows.
#[pyfunction]
#[pyo3(signature = (most))]
fn _memory_set_cache(py: Python<'_>, most: Option<usize>) {
    crate::turn::apart(py, || Memory::global().set_cache(most));
}

/// Bytes of free slots between live small blocks, and the largest slot.
#[pyfunction]
fn _memory_gaps() -> (usize, usize) {
    raw::gaps()
}

/// Runs of the pool by address: the first byte, how many there are, and "used", "free" or "cached"; gathered by slab from
/// `most` runs on.
#[pyfunction]
fn _memory_runs(py: Python<'_>, most: usize) -> Vec<(usize, usize, &'static str)> {
    let name = |state| match state {
        RunState::Used => "used",
        RunState::Free => "free",
        RunState::Cached => "cached",
    };
    let runs = crate::turn::apart(py, || Memory::global().runs(most));
    runs.into_iter().map(|run| (run.start, run.bytes, name(run.state))).collect()
}

/// Bytes that NumPy has asked for in large blocks, by the logarithm of the size to base 2, rounded down.
#[pyfunction]
fn _numpy_requests() -> Vec<u64> {
    made::requests()
}

/// Large live blocks: address, bytes, site, and the number of the block in the order in which they were made.
#[pyfunction]
fn _memory_blocks() -> Vec<(usize, usize, String, u64)> {
    raw::blocks().into_iter().map(|b| (b.address, b.size, site_name(b.site), b.born)).collect()
}

/// Where the block was made that brought the peak; empty for not known.
#[pyfunction]
fn _memory_peak_site() -> String {
    site_name(Memory::global().peak_site())
}

/// The number of the next large block.
#[pyfunction]
fn _memory_next_block() -> u64 {
    raw::next_born()
}

/// Large blocks that were freed soon after they were made, by site: blocks and bytes of those, and of all that were freed.
#[pyfunction]
fn _memory_temporaries() -> Vec<(String, usize, usize, usize, usize)> {
    let row = |(site, t): (u32, raw::Temporary)| (site_name(site), t.count, t.bytes, t.all_count, t.all_bytes);
    raw::temporaries().into_iter().map(row).collect()
}

/// Adds the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    hooks::install(module)?;
    made::install(module)?;
    module.add_function(wrap_pyfunction!(_numpy_manage, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_unmanage, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_managed, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_refusal, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_block, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_blocks, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_peak_site, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_next_block, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_temporaries, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_stack, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_runs, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_requests, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_attribution, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_set_cache, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_gaps, module)?)
}
