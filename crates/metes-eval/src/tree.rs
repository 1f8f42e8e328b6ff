//! The fixed tree in which values are folded, so that results do not depend on how the values arrive.
//!
//! The reduced axes at the end of the shape, flattened in C order, make *runs*: a run is folded in leaves of
//! [`LEAF`] values at fixed positions, leaves are merged 128 at a time into a second level, those 128 at a time into a
//! third, and so on. The other reduced axes, flattened in C order, are folded the same way over the results of the
//! runs, one value (or run) after the other. Where a part of the data ends inside a leaf, its values wait. Values that are
//! left out (NaN, or by a mask) keep their positions: the others are where they would be beside them.

use metes_kernels::{LEAF, ReduceCell};
use metes_memory::{Buffer, Request, Result};
use smallvec::SmallVec;

/// Merges into one state of the next level.
pub(crate) const FAN: usize = 128;

/// Levels above the leaves for `count` leaves (or outer values).
pub(crate) fn levels(count: usize) -> usize {
    let (mut levels, mut left) = (1, count);
    while left > FAN {
        left = left.div_ceil(FAN);
        levels += 1;
    }
    levels
}

/// States of `width` adjacent results on every level, in one buffer.
pub(crate) struct States {
    buffer: Buffer,
    cell: &'static ReduceCell,
    pub width: usize,
    levels: usize,
}

impl States {
    pub(crate) fn bytes(cell: &ReduceCell, width: usize, levels: usize) -> usize {
        cell.state * width * levels
    }

    /// Empty states.
    pub(crate) fn new(cell: &'static ReduceCell, width: usize, levels: usize) -> Result<States> {
        let request = Request::new(States::bytes(cell, width, levels), "reduce");
        let states = States { buffer: Buffer::here(request)?, cell, width, levels };
        states.clear();
        Ok(states)
    }

    pub(crate) fn clear(&self) {
        // SAFETY: the buffer holds these states.
        unsafe { (self.cell.init)(self.width * self.levels, self.buffer.as_ptr()) };
    }

    /// The state of a result on a level.
    pub(crate) fn at(&self, level: usize, result: usize) -> *mut u8 {
        debug_assert!(level < self.levels && result <= self.width);
        self.buffer.as_ptr().wrapping_add((level * self.width + result) * self.cell.state)
    }

    /// Whether no further value changes any of `n` results, as far as a level tells.
    pub(crate) fn are_settled(&self, level: usize, first: usize, n: usize) -> bool {
        // SAFETY: the level holds these results' states.
        self.cell.settled.is_some_and(|settled| unsafe { settled(n, self.at(level, first)) })
    }

    /// After `n` results from `first` on took their value number `index`: full levels are merged upwards.
    pub(crate) fn carry(&self, first: usize, n: usize, index: usize) {
        self.carry_from(0, first, n, index);
    }

    /// The same where a level took its value number `index`.
    pub(crate) fn carry_from(&self, level: usize, first: usize, n: usize, index: usize) {
        let mut count = index + 1;
        for level in level + 1..self.levels {
            if !count.is_multiple_of(FAN) {
                return;
            }
            count /= FAN;
            // SAFETY: both levels hold these results' states.
            unsafe {
                (self.cell.merge)(n, self.at(level - 1, first), self.at(level, first));
                (self.cell.init)(n, self.at(level - 1, first));
            }
        }
    }

    /// Takes `n` adjacent states of a level, each made of [`FAN`] values of the level below or of the last ones, as the
    /// values number `index` of `n` results' level 1.
    pub(crate) fn take_branch(&self, n: usize, branch: *const u8, index: usize) {
        // SAFETY: the level holds these results' states, and the branch is as many, apart from them.
        unsafe { (self.cell.merge)(n, branch, self.at(1, 0)) };
        self.carry_from(1, 0, n, index);
    }

    /// Merges all levels of `n` results into the highest, and returns where that is.
    pub(crate) fn collect(&self, first: usize, n: usize) -> *mut u8 {
        for level in 1..self.levels {
            // SAFETY: both levels hold these results' states.
            unsafe { (self.cell.merge)(n, self.at(level - 1, first), self.at(level, first)) };
        }
        self.at(self.levels - 1, first)
    }
}

/// One run under way: its levels, and values that wait for their leaf to fill.
pub(crate) struct RunTree {
    states: States,
    waiting: Buffer,
    runs: SmallVec<[Progress; 1]>,
    itemsize: usize,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    /// Values of the present leaf that wait, and its positions that were seen: more where values are left out.
    waiting: usize,
    seen: usize,
    /// The position after the last value that waits.
    end: u64,
    leaves: usize,
}

impl RunTree {
    /// Bytes for `runs` runs of `length` values that are open at once.
    pub(crate) fn bytes(cell: &ReduceCell, runs: usize, length: usize) -> usize {
        let itemsize = cell.input.size();
        States::bytes(cell, runs, levels(length.div_ceil(LEAF))) + runs * LEAF * itemsize
    }

    pub(crate) fn new(cell: &'static ReduceCell, runs: usize, length: usize) -> Result<RunTree> {
        let itemsize = cell.input.size();
        Ok(RunTree {
            states: States::new(cell, runs, levels(length.div_ceil(LEAF)))?,
            waiting: Buffer::here(Request::new(runs * LEAF * itemsize, "reduce"))?,
            runs: SmallVec::from_elem(Progress::default(), runs),
            itemsize,
        })
    }

    /// Starts run `run` anew.
    pub(crate) fn restart(&mut self, run: usize) {
        self.runs[run] = Progress::default();
        for level in 0..self.states.levels {
            // SAFETY: the state lies within the buffer.
            unsafe { (self.states.cell.init)(1, self.states.at(level, run)) };
        }
    }

    /// The next `n` values of a run, the first of them at position `index` of the reduction.
    ///
    /// # Safety
    /// `n` values of the cell's input kind at `x` by `step`.
    pub(crate) unsafe fn push(&mut self, run: usize, n: usize, x: *const u8, step: isize, index: u64) {
        let (mut n, mut x, mut index) = (n, x, index);
        let store = self.waiting.as_ptr().wrapping_add(run * LEAF * self.itemsize);
        while n > 0 {
            let Progress { waiting, seen, .. } = self.runs[run];
            if seen == 0 && n >= LEAF {
                let take = LEAF * (n / LEAF).min(FAN - self.runs[run].leaves % FAN);
                // SAFETY: at least so many values lie there by the caller's promise.
                unsafe { self.fold(run, take, x, step, index) };
                (n, x, index) = (n - take, x.wrapping_offset(step * take as isize), index + take as u64);
                continue;
            }
            let take = n.min(LEAF - seen);
            let to = (store.wrapping_add(waiting * self.itemsize), self.itemsize as isize);
            // SAFETY: values by the caller's promise; the store has room for a leaf.
            unsafe { crate::exec::move_values(take, self.itemsize, (x.cast_mut(), step), to) };
            self.runs[run].waiting += take;
            (n, x, index) = (n - take, x.wrapping_offset(step * take as isize), index + take as u64);
            self.runs[run].end = index;
            self.pass(run, take);
        }
    }

    /// Passes by the next `n` values of a run, which are left out.
    pub(crate) fn skip(&mut self, run: usize, n: usize) {
        let mut n = n;
        while n > 0 {
            let take = n.min(LEAF - self.runs[run].seen);
            self.pass(run, take);
            n -= take;
        }
    }

    /// Counts positions of the present leaf, and ends it where it is full.
    fn pass(&mut self, run: usize, n: usize) {
        self.runs[run].seen += n;
        if self.runs[run].seen == LEAF {
            self.flush(run);
        }
    }

    /// # Safety
    /// As [`RunTree::push`], for whole leaves or a part of one, no more than the run's first level still takes.
    unsafe fn fold(&mut self, run: usize, n: usize, x: *const u8, step: isize, index: u64) {
        // SAFETY: the run's first level lies within its buffer; values by the caller's promise.
        unsafe { (self.states.cell.fold)(n, x, step, self.states.at(0, run), index) };
        self.runs[run].leaves += n.div_ceil(LEAF);
        self.states.carry(run, 1, self.runs[run].leaves - 1);
    }

    /// Folds the values that wait, and ends their leaf.
    fn flush(&mut self, run: usize) {
        self.fold_waiting(run);
        self.runs[run].seen = 0;
        self.runs[run].leaves += 1;
        self.states.carry(run, 1, self.runs[run].leaves - 1);
    }

    fn fold_waiting(&mut self, run: usize) {
        let n = std::mem::take(&mut self.runs[run].waiting);
        if n == 0 {
            return;
        }
        let store = self.waiting.as_ptr().wrapping_add(run * LEAF * self.itemsize);
        let index = self.runs[run].end - n as u64;
        // SAFETY: the store holds `n` values; the run's first level lies within its buffer.
        unsafe { (self.states.cell.fold)(n, store, self.itemsize as isize, self.states.at(0, run), index) };
    }

    /// Whether no further value changes a run's result.
    pub(crate) fn is_settled(&self, run: usize) -> bool {
        (0..self.states.levels).any(|level| self.states.are_settled(level, run, 1))
    }

    /// The finished state of a run.
    pub(crate) fn finish(&mut self, run: usize) -> *mut u8 {
        if self.runs[run].seen > 0 {
            self.flush(run);
        }
        self.states.collect(run, 1)
    }
}
