//! A pass: sinks that run together, the parts that they come in, and what that takes.

use crate::expr::Expr;
use crate::sink::{Sink, Target, bytes_of, source_id};
use crate::source::ChunkSource;
use crate::track::Track;
use metes_array::Dims;
use metes_memory::{Error, Refusal, Result};
use std::sync::Arc;

/// Bytes of one read-ahead slot where the limit leaves the choice: a part that stays in the cache.
const SLOT_BYTES: usize = 2 << 20;
/// One part is computed on while the next is read.
pub(crate) const SLOTS: usize = 2;

/// Sinks that run together.
pub(crate) struct Pass {
    pub sources: Vec<Arc<dyn ChunkSource>>,
    /// Boundaries between parts, in rows of the files; a pass over memory has one part.
    pub cuts: Vec<usize>,
    pub sinks: Vec<Sink>,
    pub bytes: PassBytes,
}

/// The memory of a pass, item by item.
#[derive(Clone, Copy, Default)]
pub(crate) struct PassBytes {
    /// Results that stay.
    pub results: usize,
    /// States of reductions and registers of programs.
    pub states: usize,
    /// Read-ahead slots, and slots of rows on their way out.
    pub slots: usize,
    /// What decoders hold.
    pub readers: usize,
}

impl PassBytes {
    pub fn total(&self) -> usize {
        self.results + self.states + self.slots + self.readers
    }
}

impl Pass {
    pub fn new(sinks: Vec<Sink>, live: usize, limit: Option<usize>) -> Result<Pass> {
        let mut sources: Vec<Arc<dyn ChunkSource>> = Vec::new();
        for source in sinks.iter().flat_map(Sink::sources) {
            if !sources.iter().any(|s| source_id(s) == source_id(&source)) {
                sources.push(source);
            }
        }
        let mut bytes = PassBytes::default();
        for sink in &sinks {
            let (result, states) = sink.bytes(!sources.is_empty())?;
            bytes.results += result;
            bytes.states += states;
        }
        bytes.readers = sources.iter().map(|s| s.reader_bytes()).sum();
        let mut pass = Pass { sources, cuts: vec![0, 0], sinks, bytes };
        pass.cut(live, limit)?;
        Ok(pass)
    }

    /// Chooses the parts: as large as a slot should be, smaller where the limit asks for it.
    fn cut(&mut self, live: usize, limit: Option<usize>) -> Result<()> {
        if !self.sources.is_empty() {
            let rows = self.sources[0].shape()[0];
            let fixed = live + self.bytes.total();
            let room = limit.map_or(usize::MAX, |l| l.saturating_sub(fixed)) / self.slot_row_bytes(rows).max(1);
            let wanted = match self.sources.iter().map(|s| row_bytes(&**s)).max().unwrap_or(0) {
                // Rows without bytes are one part, however many the file says it has.
                0 => rows,
                widest => (SLOT_BYTES / widest).clamp(1, rows.max(1)).min(room.max(1)),
            };
            self.cuts = self.boundaries(rows, wanted);
        }
        self.bytes.slots = self.slot_bytes();
        let needed = live + self.bytes.total();
        match limit {
            Some(limit) if needed > limit => Err(self.refuse(needed, limit, live)),
            _ => Ok(()),
        }
    }

    /// The largest number of rows in a part.
    pub fn part_rows(&self) -> usize {
        self.cuts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0)
    }

    /// Bytes of the slots for these cuts, exactly.
    fn slot_bytes(&self) -> usize {
        let read = |source: &Arc<dyn ChunkSource>| row_bytes(&**source) * self.part_rows() * SLOTS;
        let written = |sink: &Sink| match sink.target {
            Target::File(_) => {
                slot_shape(&sink.value, &self.cuts).iter().product::<usize>() * sink.value.dtype().size()
            }
            _ => 0,
        };
        self.sources.iter().map(read).sum::<usize>() + self.sinks.iter().map(written).sum::<usize>()
    }

    /// Bytes of the slots per row of the files, nearly.
    fn slot_row_bytes(&self, rows: usize) -> usize {
        let read: usize = self.sources.iter().map(|s| row_bytes(&**s)).sum::<usize>() * SLOTS;
        let written = |sink: &Sink| match sink.target {
            Target::File(_) => bytes_of(&sink.value).div_ceil(rows.max(1)),
            _ => 0,
        };
        read + self.sinks.iter().map(written).sum::<usize>()
    }

    fn boundaries(&self, rows: usize, wanted: usize) -> Vec<usize> {
        let tracks: Vec<&Track> = self.sinks.iter().flat_map(|s| &s.leaves).filter_map(Expr::track).collect();
        let whole = |row: usize| row == rows || tracks.iter().all(|t| t.boundary(row).is_some());
        let period = tracks.iter().fold(1usize, |period, t| period.saturating_mul(t.period()));
        let mut cuts = vec![0];
        let mut at = 0;
        while at < rows {
            let far = at.saturating_add(wanted).min(rows);
            let near = far.saturating_sub(period).max(at) + 1;
            let next = (near..=far).rev().find(|&r| whole(r)).or_else(|| (far..=rows).find(|&r| whole(r)));
            at = next.expect("the end is a boundary");
            cuts.push(at);
        }
        cuts
    }

    fn refuse(&self, needed: usize, limit: usize, live: usize) -> Error {
        let names: Vec<&str> = self.sources.iter().map(|s| s.name()).collect();
        let b = self.bytes;
        let reads = if names.is_empty() {
            String::new()
        } else {
            format!(
                ", {SLOTS} slots of {} rows of {} {} bytes, readers {}",
                self.part_rows(),
                names.join(", "),
                b.slots,
                b.readers
            )
        };
        let message = format!(
            "plan: even the smallest parts need {needed} bytes, the limit leaves {limit}: earlier results {live}, results {}, states and scratch {}{reads}; raise the limit, or reduce to fewer results",
            b.results, b.states
        );
        let mut refusal = Refusal::default();
        (refusal.requested, refusal.limit, refusal.live) = (needed, Some(limit), live);
        Error::refused(message, refusal)
    }
}

/// The shape of the largest part of a value.
pub(crate) fn slot_shape(value: &Expr, cuts: &[usize]) -> Dims {
    let mut shape = Dims::from(value.shape());
    if let Some(track) = value.track() {
        let bound = |row| track.boundary(row).expect("parts end at boundaries");
        shape[track.axis] = cuts.windows(2).map(|w| bound(w[1]) - bound(w[0])).max().unwrap_or(0);
    }
    shape
}

pub(crate) fn row_bytes(source: &dyn ChunkSource) -> usize {
    source.shape()[1..].iter().product::<usize>() * source.dtype().size()
}
