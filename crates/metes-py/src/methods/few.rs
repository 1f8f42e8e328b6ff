//! What is said of means and variances that too few elements went into.

use crate::errors::OrRaise;
use crate::eval::{self, Operand, Options, ReduceOptions};
use metes_array::{Array, Scalar};
use metes_kernels::{DIVIDE, Flags, INVALID};
use metes_memory::Result;
use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use std::ffi::CStr;

pub(crate) const MEAN: &CStr = c"Mean of empty slice";
pub(crate) const FREEDOM: &CStr = c"Degrees of freedom <= 0 for slice";
pub(crate) const MISSING: &CStr = c"All-NaN slice encountered";

/// A RuntimeWarning, at the caller's line.
pub(crate) fn warn(py: Python<'_>, text: &CStr) -> PyResult<()> {
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), text, 1)
}

/// How many elements each result is made of.
pub(crate) fn lane(array: &Array, axes: Option<&[isize]>) -> usize {
    let length = |&axis: &isize| array.axis(axis).map_or(1, |axis| array.shape()[axis]);
    axes.map_or(array.size(), |axes| axes.iter().map(length).product())
}

/// Warns of a mean of nothing, or of a variance without degrees of freedom, and treats the division by nothing in it as
/// `errstate` says; other reductions have no such results.
pub(crate) fn warn_of_too_few(
    py: Python<'_>,
    name: &str,
    array: &Array,
    options: &ReduceOptions,
    result: &Array,
) -> PyResult<()> {
    let (text, least) = match name {
        "mean" => (MEAN, 0.0),
        "var" | "std" => (FREEDOM, options.correction),
        _ => return Ok(()),
    };
    let count = match &options.where_ {
        None => lane(array, options.axes.as_deref()) as f64,
        Some(mask) => fewest(array, mask, options).or_raise()?,
    };
    if count > least { Ok(()) } else { divided(py, text, result) }
}

/// Warns, and treats what the values of a result tell of a division by zero as `errstate` says.
pub(crate) fn divided(py: Python<'_>, text: &CStr, result: &Array) -> PyResult<()> {
    warn(py, text)?;
    if result.dtype().any_number().is_none() {
        return Ok(());
    }
    let mut flags: Flags = 0;
    for (name, flag) in [("isnan", INVALID), ("isinf", DIVIDE)] {
        if any(py, name, result)? {
            flags |= flag;
        }
    }
    let name = if result.ndim() == 0 { "scalar divide" } else { "divide" };
    if flags == 0 { Ok(()) } else { eval::report(py, name, flags) }
}

/// Whether a test is true for any element.
pub(crate) fn any(py: Python<'_>, test: &str, array: &Array) -> PyResult<bool> {
    let mask = eval::apply_with(py, eval::ufunc(test)?, &[Operand::Array(array.clone())], &Options::default())?;
    let any = eval::reduce(py, eval::reduction("any")?, &mask[0], &ReduceOptions::default())?;
    Ok(any.item(&[]).or_raise()? == Scalar::Bool(true))
}

/// The fewest elements that a mask leaves to a result.
fn fewest(array: &Array, mask: &Array, options: &ReduceOptions) -> Result<f64> {
    let row = |name: &str| metes_kernels::reduction(name).expect("a row of the table");
    let mask = mask.broadcast_to(array.shape())?;
    let along = ReduceOptions { axes: options.axes.clone(), ..Default::default() };
    let counts = metes_eval::reduce(row("sum"), &mask, &along)?;
    if counts.size() == 0 {
        return Ok(f64::INFINITY);
    }
    match metes_eval::reduce(row("min"), &counts, &ReduceOptions::default())?.item(&[])? {
        Scalar::Int(count) => Ok(count as f64),
        _ => Ok(f64::INFINITY),
    }
}
