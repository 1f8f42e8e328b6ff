//! Methods that change how an array is seen: views wherever strides can say it.

use super::{integers, parse_axis, parse_integer, parse_integers, parse_order, parse_shape};
use crate::dtype_parse::parse;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method};
use crate::object::{make_view, this, view_of, view_or_new};
use metes_array::Order;
use metes_dtype::Form;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "reshape",
            reshape,
            ["*shape", "order='C'", "copy=None"],
            "The same elements in another shape; one length may be -1. A view where strides allow, else a copy."
        ),
        method!(
            "ravel",
            ravel,
            ["order='C'"],
            "The elements along one axis, contiguous: a view where they are already."
        ),
        method!("flatten", flatten, ["order='C'"], "A copy of the elements along one axis."),
        method!("transpose", transpose, ["*axes"], "A view with axes in the given order, by default reversed."),
        method!("swapaxes", swapaxes, ["axis1", "axis2"], "A view with two axes exchanged."),
        method!("squeeze", squeeze, ["axis=None"], "A view without axes of length 1."),
        method!("view", view, ["dtype=None", "type=None"], "A view of the same bytes as elements of another dtype."),
        method!(
            "_as_strided",
            as_strided,
            ["shape", "strides", "writeable"],
            "A view with any shape and strides within the array's bytes."
        ),
        method!(
            "diagonal",
            diagonal,
            ["offset=0", "axis1=0", "axis2=1"],
            "A read-only view of a diagonal, along a new last axis."
        ),
    ]
}

fn reshape<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    if args.rest().len() == 0 {
        return Err(PyTypeError::new_err("reshape() takes a shape (0 given)"));
    }
    let order = parse_order(args.some(0), Order::C)?;
    let copy = args.some(1).map(|copy| copy.is_truthy()).transpose()?;
    let (found, shape) = (this(array)?, integers(args)?);
    if order == Order::C
        && copy != Some(true)
        && let Some(view) = make_view(array, |place| found.reshape_dense(&shape, place).or_raise())?
    {
        return Ok(view);
    }
    Ok(view_or_new(array, found.reshape(&shape, order, copy).or_raise()?))
}

fn ravel<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    if args.given() == 0
        && let Some(view) = make_view(array, |place| Ok(found.ravel_dense(place)))?
    {
        return Ok(view);
    }
    Ok(view_or_new(array, this(array)?.ravel(parse_order(args.some(0), Order::C)?).or_raise()?))
}

fn flatten<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    Ok(view_or_new(array, this(array)?.flatten(parse_order(args.some(0), Order::C)?).or_raise()?))
}

fn transpose<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let none = args.rest().len() == 1 && args.rest().all(|axis| axis.is_none());
    let axes = if args.rest().len() == 0 || none { None } else { Some(integers(args)?) };
    Ok(view_of(array, this(array)?.transpose(axes.as_deref()).or_raise()?))
}

fn swapaxes<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (one, other) = (parse_integer(args.required(0)?)?, parse_integer(args.required(1)?)?);
    Ok(view_of(array, this(array)?.swapaxes(one, other).or_raise()?))
}

fn squeeze<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    let view = found.squeeze(parse_axis(args.get(0))?.as_deref()).or_raise()?;
    Ok(if view.ndim() == found.ndim() { array.clone() } else { view_of(array, view) })
}

fn view<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    // `a.view(ndarray)` asks for the class that there is.
    let given = args.some(0).filter(|given| !given.is(array.get_type()));
    let dtype = given.map_or(Ok(found.dtype()), |given| parse(given, false))?;
    if args.some(1).is_some_and(|class| !class.is(array.get_type())) {
        return Err(PyValueError::new_err("Type must be a sub-type of ndarray type: there is none but Array"));
    }
    let view = match dtype.form() {
        Form::Sub(_) if dtype.size() == found.dtype().size() => found.subfield(dtype, 0),
        Form::Sub(_) => {
            let text = format!("{dtype}: small arrays must have the {} bytes of an element", found.dtype().size());
            return Err(PyValueError::new_err(text));
        }
        _ => found.view(dtype),
    };
    Ok(view_of(array, view.or_raise()?))
}

fn diagonal<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let number = |at: usize, default: isize| args.some(at).map_or(Ok(default), parse_integer);
    let found = this(array)?.diagonal(number(0, 0)?, number(1, 0)?, number(2, 1)?).or_raise()?;
    Ok(view_of(array, found.read_only()))
}

fn as_strided<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (shape, strides) = (parse_shape(args.required(0)?)?, parse_integers(args.required(1)?)?);
    let found = this(array)?.as_strided(&shape, &strides).or_raise()?;
    Ok(view_of(array, if args.flag(2, true)? { found } else { found.read_only() }))
}
