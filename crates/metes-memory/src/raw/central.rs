//! Free slots that no thread keeps, by class, and the segments they are in.
//!
//! A trim looks at which segments are wholly free, and gives those back; in the others it gives back the pages between
//! live blocks, and sorts the list so that the fullest segments are used first and the emptiest may run dry.

use super::range::{self, SEGMENT, Slot};
use crate::classes::SMALL_CLASSES;
use crate::layout::slab_runs;
use crate::{Memory, Request, Run, hooks};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The free slots of a class.
struct Central {
    /// The first one's number plus one, and how many there are.
    head: u32,
    count: usize,
    /// Slots of the newest segment that were never used.
    fresh: std::ops::Range<u32>,
    segments: usize,
}

/// Segments, whatever their class.
struct Segments {
    /// Never used from here on.
    next: usize,
    free: Vec<usize>,
    /// Bytes of pages that a trim gave back, by segment.
    away: BTreeMap<usize, usize>,
}

static CENTRAL: [Mutex<Central>; SMALL_CLASSES] =
    [const { Mutex::new(Central { head: 0, count: 0, fresh: 0..0, segments: 0 }) }; SMALL_CLASSES];
static SEGMENTS: Mutex<Segments> = Mutex::new(Segments { next: 0, free: Vec::new(), away: BTreeMap::new() });

fn central(class: usize) -> MutexGuard<'static, Central> {
    CENTRAL[class].lock().unwrap_or_else(PoisonError::into_inner)
}

fn segments() -> MutexGuard<'static, Segments> {
    SEGMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Up to `want` slots of a class for `keep`; `false` where there are none and no memory for more.
pub(super) fn take(class: usize, want: usize, keep: &mut dyn FnMut(Slot)) -> bool {
    let mut list = central(class);
    if list.count == 0 && list.fresh.is_empty() {
        drop(list);
        let Some(segment) = segment() else { return false };
        list = central(class);
        let rest = std::mem::replace(&mut list.fresh, range::open(segment, class));
        list.segments += 1;
        // Another thread was quicker: what it left is free like any other slot.
        rest.for_each(|number| list.push(range::slot(number, class)));
    }
    let mut taken = 0;
    while taken < want
        && let Some(slot) = list.pop(class)
    {
        keep(slot);
        taken += 1;
    }
    taken > 0
}

/// Takes a slot back.
pub(super) fn give(class: usize, slots: impl Iterator<Item = Slot>) {
    let mut list = central(class);
    slots.for_each(|slot| list.push(slot));
}

impl Central {
    /// The free slots.
    fn free(&self, class: usize) -> impl Iterator<Item = Slot> {
        let follow = move |head: u32| head.checked_sub(1).map(|number| range::slot(number, class));
        let listed =
            std::iter::successors(follow(self.head), move |slot| follow(slot.note().link.load(Ordering::Relaxed)));
        listed.chain(self.fresh.clone().map(move |number| range::slot(number, class)))
    }

    fn push(&mut self, slot: Slot) {
        slot.note().link.store(self.head, Ordering::Relaxed);
        self.head = slot.number + 1;
        self.count += 1;
    }

    fn pop(&mut self, class: usize) -> Option<Slot> {
        let Some(number) = self.head.checked_sub(1) else {
            return self.fresh.next().map(|number| range::slot(number, class));
        };
        let slot = range::slot(number, class);
        if !come_back(range::segment_of(number)) {
            return None;
        }
        self.head = slot.note().link.load(Ordering::Relaxed);
        self.count -= 1;
        Some(slot)
    }
}

/// Charges what a trim gave back of a segment, which is used again; whether the limit agrees.
fn come_back(segment: usize) -> bool {
    let mut segments = segments();
    let Some(&away) = segments.away.get(&segment) else { return true };
    // A refusal trims no further: a trim has been here, and would wait for this very lock.
    let agreed = Memory::global().budget().reserve_at_once(away);
    if agreed {
        segments.away.remove(&segment);
    }
    agreed
}

/// A segment with memory, charged to the program's limit.
fn segment() -> Option<usize> {
    let request = Request::new(SEGMENT, super::OP);
    Memory::global().budget().reserve(SEGMENT, &request).ok()?;
    let segment = {
        let mut segments = segments();
        let found = segments.free.pop();
        found.or_else(|| {
            let next = segments.next;
            let fits = next < range::segments() && range::commit(next);
            segments.next += usize::from(fits);
            fits.then_some(next)
        })
    };
    let budget = Memory::global().budget();
    match segment {
        None => budget.release(SEGMENT),
        Some(_) => hooks::pressure(budget.used(), budget.limit()),
    }
    segment
}

/// Bytes of all segments, and of the free slots in them.
pub(super) fn sums() -> (usize, usize) {
    let (mut all, mut free) = (0, 0);
    for (class, kind) in range::all().enumerate() {
        let list = central(class);
        all += list.segments * kind.slots * kind.bytes;
        free += (list.count + list.fresh.len()) * kind.bytes;
    }
    (all, free)
}

/// Bytes of free slots, and the largest one.
pub(super) fn gaps() -> (usize, usize) {
    let (mut free, mut largest) = (0, 0);
    for (class, kind) in range::all().enumerate() {
        let count = central(class).count;
        free += count * kind.bytes;
        largest = if count > 0 { kind.bytes } else { largest };
    }
    (free, largest)
}

/// Appends the runs of every segment in use, gathered by segment from `most` runs on. What threads have at hand counts as
/// used.
pub(super) fn runs(most: usize, out: &mut Vec<Run>) {
    for class in 0..SMALL_CLASSES {
        let list = central(class);
        let mut free: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        list.free(class).for_each(|slot| {
            free.entry(range::segment_of(slot.number)).or_default().push(slot.start().as_ptr() as usize);
        });
        let kind = range::class(class);
        for segment in in_use(class) {
            let free = free.remove(&segment).unwrap_or_default();
            let start = range::slot(range::first(segment), class).start().as_ptr() as usize;
            slab_runs(start, kind.bytes, kind.slots, free, out.len() >= most, out);
        }
    }
}

/// The segments of a class, whose list is locked meanwhile.
fn in_use(class: usize) -> Vec<usize> {
    let segments = segments();
    let of_class = |segment: &usize| range::class_of_segment(*segment) == class && !segments.free.contains(segment);
    (0..segments.next).filter(of_class).collect()
}

/// Gives free memory back; returns the bytes.
pub(super) fn trim() -> usize {
    (0..SMALL_CLASSES).map(|class| central(class).trim(class)).sum()
}

impl Central {
    fn trim(&mut self, class: usize) -> usize {
        let rest = std::mem::replace(&mut self.fresh, 0..0);
        rest.for_each(|number| self.push(range::slot(number, class)));
        let mut by_segment: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        while let Some(number) = self.head.checked_sub(1) {
            by_segment.entry(range::segment_of(number)).or_default().push(number);
            self.head = range::slot(number, class).note().link.load(Ordering::Relaxed);
        }
        self.count = 0;
        let mut groups: Vec<(usize, Vec<u32>)> = by_segment.into_iter().collect();
        // The emptiest first into the list, which is then the last to be used.
        groups.sort_by_key(|(_, free)| std::cmp::Reverse(free.len()));
        let mut bytes = 0;
        for (segment, mut free) in groups {
            free.sort_unstable();
            bytes += if free.len() == range::class(class).slots {
                self.segments -= 1;
                close(segment, class, free[0])
            } else {
                let gone = pages(&free, class);
                free.iter().rev().for_each(|&number| self.push(range::slot(number, class)));
                send_away(segment, gone)
            };
        }
        bytes
    }
}

/// Gives a wholly free segment back.
fn close(segment: usize, class: usize, first: u32) -> usize {
    range::release(range::slot(first, class), range::class(class).slots);
    let mut segments = segments();
    let away = segments.away.remove(&segment).unwrap_or(0);
    segments.free.push(segment);
    Memory::global().budget().release(SEGMENT - away);
    SEGMENT - away
}

/// Notes what is away of a segment that is in use; what was noted before is in it.
fn send_away(segment: usize, bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    let before = segments().away.insert(segment, bytes).unwrap_or(0);
    let more = bytes.saturating_sub(before);
    Memory::global().budget().release(more);
    more
}

/// Gives back the pages within runs of free slots.
fn pages(free: &[u32], class: usize) -> usize {
    let runs = free.chunk_by(|a, b| a + 1 == *b);
    runs.map(|run| range::release(range::slot(run[0], class), run.len())).sum()
}

/// Locks everything here, for a fork.
pub(super) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    (0..SMALL_CLASSES).for_each(|class| held.push(Box::new(central(class))));
    held.push(Box::new(segments()));
}
