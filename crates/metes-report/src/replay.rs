//! [`replay`]: the recorded program once more under another limit, cache or size of pages, without running it.
//!
//! The large blocks are played against a model of the pool: rounded to their class and to pages, freed ones kept for
//! equal sizes, the oldest let go when the cache is full or a limit is near. Small blocks count as their bytes. The
//! program itself is taken to do the same again: one that plans by its limit would not.

use crate::digest::nanos;
use crate::format::{Group, Record};
use crate::text::maker;
use crate::units::{bytes, counted, time};
use crate::world::{Step, play};
use metes_memory::{Result, class_bytes};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

/// What the system hands out at least, and in multiples of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pages {
    /// As recorded: pages of four KiB.
    #[default]
    Small,
    /// Huge pages of two MiB, for blocks of at least one.
    Huge,
}

/// What is other than it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The most bytes that may be set aside; `None` for no limit.
    pub limit: Option<u64>,
    /// The size of pages.
    pub pages: Pages,
    /// The most bytes of freed blocks that are kept; `None` for a quarter of the limit, at most two GiB.
    pub cache: Option<u64>,
}

/// What would have happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The most bytes that were set aside at once, cached ones included.
    pub reserved: u64,
    /// The most that were set aside for live blocks: the least limit under which the program runs.
    pub needed: u64,
    /// The most live bytes as requested.
    pub live: u64,
    /// Large blocks that had to come from the system, and those that came from the cache.
    pub fresh: u64,
    /// See `fresh`.
    pub reused: u64,
    /// Cached bytes that were given back early, for want of room.
    pub reclaimed: u64,
    /// The first block that was refused: when, whose, its bytes, and the bytes in use.
    pub refused: Option<(Duration, Group, u64, u64)>,
    /// Blocks that were refused; each is taken to go on all the same, so that later ones are judged alone.
    pub refusals: u64,
}

const HUGE: u64 = 2 << 20;
const LARGEST_CACHE: u64 = 2 << 30;
/// Blocks that nobody wanted for so long go back.
const DECAY: u64 = 5_000_000_000;

/// Plays a capture under a policy. Errors as those of [`read_capture`](crate::read_capture).
pub fn replay(path: impl AsRef<Path>, policy: &Policy) -> Result<Outcome> {
    let mut model = Model { policy: *policy, ..Model::default() };
    let cap = policy.limit.map_or(LARGEST_CACHE, |limit| (limit / 4).min(LARGEST_CACHE));
    model.cap = policy.cache.unwrap_or(cap);
    let (header, _, _) = play(path.as_ref(), |step| model.see(step))?;
    let mut outcome = model.outcome;
    outcome.live = outcome.live.max(header.live_before);
    Ok(outcome)
}

#[derive(Default)]
struct Model {
    policy: Policy,
    cap: u64,
    /// What is set aside for live large blocks, and live bytes that are not large blocks.
    large: u64,
    other: u64,
    requested: u64,
    cached: u64,
    /// Freed blocks by number, the oldest first: size and time; and the numbers of each size.
    kept: BTreeMap<u64, (u64, u64)>,
    sizes: HashMap<u64, Vec<u64>>,
    next: u64,
    outcome: Outcome,
}

impl Model {
    fn see(&mut self, step: &Step) {
        match *step.record {
            Record::Take { size, group, live, .. } => {
                self.requested = self.requested.saturating_add(size);
                self.level(live);
                self.take(step, size, group);
            }
            Record::Give { live, .. } => {
                if let Some(block) = step.gone {
                    self.requested = self.requested.saturating_sub(block.size);
                    self.give(self.set_aside(block.size), step.time);
                }
                self.level(live);
            }
            Record::Tick { live, most, .. } => {
                self.outcome.live = self.outcome.live.max(most);
                self.level(live);
            }
            _ => {}
        }
    }

    /// Everything that is live and no large block counts as its bytes.
    fn level(&mut self, live: u64) {
        self.other = live.saturating_sub(self.requested);
        self.outcome.live = self.outcome.live.max(live);
        self.note();
    }

    fn note(&mut self) {
        let needed = self.large.saturating_add(self.other);
        self.outcome.needed = self.outcome.needed.max(needed);
        self.outcome.reserved = self.outcome.reserved.max(needed.saturating_add(self.cached));
    }

    fn set_aside(&self, size: u64) -> u64 {
        let class = usize::try_from(size).ok().and_then(class_bytes).map_or(size, |bytes| bytes as u64);
        match self.policy.pages {
            Pages::Huge if class >= HUGE => class.div_ceil(HUGE).saturating_mul(HUGE),
            _ => class,
        }
    }

    fn take(&mut self, step: &Step, size: u64, group: u64) {
        let bytes = self.set_aside(size);
        self.evict(self.cap, step.time);
        let found = self.sizes.get_mut(&bytes).and_then(Vec::pop);
        if let Some(number) = found {
            self.kept.remove(&number);
            self.cached = self.cached.saturating_sub(bytes);
            self.outcome.reused += 1;
        } else {
            self.outcome.fresh += 1;
            self.make_room(step, size, bytes, group);
        }
        self.large = self.large.saturating_add(bytes);
        self.note();
    }

    fn make_room(&mut self, step: &Step, size: u64, bytes: u64, group: u64) {
        let Some(limit) = self.policy.limit else { return };
        let used = self.large.saturating_add(self.other);
        let cached = self.cached;
        self.evict(limit.saturating_sub(used.saturating_add(bytes)), step.time);
        self.outcome.reclaimed = self.outcome.reclaimed.saturating_add(cached - self.cached);
        if used.saturating_add(bytes) > limit {
            self.outcome.refusals += 1;
            let refused = || (nanos(step.time), step.world.group(group), size, used);
            self.outcome.refused.get_or_insert_with(refused);
        }
    }

    fn give(&mut self, bytes: u64, time: u64) {
        self.large = self.large.saturating_sub(bytes);
        self.kept.insert(self.next, (bytes, time));
        self.sizes.entry(bytes).or_default().push(self.next);
        self.next += 1;
        self.cached = self.cached.saturating_add(bytes);
        self.evict(self.cap, time);
    }

    fn evict(&mut self, keep: u64, now: u64) {
        while let Some((&number, &(bytes, since))) = self.kept.first_key_value()
            && (self.cached > keep || now.saturating_sub(since) > DECAY)
        {
            self.kept.remove(&number);
            self.cached = self.cached.saturating_sub(bytes);
            // The oldest of its size stands first.
            if let Some(numbers) = self.sizes.get_mut(&bytes) {
                numbers.retain(|other| *other != number);
                if numbers.is_empty() {
                    self.sizes.remove(&bytes);
                }
            }
        }
    }
}

impl Outcome {
    /// The outcome as text.
    pub fn text(&self, policy: &Policy) -> String {
        let limit = policy.limit.map_or_else(|| "none".into(), bytes);
        let pages = if policy.pages == Pages::Huge { "2 MiB" } else { "4 KiB" };
        let mut lines = vec![
            format!("limit      {limit}, pages of {pages}"),
            format!("live       {} at most", bytes(self.live)),
            format!("needed     {}: the least limit under which it runs", bytes(self.needed)),
            format!("reserved   {} at most, cached bytes included", bytes(self.reserved)),
            format!("large      {} from the system, {} from the cache", self.fresh, self.reused),
        ];
        if self.reclaimed > 0 {
            lines.push(format!("reclaimed  {} of the cache, to stay under the limit", bytes(self.reclaimed)));
        }
        match &self.refused {
            None => lines.push("refused    nothing".into()),
            Some((when, group, size, used)) => {
                let count = counted(self.refusals, "block", "blocks");
                let who = maker(&group.site, &[&group.op, &group.dtype, &group.scope], 80);
                lines.push(format!(
                    "refused    {count}, the first at {}: {} with {} in use",
                    time(*when),
                    bytes(*size),
                    bytes(*used)
                ));
                lines.push(format!("           {who}"));
            }
        }
        lines.join("\n") + "\n"
    }
}
