//! [`play`]: reads the records of a capture in order and keeps up to date what is live, in bounded memory.

use crate::capture::Holder;
use crate::chunks::Chunks;
use crate::format::{Group, Header, Record, varint};
use metes_memory::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

/// Names and live blocks that are kept at most: a file with more is hostile or useless, and says so in a note.
pub const MOST_GROUPS: usize = 1 << 18;
const MOST_BLOCKS: usize = 1 << 21;

const LOST: &str = "(name lost)";
const BEFORE: &str = "(live before the recording)";
const BETWEEN: &str = "(small blocks between two ticks, and blocks that were not recorded)";

/// A record, where and when, and the world with it.
pub struct Step<'a> {
    /// Its number.
    pub index: u64,
    /// Nanoseconds since the recording started.
    pub time: u64,
    /// The record.
    pub record: &'a Record,
    /// The block that a `Give` took away.
    pub gone: Option<Block>,
    /// What is live after it.
    pub world: &'a World,
}

/// What is live at a step.
#[derive(Default)]
pub struct World {
    groups: HashMap<u64, Group>,
    /// Large blocks, by number.
    pub blocks: HashMap<u64, Block>,
    /// Bytes and counts of small blocks, by group.
    pub small: HashMap<u64, (u64, u64)>,
    /// Large blocks taken so far.
    pub taken: u64,
    full: bool,
}

/// A large block.
#[derive(Clone, Copy)]
pub struct Block {
    /// Bytes.
    pub size: u64,
    /// Who holds it.
    pub group: u64,
    /// When it was taken.
    pub born: u64,
    /// How many large blocks had been taken with it.
    pub number: u64,
}

/// Reads all records; `see` looks at each after the world has changed. Returns the notes on what could not be read.
pub fn play(path: &Path, mut see: impl FnMut(&Step)) -> Result<(Header, World, Vec<String>)> {
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
            let gone = world.apply(&record, time);
            see(&Step { index, time, record: &record, gone, world: &world });
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
    fn apply(&mut self, record: &Record, time: u64) -> Option<Block> {
        match *record {
            Record::Group { id, ref group } if self.groups.len() < MOST_GROUPS => {
                self.groups.insert(id, group.clone());
            }
            Record::Take { id, size, group, .. } if self.blocks.len() < MOST_BLOCKS => {
                self.taken += 1;
                self.blocks.insert(id, Block { size, group, born: time, number: self.taken });
            }
            Record::Give { id, .. } => return self.blocks.remove(&id),
            Record::Small { group, bytes, count } if self.small.len() < MOST_GROUPS => {
                self.small.insert(group, (bytes, count));
            }
            Record::Group { .. } | Record::Take { .. } | Record::Small { .. } => self.full = true,
            _ => {}
        }
        None
    }

    /// What a group stands for.
    pub fn group(&self, id: u64) -> Group {
        let lost = || Group { site: LOST.into(), ..Group::default() };
        self.groups.get(&id).cloned().unwrap_or_else(lost)
    }

    /// Who holds bytes now, the largest first, with what is needed to make up `live`.
    pub fn holders(&self, live: u64, before: u64) -> Vec<Holder> {
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
