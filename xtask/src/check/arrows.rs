//! Arrows between crates point one way: each crate uses only those that this list allows it.

use crate::{Result, root};
use std::collections::BTreeMap;

/// Each crate and the crates of the workspace that it may use; a crate must stand below all of them.
const ALLOWED: &[(&str, &[&str])] = &[
    ("metes-threads", &[]),
    ("metes-memory", &[]),
    ("metes-dtype", &[]),
    ("metes-array", &["metes-threads", "metes-memory", "metes-dtype"]),
    ("metes-kernels", &["metes-dtype"]),
    ("metes-eval", &["metes-threads", "metes-memory", "metes-dtype", "metes-array", "metes-kernels"]),
    ("metes-gemm", &[]),
    ("private-gemm-x86", &["metes-gemm"]),
    ("metes-factor", &["metes-threads", "metes-dtype", "metes-gemm"]),
    (
        "metes-linalg",
        &["metes-threads", "metes-memory", "metes-dtype", "metes-array", "metes-kernels", "metes-eval", "metes-factor"],
    ),
    ("metes-store", &["metes-memory", "metes-dtype", "metes-array", "metes-kernels", "metes-eval"]),
    ("metes-report", &["metes-memory"]),
    (
        "metes",
        &[
            "metes-threads",
            "metes-memory",
            "metes-dtype",
            "metes-array",
            "metes-kernels",
            "metes-eval",
            "metes-linalg",
            "metes-store",
        ],
    ),
    ("metes-cli", &["metes", "metes-report"]),
    (
        "metes-py",
        &[
            "metes-threads",
            "metes-memory",
            "metes-dtype",
            "metes-array",
            "metes-kernels",
            "metes-eval",
            "metes-linalg",
            "metes-store",
            "metes-report",
            "metes-cli",
            "metes",
        ],
    ),
    ("xtask", &[]),
];

/// Compares every manifest with the list.
pub fn check() -> Result<String> {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let members = members()?;
    let mut wrong = Vec::new();
    for (name, used) in &members {
        let Some(may) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name}: not in the list of xtask/src/check/arrows.rs; say there what it may use"));
            continue;
        };
        // A crate may name itself among what its tests need, to have its own features on.
        let extra = used.iter().filter(|other| *other != name && !may.contains(&other.as_str()));
        wrong.extend(extra.map(|other| format!("{name} uses {other}, which points the wrong way")));
    }
    if wrong.is_empty() { Ok(format!("{} crates", members.len())) } else { Err(wrong.join("\n")) }
}

/// Every crate with the crates of the workspace in its manifest, tests and builds included.
fn members() -> Result<Vec<(String, Vec<String>)>> {
    let mut manifests = vec![root().join("xtask/Cargo.toml")];
    let crates = std::fs::read_dir(root().join("crates")).map_err(|error| format!("crates: {error}"))?;
    manifests.extend(crates.flatten().map(|entry| entry.path().join("Cargo.toml")));
    manifests.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        parse(&text).ok_or_else(|| format!("{}: no package name", path.display()))
    };
    manifests.into_iter().map(read).collect()
}

/// The name and the dependencies of a manifest written one key to a line, as all of ours are.
fn parse(text: &str) -> Option<(String, Vec<String>)> {
    let (mut section, mut name, mut used) = (String::new(), None, Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('[') {
            section = title.trim_end_matches(']').to_owned();
        } else if section == "package" && line.starts_with("name") {
            name = line.split('"').nth(1).map(str::to_owned);
        } else if section.ends_with("dependencies") {
            let key: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            if key == "metes" || key.starts_with("metes-") {
                used.push(key);
            }
        }
    }
    Some((name?, used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_gives_its_name_and_what_it_uses() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nmetes-memory.workspace = true\nserde = \"1\"\n\
                    [dev-dependencies]\nmetes = { path = \"x\" }\n[features]\nmetes-store = []\n";
        let used = vec!["metes-memory".to_owned(), "metes".to_owned()];
        assert_eq!(parse(text), Some(("a".to_owned(), used)));
    }

    #[test]
    fn the_list_itself_points_one_way() {
        for (place, (name, may)) in ALLOWED.iter().enumerate() {
            for other in *may {
                let above = ALLOWED.iter().position(|(known, _)| known == other);
                assert!(
                    above.is_some_and(|above| above < place),
                    "{name} may use {other}, which does not stand above it"
                );
            }
        }
    }
}
