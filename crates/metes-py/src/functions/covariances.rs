//! Covariances and correlations.

use super::Made;
use super::given::{array_at, array_named, flag, made};
use crate::dtype::parse_dtype_or_none;
use crate::fastcall::{Args, method};
use crate::methods::few;
use metes::statistics::{self, Weights};
use metes_array::Array;
use metes_dtype::{Category, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "cov",
            cov,
            [
                "m",
                "y=None",
                "rowvar=True",
                "bias=False",
                "ddof=None",
                "fweights=None",
                "aweights=None",
                "*",
                "dtype=None"
            ],
            "The covariances of variables, which are the rows of m (or its columns, without rowvar)."
        ),
        method!(
            "corrcoef",
            corrcoef,
            ["x", "y=None", "rowvar=True", "*", "dtype=None"],
            "The correlation coefficients of variables, which are the rows of x (or its columns, without rowvar)."
        ),
    ]
}

fn cov<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (m, y) = (array_at(args, 0)?, array_named(args, "y")?);
    let ddof = args.some(4).map(|ddof| ddof.extract::<f64>()).transpose()?;
    if ddof.is_some_and(|ddof| ddof.fract() != 0.0) {
        return Err(PyValueError::new_err("ddof must be integer"));
    }
    let ddof = ddof.or(if flag(args, "bias")? { Some(0.0) } else { None });
    let frequencies = array_named(args, "fweights")?;
    if frequencies.as_ref().is_some_and(|f| f.dtype().category() > Category::Signed && f.dtype() != Kind::Bool) {
        return Err(PyTypeError::new_err("fweights must be integer"));
    }
    let weights = Weights { frequencies, analytic: array_named(args, "aweights")?, ddof };
    let (by_row, dtype) = (args.flag(2, true)?, parse_dtype_or_none(args.named("dtype"))?);
    if weights.frequencies.is_none() && weights.analytic.is_none() {
        warn_of_too_few(args, &m, by_row, ddof.unwrap_or(1.0))?;
    }
    made(args, "cov", m.nbytes(), || statistics::cov(&m, y.as_ref(), by_row, &weights, dtype))
}

fn corrcoef<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (x, y) = (array_at(args, 0)?, array_named(args, "y")?);
    let (by_row, dtype) = (args.flag(2, true)?, parse_dtype_or_none(args.named("dtype"))?);
    warn_of_too_few(args, &x, by_row, 1.0)?;
    made(args, "corrcoef", x.nbytes(), || statistics::corrcoef(&x, y.as_ref(), by_row, dtype))
}

/// Warns where there are no more observations than degrees of freedom are taken off.
fn warn_of_too_few(args: &Args<'_, '_>, variables: &Array, by_row: bool, ddof: f64) -> PyResult<()> {
    let count = match *variables.shape() {
        [rows, columns] => {
            if by_row {
                columns
            } else {
                rows
            }
        }
        _ => variables.size(),
    };
    if variables.ndim() < 3 && count as f64 <= ddof { few::warn(args.py(), few::FREEDOM) } else { Ok(()) }
}
