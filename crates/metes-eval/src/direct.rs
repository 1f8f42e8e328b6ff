//! The short path: one loop over dense operands, without a walk, a program or scratch.
//!
//! Arrays of one shape that lie densely in C order and need no cast, and Python scalars beside them: what most small
//! operations are. What else is small takes one more step ([`crate::loose`]); anything else is declined, also bytes that
//! somebody else uses now, and takes the general way to the same bits and errors.

use crate::apply::{Operand, check_power};
use crate::exec;
use crate::loose;
use crate::resolve::{Input, alike, squared};
use crate::share;
use crate::status;
use metes_array::{Array, Scalar};
use metes_dtype::Kind;
use metes_kernels::{Cell, Flags, Ufunc};
use metes_memory::{Access, Brief, Result};

/// The most operands.
pub(crate) const MOST: usize = 3;

/// An operand that is only looked at.
#[derive(Clone, Copy, Debug)]
pub enum Borrowed<'a> {
    /// An array.
    Array(&'a Array),
    /// A Python scalar, weak in promotion (NEP 50).
    Weak(Scalar),
}

impl<'a> From<&'a Operand> for Borrowed<'a> {
    fn from(operand: &'a Operand) -> Borrowed<'a> {
        match operand {
            Operand::Array(array) => Borrowed::Array(array),
            Operand::Weak(scalar) => Borrowed::Weak(*scalar),
        }
    }
}

/// As [`crate::apply`] without options, where arrays are small or dense and of one dtype and shape, and nobody else uses
/// them: the result goes to `place`, and what the loop noticed is returned. `None`, and none in `place`, where it is not so.
/// Nothing is cloned, nothing but the result allocated, and the result not moved about.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Borrowed, apply_direct};
/// let a = Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
/// let add = metes_kernels::ufunc("add").unwrap();
/// let mut sum = None;
/// assert!(apply_direct(add, &[Borrowed::Array(&a), Borrowed::Weak(Scalar::Int(1))], &mut sum)?.is_some());
/// assert_eq!(sum.unwrap().read::<f64>()?.to_vec(), [2.0, 3.0, 4.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`crate::apply`].
pub fn apply_direct(ufunc: &'static Ufunc, inputs: &[Borrowed], place: &mut Option<Array>) -> Result<Option<Flags>> {
    let (ufunc, inputs) = simpler(ufunc, inputs);
    let Some(cell) = alike(ufunc, inputs) else { return loose::apply(ufunc, None, inputs, place) };
    if !is_for_one(cell, inputs) {
        return Ok(None);
    }
    let (done, raised) = watched(cell, inputs, ufunc.name, place);
    let Some(flags) = done? else { return loose::apply(ufunc, Some(cell), inputs, place) };
    check_power(flags)?;
    Ok(Some(status::reported(ufunc, cell, flags | raised, inputs)))
}

/// The same into an array of the result's dtype and shape, which may be one of the inputs itself. Where it is declined,
/// nothing is written.
///
/// # Errors
/// As [`crate::apply`].
pub fn apply_direct_to(ufunc: &'static Ufunc, inputs: &[Borrowed], out: &Array) -> Result<Option<Flags>> {
    let (ufunc, inputs) = simpler(ufunc, inputs);
    let Some(cell) = alike(ufunc, inputs) else { return loose::apply_to(ufunc, None, inputs, out) };
    if !is_for_one(cell, inputs) {
        return Ok(None);
    }
    let (Some(flags), raised) = status::watch(cell, || apply_to(cell, inputs, out)) else {
        return loose::apply_to(ufunc, Some(cell), inputs, out);
    };
    check_power(flags)?;
    Ok(Some(status::reported(ufunc, cell, flags | raised, inputs)))
}

/// An operand that is one number, which lies in no array.
#[derive(Clone, Copy, Debug)]
pub enum Number<'a> {
    /// An element of a kind, by its bytes.
    Element(Kind, &'a [u8; 16]),
    /// A Python scalar, weak in promotion (NEP 50).
    Weak(Scalar),
}

impl From<Number<'_>> for Input {
    #[inline]
    fn from(operand: Number) -> Input {
        match operand {
            Number::Element(kind, _) => Input::DType(kind.into()),
            Number::Weak(scalar) => Input::Weak(scalar),
        }
    }
}

/// As [`crate::apply`] without options of elements of one kind, at least one, and Python scalars that become that kind: the
/// bytes of the result go to `place`; its kind, and what the loop noticed, are returned. `None` where it is not so.
///
/// ```
/// use metes_array::Scalar;
/// use metes_dtype::Kind;
/// use metes_eval::{Number, apply_numbers};
/// let add = metes_kernels::ufunc("add").unwrap();
/// let (mut two, mut sum) = ([0; 16], [0; 16]);
/// two[..2].copy_from_slice(&2i16.to_ne_bytes());
/// let inputs = [Number::Element(Kind::I16, &two), Number::Weak(Scalar::Int(1))];
/// assert_eq!(apply_numbers(add, &inputs, &mut sum)?, Some((Kind::I16, 0)));
/// assert_eq!(sum[..2], 3i16.to_ne_bytes());
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`crate::apply`].
pub fn apply_numbers(ufunc: &'static Ufunc, inputs: &[Number], place: &mut [u8; 16]) -> Result<Option<(Kind, Flags)>> {
    let (ufunc, inputs) = simpler(ufunc, inputs);
    let Some(cell) = alike(ufunc, inputs).filter(|_| inputs.len() <= MOST) else { return Ok(None) };
    let &[output] = cell.outputs else { return Ok(None) };
    let (flags, raised) = status::watch_little(cell, || run_once(cell, inputs, place));
    check_power(flags)?;
    Ok(Some((output, status::reported(ufunc, cell, flags | raised, inputs))))
}

/// Runs the loop over one element of each operand; returns what it noticed.
fn run_once(cell: &Cell, inputs: &[Number], place: &mut [u8; 16]) -> Flags {
    let (mut elements, mut ptrs) = ([Element([0; 16]); MOST + 1], [std::ptr::null_mut(); MOST + 1]);
    let count = inputs.len();
    for (element, (input, &kind)) in elements.iter_mut().zip(inputs.iter().zip(cell.inputs)) {
        match *input {
            Number::Element(_, bytes) => element.0 = *bytes,
            Number::Weak(scalar) => _ = write(scalar, kind, element),
        }
    }
    elements.iter_mut().zip(&mut ptrs).for_each(|(element, ptr)| *ptr = element.0.as_mut_ptr());
    // SAFETY: one aligned element of the loop's kind each, apart from the others, and room for one of the result; all live
    // until the call returns.
    let flags = unsafe { (cell.call)(1, &ptrs[..=count], &[0; MOST + 1][..=count]) };
    *place = elements[count].0;
    flags
}

/// The same operation by a simpler function, where there is one.
#[inline]
fn simpler<'a, T: Copy + Into<Input>>(ufunc: &'static Ufunc, inputs: &'a [T]) -> (&'static Ufunc, &'a [T]) {
    let &[base, power] = inputs else { return (ufunc, inputs) };
    match squared(ufunc, base.into(), power.into()) {
        Some(square) => (square, &inputs[..1]),
        None => (ufunc, inputs),
    }
}

/// Whether an operation is so small that doing it twice costs less than a look at the processor's flags is worth.
fn is_little(inputs: &[Borrowed]) -> bool {
    const LITTLE: usize = 512;
    inputs.iter().all(|input| match input {
        Borrowed::Array(array) => array.size() <= LITTLE,
        Borrowed::Weak(_) => true,
    })
}

/// Whether one thread does the work alone: what is too little to weigh, or too light to share.
#[inline]
fn is_for_one(cell: &Cell, inputs: &[Borrowed]) -> bool {
    let size = |input: &Borrowed| if let Borrowed::Array(array) = input { array.size() } else { 0 };
    is_light(cell, inputs.iter().map(size).max().unwrap_or(0))
}

/// The same of a loop over so many elements.
#[inline]
pub(crate) fn is_light(cell: &Cell, size: usize) -> bool {
    const LIGHT: usize = 8192;
    let width = || cell.inputs.iter().chain(cell.outputs).map(|kind| kind.size()).sum();
    size <= LIGHT || share::lanes(exec::weight(cell.call, size, width())) <= 1
}

/// As [`apply`], and what the processor noticed.
#[inline]
pub(crate) fn watched(
    cell: &Cell,
    inputs: &[Borrowed],
    op: &'static str,
    place: &mut Option<Array>,
) -> (Result<Option<Flags>>, Flags) {
    let work = || apply(cell, inputs, op, place);
    if is_little(inputs) { status::watch_little(cell, work) } else { status::watch(cell, work) }
}

/// Puts the result of the cell's loop in `place`, and returns what it noticed; `None` where the operands need more than
/// this.
#[inline]
fn apply(cell: &Cell, inputs: &[Borrowed], op: &'static str, place: &mut Option<Array>) -> Result<Option<Flags>> {
    let ([output], Some(shape)) = (cell.outputs, common_shape(cell, inputs)) else { return Ok(None) };
    let out = place.insert(Array::empty(shape, (*output).into(), op)?);
    let flags = run(cell, inputs, out, |_| false);
    if flags.is_none() {
        *place = None;
    }
    Ok(flags)
}

/// What the cell's loop noticed on its way into `out`; `None` where the operands need more than this.
pub(crate) fn apply_to(cell: &Cell, inputs: &[Borrowed], out: &Array) -> Option<Flags> {
    let [output] = cell.outputs else { return None };
    if !out.is_dense()
        || !out.is_writeable()
        || out.dtype() != *output
        || common_shape(cell, inputs) != Some(out.shape())
    {
        return None;
    }
    // One that shares the bytes of the result must be the result: a loop may overwrite what it has read.
    let shared = |array: &Array| array.buffer().same(out.buffer());
    let apart = |array: &Array| !shared(array) || (array.as_ptr() == out.as_ptr() && array.dtype() == out.dtype());
    if !inputs.iter().all(|input| if let Borrowed::Array(array) = input { apart(array) } else { true }) {
        return None;
    }
    let _held = out.buffer().brief(Access::Write)?;
    run(cell, inputs, out, shared)
}

/// The one shape of all arrays, if they are of the cell's kinds and dense.
#[inline]
fn common_shape<'a>(cell: &Cell, inputs: &[Borrowed<'a>]) -> Option<&'a [usize]> {
    let mut shape: Option<&[usize]> = None;
    for (input, &kind) in inputs.iter().zip(cell.inputs) {
        let Borrowed::Array(array) = *input else { continue };
        let same = shape.is_none_or(|shape| shape == array.shape());
        if !same || array.dtype() != kind || !array.is_dense() {
            return None;
        }
        shape = Some(array.shape());
    }
    shape
}

/// Room for one element of any kind, aligned for all.
#[repr(align(16))]
#[derive(Clone, Copy)]
pub(crate) struct Element(pub [u8; 16]);

/// Runs the loop over inputs of one shape into `out`, which has it too and is the caller's to write; `None` where an input
/// is being written. Those that are `held` already are not held again.
#[inline]
fn run(cell: &Cell, inputs: &[Borrowed], out: &Array, held: impl Fn(&Array) -> bool) -> Option<Flags> {
    let mut holds: [Option<Brief>; MOST] = [const { None }; MOST];
    let mut scalars = [Element([0; 16]); MOST];
    let (mut ptrs, mut steps) = ([std::ptr::null_mut(); MOST + 1], [0; MOST + 1]);
    for (at, (input, &kind)) in inputs.iter().zip(cell.inputs).enumerate() {
        (*ptrs.get_mut(at)?, steps[at]) = match *input {
            Borrowed::Array(array) => {
                if !held(array) {
                    holds[at] = Some(array.buffer().brief(Access::Read)?);
                }
                (array.as_ptr(), kind.size() as isize)
            }
            Borrowed::Weak(scalar) => (write(scalar, kind, &mut scalars[at]), 0),
        };
    }
    let count = inputs.len();
    (ptrs[count], steps[count]) = (out.as_ptr(), out.dtype().size() as isize);
    // SAFETY: dense, aligned operands of the loop's kinds with as many elements as the result, to which none of them is
    // near but exactly; scalars have step 0 and live until the call returns; inputs are held, the result is the caller's.
    Some(unsafe { (cell.call)(out.size(), &ptrs[..=count], &steps[..=count]) })
}

/// The scalar as an element of this kind; returns where it is.
pub(crate) fn write(scalar: Scalar, kind: Kind, place: &mut Element) -> *mut u8 {
    let ptr = place.0.as_mut_ptr();
    // SAFETY: the place has room for an element of any kind.
    unsafe { scalar.write(kind.into(), ptr) };
    ptr
}
