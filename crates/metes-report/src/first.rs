//! [`First`]: what the first pass over a capture finds: the peak, the sums, what each group did.

use crate::capture::{BlockKind, Copies, Pin, Totals, Traffic};
use crate::format::{Header, Record};
use crate::kinds::Kinds;
use crate::world::{Block, MOST_GROUPS, Step, World, play};
use metes_memory::Result;
use std::collections::HashMap;
use std::path::Path;

/// A block that goes before so many more large ones have come is a temporary: the intermediate results of an expression
/// do.
const TEMPORARY: u64 = 4;
/// Rows of copies, pins and limits that are kept.
const MOST_ROWS: usize = 4096;

/// The findings of the first pass.
#[derive(Default)]
pub struct First {
    pub peak: u64,
    /// The most live bytes at a record, which is where the holders are known, and the record.
    known: u64,
    pub known_time: u64,
    pub known_index: Option<u64>,
    /// The time of the last record.
    pub time: u64,
    pub totals: Totals,
    pub largest: Vec<BlockKind>,
    pub groups: HashMap<u64, Sums>,
    pub copies: HashMap<(String, String), (u64, u64)>,
    pub pins: Vec<Pin>,
    pub limits: Vec<(u64, Option<u64>)>,
    /// The records of the map with the most live bytes, and of the last one.
    pub maps: [Option<u64>; 2],
    most_mapped: u64,
    kinds: Kinds,
    dropped: u64,
    ended: bool,
}

/// What a group did.
#[derive(Clone, Copy, Default)]
pub struct Sums {
    pub large: u64,
    pub small: u64,
    pub count: u64,
    pub small_count: u64,
    /// The most live bytes at once.
    pub most: u64,
    /// Large blocks and their bytes, and those of them that were temporaries.
    pub taken: (u64, u64),
    pub temporary: (u64, u64),
    pub lived: u64,
}

impl First {
    /// Plays a capture.
    pub fn read(path: &Path) -> Result<(Header, World, First)> {
        let mut first = First::default();
        let (header, world, _) = play(path, |step| first.see(step))?;
        first.peak = first.peak.max(header.live_before);
        if header.live_before > first.known {
            (first.known_time, first.known_index) = (0, None);
        }
        for block in world.blocks.values() {
            let lived = first.time.saturating_sub(block.born);
            first.kinds.alive(block.group, block.size, lived);
        }
        first.largest = first.kinds.largest(|group| world.group(group));
        Ok((header, world, first))
    }

    fn see(&mut self, step: &Step) {
        self.time = self.time.max(step.time);
        match *step.record {
            Record::Take { size, group, live, .. } => {
                self.kinds.made(group, size, step.time);
                self.totals.takes = self.totals.takes.saturating_add(1);
                self.totals.bytes = self.totals.bytes.saturating_add(size);
                self.group(group, |sums| sums.take(size));
                self.live(step, live, live);
            }
            Record::Give { live, .. } => {
                if let Some(block) = step.gone {
                    let lived = step.time.saturating_sub(block.born);
                    self.kinds.gone(block.group, block.size, lived);
                    let temporary = step.world.taken - block.number <= TEMPORARY;
                    self.group(block.group, |sums| sums.give(&block, temporary, lived));
                }
                self.live(step, live, live);
            }
            Record::Tick { live, most, takes, taken, rss, .. } => {
                self.totals.takes = self.totals.takes.saturating_add(takes);
                self.totals.bytes = self.totals.bytes.saturating_add(taken);
                self.totals.most_rss = self.totals.most_rss.max(rss);
                self.live(step, live, most);
            }
            Record::Small { group, bytes, count } => self.group(group, |sums| {
                (sums.small, sums.small_count) = (bytes, count);
                sums.most = sums.most.max(sums.large.saturating_add(bytes));
            }),
            Record::Copies { ref site, ref reason, bytes, count } if self.copies.len() < MOST_ROWS => {
                self.copies.insert((site.clone(), reason.clone()), (bytes, count));
            }
            Record::Pool { reserved, limit, .. } => {
                self.totals.most_reserved = self.totals.most_reserved.max(reserved);
                if self.limits.len() < MOST_ROWS && self.limits.last().is_none_or(|(_, last)| *last != limit) {
                    self.limits.push((step.time, limit));
                }
            }
            Record::Map { live, .. } => {
                if live >= self.most_mapped {
                    (self.most_mapped, self.maps[0]) = (live, Some(step.index));
                }
                self.maps[1] = Some(step.index);
            }
            Record::Pinned { ref holder, view, block } if self.pins.len() < MOST_ROWS => {
                self.pins.push(Pin { holder: holder.clone(), view, block });
            }
            Record::End { dropped } => (self.ended, self.dropped) = (true, dropped),
            _ => {}
        }
    }

    fn group(&mut self, group: u64, change: impl FnOnce(&mut Sums)) {
        if self.groups.len() < MOST_GROUPS || self.groups.contains_key(&group) {
            change(self.groups.entry(group).or_default());
        }
    }

    fn live(&mut self, step: &Step, now: u64, most: u64) {
        self.totals.live_at_end = now;
        self.peak = self.peak.max(most).max(now);
        if now > self.known {
            (self.known, self.known_time, self.known_index) = (now, step.time, Some(step.index));
        }
    }

    /// What each group did, the most bytes first.
    pub fn traffic(&self, world: &World, growing: impl Fn(u64) -> bool) -> Vec<Traffic> {
        let mut oldest = HashMap::<u64, u64>::new();
        for block in world.blocks.values() {
            let age = oldest.entry(block.group).or_default();
            *age = (*age).max(self.time.saturating_sub(block.born));
        }
        let row = |(id, sums): (&u64, &Sums)| Traffic {
            group: world.group(*id),
            blocks: sums.taken.0,
            bytes: sums.taken.1,
            temporaries: sums.temporary.0,
            temporary_bytes: sums.temporary.1,
            temporary_life: crate::digest::nanos(sums.lived / sums.temporary.0.max(1)),
            most: sums.most,
            alive: sums.count + sums.small_count,
            alive_bytes: sums.large.saturating_add(sums.small),
            oldest: crate::digest::nanos(oldest.get(id).copied().unwrap_or(0)),
            grows: growing(*id),
        };
        let mut rows: Vec<Traffic> = self.groups.iter().map(row).collect();
        rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.group.cmp(&b.group)));
        rows
    }

    /// What was copied, the most bytes first.
    pub fn copies(&mut self) -> Vec<Copies> {
        let row = |((site, reason), (bytes, count))| Copies { site, reason, bytes, count };
        let mut rows: Vec<Copies> = self.copies.drain().map(row).collect();
        rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.site, &a.reason).cmp(&(&b.site, &b.reason))));
        rows
    }

    /// What the recording itself lacks.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.ended {
            notes.push("the recording has no end: the program was killed, or still runs".into());
        }
        if self.dropped > 0 {
            let dropped = self.dropped;
            notes.push(format!("{dropped} large blocks were not recorded: the capture was full or the disk too slow"));
        }
        notes
    }
}

impl Sums {
    fn take(&mut self, size: u64) {
        self.large = self.large.saturating_add(size);
        self.count += 1;
        self.taken = (self.taken.0 + 1, self.taken.1.saturating_add(size));
        self.most = self.most.max(self.large.saturating_add(self.small));
    }

    fn give(&mut self, block: &Block, temporary: bool, lived: u64) {
        self.large = self.large.saturating_sub(block.size);
        self.count = self.count.saturating_sub(1);
        if temporary {
            self.temporary = (self.temporary.0 + 1, self.temporary.1.saturating_add(block.size));
            self.lived = self.lived.saturating_add(lived);
        }
    }
}
