//! Repeating, rolling, padding and editing: new arrays of the parts of others.

use super::Made;
use crate::convert::to_array;
use crate::element::{check_fits, each_scalar, weak_scalar};
use crate::errors::{OrRaise, unsupported};
use crate::eval::{Operand, heavy, to_operand};
use crate::fastcall::{Args, method, none};
use crate::methods::{condition, parse_casting, parse_integer, parse_integers, parse_shape};
use crate::object::{from_array, target, this};
use metes::manipulate::{self, Pad, Pairs};
use metes_array::{Array, Order, Scalar};
use metes_dtype::{Casting, Category, Kind};
use metes_memory::Result;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PySlice;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "copyto",
            copyto,
            ["dst", "src", "casting='same_kind'", "where=True"],
            "Assigns src to dst, broadcast and cast as far as casting allows, where a mask is true."
        ),
        method!("tile", tile, ["A", "reps"], "The array repeated reps[i] times along axis i."),
        method!(
            "repeat",
            repeat,
            ["a", "repeats", "axis=None"],
            "Each place along an axis repeated so many times; of all elements where axis is None."
        ),
        method!("roll", roll, ["a", "shift", "axis=None"], "A copy with elements moved along axes, around the ends."),
        method!(
            "resize",
            resize,
            ["a", "new_shape"],
            "A new array of a shape, elements repeated as often as it takes."
        ),
        method!("delete", delete, ["arr", "obj", "axis=None"], "A copy without the places obj along an axis."),
        method!(
            "insert",
            insert,
            ["arr", "obj", "values", "axis=None"],
            "A copy with values before the places obj along an axis."
        ),
        method!(
            "_pad",
            pad,
            ["array", "pad_width", "mode", "value=None", "odd=False"],
            "pad, its arguments made plain."
        ),
        method!(
            "packbits",
            packbits,
            ["a", "axis=None", "bitorder='big'"],
            "Bytes of eight elements each, along an axis: 1 where an element is not 0."
        ),
        method!(
            "unpackbits",
            unpackbits,
            ["a", "axis=None", "count=None", "bitorder='big'"],
            "The bits of bytes as elements 0 and 1, along an axis."
        ),
    ]
}

pub(crate) fn methods() -> Vec<PyMethodDef> {
    vec![
        method!("repeat", repeat_method, ["repeats", "axis=None"], "Each place along an axis repeated so many times."),
        method!(
            "resize",
            |_, _| Err(unsupported(NO_RESIZE)),
            ["*new_shape", "refcheck=True"],
            "Refused: the bytes of an array stay where they are as long as it lives; the function resize makes a new one."
        ),
        method!("byteswap", byteswap, ["inplace=False"], "The bytes of each element reversed: in a copy, or in place."),
    ]
}

const NO_RESIZE: &str = "Array.resize: an array keeps its bytes and shape as long as it lives, so that no view or export of \
                         it can dangle; use a = metes.resize(a, shape) or a new array";

fn made<'py>(args: &Args<'_, 'py>, bytes: usize, work: impl FnOnce() -> Result<Array> + Send) -> Made<'py> {
    Ok(from_array(args.py(), heavy(args.py(), bytes, work).or_raise()?, None))
}

fn axis_at(args: &Args<'_, '_>, at: usize) -> PyResult<Option<isize>> {
    args.some(at).map(parse_integer).transpose()
}

fn copyto<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let dst = args.required(0)?;
    let into = target(dst, "assignment destination is read-only")?;
    let casting = parse_casting(args.some(2), Casting::SameKind)?;
    let mask = args.some(3).map(|mask| condition(mask)).transpose()?.flatten();
    let src = match to_operand(args.required(1)?)? {
        Some(src) => src,
        None => Operand::Array(to_array(args.required(1)?, None)?),
    };
    if let Operand::Weak(scalar) = src {
        let (from, to) = (scalar.default_dtype(), into.dtype());
        let whole = matches!(scalar, Scalar::Int(_)) && to.category() == Category::Unsigned;
        if casting != Casting::Unsafe && from.category() > to.category() && !whole {
            let rule = casting.name();
            let text =
                format!("Cannot cast scalar from dtype('{from}') to dtype('{to}') according to the rule '{rule}'");
            return Err(PyTypeError::new_err(text));
        }
        check_fits(scalar, to)?;
    }
    if let Operand::Array(array) = &src
        && casting == Casting::Unsafe
    {
        crate::eval::warn_of_lost_parts(args.py(), array.dtype(), into.dtype())?;
    }
    heavy(args.py(), into.nbytes(), || metes_eval::assign(&into, &src, casting, mask.as_ref())).or_raise()?;
    Ok(none(args.py()))
}

fn tile<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, reps) = (to_array(args.required(0)?, None)?, parse_shape(args.required(1)?)?);
    made(args, array.nbytes(), || manipulate::tile(&array, &reps))
}

fn repeat<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    repeated(&to_array(args.required(0)?, None)?, args, 1)
}

fn repeat_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    repeated(this(array)?, args, 0)
}

fn repeated<'py>(array: &Array, args: &Args<'_, 'py>, at: usize) -> Made<'py> {
    let counts = to_array(args.required(at)?, None)?;
    let axis = axis_at(args, at + 1)?;
    made(args, array.nbytes(), || manipulate::repeat(array, &counts, axis))
}

fn roll<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let mut shifts = parse_integers(args.required(1)?)?;
    let mut axes = args.some(2).map(parse_integers).transpose()?;
    if let Some(axes) = &mut axes {
        match (shifts.len(), axes.len()) {
            (1, n) => shifts.resize(n, shifts[0]),
            (n, 1) => axes.resize(n, axes[0]),
            (n, m) if n == m => {}
            (n, m) => {
                let text =
                    format!("roll: {n} shifts and {m} axes: 'shift' and 'axis' should be scalars or 1D sequences");
                return Err(PyValueError::new_err(text));
            }
        }
    }
    made(args, array.nbytes(), || manipulate::roll(&array, &shifts, axes.as_deref()))
}

fn resize<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, shape) = (to_array(args.required(0)?, None)?, parse_shape(args.required(1)?)?);
    made(args, array.nbytes(), || manipulate::resize(&array, &shape))
}

/// What `obj` names along the axis: integers, or a mask.
fn places(args: &Args<'_, '_>, array: &Array, axis: Option<isize>) -> PyResult<Array> {
    let n = match axis {
        Some(axis) => array.shape()[array.axis(axis).or_raise()?],
        None => array.size(),
    };
    match args.required(1)?.cast::<PySlice>() {
        Err(_) => to_array(args.required(1)?, None),
        Ok(slice) => {
            let found = slice.indices(n as isize)?;
            let bound = |at: isize| Scalar::Int(at as i128);
            let (start, stop, step) = (bound(found.start), bound(found.stop), bound(found.step));
            Array::arange(start, stop, step, Some(Kind::I64.into())).or_raise()
        }
    }
}

fn delete<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, axis) = (to_array(args.required(0)?, None)?, axis_at(args, 2)?);
    let places = places(args, &array, axis)?;
    made(args, array.nbytes(), || manipulate::delete(&array, &places, axis))
}

fn insert<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, axis) = (to_array(args.required(0)?, None)?, axis_at(args, 3)?);
    let places = places(args, &array, axis)?;
    let values = match weak_scalar(args.required(2)?)? {
        Some(scalar) => {
            check_fits(scalar, array.dtype())?;
            Array::full(&[], scalar, array.dtype()).or_raise()?
        }
        // Tuples are elements only where they are known to be.
        None => to_array(args.required(2)?, array.dtype().record().map(|_| array.dtype()))?,
    };
    made(args, array.nbytes(), || manipulate::insert(&array, &places, &values, axis))
}

/// A value before and after each axis, from an array that broadcasts to that.
fn pairs<T>(array: &Array, ndim: usize, convert: impl Fn(Scalar) -> PyResult<T>) -> PyResult<Pairs<T>> {
    let mut all = Vec::with_capacity(2 * ndim);
    each_scalar(&array.broadcast_to(&[ndim, 2]).or_raise()?, |value| convert(value).map(|value| all.push(value)))?;
    let mut all = all.into_iter();
    Ok(std::iter::from_fn(|| Some((all.next()?, all.next()?))).collect())
}

fn length(value: Scalar) -> PyResult<usize> {
    let wrong = || PyValueError::new_err("index can't contain negative values");
    match value {
        Scalar::Int(n) => usize::try_from(n).map_err(|_| wrong()),
        Scalar::Bool(n) => Ok(usize::from(n)),
        _ => Err(PyTypeError::new_err("`pad_width` must be of integral type.")),
    }
}

fn pad<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let ndim = array.ndim();
    let widths = to_array(args.required(1)?, None)?;
    if !widths.dtype().is_integer() {
        return Err(PyTypeError::new_err("`pad_width` must be of integral type."));
    }
    let widths = pairs(&widths, ndim, length)?;
    let odd = args.flag(4, false)?;
    let fitting = |value| crate::element::check_fits(value, array.dtype()).map(|()| value);
    let values = || to_array(args.required(3)?, None).and_then(|values| pairs(&values, ndim, Ok));
    let constants = || to_array(args.required(3)?, None).and_then(|values| pairs(&values, ndim, fitting));
    let lengths = || match args.some(3) {
        None => Ok(vec![(None, None); ndim]),
        Some(given) => pairs(&to_array(given, None)?, ndim, |n| length(n).map(Some)),
    };
    let mode = match args.required(2)?.extract::<String>()?.as_str() {
        "empty" => Pad::Empty,
        "constant" => Pad::Constant(constants()?),
        "edge" => Pad::Edge,
        "linear_ramp" => Pad::LinearRamp(values()?),
        "maximum" => Pad::Reduced("max", lengths()?),
        "minimum" => Pad::Reduced("min", lengths()?),
        "mean" => Pad::Reduced("mean", lengths()?),
        "median" => Pad::Median(lengths()?),
        "reflect" => Pad::Reflect { odd },
        "symmetric" => Pad::Symmetric { odd },
        "wrap" => Pad::Wrap,
        other => return Err(PyValueError::new_err(format!("mode '{other}' is not supported"))),
    };
    made(args, array.nbytes(), || manipulate::pad(&array, &widths, &mode))
}

fn is_little(object: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
    match object.map(|order| order.extract::<String>()).transpose()?.as_deref() {
        None | Some("big") => Ok(false),
        Some("little") => Ok(true),
        Some(_) => Err(PyValueError::new_err("'order' must be either 'little' or 'big'")),
    }
}

fn packbits<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, axis, little) = (to_array(args.required(0)?, None)?, axis_at(args, 1)?, is_little(args.some(2))?);
    made(args, array.nbytes(), || manipulate::pack_bits(&array, axis, little))
}

fn unpackbits<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, axis, little) = (to_array(args.required(0)?, None)?, axis_at(args, 1)?, is_little(args.some(3))?);
    let count = axis_at(args, 2)?;
    made(args, array.nbytes(), || manipulate::unpack_bits(&array, axis, count, little))
}

fn byteswap<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if args.flag(0, false)? {
        let into = target(array, "byteswap: the array is read-only")?;
        heavy(args.py(), into.nbytes(), || manipulate::swap_bytes(&into, &into)).or_raise()?;
        return Ok(array.clone());
    }
    let from = this(array)?;
    made(args, from.nbytes(), || {
        let copy = from.empty_like(from.dtype(), Order::K, "byteswap")?;
        manipulate::swap_bytes(&copy, from).map(|()| copy)
    })
}
