//! Strips: adjacent results along the last axis, folded side by side while rows go by.
//!
//! A strip is as wide as states stay near: rows are read in long pieces then, a few rows at once.

use crate::domain::{Axes, Feed, advance};
use crate::folding::{Folding, Lane};
use crate::tree::FAN;
use crate::walk::{Run, Runs};
use metes_kernels::{ReduceCell, Rows};
use smallvec::SmallVec;

/// Columns of a strip, and bytes of its states on one level, at most.
const MOST: usize = 2048;
const HELD: usize = 32 << 10;
/// Strips begin at multiples of so many columns.
const EVEN: usize = 64;

/// How many columns a strip has where so many threads share them: even parts of the last kept axis.
pub(crate) fn columns(cell: &ReduceCell, axes: &Axes, lanes: usize) -> usize {
    let all = axes.kept.last().map_or(1, |&axis| axes.shape[axis]);
    let most = (HELD / cell.state).clamp(EVEN, MOST) / EVEN * EVEN;
    if all <= most {
        return all.max(1);
    }
    let strips = all.div_ceil(most).next_multiple_of(lanes);
    all.div_ceil(strips).next_multiple_of(EVEN)
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
    fn kept_before_last(&self) -> &[usize] {
        &self.axes.kept[..self.axes.kept.len().saturating_sub(1)]
    }

    /// How many strips a part has.
    pub(crate) fn strips(&self, feed: &Feed) -> usize {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        feed.count(self.kept_before_last()) * columns.div_ceil(self.columns)
    }

    /// The strip of this number.
    pub(crate) fn strip(&self, feed: &Feed, number: usize) -> Strip {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        let tiles = columns.div_ceil(self.columns);
        let column = number % tiles * self.columns;
        Strip { lead: number / tiles, column, n: (columns - column).min(self.columns) }
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
                let settled = lane.states.are_settled(0, first, strip.n);
                lane.states.carry(first, strip.n, o + count - 1);
                if settled {
                    return;
                }
                advance(&mut runs, &along, count);
                at += count;
            }
        }
    }

    /// Folds one row, in blocks.
    ///
    /// # Safety
    /// The runs lie within the inputs; states of `n` results from `first` on exist.
    unsafe fn fold_row(&self, lane: &Lane, feed: &Feed, n: usize, runs: &[Run], first: usize, o: usize) {
        let most = self.program.block(lane.registers);
        for start in (0..n).step_by(most) {
            let runs: Runs = runs.iter().map(|run| (run.0.wrapping_offset(start as isize * run.1), run.1)).collect();
            let (count, first) = (most.min(n - start), first + start);
            // SAFETY: the caller's promise, for a part of the row.
            unsafe {
                let (x, step) = self.values(lane, feed, count, &runs);
                for (start, len) in self.stretches(lane, count, (x, step), self.mask(feed, &runs)) {
                    let x = x.wrapping_offset(start as isize * step);
                    (self.cell.fold_rows)(len, x, step, lane.states.at(0, first + start), o as u64, Rows::ONE);
                }
            }
        }
    }

    /// Writes the results of a strip, made of `n` adjacent states.
    pub(crate) fn write_strip(&self, feed: &Feed, strip: Strip, state: *const u8) {
        let columns = self.last_kept().map_or(1, |a| feed.shape[a]);
        let index = feed.result(&self.axes.kept, strip.lead * columns + strip.column);
        self.write(strip.n, state, &index);
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
}
