//! One range of addresses for all small blocks, cut into segments of one size class each, and these into slots.
//!
//! The range is reserved once, without memory behind it; segments get memory when they are used. What a slot is stands in
//! a table beside the range: so free memory is never written to, and can go back to the system page by page.

use crate::classes::{SMALL_CLASSES, UNIT, size_of_class};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect};
use std::ptr::NonNull;
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};

pub(super) const SEGMENT_SHIFT: usize = 18;
/// Bytes of a segment.
pub(super) const SEGMENT: usize = 1 << SEGMENT_SHIFT;
/// Slots that a segment has at most.
const SLOTS: usize = SEGMENT / UNIT;
/// Bytes of the range: the first of these sizes that the system grants. A process may have few addresses.
const SIZES: [usize; 3] = [64 << 30, 4 << 30, 256 << 20];

/// By class: bytes of a slot, slots of a segment, and what division by the bytes is as a multiplication.
static CLASS: [Class; MASK + 1] = classes();
const MASK: usize = 63;
const _: () = assert!(SMALL_CLASSES <= MASK + 1);

/// What a class is.
#[inline]
pub(super) fn class(class: usize) -> &'static Class {
    // The mask tells the compiler that there is one; numbers beyond the classes occur nowhere.
    &CLASS[class & MASK]
}

/// All classes.
pub(super) fn all() -> impl Iterator<Item = &'static Class> {
    CLASS.iter().take(SMALL_CLASSES)
}

#[derive(Clone, Copy)]
pub(super) struct Class {
    pub bytes: usize,
    pub slots: usize,
    /// Slots that a thread keeps at most.
    pub most: u32,
    reciprocal: u64,
}

/// Bytes of a class that a thread keeps at most, and slots.
const KEPT_BYTES: usize = 64 * 1024;
pub(super) const KEPT_SLOTS: usize = 64;

const fn classes() -> [Class; MASK + 1] {
    let mut all = [Class { bytes: 0, slots: 0, most: 0, reciprocal: 0 }; MASK + 1];
    let mut class = 0;
    while class < SMALL_CLASSES {
        let bytes = size_of_class(class);
        let most = KEPT_BYTES / bytes;
        let most = if most < 2 {
            2
        } else if most > KEPT_SLOTS {
            KEPT_SLOTS
        } else {
            most
        } as u32;
        all[class] = Class { bytes, slots: SEGMENT / bytes, most, reciprocal: (1 << 32) / bytes as u64 + 1 };
        class += 1;
    }
    all
}

static BASE: AtomicUsize = AtomicUsize::new(0);
static SPAN: AtomicUsize = AtomicUsize::new(0);
/// What the slots are, and by segment of which class they are: null until there is a range.
static NOTES: AtomicPtr<Note> = AtomicPtr::new(null_mut());
static CLASSES: AtomicPtr<AtomicU8> = AtomicPtr::new(null_mut());

/// What a slot is.
pub(super) struct Note {
    /// Of a free slot the next one in its list, plus one; of a live one the account or site by `kind`.
    pub link: AtomicU32,
    /// Of a live slot the bytes asked for, and the kind above them; see [`super::shard`].
    pub what: AtomicU32,
}

/// A slot: its number, which is that of its segment times [`SLOTS`] plus its place there, and its class.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub number: u32,
    pub class: usize,
    note: &'static Note,
}

/// Reserves the range; how many segments it has.
pub(super) fn segments() -> usize {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        reserve();
    });
    SPAN.load(Ordering::Relaxed) >> SEGMENT_SHIFT
}

fn reserve() -> Option<()> {
    let (base, span) = SIZES.iter().find_map(|&span| {
        // A segment more, for the alignment.
        let start = map(span + SEGMENT, ProtFlags::empty())?;
        Some((start.next_multiple_of(SEGMENT), span))
    })?;
    let segments = span >> SEGMENT_SHIFT;
    // Fresh zeroed mappings, page aligned, that are never unmapped; zero is a value of both types.
    let notes = map(segments * SLOTS * size_of::<Note>(), ProtFlags::READ | ProtFlags::WRITE)?;
    let classes = map(segments, ProtFlags::READ | ProtFlags::WRITE)?;
    NOTES.store(notes as *mut Note, Ordering::Relaxed);
    CLASSES.store(classes as *mut AtomicU8, Ordering::Relaxed);
    BASE.store(base, Ordering::Relaxed);
    SPAN.store(span, Ordering::Release);
    Some(())
}

/// A mapping whose memory the system does not set aside beforehand.
fn map(bytes: usize, prot: ProtFlags) -> Option<usize> {
    // SAFETY: a fresh range at an address of the system's choice.
    let start = unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, prot, MapFlags::PRIVATE | MapFlags::NORESERVE) };
    start.ok().map(|start| start as usize)
}

/// The class of a segment that there is.
#[inline]
fn class_at(segment: usize) -> &'static AtomicU8 {
    debug_assert!(segment < SPAN.load(Ordering::Relaxed) >> SEGMENT_SHIFT, "segment {segment} is outside the range");
    // SAFETY: the mapping has a byte for each segment of the range, and is never unmapped.
    unsafe { &*CLASSES.load(Ordering::Relaxed).add(segment) }
}

/// The slot of an address; `None` outside the range.
#[inline]
pub(super) fn slot_of(ptr: NonNull<u8>) -> Option<Slot> {
    let offset = (ptr.as_ptr() as usize).wrapping_sub(BASE.load(Ordering::Relaxed));
    if offset >= SPAN.load(Ordering::Relaxed) {
        return None;
    }
    let segment = offset >> SEGMENT_SHIFT;
    let number = class_at(segment).load(Ordering::Relaxed) as usize;
    let within = ((offset & (SEGMENT - 1)) as u64 * class(number).reciprocal) >> 32;
    Some(slot((segment * SLOTS) as u32 + within as u32, number))
}

/// The slot of a number in a segment that there is.
#[inline]
pub(super) fn slot(number: u32, class: usize) -> Slot {
    Slot { number, class, note: note(number) }
}

/// What the slot of a number in a segment that there is is.
#[inline]
pub(super) fn note(number: u32) -> &'static Note {
    debug_assert!(segment_of(number) < SPAN.load(Ordering::Relaxed) >> SEGMENT_SHIFT, "slot {number} is outside");
    // SAFETY: the mapping has `SLOTS` notes for each segment of the range, and is never unmapped.
    unsafe { &*NOTES.load(Ordering::Relaxed).add(number as usize) }
}

/// The slots of a segment that becomes one of a class.
pub(super) fn open(segment: usize, number: usize) -> std::ops::Range<u32> {
    class_at(segment).store(number as u8, Ordering::Relaxed);
    let first = first(segment);
    first..first + class(number).slots as u32
}

/// The number of the first slot of a segment.
pub(super) fn first(segment: usize) -> u32 {
    (segment * SLOTS) as u32
}

/// The class that a segment is or was of last.
pub(super) fn class_of_segment(segment: usize) -> usize {
    class_at(segment).load(Ordering::Relaxed) as usize
}

pub(super) fn segment_of(number: u32) -> usize {
    number as usize / SLOTS
}

impl Slot {
    /// Bytes that were asked for.
    #[inline]
    pub fn size(self) -> usize {
        self.note.what.load(Ordering::Relaxed) as usize & 0xffff
    }

    #[inline]
    pub fn note(self) -> &'static Note {
        self.note
    }

    /// The first byte.
    #[inline]
    pub fn start(self) -> NonNull<u8> {
        let offset =
            (segment_of(self.number) << SEGMENT_SHIFT) + self.number as usize % SLOTS * class(self.class).bytes;
        let address = BASE.load(Ordering::Relaxed) + offset;
        NonNull::new(address as *mut u8).expect("the range does not begin at zero")
    }
}

/// Puts memory behind a segment; whether the system agreed.
pub(super) fn commit(segment: usize) -> bool {
    let start = BASE.load(Ordering::Relaxed) + (segment << SEGMENT_SHIFT);
    // SAFETY: a part of the range that nobody uses.
    unsafe { mprotect(start as *mut _, SEGMENT, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok()
}

/// Gives the pages that lie wholly in these slots of a segment back to the system, which shows zeros in their place;
/// returns the bytes.
pub(super) fn release(first: Slot, count: usize) -> usize {
    let (start, page) = (first.start().as_ptr() as usize, rustix::param::page_size());
    let end = (start + count * class(first.class).bytes) / page * page;
    let start = start.next_multiple_of(page);
    if end <= start {
        return 0;
    }
    // SAFETY: pages within free slots, which nobody reads before writing them.
    match unsafe { madvise(start as *mut _, end - start, Advice::LinuxDontNeed) } {
        Ok(()) => end - start,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_segment_finds_its_slot() {
        for class in all() {
            for offset in (0..SEGMENT / class.bytes * class.bytes).step_by(16) {
                let within = (offset as u64 * class.reciprocal) >> 32;
                assert_eq!(within as usize, offset / class.bytes, "{offset} of {}", class.bytes);
            }
        }
    }
}
