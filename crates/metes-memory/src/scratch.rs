//! [`Need`]: temporary memory, announced before it is taken.
//!
//! What works with scratch says how much it needs as a plain number; whoever runs it adds the needs up, takes one block
//! for all, and hands out places in it. So a plan knows its scratch before it runs, and nothing deep inside allocates.

use crate::Request;

/// A size and an alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    size: usize,
    align: usize,
}

impl Default for Need {
    fn default() -> Need {
        Need::new(0, 1)
    }
}

impl Need {
    /// `size` bytes at a multiple of `align`, a power of two.
    pub const fn new(size: usize, align: usize) -> Need {
        Need { size, align }
    }

    /// Bytes in all.
    pub const fn size(self) -> usize {
        self.size
    }

    /// Both at the same time: the need of the two together, and where the second begins.
    ///
    /// ```
    /// use metes_memory::Need;
    /// let (both, second) = Need::new(10, 1).and(Need::new(64, 64));
    /// assert_eq!((both.size(), second), (128, 64));
    /// ```
    pub fn and(self, other: Need) -> (Need, usize) {
        let at = self.size.next_multiple_of(other.align);
        (Need { size: at + other.size, align: self.align.max(other.align) }, at)
    }

    /// One after the other: the larger of the two.
    ///
    /// ```
    /// use metes_memory::Need;
    /// assert_eq!(Need::new(10, 64).or(Need::new(20, 8)), Need::new(20, 64));
    /// ```
    #[must_use]
    pub fn or(self, other: Need) -> Need {
        Need { size: self.size.max(other.size), align: self.align.max(other.align) }
    }

    /// The request of operation `op` for it.
    pub fn request(self, op: &'static str) -> Request {
        Request::new(self.size, op).align(self.align.max(64))
    }
}
