//! How long what was freed is kept, and who looks.
//!
//! Usually the next operation on a large block does. A program that rests may ask for a thread that looks twice a second; it
//! is not started unasked, since a process with threads is forked with care only. A child of a fork has no such thread and goes
//! by its operations until it asks again; at the end of the program the thread just ends with it.

use crate::Memory;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

static PATIENCE: AtomicI64 = AtomicI64::new(5);

/// The number of the thread that looks; others of other numbers end. 0 is none.
static LOOKS: AtomicU64 = AtomicU64::new(0);

/// Seconds after which what nobody wanted goes back.
pub(crate) fn patience() -> i64 {
    PATIENCE.load(Ordering::Relaxed)
}

/// Sets after how many seconds freed blocks that nobody wanted go back to the system; returns the number before.
pub fn set_decay(seconds: u32) -> u32 {
    PATIENCE.swap(i64::from(seconds), Ordering::Relaxed) as u32
}

/// In the child of a fork: the thread is not there.
pub(crate) fn alone() {
    LOOKS.store(0, Ordering::Relaxed);
}

/// Starts or ends a thread that gives such blocks of the program's memory back even if the program rests. Returns
/// whether it is there.
pub fn decay_in_background(on: bool) -> bool {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = if on { NEXT.fetch_add(1, Ordering::Relaxed) } else { 0 };
    LOOKS.store(number, Ordering::Relaxed);
    let look = move || {
        while LOOKS.load(Ordering::Relaxed) == number {
            std::thread::sleep(Duration::from_millis(500));
            Memory::global().sweep();
        }
    };
    on && std::thread::Builder::new().name("metes-decay".to_owned()).stack_size(64 << 10).spawn(look).is_ok()
}
