//! What a thread has of its own: free slots at hand, and counts that it alone writes.
//!
//! A thread that ends leaves its shard, with everything in it, to the next one that begins. Whoever wants a sum adds the
//! shards up; the ledger's counters, which know the peak, are told in steps. To take a block costs two sums, and to give it
//! back one: each adds bytes and blocks at once, in the halves of a word, and shows by a bit that something is due.

use super::lent::Lent;
use super::range::{self, KEPT_SLOTS, Slot};
use super::sites::Sites;
use super::{OP, Small, central, ledger, samples, thread};
use crate::classes::{SMALL_CLASSES, class_of};
use crate::source::Tag;
use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// Bytes by which a thread's live bytes change before the ledger's counter is told.
pub(crate) const STEP: i64 = 64 << 10;

/// Kinds of live slots: counted in sum; the same, and a sample of its site; booked in an account of the ledger; counted in
/// sum, and at its site.
const PLAIN: u32 = 0;
const SAMPLED: u32 = 1 << 16;
const BOOKED: u32 = 2 << 16;
const SITED: u32 = 3 << 16;
const KIND: u32 = 3 << 16;

/// One block, in a word of sums.
const ONE: i64 = 1 << 32;
/// What [`Shard::balance`] is when nothing is unsettled, so that within a step both halves have few bits.
const SETTLED: i64 = STEP * ONE + STEP;
/// Bits that one half or the other has where more than a step is unsettled.
const UNSETTLED: i64 = !(2 * STEP - 1 + (2 * STEP - 1) * ONE);
/// The bit that [`Shard::left`] has once a sample is due.
const DUE: i64 = 1 << 31;

/// The bytes and the blocks of a word of sums.
#[inline]
fn halves(word: i64) -> (i64, i64) {
    let low = i64::from(word as i32);
    (low, (word - low) >> 32)
}

/// Free slots of a class.
struct Kept {
    count: AtomicU32,
    slots: [AtomicU32; KEPT_SLOTS],
}

impl Kept {
    /// The last of so many, which are not 0.
    #[inline]
    fn pop(&self, count: u32, class: usize) -> Slot {
        self.count.store(count - 1, Ordering::Relaxed);
        // There are never more than that; the mask tells the compiler.
        range::slot(self.slots[(count - 1) as usize % KEPT_SLOTS].load(Ordering::Relaxed), class)
    }
}

#[repr(align(128))]
pub(super) struct Shard {
    /// Bytes left to the next sample, and blocks taken since the last.
    left: AtomicI64,
    /// Bytes and blocks that live more than the ledger knows, over [`SETTLED`]; below it, fewer.
    balance: AtomicI64,
    /// What was taken up to the last sample, and the bytes that were left then.
    taken_bytes: AtomicUsize,
    taken_count: AtomicUsize,
    start: AtomicUsize,
    /// What the ledger's counters have of the live bytes and blocks.
    settled_bytes: AtomicUsize,
    settled_count: AtomicUsize,
    lent: Lent,
    sites: Sites,
    kept: [Kept; SMALL_CLASSES],
    used: AtomicBool,
    /// The thread that has it, as [`thread::here`] says.
    owner: AtomicUsize,
    /// How often that thread had to look it up.
    lookups: AtomicUsize,
    next: AtomicPtr<Shard>,
}

/// A shard that was used lately: that of the only thread, mostly. Written seldom, so that threads do not fight for it.
static LATELY: AtomicPtr<Shard> = AtomicPtr::new(std::ptr::null_mut());
const SELDOM: usize = 64;

static FIRST: AtomicPtr<Shard> = AtomicPtr::new(std::ptr::null_mut());

/// Gives the thread's shard away at its end.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        let shard = HERE.replace(null());
        // SAFETY: shards are never freed.
        if let Some(shard) = unsafe { shard.as_ref() } {
            shard.owner.store(0, Ordering::Relaxed);
            shard.end_lent();
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
        let me = thread::here();
        // SAFETY: shards are never freed.
        match unsafe { LATELY.load(Ordering::Relaxed).as_ref() } {
            Some(shard) if me != 0 && shard.owner.load(Ordering::Relaxed) == me => work(shard),
            _ => Shard::look_up(me, work),
        }
    }

    /// This thread's shard, if it was used lately; else it takes [`Shard::with`].
    #[inline(always)]
    pub fn lately() -> Option<&'static Shard> {
        let me = thread::here();
        // SAFETY: as above.
        let shard = unsafe { LATELY.load(Ordering::Relaxed).as_ref() }?;
        (me != 0 && shard.owner.load(Ordering::Relaxed) == me).then_some(shard)
    }

    #[cold]
    fn look_up<T>(me: usize, work: impl FnOnce(&Shard) -> Option<T>) -> Option<T> {
        let here = HERE.get();
        // SAFETY: as above.
        let Some(shard) = (unsafe { here.as_ref() }) else { return Shard::first(work) };
        shard.owner.store(me, Ordering::Relaxed);
        add(&shard.lookups, 1);
        if load(&shard.lookups) % SELDOM == 1 {
            LATELY.store(here.cast_mut(), Ordering::Relaxed);
        }
        work(shard)
    }

    /// After a fork: the other threads are no more, and what comes in their place is not they.
    pub fn forget_others() {
        let here = HERE.get();
        for shard in Shard::all().filter(|shard| !std::ptr::eq(*shard, here)) {
            shard.owner.store(0, Ordering::Relaxed);
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
        shard.end_lent();
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
            left: AtomicI64::new(0),
            balance: AtomicI64::new(SETTLED),
            taken_bytes: AtomicUsize::new(0),
            taken_count: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            settled_bytes: AtomicUsize::new(0),
            settled_count: AtomicUsize::new(0),
            lent: Lent::none(),
            sites: Sites::default(),
            kept: std::array::from_fn(|_| Kept {
                count: AtomicU32::new(0),
                slots: std::array::from_fn(|_| AtomicU32::new(0)),
            }),
            used: AtomicBool::new(true),
            owner: AtomicUsize::new(0),
            lookups: AtomicUsize::new(0),
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

    /// A block for `size` bytes, which is at most [`SMALL`](crate::classes::SMALL).
    #[inline]
    pub fn take(&self, size: usize) -> Option<NonNull<u8>> {
        if self.lent.waits() {
            if let Some((ptr, slot)) = self.lent.again(size as u32 | PLAIN) {
                if self.count_again(size) {
                    self.sample(range::slot(slot, class_of(size)), size);
                }
                return Some(ptr);
            }
            self.end_lent();
        }
        let class = class_of(size);
        let kept = &self.kept[class];
        let count = kept.count.load(Ordering::Relaxed);
        if count == 0 {
            return self.take_new(size);
        }
        let slot = kept.pop(count, class);
        Some(self.hand_out(slot, size))
    }

    /// The block that waits, if it is one for `size` bytes, of which nothing but that is known, and no sample is due; then that is
    /// all there is to do. So it is with most temporaries.
    #[inline(always)]
    pub fn take_again(&self, size: usize) -> Option<NonNull<u8>> {
        let ptr = self.lent.waiting_for(size as u32 | PLAIN)?;
        self.counts_again(size).then_some(ptr)
    }

    /// The same of a block that is counted at its site.
    #[inline(always)]
    pub fn take_again_at(&self, site: u32, size: usize) -> Option<NonNull<u8>> {
        let ptr = self.lent.waiting_for(size as u32 | SITED).filter(|_| self.lent.site() == site)?;
        if !self.counts_again(size) {
            return None;
        }
        self.sites.again(site, size);
        Some(ptr)
    }

    /// Counts the block that waits as given and taken, unless a sample is due; says whether it did.
    #[inline(always)]
    fn counts_again(&self, size: usize) -> bool {
        let left = self.left_after(size);
        if left & DUE != 0 {
            return false;
        }
        self.left.store(left, Ordering::Relaxed);
        self.lent.goes();
        true
    }

    /// Counts a block that waited: it is one more that was given and taken. Whether a sample is due.
    #[inline]
    fn count_again(&self, size: usize) -> bool {
        let left = self.left_after(size);
        self.left.store(left, Ordering::Relaxed);
        left & DUE != 0
    }

    /// What is left until a sample, once a block that waited was given and taken.
    #[inline(always)]
    fn left_after(&self, size: usize) -> i64 {
        self.left.load(Ordering::Relaxed) + ONE - size as i64
    }

    /// Has a block wait for the next of its size, if it was handed out last; says whether.
    #[inline(always)]
    pub fn comes_back(&self, ptr: NonNull<u8>) -> bool {
        self.lent.comes_back(ptr)
    }

    /// Takes the block that waits back for good.
    #[cold]
    fn end_lent(&self) {
        if let Some((slot, what)) = self.lent.end() {
            self.give(range::slot(slot, class_of((what & !KIND) as usize)));
        }
    }

    #[cold]
    fn take_new(&self, size: usize) -> Option<NonNull<u8>> {
        self.refill(class_of(size)).map(|slot| self.hand_out(slot, size))
    }

    #[inline]
    fn hand_out(&self, slot: Slot, size: usize) -> NonNull<u8> {
        slot.note().what.store(size as u32 | PLAIN, Ordering::Relaxed);
        if self.count(size) {
            self.sample(slot, size);
        }
        let start = slot.start();
        self.lent.set(start, slot.number, size as u32 | PLAIN, 0);
        start
    }

    /// The same, counted at its site, which is not 0.
    #[inline]
    pub fn take_at(&self, site: u32, size: usize) -> Option<NonNull<u8>> {
        if self.lent.waits() {
            let here = self.lent.site() == site;
            if here && let Some((ptr, _)) = self.lent.again(size as u32 | SITED) {
                self.sites.again(site, size);
                if self.count_again(size) {
                    self.go_on(samples::distance());
                }
                return Some(ptr);
            }
            self.end_lent();
        }
        self.take_new_at(site, size)
    }

    #[inline(never)]
    fn take_new_at(&self, site: u32, size: usize) -> Option<NonNull<u8>> {
        let slot = self.pop(class_of(size))?;
        let kind = if self.sites.take(site, size) { SITED } else { PLAIN };
        let what = size as u32 | kind;
        slot.note().what.store(what, Ordering::Relaxed);
        slot.note().link.store(site, Ordering::Relaxed);
        if self.count(size) {
            self.go_on(samples::distance());
        }
        let start = slot.start();
        self.lent.set(start, slot.number, what, if kind == SITED { site } else { 0 });
        Some(start)
    }

    /// Counts a block that is taken; whether a sample is due.
    #[inline]
    fn count(&self, size: usize) -> bool {
        let balance = self.balance.load(Ordering::Relaxed) + ONE + size as i64;
        self.balance.store(balance, Ordering::Relaxed);
        if balance & UNSETTLED != 0 {
            self.settle();
        }
        let left = self.left.load(Ordering::Relaxed) + ONE - size as i64;
        self.left.store(left, Ordering::Relaxed);
        left & DUE != 0
    }

    /// A block that is booked in an account of its own site.
    pub fn book(&self, site: u32, size: usize) -> Option<NonNull<u8>> {
        let slot = self.pop(class_of(size))?;
        let tag = Tag { op: OP, site, scope: 0, dtype: "" };
        let booking = ledger().open(size, range::class(slot.class).bytes, tag, None, slot.start().as_ptr() as usize);
        slot.note().what.store(size as u32 | BOOKED, Ordering::Relaxed);
        slot.note().link.store(booking.account as u32, Ordering::Relaxed);
        Some(slot.start())
    }

    /// Takes a block back.
    #[inline]
    pub fn give(&self, slot: Slot) -> Option<()> {
        let what = slot.note().what.load(Ordering::Relaxed);
        if what & KIND != PLAIN && self.end(slot, what) {
            return Some(());
        }
        let balance = self.balance.load(Ordering::Relaxed) - ONE - i64::from(what & !KIND);
        self.balance.store(balance, Ordering::Relaxed);
        if balance & UNSETTLED != 0 {
            self.settle();
        }
        self.push(slot);
        Some(())
    }

    /// Ends what is known of a block beside its size; whether that was all, and it is not counted here.
    fn end(&self, slot: Slot, what: u32) -> bool {
        let (size, link) = ((what & !KIND) as usize, slot.note().link.load(Ordering::Relaxed));
        match what & KIND {
            SITED => self.sites.give(link, size),
            SAMPLED => samples::end(link, size),
            _ => {
                self.close(slot, size);
                self.push(slot);
                return true;
            }
        }
        false
    }

    /// Has a block be of another size of its class; `false` where it is booked one by one.
    pub fn resize(&self, slot: Slot, size: usize) -> bool {
        let what = slot.note().what.load(Ordering::Relaxed);
        if what & KIND != PLAIN {
            return false;
        }
        slot.note().what.store(size as u32, Ordering::Relaxed);
        let before = i64::from(what);
        self.balance.store(self.balance.load(Ordering::Relaxed) - ONE - before, Ordering::Relaxed);
        if self.count(size) {
            self.go_on(samples::distance());
        }
        true
    }

    #[cold]
    fn close(&self, slot: Slot, size: usize) {
        let account = slot.note().link.load(Ordering::Relaxed) as usize;
        let booking = crate::ledger::Booking { account, scope: None };
        ledger().close(size, range::class(slot.class).bytes, &booking, slot.start().as_ptr() as usize);
    }

    #[cold]
    fn sample(&self, slot: Slot, size: usize) {
        let (distance, site) = samples::next(size);
        self.go_on(distance);
        if site != 0 {
            slot.note().link.store(site, Ordering::Relaxed);
            slot.note().what.store(size as u32 | SAMPLED, Ordering::Relaxed);
        }
    }

    /// Sets how many bytes it is to the next sample.
    #[cold]
    fn go_on(&self, distance: usize) {
        let (bytes, count) = self.taken();
        self.taken_bytes.store(bytes, Ordering::Relaxed);
        self.taken_count.store(count, Ordering::Relaxed);
        self.start.store(distance, Ordering::Relaxed);
        self.left.store(distance as i64, Ordering::Relaxed);
    }

    /// Bytes and blocks that were ever taken.
    fn taken(&self) -> (usize, usize) {
        let (left, count) = halves(self.left.load(Ordering::Relaxed));
        let since = (load(&self.start) as i64 - left) as usize;
        (load(&self.taken_bytes).wrapping_add(since), load(&self.taken_count).wrapping_add(count as usize))
    }

    fn pop(&self, class: usize) -> Option<Slot> {
        match self.kept[class].count.load(Ordering::Relaxed) {
            0 => self.refill(class),
            count => Some(self.kept[class].pop(count, class)),
        }
    }

    #[cold]
    fn refill(&self, class: usize) -> Option<Slot> {
        let want = range::class(class).most.div_ceil(2) as usize;
        let mut slots = smallvec::SmallVec::<[Slot; KEPT_SLOTS]>::new();
        if !central::take(class, want, &mut |slot| slots.push(slot)) {
            return None;
        }
        let first = slots.remove(0);
        slots.into_iter().rev().for_each(|slot| self.push(slot));
        Some(first)
    }

    #[inline]
    fn push(&self, slot: Slot) {
        let kept = &self.kept[slot.class];
        let mut count = kept.count.load(Ordering::Relaxed);
        if count >= range::class(slot.class).most {
            self.spill(slot.class, count / 2);
            count = kept.count.load(Ordering::Relaxed);
        }
        kept.slots[count as usize % KEPT_SLOTS].store(slot.number, Ordering::Relaxed);
        kept.count.store(count + 1, Ordering::Relaxed);
    }

    /// Gives so many slots of a class, those that were not used for longest, to those that all threads share.
    #[cold]
    fn spill(&self, class: usize, count: u32) {
        let kept = &self.kept[class];
        let (all, gone) = (kept.count.load(Ordering::Relaxed) as usize, count as usize);
        let number = |at: usize| kept.slots[at].load(Ordering::Relaxed);
        central::give(class, (0..gone).map(|at| range::slot(number(at), class)));
        (gone..all).for_each(|at| kept.slots[at - gone].store(number(at), Ordering::Relaxed));
        kept.count.store((all - gone) as u32, Ordering::Relaxed);
    }

    /// Gives every slot at hand away.
    pub fn flush(&self) {
        self.end_lent();
        for (class, kept) in self.kept.iter().enumerate() {
            let count = kept.count.load(Ordering::Relaxed);
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
            shard.end_lent();
            shard.settle();
        }
        for shard in Shard::all() {
            if shard.used.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                shard.end_lent();
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

    /// Live bytes and blocks that the ledger's counters do not have; either may be below zero.
    fn unsettled(&self) -> (i64, i64) {
        let (bytes, count) = halves(self.balance.load(Ordering::Relaxed));
        (bytes - STEP, count - STEP)
    }

    /// Tells the ledger's counters what changed.
    #[cold]
    fn settle(&self) {
        let (bytes, count) = self.unsettled();
        if bytes == 0 && count == 0 {
            return;
        }
        add(&self.settled_bytes, bytes as usize);
        add(&self.settled_count, count as usize);
        self.balance.store(SETTLED, Ordering::Relaxed);
        ledger().change(bytes as isize, count as isize, OP);
    }

    pub fn add_to(&self, sums: &mut Small) {
        let ((taken_bytes, taken_count), (bytes, count)) = (self.taken(), self.unsettled());
        let waiting = self.lent.waiting().map(|(what, _)| (what & !KIND) as usize);
        let (bytes, count) = waiting.map_or((bytes, count), |size| (bytes - size as i64, count - 1));
        let given = |taken: usize, settled: &AtomicUsize, unsettled: i64| {
            taken.wrapping_sub(load(settled)).wrapping_sub(unsettled as usize)
        };
        for (sum, part) in [
            (&mut sums.given_bytes, given(taken_bytes, &self.settled_bytes, bytes)),
            (&mut sums.given_count, given(taken_count, &self.settled_count, count)),
            (&mut sums.taken_bytes, taken_bytes),
            (&mut sums.taken_count, taken_count),
            (&mut sums.unsettled_bytes, bytes as usize),
            (&mut sums.unsettled_count, count as usize),
        ] {
            *sum = sum.wrapping_add(part);
        }
        sums.cached += waiting.map_or(0, |size| range::class(class_of(size)).bytes);
        let kept = self.kept.iter().zip(range::all());
        let kept = kept.map(|(kept, class)| kept.count.load(Ordering::Relaxed) as usize * class.bytes);
        sums.cached += kept.sum::<usize>();
    }

    /// Adds up what is live by site: bytes, blocks, bytes ever taken.
    pub fn add_sites_to(&self, sites: &mut HashMap<u32, (usize, usize, usize)>) {
        self.sites.add_to(sites);
        if let Some((what, site)) = self.lent.waiting().filter(|&(_, site)| site != 0) {
            let sum = sites.entry(site).or_default();
            *sum = (sum.0.wrapping_sub((what & !KIND) as usize), sum.1.wrapping_sub(1), sum.2);
        }
    }
}

/// The site of a live slot; 0 for not known.
pub(super) fn site_of(slot: Slot) -> u32 {
    let link = slot.note().link.load(Ordering::Relaxed);
    match slot.note().what.load(Ordering::Relaxed) & KIND {
        SAMPLED | SITED => link,
        BOOKED => ledger().site(link as usize),
        _ => 0,
    }
}
