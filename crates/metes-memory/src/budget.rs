//! [`Budget`]: a limit on the bytes that the sources above it may have set aside.
//!
//! Charged before the source below is asked, by compare-and-swap: a refusal never disturbs a neighbour that fits. A
//! request that does not fit asks for cached bytes back, and is tried once more.

use crate::counter::Counter;
use crate::{Block, Error, Refusal, Request, Result, Source, size_text};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A limit over another source.
pub struct Budget {
    below: Arc<dyn Source>,
    limit: AtomicUsize,
    used: Counter,
    /// Makes whoever is above give cached bytes back.
    reclaim: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Budget {
    /// A budget over `below`; `None` is no limit.
    pub fn new(below: Arc<dyn Source>, limit: Option<usize>) -> Budget {
        Budget {
            below,
            limit: AtomicUsize::new(limit.unwrap_or(usize::MAX)),
            used: Counter::default(),
            reclaim: OnceLock::new(),
        }
    }

    /// Sets what makes those above give cached bytes back before a refusal; once.
    pub fn reclaim_by(&self, reclaim: impl Fn() + Send + Sync + 'static) {
        let _ = self.reclaim.set(Box::new(reclaim));
    }

    /// The limit.
    pub fn limit(&self) -> Option<usize> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|&l| l != usize::MAX)
    }

    /// Sets the limit and returns the one before; what is above it already stays.
    pub fn set_limit(&self, limit: Option<usize>) -> Option<usize> {
        Some(self.limit.swap(limit.unwrap_or(usize::MAX), Ordering::Relaxed)).filter(|&l| l != usize::MAX)
    }

    /// Bytes set aside under the budget.
    pub fn used(&self) -> usize {
        self.used.now()
    }

    /// The most bytes that were set aside at once since the last reset.
    pub fn peak(&self) -> usize {
        self.used.peak()
    }

    /// Sets the peak to what is set aside now.
    pub fn reset_peak(&self) {
        self.used.reset_peak();
    }

    /// Charges bytes that some library holds; pair with [`Budget::release`].
    pub fn reserve(&self, bytes: usize, request: &Request) -> Result<()> {
        let limit = || self.limit.load(Ordering::Relaxed);
        if self.used.add_within(bytes, limit()).is_ok() {
            return Ok(());
        }
        if let Some(reclaim) = self.reclaim.get() {
            reclaim();
            if self.used.add_within(bytes, limit()).is_ok() {
                return Ok(());
            }
        }
        Err(self.refusal(request))
    }

    /// The same without asking anybody to give cached bytes back first; whether they fit.
    pub(crate) fn reserve_at_once(&self, bytes: usize) -> bool {
        self.used.add_within(bytes, self.limit.load(Ordering::Relaxed)).is_ok()
    }

    /// Gives charged bytes back.
    pub fn release(&self, bytes: usize) {
        self.used.sub(bytes);
    }

    fn refusal(&self, request: &Request) -> Error {
        let (limit, used) = (self.limit.load(Ordering::Relaxed), self.used.now());
        let dtype = if request.tag.dtype.is_empty() { String::new() } else { format!(", {}", request.tag.dtype) };
        let message = format!(
            "{}: {} ({} bytes{dtype}) refused: limit {}, {} in use",
            request.tag.op,
            size_text(request.asked),
            request.asked,
            size_text(limit),
            size_text(used)
        );
        let refusal = Refusal { requested: request.asked, limit: Some(limit), live: used, ..Refusal::default() };
        Error::refused(message, refusal)
    }
}

impl Source for Budget {
    fn take(&self, request: &Request) -> Result<Block> {
        let bytes = self.below.reserve_of(request);
        self.reserve(bytes, request)?;
        self.below.take(request).inspect_err(|_| self.release(bytes))
    }

    unsafe fn give(&self, block: Block) {
        let bytes = block.reserved;
        // SAFETY: the caller's promise: the block came from below through here.
        unsafe { self.below.give(block) };
        self.release(bytes);
    }

    fn trim(&self, keep: usize) -> usize {
        self.below.trim(keep)
    }

    unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        let (before, bytes) = (block.reserved, self.below.reserve_of(request));
        let more = bytes.saturating_sub(before);
        // What becomes smaller needs no room, also where the limit is below what lives.
        if more > 0
            && let Err(error) = self.reserve(more, request)
        {
            return Some(Err(error));
        }
        // SAFETY: the caller's promise: the block came from below through here.
        let done = unsafe { self.below.remap(block, request) };
        let kept = if matches!(done, Some(Ok(()))) { block.reserved } else { before };
        self.release(before + more - kept);
        done
    }

    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> usize {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.below.discard(start, bytes) };
        self.release(bytes);
        bytes
    }

    fn commit(&self, bytes: usize, request: &Request) -> Result<()> {
        self.reserve(bytes, request)?;
        self.below.commit(bytes, request).inspect_err(|_| self.release(bytes))
    }

    fn uncommit(&self, bytes: usize) {
        self.below.uncommit(bytes);
        self.release(bytes);
    }

    fn reserve_of(&self, request: &Request) -> usize {
        self.below.reserve_of(request)
    }
}
