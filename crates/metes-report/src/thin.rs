//! [`Thin`]: a timeline of bounded length that loses no extreme.

use crate::capture::Point;
use crate::digest::point;

/// Parts of equal length that a timeline is cut into; each gives at most four points.
const PARTS: usize = 600;

/// Keeps the first, least, most and last value of each part of the time.
pub struct Thin {
    duration: u64,
    parts: Vec<Option<Part>>,
}

/// Values with their order of arrival, which decides among equal times.
#[derive(Clone, Copy)]
struct Part {
    first: (u64, u64, u64),
    least: (u64, u64, u64),
    most: (u64, u64, u64),
    last: (u64, u64, u64),
    seen: u64,
    rss: Option<u64>,
}

impl Thin {
    /// For a run of `duration` nanoseconds.
    pub fn new(duration: u64) -> Thin {
        Thin { duration: duration.max(1), parts: vec![None; PARTS] }
    }

    /// Adds a moment.
    pub fn add(&mut self, time: u64, live: u64, rss: Option<u64>) {
        let place = u128::from(time) * (PARTS as u128 - 1) / u128::from(self.duration);
        let part = &mut self.parts[(place as usize).min(PARTS - 1)];
        let seen = part.map_or(0, |part| part.seen + 1);
        let value = (seen, time, live);
        let part = part.get_or_insert(Part { first: value, least: value, most: value, last: value, seen, rss });
        part.seen = seen;
        part.last = value;
        if live < part.least.2 {
            part.least = value;
        }
        if live > part.most.2 {
            part.most = value;
        }
        part.rss = part.rss.max(rss);
    }

    /// The moments that were kept, in order.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Vec::new();
        for part in self.parts.iter().flatten() {
            let mut kept = [part.first, part.least, part.most, part.last];
            kept.sort_unstable();
            for (place, (seen, time, live)) in kept.into_iter().enumerate() {
                if place == 0 || kept[place - 1].0 != seen {
                    points.push(point(time, live, (place == 0).then_some(part.rss).flatten()));
                }
            }
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_order_survive() {
        let mut thin = Thin::new(1_000_000);
        for time in 0..=1_000_000 {
            thin.add(time, if time == 777_777 { 1 << 40 } else { time % 1000 }, None);
        }
        let points = thin.points();
        assert!(points.len() <= 4 * PARTS, "{} points", points.len());
        assert!(points.iter().any(|point| point.live == 1 << 40));
        assert!(points.is_sorted_by_key(|point| point.time));
    }

    #[test]
    fn few_moments_are_all_kept() {
        let mut thin = Thin::new(10);
        [(0, 0), (3, 5), (3, 9), (10, 0)].iter().for_each(|(time, live)| thin.add(*time, *live, None));
        let kept: Vec<_> = thin.points().iter().map(|point| point.live).collect();
        assert_eq!(kept, [0, 5, 9, 0]);
    }
}
