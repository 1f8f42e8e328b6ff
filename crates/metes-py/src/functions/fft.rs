//! The functions behind `metes.fft`, which gives them names and defaults.

use super::Made;
use crate::convert::to_numbers;
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method, none, object};
use crate::methods::{output, parse_integer, parse_integers};
use crate::object::from_array;
use metes_array::Array;
use metes_linalg::{self as linalg, Direction, Norm, Points};
use metes_memory::Result;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyString;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!("_fft_line", line, ["which", "a", "n", "axis", "norm", "out"], "A transform along one axis."),
        method!("_fft_axes", axes, ["which", "a", "s", "axes", "norm", "out"], "A transform along several axes."),
        method!("_fft_roll", roll, ["a", "axes", "shifts"], "Elements moved along axes."),
        method!("_fft_plans", |_, args| object(args.py(), linalg::kept_plans()), [], "Number and bytes of kept plans."),
        method!("_fft_forget", forget, [], "Gives kept plans back."),
    ]
}

fn forget<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    linalg::forget_plans();
    Ok(none(args.py()))
}

/// `norm=`: `None` is "backward".
fn norm(object: Option<&Bound<'_, PyAny>>) -> PyResult<Norm> {
    match object {
        None => Ok(Norm::Backward),
        Some(object) => match object.cast::<PyString>() {
            Ok(text) => Norm::parse(&text.to_cow()?).or_raise(),
            Err(_) => Norm::parse(&object.str()?.to_cow()?).or_raise(),
        },
    }
}

/// A number of points, at least 1.
fn points(n: isize) -> PyResult<usize> {
    let wrong = || PyValueError::new_err(format!("Invalid number of FFT data points ({n}) specified."));
    usize::try_from(n).ok().filter(|n| *n > 0).ok_or_else(wrong)
}

type Which = fn(&Array, Option<usize>, isize, Norm, Option<&Array>) -> Result<Array>;

fn line<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let which: Which = match args.required(0)?.extract::<std::borrow::Cow<'_, str>>()?.as_ref() {
        "fft" => |a, n, axis, norm, out| linalg::fft(a, n, axis, norm, Direction::Forward, out),
        "ifft" => |a, n, axis, norm, out| linalg::fft(a, n, axis, norm, Direction::Backward, out),
        "rfft" => linalg::rfft,
        "irfft" => linalg::irfft,
        "hfft" => linalg::hfft,
        _ => linalg::ihfft,
    };
    let n = args.some(2).map(|n| points(parse_integer(n)?)).transpose()?;
    let (axis, norm) = (parse_integer(args.required(3)?)?, norm(args.some(4))?);
    run(args, |a, out| which(a, n, axis, norm, out))
}

/// Runs a transform of argument 1 into argument 5, without the interpreter where it is large.
fn run<'py>(args: &Args<'_, 'py>, work: impl FnOnce(&Array, Option<&Array>) -> Result<Array> + Send) -> Made<'py> {
    let a = to_numbers(args.required(1)?)?;
    let out = args.some(5);
    let target = out.map(output).transpose()?;
    let made = eval::heavy(args.py(), a.nbytes().saturating_mul(4), || work(&a, target.as_ref())).or_raise()?;
    Ok(out.cloned().unwrap_or_else(|| from_array(args.py(), made, None)))
}

/// `s=` and `axes=`: all axes, or as many last ones as `s` has lengths; a length of -1 is the axis'.
fn lengths(a: &Array, s: Option<&Bound<'_, PyAny>>, axes: Option<&Bound<'_, PyAny>>) -> PyResult<Points> {
    let sizes = s.map(|s| s.try_iter().and_then(|_| parse_integers(s))).transpose()?;
    let axes = match (axes, &sizes) {
        (Some(axes), _) => parse_integers(axes)?,
        (None, Some(sizes)) => (0..sizes.len() as isize).map(|i| i - sizes.len() as isize).collect(),
        (None, None) => (0..a.ndim() as isize).collect(),
    };
    let Some(sizes) = sizes else { return Ok(axes.into_iter().map(|axis| (axis, None)).collect()) };
    if sizes.len() != axes.len() {
        return Err(PyValueError::new_err("Shape and axes have different lengths."));
    }
    let one = |(axis, size): (isize, isize)| {
        let own = || a.axis(axis).map(|axis| a.shape()[axis]).or_raise();
        Ok((axis, Some(if size == -1 { own()? } else { points(size)? })))
    };
    axes.into_iter().zip(sizes).map(one).collect()
}

fn axes<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let a = to_numbers(args.required(1)?)?;
    let (points, norm) = (lengths(&a, args.some(2), args.some(3))?, norm(args.some(4))?);
    let which = args.required(0)?.extract::<std::borrow::Cow<'_, str>>()?.into_owned();
    run(args, |a, out| match which.as_str() {
        "fftn" => linalg::fftn(a, &points, norm, Direction::Forward, out),
        "ifftn" => linalg::fftn(a, &points, norm, Direction::Backward, out),
        "rfftn" => linalg::rfftn(a, &points, norm, out),
        _ => linalg::irfftn(a, &points, norm, out),
    })
}

fn roll<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let a = to_numbers(args.required(0)?)?;
    let shifts: Vec<(isize, isize)> =
        parse_integers(args.required(1)?)?.into_iter().zip(parse_integers(args.required(2)?)?).collect();
    let made = eval::heavy(args.py(), a.nbytes(), || linalg::rolled(&a, &shifts)).or_raise()?;
    Ok(from_array(args.py(), made, None))
}
