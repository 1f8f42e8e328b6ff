//! [`Within`]: a few bytes that lie in an object of the door's, booked like a block though nothing of the pool is theirs.
//!
//! An element that is taken from an array is a number of its own: a block for it, with what is told about a block, weighs
//! many times the number. Its bytes lie in the object then; they are in the books and under the limit all the same. The
//! budget is charged for many at a time. That is for whoever is alone ([`crate::turn`]) and has nobody to tell; for all
//! others there are blocks.

use crate::books::Seat;
use crate::ledger::Booking;
use crate::turn::{InOrder, InTurn};
use crate::{Memory, Tag, hooks, raw, site, turn};
use std::sync::OnceLock;

/// Bytes that are set aside for each.
pub const ROOM: usize = 16;

/// For how many the budget is charged at once.
const STEP: usize = 256;

/// Where such bytes of one operation and dtype are booked.
pub struct Within {
    tag: Tag,
    seat: OnceLock<Seat>,
}

/// How many there are, and for how many the budget is charged.
struct Rooms {
    live: usize,
    charged: usize,
}

static ROOMS: InTurn<Rooms> = InTurn::new(Rooms { live: 0, charged: 0 });

impl Within {
    /// For what `op` makes of elements of a named dtype.
    pub const fn new(op: &'static str, dtype: &'static str) -> Within {
        Within { tag: Tag { op, site: 0, scope: 0, dtype }, seat: OnceLock::new() }
    }

    /// The operation.
    pub fn op(&self) -> &'static str {
        self.tag.op
    }

    /// Books `size` bytes, at most [`ROOM`], that are the program's from now on; says whether it did. If not, a block is to
    /// be taken: somebody looks at each, or the limit leaves no room.
    #[inline]
    pub fn take(&self, size: usize) -> bool {
        debug_assert!(size <= ROOM);
        let ledger = Memory::global().ledger();
        if raw::closely() || site::is_asked(size) || ledger.watch.is_active() {
            return false;
        }
        let Some(seat) = self.seat.get().or_else(|| self.open()) else { return false };
        let taken = ROOMS.with(|rooms| {
            let free = rooms.live < rooms.charged;
            rooms.live += usize::from(free);
            free
        });
        if taken != Some(true) && !charge() {
            return false;
        }
        ledger.open_within(seat, size, ROOM);
        true
    }

    #[cold]
    fn open(&self) -> Option<&Seat> {
        let seat = turn::alone().then(|| Memory::global().ledger().seat(&self.tag)).flatten()?;
        Some(self.seat.get_or_init(|| seat))
    }

    /// Books that such bytes are no more; `id` is an address that tells them apart.
    #[inline]
    pub fn give(&self, size: usize, id: usize) {
        let Some(seat) = self.seat.get() else { return };
        let ledger = Memory::global().ledger();
        let spare = ROOMS.with(|rooms| {
            rooms.live -= 1;
            rooms.charged - rooms.live
        });
        match spare {
            Some(spare) => {
                ledger.close_within(seat, size, ROOM, id);
                if spare > 2 * STEP {
                    release();
                }
            }
            None => {
                let _marked = InOrder::new();
                ROOMS.with_others(|rooms| rooms.live -= 1);
                ledger.close(size, ROOM, &Booking { account: seat.account, scope: None }, id);
            }
        }
    }
}

/// Charges the budget for some more, one of which is taken.
#[cold]
fn charge() -> bool {
    let (budget, bytes) = (Memory::global().budget(), STEP * ROOM);
    if !turn::alone() || !budget.reserve_at_once(bytes) {
        return false;
    }
    let done = ROOMS.with(|rooms| {
        rooms.charged += STEP;
        rooms.live += 1;
    });
    if done.is_none() {
        budget.release(bytes);
        return false;
    }
    hooks::pressure(budget.used(), budget.limit());
    true
}

impl Rooms {
    /// Takes off whole steps beyond those that there are and `spare` more; how many bytes.
    fn shed(&mut self, spare: usize) -> usize {
        let over = (self.charged - self.live).saturating_sub(spare) / STEP * STEP;
        self.charged -= over;
        over * ROOM
    }
}

/// Gives back what the budget is charged for and hardly anybody will use soon, on a thread that is alone.
#[cold]
fn release() {
    Memory::global().budget().release(ROOMS.with(|rooms| rooms.shed(STEP)).unwrap_or(0));
}

/// Gives back all that the budget is charged for and nobody uses; how many bytes.
pub(crate) fn trim() -> usize {
    let bytes = ROOMS.with_others(|rooms| rooms.shed(0)).unwrap_or(0);
    Memory::global().budget().release(bytes);
    bytes
}
