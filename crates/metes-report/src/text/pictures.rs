//! The views that are drawn with characters.

use crate::capture::{Capture, MemoryMap, Piece, PieceState};
use crate::text::{WIDTH, fit};
use crate::tree::{Node, tree};
use crate::units::{bytes, time};
use std::fmt::Write;

/// Parts of a tree that hold less are summed up.
const SMALLEST_SHARE: f64 = 0.005;
/// Lines of a tree.
const LINES: usize = 120;
/// Columns and rows of a curve.
const COLUMNS: usize = 80;
const HEIGHT: usize = 10;
/// Rows of a map.
const ROWS: u64 = 24;

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The frames of the peak as a tree.
pub fn tree_view(capture: &Capture) -> String {
    let root = tree(capture);
    let mut lines = vec![format!("{:>11} {:>7}  peak", bytes(root.bytes), "100.0 %")];
    branch(&root, root.bytes.max(1) as f64, "", &mut lines);
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push("(more in the page: --html)".into());
    }
    lines.join("\n") + "\n"
}

fn branch(node: &Node, whole: f64, before: &str, lines: &mut Vec<String>) {
    let share = |node: &Node| node.bytes as f64 / whole;
    let shown = node.children.iter().take_while(|child| share(child) >= SMALLEST_SHARE).count();
    let rest = node.children[shown..].iter().fold(0u64, |sum, child| sum.saturating_add(child.bytes));
    for (place, child) in node.children[..shown].iter().enumerate() {
        if lines.len() > LINES {
            return;
        }
        let last = place + 1 == shown && rest == 0;
        let (turn, on) = if last { ("└ ", "  ") } else { ("├ ", "│ ") };
        let percent = format!("{:.1} %", 100.0 * share(child));
        let name = fit(&child.name, WIDTH.saturating_sub(21 + before.chars().count() + 2).max(20));
        lines.push(format!("{:>11} {percent:>7}  {before}{turn}{name}", bytes(child.bytes)));
        branch(child, whole, &format!("{before}{on}"), lines);
    }
    if rest > 0 {
        let percent = format!("{:.1} %", 100.0 * rest as f64 / whole);
        let count = node.children.len() - shown;
        lines.push(format!("{:>11} {percent:>7}  {before}└ ({count} smaller)", bytes(rest)));
    }
}

/// The frames of the peak as an icicle.
pub fn flame(capture: &Capture) -> String {
    let root = tree(capture);
    let (mut text, mut level) = (String::new(), vec![(0, WIDTH, &root)]);
    while !level.is_empty() {
        let (mut line, mut column, mut below) = (String::new(), 0, Vec::new());
        for (start, width, node) in level {
            line.extend(std::iter::repeat_n(' ', start - column));
            let words = format!("{} {}", bytes(node.bytes), node.name);
            let words = if node.name == "peak" { format!("peak {}", bytes(node.bytes)) } else { words };
            let inner = width.saturating_sub(2);
            let cut: String = words.replace(char::is_control, "?").chars().take(inner).collect();
            write!(line, "{}", if width == 1 { "▏".into() } else { format!("▏{cut:<inner$} ") })
                .expect("a string takes all text");
            column = start + width;
            let (mut at, mut sum) = (start, 0u64);
            for child in &node.children {
                sum = sum.saturating_add(child.bytes);
                let end = start + (width as f64 * sum as f64 / node.bytes.max(1) as f64).round() as usize;
                if end > at {
                    below.push((at, end - at, child));
                    at = end;
                }
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
        level = below;
    }
    text
}

/// The most live bytes in each of [`COLUMNS`] parts of the time, as `value` gives them.
fn highs<'a>(capture: &Capture, moments: impl Iterator<Item = (std::time::Duration, u64)> + 'a) -> [u64; COLUMNS] {
    let whole = capture.duration().as_secs_f64().max(f64::MIN_POSITIVE);
    let mut most = [None; COLUMNS];
    for (time, live) in moments {
        let column = ((time.as_secs_f64() / whole * COLUMNS as f64) as usize).min(COLUMNS - 1);
        let place: &mut Option<u64> = &mut most[column];
        *place = Some(place.map_or(live, |other| other.max(live)));
    }
    let mut now = 0;
    most.map(|column| {
        now = column.unwrap_or(now);
        now
    })
}

/// Live bytes over time.
pub fn timeline(capture: &Capture) -> String {
    let peak = capture.peak().bytes.max(1);
    let total = highs(capture, capture.timeline().iter().map(|point| (point.time, point.live)));
    let mut text = String::new();
    for row in (0..HEIGHT).rev() {
        let eighth = |live: u64| (u128::from(live) * (HEIGHT * 8) as u128).div_ceil(u128::from(peak)) as usize;
        let line: String = total.iter().map(|live| EIGHTHS[eighth(*live).saturating_sub(row * 8).min(8)]).collect();
        let scale = if row + 1 == HEIGHT { bytes(peak) } else { String::new() };
        writeln!(text, "{scale:>11} ▏{}", line.trim_end()).expect("a string takes all text");
    }
    let (start, end) = ("0", time(capture.duration()));
    writeln!(text, "{:>11}  {start}{end:>width$}\n", "", width = COLUMNS - 1).expect("a string takes all text");
    let series = capture.series();
    for (place, label) in series.labels.iter().enumerate() {
        let moments = series.moments.iter().map(|moment| (moment.time, moment.live.get(place).copied().unwrap_or(0)));
        let curve = highs(capture, moments);
        let most = curve.iter().copied().max().unwrap_or(0);
        let step = |live: &u64| EIGHTHS[((u128::from(*live) * 8).div_ceil(u128::from(peak)) as usize).min(8)];
        let line: String = curve.iter().map(step).collect();
        let name = fit(label, WIDTH - 16);
        writeln!(text, "{:>11}  {name}\n{:>11} ▏{}", bytes(most), "", line.trim_end())
            .expect("a string takes all text");
    }
    text
}

/// Where bytes lay.
pub fn map(capture: &Capture) -> String {
    let maps = [("near the peak", capture.peak_map()), ("at the end", capture.end_map())];
    let mut text = String::new();
    for (name, map) in maps {
        if let Some(map) = map {
            write!(text, "{name}, at {}\n{}\n", time(map.time), one_map(map)).expect("a string takes all text");
        }
    }
    if text.is_empty() { "the capture has no map of the memory\n".into() } else { text }
}

fn one_map(map: &MemoryMap) -> String {
    let whole = map.bytes(|_| true);
    let cell = (whole / (ROWS * COLUMNS as u64)).max(1).next_power_of_two().max(64);
    let (mut cells, mut left) = (Vec::new(), 0);
    for region in map.regions() {
        let sum: u64 = region.iter().map(|piece| piece.bytes).sum();
        // Regions smaller than a cell share one.
        left += sum;
        let count = left / cell;
        left -= count * cell;
        cells.extend((0..count).map(|at| majority(region, (at * cell).min(sum.saturating_sub(1)), cell)));
    }
    let mut text = String::new();
    for line in cells.chunks(COLUMNS) {
        text.extend(line);
        text.push('\n');
    }
    let (free, runs, largest) = map.free();
    let live = map.bytes(|state| matches!(state, PieceState::Live(_)));
    let (small, rounding) = (map.bytes(|state| state == PieceState::Small), map.bytes(|s| s == PieceState::Rounding));
    format!(
        "{text}\neach character {}\n█ large blocks {}, ▓ small blocks {}, ▒ rounding {}, · free {}\n{}",
        bytes(cell),
        bytes(live),
        bytes(small),
        bytes(rounding),
        bytes(free),
        if runs == 0 { String::new() } else { format!("free in {runs} runs, the largest {}\n", bytes(largest)) }
    )
}

/// What most of the bytes of a cell do.
fn majority(region: &[Piece], from: u64, cell: u64) -> char {
    let start = region[0].start + from;
    let end = start.saturating_add(cell);
    let first = region.partition_point(|piece| piece.start + piece.bytes <= start);
    let mut sums = [0u64; 4];
    for piece in region[first..].iter().take_while(|piece| piece.start < end) {
        let bytes = (piece.start + piece.bytes).min(end) - piece.start.max(start);
        sums[match piece.state {
            PieceState::Live(_) => 0,
            PieceState::Small => 1,
            PieceState::Rounding => 2,
            PieceState::Free | PieceState::Cached => 3,
        }] += bytes;
    }
    let most = (0..4).rev().max_by_key(|state| sums[*state]).unwrap_or(0);
    ['█', '▓', '▒', '·'][most]
}
