//! Small buffers of the program's memory that are no more, kept whole by whoever is alone ([`crate::turn`]).
//!
//! A buffer is a room, where it is told whose bytes are shared by whom, and a block. Mostly the next buffer is like one that
//! was just dropped: of its size class, often made by the same operation. Then it takes the room with the block, and next to
//! nothing is written anew. A trim takes the blocks away, as it does with those at hand ([`crate::thread_cache`]).

use crate::classes::{SMALL_CLASSES, size_of_class};
use crate::pool::Shared;
use crate::turn::InTurn;
use std::ptr::NonNull;

/// Bytes of one class that are kept at most, and rooms.
const KEPT_BYTES: usize = 64 * 1024;
const KEPT_ROOMS: usize = 1024;

/// A room that is nobody's, with its block.
pub(crate) type Room = NonNull<()>;

struct Shelf {
    /// The pool whose blocks these are, and its epoch when they were last given back.
    pool: u64,
    epoch: u64,
    rooms: [Vec<Room>; SMALL_CLASSES],
    /// Ends a room and returns the block that was in it.
    clear: Option<Clear>,
}

/// # Safety
/// The room is nobody's.
type Clear = unsafe fn(Room) -> NonNull<u8>;

// SAFETY: what lies there is nobody's, and may be taken by any thread.
unsafe impl Send for Shelf {}

static SHELF: InTurn<Shelf> =
    InTurn::new(Shelf { pool: 0, epoch: 0, rooms: [const { Vec::new() }; SMALL_CLASSES], clear: None });

const fn most() -> [usize; SMALL_CLASSES] {
    let (mut most, mut class) = ([0; SMALL_CLASSES], 0);
    while class < SMALL_CLASSES {
        let rooms = KEPT_BYTES / size_of_class(class);
        most[class] = if rooms > KEPT_ROOMS { KEPT_ROOMS } else { rooms };
        class += 1;
    }
    most
}

/// Rooms of a class that are kept.
static MOST: [usize; SMALL_CLASSES] = most();

/// A room with a block of a class.
#[inline]
pub(crate) fn take(class: usize) -> Option<Room> {
    SHELF.with(|shelf| shelf.rooms[class].pop()).flatten()
}

/// Keeps a room with its block of the program's pool, which are nobody's; hands it back where there are enough. `clear` is
/// always the same.
#[inline]
pub(crate) fn give(pool: &Shared, class: usize, room: Room, clear: Clear) -> Result<(), Room> {
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
    if kept == Some(true) { Ok(()) } else { Err(room) }
}

/// Gives all blocks back to their pool, if it is this one.
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
        self.clear = Some(clear);
        if self.pool == pool.id {
            self.flush(pool);
        }
        (self.pool, self.epoch) = (pool.id, pool.epoch());
    }

    fn flush(&mut self, pool: &Shared) {
        let Some(clear) = self.clear else { return };
        for (class, rooms) in self.rooms.iter_mut().enumerate() {
            if !rooms.is_empty() {
                // SAFETY: what lies here is nobody's.
                let mut blocks = rooms.drain(..).map(|room| unsafe { clear(room) }).collect();
                pool.give_small(class, &mut blocks);
            }
        }
    }
}
