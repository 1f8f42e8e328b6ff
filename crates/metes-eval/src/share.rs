//! How much work is worth several threads, and what they noticed brought back to the one that asked.
//!
//! Work is weighed in bytes that go through the processor: of all operands, once for each step. The number of threads is a
//! function of the weight and of what was set, so that scratch can be taken, and a peak predicted, before the work begins.
//! Which thread does what is left to chance; no result depends on it.

use crate::status;
use metes_kernels::Flags;
use std::sync::atomic::{AtomicU8, Ordering};

/// The weight from which a second thread is used: about 40 microseconds of adding float64 in the cache. One that is awake
/// pays from 10 on, one that sleeps from 90 (the example `waking` of `metes-threads` measures both).
const SHARED: usize = 1 << 20;
/// The weight of a task: large beside taking it, small beside the whole.
pub(crate) const TASK: usize = 256 << 10;

/// On how many threads work of this weight is done.
pub(crate) fn lanes(weight: usize) -> usize {
    if weight < SHARED { 1 } else { metes_threads::available().min(weight / (SHARED / 2)) }
}

/// Into how many tasks it is cut.
pub(crate) fn tasks(lanes: usize, weight: usize) -> usize {
    if lanes <= 1 { 1 } else { weight.div_ceil(TASK).max(lanes) }
}

/// Runs `work(lane, task)` for every task; what loops returned is returned, and what processors noticed is noticed here.
pub(crate) fn share(lanes: usize, tasks: usize, work: impl Fn(usize, usize) -> Flags + Sync) -> Flags {
    let (returned, raised) = (AtomicU8::new(0), AtomicU8::new(0));
    let before = status::take();
    metes_threads::share(lanes, tasks, &|lane, task| {
        status::take();
        returned.fetch_or(work(lane, task), Ordering::Relaxed);
        raised.fetch_or(status::take(), Ordering::Relaxed);
    });
    status::raise(before | raised.into_inner());
    returned.into_inner()
}
