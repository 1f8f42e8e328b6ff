//! The threads that operations share: work is cut into tasks, and whoever is free takes the next one.
//!
//! There is one pool for the program, made at its first use and made anew in the child of a fork. The thread that asks works
//! too, and never waits for a helper that has not begun. Work inside of work stays on its thread, so that nested operations
//! do not take more threads than there are. Nothing here knows what tasks do: which task runs where must not matter to
//! their results.

mod job;
mod looking;
mod pool;

pub use pool::{set_threads, threads};

use std::cell::Cell;
use std::sync::OnceLock;

/// What is called before work is shared, and after it.
static AROUND: OnceLock<[fn(); 2]> = OnceLock::new();

/// Has `begin` called before several threads work on something, on the thread that shares it, and `end` when they are done;
/// the first call counts.
pub fn around(begin: fn(), end: fn()) {
    let _ = AROUND.set([begin, end]);
}

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// How many threads would take part in work that begins here: one inside of other shared work.
pub fn available() -> usize {
    if BUSY.get() { 1 } else { threads() }
}

/// Marks this thread as taking part in shared work.
struct Busy(bool);

impl Busy {
    fn new() -> Busy {
        Busy(BUSY.replace(true))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.set(self.0);
    }
}

/// Runs `work(lane, task)` for every task below `tasks`, on this thread and on up to `lanes - 1` others. Tasks begin in
/// order; no two of one lane run at once, and this thread's lane is 0. Returns when all are done.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// let sums = [const { AtomicUsize::new(0) }; 4];
/// metes_threads::share(4, 100, &|lane, task| {
///     sums[lane].fetch_add(task, Ordering::Relaxed);
/// });
/// assert_eq!(sums.iter().map(|sum| sum.load(Ordering::Relaxed)).sum::<usize>(), 4950);
/// ```
///
/// # Panics
/// Where a task panics; tasks that have not begun are left out then.
pub fn share(lanes: usize, tasks: usize, work: &(dyn Fn(usize, usize) + Sync)) {
    let lanes = lanes.min(tasks);
    if lanes <= 1 || BUSY.get() {
        (0..tasks).for_each(|task| work(0, task));
        return;
    }
    let [begin, end] = AROUND.get().copied().unwrap_or([|| (), || ()]);
    begin();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job::run(lanes, tasks, work)));
    end();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_task_runs_once_and_lanes_are_alone() {
        for lanes in 1..6 {
            let seen: Vec<AtomicUsize> = (0..500).map(|_| AtomicUsize::new(0)).collect();
            let alone: Vec<Mutex<()>> = (0..lanes).map(|_| Mutex::new(())).collect();
            share(lanes, seen.len(), &|lane, task| {
                let _alone = alone[lane].try_lock().expect("nobody else is in this lane");
                seen[task].fetch_add(1, Ordering::Relaxed);
            });
            assert!(seen.iter().all(|n| n.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn work_inside_of_work_stays_on_its_thread() {
        share(4, 8, &|_, _| {
            assert_eq!(available(), 1);
            let here = std::thread::current().id();
            share(4, 8, &|lane, _| {
                assert_eq!((lane, std::thread::current().id()), (0, here));
            });
        });
        assert_eq!(available(), threads());
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        for at in [0, 7, 63] {
            let result = std::panic::catch_unwind(|| share(3, 64, &|_, task| assert_ne!(task, at, "as planned")));
            assert!(result.is_err());
            let done = AtomicUsize::new(0);
            share(3, 64, &|_, _| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 64);
        }
    }

    #[test]
    fn what_is_around_shared_work_is_told() {
        static SHARED: AtomicUsize = AtomicUsize::new(0);
        around(|| _ = SHARED.fetch_add(1, Ordering::Relaxed), || _ = SHARED.fetch_sub(1, Ordering::Relaxed));
        share(3, 10, &|_, _| assert!(SHARED.load(Ordering::Relaxed) > 0));
        let result = std::panic::catch_unwind(|| share(3, 10, &|_, task| assert_ne!(task, 5, "as planned")));
        assert!(result.is_err());
    }

    #[test]
    fn work_that_follows_is_found() {
        // Of work after work nothing is lost, whether helpers still look for it or sleep.
        for pause in [0, 1, 200, 20_000] {
            for _ in 0..200 {
                let sum = AtomicUsize::new(0);
                share(4, 50, &|_, task| {
                    sum.fetch_add(task, Ordering::Relaxed);
                });
                assert_eq!(sum.into_inner(), 1225);
                (0..pause).for_each(|_| std::hint::spin_loop());
            }
        }
    }

    #[test]
    fn many_callers_share_the_threads() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let sum = AtomicUsize::new(0);
                        share(3, 10, &|_, task| {
                            sum.fetch_add(task, Ordering::Relaxed);
                        });
                        assert_eq!(sum.into_inner(), 45);
                    }
                });
            }
        });
    }
}
