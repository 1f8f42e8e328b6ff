//! [`Split`]: the branches of one result's tree, folded by several threads.
//!
//! A branch is what [`FAN`] values of a tree's lowest level make: it begins at a fixed position, so whoever folds it gets the
//! same state. Branches of a wave are folded in any order, then taken in order into the levels above. What they are kept in
//! meanwhile is small: a wave is as long as there is room for.

use crate::domain::{Axes, Feed, Line};
use crate::folding::{Folding, Lane, width};
use crate::program::{Program, Registers};
use crate::share::{self, TASK};
use crate::strips::Strip;
use crate::tree::{FAN, States, levels};
use crate::walk::Runs;
use metes_kernels::{LEAF, ReduceCell};
use metes_memory::{Buffer, Need, Result};
use smallvec::SmallVec;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of branches per thread, about.
const ROOM: usize = 32 << 10;

/// What the branches of a tree are made of.
#[derive(Clone, Copy)]
enum Kind {
    /// Outer values, each a row or a run.
    Outer,
    /// The leaves of a run.
    Run,
}

/// Room for the branches of a wave, and the levels above them.
pub(crate) struct Split {
    kind: Kind,
    trunk: States,
    branches: Buffer,
    /// How many branches a wave has.
    wave: usize,
    /// Bytes of a branch.
    each: usize,
    /// How many branches one task folds.
    group: usize,
}

/// A reduction whose trees are split, and what it is fed.
pub(crate) struct Member<'a> {
    pub split: &'a Split,
    pub folding: &'a Folding,
    pub feed: &'a Feed,
    pub lanes: &'a [Mutex<Lane>],
}

/// A result of a reduction, or a strip of them, being folded.
struct Unit<'a> {
    member: &'a Member<'a>,
    number: usize,
    strip: Option<Strip>,
    line: Option<Line>,
    begin: Runs,
    settled: AtomicBool,
}

// SAFETY: addresses within guarded operands; those that are written have a place for each value, and each value is folded
// by one thread.
unsafe impl Sync for Unit<'_> {}

/// The kind, how many branches there are, and the levels of the tree; `None` where a tree has one branch, and where there
/// are strips for all threads.
fn shape(axes: &Axes, cut: Option<usize>, lanes: usize, columns: usize) -> Option<(Kind, usize, usize)> {
    let strips = axes.run.is_empty() && axes.kept.last().is_some_and(|&axis| axes.shape[axis] > columns);
    let (outer, run) = (axes.count(&axes.outer), axes.count(&axes.run).div_ceil(LEAF));
    match (outer > FAN, !axes.run.is_empty() && outer == 1 && run > FAN) {
        _ if cut.is_some() || lanes <= 1 || strips => None,
        (true, _) => Some((Kind::Outer, outer.div_ceil(FAN), levels(outer))),
        (_, true) => Some((Kind::Run, run.div_ceil(FAN), levels(run))),
        _ => None,
    }
}

fn wave(count: usize, each: usize, lanes: usize) -> usize {
    count.min((ROOM * lanes / each).max(3 * lanes))
}

impl Split {
    /// Bytes that [`Split::new`] takes, exactly.
    pub(crate) fn bytes(cell: &ReduceCell, axes: &Axes, cut: Option<usize>, lanes: usize, columns: usize) -> usize {
        let Some((_, count, levels)) = shape(axes, cut, lanes, columns) else { return 0 };
        let width = width(axes, cut, columns);
        States::bytes(cell, width, levels) + wave(count, cell.state * width, lanes) * cell.state * width
    }

    /// Room to split the trees of a reduction; `None` where they have but one branch.
    pub(crate) fn new(
        cell: &'static ReduceCell,
        program: &Program,
        axes: &Axes,
        cut: Option<usize>,
        lanes: usize,
        columns: usize,
    ) -> Result<Option<Split>> {
        let Some((kind, count, levels)) = shape(axes, cut, lanes, columns) else { return Ok(None) };
        let width = width(axes, cut, columns);
        let each = cell.state * width;
        let wave = wave(count, each, lanes);
        let values = match kind {
            Kind::Outer => FAN * width * axes.count(&axes.run),
            Kind::Run => FAN * LEAF,
        };
        let group = (TASK / (values * program.weight()).max(1)).max(1);
        let branches = Buffer::here(Need::new(wave * each, 64).request("reduce"))?;
        Ok(Some(Split { kind, trunk: States::new(cell, width, levels)?, branches, wave, each, group }))
    }

    fn branch(&self, number: usize) -> Registers {
        Registers::new(self.branches.as_ptr().wrapping_add(number * self.each))
    }
}

/// Folds and writes one result, or one strip of results, of each of some reductions over the same domain: some branches of
/// the one, then of the next, while what they read is near.
pub(crate) fn unit(members: &[&Member], number: usize, lanes: usize) {
    let units: SmallVec<[Unit; 1]> = members.iter().map(|&member| Unit::new(member, number)).collect();
    let least = |of: &dyn Fn(&Unit) -> usize| units.iter().map(of).min().unwrap_or(0);
    let count = least(&|unit| unit.branches());
    let mut first = 0;
    while first < count && !units.iter().all(Unit::is_settled) {
        let here = least(&|unit| unit.wave(first)).min(count - first);
        // A thread may be asked for twice as many tasks as it gets, so that the last ones end together.
        let group = least(&|unit| unit.member.split.group).min(here.div_ceil(2 * lanes));
        share::share(lanes, here.div_ceil(group), |lane, task| {
            for branch in task * group..((task + 1) * group).min(here) {
                units.iter().for_each(|unit| unit.branch(lane, first, branch));
            }
            units.iter().for_each(|unit| unit.member.folding.settle());
            0
        });
        units.iter().for_each(|unit| unit.take(first, here));
        first += here;
    }
    units.iter().for_each(Unit::finish);
}

impl<'a> Unit<'a> {
    fn new(member: &'a Member<'a>, number: usize) -> Unit<'a> {
        let Member { split, folding, feed, .. } = member;
        let axes = &folding.axes;
        let strip = axes.run.is_empty().then(|| folding.strip(feed, number));
        let line = (!axes.run.is_empty()).then(|| feed.line(&axes.run));
        let begin = feed.at(&[(&axes.kept, &feed.index(&axes.kept, if strip.is_some() { 0 } else { number }))]);
        split.trunk.clear();
        Unit { member, number, strip, line, begin, settled: AtomicBool::new(false) }
    }

    /// How many results it is.
    fn width(&self) -> usize {
        self.strip.map_or(1, |strip| strip.n)
    }

    fn branches(&self) -> usize {
        let Member { split, folding, feed, .. } = self.member;
        match split.kind {
            Kind::Outer => feed.count(&folding.axes.outer).div_ceil(FAN),
            Kind::Run => feed.count(&folding.axes.run).div_ceil(LEAF * FAN),
        }
    }

    /// How many branches it takes from this one on.
    fn wave(&self, first: usize) -> usize {
        let settles = self.member.folding.cell.settled.is_some() && !self.is_settled();
        // What the first values may settle is not worth a second thread yet.
        if first == 0 && settles { 1 } else { self.member.split.wave }
    }

    fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    /// Folds a branch of the wave that begins at `first`.
    fn branch(&self, lane: usize, first: usize, branch: usize) {
        let to = self.member.split.branch(branch);
        if self.is_settled() {
            // SAFETY: the branch has room for as many states, and belongs to this task alone.
            unsafe { (self.member.folding.cell.init)(self.width(), to.at(0)) };
        } else if self.fold(&mut self.lane(lane), first + branch, to) {
            self.settled.store(true, Ordering::Relaxed);
        }
    }

    fn lane(&self, number: usize) -> MutexGuard<'a, Lane> {
        self.member.lanes[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the branches of a wave in their order.
    fn take(&self, first: usize, count: usize) {
        let split = self.member.split;
        (0..count).for_each(|n| split.trunk.take_branch(self.width(), split.branch(n).at(0), first + n));
    }

    fn finish(&self) {
        let Member { split, folding, feed, .. } = self.member;
        let state = split.trunk.collect(0, self.width());
        match (self.strip, split.kind) {
            (Some(strip), _) => folding.write_strip(feed, strip, state),
            (None, Kind::Outer) => folding.write_result(feed, self.number, state),
            (None, Kind::Run) => {
                let lane = self.lane(0);
                lane.states.clear();
                folding.merge_result(feed, self.number, state, &lane.states);
            }
        }
    }

    /// Folds the branch of this number, and keeps its states; returns whether they settle the result.
    fn fold(&self, lane: &mut Lane, number: usize, to: Registers) -> bool {
        let Member { split, folding, feed, .. } = self.member;
        let axes = &folding.axes;
        let within = |from: usize, each: usize, total: usize| (from, (from + each).min(total));
        let (n, state) = match (split.kind, &self.line) {
            (Kind::Outer, line) => {
                let range = within(number * FAN, FAN, feed.count(&axes.outer));
                lane.states.clear();
                match (self.strip, line) {
                    (Some(strip), _) => folding.fold_strip(lane, feed, strip, range, 0),
                    (None, Some(line)) => folding.fold_outer(lane, feed, line, self.number, range, 0),
                    (None, None) => unreachable!("what has no strips has runs"),
                }
                let n = self.width();
                (n, lane.states.collect(0, n).cast_const())
            }
            (Kind::Run, Some(line)) => {
                let range = within(number * FAN * LEAF, FAN * LEAF, feed.count(&axes.run));
                let mut tree = lane.runs.take().expect("the last axis is reduced");
                tree.restart(0);
                folding.fold_run(lane, feed, &mut tree, 0, line, &self.begin, range, 0);
                let state = tree.finish(0);
                lane.runs = Some(tree);
                (1, state.cast_const())
            }
            (Kind::Run, None) => unreachable!("a run has a line"),
        };
        // SAFETY: `n` states of the lane; the branch has room for as many, and belongs to this task alone.
        unsafe {
            std::ptr::copy_nonoverlapping(state, to.at(0), n * folding.cell.state);
            folding.cell.settled.is_some_and(|settled| settled(n, state))
        }
    }
}
