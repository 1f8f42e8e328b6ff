//! A plain evaluator with the agreed signatures, in use until `metes-eval` has its own: whole temporaries, one walk.

use metes_array::{Array, Order, Scalar, broadcast_shapes, copy_into, shape_text};
use metes_dtype::{Casting, DType, Kind, Weak, can_cast, promote, promote_weak};
use metes_kernels::{Reduction, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// What an operation takes.
#[derive(Clone)]
pub(crate) enum Operand {
    Array(Array),
    Weak(Scalar),
}

#[derive(Default)]
pub(crate) struct Options {
    pub out: Vec<Option<Array>>,
    pub where_: Option<Array>,
    pub dtype: Option<DType>,
    pub casting: Casting,
    pub order: Order,
}

#[derive(Default)]
pub(crate) struct ReduceOptions {
    pub axes: Option<Vec<isize>>,
    pub keepdims: bool,
    pub dtype: Option<DType>,
    pub out: Option<Array>,
    pub where_: Option<Array>,
    pub initial: Option<Scalar>,
    pub correction: f64,
}

fn weak(scalar: Scalar) -> Weak {
    match scalar {
        Scalar::Bool(_) | Scalar::Int(_) => Weak::Int,
        Scalar::Float(_) => Weak::Float,
        Scalar::Complex(..) => Weak::Complex,
    }
}

fn common(inputs: &[Operand]) -> DType {
    let strong = inputs.iter().filter_map(|i| match i {
        Operand::Array(a) => Some(a.dtype()),
        Operand::Weak(_) => None,
    });
    let start = strong.reduce(promote);
    inputs
        .iter()
        .filter_map(|i| match i {
            Operand::Weak(s) => Some(*s),
            Operand::Array(_) => None,
        })
        .fold(start, |seen, s| {
            Some(seen.map_or_else(
                || s.default_dtype(),
                |d| {
                    if start.is_some() {
                        if let Scalar::Bool(_) = s { d } else { promote_weak(d, weak(s)) }
                    } else {
                        promote(d, s.default_dtype())
                    }
                },
            ))
        })
        .unwrap_or(DType::of(Kind::F64))
}

fn cast_dense(array: &Array, to: Kind) -> Result<Array> {
    let dense = array.copy(Order::C)?;
    let result = Array::empty(array.shape(), DType::of(to), "cast")?;
    let steps = [array.dtype().size() as isize, to.size() as isize];
    // SAFETY: both are dense, of the kinds of the loop, and have the same number of elements.
    unsafe { metes_kernels::cast(array.dtype().kind(), to)(dense.size(), &[dense.as_ptr(), result.as_ptr()], &steps) };
    Ok(result)
}

fn input(operand: &Operand, shape: &[usize], kind: Kind) -> Result<Array> {
    let array = match operand {
        Operand::Array(array) => array.clone(),
        Operand::Weak(scalar) => Array::full(&[], *scalar, DType::of(kind))?,
    };
    cast_dense(&array.broadcast_to(shape)?, kind)
}

pub(crate) fn apply(row: &'static Ufunc, inputs: &[Operand], options: &Options) -> Result<Vec<Array>> {
    let dtype = options.dtype.unwrap_or_else(|| common(inputs));
    let exact = row.cells.iter().find(|c| c.inputs.iter().all(|k| *k == dtype.kind()));
    let safe = || row.cells.iter().find(|c| c.inputs.iter().all(|k| can_cast(dtype, DType::of(*k), Casting::Safe)));
    let cell = exact.or_else(safe).ok_or_else(|| {
        let text = format!("ufunc '{}' not supported for the input types: {dtype}", row.name);
        Error::new(ErrorKind::Type, text)
    })?;
    let outs: Vec<Option<&Array>> = (0..row.nout).map(|i| options.out.get(i).and_then(Option::as_ref)).collect();
    let shapes: Vec<&[usize]> = inputs
        .iter()
        .filter_map(|i| if let Operand::Array(a) = i { Some(a.shape()) } else { None })
        .chain(outs.iter().flatten().map(|o| o.shape()))
        .collect();
    let shape = broadcast_shapes(&shapes)?;
    for (out, kind) in outs.iter().zip(cell.outputs) {
        let Some(out) = out else { continue };
        out.require_writeable(row.name)?;
        if out.shape() != &shape[..] {
            let text = format!("non-broadcastable output operand with shape {}", shape_text(out.shape()));
            return Err(Error::new(ErrorKind::Value, text));
        }
        if !can_cast(DType::of(*kind), out.dtype(), options.casting) {
            let text = format!(
                "Cannot cast ufunc '{}' output from {} to {} with casting rule '{}'",
                row.name,
                kind.name(),
                out.dtype(),
                options.casting.name()
            );
            return Err(Error::new(ErrorKind::Casting, text));
        }
    }
    let casts = inputs.iter().zip(cell.inputs).map(|(i, k)| input(i, &shape, *k)).collect::<Result<Vec<_>>>()?;
    let results =
        cell.outputs.iter().map(|k| Array::empty(&shape, DType::of(*k), row.name)).collect::<Result<Vec<_>>>()?;
    let all: Vec<&Array> = casts.iter().chain(&results).collect();
    let ptrs: Vec<*mut u8> = all.iter().map(|a| a.as_ptr()).collect();
    let steps: Vec<isize> = all.iter().map(|a| a.dtype().size() as isize).collect();
    let count = shape.iter().product();
    if count > 0 {
        // SAFETY: all are dense, of the kinds of the cell, and have `count` elements.
        unsafe { (cell.call)(count, &ptrs, &steps) };
    }
    outs.iter()
        .zip(results)
        .map(|(out, result)| {
            let Some(out) = out else { return Ok(result) };
            assign(out, &Operand::Array(result), Casting::Unsafe, options.where_.as_ref())?;
            Ok((*out).clone())
        })
        .collect()
}

pub(crate) fn reduce(row: &'static Reduction, array: &Array, options: &ReduceOptions) -> Result<Array> {
    let ndim = array.ndim();
    let all: Vec<isize> = (0..ndim as isize).collect();
    let axes: Vec<usize> =
        options.axes.as_ref().unwrap_or(&all).iter().map(|a| array.axis(*a)).collect::<Result<_>>()?;
    let kept: Vec<usize> = (0..ndim).filter(|a| !axes.contains(a)).collect();
    let kind = options.dtype.map_or(array.dtype().kind(), DType::kind);
    let cell = row
        .cell(kind)
        .ok_or_else(|| Error::new(ErrorKind::Type, format!("{}: no loop for {}", row.name, kind.name())))?;
    let order: Vec<isize> = kept.iter().chain(&axes).map(|a| *a as isize).collect();
    let dense = cast_dense(&array.transpose(Some(&order))?, cell.input)?;
    let count: usize = axes.iter().map(|a| array.shape()[*a]).product();
    let kept_shape: Vec<usize> = kept.iter().map(|a| array.shape()[*a]).collect();
    if count == 0 && !row.has_identity {
        let text = format!("zero-size array to reduction operation {} which has no identity", row.name);
        return Err(Error::new(ErrorKind::Value, text));
    }
    let result = Array::empty(&kept_shape, DType::of(cell.output), row.name)?;
    let mut state = vec![0_u128; cell.state.div_ceil(16)];
    let states = state.as_mut_ptr().cast::<u8>();
    let step = cell.input.size();
    for i in 0..result.size() {
        // SAFETY: the state is large and aligned enough; `count` values follow each other; one result is written.
        unsafe {
            (cell.init)(1, states);
            (cell.fold)(count, dense.as_ptr().wrapping_add(i * count * step), step as isize, states, 0);
            let out = result.as_ptr().wrapping_add(i * cell.output.size());
            (cell.finish)(1, states, out, 0, options.correction);
        }
    }
    let shape: Vec<isize> = (0..ndim).map(|a| if axes.contains(&a) { 1 } else { array.shape()[a] as isize }).collect();
    let result = if options.keepdims { result.reshape(&shape, Order::C, None)? } else { result };
    let Some(out) = &options.out else { return Ok(result) };
    assign(out, &Operand::Array(result), Casting::Unsafe, None)?;
    Ok(out.clone())
}

pub(crate) fn assign(into: &Array, value: &Operand, casting: Casting, where_: Option<&Array>) -> Result<()> {
    into.require_writeable("assignment")?;
    if let Operand::Array(array) = value
        && !can_cast(array.dtype(), into.dtype(), casting)
    {
        return Err(Error::new(ErrorKind::Casting, format!("cannot cast {} to {}", array.dtype(), into.dtype())));
    }
    if let Operand::Weak(scalar) = value {
        scalar.check(into.dtype())?;
    }
    let value = match value {
        Operand::Array(array)
            if array.ndim() > into.ndim() && array.shape()[..array.ndim() - into.ndim()].iter().all(|n| *n == 1) =>
        {
            Operand::Array(array.reshape(
                &array.shape()[array.ndim() - into.ndim()..].iter().map(|n| *n as isize).collect::<Vec<_>>(),
                Order::C,
                None,
            )?)
        }
        other => other.clone(),
    };
    let value = input(&value, into.shape(), into.dtype().kind())?;
    let Some(mask) = where_ else { return copy_into(into, &value) };
    let mask = mask.broadcast_to(into.shape())?.to_scalars();
    let merged: Vec<Scalar> = into
        .to_scalars()
        .into_iter()
        .zip(value.to_scalars())
        .zip(mask)
        .map(|((old, new), on)| if on == Scalar::Bool(true) { new } else { old })
        .collect();
    copy_into(into, &Array::from_scalars(into.shape(), &merged, into.dtype())?)
}

pub(crate) fn astype(array: &Array, dtype: DType, order: Order, casting: Casting, copy: bool) -> Result<Array> {
    if !can_cast(array.dtype(), dtype, casting) {
        let text = format!(
            "Cannot cast array data from {} to {dtype} according to the rule '{}'",
            array.dtype(),
            casting.name()
        );
        return Err(Error::new(ErrorKind::Casting, text));
    }
    if array.dtype() == dtype {
        return if copy { array.copy(order) } else { Ok(array.clone()) };
    }
    let like = array.empty_like(dtype, order, "astype")?;
    copy_into(&like, &cast_dense(array, dtype.kind())?)?;
    Ok(like)
}
