//! [`Slabs`]: the slabs of one size class and their free blocks.

use crate::layout::slab_runs;
use crate::{Block, Request, Run};
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
    /// Free blocks in all slabs.
    free: usize,
}

struct Slab {
    block: Block,
    free: Vec<NonNull<u8>>,
    count: usize,
    listed: bool,
}

// SAFETY: free blocks are nobody's; their addresses may be kept by any thread.
unsafe impl Send for Slab {}

impl Slabs {
    pub(crate) fn new(size: usize) -> Slabs {
        Slabs { size, slabs: BTreeMap::new(), open: Vec::new(), free: 0 }
    }

    /// What is asked of the source below for a slab of blocks of `size` bytes; a `lone` one holds one block.
    pub(crate) fn request(size: usize, request: &Request, lone: bool) -> Request {
        let bytes = if lone { size } else { SLAB.max(size * 8) / size * size };
        Request { size: bytes, align: 64, zeroed: false, ..*request }
    }

    /// Adds a slab.
    pub(crate) fn add(&mut self, block: Block) {
        let (start, count) = (block.ptr, block.size / self.size);
        // SAFETY: each offset lies within the slab.
        let free = (0..count).rev().map(|i| unsafe { start.add(i * self.size) }).collect();
        let key = start.as_ptr() as usize;
        self.free += count;
        self.slabs.insert(key, Slab { block, free, count, listed: true });
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

    /// Bytes of free blocks.
    pub(crate) fn free_bytes(&self) -> usize {
        self.free * self.size
    }

    /// Appends the runs of every slab, each slab's gathered from `most` runs on.
    pub(crate) fn runs(&self, most: usize, out: &mut Vec<Run>) {
        for (&start, slab) in &self.slabs {
            let free = slab.free.iter().map(|block| block.as_ptr() as usize).collect();
            slab_runs(start, self.size, slab.count, free, out.len() >= most, out);
        }
    }

    /// Moves slabs without a live block to `out`.
    pub(crate) fn drain_empty(&mut self, out: &mut Vec<Block>) {
        let empty: Vec<usize> = self.slabs.iter().filter(|(_, s)| s.free.len() == s.count).map(|(&k, _)| k).collect();
        for slab in empty.into_iter().filter_map(|key| self.slabs.remove(&key)) {
            self.free -= slab.count;
            out.push(slab.block);
        }
        self.open.retain(|key| self.slabs.contains_key(key));
    }

    /// Moves every slab to `out`.
    pub(crate) fn drain_all(&mut self, out: &mut Vec<Block>) {
        self.open.clear();
        out.extend(std::mem::take(&mut self.slabs).into_values().map(|s| s.block));
    }
}
