//! Methods that reduce, and the elementwise ones that NumPy has as methods.

use super::few::warn_of_too_few;
use super::numpy::{condition, options, output};
use super::parse_axis;
use crate::direct;
use crate::dtype::parse_dtype;
use crate::element::weak_scalar;
use crate::eval::{self, Operand, ReduceOptions, Row};
use crate::fastcall::{Args, method};
use crate::functions::{cumulate, round};
use crate::number::to_scalar;
use crate::object::{from_array, this};
use crate::reduce::with_params;
use metes_array::{Array, Order};
use metes_dtype::Casting;
use metes_kernels::Reduction;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

/// A method for a row of the table of reductions, with the parameters of its family.
macro_rules! reduction {
    ($name:literal, $family:ident, $doc:literal) => {
        with_params!($family, reduction, [] $name, $doc)
    };
    ([$($param:literal),*] $name:literal, $doc:literal) => {
        method!(
            $name,
            |array, args| {
                static ROW: Row<Reduction> = Row::reduction($name);
                reduce_method(array, ROW.find()?, args)
            },
            [$($param),*],
            $doc
        )
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        reduction!("sum", sum, "Sum of elements over all axes or the given ones."),
        reduction!("prod", sum, "Product of elements over all axes or the given ones."),
        reduction!("min", min, "Least element."),
        reduction!("max", min, "Greatest element."),
        reduction!("any", any, "Whether any element is true."),
        reduction!("all", any, "Whether all elements are true."),
        reduction!("mean", mean, "Arithmetic mean of elements."),
        reduction!(
            "var",
            var,
            "Variance of elements; ddof (or correction) degrees of freedom are taken off the count."
        ),
        reduction!("std", var, "Standard deviation of elements; ddof (or correction) as for var."),
        reduction!("argmin", argmin, "Position of the first least element."),
        reduction!("argmax", argmin, "Position of the first greatest element."),
        method!(
            "cumsum",
            |array, args| cumulate("add", false, this(array)?, args),
            ["axis=None", "dtype=None", "out=None"],
            "Sums of the elements up to each one, along an axis or over all."
        ),
        method!(
            "cumprod",
            |array, args| cumulate("multiply", false, this(array)?, args),
            ["axis=None", "dtype=None", "out=None"],
            "Products of the elements up to each one, along an axis or over all."
        ),
        method!("conj", conjugate, [], "The complex conjugate; the array itself where elements are real."),
        method!("conjugate", conjugate, [], "The complex conjugate; the array itself where elements are real."),
        method!(
            "round",
            |array, args| round(this(array)?, args),
            ["decimals=0", "out=None"],
            "Elements rounded to the nearest, halves to even."
        ),
        method!(
            "clip",
            clip,
            [
                "min=None",
                "max=None",
                "out=None",
                "*",
                "where=True",
                "casting='same_kind'",
                "order='K'",
                "dtype=None",
                "subok=True",
                "signature=None"
            ],
            "Elements kept between two bounds."
        ),
    ]
}

fn reduce_method<'py>(array: &Object<'py>, row: &'static Reduction, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    if args.given() == 0
        && let Some(result) = direct::reduce(array.py(), row, found)?
    {
        return Ok(result);
    }
    if let Some(result) = direct::reduce_along(row, found, args, 0)? {
        return Ok(result);
    }
    reduce_call(array.py(), row.name, found, args)
}

/// Runs the reduction `name` with arguments named as NumPy names them: `axis`, `dtype`, `out`, `keepdims`, `initial`,
/// `where`, `ddof`, `correction`, of which the function's signature has those that it has. Also for functions of the module.
pub(crate) fn reduce_call<'py>(
    py: Python<'py>,
    name: &'static str,
    array: &Array,
    args: &Args<'_, 'py>,
) -> PyResult<Object<'py>> {
    let out = args.named("out").map(single).transpose()?;
    let mut options = reduce_options(args)?;
    options.out = out.as_ref().map(output).transpose()?;
    let result = match args.named("mean") {
        Some(mean) => {
            let (array, mean) = (crate::element::native(array)?, crate::convert::to_numbers(mean)?);
            about(py, name, &array, &mean, &options)?
        }
        None => eval::reduce(py, eval::reduction(name)?, array, &options)?,
    };
    warn_of_too_few(py, name, array, &options, &result)?;
    Ok(out.unwrap_or_else(|| from_array(py, result, None)))
}

/// What the arguments say of a reduction, but where its result goes.
pub(crate) fn reduce_options(args: &Args<'_, '_>) -> PyResult<ReduceOptions> {
    Ok(ReduceOptions {
        axes: parse_axis(args.named("axis"))?,
        keepdims: args.named("keepdims").map_or(Ok(false), |flag| flag.is_truthy())?,
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        where_: args.named("where").map(condition).transpose()?.flatten(),
        initial: args.named("initial").map(to_scalar).transpose()?,
        correction: correction(args)?,
        ..Default::default()
    })
}

/// var and std where the mean is known.
fn about(py: Python<'_>, name: &str, array: &Array, mean: &Array, options: &ReduceOptions) -> PyResult<Array> {
    let work = || metes::statistics::variance_about(array, mean, options, name == "std");
    let result = eval::computed(py, name, array.nbytes(), work)?;
    let Some(out) = &options.out else {
        let dtype = options.dtype.unwrap_or(result.dtype());
        return eval::astype(py, &result, dtype, Order::K, Casting::Unsafe, false);
    };
    eval::assign(py, out, &Operand::Array(result), None)?;
    Ok(out.clone())
}

/// `out=` may be a tuple of one.
pub(crate) fn single<'py>(out: &Object<'py>) -> PyResult<Object<'py>> {
    match out.cast::<pyo3::types::PyTuple>() {
        Ok(tuple) if tuple.len() == 1 => tuple.get_item(0),
        Ok(_) => Err(PyValueError::new_err("The 'out' tuple must have exactly one entry")),
        Err(_) => Ok(out.clone()),
    }
}

/// Degrees of freedom taken off: `ddof` or `correction`.
pub(crate) fn correction(args: &Args<'_, '_>) -> PyResult<f64> {
    let ddof = args.named("ddof").map_or(Ok(0.0), |value| value.extract::<f64>())?;
    match args.named("correction") {
        Some(_) if ddof != 0.0 => Err(PyValueError::new_err("ddof and correction can't be provided simultaneously.")),
        Some(value) => value.extract::<f64>(),
        None => Ok(ddof),
    }
}

/// Applies a ufunc to operands, with `out=` where the function has it.
fn ufunc_call<'py>(
    py: Python<'py>,
    name: &'static str,
    operands: &[Operand],
    args: &Args<'_, 'py>,
) -> PyResult<Object<'py>> {
    let mut options = options(args)?;
    let out = args.named("out").map(single).transpose()?;
    if let Some(out) = &out {
        options.out.push(Some(output(out)?));
    }
    let mut results = eval::apply_with(py, eval::ufunc(name)?, operands, &options)?;
    match (out, results.pop()) {
        (Some(out), _) => Ok(out),
        (None, Some(result)) => Ok(from_array(py, result, None)),
        (None, None) => Err(PyTypeError::new_err(format!("{name} has no result"))),
    }
}

fn conjugate<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    if found.dtype().any_number().is_none() {
        return Err(PyTypeError::new_err(format!("cannot conjugate non-numeric dtype {}", found.dtype())));
    }
    if !found.is_complex() {
        return Ok(array.clone());
    }
    ufunc_call(array.py(), "conjugate", &[Operand::Array(found.clone())], args)
}

fn clip<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let bound = |at: usize| match args.some(at) {
        Some(value) if weak_scalar(value)?.is_some() => eval::to_operand(value),
        Some(value) => crate::convert::to_array(value, None).map(|array| Some(Operand::Array(array))),
        None => Ok(None),
    };
    let found = Operand::Array(this(array)?.clone());
    match (bound(0)?, bound(1)?) {
        (None, None) => ufunc_call(py, "positive", &[found], args),
        (Some(low), None) => ufunc_call(py, "maximum", &[found, low], args),
        (None, Some(high)) => ufunc_call(py, "minimum", &[found, high], args),
        (Some(low), Some(high)) => ufunc_call(py, "clip", &[found, low, high], args),
    }
}
