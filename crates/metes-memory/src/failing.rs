//! [`Failing`]: a source that refuses on purpose, for tests of what happens then.

use crate::{Block, Error, Refusal, Request, Result, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Passes requests on until the n-th, which it refuses: that one alone, or all from then on.
pub struct Failing {
    below: Arc<dyn Source>,
    left: AtomicU64,
    persistent: bool,
}

impl Failing {
    /// Refuses request number `n`, counted from 0.
    pub fn new(below: Arc<dyn Source>, n: u64, persistent: bool) -> Failing {
        Failing { below, left: AtomicU64::new(n + 1), persistent }
    }
}

impl Source for Failing {
    fn take(&self, request: &Request) -> Result<Block> {
        let step = |left: u64| if left == 0 { None } else { Some(left - 1) };
        let fails = match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(left) => left == 1,
            Err(_) => self.persistent,
        };
        if fails {
            let message =
                format!("{}: {} bytes refused by a source that fails on purpose", request.tag.op, request.size);
            return Err(Error::refused(message, Refusal { requested: request.size, ..Refusal::default() }));
        }
        self.below.take(request)
    }

    unsafe fn give(&self, block: Block) {
        // SAFETY: the caller's promise.
        unsafe { self.below.give(block) }
    }

    fn trim(&self, keep: usize) -> usize {
        self.below.trim(keep)
    }

    fn reserve_of(&self, request: &Request) -> usize {
        self.below.reserve_of(request)
    }
}
