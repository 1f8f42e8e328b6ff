//! Joining arrays along an axis.

use super::Made;
use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::eval::heavy;
use crate::fastcall::{Args, method};
use crate::methods::{output, parse_casting, parse_integer};
use crate::object::from_array;
use metes_array::Array;
use metes_dtype::Casting;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![method!(
        "concatenate",
        concatenate,
        ["arrays", "axis=0", "out=None", "*", "dtype=None", "casting='same_kind'"],
        "Joins arrays along an axis that they have; flattens them first where axis is None."
    )]
}

fn concatenate<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let axis = match args.get(1) {
        None => Some(0),
        Some(given) if given.is_none() => None,
        Some(given) => Some(parse_integer(given)?),
    };
    let arrays: Vec<Array> =
        args.required(0)?.try_iter()?.map(|item| to_array(&item?, None)).collect::<PyResult<_>>()?;
    let dtype = parse_dtype_or_none(args.some(3))?;
    let casting = parse_casting(args.some(4), Casting::SameKind)?;
    let out = args.some(2);
    if dtype.is_some() && out.is_some() {
        return Err(PyTypeError::new_err("concatenate: out has a dtype: dtype cannot be given as well"));
    }
    let target = out.map(|out| output(out)).transpose()?;
    let bytes = arrays.iter().map(Array::nbytes).sum();
    let join = || metes::manipulate::concatenate(&arrays, axis, target.as_ref(), dtype, casting);
    let joined = heavy(py, bytes, join).or_raise()?;
    Ok(out.map_or_else(|| from_array(py, joined, None), Clone::clone))
}
