//! The timeline as numbers for the page: coordinates of curves, bands, marks and grid lines in a drawing of fixed size.

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
    /// Live bytes by site, one band upon the other: the number of the colour and a closed area.
    bands: Vec<(usize, String)>,
    /// Live bytes as a line.
    line: String,
    /// Physical memory of the process; empty where it was not looked at.
    rss: String,
    peak: (String, String),
    /// The limit as a line, and where its name stands; empty where it is far away.
    limit: String,
    limit_y: String,
    grid: Vec<(String, String)>,
    times: Vec<(String, String)>,
    /// `x,nanoseconds,live,live of each site` of each moment, for the pointer.
    moments: String,
}

/// Draws the timeline of a capture.
pub fn draw(capture: &Capture) -> Drawing {
    let scale = Scale::of(capture);
    let end = WIDTH - RIGHT;
    let (limit, limit_y) = limit(capture, &scale);
    Drawing {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: end,
        top: TOP,
        base: HEIGHT - BOTTOM,
        bands: bands(capture, &scale),
        line: line(capture, &scale),
        rss: rss(capture, &scale),
        peak: (format!("{:.1}", scale.x(capture.peak().time)), format!("{:.1}", scale.y(capture.peak().bytes))),
        limit,
        limit_y,
        grid: scale.grid(),
        times: scale.times(),
        moments: moments(capture, &scale),
    }
}

/// Live bytes stay what they are until the next moment: a stair, not a slope.
fn line(capture: &Capture, scale: &Scale) -> String {
    let mut line = String::new();
    let mut last = scale.y(capture.timeline().first().map_or(0, |point| point.live));
    for point in capture.timeline() {
        let (x, y) = (scale.x(point.time), scale.y(point.live));
        let verb = if line.is_empty() { "M" } else { "L" };
        put(&mut line, format_args!("{verb}{x:.1} {last:.1}V{y:.1}"));
        last = y;
    }
    let verb = if line.is_empty() { "M" } else { "L" };
    put(&mut line, format_args!("{verb}{:.1} {last:.1}", WIDTH - RIGHT));
    line
}

/// A band for each site, and one of the rest on top.
fn bands(capture: &Capture, scale: &Scale) -> Vec<(usize, String)> {
    let series = capture.series();
    let count = series.labels.len();
    // The upper edge of each band at each moment, the rest's last.
    let edges: Vec<Vec<u64>> = series
        .moments
        .iter()
        .map(|moment| {
            let mut sum = 0u64;
            let mut edges: Vec<u64> = moment.live.iter().map(|live| add(&mut sum, *live)).collect();
            edges.push(sum.max(moment.total));
            edges
        })
        .collect();
    let xs: Vec<f64> = series.moments.iter().map(|moment| scale.x(moment.time)).collect();
    let band = |place: usize| {
        let mut path = String::new();
        let mut side = |edge: &dyn Fn(usize) -> u64, moments: &mut dyn Iterator<Item = usize>, back: bool| {
            for at in moments {
                let (from, to) = (xs[at], xs.get(at + 1).copied().unwrap_or(WIDTH - RIGHT));
                let (from, to) = if back { (to, from) } else { (from, to) };
                let verb = if path.is_empty() { "M" } else { "L" };
                put(&mut path, format_args!("{verb}{from:.1} {:.1}H{to:.1}", scale.y(edge(at))));
            }
        };
        side(&|at| edges[at][place], &mut (0..xs.len()), false);
        side(&|at| if place == 0 { 0 } else { edges[at][place - 1] }, &mut (0..xs.len()).rev(), true);
        (place.min(count), path + "Z")
    };
    if xs.is_empty() {
        return Vec::new();
    }
    (0..=count)
        .map(band)
        .map(|(place, path)| (if place == count { crate::series::SITES } else { place }, path))
        .collect()
}

fn add(sum: &mut u64, live: u64) -> u64 {
    *sum = sum.saturating_add(live);
    *sum
}

fn moments(capture: &Capture, scale: &Scale) -> String {
    let mut text = String::new();
    for moment in &capture.series().moments {
        put(&mut text, format_args!("{:.1},{},{}", scale.x(moment.time), moment.time.as_nanos(), moment.total));
        moment.live.iter().for_each(|live| put(&mut text, format_args!(",{live}")));
        text.push(';');
    }
    text
}

/// The limit with its changes, where it is in the picture.
fn limit(capture: &Capture, scale: &Scale) -> (String, String) {
    let start = [(Duration::ZERO, capture.limit())];
    let changes: Vec<_> = if capture.limits().is_empty() { start.to_vec() } else { capture.limits().to_vec() };
    let (mut path, mut name) = (String::new(), String::new());
    for (place, (time, limit)) in changes.iter().enumerate() {
        let Some(limit) = limit.filter(|limit| *limit <= scale.most) else { continue };
        let from = if place == 0 { LEFT } else { scale.x(*time) };
        let to = changes.get(place + 1).map_or(WIDTH - RIGHT, |(time, _)| scale.x(*time));
        name = format!("{:.1}", scale.y(limit));
        put(&mut path, format_args!("M{from:.1} {name}H{to:.1}"));
    }
    (path, name)
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

pub(crate) fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
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
        let limits = capture.limits().iter().filter_map(|(_, limit)| *limit).chain(capture.limit());
        let limit = limits.filter(|limit| *limit / 4 <= seen).max().unwrap_or(0);
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
        (format!("{:.1}", self.y(at)), if at == 0 { "0".into() } else { bytes(at) })
    }

    fn times(&self) -> Vec<(String, String)> {
        let at = |part: u32| Duration::from_secs_f64(self.duration).mul_f64(f64::from(part) / 5.0);
        let name = |part: u32| if part == 0 { "0".into() } else { time(at(part)) };
        (0..=5).map(|part| (format!("{:.1}", self.x(at(part))), name(part))).collect()
    }
}
