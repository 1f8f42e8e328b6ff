//! Methods that sum products.

use crate::convert::to_array;
use crate::direct;
use crate::fastcall::{Args, method};
use crate::functions::products;
use crate::object::this;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "dot",
            dot,
            ["b", "out=None"],
            "The sum over the last axis and the second to last, or only, axis of b."
        ),
        method!(
            "trace",
            |array, args| products::trace(args, this(array)?, 0),
            ["offset=0", "axis1=0", "axis2=1", "dtype=None", "out=None"],
            "The sums along diagonals of two axes."
        ),
    ]
}

fn dot<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    if args.given() == 1
        && let Some(made) = direct::product(array, args.required(0)?, metes_linalg::dot_direct, "dot")?
    {
        return Ok(made);
    }
    let (a, b) = (this(array)?, to_array(args.required(0)?, None)?);
    products::dot_into(args.py(), a, &b, a.nbytes().saturating_add(b.nbytes()), args.some(1))
}
