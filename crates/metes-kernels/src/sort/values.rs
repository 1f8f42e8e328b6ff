//! Sorting and selecting values in place, as the bits of their width.
//!
//! Integers and floats become unsigned keys of their own width, in place, and become values again afterwards. NaN are
//! set apart first. Bytes are counted, 16-bit values too where there are many.

use super::key::Sortable;
use super::places;
use metes_dtype::Kind;
use std::cmp::Ordering;

/// What bits mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Unsigned,
    Signed,
    Float,
}

/// From this many 16-bit values on they are counted.
const COUNTED: usize = 1 << 14;
/// Selecting more places than this at once is sorting.
const MANY: usize = 16;

/// An unsigned integer of the width of a value.
pub(super) trait Bits: Copy + Ord + Default {
    const SIGN: Self;
    /// The bits of positive infinity in the float of this width.
    const INFINITY: Self;
    fn flip(self, mask: Self) -> Self;
    /// All bits of a negative float, or else the sign alone: what turns it into its key.
    fn float_mask(self) -> Self;
    /// What turns the key of a float into its bits.
    fn key_mask(self) -> Self;
    fn is_nan(self) -> bool;
    fn place(self) -> usize;
    fn from_place(place: usize) -> Self;
}

macro_rules! bits {
    ($($t:ty, $signed:ty, $infinity:literal;)*) => {$(
        impl Bits for $t {
            const SIGN: $t = 1 << (<$t>::BITS - 1);
            const INFINITY: $t = $infinity;
            #[inline(always)]
            fn flip(self, mask: $t) -> $t {
                self ^ mask
            }
            #[inline(always)]
            fn float_mask(self) -> $t {
                (self as $signed >> (<$t>::BITS - 1)) as $t | Self::SIGN
            }
            #[inline(always)]
            fn key_mask(self) -> $t {
                (!self as $signed >> (<$t>::BITS - 1)) as $t | Self::SIGN
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self & !Self::SIGN > Self::INFINITY
            }
            fn place(self) -> usize {
                self as usize
            }
            fn from_place(place: usize) -> $t {
                place as $t
            }
        }
    )*};
}
bits! {
    u16, i16, 0x7c00;
    u32, i32, 0x7f80_0000;
    u64, i64, 0x7ff0_0000_0000_0000;
}

/// Sorts bytes by counting them.
///
/// # Safety
/// `n` dense bytes of one of the kinds of one byte.
pub(super) unsafe fn count_bytes(n: usize, x: *mut u8, kind: Kind) {
    // SAFETY: the caller's promise.
    let x = unsafe { std::slice::from_raw_parts_mut(x, n) };
    let mut counts = [0usize; 256];
    match kind {
        Kind::Bool => x.iter().for_each(|&b| counts[usize::from(b != 0)] += 1),
        _ => x.iter().for_each(|&b| counts[usize::from(b)] += 1),
    }
    let first = if kind == Kind::I8 { 128 } else { 0 };
    let mut at = 0;
    for step in 0..256 {
        let byte = (first + step) % 256;
        x[at..at + counts[byte]].fill(byte as u8);
        at += counts[byte];
    }
}

fn counts<B: Bits>(n: usize) -> bool {
    size_of::<B>() == 2 && n >= COUNTED
}

/// Bytes of the bitmap of the signs of up to `n` zeros, a multiple of 16.
fn signs_need(n: usize, stable: bool, family: Family) -> usize {
    if stable && family == Family::Float { n.div_ceil(8).next_multiple_of(16) } else { 0 }
}

/// [`super::SortRow::need`].
pub(super) fn need<B: Bits>(n: usize, stable: bool, family: Family) -> usize {
    signs_need(n, stable, family) + if counts::<B>(n) { size_of::<usize>() << 16 } else { 0 }
}

/// # Safety
/// `scratch` has [`need`] bytes, 16-byte aligned, that nobody else uses.
pub(super) unsafe fn sort<B: Bits>(x: &mut [B], stable: bool, family: Family, scratch: *mut u8) {
    let signs = signs_need(x.len(), stable, family);
    // SAFETY: the bitmap is the first part of the scratch, the counters are the rest of it.
    let (signs, counters) = unsafe {
        (
            if signs == 0 { &mut [] } else { zeroed::<u8>(scratch, signs) },
            if counts::<B>(x.len()) { zeroed::<usize>(scratch.add(signs), 1 << 16) } else { &mut [] },
        )
    };
    let zeros = if signs.is_empty() { (0, 0) } else { note_signs(x, signs) };
    let found = to_keys(x, family);
    let keys = &mut x[..found];
    if counters.is_empty() {
        keys.sort_unstable()
    } else {
        count(keys, counters)
    }
    let minus_zero = B::SIGN.flip(B::SIGN.float_mask());
    let first = if zeros.0 > 0 && zeros.1 > 0 { Some(keys.partition_point(|&k| k < minus_zero)) } else { None };
    from_keys(keys, family);
    if let Some(first) = first {
        for (i, zero) in keys[first..first + zeros.0 + zeros.1].iter_mut().enumerate() {
            *zero = if signs[i / 8] >> (i % 8) & 1 == 1 { B::SIGN } else { B::default() };
        }
    }
}

/// # Safety
/// `n` values of `T` at `place`, aligned, that nobody else uses while the slice lives.
unsafe fn zeroed<'a, T>(place: *mut u8, n: usize) -> &'a mut [T] {
    // SAFETY: the caller's promise; zeros are values of the integers that this is called for.
    unsafe {
        std::ptr::write_bytes(place, 0, n * size_of::<T>());
        std::slice::from_raw_parts_mut(place.cast(), n)
    }
}

/// Notes which of the zeros are negative, in order; how many are positive and negative.
fn note_signs<B: Bits>(x: &[B], signs: &mut [u8]) -> (usize, usize) {
    let (mut positive, mut negative) = (0, 0);
    for &value in x {
        if value == B::default() {
            positive += 1;
        } else if value == B::SIGN {
            let i = positive + negative;
            signs[i / 8] |= 1 << (i % 8);
            negative += 1;
        }
    }
    (positive, negative)
}

/// Turns values into keys, NaN moved to the end and left as they are; how many keys there are.
fn to_keys<B: Bits>(x: &mut [B], family: Family) -> usize {
    match family {
        Family::Unsigned => x.len(),
        Family::Signed => {
            x.iter_mut().for_each(|v| *v = v.flip(B::SIGN));
            x.len()
        }
        Family::Float => {
            let mut found = x.len();
            for i in (0..x.len()).rev() {
                if x[i].is_nan() {
                    found -= 1;
                    x.swap(i, found);
                }
            }
            x[..found].iter_mut().for_each(|v| *v = v.flip(v.float_mask()));
            found
        }
    }
}

fn from_keys<B: Bits>(keys: &mut [B], family: Family) {
    match family {
        Family::Unsigned => {}
        Family::Signed => keys.iter_mut().for_each(|k| *k = k.flip(B::SIGN)),
        Family::Float => keys.iter_mut().for_each(|k| *k = k.flip(k.key_mask())),
    }
}

fn count<B: Bits>(keys: &mut [B], counters: &mut [usize]) {
    keys.iter().for_each(|k| counters[k.place()] += 1);
    let mut at = 0;
    for (place, &n) in counters.iter().enumerate().filter(|(_, n)| **n > 0) {
        keys[at..at + n].fill(B::from_place(place));
        at += n;
    }
}

/// [`super::SortRow::partition`] for values by their bits.
pub(super) fn partition<B: Bits>(x: &mut [B], places: &[usize], family: Family) {
    let found = to_keys(x, family);
    let keys = &mut x[..found];
    let places = &places[..places.partition_point(|&p| p < found)];
    if places.len() > MANY {
        keys.sort_unstable()
    } else {
        select(keys, places, B::cmp)
    }
    from_keys(keys, family);
}

/// Puts the values at `places`, ascending, where sorting puts them.
pub(super) fn select<T>(x: &mut [T], places: &[usize], order: impl Fn(&T, &T) -> Ordering) {
    let mut end = x.len();
    for &place in places.iter().rev() {
        if place < end {
            x[..end].select_nth_unstable_by(place, &order);
            end = place;
        }
    }
}

/// Sorts complex numbers; a stable sort goes by places.
///
/// # Safety
/// As [`super::SortRow::sort`] says.
pub(super) unsafe fn sort_pairs<T: Sortable>(n: usize, x: *mut u8, stable: bool, scratch: *mut u8) {
    // SAFETY: the caller's promise.
    let values = unsafe { std::slice::from_raw_parts_mut(x.cast::<T>(), n) };
    if !stable {
        values.sort_unstable_by(|a, b| a.order(*b));
        return;
    }
    // SAFETY: the scratch has room for a copy of the values and, aligned after it, for their places.
    unsafe {
        std::ptr::copy_nonoverlapping(x, scratch, n * size_of::<T>());
        let index = scratch.add(n * size_of::<T>()).cast::<u64>();
        places::argsort::<T>(n, scratch, index);
        for (i, value) in values.iter_mut().enumerate() {
            *value = scratch.cast::<T>().add(*index.add(i) as usize).read();
        }
    }
}
