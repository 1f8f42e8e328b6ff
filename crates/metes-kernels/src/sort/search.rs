//! Binary search of many values, several at a time: what one waits for from memory, the others wait for as well.

use super::key::Sortable;
use std::hint::{black_box, select_unpredictable};

/// How many values are searched together.
const TOGETHER: usize = 8;

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
    unsafe fn at<T: Sortable, const NAMED: bool>(&self, rank: usize) -> Option<T> {
        // SAFETY: the caller's promise; a place is checked before it is used.
        unsafe {
            let place = match self.places {
                Some((places, step)) if NAMED => {
                    let place = places.wrapping_offset(rank as isize * step).cast::<i64>().read_unaligned();
                    usize::try_from(place).ok().filter(|&p| p < self.n)?
                }
                _ => rank,
            };
            Some(T::load(self.x.wrapping_offset(place as isize * self.step)))
        }
    }

    /// The ranks where values belong.
    ///
    /// # Safety
    /// As [`Sorted::at`].
    #[inline(always)]
    unsafe fn ranks<T: Sortable, const NAMED: bool>(
        &self,
        values: &[T; TOGETHER],
        right: bool,
    ) -> Option<[usize; TOGETHER]> {
        let mut ranks = [0; TOGETHER];
        let mut left = self.n;
        while left > 0 {
            // The last step looks at the one value that is left, all others at the last one of the first half.
            let half = left.div_ceil(2);
            for (rank, &value) in ranks.iter_mut().zip(values) {
                // Ranks are kept out of vectors, which are slower here, and are chosen without a branch.
                let from = black_box(*rank);
                // SAFETY: at least `left` values from the rank on are sorted ones.
                let middle: T = unsafe { self.at::<T, NAMED>(from + half - 1) }?;
                let before = if right { !value.less_than(middle) } else { middle.less_than(value) };
                *rank = select_unpredictable(before, from + half, from);
            }
            left -= half;
        }
        Some(ranks)
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
    // SAFETY: the caller's promise.
    unsafe {
        if sorted.places.is_some() {
            search_all::<T, true>(sorted, n, values, right, out)
        } else {
            search_all::<T, false>(sorted, n, values, right, out)
        }
    }
}

/// # Safety
/// As [`search`].
unsafe fn search_all<T: Sortable, const NAMED: bool>(
    sorted: &Sorted,
    n: usize,
    values: (*const u8, isize),
    right: bool,
    out: (*mut u8, isize),
) -> bool {
    for start in (0..n).step_by(TOGETHER) {
        let count = TOGETHER.min(n - start);
        let value = |i: usize| values.0.wrapping_offset((start + i.min(count - 1)) as isize * values.1);
        // SAFETY: the value is within what the caller vouches for.
        let some = std::array::from_fn(|i| unsafe { T::load(value(i)) });
        // SAFETY: the caller's promise.
        let Some(ranks) = (unsafe { sorted.ranks::<T, NAMED>(&some, right) }) else { return false };
        for (i, rank) in ranks.into_iter().enumerate().take(count) {
            // SAFETY: as for the value.
            unsafe {
                out.0.wrapping_offset((start + i) as isize * out.1).cast::<i64>().write_unaligned(rank as i64);
            }
        }
    }
    true
}
