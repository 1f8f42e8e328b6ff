//! Where elements are true, and positions as indices; diagonals and triangles.

use super::Made;
use super::selecting::{parse_mode, values};
use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::eval::heavy;
use crate::fastcall::{Args, method, none};
use crate::methods::{parse_integer, parse_order, parse_shape};
use crate::object::{from_array, is_array, target, view_or_new};
use metes::triangles;
use metes_array::{Array, Mode, Order};
use metes_dtype::{Category, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "nonzero",
            nonzero,
            ["a"],
            "The indices of the elements that are true: one array for each axis.\n\n>>> import metes as mt\n>>> [places.tolist() for places in mt.nonzero(mt.asarray([[0, 3], [5, 0]]))]\n[[0, 1], [1, 0]]"
        ),
        method!("flatnonzero", flatnonzero, ["a"], "The positions among all elements of those that are true."),
        method!("argwhere", argwhere, ["a"], "The indices of the elements that are true, one row each."),
        method!("_count_true", count_true, ["a"], "How many elements are true."),
        method!(
            "unravel_index",
            unravel_index,
            ["indices", "shape", "order='C'"],
            "Indices along each axis, from positions among all elements of an array of this shape."
        ),
        method!(
            "ravel_multi_index",
            ravel_multi_index,
            ["multi_index", "dims", "mode='raise'", "order='C'"],
            "Positions among all elements of an array of this shape, from indices along each axis."
        ),
        method!("tri", tri, ["N", "M=None", "k=0", "dtype=None"], "Ones at and below a diagonal of a matrix of zeros."),
        method!("tril", tril, ["m", "k=0"], "A copy of matrices with zeros above a diagonal."),
        method!("triu", triu, ["m", "k=0"], "A copy of matrices with zeros below a diagonal."),
        method!(
            "diag",
            diag,
            ["v", "k=0"],
            "A read-only view of a diagonal of a matrix; from one axis, a matrix with it on the diagonal."
        ),
        method!("diagflat", diagflat, ["v", "k=0"], "A matrix with all elements of an array on a diagonal."),
        method!(
            "fill_diagonal",
            fill_diagonal,
            ["a", "val", "wrap=False"],
            "Writes values, repeated as often as needed, to the main diagonal."
        ),
    ]
}

/// Arrays as a tuple.
fn tuple<'py>(py: Python<'py>, arrays: Vec<Array>) -> Made<'py> {
    Ok(PyTuple::new(py, arrays.into_iter().map(|array| from_array(py, array, None)))?.into_any())
}

/// The indices where an array is true: `nonzero`, and `where` of one argument.
pub(crate) fn true_places<'py>(py: Python<'py>, array: &Array) -> Made<'py> {
    let places = heavy(py, array.nbytes(), || metes_array::nonzero(array)).or_raise()?;
    tuple(py, places)
}

fn nonzero<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    true_places(args.py(), &to_array(args.required(0)?, None)?)
}

fn flatnonzero<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let places = heavy(args.py(), array.nbytes(), || metes_array::flatnonzero(&array)).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

fn argwhere<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let places = heavy(args.py(), array.nbytes(), || metes_array::argwhere(&array)).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

fn count_true<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let count = heavy(args.py(), array.nbytes(), || metes_array::count_true(&array)).or_raise()?;
    crate::fastcall::object(args.py(), count)
}

/// The order of elements, C or F.
fn order(object: Option<&Bound<'_, PyAny>>) -> PyResult<Order> {
    match parse_order(object, Order::C)? {
        order @ (Order::C | Order::F) => Ok(order),
        _ => Err(PyValueError::new_err("only 'C' or 'F' order is permitted")),
    }
}

/// Index arrays, that must be integers.
fn coordinates(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    let array = to_array(object, None)?;
    match array.dtype().category() {
        Category::Signed | Category::Unsigned => Ok(array),
        _ if array.size() == 0 && object.is_instance_of::<PyList>() => {
            Err(PyTypeError::new_err("indices must be integral: the provided empty sequence was inferred as float"))
        }
        _ => Err(PyTypeError::new_err("only int indices permitted")),
    }
}

fn unravel_index<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, shape, order) =
        (coordinates(args.required(0)?)?, parse_shape(args.required(1)?)?, order(args.some(2))?);
    let places = heavy(args.py(), array.nbytes(), || metes_array::unravel_index(&array, &shape, order)).or_raise()?;
    tuple(args.py(), places)
}

fn ravel_multi_index<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = args.required(0)?;
    let arrays: Vec<Array> = match crate::convert::existing(given)? {
        Some((array, _)) => rows(&array)?,
        None => given.try_iter()?.map(|item| coordinates(&item?)).collect::<PyResult<_>>()?,
    };
    let shape = parse_shape(args.required(1)?)?;
    let modes: Vec<Mode> = match args.some(2) {
        Some(modes) if modes.is_instance_of::<PyTuple>() || modes.is_instance_of::<PyList>() => {
            modes.try_iter()?.map(|mode| parse_mode(Some(&mode?))).collect::<PyResult<_>>()?
        }
        one => vec![parse_mode(one)?; shape.len()],
    };
    let order = order(args.some(3))?;
    let bytes = arrays.iter().map(Array::nbytes).max().unwrap_or(0);
    let work = || metes_array::ravel_multi_index(&arrays, &shape, &modes, order);
    let places = heavy(args.py(), bytes, work).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

/// The parts of an array along its first axis.
fn rows(array: &Array) -> PyResult<Vec<Array>> {
    let count = array.shape().first().copied().unwrap_or(0) as isize;
    (0..count).map(|row| array.index(&[metes_array::Index::At(row)]).or_raise()).collect()
}

fn diagonal_of(args: &Args<'_, '_>, index: usize) -> PyResult<isize> {
    args.some(index).map_or(Ok(0), parse_integer)
}

fn tri<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let length = |object: &Bound<'py, PyAny>| parse_integer(object).map(|n| n.max(0) as usize);
    let rows = length(args.required(0)?)?;
    let columns = args.some(1).map_or(Ok(rows), length)?;
    let (k, dtype) = (diagonal_of(args, 2)?, parse_dtype_or_none(args.some(3))?);
    let work = || triangles::tri(rows, columns, k, dtype.unwrap_or(Kind::F64.into()));
    let made = heavy(args.py(), rows.saturating_mul(columns), work).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn tril<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, k) = (to_array(args.required(0)?, None)?, diagonal_of(args, 1)?);
    let made = heavy(args.py(), array.nbytes(), || triangles::tril(&array, k)).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn triu<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, k) = (to_array(args.required(0)?, None)?, diagonal_of(args, 1)?);
    let made = heavy(args.py(), array.nbytes(), || triangles::triu(&array, k)).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn diag<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = args.required(0)?;
    let made = triangles::diag(&to_array(given, None)?, diagonal_of(args, 1)?).or_raise()?;
    Ok(if is_array(given) { view_or_new(given, made) } else { from_array(args.py(), made, None) })
}

fn diagflat<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let flat = to_array(args.required(0)?, None)?.ravel(Order::C).or_raise()?;
    let made = triangles::diag(&flat, diagonal_of(args, 1)?).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn fill_diagonal<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = target(args.required(0)?, "assignment destination is read-only")?;
    let values = values(&array, args.required(1)?)?;
    triangles::fill_diagonal(&array, &values, args.flag(2, false)?).or_raise()?;
    Ok(none(args.py()))
}
