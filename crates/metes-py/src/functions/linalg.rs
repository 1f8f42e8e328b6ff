//! The functions behind `metes.linalg`, which gives them names, defaults and named results.

use super::Made;
use crate::convert::to_numbers;
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method, object};
use crate::methods::{output, parse_integer, parse_integers};
use crate::number::to_scalar;
use crate::object::from_array;
use metes_array::{Array, Element};
use metes_linalg::{self as linalg, MatrixNorm, QrMode};
use metes_memory::Result;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A function of one stack of matrices.
macro_rules! unary {
    ($name:literal, $function:path, $doc:literal) => {
        method!($name, |_, args| unary(args, |a| $function(a)), ["a"], $doc)
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        unary!("_linalg_inv", linalg::inv, "Inverses."),
        unary!("_linalg_det", linalg::det, "Determinants."),
        unary!("_linalg_svdvals", linalg::svdvals, "Singular values."),
        unary!("_linalg_eigvals", linalg::eigvals, "Eigenvalues."),
        method!("_linalg_slogdet", |_, args| pair(args, linalg::slogdet), ["a"], "Sign and logarithm of determinants."),
        method!("_linalg_eig", |_, args| pair(args, linalg::eig), ["a"], "Eigenvalues and eigenvectors."),
        method!("_linalg_eigh", eigh, ["a", "upper"], "Eigenvalues and eigenvectors of Hermitian matrices."),
        method!("_linalg_eigvalsh", eigvalsh, ["a", "upper"], "Eigenvalues of Hermitian matrices."),
        method!("_linalg_cholesky", cholesky, ["a", "upper"], "Cholesky factors."),
        method!("_linalg_qr", qr, ["a", "mode"], "QR decompositions; Q is None in mode r."),
        method!("_linalg_svd", svd, ["a", "full"], "Singular value decompositions."),
        method!("_linalg_solve", solve, ["a", "b"], "Solutions of systems of equations."),
        method!("_linalg_pinv", pinv, ["a", "rtol"], "Pseudo-inverses."),
        method!("_linalg_matrix_rank", matrix_rank, ["a", "tol", "rtol"], "Ranks."),
        method!("_linalg_lstsq", lstsq, ["a", "b", "rcond"], "A least-squares solution."),
        method!("_linalg_cond", cond, ["a", "p"], "Condition numbers."),
        method!("_linalg_matrix_power", matrix_power, ["a", "n"], "Powers of square matrices."),
        method!("_linalg_multi_dot", multi_dot, ["arrays", "out"], "A product of several matrices."),
        method!("_linalg_vector_norm", vector_norm, ["a", "ord", "axis", "keepdims"], "Norms of vectors."),
        method!("_linalg_matrix_norm", matrix_norm, ["a", "ord", "axis", "keepdims"], "Norms of matrices."),
    ]
}

fn first(args: &Args<'_, '_>) -> PyResult<Array> {
    to_numbers(args.required(0)?)
}

/// Runs work on `a` without the interpreter where it is large.
fn run<T: Send>(args: &Args<'_, '_>, a: &Array, work: impl FnOnce(&Array) -> Result<T> + Send) -> PyResult<T> {
    // Decompositions take longer than a pass over their elements.
    let bytes = a.nbytes().saturating_mul(8);
    eval::heavy(args.py(), bytes, || work(a)).or_raise()
}

fn unary<'py>(args: &Args<'_, 'py>, function: impl FnOnce(&Array) -> Result<Array> + Send) -> Made<'py> {
    let made = run(args, &first(args)?, function)?;
    Ok(from_array(args.py(), made, None))
}

fn pair<'py>(args: &Args<'_, 'py>, function: impl FnOnce(&Array) -> Result<(Array, Array)> + Send) -> Made<'py> {
    let py = args.py();
    let (one, other) = run(args, &first(args)?, function)?;
    object(py, (from_array(py, one, None), from_array(py, other, None)))
}

fn eigh<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let upper = args.flag(1, false)?;
    pair(args, |a| linalg::eigh(a, upper))
}

fn eigvalsh<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let upper = args.flag(1, false)?;
    unary(args, |a| linalg::eigvalsh(a, upper))
}

fn cholesky<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let upper = args.flag(1, false)?;
    unary(args, |a| linalg::cholesky(a, upper))
}

fn qr<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let mode = match args.required(1)?.extract::<std::borrow::Cow<'_, str>>()?.as_ref() {
        "reduced" => QrMode::Reduced,
        "complete" => QrMode::Complete,
        "r" => QrMode::R,
        other => return Err(PyValueError::new_err(format!("Unrecognized mode '{other}'"))),
    };
    let (q, r) = run(args, &first(args)?, |a| linalg::qr(a, mode))?;
    object(py, (q.map(|q| from_array(py, q, None)), from_array(py, r, None)))
}

fn svd<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (py, full) = (args.py(), args.flag(1, true)?);
    let (u, s, vh) = run(args, &first(args)?, |a| linalg::svd(a, full))?;
    object(py, (from_array(py, u, None), from_array(py, s, None), from_array(py, vh, None)))
}

fn solve<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let b = to_numbers(args.required(1)?)?;
    unary(args, |a| linalg::solve(a, &b))
}

/// An argument that is an array of tolerances, where it is given.
fn tolerance(args: &Args<'_, '_>, at: usize) -> PyResult<Option<Array>> {
    args.some(at).map(to_numbers).transpose()
}

fn pinv<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let rtol = tolerance(args, 1)?;
    unary(args, |a| linalg::pinv(a, rtol.as_ref()))
}

fn matrix_rank<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (tol, rtol) = (tolerance(args, 1)?, tolerance(args, 2)?);
    unary(args, |a| linalg::matrix_rank(a, tol.as_ref(), rtol.as_ref()))
}

fn lstsq<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let b = to_numbers(args.required(1)?)?;
    let rcond = args.some(2).map(|object| to_scalar(object).map(f64::from_scalar)).transpose()?;
    let (x, residuals, rank, s) = run(args, &first(args)?, |a| linalg::lstsq(a, &b, rcond))?;
    let wrap = |array| from_array(py, array, None);
    object(py, (wrap(x), wrap(residuals), rank, wrap(s)))
}

fn matrix_power<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let n = parse_integer(args.required(1)?).map_err(|_| PyTypeError::new_err("exponent must be an integer"))?;
    unary(args, |a| linalg::matrix_power(a, n as i64))
}

fn multi_dot<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let items = args.required(0)?.try_iter()?;
    let arrays = items.map(|item| to_numbers(&item?)).collect::<PyResult<Vec<_>>>()?;
    let out = args.some(1);
    let target = out.map(output).transpose()?;
    let bytes = arrays.iter().map(Array::nbytes).fold(0, usize::saturating_add);
    let made = eval::heavy(args.py(), bytes, || linalg::multi_dot(&arrays, target)).or_raise()?;
    Ok(out.cloned().unwrap_or_else(|| from_array(args.py(), made, None)))
}

fn norm_of(object: &Bound<'_, PyAny>) -> PyResult<MatrixNorm> {
    let Ok(text) = object.cast::<PyString>() else {
        return Ok(MatrixNorm::Order(f64::from_scalar(to_scalar(object)?)));
    };
    match text.to_cow()?.as_ref() {
        "fro" | "f" => Ok(MatrixNorm::Frobenius),
        "nuc" => Ok(MatrixNorm::Nuclear),
        _ => Err(PyValueError::new_err("Invalid norm order for matrices.")),
    }
}

fn cond<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let norm = args.some(1).map_or(Ok(MatrixNorm::Order(2.0)), norm_of)?;
    unary(args, |a| linalg::cond(a, norm))
}

fn vector_norm<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let order = args.required(1)?;
    if order.is_instance_of::<PyString>() {
        return Err(PyValueError::new_err(format!("Invalid norm order '{order}' for vectors")));
    }
    let order = f64::from_scalar(to_scalar(order)?);
    let axes = args.some(2).map(parse_integers).transpose()?;
    let keepdims = args.flag(3, false)?;
    unary(args, |a| linalg::vector_norm(a, order, axes.as_deref(), keepdims))
}

fn matrix_norm<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let norm = norm_of(args.required(1)?)?;
    let axes = parse_integers(args.required(2)?)?;
    let &[rows, columns] = axes.as_slice() else {
        return Err(PyValueError::new_err("a matrix has two axes"));
    };
    let keepdims = args.flag(3, false)?;
    unary(args, |a| linalg::matrix_norm(a, norm, (rows, columns), keepdims))
}
