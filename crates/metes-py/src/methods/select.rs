//! Methods that select elements.

use crate::fastcall::{Args, method};
use crate::functions::{places, selecting};
use crate::object::this;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "take",
            take,
            ["indices", "axis=None", "out=None", "mode='raise'"],
            "The elements at these positions along an axis, or among all of them."
        ),
        method!(
            "put",
            put,
            ["indices", "values", "mode='raise'"],
            "Writes values, repeated as often as needed, to these positions among all elements."
        ),
        method!(
            "choose",
            choose,
            ["choices", "out=None", "mode='raise'"],
            "At each place the element of the choice that the index there names."
        ),
        method!(
            "compress",
            compress,
            ["condition", "axis=None", "out=None"],
            "The parts along an axis, or the elements, where a condition of one axis is true."
        ),
        method!("nonzero", nonzero, [], "The indices of the elements that are true: one array for each axis."),
    ]
}

fn take<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    selecting::take_from(array, args, 0)
}

fn put<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    selecting::put_to(array, args, 0)
}

fn choose<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    selecting::choose_by(array, args, 0)
}

fn compress<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    selecting::compress_by(args.required(0)?, array, args, 1)
}

fn nonzero<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    places::true_places(array.py(), this(array)?)
}
