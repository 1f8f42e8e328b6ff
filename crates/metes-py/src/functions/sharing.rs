//! Views of one shape, and which arrays share bytes.

use super::Made;
use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method, object};
use crate::lazy::{expr_of, wrap};
use crate::methods::{parse_integer, parse_shape};
use crate::object::{from_array, is_array, view_or_new};
use metes_array::{Dims, broadcast_shapes};
use metes_memory::ErrorKind;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "broadcast_to",
            broadcast_to,
            ["array", "shape", "subok=False"],
            "A read-only view stretched to a shape."
        ),
        method!("broadcast_shapes", broadcast_all, ["*shapes"], "The shape that all the shapes broadcast to."),
        method!(
            "shares_memory",
            shares_memory,
            ["a", "b", "max_work=None"],
            "Whether two arrays have a byte in common; exact, or TooHardError where that takes more than max_work steps."
        ),
        method!(
            "may_share_memory",
            may_share_memory,
            ["a", "b", "max_work=None"],
            "Whether the byte ranges of two arrays overlap; with max_work, whether they cannot be told apart in so many steps."
        ),
    ]
}

fn broadcast_to<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, shape) = (args.required(0)?, parse_shape(args.required(1)?)?);
    if let Some(expr) = expr_of(a) {
        return wrap(args.py(), expr.broadcast_to(&shape).or_raise()?);
    }
    let view = to_array(a, None)?.broadcast_to(&shape).or_raise()?.read_only();
    Ok(if is_array(a) { view_or_new(a, view) } else { from_array(args.py(), view, None) })
}

fn broadcast_all<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let shapes: Vec<Dims> = args.rest().map(parse_shape).collect::<PyResult<_>>()?;
    let shapes: Vec<&[usize]> = shapes.iter().map(Dims::as_slice).collect();
    Ok(PyTuple::new(args.py(), broadcast_shapes(&shapes).or_raise()?)?.into_any())
}

fn shares_memory<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let max_work = work(args)?;
    object(args.py(), metes_array::shares_memory(&a, &b, max_work).or_raise()?)
}

/// `max_work=`: a number of steps, or -1 for as many as it takes.
fn work(args: &Args<'_, '_>) -> PyResult<Option<u64>> {
    match args.some(2).map_or(Ok(-1), parse_integer)? {
        -1 => Ok(None),
        steps => u64::try_from(steps).map(Some).map_err(|_| PyValueError::new_err("Invalid value for max_work")),
    }
}

fn may_share_memory<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let found = match args.some(2) {
        None => metes_array::may_share_memory(&a, &b),
        // What is too hard to tell may be.
        Some(_) => match metes_array::shares_memory(&a, &b, work(args)?) {
            Err(error) if error.kind() == ErrorKind::TooHard => true,
            found => found.or_raise()?,
        },
    };
    object(args.py(), found)
}
