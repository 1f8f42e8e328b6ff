//! Sorting and selecting values in place, as the bits of their width.
//!
//! Integers and floats become signed keys of their own width, in place, and become values again afterwards: those that are
//! signed are keys already. NaN are set apart first. Bytes are counted, 16-bit values too where there are many.

use super::crew::{self, Crew};
use super::key::Sortable;
use super::places;
use super::quick::{self, Lanes};
use super::vector::Key;
use crate::level::{self, Level};
use metes_dtype::Kind;
use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

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

/// Keys of one width, and how they are sorted.
pub(super) trait Bits: Key {
    /// Bytes of counters for `n` keys; none where they are not counted.
    fn counters(n: usize) -> usize;

    /// Sorts keys and gives what is sorted to `after`, part by part.
    ///
    /// # Safety
    /// As many bytes of counters at `counters` as were asked for, aligned, that nobody else uses.
    unsafe fn sort(keys: &mut [Self], counters: *mut u8, crew: &Crew, after: impl Fn(&mut [Self]) + Sync);

    /// The same without counters.
    fn sort_all(keys: &mut [Self], crew: &Crew, after: impl Fn(&mut [Self]) + Sync);

    /// Puts the keys at `places`, ascending, where sorting puts them.
    fn select(keys: &mut [Self], places: &[usize]);
}

impl Bits for i16 {
    fn counters(n: usize) -> usize {
        if n >= COUNTED { size_of::<usize>() << 16 } else { 0 }
    }

    unsafe fn sort(keys: &mut [i16], counters: *mut u8, crew: &Crew, after: impl Fn(&mut [i16]) + Sync) {
        if i16::counters(keys.len()) == 0 {
            return i16::sort_all(keys, crew, after);
        }
        // SAFETY: the caller's promise.
        count(keys, unsafe { zeroed::<usize>(counters, 1 << 16) });
        after(keys);
    }

    fn sort_all(keys: &mut [i16], _: &Crew, after: impl Fn(&mut [i16]) + Sync) {
        keys.sort_unstable();
        after(keys);
    }

    fn select(keys: &mut [i16], places: &[usize]) {
        select(keys, places, i16::cmp);
    }
}

impl<K: Lanes> Bits for K {
    fn counters(_: usize) -> usize {
        0
    }

    unsafe fn sort(keys: &mut [K], _: *mut u8, crew: &Crew, after: impl Fn(&mut [K]) + Sync) {
        K::sort_all(keys, crew, after);
    }

    fn sort_all(keys: &mut [K], crew: &Crew, after: impl Fn(&mut [K]) + Sync) {
        if quick::in_order(keys) {
            crew::each(keys, crew, after);
        } else {
            crew::sort(keys, crew, after);
        }
    }

    fn select(keys: &mut [K], places: &[usize]) {
        quick::selected(keys, places);
    }
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

/// Bytes of the bitmap of the signs of up to `n` zeros, a multiple of 16.
fn signs_need(n: usize, stable: bool, family: Family) -> usize {
    if stable && family == Family::Float { n.div_ceil(8).next_multiple_of(16) } else { 0 }
}

/// [`super::SortRow::need`].
pub(super) fn need<B: Bits>(n: usize, stable: bool, family: Family) -> usize {
    signs_need(n, stable, family) + B::counters(n)
}

/// # Safety
/// `scratch` has [`need`] bytes, 16-byte aligned, that nobody else uses.
pub(super) unsafe fn sort<B: Bits>(x: &mut [B], stable: bool, family: Family, scratch: *mut u8, crew: &Crew) {
    let signs = signs_need(x.len(), stable, family);
    let mut zeros = Zeros { positive: 0, negative: 0 };
    if signs > 0 && x.iter().fold(false, |found, &value| found | (value == B::LEAST)) {
        // SAFETY: the bitmap is the first part of the scratch.
        zeros.note(x, unsafe { zeroed::<u8>(scratch, signs) });
    }
    let found = to_keys(x, family, crew);
    let keys = &mut x[..found];
    // SAFETY: the counters are the rest of the scratch, which is for more keys than these where there are any.
    unsafe { B::sort(keys, scratch.wrapping_add(signs), crew, |keys| _ = turn(keys, family)) };
    if zeros.positive > 0 && zeros.negative > 0 {
        let first = keys.partition_point(|&k| k.of_float() < B::LEAST.of_float());
        // SAFETY: as above; the bitmap was filled.
        let signs = unsafe { std::slice::from_raw_parts(scratch, signs) };
        for (i, zero) in keys[first..first + zeros.positive + zeros.negative].iter_mut().enumerate() {
            *zero = if signs[i / 8] >> (i % 8) & 1 == 1 { B::LEAST } else { B::ZERO };
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

/// How many zeros of floats have which sign.
struct Zeros {
    positive: usize,
    negative: usize,
}

impl Zeros {
    /// Counts zeros, and notes which of them are negative, in order.
    fn note<B: Bits>(&mut self, x: &[B], signs: &mut [u8]) {
        for &value in x {
            if value == B::ZERO {
                self.positive += 1;
            } else if value == B::LEAST {
                let i = self.positive + self.negative;
                signs[i / 8] |= 1 << (i % 8);
                self.negative += 1;
            }
        }
    }
}

/// Turns bits into keys, or keys into bits; whether some of the bits are NaN.
#[inline(always)]
fn turn_each<B: Key>(bits: &mut [B], family: Family) -> bool {
    match family {
        Family::Signed => false,
        Family::Unsigned => {
            bits.iter_mut().for_each(|v| *v = v.of_unsigned());
            false
        }
        Family::Float => {
            let mut missing = B::ZERO;
            for v in bits {
                missing = if v.is_nan() { B::MOST } else { missing };
                *v = v.of_float();
            }
            missing != B::ZERO
        }
    }
}

fn turn<B: Key>(bits: &mut [B], family: Family) -> bool {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt")]
    fn avx2<B: Key>(bits: &mut [B], family: Family) -> bool {
        turn_each(bits, family)
    }
    #[cfg(target_arch = "x86_64")]
    if level::level() != Level::Base {
        // SAFETY: the processor was asked.
        return unsafe { avx2(bits, family) };
    }
    turn_each(bits, family)
}

/// Turns values into keys, NaN moved to the end and left as they are; how many keys there are.
fn to_keys<B: Bits>(x: &mut [B], family: Family, crew: &Crew) -> usize {
    if family == Family::Signed {
        return x.len();
    }
    let missing = AtomicBool::new(false);
    crew::each(x, crew, |x| _ = missing.fetch_or(turn(x, family), Relaxed));
    let mut found = x.len();
    if missing.into_inner() {
        for i in (0..x.len()).rev() {
            if x[i].of_float().is_nan() {
                found -= 1;
                x.swap(i, found);
            }
        }
        turn(&mut x[found..], family);
    }
    found
}

fn count(keys: &mut [i16], counters: &mut [usize]) {
    keys.iter().for_each(|k| counters[usize::from(k.of_unsigned() as u16)] += 1);
    let mut at = 0;
    for (place, &n) in counters.iter().enumerate().filter(|(_, n)| **n > 0) {
        keys[at..at + n].fill((place as i16).of_unsigned());
        at += n;
    }
}

/// [`super::SortRow::partition`] for values by their bits.
pub(super) fn partition<B: Bits>(x: &mut [B], places: &[usize], family: Family, crew: &Crew) {
    let found = to_keys(x, family, crew);
    let keys = &mut x[..found];
    let places = &places[..places.partition_point(|&p| p < found)];
    let back = |keys: &mut [B]| _ = turn(keys, family);
    if places.len() > MANY {
        B::sort_all(keys, crew, back);
    } else {
        B::select(keys, places);
        crew::each(keys, crew, back);
    }
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
pub(super) unsafe fn sort_pairs<T: Sortable>(n: usize, x: *mut u8, stable: bool, scratch: *mut u8, crew: &Crew) {
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
        places::argsort::<T>(n, scratch, index, crew);
        for (i, value) in values.iter_mut().enumerate() {
            *value = scratch.cast::<T>().add(*index.add(i) as usize).read();
        }
    }
}
