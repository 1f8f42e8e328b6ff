//! Functions of the module that are in no table of kernels, a file per theme.

mod choosing;
mod cumulative;
mod dtypes;
mod einsum;
mod joining;
mod mapping;
pub(crate) mod products;
mod progressions;
pub(crate) mod rearranging;
mod sets;
mod sharing;
pub(crate) mod sorting;

pub(crate) use cumulative::cumulate;

use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// Every function.
pub(crate) fn functions() -> Vec<PyMethodDef> {
    let themes = [
        choosing::table,
        cumulative::table,
        dtypes::table,
        einsum::table,
        joining::table,
        mapping::table,
        products::table,
        progressions::table,
        rearranging::table,
        sets::table,
        sharing::table,
        sorting::table,
        crate::arrow::functions,
        crate::dlpack::functions,
    ];
    themes.into_iter().flat_map(|table| table()).collect()
}
