//! [`Pool`]: freed blocks are kept and handed out again.
//!
//! Small blocks are cut from slabs by size class; a thread takes and gives them through a cache of its own, a batch at
//! a time from and to the shared lists, so that a block may be freed on any thread. Large blocks are whole blocks of
//! the source below, rounded to a size class; freed ones wait in a cache with a cap, oldest out first, and those that
//! nobody wanted for some seconds go back. Large zeroed blocks are taken fresh: their pages are zero already and cost
//! nothing until they are touched. After a fork the child has the parent's lists; a thread that held a lock in the
//! parent at that moment leaves it locked, so fork from a thread that computes nothing.

use crate::classes::{SMALL, SMALL_CLASSES, UNIT, class_of, large_size, size_of_class};
use crate::slab::Slabs;
use crate::thread_cache;
use crate::{Block, Request, Result, Source};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A cached large block that nobody wanted for this long goes back.
const DECAY: Duration = Duration::from_secs(5);

/// A cache over another source.
pub struct Pool(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    /// Tells pools apart for the thread caches.
    pub id: u64,
    below: Arc<dyn Source>,
    slabs: [Mutex<Slabs>; SMALL_CLASSES],
    large: Mutex<Large>,
    cap: AtomicUsize,
}

#[derive(Default)]
struct Large {
    blocks: VecDeque<(Block, Instant)>,
    bytes: usize,
}

impl Pool {
    /// A pool over `below` that keeps at most `cap` bytes of freed large blocks.
    pub fn new(below: Arc<dyn Source>, cap: usize) -> Pool {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Pool(Arc::new(Shared {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            below,
            slabs: std::array::from_fn(|class| Mutex::new(Slabs::new(size_of_class(class)))),
            large: Mutex::default(),
            cap: AtomicUsize::new(cap),
        }))
    }

    /// Bytes that are kept and could be handed out again, those in other threads' caches not counted.
    pub fn cached(&self) -> usize {
        let small: usize =
            self.0.slabs.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).free_bytes()).sum();
        small + self.0.large().bytes
    }

    /// Sets the most bytes of freed large blocks that are kept.
    pub fn set_cap(&self, cap: usize) {
        self.0.cap.store(cap, Ordering::Relaxed);
    }
}

impl Shared {
    fn large(&self) -> std::sync::MutexGuard<'_, Large> {
        self.large.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to `want` blocks of a class, at least one.
    pub(crate) fn take_small(
        &self,
        class: usize,
        want: usize,
        request: &Request,
        out: &mut Vec<NonNull<u8>>,
    ) -> Result<()> {
        let list = || self.slabs[class].lock().unwrap_or_else(PoisonError::into_inner);
        list().take(want, out);
        if !out.is_empty() {
            return Ok(());
        }
        let slab = Slabs::request(size_of_class(class), request);
        let slab = self.below.take(&slab)?;
        let mut list = list();
        list.add(slab);
        list.take(want, out);
        Ok(())
    }

    /// Takes blocks of a class back.
    pub(crate) fn give_small(&self, class: usize, blocks: &mut Vec<NonNull<u8>>) {
        let mut list = self.slabs[class].lock().unwrap_or_else(PoisonError::into_inner);
        blocks.drain(..).for_each(|block| list.give(block));
    }

    fn take_large(&self, request: &Request) -> Result<Block> {
        let rounded = large_size(request.size.max(UNIT)).unwrap_or(request.size);
        let below = Request { size: rounded, ..*request };
        if !(request.zeroed && rounded >= crate::system::MAPPED_BYTES) {
            let mut large = self.large();
            let found = large.blocks.iter().rposition(|(b, _)| b.size == rounded && b.align == request.align);
            if let Some((mut block, _)) = found.and_then(|at| large.blocks.remove(at)) {
                large.bytes -= block.reserved;
                drop(large);
                if request.zeroed {
                    // SAFETY: the block holds this many bytes and is nobody's now.
                    unsafe { block.ptr.write_bytes(0, rounded) };
                }
                block.size = request.size;
                block.tag = request.tag;
                return Ok(block);
            }
        }
        let block = self.below.take(&below)?;
        Ok(Block { size: request.size, ..block })
    }

    fn give_large(&self, block: Block) {
        let rounded = large_size(block.size.max(UNIT)).unwrap_or(block.size);
        let block = Block { size: rounded, ..block };
        let now = Instant::now();
        let mut out = Vec::new();
        let mut large = self.large();
        large.bytes += block.reserved;
        large.blocks.push_back((block, now));
        let cap = self.cap.load(Ordering::Relaxed);
        while let Some((_, since)) = large.blocks.front()
            && (large.bytes > cap || now.duration_since(*since) > DECAY)
            && let Some((block, _)) = large.blocks.pop_front()
        {
            large.bytes -= block.reserved;
            out.push(block);
        }
        drop(large);
        // SAFETY: blocks of the source below that are nobody's.
        out.into_iter().for_each(|block| unsafe { self.below.give(block) });
    }

    fn trim(&self, keep: usize) -> usize {
        let mut out = Vec::new();
        for slabs in &self.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).drain_empty(&mut out);
        }
        let mut large = self.large();
        while large.bytes > keep
            && let Some((block, _)) = large.blocks.pop_front()
        {
            large.bytes -= block.reserved;
            out.push(block);
        }
        drop(large);
        let bytes = out.iter().map(|b| b.reserved).sum();
        // SAFETY: whole slabs without a live block, and large blocks that are nobody's.
        out.into_iter().for_each(|block| unsafe { self.below.give(block) });
        bytes
    }
}

fn is_small(size: usize, align: usize) -> bool {
    size <= SMALL && align <= UNIT
}

impl Source for Pool {
    fn take(&self, request: &Request) -> Result<Block> {
        if !is_small(request.size, request.align) {
            return self.0.take_large(request);
        }
        let class = class_of(request.size);
        let ptr = thread_cache::take(&self.0, class, request)?;
        if request.zeroed {
            // SAFETY: a block of the class holds this many bytes and is nobody's now.
            unsafe { ptr.write_bytes(0, request.size) };
        }
        Ok(Block::new(ptr, size_of_class(class), request))
    }

    unsafe fn give(&self, block: Block) {
        if is_small(block.size, block.align) {
            thread_cache::give(&self.0, class_of(block.size), block.ptr);
        } else {
            self.0.give_large(block);
        }
    }

    fn trim(&self, keep: usize) -> usize {
        thread_cache::flush(&self.0);
        self.0.trim(keep) + self.0.below.trim(keep)
    }

    fn reserve_of(&self, request: &Request) -> usize {
        if is_small(request.size, request.align) {
            return size_of_class(class_of(request.size));
        }
        large_size(request.size).unwrap_or(usize::MAX)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.cap.store(0, Ordering::Relaxed);
        let mut out = Vec::new();
        for slabs in &self.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).drain_all(&mut out);
        }
        out.extend(std::mem::take(&mut self.large().blocks).into_iter().map(|(block, _)| block));
        // SAFETY: the pool is gone, and every block that it handed out keeps it alive, so none is left.
        out.into_iter().for_each(|block| unsafe { self.below.give(block) });
    }
}
