//! Products of arrays: `matmul` and its kin, `dot`, `tensordot`, and what else sums products.

use super::Made;
use crate::convert::to_numbers;
use crate::direct;
use crate::dtype::{parse_dtype, parse_dtype_or_none};
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method};
use crate::methods::{output, parse_axis, parse_casting, parse_integer, parse_integers, parse_order, single};
use crate::object::{array_of, from_array};
use metes_array::{Array, Order};
use metes_dtype::Casting;
use metes_linalg::{self as linalg, ProductOptions};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

/// A product of stacks: all of them take the same arguments.
macro_rules! stacked {
    ($name:literal, $function:path, $short:expr, $doc:literal) => {
        method!(
            $name,
            |_, args| match shortly(args, $short, $name)? {
                Some(made) => Ok(made),
                None => stacked(args, $function),
            },
            ["x1", "x2", "out=None", "*", "casting='same_kind'", "order='K'", "dtype=None", "axes=None", "axis=None"],
            $doc
        )
    };
}

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        stacked!(
            "matmul",
            linalg::matmul,
            Some(linalg::dot_direct),
            "The product of matrices, or of stacks of them; also written `x1 @ x2`."
        ),
        stacked!("vecdot", linalg::vecdot, None, "Scalar products of vectors along an axis, those of x1 conjugated."),
        stacked!("matvec", linalg::matvec, None, "Products of matrices and vectors."),
        stacked!("vecmat", linalg::vecmat, None, "Products of vectors, conjugated, and matrices."),
        method!(
            "dot",
            dot,
            ["a", "b", "out=None"],
            "The sum over the last axis of a and the second to last, or only, axis of b."
        ),
        method!("vdot", vdot, ["a", "b"], "The sum of products of all elements, those of a conjugated."),
        method!("inner", inner, ["a", "b"], "The sum of products over the last axes."),
        method!("outer", outer, ["a", "b", "out=None"], "The products of all elements of a with all of b."),
        method!("kron", kron, ["a", "b"], "The Kronecker product: b scaled by each element of a, in blocks."),
        method!(
            "tensordot",
            tensordot,
            ["a", "b", "axes=2"],
            "The sum of products over axes: so many last ones of a and first ones of b, or two lists of axes."
        ),
        method!(
            "trace",
            |_, args| trace(args, &to_numbers(args.required(0)?)?, 1),
            ["a", "offset=0", "axis1=0", "axis2=1", "dtype=None", "out=None"],
            "The sums along diagonals of two axes."
        ),
        method!(
            "cross",
            cross,
            ["a", "b", "axisa=-1", "axisb=-1", "axisc=-1", "axis=None"],
            "The cross products of vectors of three."
        ),
    ]
}

/// Two arrays, and how many bytes a product goes through, about.
pub(crate) fn two(args: &Args<'_, '_>) -> PyResult<(Array, Array, usize)> {
    let (a, b) = (to_numbers(args.required(0)?)?, to_numbers(args.required(1)?)?);
    let bytes = a.nbytes().saturating_add(b.nbytes());
    Ok((a, b, bytes))
}

/// The product of two small arrays that are the only arguments.
#[inline]
fn shortly<'py>(
    args: &Args<'_, 'py>,
    product: Option<direct::Product>,
    op: &'static str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match (args.given(), product, args.get(0), args.get(1)) {
        (2, Some(product), Some(a), Some(b)) => direct::product(a, b, product, op),
        _ => Ok(None),
    }
}

type Product = fn(&Array, &Array, &ProductOptions) -> metes_memory::Result<Array>;

fn stacked<'py>(args: &Args<'_, 'py>, product: Product) -> Made<'py> {
    let out = args.some(2).map(single).transpose()?;
    let axes = match (args.named("axes"), args.named("axis")) {
        (Some(_), Some(_)) => return Err(PyValueError::new_err("cannot specify both 'axis' and 'axes'")),
        (Some(axes), None) => Some(axes.try_iter()?.map(|one| parse_integers(&one?)).collect::<PyResult<Vec<_>>>()?),
        (None, Some(axis)) => Some(vec![vec![parse_integer(axis)?]; 2]),
        (None, None) => None,
    };
    let options = ProductOptions {
        out: out.as_ref().map(output).transpose()?,
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        casting: parse_casting(args.named("casting"), Casting::SameKind)?,
        order: parse_order(args.named("order"), Order::K)?,
        axes,
    };
    let (a, b, bytes) = two(args)?;
    let made = eval::heavy(args.py(), bytes, || product(&a, &b, &options)).or_raise()?;
    Ok(out.unwrap_or_else(|| from_array(args.py(), made, None)))
}

fn dot<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if let Some(made) = shortly(args, Some(linalg::dot_direct), "dot")? {
        return Ok(made);
    }
    let (a, b, bytes) = two(args)?;
    if args.some(2).is_none()
        && let Some(spans) = super::given::spans(args.py(), "dot", &a, &b, None)?
    {
        return Ok(spans);
    }
    dot_into(args.py(), &a, &b, bytes, args.some(2))
}

/// `dot` of two arrays, into `out` where it is given.
pub(crate) fn dot_into<'py>(
    py: Python<'py>,
    a: &Array,
    b: &Array,
    bytes: usize,
    out: Option<&Bound<'py, PyAny>>,
) -> Made<'py> {
    let target = out.map(output).transpose()?;
    let made = eval::heavy(py, bytes, || linalg::dot(a, b, target.as_ref())).or_raise()?;
    Ok(out.cloned().unwrap_or_else(|| from_array(py, made, None)))
}

/// A product of two arrays without further arguments.
fn plain<'py>(args: &Args<'_, 'py>, product: fn(&Array, &Array) -> metes_memory::Result<Array>) -> Made<'py> {
    let (a, b, bytes) = two(args)?;
    let made = eval::heavy(args.py(), bytes, || product(&a, &b)).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn vdot<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if let Some(made) = shortly(args, Some(linalg::vdot_direct), "vdot")? {
        return Ok(made);
    }
    plain(args, linalg::vdot)
}

fn inner<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let vector = |at| args.get(at).and_then(array_of).is_some_and(|array| array.ndim() == 1);
    if vector(0)
        && vector(1)
        && let Some(made) = shortly(args, Some(linalg::dot_direct), "inner")?
    {
        return Ok(made);
    }
    let (a, b, _) = two(args)?;
    match super::given::spans(args.py(), "inner", &a, &b, None)? {
        Some(spans) => Ok(spans),
        None => plain(args, linalg::inner),
    }
}

fn kron<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    plain(args, linalg::kron)
}

fn outer<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, _) = two(args)?;
    let out = args.some(2);
    let target = out.map(output).transpose()?;
    let bytes = a.nbytes().saturating_mul(b.size());
    let made = eval::heavy(args.py(), bytes, || linalg::outer(&a, &b, target)).or_raise()?;
    Ok(out.cloned().unwrap_or_else(|| from_array(args.py(), made, None)))
}

fn tensordot<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, bytes) = two(args)?;
    let (left, right) = match args.some(2) {
        None => counted(2)?,
        Some(axes) => match parse_integer(axes) {
            Ok(n) => counted(n)?,
            Err(_) => (parse_integers(&axes.get_item(0)?)?, parse_integers(&axes.get_item(1)?)?),
        },
    };
    let made = eval::heavy(args.py(), bytes, || linalg::tensordot(&a, &b, &left, &right)).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

/// The last `n` axes of one array, the first `n` of the other.
fn counted(n: isize) -> PyResult<(Vec<isize>, Vec<isize>)> {
    if n < 0 {
        return Err(PyValueError::new_err("tensordot: the number of axes must not be negative"));
    }
    Ok(((-n..0).collect(), (0..n).collect()))
}

/// `trace` with the arguments from number `first` on.
pub(crate) fn trace<'py>(args: &Args<'_, 'py>, array: &Array, first: usize) -> Made<'py> {
    let number = |at: usize, default| args.some(first + at).map_or(Ok(default), parse_integer);
    let (offset, axes) = (number(0, 0)?, (number(1, 0)?, number(2, 1)?));
    let dtype = parse_dtype_or_none(args.some(first + 3))?;
    let out = args.some(first + 4);
    let target = out.map(output).transpose()?;
    let made = linalg::trace(array, offset, axes, dtype, target).or_raise()?;
    Ok(out.cloned().unwrap_or_else(|| from_array(args.py(), made, None)))
}

fn cross<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, bytes) = two(args)?;
    let all = parse_axis(args.some(5))?.and_then(|axes| axes.first().copied());
    let axis = |at: usize| all.map_or_else(|| args.some(at).map_or(Ok(-1), parse_integer), Ok);
    let (a, b) = (a.moveaxis(&[axis(2)?], &[-1]).or_raise()?, b.moveaxis(&[axis(3)?], &[-1]).or_raise()?);
    let made = eval::heavy(args.py(), bytes, || linalg::cross(&a, &b)).or_raise()?;
    Ok(from_array(args.py(), made.moveaxis(&[-1], &[axis(4)?]).or_raise()?, None))
}
