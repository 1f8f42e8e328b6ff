//! Sorting and selecting places: a key and a place share a word, in the room of the result.
//!
//! The place takes as many bits as it needs and the key what is left, so small ranges and narrow kinds fit whole. Where a
//! key is cut off, runs of equal words are settled by comparing the values themselves.

use super::crew::{self, Crew};
use super::key::Sortable;
use super::quick;
use super::values::select;
use std::cmp::Ordering;

/// How keys and places share words.
struct Packing {
    /// Bits of a place.
    bits: u32,
    /// Whether equal words mean equal values.
    exact: bool,
}

impl Packing {
    fn front(&self, word: i64) -> i64 {
        word >> self.bits
    }

    fn place(&self, word: i64) -> usize {
        (word & ((1 << self.bits) - 1)) as usize
    }
}

/// Writes the words of `n` values, `n` at least 2.
///
/// # Safety
/// `n` dense, aligned values at `x`.
unsafe fn pack<T: Sortable>(x: *const u8, words: &mut [i64]) -> Packing {
    let n = words.len();
    // SAFETY: the caller's promise, for `i` below `n`.
    let key = |i: usize| unsafe { T::load(x.add(i * size_of::<T>())) }.key();
    let (low, high) = (0..n).map(key).fold((u64::MAX, 0), |(low, high), k| (low.min(k), high.max(k)));
    let bits = u64::BITS - (n as u64 - 1).leading_zeros();
    let cut = (u64::BITS - (high - low).leading_zeros()).saturating_sub(u64::BITS - bits);
    for (i, word) in words.iter_mut().enumerate() {
        // The first bit is turned, so that words are in order as signed integers.
        *word = ((key(i) - low) >> cut << bits | i as u64) as i64 ^ i64::MIN;
    }
    Packing { bits, exact: cut == 0 && T::WHOLE }
}

/// # Safety
/// `n` dense, aligned values at `x`; room for `n` places at `index`.
pub(super) unsafe fn argsort<T: Sortable>(n: usize, x: *const u8, index: *mut u64, crew: &Crew) {
    // SAFETY: the caller's promise; the packing fills the words before they are read.
    unsafe {
        let words = room(n, index);
        if n > 1 {
            let packing = pack::<T>(x, words);
            sort_words(words, &packing, &by_value::<T>(x), crew);
        }
    }
}

/// # Safety
/// As [`argsort`]; `places` are ascending and below `n`.
pub(super) unsafe fn argpartition<T: Sortable>(n: usize, x: *const u8, index: *mut u64, places: &[usize]) {
    // SAFETY: as above.
    unsafe {
        let words = room(n, index);
        if n > 1 {
            let packing = pack::<T>(x, words);
            select_words(words, places, &packing, &by_value::<T>(x));
        }
    }
}

/// # Safety
/// Room for `n` words that nobody else uses while the slice lives.
unsafe fn room<'a>(n: usize, index: *mut u64) -> &'a mut [i64] {
    // SAFETY: the caller's promise; zeros are places.
    unsafe {
        std::ptr::write_bytes(index, 0, n);
        std::slice::from_raw_parts_mut(index.cast(), n)
    }
}

/// Compares the values at two places.
///
/// # Safety
/// The places that it is called for are of dense, aligned values at `x`.
unsafe fn by_value<T: Sortable>(x: *const u8) -> impl Fn(usize, usize) -> Ordering {
    move |a, b| {
        // SAFETY: the caller's promise.
        let at = |i: usize| unsafe { T::load(x.add(i * size_of::<T>())) };
        at(a).order(at(b))
    }
}

fn sort_words(words: &mut [i64], packing: &Packing, order: &dyn Fn(usize, usize) -> Ordering, crew: &Crew) {
    if !quick::in_order(words) {
        crew::sort(words, crew, |_| ());
    }
    if !packing.exact {
        for run in words.chunk_by_mut(|a, b| packing.front(*a) == packing.front(*b)).filter(|run| run.len() > 1) {
            settle(run, packing, order);
        }
    }
    words.iter_mut().for_each(|word| *word = packing.place(*word) as i64);
}

/// Sorts words with one front by their values.
fn settle(run: &mut [i64], packing: &Packing, order: &dyn Fn(usize, usize) -> Ordering) {
    run.sort_unstable_by(|a, b| order(packing.place(*a), packing.place(*b)).then(a.cmp(b)));
}

fn select_words(words: &mut [i64], places: &[usize], packing: &Packing, order: &dyn Fn(usize, usize) -> Ordering) {
    let mut end = words.len();
    for &place in places.iter().rev() {
        if place >= end {
            continue;
        }
        quick::selected(&mut words[..end], &[place]);
        if !packing.exact {
            let front = packing.front(words[place]);
            let start = split(&mut words[..place], |w| packing.front(w) < front);
            let stop = place + 1 + split(&mut words[place + 1..end], |w| packing.front(w) == front);
            let by_value = |a: &i64, b: &i64| order(packing.place(*a), packing.place(*b)).then(a.cmp(b));
            select(&mut words[start..stop], &[place - start], by_value);
        }
        end = place;
    }
    words.iter_mut().for_each(|word| *word = packing.place(*word) as i64);
}

/// Moves the words that `first` holds for to the front; how many they are.
fn split(words: &mut [i64], first: impl Fn(i64) -> bool) -> usize {
    let mut count = 0;
    for i in 0..words.len() {
        if first(words[i]) {
            words.swap(i, count);
            count += 1;
        }
    }
    count
}
