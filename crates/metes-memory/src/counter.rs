//! [`Counter`]: how many now, and at most; exact under threads.

use crate::sync::{AtomicUsize, Ordering};

/// A number that goes up and down and knows its highest value.
///
/// Each addition sees the exact sum that it makes, so the maximum over those is the exact peak. What is added by whoever is
/// alone ([`crate::turn`]) stands apart, as it takes no locked instruction; where others that take no turns add at the very
/// same time, neither may see the other, and the peak is that of the next addition.
#[derive(Debug, Default)]
pub struct Counter {
    now: AtomicUsize,
    /// What was added by those who were alone; it wraps where they took off what others had added.
    alone: AtomicUsize,
    peak: AtomicUsize,
}

impl Counter {
    /// Adds, and returns the new value.
    #[inline]
    pub fn add(&self, n: usize) -> usize {
        self.seen(self.now.fetch_add(n, Ordering::Relaxed).wrapping_add(n))
    }

    /// The same for whoever is alone ([`crate::Apart`]): no two at once.
    #[inline]
    pub fn add_alone(&self, n: usize) -> usize {
        let alone = self.alone.load(Ordering::Relaxed).wrapping_add(n);
        self.alone.store(alone, Ordering::Relaxed);
        self.seen(self.now.load(Ordering::Relaxed))
    }

    /// The value, with what was added by others than those who were alone, where it has grown.
    #[inline]
    fn seen(&self, others: usize) -> usize {
        let now = others.wrapping_add(self.alone.load(Ordering::Relaxed));
        // What is told in steps, by several threads, may be below zero for a while: then the top bit is set.
        if now > self.peak.load(Ordering::Relaxed) && now <= isize::MAX as usize {
            self.peak.fetch_max(now, Ordering::Relaxed);
        }
        now
    }

    /// Takes off what was added before, and returns the new value.
    #[inline]
    pub fn sub(&self, n: usize) -> usize {
        let others = self.now.fetch_sub(n, Ordering::Relaxed).wrapping_sub(n);
        others.wrapping_add(self.alone.load(Ordering::Relaxed))
    }

    /// The same for whoever is alone.
    #[inline]
    pub fn sub_alone(&self, n: usize) -> usize {
        let alone = self.alone.load(Ordering::Relaxed).wrapping_sub(n);
        self.alone.store(alone, Ordering::Relaxed);
        alone.wrapping_add(self.now.load(Ordering::Relaxed))
    }

    /// Adds unless the value would pass `limit`; a refusal changes nothing, not even for a moment. For counters to which
    /// nobody adds in another way.
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
        self.now.load(Ordering::Relaxed).wrapping_add(self.alone.load(Ordering::Relaxed))
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
