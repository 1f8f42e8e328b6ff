//! Values of an array of any layout as dense slices, a block at a time.

use crate::build::{at, cast, slice};
use metes_array::{Array, Element, Order};
use metes_dtype::DType;
use metes_memory::Result;

/// Values per block.
pub(super) const BLOCK: usize = 8192;

/// Calls `each` with the values of several arrays of one shape, in C order, as slices of one length.
pub(crate) fn each_block<T: Element>(arrays: &[Array], each: &mut dyn FnMut(&[&[T]]) -> Result<()>) -> Result<()> {
    let Some(first) = arrays.first() else { return Ok(()) };
    if first.size() == 0 {
        return Ok(());
    }
    if first.size() <= BLOCK {
        let dense: Vec<Array> = arrays.iter().map(dense::<T>).collect::<Result<_>>()?;
        let held = dense.iter().map(Array::read::<T>).collect::<Result<Vec<_>>>()?;
        let slices: Vec<&[T]> = held.iter().map(|held| held.as_slice().expect("dense values")).collect();
        return each(&slices);
    }
    let axis = first.shape().iter().position(|&n| n > 1).expect("more than one value");
    let (n, row) = (first.shape()[axis], first.size() / first.shape()[axis]);
    if row > BLOCK {
        for i in 0..n as isize {
            let parts: Vec<Array> = arrays.iter().map(|a| at(a, axis, i)).collect::<Result<_>>()?;
            each_block(&parts, each)?;
        }
        return Ok(());
    }
    let rows = BLOCK / row;
    for start in (0..n).step_by(rows) {
        let (start, stop) = (Some(start as isize), Some((start + rows).min(n) as isize));
        let parts: Vec<Array> = arrays.iter().map(|a| slice(a, axis, start, stop)).collect::<Result<_>>()?;
        each_block(&parts, each)?;
    }
    Ok(())
}

/// A dense, aligned array of elements of `T` with the values in C order: the array itself, or a copy.
pub(crate) fn dense<T: Element>(a: &Array) -> Result<Array> {
    let a = cast(a, DType::of(T::KIND))?;
    if a.is_c_contiguous() && a.is_aligned() { Ok(a) } else { a.copy(Order::C) }
}
