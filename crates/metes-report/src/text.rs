//! [`summary`]: a capture on one screen.

use crate::capture::Capture;
use crate::units::{bytes, counted, time};
use std::fmt::Write;

/// Rows of each table.
const ROWS: usize = 8;
/// Columns of the curve.
const COLUMNS: usize = 60;

/// What a capture says, on one screen of plain text: peak, limit, curve, who held the peak, the largest blocks.
pub fn summary(capture: &Capture) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(words.trim_end());
        text.push('\n');
    };
    let peak = capture.peak();
    line(format!("program   {}", if capture.program().is_empty() { "(not known)" } else { capture.program() }));
    line(format!("recorded  {}", time(capture.duration())));
    line(format!("peak      {} at {}", bytes(peak.bytes), time(peak.time)));
    line(match capture.limit() {
        Some(limit) => format!("limit     {}", bytes(limit)),
        None => "limit     none".into(),
    });
    let totals = capture.totals();
    line(format!("made      {}, {}", counted(totals.takes, "block", "blocks"), bytes(totals.bytes)));
    line(format!("at end    {} live", bytes(totals.live_at_end)));
    line(format!("\n{}", curve(capture)));
    line("\nheld at the peak".into());
    for holder in capture.by_site().iter().take(ROWS) {
        let who = [holder.site.as_str(), &holder.op, &holder.dtype, &holder.scope];
        line(format!("{:>11} {:>9}  {}", bytes(holder.bytes), count(holder.count), words(&who)));
    }
    line("\nlargest blocks".into());
    for kind in capture.largest().iter().take(ROWS) {
        let who = words(&[&kind.site, &kind.op, &kind.dtype, &kind.scope]);
        let more = if kind.alive { "+" } else { "" };
        line(format!("{:>11} {:>9}  {who}, lived {}{more}", bytes(kind.bytes), count(kind.times), time(kind.lifetime)));
    }
    for note in capture.notes() {
        line(format!("note: {note}"));
    }
    text
}

fn count(times: u64) -> String {
    if times == 0 { String::new() } else { format!("x {times}") }
}

/// The words that are there, control characters made harmless.
fn words(parts: &[&str]) -> String {
    let shown = parts.iter().filter(|part| !part.is_empty());
    shown.map(|part| part.replace(char::is_control, "?")).collect::<Vec<_>>().join("  ")
}

/// The most live bytes of each part of the run, as one row of blocks.
fn curve(capture: &Capture) -> String {
    let steps = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (whole, peak) = (capture.duration().as_secs_f64().max(f64::MIN_POSITIVE), capture.peak().bytes.max(1));
    let mut most = [None; COLUMNS];
    for point in capture.timeline() {
        let column = (point.time.as_secs_f64() / whole * COLUMNS as f64) as usize;
        let place: &mut Option<u64> = &mut most[column.min(COLUMNS - 1)];
        *place = Some(place.map_or(point.live, |live: u64| live.max(point.live)));
    }
    let mut text = String::from("live      ");
    let mut now = 0;
    for column in most {
        now = column.unwrap_or(now);
        let step = (u128::from(now) * 7).div_ceil(u128::from(peak)) as usize;
        write!(text, "{}", steps[step.min(7)]).expect("a string takes all text");
    }
    text
}
