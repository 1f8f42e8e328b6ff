//! [`MemoryMap`]: where bytes lie at one moment: the large live blocks and the pool's runs, by address.

use crate::capture::{MemoryMap, Piece, PieceState};
use crate::digest::nanos;
use crate::format::Record;
use crate::world::Step;
use metes_memory::class_bytes;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Pieces that are kept; smaller ones than those are summed up.
const PIECES: usize = 16_384;

/// The map at a step that holds one.
pub fn map_at(step: &Step) -> Option<MemoryMap> {
    let Record::Map { live, left_out, runs } = step.record else { return None };
    let mut map = MemoryMap { time: nanos(step.time), live: *live, left_out: *left_out, ..MemoryMap::default() };
    let mut numbers = HashMap::new();
    for (start, block) in &step.world.blocks {
        let group = *numbers.entry(block.group).or_insert_with(|| {
            map.groups.push(step.world.group(block.group));
            map.groups.len() - 1
        });
        map.pieces.push(Piece { start: *start, bytes: block.size, state: PieceState::Live(group) });
        let class = usize::try_from(block.size).ok().and_then(class_bytes).map_or(block.size, |bytes| bytes as u64);
        let (start, bytes) = (start.saturating_add(block.size), class.saturating_sub(block.size));
        if bytes > 0 {
            map.pieces.push(Piece { start, bytes, state: PieceState::Rounding });
        }
    }
    let state = |state| [PieceState::Small, PieceState::Free, PieceState::Cached][usize::from(state).min(2)];
    map.pieces.extend(runs.iter().map(|run| Piece { start: run.start, bytes: run.bytes, state: state(run.state) }));
    if map.pieces.len() > PIECES {
        map.pieces.sort_unstable_by_key(|piece| Reverse(piece.bytes));
        map.left_out += map.pieces.drain(PIECES..).fold(0u64, |sum, piece| sum.saturating_add(piece.bytes));
    }
    map.pieces.sort_unstable_by_key(|piece| (piece.start, Reverse(piece.bytes)));
    let mut end = 0;
    // What another thread took or gave while the map was made may be there twice; the first word counts.
    map.pieces.retain(|piece| {
        let free = piece.start >= end;
        end = end.max(piece.start.saturating_add(piece.bytes));
        free && piece.bytes > 0
    });
    Some(map)
}

impl MemoryMap {
    /// Bytes in pieces of a state.
    pub fn bytes(&self, of: impl Fn(PieceState) -> bool) -> u64 {
        let sizes = self.pieces.iter().filter(|piece| of(piece.state)).map(|piece| piece.bytes);
        sizes.fold(0, u64::saturating_add)
    }

    /// Free bytes of the pool, in how many runs, and the largest of them.
    pub fn free(&self) -> (u64, usize, u64) {
        let free = |piece: &&Piece| matches!(piece.state, PieceState::Free | PieceState::Cached);
        let sizes: Vec<u64> = self.pieces.iter().filter(free).map(|piece| piece.bytes).collect();
        let sum = sizes.iter().fold(0u64, |sum, bytes| sum.saturating_add(*bytes));
        (sum, sizes.len(), sizes.into_iter().max().unwrap_or(0))
    }

    /// The pieces in regions of adjacent addresses.
    pub fn regions(&self) -> impl Iterator<Item = &[Piece]> {
        self.pieces.chunk_by(|a, b| a.start.saturating_add(a.bytes) == b.start)
    }
}
