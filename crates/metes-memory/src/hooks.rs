//! What the program wants to be asked or told: before a refusal, when memory runs short, when a scope passes its mark.
//!
//! The hooks are called on the thread that allocates, with nothing locked, and may allocate and free themselves; a hook is
//! not called from within a hook. The door sets them once.

use crate::{Request, Scope};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What is called.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// A request is about to be refused; whether to try again.
    pub failure: fn(&Request) -> bool,
    /// So many bytes of the limit are set aside, above the share that was chosen.
    pub pressure: fn(usize, usize),
    /// A scope holds more than its soft limit.
    pub soft: fn(&Scope),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();
/// Whether a failure is asked about, and the share of the limit, in thousandths, from which on pressure is told; 0: not.
static ASK: AtomicBool = AtomicBool::new(false);
static SHARE: AtomicUsize = AtomicUsize::new(0);
/// Whether pressure was told, and has not gone since.
static TOLD: AtomicBool = AtomicBool::new(false);
/// Times that one request is tried again.
const AGAIN: usize = 100;

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Sets the hooks; the first call wins.
pub fn set_hooks(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

/// Whether the failure hook is called.
pub fn ask_on_failure(ask: bool) {
    ASK.store(ask, Ordering::Relaxed);
}

/// From which share of the limit on, in thousandths, the pressure hook is called; 0 for never.
pub fn tell_pressure_at(share: usize) {
    SHARE.store(share, Ordering::Relaxed);
    TOLD.store(false, Ordering::Relaxed);
}

fn call<T>(call: impl FnOnce(&Hooks) -> T) -> Option<T> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            WITHIN.set(false);
        }
    }
    let hooks = HOOKS.get()?;
    if WITHIN.replace(true) {
        return None;
    }
    let _leave = Leave;
    Some(call(hooks))
}

/// Does `work` again as long as it fails and the hook says so.
#[inline]
pub(crate) fn again<T>(request: &Request, mut work: impl FnMut() -> crate::Result<T>) -> crate::Result<T> {
    match work() {
        Err(error) if ASK.load(Ordering::Relaxed) => ask(request, Err(error), work),
        done => done,
    }
}

#[cold]
fn ask<T>(
    request: &Request,
    mut done: crate::Result<T>,
    mut work: impl FnMut() -> crate::Result<T>,
) -> crate::Result<T> {
    for _ in 0..AGAIN {
        if done.is_ok() || !ASK.load(Ordering::Relaxed) || call(|hooks| (hooks.failure)(request)) != Some(true) {
            break;
        }
        done = work();
    }
    done
}

/// Looks whether bytes set aside are above the share, once each time that they get there.
#[inline]
pub(crate) fn pressure(used: usize, limit: Option<usize>) {
    let share = SHARE.load(Ordering::Relaxed);
    if share != 0
        && let Some(limit) = limit
    {
        above(used, limit, share);
    }
}

fn above(used: usize, limit: usize, share: usize) {
    let mark = limit / 1000 * share;
    if used < mark {
        // A little below, so that it is not told again and again around the mark.
        if used < mark - mark / 16 {
            TOLD.store(false, Ordering::Relaxed);
        }
    } else if !TOLD.swap(true, Ordering::Relaxed) {
        call(|hooks| (hooks.pressure)(used, limit));
    }
}

/// Tells that a scope has passed its soft limit.
pub(crate) fn soft(scope: &Scope) {
    call(|hooks| (hooks.soft)(scope));
}
