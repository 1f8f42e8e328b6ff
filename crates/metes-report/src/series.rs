//! [`Sites`]: live bytes of the largest sites over time, and which groups grow without end. In bounded memory.

use crate::capture::{Moment, Series};
use crate::digest::nanos;
use crate::first::First;
use crate::format::Record;
use crate::world::{Step, World};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Sites that have a band of their own.
pub const SITES: usize = 8;
/// Parts of equal length that the time is cut into, each shown at its highest moment.
const PARTS: usize = 240;
/// Groups that are watched for growth, and the parts of the time at whose lows they are looked at.
const WATCHED: usize = 64;
const LOWS: usize = 12;

/// Follows live bytes by site through the second pass.
pub struct Sites {
    duration: u64,
    labels: Vec<String>,
    /// The band of each group.
    bands: HashMap<u64, usize>,
    live: [u64; SITES],
    small: HashMap<u64, u64>,
    parts: Vec<Option<Moment>>,
    watched: HashMap<u64, Lows>,
}

impl Sites {
    /// Knows from the first pass which sites are the largest.
    pub fn new(first: &First, world: &World) -> Sites {
        let mut sums = HashMap::<String, u64>::new();
        for (id, group) in &first.groups {
            let sum = sums.entry(world.group(*id).label().to_owned()).or_default();
            *sum = sum.saturating_add(group.most);
        }
        let mut labels: Vec<_> = sums.into_iter().map(|(label, most)| (Reverse(most), label)).collect();
        labels.sort_unstable();
        let labels: Vec<String> = labels.into_iter().take(SITES).map(|(_, label)| label).collect();
        let band = |id: u64| labels.iter().position(|label| label == world.group(id).label()).unwrap_or(SITES);
        let bands = first.groups.keys().map(|id| (*id, band(*id))).filter(|(_, band)| *band < SITES).collect();
        let mut alive: Vec<_> = first.groups.iter().map(|(id, sums)| (Reverse(sums.large), *id)).collect();
        alive.sort_unstable();
        let watched = alive.into_iter().take(WATCHED).map(|(_, id)| (id, Lows::new())).collect();
        let duration = first.time.max(1);
        let (live, small) = ([0; SITES], HashMap::new());
        Sites { duration, labels, bands, live, small, parts: vec![None; PARTS], watched }
    }

    /// Takes a step into account.
    pub fn see(&mut self, step: &Step) {
        match *step.record {
            Record::Take { size, group, live, .. } => self.change(step, group, size as i128, live),
            Record::Give { live, .. } => {
                let gone = step.gone.map_or((0, 0), |block| (block.group, block.size));
                self.change(step, gone.0, -(gone.1 as i128), live);
            }
            Record::Small { group, bytes, .. } => {
                if let Some(band) = self.bands.get(&group) {
                    let before = self.small.insert(group, bytes).unwrap_or(0);
                    self.live[*band] = self.live[*band].saturating_add(bytes).saturating_sub(before);
                }
            }
            Record::Tick { live, .. } => self.moment(step.time, live),
            _ => {}
        }
    }

    fn change(&mut self, step: &Step, group: u64, by: i128, total: u64) {
        if let Some(lows) = self.watched.get_mut(&group) {
            let part = (u128::from(step.time) * LOWS as u128 / (u128::from(self.duration) + 1)) as usize;
            lows.change(part.min(LOWS - 1), by);
        }
        if let Some(band) = self.bands.get(&group) {
            let live = &mut self.live[*band];
            *live = (i128::from(*live) + by).clamp(0, i128::from(u64::MAX)) as u64;
        }
        self.moment(step.time, total);
    }

    fn moment(&mut self, time: u64, total: u64) {
        let part = (u128::from(time) * PARTS as u128 / (u128::from(self.duration) + 1)) as usize;
        let part = &mut self.parts[part.min(PARTS - 1)];
        if part.as_ref().is_none_or(|moment| total > moment.total) {
            *part = Some(Moment { time: nanos(time), total, live: self.live[..self.labels.len()].to_vec() });
        }
    }

    /// The bands, and whether a group grows.
    pub fn finish(self) -> (Series, impl Fn(u64) -> bool) {
        let series = Series { labels: self.labels, moments: self.parts.into_iter().flatten().collect() };
        let watched = self.watched;
        (series, move |group| watched.get(&group).is_some_and(Lows::grow))
    }
}

/// The least that a group held in each part of the time.
struct Lows {
    live: u64,
    part: usize,
    lows: [u64; LOWS],
}

impl Lows {
    fn new() -> Lows {
        Lows { live: 0, part: 0, lows: [0; LOWS] }
    }

    fn change(&mut self, part: usize, by: i128) {
        self.enter(part);
        self.live = (i128::from(self.live) + by).clamp(0, i128::from(u64::MAX)) as u64;
        self.lows[part] = self.lows[part].min(self.live);
    }

    fn enter(&mut self, part: usize) {
        for later in self.part + 1..=part {
            self.lows[later] = self.live;
        }
        self.part = self.part.max(part);
    }

    /// Whether the lows rise: by the Mann-Kendall test, with one chance in a hundred of being wrong, and in more than
    /// some steps. Blocks that come and go, however many, have steady lows.
    fn grow(&self) -> bool {
        let mut lows = self.lows;
        lows[self.part + 1..].fill(self.live);
        let sign = |a: u64, b: u64| i64::from(b > a) - i64::from(b < a);
        let score: i64 = (0..LOWS).flat_map(|b| (0..b).map(move |a| (a, b))).map(|(a, b)| sign(lows[a], lows[b])).sum();
        let rises = lows.windows(2).filter(|pair| pair[1] > pair[0]).count();
        score >= 39 && rises >= 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grows(changes: impl IntoIterator<Item = (usize, i128)>) -> bool {
        let mut lows = Lows::new();
        changes.into_iter().for_each(|(part, by)| lows.change(part, by));
        lows.grow()
    }

    #[test]
    fn growth_is_not_churn_and_not_a_start() {
        assert!(grows((0..120).map(|at| (at / 10, 100))), "steady growth");
        assert!(grows((0..120).flat_map(|at| [(at / 10, 500), (at / 10, -400)])), "growth under churn");
        assert!(!grows((0..120).flat_map(|at| [(at / 10, 500), (at / 10, -500)])), "churn");
        assert!(!grows([(0, 100), (1, 100), (2, 100)]), "a start");
        assert!(!grows([(6, 100)]), "one load in the middle");
        assert!(!grows((0..120).map(|at| (at / 10, if at < 60 { 100 } else { -100 }))), "up and down");
        assert!(!grows([]), "nothing");
    }
}
