//! [`Capture`]: what a capture file says, condensed so that its size does not depend on the length of the run.

use crate::format::{Group, Header};
use std::time::Duration;

/// A recorded run of a program, read by [`read_capture`](crate::read_capture).
#[derive(Clone, Debug, Default)]
pub struct Capture {
    pub(crate) header: Header,
    pub(crate) peak: Peak,
    pub(crate) timeline: Vec<Point>,
    pub(crate) largest: Vec<BlockKind>,
    pub(crate) holders: Vec<Holder>,
    pub(crate) totals: Totals,
    pub(crate) series: Series,
    pub(crate) traffic: Vec<Traffic>,
    pub(crate) copies: Vec<Copies>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) limits: Vec<(Duration, Option<u64>)>,
    pub(crate) peak_map: Option<MemoryMap>,
    pub(crate) end_map: Option<MemoryMap>,
    pub(crate) duration: Duration,
    pub(crate) notes: Vec<String>,
}

/// The moment at which most bytes were live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// Live bytes.
    pub bytes: u64,
    /// Time since the recording started.
    pub time: Duration,
}

/// One moment of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Time since the recording started.
    pub time: Duration,
    /// Live bytes of arrays.
    pub live: u64,
    /// Physical memory of the process in bytes, where it was looked at.
    pub rss: Option<u64>,
}

/// Large blocks that are alike: same size, same maker. A buffer that is taken again and again is one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockKind {
    /// Bytes of one block.
    pub bytes: u64,
    /// The operation that made them.
    pub op: String,
    /// Where in the user's program; empty where not known.
    pub site: String,
    /// The budget scope that was charged; empty for the program's.
    pub scope: String,
    /// The element type's name; empty where there is none.
    pub dtype: String,
    /// How many blocks of this kind were made.
    pub times: u64,
    /// When the first one was made, since the recording started.
    pub born: Duration,
    /// How long the longest-lived one lived, or lives already.
    pub lifetime: Duration,
    /// Whether one of them was still live when the recording ended.
    pub alive: bool,
}

/// Who held bytes at the peak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Where in the user's program, or what else is known of these bytes.
    pub site: String,
    /// The operation.
    pub op: String,
    /// The element type's name.
    pub dtype: String,
    /// The budget scope.
    pub scope: String,
    /// Bytes held at the peak.
    pub bytes: u64,
    /// Blocks held at the peak.
    pub count: u64,
}

/// Sums over the whole recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Blocks handed out.
    pub takes: u64,
    /// Bytes handed out.
    pub bytes: u64,
    /// Live bytes when the recording ended.
    pub live_at_end: u64,
    /// The most physical memory of the process that was seen, in bytes; 0 where it was not looked at.
    pub most_rss: u64,
    /// The most bytes that the pool had taken from the system, in bytes; 0 where it was not looked at.
    pub most_reserved: u64,
}

/// Live bytes of the largest sites over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// The sites, or operations where no site is known, the largest first.
    pub labels: Vec<String>,
    /// Some hundred moments, each the highest of its part of the time.
    pub moments: Vec<Moment>,
}

/// One moment of a [`Series`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Time since the recording started.
    pub time: Duration,
    /// Live bytes of all arrays.
    pub total: u64,
    /// Live bytes of each site.
    pub live: Vec<u64>,
}

/// What one maker of blocks did over the whole recording. Counts of blocks made are of large ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Who.
    pub group: Group,
    /// Blocks made.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blocks of them that went again before some more had come: intermediate results.
    pub temporaries: u64,
    /// Their bytes.
    pub temporary_bytes: u64,
    /// How long a temporary lived on average.
    pub temporary_life: Duration,
    /// The most bytes that it held at once.
    pub most: u64,
    /// Blocks, large and small, that were live when the recording ended.
    pub alive: u64,
    /// Their bytes.
    pub alive_bytes: u64,
    /// The age of the oldest large one.
    pub oldest: Duration,
    /// Whether it held more and more, whatever came and went.
    pub grows: bool,
}

/// What was copied for one reason at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The place; empty for small copies.
    pub site: String,
    /// Why.
    pub reason: String,
    /// Bytes.
    pub bytes: u64,
    /// Copies.
    pub count: u64,
}

/// A small view that kept a large block alive when the recording ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who held the view.
    pub holder: String,
    /// Bytes of the view.
    pub view: u64,
    /// Bytes of the block.
    pub block: u64,
}

/// Where bytes lay at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryMap {
    /// Time since the recording started.
    pub time: Duration,
    /// Live bytes then.
    pub live: u64,
    /// The pieces, by address; they do not overlap.
    pub pieces: Vec<Piece>,
    /// Who holds live pieces.
    pub groups: Vec<Group>,
    /// Bytes in pieces too small and too many to be listed.
    pub left_out: u64,
}

/// Adjacent bytes of a [`MemoryMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The address.
    pub start: u64,
    /// Bytes.
    pub bytes: u64,
    /// What they do.
    pub state: PieceState,
}

/// What a piece of memory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceState {
    /// A large live block of this group.
    Live(usize),
    /// Small blocks, live or at a thread's hand.
    Small,
    /// Behind a block, for rounding.
    Rounding,
    /// Free small blocks.
    Free,
    /// A freed large block that waits to be handed out again.
    Cached,
}

impl Capture {
    /// The moment at which most bytes were live, exact to the byte.
    pub fn peak(&self) -> Peak {
        self.peak
    }

    /// Live bytes over time, in at most some thousand points, among them the peak.
    pub fn timeline(&self) -> &[Point] {
        &self.timeline
    }

    /// The largest blocks, the largest first.
    pub fn largest(&self) -> &[BlockKind] {
        &self.largest
    }

    /// Who held the bytes at the peak, the largest first. Large blocks are exact; small ones as of the last tick before.
    pub fn by_site(&self) -> &[Holder] {
        &self.holders
    }

    /// Live bytes of the largest sites over time.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// What each maker of blocks did, the most bytes first.
    pub fn traffic(&self) -> &[Traffic] {
        &self.traffic
    }

    /// What was copied, the most bytes first.
    pub fn copies(&self) -> &[Copies] {
        &self.copies
    }

    /// Small views that kept large blocks alive when the recording ended, as far as the program noted them.
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// The limit whenever it had changed, with the time since the recording started.
    pub fn limits(&self) -> &[(Duration, Option<u64>)] {
        &self.limits
    }

    /// Where bytes lay at or shortly before the peak: the map with the most live bytes of those that were made.
    pub fn peak_map(&self) -> Option<&MemoryMap> {
        self.peak_map.as_ref()
    }

    /// Where bytes lay when the recording ended, or last.
    pub fn end_map(&self) -> Option<&MemoryMap> {
        self.end_map.as_ref()
    }

    /// Sums over the whole recording.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The limit when the recording started, in bytes.
    pub fn limit(&self) -> Option<u64> {
        self.header.limit
    }

    /// The program and its arguments.
    pub fn program(&self) -> &str {
        &self.header.program
    }

    /// How long was recorded.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// What could not be read or recorded, in sentences; empty for a whole capture.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
