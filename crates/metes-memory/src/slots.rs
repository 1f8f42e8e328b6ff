//! [`Slots`]: the few large blocks that were freed last, each in its room, at hand without a lock.
//!
//! One thread at a time puts them there and takes them again: whoever is alone ([`crate::turn`]). Any thread may take them
//! away meanwhile, so that what a trim or a limit wants back is always reached: a room is whose who exchanged it for none.

use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use std::ptr::{NonNull, null_mut};

/// A room that is nobody's, with its block.
pub(crate) type Room = NonNull<()>;

/// Where a block may wait; what stands beside the room means something while there is one.
#[derive(Debug)]
struct Place {
    room: AtomicPtr<()>,
    class: AtomicUsize,
    /// The address of the block's first byte, for those that look.
    start: AtomicUsize,
    /// The second of its coming.
    since: AtomicUsize,
}

impl Place {
    fn is_empty(&self) -> bool {
        // Acquires what whoever took the room away did before.
        self.room.load(Ordering::Acquire).is_null()
    }

    /// The room, if no other thread is quicker.
    #[inline]
    fn clear(&self) -> Option<Room> {
        if self.is_empty() {
            return None;
        }
        // Acquires what whoever put it there has written, and shows that it is gone to the next who does.
        NonNull::new(self.room.swap(null_mut(), Ordering::AcqRel))
    }
}

/// The places, in a ring.
#[derive(Debug)]
pub struct Slots<const PLACES: usize> {
    places: [Place; PLACES],
    /// The place that was filled last.
    last: AtomicUsize,
}

impl<const PLACES: usize> Slots<PLACES> {
    /// Places without a block.
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Slots<PLACES> {
        let places = [const {
            Place {
                room: AtomicPtr::new(null_mut()),
                class: AtomicUsize::new(0),
                start: AtomicUsize::new(0),
                since: AtomicUsize::new(0),
            }
        }; PLACES];
        Slots { places, last: AtomicUsize::new(0) }
    }

    /// The same; what loom counts has no value before the program runs.
    #[cfg(loom)]
    pub fn empty() -> Slots<PLACES> {
        let place = |_| Place {
            room: AtomicPtr::new(null_mut()),
            class: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            since: AtomicUsize::new(0),
        };
        Slots { places: std::array::from_fn(place), last: AtomicUsize::new(0) }
    }

    /// Keeps a room whose block of a class begins at an address; returns one that has to make way for it. For whoever is
    /// alone.
    #[inline]
    pub fn put(&self, class: usize, start: usize, now: usize, room: Room) -> Option<Room> {
        let last = self.last.load(Ordering::Relaxed);
        // The place that was emptied last, mostly; where all are full, the one that was filled longest ago or nearly so.
        let free = (0..PLACES).map(|on| (last + on) % PLACES).find(|&at| self.places[at].is_empty());
        let at = free.unwrap_or((last + 1) % PLACES);
        let place = &self.places[at];
        place.class.store(class, Ordering::Relaxed);
        place.start.store(start, Ordering::Relaxed);
        place.since.store(now, Ordering::Relaxed);
        self.last.store(at, Ordering::Relaxed);
        // An exchange, so that it comes after whatever another thread takes away from here.
        NonNull::new(place.room.swap(room.as_ptr(), Ordering::AcqRel))
    }

    /// A room with a block of this class, of those that came last if there are several. For whoever is alone.
    #[inline]
    pub fn take(&self, class: usize) -> Option<Room> {
        let last = self.last.load(Ordering::Relaxed);
        for back in 0..PLACES {
            let at = (last + PLACES - back) % PLACES;
            let place = &self.places[at];
            if place.class.load(Ordering::Relaxed) == class
                && let Some(room) = place.clear()
            {
                self.last.store(at, Ordering::Relaxed);
                return Some(room);
            }
        }
        None
    }

    /// Takes away what came in this second or before, or comes meanwhile.
    pub fn take_until(&self, second: usize) -> impl Iterator<Item = Room> {
        let old = move |place: &&Place| place.since.load(Ordering::Relaxed) <= second;
        self.places.iter().filter(old).filter_map(Place::clear)
    }

    /// The classes and addresses of the blocks that wait, as they are seen by a thread that takes none.
    pub fn seen(&self) -> impl Iterator<Item = (usize, usize)> {
        let seen = |place: &Place| {
            let room = place.room.load(Ordering::Acquire);
            let seen = (place.class.load(Ordering::Relaxed), place.start.load(Ordering::Relaxed));
            (!room.is_null() && place.room.load(Ordering::Acquire) == room).then_some(seen)
        };
        self.places.iter().filter_map(seen)
    }
}
