//! The short path where operands lie apart, are stretched or must be cast: runs over few axes, casts block by block, all
//! of it on the stack.
//!
//! What the general way has to say (of casts that widen, of what loops noticed) is said here too. Operands of many axes,
//! results that share bytes with an operand, large ones and bytes that somebody else uses now are declined.

use crate::apply::{check_power, note_widening};
use crate::direct::{Borrowed, Element, MOST, is_light, write};
use crate::resolve::{Input, placed, resolve};
use crate::spread::{OPERANDS, Spread};
use crate::status;
use metes_array::{Array, Dims, Order};
use metes_dtype::Kind;
use metes_kernels::{Cell, Flags, Loop, Ufunc};
use metes_memory::{Access, Brief, Result};
use smallvec::SmallVec;
use std::mem::MaybeUninit;

/// The most places of a result.
const SMALL: usize = 16_384;
/// Values that are cast at once.
const BLOCK: usize = 256;

/// Room for a block of cast values of each operand, aligned for all.
#[repr(align(64))]
struct Blocks(MaybeUninit<[[u8; BLOCK * 16]; MOST]>);

/// What promotion sees of operands.
type Inputs = SmallVec<[Input; MOST]>;

fn as_inputs(inputs: &[Borrowed]) -> Inputs {
    inputs.iter().map(|&input| input.into()).collect()
}

/// The loop for operands of several kinds; `None` for what the general way knows more of, or has an error for.
fn cell_for(ufunc: &Ufunc, inputs: &[Borrowed]) -> Option<&'static Cell> {
    let number = |input: &Borrowed| match input {
        Borrowed::Array(array) => array.dtype().number().is_some(),
        Borrowed::Weak(_) => true,
    };
    let some = inputs.iter().any(|input| matches!(input, Borrowed::Array(_)));
    if !some || !inputs.iter().all(number) {
        return None;
    }
    resolve(ufunc, &as_inputs(inputs), None).ok()
}

/// Computes into a fresh array, put in `place`; `cell` is the loop where it is known.
pub(crate) fn apply(
    ufunc: &'static Ufunc,
    cell: Option<&'static Cell>,
    inputs: &[Borrowed],
    place: &mut Option<Array>,
) -> Result<Option<Flags>> {
    let Some(cell) = cell.or_else(|| cell_for(ufunc, inputs)) else { return Ok(None) };
    let ([output], Some(shape)) = (cell.outputs, common_shape(inputs)) else { return Ok(None) };
    if !is_light(cell, shape.iter().product()) {
        return Ok(None);
    }
    let Some(order) = order_of(inputs, &shape) else { return Ok(None) };
    let out = place.insert(Array::empty_in(&shape, (*output).into(), order, ufunc.name)?);
    let done = compute(ufunc, cell, inputs, out, |_| false)?;
    if done.is_none() {
        *place = None;
    }
    Ok(done)
}

/// The same into an array of the result's dtype and shape. What shares its bytes must be the array itself.
pub(crate) fn apply_to(
    ufunc: &'static Ufunc,
    cell: Option<&'static Cell>,
    inputs: &[Borrowed],
    out: &Array,
) -> Result<Option<Flags>> {
    let Some(cell) = cell.or_else(|| cell_for(ufunc, inputs)) else { return Ok(None) };
    let ([output], Some(shape)) = (cell.outputs, common_shape(inputs)) else { return Ok(None) };
    if !is_light(cell, shape.iter().product()) {
        return Ok(None);
    }
    let repeats = out.shape().iter().zip(out.strides()).any(|(&n, &stride)| n > 1 && stride == 0);
    if out.shape() != shape.as_slice() || out.dtype() != *output || !out.is_writeable() || !out.is_aligned() || repeats
    {
        return Ok(None);
    }
    let shared = |array: &Array| array.buffer().same(out.buffer());
    let itself = |array: &Array| array.layout() == out.layout() && array.dtype() == out.dtype();
    let apart = |(input, &kind): (&Borrowed, &Kind)| match *input {
        Borrowed::Array(array) => !shared(array) || itself(array) && array.dtype() == kind,
        Borrowed::Weak(_) => true,
    };
    if !inputs.iter().zip(cell.inputs).all(apart) {
        return Ok(None);
    }
    let Some(_held) = out.buffer().brief(Access::Write) else { return Ok(None) };
    compute(ufunc, cell, inputs, out, shared)
}

/// The shape that the arrays stretch to, where it is small.
fn common_shape(inputs: &[Borrowed]) -> Option<Dims> {
    let arrays =
        || inputs.iter().filter_map(|input| if let Borrowed::Array(array) = input { Some(*array) } else { None });
    let ndim = arrays().map(Array::ndim).max()?;
    let mut shape = Dims::from_elem(1, ndim);
    for array in arrays() {
        for (at, &n) in shape[ndim - array.ndim()..].iter_mut().zip(array.shape()) {
            match (*at, n) {
                (1, n) => *at = n,
                (a, b) if b != 1 && a != b => return None,
                _ => {}
            }
        }
    }
    let size = shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n))?;
    (size <= SMALL).then_some(shape)
}

/// The order of a fresh result, as the general way has it; `None` where it is neither C nor F.
fn order_of(inputs: &[Borrowed], shape: &[usize]) -> Option<Order> {
    if shape.len() <= 1 {
        return Some(Order::C);
    }
    let mut first = None;
    for input in inputs {
        let Borrowed::Array(array) = *input else { continue };
        if array.shape() != shape {
            continue;
        }
        if array.is_c_contiguous() {
            return Some(Order::C);
        }
        first = first.or(Some(array));
    }
    match first {
        None => Some(Order::C),
        Some(model) => model.is_f_contiguous().then_some(Order::F),
    }
}

/// Runs the loop into `out`, which is the caller's to write; inputs that are `held` already are not held again.
fn compute(
    ufunc: &'static Ufunc,
    cell: &'static Cell,
    inputs: &[Borrowed],
    out: &Array,
    held: impl Fn(&Array) -> bool,
) -> Result<Option<Flags>> {
    let mut casts: [Option<Loop>; MOST] = [None; MOST];
    let mut holds: [Option<Brief>; MOST] = [const { None }; MOST];
    for (at, (input, &kind)) in inputs.iter().zip(cell.inputs).enumerate() {
        let Borrowed::Array(array) = *input else { continue };
        let Some(own) = array.dtype().number().filter(|_| array.is_aligned()) else { return Ok(None) };
        if own != kind {
            casts[at] = Some(metes_kernels::cast(own, kind));
        }
        if !held(array) {
            let Some(hold) = array.buffer().brief(Access::Read) else { return Ok(None) };
            holds[at] = Some(hold);
        }
    }
    let cast = casts.iter().any(Option::is_some);
    if cast {
        note_widening(ufunc, cell, &as_inputs(inputs), std::slice::from_ref(out))?;
    }
    let work = || {
        let mut values = [Element([0; 16]); MOST];
        let mut spread = Spread::over(out.shape())?;
        for (at, (input, &kind)) in inputs.iter().zip(cell.inputs).enumerate() {
            match *input {
                Borrowed::Array(array) => spread.push(array)?,
                Borrowed::Weak(scalar) => {
                    let scalar = placed(scalar, ufunc, &as_inputs(inputs), kind);
                    spread.push_value(write(scalar, kind, &mut values[at]));
                }
            }
        }
        spread.push(out)?;
        spread.merge();
        // SAFETY: aligned operands of the loop's kinds, or cast to them, as many values as the result has; none of them is
        // near it but exactly; values live until the call returns; inputs are held, the result is the caller's.
        Some(unsafe { if cast { run_cast(cell, inputs, &casts, &spread) } else { run(cell, inputs.len(), &spread) } })
    };
    let (flags, raised) = status::watch(cell, work);
    let Some(flags) = flags else { return Ok(None) };
    check_power(flags)?;
    Ok(Some(status::reported(ufunc, cell, flags | raised, inputs)))
}

/// # Safety
/// The operands are what the loop takes.
unsafe fn run(cell: &Cell, count: usize, spread: &Spread) -> Flags {
    let mut flags = 0;
    spread.each(|n, at, steps| {
        // SAFETY: the caller's promise.
        flags |= unsafe { (cell.call)(n, &at[..=count], &steps[..=count]) };
    });
    flags
}

/// The same where operands are cast first.
///
/// # Safety
/// The operands are what the casts and the loop take.
unsafe fn run_cast(cell: &Cell, inputs: &[Borrowed], casts: &[Option<Loop>; MOST], spread: &Spread) -> Flags {
    let count = inputs.len();
    let mut blocks = Blocks(MaybeUninit::uninit());
    let room = blocks.0.as_mut_ptr().cast::<u8>();
    let mut flags = 0;
    spread.each(|length, at, steps| {
        for start in (0..length).step_by(BLOCK) {
            let n = BLOCK.min(length - start);
            let mut at: [*mut u8; OPERANDS] =
                std::array::from_fn(|operand| at[operand].wrapping_offset(start as isize * steps[operand]));
            let mut steps = *steps;
            for (operand, (cast, kind)) in casts.iter().zip(cell.inputs).enumerate() {
                let Some(cast) = cast else { continue };
                let to = room.wrapping_add(operand * BLOCK * 16);
                let (many, width) = if steps[operand] == 0 { (1, 0) } else { (n, kind.size() as isize) };
                // SAFETY: the caller's promise; there is room for a block of each operand.
                flags |= unsafe { cast(many, &[at[operand], to], &[steps[operand], kind.size() as isize]) };
                (at[operand], steps[operand]) = (to, width);
            }
            // SAFETY: the caller's promise.
            flags |= unsafe { (cell.call)(n, &at[..=count], &steps[..=count]) };
        }
    });
    flags
}
