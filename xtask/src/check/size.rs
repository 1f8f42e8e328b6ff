//! Sizes: files to about 500 lines, functions mostly under 40. `check` warns, `size` prints the table.

use crate::{Result, files, has_extension, root};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: usize = 500;
const FUNCTION: usize = 60;
const SHOWN: usize = 12;

/// Names files that are too long; they are no failure, a written reason may justify them.
pub fn check() -> Result<String> {
    let long: Vec<_> = sources().into_iter().map(measured).filter(|(_, lines)| *lines > FILE).collect();
    let shown: Vec<_> = long.iter().map(|(path, lines)| format!("{path} ({lines})")).collect();
    Ok(if shown.is_empty() { String::new() } else { format!("over {FILE} lines: {}", shown.join(", ")) })
}

/// Prints lines by crate and directory, the longest files, and the functions that are too long.
pub fn table() -> Result<()> {
    let sources = sources();
    let mut parts = BTreeMap::<String, (usize, usize)>::new();
    let mut sizes: Vec<_> = sources.iter().cloned().map(measured).collect();
    for (path, lines) in &sizes {
        let depth = if path.starts_with("crates/") { 3 } else { 1 };
        let part: Vec<_> = path.split('/').take(depth).collect();
        let entry = parts.entry(part.join("/")).or_default();
        *entry = (entry.0 + 1, entry.1 + lines);
    }
    println!("{:>7} {:>7}  part", "files", "lines");
    for (part, (count, lines)) in &parts {
        println!("{count:>7} {lines:>7}  {part}");
    }
    let total: usize = sizes.iter().map(|(_, lines)| lines).sum();
    println!("{:>7} {total:>7}  all\n\nlongest files:", sizes.len());
    sizes.sort_by_key(|(path, lines)| (std::cmp::Reverse(*lines), path.clone()));
    for (path, lines) in sizes.iter().take(SHOWN) {
        println!("{lines:>7}  {path}");
    }
    let mut long: Vec<_> =
        sources.iter().filter(|path| has_extension(path, &["rs"])).flat_map(long_functions).collect();
    long.sort_by_key(|(lines, ..)| std::cmp::Reverse(*lines));
    println!("\nfunctions over {FUNCTION} lines: {}", long.len());
    for (lines, path, name) in &long {
        println!("{lines:>7}  {path}: {name}");
    }
    Ok(())
}

fn sources() -> Vec<PathBuf> {
    files(&root(), &|path| has_extension(path, &["rs", "py", "html", "js"]))
}

fn measured(path: PathBuf) -> (String, usize) {
    let lines = std::fs::read_to_string(&path).map_or(0, |text| text.lines().count());
    (relative(&path), lines)
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

fn long_functions(path: &PathBuf) -> Vec<(usize, String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let long = functions(&text).into_iter().filter(|(_, lines)| *lines > FUNCTION);
    long.map(|(name, lines)| (lines, relative(path), name)).collect()
}

/// The functions of formatted code with their lines: a function ends at the brace under the start of its first line.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = function_name(code) else { continue };
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[first..].iter().position(|line| line.trim_end() == end);
        if let (Some(length), false) = (length, code.ends_with(['}', ';'])) {
            found.push((name, length + 1));
        }
    }
    found
}

fn function_name(code: &str) -> Option<String> {
    let (before, after) = code.split_once("fn ")?;
    let words = ["", "pub", "pub(crate)", "pub(super)", "const", "unsafe", "extern", "\"C\"", "async"];
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (before.split(' ').all(|word| words.contains(&word)) && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_to_their_brace() {
        let text = "fn short() {}\n\nimpl A {\n    pub(crate) fn long(\n        x: u8,\n    ) {\n        if x {\n        }\n    }\n}\n";
        assert_eq!(functions(text), [("long".to_owned(), 6)]);
    }
}
