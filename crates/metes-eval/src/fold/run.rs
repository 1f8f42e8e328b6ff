//! The walks that run a ufunc's loop on its own results. The file of the module that calls loops.

use crate::apply::cast_program;
use crate::exec::{self, true_runs};
use crate::program::{Program, ScratchBuf};
use crate::walk::{Run, Walk};
use metes_array::{Array, Dims};
use metes_kernels::{Cell, Flags};
use metes_memory::{Access, Result};
use smallvec::SmallVec;

/// Rows shorter than this are accumulated in one call that runs through all of them.
const ROW: usize = 64;

/// What makes values of a loop's kind from those of an array, a block at a time.
struct Feed {
    cast: Option<(Program, ScratchBuf)>,
}

impl Feed {
    fn new(array: &Array, cell: &Cell) -> Result<Feed> {
        let wanted = cell.inputs[1].into();
        if array.dtype() == wanted && array.is_aligned() {
            return Ok(Feed { cast: None });
        }
        let program = cast_program(array.dtype(), wanted)?;
        let scratch = ScratchBuf::new(&program)?;
        Ok(Feed { cast: Some((program, scratch)) })
    }

    /// # Safety
    /// `n` values of the array, at most a block, lie at the run.
    unsafe fn values(&self, n: usize, run: Run) -> Run {
        match &self.cast {
            None => run,
            // SAFETY: the caller's promise.
            Some((program, scratch)) => unsafe { exec::block(program, scratch.lane(0), n, &[run], None).0 },
        }
    }
}

/// # Safety
/// `n` results at `acc` and values at `x`, of the cell's kinds.
unsafe fn fold_values(cell: &Cell, n: usize, acc: Run, x: Run) -> Flags {
    // SAFETY: the caller's promise; the result stands on the first input.
    unsafe { (cell.call)(n, &[acc.0, x.0, acc.0], &[acc.1, x.1, acc.1]) }
}

/// Folds the values of `x` into `acc`, which broadcasts to its shape, where `mask` is true. Values of one result are taken
/// in the order of their places along each axis.
pub(super) fn fold_into(cell: &Cell, acc: &Array, x: &Array, mask: Option<&Array>) -> Result<Flags> {
    let feed = Feed::new(x, cell)?;
    let mut operands: SmallVec<[&Array; 3]> = SmallVec::from_slice(&[x, acc]);
    operands.extend(mask);
    let walk = Walk::new(x.shape(), &operands)?;
    let mut held: SmallVec<[&Array; 3]> = SmallVec::from_slice(&[acc, x]);
    held.extend(mask);
    let _guards = exec::guard(&held, 1, "reduce")?;
    let mut flags = 0;
    walk.for_each_block(|n, runs| {
        let acc = runs[1];
        // SAFETY: the walk stays within the arrays, which are guarded; the feed makes values of the loop's kind.
        unsafe {
            let x = feed.values(n, runs[0]);
            let Some(&mask) = runs.get(2) else {
                flags |= fold_values(cell, n, acc, x);
                return;
            };
            for (start, len) in true_runs(n, mask) {
                let at = |run: Run| (run.0.wrapping_offset(start as isize * run.1), run.1);
                flags |= fold_values(cell, len, at(acc), at(x));
            }
        }
    });
    Ok(flags)
}

/// Writes to each place of `out` but the first along `axis` the ufunc of the result before it and the value of `x` there.
/// `x` is aligned, of the loop's kind, and apart from `out` or the same.
pub(super) fn accumulate_along(cell: &Cell, x: &Array, out: &Array, axis: usize) -> Result<Flags> {
    let length = out.shape()[axis];
    let (before, after) = (super::along(out, axis, 0, length - 1)?, super::along(out, axis, 1, length)?);
    let x = super::along(x, axis, 1, length)?;
    let _guards = exec::guard(&[out, &x], 1, "accumulate")?;
    let row = out.size() / length;
    let step = out.strides()[axis].unsigned_abs();
    let innermost = out.shape().iter().zip(out.strides()).all(|(&n, s)| n == 1 || s.unsigned_abs() >= step);
    if innermost || row < ROW {
        return Ok(exec::run_loop(cell.call, 1, &Walk::new(after.shape(), &[&after, &before, &x])?));
    }
    let mut flags = 0;
    for i in 0..length - 1 {
        let rows = [&after, &before, &x].map(|a| super::along(a, axis, i, i + 1));
        let [after, before, x] = rows;
        let (after, before, x) = (after?, before?, x?);
        flags |= exec::run_loop(cell.call, 1, &Walk::new(after.shape(), &[&after, &before, &x])?);
    }
    Ok(flags)
}

/// The same of arrays of one axis, in one call that begins with the first value; `None`, and nothing written, where somebody
/// else uses the bytes.
pub(super) fn accumulate_line(cell: &Cell, x: &Array, out: &Array) -> Option<Flags> {
    let ([length], [step], [by]) = (x.shape(), x.strides(), out.strides()) else { return None };
    let same = x.buffer().same(out.buffer());
    let _reading = if same { None } else { Some(x.buffer().brief(Access::Read)?) };
    let _writing = out.buffer().brief(Access::Write)?;
    let (from, to) = (x.as_ptr(), out.as_ptr());
    // SAFETY: aligned values of the loop's kind, which are held, and are apart from the results or the same; each result
    // is written before it is read.
    unsafe {
        exec::move_values(1, x.dtype().size(), (from, 0), (to, 0));
        let (next, rest) = (to.wrapping_offset(*by), from.wrapping_offset(*step));
        Some((cell.call)(length - 1, &[to, rest, next], &[*by, *step, *by]))
    }
}

/// Folds, along `axis`, the values of `x` from each of `starts` to the next one (or the one value there, where the next is
/// not beyond it) into a place of `out`, line by line. Values are aligned and of the loop's kind.
pub(super) fn segments_by_line(cell: &Cell, x: &Array, out: &Array, axis: usize, starts: &[i64]) -> Result<Flags> {
    let length = x.shape()[axis];
    let shape: Dims = x.shape().iter().enumerate().map(|(a, &n)| if a == axis { 1 } else { n }).collect();
    let heads = (super::along(x, axis, 0, 1)?, super::along(out, axis, 0, 1)?);
    let walk = Walk::new(&shape, &[&heads.0, &heads.1])?;
    let _guards = exec::guard(&[out, x], 1, "reduceat")?;
    let (step, out_step, width) = (x.strides()[axis], out.strides()[axis], x.dtype().size());
    let mut flags = 0;
    walk.for_each_run(|n, runs| {
        for line in 0..n as isize {
            let from = runs[0].0.wrapping_offset(line * runs[0].1);
            let to = runs[1].0.wrapping_offset(line * runs[1].1);
            for (i, &start) in starts.iter().enumerate() {
                let start = start as usize;
                let stop = starts.get(i + 1).map_or(length, |&next| next as usize);
                let first = from.wrapping_offset(start as isize * step);
                let acc = (to.wrapping_offset(i as isize * out_step), 0);
                // SAFETY: all starts are below the length; both arrays are guarded and apart.
                unsafe {
                    exec::move_values(1, width, (first, 0), acc);
                    let rest = (first.wrapping_offset(step), step);
                    flags |= fold_values(cell, stop.saturating_sub(start + 1), acc, rest);
                }
            }
        }
    });
    Ok(flags)
}

/// Folds each of `values` into the element of the one-dimensional `array` at the place of `places` beside it; places are
/// int64 and within the array. Values and elements are aligned, and of the loop's kinds.
pub(super) fn fold_at(cell: &Cell, array: &Array, places: &Array, values: &Array) -> Result<Flags> {
    let walk = Walk::new(places.shape(), &[places, values])?;
    let _guards = exec::guard(&[array, places, values], 1, "at")?;
    let (start, step) = (array.as_ptr(), array.strides()[0]);
    let mut flags = 0;
    walk.for_each_run(|n, runs| {
        for i in 0..n as isize {
            // SAFETY: the walk stays within both arrays, which are guarded; places lie within the third, which is too.
            unsafe {
                let place = runs[0].0.wrapping_offset(i * runs[0].1).cast::<i64>().read();
                let acc = (start.wrapping_offset(place as isize * step), 0);
                flags |= fold_values(cell, 1, acc, (runs[1].0.wrapping_offset(i * runs[1].1), 0));
            }
        }
    });
    Ok(flags)
}
