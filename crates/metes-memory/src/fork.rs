//! Forks of a program with threads: the child gets no lock that some other thread held.
//!
//! Before a fork everything is locked, in the order in which locks are taken within each other, and unlocked after it on
//! both sides. Threads are not in the child: what they kept at hand is lost to it, at most some MiB to a thread, and
//! nobody observes its memory. Left out: guards of single buffers, which a thread that computes holds; the child must
//! leave alone what others were working on.

use crate::{Memory, decay, raw, scope, site};
use std::any::Any;
use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    /// What the forking thread holds.
    static HELD: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Makes forks safe from now on; the first call counts.
pub fn survive_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the three functions live as long as the program: this library is never unloaded.
        unsafe { libc::pthread_atfork(Some(before), Some(after), Some(in_child)) };
    });
}

extern "C" fn before() {
    let mut held: Vec<Box<dyn Any>> = Vec::with_capacity(256);
    Memory::hold(&mut held);
    raw::hold(&mut held);
    scope::hold(&mut held);
    site::hold(&mut held);
    let _ = HELD.try_with(|place| *place.borrow_mut() = held);
}

extern "C" fn after() {
    let held = HELD.try_with(|place| std::mem::take(&mut *place.borrow_mut())).unwrap_or_default();
    // Backwards, as if they had been taken within each other.
    held.into_iter().rev().for_each(drop);
}

extern "C" fn in_child() {
    Memory::global().ledger().watch.quiet();
    raw::alone();
    decay::alone();
    after();
}
