//! The block that a thread handed out last: most temporaries go before the next one of their size comes.
//!
//! When it comes back it waits, and is neither put among free slots nor taken off what is live, until a block of its size is
//! wanted, which then is this one; anything else ends the waiting. Who adds up what is live takes what waits off.

use super::range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// A block that was handed out, of which its size is known and maybe its site; written by one thread alone.
pub(super) struct Lent {
    /// Its address; 0 for none.
    place: AtomicUsize,
    slot: AtomicU32,
    /// Its size and kind, as its note has them.
    what: AtomicU32,
    /// Its site, 0 for none.
    site: AtomicU32,
    waits: AtomicBool,
}

impl Lent {
    pub const fn none() -> Lent {
        let [slot, what, site] = [const { AtomicU32::new(0) }; 3];
        Lent { place: AtomicUsize::new(0), slot, what, site, waits: AtomicBool::new(false) }
    }

    /// Whether a block waits.
    #[inline]
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// The block that waits, if it is of this size and kind.
    #[inline(always)]
    pub fn waiting_for(&self, what: u32) -> Option<NonNull<u8>> {
        if !self.waits() || self.what.load(Ordering::Relaxed) != what {
            return None;
        }
        NonNull::new(self.place.load(Ordering::Relaxed) as *mut u8)
    }

    /// Has it wait no more.
    #[inline(always)]
    pub fn goes(&self) {
        self.waits.store(false, Ordering::Relaxed);
    }

    /// The block that waits, if it is of this size and kind, and the number of its slot; it waits no more.
    #[inline]
    pub fn again(&self, what: u32) -> Option<(NonNull<u8>, u32)> {
        if self.what.load(Ordering::Relaxed) != what {
            return None;
        }
        self.waits.store(false, Ordering::Relaxed);
        let place = NonNull::new(self.place.load(Ordering::Relaxed) as *mut u8)?;
        Some((place, self.slot.load(Ordering::Relaxed)))
    }

    /// The site of the block.
    #[inline]
    pub fn site(&self) -> u32 {
        self.site.load(Ordering::Relaxed)
    }

    /// Notes a block that is handed out; none waits.
    #[inline]
    pub fn set(&self, place: NonNull<u8>, slot: u32, what: u32, site: u32) {
        self.place.store(place.as_ptr() as usize, Ordering::Relaxed);
        self.slot.store(slot, Ordering::Relaxed);
        self.what.store(what, Ordering::Relaxed);
        self.site.store(site, Ordering::Relaxed);
    }

    /// Has the block wait, if it is this one and as it was handed out; says whether.
    #[inline(always)]
    pub fn comes_back(&self, ptr: NonNull<u8>) -> bool {
        if self.place.load(Ordering::Relaxed) != ptr.as_ptr() as usize {
            return false;
        }
        // Meanwhile it may have been freed elsewhere, and be another block now: then its note says something else, or it is
        // one like this.
        let (note, site) = (range::note(self.slot.load(Ordering::Relaxed)), self.site());
        let same = note.what.load(Ordering::Relaxed) == self.what.load(Ordering::Relaxed)
            && (site == 0 || note.link.load(Ordering::Relaxed) == site);
        if same {
            self.waits.store(true, Ordering::Relaxed);
        }
        same
    }

    /// Forgets the block; the number of its slot, and its size and kind, where it waits.
    #[inline]
    pub fn end(&self) -> Option<(u32, u32)> {
        self.place.store(0, Ordering::Relaxed);
        let waits = self.waits.load(Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
        waits.then(|| (self.slot.load(Ordering::Relaxed), self.what.load(Ordering::Relaxed)))
    }

    /// The size and kind of the block that waits, and its site, as other threads see them.
    pub fn waiting(&self) -> Option<(u32, u32)> {
        self.waits().then(|| (self.what.load(Ordering::Relaxed), self.site()))
    }
}
