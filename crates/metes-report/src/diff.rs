//! [`compare`]: two captures side by side: what each maker held at the peak, made, copied and left.

use crate::capture::Capture;
use crate::format::Group;
use crate::grid::{Cell, Grid, grid};
use crate::text::maker;
use crate::units::{bytes, grouped};
use std::collections::HashMap;

/// Rows of the text.
const ROWS: usize = 40;

/// A number of a capture.
type Sum<'a> = &'a dyn Fn(&Capture) -> u64;

/// What differs between an older and a newer capture.
pub struct Diff {
    facts: Vec<(&'static str, u64, u64)>,
    /// Who held other bytes at the peak than before, the largest difference first.
    rows: Vec<(Group, u64, u64)>,
}

/// Compares two captures, maker by maker. Lines of a file that moved are other places: what went and what came stand one
/// below the other.
pub fn compare(older: &Capture, newer: &Capture) -> Diff {
    let sum = |capture: &Capture, of: fn(&crate::Traffic) -> u64| {
        capture.traffic().iter().map(of).fold(0, u64::saturating_add)
    };
    let copied = |capture: &Capture| capture.copies().iter().map(|row| row.bytes).fold(0, u64::saturating_add);
    let both = |of: &dyn Fn(&Capture) -> u64| (of(older), of(newer));
    let facts: [(_, Sum); 6] = [
        ("peak", &|capture| capture.peak().bytes),
        ("made", &|capture| capture.totals().bytes),
        ("temporaries", &|capture| sum(capture, |row| row.temporary_bytes)),
        ("copied", &copied),
        ("at the end", &|capture| capture.totals().live_at_end),
        ("reserved", &|capture| capture.totals().most_reserved),
    ];
    let facts = facts.map(|(name, of)| (name, both(of).0, both(of).1)).to_vec();
    let mut held = HashMap::<Group, (u64, u64)>::new();
    for (capture, new) in [(older, false), (newer, true)] {
        for holder in capture.by_site() {
            let crate::Holder { site, op, dtype, scope, bytes, .. } = holder.clone();
            let row = held.entry(Group { op, site, scope, dtype }).or_default();
            let place = if new { &mut row.1 } else { &mut row.0 };
            *place = place.saturating_add(bytes);
        }
    }
    let mut rows: Vec<_> = held.into_iter().map(|(group, (old, new))| (group, old, new)).collect();
    rows.retain(|(_, old, new)| old != new);
    rows.sort_by(|a, b| b.1.abs_diff(b.2).cmp(&a.1.abs_diff(a.2)).then_with(|| a.0.cmp(&b.0)));
    Diff { facts, rows }
}

impl Diff {
    /// The difference as text.
    pub fn text(&self) -> String {
        let mut text = format!("{:<11} {:>11} {:>11} {:>12} {:>9}\n", "", "before", "now", "difference", "");
        for (name, old, new) in &self.facts {
            let row = format!(
                "{name:<11} {:>11} {:>11} {:>12} {:>9}",
                bytes(*old),
                bytes(*new),
                signed(*old, *new),
                percent(*old, *new)
            );
            text.push_str(row.trim_end());
            text.push('\n');
        }
        if self.rows.is_empty() {
            return text + "\nthe peak was held by the same makers with the same bytes\n";
        }
        text.push_str("\nheld at the peak\n");
        for (group, old, new) in self.rows.iter().take(ROWS) {
            let who = maker(&group.site, &[&group.op, &group.dtype, &group.scope], 59);
            text.push_str(&format!("{:>11} {:>11} {:>12}  {who}\n", bytes(*old), bytes(*new), signed(*old, *new)));
        }
        match self.rows.len().saturating_sub(ROWS) {
            0 => text,
            more => text + &format!("{:>11}\n", format!("and {more} more")),
        }
    }

    pub(crate) fn grid(&self) -> Grid {
        let words = [
            "compared",
            "Compared with the older capture",
            "What makers held at the two peaks, where it differs; the first rows are sums over the whole run.",
            "The peak was held by the same makers with the same bytes.",
        ];
        let columns = [("before", true), ("now", true), ("difference", true), ("made at", false), ("operation", false)];
        let row = |old: u64, new: u64, site: Cell, op: &str| {
            let difference = Cell::signed(signed(old, new), old, new);
            vec![Cell::bytes(old), Cell::bytes(new), difference, site, Cell::text(op)]
        };
        let facts = self.facts.iter().map(|(name, old, new)| row(*old, *new, Cell::text(&format!("({name})")), ""));
        let held = self.rows.iter().map(|(group, old, new)| row(*old, *new, Cell::site(&group.site, None), &group.op));
        grid(words, &columns, facts.chain(held))
    }
}

fn signed(old: u64, new: u64) -> String {
    let sign = if new > old { "+" } else { "−" };
    if new == old { "=".into() } else { format!("{sign}{}", bytes(new.abs_diff(old))) }
}

fn percent(old: u64, new: u64) -> String {
    if old == 0 || old == new {
        return String::new();
    }
    let change = 100.0 * (new as f64 - old as f64) / old as f64;
    if change.abs() >= 1000.0 { format!("× {}", grouped(new / old)) } else { format!("{change:+.1} %") }
}
