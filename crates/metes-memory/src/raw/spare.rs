//! A few cells for single elements, where memory is refused.
//!
//! NumPy does not look whether it got the bytes of the array that it makes of a scalar for `scalar[()]`, and crashes where it
//! did not. So a request that an element fits in is answered from here when it would be refused. These cells are the
//! program's from its start, are booked like any block, and come back at once; there are so few that no limit is passed by
//! more than their bytes.

use super::{OP, ledger};
use crate::Tag;
use crate::ledger::Booking;
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The largest number NumPy has, a complex one of two long doubles.
pub(super) const BYTES: usize = 32;
const CELLS: usize = u64::BITS as usize;

#[repr(align(64))]
struct Cell(UnsafeCell<[u8; 64]>);

// SAFETY: the bytes of a cell are whose bit was set for.
unsafe impl Sync for Cell {}

static ALL: [Cell; CELLS] = [const { Cell(UnsafeCell::new([0; 64])) }; CELLS];
/// A bit for each cell that is in use.
static USED: AtomicU64 = AtomicU64::new(0);
/// Of those the bytes that were asked for, and the account that they are booked in.
static SIZES: [AtomicU32; CELLS] = [const { AtomicU32::new(0) }; CELLS];
static ACCOUNTS: [AtomicU32; CELLS] = [const { AtomicU32::new(0) }; CELLS];

/// A cell for `size` bytes, zero if `zeroed`; `None` for more than an element, and where none is left.
#[cold]
pub(super) fn take(size: usize, zeroed: bool) -> Option<NonNull<u8>> {
    if size > BYTES {
        return None;
    }
    let free = |used: u64| (used != u64::MAX).then(|| used | (used + 1));
    let before = USED.fetch_update(Ordering::Acquire, Ordering::Relaxed, free).ok()?;
    let at = before.trailing_ones() as usize;
    let start = NonNull::new(ALL[at].0.get().cast::<u8>())?;
    if zeroed {
        // SAFETY: the cell is this thread's since its bit was set.
        unsafe { start.write_bytes(0, size) };
    }
    let tag = Tag { op: OP, site: 0, scope: 0, dtype: "" };
    let booking = ledger().open(size, size_of::<Cell>(), tag, None, start.as_ptr() as usize);
    SIZES[at].store(size as u32, Ordering::Relaxed);
    ACCOUNTS[at].store(booking.account as u32, Ordering::Relaxed);
    Some(start)
}

/// The number of the cell that begins at an address.
fn number(ptr: NonNull<u8>) -> Option<usize> {
    let offset = (ptr.as_ptr() as usize).wrapping_sub(ALL.as_ptr() as usize);
    let at = offset / size_of::<Cell>();
    (at < CELLS && offset.is_multiple_of(size_of::<Cell>()) && USED.load(Ordering::Acquire) >> at & 1 != 0)
        .then_some(at)
}

/// The bytes that were asked for at an address; `None` where it is no cell in use.
pub(super) fn size_at(ptr: NonNull<u8>) -> Option<usize> {
    number(ptr).map(|at| SIZES[at].load(Ordering::Relaxed) as usize)
}

/// Takes a cell back; `false` where it is none, and nothing was done. Nobody uses it any more.
pub(super) fn give(ptr: NonNull<u8>) -> bool {
    let Some(at) = number(ptr) else { return false };
    let booking = Booking { account: ACCOUNTS[at].load(Ordering::Relaxed) as usize, scope: None };
    ledger().close(SIZES[at].load(Ordering::Relaxed) as usize, size_of::<Cell>(), &booking, ptr.as_ptr() as usize);
    USED.fetch_and(!(1 << at), Ordering::Release);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_handed_out_once_and_come_back() {
        assert_eq!(take(BYTES + 1, false), None);
        let all: Vec<_> = (0..CELLS).map(|_| take(8, true).expect("as many as there are")).collect();
        assert_eq!(take(1, false), None);
        let mut starts: Vec<_> = all.iter().map(|ptr| ptr.as_ptr() as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts.len(), CELLS);
        assert!(all.iter().all(|&ptr| size_at(ptr) == Some(8) && give(ptr) && !give(ptr)));
        assert_eq!(size_at(all[0]), None);
        assert!(take(BYTES, false).is_some_and(give));
    }
}
