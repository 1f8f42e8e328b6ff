//! What follows from decompositions: pseudo-inverses, ranks, least squares, condition numbers, powers.

use super::square::inverses;
use super::{check_matrices, check_square, inv, kind_of, lin_alg, svd, svdvals};
use crate::axes::Axis;
use crate::chain::power;
use crate::contract::{Contraction, contract};
use crate::norms::{MatrixNorm, lenient_norm};
use crate::ops::{call, reduction, ufunc};
use crate::stacks::{ProductOptions, matmul};
use metes_array::{Array, Order, Scalar, number, shape_text};
use metes_dtype::{Casting, DType, Kind};
use metes_eval::{Operand, Options, ReduceOptions, apply, assign, astype, reduce};
use metes_memory::{Error, ErrorKind, Result};

/// A least-squares solution: the solution, sums of squared residuals (none where the rank is not full or there are no
/// more equations than unknowns), the rank, the singular values.
pub type Lstsq = (Array, Array, usize, Array);

fn fold(name: &str, a: &Array, axis: isize, keepdims: bool) -> Result<Array> {
    reduce(reduction(name), a, &ReduceOptions { axes: Some(vec![axis]), keepdims, ..Default::default() })
}

/// The larger side of the matrices times the relative spacing of their kind.
fn default_tolerance(a: &Array, kind: Kind) -> f64 {
    let side = a.shape()[a.ndim() - 2..].iter().copied().max().unwrap_or(0);
    side as f64 * kind.float_info().map_or(f64::EPSILON, |info| info.eps)
}

/// The bound for each stack's singular values: `relative` times the largest.
fn cutoff(s: &Array, relative: &Array) -> Result<Array> {
    let largest = fold("max", s, -1, true)?;
    call("multiply", &[&relative.expand_dims(&[-1])?, &largest])
}

/// 1/s where s is above the bound, else 0.
fn inverted(s: &Array, bound: &Array) -> Result<Array> {
    let mask = call("greater", &[s, bound])?;
    let out = Array::zeros(s.shape(), s.dtype())?;
    let options = Options { out: vec![Some(out.clone())], where_: Some(mask), ..Default::default() };
    apply(ufunc("divide"), &[Operand::Weak(Scalar::Float(1.0)), Operand::Array(s.clone())], &options)?;
    Ok(out)
}

/// The Moore-Penrose inverses of matrices; singular values up to `relative` times the largest count as 0. Without it the
/// larger side times the relative spacing of the dtype.
///
/// # Errors
/// As [`svd`].
pub fn pinv(a: &Array, relative: Option<&Array>) -> Result<Array> {
    check_matrices(a)?;
    let kind = kind_of(&[a])?;
    let (m, n) = (a.shape()[a.ndim() - 2], a.shape()[a.ndim() - 1]);
    let shape: Vec<usize> = a.shape()[..a.ndim() - 2].iter().copied().chain([n, m]).collect();
    if a.size() == 0 {
        return Array::empty(&shape, kind.into(), "pinv");
    }
    let (u, s, vh) = svd(a, false)?;
    let relative = match relative {
        Some(relative) => relative.clone(),
        None => Array::full(&[], Scalar::Float(default_tolerance(a, kind)), s.dtype())?,
    };
    let scale = inverted(&s, &cutoff(&s, &relative)?)?;
    let scaled = call("multiply", &[&conjugated(&vh)?.swapaxes(-1, -2)?, &scale.expand_dims(&[-2])?])?;
    let result = Array::empty(&shape, kind.into(), "pinv")?;
    let (batch, k) = (shape.len() - 2, s.shape()[s.ndim() - 1]);
    let mut axes: Vec<Axis> = (0..batch).map(|i| Axis { len: shape[i], a: Some(i), b: Some(i), c: Some(i) }).collect();
    axes.push(Axis { len: m, a: Some(batch), b: None, c: Some(batch + 1) });
    axes.push(Axis { len: n, a: None, b: Some(batch), c: Some(batch) });
    axes.push(Axis { len: k, a: Some(batch + 1), b: Some(batch + 1), c: None });
    let conj = u.is_complex();
    contract(&Contraction { a: &u, b: &scaled, c: &result, axes: &axes, dtype: kind.into(), conj, op: "pinv" })?;
    Ok(result)
}

fn conjugated(a: &Array) -> Result<Array> {
    if a.is_complex() { call("conjugate", &[a]) } else { Ok(a.clone()) }
}

/// The ranks of matrices: how many singular values are above `absolute`, or above `relative` times the largest. The
/// rank of a vector or number is whether anything of it is not 0.
///
/// # Errors
/// As [`svd`].
pub fn matrix_rank(a: &Array, absolute: Option<&Array>, relative: Option<&Array>) -> Result<Array> {
    if a.ndim() < 2 {
        let any = reduce(reduction("any"), a, &ReduceOptions::default())?;
        return astype(&any, Kind::I64.into(), Order::C, Casting::Unsafe, true);
    }
    let s = svdvals(a)?;
    let batch = &s.shape()[..s.ndim() - 1];
    if s.shape()[s.ndim() - 1] == 0 {
        return Array::zeros(batch, Kind::I64.into());
    }
    let bound = match (absolute, relative) {
        (Some(absolute), _) => absolute.expand_dims(&[-1])?,
        (None, Some(relative)) => cutoff(&s, relative)?,
        (None, None) => {
            let default = default_tolerance(a, number(s.dtype(), "matrix_rank")?);
            cutoff(&s, &Array::full(&[], Scalar::Float(default), s.dtype())?)?
        }
    };
    let above = call("greater", &[&s, &bound])?;
    let dtype = Some(DType::of(Kind::I64));
    reduce(reduction("sum"), &above, &ReduceOptions { axes: Some(vec![-1]), dtype, ..Default::default() })
}

/// The vector, or matrix, `x` that brings `a x` closest to `b`, the shortest where there are several.
///
/// # Errors
/// As [`svd`], for other than one matrix; shapes that do not match.
pub fn lstsq(a: &Array, b: &Array, relative: Option<f64>) -> Result<Lstsq> {
    let dims =
        |array: &Array| lin_alg(format!("{}-dimensional array given. Array must be two-dimensional", array.ndim()));
    if a.ndim() != 2 {
        return Err(dims(a));
    }
    let kind = kind_of(&[a, b])?;
    let vector = b.ndim() == 1;
    let b = if vector { b.expand_dims(&[-1])? } else { b.clone() };
    if b.ndim() != 2 {
        return Err(dims(&b));
    }
    let ([m, n], [rows, columns]) = ([a.shape()[0], a.shape()[1]], [b.shape()[0], b.shape()[1]]);
    if m != rows {
        return Err(lin_alg(format!(
            "Incompatible dimensions: {} and {}",
            shape_text(a.shape()),
            shape_text(b.shape())
        )));
    }
    let (a, b) = (
        astype(a, kind.into(), Order::K, Casting::Unsafe, false)?,
        astype(&b, kind.into(), Order::K, Casting::Unsafe, false)?,
    );
    let (u, s, vh) = svd(&a, false)?;
    let k = m.min(n);
    let relative = relative.filter(|r| *r >= 0.0).unwrap_or_else(|| default_tolerance(&a, kind));
    let (scale, rank) = if k == 0 {
        (s.clone(), 0)
    } else {
        let bound = cutoff(&s, &Array::full(&[], Scalar::Float(relative), s.dtype())?)?;
        let above = reduce(reduction("sum"), &call("greater", &[&s, &bound])?, &ReduceOptions::default())?;
        let rank = if let Scalar::Int(rank) = above.item(&[])? { rank as usize } else { 0 };
        (inverted(&s, &bound)?, rank)
    };
    let coefficients = Array::empty(&[k, columns], kind.into(), "lstsq")?;
    let axes = [
        Axis { len: k, a: Some(1), b: None, c: Some(0) },
        Axis { len: columns, a: None, b: Some(1), c: Some(1) },
        Axis { len: m, a: Some(0), b: Some(0), c: None },
    ];
    let conj = u.is_complex();
    let op = "lstsq";
    contract(&Contraction { a: &u, b: &b, c: &coefficients, axes: &axes, dtype: kind.into(), conj, op })?;
    let scaled = call("multiply", &[&coefficients, &scale.expand_dims(&[-1])?])?;
    let x = Array::empty(&[n, columns], kind.into(), "lstsq")?;
    let axes = [
        Axis { len: n, a: Some(1), b: None, c: Some(0) },
        Axis { len: columns, a: None, b: Some(1), c: Some(1) },
        Axis { len: k, a: Some(0), b: Some(0), c: None },
    ];
    contract(&Contraction { a: &vh, b: &scaled, c: &x, axes: &axes, dtype: kind.into(), conj, op })?;
    let residuals = residuals(&a, &b, &x, rank == n && m > n, kind)?;
    let x = if vector { x.squeeze(Some(&[-1]))? } else { x };
    Ok((x, residuals, rank, s))
}

fn residuals(a: &Array, b: &Array, x: &Array, wanted: bool, kind: Kind) -> Result<Array> {
    if !wanted {
        return Array::empty(&[0], kind.real().into(), "lstsq");
    }
    let left = matmul(a, x, &ProductOptions::default())?;
    let difference = call("subtract", &[b, &left])?;
    let length = crate::norms::vector_norm(&difference, 2.0, Some(&[0]), false)?;
    call("multiply", &[&length, &length])
}

/// Condition numbers of matrices by a norm: of the matrix times that of its inverse. Singular matrices have infinity.
///
/// # Errors
/// `LinAlg` for empty or, but for singular values, other than square matrices; norms that there are not.
pub fn cond(a: &Array, norm: MatrixNorm) -> Result<Array> {
    if a.size() == 0 {
        return Err(lin_alg("cond is not defined on empty arrays"));
    }
    check_matrices(a)?;
    let r = match norm {
        MatrixNorm::Order(order) if order.abs() == 2.0 => {
            let s = svdvals(a)?;
            let (largest, least) = (fold("max", &s, -1, false)?, fold("min", &s, -1, false)?);
            call("divide", &if order > 0.0 { [&largest, &least] } else { [&least, &largest] })?
        }
        _ => {
            check_square(a)?;
            let inverse = inverses(a, true)?;
            call("multiply", &[&lenient_norm(a, norm)?, &lenient_norm(&inverse, norm)?])?
        }
    };
    metes_eval::take_flags();
    let nan = |array: &Array| call("isnan", &[array]);
    let given = reduce(
        reduction("any"),
        &nan(a).or_else(|_| Array::zeros(a.shape(), Kind::Bool.into()))?,
        &ReduceOptions { axes: Some(vec![-2, -1]), ..Default::default() },
    )?;
    let lost = call("greater", &[&nan(&r)?, &given])?;
    assign(&r, &Operand::Weak(Scalar::Float(f64::INFINITY)), Casting::Unsafe, Some(&lost))?;
    Ok(r)
}

/// Square matrices to an integer power, negative ones by their inverses.
///
/// # Errors
/// [`ErrorKind::LinAlg`] for other than square matrices, and singular ones where `n` is negative.
pub fn matrix_power(a: &Array, n: i64) -> Result<Array> {
    check_square(a)?;
    match n {
        0 => {
            let side = a.shape()[a.ndim() - 1];
            let unit = Array::eye(side, side, 0, a.dtype())?;
            let result = Array::empty(a.shape(), a.dtype(), "matrix_power")?;
            assign(&result, &Operand::Array(unit), Casting::Unsafe, None)?;
            Ok(result)
        }
        1.. => power(a, n.unsigned_abs()),
        _ => power(&inv(a)?, n.unsigned_abs()),
    }
    .map_err(|error: Error| if error.kind() == ErrorKind::LinAlg { error } else { error.context("matrix_power") })
}
