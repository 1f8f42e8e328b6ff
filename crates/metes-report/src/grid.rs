//! The tables of the page, each as columns and rows of cells that say what they are sorted by.

use crate::capture::{Capture, Copies, Holder, Pin, Traffic};
use crate::format::frames;
use crate::series::SITES;
use crate::units::{bytes, grouped, time};
use serde::Serialize;
use std::time::Duration;

/// Rows of a table; a program has seldom more that matter.
const ROWS: usize = 200;

/// One table.
#[derive(Serialize)]
pub struct Grid {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    /// Headings, and whether the column is one of numbers.
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Cell>>,
    more: Option<String>,
    none: &'static str,
}

/// What a cell shows, is sorted by, and says when pointed at.
#[derive(Default, Serialize)]
pub struct Cell {
    text: String,
    key: Option<u64>,
    hint: String,
    class: &'static str,
    /// The number of its colour.
    slot: Option<usize>,
    /// The width of a bar in percent.
    bar: Option<String>,
}

impl Cell {
    pub fn bytes(count: u64) -> Cell {
        Cell { text: bytes(count), key: Some(count), hint: grouped(count) + " bytes", ..Cell::default() }
    }

    pub fn count(count: u64) -> Cell {
        Cell { text: if count == 0 { String::new() } else { grouped(count) }, key: Some(count), ..Cell::default() }
    }

    pub fn time(moment: Duration) -> Cell {
        let key = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX);
        Cell { text: time(moment), key: Some(key), ..Cell::default() }
    }

    /// A difference in words, sorted by the difference.
    pub fn signed(text: String, old: u64, new: u64) -> Cell {
        let middle = u64::MAX / 2;
        let key = if new >= old { middle.saturating_add(new - old) } else { middle.saturating_sub(old - new) };
        Cell { text, key: Some(key >> 12), ..Cell::default() }
    }

    fn share(part: u64, whole: u64) -> Cell {
        let share = format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64);
        Cell { text: format!("{share} %"), key: Some(part), bar: Some(share), ..Cell::default() }
    }

    pub fn text(text: &str) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// The innermost frame of a site; the whole stack when pointed at.
    pub fn site(site: &str, slot: Option<usize>) -> Cell {
        let text = frames(site).last().unwrap_or("(no place)").into();
        Cell { text, hint: site.into(), class: "site", slot, ..Cell::default() }
    }
}

impl Grid {
    /// Keeps the first rows.
    pub fn shorten(&mut self, rows: usize) {
        self.rows.truncate(rows);
    }
}

/// A table of these rows, at most [`ROWS`].
pub fn grid(words: [&'static str; 4], columns: &[(&'static str, bool)], rows: impl Iterator<Item = Vec<Cell>>) -> Grid {
    let [id, title, about, none] = words;
    let mut rows: Vec<_> = rows.collect();
    let hidden = rows.len().saturating_sub(ROWS) as u64;
    rows.truncate(ROWS);
    let more = (hidden > 0).then(|| crate::units::counted(hidden, "smaller one", "smaller ones"));
    Grid { id, title, about, columns: columns.to_vec(), rows, more, none }
}

const MAKER: [(&str, bool); 4] = [("made at", false), ("operation", false), ("dtype", false), ("scope", false)];

/// All tables of a capture. `slot` gives the number of a label's colour.
pub fn grids(capture: &Capture, slot: &impl Fn(&str) -> usize) -> Vec<Grid> {
    vec![
        holders(capture, slot),
        blocks(capture),
        temporaries(capture, slot),
        copies(capture),
        pins(capture),
        leaks(capture, slot),
    ]
}

fn holders(capture: &Capture, slot: &impl Fn(&str) -> usize) -> Grid {
    let peak = capture.peak().bytes;
    let row = |holder: &Holder| {
        let Holder { site, op, dtype, scope, bytes, count } = holder;
        let color = slot(frames(site).last().unwrap_or(op));
        let numbers = [Cell::bytes(*bytes), Cell::share(*bytes, peak), Cell::count(*count)];
        let words = [Cell::site(site, Some(color)), Cell::text(op), Cell::text(dtype), Cell::text(scope)];
        numbers.into_iter().chain(words).collect()
    };
    let words = [
        "holders",
        "Who held the peak",
        "Large blocks exactly, small ones as last counted before the peak. Click a heading to sort.",
        "Nothing was held.",
    ];
    let columns = [[("bytes", true), ("share", true), ("blocks", true)].as_slice(), &MAKER].concat();
    grid(words, &columns, capture.by_site().iter().map(row))
}

fn blocks(capture: &Capture) -> Grid {
    let row = |kind: &crate::BlockKind| {
        let mut lived = Cell::time(kind.lifetime);
        if kind.alive {
            lived.text.push_str(", to the end");
        }
        let words =
            [Cell::site(&kind.site, None), Cell::text(&kind.op), Cell::text(&kind.dtype), Cell::text(&kind.scope)];
        let mut row = vec![Cell::bytes(kind.bytes), Cell::count(kind.times)];
        row.extend(words);
        row.extend([Cell::time(kind.born), lived]);
        row
    };
    let words = [
        "blocks",
        "The largest blocks",
        "Blocks of the same size from the same place are one row: how often it was made, when first, and the longest life.",
        "There were no large blocks.",
    ];
    let columns = [[("bytes", true), ("times", true)].as_slice(), &MAKER, &[("born", true), ("lived", true)]].concat();
    grid(words, &columns, capture.largest().iter().map(row))
}

fn maker(row: &Traffic, slot: &impl Fn(&str) -> usize) -> [Cell; 4] {
    let group = &row.group;
    let site = Cell::site(&group.site, Some(slot(group.label())));
    [site, Cell::text(&group.op), Cell::text(&group.dtype), Cell::text(&group.scope)]
}

fn temporaries(capture: &Capture, slot: &impl Fn(&str) -> usize) -> Grid {
    let mut rows: Vec<&Traffic> = capture.traffic().iter().filter(|row| row.temporaries > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.temporary_bytes));
    let row = |row: &Traffic| {
        let each = row.temporary_bytes / row.temporaries.max(1);
        let numbers = [Cell::bytes(row.temporary_bytes), Cell::count(row.temporaries), Cell::bytes(each)];
        numbers.into_iter().chain([Cell::time(row.temporary_life)]).chain(maker(row, slot)).collect()
    };
    let words = [
        "temporaries",
        "Temporaries",
        "Large blocks that went before four more had come: intermediate results, which out=, in-place operations and lazy expressions save.",
        "No large block was temporary.",
    ];
    let columns = [[("bytes", true), ("blocks", true), ("each", true), ("lived", true)].as_slice(), &MAKER].concat();
    grid(words, &columns, rows.into_iter().map(row))
}

fn copies(capture: &Capture) -> Grid {
    let row = |row: &Copies| {
        let site = if row.site.is_empty() { Cell::text("(small copies)") } else { Cell::site(&row.site, None) };
        vec![Cell::bytes(row.bytes), Cell::count(row.count), Cell::text(&row.reason), site]
    };
    let words =
        ["copies", "Copies", "What was copied, why and where, since the recording started.", "Nothing was copied."];
    let columns = [("bytes", true), ("copies", true), ("because of", false), ("copied at", false)];
    grid(words, &columns, capture.copies().iter().map(row))
}

fn pins(capture: &Capture) -> Grid {
    let row = |pin: &Pin| vec![Cell::bytes(pin.block), Cell::bytes(pin.view), Cell::site(&pin.holder, None)];
    let words = [
        "pins",
        "Pinned blocks",
        "Small views that kept large blocks alive when the recording ended; compact() lets the block go.",
        "No small view kept a large block alive at the end.",
    ];
    grid(words, &[("block", true), ("view", true), ("held by", false)], capture.pins().iter().map(row))
}

fn leaks(capture: &Capture, slot: &impl Fn(&str) -> usize) -> Grid {
    let mut rows: Vec<&Traffic> = capture.traffic().iter().filter(|row| row.alive_bytes > 0).collect();
    rows.sort_by_key(|row| (!row.grows, std::cmp::Reverse(row.alive_bytes)));
    let row = |row: &Traffic| {
        let grows = Cell { class: "grows", ..Cell::text(if row.grows { "grows" } else { "" }) };
        let numbers = [Cell::bytes(row.alive_bytes), Cell::count(row.alive), Cell::time(row.oldest), grows];
        numbers.into_iter().chain(maker(row, slot)).collect()
    };
    let words = [
        "leaks",
        "Live at the end",
        "What the recording saw made and not freed. “Grows” marks makers whose lows rose all the time.",
        "Nothing that was made was left at the end.",
    ];
    let columns = [[("bytes", true), ("blocks", true), ("oldest", true), ("trend", false)].as_slice(), &MAKER].concat();
    grid(words, &columns, rows.into_iter().map(row))
}

/// The number of a label's colour among the labels of a capture.
pub fn slots(capture: &Capture) -> impl Fn(&str) -> usize {
    let labels = capture.series().labels.clone();
    move |label| labels.iter().position(|known| known == label).unwrap_or(SITES)
}
