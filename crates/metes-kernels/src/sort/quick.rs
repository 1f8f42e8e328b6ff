//! Quicksort and quickselect by vectors, in place.
//!
//! Keys are parted around a pivot from a fixed sample, a block of vectors at a time: a block is read from the side with
//! less room, and written to both. What is few is sorted by a network. Each part knows between which keys it lies, so that
//! equal keys are found out; where pivots keep being bad, the sort of the standard library, whose time is bounded, takes over.
//!
//! An array of as many lanes stands in where there are no registers: then keys are moved to the same places.

use super::network;
use super::vector::{Key, Vector};
use crate::level::{self, Level};

/// Vectors that are read at once.
const BLOCK: usize = 8;
/// Up to so many vectors of keys, a sample of 8 vectors will do.
const FEW: usize = 128;

/// A key that vectors hold.
pub(super) trait Lanes: Key {
    /// In the registers of AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Key = Self>;
    /// In an array.
    type Array: Vector<Key = Self>;
}

impl Lanes for i32 {
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::avx2::Narrow;
    type Array = [i32; 8];
}

impl Lanes for i64 {
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::avx2::Wide;
    type Array = [i64; 4];
}

/// The least and the largest key that may be there.
pub(super) type Within<K> = (K, K);

/// Moves keys that are not larger than `at` to the front; how many they are.
///
/// # Safety
/// The processor has the registers. There are at least `2 * BLOCK * V::LANES` keys.
#[inline(always)]
unsafe fn part<V: Vector>(keys: &mut [V::Key], at: V::Key) -> usize {
    let (n, x, block) = (keys.len(), keys.as_mut_ptr(), BLOCK * V::LANES);
    debug_assert!(n >= 2 * block);
    let rest = n % block;
    // SAFETY: what is taken out first, a block at the left, a block and the rest at the right, is the room between what
    // was read and what was written: at least a block at either side once a block was read from that with less. So each
    // store of a whole vector stays within the room, its last lanes to be written again; what was taken out goes last and
    // fills it, key by key and then vector by vector, all of whose lanes lie within the room left.
    unsafe {
        let pivot = V::splat(at);
        let mut held = [pivot; 3 * BLOCK];
        let kept = held.as_mut_ptr().cast::<V::Key>();
        std::ptr::copy_nonoverlapping(x, kept, block);
        std::ptr::copy_nonoverlapping(x.add(n - block - rest), kept.add(block), block + rest);
        let (mut low, mut high) = (x, x.add(n));
        let (mut from, mut to) = (x.add(block), x.add(n - block - rest));
        while from < to {
            let left = from as usize - low as usize <= high as usize - to as usize;
            let next = if left { from } else { to.sub(block) };
            from = if left { from.add(block) } else { from };
            to = if left { to } else { next };
            let mut read = [pivot; BLOCK];
            for (i, keys) in read.iter_mut().enumerate() {
                *keys = V::load(next.add(i * V::LANES));
            }
            for keys in read {
                let (parted, count) = keys.part(pivot);
                parted.store(low);
                parted.store(high.sub(V::LANES));
                low = low.add(count);
                high = high.sub(V::LANES - count);
            }
        }
        let (all, odd) = (2 * block + rest, rest % V::LANES);
        for i in all - odd..all {
            let key = kept.add(i).read();
            low.write(key);
            high.sub(1).write(key);
            let first = usize::from(key <= at);
            low = low.add(first);
            high = high.sub(1 - first);
        }
        for i in 0..(all - odd) / V::LANES {
            let (parted, count) = V::load(kept.add(i * V::LANES)).part(pivot);
            parted.store(low);
            parted.store(high.sub(V::LANES));
            low = low.add(count);
            high = high.sub(V::LANES - count);
        }
        low.offset_from_unsigned(x)
    }
}

/// A key near the middle of the order, of more than a network sorts.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn pivot<V: Vector>(keys: &[V::Key]) -> V::Key {
    let (n, x) = (keys.len(), keys.as_ptr());
    debug_assert!(n > network::most::<V>());
    let mut room = [V::Key::MOST; 128];
    if n <= FEW * V::LANES {
        let step = (n - V::LANES) / 7;
        // SAFETY: the last of eight vectors ends within the keys; the room has a vector.
        unsafe {
            let mut rows = [V::splat(V::Key::MOST); 8];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = V::load(x.add(i * step));
            }
            network::columns(&mut rows);
            rows[4].store(room.as_mut_ptr());
        }
        let middle = &mut room[..V::LANES];
        middle.sort_unstable();
        return middle[V::LANES / 2 - 1];
    }
    let step = (n - V::LANES) / 15;
    // SAFETY: likewise of sixteen; the room has as many.
    unsafe {
        for i in 0..16 {
            V::load(x.add(i * step)).store(room.as_mut_ptr().add(i * V::LANES));
        }
        network::sort::<V>(&mut room[..16 * V::LANES]);
    }
    room[8 * V::LANES]
}

/// Parts keys of more than one value, more of them than a network sorts: how many are not larger than some key, and that
/// key. It may be none or all of them.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn split<V: Vector>(keys: &mut [V::Key], within: Within<V::Key>) -> (usize, V::Key) {
    // SAFETY: the caller's promise.
    unsafe {
        let pivot = pivot::<V>(keys);
        let at = if pivot == within.1 { pivot.before() } else { pivot };
        (part::<V>(keys, at), at)
    }
}

/// How many more times keys are parted, before a bounded sort takes over.
fn patience(n: usize) -> u32 {
    2 * (usize::BITS - n.leading_zeros())
}

/// Splits keys; few of them, or where patience is at its end, are sorted instead, and there is nothing left to do.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn step<V: Vector<Key: Lanes>>(
    keys: &mut [V::Key],
    within: Within<V::Key>,
    patience: &mut u32,
) -> Option<(usize, V::Key)> {
    if keys.len() <= network::most::<V>() {
        // SAFETY: the caller's promise.
        unsafe { network::sort::<V>(keys) };
        return None;
    }
    if *patience == 0 {
        keys.sort_unstable();
        return None;
    }
    *patience -= 1;
    // SAFETY: the caller's promise.
    Some(unsafe { split::<V>(keys, within) })
}

/// Sorts keys that lie within a range, until patience ends. The smaller of two parts is sorted by itself, so that parts
/// within parts are no more than there are bits of a length.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn sort<V: Vector<Key: Lanes>>(keys: &mut [V::Key], within: Within<V::Key>, patience: u32) {
    let (mut keys, mut within, mut patience) = (keys, within, patience);
    while within.0 != within.1 {
        // SAFETY: the caller's promise.
        let Some((middle, at)) = (unsafe { step::<V>(keys, within, &mut patience) }) else { return };
        let (low, high) = keys.split_at_mut(middle);
        let (low, high) = ((low, (within.0, at)), (high, (at.after(), within.1)));
        let (smaller, larger) = if low.0.len() < high.0.len() { (low, high) } else { (high, low) };
        sort_by_vectors(smaller.0, smaller.1, patience);
        (keys, within) = larger;
    }
}

/// Puts the keys at `places`, ascending, each less `before`, where sorting puts them, until patience ends.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn select<V: Vector<Key: Lanes>>(
    keys: &mut [V::Key],
    places: &[usize],
    before: usize,
    within: Within<V::Key>,
    patience: u32,
) {
    let (mut keys, mut places, mut before, mut within, mut patience) = (keys, places, before, within, patience);
    while !places.is_empty() && within.0 != within.1 {
        // SAFETY: the caller's promise.
        let Some((middle, at)) = (unsafe { step::<V>(keys, within, &mut patience) }) else { return };
        let (low, high) = keys.split_at_mut(middle);
        let (first, then) = places.split_at(places.partition_point(|&place| place - before < middle));
        let (low, high) = ((low, first, before, (within.0, at)), (high, then, before + middle, (at.after(), within.1)));
        let (fewer, more) = if first.len() < then.len() { (low, high) } else { (high, low) };
        select_by_vectors(fewer.0, fewer.1, fewer.2, fewer.3, patience);
        (keys, places, before, within) = more;
    }
}

/// Whether no key is larger than the next one (or smaller, for `DOWN`).
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn is_run<V: Vector, const DOWN: bool>(keys: &[V::Key]) -> bool {
    let (n, x) = (keys.len(), keys.as_ptr());
    let mut i = 0;
    while i + BLOCK * V::LANES < n {
        let mut broken = false;
        for j in 0..BLOCK {
            // SAFETY: the last lane of the second vector is a key.
            let (a, b) = unsafe { (V::load(x.add(i + j * V::LANES)), V::load(x.add(i + j * V::LANES + 1))) };
            broken |= if DOWN { b.exceeds(a) } else { a.exceeds(b) };
        }
        if broken {
            return false;
        }
        i += BLOCK * V::LANES;
    }
    keys[i..].is_sorted_by(|a, b| if DOWN { a >= b } else { a <= b })
}

/// The same code for processors with AVX2, and with arrays for others.
macro_rules! levels {
    ($(#[$doc:meta])* $name:ident = $body:ident, ($($x:ident: $X:ty),*) $(-> $R:ty)?) => {
        $(#[$doc])*
        pub(super) fn $name<K: Lanes>($($x: $X),*) $(-> $R)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
            fn avx2<K: Lanes>($($x: $X),*) $(-> $R)? {
                // SAFETY: this is compiled for processors with AVX2.
                unsafe { $body::<K::Avx2>($($x),*) }
            }
            #[cfg(target_arch = "x86_64")]
            if level::level() != Level::Base {
                // SAFETY: the processor was asked.
                return unsafe { avx2::<K>($($x),*) };
            }
            // SAFETY: arrays need no registers.
            unsafe { $body::<K::Array>($($x),*) }
        }
    };
}

/// Whether keys are sorted, after they were turned around where they were sorted the other way.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn settle<V: Vector>(keys: &mut [V::Key]) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        if is_run::<V, false>(keys) {
            return true;
        }
        let down = is_run::<V, true>(keys);
        if down {
            keys.reverse();
        }
        down
    }
}

/// # Safety
/// The processor has the registers.
#[inline(always)]
unsafe fn try_split<V: Vector>(keys: &mut [V::Key], within: Within<V::Key>) -> Option<(usize, V::Key)> {
    if within.0 == within.1 || keys.len() <= network::most::<V>() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { split::<V>(keys, within) })
}

levels! {
    sort_by_vectors = sort, (keys: &mut [K], within: Within<K>, patience: u32)
}
levels! {
    select_by_vectors = select, (keys: &mut [K], places: &[usize], before: usize, within: Within<K>, patience: u32)
}
levels! {
    /// Parts keys around one of them where they are more than one value and worth it: how many are not larger than a key,
    /// and that key. It may be none or all of them.
    parted = try_split, (keys: &mut [K], within: Within<K>) -> Option<(usize, K)>
}
levels! {
    /// Whether keys are sorted, after they were turned around where they were sorted the other way.
    in_order = settle, (keys: &mut [K]) -> bool
}

/// Sorts keys that lie within a range.
pub(super) fn sorted<K: Lanes>(keys: &mut [K], within: Within<K>) {
    // Without registers, the standard library's sort takes fewer steps; the result is the same.
    if level::has_vectors() && cfg!(target_arch = "x86_64") {
        sort_by_vectors(keys, within, patience(keys.len()));
    } else {
        keys.sort_unstable();
    }
}

/// Puts the keys at `places`, ascending, where sorting puts them: others go to the same places on every processor.
pub(super) fn selected<K: Lanes>(keys: &mut [K], places: &[usize]) {
    select_by_vectors(keys, places, 0, (K::LEAST, K::MOST), patience(keys.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64, few: u64) -> Vec<i64> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if few == 0 { state as i64 } else { (state % few) as i64 }
        };
        std::iter::repeat_with(next).take(n).collect()
    }

    fn patterns(n: usize) -> Vec<Vec<i64>> {
        let random = numbers(n, n as u64 + 1, 0);
        let mut sorted = random.clone();
        sorted.sort_unstable();
        let down: Vec<i64> = sorted.iter().rev().copied().collect();
        let pipe = sorted.iter().step_by(2).chain(down.iter().step_by(2)).copied().collect();
        let mut nearly = sorted.clone();
        for i in (0..n).step_by(37) {
            nearly.swap(i, n - 1 - i);
        }
        let extremes = random.iter().map(|&x| if x & 1 == 0 { i64::MIN } else { i64::MAX }).collect();
        let (two, some) = (numbers(n, 3, 2), numbers(n, 4, 50));
        vec![random, sorted, down, pipe, nearly, extremes, two, some, vec![i64::MAX; n], vec![i64::MIN; n]]
    }

    fn check<K: Lanes + std::fmt::Debug>(keys: &[K]) {
        let n = keys.len();
        let mut expected = keys.to_vec();
        expected.sort_unstable();
        let mut found = keys.to_vec();
        sorted(&mut found, (K::LEAST, K::MOST));
        assert_eq!(found, expected);
        let mut found = keys.to_vec();
        // SAFETY: arrays need no registers.
        unsafe { sort::<K::Array>(&mut found, (K::LEAST, K::MOST), patience(n)) };
        assert_eq!(found, expected);
        let mut bounded = keys.to_vec();
        sort_by_vectors(&mut bounded, (K::LEAST, K::MOST), 1);
        assert_eq!(bounded, expected);
        let mut found = keys.to_vec();
        assert_eq!(in_order(&mut found), keys.is_sorted() || keys.is_sorted_by(|a, b| a >= b));
        let places: Vec<usize> = [0, n / 3, n / 2, n.saturating_sub(1)].into_iter().filter(|&p| p < n).collect();
        let mut places = places;
        places.dedup();
        let (mut one, mut other) = (keys.to_vec(), keys.to_vec());
        selected(&mut one, &places);
        // SAFETY: as above.
        unsafe { select::<K::Array>(&mut other, &places, 0, (K::LEAST, K::MOST), patience(n)) };
        assert_eq!(one, other, "the same order with and without registers");
        for &place in &places {
            assert_eq!(one[place], expected[place]);
            assert!(one[..place].iter().all(|k| *k <= one[place]) && one[place..].iter().all(|k| *k >= one[place]));
        }
        one.sort_unstable();
        assert_eq!(one, expected, "nothing is lost");
    }

    #[test]
    fn keys_of_all_patterns_and_lengths_are_sorted_and_selected() {
        let lengths = (0..300).chain((300..2200).step_by(61)).chain([5000, 20_000]);
        for n in lengths {
            for keys in patterns(n) {
                check(&keys);
                check(&keys.iter().map(|&k| (k >> 32) as i32 ^ k as i32).collect::<Vec<i32>>());
            }
        }
    }

    #[test]
    fn every_lane_is_parted() {
        for n in [128, 129, 131, 200, 255, 256, 257, 500] {
            for at in [i64::MIN, -1, 0, 7, i64::MAX] {
                let mut keys = numbers(n, 9, 20);
                keys.iter_mut().for_each(|key| *key -= 8);
                let smaller = keys.iter().filter(|key| **key <= at).count();
                // SAFETY: arrays need no registers; there are two blocks of keys.
                assert_eq!(unsafe { part::<[i64; 4]>(&mut keys, at) }, smaller);
                assert!(keys[..smaller].iter().all(|key| *key <= at) && keys[smaller..].iter().all(|key| *key > at));
            }
        }
    }
}
