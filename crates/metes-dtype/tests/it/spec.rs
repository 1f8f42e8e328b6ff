//! Reads `numpy.txt`: sections in brackets, each a table with row names in front.

use metes_dtype::Kind;

const TEXT: &str = include_str!("numpy.txt");

/// The lines of a section, split at blanks.
pub fn section(name: &str) -> Vec<Vec<&'static str>> {
    let start = TEXT.find(&format!("[{name}]")).unwrap_or_else(|| panic!("numpy.txt has no section {name}"));
    let lines = TEXT[start..].lines().skip(1).take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().collect()).collect()
}

/// Calls `check` with row, column and entry of a square table over all kinds; every pair comes once.
pub fn for_each_pair(name: &str, mut check: impl FnMut(Kind, Kind, &str)) {
    let lines = section(name);
    let columns: Vec<Kind> = lines[0].iter().map(|name| kind(name)).collect();
    assert_eq!(columns, Kind::ALL, "the table has every kind");
    assert_eq!(lines.len(), 1 + Kind::COUNT);
    for row in &lines[1..] {
        assert_eq!(row.len(), 1 + Kind::COUNT);
        for (&column, entry) in columns.iter().zip(&row[1..]) {
            check(kind(row[0]), column, entry);
        }
    }
}

pub fn kind(name: &str) -> Kind {
    Kind::parse(name).unwrap_or_else(|| panic!("no kind {name}"))
}
