//! Promotion and casting of dtypes.

use super::Made;
use crate::convert::to_array;
use crate::dtype::{dtype_object, parse_dtype};
use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method, object};
use crate::lazy::expr_of;
use crate::methods::parse_casting;
use crate::object::array_of;
use metes_array::{Scalar, meet};
use metes_dtype::{Casting, DType, Kind, Weak, promote_weak};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "can_cast",
            can_cast,
            ["from_", "to", "casting='safe'"],
            "Whether values of one dtype may be cast to another at a casting level."
        ),
        method!("promote_types", promote_types, ["type1", "type2"], "The smallest dtype that both cast to safely."),
        method!(
            "result_type",
            result_type,
            ["*operands"],
            "The dtype that arrays, dtypes and Python numbers (which are weak) have together."
        ),
    ]
}

fn can_cast<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let from = args.required(0)?;
    if weak_scalar(from)?.is_some() {
        let text = "can_cast() does not support Python ints, floats, and complex because the result used to depend on the value";
        return Err(PyTypeError::new_err(text));
    }
    let from = match array_of(from) {
        Some(array) => array.dtype(),
        None => parse_dtype(from)?,
    };
    let casting = parse_casting(args.some(2), Casting::Safe)?;
    if casting == Casting::SameValue {
        return Err(PyValueError::new_err("can_cast: 'same_value' depends on values, not on dtypes"));
    }
    object(args.py(), metes_dtype::can_cast(from, parse_dtype(args.required(1)?)?, casting))
}

fn promote_types<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b) = (parse_dtype(args.required(0)?)?, parse_dtype(args.required(1)?)?);
    dtype_object(args.py(), meet(a, b).or_raise()?)
}

fn result_type<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let mut operands = Vec::new();
    for object in args.rest() {
        operands.push(match weak_scalar(object)? {
            Some(scalar) => Typed::Weak(scalar),
            None => Typed::DType(dtype_of(object)?),
        });
    }
    dtype_object(args.py(), promoted(operands)?)
}

/// What has a dtype, or only a category.
enum Typed {
    DType(DType),
    Weak(Scalar),
}

/// The dtypes promoted together, then with the strongest weak number, as NEP 50 has it.
fn promoted(operands: Vec<Typed>) -> PyResult<DType> {
    let (mut strong, mut weak) = (None, Vec::new());
    for operand in operands {
        match operand {
            Typed::Weak(Scalar::Bool(_)) => strong = Some(together(strong, DType::of(Kind::Bool))?),
            Typed::Weak(scalar) => weak.push(scalar),
            Typed::DType(dtype) => strong = Some(together(strong, dtype)?),
        }
    }
    let mut result = strong;
    for scalar in weak {
        let Some(dtype) = result else {
            result = Some(scalar.default_dtype());
            continue;
        };
        let weak = match scalar {
            Scalar::Bool(_) => continue,
            Scalar::Int(_) => Weak::Int,
            Scalar::Float(_) => Weak::Float,
            Scalar::Complex(..) => Weak::Complex,
        };
        let met = promote_weak(dtype, weak);
        result =
            Some(met.ok_or_else(|| PyTypeError::new_err(format!("{dtype} and a Python number have no common dtype")))?);
    }
    result.ok_or_else(|| PyValueError::new_err("at least one array or dtype is required"))
}

fn together(strong: Option<DType>, dtype: DType) -> PyResult<DType> {
    strong.map_or(Ok(dtype.native()), |strong| meet(strong, dtype).or_raise())
}

fn dtype_of(object: &Bound<'_, PyAny>) -> PyResult<DType> {
    if let Some(array) = array_of(object) {
        return Ok(array.dtype());
    }
    if let Some(expr) = expr_of(object) {
        return Ok(expr.dtype());
    }
    match parse_dtype(object) {
        Ok(dtype) => Ok(dtype),
        Err(_) => to_array(object, None).map(|array| array.dtype()),
    }
}
