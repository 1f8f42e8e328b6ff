//! [`Counter`]: how many now, and at most; exact under threads.

use crate::sync::{AtomicUsize, Ordering};

/// A number that goes up and down and knows its highest value.
///
/// Each addition sees the exact sum that it makes, so the maximum over those is the exact peak.
#[derive(Debug, Default)]
pub struct Counter {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Counter {
    /// Adds, and returns the new value.
    #[inline]
    pub fn add(&self, n: usize) -> usize {
        let now = self.now.fetch_add(n, Ordering::Relaxed).wrapping_add(n);
        // What is told in steps, by several threads, may be below zero for a while: then the top bit is set.
        if now > self.peak.load(Ordering::Relaxed) && now <= isize::MAX as usize {
            self.peak.fetch_max(now, Ordering::Relaxed);
        }
        now
    }

    /// Takes off what was added before, and returns the new value.
    #[inline]
    pub fn sub(&self, n: usize) -> usize {
        self.now.fetch_sub(n, Ordering::Relaxed).wrapping_sub(n)
    }

    /// Adds unless the value would pass `limit`; a refusal changes nothing, not even for a moment.
    ///
    /// # Errors
    /// The value at the time.
    pub fn add_within(&self, n: usize, limit: usize) -> Result<usize, usize> {
        let mut now = self.now.load(Ordering::Relaxed);
        loop {
            let Some(next) = now.checked_add(n).filter(|&next| next <= limit) else { return Err(now) };
            match self.now.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if next > self.peak.load(Ordering::Relaxed) {
                        self.peak.fetch_max(next, Ordering::Relaxed);
                    }
                    return Ok(next);
                }
                Err(seen) => now = seen,
            }
        }
    }

    /// The value.
    pub fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    /// The highest value since the last reset.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Sets the peak to the value now.
    pub fn reset_peak(&self) {
        self.peak.store(self.now(), Ordering::Relaxed);
    }
}
