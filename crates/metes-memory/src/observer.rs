//! [`Observer`]: sees every block that comes and goes.

use crate::Tag;

/// What happened to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It was handed out.
    Take {
        /// Its bytes, as requested.
        size: usize,
        /// Who asked.
        tag: Tag,
        /// The block: no two that live at once have the same number.
        id: u64,
        /// Nanoseconds on a clock that never goes back.
        time_ns: u64,
        /// Live bytes of the memory afterwards.
        live_bytes: usize,
    },
    /// It came back.
    Give {
        /// Its bytes, as requested.
        size: usize,
        /// Who asked for it.
        tag: Tag,
        /// The block.
        id: u64,
        /// Nanoseconds on a clock that never goes back.
        time_ns: u64,
        /// Live bytes of the memory afterwards.
        live_bytes: usize,
    },
}

/// Sees every block that a [`Memory`](crate::Memory) hands out or takes back, on the thread that does it.
///
/// It must be quick, must not panic, and must not allocate from the memory that it observes.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}
