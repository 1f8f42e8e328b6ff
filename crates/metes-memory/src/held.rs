//! What the running thread itself holds: asked before it waits, so that it never waits for itself.

use crate::borrow::Access;
use crate::sync::local;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

/// A hold outside the table of extents: whose, to do what, for which operation.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// The address of the [`Borrows`](crate::borrow::Borrows), a number here.
    of: usize,
    access: Access,
    who: &'static str,
}

local!(HELD: RefCell<Vec<Held>> = RefCell::new(Vec::new()));
local!(THREAD: Cell<u64> = Cell::new(0));

/// A number of the running thread that no other ever has.
pub(crate) fn thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    THREAD.with(|thread| {
        if thread.get() == 0 {
            thread.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        thread.get()
    })
}

/// Notes that this thread holds `of` from now on. At a thread's very end, when its list is gone, nothing is noted.
pub(crate) fn push(of: usize, access: Access, who: &'static str) {
    let _ = HELD.try_with(|held| held.borrow_mut().push(Held { of, access, who }));
}

/// Notes that this thread does not hold `of` any more.
pub(crate) fn pop(of: usize) {
    let _ = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        if let Some(at) = held.iter().rposition(|h| h.of == of) {
            held.swap_remove(at);
        }
    });
}

/// What this thread holds of `of` that keeps `access` out.
pub(crate) fn conflict(of: usize, access: Access) -> Option<(Access, &'static str)> {
    let found = HELD.try_with(|held| {
        let held = held.borrow();
        let other = held.iter().find(|h| h.of == of && (h.access == Access::Write || access == Access::Write))?;
        Some((other.access, other.who))
    });
    found.ok().flatten()
}
