//! Binary search of many values.

use super::key::Sortable;
use std::cmp::Ordering;

/// Sorted values: aligned, `step` bytes apart, perhaps in the order that `places` names.
pub struct Sorted {
    /// How many.
    pub n: usize,
    /// The first.
    pub x: *const u8,
    /// Bytes from one to the next.
    pub step: isize,
    /// The places of the values in order: the first of `n` 64-bit integers, and bytes from one to the next.
    pub places: Option<(*const u8, isize)>,
}

impl Sorted {
    /// The value at a rank; `None` where its place lies outside.
    ///
    /// # Safety
    /// The rank is below `n`, and all pointers are what the fields say.
    #[inline(always)]
    unsafe fn at<T: Sortable>(&self, rank: usize) -> Option<T> {
        // SAFETY: the caller's promise; a place is checked before it is used.
        unsafe {
            let place = match self.places {
                None => rank,
                Some((places, step)) => {
                    let place = places.wrapping_offset(rank as isize * step).cast::<i64>().read_unaligned();
                    usize::try_from(place).ok().filter(|&p| p < self.n)?
                }
            };
            Some(T::load(self.x.wrapping_offset(place as isize * self.step)))
        }
    }
}

/// # Safety
/// As [`super::SortRow::search`] says: values aligned and `step` apart, room for as many 64-bit integers.
pub(super) unsafe fn search<T: Sortable>(
    sorted: &Sorted,
    n: usize,
    values: (*const u8, isize),
    right: bool,
    out: (*mut u8, isize),
) -> bool {
    let goes_after = if right { Ordering::Equal } else { Ordering::Less };
    for i in 0..n as isize {
        // SAFETY: value `i` is within what the caller vouches for.
        let value = unsafe { T::load(values.0.wrapping_offset(i * values.1)) };
        let (mut low, mut left) = (0, sorted.n);
        while left > 0 {
            let half = left / 2;
            // SAFETY: `low + half` is below `n`.
            let Some(middle) = (unsafe { sorted.at::<T>(low + half) }) else { return false };
            let before = middle.order(value) <= goes_after;
            low = if before { low + half + 1 } else { low };
            left = if before { left - half - 1 } else { half };
        }
        // SAFETY: as for the value.
        unsafe { out.0.wrapping_offset(i * out.1).cast::<i64>().write_unaligned(low as i64) };
    }
    true
}
