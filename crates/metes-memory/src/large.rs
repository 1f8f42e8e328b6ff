//! [`Large`]: freed large blocks that wait to be handed out again; found by size, let go by age.

use crate::{Block, decay};
use rustix::time::{ClockId, clock_gettime};
use std::collections::{BTreeMap, VecDeque};

/// Seconds of a clock that costs next to nothing, and is some milliseconds late.
pub(crate) fn now() -> i64 {
    clock_gettime(ClockId::MonotonicCoarse).tv_sec
}

#[derive(Default)]
pub(crate) struct Large {
    next: u64,
    /// By number, so the oldest first, with the second of its coming.
    blocks: BTreeMap<u64, (Block, i64)>,
    /// The numbers of the blocks of one size and alignment, the oldest first.
    numbers: BTreeMap<(usize, usize), VecDeque<u64>>,
    bytes: usize,
    /// Bytes that are used of such blocks, and the most that ever were at once.
    live: usize,
    most: usize,
    /// What is known of [`Large::resized`].
    resized: usize,
}

impl Large {
    /// Notes by how many bytes in all, which wrap, blocks grew that were handed out again without having come back here.
    pub fn resized(&mut self, bytes: usize) {
        self.live = self.live.wrapping_add(bytes.wrapping_sub(self.resized));
        self.resized = bytes;
    }

    /// Notes that a block is handed out of which so many bytes are used; of those that were before, `idle` are not.
    pub fn went_out(&mut self, bytes: usize, idle: usize) {
        self.live += bytes;
        self.most = self.most.max(self.live.saturating_sub(idle));
    }

    /// Notes that a block came back of which so many bytes were used.
    pub fn came_back(&mut self, bytes: usize) {
        self.live = self.live.saturating_sub(bytes);
    }

    /// Bytes that may wait while so many are taken afresh: a program sets aside no more than it ever used at once.
    pub fn room(&self, fresh: usize) -> usize {
        let wanted = self.live.saturating_add(fresh);
        self.most.max(wanted) - wanted
    }

    /// Bytes of all blocks.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The blocks, the oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.values().map(|(block, _)| block)
    }

    /// Keeps a block.
    pub fn add(&mut self, block: Block) {
        self.bytes += block.reserved;
        self.numbers.entry((block.size, block.align)).or_default().push_back(self.next);
        self.blocks.insert(self.next, (block, now()));
        self.next += 1;
    }

    /// The block of exactly this size and alignment that was freed last.
    pub fn take(&mut self, size: usize, align: usize) -> Option<Block> {
        let number = *self.numbers.get(&(size, align))?.back()?;
        self.remove(number)
    }

    fn remove(&mut self, number: u64) -> Option<Block> {
        let (block, _) = self.blocks.remove(&number)?;
        self.bytes -= block.reserved;
        let key = (block.size, block.align);
        let numbers = self.numbers.get_mut(&key)?;
        // It is the oldest or the newest of its size.
        if numbers.front() == Some(&number) {
            numbers.pop_front();
        } else {
            numbers.pop_back();
        }
        Some(block)
    }

    /// Moves blocks to `out`, the oldest first, until at most `keep` bytes are left and none that waits too long.
    pub fn evict(&mut self, keep: usize, out: &mut Vec<Block>) {
        if self.blocks.is_empty() {
            return;
        }
        let (now, patience) = (now(), decay::patience());
        while let Some((&number, (_, since))) = self.blocks.first_key_value()
            && (self.bytes > keep || now - since >= patience)
        {
            out.extend(self.remove(number));
        }
    }
}
