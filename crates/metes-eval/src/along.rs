//! The short path of reductions along one axis: a small dense array, its states on the stack, no program, walk or scratch.
//!
//! Lines and strips are folded as [`crate::folding`] does, as far as one level of the tree holds them, so the bits are the
//! same. Anything else is declined, also bytes that somebody else uses now, and takes the general way.

use crate::reduce::choose;
use crate::status;
use crate::tree::FAN;
use metes_array::{Array, Dims};
use metes_kernels::{Flags, LEAF, ReduceCell, Reduction, Rows};
use metes_memory::{Access, Result};
use std::mem::MaybeUninit;

/// Bytes of the largest array that takes this way.
const SMALL: usize = 64 << 10;
/// Bytes of states at once.
const ROOM: usize = 4096;

/// Room for states, aligned for all.
#[repr(align(16))]
struct States(MaybeUninit<[u8; ROOM]>);

/// As [`crate::reduce`] along one axis, for a small dense array of values that need no cast; `None` where the array is not
/// that, or has no such axis. The result goes to `place`; what was noticed is returned.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let sum = metes_kernels::reduction("sum").unwrap();
/// let mut columns = None;
/// assert_eq!(metes_eval::reduce_along(sum, &a, 0, false, 0.0, &mut columns)?, Some(0));
/// assert_eq!(columns.unwrap().read::<f64>()?.to_vec(), [4.0, 6.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Dtypes without a loop, refused memory.
pub fn reduce_along(
    reduction: &'static Reduction,
    array: &Array,
    axis: isize,
    keepdims: bool,
    correction: f64,
    place: &mut Option<Array>,
) -> Result<Option<Flags>> {
    let ndim = array.ndim();
    let Some(axis) = usize::try_from(if axis < 0 { axis + ndim as isize } else { axis }).ok().filter(|&a| a < ndim)
    else {
        return Ok(None);
    };
    let bytes = array.nbytes();
    if bytes == 0 || bytes > SMALL || !array.is_dense() || array.dtype().any_number().is_none() {
        return Ok(None);
    }
    let (before, after) = (&array.shape()[..axis], &array.shape()[axis + 1..]);
    let (length, last) = (array.shape()[axis], after.is_empty());
    let cell = choose(reduction, array.dtype(), None)?;
    if array.dtype() != cell.input || cell.state > ROOM / 4 || length > if last { LEAF * FAN } else { FAN } {
        return Ok(None);
    }
    let Some(_held) = array.buffer().brief(Access::Read) else { return Ok(None) };
    let mut shape = Dims::from_slice(before);
    if keepdims {
        shape.push(1);
    }
    shape.extend_from_slice(after);
    let out = place.insert(Array::empty(&shape, cell.output.into(), reduction.name)?);
    status::take();
    let (lead, tail) = (before.iter().product(), after.iter().product());
    // SAFETY: the array has as many values, densely, and is held; the result is fresh and has a place for each line.
    unsafe {
        match last {
            true => lines(cell, (lead, length), array.as_ptr(), out.as_ptr(), correction),
            false => strips(cell, (lead, length, tail), array.as_ptr(), out.as_ptr(), correction),
        }
    }
    let raised = status::take();
    Ok(Some(status::of_reduction(reduction, raised)))
}

/// Folds each of `lead` lines.
///
/// # Safety
/// As many values at `from`, and places for results at `to`.
unsafe fn lines(cell: &ReduceCell, (lead, length): (usize, usize), from: *const u8, to: *mut u8, correction: f64) {
    let mut states = States(MaybeUninit::uninit());
    // Even, so that both halves are aligned.
    let most = (ROOM / cell.state / 2) & !1;
    let [whole, results] = [0, most].map(|at| states.0.as_mut_ptr().cast::<u8>().wrapping_add(at * cell.state));
    let (width, step) = (cell.input.size(), cell.output.size());
    for start in (0..lead).step_by(most) {
        let n = most.min(lead - start);
        // SAFETY: the caller's promise; there is room for as many states twice.
        unsafe {
            (cell.init)(n, whole);
            for line in 0..n {
                let x = from.add((start + line) * length * width);
                (cell.fold)(length, x, width as isize, whole.add(line * cell.state), 0);
            }
            (cell.init)(n, results);
            (cell.merge)(n, whole, results);
            (cell.finish)(n, results, to.add(start * step), step as isize, correction);
        }
    }
}

/// Folds the `length` rows of each of `lead` tables into one row of `tail` results.
///
/// # Safety
/// As many values at `from`, and places for results at `to`.
unsafe fn strips(
    cell: &ReduceCell,
    (lead, length, tail): (usize, usize, usize),
    from: *const u8,
    to: *mut u8,
    correction: f64,
) {
    let mut room = States(MaybeUninit::uninit());
    let states = room.0.as_mut_ptr().cast::<u8>();
    let (width, step) = (cell.input.size(), cell.output.size());
    let rows = Rows { count: length, step: (tail * width) as isize };
    for table in 0..lead {
        for start in (0..tail).step_by(ROOM / cell.state) {
            let n = (ROOM / cell.state).min(tail - start);
            // SAFETY: the caller's promise; there is room for as many states.
            unsafe {
                (cell.init)(n, states);
                let x = from.add((table * length * tail + start) * width);
                (cell.fold_rows)(n, x, width as isize, states, 0, rows);
                (cell.finish)(n, states, to.add((table * tail + start) * step), step as isize, correction);
            }
        }
    }
}
