//! Cumulative sums and products.

use super::Made;
use crate::convert::to_array;
use crate::dtype::parse_dtype;
use crate::eval;
use crate::fastcall::{Args, method};
use crate::methods::{output, parse_integer, single};
use crate::object::from_array;
use metes_array::Array;
use metes_eval::AccumulateOptions;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

/// NumPy's functions.
macro_rules! numpys {
    ($name:literal, $ufunc:literal, $skip:literal, $doc:literal) => {
        method!(
            $name,
            |_, args| cumulate($ufunc, $skip, &to_array(args.required(0)?, None)?, args),
            ["a", "axis=None", "dtype=None", "out=None"],
            $doc
        )
    };
}

/// The array API standard's.
macro_rules! standards {
    ($name:literal, $ufunc:literal, $doc:literal) => {
        method!(
            $name,
            |_, args| standard($ufunc, $name, args),
            ["x", "*", "axis=None", "dtype=None", "out=None", "include_initial=False"],
            $doc
        )
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        numpys!("cumsum", "add", false, "Sums of the elements up to each one, along an axis or over all."),
        numpys!("cumprod", "multiply", false, "Products of the elements up to each one, along an axis or over all."),
        numpys!("nancumsum", "add", true, "Cumulative sums that take NaN for 0."),
        numpys!("nancumprod", "multiply", true, "Cumulative products that take NaN for 1."),
        standards!("cumulative_sum", "add", "Sums of the elements up to each one; with include_initial, 0 first."),
        standards!(
            "cumulative_prod",
            "multiply",
            "Products of the elements up to each one; with include_initial, 1 first."
        ),
    ]
}

fn standard<'py>(ufunc: &str, name: &str, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    if args.named("axis").is_none() && array.ndim() > 1 {
        return Err(PyValueError::new_err(format!("{name}: an array of {} axes needs axis", array.ndim())));
    }
    cumulate(ufunc, false, &array, args)
}

/// Runs one of them with arguments named as NumPy names them. Also for the methods of arrays.
pub(crate) fn cumulate<'py>(ufunc: &str, skip_nan: bool, array: &Array, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let out = args.named("out").map(single).transpose()?;
    let options = AccumulateOptions {
        axis: args.named("axis").map(parse_integer).transpose()?,
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        out: out.as_ref().map(output).transpose()?,
        include_initial: args.named("include_initial").map_or(Ok(false), |flag| flag.is_truthy())?,
        skip_nan,
    };
    let row = eval::ufunc(ufunc)?;
    let result = eval::computed(py, row.name, array.nbytes(), || metes_eval::cumulative(row, array, &options))?;
    Ok(out.unwrap_or_else(|| from_array(py, result, None)))
}
