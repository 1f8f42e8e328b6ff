//! [`Capture`]: what a capture file says, condensed so that its size does not depend on the length of the run.

use crate::format::Header;
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
