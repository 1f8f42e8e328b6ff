//! Eager elementwise operations: `out=`, `where=`, `dtype=`, `casting=`, and overlap.
//!
//! A loop whose operands need no conversion runs over them directly, over whole runs and without scratch; otherwise a
//! program of casts and the loop runs block by block, so that no operand is ever converted whole. An input that shares
//! bytes with a result, unless it is exactly that result, is set apart first: part by part where it lies regularly
//! (`meeting.rs`), else the one operand, not the result.

use crate::direct::{self, Borrowed};
use crate::exec;
use crate::loose;
use crate::meeting;
use crate::others;
use crate::program::{ProgramBuilder, ScratchBuf, Slot};
use crate::quick;
use crate::resolve::{Input, placed, resolve, signed, squared};
use crate::spread::seen;
use crate::status;
use crate::walk::Walk;
use metes_array::{Array, Dims, Order, Scalar, broadcast_shapes, shape_text, shares_memory};
use metes_dtype::{Casting, Category, DType, Kind, can_cast};
use metes_kernels::{Cell, Flags, NEGATIVE_POWER, Ufunc};
use metes_memory::{Error, ErrorKind, Reason, Result, copying, widening};
use smallvec::SmallVec;
use std::cell::Cell as Once;

/// Work that the overlap test may spend on small operands.
const LEAST_OVERLAP_WORK: u64 = 1000;

/// An operand of an eager operation.
#[derive(Clone, Debug)]
pub enum Operand {
    /// An array.
    Array(Array),
    /// A Python scalar, weak in promotion (NEP 50).
    Weak(Scalar),
}

/// The keyword arguments of a ufunc.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where results go; one entry per result, or none at all.
    pub out: Vec<Option<Array>>,
    /// A bool array: only where it is true are results computed.
    pub where_: Option<Array>,
    /// The dtype to compute in.
    pub dtype: Option<DType>,
    /// The kinds of operands, then results, where they are prescribed; empty for none.
    pub signature: Vec<Option<Kind>>,
    /// What casts of operands and results are allowed.
    pub casting: Casting,
    /// The memory order of fresh results.
    pub order: Order,
}

/// The results of an operation.
pub type Outputs = SmallVec<[Array; 2]>;

thread_local! {
    static FLAGS: Once<Flags> = const { Once::new(0) };
}

/// What the loops of this thread's operations noticed (division by zero, overflow) since it was last asked.
pub fn take_flags() -> Flags {
    FLAGS.replace(0)
}

/// Applies a ufunc to operands.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Operand, Options, apply};
/// let a = Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
/// let add = metes_kernels::ufunc("add").unwrap();
/// let sums = apply(add, &[Operand::Array(a), Operand::Weak(Scalar::Int(1))], &Options::default())?;
/// assert_eq!(sums[0].read::<f64>()?.to_vec(), [2.0, 3.0, 4.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Dtypes that the ufunc does not take, shapes that do not broadcast, casts that `casting` forbids, results that are
/// read-only or of the wrong shape, refused memory. Nothing is written then.
pub fn apply(ufunc: &'static Ufunc, inputs: &[Operand], options: &Options) -> Result<Outputs> {
    let kinds: SmallVec<[Input; 3]> = inputs.iter().map(Input::from).collect();
    if let Some(results) = others::apply(ufunc, inputs, options)? {
        return delivered(ufunc, results, options);
    }
    if let [base, power] = kinds[..]
        && options.signature.is_empty()
        && options.dtype.is_none()
        && let Some(square) = squared(ufunc, base, power)
    {
        return apply(square, &inputs[..1], options);
    }
    let cell = if options.signature.is_empty() {
        resolve(ufunc, &kinds, options.dtype)?
    } else {
        signed(ufunc, &kinds, &options.signature)?
    };
    if options.dtype.is_some() {
        check_inputs(ufunc, cell, &kinds, options)?;
    }
    let plain = options.out.is_empty() && options.where_.is_none() && matches!(options.order, Order::K | Order::C);
    if plain && crate::share::lanes(weight_of(cell, inputs)) <= 1 {
        let borrowed: SmallVec<[Borrowed; 3]> = inputs.iter().map(Borrowed::from).collect();
        let mut place = None;
        let (done, raised) = direct::watched(cell, &borrowed, ufunc.name, &mut place);
        if let Some(flags) = done? {
            noticed(status::reported(ufunc, cell, flags | raised, &kinds))?;
            return Ok(place.into_iter().collect());
        }
        let usual = options.dtype.is_none() && options.signature.is_empty() && options.casting == Casting::default();
        if usual && let Some(flags) = loose::apply(ufunc, Some(cell), &borrowed, &mut place)? {
            noticed(flags)?;
            return Ok(place.into_iter().collect());
        }
    }
    check_inputs(ufunc, cell, &kinds, options)?;
    let as_arrays = || {
        let pairs = inputs.iter().zip(cell.inputs);
        let arrays = pairs.map(|(input, &kind)| match input {
            Operand::Array(array) => Ok(array.clone()),
            Operand::Weak(scalar) => Array::full(&[], placed(*scalar, ufunc, &kinds, kind), kind.into()),
        });
        arrays.collect::<Result<SmallVec<[Array; 3]>>>()
    };
    let (arrays, converted) = status::watch(cell, as_arrays);
    let arrays = arrays?;
    let shape = shape_of(ufunc, &arrays, options)?;
    let outs = results(ufunc, cell, &arrays, &shape, options)?;
    let mask = match &options.where_ {
        Some(mask) if outs.iter().any(|out| shares_memory(mask, out, Some(overlap_work(mask))).unwrap_or(true)) => {
            Some(mask.copy_because(Order::K, Reason::Overlap, |_| "where= shares bytes with the result".to_owned())?)
        }
        mask => mask.clone(),
    };
    note_widening(ufunc, cell, &kinds, &outs)?;
    let (flags, raised) = status::watch(cell, || into(ufunc, cell, &arrays, &outs, mask.as_ref()));
    noticed(status::reported(ufunc, cell, flags? | raised | converted, &kinds))?;
    Ok(outs)
}

/// How much a loop does for inputs that do not stretch each other: about so much else.
fn weight_of(cell: &Cell, inputs: &[Operand]) -> usize {
    let sizes = inputs.iter().map(|input| match input {
        Operand::Array(array) => array.size(),
        Operand::Weak(_) => 1,
    });
    let widths: usize = cell.inputs.iter().chain(cell.outputs).map(|kind| kind.size()).sum();
    exec::weight(cell.call, sizes.max().unwrap_or(1), widths)
}

/// Results that are there already, where they were asked for.
fn delivered(ufunc: &Ufunc, results: Outputs, options: &Options) -> Result<Outputs> {
    if options.where_.is_none() && options.out.iter().all(Option::is_none) {
        return Ok(results);
    }
    let ([result], Some(Some(out))) = (results.as_slice(), options.out.first()) else {
        return Err(Error::new(ErrorKind::Type, format!("{}: where= needs out= for these dtypes", ufunc.name)));
    };
    crate::assign(out, &Operand::Array(result.clone()), options.casting, options.where_.as_ref())?;
    Ok(Outputs::from_iter([out.clone()]))
}

/// Computes into results that may share bytes with inputs: the smaller side is set apart.
fn into(ufunc: &'static Ufunc, cell: &Cell, arrays: &[Array], outs: &[Array], mask: Option<&Array>) -> Result<Flags> {
    if let Some(flags) = regular(ufunc, cell, arrays, outs, mask)? {
        return Ok(flags);
    }
    let whole: usize = outs.iter().map(Array::nbytes).sum();
    if overlapping_bytes(arrays, outs) <= whole {
        return compute(ufunc, cell, &apart(arrays, outs)?, outs, mask);
    }
    let why = || "the result shares bytes with larger operands".to_owned();
    copying(Reason::Overlap, whole, why)?;
    let fresh = |out: &Array| out.empty_like(out.dtype(), Order::K, ufunc.name);
    let made: Outputs = outs.iter().map(fresh).collect::<Result<_>>()?;
    let flags = compute(ufunc, cell, arrays, &made, mask)?;
    for (out, made) in outs.iter().zip(&made) {
        crate::assign(out, &Operand::Array(made.clone()), Casting::Unsafe, mask)?;
    }
    Ok(flags)
}

/// The same where the operand in the way meets the result in a regular way: in parts, with nothing set apart whole.
fn regular(
    ufunc: &Ufunc,
    cell: &Cell,
    arrays: &[Array],
    outs: &[Array],
    mask: Option<&Array>,
) -> Result<Option<Flags>> {
    let [out] = outs else { return Ok(None) };
    if mask.is_some() || !converts_nothing(cell, arrays, outs) {
        return Ok(None);
    }
    let Some((apart, way)) = meeting::regular(arrays, out, |array| in_the_way(array, outs)) else { return Ok(None) };
    meeting::run(cell, arrays, out, apart, &way, ufunc.name).map(Some)
}

/// Books operands that promotion widened, and refuses where that is denied.
pub(crate) fn note_widening(ufunc: &Ufunc, cell: &Cell, inputs: &[Input], outs: &[Array]) -> Result<()> {
    let Some(out) = outs.first() else { return Ok(()) };
    for (input, &kind) in inputs.iter().zip(cell.inputs) {
        let Input::DType(from) = *input else { continue };
        if from != kind && out.dtype() == kind && kind.size() > from.size() {
            widening(ufunc.name, from.name(), kind.name(), out.size() * (kind.size() - from.size()))?;
        }
    }
    Ok(())
}

/// Keeps what a loop noticed for [`take_flags`].
pub(crate) fn noticed(flags: Flags) -> Result<()> {
    check_power(flags)?;
    FLAGS.set(FLAGS.get() | flags);
    Ok(())
}

/// A negative power of an integer is an error.
#[inline]
pub(crate) fn check_power(flags: Flags) -> Result<()> {
    if flags & NEGATIVE_POWER == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Value, "Integers to negative integer powers are not allowed."))
}

/// Whether a Python number becomes a value of this kind without a loss of category.
fn weakly_taken(scalar: Scalar, kind: Kind) -> bool {
    match scalar {
        Scalar::Bool(_) => true,
        Scalar::Int(_) => kind != Kind::Bool,
        Scalar::Float(_) => kind.category() >= Category::Float,
        Scalar::Complex(..) => kind.category() == Category::Complex,
    }
}

fn check_inputs(ufunc: &Ufunc, cell: &Cell, inputs: &[Input], options: &Options) -> Result<()> {
    let casting = options.casting;
    // A signature prescribes what Python's numbers become; a dtype must be able to hold them.
    let checked = options.dtype.is_some() && casting != Casting::Unsafe;
    for (number, (input, &to)) in inputs.iter().zip(cell.inputs).enumerate() {
        let from = match *input {
            Input::DType(from) => from,
            Input::Weak(scalar) if checked && !weakly_taken(scalar, to) => scalar.default_dtype(),
            Input::Weak(_) => continue,
        };
        let chosen = ufunc.name == "where" && number == 0;
        if !chosen && !can_cast(from, to.into(), casting) {
            let message = format!(
                "Cannot cast ufunc '{}' input {number} from dtype('{from}') to dtype('{}') with casting rule '{}'",
                ufunc.name,
                to.name(),
                casting.name()
            );
            return Err(Error::new(ErrorKind::Casting, message));
        }
    }
    Ok(())
}

fn shape_of(ufunc: &Ufunc, arrays: &[Array], options: &Options) -> Result<Dims> {
    let mut shapes: SmallVec<[&[usize]; 5]> = arrays.iter().map(Array::shape).collect();
    if let Some(mask) = &options.where_ {
        if mask.dtype() != Kind::Bool {
            let message = format!("{}: where= must be of dtype bool, not {}", ufunc.name, mask.dtype());
            return Err(Error::new(ErrorKind::Casting, message));
        }
        shapes.push(mask.shape());
    }
    let inner = broadcast_shapes(&shapes)?;
    shapes.extend(options.out.iter().flatten().map(Array::shape));
    let whole =
        if shapes.len() > arrays.len() { broadcast_shapes(&shapes).unwrap_or_else(|_| inner.clone()) } else { inner };
    for out in options.out.iter().flatten() {
        if out.shape() != whole.as_slice() {
            let message = format!(
                "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
                shape_text(out.shape()),
                shape_text(&whole)
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
    }
    Ok(whole)
}

/// The arrays that results go to: the caller's, or fresh ones.
fn results(
    ufunc: &'static Ufunc,
    cell: &Cell,
    arrays: &[Array],
    shape: &[usize],
    options: &Options,
) -> Result<Outputs> {
    for (out, &kind) in options.out.iter().zip(cell.outputs) {
        let Some(out) = out else { continue };
        if !out.is_writeable() {
            return Err(Error::new(ErrorKind::ReadOnly, format!("{}: output array is read-only", ufunc.name)));
        }
        if !can_cast(kind.into(), out.dtype(), options.casting) {
            let message = format!(
                "Cannot cast ufunc '{}' output from dtype('{}') to dtype('{}') with casting rule '{}'",
                ufunc.name,
                kind.name(),
                out.dtype(),
                options.casting.name()
            );
            return Err(Error::new(ErrorKind::Casting, message));
        }
    }
    let fresh = |kind: Kind| fresh(shape, kind.into(), arrays, options.order, ufunc.name);
    cell.outputs
        .iter()
        .enumerate()
        .map(|(i, &kind)| match options.out.get(i) {
            Some(Some(out)) => Ok(out.clone()),
            _ => fresh(kind),
        })
        .collect()
}

/// A fresh result; order K follows the inputs' order of axes, C where they disagree.
fn fresh(shape: &[usize], dtype: DType, arrays: &[Array], order: Order, op: &'static str) -> Result<Array> {
    let full = || arrays.iter().filter(|a| a.shape() == shape);
    let any_c = full().any(Array::is_c_contiguous);
    match order {
        Order::F => Array::empty_in(shape, dtype, Order::F, op),
        Order::A if full().count() > 0 && full().all(|a| a.is_f_contiguous() && !a.is_c_contiguous()) => {
            Array::empty_in(shape, dtype, Order::F, op)
        }
        Order::K if shape.len() > 1 && !any_c => match full().next() {
            Some(model) => model.empty_like(dtype, Order::K, op),
            None => Array::empty(shape, dtype, op),
        },
        _ => Array::empty(shape, dtype, op),
    }
}

/// Inputs that share bytes with a result, without being it, are copied; the same one given twice once.
fn apart(arrays: &[Array], outs: &[Array]) -> Result<SmallVec<[Array; 3]>> {
    let mut apart: SmallVec<[Array; 3]> = SmallVec::new();
    for (i, array) in arrays.iter().enumerate() {
        let done = arrays[..i].iter().position(|before| same(before, array));
        apart.push(match done {
            Some(before) => apart[before].clone(),
            None if in_the_way(array, outs) => array.copy_because(Order::K, Reason::Overlap, |from| {
                format!("an operand of shape {} shares bytes with the result", shape_text(from.shape()))
            })?,
            None => array.clone(),
        });
    }
    Ok(apart)
}

/// Whether writing the results would change an input before it is read.
fn in_the_way(array: &Array, outs: &[Array]) -> bool {
    let alone = outs.len() == 1;
    outs.iter()
        .any(|out| !(alone && same(array, out)) && shares_memory(array, out, Some(overlap_work(array))).unwrap_or(true))
}

/// Bytes that [`apart`] would copy.
fn overlapping_bytes(arrays: &[Array], outs: &[Array]) -> usize {
    let fresh = |i: usize| !arrays[..i].iter().any(|before| same(before, &arrays[i]));
    let clashing = arrays.iter().enumerate().filter(|(i, array)| fresh(*i) && in_the_way(array, outs));
    clashing.map(|(_, array)| array.nbytes()).sum()
}

fn same(a: &Array, b: &Array) -> bool {
    a.buffer().same(b.buffer()) && a.layout() == b.layout() && a.dtype() == b.dtype()
}

/// Work that the overlap test may spend on an operand before it counts as overlapping: less than copying it takes.
pub(crate) fn overlap_work(array: &Array) -> u64 {
    LEAST_OVERLAP_WORK + array.size() as u64 / 4
}

/// Whether a loop runs over the operands as they are: aligned, and of its dtypes.
fn converts_nothing(cell: &Cell, arrays: &[Array], outs: &[Array]) -> bool {
    let exact = |(array, &kind): (&Array, &Kind)| array.dtype() == kind && array.is_aligned();
    arrays.iter().zip(cell.inputs).all(exact) && outs.iter().zip(cell.outputs).all(exact)
}

fn compute(
    ufunc: &'static Ufunc,
    cell: &Cell,
    arrays: &[Array],
    outs: &[Array],
    mask: Option<&Array>,
) -> Result<Flags> {
    if mask.is_none() && converts_nothing(cell, arrays, outs) {
        let operands: SmallVec<[&Array; 5]> = outs.iter().chain(arrays).collect();
        let walk = Walk::new(outs[0].shape(), &operands)?;
        let _guards = exec::guard(&operands, outs.len(), ufunc.name)?;
        let widths: SmallVec<[usize; 5]> = operands.iter().map(|o| o.dtype().size()).collect();
        return Ok(exec::run_loop_shared(cell.call, outs.len(), &walk, &widths));
    }
    if outs.len() > 1 {
        return several(cell, arrays, outs, mask);
    }
    let mut builder = ProgramBuilder::new();
    let args: SmallVec<[Slot; 3]> = arrays
        .iter()
        .zip(cell.inputs)
        .map(|(array, &kind)| {
            let slot = builder.input(array.dtype());
            builder.cast(slot, kind.into())
        })
        .collect::<Result<_>>()?;
    let slot = builder.step(cell.call, &args, cell.outputs[0].into());
    let slot = builder.cast(slot, outs[0].dtype())?;
    let program = builder.finish(slot);
    let mut scratch = ScratchBuf::for_lanes(&program, program.lanes(outs[0].size()), outs[0].size())?;
    program.run(arrays, &outs[0], mask, &mut scratch)
}

/// Two results with conversions: whole operands of the loop's dtypes, then casts into the results.
fn several(cell: &Cell, arrays: &[Array], outs: &[Array], mask: Option<&Array>) -> Result<Flags> {
    let shape = outs[0].shape();
    let inputs: SmallVec<[Array; 3]> =
        arrays.iter().zip(cell.inputs).map(|(a, &k)| crate::convert(a, k.into(), "cast")).collect::<Result<_>>()?;
    let made: Outputs = cell.outputs.iter().map(|&k| Array::empty(shape, k.into(), "cast")).collect::<Result<_>>()?;
    let operands: SmallVec<[&Array; 5]> = made.iter().chain(&inputs).collect();
    let walk = Walk::new(shape, &operands)?;
    let flags = exec::run_loop(cell.call, made.len(), &walk);
    for (out, made) in outs.iter().zip(&made) {
        crate::assign(out, &Operand::Array(made.clone()), Casting::Unsafe, mask)?;
    }
    Ok(flags)
}

/// The values of a program over its inputs, broadcast together, in a fresh array or cast into `out`; block by block, with
/// nothing of the size of the inputs in between. What its loops notice is not reported.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Arg, ProgramBuilder, apply_program};
/// let a = Array::from_slice(&[2], &[1.0, 2.0])?;
/// let row = |name| metes_kernels::ufunc(name).unwrap();
/// let mut builder = ProgramBuilder::new();
/// let x = builder.input(a.dtype());
/// let square = builder.ufunc(row("square"), &[Arg::Slot(x)])?;
/// let more = builder.ufunc(row("add"), &[Arg::Slot(square), Arg::Weak(Scalar::Int(1))])?;
/// assert_eq!(apply_program(builder, more, &[a], None, "example")?.read::<f64>()?.to_vec(), [2.0, 5.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Inputs that do not broadcast, an `out` that is read-only or of another shape, refused memory.
pub fn apply_program(
    mut builder: ProgramBuilder,
    values: Slot,
    inputs: &[Array],
    out: Option<&Array>,
    op: &'static str,
) -> Result<Array> {
    let shapes: SmallVec<[&[usize]; 4]> = inputs.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let made = out.is_none();
    let out = match out {
        None => fresh(&shape, builder.dtype(values), inputs, Order::K, op)?,
        Some(out) if out.shape() == shape.as_slice() => {
            out.require_writeable(op)?;
            out.clone()
        }
        Some(out) => {
            let (has, wants) = (shape_text(out.shape()), shape_text(&shape));
            return Err(Error::new(ErrorKind::Value, format!("{op}: out has shape {has}, the result {wants}")));
        }
    };
    let values = builder.cast(values, out.dtype())?;
    let program = builder.finish(values);
    if made && quick::stores(&program, &shape, inputs.len()) {
        let scratch = ScratchBuf::for_lanes(&program, 1, out.size())?;
        if quick::store(&program, &seen(inputs), &out, scratch.lane(0)).is_some() {
            return Ok(out);
        }
    }
    let inputs = apart(inputs, std::slice::from_ref(&out))?;
    let mut scratch = ScratchBuf::for_lanes(&program, program.lanes(out.size()), out.size())?;
    program.run(&inputs, &out, None, &mut scratch)?;
    Ok(out)
}

/// A program of one cast.
pub(crate) fn cast_program(from: DType, to: DType) -> Result<crate::Program> {
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(from);
    let slot = builder.cast(slot, to)?;
    Ok(builder.finish(slot))
}
