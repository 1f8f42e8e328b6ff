//! The block that a thread handed out last: most temporaries go before the next one of their size comes.
//!
//! When it comes back it waits, and is neither put among free slots nor taken off what is live, until a block of its size is
//! wanted, which then is this one; anything else ends the waiting. Who adds up what is live takes what waits off.

use super::range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// A block that was handed out, with nothing to say of it but its size; written by one thread alone.
pub(super) struct Lent {
    /// Its address; 0 for none.
    place: AtomicUsize,
    slot: AtomicU32,
    size: AtomicU32,
    waits: AtomicBool,
}

impl Lent {
    pub const fn none() -> Lent {
        let (slot, size) = (AtomicU32::new(0), AtomicU32::new(0));
        Lent { place: AtomicUsize::new(0), slot, size, waits: AtomicBool::new(false) }
    }

    /// Whether a block waits.
    #[inline]
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// The block that waits, if it is of this size, and the number of its slot; it waits no more.
    #[inline]
    pub fn again(&self, size: usize) -> Option<(NonNull<u8>, u32)> {
        if self.size.load(Ordering::Relaxed) as usize != size {
            return None;
        }
        self.waits.store(false, Ordering::Relaxed);
        let place = NonNull::new(self.place.load(Ordering::Relaxed) as *mut u8)?;
        Some((place, self.slot.load(Ordering::Relaxed)))
    }

    /// Notes a block that is handed out; none waits.
    #[inline]
    pub fn set(&self, place: NonNull<u8>, slot: u32, size: usize) {
        self.place.store(place.as_ptr() as usize, Ordering::Relaxed);
        self.slot.store(slot, Ordering::Relaxed);
        self.size.store(size as u32, Ordering::Relaxed);
    }

    /// Has the block wait, if it is this one and as it was handed out; says whether.
    #[inline]
    pub fn comes_back(&self, ptr: NonNull<u8>) -> bool {
        if self.place.load(Ordering::Relaxed) != ptr.as_ptr() as usize {
            return false;
        }
        // Meanwhile it may have been freed elsewhere, and be another block now; the size alone says that nothing else is to
        // be said.
        let what = range::note(self.slot.load(Ordering::Relaxed)).what.load(Ordering::Relaxed);
        let same = what == self.size.load(Ordering::Relaxed);
        if same {
            self.waits.store(true, Ordering::Relaxed);
        }
        same
    }

    /// Forgets the block; the number of its slot and its size, where it waits.
    #[inline]
    pub fn end(&self) -> Option<(u32, usize)> {
        self.place.store(0, Ordering::Relaxed);
        let waits = self.waits.load(Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
        waits.then(|| (self.slot.load(Ordering::Relaxed), self.size.load(Ordering::Relaxed) as usize))
    }

    /// The size of the block that waits, as other threads see it.
    pub fn waiting(&self) -> Option<usize> {
        self.waits().then(|| self.size.load(Ordering::Relaxed) as usize)
    }
}
