//! [`write_html`]: a capture as one page that needs nothing else, neither network nor files.
//!
//! All that comes from the program (names of files, operations, scopes) goes through the template engine's escaping.

use crate::capture::{BlockKind, Capture, Holder};
use crate::svg::{Drawing, draw};
use crate::units::{bytes, counted, grouped, time};
use metes_memory::{Error, ErrorKind, Result};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use std::path::Path;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Rows of the table of holders; a program has seldom more that matter.
const HOLDERS: usize = 200;

/// Writes a capture as a self-contained HTML page. Errors: `Io`, naming the file.
pub fn write_html(capture: &Capture, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    std::fs::write(path, html(capture)?).map_err(|error| Error::from(error).context(path.display()))
}

/// The page as text.
pub fn html(capture: &Capture) -> Result<String> {
    let mut environment = Environment::new();
    // The ending `.html` is what switches escaping on.
    let page = environment.add_template("page.html", TEMPLATE).and_then(|()| environment.get_template("page.html"));
    let text = page.and_then(|page| page.render(Serde(Page::of(capture))));
    text.map_err(|error| Error::new(ErrorKind::Format, format!("the template of the report: {error:#}")))
}

#[derive(Serialize)]
struct Page<'a> {
    style: &'a str,
    script: &'a str,
    program: &'a str,
    version: &'a str,
    facts: Vec<(&'a str, String, String)>,
    over: bool,
    drawing: Drawing,
    holders: Vec<Row<'a>>,
    more_holders: Option<String>,
    blocks: Vec<Row<'a>>,
    notes: &'a [String],
}

/// A row of either table: what is sorted by, beside what is shown.
#[derive(Serialize)]
struct Row<'a> {
    bytes: u64,
    shown: String,
    exact: String,
    share: String,
    count: u64,
    site: &'a str,
    op: &'a str,
    dtype: &'a str,
    scope: &'a str,
    born: Option<(u64, String)>,
    lived: Option<(u64, String)>,
}

impl<'a> Page<'a> {
    fn of(capture: &'a Capture) -> Page<'a> {
        let peak = capture.peak().bytes;
        let hidden = capture.by_site().len().saturating_sub(HOLDERS) as u64;
        Page {
            style: STYLE,
            script: SCRIPT,
            program: capture.program(),
            version: &capture.header.metes,
            facts: facts(capture),
            over: capture.limit().is_some_and(|limit| peak > limit),
            drawing: draw(capture),
            holders: capture.by_site().iter().take(HOLDERS).map(|holder| Row::holder(holder, peak)).collect(),
            more_holders: (hidden > 0).then(|| counted(hidden, "smaller one", "smaller ones")),
            blocks: capture.largest().iter().map(|kind| Row::block(kind, peak)).collect(),
            notes: capture.notes(),
        }
    }
}

impl<'a> Row<'a> {
    fn holder(holder: &'a Holder, peak: u64) -> Row<'a> {
        let Holder { site, op, dtype, scope, bytes: size, count } = holder;
        let share = share(*size, peak);
        let (shown, exact) = (bytes(*size), grouped(*size));
        Row { bytes: *size, shown, exact, share, count: *count, site, op, dtype, scope, born: None, lived: None }
    }

    fn block(kind: &'a BlockKind, peak: u64) -> Row<'a> {
        let lived = format!("{}{}", time(kind.lifetime), if kind.alive { ", to the end" } else { "" });
        let moment = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Row {
            bytes: kind.bytes,
            shown: bytes(kind.bytes),
            exact: grouped(kind.bytes),
            share: share(kind.bytes, peak),
            count: kind.times,
            site: &kind.site,
            op: &kind.op,
            dtype: &kind.dtype,
            scope: &kind.scope,
            born: Some((moment(kind.born), time(kind.born))),
            lived: Some((moment(kind.lifetime), lived)),
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
    if totals.most_rss > 0 {
        facts.push(("most of the process", bytes(totals.most_rss), "physical memory, foreign bytes included".into()));
    }
    facts.push(("recorded", time(capture.duration()), String::new()));
    facts
}

fn share(part: u64, whole: u64) -> String {
    format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64)
}
