//! Buffers of the program's memory that are no more, kept whole by whoever is alone ([`crate::turn`]).
//!
//! A buffer is a room, where it is told whose bytes are shared by whom, and a block. Mostly the next buffer is like one that
//! was just dropped: of its size class, often made by the same operation. Then it takes the room with the block, and next to
//! nothing is written anew. There are lists of small ones, and the few large ones that were dropped last ([`Slots`]). A trim
//! takes the blocks away, as it does with those at hand ([`crate::thread_cache`]); large ones go also when nobody wanted them
//! for a while, or a fresh one is taken.

use crate::classes::{SMALL_CLASSES, UNIT, size_of_class};
use crate::pool::Shared;
use crate::slots::{Room, Slots};
use crate::turn::InTurn;
use crate::{Block, decay, large};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bytes of one small class that are kept at most, and rooms.
const KEPT_BYTES: usize = 64 * 1024;
const KEPT_ROOMS: usize = 1024;

/// Large blocks that are kept at most, and the largest: what is larger takes much longer to be filled than to be found.
const LARGE_KEPT: usize = 8;
const LARGEST: usize = 512 * 1024;

/// Bytes of large blocks that are kept at most.
pub(crate) const LARGE_BYTES: usize = LARGE_KEPT * LARGEST;

struct Shelf {
    /// The pool whose blocks these are, and its epoch when they were last given back.
    pool: u64,
    epoch: u64,
    rooms: [Vec<Room>; SMALL_CLASSES],
}

/// Ends a room and returns the block that was in it, which is booked no more.
///
/// # Safety
/// The room is nobody's.
type Clear = unsafe fn(Room) -> Block;

/// The only one there is.
static CLEAR: OnceLock<Clear> = OnceLock::new();

// SAFETY: what lies there is nobody's, and may be taken by any thread.
unsafe impl Send for Shelf {}

static SHELF: InTurn<Shelf> = InTurn::new(Shelf { pool: 0, epoch: 0, rooms: [const { Vec::new() }; SMALL_CLASSES] });

#[cfg(not(loom))]
static LARGE: Slots<LARGE_KEPT> = Slots::new();
#[cfg(loom)]
static LARGE: std::sync::LazyLock<Slots<LARGE_KEPT>> = std::sync::LazyLock::new(Slots::empty);
/// The pool of the large blocks; 0 before there were any.
static LARGE_POOL: AtomicU64 = AtomicU64::new(0);
/// The second in which somebody looked last whether some of them wait too long.
static LOOKED: AtomicUsize = AtomicUsize::new(0);

const fn most() -> [usize; SMALL_CLASSES] {
    let (mut most, mut class) = ([0; SMALL_CLASSES], 0);
    while class < SMALL_CLASSES {
        let rooms = KEPT_BYTES / size_of_class(class);
        most[class] = if rooms > KEPT_ROOMS { KEPT_ROOMS } else { rooms };
        class += 1;
    }
    most
}

/// Rooms of a small class that are kept.
static MOST: [usize; SMALL_CLASSES] = most();

/// Whether a block that was asked for with this size and alignment may lie here.
#[inline]
pub(crate) fn holds(size: usize, align: usize) -> bool {
    size <= LARGEST && align <= UNIT
}

/// A room with a block of a class.
#[inline]
pub(crate) fn take(class: usize) -> Option<Room> {
    if class < SMALL_CLASSES { SHELF.with(|shelf| shelf.rooms[class].pop()).flatten() } else { LARGE.take(class) }
}

/// Keeps a room with its block of the program's pool at an address, which are nobody's; hands back one that is not kept, this or another,
/// for which there is no place. `clear` is always the same.
#[inline]
pub(crate) fn give(pool: &Shared, class: usize, start: usize, room: Room, clear: Clear) -> Option<Room> {
    if class >= SMALL_CLASSES {
        return give_large(pool, class, start, room, clear);
    }
    let kept = SHELF.with(|shelf| {
        if shelf.epoch != pool.epoch() || shelf.pool != pool.id {
            shelf.renew(pool, clear);
        }
        let rooms = &mut shelf.rooms[class];
        let fits = rooms.len() < MOST[class];
        if fits {
            rooms.push(room);
        }
        fits
    });
    if kept == Some(true) { None } else { Some(room) }
}

fn give_large(pool: &Shared, class: usize, start: usize, room: Room, clear: Clear) -> Option<Room> {
    // The pool's blocks are aligned as they were asked for, and whoever takes this one may need what is usual.
    if !start.is_multiple_of(UNIT) || !pool.shelves() {
        return Some(room);
    }
    let now = large::now() as usize;
    if LOOKED.load(Ordering::Relaxed) != now {
        LOOKED.store(now, Ordering::Relaxed);
        let _ = CLEAR.set(clear);
        LARGE_POOL.store(pool.id, Ordering::Relaxed);
        pool.sweep_large();
    }
    LARGE.put(class, start, now, room)
}

/// The large blocks of a pool that nobody wanted for too long, or `all`; they are nobody's.
pub(crate) fn large_blocks(pool: &Shared, all: bool) -> impl Iterator<Item = Block> {
    let until = if all { usize::MAX } else { (large::now() - decay::patience()).max(0) as usize };
    let clear = CLEAR.get().filter(|_| is_of(pool));
    // SAFETY: what lies here is nobody's, and whoever takes it away has it alone.
    clear.into_iter().flat_map(move |clear| LARGE.take_until(until).map(|room| unsafe { clear(room) }))
}

/// Whether the large blocks here are this pool's.
#[inline]
pub(crate) fn is_of(pool: &Shared) -> bool {
    LARGE_POOL.load(Ordering::Relaxed) == pool.id
}

/// The addresses and bytes of the large blocks of a pool, which others may take meanwhile.
pub(crate) fn large_seen(pool: &Shared) -> impl Iterator<Item = (usize, usize)> {
    let ours = is_of(pool);
    LARGE.seen().filter(move |_| ours).map(|(class, start)| (start, size_of_class(class)))
}

/// Gives all small blocks back to their pool, if it is this one.
pub(crate) fn flush(pool: &Shared) {
    SHELF.with_others(|shelf| {
        if shelf.pool == pool.id {
            shelf.flush(pool);
        }
    });
}

impl Shelf {
    #[cold]
    fn renew(&mut self, pool: &Shared, clear: Clear) {
        let _ = CLEAR.set(clear);
        if self.pool == pool.id {
            self.flush(pool);
        }
        (self.pool, self.epoch) = (pool.id, pool.epoch());
    }

    fn flush(&mut self, pool: &Shared) {
        let Some(clear) = CLEAR.get() else { return };
        for (class, rooms) in self.rooms.iter_mut().enumerate() {
            if !rooms.is_empty() {
                // SAFETY: what lies here is nobody's.
                let mut blocks = rooms.drain(..).map(|room| unsafe { clear(room) }.ptr).collect();
                pool.give_small(class, &mut blocks);
            }
        }
    }
}
