//! Reductions that leave NaN out.

use super::Made;
use super::given::{array_at, made_into};
use crate::convert::to_numbers;
use crate::eval::{self, ReduceOptions};
use crate::fastcall::{Args, method};
use crate::methods::{few, reduce_options};
use crate::reduce::with_params;
use metes::statistics::{reduce_present, variance_about};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

/// A reduction that leaves NaN out, with the parameters of its family.
macro_rules! nan {
    ($name:literal, $reduction:literal, $family:ident, $doc:literal) => {
        with_params!($family, nan, ["a"] $name, $reduction, $doc)
    };
    ([$($param:literal),*] $name:literal, $reduction:literal, $doc:literal) => {
        method!($name, |_, args| reduce($name, $reduction, args), [$($param),*], $doc)
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        nan!("nansum", "sum", sum, "Sum of the elements that are not NaN."),
        nan!("nanprod", "prod", sum, "Product of the elements that are not NaN."),
        nan!("nanmin", "min", min, "Least element that is not NaN."),
        nan!("nanmax", "max", min, "Greatest element that is not NaN."),
        nan!("nanmean", "mean", mean, "Arithmetic mean of the elements that are not NaN."),
        nan!(
            "nanvar",
            "var",
            var,
            "Variance of the elements that are not NaN; ddof (or correction) degrees of freedom are taken off their number."
        ),
        nan!("nanstd", "std", var, "Standard deviation of the elements that are not NaN, as nanvar."),
        nan!(
            "nanargmin",
            "argmin",
            argmin,
            "Position of the first least element that is not NaN; ValueError where there is none."
        ),
        nan!(
            "nanargmax",
            "argmax",
            argmin,
            "Position of the first greatest element that is not NaN; ValueError where there is none."
        ),
    ]
}

fn reduce<'py>(name: &'static str, reduction: &'static str, args: &Args<'_, 'py>) -> Made<'py> {
    let array = array_at(args, 0)?;
    let options = ReduceOptions { skip_nan: true, ..reduce_options(args)? };
    if let Some(mean) = args.named("mean") {
        let mean = to_numbers(mean)?;
        return made_into(args, name, array.nbytes(), || variance_about(&array, &mean, &options, reduction == "std"));
    }
    let row = eval::reduction(reduction)?;
    let mut nothing = false;
    let result = made_into(args, name, array.nbytes(), || {
        let result = reduce_present(row, &array, &options)?;
        nothing = result.1;
        Ok(result.0)
    })?;
    if nothing {
        warn(args.py(), reduction)?;
    }
    Ok(result)
}

/// What is said of results that no value went into.
fn warn(py: Python<'_>, reduction: &str) -> PyResult<()> {
    let text = match reduction {
        "mean" => few::MEAN,
        "var" | "std" => c"Degrees of freedom <= 0 for slice.",
        _ => few::MISSING,
    };
    few::warn(py, text)
}
