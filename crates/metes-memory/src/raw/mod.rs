//! Bytes for callers that know a pointer and nothing else: `malloc`, `calloc`, `realloc` and `free` over the program's
//! memory, for arrays of another library.
//!
//! Small blocks live in one range of addresses ([`range`]), so that one comparison tells them from everybody else's; a
//! thread takes and gives them from lists of its own ([`shard`]), and what they are is written beside the range, not in
//! front of the bytes. All other blocks are the program's [`Memory`]'s, found by their address ([`table`]). Under a budget
//! scope, or a memory that fails on purpose, small blocks go that way too: they must be charged one by one.
//!
//! What would be refused to a single element comes from a few cells that are always there ([`spare`]).
//!
//! Live bytes are exact whenever nothing is under way. The peak counts small blocks in steps of
//! [`STEP`](shard::STEP) bytes to a thread.

mod central;
mod lent;
mod range;
mod samples;
mod shard;
mod sites;
mod spare;
mod table;
mod thread;

pub use samples::{Detail, detail, set_detail};
pub use table::{Known, Temporary, blocks, next_born, temporaries};

use crate::classes::{SMALL, class_of};
use crate::ledger::Holder;
use crate::{Memory, Request, Result, site};
use shard::Shard;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The operation that the ledger shows for these blocks.
pub(crate) const OP: &str = "numpy";

/// Which way small blocks go: [`SITED`], if their sites are found out, and above it how many reasons there are, anywhere in
/// the program, to look at each closely. Mostly 0.
static WAY: AtomicUsize = AtomicUsize::new(0);
const SITED: usize = 1;
const CLOSELY: usize = 2;

/// Notes that there is one reason more to look closely: a scope, a memory other than the program's.
pub(crate) fn look_closely() {
    WAY.fetch_add(CLOSELY, Ordering::Relaxed);
}

/// Notes that there is one reason less.
pub(crate) fn look_away() {
    WAY.fetch_sub(CLOSELY, Ordering::Relaxed);
}

/// Sets whether the site of each small block is found out.
fn find_sites(on: bool) {
    if on {
        WAY.fetch_or(SITED, Ordering::Relaxed);
    } else {
        WAY.fetch_and(!SITED, Ordering::Relaxed);
    }
}

/// Whether there is any such reason; if not, no thread is in a scope or in another memory than the program's.
#[inline]
pub(crate) fn closely() -> bool {
    WAY.load(Ordering::Relaxed) >= CLOSELY
}

/// `size` bytes from the program's memory, 64-byte aligned, zero if `zeroed`.
///
/// # Errors
/// [`crate::ErrorKind::Memory`] where a limit or the system refuses; for one element not while there are spare cells.
#[inline]
pub fn take(size: usize, zeroed: bool) -> Result<NonNull<u8>> {
    match take_small(size, zeroed) {
        Some(ptr) => Ok(ptr),
        None => take_closely(size, zeroed),
    }
}

/// The block for `size` bytes that this thread gave back last, if that was of this size and nothing more is to be seen to,
/// or any small one where its site alone is; if not, there is [`take_small`]. Short enough to stand where it is called.
#[inline(always)]
pub fn take_shortly(size: usize) -> Option<NonNull<u8>> {
    if size > SMALL {
        return None;
    }
    match WAY.load(Ordering::Relaxed) {
        0 => Shard::lately()?.take_again(size),
        SITED => take_at_site(size),
        _ => None,
    }
}

/// The same for a small size, where nothing stands in the way; `None` where [`take`] must see to it.
#[inline(always)]
pub fn take_small(size: usize, zeroed: bool) -> Option<NonNull<u8>> {
    if size > SMALL {
        return None;
    }
    let ptr = match WAY.load(Ordering::Relaxed) {
        0 => Shard::with(|shard| shard.take(size)),
        SITED => take_at_site(size),
        _ => None,
    }?;
    if zeroed {
        // SAFETY: a block of the class holds this many bytes and is nobody's yet.
        unsafe { ptr.write_bytes(0, size) };
    }
    Some(ptr)
}

/// Where somebody observes, each block is booked, so that it is told.
fn take_at_site(size: usize) -> Option<NonNull<u8>> {
    let site = site::ask_first(size);
    if site != 0
        && !ledger().watch.is_active()
        && let Some(ptr) = Shard::lately().and_then(|shard| shard.take_again_at(site, size))
    {
        return Some(ptr);
    }
    Shard::with(|shard| match site {
        0 => shard.take(size),
        _ if ledger().watch.is_active() => shard.book(site, size),
        _ => shard.take_at(site, size),
    })
}

#[cold]
fn take_closely(size: usize, zeroed: bool) -> Result<NonNull<u8>> {
    // An element is not refused on purpose either.
    let memory = if size > spare::BYTES { Memory::current_of_program() } else { Memory::global().clone() };
    if size <= SMALL && memory.is_program() && crate::Scope::current().is_none() {
        let taken = if samples::every() { take_at_site(size) } else { Shard::with(|shard| shard.take(size)) };
        if let Some(ptr) = taken {
            if zeroed {
                // SAFETY: as above.
                unsafe { ptr.write_bytes(0, size) };
            }
            return Ok(ptr);
        }
    }
    let mut request = Request::new(size, OP);
    request.zeroed = zeroed;
    if samples::wanted() && (size > SMALL || samples::every()) {
        request.tag.site = site::ask(size);
    }
    let block = match memory.take(&request) {
        Ok(block) => block,
        Err(error) => return spare::take(size, zeroed).ok_or(error),
    };
    let ptr = block.ptr;
    // A block of no bytes has an address of its own too: the pool sets at least one unit aside.
    table::add(block, request.tag.site);
    Ok(ptr)
}

/// Takes a block back that this thread took last; `false` where it is another, for [`give`], and nothing was done.
///
/// # Safety
/// If the block is ours, it is live and nobody uses it any more.
#[inline(always)]
pub unsafe fn give_last(ptr: NonNull<u8>) -> bool {
    Shard::lately().is_some_and(|shard| shard.comes_back(ptr))
}

/// Takes a block back; `false` where it is not one of ours, and nothing was done.
///
/// # Safety
/// If the block is ours, it is live and nobody uses it any more.
#[inline]
pub unsafe fn give(ptr: NonNull<u8>) -> bool {
    let ours = Shard::with(|shard| {
        if shard.comes_back(ptr) {
            return Some(());
        }
        shard.give(range::slot_of(ptr)?)
    });
    // SAFETY: the caller's promise.
    ours.is_some() || unsafe { give_large(ptr) }
}

/// # Safety
/// As [`give`].
#[cold]
unsafe fn give_large(ptr: NonNull<u8>) -> bool {
    let Some(block) = table::remove(ptr) else { return spare::give(ptr) };
    // SAFETY: the caller's promise; blocks in the table came from the program's memory.
    unsafe { Memory::global().give(block) };
    true
}

/// The bytes that were asked for at this address; `None` where it is not one of ours.
pub fn size_of(ptr: NonNull<u8>) -> Option<usize> {
    let large = || table::look(ptr).map(|(size, _)| size);
    range::slot_of(ptr).map(|slot| slot.size()).or_else(large).or_else(|| spare::size_at(ptr))
}

/// The number of the site where the block at this address was made, 0 for not known; `None` where it is not ours.
pub fn site_of(ptr: NonNull<u8>) -> Option<u32> {
    match range::slot_of(ptr) {
        Some(slot) => Some(shard::site_of(slot)),
        None => table::look(ptr).map(|(_, site)| site).or_else(|| spare::size_at(ptr).map(|_| 0)),
    }
}

/// A block of another size with the same first bytes; `None` where `ptr` is not ours, and nothing was done.
///
/// # Safety
/// If the block is ours, it is live and nobody uses it; unless the call fails, its address is no longer valid.
///
/// # Errors
/// As [`take`]; the block is as it was.
pub unsafe fn resize(ptr: NonNull<u8>, size: usize) -> Option<Result<NonNull<u8>>> {
    let before = size_of(ptr)?;
    if let Some(slot) = range::slot_of(ptr)
        && WAY.load(Ordering::Relaxed) == 0
        && size <= SMALL
        && class_of(size) == slot.class
        && Shard::with(|shard| Some(shard.resize(slot, size))) == Some(true)
    {
        return Some(Ok(ptr));
    }
    if before > SMALL && size > SMALL {
        // SAFETY: the caller's promise.
        let remapped = unsafe { remap(ptr, size) };
        if remapped.is_some() {
            return remapped;
        }
    }
    Some(take(size, false).inspect(|new| {
        // SAFETY: two live blocks, each with this many bytes; the caller's promise for the old one.
        unsafe {
            std::ptr::copy_nonoverlapping(ptr.as_ptr(), new.as_ptr(), before.min(size));
            give(ptr);
        }
    }))
}

/// The same by moving pages, where that can be: no second block, and no copy. The block stays one of its first site.
///
/// # Safety
/// As [`resize`].
unsafe fn remap(ptr: NonNull<u8>, size: usize) -> Option<Result<NonNull<u8>>> {
    let memory = Memory::current_of_program();
    let request = Request::new(size, OP);
    // SAFETY: the caller's promise; blocks in the table came from the program's memory.
    let work = |block: &mut crate::Block| unsafe { memory.remap(block, &request) }.map(|done| done.map(|()| block.ptr));
    table::change(ptr, work)?
}

/// What small blocks add to the counts of the program's memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Small {
    pub taken_bytes: usize,
    pub taken_count: usize,
    pub given_bytes: usize,
    pub given_count: usize,
    /// Parts of the live bytes and blocks that the ledger's counters do not have yet; they wrap.
    pub unsettled_bytes: usize,
    pub unsettled_count: usize,
    /// Bytes set aside for live blocks, those that are booked one by one included.
    pub allocated: usize,
    /// Bytes that could be handed out again.
    pub cached: usize,
}

/// Tells the ledger's counters what this thread did, and those that have ended.
pub(crate) fn settle() {
    Shard::settle_here();
}

/// The sums over all threads.
pub(crate) fn small() -> Small {
    let mut sums = Small::default();
    Shard::all().for_each(|shard| shard.add_to(&mut sums));
    let (segments, free) = central::sums();
    sums.cached += free;
    sums.allocated = segments.saturating_sub(sums.cached);
    sums
}

/// The live small blocks by site: exact where the sites of all were found out; the others as far as samples tell, so that
/// what is exact in sum is shared out by them.
pub(crate) fn holders() -> Vec<(u32, Holder)> {
    let mut exact = HashMap::new();
    Shard::all().for_each(|shard| shard.add_sites_to(&mut exact));
    let Small { taken_bytes, given_bytes, taken_count, given_count, .. } = small();
    let mut left = (taken_bytes.wrapping_sub(given_bytes), taken_count.wrapping_sub(given_count), taken_bytes);
    let mut rows = Vec::with_capacity(exact.len());
    for (site, (bytes, count, total_bytes)) in exact {
        left = (left.0.wrapping_sub(bytes), left.1.wrapping_sub(count), left.2.wrapping_sub(total_bytes));
        rows.push((site, Holder { name: String::new(), bytes, count, total_bytes }));
    }
    rows.extend(samples::share(left.0, left.1, left.2));
    rows
}

/// Bytes of slots that are free between live ones, and the largest run of bytes in one free slot.
pub fn gaps() -> (usize, usize) {
    central::gaps()
}

/// Appends the runs of small blocks, gathered by segment from `most` runs on.
pub(crate) fn runs(most: usize, out: &mut Vec<crate::Run>) {
    central::runs(most, out);
}

/// Gives what is free back to the system: whole segments, and whole pages between live blocks; returns how many bytes.
pub(crate) fn trim() -> usize {
    Shard::with(|shard| {
        shard.flush();
        None::<()>
    });
    Shard::flush_idle();
    central::trim()
}

pub(crate) fn ledger() -> &'static crate::Ledger {
    Memory::global().ledger()
}

/// In the child of a fork: no thread but this one is there.
pub(crate) fn alone() {
    Shard::forget_others();
}

/// Locks everything here, for a fork.
pub(crate) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    central::hold(held);
    table::hold(held);
    samples::hold(held);
}
