//! Which values are among others, by tables that fit a core's cache.
//!
//! The others are entered into a table of hashes, as many as fit, and the values looked for there; then the next ones.
//! Before, the same memory is a filter of bits, so that most values that are nowhere are looked for once. So no copy of
//! the others is needed; what it costs is a turn over the undecided values for each table, and who calls decides
//! whether that is too much. Left out: elements of more than eight bytes, whose copies are sorted.

use super::members::in_blocks;
use crate::program::BLOCK;
use metes_array::Array;
use metes_dtype::{Category, DType, Kind};
use metes_memory::Result;

/// Slots of a table, of eight bytes, and the values that one takes.
const SLOTS: usize = 28 << 10;
const FULL: usize = SLOTS / 2;

/// What is known of a value until the end; 0 is that it is nowhere.
const UNDECIDED: u8 = 1;
const FOUND: u8 = 2;

/// Whether tables are the way for so many values and others: they need no copy, and may cost half as much again as one
/// that is sorted.
pub(super) fn pays(values: usize, others: usize, dtype: DType) -> bool {
    let tables = others.div_ceil(FULL) as f64;
    let (n, m) = (values as f64, others as f64);
    let depth = m.max(2.0).log2();
    form(dtype).is_some() && 6.0 * m + 3.0 * n * tables <= 1.5 * (4.0 * m + 6.0 * n) * depth
}

/// Writes whether each of `values` is (or, with `invert`, is not) among `others`, both as `dtype`; `out` is a dense
/// result.
///
/// # Errors
/// Refused memory.
pub(super) fn contains(values: &Array, others: &Array, dtype: DType, invert: bool, out: &Array) -> Result<()> {
    match form(dtype) {
        Some(Form::Bits(1)) => search(values, others, dtype, invert, out, |x| Some(u64::from(bits::<u8>(x)))),
        Some(Form::Bits(2)) => search(values, others, dtype, invert, out, |x| Some(u64::from(bits::<u16>(x)))),
        Some(Form::Bits(4)) => search(values, others, dtype, invert, out, |x| Some(u64::from(bits::<u32>(x)))),
        Some(Form::Half) => {
            search(values, others, dtype, invert, out, |x| key(u64::from(bits::<u16>(x)), 0x7fff, 0x7c00))
        }
        Some(Form::Single) => search(values, others, dtype, invert, out, |x| single(bits::<u32>(x))),
        Some(Form::Double) => {
            search(values, others, dtype, invert, out, |x| key(bits::<u64>(x), u64::MAX >> 1, 0x7ff << 52))
        }
        Some(Form::Pair) => search(values, others, dtype, invert, out, |x| {
            let both = bits::<[u32; 2]>(x);
            Some(single(both[0])? | (single(both[1])? << 32))
        }),
        _ => search(values, others, dtype, invert, out, |x| Some(bits::<u64>(x))),
    }
}

/// How elements are made keys, which are equal where the elements are.
enum Form {
    Bits(usize),
    Half,
    Single,
    Double,
    Pair,
}

fn form(dtype: DType) -> Option<Form> {
    match (dtype.number()?, dtype.category()) {
        (Kind::F16, _) => Some(Form::Half),
        (Kind::F32, _) => Some(Form::Single),
        (Kind::F64, _) => Some(Form::Double),
        (Kind::C64, _) => Some(Form::Pair),
        (_, Category::Bool | Category::Unsigned | Category::Signed) => Some(Form::Bits(dtype.size())),
        _ => None,
    }
}

/// The element at a place of a block, which `in_blocks` vouches for, wherever it begins.
fn bits<T: Copy>(x: *const u8) -> T {
    // SAFETY: places are those of elements of blocks, of this width, of which any bits are a value.
    unsafe { x.cast::<T>().read_unaligned() }
}

/// The key of a float of these bits: both zeros are one, NaN is none.
fn key(bits: u64, magnitude: u64, infinity: u64) -> Option<u64> {
    let size = bits & magnitude;
    (size <= infinity).then_some(if size == 0 { 0 } else { bits })
}

fn single(bits: u32) -> Option<u64> {
    key(u64::from(bits), 0x7fff_ffff, 0x7f80_0000)
}

/// A key spread over all bits.
fn mixed(key: u64) -> u64 {
    let key = (key ^ (key >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (key ^ (key >> 29)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

/// One of `count` places for a key.
fn place(key: u64, count: usize) -> usize {
    ((u128::from(mixed(key)) * count as u128) >> 64) as usize
}

/// Distinct keys; 0 marks an empty slot, and is known apart.
struct Table<'a> {
    slots: &'a mut [u64],
    count: usize,
    zero: bool,
}

impl Table<'_> {
    fn clear(&mut self) {
        self.slots.fill(0);
        (self.count, self.zero) = (0, false);
    }

    /// The slot that has a key, or is empty and would.
    fn slot(&self, key: u64) -> usize {
        let mut at = place(key, self.slots.len());
        while self.slots[at] != key && self.slots[at] != 0 {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        at
    }

    fn add(&mut self, key: u64) {
        if key == 0 {
            self.zero = true;
            return;
        }
        let at = self.slot(key);
        if self.slots[at] == 0 {
            self.slots[at] = key;
            self.count += 1;
        }
    }

    fn has(&self, key: u64) -> bool {
        if key == 0 { self.zero } else { self.slots[self.slot(key)] == key }
    }

    /// The two bits of a key among those of all slots.
    fn bits(&self, key: u64) -> [usize; 2] {
        let count = self.slots.len() * 64;
        [place(key, count), place(key ^ (1 << 63), count)]
    }

    fn set_bits(&mut self, key: u64) {
        self.bits(key).into_iter().for_each(|at| self.slots[at / 64] |= 1 << (at % 64));
    }

    fn has_bits(&self, key: u64) -> bool {
        self.bits(key).into_iter().all(|at| (self.slots[at / 64] >> (at % 64)) & 1 == 1)
    }
}

fn search(
    values: &Array,
    others: &Array,
    dtype: DType,
    invert: bool,
    out: &Array,
    key: impl Fn(*const u8) -> Option<u64> + Copy,
) -> Result<()> {
    let few = others.size() <= FULL;
    let slots = if few { 2 * others.size() } else { SLOTS };
    let room = Array::zeros(&[slots], Kind::U64.into())?;
    // SAFETY: the array is ours alone, dense, aligned and zeroed.
    let slots = unsafe { std::slice::from_raw_parts_mut(room.as_ptr().cast(), slots) };
    let mut table = Table { slots, count: 0, zero: false };
    if few {
        enter(others, dtype, key, |key| table.add(key))?;
        return decide(values, dtype, out, key, |key| key.is_some_and(|key| table.has(key)) != invert);
    }
    enter(others, dtype, key, |key| table.set_bits(key))?;
    decide(values, dtype, out, key, |key| key.is_some_and(|key| table.has_bits(key)))?;
    table.clear();
    let look =
        |table: &Table<'_>| decide_some(values, dtype, out, key, |key| if table.has(key) { FOUND } else { UNDECIDED });
    let mut failed = Ok(());
    enter(others, dtype, key, |key| {
        table.add(key);
        if table.count == FULL {
            if failed.is_ok() {
                failed = look(&table);
            }
            table.clear();
        }
    })?;
    failed?;
    look(&table)?;
    // SAFETY: the result is fresh, dense, and nobody else's.
    let found = unsafe { std::slice::from_raw_parts_mut(out.as_ptr(), out.size()) };
    found.iter_mut().for_each(|state| *state = u8::from((*state == FOUND) != invert));
    Ok(())
}

/// Calls `each` with the keys of the others that have one.
fn enter(
    others: &Array,
    dtype: DType,
    key: impl Fn(*const u8) -> Option<u64>,
    mut each: impl FnMut(u64),
) -> Result<()> {
    in_blocks(others, dtype, None, |n, block, _| {
        let keys = (0..n as isize).filter_map(|i| key(block.0.wrapping_offset(i * block.1)));
        keys.for_each(&mut each);
    })
}

/// Writes what `each` says of the keys of all values.
fn decide(
    values: &Array,
    dtype: DType,
    out: &Array,
    key: impl Fn(*const u8) -> Option<u64>,
    each: impl Fn(Option<u64>) -> bool,
) -> Result<()> {
    in_blocks(values, dtype, Some(out), |n, block, result| {
        for i in 0..n as isize {
            let said = each(key(block.0.wrapping_offset(i * block.1)));
            // SAFETY: the run of results has a byte for each value.
            unsafe { *result.0.wrapping_offset(i * result.1) = u8::from(said) };
        }
    })
}

/// Writes what `each` says of the keys of undecided values.
fn decide_some(
    values: &Array,
    dtype: DType,
    out: &Array,
    key: impl Fn(*const u8) -> Option<u64>,
    each: impl Fn(u64) -> u8,
) -> Result<()> {
    in_blocks(values, dtype, Some(out), |n, block, result| {
        // Which are undecided is found without a branch, since it cannot be foretold.
        let (mut places, mut count) = ([0u16; BLOCK], 0);
        for i in 0..n {
            places[count] = i as u16;
            // SAFETY: as in `decide`.
            count += usize::from(unsafe { *result.0.wrapping_offset(i as isize * result.1) } == UNDECIDED);
        }
        for &i in &places[..count] {
            if let Some(key) = key(block.0.wrapping_offset(i as isize * block.1)) {
                // SAFETY: as in `decide`.
                unsafe { *result.0.wrapping_offset(i as isize * result.1) = each(key) };
            }
        }
    })
}
