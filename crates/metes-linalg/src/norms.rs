//! Norms of vectors and matrices, each in one pass over the elements.

use crate::axes::Axis;
use crate::contract::{Contraction, contract};
use crate::decompose::{singular_values, svdvals};
use crate::ops::{call, call_with, compute, lazily, reduction};
use crate::short::length_direct;
use metes_array::{Array, Dims, Order, number};
use metes_dtype::{Casting, Category, DType, Kind};
use metes_eval::{Expr, ReduceOptions, astype, reduce};
use metes_memory::{Error, ErrorKind, Result};

/// Which norm of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MatrixNorm {
    /// The root of the sum of squares.
    Frobenius,
    /// The sum of singular values.
    Nuclear,
    /// 1 and -1: largest and smallest sum of a column; infinities: of a row; 2 and -2: singular value.
    Order(f64),
}

fn value(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}

/// Floats as they are, all else as float64.
fn floating(a: &Array) -> Result<Array> {
    match a.dtype().category() {
        Category::Float | Category::Complex if a.dtype().is_native() => Ok(a.clone()),
        _ => astype(a, DType::of(Kind::F64), Order::K, Casting::Unsafe, false),
    }
}

/// Norms of vectors along axes, all by default: the sum of moduli to the power `order`, to the power of its inverse; the
/// largest or smallest modulus for infinite orders, the number of elements other than 0 for order 0.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[2], &[3.0, 4.0])?;
/// assert_eq!(metes_linalg::vector_norm(&a, 2.0, None, false)?.read::<f64>()?.to_vec(), [5.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Axes that are not there, no elements for infinite orders, refused memory.
pub fn vector_norm(a: &Array, order: f64, axes: Option<&[isize]>, keepdims: bool) -> Result<Array> {
    if order == 2.0 {
        return length(a, axes, keepdims);
    }
    let a = floating(a)?;
    let every: Vec<isize> = axes.map_or_else(|| (0..a.ndim() as isize).collect(), <[isize]>::to_vec);
    let modulus = lazily("absolute", &[Expr::array(a.clone())])?;
    let fold = |expr: &Expr, name: &str| expr.reduce(reduction(name), Some(&every), keepdims, None, 0.0);
    if order.is_infinite() {
        if every.iter().any(|&axis| a.axis(axis).is_ok_and(|axis| a.shape()[axis] == 0)) {
            return Err(value("norm: no elements to take the largest or smallest of"));
        }
        return compute(fold(&modulus, if order > 0.0 { "max" } else { "min" })?);
    }
    if order == 0.0 {
        let real = DType::of(number(a.dtype(), "norm")?.real());
        let other = lazily("not_equal", &[Expr::array(a.clone()), Expr::scalar(metes_array::Scalar::Float(0.0))])?;
        return compute(fold(&other.cast(real)?, "sum")?);
    }
    if order == 1.0 {
        return compute(fold(&modulus, "sum")?);
    }
    let power = lazily("power", &[modulus, Expr::scalar(metes_array::Scalar::Float(order))])?;
    call_with("power", &compute(fold(&power, "sum")?)?, 1.0 / order)
}

/// The Euclidean length: the root of the scalar product with itself.
fn length(a: &Array, axes: Option<&[isize]>, keepdims: bool) -> Result<Array> {
    if axes.is_none()
        && !keepdims
        && let Some(length) = length_direct(a)?
    {
        return Ok(length);
    }
    let kind = match a.dtype().category() {
        Category::Float | Category::Complex => number(a.dtype(), "norm")?,
        _ => Kind::F64,
    };
    let gone: Vec<usize> = match axes {
        None => (0..a.ndim()).collect(),
        Some(axes) => axes.iter().map(|&axis| a.axis(axis)).collect::<Result<_>>()?,
    };
    if gone.iter().enumerate().any(|(i, axis)| gone[..i].contains(axis)) {
        return Err(value("norm: duplicate value in 'axis'"));
    }
    let kept: Vec<usize> = (0..a.ndim()).filter(|axis| !gone.contains(axis)).collect();
    let shape: Dims = kept.iter().map(|&axis| a.shape()[axis]).collect();
    let square = Array::empty(&shape, kind.into(), "norm")?;
    let place = |axis: usize| kept.iter().position(|k| *k == axis);
    let axes: Vec<Axis> =
        (0..a.ndim()).map(|i| Axis { len: a.shape()[i], a: Some(i), b: Some(i), c: place(i) }).collect();
    let conj = kind.category() == Category::Complex;
    contract(&Contraction { a, b: a, c: &square, axes: &axes, dtype: kind.into(), conj, op: "norm" })?;
    let root = call("sqrt", &[&square.real()])?;
    if !keepdims {
        return Ok(root);
    }
    let shape: Vec<isize> = (0..a.ndim()).map(|i| if gone.contains(&i) { 1 } else { a.shape()[i] as isize }).collect();
    root.reshape(&shape, Order::C, Some(false))
}

/// Norms of the matrices that two axes hold.
///
/// # Errors
/// Axes that are not there or the same, orders that no norm of a matrix has, refused memory.
pub fn matrix_norm(a: &Array, norm: MatrixNorm, axes: (isize, isize), keepdims: bool) -> Result<Array> {
    if a.axis(axes.0)? == a.axis(axes.1)? {
        return Err(value("Duplicate axes given."));
    }
    let order = match norm {
        MatrixNorm::Frobenius => return length(a, Some(&[axes.0, axes.1]), keepdims),
        MatrixNorm::Nuclear => 0.0,
        MatrixNorm::Order(order) => order,
    };
    let a = floating(a)?.moveaxis(&[axes.0, axes.1], &[-2, -1])?;
    let name = if order < 0.0 { "min" } else { "max" };
    let made = match (norm, order.abs()) {
        (MatrixNorm::Nuclear, _) => fold("sum", &svdvals(&a)?, -1),
        (_, 2.0) => fold(name, &svdvals(&a)?, -1),
        (_, 1.0) => sums(&a, -2).and_then(|sums| fold(name, &sums, -1)),
        (_, f64::INFINITY) => sums(&a, -1).and_then(|sums| fold(name, &sums, -1)),
        _ => Err(value("Invalid norm order for matrices.")),
    }?;
    if !keepdims {
        return Ok(made);
    }
    let kept = made.expand_dims(&[-2, -1])?;
    let ends = [kept.ndim() as isize - 2, kept.ndim() as isize - 1];
    kept.moveaxis(&ends, &[axes.0, axes.1])
}

/// The norm of the last two axes; NaN where an iteration would not end.
pub(crate) fn lenient_norm(a: &Array, norm: MatrixNorm) -> Result<Array> {
    match norm {
        MatrixNorm::Nuclear => fold("sum", &singular_values(a, true)?, -1),
        norm => matrix_norm(a, norm, (-2, -1), false),
    }
}

fn fold(name: &str, a: &Array, axis: isize) -> Result<Array> {
    reduce(reduction(name), a, &ReduceOptions { axes: Some(vec![axis]), ..Default::default() })
}

/// Sums of moduli along an axis.
fn sums(a: &Array, axis: isize) -> Result<Array> {
    compute(lazily("absolute", &[Expr::array(a.clone())])?.reduce(reduction("sum"), Some(&[axis]), false, None, 0.0)?)
}
