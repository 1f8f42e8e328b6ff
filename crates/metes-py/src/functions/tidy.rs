//! Values compared for closeness, rounded, kept between bounds, freed of NaN and jumps.

use super::Made;
use super::given::{array_at, flag, made};
use crate::convert::{to_array, to_object};
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method, object};
use crate::methods::{self, output, parse_integer};
use crate::object::{from_array, is_array, view_or_new};
use crate::ufunc::operand;
use metes::compare::{self, Tolerance};
use metes::rounding::{self, Replacements};
use metes_array::{Array, Order, Scalar};
use metes_dtype::Category;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "isclose",
            isclose,
            ["a", "b", "rtol=1e-05", "atol=1e-08", "equal_nan=False"],
            "Which elements are as near as atol + rtol * |b|."
        ),
        method!(
            "allclose",
            allclose,
            ["a", "b", "rtol=1e-05", "atol=1e-08", "equal_nan=False"],
            "Whether all elements are as near as atol + rtol * |b|."
        ),
        method!(
            "array_equal",
            array_equal,
            ["a1", "a2", "equal_nan=False"],
            "Whether two arrays have the same shape and elements."
        ),
        method!(
            "array_equiv",
            array_equiv,
            ["a1", "a2"],
            "Whether two arrays are equal once they are broadcast together."
        ),
        method!(
            "around",
            around,
            ["a", "decimals=0", "out=None"],
            "Elements rounded to so many decimals, halves to the even."
        ),
        method!("fix", fix, ["x", "out=None"], "Elements without their fractions."),
        method!(
            "nan_to_num",
            nan_to_num,
            ["x", "copy=True", "nan=0.0", "posinf=None", "neginf=None"],
            "Elements with numbers instead of NaN and infinities; in place with copy=False."
        ),
        method!("angle", angle, ["z", "deg=False"], "The angles of complex elements."),
        method!(
            "real_if_close",
            real_if_close,
            ["a", "tol=100"],
            "The real part where imaginary parts are below tol times the precision of the dtype, else the array."
        ),
        method!(
            "unwrap",
            unwrap,
            ["p", "discont=None", "axis=-1", "*", "period=6.283185307179586"],
            "Elements along an axis with whole periods added, so that no step is larger than discont or half a period."
        ),
    ]
}

fn closeness(args: &Args<'_, '_>) -> PyResult<(Operand, Operand, Tolerance)> {
    let mut tolerance = Tolerance { equal_nan: flag(args, "equal_nan")?, ..Default::default() };
    if let Some(relative) = args.some(2) {
        tolerance.relative = operand(relative)?;
    }
    if let Some(absolute) = args.some(3) {
        tolerance.absolute = operand(absolute)?;
    }
    Ok((operand(args.required(0)?)?, operand(args.required(1)?)?, tolerance))
}

fn bytes(operand: &Operand) -> usize {
    if let Operand::Array(array) = operand { array.nbytes() } else { 0 }
}

fn isclose<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, tolerance) = closeness(args)?;
    made(args, "isclose", bytes(&a).max(bytes(&b)), || compare::isclose(&a, &b, &tolerance))
}

fn allclose<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, tolerance) = closeness(args)?;
    let work = || compare::allclose(&a, &b, &tolerance);
    object(args.py(), eval::computed(args.py(), "allclose", bytes(&a).max(bytes(&b)), work)?)
}

/// Two arrays, where both can be one.
fn two(args: &Args<'_, '_>) -> PyResult<Option<(Array, Array)>> {
    match (to_array(args.required(0)?, None), to_array(args.required(1)?, None)) {
        (Ok(a), Ok(b)) => Ok(Some((a, b))),
        (a, b) => {
            let error = a.and(b).expect_err("one of them is an error");
            let shapeless =
                error.is_instance_of::<PyValueError>(args.py()) || error.is_instance_of::<PyTypeError>(args.py());
            if shapeless { Ok(None) } else { Err(error) }
        }
    }
}

fn array_equal<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let Some((a, b)) = two(args)? else { return object(args.py(), false) };
    let nan = flag(args, "equal_nan")?;
    let work = || compare::array_equal(&a, &b, nan);
    object(args.py(), eval::computed(args.py(), "array_equal", a.nbytes(), work)?)
}

fn array_equiv<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let Some((a, b)) = two(args)? else { return object(args.py(), false) };
    object(args.py(), eval::computed(args.py(), "array_equiv", a.nbytes(), || compare::array_equiv(&a, &b))?)
}

fn around<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    round(&array_at(args, 0)?, args)
}

/// Rounds to `decimals` into `out`; also for the method.
pub(crate) fn round<'py>(a: &Array, args: &Args<'_, 'py>) -> Made<'py> {
    let decimals = args.named("decimals").map_or(Ok(0), parse_integer)?;
    let object = args.named("out").map(methods::single).transpose()?;
    let out = match &object {
        Some(object) => Some(output(object)?),
        // What is computed at once is native; what is scaled first, or is whole already, stays as it is.
        None if a.dtype().is_swapped() == Some(true) => {
            let whole = a.dtype().category() < Category::Float;
            let dtype = if whole || decimals != 0 { a.dtype() } else { a.dtype().native() };
            Some(a.empty_like(dtype, Order::K, "round").or_raise()?)
        }
        None => None,
    };
    let work = || rounding::round(a, decimals, out.as_ref());
    let result = eval::computed(args.py(), "round", a.nbytes(), work)?;
    Ok(object.unwrap_or_else(|| from_array(args.py(), result, None)))
}

fn fix<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (py, x) = (args.py(), Operand::Array(array_at(args, 0)?));
    let object = args.named("out").map(methods::single).transpose()?;
    let mut options = eval::Options::default();
    if let Some(object) = &object {
        options.out.push(Some(output(object)?));
    }
    let mut results = eval::apply_with(py, eval::ufunc("trunc")?, &[x], &options)?;
    Ok(object.unwrap_or_else(|| from_array(py, results.remove(0), None)))
}

fn nan_to_num<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (py, given) = (args.py(), args.required(0)?);
    let number = |at: usize| args.some(at).map(|value| value.extract::<f64>()).transpose();
    let with = Replacements { nan: number(2)?.unwrap_or(0.0), posinf: number(3)?, neginf: number(4)? };
    let (a, into) = if args.flag(1, true)? {
        let own = to_array(given, None)?;
        let a = crate::element::native(&own)?;
        let into = own.empty_like(own.dtype(), Order::K, "nan_to_num").or_raise()?;
        let object = from_array(py, into.clone(), None);
        (a, (into, object))
    } else {
        let object = to_object(given, None, None)?;
        let array = output(&object)?;
        (array.clone(), (array, object))
    };
    eval::computed(py, "nan_to_num", a.nbytes(), || rounding::nan_to_num(&a, with, &into.0))?;
    Ok(into.1)
}

fn angle<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (z, degrees) = (array_at(args, 0)?, flag(args, "deg")?);
    made(args, "angle", z.nbytes(), || rounding::angle(&z, degrees))
}

fn real_if_close<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (py, given, a) = (args.py(), args.required(0)?, array_at(args, 0)?);
    let tolerance = args.some(1).map_or(Ok(100.0), |tol| tol.extract::<f64>())?;
    let found = eval::computed(py, "real_if_close", a.nbytes(), || rounding::real_if_close(&a, tolerance))?;
    if found.dtype() == a.dtype() && is_array(given) {
        return Ok(given.clone());
    }
    Ok(if is_array(given) { view_or_new(given, found) } else { from_array(py, found, None) })
}

fn unwrap<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let p = array_at(args, 0)?;
    if let Some(period) = args.some(3).filter(|_| p.dtype().category() < Category::Float)
        && eval::to_operand(period)?.is_some_and(|period| is_whole(&period))
    {
        let (discont, axis) = (args.some(1), args.some(2).map_or(Ok(-1), parse_integer)?);
        let whole = args.py().import("metes._functional")?.getattr("_unwrap_whole")?;
        return whole.call1((from_array(args.py(), p, None), discont, axis, period));
    }
    let discont = args.some(1).map(|discont| discont.extract::<f64>()).transpose()?;
    let axis = args.some(2).map_or(Ok(-1), parse_integer)?;
    let period = args.some(3).map_or(Ok(std::f64::consts::TAU), |period| period.extract::<f64>())?;
    made(args, "unwrap", p.nbytes(), || rounding::unwrap(&p, discont, axis, period))
}

/// Whether an operand is an integer, or several.
fn is_whole(operand: &Operand) -> bool {
    match operand {
        Operand::Weak(scalar) => matches!(scalar, Scalar::Int(_)),
        Operand::Array(array) => array.dtype().is_integer(),
    }
}
