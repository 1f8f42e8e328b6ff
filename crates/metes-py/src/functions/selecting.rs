//! Selecting elements by index arrays and masks, and writing to them.

use super::Made;
use crate::convert::to_array;
use crate::direct;
use crate::element::check_fits;
use crate::errors::OrRaise;
use crate::eval::{self, Operand, heavy};
use crate::fancy::value_for;
use crate::fastcall::{Args, method, none};
use crate::methods::{output, parse_integer};
use crate::object::{array_of, from_array, target};
use metes_array::{Array, Index, IndexItem, Mode, Order, Scalar, gather, meet_all};
use metes_dtype::{Casting, Category, Kind, can_cast};
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

const READ_ONLY: &str = "assignment destination is read-only";

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "take",
            take,
            ["a", "indices", "axis=None", "out=None", "mode='raise'"],
            "The elements at these positions along an axis, or among all of them.\n\n>>> import metes as mt\n>>> mt.take(mt.asarray([4, 3, 5, 7]), [0, -1]).tolist()\n[4, 7]"
        ),
        method!(
            "put",
            put,
            ["a", "ind", "v", "mode='raise'"],
            "Writes values, repeated as often as needed, to these positions among all elements."
        ),
        method!(
            "take_along_axis",
            take_along_axis,
            ["arr", "indices", "axis=-1"],
            "For each place of indices the element at that position along an axis: what argsort and argmax ask for."
        ),
        method!(
            "put_along_axis",
            put_along_axis,
            ["arr", "indices", "values", "axis"],
            "Writes values to where take_along_axis would read."
        ),
        method!(
            "choose",
            choose,
            ["a", "choices", "out=None", "mode='raise'"],
            "At each place the element of the array that the index there names.\n\n>>> import metes as mt\n>>> mt.choose(mt.asarray([0, 1, 0]), [[1, 2, 3], [-1, -2, -3]]).tolist()\n[1, -2, 3]"
        ),
        method!(
            "compress",
            compress,
            ["condition", "a", "axis=None", "out=None"],
            "The parts along an axis, or the elements, where a condition of one axis is true."
        ),
        method!("extract", extract, ["condition", "arr"], "The elements where a condition is true."),
        method!(
            "place",
            place,
            ["arr", "mask", "vals"],
            "Writes one value after the other, from the first again after the last, to where the mask is true."
        ),
        method!(
            "putmask",
            putmask,
            ["a", "mask", "values"],
            "Writes values[i % values.size] to the elements, numbered in C order, where the mask is true."
        ),
    ]
}

/// `mode=`: what to do with indices out of bounds.
pub(crate) fn parse_mode(object: Option<&Bound<'_, PyAny>>) -> PyResult<Mode> {
    let Some(object) = object else { return Ok(Mode::Raise) };
    let text = object.cast::<PyString>().map_err(|_| PyTypeError::new_err("clipmode not understood"))?.to_cow()?;
    match text.as_ref() {
        "raise" => Ok(Mode::Raise),
        "wrap" => Ok(Mode::Wrap),
        "clip" => Ok(Mode::Clip),
        other => {
            Err(PyValueError::new_err(format!("clipmode must be one of 'clip', 'raise', or 'wrap' (got '{other}')")))
        }
    }
}

/// An index array: integers, bools as 0 and 1, and an empty list.
pub(crate) fn indices(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    let array = crate::convert::to_numbers(object)?;
    let list = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>();
    match array.dtype().category() {
        Category::Signed | Category::Unsigned => Ok(array),
        Category::Bool => crate::cast::copy_as(&array, Kind::I64.into()),
        _ if list && array.size() == 0 => crate::cast::copy_as(&array, Kind::I64.into()),
        _ => Err(PyTypeError::new_err(format!(
            "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule 'safe'",
            array.dtype()
        ))),
    }
}

/// Values as an array of the dtype of `array`.
pub(super) fn values(array: &Array, object: &Bound<'_, PyAny>) -> PyResult<Array> {
    match value_for(array, object)? {
        Operand::Array(values) => crate::cast::to_dtype(&values, Some(array.dtype())),
        Operand::Weak(scalar) => {
            check_fits(scalar, array.dtype())?;
            Array::full(&[], scalar, array.dtype()).or_raise()
        }
    }
}

/// As [`values`], of an array that must cast safely.
fn safe_values(array: &Array, object: &Bound<'_, PyAny>) -> PyResult<Array> {
    if let Operand::Array(given) = value_for(array, object)?
        && !can_cast(given.dtype(), array.dtype(), Casting::Safe)
    {
        return Err(PyTypeError::new_err(format!(
            "Cannot cast array data from dtype('{}') to dtype('{}') according to the rule 'safe'",
            given.dtype(),
            array.dtype()
        )));
    }
    values(array, object)
}

/// Makes the result: freshly, or into `out`, whose dtype must cast safely to the result's, as NumPy has it.
fn deliver<'py>(
    py: Python<'py>,
    out: Option<&Bound<'py, PyAny>>,
    like: &Array,
    fresh: impl FnOnce() -> metes_memory::Result<Array> + Send,
    into: impl FnOnce(&Array) -> metes_memory::Result<()> + Send,
    bytes: usize,
) -> Made<'py> {
    let Some(object) = out else {
        return heavy(py, bytes, fresh).or_raise().map(|array| from_array(py, array, None));
    };
    let given = output(object)?;
    if given.dtype() == like.dtype() {
        heavy(py, bytes, || into(&given)).or_raise()?;
        return Ok(object.clone());
    }
    if !can_cast(given.dtype(), like.dtype(), Casting::Safe) {
        let (from, to) = (given.dtype(), like.dtype());
        let text = format!("Cannot cast array data from dtype('{from}') to dtype('{to}') according to the rule 'safe'");
        return Err(PyTypeError::new_err(text));
    }
    let made = heavy(py, bytes, fresh).or_raise()?;
    if made.shape() != given.shape() {
        return Err(PyValueError::new_err("output array does not match the result"));
    }
    eval::assign(py, &given, &Operand::Array(made), None)?;
    Ok(object.clone())
}

pub(crate) fn take<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    take_from(args.required(0)?, args, 1)
}

/// `take` with its arguments from `first` on: of the function, or of the method.
pub(crate) fn take_from<'py>(a: &Bound<'py, PyAny>, args: &Args<'_, 'py>, first: usize) -> Made<'py> {
    if args.given() == first + 1
        && let (Some(array), Some(index)) = (array_of(a), args.get(first).and_then(array_of))
        && array.ndim() == 1
        && index.dtype() != Kind::Bool
        && let Some(taken) = direct::pick(args.py(), array, index, "take")?
    {
        return Ok(taken);
    }
    let (array, indices) = (to_array(a, None)?, indices(args.required(first)?)?);
    let axis = args.some(first + 1).map(parse_integer).transpose()?;
    let mode = parse_mode(args.some(first + 3))?;
    let bytes = indices.nbytes();
    let fresh = || {
        let taken = array.take(&indices, axis, mode)?;
        // One element is native.
        let dtype = if taken.ndim() == 0 { taken.dtype().native() } else { taken.dtype() };
        metes_eval::astype(&taken, dtype, Order::K, Casting::Equiv, false)
    };
    let into = |out: &Array| array.take_into(&indices, axis, mode, out);
    deliver(args.py(), args.some(first + 2), &array, fresh, into, bytes)
}

pub(crate) fn put<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    put_to(args.required(0)?, args, 1)
}

pub(crate) fn put_to<'py>(a: &Bound<'py, PyAny>, args: &Args<'_, 'py>, first: usize) -> Made<'py> {
    let (array, indices) = (target(a, READ_ONLY)?, indices(args.required(first)?)?);
    let (values, mode) = (values(&array, args.required(first + 1)?)?, parse_mode(args.some(first + 2))?);
    heavy(args.py(), indices.nbytes(), || array.put(&indices, &values, mode)).or_raise()?;
    Ok(none(args.py()))
}

/// The array, and the axis; all elements along one axis for `None`.
fn along(array: Array, indices: &Array, axis: Option<&Bound<'_, PyAny>>) -> PyResult<(Array, isize)> {
    match axis {
        Some(axis) if !axis.is_none() => Ok((array, parse_integer(axis)?)),
        _ if indices.ndim() == 1 => Ok((array.ravel(Order::C).or_raise()?, 0)),
        _ => Err(PyValueError::new_err("when axis=None, `indices` must have a single dimension.")),
    }
}

fn whole_numbers(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    let array = to_array(object, None)?;
    match array.dtype().category() {
        Category::Signed | Category::Unsigned => Ok(array),
        _ => Err(PyIndexError::new_err("`indices` must be an integer array")),
    }
}

fn take_along_axis<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, indices) = (to_array(args.required(0)?, None)?, whole_numbers(args.required(1)?)?);
    let (array, axis) = match args.get(2) {
        None => (array, -1),
        given => along(array, &indices, given)?,
    };
    let result = heavy(args.py(), indices.nbytes(), || array.take_along_axis(&indices, axis)).or_raise()?;
    Ok(from_array(args.py(), result, None))
}

fn put_along_axis<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, indices) = (target(args.required(0)?, READ_ONLY)?, whole_numbers(args.required(1)?)?);
    let values = values(&array, args.required(2)?)?;
    let axis = args.get(3).filter(|axis| !axis.is_none());
    let bytes = indices.nbytes();
    if axis.is_none() && !array.is_c_contiguous() {
        let wide = values.broadcast_to(indices.shape()).or_raise()?;
        along(Array::empty(&[0], array.dtype(), "put_along_axis").or_raise()?, &indices, None)?;
        heavy(args.py(), bytes, || array.put(&indices, &wide, Mode::Raise)).or_raise()?;
        return Ok(none(args.py()));
    }
    let (array, axis) = along(array, &indices, axis)?;
    heavy(args.py(), bytes, || array.put_along_axis(&indices, &values, axis)).or_raise()?;
    Ok(none(args.py()))
}

fn choose<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    choose_by(args.required(0)?, args, 1)
}

pub(crate) fn choose_by<'py>(a: &Bound<'py, PyAny>, args: &Args<'_, 'py>, first: usize) -> Made<'py> {
    let index = indices(a)?;
    let choices = super::joining::meeting(args.required(first)?)?;
    let common = meet_all(choices.iter().map(Array::dtype)).or_raise()?;
    let choices = choices.iter().map(|c| crate::cast::to_dtype(c, common)).collect::<PyResult<Vec<_>>>()?;
    let mode = parse_mode(args.some(first + 2))?;
    let Some(like) = choices.first() else {
        return Err(PyValueError::new_err("choose: there is nothing to choose from"));
    };
    let fresh = || metes_array::choose(&index, &choices, None, mode);
    let into = |out: &Array| metes_array::choose(&index, &choices, Some(out), mode).map(|_| ());
    deliver(args.py(), args.some(first + 1), like, fresh, into, index.nbytes())
}

fn compress<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    compress_by(args.required(0)?, args.required(1)?, args, 2)
}

pub(crate) fn compress_by<'py>(
    condition: &Bound<'py, PyAny>,
    a: &Bound<'py, PyAny>,
    args: &Args<'_, 'py>,
    first: usize,
) -> Made<'py> {
    let (condition, array) = (to_array(condition, None)?, to_array(a, None)?);
    if condition.ndim() != 1 {
        return Err(PyValueError::new_err("condition must be a 1-d array"));
    }
    let (array, axis) = match args.some(first) {
        Some(axis) => {
            let axis = array.axis(parse_integer(axis)?).or_raise()?;
            (array, axis)
        }
        None => (array.ravel(Order::C).or_raise()?, 0),
    };
    let (array, items) = trimmed(args.py(), &array, axis, &condition)?;
    let bytes = condition.nbytes();
    let fresh = || gather(&array, &items);
    let into = |out: &Array| {
        let selection = metes_array::Selection::new(&array, &items)?;
        if out.shape() != selection.shape() {
            let message = "output array does not match result of compress";
            return Err(metes_memory::Error::new(metes_memory::ErrorKind::Value, message));
        }
        selection.gather_into(&array, out)
    };
    deliver(args.py(), args.some(first + 1), &array, fresh, into, bytes)
}

/// The array and a mask of equal length along an axis: what is longer is cut, unless it is true there.
fn trimmed(py: Python<'_>, array: &Array, axis: usize, condition: &Array) -> PyResult<(Array, Vec<IndexItem>)> {
    let (length, wanted) = (array.shape()[axis], condition.shape()[0]);
    let front = |n: usize| Index::Slice { start: None, stop: Some(n as isize), step: None };
    let whole = Index::Slice { start: None, stop: None, step: None };
    let mut condition = condition.clone();
    if wanted > length {
        let rest = Index::Slice { start: Some(length as isize), stop: None, step: None };
        let beyond = condition.index(&[rest]).or_raise()?;
        if let Some(first) = metes_array::argwhere(&beyond)
            .or_raise()
            .and_then(|places| if places.size() == 0 { Ok(None) } else { places.item(&[0, 0]).or_raise().map(Some) })?
            && let Scalar::Int(first) = first
        {
            let at = first + length as i128;
            let text = format!("index {at} is out of bounds for axis {axis} with size {length}");
            return Err(PyIndexError::new_err(text));
        }
        condition = condition.index(&[front(length)]).or_raise()?;
    }
    let mut index = vec![whole; axis];
    index.push(front(wanted));
    let array = array.index(&index).or_raise()?;
    let mut items: Vec<IndexItem> =
        (0..axis).map(|_| Index::Slice { start: None, stop: None, step: None }.into()).collect();
    items.push(truth(py, condition)?.into());
    Ok((array, items))
}

/// A mask: whether each element is true.
pub(crate) fn truth(py: Python<'_>, condition: Array) -> PyResult<Array> {
    if condition.dtype() == Kind::Bool {
        return Ok(condition);
    }
    if condition.dtype().any_number().is_none() {
        return crate::cast::to_dtype(&condition, Some(Kind::Bool.into()));
    }
    let zero = Operand::Weak(Scalar::Bool(false));
    eval::apply(py, eval::ufunc("not_equal")?, &[Operand::Array(condition), zero])
}

fn extract<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let (condition, array) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let (array, items) = if condition.shape() == array.shape() && array.ndim() > 0 {
        let mask = truth(py, condition)?;
        (array, vec![mask.into()])
    } else {
        let condition = condition.ravel(Order::C).or_raise()?;
        trimmed(py, &array.ravel(Order::C).or_raise()?, 0, &condition)?
    };
    let result = heavy(py, array.nbytes(), || gather(&array, &items)).or_raise()?;
    Ok(from_array(py, result, None))
}

fn place<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let array = target(args.required(0)?, READ_ONLY)?;
    let mask = to_array(args.required(1)?, None)?;
    let values = safe_values(&array, args.required(2)?)?;
    heavy(py, array.nbytes(), || array.place(&mask, &values)).or_raise()?;
    Ok(none(py))
}

fn putmask<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let array = target(args.required(0)?, READ_ONLY)?;
    let mask = to_array(args.required(1)?, None)?;
    let values = safe_values(&array, args.required(2)?)?;
    heavy(py, array.nbytes(), || array.putmask(&mask, &values)).or_raise()?;
    Ok(none(py))
}
