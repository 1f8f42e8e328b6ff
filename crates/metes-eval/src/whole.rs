//! The short path of reductions: all of a dense array into one value, without a program, a walk or scratch.
//!
//! The tree is that of [`crate::tree`] as far as it has one level above its leaves, so the bits are the same. Anything
//! else is declined, also bytes that somebody else uses now, and takes the general way.

use crate::reduce::choose;
use crate::status;
use crate::tree::FAN;
use metes_array::Array;
use metes_kernels::{Flags, LEAF, Reduction};
use metes_memory::{Access, Result};

/// Room for one state of any cell, aligned for all.
#[repr(align(16))]
struct State([u8; 64]);

impl State {
    const EMPTY: State = State([0; 64]);
}

/// As [`crate::reduce`] over all axes without options, for a dense array of values that need no cast; `None` where the
/// array is not that, or large. The result goes to `place`; what was noticed is
/// returned.
///
/// ```
/// use metes_array::{Array, Scalar};
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let sum = metes_kernels::reduction("sum").unwrap();
/// let mut total = None;
/// assert_eq!(metes_eval::reduce_whole(sum, &a, 0.0, &mut total)?, Some(0));
/// assert_eq!(total.unwrap().item(&[])?, Scalar::Float(10.0));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Dtypes without a loop, refused memory.
pub fn reduce_whole(
    reduction: &'static Reduction,
    array: &Array,
    correction: f64,
    place: &mut Option<Array>,
) -> Result<Option<Flags>> {
    let n = array.size();
    if n == 0 || n > LEAF * FAN || !array.is_dense() || array.dtype().any_number().is_none() {
        return Ok(None);
    }
    let cell = choose(reduction, array.dtype(), None)?;
    if array.dtype() != cell.input || cell.state > size_of::<State>() {
        return Ok(None);
    }
    let Some(_held) = array.buffer().brief(Access::Read) else { return Ok(None) };
    let out = place.insert(Array::empty(&[], cell.output.into(), reduction.name)?);
    let (mut run, mut whole) = (State::EMPTY, State::EMPTY);
    let [run, whole] = [&mut run, &mut whole].map(|state| state.0.as_mut_ptr());
    let width = cell.input.size();
    status::take();
    // SAFETY: each state has room for one of the cell's; the values lie within the array, which is held; the
    // result is fresh and has one element.
    unsafe {
        (cell.init)(1, run);
        (cell.fold)(n, array.as_ptr(), width as isize, run, 0);
        (cell.init)(1, whole);
        (cell.merge)(1, run, whole);
        (cell.finish)(1, whole, out.as_ptr(), 0, correction);
    }
    let raised = status::take();
    Ok(Some(status::of_reduction(reduction, raised)))
}
