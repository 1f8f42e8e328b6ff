//! [`read_capture`]: two passes over a capture file, in memory bounded by what is live and by the number of sites.
//!
//! The first pass finds the peak, the sums and the largest blocks; the second, knowing where the peak lies and how long
//! the run was, replays to the peak to see who held bytes there, and thins the timeline on the way.

use crate::capture::{BlockKind, Capture, Holder, Peak, Point, Totals};
use crate::chunks::Chunks;
use crate::format::{Group, Header, Record, varint};
use crate::kinds::Kinds;
use crate::thin::Thin;
use metes_memory::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// Names and live blocks that are kept at most: a file with more is hostile or useless, and says so in a note.
const MOST_GROUPS: usize = 1 << 18;
const MOST_BLOCKS: usize = 1 << 22;

const LOST: &str = "(name lost)";
const BEFORE: &str = "(live before the recording)";
const BETWEEN: &str = "(small blocks between two ticks, and blocks that were not recorded)";

/// Reads a capture. What a cut or damaged file still says is returned, with [notes](Capture::notes) on what it does not.
///
/// Errors: `Io` where the file cannot be read, `Format` where it is no capture; both name the file.
pub fn read_capture(path: impl AsRef<Path>) -> Result<Capture> {
    let path = path.as_ref();
    let (header, first) = First::read(path)?;
    let mut second = Second::new(&header, &first);
    let (_, _, mut notes) = replay(path, |step, world| second.see(step, world))?;
    notes.extend(first.notes());
    Ok(Capture {
        peak: Peak { bytes: first.peak, time: nanos(first.known_time) },
        timeline: second.thin.points(),
        largest: first.largest,
        holders: second.holders,
        totals: first.totals,
        duration: nanos(first.time),
        header,
        notes,
    })
}

/// A record, where and when.
struct Step<'a> {
    index: u64,
    time: u64,
    record: &'a Record,
}

/// What is live at a step of the replay.
#[derive(Default)]
struct World {
    groups: HashMap<u64, Group>,
    blocks: HashMap<u64, Block>,
    small: HashMap<u64, (u64, u64)>,
    full: bool,
}

#[derive(Clone, Copy)]
struct Block {
    size: u64,
    group: u64,
    born: u64,
}

/// Reads all records in order and keeps the world up to date; `see` looks at each record before the world changes.
fn replay(path: &Path, mut see: impl FnMut(&Step, &World)) -> Result<(Header, World, Vec<String>)> {
    let (header, mut chunks) = Chunks::open(path)?;
    let (mut world, mut index, mut broken) = (World::default(), 0, 0);
    while let Some(payload) = chunks.next_chunk().map_err(|error| Error::from(error).context(path.display()))? {
        let mut input = payload.as_slice();
        let mut time = varint(&mut input).unwrap_or(0);
        while !input.is_empty() {
            let Some((later, record)) = Record::decode(&mut input) else {
                broken += 1;
                break;
            };
            time = time.saturating_add(later);
            see(&Step { index, time, record: &record }, &world);
            world.apply(record, time);
            index += 1;
        }
    }
    let mut notes = chunks.notes;
    if broken > 0 {
        notes.push(format!("{broken} chunks hold records that make no sense, and were left out from there on"));
    }
    if world.full {
        notes.push("more names or live blocks than can be kept: some are missing".into());
    }
    Ok((header, world, notes))
}

impl World {
    fn apply(&mut self, record: Record, time: u64) {
        match record {
            Record::Group { id, group } if self.groups.len() < MOST_GROUPS => drop(self.groups.insert(id, group)),
            Record::Take { id, size, group, .. } if self.blocks.len() < MOST_BLOCKS => {
                self.blocks.insert(id, Block { size, group, born: time });
            }
            Record::Give { id, .. } => drop(self.blocks.remove(&id)),
            Record::Small { group, bytes, count } if self.small.len() < MOST_GROUPS => {
                self.small.insert(group, (bytes, count));
            }
            Record::Tick { .. } | Record::End { .. } => {}
            Record::Group { .. } | Record::Take { .. } | Record::Small { .. } => self.full = true,
        }
    }

    fn group(&self, id: u64) -> Group {
        let lost = || Group { site: LOST.into(), ..Group::default() };
        self.groups.get(&id).cloned().unwrap_or_else(lost)
    }

    /// Who holds bytes now, the largest first, with what is needed to make up `live`.
    fn holders(&self, live: u64, before: u64) -> Vec<Holder> {
        let mut sums = HashMap::<u64, (u64, u64)>::new();
        let large = self.blocks.values().map(|block| (block.group, (block.size, 1)));
        let small = self.small.iter().map(|(group, held)| (*group, *held));
        for (group, (bytes, count)) in large.chain(small).filter(|(_, (bytes, _))| *bytes > 0) {
            let sum = sums.entry(group).or_default();
            *sum = (sum.0.saturating_add(bytes), sum.1.saturating_add(count));
        }
        let mut holders: Vec<Holder> = sums
            .into_iter()
            .map(|(id, (bytes, count))| {
                let Group { op, site, scope, dtype } = self.group(id);
                Holder { site, op, dtype, scope, bytes, count }
            })
            .collect();
        let known = holders.iter().fold(0u64, |sum, holder| sum.saturating_add(holder.bytes));
        let missing = live.saturating_sub(known);
        for (site, bytes) in [(BEFORE, missing.min(before)), (BETWEEN, missing.saturating_sub(before))] {
            if bytes > 0 {
                let none = String::new;
                holders.push(Holder { site: site.into(), op: none(), dtype: none(), scope: none(), bytes, count: 0 });
            }
        }
        holders.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.site, &a.op).cmp(&(&b.site, &b.op))));
        holders
    }
}

/// What the first pass finds.
#[derive(Default)]
struct First {
    peak: u64,
    /// The most live bytes at a record, which is where the holders are known, and the record.
    known: u64,
    known_time: u64,
    known_index: Option<u64>,
    time: u64,
    totals: Totals,
    kinds: Kinds,
    largest: Vec<BlockKind>,
    dropped: u64,
    ended: bool,
}

impl First {
    fn read(path: &Path) -> Result<(Header, First)> {
        let mut first = First::default();
        let (header, world, _) = replay(path, |step, world| first.see(step, world))?;
        first.peak = first.peak.max(header.live_before);
        if header.live_before > first.known {
            (first.known_time, first.known_index) = (0, None);
        }
        for block in world.blocks.values() {
            first.kinds.alive(block.group, block.size, first.time.saturating_sub(block.born));
        }
        first.largest = first.kinds.largest(|group| world.group(group));
        Ok((header, first))
    }

    fn see(&mut self, step: &Step, world: &World) {
        self.time = self.time.max(step.time);
        match *step.record {
            Record::Take { size, group, live, .. } => {
                self.kinds.made(group, size, step.time);
                self.totals.takes = self.totals.takes.saturating_add(1);
                self.totals.bytes = self.totals.bytes.saturating_add(size);
                self.live(step, live, live);
            }
            Record::Give { id, live } => {
                if let Some(block) = world.blocks.get(&id) {
                    let lived = step.time.saturating_sub(block.born);
                    self.kinds.gone(block.group, block.size, lived);
                }
                self.live(step, live, live);
            }
            Record::Tick { live, most, takes, taken, rss, .. } => {
                self.totals.takes = self.totals.takes.saturating_add(takes);
                self.totals.bytes = self.totals.bytes.saturating_add(taken);
                self.totals.most_rss = self.totals.most_rss.max(rss);
                self.live(step, live, most);
            }
            Record::End { dropped } => (self.ended, self.dropped) = (true, dropped),
            Record::Group { .. } | Record::Small { .. } => {}
        }
    }

    fn live(&mut self, step: &Step, now: u64, most: u64) {
        self.totals.live_at_end = now;
        self.peak = self.peak.max(most).max(now);
        if now > self.known {
            (self.known, self.known_time, self.known_index) = (now, step.time, Some(step.index));
        }
    }

    fn notes(&self) -> Vec<String> {
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

/// What the second pass finds.
struct Second {
    peak: u64,
    peak_index: Option<u64>,
    before: u64,
    holders: Vec<Holder>,
    thin: Thin,
}

impl Second {
    fn new(header: &Header, first: &First) -> Second {
        let before = header.live_before;
        let mut thin = Thin::new(first.time);
        thin.add(0, before, None);
        let holders = if first.known_index.is_none() { World::default().holders(before, before) } else { Vec::new() };
        Second { peak: first.peak, peak_index: first.known_index, before, holders, thin }
    }

    fn see(&mut self, step: &Step, world: &World) {
        match *step.record {
            Record::Take { live, .. } | Record::Give { live, .. } => self.thin.add(step.time, live, None),
            Record::Tick { live, most, rss, .. } => {
                self.thin.add(step.time, most, None);
                self.thin.add(step.time, live, (rss > 0).then_some(rss));
            }
            _ => {}
        }
        if self.peak_index == Some(step.index) {
            self.holders = world.holders_after(step, self.peak, self.before);
        }
    }
}

impl World {
    /// The holders once the record of `step` is applied too; the record is looked at before the world changes.
    fn holders_after(&self, step: &Step, live: u64, before: u64) -> Vec<Holder> {
        let mut after = World { groups: self.groups.clone(), small: self.small.clone(), ..World::default() };
        after.blocks.clone_from(&self.blocks);
        after.apply(step.record.clone(), step.time);
        after.holders(live, before)
    }
}

pub(crate) fn nanos(time: u64) -> Duration {
    Duration::from_nanos(time)
}

pub(crate) fn point(time: u64, live: u64, rss: Option<u64>) -> Point {
    Point { time: nanos(time), live, rss }
}
