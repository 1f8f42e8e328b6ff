//! The methods of `Array`, one table.

mod copies;
pub(crate) mod few;
mod fields;
mod mapped;
mod numpy;
mod pickle;
mod products;
mod reduce;
mod select;
mod shape;

use crate::fastcall::Args;
use metes_array::{Dims, Order};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};
use smallvec::SmallVec;

pub(crate) use copies::parse_casting;
pub(crate) use numpy::{condition, options, output, parse_signature};
pub(crate) use pickle::rebuild;
pub(crate) use reduce::{correction, reduce_call, reduce_options, single};

/// Every method.
pub(crate) fn table() -> Vec<PyMethodDef> {
    let mut table = shape::table();
    table.extend(copies::table());
    table.extend(reduce::table());
    table.extend(numpy::table());
    table.extend(crate::functions::sorting::methods());
    table.extend(pickle::table());
    table.extend(mapped::table());
    table.extend(crate::arrow::methods());
    table.extend(crate::dlpack::methods());
    table.extend(products::table());
    table.extend(crate::functions::rearranging::methods());
    table.extend(select::table());
    table.extend(fields::table());
    table
}

/// The memory order that `order=` names; `default` where it is missing.
pub(crate) fn parse_order(object: Option<&Bound<'_, PyAny>>, default: Order) -> PyResult<Order> {
    let Some(object) = object else { return Ok(default) };
    let text = object.cast::<PyString>().map_err(|_| PyTypeError::new_err("order must be str"))?.to_cow()?;
    match text.as_ref() {
        "C" | "c" => Ok(Order::C),
        "F" | "f" => Ok(Order::F),
        "A" | "a" => Ok(Order::A),
        "K" | "k" => Ok(Order::K),
        other => Err(PyValueError::new_err(format!("order must be one of 'C', 'F', 'A', or 'K' (got '{other}')"))),
    }
}

/// Integers given one by one, or as one sequence: `reshape(2, 3)` and `reshape((2, 3))`.
pub(crate) fn integers(args: &Args<'_, '_>) -> PyResult<SmallVec<[isize; 4]>> {
    let mut rest = args.rest();
    match (rest.len(), rest.next()) {
        (1, Some(only)) if !only.is_exact_instance_of::<PyInt>() => several(only),
        _ => args.rest().map(parse_integer).collect(),
    }
}

/// An integer, or a sequence of them.
pub(crate) fn parse_integers(object: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    several(object).map(SmallVec::into_vec)
}

fn several(object: &Bound<'_, PyAny>) -> PyResult<SmallVec<[isize; 4]>> {
    if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        return tuple.iter_borrowed().map(|item| parse_integer(&item)).collect();
    }
    if let Ok(one) = parse_integer(object) {
        return Ok(SmallVec::from_iter([one]));
    }
    let items = object.try_iter().map_err(|_| {
        PyTypeError::new_err(format!(
            "expected an integer or a sequence of integers, not {}",
            crate::object::type_name(object)
        ))
    })?;
    items.map(|item| parse_integer(&item?)).collect()
}

/// A shape: a length, or a sequence of lengths.
pub(crate) fn parse_shape(object: &Bound<'_, PyAny>) -> PyResult<Dims> {
    let negative = |_| PyValueError::new_err("negative dimensions are not allowed");
    if let Some(length) = crate::index::exactly(object) {
        return Ok(Dims::from_slice(&[usize::try_from(length).map_err(negative)?]));
    }
    several(object)?.into_iter().map(|n| usize::try_from(n).map_err(negative)).collect()
}

/// Anything that Python takes as an index.
#[inline]
pub(crate) fn parse_integer(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    if let Some(value) = crate::index::exactly(object) {
        return Ok(value);
    }
    object.extract::<isize>()
}

/// `axis=`: an integer, a tuple of them, or `None` for all.
pub(crate) fn parse_axis(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<isize>>> {
    object.filter(|o| !o.is_none()).map(parse_integers).transpose()
}
