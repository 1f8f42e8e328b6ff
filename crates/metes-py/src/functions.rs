//! Functions of arrays that are in no table: joining, choosing, broadcasting, sharing; promotion and casting of dtypes.

use crate::convert::to_array;
use crate::dtype::{dtype_object, parse_dtype, parse_dtype_or_none};
use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method, object};
use crate::lazy::{expr_of, is_lazy, to_expr, wrap};
use crate::methods::{output, parse_casting, parse_integer, parse_shape};
use crate::object::{array_of, from_array, is_array, view_or_new};
use crate::ufunc::operand;
use metes_array::{Array, Index, Order, Scalar, broadcast_shapes, shape_text};
use metes_dtype::{Casting, DType, Kind, Weak, promote, promote_weak};
use metes_eval::Expr;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The table of functions.
pub(crate) fn functions() -> Vec<ffi::PyMethodDef> {
    vec![
        method!(
            "concatenate",
            concatenate,
            ["arrays", "axis=0", "out=None", "*", "dtype=None", "casting='same_kind'"],
            "Joins arrays along an axis that they have; flattens them first where axis is None."
        ),
        method!("where", choose, ["condition", "x", "y"], "Elements of x where the condition holds, of y elsewhere."),
        method!("broadcast_to", broadcast_to, ["a", "shape"], "A read-only view stretched to a shape."),
        method!("broadcast_shapes", broadcast_all, ["*shapes"], "The shape that all the shapes broadcast to."),
        method!(
            "shares_memory",
            shares_memory,
            ["a", "b", "max_work=None"],
            "Whether two arrays have a byte in common; exact, or TooHardError where that takes more than max_work steps."
        ),
        method!("may_share_memory", may_share_memory, ["a", "b"], "Whether the byte ranges of two arrays overlap."),
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

type Made<'py> = PyResult<Bound<'py, PyAny>>;

fn broadcast_to<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, shape) = (args.required(0)?, parse_shape(args.required(1)?)?);
    if let Some(expr) = expr_of(a) {
        return wrap(args.py(), expr.broadcast_to(&shape).or_raise()?);
    }
    let view = to_array(a, None)?.broadcast_to(&shape).or_raise()?.read_only();
    Ok(if is_array(a) { view_or_new(a, view) } else { from_array(args.py(), view, None) })
}

fn broadcast_all<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let shapes: Vec<Vec<usize>> = args.rest().map(parse_shape).collect::<PyResult<_>>()?;
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    Ok(PyTuple::new(args.py(), broadcast_shapes(&shapes).or_raise()?)?.into_any())
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

fn choose<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = [args.required(0)?, args.required(1)?, args.required(2)?];
    if given.iter().any(|object| is_lazy(object)) {
        return choose_lazily(args.py(), given);
    }
    let condition = to_array(given[0], None)?;
    let (x, y) = (operand(given[1])?, operand(given[2])?);
    let py = args.py();
    let mask = if condition.dtype().kind() == Kind::Bool {
        condition
    } else {
        let zero = Operand::Weak(Scalar::Bool(false));
        eval::apply(py, eval::ufunc("not_equal")?, &[Operand::Array(condition), zero])?
    };
    let chosen = eval::apply(py, eval::ufunc("where")?, &[Operand::Array(mask), x, y])?;
    Ok(from_array(py, chosen, None))
}

fn choose_lazily<'py>(py: Python<'py>, [mask, x, y]: [&Bound<'py, PyAny>; 3]) -> Made<'py> {
    let mut mask = to_expr(mask)?;
    if mask.dtype().kind() != Kind::Bool {
        mask = Expr::ufunc(eval::ufunc("not_equal")?, &[mask, Expr::scalar(Scalar::Bool(false))]).or_raise()?;
    }
    wrap(py, Expr::ufunc(eval::ufunc("where")?, &[mask, to_expr(x)?, to_expr(y)?]).or_raise()?)
}

fn shares_memory<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let max_work = args.some(2).map(|work| work.extract()).transpose()?;
    object(args.py(), metes_array::shares_memory(&a, &b, max_work).or_raise()?)
}

fn may_share_memory<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    object(args.py(), metes_array::may_share_memory(&a, &b))
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
    dtype_object(args.py(), promote(a, b))
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
            Typed::Weak(Scalar::Bool(_)) => strong = Some(together(strong, DType::of(Kind::Bool))),
            Typed::Weak(scalar) => weak.push(scalar),
            Typed::DType(dtype) => strong = Some(together(strong, dtype)),
        }
    }
    let result = weak.into_iter().fold(strong, |dtype, scalar| {
        Some(dtype.map_or(scalar.default_dtype(), |dtype| match scalar {
            Scalar::Bool(_) => dtype,
            Scalar::Int(_) => promote_weak(dtype, Weak::Int),
            Scalar::Float(_) => promote_weak(dtype, Weak::Float),
            Scalar::Complex(..) => promote_weak(dtype, Weak::Complex),
        }))
    });
    result.ok_or_else(|| PyValueError::new_err("at least one array or dtype is required"))
}

fn together(strong: Option<DType>, dtype: DType) -> DType {
    strong.map_or(dtype, |strong| promote(strong, dtype))
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
