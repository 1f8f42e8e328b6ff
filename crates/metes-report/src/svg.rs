//! The timeline as numbers for the page: coordinates of curves, marks and grid lines in a drawing of fixed size.

use crate::capture::Capture;
use crate::units::{bytes, time};
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// The drawing's size and margins in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 28.0;

/// All coordinates of the timeline.
#[derive(Serialize)]
pub struct Drawing {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    base: f64,
    /// Live bytes as a closed area, and as a line.
    area: String,
    line: String,
    /// Physical memory of the process; empty where it was not looked at.
    rss: String,
    peak: (String, String),
    limit: Option<String>,
    grid: Vec<(String, String)>,
    times: Vec<(String, String)>,
    /// `x,live,nanoseconds` of each moment, for the pointer.
    moments: String,
}

/// Draws the timeline of a capture.
pub fn draw(capture: &Capture) -> Drawing {
    let scale = Scale::of(capture);
    let (mut line, mut moments) = (String::new(), String::new());
    let mut last = scale.y(capture.timeline().first().map_or(0, |point| point.live));
    for point in capture.timeline() {
        let (x, y) = (scale.x(point.time), scale.y(point.live));
        // Live bytes stay what they are until the next moment: a stair, not a slope.
        let verb = if line.is_empty() { "M" } else { "L" };
        put(&mut line, format_args!("{verb}{x:.1} {last:.1}L{x:.1} {y:.1}"));
        put(&mut moments, format_args!("{x:.1},{},{};", point.live, point.time.as_nanos()));
        last = y;
    }
    let end = WIDTH - RIGHT;
    let base = HEIGHT - BOTTOM;
    let verb = if line.is_empty() { "M" } else { "L" };
    put(&mut line, format_args!("{verb}{end:.1} {last:.1}"));
    let start = capture.timeline().first().map_or(LEFT, |point| scale.x(point.time));
    Drawing {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: end,
        top: TOP,
        base,
        area: format!("{line}L{end:.1} {base:.1}L{start:.1} {base:.1}Z"),
        rss: rss(capture, &scale),
        peak: (format!("{:.1}", scale.x(capture.peak().time)), format!("{:.1}", scale.y(capture.peak().bytes))),
        limit: capture.limit().filter(|limit| *limit <= scale.most).map(|limit| format!("{:.1}", scale.y(limit))),
        grid: scale.grid(),
        times: scale.times(),
        line,
        moments,
    }
}

fn rss(capture: &Capture, scale: &Scale) -> String {
    let mut path = String::new();
    for point in capture.timeline() {
        let Some(rss) = point.rss else { continue };
        let verb = if path.is_empty() { "M" } else { "L" };
        put(&mut path, format_args!("{verb}{:.1} {:.1}", scale.x(point.time), scale.y(rss)));
    }
    path
}

fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string takes all text");
}

struct Scale {
    duration: f64,
    most: u64,
}

impl Scale {
    /// The limit is part of the picture unless that would flatten everything else.
    fn of(capture: &Capture) -> Scale {
        let seen = capture.peak().bytes.max(capture.totals().most_rss).max(1);
        let limit = capture.limit().filter(|limit| *limit / 20 <= seen).unwrap_or(0);
        let most = seen.max(limit);
        Scale { duration: capture.duration().as_secs_f64().max(1e-9), most: most.saturating_add(most / 16) }
    }

    fn x(&self, time: Duration) -> f64 {
        LEFT + (time.as_secs_f64() / self.duration).min(1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, bytes: u64) -> f64 {
        let share = (bytes as f64 / self.most as f64).min(1.0);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }

    /// Three to eight lines at round numbers of bytes.
    fn grid(&self) -> Vec<(String, String)> {
        let step = (self.most / 5).max(1).next_power_of_two();
        (0..)
            .map(|line| step.saturating_mul(line))
            .take_while(|at| *at <= self.most)
            .take(9)
            .map(|at| self.line(at))
            .collect()
    }

    fn line(&self, at: u64) -> (String, String) {
        (format!("{:.1}", self.y(at)), bytes(at))
    }

    fn times(&self) -> Vec<(String, String)> {
        let at = |part: u32| Duration::from_secs_f64(self.duration).mul_f64(f64::from(part) / 5.0);
        (0..=5).map(|part| (format!("{:.1}", self.x(at(part))), time(at(part)))).collect()
    }
}
