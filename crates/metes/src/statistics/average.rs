//! Averages and spreads beyond those of the table of reductions.

use crate::build::{Build, at, call, call2, reduced, reduction, value_error, view};
use metes_array::{Array, Scalar, meet, number, shape_text};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Arg, Operand, ProgramBuilder, ReduceOptions, Slot, apply_program, reduce_program};
use metes_memory::Result;

/// The distance from the smallest to the largest value along axes.
///
/// # Errors
/// Nothing to compare, axes that are not there, refused memory.
pub fn ptp(a: &Array, axes: Option<&[isize]>, keepdims: bool) -> Result<Array> {
    call2("subtract", &reduced("max", a, axes, keepdims)?, &reduced("min", a, axes, keepdims)?)
}

/// What [`average`] gives.
pub struct Average {
    /// The averages.
    pub values: Array,
    /// The sums of the weights, of the same shape.
    pub weights: Array,
}

/// The average of values along axes by weights, which have the shape of `a`, or that of the axes.
///
/// # Errors
/// Weights of another shape, weights that sum to zero ([`metes_memory::ErrorKind::Value`]), refused memory.
pub fn average(a: &Array, axes: Option<&[isize]>, weights: Option<&Array>, keepdims: bool) -> Result<Average> {
    let Some(weights) = weights else {
        let values = reduced("mean", a, axes, keepdims)?;
        let count = if values.size() == 0 { 0.0 } else { a.size() as f64 / values.size() as f64 };
        let weights = Array::full(values.shape(), Scalar::Float(count), values.dtype())?;
        return Ok(Average { values, weights });
    };
    let weights = spread(a, axes, weights)?;
    let mut dtype = meet(a.dtype(), weights.dtype())?;
    if a.dtype().category() < Category::Float {
        dtype = meet(dtype, Kind::F64.into())?;
    }
    let shape = weights.broadcast_to(a.shape())?;
    let sums = metes_eval::reduce(
        reduction("sum"),
        &shape,
        &metes_eval::ReduceOptions {
            axes: axes.map(<[isize]>::to_vec),
            keepdims,
            dtype: Some(dtype),
            ..Default::default()
        },
    )?;
    let zeros = call("equal", &[Operand::Array(sums.clone()), Operand::Weak(Scalar::Int(0))])?;
    if reduced("any", &zeros, None, false)?.item(&[])? == Scalar::Bool(true) {
        return Err(value_error("Weights sum to zero, can't be normalized"));
    }
    let mut builder = ProgramBuilder::new();
    let (x, w) = (builder.input(a.dtype()), builder.input(weights.dtype()));
    let (x, w) = (builder.cast(x, dtype)?, builder.cast(w, dtype)?);
    let product = builder.call2("multiply", x, w)?;
    let total = reduce_program(reduction("sum"), builder, product, &[a.clone(), weights], axes, keepdims)?;
    Ok(Average { values: call2("divide", &total, &sums)?, weights: sums })
}

/// Weights stretched along the axes that they do not have.
fn spread(a: &Array, axes: Option<&[isize]>, weights: &Array) -> Result<Array> {
    if weights.shape() == a.shape() {
        return Ok(weights.clone());
    }
    let Some(axes) = axes else {
        let message = "Axis must be specified when shapes of a and weights differ.";
        return Err(metes_memory::Error::new(metes_memory::ErrorKind::Type, message));
    };
    let axes: Vec<usize> = axes.iter().map(|&axis| a.axis(axis)).collect::<Result<_>>()?;
    let wanted: Vec<usize> = axes.iter().map(|&axis| a.shape()[axis]).collect();
    if weights.shape() != wanted {
        return Err(value_error(format!(
            "Shape of weights must be consistent with shape of a along specified axis: {} is not {}",
            shape_text(weights.shape()),
            shape_text(&wanted)
        )));
    }
    let mut order: Vec<usize> = (0..axes.len()).collect();
    order.sort_by_key(|&i| axes[i]);
    let turned = weights.transpose(Some(&order.iter().map(|&i| i as isize).collect::<Vec<_>>()))?;
    let others: Vec<isize> = (0..a.ndim()).filter(|axis| !axes.contains(axis)).map(|axis| axis as isize).collect();
    turned.expand_dims(&others)
}

/// The mean squared distance from `mean`, which has the axes with length 1, or its root; axes, mask, correction, NaN and
/// `keepdims` as the options say.
///
/// # Errors
/// A mean that does not broadcast, axes that are not there, refused memory.
pub fn variance_about(a: &Array, mean: &Array, options: &ReduceOptions, root: bool) -> Result<Array> {
    let real: DType = match number(a.dtype(), "var")? {
        Kind::C64 => Kind::F32.into(),
        Kind::C128 => Kind::F64.into(),
        kind if kind.category() == Category::Float => kind.into(),
        _ => Kind::F64.into(),
    };
    let (axes, keepdims) = (options.axes.as_deref(), options.keepdims);
    let mut inputs = vec![a.clone(), mean.clone()];
    inputs.extend(options.where_.clone());
    let present = |builder: &mut ProgramBuilder, x: Slot, mask: Option<Slot>| -> Result<Option<Slot>> {
        let there = if options.skip_nan { Some(builder.call2("equal", x, x)?) } else { None };
        match (there, mask) {
            (Some(there), Some(mask)) => builder.call2("logical_and", there, mask).map(Some),
            (there, mask) => Ok(there.or(mask)),
        }
    };
    let mut builder = ProgramBuilder::new();
    let slots: Vec<Slot> = inputs.iter().map(|input| builder.input(input.dtype())).collect();
    let gap = builder.call2("subtract", slots[0], slots[1])?;
    let size = builder.call1("absolute", gap)?;
    let mut square = builder.call1("square", size)?;
    if let Some(there) = present(&mut builder, slots[0], slots.get(2).copied())? {
        let zero = builder.constant(Scalar::Int(0), builder.dtype(square));
        square = builder.call("where", &[there, square, zero].map(Arg::Slot))?;
    }
    let total = reduce_program(reduction("sum"), builder, square, &inputs, axes, keepdims)?;
    let mut builder = ProgramBuilder::new();
    let slots: Vec<Slot> = inputs.iter().map(|input| builder.input(input.dtype())).collect();
    let counted = match present(&mut builder, slots[0], slots.get(2).copied())? {
        Some(there) => there,
        None => builder.constant(Scalar::Bool(true), Kind::Bool.into()),
    };
    let counts = reduce_program(reduction("sum"), builder, counted, &inputs, axes, keepdims)?;
    let mut builder = ProgramBuilder::new();
    let (x, n) = (builder.input(total.dtype()), builder.input(counts.dtype()));
    let freedom = builder.with("subtract", n, options.correction)?;
    let freedom = builder.with("maximum", freedom, 0.0)?;
    let mut spread = builder.call2("divide", x, freedom)?;
    if root {
        spread = builder.call1("sqrt", spread)?;
    }
    let spread = builder.cast(spread, real)?;
    apply_program(builder, spread, &[total, counts], None, "var")
}

/// A matrix whose rows are variables.
pub(super) fn rows_of(m: &Array, by_row: bool) -> Result<Array> {
    match m.ndim() {
        0 => view(m, &[1, 1]),
        1 => view(&m.expand_dims(&[0])?, &[1, m.size()]),
        2 if by_row || m.shape()[0] == 1 => Ok(m.clone()),
        2 => m.transpose(None),
        _ => Err(value_error("m has more than 2 dimensions")),
    }
}

/// The row of a matrix, its axis kept.
pub(super) fn row_at(m: &Array, row: usize) -> Result<Array> {
    at(m, 0, row as isize)?.expand_dims(&[0])
}
