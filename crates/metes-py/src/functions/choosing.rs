//! Choosing elements by a condition.

use super::Made;
use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method};
use crate::lazy::{is_lazy, to_expr, wrap};
use crate::object::from_array;
use crate::ufunc::operand;
use metes_array::Scalar;
use metes_dtype::Kind;
use metes_eval::Expr;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![method!(
        "where",
        choose,
        ["condition", "x=None", "y=None"],
        "Elements of x where the condition holds, of y elsewhere; without both, the indices where it holds."
    )]
}

fn choose<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = match (args.get(1), args.get(2)) {
        (Some(x), Some(y)) => [args.required(0)?, x, y],
        (None, None) => return super::places::true_places(args.py(), &to_array(args.required(0)?, None)?),
        _ => return Err(PyValueError::new_err("either both or neither of x and y should be given")),
    };
    if given.iter().any(|object| is_lazy(object)) {
        return choose_lazily(args.py(), given);
    }
    let condition = to_array(given[0], None)?;
    let (x, y) = (operand(given[1])?, operand(given[2])?);
    let py = args.py();
    let mask = super::selecting::truth(py, condition)?;
    let chosen = eval::apply(py, eval::ufunc("where")?, &[Operand::Array(mask), x, y])?;
    Ok(from_array(py, chosen, None))
}

fn choose_lazily<'py>(py: Python<'py>, [mask, x, y]: [&Bound<'py, PyAny>; 3]) -> Made<'py> {
    let mut mask = to_expr(mask)?;
    if mask.dtype() != Kind::Bool {
        mask = Expr::ufunc(eval::ufunc("not_equal")?, &[mask, Expr::scalar(Scalar::Bool(false))]).or_raise()?;
    }
    wrap(py, Expr::ufunc(eval::ufunc("where")?, &[mask, to_expr(x)?, to_expr(y)?]).or_raise()?)
}
