//! Averages and order statistics.

use super::Made;
use super::given::{array_at, array_named, axes, computed, flag, into, made_into};
use crate::convert::to_numbers;
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method};
use crate::methods::few;
use crate::object::from_array;
use metes::statistics::{self, Method, QuantileOptions};
use metes_array::{Array, Order, meet};
use metes_dtype::{Casting, Category, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError, PyZeroDivisionError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyTuple};

macro_rules! quantile {
    ($name:literal, $scale:literal, $skip:literal, $doc:literal) => {
        method!(
            $name,
            |_, args| quantiles($name, $scale, $skip, args),
            [
                "a",
                "q",
                "axis=None",
                "out=None",
                "overwrite_input=False",
                "method='linear'",
                "keepdims=False",
                "*",
                "weights=None"
            ],
            $doc
        )
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "ptp",
            ptp,
            ["a", "axis=None", "out=None", "keepdims=False"],
            "The distance from the least to the greatest element along an axis or over all."
        ),
        method!(
            "average",
            average,
            ["a", "axis=None", "weights=None", "returned=False", "*", "keepdims=False"],
            "The weighted average along axes; with returned, the sums of the weights as well."
        ),
        method!(
            "median",
            |_, args| median("median", false, args),
            ["a", "axis=None", "out=None", "overwrite_input=False", "keepdims=False"],
            "The element in the middle of the sorted ones, or the mean of the two there; NaN if there is one."
        ),
        method!(
            "nanmedian",
            |_, args| median("nanmedian", true, args),
            ["a", "axis=None", "out=None", "overwrite_input=False", "keepdims=False"],
            "The median of the elements that are not NaN."
        ),
        quantile!(
            "quantile",
            1.0,
            false,
            "Quantiles q, in [0, 1], of the elements along axes.\n\n>>> import metes as mt\n>>> mt.quantile(mt.asarray([1.0, 2.0, 4.0]), 0.5).item()\n2.0"
        ),
        quantile!("percentile", 100.0, false, "Percentiles q, in [0, 100], of the elements along axes."),
        quantile!("nanquantile", 1.0, true, "Quantiles of the elements that are not NaN."),
        quantile!("nanpercentile", 100.0, true, "Percentiles of the elements that are not NaN."),
    ]
}

fn ptp<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, axes, keepdims) = (array_at(args, 0)?, axes(args)?, flag(args, "keepdims")?);
    made_into(args, "ptp", a.nbytes(), || statistics::ptp(&a, axes.as_deref(), keepdims))
}

fn average<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let (a, axes, keepdims) = (array_at(args, 0)?, axes(args)?, flag(args, "keepdims")?);
    let weights = array_named(args, "weights")?;
    let work = || statistics::average(&a, axes.as_deref(), weights.as_ref(), keepdims);
    let found = eval::computed(py, "average", a.nbytes(), work).map_err(|error| {
        let text = error.value(py).to_string();
        if text.contains("sum to zero") { PyZeroDivisionError::new_err(text) } else { error }
    })?;
    if weights.is_none() && few::lane(&a, axes.as_deref()) == 0 {
        few::divided(py, few::MEAN, &found.values)?;
    }
    let values = from_array(py, found.values, None);
    if !flag(args, "returned")? {
        return Ok(values);
    }
    Ok(PyTuple::new(py, [values, from_array(py, found.weights, None)])?.into_any())
}

fn median<'py>(name: &'static str, skip_nan: bool, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, axes, keepdims) = (array_at(args, 0)?, axes(args)?, flag(args, "keepdims")?);
    let nothing = a.size() == 0;
    let float = a.dtype().category() >= Category::Float;
    let a = if nothing && !float {
        eval::astype(args.py(), &a, Kind::F64.into(), Order::K, Casting::Unsafe, true)?
    } else {
        a
    };
    let result =
        computed(args, name, a.nbytes(), || statistics::median(&a, axes.as_deref(), keepdims, skip_nan || nothing))?;
    warn_of_nothing(args.py(), &a, axes.as_deref(), skip_nan, &result)?;
    into(args, name, result)
}

/// Warns of results that no value went into. Where NaN are left out there is no division.
fn warn_of_nothing(py: Python<'_>, a: &Array, axes: Option<&[isize]>, skip_nan: bool, result: &Array) -> PyResult<()> {
    match (few::lane(a, axes) == 0, skip_nan) {
        (true, false) => few::divided(py, few::MEAN, result),
        (true, true) => few::warn(py, few::MEAN),
        (false, true) if few::any(py, "isnan", result)? => few::warn(py, few::MISSING),
        _ => Ok(()),
    }
}

fn quantiles<'py>(name: &'static str, scale: f64, skip_nan: bool, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, axes, keepdims) = (array_at(args, 0)?, axes(args)?, flag(args, "keepdims")?);
    let q = to_numbers(args.required(1)?)?;
    if q.is_complex() {
        return Err(PyTypeError::new_err("q must be an array of real numbers"));
    }
    if q.ndim() > 2 {
        return Err(PyValueError::new_err("q must be a scalar or 1d"));
    }
    let method = match args.named("method") {
        None => Method::Linear,
        Some(name) => {
            let name = name.extract::<String>()?;
            Method::from_name(&name).ok_or_else(|| PyValueError::new_err(format!("'{name}' is not a valid method")))?
        }
    };
    let weights = array_named(args, "weights")?;
    if a.dtype().time().is_some() && weights.is_none() && args.some(3).is_none() {
        return of_time(name, scale, skip_nan, args, &a, &q);
    }
    let fractions = fractions(args.py(), &q, scale)?;
    let weak = args.required(1)?.is_instance_of::<PyFloat>() || args.required(1)?.is_instance_of::<PyInt>();
    let whole = q.dtype().category() < Category::Float;
    let dtype = match a.dtype() {
        own if method.is_discrete() || whole && scale == 1.0 && method == Method::Linear => Some(own),
        own if weak && own.category() == Category::Float => Some(own),
        own => Some(meet(own, if weak || whole { Kind::F64.into() } else { q.dtype() }).or_raise()?),
    };
    if fractions.iter().any(|q| !(0.0..=1.0).contains(q)) {
        let what = if scale == 1.0 {
            "Quantiles must be in the range [0, 1]"
        } else {
            "Percentiles must be in the range [0, 100]"
        };
        return Err(PyValueError::new_err(what));
    }
    let result = computed(args, name, a.nbytes(), || {
        let (axes, weights) = (axes.as_deref(), weights.as_ref());
        let options = QuantileOptions { axes, keepdims, method, weights, skip_nan, dtype };
        statistics::quantile(&a, &fractions, q.shape(), &options)
    })?;
    if skip_nan {
        warn_of_nothing(args.py(), &a, axes.as_deref(), skip_nan, &result)?;
    }
    into(args, name, result)
}

/// Quantiles of instants and spans.
fn of_time<'py>(name: &str, scale: f64, skip_nat: bool, args: &Args<'_, 'py>, a: &Array, q: &Array) -> Made<'py> {
    let py = args.py();
    let method = args.named("method").map_or(Ok("linear".to_owned()), |method| method.extract::<String>())?;
    let values = fractions(py, q, scale)?;
    if values.iter().any(|q| !(0.0..=1.0).contains(q)) {
        return Err(PyValueError::new_err(format!("{name}: q must be in the range [0, {scale}]")));
    }
    let q = Array::from_slice(q.shape(), &values).or_raise()?;
    let (axes, keepdims) = (axes(args)?, flag(args, "keepdims")?);
    let axes = match axes {
        None => None,
        Some(axes) => Some(axes.into_iter().map(|axis| a.axis(axis).or_raise()).collect::<PyResult<Vec<usize>>>()?),
    };
    let run = py.import("metes._spans")?.getattr("quantile")?;
    run.call1((from_array(py, a.clone(), None), from_array(py, q, None), axes, method, keepdims, skip_nat))
}

/// The quantiles that are asked for, in C order.
fn fractions(py: Python<'_>, q: &Array, scale: f64) -> PyResult<Vec<f64>> {
    use crate::errors::OrRaise;
    let wide = eval::astype(py, q, Kind::F64.into(), Order::C, Casting::Unsafe, false)?;
    let read = wide.read::<f64>().or_raise()?;
    Ok(read.to_vec().into_iter().map(|q| q / scale).collect())
}
