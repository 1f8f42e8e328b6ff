//! [`summary`]: a capture on one screen.

use crate::capture::Capture;
use crate::text::{WIDTH, fit, maker};
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
    line(format!(
        "program   {}",
        if capture.program().is_empty() { "(not known)".into() } else { fit(capture.program(), WIDTH - 10) }
    ));
    line(format!("recorded  {}", time(capture.duration())));
    line(format!("peak      {} at {}", bytes(peak.bytes), time(peak.time)));
    line(match capture.limit() {
        Some(limit) => format!("limit     {}", bytes(limit)),
        None => "limit     none".into(),
    });
    let totals = capture.totals();
    line(format!("made      {}, {}", counted(totals.takes, "block", "blocks"), bytes(totals.bytes)));
    line(format!("at end    {} live", bytes(totals.live_at_end)));
    if totals.most_reserved > 0 {
        let rss =
            if totals.most_rss == 0 { String::new() } else { format!(", the process {}", bytes(totals.most_rss)) };
        line(format!("reserved  {} at most{rss}", bytes(totals.most_reserved)));
    }
    line(format!("\n{}", curve(capture)));
    line("\nheld at the peak".into());
    for holder in capture.by_site().iter().take(ROWS) {
        let who = maker(&holder.site, &[&holder.op, &holder.dtype, &holder.scope], WIDTH - 23);
        line(format!("{:>11} {:>9}  {who}", bytes(holder.bytes), count(holder.count)));
    }
    line("\nlargest blocks".into());
    for kind in capture.largest().iter().take(ROWS) {
        let who = maker(&kind.site, &[&kind.op, &kind.dtype, &kind.scope], WIDTH - 42);
        let more = if kind.alive { "+" } else { "" };
        line(format!("{:>11} {:>9}  {who}, lived {}{more}", bytes(kind.bytes), count(kind.times), time(kind.lifetime)));
    }
    for hint in hints(capture) {
        line(hint);
    }
    for note in capture.notes() {
        line(format!("note: {note}"));
    }
    text
}

fn count(times: u64) -> String {
    if times == 0 { String::new() } else { format!("x {times}") }
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

/// What other views have more to say about.
fn hints(capture: &Capture) -> Vec<String> {
    let sum = |sizes: Vec<u64>| sizes.into_iter().fold(0, u64::saturating_add);
    let traffic = capture.traffic();
    let growing = traffic.iter().filter(|row| row.grows).count() as u64;
    let rows = [
        (sum(traffic.iter().map(|row| row.temporary_bytes).collect()), "went through temporaries", "temporaries"),
        (sum(capture.copies().iter().map(|row| row.bytes).collect()), "copied", "copies"),
        (sum(capture.pins().iter().map(|pin| pin.block).collect()), "kept alive by small views", "pins"),
    ];
    let shown = rows.into_iter().filter(|(bytes, ..)| *bytes > 0);
    let mut hints: Vec<String> =
        shown.map(|(count, what, view)| format!("{:>11} {what} (view: {view})", bytes(count))).collect();
    if growing > 0 {
        hints.push(format!("{:>11} to the end (view: leaks)", counted(growing, "place grows", "places grow")));
    }
    if !hints.is_empty() {
        hints.insert(0, String::new());
    }
    hints
}
