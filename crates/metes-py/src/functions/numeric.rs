//! Differences, slopes, areas, interpolation, convolution.

use super::Made;
use super::given::{array_at, array_named, made};
use crate::convert::{to_array, to_numbers};
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method};
use crate::methods::{parse_axis, parse_integer};
use crate::number::to_scalar;
use crate::object::from_array;
use crate::ufunc::operand;
use metes::numeric::{self, Interpolation, Mode, Spacing};
use metes_array::{Array, Scalar};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "diff",
            diff,
            ["a", "n=1", "axis=-1", "prepend=None", "append=None"],
            "The n-th differences of neighbours along an axis.\n\n>>> import metes as mt\n>>> mt.diff(mt.asarray([1, 4, 9]), prepend=0).tolist()\n[1, 3, 5]"
        ),
        method!(
            "ediff1d",
            ediff1d,
            ["ary", "to_end=None", "to_begin=None"],
            "The differences of neighbours among all elements, with others before and after them."
        ),
        method!(
            "_gradient",
            gradient,
            ["f", "spacing", "axis=None", "edge_order=1"],
            "Slopes along axes, with a spacing for each."
        ),
        method!(
            "trapezoid",
            trapezoid,
            ["y", "x=None", "dx=1.0", "axis=-1"],
            "The area under lines through points along an axis."
        ),
        method!(
            "interp",
            interp,
            ["x", "xp", "fp", "left=None", "right=None", "period=None"],
            "The values at x of the lines through points at the rising places xp with the values fp.\n\n>>> import metes as mt\n>>> mt.interp(mt.asarray([0.5, 9.0]), [0.0, 1.0], [2.0, 4.0]).tolist()\n[3.0, 4.0]"
        ),
        method!("convolve", convolve, ["a", "v", "mode='full'"], "The convolution of two sequences."),
        method!(
            "correlate",
            correlate,
            ["a", "v", "mode='valid'"],
            "The correlation of two sequences: sums of products of a with the conjugate of v, shifted."
        ),
    ]
}

fn diff<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let n = args.some(1).map_or(Ok(1), parse_integer)?;
    if n == 0 {
        return Ok(args.required(0)?.clone());
    }
    let n = usize::try_from(n).map_err(|_| PyValueError::new_err(format!("order must be non-negative but got {n}")))?;
    let axis = args.some(2).map_or(Ok(-1), parse_integer)?;
    let a = array_at(args, 0)?;
    let (before, after) = (array_named(args, "prepend")?, array_named(args, "append")?);
    made(args, "diff", a.nbytes(), || numeric::diff(&a, n, axis, before.as_ref(), after.as_ref()))
}

fn ediff1d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let a = array_at(args, 0)?;
    let (end, begin) = (array_named(args, "to_end")?, array_named(args, "to_begin")?);
    made(args, "ediff1d", a.nbytes(), || numeric::ediff1d(&a, end.as_ref(), begin.as_ref()))
}

fn gradient<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    use crate::errors::OrRaise;
    let (py, own) = (args.py(), to_array(args.required(0)?, None)?);
    let f = crate::element::native(&own)?;
    let given = parse_axis(args.some(2))?;
    let single = args.some(2).is_some_and(|axis| parse_integer(axis).is_ok());
    let axes: Vec<usize> = match given {
        Some(axes) => axes.into_iter().map(|axis| f.axis(axis).or_raise()).collect::<PyResult<_>>()?,
        None => (0..f.ndim()).collect(),
    };
    let spacings: Vec<Spacing> = args
        .required(1)?
        .try_iter()?
        .map(|item| {
            let array = to_numbers(&item?)?;
            Ok(match array.ndim() {
                0 => Spacing::Even(number(array.item(&[]).or_raise()?)),
                _ => Spacing::Places(array),
            })
        })
        .collect::<PyResult<_>>()?;
    let spacings = match spacings.len() {
        0 => vec![Spacing::Even(1.0); axes.len()],
        1 if matches!(spacings[0], Spacing::Even(_)) || axes.len() == 1 => vec![spacings[0].clone(); axes.len()],
        n if n == axes.len() => spacings,
        _ => return Err(PyTypeError::new_err("invalid number of arguments")),
    };
    let order = args.some(3).map_or(Ok(1), parse_integer)?;
    let order = usize::try_from(order).unwrap_or(0);
    let slopes = axes
        .iter()
        .zip(&spacings)
        .map(|(&axis, spacing)| {
            let work = || numeric::gradient(&f, spacing, axis, order);
            let slope = eval::computed(py, "gradient", f.nbytes(), work)?;
            // Slopes of floats are what these are.
            let dtype = Some(own.dtype()).filter(|_| slope.dtype() == f.dtype());
            crate::element::in_order_of(slope, dtype).map(|slope| from_array(py, slope, None))
        })
        .collect::<PyResult<Vec<_>>>()?;
    match slopes.as_slice() {
        [one] if single || f.ndim() == 1 => Ok(one.clone()),
        [one] if axes.len() == 1 => Ok(one.clone()),
        _ => Ok(PyTuple::new(py, slopes)?.into_any()),
    }
}

fn number(value: Scalar) -> f64 {
    match value {
        Scalar::Bool(value) => f64::from(u8::from(value)),
        Scalar::Int(value) => value as f64,
        Scalar::Float(value) | Scalar::Complex(value, _) => value,
    }
}

fn trapezoid<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (y, x) = (array_at(args, 0)?, array_named(args, "x")?);
    let dx = args.some(2).map_or(Ok(Operand::Weak(Scalar::Float(1.0))), operand)?;
    let axis = args.some(3).map_or(Ok(-1), parse_integer)?;
    made(args, "trapezoid", y.nbytes(), || numeric::trapezoid(&y, x.as_ref(), &dx, axis))
}

fn interp<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (x, xp, fp) = (array_at(args, 0)?, array_at(args, 1)?, array_at(args, 2)?);
    let side = |at: usize| args.some(at).map(to_scalar).transpose();
    let period = args.some(5).map(|period| period.extract::<f64>()).transpose()?;
    let with = Interpolation { left: side(3)?, right: side(4)?, period };
    made(args, "interp", x.nbytes(), || numeric::interp(&x, &xp, &fp, with))
}

fn sequences(args: &Args<'_, '_>, default: Mode) -> PyResult<(Array, Array, Mode)> {
    let mode = match args.some(2) {
        None => default,
        Some(mode) => match mode.cast::<PyString>() {
            Ok(name) => {
                let name = name.to_cow()?;
                let unknown =
                    || PyValueError::new_err(format!("mode must be one of 'valid', 'same', or 'full' (got '{name}')"));
                Mode::from_name(&name).ok_or_else(unknown)?
            }
            Err(_) => *[Mode::Valid, Mode::Same, Mode::Full]
                .get(mode.extract::<usize>()?)
                .ok_or_else(|| PyValueError::new_err("mode must be 0, 1 or 2"))?,
        },
    };
    let one = |at: usize| -> PyResult<Array> {
        use crate::errors::OrRaise;
        let array = array_at(args, at)?;
        if array.ndim() == 0 { array.expand_dims(&[0]).or_raise() } else { Ok(array) }
    };
    Ok((one(0)?, one(1)?, mode))
}

fn convolve<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, v, mode) = sequences(args, Mode::Full)?;
    if let Some(spans) = super::given::spans(args.py(), "convolve", &a, &v, args.some(2))? {
        return Ok(spans);
    }
    made(args, "convolve", a.nbytes().saturating_mul(v.size()), || numeric::convolve(&a, &v, mode))
}

fn correlate<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, v, mode) = sequences(args, Mode::Valid)?;
    if let Some(spans) = super::given::spans(args.py(), "correlate", &a, &v, args.some(2))? {
        return Ok(spans);
    }
    made(args, "correlate", a.nbytes().saturating_mul(v.size()), || numeric::correlate(&a, &v, mode))
}
