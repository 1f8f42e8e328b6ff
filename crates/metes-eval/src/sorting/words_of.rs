//! Which words are among others: these are entered, as many at a time as a block has room for, into a table of hashes, and
//! the values looked up in it. Nothing is copied, whatever the widths and byte orders are.

use crate::exec;
use crate::walk::Walk;
use crate::words::Words;
use metes_array::Array;
use metes_dtype::Kind;
use metes_memory::Result;
use std::cmp::Ordering;

/// Places of the table: 256 KiB.
const SLOTS: usize = 1 << 16;
/// The most words of one turn: the table is not too full then, and their numbers fit into 16 bits.
const TURN: usize = 45_000;
/// The most turns over all values; where there were more, sorting the other words is sooner done.
const TURNS: usize = 32;

/// Whether so many other words take few turns.
pub(super) fn pays(others: usize) -> bool {
    others <= TURN * TURNS
}

/// Writes to `out`, fresh and of the values' shape, whether each is (or, with `invert`, is not) among the others.
pub(super) fn contains(values: &Array, others: &Array, words: (Words, Words), invert: bool, out: &Array) -> Result<()> {
    let slots = if others.size() <= TURN { (others.size() * 3 / 2 + 1).next_power_of_two().min(SLOTS) } else { SLOTS };
    let room = Array::zeros(&[slots], Kind::U32.into())?;
    // SAFETY: the array is ours alone, dense, aligned and zeroed.
    let slots = unsafe { std::slice::from_raw_parts_mut(room.as_ptr().cast::<u32>(), slots) };
    let walk = Walk::new(values.shape(), &[out, values])?;
    let _guards = exec::guard(&[out, values, others], 1, "isin")?;
    let turns = others.size().div_ceil(TURN);
    for turn in 0..turns {
        slots.fill(0);
        let mut table = Table { slots, others, own: words.1, first: turn * TURN };
        (table.first..others.size().min(table.first + TURN)).for_each(|place| table.enter(place));
        walk.for_each_run(|count, runs| {
            for i in 0..count as isize {
                let (state, value) =
                    (runs[0].0.wrapping_offset(i * runs[0].1), runs[1].0.wrapping_offset(i * runs[1].1));
                // SAFETY: the walk stays within the guarded arrays; the result is written in the first turn before it is read.
                unsafe {
                    if turn == 0 || state.read() == 0 {
                        state.write(u8::from(table.has(words.0, value)));
                    }
                    if turn + 1 == turns && invert {
                        state.write(u8::from(state.read() == 0));
                    }
                }
            }
        });
    }
    Ok(())
}

/// Words by their hashes: each slot is empty, or has 16 bits of the hash above the word's number in the turn, from 1 on.
struct Table<'a> {
    slots: &'a mut [u32],
    others: &'a Array,
    own: Words,
    first: usize,
}

impl Table<'_> {
    /// Where another word lies, by its place in order C.
    fn address(&self, mut place: usize) -> *const u8 {
        let mut at = self.others.as_ptr().cast_const();
        for (&n, &step) in self.others.shape().iter().zip(self.others.strides()).rev() {
            at = at.wrapping_offset((place % n) as isize * step);
            place /= n;
        }
        at
    }

    /// The slot that has a word equal to that at an address, or is empty and would; and the bits of its hash.
    fn slot(&self, words: Words, at: *const u8) -> (usize, u32) {
        // SAFETY: an element of these words of a guarded array, as all callers give.
        let hash = unsafe { words.hash(at) };
        let (mask, tag) = (self.slots.len() - 1, (hash as u32) & 0xffff_0000);
        let mut slot = (hash >> 40) as usize & mask;
        loop {
            let found = self.slots[slot];
            let equal = || {
                let other = self.address(self.first + (found & 0xffff) as usize - 1);
                // SAFETY: as above, and one of the other words.
                unsafe { words.compare(at, self.own, other) == Ordering::Equal }
            };
            if found == 0 || found & 0xffff_0000 == tag && equal() {
                return (slot, tag);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn enter(&mut self, place: usize) {
        let (slot, tag) = self.slot(self.own, self.address(place));
        if self.slots[slot] == 0 {
            self.slots[slot] = tag | (place - self.first + 1) as u32;
        }
    }

    fn has(&self, words: Words, at: *const u8) -> bool {
        self.slots[self.slot(words, at).0] != 0
    }
}
