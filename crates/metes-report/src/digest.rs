//! [`read_capture`]: two passes over a capture file, in memory bounded by what is live and by the number of sites.
//!
//! The first pass finds the peak, the sums and the largest blocks; the second, knowing where the peak lies and how long
//! the run was, sees who held bytes there, where bytes lay, and thins the timelines on the way.

use crate::arena::map_at;
use crate::capture::{Capture, Holder, MemoryMap, Peak, Point};
use crate::first::First;
use crate::format::{Header, Record};
use crate::series::Sites;
use crate::thin::Thin;
use crate::world::{Step, World, play};
use metes_memory::Result;
use std::path::Path;
use std::time::Duration;

/// Reads a capture. What a cut or damaged file still says is returned, with [notes](Capture::notes) on what it does not.
///
/// Errors: `Io` where the file cannot be read, `Format` where it is no capture; both name the file.
pub fn read_capture(path: impl AsRef<Path>) -> Result<Capture> {
    let path = path.as_ref();
    let (header, world, mut first) = First::read(path)?;
    let mut second = Second::new(&header, &first, &world);
    let (_, _, mut notes) = play(path, |step| second.see(step))?;
    notes.extend(first.notes());
    let (series, growing) = second.sites.finish();
    let [peak_map, end_map] = second.maps;
    Ok(Capture {
        peak: Peak { bytes: first.peak, time: nanos(first.known_time) },
        timeline: second.thin.points(),
        traffic: first.traffic(&world, growing),
        copies: first.copies(),
        pins: first.pins,
        limits: first.limits.into_iter().map(|(time, limit)| (nanos(time), limit)).collect(),
        series,
        peak_map,
        end_map,
        largest: first.largest,
        holders: second.holders,
        totals: first.totals,
        duration: nanos(first.time),
        header,
        notes,
    })
}

/// What the second pass finds.
struct Second {
    peak: u64,
    peak_index: Option<u64>,
    before: u64,
    holders: Vec<Holder>,
    thin: Thin,
    sites: Sites,
    map_indices: [Option<u64>; 2],
    maps: [Option<MemoryMap>; 2],
}

impl Second {
    fn new(header: &Header, first: &First, world: &World) -> Second {
        let before = header.live_before;
        let mut thin = Thin::new(first.time);
        thin.add(0, before, None);
        let holders = if first.known_index.is_none() { World::default().holders(before, before) } else { Vec::new() };
        Second {
            peak: first.peak,
            peak_index: first.known_index,
            before,
            holders,
            thin,
            sites: Sites::new(first, world),
            map_indices: first.maps,
            maps: [None, None],
        }
    }

    fn see(&mut self, step: &Step) {
        match *step.record {
            Record::Take { live, .. } | Record::Give { live, .. } => self.thin.add(step.time, live, None),
            Record::Tick { live, most, rss, .. } => {
                self.thin.add(step.time, most, None);
                self.thin.add(step.time, live, (rss > 0).then_some(rss));
            }
            _ => {}
        }
        self.sites.see(step);
        if self.peak_index == Some(step.index) {
            self.holders = step.world.holders(self.peak, self.before);
        }
        for (place, index) in self.map_indices.iter().enumerate() {
            if *index == Some(step.index) {
                self.maps[place] = map_at(step);
            }
        }
    }
}

pub(crate) fn nanos(time: u64) -> Duration {
    Duration::from_nanos(time)
}

pub(crate) fn point(time: u64, live: u64, rss: Option<u64>) -> Point {
    Point { time: nanos(time), live, rss }
}
