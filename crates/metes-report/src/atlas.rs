//! The memory map of the page: every run of memory drawn to scale, row after row, in the order of addresses.

use crate::capture::{MemoryMap, Piece, PieceState};
use crate::format::Group;
use crate::series::SITES;
use crate::svg::put;
use crate::tree::words;
use crate::units::{bytes, time};
use serde::Serialize;
use std::collections::BTreeMap;

/// Units of a row, rows at most, the height of a row with its gap, and of its bytes.
const WIDTH: f64 = 1000.0;
const ROWS: u64 = 24;
const PITCH: f64 = 13.0;
const BAR: f64 = 11.0;
/// Narrower pieces share a box.
const NARROW: f64 = 0.8;
/// Between regions that are not adjacent, unless they are many.
const GAP: f64 = 2.0;
const MANY: usize = 400;

/// Numbers of the fills after the sites' and the rest's.
const SMALL: usize = SITES + 1;
const ROUNDING: usize = SITES + 2;
const FREE: usize = SITES + 3;
const CACHED: usize = SITES + 4;

/// A map as numbers for the page.
#[derive(Serialize)]
pub struct Atlas {
    title: &'static str,
    when: String,
    height: f64,
    row: String,
    /// The number of a fill and all its boxes as one path.
    fills: Vec<(usize, String)>,
    /// `from,to,bytes,address,words` of each box in units along the rows, for the pointer.
    boxes: String,
    /// The words that boxes refer to, as JSON that may stand in a page.
    words: String,
    facts: Vec<(&'static str, String)>,
}

/// Boxes as they are laid, one behind the other.
#[derive(Default)]
struct Laid {
    at: f64,
    fills: BTreeMap<usize, String>,
    boxes: String,
}

/// Draws a map. `slot` gives the number of a label's colour.
pub fn atlas(title: &'static str, map: &MemoryMap, slot: impl Fn(&str) -> usize) -> Atlas {
    let whole = map.bytes(|_| true).max(1);
    let row = (whole / ROWS).max(4096).next_power_of_two();
    let gap = if map.regions().count() > MANY { 0.0 } else { GAP };
    let slots: Vec<usize> = map.groups.iter().map(|group| slot(group.label())).collect();
    let mut laid = Laid::default();
    for region in map.regions() {
        laid.region(region, WIDTH / row as f64, map.groups.len(), &slots);
        laid.at += gap;
    }
    let names =
        ["small blocks", "rounding of a block", "free small blocks", "cached: freed, and kept to be used again"];
    let describe = |group: &Group| words(&[group.label(), &group.op, &group.dtype, &group.scope]);
    Atlas {
        title,
        when: format!("at {}, {} live", time(map.time), bytes(map.live)),
        height: ((laid.at / WIDTH).floor() + 1.0) * PITCH,
        row: bytes(row),
        fills: laid.fills.into_iter().collect(),
        boxes: laid.boxes,
        words: json(&map.groups.iter().map(describe).chain(names.map(String::from)).collect::<Vec<_>>()),
        facts: facts(map),
    }
}

/// Strings as JSON in which no markup can begin.
fn json(words: &[String]) -> String {
    serde_json::to_string(words).unwrap_or_default().replace('<', "\\u003c")
}

fn facts(map: &MemoryMap) -> Vec<(&'static str, String)> {
    let of = |wanted: PieceState| bytes(map.bytes(|state| state == wanted));
    let (free, runs, largest) = map.free();
    let mut facts = vec![
        ("large blocks", bytes(map.bytes(|state| matches!(state, PieceState::Live(_))))),
        ("small blocks", of(PieceState::Small)),
        ("rounding", of(PieceState::Rounding)),
        ("free in slabs", of(PieceState::Free)),
        ("cached", of(PieceState::Cached)),
    ];
    if runs > 0 {
        let scattered = 100.0 * (1.0 - largest as f64 / free as f64);
        facts.push(("largest free run", format!("{} of {runs}", bytes(largest))));
        facts.push(("scattered", format!("{scattered:.0} %")));
    }
    if map.left_out > 0 {
        facts.push(("not drawn", bytes(map.left_out)));
    }
    facts
}

impl Laid {
    /// Pieces of adjacent addresses, narrow ones together under what most of them do.
    fn region(&mut self, region: &[Piece], scale: f64, groups: usize, slots: &[usize]) {
        let mut pending: Vec<&Piece> = Vec::new();
        let mut sum = 0;
        for (place, piece) in region.iter().enumerate() {
            pending.push(piece);
            sum += piece.bytes;
            let next = region.get(place + 1).map_or(0.0, |piece| piece.bytes as f64 * scale);
            if sum as f64 * scale < NARROW && next < NARROW && place + 1 < region.len() {
                continue;
            }
            let most = pending.iter().copied().max_by_key(|piece| piece.bytes).expect("one was pushed");
            let (fill, words) = match most.state {
                PieceState::Live(group) => (slots[group], group),
                PieceState::Small => (SMALL, groups),
                PieceState::Rounding => (ROUNDING, groups + 1),
                PieceState::Free => (FREE, groups + 2),
                PieceState::Cached => (CACHED, groups + 3),
            };
            let width = sum as f64 * scale;
            let (from, to) = (self.at, self.at + width);
            put(&mut self.boxes, format_args!("{from:.1},{to:.1},{},{:x},{words};", most.bytes, most.start));
            self.paint(fill, width);
            pending.clear();
            sum = 0;
        }
    }

    /// A box, continued on the next rows.
    fn paint(&mut self, fill: usize, width: f64) {
        let path = self.fills.entry(fill).or_default();
        let end = self.at + width;
        while self.at < end {
            let row = (self.at / WIDTH).floor();
            let (x, next) = (self.at - row * WIDTH, end.min((row + 1.0) * WIDTH));
            let (y, wide) = (row * PITCH, next - self.at);
            // A hair between neighbours shows where one ends.
            let inner = if wide > 3.0 { wide - 0.5 } else { wide };
            put(path, format_args!("M{x:.1} {y}h{inner:.1}v{BAR}h-{inner:.1}z"));
            self.at = if next > self.at { next } else { end };
        }
        self.at = end;
    }
}
