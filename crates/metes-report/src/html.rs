//! [`write_html`]: a capture as one page that needs nothing else, neither network nor files; and a small inline report.
//!
//! All that comes from the program (names of files, operations, scopes) goes through the template engine's escaping.

use crate::atlas::{Atlas, atlas};
use crate::capture::Capture;
use crate::grid::{Grid, grids, slots};
use crate::icicle::{Frame, icicle};
use crate::series::SITES;
use crate::svg::{Drawing, draw};
use crate::tree::tree;
use crate::units::{bytes, counted, grouped, time};
use metes_memory::{Error, ErrorKind, Result};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use std::path::Path;

const TEMPLATE: &str = include_str!("page/page.html");
const INLINE: &str = include_str!("page/inline.html");
const CHART: &str = include_str!("page/chart.html");
const STYLE: &str = include_str!("page/page.css");
const INLINE_STYLE: &str = include_str!("page/inline.css");
const COLORS: &str = include_str!("page/colors.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Writes a capture as a self-contained HTML page. Errors: `Io`, naming the file.
pub fn write_html(capture: &Capture, path: impl AsRef<Path>) -> Result<()> {
    write_page(path.as_ref(), &html(capture)?)
}

/// Writes a page about a capture compared with an older one. Errors: `Io`, naming the file.
pub fn write_html_against(capture: &Capture, older: &Capture, path: impl AsRef<Path>) -> Result<()> {
    let mut page = Page::of(capture, STYLE);
    page.grids.insert(0, crate::diff::compare(older, capture).grid());
    write_page(path.as_ref(), &render("page.html", page)?)
}

fn write_page(path: &Path, page: &str) -> Result<()> {
    crate::whole::write(path, page.as_bytes())
}

/// The page as text.
pub fn html(capture: &Capture) -> Result<String> {
    render("page.html", Page::of(capture, STYLE))
}

/// A small report to stand within another page, a notebook's: facts, timeline, who held the peak. No script.
pub fn inline_html(capture: &Capture) -> Result<String> {
    let mut page = Page::of(capture, INLINE_STYLE);
    page.grids.truncate(1);
    page.grids.iter_mut().for_each(|grid| grid.shorten(8));
    render("inline.html", page)
}

fn render(name: &str, page: Page) -> Result<String> {
    let mut environment = Environment::new();
    // The ending `.html` is what switches escaping on.
    let named = [("page.html", TEMPLATE), ("inline.html", INLINE), ("chart.html", CHART)];
    let added = named.into_iter().try_for_each(|(name, text)| environment.add_template(name, text));
    let text = added.and_then(|()| environment.get_template(name)?.render(Serde(page)));
    text.map_err(|error| Error::new(ErrorKind::Format, format!("the template of the report: {error:#}")))
}

#[derive(Serialize)]
struct Page<'a> {
    style: &'a str,
    colors: &'a str,
    script: &'a str,
    program: &'a str,
    version: &'a str,
    facts: Vec<(&'a str, String, String)>,
    over: bool,
    /// The number of a colour and the site that has it.
    legend: Vec<(usize, &'a str)>,
    drawing: Drawing,
    flame: Vec<Frame>,
    flame_rows: usize,
    maps: Vec<Atlas>,
    grids: Vec<Grid>,
    notes: &'a [String],
}

impl<'a> Page<'a> {
    fn of(capture: &'a Capture, style: &'a str) -> Page<'a> {
        let peak = capture.peak().bytes;
        let slot = slots(capture);
        let (flame, flame_rows) = icicle(&tree(capture), &slot);
        let maps = [("near the peak", capture.peak_map()), ("at the end", capture.end_map())];
        let labels = capture.series().labels.iter().map(String::as_str).enumerate();
        Page {
            style,
            colors: COLORS,
            script: SCRIPT,
            program: capture.program(),
            version: &capture.header.metes,
            facts: facts(capture),
            over: capture.limit().is_some_and(|limit| peak > limit),
            legend: labels.chain([(SITES, "all others")]).collect(),
            drawing: draw(capture),
            flame,
            flame_rows,
            maps: maps.into_iter().filter_map(|(name, map)| Some(atlas(name, map?, &slot))).collect(),
            grids: grids(capture, &slot),
            notes: capture.notes(),
        }
    }
}

/// A name, a number to read at a glance, and the exact one.
fn facts(capture: &Capture) -> Vec<(&str, String, String)> {
    let (peak, totals) = (capture.peak(), capture.totals());
    let exact = |count: u64| format!("{} bytes", grouped(count));
    let mut facts = vec![("peak", bytes(peak.bytes), format!("{}, at {}", exact(peak.bytes), time(peak.time)))];
    match capture.limit() {
        Some(limit) => facts.push(("limit", bytes(limit), exact(limit))),
        None => facts.push(("limit", "none".into(), String::new())),
    }
    facts.push(("made in all", bytes(totals.bytes), counted(totals.takes, "block", "blocks")));
    facts.push(("live at the end", bytes(totals.live_at_end), exact(totals.live_at_end)));
    if totals.most_reserved > 0 {
        let hint = "the most that the pool had taken from the system, cached bytes included".into();
        facts.push(("reserved", bytes(totals.most_reserved), hint));
    }
    if totals.most_rss > 0 {
        facts.push(("process", bytes(totals.most_rss), "the most physical memory, foreign bytes included".into()));
    }
    facts.push(("recorded", time(capture.duration()), String::new()));
    facts
}
