//! Small blocks at hand: each thread keeps some of one pool's, and goes to the shared lists a batch at a time.
//!
//! A trim cannot touch the blocks that other threads keep. It starts a new epoch of the pool, and each thread that sees
//! one, at the next block it takes or gives, gives back first what it kept. A thread that does neither keeps its blocks,
//! at most 32 KiB of a size class. Whoever is alone ([`crate::turn`]) keeps them in one place, whatever the thread.

use crate::classes::{SMALL_CLASSES, size_of_class};
use crate::pool::Shared;
use crate::turn::InTurn;
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

// SAFETY: free blocks are nobody's; their addresses may be kept by any thread.
unsafe impl Send for Cache {}

impl Cache {
    const fn new() -> Cache {
        Cache { id: 0, epoch: 0, pool: Weak::new(), lists: [const { Vec::new() }; SMALL_CLASSES] }
    }

    /// Keeps a block, and gives half of its class back where there are too many.
    #[inline]
    fn keep(&mut self, pool: &Shared, class: usize, block: NonNull<u8>) {
        let list = &mut self.lists[class];
        list.push(block);
        if list.len() > kept(class) {
            spill(pool, class, list);
        }
    }

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
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache::new()) };
}

static IN_TURN: InTurn<Cache> = InTurn::new(Cache::new());

#[cold]
fn spill(pool: &Shared, class: usize, list: &mut Vec<NonNull<u8>>) {
    let mut half = list.split_off(list.len() / 2);
    pool.give_small(class, &mut half);
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

/// A block of a class that this thread has at hand; `alone` where it is.
#[inline]
pub(crate) fn at_hand(pool: &Arc<Shared>, class: usize, request: &Request, alone: bool) -> Option<NonNull<u8>> {
    if !alone {
        return with_cache(pool, |cache| cache.lists[class].pop()).flatten();
    }
    let found = IN_TURN.with(|cache| {
        cache.adopt(pool);
        cache.lists[class].pop()
    });
    match found {
        Some(None) => fetch(pool, class, request),
        found => found.flatten(),
    }
}

/// A batch for whoever is alone, and one of it.
#[cold]
fn fetch(pool: &Arc<Shared>, class: usize, request: &Request) -> Option<NonNull<u8>> {
    let mut batch = Vec::new();
    // Not from within the cache, as below; what is refused is refused again, and said, by the general way.
    pool.take_small(class, kept(class).div_ceil(2), request, &mut batch).ok()?;
    let block = batch.pop();
    if IN_TURN.with(|cache| cache.lists[class].append(&mut batch)).is_none() {
        pool.give_small(class, &mut batch);
    }
    block
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
    if with_cache(pool, |cache| cache.keep(pool, class, block)).is_none() {
        pool.give_small(class, &mut vec![block]);
    }
}

/// The same from a thread that is alone.
#[inline]
pub(crate) fn give_alone(pool: &Arc<Shared>, class: usize, block: NonNull<u8>) {
    let kept = IN_TURN.with(|cache| {
        cache.adopt(pool);
        cache.keep(pool, class, block);
    });
    if kept.is_none() {
        pool.give_small(class, &mut vec![block]);
    }
}

/// Gives this thread's blocks of a pool back to its shared lists, and those of whoever is alone.
pub(crate) fn flush(pool: &Arc<Shared>) {
    with_cache(pool, Cache::flush);
    IN_TURN.with_others(|cache| {
        cache.adopt(pool);
        cache.flush();
    });
}
