//! Joining, repeating, padding and editing: new arrays made of the parts of others.
//!
//! Each result is allocated once and its parts are written straight into it; there is no other scratch than what casts
//! and overlaps need.

mod bits;
mod edit;
mod join;
mod pad;
mod repeat;
mod roll;
mod split;

pub use bits::{pack_bits, swap_bytes, unpack_bits};
pub use edit::{delete, insert, resize};
pub use join::concatenate;
pub use pad::{Pad, Pairs, pad};
pub use repeat::{repeat, tile};
pub use roll::roll;
pub use split::{array_split, meshgrid, split, split_at, stack};

use metes_array::{Array, Index, Order};
use metes_dtype::{Casting, DType};
use metes_eval::Operand;
use metes_memory::{Error, ErrorKind, Result};

const ALL: Index = Index::Slice { start: None, stop: None, step: None };

/// The places `start..stop` along an axis, a view.
fn part(array: &Array, axis: usize, start: usize, stop: usize) -> Result<Array> {
    let mut index = vec![ALL; axis];
    index.push(Index::Slice { start: Some(start as isize), stop: Some(stop as isize), step: None });
    array.index(&index)
}

/// The places before `stop` and down to `start` along an axis, backwards, a view.
fn backwards(array: &Array, axis: usize, start: usize, stop: usize) -> Result<Array> {
    part(array, axis, start, stop)?.flip(Some(&[axis as isize]))
}

/// Writes elements, cast as assignment casts them.
fn put(into: &Array, from: &Array) -> Result<()> {
    metes_eval::assign(into, &Operand::Array(from.clone()), Casting::Unsafe, None)
}

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, text)
}

fn signed(shape: &[usize]) -> Vec<isize> {
    shape.iter().map(|&n| n as isize).collect()
}

/// An uninitialised array in order F where the model has that order alone, else in order C.
fn empty_like_in(model: &Array, shape: &[usize], dtype: DType, op: &'static str) -> Result<Array> {
    let fortran = model.is_f_contiguous() && !model.is_c_contiguous();
    Array::empty_in(shape, dtype, if fortran { Order::F } else { Order::C }, op)
}

/// The array and the axis to work along: all elements in one dimension where there is none.
fn line(array: &Array, axis: Option<isize>) -> Result<(Array, usize)> {
    match axis {
        Some(axis) => array.axis(axis).map(|axis| (array.clone(), axis)),
        None => array.ravel(Order::C).map(|flat| (flat, 0)),
    }
}
