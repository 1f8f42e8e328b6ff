//! The methods of ufuncs: `reduce`, `accumulate`, `reduceat`, `at`, `outer`.

use crate::convert::to_array;
use crate::dtype::parse_dtype;
use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method};
use crate::index::Key;
use crate::lazy::is_lazy;
use crate::methods::{condition, options, output, parse_axis, parse_integer, single};
use crate::number::to_scalar;
use crate::object::from_array;
use crate::rows::ufunc_of;
use crate::ufunc::{finish, outs};
use crate::ufunc_dtypes::resolve_dtypes;
use metes_array::{Array, IndexItem};
use metes_dtype::{Casting, Category, DType, Kind};
use metes_eval::{FoldOptions, Initial};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

pub(crate) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "reduce",
            reduce,
            ["array", "axis=0", "dtype=None", "out=None", "keepdims=False", "initial=None", "where=True"],
            "The values along axes folded into one; initial=None starts from the first value."
        ),
        method!(
            "accumulate",
            accumulate,
            ["array", "axis=0", "dtype=None", "out=None"],
            "The results of folding the values up to each place along an axis."
        ),
        method!(
            "reduceat",
            reduceat,
            ["array", "indices", "axis=0", "dtype=None", "out=None"],
            "The values from each index up to the next one folded into one."
        ),
        method!(
            "at",
            at,
            ["a", "indices", "b=None"],
            "Applies the function in place at indices along the first axis, or to a slice: at repeated indices repeatedly."
        ),
        method!(
            "outer",
            outer,
            [
                "A",
                "B",
                "out=None",
                "*",
                "where=True",
                "casting='same_kind'",
                "order='K'",
                "dtype=None",
                "signature=None"
            ],
            "The function of every element of A with every element of B."
        ),
        method!(
            "resolve_dtypes",
            resolve_dtypes,
            ["dtypes", "*", "signature=None", "casting=None", "reduction=False"],
            "The dtypes that operands are cast to, and results have: dtypes are those of all operands, int, float or complex for Python's own numbers, then those of results, None where they are free.\n\n>>> import metes as mt\n>>> mt.add.resolve_dtypes((mt.dtype('int32'), float, None))\n(dtype('float64'), dtype('float64'), dtype('float64'))"
        ),
    ]
}

/// The array to work on, and where results go, if that is given.
struct Target<'py> {
    array: Array,
    dtype: Option<DType>,
    object: Option<Object<'py>>,
    out: Option<Array>,
}

fn target<'py>(args: &Args<'_, 'py>) -> PyResult<Target<'py>> {
    let given = args.required(0)?;
    if is_lazy(given) {
        return Err(PyTypeError::new_err("methods of ufuncs are not for lazy arrays; compute() them first"));
    }
    let object = args.named("out").map(single).transpose()?.filter(|out| !out.is_none());
    Ok(Target {
        array: to_array(given, None)?,
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        out: object.as_ref().map(output).transpose()?,
        object,
    })
}

fn handed_over<'py>(py: Python<'py>, result: Array, out: Option<Object<'py>>) -> Object<'py> {
    out.unwrap_or_else(|| from_array(py, result, None))
}

fn reduce<'py>(slf: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    let Target { array, dtype, object, out } = target(args)?;
    let options = FoldOptions {
        axes: if args.get(1).is_none() { Some(vec![0]) } else { parse_axis(args.get(1))? },
        keepdims: args.flag(4, false)?,
        dtype,
        out,
        where_: args.some(6).map(condition).transpose()?.flatten(),
        initial: match args.get(5) {
            None => Initial::Default,
            Some(none) if none.is_none() => Initial::First,
            Some(value) => Initial::Value(to_scalar(value)?),
        },
    };
    let result = eval::computed(py, row.name, array.nbytes(), || metes_eval::fold(row, &array, &options))?;
    Ok(handed_over(py, result, object))
}

/// The one axis of `accumulate` and `reduceat`.
fn one_axis(args: &Args<'_, '_>, at: usize, method: &str, ndim: usize) -> PyResult<isize> {
    let Some(axis) = args.get(at) else { return Ok(0) };
    match parse_axis(Some(axis))?.as_deref() {
        Some([axis]) => Ok(*axis),
        None if ndim == 1 => Ok(0),
        _ => Err(PyValueError::new_err(format!("{method} does not allow multiple axes"))),
    }
}

fn accumulate<'py>(slf: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    let Target { array, dtype, object, out } = target(args)?;
    let axis = one_axis(args, 1, "accumulate", array.ndim())?;
    let work = || metes_eval::accumulate(row, &array, axis, dtype, out.as_ref());
    let result = eval::computed(py, row.name, array.nbytes(), work)?;
    Ok(handed_over(py, result, object))
}

fn reduceat<'py>(slf: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    let given = args.required(1)?;
    if weak_scalar(given)?.is_some() || parse_integer(given).is_ok() {
        return Err(PyValueError::new_err("object of too small depth for desired array"));
    }
    let indices = to_array(given, None)?;
    if indices.dtype().category() == Category::Complex {
        return Err(PyTypeError::new_err("reduceat: indices are integers, not complex"));
    }
    let Target { array, dtype, object, out } = target(args)?;
    let axis = one_axis(args, 2, "reduceat", array.ndim())?;
    let work = || metes_eval::reduceat(row, &array, &indices, axis, dtype, out.as_ref());
    let result = eval::computed(py, row.name, array.nbytes(), work)?;
    Ok(handed_over(py, result, object))
}

fn at<'py>(slf: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    let (given, key) = (args.required(0)?, args.required(1)?);
    let array = output(given)?;
    if array.dtype().time().is_some() {
        let work = py.import("metes._spans")?.getattr("at")?;
        return work.call1((row.name, given, key, args.some(2).map_or_else(|| py.None().into_bound(py), Clone::clone)));
    }
    let values = args.some(2).map(|b| to_array(b, None)).transpose()?;
    let items: Vec<IndexItem> = match crate::index::parse(key)? {
        Key::Basic(index) => {
            let part = array.index(&index).or_raise()?;
            let operands = std::iter::once(part.clone()).chain(values).map(eval::Operand::Array).collect::<Vec<_>>();
            let options = eval::Options { out: vec![Some(part)], casting: Casting::Unsafe, ..Default::default() };
            eval::apply_with(py, row, &operands, &options)?;
            return Ok(crate::fastcall::none(py));
        }
        Key::Fancy(items) => items,
    };
    let work = || match items.as_slice() {
        [IndexItem::Array(indices)] if indices.dtype() != Kind::Bool => {
            metes_eval::apply_at(row, &array, indices, values.as_ref())
        }
        items => metes_eval::apply_selected(row, &array, items, values.as_ref()),
    };
    eval::computed(py, row.name, array.nbytes(), work)?;
    Ok(crate::fastcall::none(py))
}

fn outer<'py>(slf: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    // Python's numbers are arrays here, with a dtype of their own.
    let array = |at: usize| to_array(args.required(at)?, None).map(eval::Operand::Array);
    let (a, b) = (array(0)?, array(1)?);
    let mut options = options(args)?;
    let outs = outs(row, args.some(2))?;
    for out in &outs {
        options.out.push(out.as_ref().map(output).transpose()?);
    }
    let bytes = |operand: &eval::Operand| match operand {
        eval::Operand::Array(array) => array.nbytes(),
        eval::Operand::Weak(_) => 1,
    };
    let bytes = bytes(&a).saturating_mul(bytes(&b));
    let results = eval::computed(py, row.name, bytes, || metes_eval::outer(row, &a, &b, &options))?;
    finish(py, row, results, outs)
}
