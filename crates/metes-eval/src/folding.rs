//! [`Folding`]: how the values of a reduction's results are folded, each piece by one thread with a [`Lane`] of its own.
//!
//! Where the last axis is kept, adjacent results are folded side by side, a strip of them at once ([`crate::strips`]). Where
//! the last axes are reduced, results are folded run by run ([`crate::runs`]). All of it follows the tree of
//! [`crate::tree`]. Here is what both share.

use crate::domain::{Axes, Feed, place};
use crate::exec::{self, true_runs};
use crate::program::{Program, Registers};
use crate::tree::{FAN, RunTree, States, levels};
use crate::walk::Run;
use metes_array::Array;
use metes_kernels::{LEAF, ReduceCell};
use metes_memory::Result;
use smallvec::SmallVec;
use std::sync::Arc;

/// Results of short runs that are folded at once.
pub(crate) const LINES: usize = 128;

/// Stretches of values that take part: start and length.
type Stretches = SmallVec<[(usize, usize); 8]>;

/// What does not change while values are folded.
pub(crate) struct Folding {
    pub cell: &'static ReduceCell,
    pub program: Arc<Program>,
    pub axes: Axes,
    pub cut: Option<usize>,
    /// Of a strip.
    pub columns: usize,
    pub correction: f64,
    /// What tells values from NaN, where NaN is left out.
    pub present: Option<Program>,
    /// Where the values are kept, where they are.
    pub kept: Option<Kept>,
    pub out: Array,
}

/// An array of the domain's shape and of the program's dtype, to which the values are written: the last of a feed's
/// operands.
pub(crate) struct Kept {
    pub array: Array,
    /// Whether it is so large that it is written past the caches.
    pub past: bool,
}

impl Kept {
    /// Brings dense values to where they are kept.
    ///
    /// # Safety
    /// `n` values of the array's dtype at `from`, and room for as many within the array at `to`, which nobody else uses.
    pub(crate) unsafe fn take(&self, n: usize, from: Run, to: Run) {
        let width = self.array.dtype().size();
        // SAFETY: the caller's promise; both are dense where their step is a value's width.
        unsafe {
            match self.past && to.1 == width as isize {
                true => metes_array::copy_past(from.0, to.0, n * width),
                false => exec::move_values(n, width, from, to),
            }
        }
    }
}

/// What one thread needs to fold.
pub(crate) struct Lane {
    /// States over the outer axes.
    pub states: States,
    /// The run being folded; absent where the last axis is kept.
    pub runs: Option<RunTree>,
    /// States of short runs: runs, results.
    pub lines: Option<States>,
    pub registers: Registers,
    pub present: Option<Registers>,
}

/// Adjacent results with states of their own.
pub(crate) fn width(axes: &Axes, cut: Option<usize>, columns: usize) -> usize {
    if axes.stays_open(cut) {
        axes.count(&axes.kept)
    } else if axes.run.is_empty() {
        columns
    } else {
        1
    }
}

/// Whether runs are so short that a state holds each.
fn has_lines(axes: &Axes, cut: Option<usize>) -> bool {
    let short = !axes.run.is_empty() && axes.count(&axes.run) <= LEAF * FAN;
    short && axes.count(&axes.outer) == 1 && !axes.stays_open(cut)
}

impl Lane {
    /// Bytes that [`Lane::new`] takes, exactly.
    pub(crate) fn bytes(cell: &ReduceCell, axes: &Axes, cut: Option<usize>, columns: usize) -> usize {
        let outer = States::bytes(cell, width(axes, cut, columns), levels(axes.count(&axes.outer)));
        let lines = if has_lines(axes, cut) { States::bytes(cell, LINES, 2) } else { 0 };
        let runs = match axes.run.is_empty() {
            true => 0,
            false => RunTree::bytes(cell, axes.open_runs(cut), axes.count(&axes.run)),
        };
        outer + lines + runs
    }

    pub(crate) fn new(
        cell: &'static ReduceCell,
        axes: &Axes,
        cut: Option<usize>,
        columns: usize,
        registers: Registers,
    ) -> Result<Lane> {
        let states = States::new(cell, width(axes, cut, columns), levels(axes.count(&axes.outer)))?;
        let lines = has_lines(axes, cut).then(|| States::new(cell, LINES, 2)).transpose()?;
        let runs = match axes.run.is_empty() {
            true => None,
            false => Some(RunTree::new(cell, axes.open_runs(cut), axes.count(&axes.run))?),
        };
        Ok(Lane { states, runs, lines, registers, present: None })
    }
}

impl Folding {
    /// Whether all values take part, as far as the reduction itself can tell.
    pub(crate) fn takes_all(&self, feed: &Feed) -> bool {
        self.present.is_none() && feed.inputs + self.kept.iter().len() == feed.operands()
    }

    pub(crate) fn last_kept(&self) -> Option<usize> {
        self.axes.kept.last().copied()
    }

    /// Whether the values lie as they are folded, so that no block need be computed; `steps` are other steps taken.
    pub(crate) fn lies_ready(&self, runs: &[Run], steps: &[isize]) -> bool {
        let step = steps.first().copied().unwrap_or(0);
        self.program.identity
            && exec::aligned(runs[0], self.program.dtype())
            && exec::aligned((runs[0].0, step), self.program.dtype())
    }

    /// Writes one result.
    pub(crate) fn write_result(&self, feed: &Feed, position: usize, state: *const u8) {
        self.write(1, state, &feed.result(&self.axes.kept, position));
    }

    /// Writes one result whose only outer value is a run.
    pub(crate) fn merge_result(&self, feed: &Feed, position: usize, run: *const u8, states: &States) {
        // SAFETY: both are states of the cell.
        unsafe { (self.cell.merge)(1, run, states.at(0, 0)) };
        self.write_result(feed, position, states.collect(0, 1));
    }

    /// Writes `n` results along the last kept axis.
    pub(crate) fn write(&self, n: usize, state: *const u8, index: &[usize]) {
        let step = self.out.strides().last().copied().unwrap_or(0);
        // SAFETY: `n` states, `n` elements of the result, which nobody else writes.
        unsafe { (self.cell.finish)(n, state, place(&self.out, index), step, self.correction) };
    }

    /// The mask among a feed's operands.
    pub(crate) fn mask(&self, feed: &Feed, runs: &[Run]) -> Option<Run> {
        if self.kept.is_some() { None } else { runs.get(feed.inputs).copied() }
    }

    /// Orders what was kept past the caches before whatever this thread does next.
    pub(crate) fn settle(&self) {
        if self.kept.as_ref().is_some_and(|kept| kept.past) {
            metes_array::settle();
        }
    }

    /// The program's values for one block, which are kept, too, where that is asked for.
    ///
    /// # Safety
    /// `n` values at each operand.
    pub(crate) unsafe fn values(&self, lane: &Lane, feed: &Feed, n: usize, runs: &[Run]) -> Run {
        let (inputs, rest) = runs.split_at(feed.inputs);
        if let (Some(kept), Some(&to)) = (&self.kept, rest.first()) {
            // SAFETY: the caller's promise; nobody else writes these values.
            unsafe {
                if !kept.past {
                    return exec::block(&self.program, lane.registers, n, inputs, Some(to)).0;
                }
                let values = exec::block(&self.program, lane.registers, n, inputs, None).0;
                kept.take(n, values, to);
                return values;
            }
        }
        if self.program.identity && exec::aligned(inputs[0], self.program.dtype()) {
            return inputs[0];
        }
        // SAFETY: the caller's promise.
        unsafe { exec::block(&self.program, lane.registers, n, inputs, None).0 }
    }

    /// The values of a block that take part.
    ///
    /// # Safety
    /// `n` values of the cell's input at `x`, and of the mask.
    pub(crate) unsafe fn stretches(&self, lane: &Lane, n: usize, x: Run, mask: Option<Run>) -> Stretches {
        let (Some(program), Some(registers)) = (&self.present, lane.present) else {
            return mask.map_or_else(|| SmallVec::from_slice(&[(0, n)]), |mask| true_runs(n, mask));
        };
        // SAFETY: the caller's promise.
        let there = unsafe { exec::block(program, registers, n, &[x], None).0 };
        let Some(mask) = mask else { return true_runs(n, there) };
        let within = |(start, len): (usize, usize)| {
            let there = (there.0.wrapping_offset(start as isize * there.1), there.1);
            true_runs(len, there).into_iter().map(move |(s, l)| (start + s, l))
        };
        true_runs(n, mask).into_iter().flat_map(within).collect()
    }

    /// What all values weigh, and how many threads are worth it.
    pub(crate) fn weight(program: &Program, cell: &ReduceCell, size: usize) -> usize {
        let each = cell.input.size() + if program.identity { 0 } else { program.weight() };
        size.saturating_mul(each)
    }
}
