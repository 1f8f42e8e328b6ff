//! What functions over arrays have in common: operands by position, results handed over.

use super::Made;
use crate::convert::to_numbers;
use crate::eval::{self, Operand};
use crate::fastcall::Args;
use crate::methods::{output, parse_axis, single};
use crate::object::from_array;
use metes_array::{Array, shape_text};
use metes_dtype::{Casting, Category, can_cast};
use metes_memory::Result;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// The array at a place; numbers in native byte order.
pub(super) fn array_at(args: &Args<'_, '_>, at: usize) -> PyResult<Array> {
    let object = args.required(at)?;
    if crate::lazy::is_lazy(object) {
        return Err(PyTypeError::new_err("this function is not for lazy arrays; compute() them first"));
    }
    to_numbers(object)
}

/// The array of a name, where it was given.
pub(super) fn array_named(args: &Args<'_, '_>, name: &str) -> PyResult<Option<Array>> {
    args.named(name).map(to_numbers).transpose()
}

/// `axis=`.
pub(super) fn axes(args: &Args<'_, '_>) -> PyResult<Option<Vec<isize>>> {
    parse_axis(args.named("axis"))
}

/// A flag by its name, off by default.
pub(super) fn flag(args: &Args<'_, '_>, name: &str) -> PyResult<bool> {
    args.named(name).map_or(Ok(false), |value| value.is_truthy())
}

/// What `work` gives, as an array object.
pub(super) fn made<'py>(
    args: &Args<'_, 'py>,
    name: &str,
    bytes: usize,
    work: impl FnOnce() -> Result<Array> + Send,
) -> Made<'py> {
    let py = args.py();
    Ok(from_array(py, eval::computed(py, name, bytes, work)?, None))
}

/// What `work` gives, written to `out=` where that was given.
pub(super) fn made_into<'py>(
    args: &Args<'_, 'py>,
    name: &str,
    bytes: usize,
    work: impl FnOnce() -> Result<Array> + Send,
) -> Made<'py> {
    into(args, name, computed(args, name, bytes, work)?)
}

/// What `work` gives.
pub(super) fn computed(
    args: &Args<'_, '_>,
    name: &str,
    bytes: usize,
    work: impl FnOnce() -> Result<Array> + Send,
) -> PyResult<Array> {
    eval::computed(args.py(), name, bytes, work)
}

/// A result as an array object, written to `out=` where that was given.
pub(super) fn into<'py>(args: &Args<'_, 'py>, name: &str, result: Array) -> Made<'py> {
    let py = args.py();
    let Some(object) = args.named("out").map(single).transpose()? else {
        return Ok(from_array(py, result, None));
    };
    let out = output(&object)?;
    if out.shape() != result.shape() {
        let (has, wants) = (shape_text(out.shape()), shape_text(result.shape()));
        return Err(PyValueError::new_err(format!("{name}: out has shape {has}, the result {wants}")));
    }
    if !can_cast(result.dtype(), out.dtype(), Casting::SameKind) {
        let text =
            format!("{name}: Cannot cast the result from dtype('{}') to dtype('{}')", result.dtype(), out.dtype());
        return Err(PyTypeError::new_err(text));
    }
    eval::assign(py, &out, &Operand::Array(result), None)?;
    Ok(object)
}

/// A product of spans with whole numbers, which is counted where their dtypes are told apart.
pub(super) fn spans<'py>(
    py: Python<'py>,
    name: &str,
    a: &Array,
    b: &Array,
    mode: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let span = |array: &Array| array.dtype().time().is_some_and(|time| time.span);
    let whole = |array: &Array| array.dtype().any_number().is_some_and(|kind| kind.category() <= Category::Signed);
    if !(span(a) && whole(b) || whole(a) && span(b)) {
        return Ok(None);
    }
    let product = py.import("metes._spans")?.getattr("product")?;
    let (a, b) = (from_array(py, a.clone(), None), from_array(py, b.clone(), None));
    match mode {
        Some(mode) => product.call1((name, a, b, mode)),
        None => product.call1((name, a, b)),
    }
    .map(Some)
}
