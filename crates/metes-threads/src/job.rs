//! One piece of shared work: a counter of tasks, and who is at it.
//!
//! Helpers are invited through the pool, and may come late or never: an invitation counts only until the caller has
//! nothing left to do. Then the job is closed, and the caller waits for those alone who are still inside. What helpers
//! keep of a closed job is its counters, never the work itself.

use crate::looking::{self, LOOKS};
use crate::{Busy, pool};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

/// Added to the number of helpers inside when the job is closed to others.
const CLOSED: usize = 1 << 32;

type Work = *const (dyn Fn(usize, usize) + Sync);

pub(crate) struct Job {
    work: Work,
    tasks: usize,
    next: AtomicUsize,
    lanes: AtomicUsize,
    /// Helpers inside, and [`CLOSED`].
    inside: AtomicUsize,
    caller: Thread,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: the work may be called from many threads at once, and is called only by those inside, for
// whom the caller waits; everything else is made for sharing.
unsafe impl Send for Job {}
// SAFETY: likewise.
unsafe impl Sync for Job {}

impl Job {
    /// Takes part until no task is left, and says whether this thread shall look for more: before the caller goes on, so that
    /// it finds it for what comes next.
    pub(crate) fn help(&self) -> bool {
        if self.inside.fetch_add(1, Ordering::Acquire) < CLOSED {
            let _busy = Busy::new();
            self.take_part(self.lanes.fetch_add(1, Ordering::Relaxed));
        }
        let looks = looking::begin();
        // One that came too late may be the last to leave, too.
        if self.inside.fetch_sub(1, Ordering::Release) == CLOSED + 1 {
            self.caller.unpark();
        }
        looks
    }

    /// Runs tasks in a lane; a panic ends the job and is kept.
    fn take_part(&self, lane: usize) {
        // SAFETY: the caller does not return before this ends.
        let work = unsafe { &*self.work };
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let task = self.next.fetch_add(1, Ordering::Relaxed);
                if task >= self.tasks {
                    break;
                }
                work(lane, task);
            }
        }));
        if let Err(panic) = result {
            self.next.store(self.tasks, Ordering::Relaxed);
            self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
        }
    }

    /// Lets nobody in any more, and waits for those inside.
    fn close(&self) {
        let mut inside = self.inside.fetch_add(CLOSED, Ordering::AcqRel) + CLOSED;
        let mut looks = 0;
        while inside != CLOSED {
            if looks < LOOKS {
                looks += 1;
                std::hint::spin_loop();
            } else {
                std::thread::park();
            }
            inside = self.inside.load(Ordering::Acquire);
        }
    }
}

/// [`crate::share`] for more than one lane.
pub(crate) fn run(lanes: usize, tasks: usize, work: &(dyn Fn(usize, usize) + Sync)) {
    let helpers = lanes - 1;
    // SAFETY: only the lifetime changes; the job is closed before this function returns.
    let work: Work = unsafe { std::mem::transmute::<&(dyn Fn(usize, usize) + Sync), Work>(work) };
    let job = Arc::new(Job {
        work,
        tasks,
        next: AtomicUsize::new(0),
        lanes: AtomicUsize::new(1),
        inside: AtomicUsize::new(0),
        caller: std::thread::current(),
        panic: Mutex::new(None),
    });
    let offered = looking::offer(&job, helpers);
    if offered < helpers
        && let Some(pool) = pool::helpers(helpers)
    {
        for _ in offered..helpers {
            let job = job.clone();
            pool.spawn(move || looking::serve(job));
        }
    }
    let busy = Busy::new();
    job.take_part(0);
    drop(busy);
    job.close();
    if offered > 0 {
        looking::withdraw(&job);
    }
    let panic = job.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}
