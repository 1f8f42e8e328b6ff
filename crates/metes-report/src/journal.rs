//! [`Journal`]: turns what happens to blocks into chunks of a capture, in bounded memory. No file, no thread.
//!
//! Large blocks are recorded one by one. Small ones, of which a program may make millions a second, are counted by group
//! and written at ticks, where they changed. Ticks grow rarer as the run grows longer, and blocks are no longer recorded
//! once the capture has its allowed size: both so that the size of a capture has an end. What is dropped is counted.
//! A map of the pool is wanted whenever clearly more is live than at the last one, so the last lies near the peak.

use crate::format::{Group, MAX_RUNS, MapRun, Record, frame, put_varint};
use metes_memory::{Copied, Run, RunState, Tag};
use std::collections::{HashMap, HashSet};

/// Blocks below this size are counted by group; those from it on are blocks of their own in the pool, too.
pub const SMALL: usize = (32 << 10) + 1;
/// Live bytes below which no map of the pool is wanted.
const MAPPED: u64 = 1 << 20;

/// How much a journal may write and keep.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the capture after which blocks are no longer recorded one by one.
    pub capture: u64,
    /// Bytes of finished chunks that may wait to be written.
    pub waiting: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { capture: 256 << 20, waiting: 4 << 20 }
    }
}

/// What happened to a block.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Whether it was handed out, or came back.
    pub taken: bool,
    /// The block; 0 for bytes that are charged without one, which are counted like small blocks.
    pub id: u64,
    /// Its bytes.
    pub size: usize,
    /// Blocks: one, or of many small ones how many more or fewer live.
    pub count: i64,
    /// Who holds it.
    pub tag: Tag,
    /// Nanoseconds since the recording started.
    pub time: u64,
    /// Live bytes afterwards.
    pub live: usize,
}

/// Gives the words for a tag.
pub type Namer = fn(&Tag) -> Group;

const CHUNK: usize = 32 << 10;
const FIRST_INTERVAL: u64 = 1_000_000;
/// Ticks after which the interval between them doubles.
const TICKS_PER_INTERVAL: u64 = 8192;

/// The state of a recording.
pub struct Journal {
    name: Namer,
    bounds: Bounds,
    groups: HashMap<Tag, usize>,
    held: Vec<Held>,
    changed: Vec<usize>,
    recorded: HashSet<u64>,
    chunk: Vec<u8>,
    time: u64,
    ready: Vec<u8>,
    written: u64,
    dropped: u64,
    since: Since,
    live: u64,
    high: u64,
    mapped: u64,
    pool: [u64; 3],
    copies: HashMap<(String, &'static str), u64>,
    ticked: u64,
    interval: u64,
    ticks: u64,
}

/// What a group holds in small blocks.
#[derive(Clone, Copy, Default)]
struct Held {
    bytes: u64,
    count: u64,
    changed: bool,
}

/// What happened since the last tick.
#[derive(Clone, Copy, Default)]
struct Since {
    most: u64,
    takes: u64,
    gives: u64,
    taken: u64,
}

impl Journal {
    /// A journal of a program with `live` bytes already there.
    pub fn new(name: Namer, bounds: Bounds, live: usize) -> Journal {
        Journal {
            name,
            bounds,
            groups: HashMap::new(),
            held: Vec::new(),
            changed: Vec::new(),
            recorded: HashSet::new(),
            chunk: Vec::new(),
            time: 0,
            ready: Vec::new(),
            written: 0,
            dropped: 0,
            since: Since { most: live as u64, ..Since::default() },
            live: live as u64,
            high: live as u64,
            mapped: 0,
            pool: [0; 3],
            copies: HashMap::new(),
            ticked: 0,
            interval: FIRST_INTERVAL,
            ticks: 0,
        }
    }

    /// Takes note of a change; says whether a map of the pool is wanted now.
    pub fn change(&mut self, change: &Change) -> bool {
        self.live = change.live as u64;
        if change.size < SMALL || change.id == 0 {
            self.small(change);
        } else {
            self.large(change);
        }
        self.since.most = self.since.most.max(self.live);
        if change.time.saturating_sub(self.ticked) >= self.interval {
            self.tick(change.time, 0);
        }
        change.taken && self.wants_map(8)
    }

    /// Whether the live bytes have grown by one part in `parts` since the last map.
    pub fn wants_map(&self, parts: u64) -> bool {
        self.live >= MAPPED && self.live - self.live / (parts + 1) > self.mapped && self.written < self.bounds.capture
    }

    /// Writes where the pool's bytes lie.
    pub fn map(&mut self, time: u64, mut runs: Vec<Run>) {
        let mut left_out = 0;
        if runs.len() > MAX_RUNS {
            runs.sort_unstable_by_key(|run| std::cmp::Reverse(run.bytes));
            left_out = runs.drain(MAX_RUNS..).map(|run| run.bytes as u64).sum();
            runs.sort_unstable_by_key(|run| run.start);
        }
        let runs =
            runs.iter().map(|run| MapRun { start: run.start as u64, bytes: run.bytes as u64, state: state(run) });
        let live = self.live;
        self.mapped = self.mapped.max(live);
        self.put(time, &Record::Map { live, left_out, runs: runs.collect() });
    }

    /// Writes how the pool stands, where that has changed.
    pub fn pool(&mut self, time: u64, reserved: usize, cached: usize, limit: Option<usize>) {
        let (reserved, cached, limit) = (reserved as u64, cached as u64, limit.map(|limit| limit as u64));
        let state = [reserved, cached, limit.map_or(0, |limit| limit.saturating_add(1))];
        if std::mem::replace(&mut self.pool, state) != state {
            self.put(time, &Record::Pool { reserved, cached, limit });
        }
    }

    /// Writes what was copied, where that has changed.
    pub fn copies(&mut self, time: u64, rows: Vec<Copied>) {
        for Copied { site, reason, bytes, count } in rows {
            let known = self.copies.entry((site.clone(), reason.name())).or_default();
            if std::mem::replace(known, count) != count {
                self.put(time, &Record::Copies { site, reason: reason.name().into(), bytes, count });
            }
        }
    }

    /// Writes that a small view kept a large block alive.
    pub fn pinned(&mut self, time: u64, holder: &str, view: u64, block: u64) {
        self.put(time, &Record::Pinned { holder: holder.into(), view, block });
    }

    fn flush_small(&mut self, time: u64) {
        for group in std::mem::take(&mut self.changed) {
            let Held { bytes, count, .. } = self.held[group];
            self.held[group].changed = false;
            self.put(time, &Record::Small { group: group as u64, bytes, count });
        }
    }

    /// Writes what small blocks did since the last tick, and the physical memory of the process (0: not known).
    pub fn tick(&mut self, time: u64, rss: u64) {
        self.flush_small(time);
        let Since { most, takes, gives, taken } = std::mem::take(&mut self.since);
        self.put(time, &Record::Tick { live: self.live, most: most.max(self.live), takes, gives, taken, rss });
        self.ticked = time;
        self.ticks += 1;
        if self.ticks.is_multiple_of(TICKS_PER_INTERVAL) {
            self.interval *= 2;
        }
    }

    /// Writes the end of the recording.
    pub fn end(&mut self, time: u64) {
        self.tick(time, 0);
        self.put(time, &Record::End { dropped: self.dropped });
    }

    /// Bytes to append to the file: all chunks that are finished, and the one that is not.
    pub fn take_ready(&mut self) -> Vec<u8> {
        self.close_chunk();
        std::mem::take(&mut self.ready)
    }

    fn small(&mut self, change: &Change) {
        let group = self.group(change);
        let held = &mut self.held[group];
        let size = change.size as u64;
        if change.taken {
            (held.bytes, held.count) = (held.bytes + size, held.count.saturating_add_signed(change.count));
            self.since.takes += change.count.max(0) as u64;
            self.since.taken += size;
        } else {
            // A block from before the recording may come back: it was never counted here.
            let count = held.count.saturating_add_signed(change.count.saturating_neg());
            (held.bytes, held.count) = (held.bytes.saturating_sub(size), count);
            self.since.gives += change.count.max(0) as u64;
        }
        if !held.changed {
            held.changed = true;
            self.changed.push(group);
        }
        if change.taken && self.live >= self.high + SMALL as u64 {
            // Small blocks that add up to a new peak are as good as a large one: who holds it shall be known.
            self.high = self.live;
            self.tick(change.time, 0);
        }
    }

    fn large(&mut self, change: &Change) {
        let Change { taken, id, size, time, .. } = *change;
        let live = self.live;
        if !taken {
            if self.recorded.remove(&id) {
                self.put(time, &Record::Give { id, live });
            }
        } else if self.written >= self.bounds.capture || self.ready.len() >= self.bounds.waiting {
            self.dropped += 1;
        } else {
            let group = self.group(change) as u64;
            self.recorded.insert(id);
            if live > self.high {
                // Who holds the peak shall be known exactly where a large block makes it.
                self.high = live;
                self.flush_small(time);
            }
            self.put(time, &Record::Take { id, size: size as u64, group, live });
        }
    }

    fn group(&mut self, change: &Change) -> usize {
        if let Some(group) = self.groups.get(&change.tag) {
            return *group;
        }
        let id = self.held.len();
        self.groups.insert(change.tag, id);
        self.held.push(Held::default());
        let group = (self.name)(&change.tag);
        self.put(change.time, &Record::Group { id: id as u64, group });
        id
    }

    fn put(&mut self, time: u64, record: &Record) {
        if self.chunk.is_empty() {
            self.time = time;
            put_varint(time, &mut self.chunk);
        }
        // Threads report in the order in which they get here, not in the order of their clocks.
        let later = time.saturating_sub(self.time);
        self.time += later;
        record.encode(later, &mut self.chunk);
        if self.chunk.len() >= CHUNK {
            self.close_chunk();
        }
    }

    fn close_chunk(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        let chunk = frame(&self.chunk);
        self.chunk.clear();
        if self.ready.len() >= 2 * self.bounds.waiting {
            // Nobody writes any more: the disk is full, say.
            self.dropped += 1;
            return;
        }
        self.written += chunk.len() as u64;
        self.ready.extend(chunk);
    }
}

fn state(run: &Run) -> u8 {
    match run.state {
        RunState::Used => 0,
        RunState::Free => 1,
        RunState::Cached => 2,
    }
}
