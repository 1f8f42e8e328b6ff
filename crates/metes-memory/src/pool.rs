//! [`Pool`]: freed blocks are kept and handed out again.
//!
//! Small blocks are cut from slabs by size class; a thread takes and gives them through a cache of its own, a batch at
//! a time from and to the shared lists, so that a block may be freed on any thread. Large blocks are whole blocks of
//! the source below, rounded to a size class; freed ones wait in a cache with a cap, oldest out first, and those that
//! nobody wanted for some seconds go back; the last of them wait on the shelf ([`crate::shelf`]) first, where they still count
//! as handed out. Large zeroed blocks are taken fresh: their pages are zero already and cost nothing until they are touched.
//! After a fork the child has the parent's lists (see [`crate::fork`]).

use crate::classes::{SMALL, SMALL_CLASSES, UNIT, class_of, large_size, size_of_class};
use crate::large::{Large, now};
use crate::slab::Slabs;
use crate::thread_cache;
use crate::{Block, Request, Result, Run, RunState, Source, decay, shelf};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Zeroed blocks from this size on are taken fresh.
const FRESH_BYTES: usize = 1 << 20;

/// A cache over another source.
pub struct Pool(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    /// Tells pools apart for the thread caches.
    pub id: u64,
    /// Trims so far: thread caches of an earlier number are given back at their next use.
    epoch: AtomicU64,
    below: Arc<dyn Source>,
    slabs: [Mutex<Slabs>; SMALL_CLASSES],
    large: Mutex<Large>,
    cap: AtomicUsize,
    /// Bytes of large blocks that were handed out again.
    reused: AtomicUsize,
    /// The same of those that whoever is alone took from the shelf.
    reused_alone: AtomicUsize,
    /// By how many bytes those are larger than they were before; wraps.
    resized_alone: AtomicUsize,
}

impl Pool {
    /// A pool over `below` that keeps at most `cap` bytes of freed large blocks.
    pub fn new(below: Arc<dyn Source>, cap: usize) -> Pool {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Pool(Arc::new(Shared {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            epoch: AtomicU64::new(0),
            below,
            slabs: std::array::from_fn(|class| Mutex::new(Slabs::new(size_of_class(class)))),
            large: Mutex::default(),
            cap: AtomicUsize::new(cap),
            reused: AtomicUsize::new(0),
            reused_alone: AtomicUsize::new(0),
            resized_alone: AtomicUsize::new(0),
        }))
    }

    /// A small block that this thread has at hand; `alone` where it is ([`crate::turn`]).
    #[inline]
    pub(crate) fn at_hand(&self, class: usize, request: &Request, alone: bool) -> Option<NonNull<u8>> {
        thread_cache::at_hand(&self.0, class, request, alone)
    }

    /// Takes a block back that had a place on the shelf, from whoever is alone.
    pub(crate) fn take_back(&self, block: Block) {
        if is_small(block.size, block.align) {
            thread_cache::give_alone(&self.0, class_of(block.size), block.ptr);
        } else {
            self.0.give_large(block);
        }
    }

    /// Takes a small block of a class back likewise.
    #[inline]
    pub(crate) fn give_back(&self, class: usize, block: NonNull<u8>, alone: bool) {
        if alone {
            thread_cache::give_alone(&self.0, class, block);
        } else {
            thread_cache::give(&self.0, class, block);
        }
    }

    /// Bytes that are kept and could be handed out again, those in other threads' caches not counted.
    pub fn cached(&self) -> usize {
        let small: usize =
            self.0.slabs.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).free_bytes()).sum();
        small + self.0.large().bytes() + self.0.shelved()
    }

    /// Appends the runs of all slabs and of the cached large blocks, gathered by slab from `most` runs on.
    pub(crate) fn runs(&self, most: usize, out: &mut Vec<Run>) {
        let cached =
            |block: &Block| Run { start: block.ptr.as_ptr() as usize, bytes: block.reserved, state: RunState::Cached };
        let shelved = shelf::large_seen(&self.0);
        out.extend(shelved.map(|(start, bytes)| Run { start, bytes, state: RunState::Cached }));
        out.extend(self.0.large().blocks().map(cached));
        for slabs in &self.0.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).runs(most, out);
        }
    }

    /// Bytes of large blocks that were handed out again, since the start.
    pub fn reused(&self) -> usize {
        self.0.reused.load(Ordering::Relaxed) + self.0.reused_alone.load(Ordering::Relaxed)
    }

    /// Notes that a large block of `before` bytes was handed out again from the shelf as one of `bytes`, to whoever is alone.
    #[inline]
    pub(crate) fn reuse_alone(&self, before: usize, bytes: usize) {
        let add = |sum: &AtomicUsize, n: usize| {
            sum.store(sum.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
        };
        add(&self.0.reused_alone, bytes);
        add(&self.0.resized_alone, bytes.wrapping_sub(before));
    }

    /// Locks the lists, for a fork.
    pub(crate) fn hold(&'static self, held: &mut Vec<Box<dyn std::any::Any>>) {
        for slabs in &self.0.slabs {
            held.push(Box::new(slabs.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        held.push(Box::new(self.0.large()));
    }

    /// Gives back what was freed and nobody wanted for as long as [`set_decay`](crate::set_decay) says; how many bytes.
    pub fn sweep(&self) -> usize {
        self.0.sweep()
    }

    /// Sets the most bytes of freed large blocks that are kept.
    pub fn set_cap(&self, cap: usize) {
        self.0.cap.store(cap, Ordering::Relaxed);
    }
}

impl Shared {
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    fn large(&self) -> std::sync::MutexGuard<'_, Large> {
        let mut large = self.large.lock().unwrap_or_else(PoisonError::into_inner);
        large.resized(self.resized_alone.load(Ordering::Relaxed));
        large
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
        if self.warm(class, request) {
            list().take(want, out);
            if !out.is_empty() {
                return Ok(());
            }
        }
        let slab = |lone| self.below.take(&Slabs::request(size_of_class(class), request, lone));
        // Where a limit leaves no room for a slab there may be some for a block.
        let slab = slab(false).or_else(|_| slab(true))?;
        let mut list = list();
        list.add(slab);
        list.take(want, out);
        Ok(())
    }

    /// Makes cold blocks of a class free, if there are any and their pages can be charged.
    fn warm(&self, class: usize, request: &Request) -> bool {
        let list = || self.slabs[class].lock().unwrap_or_else(PoisonError::into_inner);
        // Charged without the lock: for want of room the source below may ask for what is in the list.
        let Some((key, bytes)) = list().coldest() else { return false };
        if self.below.commit(bytes, request).is_err() {
            return false;
        }
        let warm = list().warm(key, bytes);
        if !warm {
            self.below.uncommit(bytes);
        }
        warm
    }

    /// Takes blocks of a class back.
    pub(crate) fn give_small(&self, class: usize, blocks: &mut Vec<NonNull<u8>>) {
        let mut out = Vec::new();
        let mut list = self.slabs[class].lock().unwrap_or_else(PoisonError::into_inner);
        blocks.drain(..).for_each(|block| list.give(block));
        list.sweep(now(), decay::patience(), &mut out);
        drop(list);
        self.give_below(out);
    }

    fn sweep(&self) -> usize {
        let mut out = Vec::new();
        for slabs in &self.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).sweep(now(), decay::patience(), &mut out);
        }
        self.give_below(out) + self.sweep_large()
    }

    /// Gives back the large blocks that nobody wanted for too long; how many bytes.
    pub(crate) fn sweep_large(&self) -> usize {
        let mut out = Vec::new();
        let mut large = self.large();
        for block in shelf::large_blocks(self, false) {
            large.came_back(block.size);
            out.push(self.whole(block));
        }
        large.evict(self.keep(), &mut out);
        drop(large);
        self.give_below(out)
    }

    /// Whether large blocks may wait on the shelf.
    #[inline]
    pub(crate) fn shelves(&self) -> bool {
        self.cap.load(Ordering::Relaxed) >= 2 * shelf::LARGE_BYTES && decay::patience() > 0
    }

    /// Bytes of large blocks that wait on the shelf.
    fn shelved(&self) -> usize {
        shelf::large_seen(self).map(|(_, bytes)| bytes).sum()
    }

    /// Bytes that may wait in the list of large blocks.
    fn keep(&self) -> usize {
        let cap = self.cap.load(Ordering::Relaxed);
        if shelf::is_of(self) { cap.saturating_sub(shelf::LARGE_BYTES) } else { cap }
    }

    /// A large block as the source below gave it.
    fn whole(&self, block: Block) -> Block {
        let size = large_size(block.size.max(UNIT)).unwrap_or(block.size);
        Block { size, ..block }
    }

    /// Has the blocks on the shelf wait among the other large ones.
    fn unshelve(&self, large: &mut Large) {
        for block in shelf::large_blocks(self, true) {
            large.came_back(block.size);
            large.add(self.whole(block));
        }
    }

    fn discard(&self) -> usize {
        let page = rustix::param::page_size();
        let of = |s: &Mutex<Slabs>| s.lock().unwrap_or_else(PoisonError::into_inner).discard(page, &*self.below);
        self.slabs.iter().map(of).sum()
    }

    fn take_large(&self, request: &Request) -> Result<Block> {
        let rounded = large_size(request.size.max(UNIT)).unwrap_or(request.size);
        let mut out = Vec::new();
        let mut large = self.large();
        large.evict(self.keep(), &mut out);
        let mut found = large.take(rounded, request.align);
        if found.is_none() {
            self.unshelve(&mut large);
            found = large.take(rounded, request.align);
        }
        if request.zeroed && rounded >= FRESH_BYTES {
            // Fresh pages are zero for nothing; one more freed block of this size would only wait for ever.
            out.extend(found.take());
            self.unshelve(&mut large);
        }
        if found.is_some() {
            large.went_out(request.size, self.shelved());
        } else {
            let room = large.room(request.size);
            large.evict(room.min(self.keep()), &mut out);
        }
        drop(large);
        self.give_below(out);
        match found {
            Some(mut block) => {
                self.reused.fetch_add(request.size, Ordering::Relaxed);
                if request.zeroed {
                    // SAFETY: the block holds this many bytes and is nobody's now.
                    unsafe { block.ptr.write_bytes(0, rounded) };
                }
                block.size = request.size;
                Ok(block)
            }
            None => {
                let block = self.below.take(&Request { size: rounded, ..*request })?;
                self.large().went_out(request.size, self.shelved());
                Ok(Block { size: request.size, ..block })
            }
        }
    }

    fn give_large(&self, block: Block) {
        let mut out = Vec::new();
        let mut large = self.large();
        large.came_back(block.size);
        large.add(self.whole(block));
        large.evict(self.keep(), &mut out);
        drop(large);
        self.give_below(out);
    }

    /// Gives blocks that are nobody's to the source below; returns their bytes.
    fn give_below(&self, blocks: Vec<Block>) -> usize {
        let bytes = blocks.iter().map(|b| b.reserved).sum();
        // SAFETY: blocks of the source below: whole slabs without a live block, and large blocks that were freed.
        blocks.into_iter().for_each(|block| unsafe { self.below.give(block) });
        bytes
    }

    fn release(&self, keep: usize) -> usize {
        let mut out = Vec::new();
        for slabs in &self.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).drain_empty(&mut out);
        }
        let mut large = self.large();
        self.unshelve(&mut large);
        large.evict(keep, &mut out);
        drop(large);
        self.give_below(out)
    }
}

/// Whether a block of this size and alignment is cut from a slab.
#[inline]
pub(crate) fn is_small(size: usize, align: usize) -> bool {
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

    unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        if is_small(block.size, block.align) || is_small(request.size, block.align) {
            return None;
        }
        let (before, after) = (large_size(block.size)?, large_size(request.size)?);
        let booking = block.booking.take();
        let mut whole = Block { size: before, booking, ..*block };
        let done = match before == after {
            true => Some(Ok(())),
            // SAFETY: the caller's promise; the source below gave a block of the rounded size.
            false => unsafe { self.0.below.remap(&mut whole, &Request { size: after, ..*request }) },
        };
        let size = if matches!(done, Some(Ok(()))) {
            let mut large = self.0.large();
            large.came_back(block.size);
            large.went_out(request.size, self.0.shelved());
            request.size
        } else {
            block.size
        };
        *block = Block { size, ..whole };
        done
    }

    fn trim(&self, keep: usize) -> usize {
        self.0.epoch.fetch_add(1, Ordering::Relaxed);
        thread_cache::flush(&self.0);
        shelf::flush(&self.0);
        let released = self.0.release(keep) + self.0.below.trim(keep);
        // What is to stay at hand stays warm.
        if keep == 0 { released + self.0.discard() } else { released }
    }

    fn reserve_of(&self, request: &Request) -> usize {
        if is_small(request.size, request.align) {
            return size_of_class(class_of(request.size));
        }
        large_size(request.size.max(UNIT)).unwrap_or(usize::MAX)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let mut out = Vec::new();
        for slabs in &self.slabs {
            slabs.lock().unwrap_or_else(PoisonError::into_inner).drain_all(&mut out);
        }
        self.large().evict(0, &mut out);
        // Every block that the pool handed out keeps it alive, so none is left.
        self.give_below(out);
    }
}
