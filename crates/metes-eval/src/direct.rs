//! The short path: one loop over dense operands, without a walk, a program or scratch.
//!
//! Arrays of one shape that lie densely in C order and need no cast, and Python scalars beside them: what most small
//! operations are. Anything else is declined, and takes the general way to the same bits.

use crate::apply::Operand;
use metes_array::{Array, Scalar};
use metes_kernels::{Cell, Flags};
use metes_memory::{Access, Buffer, Result};
use smallvec::SmallVec;

/// Room for one element of any kind, aligned for all.
#[repr(align(16))]
#[derive(Clone, Copy)]
struct Element([u8; 16]);

/// The result of the cell's loop and what it noticed; `None` where the operands need more than this.
pub(crate) fn apply(cell: &Cell, inputs: &[Operand], op: &'static str) -> Result<Option<(Array, Flags)>> {
    if cell.outputs.len() != 1 || inputs.len() > 3 {
        return Ok(None);
    }
    let mut shape: Option<&[usize]> = None;
    for (input, &kind) in inputs.iter().zip(cell.inputs) {
        let Operand::Array(array) = input else { continue };
        let same = shape.is_none_or(|shape| shape == array.shape());
        if !same || array.dtype().kind() != kind || !array.is_c_contiguous() || !array.is_aligned() {
            return Ok(None);
        }
        shape = Some(array.shape());
    }
    let Some(shape) = shape else { return Ok(None) };
    let extents: SmallVec<[_; 3]> = inputs
        .iter()
        .filter_map(|input| match input {
            Operand::Array(array) => Some((array.buffer(), array.extent(), Access::Read)),
            Operand::Weak(_) => None,
        })
        .collect();
    let out = Array::empty(shape, cell.outputs[0].into(), op)?;
    let _guards = Buffer::guard(&extents, op)?;
    let mut scalars = [Element([0; 16]); 3];
    let mut ptrs: SmallVec<[*mut u8; 4]> = SmallVec::new();
    let mut steps: SmallVec<[isize; 4]> = SmallVec::new();
    for ((input, &kind), place) in inputs.iter().zip(cell.inputs).zip(&mut scalars) {
        let (ptr, step) = match input {
            Operand::Array(array) => (array.as_ptr(), kind.size() as isize),
            Operand::Weak(scalar) => (write(*scalar, kind, place), 0),
        };
        ptrs.push(ptr);
        steps.push(step);
    }
    ptrs.push(out.as_ptr());
    steps.push(cell.outputs[0].size() as isize);
    // SAFETY: dense, aligned operands of the loop's kinds with as many elements as the fresh result; scalars have step
    // 0 and live until the call returns; inputs are guarded.
    let flags = unsafe { (cell.call)(out.size(), &ptrs, &steps) };
    Ok(Some((out, flags)))
}

fn write(scalar: Scalar, kind: metes_dtype::Kind, place: &mut Element) -> *mut u8 {
    let ptr = place.0.as_mut_ptr();
    // SAFETY: the place has room for an element of any kind.
    unsafe { scalar.write(kind.into(), ptr) };
    ptr
}
