//! The pool itself, and how many threads may work at once.
//!
//! A pool only grows: with fewer threads asked for, the others sleep. The one before a larger one is left as it is, since
//! somebody may be using it; so is the parent's in the child of a fork, whose threads do not exist there.

use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Names the number of threads, before the program sets it.
const VARIABLE: &str = "METES_NUM_THREADS";
/// More would be a mistake.
const MOST: usize = 1024;

/// The number that was set; 0 for none.
static SET: AtomicUsize = AtomicUsize::new(0);

/// How many threads work on one operation at most, the one that asks for it included: what was set, or
/// `METES_NUM_THREADS`, or as many as this program may run at once.
pub fn threads() -> usize {
    match SET.load(Ordering::Relaxed) {
        0 => default(),
        n => n,
    }
}

/// Sets that number, from 1 to 1024, and returns the one before; 0 stands for the default.
pub fn set_threads(n: usize) -> usize {
    let before = threads();
    SET.store(n.min(MOST), Ordering::Relaxed);
    before
}

fn default() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    *DEFAULT.get_or_init(|| {
        let named = std::env::var(VARIABLE).ok().and_then(|text| text.trim().parse().ok());
        let wanted = named.filter(|&n| n > 0);
        wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).min(MOST)
    })
}

struct Made {
    process: u32,
    helpers: usize,
    pool: ThreadPool,
}

static POOL: AtomicPtr<Made> = AtomicPtr::new(std::ptr::null_mut());

/// A pool of at least so many helpers; `None` where the system has no more threads to give.
pub(crate) fn helpers(count: usize) -> Option<&'static ThreadPool> {
    let process = std::process::id();
    loop {
        let found = POOL.load(Ordering::Acquire);
        // SAFETY: null, or a leaked box.
        let made = unsafe { found.as_ref() };
        if let Some(made) = made
            && made.process == process
            && made.helpers >= count
        {
            return Some(&made.pool);
        }
        let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(|i| format!("metes-{i}")).build().ok()?;
        let fresh = Box::into_raw(Box::new(Made { process, helpers: count, pool }));
        if POOL.compare_exchange(found, fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: nobody else has seen it.
            drop(unsafe { Box::from_raw(fresh) });
        }
    }
}
