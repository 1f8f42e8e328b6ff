//! Functions of the module that are in no table of kernels, a file per theme.

mod choosing;
mod covariances;
mod cumulative;
pub(crate) mod dates;
mod dtypes;
mod einsum;
mod fft;
mod given;
mod histograms;
mod joining;
mod linalg;
mod mapping;
mod nan;
mod numeric;
pub(crate) mod places;
pub(crate) mod products;
mod progressions;
mod quantiles;
pub(crate) mod rearranging;
mod records;
pub(crate) mod selecting;
mod sets;
mod sharing;
pub(crate) mod sorting;
mod texts;
mod threads;
mod tidy;

pub(crate) use cumulative::cumulate;
pub(crate) use tidy::round;

use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// Every function.
pub(crate) fn functions() -> Vec<PyMethodDef> {
    let themes = [
        choosing::table,
        covariances::table,
        cumulative::table,
        dates::table,
        dtypes::table,
        einsum::table,
        histograms::table,
        fft::table,
        joining::table,
        linalg::table,
        mapping::table,
        nan::table,
        numeric::table,
        products::table,
        progressions::table,
        quantiles::table,
        rearranging::table,
        records::table,
        places::table,
        selecting::table,
        sets::table,
        sharing::table,
        sorting::table,
        texts::table,
        threads::table,
        tidy::table,
        crate::arrow::functions,
        crate::dlpack::functions,
    ];
    themes.into_iter().flat_map(|table| table()).collect()
}
