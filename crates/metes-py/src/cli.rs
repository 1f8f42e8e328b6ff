//! The command line for the installed package: the same as the standalone program's.

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command line on these words, the program's name first, and returns the exit code.
#[pyfunction]
fn _cli_main(py: Python<'_>, args: Vec<OsString>) -> i32 {
    crate::turn::apart(py, || metes_cli::main_from(args))
}

/// Adds the function to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_cli_main, module)?)
}
