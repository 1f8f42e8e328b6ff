//! The views that are tables.

use crate::capture::Capture;
use crate::text::{WIDTH, fit, maker};
use crate::units::{bytes, grouped, time};

/// Rows of a table; the page has more.
const ROWS: usize = 60;

/// A heading, the rows that fit, and how many are left; `none` where there are no rows.
fn table(heading: &str, rows: Vec<String>, none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let left = rows.len().saturating_sub(ROWS);
    let mut text = format!("{heading}\n");
    for row in rows.iter().take(ROWS) {
        text.push_str(row.trim_end());
        text.push('\n');
    }
    if left > 0 {
        text.push_str(&format!("{:>11}\n", format!("and {left} more")));
    }
    text
}

/// Who held the peak.
pub fn holders(capture: &Capture) -> String {
    let peak = capture.peak().bytes.max(1) as f64;
    let row = |holder: &crate::Holder| {
        let share = format!("{:.1} %", 100.0 * holder.bytes as f64 / peak);
        let who = maker(&holder.site, &[&holder.op, &holder.dtype, &holder.scope], WIDTH - 33);
        let count = if holder.count == 0 { String::new() } else { grouped(holder.count) };
        format!("{:>11} {share:>8} {count:>10}  {who}", bytes(holder.bytes))
    };
    let rows = capture.by_site().iter().map(row).collect();
    let heading = format!("{:>11} {:>8} {:>10}  made at", "at the peak", "share", "blocks");
    table(&heading, rows, "nothing was held")
}

/// Intermediate results.
pub fn temporaries(capture: &Capture) -> String {
    let mut rows: Vec<_> = capture.traffic().iter().filter(|row| row.temporaries > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.temporary_bytes));
    let sum = rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.temporary_bytes));
    let row = |row: &&crate::Traffic| {
        let group = &row.group;
        let who = maker(&group.site, &[&group.op, &group.dtype, &group.scope], WIDTH - 55);
        let each = row.temporary_bytes / row.temporaries.max(1);
        let (count, life) = (grouped(row.temporaries), time(row.temporary_life));
        format!("{:>11} {count:>10} {:>11} {life:>9}  {who}", bytes(row.temporary_bytes), bytes(each))
    };
    let heading = format!("{:>11} {:>10} {:>11} {:>9}  made at", "temporary", "blocks", "each", "lived");
    let text = table(&heading, rows.iter().map(row).collect(), "no large block was temporary");
    if sum == 0 {
        return text;
    }
    let all = capture.traffic().iter().fold(0u64, |sum, row| sum.saturating_add(row.bytes)).max(1);
    let share = 100.0 * sum as f64 / all as f64;
    format!(
        "{text}\n{} in all, {share:.1} % of what large blocks were made for; out=, in-place operations and lazy\nexpressions save them.\n",
        bytes(sum)
    )
}

/// What was copied.
pub fn copies(capture: &Capture) -> String {
    let row = |row: &crate::Copies| {
        let place = if row.site.is_empty() { "(small copies)" } else { &row.site };
        let who = maker(place, &[], WIDTH - 37);
        format!("{:>11} {:>10} {:<12} {who}", bytes(row.bytes), grouped(row.count), fit(&row.reason, 12))
    };
    let heading = format!("{:>11} {:>10} {:<12} at", "copied", "copies", "because of");
    table(&heading, capture.copies().iter().map(row).collect(), "nothing was copied")
}

/// Small views that kept large blocks alive.
pub fn pins(capture: &Capture) -> String {
    let row = |pin: &crate::Pin| {
        let holder = fit(&pin.holder, WIDTH - 26);
        format!("{:>11} {:>11}  {holder}", bytes(pin.block), bytes(pin.view))
    };
    let heading = format!("{:>11} {:>11}  held by", "kept alive", "for");
    table(&heading, capture.pins().iter().map(row).collect(), "no small view kept a large block alive at the end")
}

/// What was live at the end.
pub fn leaks(capture: &Capture) -> String {
    let mut rows: Vec<_> = capture.traffic().iter().filter(|row| row.alive_bytes > 0).collect();
    rows.sort_by_key(|row| (!row.grows, std::cmp::Reverse(row.alive_bytes)));
    let row = |row: &&crate::Traffic| {
        let group = &row.group;
        let who = maker(&group.site, &[&group.op, &group.dtype, &group.scope], WIDTH - 42);
        let grows = if row.grows { "grows" } else { "" };
        let age = if row.oldest.is_zero() { String::new() } else { time(row.oldest) };
        format!("{:>11} {:>10} {age:>9} {grows:<5}  {who}", bytes(row.alive_bytes), grouped(row.alive))
    };
    let heading = format!("{:>11} {:>10} {:>9} {:<5}  made at", "at the end", "blocks", "oldest", "");
    table(&heading, rows.iter().map(row).collect(), "nothing that was made was left at the end")
}
