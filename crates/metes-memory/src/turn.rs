//! Turns: whether anybody else in the program can be at work on buffers now.
//!
//! An interpreter with a lock lets one thread run at a time, and what runs without its lock can be counted ([`Apart`]).
//! While nothing does, whoever works on buffers is alone: what counts their sharers, their holds and live bytes needs no
//! locked instruction, and blocks at hand no look-up of the thread. One load tells. A program that has not said that it
//! takes turns is never alone. Not meant here are the allocators of other libraries ([`crate::raw`]) and threads that look
//! at sums: they may come at any time, and use nothing of this.

use crate::sync::{AtomicUsize, Ordering};
#[cfg(not(loom))]
use std::cell::Cell;
use std::cell::UnsafeCell;
#[cfg(not(loom))]
use std::sync::OnceLock;
use std::sync::{Mutex, PoisonError};

/// How many are at work apart from the lock; one more where no turns are taken.
#[derive(Debug)]
pub struct Turns(AtomicUsize);

impl Turns {
    /// Of a program that takes none yet.
    #[cfg(not(loom))]
    const fn none() -> Turns {
        Turns(AtomicUsize::new(1))
    }

    /// Of one that does.
    #[cfg(loom)]
    pub fn taken() -> Turns {
        Turns(AtomicUsize::new(0))
    }

    /// Whether the thread, which has the lock or is counted, is alone.
    #[inline]
    pub fn alone(&self) -> bool {
        // The lock orders what others did before.
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Counts work that goes on without the lock, while the thread has it.
    pub fn begin(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Undoes [`Turns::begin`], while the thread has the lock again.
    pub fn end(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(not(loom))]
static TURNS: Turns = Turns::none();

/// Whether the running thread has the lock; asked by debug builds, wherever it matters.
#[cfg(not(loom))]
static HAS_LOCK: OnceLock<fn() -> bool> = OnceLock::new();

#[cfg(not(loom))]
thread_local! {
    /// How often this thread is at work apart, or for a buffer.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Says that from now on threads take turns under one lock; the first call counts. `has_lock` says whether the running
/// thread has it.
///
/// # Safety
/// From now on buffers are made, shared, held and dropped only by a thread that has the lock, by one within [`Apart`], or
/// by those that such a thread waits for between [`go_apart`] and [`come_back`]. What is begun on a buffer by the crate's safe functions and is to be undone (a hold)
/// may outlast a turn.
#[cfg(not(loom))]
pub unsafe fn take_turns(has_lock: fn() -> bool) {
    if HAS_LOCK.set(has_lock).is_ok() {
        TURNS.end();
    }
}

/// Whether nobody else can be at work on buffers before this thread gives up the lock.
#[inline]
pub(crate) fn alone() -> bool {
    #[cfg(loom)]
    return false;
    #[cfg(not(loom))]
    {
        let alone = TURNS.alone();
        debug_assert!(!alone || HAS_LOCK.get().is_some_and(|has| has()), "buffers are used out of turn");
        alone
    }
}

/// Counts that threads without the lock work for this one, which has it or is within [`Apart`], and waits for them.
#[cfg(not(loom))]
pub fn go_apart() {
    TURNS.begin();
}

/// Undoes [`go_apart`].
#[cfg(not(loom))]
pub fn come_back() {
    TURNS.end();
}

/// Work that goes on without the lock, or by several threads: made before this one gives it up or begins to wait for the
/// others, dropped when it has it again.
#[cfg(not(loom))]
pub struct Apart(InOrder);

#[cfg(not(loom))]
impl Apart {
    /// Counts it from now on.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Apart {
        TURNS.begin();
        Apart(InOrder::new())
    }
}

#[cfg(not(loom))]
impl Drop for Apart {
    fn drop(&mut self) {
        let Apart(_marked) = self;
        TURNS.end();
    }
}

/// Marks what this thread does for a buffer: it has the lock, or is counted.
pub(crate) struct InOrder(std::marker::PhantomData<*const ()>);

impl InOrder {
    #[inline]
    pub fn new() -> InOrder {
        #[cfg(not(loom))]
        DEPTH.set(DEPTH.get() + 1);
        InOrder(std::marker::PhantomData)
    }

    /// Whether this thread is at such a thing.
    fn is_marked() -> bool {
        #[cfg(loom)]
        return false;
        #[cfg(not(loom))]
        return DEPTH.get() > 0;
    }
}

impl Drop for InOrder {
    #[inline]
    fn drop(&mut self) {
        #[cfg(not(loom))]
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// A value that is used by whoever is alone.
pub(crate) struct InTurn<T> {
    place: UnsafeCell<Place<T>>,
    /// For those that are not alone, among themselves.
    others: Mutex<()>,
}

struct Place<T> {
    /// Whether somebody is at it: this very thread, further up, or one that is not in the child of a fork.
    busy: bool,
    value: T,
}

// SAFETY: `with` and `with_others` let one thread in at a time.
unsafe impl<T: Send> Sync for InTurn<T> {}

impl<T> InTurn<T> {
    pub const fn new(value: T) -> InTurn<T> {
        InTurn { place: UnsafeCell::new(Place { busy: false, value }), others: Mutex::new(()) }
    }

    /// Works on it where this thread is alone, and not at it already.
    #[inline]
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !alone() {
            return None;
        }
        // SAFETY: nobody else is here: those in `with` have had the lock, and those in `with_others` have had it or are
        // counted.
        unsafe { self.enter(work) }
    }

    /// The same where others may be at work too; not for threads that nobody knows of, which are told `None`.
    #[cold]
    pub fn with_others<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !InOrder::is_marked() {
            return None;
        }
        let _one = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: this thread has the lock or is counted, so nobody is in `with`; the mutex keeps others of its kind out.
        unsafe { self.enter(work) }
    }

    /// # Safety
    /// No other thread is in here.
    #[inline]
    unsafe fn enter<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let place = self.place.get();
        // SAFETY: the caller's promise; the flag is looked at by value, so nothing is borrowed twice.
        unsafe {
            if (*place).busy {
                return None;
            }
            (*place).busy = true;
            let result = work(&mut (*place).value);
            (*place).busy = false;
            Some(result)
        }
    }
}
