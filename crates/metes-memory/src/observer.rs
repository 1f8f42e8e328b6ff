//! [`Observer`]: who is told of every block; one at most, and nothing is paid for none.

use crate::Tag;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// Something that happened to a block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A block was handed out.
    #[non_exhaustive]
    Take {
        /// Bytes as requested.
        size: usize,
        /// Blocks: one, or for a sum of many (`id` 0) how many live more than before, which may be below zero.
        count: isize,
        /// Who asked.
        tag: Tag,
        /// Its address: unique among live blocks.
        id: usize,
        /// Live bytes with it.
        live_bytes: usize,
    },
    /// A block came back.
    #[non_exhaustive]
    Give {
        /// Bytes as requested.
        size: usize,
        /// Blocks: one, or for a sum of many (`id` 0) how many live fewer than before, which may be below zero.
        count: isize,
        /// Who had asked.
        tag: Tag,
        /// Its address.
        id: usize,
        /// Live bytes without it.
        live_bytes: usize,
    },
}

/// Is told of events as they happen, on the thread that makes them; must not allocate from the memory that it observes.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}

#[derive(Default)]
pub(crate) struct Watch {
    active: AtomicBool,
    observer: RwLock<Option<Arc<dyn Observer>>>,
}

impl Watch {
    pub(crate) fn set(&self, observer: Option<Arc<dyn Observer>>) {
        let mut place = self.observer.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.active.store(observer.is_some(), Ordering::Release);
        *place = observer;
    }

    /// Locks it, for a fork.
    pub(crate) fn hold(&'static self, held: &mut Vec<Box<dyn std::any::Any>>) {
        held.push(Box::new(self.observer.write().unwrap_or_else(std::sync::PoisonError::into_inner)));
    }

    /// Tells nobody any more: the observer's threads are not in this process.
    pub(crate) fn quiet(&self) {
        self.active.store(false, Ordering::Release);
    }

    /// Whether anybody is told.
    #[inline]
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.is_active()
            && let Some(observer) = &*self.observer.read().unwrap_or_else(std::sync::PoisonError::into_inner)
        {
            observer.event(&event());
        }
    }
}
