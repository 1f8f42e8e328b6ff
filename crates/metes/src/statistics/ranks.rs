//! Values at ranks of one long lane, by counting: passes over the lane narrow down the leading bits of a value until few
//! values share them. Needs two blocks of scratch, where parting the values would need a copy of the lane.

use super::blocks::each_block;
use crate::build::cast;
use metes_array::{Array, Element};
use metes_dtype::{Category, Kind};
use metes_memory::{Error, ErrorKind, Result};

/// Bits that a pass decides.
const BITS: u32 = 13;
/// Values that are put together and sorted.
const FEW: usize = 8192;

/// A number whose bits can be put in the order of the values; NaN comes last.
trait Ranked: Element {
    fn key(self) -> u64;
    fn value(key: u64) -> Self;
}

impl Ranked for u64 {
    fn key(self) -> u64 {
        self
    }
    fn value(key: u64) -> u64 {
        key
    }
}

impl Ranked for i64 {
    fn key(self) -> u64 {
        self as u64 ^ 1 << 63
    }
    fn value(key: u64) -> i64 {
        (key ^ 1 << 63) as i64
    }
}

impl Ranked for f64 {
    fn key(self) -> u64 {
        let bits = self.to_bits();
        if self.is_nan() { u64::MAX } else { bits ^ ((bits as i64 >> 63) as u64 | 1 << 63) }
    }
    fn value(key: u64) -> f64 {
        let bits = if key >> 63 == 1 { key ^ 1 << 63 } else { !key };
        if key == u64::MAX { f64::NAN } else { f64::from_bits(bits) }
    }
}

/// How many values of a lane are NaN.
pub(super) fn missing(lane: &Array) -> Result<usize> {
    let mut count = 0;
    if lane.dtype().category() == Category::Float {
        each_block::<f64>(std::slice::from_ref(lane), &mut |values| {
            count += values[0].iter().filter(|x| x.is_nan()).count();
            Ok(())
        })?;
    }
    Ok(count)
}

/// The values that sorting a lane of real numbers would put at `ranks`, which ascend; NaN are sorted last.
pub(super) fn at_ranks(lane: &Array, ranks: &[usize]) -> Result<Array> {
    match lane.dtype().category() {
        Category::Float => found::<f64>(lane, ranks),
        Category::Unsigned => found::<u64>(lane, ranks),
        _ => found::<i64>(lane, ranks),
    }
}

fn found<T: Ranked>(lane: &Array, ranks: &[usize]) -> Result<Array> {
    let counts = Array::zeros(&[1 << BITS], Kind::U64.into())?;
    let few = Array::empty(&[FEW], Kind::U64.into(), "quantile")?;
    let mut search = Search::<T> { lane, counts, few, values: Vec::new() };
    search.narrow(ranks, Among { prefix: 0, known: 0, before: 0 })?;
    cast(&Array::from_slice(&[ranks.len()], &search.values)?, lane.dtype())
}

/// The values whose first `known` bits are those of `prefix`; `before` are smaller.
#[derive(Clone, Copy)]
struct Among {
    prefix: u64,
    known: u32,
    before: usize,
}

impl Among {
    fn holds(self, key: u64) -> bool {
        self.known == 0 || (key ^ self.prefix) >> (64 - self.known) == 0
    }
}

/// Another thread wrote the lane between two passes.
fn changed() -> Error {
    Error::new(ErrorKind::Value, "quantile: the values changed while they were counted")
}

struct Search<'a, T> {
    lane: &'a Array,
    counts: Array,
    few: Array,
    /// What was found, in the order of the ranks.
    values: Vec<T>,
}

impl<T: Ranked> Search<'_, T> {
    fn each_key(&self, mut each: impl FnMut(u64)) -> Result<()> {
        each_block::<T>(std::slice::from_ref(self.lane), &mut |values| {
            values[0].iter().for_each(|&x| each(x.key()));
            Ok(())
        })
    }

    /// Finds the values of ranks that all lie among these.
    fn narrow(&mut self, mut ranks: &[usize], among: Among) -> Result<()> {
        if among.known == 64 {
            self.values.extend(ranks.iter().map(|_| T::value(among.prefix)));
            return Ok(());
        }
        let bits = BITS.min(64 - among.known);
        let shift = 64 - among.known - bits;
        let bucket = |key: u64| (key >> shift) as usize & ((1 << bits) - 1);
        while let Some(&rank) = ranks.first() {
            // Counted again for each rank that lies elsewhere: the counts of a deeper pass have taken their room.
            self.count(|key| among.holds(key).then(|| bucket(key)))?;
            let (number, before, count) = self.bucket_of(rank, among.before)?;
            let here = ranks.iter().take_while(|&&rank| rank < before + count).count();
            let inner = Among { prefix: among.prefix | (number as u64) << shift, known: among.known + bits, before };
            if count <= FEW {
                self.sort(&ranks[..here], inner, count)?
            } else {
                self.narrow(&ranks[..here], inner)?
            }
            ranks = &ranks[here..];
        }
        Ok(())
    }

    fn count(&mut self, bucket: impl Fn(u64) -> Option<usize>) -> Result<()> {
        let mut counts = self.counts.write::<u64>()?;
        let counts = counts.as_mut_slice().expect("fresh and dense");
        counts.fill(0);
        self.each_key(|key| {
            if let Some(bucket) = bucket(key) {
                counts[bucket] += 1;
            }
        })
    }

    /// The bucket of a rank: its number, how many values are smaller, how many it holds.
    fn bucket_of(&self, rank: usize, mut before: usize) -> Result<(usize, usize, usize)> {
        let counts = self.counts.read::<u64>()?;
        let counts = counts.as_slice().expect("fresh and dense");
        for (number, &count) in counts.iter().enumerate() {
            if rank < before + count as usize {
                return Ok((number, before, count as usize));
            }
            before += count as usize;
        }
        Err(changed())
    }

    /// Puts the few values together, and sorts them.
    fn sort(&mut self, ranks: &[usize], among: Among, count: usize) -> Result<()> {
        let mut few = self.few.write::<u64>()?;
        let few = few.as_mut_slice().expect("fresh and dense");
        let mut at = 0;
        self.each_key(|key| {
            if at < count && among.holds(key) {
                few[at] = key;
                at += 1;
            }
        })?;
        if at < count {
            return Err(changed());
        }
        few[..at].sort_unstable();
        let value = |&rank: &usize| T::value(few[rank - among.before]);
        let found: Vec<T> = ranks.iter().map(value).collect();
        self.values.extend(found);
        Ok(())
    }
}
