//! What a thread has of its own: free slots at hand, and counts that it alone writes.
//!
//! A thread that ends leaves its shard, with everything in it, to the next one that begins. Whoever wants a sum adds the
//! shards up; the ledger's counters, which know the peak, are told in steps.

use super::range::{self, CLASS, Slot};
use super::{OP, Small, central, ledger, samples};
use crate::classes::{SMALL_CLASSES, class_of};
use crate::source::Tag;
use std::cell::Cell;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// Bytes by which a thread's live bytes change before the ledger's counter is told.
pub(crate) const STEP: usize = 64 << 10;
/// Bytes of a class that a thread keeps at most, and slots.
const KEPT_BYTES: usize = 64 * 1024;
const KEPT_SLOTS: u32 = 64;

/// Kinds of live slots: counted in sum; the same, and a sample of its site; booked in an account of the ledger.
const PLAIN: u16 = 0;
const SAMPLED: u16 = 1;
const BOOKED: u16 = 2;

#[derive(Default)]
struct List {
    head: AtomicU32,
    count: AtomicU32,
}

#[repr(align(128))]
pub(super) struct Shard {
    taken_bytes: AtomicUsize,
    taken_count: AtomicUsize,
    given_bytes: AtomicUsize,
    given_count: AtomicUsize,
    /// What the ledger's counters have of the differences.
    settled_bytes: AtomicUsize,
    settled_count: AtomicUsize,
    /// Bytes to go to the next sample.
    pub(super) until: AtomicIsize,
    lists: [List; SMALL_CLASSES],
    used: AtomicBool,
    next: AtomicPtr<Shard>,
}

static FIRST: AtomicPtr<Shard> = AtomicPtr::new(std::ptr::null_mut());

/// Gives the thread's shard away at its end.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        let shard = HERE.replace(null());
        // SAFETY: shards are never freed.
        if let Some(shard) = unsafe { shard.as_ref() } {
            shard.settle();
            shard.used.store(false, Ordering::Release);
        }
    }
}

thread_local! {
    static HERE: Cell<*const Shard> = const { Cell::new(null()) };
    static LEAVE: Leave = const { Leave };
}

#[inline]
fn load(n: &AtomicUsize) -> usize {
    n.load(Ordering::Relaxed)
}

/// Adds to a number that this thread alone writes.
#[inline]
fn add(n: &AtomicUsize, more: usize) {
    n.store(load(n).wrapping_add(more), Ordering::Relaxed);
}

impl Shard {
    /// Works on this thread's shard.
    #[inline]
    pub fn with<T>(work: impl FnOnce(&Shard) -> Option<T>) -> Option<T> {
        // SAFETY: shards are never freed.
        match unsafe { HERE.get().as_ref() } {
            Some(shard) => work(shard),
            None => Shard::first(work),
        }
    }

    #[cold]
    fn first<T>(work: impl FnOnce(&Shard) -> Option<T>) -> Option<T> {
        let shard = Shard::idle();
        if LEAVE.try_with(|_| ()).is_ok() {
            HERE.set(shard);
            return work(shard);
        }
        // The thread is at its very end: it borrows one.
        let worked = work(shard);
        shard.settle();
        shard.used.store(false, Ordering::Release);
        worked
    }

    /// A shard that no thread uses, or a new one.
    fn idle() -> &'static Shard {
        let idle =
            |shard: &&Shard| shard.used.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if let Some(shard) = Shard::all().find(idle) {
            return shard;
        }
        let shard: &'static mut Shard = Box::leak(Box::new(Shard {
            taken_bytes: AtomicUsize::new(0),
            taken_count: AtomicUsize::new(0),
            given_bytes: AtomicUsize::new(0),
            given_count: AtomicUsize::new(0),
            settled_bytes: AtomicUsize::new(0),
            settled_count: AtomicUsize::new(0),
            until: AtomicIsize::new(0),
            lists: std::array::from_fn(|_| List::default()),
            used: AtomicBool::new(true),
            next: AtomicPtr::new(std::ptr::null_mut()),
        }));
        let mut first = FIRST.load(Ordering::Acquire);
        loop {
            *shard.next.get_mut() = first;
            match FIRST.compare_exchange_weak(first, shard, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return shard,
                Err(seen) => first = seen,
            }
        }
    }

    /// All shards.
    pub fn all() -> impl Iterator<Item = &'static Shard> {
        // SAFETY: shards are never freed.
        let follow = |at: &AtomicPtr<Shard>| unsafe { at.load(Ordering::Acquire).as_ref() };
        std::iter::successors(follow(&FIRST), move |shard: &&Shard| follow(&shard.next))
    }

    /// A block of a class for `size` bytes.
    #[inline]
    pub fn take(&self, class: usize, size: usize) -> Option<NonNull<u8>> {
        let slot = self.pop(class)?;
        slot.note().size.store(size as u16, Ordering::Relaxed);
        slot.note().kind.store(PLAIN, Ordering::Relaxed);
        add(&self.taken_bytes, size);
        add(&self.taken_count, 1);
        let until = self.until.load(Ordering::Relaxed) - size as isize;
        self.until.store(until, Ordering::Relaxed);
        if until < 0 {
            self.sample(slot, size);
        }
        if self.unsettled() as isize > STEP as isize {
            self.settle();
        }
        Some(slot.start())
    }

    /// A block that is booked in an account of its own site.
    pub fn book(&self, site: u32, size: usize) -> Option<NonNull<u8>> {
        let slot = self.pop(class_of(size))?;
        let tag = Tag { op: OP, site, scope: 0, dtype: "" };
        let booking = ledger().open(size, CLASS[slot.class].bytes, tag, None, slot.start().as_ptr() as usize);
        slot.note().size.store(size as u16, Ordering::Relaxed);
        slot.note().kind.store(BOOKED, Ordering::Relaxed);
        slot.note().link.store(booking.account as u32, Ordering::Relaxed);
        Some(slot.start())
    }

    /// Takes a block back.
    #[inline]
    pub fn give(&self, slot: Slot) -> Option<()> {
        let size = slot.size();
        let kind = slot.note().kind.load(Ordering::Relaxed);
        if kind == BOOKED {
            self.close(slot, size);
        } else {
            if kind == SAMPLED {
                samples::end(slot.note().link.load(Ordering::Relaxed), size);
            }
            add(&self.given_bytes, size);
            add(&self.given_count, 1);
            if (self.unsettled() as isize) < -(STEP as isize) {
                self.settle();
            }
        }
        self.push(slot);
        Some(())
    }

    #[cold]
    fn close(&self, slot: Slot, size: usize) {
        let account = slot.note().link.load(Ordering::Relaxed) as usize;
        let booking = crate::ledger::Booking { account, scope: None };
        ledger().close(size, CLASS[slot.class].bytes, &booking, slot.start().as_ptr() as usize);
    }

    #[cold]
    fn sample(&self, slot: Slot, size: usize) {
        let (until, site) = samples::next(size);
        self.until.store(until, Ordering::Relaxed);
        if site != 0 {
            slot.note().link.store(site, Ordering::Relaxed);
            slot.note().kind.store(SAMPLED, Ordering::Relaxed);
        }
    }

    #[inline]
    fn pop(&self, class: usize) -> Option<Slot> {
        let list = &self.lists[class];
        let head = list.head.load(Ordering::Relaxed);
        if head == 0 {
            return self.refill(class);
        }
        let slot = range::slot(head - 1, class);
        list.head.store(slot.note().link.load(Ordering::Relaxed), Ordering::Relaxed);
        list.count.store(list.count.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        Some(slot)
    }

    #[cold]
    fn refill(&self, class: usize) -> Option<Slot> {
        let want = most(class).div_ceil(2) as usize;
        let mut slots = smallvec::SmallVec::<[Slot; KEPT_SLOTS as usize]>::new();
        if !central::take(class, want, &mut |slot| slots.push(slot)) {
            return None;
        }
        let first = slots.remove(0);
        slots.into_iter().rev().for_each(|slot| self.push(slot));
        Some(first)
    }

    #[inline]
    fn push(&self, slot: Slot) {
        let list = &self.lists[slot.class];
        slot.note().link.store(list.head.load(Ordering::Relaxed), Ordering::Relaxed);
        list.head.store(slot.number + 1, Ordering::Relaxed);
        let count = list.count.load(Ordering::Relaxed) + 1;
        list.count.store(count, Ordering::Relaxed);
        if count > most(slot.class) {
            self.spill(slot.class, count / 2);
        }
    }

    /// Gives so many slots of a class to those that all threads share.
    #[cold]
    fn spill(&self, class: usize, count: u32) {
        let list = &self.lists[class];
        let mut left = count;
        let slots = std::iter::from_fn(|| {
            left = left.checked_sub(1)?;
            let slot = range::slot(list.head.load(Ordering::Relaxed).checked_sub(1)?, class);
            list.head.store(slot.note().link.load(Ordering::Relaxed), Ordering::Relaxed);
            list.count.store(list.count.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
            Some(slot)
        });
        central::give(class, slots);
    }

    /// Gives every slot at hand away.
    pub fn flush(&self) {
        for class in 0..SMALL_CLASSES {
            let count = self.lists[class].count.load(Ordering::Relaxed);
            if count > 0 {
                self.spill(class, count);
            }
        }
        self.settle();
    }

    /// Tells the ledger's counters what this thread did, and those that have ended.
    pub fn settle_here() {
        // SAFETY: shards are never freed.
        if let Some(shard) = unsafe { HERE.get().as_ref() } {
            shard.settle();
        }
        for shard in Shard::all() {
            if shard.used.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                shard.settle();
                shard.used.store(false, Ordering::Release);
            }
        }
    }

    /// Gives every slot away that threads left which have ended.
    pub fn flush_idle() {
        for shard in Shard::all() {
            if shard.used.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                shard.flush();
                shard.used.store(false, Ordering::Release);
            }
        }
    }

    #[inline]
    fn unsettled(&self) -> usize {
        let live = load(&self.taken_bytes).wrapping_sub(load(&self.given_bytes));
        live.wrapping_sub(load(&self.settled_bytes))
    }

    fn unsettled_count(&self) -> usize {
        let live = load(&self.taken_count).wrapping_sub(load(&self.given_count));
        live.wrapping_sub(load(&self.settled_count))
    }

    /// Tells the ledger's counters what changed.
    #[cold]
    fn settle(&self) {
        let (bytes, count) = (self.unsettled(), self.unsettled_count());
        if bytes == 0 && count == 0 {
            return;
        }
        add(&self.settled_bytes, bytes);
        add(&self.settled_count, count);
        ledger().change(bytes as isize, count as isize, OP);
    }

    pub fn add_to(&self, sums: &mut Small) {
        for (sum, part) in [
            (&mut sums.given_bytes, load(&self.given_bytes)),
            (&mut sums.given_count, load(&self.given_count)),
            (&mut sums.taken_bytes, load(&self.taken_bytes)),
            (&mut sums.taken_count, load(&self.taken_count)),
            (&mut sums.unsettled_bytes, self.unsettled()),
            (&mut sums.unsettled_count, self.unsettled_count()),
        ] {
            *sum = sum.wrapping_add(part);
        }
        let kept = self
            .lists
            .iter()
            .zip(&CLASS)
            .map(|(list, class)| list.count.load(Ordering::Relaxed) as usize * class.bytes);
        sums.cached += kept.sum::<usize>();
    }
}

/// Slots of a class that a thread keeps at most.
#[inline]
fn most(class: usize) -> u32 {
    ((KEPT_BYTES / CLASS[class].bytes) as u32).clamp(2, KEPT_SLOTS)
}

/// The site of a live slot; 0 for not known.
pub(super) fn site_of(slot: Slot) -> u32 {
    let link = slot.note().link.load(Ordering::Relaxed);
    match slot.note().kind.load(Ordering::Relaxed) {
        SAMPLED => link,
        BOOKED => ledger().site(link as usize),
        _ => 0,
    }
}
