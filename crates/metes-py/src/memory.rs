//! What `metes.memory` is made of; the public functions, their texts and tables are in `python/metes/memory.py`.

use metes_memory::Memory;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The counts of the ledger by name.
#[pyfunction]
fn _memory_stats(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let stats = Memory::current().stats();
    let counts = PyDict::new(py);
    for (name, count) in [
        ("current_bytes", stats.current_bytes),
        ("peak_bytes", stats.peak_bytes),
        ("total_bytes", stats.total_bytes),
        ("current_count", stats.current_count),
    ] {
        counts.set_item(name, count)?;
    }
    Ok(counts)
}

/// Sets the peak to what is live now.
#[pyfunction]
fn _memory_reset_peak() {
    Memory::current().reset_peak();
}

/// Adds the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_memory_stats, module)?)?;
    module.add_function(wrap_pyfunction!(_memory_reset_peak, module)?)
}
