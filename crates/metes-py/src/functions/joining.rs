//! Joining arrays along an axis.

use super::Made;
use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method};
use crate::methods::{output, parse_casting, parse_integer};
use crate::object::from_array;
use metes_array::{Array, Index, Order, shape_text};
use metes_dtype::{Casting, DType};
use pyo3::exceptions::{PyTypeError, PyValueError};
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

fn items<'py>(arrays: &Bound<'py, PyAny>) -> PyResult<Vec<Array>> {
    arrays.try_iter()?.map(|item| to_array(&item?, None)).collect()
}

fn concatenate<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let axis = match args.get(1) {
        None => Some(0),
        Some(given) if given.is_none() => None,
        Some(given) => Some(parse_integer(given)?),
    };
    let arrays = items(args.required(0)?)?;
    let dtype = parse_dtype_or_none(args.some(3))?;
    let casting = parse_casting(args.some(4), Casting::SameKind)?;
    let out = args.some(2);
    if dtype.is_some() && out.is_some() {
        return Err(PyTypeError::new_err("concatenate: out has a dtype: dtype cannot be given as well"));
    }
    let target = out.map(|out| output(out)).transpose()?;
    let joined = join(py, arrays, axis, target, dtype, casting)?;
    Ok(out.map_or_else(|| from_array(py, joined, None), Clone::clone))
}

fn wrong(text: String) -> PyErr {
    PyValueError::new_err(format!("concatenate: {text}"))
}

fn join(
    py: Python<'_>,
    arrays: Vec<Array>,
    axis: Option<isize>,
    out: Option<Array>,
    dtype: Option<DType>,
    casting: Casting,
) -> PyResult<Array> {
    let arrays: Vec<Array> = match axis {
        Some(_) => arrays,
        None => arrays.iter().map(|a| a.ravel(Order::C).or_raise()).collect::<PyResult<_>>()?,
    };
    let Some(first) = arrays.first() else {
        return Err(wrong("needs at least one array".into()));
    };
    if first.ndim() == 0 {
        return Err(wrong("arrays without axes cannot be joined".into()));
    }
    let axis = first.axis(axis.unwrap_or(0)).map_err(|e| e.context("concatenate")).or_raise()?;
    let mut shape = first.shape().to_vec();
    shape[axis] = 0;
    for (number, array) in arrays.iter().enumerate() {
        let agrees = array.ndim() == shape.len()
            && array.shape().iter().zip(first.shape()).enumerate().all(|(a, (n, m))| a == axis || n == m);
        if !agrees {
            let (one, other) = (shape_text(first.shape()), shape_text(array.shape()));
            return Err(wrong(format!(
                "all lengths but that of axis {axis} must be equal, but array 0 has shape {one} and array {number} {other}"
            )));
        }
        shape[axis] =
            shape[axis].checked_add(array.shape()[axis]).ok_or_else(|| wrong("the result is too long".into()))?;
    }
    let out = match out {
        Some(out) if out.shape() == shape => out,
        Some(out) => {
            let (have, want) = (shape_text(out.shape()), shape_text(&shape));
            return Err(wrong(format!("out has shape {have}, the result {want}")));
        }
        None => empty_for(&arrays, &shape, dtype).or_raise()?,
    };
    copy_parts(py, &arrays, axis, &out, casting)?;
    Ok(out)
}

/// An uninitialised array for the parts: in order F where all of them are.
fn empty_for(arrays: &[Array], shape: &[usize], dtype: Option<DType>) -> metes_memory::Result<Array> {
    let common = arrays.iter().map(Array::dtype).reduce(metes_dtype::promote);
    let dtype = dtype.or(common).unwrap_or_else(|| arrays[0].dtype());
    let fortran = arrays.iter().all(|a| a.is_f_contiguous() && !a.is_c_contiguous());
    let order = if fortran { Order::F } else { Order::C };
    Array::empty_in(shape, dtype, order, "concatenate")
}

fn copy_parts(py: Python<'_>, arrays: &[Array], axis: usize, out: &Array, casting: Casting) -> PyResult<()> {
    for array in arrays {
        let (from, to) = (array.dtype(), out.dtype());
        if !metes_dtype::can_cast(from, to, casting) {
            let level = casting.name();
            let text =
                format!("concatenate: Cannot cast array data from {from} to {to} according to the rule '{level}'");
            return Err(PyTypeError::new_err(text));
        }
    }
    let mut start = 0;
    for array in arrays {
        let stop = start + array.shape()[axis] as isize;
        let whole = Index::Slice { start: None, stop: None, step: None };
        let mut index = vec![whole; axis];
        index.push(Index::Slice { start: Some(start), stop: Some(stop), step: None });
        eval::assign(py, &out.index(&index).or_raise()?, &Operand::Array(array.clone()), None)?;
        start = stop;
    }
    Ok(())
}
