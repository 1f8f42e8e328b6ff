//! Small blocks at hand: each thread keeps some of one pool's, and goes to the shared lists a batch at a time.
//!
//! A trim cannot touch the blocks that other threads keep. It starts a new epoch of the pool, and each thread that sees
//! one, at the next block it takes or gives, gives back first what it kept. A thread that does neither keeps its blocks,
//! at most 32 KiB of a size class.

use crate::classes::{SMALL_CLASSES, size_of_class};
use crate::pool::Shared;
use crate::{Request, Result};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};

/// Bytes of one class that a thread keeps at most, and blocks.
const KEPT_BYTES: usize = 32 * 1024;
const KEPT_BLOCKS: usize = 64;

struct Cache {
    /// The pool whose blocks these are, and its epoch when they were last given back.
    id: u64,
    epoch: u64,
    pool: Weak<Shared>,
    lists: [Vec<NonNull<u8>>; SMALL_CLASSES],
}

impl Cache {
    fn flush(&mut self) {
        let Some(pool) = self.pool.upgrade() else {
            self.lists.iter_mut().for_each(Vec::clear);
            return;
        };
        for (class, list) in self.lists.iter_mut().enumerate() {
            if !list.is_empty() {
                pool.give_small(class, list);
            }
        }
    }

    #[inline]
    fn adopt(&mut self, pool: &Arc<Shared>) {
        let epoch = pool.epoch();
        if self.id != pool.id || self.epoch != epoch {
            self.change(pool, epoch);
        }
    }

    #[cold]
    fn change(&mut self, pool: &Arc<Shared>, epoch: u64) {
        self.flush();
        (self.id, self.epoch) = (pool.id, epoch);
        self.pool = Arc::downgrade(pool);
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.flush();
    }
}

thread_local! {
    static CACHE: RefCell<Cache> =
        const { RefCell::new(Cache { id: 0, epoch: 0, pool: Weak::new(), lists: [const { Vec::new() }; SMALL_CLASSES] }) };
}

#[inline]
fn kept(class: usize) -> usize {
    (KEPT_BYTES / size_of_class(class)).clamp(1, KEPT_BLOCKS)
}

/// Works on this thread's cache for a pool; `None` where there is none, at the thread's end or from within itself.
#[inline]
fn with_cache<T>(pool: &Arc<Shared>, work: impl FnOnce(&mut Cache) -> T) -> Option<T> {
    let worked = CACHE.try_with(|cache| {
        let mut cache = cache.try_borrow_mut().ok()?;
        cache.adopt(pool);
        Some(work(&mut cache))
    });
    worked.ok().flatten()
}

/// A block of a class that this thread has at hand.
#[inline]
pub(crate) fn at_hand(pool: &Arc<Shared>, class: usize) -> Option<NonNull<u8>> {
    with_cache(pool, |cache| cache.lists[class].pop()).flatten()
}

/// A block of a class.
#[inline]
pub(crate) fn take(pool: &Arc<Shared>, class: usize, request: &Request) -> Result<NonNull<u8>> {
    let at_hand = with_cache(pool, |cache| cache.lists[class].pop());
    if let Some(Some(block)) = at_hand {
        return Ok(block);
    }
    // Not from within the cache: for want of memory the source below may ask for what is in it.
    let (mut batch, want) = (Vec::new(), if at_hand.is_some() { kept(class).div_ceil(2) } else { 1 });
    pool.take_small(class, want, request, &mut batch)?;
    let block = batch.pop().expect("at least one block");
    if with_cache(pool, |cache| cache.lists[class].append(&mut batch)).is_none() {
        pool.give_small(class, &mut batch);
    }
    Ok(block)
}

/// Takes a block of a class back.
#[inline]
pub(crate) fn give(pool: &Arc<Shared>, class: usize, block: NonNull<u8>) {
    let cached = with_cache(pool, |cache| {
        let list = &mut cache.lists[class];
        list.push(block);
        if list.len() > kept(class) {
            let mut half = list.split_off(list.len() / 2);
            pool.give_small(class, &mut half);
        }
    });
    if cached.is_none() {
        pool.give_small(class, &mut vec![block]);
    }
}

/// Gives this thread's blocks of a pool back to its shared lists.
pub(crate) fn flush(pool: &Arc<Shared>) {
    with_cache(pool, Cache::flush);
}
