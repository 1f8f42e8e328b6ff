//! [`Sharers`]: how many share something, counted without locked instructions by whoever is alone.

use crate::sync::{AtomicUsize, Ordering};

/// A count of sharers, one to begin with.
#[derive(Debug)]
pub struct Sharers(AtomicUsize);

impl Default for Sharers {
    fn default() -> Sharers {
        Sharers(AtomicUsize::new(1))
    }
}

impl Sharers {
    /// One more, added by somebody who is one. `alone`: as [`crate::turn`] says.
    #[inline]
    pub fn join(&self, alone: bool) {
        if alone {
            self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        } else {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One less; whether that was the last, who then sees all that the others did.
    #[inline]
    pub fn leave(&self, alone: bool) -> bool {
        let now = self.0.load(Ordering::Acquire);
        if now == 1 {
            // Nobody can join: that takes one who shares.
            return true;
        }
        if alone {
            self.0.store(now - 1, Ordering::Relaxed);
            return false;
        }
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// How many there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    /// One again, of something that is made anew.
    #[inline]
    pub fn reset(&self) {
        self.0.store(1, Ordering::Relaxed);
    }
}
