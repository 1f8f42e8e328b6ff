//! [`screen`]: how a running program's memory stands, as a screen of text.

use crate::live::Snapshot;
use crate::text::{fit, maker};
use crate::units::{bytes, grouped, time};
use std::time::Duration;

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The newest of `history` as `rows` lines of at most `columns` characters, with the curve of all of it; empty where
/// nothing has come yet.
pub fn screen(history: &[Snapshot], columns: usize, rows: usize) -> String {
    let Some(now) = history.last() else { return String::new() };
    let columns = columns.clamp(40, 160);
    let elapsed = time(Duration::from_millis(now.elapsed_ms));
    let limit = now.limit.map_or_else(|| "no limit".into(), |limit| format!("limit {}", bytes(limit)));
    let mut lines = vec![
        fit(&now.program, columns),
        String::new(),
        format!("live      {:>11}   in {} blocks, the most {}", bytes(now.live), grouped(now.count), bytes(now.peak)),
        format!("reserved  {:>11}   {} of it cached, {limit}", bytes(now.reserved), bytes(now.cached)),
        format!("process   {:>11}   physical memory, foreign bytes included", bytes(now.rss)),
        format!("made      {:>11}   {} blocks in {elapsed}", bytes(now.total), grouped(now.total_count)),
        String::new(),
        curve(history, columns.saturating_sub(1)),
        String::new(),
    ];
    let room = rows.saturating_sub(lines.len() + 3);
    let ops = now.ops.len().min(room / 3).min(6);
    table("live by place", &now.sites, room - ops, columns, &mut lines);
    lines.push(String::new());
    table("live by operation", &now.ops, ops, columns, &mut lines);
    lines.truncate(rows.max(1));
    lines.iter().map(|line| line.chars().take(columns).collect::<String>() + "\n").collect()
}

fn table(heading: &str, rows: &[(String, u64, u64)], most: usize, columns: usize, lines: &mut Vec<String>) {
    lines.push(format!("{:>11} {:>9}  {heading}", "bytes", "blocks"));
    for (name, count_bytes, count) in rows.iter().take(most) {
        let name = if name.is_empty() { "(small blocks)" } else { name };
        let who = maker(name, &[], columns.saturating_sub(23));
        lines.push(format!("{:>11} {:>9}  {who}", bytes(*count_bytes), grouped(*count)));
    }
}

/// The last live bytes, under the most of them.
fn curve(history: &[Snapshot], columns: usize) -> String {
    let shown = &history[history.len().saturating_sub(columns)..];
    let most = shown.iter().map(|moment| moment.live).max().unwrap_or(0).max(1);
    let step = |moment: &Snapshot| STEPS[((u128::from(moment.live) * 7).div_ceil(u128::from(most)) as usize).min(7)];
    shown.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_has_its_size() {
        let site = |at: u64| (format!("/a/long/path/{}/file.py:{at} f", "x".repeat(90)), 1 << 20, at);
        let now = Snapshot {
            program: "p ".repeat(200),
            live: 1 << 30,
            sites: (0..40).map(site).collect(),
            ops: vec![("add".into(), 5, 1); 20],
            ..Snapshot::default()
        };
        let history: Vec<_> = (0..500).map(|at| Snapshot { live: at << 20, ..now.clone() }).collect();
        for (columns, rows) in [(80, 24), (100, 50), (40, 12), (200, 200), (1, 1)] {
            let text = screen(&history, columns, rows);
            assert!(text.lines().count() <= rows, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= columns.clamp(40, 160)), "{text}");
        }
        let text = screen(&history, 100, 40);
        assert!(text.contains("add") && text.contains("499.0 MiB") && text.contains("file.py:0 f"), "{text}");
        assert_eq!(screen(&[], 80, 24), "");
    }
}
