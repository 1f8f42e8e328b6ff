//! Short ways to the evaluator: one elementwise function, or a whole expression without temporaries.

use metes_array::{Array, Scalar};
use metes_eval::{Expr, Operand, Options, Output, Plan, apply};
use metes_kernels::{Reduction, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

pub(crate) fn ufunc(name: &str) -> &'static Ufunc {
    metes_kernels::ufunc(name).expect("a row of the table")
}

pub(crate) fn reduction(name: &str) -> &'static Reduction {
    metes_kernels::reduction(name).expect("a row of the table")
}

/// One function of arrays.
pub(crate) fn call(name: &str, operands: &[&Array]) -> Result<Array> {
    let operands: Vec<Operand> = operands.iter().map(|array| Operand::Array((*array).clone())).collect();
    Ok(apply(ufunc(name), &operands, &Options::default())?.remove(0))
}

/// One function of an array and a number.
pub(crate) fn call_with(name: &str, array: &Array, number: f64) -> Result<Array> {
    let operands = [Operand::Array(array.clone()), Operand::Weak(Scalar::Float(number))];
    Ok(apply(ufunc(name), &operands, &Options::default())?.remove(0))
}

/// The same as an expression.
pub(crate) fn lazily(name: &str, args: &[Expr]) -> Result<Expr> {
    Expr::ufunc(ufunc(name), args)
}

/// The value of an expression.
pub(crate) fn compute(expr: Expr) -> Result<Array> {
    let mut made = Plan::new(vec![Output::Array(expr)], None)?.run(&mut |_, _| Ok(()))?;
    made.pop().flatten().ok_or_else(|| Error::new(ErrorKind::Value, "a plan without a result"))
}
