//! The other products of two arrays: each names the axes that it sums over, and copies nothing.

use crate::axes::Axis;
use crate::contract::{Contraction, contract};
use crate::ops::ufunc;
use metes_array::{Array, Index, Order, meet, shape_text};
use metes_dtype::DType;
use metes_eval::{Arg, Operand, Options, ProgramBuilder, ReduceOptions, ScratchBuf, apply, reduce};
use metes_memory::{Error, ErrorKind, Result};

fn value(message: String) -> Error {
    Error::new(ErrorKind::Value, message)
}

/// `a * b`, broadcast.
pub(crate) fn multiply(a: &Array, b: &Array, out: Option<Array>) -> Result<Array> {
    let options = Options { out: out.map(|out| vec![Some(out)]).unwrap_or_default(), ..Default::default() };
    let mut made = apply(ufunc("multiply"), &[Operand::Array(a.clone()), Operand::Array(b.clone())], &options)?;
    Ok(made.remove(0))
}

/// The result of summing over pairs of axes: what is left of `a`, then what is left of `b`.
fn over(a: &Array, b: &Array, pairs: &[(usize, usize)], out: Option<&Array>, op: &'static str) -> Result<Array> {
    let dtype = meet(a.dtype(), b.dtype())?;
    let free = |array: &Array, bound: Vec<usize>| (0..array.ndim()).filter(|x| !bound.contains(x)).collect::<Vec<_>>();
    let left = free(a, pairs.iter().map(|p| p.0).collect());
    let right = free(b, pairs.iter().map(|p| p.1).collect());
    let shape: Vec<usize> = left.iter().map(|&x| a.shape()[x]).chain(right.iter().map(|&x| b.shape()[x])).collect();
    let c = match out {
        None => Array::empty(&shape, dtype, op)?,
        Some(out) if out.dtype() == dtype && out.shape() == shape && out.is_c_contiguous() => {
            out.require_writeable(op)?;
            out.clone()
        }
        Some(_) => {
            let text = format!(
                "{op}: output array is not acceptable (must be a C-contiguous array of dtype {dtype} and shape {})",
                shape_text(&shape)
            );
            return Err(value(text));
        }
    };
    let mut axes: Vec<Axis> =
        pairs.iter().map(|&(i, j)| Axis { len: a.shape()[i], a: Some(i), b: Some(j), c: None }).collect();
    let free_axis = |c: usize, a: Option<usize>, b: Option<usize>| Axis { len: shape[c], a, b, c: Some(c) };
    axes.extend(left.iter().enumerate().map(|(c, &i)| free_axis(c, Some(i), None)));
    axes.extend(right.iter().enumerate().map(|(c, &j)| free_axis(left.len() + c, None, Some(j))));
    contract(&Contraction { a, b, c: &c, axes: &axes, dtype, conj: false, op })?;
    Ok(c)
}

fn aligned(a: &Array, i: usize, b: &Array, j: usize) -> Result<()> {
    let (n, m) = (a.shape()[i], b.shape()[j]);
    if n == m {
        return Ok(());
    }
    let (sa, sb) = (shape_text(a.shape()), shape_text(b.shape()));
    Err(value(format!("shapes {sa} and {sb} not aligned: {n} (dim {i}) != {m} (dim {j})")))
}

/// The sum over the last axis of `a` and the second to last, or only, axis of `b`.
///
/// # Errors
/// Lengths that differ, an `out` of another shape, dtype or order, refused memory.
pub fn dot(a: &Array, b: &Array, out: Option<&Array>) -> Result<Array> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return scaled(a, b, out, "dot");
    }
    let (i, j) = (a.ndim() - 1, b.ndim().saturating_sub(2));
    aligned(a, i, b, j)?;
    over(a, b, &[(i, j)], out, "dot")
}

/// The sum over the last axes of both.
///
/// # Errors
/// As [`dot`].
pub fn inner(a: &Array, b: &Array) -> Result<Array> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return scaled(a, b, None, "inner");
    }
    aligned(a, a.ndim() - 1, b, b.ndim() - 1)?;
    over(a, b, &[(a.ndim() - 1, b.ndim() - 1)], None, "inner")
}

/// A product with a number: nothing is summed.
fn scaled(a: &Array, b: &Array, out: Option<&Array>, op: &'static str) -> Result<Array> {
    over(a, b, &[], out, op)
}

/// The sum of products of all elements in C order, those of `a` conjugated.
///
/// # Errors
/// Sizes that differ, refused memory.
pub fn vdot(a: &Array, b: &Array) -> Result<Array> {
    if a.size() != b.size() {
        return Err(value(format!("vdot: vectors have different lengths, {} and {}", a.size(), b.size())));
    }
    let (a, b) = if a.shape() == b.shape() { (a.clone(), b.clone()) } else { (a.ravel(Order::C)?, b.ravel(Order::C)?) };
    let dtype = meet(a.dtype(), b.dtype())?;
    let c = Array::empty(&[], dtype, "vdot")?;
    let axes: Vec<Axis> = (0..a.ndim()).map(|i| Axis { len: a.shape()[i], a: Some(i), b: Some(i), c: None }).collect();
    contract(&Contraction { a: &a, b: &b, c: &c, axes: &axes, dtype, conj: a.is_complex(), op: "vdot" })?;
    Ok(c)
}

/// The products of all elements of `a`, in C order, with all of `b`.
///
/// # Errors
/// An `out` that does not fit, refused memory.
pub fn outer(a: &Array, b: &Array, out: Option<Array>) -> Result<Array> {
    let (a, b) = (a.ravel(Order::C)?, b.ravel(Order::C)?);
    multiply(&a.expand_dims(&[1])?, &b.expand_dims(&[0])?, out)
}

/// The sum over the axes `axes_a` of `a` and `axes_b` of `b`, pair by pair.
///
/// # Errors
/// Axes that are not there, lengths that differ, refused memory.
pub fn tensordot(a: &Array, b: &Array, axes_a: &[isize], axes_b: &[isize]) -> Result<Array> {
    let wrong = || value("tensordot: shape-mismatch for sum".to_owned());
    if axes_a.len() != axes_b.len() {
        return Err(wrong());
    }
    let mut pairs = Vec::with_capacity(axes_a.len());
    for (&i, &j) in axes_a.iter().zip(axes_b) {
        let pair = (a.axis(i)?, b.axis(j)?);
        if a.shape()[pair.0] != b.shape()[pair.1] {
            return Err(wrong());
        }
        if pairs.iter().any(|seen: &(usize, usize)| seen.0 == pair.0 || seen.1 == pair.1) {
            return Err(value("tensordot: an axis is named twice".to_owned()));
        }
        pairs.push(pair);
    }
    over(a, b, &pairs, None, "tensordot")
}

/// The Kronecker product: `b` scaled by each element of `a`, laid out as blocks.
///
/// # Errors
/// A result that is too large, refused memory.
pub fn kron(a: &Array, b: &Array) -> Result<Array> {
    let ndim = a.ndim().max(b.ndim());
    let padded = |array: &Array| {
        let mut shape = vec![1; ndim - array.ndim()];
        shape.extend(array.shape());
        shape
    };
    let (sa, sb) = (padded(a), padded(b));
    let too_large = || value("kron: the result is too large".to_owned());
    let shape: Vec<usize> =
        sa.iter().zip(&sb).map(|(n, m)| n.checked_mul(*m)).collect::<Option<_>>().ok_or_else(too_large)?;
    let blocks: Vec<isize> = sa.iter().zip(&sb).flat_map(|(&n, &m)| [n as isize, m as isize]).collect();
    let spread = |array: &Array, odd: usize| {
        let new = ndim - array.ndim();
        let own = |axis: usize| axis % 2 == odd && axis / 2 >= new;
        let index: Vec<Index> = (0..2 * ndim).map(|axis| if own(axis) { whole() } else { Index::NewAxis }).collect();
        array.index(&index)
    };
    let result = Array::empty(&shape, meet(a.dtype(), b.dtype())?, "kron")?;
    let view = result.reshape(&blocks, Order::C, Some(false))?;
    multiply(&spread(a, 0)?, &spread(b, 1)?, Some(view))?;
    Ok(result)
}

fn whole() -> Index {
    Index::Slice { start: None, stop: None, step: None }
}

/// The sums along the diagonals of two axes.
///
/// # Errors
/// Fewer than two axes, an `out` that does not fit, refused memory.
pub fn trace(
    a: &Array,
    offset: isize,
    axes: (isize, isize),
    dtype: Option<DType>,
    out: Option<Array>,
) -> Result<Array> {
    let diagonal = a.diagonal(offset, axes.0, axes.1)?;
    let sum = metes_kernels::reduction("sum").expect("a row of the table");
    reduce(sum, &diagonal, &ReduceOptions { axes: Some(vec![-1]), dtype, out, ..Default::default() })
}

/// The cross products of vectors of three along the last axes.
///
/// # Errors
/// Last axes of another length, shapes that do not broadcast, bools, refused memory.
pub fn cross(a: &Array, b: &Array) -> Result<Array> {
    let of = |array: &Array| array.shape().last().copied().unwrap_or(0);
    if of(a) != 3 || of(b) != 3 {
        let text = format!(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are {} and {} dimensional instead.",
            of(a),
            of(b)
        );
        return Err(value(text));
    }
    let shape = metes_array::broadcast_shapes(&[a.shape(), b.shape()])?;
    let mut builder = ProgramBuilder::new();
    let slots = [a, b, a, b].map(|array| Arg::Slot(builder.input(array.dtype())));
    let first = builder.ufunc(ufunc("multiply"), &slots[..2])?;
    let second = builder.ufunc(ufunc("multiply"), &slots[2..])?;
    let difference = builder.ufunc(ufunc("subtract"), &[Arg::Slot(first), Arg::Slot(second)])?;
    let program = builder.finish(difference);
    let mut scratch = ScratchBuf::new(&program)?;
    let result = Array::empty(&shape, program.dtype(), "cross")?;
    let part = |array: &Array, i: usize| array.index(&[Index::Ellipsis, Index::At((i % 3) as isize)]);
    for i in 0..3 {
        let inputs = [part(a, i + 1)?, part(b, i + 2)?, part(a, i + 2)?, part(b, i + 1)?];
        program.run(&inputs, &part(&result, i)?, None, &mut scratch)?;
    }
    Ok(result)
}
