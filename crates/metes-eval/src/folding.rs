//! [`Folding`]: how the values of a reduction's results are folded, each piece by one thread with a [`Lane`] of its own.
//!
//! Where the last axis is kept, adjacent results are folded side by side, a *strip* of them at once. Where the last axes
//! are reduced, results are folded run by run; short runs many at a time. All of it follows the tree of [`crate::tree`].

use crate::domain::{Axes, AxisList, Domain, Feed, Line, advance, place};
use crate::exec::{self, true_runs};
use crate::program::{BLOCK, Program, Registers};
use crate::tree::{FAN, RunTree, States, levels};
use crate::walk::{Run, Runs};
use metes_array::Array;
use metes_kernels::{LEAF, ReduceCell, Rows};
use metes_memory::Result;
use smallvec::SmallVec;
use std::sync::Arc;

/// Results of short runs that are folded at once.
const LINES: usize = 128;

/// Stretches of values that take part: start and length.
type Stretches = SmallVec<[(usize, usize); 8]>;

/// What does not change while values are folded.
pub(crate) struct Folding {
    pub cell: &'static ReduceCell,
    pub program: Arc<Program>,
    pub axes: Axes,
    pub cut: Option<usize>,
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
    unsafe fn take(&self, n: usize, from: Run, to: Run) {
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
    lines: Option<States>,
    pub registers: Registers,
    pub present: Option<Registers>,
}

/// Adjacent results with states of their own.
pub(crate) fn width(axes: &Axes, cut: Option<usize>) -> usize {
    if axes.stays_open(cut) {
        axes.count(&axes.kept)
    } else if axes.run.is_empty() {
        axes.kept.last().map_or(1, |&a| axes.shape[a]).min(BLOCK)
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
    pub(crate) fn bytes(cell: &ReduceCell, axes: &Axes, cut: Option<usize>) -> usize {
        let outer = States::bytes(cell, width(axes, cut), levels(axes.count(&axes.outer)));
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
        registers: Registers,
    ) -> Result<Lane> {
        let states = States::new(cell, width(axes, cut), levels(axes.count(&axes.outer)))?;
        let lines = has_lines(axes, cut).then(|| States::new(cell, LINES, 2)).transpose()?;
        let runs = match axes.run.is_empty() {
            true => None,
            false => Some(RunTree::new(cell, axes.open_runs(cut), axes.count(&axes.run))?),
        };
        Ok(Lane { states, runs, lines, registers, present: None })
    }
}

/// Adjacent results along the last axis.
#[derive(Clone, Copy)]
pub(crate) struct Strip {
    /// The position among the other kept axes.
    pub lead: usize,
    pub column: usize,
    pub n: usize,
}

impl Folding {
    /// Whether all values take part, as far as the reduction itself can tell.
    pub(crate) fn takes_all(&self, feed: &Feed) -> bool {
        self.present.is_none() && feed.inputs + self.kept.iter().len() == feed.operands()
    }

    fn kept_before_last(&self) -> &[usize] {
        &self.axes.kept[..self.axes.kept.len().saturating_sub(1)]
    }

    fn last_kept(&self) -> Option<usize> {
        self.axes.kept.last().copied()
    }

    /// Whether the values lie as they are folded, so that no block need be computed; `steps` are other steps taken.
    fn lies_ready(&self, runs: &[Run], steps: &[isize]) -> bool {
        let step = steps.first().copied().unwrap_or(0);
        self.program.identity
            && exec::aligned(runs[0], self.program.dtype())
            && exec::aligned((runs[0].0, step), self.program.dtype())
    }

    /// How many strips a part has.
    pub(crate) fn strips(&self, feed: &Feed) -> usize {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        feed.count(self.kept_before_last()) * columns.div_ceil(BLOCK)
    }

    /// The strip of this number.
    pub(crate) fn strip(&self, feed: &Feed, number: usize) -> Strip {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        let tiles = columns.div_ceil(BLOCK);
        let column = number % tiles * BLOCK;
        Strip { lead: number / tiles, column, n: (columns - column).min(BLOCK) }
    }

    /// Folds the outer values from position `from` to `to` of a strip into the lane's states from `first` on.
    pub(crate) fn fold_strip(
        &self,
        lane: &mut Lane,
        feed: &Feed,
        strip: Strip,
        (from, to): (usize, usize),
        first: usize,
    ) {
        let (outer, lead) = (&self.axes.outer, self.kept_before_last());
        let last = self.last_kept().expect("some axis is kept");
        let before = feed.before(outer);
        let lead_index = feed.index(lead, strip.lead);
        let along = outer.last().map_or_else(SmallVec::new, |&axis| feed.strides(axis));
        let turn = outer.last().map_or(1, |&axis| feed.shape[axis]);
        let steps = feed.strides(last);
        let takes_all = self.takes_all(feed);
        let mut at = from;
        while at < to {
            let outer_index = feed.index(outer, at);
            let mut runs = feed.at(&[(lead, &lead_index), (outer, &outer_index), (&[last], &[strip.column])]);
            runs.iter_mut().zip(&steps).for_each(|(run, &step)| run.1 = step);
            let ready = takes_all && self.lies_ready(&runs, &along);
            let end = at + (turn - at % turn).min(to - at);
            while at < end {
                let o = before + at;
                let mut count = 1;
                if ready {
                    // Rows as far as the lowest level of the states takes them.
                    count = (end - at).min(FAN - o % FAN);
                    let rows = Rows { count, step: along.first().copied().unwrap_or(0) };
                    let states = lane.states.at(0, first);
                    // SAFETY: the rows lie within the guarded inputs; the states are the lane's.
                    unsafe { (self.cell.fold_rows)(strip.n, runs[0].0, runs[0].1, states, o as u64, rows) };
                } else {
                    // SAFETY: likewise.
                    unsafe { self.fold_row(lane, feed, strip.n, &runs, first, o) };
                }
                lane.states.carry(first, strip.n, o + count - 1);
                advance(&mut runs, &along, count);
                at += count;
            }
        }
    }

    /// # Safety
    /// The runs lie within the inputs.
    unsafe fn fold_row(&self, lane: &Lane, feed: &Feed, n: usize, runs: &[Run], first: usize, o: usize) {
        // SAFETY: the caller's promise; states of `n` results from `first` on exist.
        unsafe {
            let (x, step) = self.values(lane, feed, n, runs);
            for (start, len) in self.stretches(lane, n, (x, step), self.mask(feed, runs)) {
                let x = x.wrapping_offset(start as isize * step);
                (self.cell.fold_rows)(len, x, step, lane.states.at(0, first + start), o as u64, Rows::ONE);
            }
        }
    }

    /// Writes the results of a strip, made of `n` adjacent states.
    pub(crate) fn write_strip(&self, feed: &Feed, strip: Strip, state: *const u8) {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        let index = feed.result(&self.axes.kept, strip.lead * columns + strip.column);
        self.write(strip.n, state, &index);
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
    fn write(&self, n: usize, state: *const u8, index: &[usize]) {
        let step = self.out.strides().last().copied().unwrap_or(0);
        // SAFETY: `n` states, `n` elements of the result, which nobody else writes.
        unsafe { (self.cell.finish)(n, state, place(&self.out, index), step, self.correction) };
    }

    /// Folds and writes the strips of these numbers.
    pub(crate) fn strips_whole(&self, lane: &mut Lane, feed: &Feed, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let strip = self.strip(feed, number);
            lane.states.clear();
            self.fold_strip(lane, feed, strip, (0, feed.count(&self.axes.outer)), 0);
            let state = lane.states.collect(0, lane.states.width);
            self.write_strip(feed, strip, state);
        }
    }

    /// Folds and writes the results at these positions among the kept axes.
    pub(crate) fn results_whole(&self, lane: &mut Lane, feed: &Feed, positions: std::ops::Range<usize>) {
        let line = feed.line(&self.axes.run);
        if lane.lines.is_some()
            && self.takes_all(feed)
            && let Some((length, inner)) = line.single()
        {
            return self.lines(lane, feed, positions, length, &inner);
        }
        for position in positions {
            lane.states.clear();
            self.fold_outer(lane, feed, &line, position, (0, feed.count(&self.axes.outer)), 0);
            let state = lane.states.collect(0, 1);
            self.write(1, state, &feed.result(&self.axes.kept, position));
        }
    }

    /// Folds the outer values (each a run) from position `from` to `to` of a result, each complete, into a state.
    pub(crate) fn fold_outer(
        &self,
        lane: &mut Lane,
        feed: &Feed,
        line: &Line,
        position: usize,
        (from, to): (usize, usize),
        into: usize,
    ) {
        let mut tree = lane.runs.take().expect("the last axis is reduced");
        let (outer, length) = (&self.axes.outer, self.axes.count(&self.axes.run));
        let before = feed.before(outer);
        let kept_index = feed.index(&self.axes.kept, position);
        for at in from..to {
            let begin = feed.at(&[(&self.axes.kept, &kept_index), (outer, &feed.index(outer, at))]);
            let o = before + at;
            tree.restart(0);
            self.fold_run(lane, feed, &mut tree, 0, line, &begin, (0, feed.count(&self.axes.run)), o * length);
            let state = tree.finish(0);
            // SAFETY: both are states of the cell.
            unsafe { (self.cell.merge)(1, state, lane.states.at(0, into)) };
            lane.states.carry(into, 1, o);
        }
        lane.runs = Some(tree);
    }

    /// Folds the values of a run from position `from` to `to` of it; its first has position `index` of the reduction.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn fold_run(
        &self,
        lane: &Lane,
        feed: &Feed,
        tree: &mut RunTree,
        run: usize,
        line: &Line,
        begin: &Runs,
        (from, to): (usize, usize),
        index: usize,
    ) {
        let block = self.program.block(lane.registers);
        let total = line.shape.last().copied().unwrap_or(1);
        let lead = line.shape.len().saturating_sub(1);
        let mut at = from;
        while at < to {
            let index_of =
                |axis: usize| -> usize { at / line.shape[axis + 1..].iter().product::<usize>() % line.shape[axis] };
            let lead_index: AxisList = (0..lead).map(index_of).collect();
            let inner = at % total;
            let mut runs: Runs = begin
                .iter()
                .zip(&line.strides)
                .map(|(r, s)| {
                    let step = s.last().copied().unwrap_or(0);
                    let skip: isize = lead_index.iter().zip(s).map(|(&i, s)| i as isize * s).sum();
                    (r.0.wrapping_offset(skip + inner as isize * step), step)
                })
                .collect();
            let mut left = (total - inner).min(to - at);
            // What is computed goes through registers; what lies ready need not be cut so small.
            let most = if self.takes_all(feed) && self.lies_ready(&runs, &[]) { LEAF * FAN } else { block };
            while left > 0 {
                let n = left.min(most);
                // SAFETY: the runs lie within the guarded inputs.
                unsafe { self.fold_block(lane, feed, tree, run, n, &runs, (index + at) as u64) };
                runs.iter_mut().for_each(|r| r.0 = r.0.wrapping_offset(r.1 * n as isize));
                at += n;
                left -= n;
            }
        }
    }

    /// # Safety
    /// The runs lie within the inputs.
    #[allow(clippy::too_many_arguments)]
    unsafe fn fold_block(
        &self,
        lane: &Lane,
        feed: &Feed,
        tree: &mut RunTree,
        run: usize,
        n: usize,
        runs: &[Run],
        index: u64,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let (x, step) = self.values(lane, feed, n, runs);
            let mut at = 0;
            for (start, len) in self.stretches(lane, n, (x, step), self.mask(feed, runs)) {
                tree.skip(run, start - at);
                tree.push(run, len, x.wrapping_offset(start as isize * step), step, index + start as u64);
                at = start + len;
            }
            tree.skip(run, n - at);
        }
    }

    /// Folds and writes results of short runs, many at once.
    fn lines(&self, lane: &mut Lane, feed: &Feed, positions: std::ops::Range<usize>, length: usize, inner: &[isize]) {
        let kept = &self.axes.kept;
        let along = self.last_kept().map_or_else(|| SmallVec::from_elem(0, feed.operands()), |axis| feed.strides(axis));
        let turn = self.last_kept().map_or(1, |axis| feed.shape[axis]);
        let block = self.program.block(lane.registers);
        let states = lane.lines.as_ref().expect("short runs have their states");
        let mut at = positions.start;
        while at < positions.end {
            let mut left = (turn - at % turn).min(positions.end - at);
            let mut runs = feed.at(&[(kept, &feed.index(kept, at))]);
            runs.iter_mut().zip(inner).for_each(|(run, &step)| run.1 = step);
            let ready = self.lies_ready(&runs, &along);
            let most = (block / length.max(1)).clamp(1, LINES);
            while left > 0 {
                let n = left.min(most);
                let [whole, results] = [0, 1].map(|level| states.at(level, 0));
                // SAFETY: the runs lie within the guarded inputs; there is room for as many states on each level.
                unsafe {
                    (self.cell.init)(n, whole);
                    if ready {
                        self.fold_lines((n, length), runs[0], along[0], whole, 0);
                    } else {
                        self.compute_lines(lane, feed, (n, length), &runs, &along, whole);
                    }
                    (self.cell.init)(n, results);
                    (self.cell.merge)(n, whole, results);
                }
                self.write(n, results, &feed.result(kept, at));
                advance(&mut runs, &along, n);
                at += n;
                left -= n;
            }
        }
    }

    /// Computes the values of `n` runs, and folds them.
    ///
    /// # Safety
    /// The runs lie within the inputs; `n` states at each place.
    unsafe fn compute_lines(
        &self,
        lane: &Lane,
        feed: &Feed,
        (n, length): (usize, usize),
        runs: &Runs,
        along: &[isize],
        whole: *mut u8,
    ) {
        let (program, registers) = (&self.program, lane.registers);
        let block = program.block(registers);
        if length <= block {
            // SAFETY: the caller's promise; `n` was chosen so that all fits a block.
            unsafe {
                let (inputs, rest) = runs.split_at(feed.inputs);
                let inputs = exec::gather_rows(program, registers, (n, length), inputs, along);
                let (x, step) = exec::block(program, registers, n * length, &inputs, None).0;
                if let (Some(kept), Some(&to)) = (&self.kept, rest.first()) {
                    for row in 0..n as isize {
                        let from = x.wrapping_offset(row * length as isize * step);
                        kept.take(length, (from, step), (to.0.wrapping_offset(row * along[feed.inputs]), to.1));
                    }
                }
                self.fold_lines((n, length), (x, step), step * length as isize, whole, 0);
            }
            return;
        }
        debug_assert_eq!(n, 1);
        for start in (0..length).step_by(block) {
            let part: Runs = runs.iter().map(|r| (r.0.wrapping_offset(r.1 * start as isize), r.1)).collect();
            let count = block.min(length - start);
            // SAFETY: the caller's promise, for a part of the run.
            unsafe {
                let values = self.values(lane, feed, count, &part);
                self.fold_lines((1, count), values, 0, whole, start);
            }
        }
    }

    /// Folds `n` runs; the first values have position `index`, a multiple of a leaf.
    ///
    /// # Safety
    /// `n` runs of `length` values at `x`, `along` apart; `n` states.
    unsafe fn fold_lines(
        &self,
        (n, length): (usize, usize),
        (x, step): Run,
        along: isize,
        states: *mut u8,
        index: usize,
    ) {
        for line in 0..n {
            let x = x.wrapping_offset(along * line as isize);
            // SAFETY: the caller's promise.
            unsafe { (self.cell.fold)(length, x, step, states.add(line * self.cell.state), index as u64) };
        }
    }

    /// The mask among a feed's operands.
    fn mask(&self, feed: &Feed, runs: &[Run]) -> Option<Run> {
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
    unsafe fn values(&self, lane: &Lane, feed: &Feed, n: usize, runs: &[Run]) -> Run {
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
    unsafe fn stretches(&self, lane: &Lane, n: usize, x: Run, mask: Option<Run>) -> Stretches {
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
    pub(crate) fn weight(program: &Program, cell: &ReduceCell, domain: &Domain) -> usize {
        let each = cell.input.size() + if program.identity { 0 } else { program.weight() };
        domain.size().saturating_mul(each)
    }
}
