//! [`Slabs`]: the slabs of one size class and their free blocks.
//!
//! Blocks whose pages were given back to the system are cold: they are handed out again only after their pages have been
//! charged anew, when the class has no others. Slabs that stayed without a live block for some seconds go back.

use crate::layout::slab_runs;
use crate::{Block, Request, Run, RunState, Source};
use std::collections::BTreeMap;
use std::ptr::NonNull;

/// Bytes of a slab; larger classes have slabs of eight blocks.
const SLAB: usize = 64 * 1024;

pub(crate) struct Slabs {
    size: usize,
    /// By address of the first block.
    slabs: BTreeMap<usize, Slab>,
    /// Addresses of slabs that have free blocks, most recently freed last.
    open: Vec<usize>,
    /// Addresses of slabs that have cold blocks.
    chilled: Vec<usize>,
    /// Free blocks in all slabs, and the fewest since the last sweep.
    free: usize,
    fewest: usize,
    /// When the last sweep was, in seconds.
    swept: i64,
}

struct Slab {
    block: Block,
    free: Vec<NonNull<u8>>,
    /// Free blocks on whose pages nothing is.
    cold: Vec<NonNull<u8>>,
    /// The pages that are given back, a bit for each whole page of the slab.
    cold_pages: u64,
    cold_bytes: usize,
    count: usize,
    listed: bool,
}

impl Slab {
    fn is_empty(&self) -> bool {
        self.free.len() + self.cold.len() == self.count
    }

    /// Gives back pages on which only free blocks of `size` bytes lie; returns the bytes.
    fn discard(&mut self, size: usize, page: usize, below: &dyn Source) -> usize {
        if self.free.is_empty() {
            return 0;
        }
        let start = self.block.ptr.as_ptr() as usize;
        let pages = Pages { first: start.next_multiple_of(page), page };
        let end = start + self.count * size;
        // What is left over behind the last block goes with it.
        let within = |mask, (from, to)| mask | pages.inside(from, if to == end { start + self.block.size } else { to });
        let free = runs(self.free.iter().chain(&self.cold), size).into_iter().fold(0, within);
        let mut done = 0u32;
        for at in 0..u64::BITS {
            if free & !self.cold_pages & (1 << at) == 0 {
                continue;
            }
            // SAFETY: the page lies within the slab.
            let first = unsafe { self.block.ptr.add(pages.first - start + at as usize * page) };
            // SAFETY: a whole page of the slab on which only free blocks lie, and these are nobody's.
            if unsafe { below.discard(first, page) } == page {
                self.cold_pages |= 1 << at;
                done += 1;
            }
        }
        if done > 0 {
            let all = std::mem::take(&mut self.free).into_iter().chain(std::mem::take(&mut self.cold));
            let mask = self.cold_pages;
            (self.cold, self.free) = all.partition(|block| pages.touched(block.as_ptr() as usize, size) & mask != 0);
            self.listed = !self.free.is_empty();
        }
        let bytes = done as usize * page;
        self.cold_bytes += bytes;
        self.block.reserved -= bytes;
        bytes
    }
}

/// The whole pages of a slab, of which the first starts at `first`, as bits; there are 64 at most.
struct Pages {
    first: usize,
    page: usize,
}

impl Pages {
    fn bits(from: usize, to: usize) -> u64 {
        (from..to.min(u64::BITS as usize)).fold(0, |mask, at| mask | (1 << at))
    }

    /// Those that lie within a range of addresses.
    fn inside(&self, from: usize, to: usize) -> u64 {
        let from = from.saturating_sub(self.first).div_ceil(self.page);
        Pages::bits(from, to.saturating_sub(self.first) / self.page)
    }

    /// Those that a block touches.
    fn touched(&self, at: usize, size: usize) -> u64 {
        let to = (at + size).saturating_sub(self.first).div_ceil(self.page);
        Pages::bits(at.saturating_sub(self.first) / self.page, to)
    }
}

/// The runs of adjacent blocks of `size` bytes.
fn runs<'a>(blocks: impl Iterator<Item = &'a NonNull<u8>>, size: usize) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = blocks.map(|block| block.as_ptr() as usize).collect();
    starts.sort_unstable();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for start in starts {
        match runs.last_mut() {
            Some((_, end)) if *end == start => *end += size,
            _ => runs.push((start, start + size)),
        }
    }
    runs
}

// SAFETY: free blocks are nobody's; their addresses may be kept by any thread.
unsafe impl Send for Slab {}

impl Slabs {
    pub(crate) fn new(size: usize) -> Slabs {
        let (slabs, open, chilled) = (BTreeMap::new(), Vec::new(), Vec::new());
        Slabs { size, slabs, open, chilled, free: 0, fewest: 0, swept: 0 }
    }

    /// What is asked of the source below for a slab of blocks of `size` bytes; a `lone` one holds one block.
    pub(crate) fn request(size: usize, request: &Request, lone: bool) -> Request {
        let bytes = if lone { size } else { SLAB.max(size * 8).next_multiple_of(4096) };
        // On pages of their own, so that whole pages between live blocks can be given back.
        let align = if lone { 64 } else { 4096 };
        Request { size: bytes, align, zeroed: false, ..*request }
    }

    /// Adds a slab.
    pub(crate) fn add(&mut self, block: Block) {
        let (start, count) = (block.ptr, block.size / self.size);
        // SAFETY: each offset lies within the slab.
        let free = (0..count).rev().map(|i| unsafe { start.add(i * self.size) }).collect();
        let key = start.as_ptr() as usize;
        self.free += count;
        self.slabs
            .insert(key, Slab { block, free, cold: Vec::new(), cold_pages: 0, cold_bytes: 0, count, listed: true });
        self.open.push(key);
    }

    /// Moves up to `want` free blocks to `out`.
    pub(crate) fn take(&mut self, want: usize, out: &mut Vec<NonNull<u8>>) {
        let before = out.len();
        while out.len() < want
            && let Some(key) = self.open.last()
        {
            let slab = self.slabs.get_mut(key).expect("an open slab exists");
            while out.len() < want
                && let Some(block) = slab.free.pop()
            {
                out.push(block);
            }
            if slab.free.is_empty() {
                slab.listed = false;
                self.open.pop();
            }
        }
        self.free -= out.len() - before;
        self.fewest = self.fewest.min(self.free);
    }

    /// Takes a block back.
    pub(crate) fn give(&mut self, block: NonNull<u8>) {
        let address = block.as_ptr() as usize;
        let (&key, slab) = self.slabs.range_mut(..=address).next_back().expect("a block comes from a slab");
        slab.free.push(block);
        self.free += 1;
        if !slab.listed {
            slab.listed = true;
            self.open.push(key);
        }
    }

    /// Bytes of free blocks that are not cold.
    pub(crate) fn free_bytes(&self) -> usize {
        self.free * self.size
    }

    /// Appends the runs of every slab, each slab's gathered from `most` runs on.
    pub(crate) fn runs(&self, most: usize, out: &mut Vec<Run>) {
        for (&start, slab) in &self.slabs {
            let free = slab.free.iter().chain(&slab.cold).map(|block| block.as_ptr() as usize).collect();
            slab_runs(start, self.size, slab.count, free, out.len() >= most, out);
            let (blocks, all) = (slab.count * self.size, slab.block.size);
            if blocks < all {
                out.push(Run { start: start + blocks, bytes: all - blocks, state: RunState::Free });
            }
        }
    }

    /// Moves slabs without a live block to `out`.
    pub(crate) fn drain_empty(&mut self, out: &mut Vec<Block>) {
        self.drain_some(usize::MAX, out);
    }

    fn drain_some(&mut self, most: usize, out: &mut Vec<Block>) {
        let empty = self.slabs.iter().filter(|(_, slab)| slab.is_empty()).map(|(&key, _)| key);
        let empty: Vec<usize> = empty.take(most).collect();
        if empty.is_empty() {
            return;
        }
        for slab in empty.into_iter().filter_map(|key| self.slabs.remove(&key)) {
            self.free -= slab.free.len();
            out.push(slab.block);
        }
        self.open.retain(|key| self.slabs.contains_key(key));
        self.chilled.retain(|key| self.slabs.contains_key(key));
        self.fewest = self.fewest.min(self.free);
    }

    /// Moves slabs to `out` that nobody needed since the last sweep, if that was more than `patience` seconds ago.
    pub(crate) fn sweep(&mut self, now: i64, patience: i64, out: &mut Vec<Block>) {
        if now - self.swept <= patience {
            return;
        }
        if self.swept > 0 && self.fewest > 0 {
            let in_one = self.slabs.values().next().map_or(1, |slab| slab.count).max(1);
            self.drain_some(self.fewest / in_one, out);
        }
        self.swept = now;
        self.fewest = self.free;
    }

    /// Gives whole pages between live blocks back to the source below; the blocks on them turn cold. Returns the bytes.
    pub(crate) fn discard(&mut self, page: usize, below: &dyn Source) -> usize {
        let mut sum = 0;
        for (&key, slab) in &mut self.slabs {
            let (was_free, was_cold) = (slab.free.len(), slab.cold_pages != 0);
            let bytes = slab.discard(self.size, page, below);
            if bytes == 0 {
                continue;
            }
            sum += bytes;
            self.free -= was_free - slab.free.len();
            if !was_cold {
                self.chilled.push(key);
            }
        }
        let slabs = &self.slabs;
        self.open.retain(|key| slabs[key].listed);
        self.fewest = self.fewest.min(self.free);
        sum
    }

    /// A slab with cold blocks, and the bytes to charge before [`Slabs::warm`] makes them free.
    pub(crate) fn coldest(&self) -> Option<(usize, usize)> {
        let key = *self.chilled.last()?;
        Some((key, self.slabs[&key].cold_bytes))
    }

    /// Makes the cold blocks of a slab free, for which so many bytes were charged; whether they are still right.
    pub(crate) fn warm(&mut self, key: usize, bytes: usize) -> bool {
        let Some(slab) = self.slabs.get_mut(&key).filter(|slab| slab.cold_bytes == bytes) else { return false };
        slab.block.reserved += bytes;
        (slab.cold_pages, slab.cold_bytes) = (0, 0);
        self.free += slab.cold.len();
        slab.free.append(&mut slab.cold);
        if !slab.listed {
            slab.listed = true;
            self.open.push(key);
        }
        self.chilled.retain(|other| *other != key);
        true
    }

    /// Moves every slab to `out`.
    pub(crate) fn drain_all(&mut self, out: &mut Vec<Block>) {
        self.open.clear();
        out.extend(std::mem::take(&mut self.slabs).into_values().map(|s| s.block));
    }
}
