//! Runs: values of the last axes that make one result, folded one after the other, or many short ones at a time.

use crate::domain::{AxisList, Feed, Line, advance};
use crate::exec;
use crate::folding::{Folding, LINES, Lane};
use crate::tree::{FAN, RunTree};
use crate::walk::{Run, Runs};
use metes_kernels::LEAF;
use smallvec::SmallVec;

impl Folding {
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
            let settled = lane.states.are_settled(0, into, 1);
            lane.states.carry(into, 1, o);
            if settled {
                break;
            }
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
                if tree.is_settled(run) {
                    return;
                }
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
}
