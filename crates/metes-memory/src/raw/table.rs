//! The blocks that are found by their address: all that are not small. In parts with a lock each.
//!
//! They are numbered as they come. One that goes when few others have come since was a temporary: what an expression makes
//! on its way, or what is replaced by the next of its kind. These are summed up by site.

use crate::Block;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A power of two: each part is a table of its own, so not many.
const PARTS: usize = 8;

/// A block that is freed when at most so many others have come since is a temporary.
const SOON: u64 = 4;

type Part = HashMap<usize, Entry, BuildHasherDefault<Mix>>;

struct Entry {
    block: Block,
    site: u32,
    born: u64,
}

/// A live block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Known {
    /// Its first byte.
    pub address: usize,
    /// Bytes that were asked for.
    pub size: usize,
    /// Where it was made.
    pub site: u32,
    /// Its number in the order in which blocks came.
    pub born: u64,
}

/// Freed blocks of one site.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Temporary {
    /// Temporaries.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
    /// All that were freed.
    pub all_count: usize,
    /// Their bytes.
    pub all_bytes: usize,
}

static NEXT: AtomicU64 = AtomicU64::new(0);
static TEMPORARIES: LazyLock<Mutex<HashMap<u32, Temporary>>> = LazyLock::new(Mutex::default);

static TABLE: LazyLock<[Mutex<Part>; PARTS]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::default()));

/// Addresses spread over a table by one multiplication.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }

    fn write_usize(&mut self, n: usize) {
        let mixed = (self.0 ^ n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn part(ptr: NonNull<u8>) -> MutexGuard<'static, Part> {
    let at = (ptr.as_ptr() as u64).wrapping_mul(0xd6e8_feb8_6659_fd93) >> (u64::BITS - PARTS.trailing_zeros());
    TABLE[at as usize].lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn add(block: Block, site: u32) {
    let born = NEXT.fetch_add(1, Ordering::Relaxed);
    insert(Entry { block, site, born });
}

fn insert(entry: Entry) {
    let (ptr, address) = (entry.block.ptr, entry.block.ptr.as_ptr() as usize);
    let before = part(ptr).insert(address, entry);
    debug_assert!(before.is_none(), "two live blocks at one address");
}

/// Has `work` make something else of a block that nobody looks up meanwhile; it stays the block that it was. `None`
/// where there is no block at the address.
pub(super) fn change<T>(ptr: NonNull<u8>, work: impl FnOnce(&mut Block) -> T) -> Option<T> {
    let mut entry = part(ptr).remove(&(ptr.as_ptr() as usize))?;
    let done = work(&mut entry.block);
    insert(entry);
    Some(done)
}

pub(super) fn remove(ptr: NonNull<u8>) -> Option<Block> {
    let Entry { block, site, born } = part(ptr).remove(&(ptr.as_ptr() as usize))?;
    if site != 0 {
        let soon = NEXT.load(Ordering::Relaxed).wrapping_sub(born) <= SOON + 1;
        let mut temporaries = temporaries_by_site();
        let sums = temporaries.entry(site).or_default();
        (sums.all_count, sums.all_bytes) = (sums.all_count + 1, sums.all_bytes + block.size);
        if soon {
            (sums.count, sums.bytes) = (sums.count + 1, sums.bytes + block.size);
        }
    }
    Some(block)
}

fn temporaries_by_site() -> MutexGuard<'static, HashMap<u32, Temporary>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Freed blocks by site, as far as sites are known.
pub fn temporaries() -> Vec<(u32, Temporary)> {
    temporaries_by_site().iter().map(|(&site, &sums)| (site, sums)).collect()
}

/// The live blocks that are not small.
pub fn blocks() -> Vec<Known> {
    let mut all = Vec::new();
    for part in TABLE.iter() {
        let part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(&address, e): (&usize, &Entry)| Known { address, size: e.block.size, site: e.site, born: e.born };
        all.extend(part.iter().map(known));
    }
    all
}

/// The number of the next block that is not small.
pub fn next_born() -> u64 {
    NEXT.load(Ordering::Relaxed)
}

/// The bytes of the block at an address, and its site.
pub(super) fn look(ptr: NonNull<u8>) -> Option<(usize, u32)> {
    part(ptr).get(&(ptr.as_ptr() as usize)).map(|entry| (entry.block.size, entry.site))
}

/// Locks everything here, for a fork.
pub(super) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    for part in TABLE.iter() {
        held.push(Box::new(part.lock().unwrap_or_else(PoisonError::into_inner)));
    }
    held.push(Box::new(temporaries_by_site()));
}
