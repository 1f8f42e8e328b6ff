//! Eager reductions: axes, `keepdims`, `dtype=`, `out=`, `where=`, `initial`.

use crate::along::reduce_along;
use crate::apply::{Operand, Options, apply, noticed};
use crate::domain::{Domain, Part};
use crate::program::{ProgramBuilder, ScratchBuf, Slot};
use crate::quick;
use crate::reducer::{Reducer, check_not_empty};
use crate::spread::seen;
use crate::status;
use crate::whole::reduce_whole;
use metes_array::{Array, Dims, Order, Scalar, broadcast_shapes, shape_text};
use metes_dtype::{Casting, Category, DType, Kind, can_cast};
use metes_kernels::{OVERFLOW, ReduceCell, Reduction, Ufunc, present_cell};
use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;
use std::sync::Arc;

/// The keyword arguments of a reduction.
#[derive(Clone, Debug, Default)]
pub struct ReduceOptions {
    /// The axes to reduce; all by default.
    pub axes: Option<Vec<isize>>,
    /// Whether reduced axes stay, with length 1.
    pub keepdims: bool,
    /// The dtype to reduce in.
    pub dtype: Option<DType>,
    /// Where the result goes.
    pub out: Option<Array>,
    /// A bool array: values where it is false are left out.
    pub where_: Option<Array>,
    /// A value to start from.
    pub initial: Option<Scalar>,
    /// Degrees of freedom that var and std take off.
    pub correction: f64,
    /// Whether NaN is left out.
    pub skip_nan: bool,
}

impl ReduceOptions {
    /// Whether all is reduced as it is, into a fresh value without axes.
    fn is_plain(&self) -> bool {
        self.axes.is_none() && !self.keepdims && self.is_bare()
    }

    /// Whether all values are reduced as they are, into a fresh result.
    fn is_bare(&self) -> bool {
        let ReduceOptions { axes: _, keepdims: _, dtype, out, where_, initial, skip_nan, correction: _ } = self;
        !skip_nan && dtype.is_none() && out.is_none() && where_.is_none() && initial.is_none()
    }
}

/// The loop for values of a dtype, and the dtype that they are cast to first.
pub(crate) fn choose(reduction: &'static Reduction, from: DType, dtype: Option<DType>) -> Result<&'static ReduceCell> {
    let missing =
        |kind: DType| Error::new(ErrorKind::Type, format!("{}: no loop for values of dtype {kind}", reduction.name));
    let own = || from.any_number().and_then(|kind| reduction.cell(kind)).ok_or_else(|| missing(from));
    let Some(dtype) = dtype else { return own() };
    if matches!(reduction.name, "any" | "all" | "argmin" | "argmax") {
        return own();
    }
    let Some(kind) = dtype.number().filter(|_| from.any_number().is_some()) else { return Err(missing(dtype)) };
    let exact = reduction.cells.iter().find(|c| c.input == kind && c.output == kind);
    let complex = from.category() == Category::Complex;
    let made =
        || reduction.cells.iter().find(|c| c.output == kind && (c.input.category() == Category::Complex) == complex);
    exact.or_else(made).or_else(|| reduction.cell(kind)).ok_or_else(|| missing(dtype))
}

/// The dtype of a reduction's result.
pub fn result_dtype(reduction: &'static Reduction, from: DType, dtype: Option<DType>) -> Result<DType> {
    let cell = choose(reduction, from, dtype)?;
    Ok(forced(reduction, cell, dtype))
}

/// What the caller's dtype makes of the result of small integers' sums: they are kept in 64 bits, then cast.
fn forced(reduction: &Reduction, cell: &ReduceCell, dtype: Option<DType>) -> DType {
    match dtype {
        Some(dtype) if !matches!(reduction.name, "any" | "all" | "argmin" | "argmax") => dtype,
        _ => cell.output.into(),
    }
}

/// Reduces an array along axes.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{ReduceOptions, reduce};
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let sum = metes_kernels::reduction("sum").unwrap();
/// let columns = reduce(sum, &a, &ReduceOptions { axes: Some(vec![0]), ..Default::default() })?;
/// assert_eq!(columns.read::<f64>()?.to_vec(), [4.0, 6.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Axes that are not there, dtypes without a loop, an empty reduction without identity, an `out` of another shape or
/// dtype, refused memory.
pub fn reduce(reduction: &'static Reduction, array: &Array, options: &ReduceOptions) -> Result<Array> {
    if array.dtype().any_number().is_none()
        && let Some(found) = crate::elements::reduced(reduction, array, options)?
    {
        return Ok(found);
    }
    if let (Some(initial), true) = (options.initial, options.where_.is_some())
        && let Some(ufunc) = extreme(reduction, options.skip_nan)
    {
        let ReduceOptions { axes, keepdims, dtype, out, where_, .. } = options.clone();
        let initial = crate::Initial::Value(initial);
        return crate::fold(ufunc, array, &crate::FoldOptions { axes, keepdims, dtype, out, where_, initial });
    }
    let mut place = None;
    if options.is_plain()
        && let Some(flags) = reduce_whole(reduction, array, options.correction, &mut place)?
        && let Some(result) = place
    {
        return noticed(flags).map(|()| result);
    }
    if array.ndim() == 0 {
        return reduce_one(reduction, array, options);
    }
    if let (Some([axis]), true) = (options.axes.as_deref(), options.is_bare())
        && let Some(flags) = reduce_along(reduction, array, *axis, options.keepdims, options.correction, &mut place)?
        && let Some(result) = place
    {
        return noticed(flags).map(|()| result);
    }
    let axes = axes_of(array, options.axes.as_deref())?;
    let cell = choose(reduction, array.dtype(), options.dtype)?;
    let dtype = forced(reduction, cell, options.dtype);
    check_mask(reduction, array, options)?;
    if options.out.is_none()
        && let Some(order) = memory_order(reduction, array, &axes)
    {
        return reduce_in_order(reduction, array, options, &order);
    }
    if options.initial.is_none() {
        check_not_empty(reduction, array.shape(), &axes)?;
    }
    let kept: Dims = (0..array.ndim()).filter(|a| !axes.contains(a)).map(|a| array.shape()[a]).collect();
    let shape = if options.keepdims { keep(array.shape(), &axes) } else { kept.clone() };
    if let Some(out) = &options.out {
        check_out(reduction, out, &shape, dtype)?;
    }
    let result = Array::empty(&kept, cell.output.into(), reduction.name)?;
    let empty = axes.iter().any(|&a| array.shape()[a] == 0);
    if !empty || reduction.has_identity {
        fold(reduction, cell, array, &axes, options, &result)?;
    }
    let result = match options.initial {
        Some(initial) if empty && !reduction.has_identity => {
            initial.check(cell.output.into())?;
            Array::full(&kept, initial, cell.output.into())?
        }
        Some(initial) => with_initial(reduction, &result, initial)?,
        None => result,
    };
    let result = result.reshape(&shape.iter().map(|&n| n as isize).collect::<Vec<_>>(), Order::C, Some(false))?;
    match &options.out {
        Some(out) => {
            crate::assign(out, &Operand::Array(result), Casting::Unsafe, None)?;
            Ok(out.clone())
        }
        None => crate::assign::cast_result(result, dtype),
    }
}

/// The order of axes in which those that are kept follow memory, where that is not their own; reduced axes stay in place.
/// Positions of extremes are in C order always, as NumPy's are.
fn memory_order(reduction: &Reduction, array: &Array, axes: &[usize]) -> Option<SmallVec<[isize; 6]>> {
    if matches!(reduction.name, "argmin" | "argmax") {
        return None;
    }
    let nested = array.layout().axes_outermost_first();
    let mut kept = nested.iter().filter(|axis| !axes.contains(axis));
    let order = |axis: usize| if axes.contains(&axis) { Some(axis) } else { kept.next().copied() };
    let order: SmallVec<[isize; 6]> = (0..array.ndim()).filter_map(order).map(|axis| axis as isize).collect();
    (!order.iter().enumerate().all(|(at, &axis)| at as isize == axis)).then_some(order)
}

/// The reduction of the array with its axes in another order, whose result is turned back: it lies as the array does, as
/// NumPy's order 'K' has it. What each value is folded from, and in which order, stays the same.
fn reduce_in_order(
    reduction: &'static Reduction,
    array: &Array,
    options: &ReduceOptions,
    order: &[isize],
) -> Result<Array> {
    let turn = |array: &Array| array.transpose(Some(order));
    let where_ = options.where_.as_ref().map(|mask| mask.broadcast_to(array.shape()).and_then(|mask| turn(&mask)));
    let axes = axes_of(array, options.axes.as_deref())?;
    let turned = ReduceOptions {
        axes: Some(axes.iter().map(|&axis| axis as isize).collect()),
        where_: where_.transpose()?,
        ..options.clone()
    };
    let result = reduce(reduction, &turn(array)?, &turned)?;
    // Where each axis of the result went; without `keepdims` the reduced ones are not counted.
    let stays = |axis: &usize| options.keepdims || !axes.contains(axis);
    let places: SmallVec<[usize; 6]> = (0..array.ndim()).filter(stays).collect();
    let went = |axis: &usize| {
        let at = order.iter().position(|&from| from as usize == *axis)?;
        places.iter().position(|&place| place == at).map(|at| at as isize)
    };
    let back: SmallVec<[isize; 6]> = places.iter().filter_map(went).collect();
    result.transpose(Some(&back))
}

/// The ufunc that finds the same extreme; under a mask there may be no value at all, which only a fold can tell.
fn extreme(reduction: &Reduction, skip_nan: bool) -> Option<&'static Ufunc> {
    let name = match (reduction.name, skip_nan) {
        ("min", false) => "minimum",
        ("max", false) => "maximum",
        ("min", true) => "fmin",
        ("max", true) => "fmax",
        _ => return None,
    };
    metes_kernels::ufunc(name)
}

/// The reduction of one value without axes, as of one value along one axis; NumPy lets `axis` be 0 or -1 here.
fn reduce_one(reduction: &'static Reduction, array: &Array, options: &ReduceOptions) -> Result<Array> {
    let line = array.reshape(&[1], Order::C, Some(false))?;
    let axes = match options.axes.as_deref() {
        None | Some([]) => vec![0],
        Some(axes) => axes.to_vec(),
    };
    reduce(reduction, &line, &ReduceOptions { axes: Some(axes), keepdims: false, ..options.clone() })
}

fn fold(
    reduction: &'static Reduction,
    cell: &'static ReduceCell,
    array: &Array,
    axes: &[usize],
    options: &ReduceOptions,
    result: &Array,
) -> Result<()> {
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(array.dtype());
    let via = options.dtype.filter(|d| d.size() < cell.input.size() && d.category() <= Category::Signed);
    let slot = via.map_or(Ok(slot), |dtype| builder.cast(slot, dtype))?;
    let slot = builder.cast(slot, cell.input.into())?;
    let program = Arc::new(builder.finish(slot));
    let skip_nan = options.skip_nan && cell.input.category() >= Category::Float;
    let own = if skip_nan { present_cell(reduction.name, cell.input) } else { None };
    let part = Part { axis: 0, start: 0, len: array.shape().first().copied().unwrap_or(1) };
    let domain = Domain { shape: array.shape(), axes, cut: None, together: false };
    let folded = own.unwrap_or(cell);
    let mut reducer = Reducer::new(reduction, folded, program, domain, options.correction, result.clone())?;
    if skip_nan && own.is_none() {
        reducer.skip_nan()?;
    }
    status::take();
    reducer.feed(std::slice::from_ref(array), part, options.where_.as_ref())?;
    reducer.finish()?;
    let raised = status::take();
    noticed(status::of_reduction(reduction, raised))
}

/// Reduces the values of a program over its inputs, broadcast together, along axes (all by default): nothing of the size of
/// the inputs is made.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Arg, ProgramBuilder, reduce_program};
/// let a = Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
/// let (sum, square) = (metes_kernels::reduction("sum").unwrap(), metes_kernels::ufunc("square").unwrap());
/// let mut builder = ProgramBuilder::new();
/// let x = builder.input(a.dtype());
/// let squares = builder.ufunc(square, &[Arg::Slot(x)])?;
/// let total = reduce_program(sum, builder, squares, &[a], None, false)?;
/// assert_eq!(total.item(&[])?, Scalar::Float(14.0));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`reduce`], and inputs that do not broadcast.
pub fn reduce_program(
    reduction: &'static Reduction,
    mut builder: ProgramBuilder,
    values: Slot,
    inputs: &[Array],
    axes: Option<&[isize]>,
    keepdims: bool,
) -> Result<Array> {
    let shapes: Vec<&[usize]> = inputs.iter().map(Array::shape).collect();
    let mut shape = broadcast_shapes(&shapes)?;
    let scalar = shape.is_empty();
    if scalar {
        shape.push(1);
    }
    let axes = match axes.filter(|_| !scalar) {
        Some(axes) => axes_of(&inputs[0].broadcast_to(&shape)?, Some(axes))?,
        None => (0..shape.len()).collect(),
    };
    let cell = choose(reduction, builder.dtype(values), None)?;
    check_not_empty(reduction, &shape, &axes)?;
    let values = builder.cast(values, cell.input.into())?;
    let program = builder.finish(values);
    let kept: Dims = (0..shape.len()).filter(|a| !axes.contains(a)).map(|a| shape[a]).collect();
    let result = Array::empty(&kept, cell.output.into(), reduction.name)?;
    if axes.len() == 1 && (!keepdims || scalar) && quick::folds(&program, cell, &shape, inputs.len()) {
        let scratch = ScratchBuf::for_lanes(&program, 1, shape[0])?;
        if quick::fold(&program, cell, 0.0, &shape, &seen(inputs), &result, scratch.lane(0)).is_some() {
            return Ok(result);
        }
    }
    let program = Arc::new(program);
    let part = Part { axis: 0, start: 0, len: shape[0] };
    let domain = Domain { shape: &shape, axes: &axes, cut: None, together: false };
    let mut reducer = Reducer::new(reduction, cell, program, domain, 0.0, result.clone())?;
    reducer.feed(inputs, part, None)?;
    reducer.finish()?;
    if !keepdims || scalar {
        return Ok(result);
    }
    let shape: Vec<isize> = keep(&shape, &axes).iter().map(|&n| n as isize).collect();
    result.reshape(&shape, Order::C, Some(false))
}

pub(crate) fn axes_of(array: &Array, axes: Option<&[isize]>) -> Result<Vec<usize>> {
    let Some(axes) = axes else { return Ok((0..array.ndim()).collect()) };
    let mut out: Vec<usize> = axes.iter().map(|&a| array.axis(a)).collect::<Result<_>>()?;
    out.sort_unstable();
    if out.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::new(ErrorKind::Value, "duplicate value in 'axis'"));
    }
    Ok(out)
}

pub(crate) fn keep(shape: &[usize], axes: &[usize]) -> Dims {
    shape.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect()
}

pub(crate) fn check_mask(reduction: &Reduction, array: &Array, options: &ReduceOptions) -> Result<()> {
    let Some(mask) = &options.where_ else { return Ok(()) };
    if mask.dtype() != Kind::Bool {
        let message = format!("{}: where= must be of dtype bool, not {}", reduction.name, mask.dtype());
        return Err(Error::new(ErrorKind::Casting, message));
    }
    if broadcast_shapes(&[mask.shape(), array.shape()])?.as_slice() != array.shape() {
        let message = format!(
            "{}: where= of shape {} does not broadcast to {}",
            reduction.name,
            shape_text(mask.shape()),
            shape_text(array.shape())
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    if matches!(reduction.name, "min" | "max" | "argmin" | "argmax") && options.initial.is_none() {
        let message = format!(
            "reduction operation '{}' does not have an identity, so to use a where mask one has to specify 'initial'",
            reduction.name
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    Ok(())
}

fn check_out(reduction: &Reduction, out: &Array, shape: &[usize], dtype: DType) -> Result<()> {
    if out.shape() != shape {
        let (has, wants) = (shape_text(out.shape()), shape_text(shape));
        let message = format!("{}: output parameter has shape {has}, the result has {wants}", reduction.name);
        return Err(Error::new(ErrorKind::Value, message));
    }
    out.require_writeable(reduction.name)?;
    if can_cast(dtype, out.dtype(), Casting::SameKind) {
        return Ok(());
    }
    let message = format!(
        "Cannot cast ufunc '{}' output from dtype('{dtype}') to dtype('{}') with casting rule 'same_kind'",
        reduction.name,
        out.dtype()
    );
    Err(Error::new(ErrorKind::Casting, message))
}

/// The elementwise function that a reduction repeats.
fn with_initial(reduction: &Reduction, result: &Array, initial: Scalar) -> Result<Array> {
    let name = match reduction.name {
        "sum" => "add",
        "prod" => "multiply",
        "min" => "minimum",
        "max" => "maximum",
        other => {
            return Err(Error::new(ErrorKind::Type, format!("{other} has no keyword argument 'initial'")));
        }
    };
    let ufunc = metes_kernels::ufunc(name).expect("a row of the table");
    initial.check(result.dtype())?;
    if result.dtype().number().is_some_and(|kind| initial.overflows(kind)) {
        noticed(OVERFLOW)?;
    }
    let start = Array::full(&[], initial, result.dtype())?;
    let mut outputs = apply(ufunc, &[Operand::Array(start), Operand::Array(result.clone())], &Options::default())?;
    Ok(outputs.remove(0))
}
