//! The project's chores: `cargo xtask run | test | bench | check | size`.
//!
//! Needs cargo and Python 3.11 or newer, nothing else: what Python needs is put into the project's own `.venv`. The
//! standard library alone is used, so that the first thing a clean clone compiles takes a second.

mod bench;
mod check;
mod clients;
mod extension;
mod job;
mod python;
mod steps;
mod suite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a chore returns: a sentence for the user where it failed.
type Result<T> = std::result::Result<T, String>;

const USAGE: &str = "usage: cargo xtask <chore>

  run     build the Python package, fetch the example's data, measure the land of the Earth under 64 MiB
  test    everything that must pass before a change goes in
  python  build the package in the dev profile and run Python on it: `cargo xtask python -m pytest -k views`
  bench   Metes beside NumPy, in turns: tables of ratios, a page of plots; with --builds, how long builds take
  check   the part of `test` that only reads: format, lints, direction of the crates, unsafe files, words, sizes
  size    lines by crate, the longest files and functions

What follows the chore goes on to the example (run), the interpreter (python) or the benchmark (bench).";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let chore = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let result = match chore.as_str() {
        "run" => job::run(&rest),
        "test" => suite::test(),
        "python" => suite::with_package(&rest),
        "bench" => bench::bench(&rest),
        "check" => check::check(),
        "size" => check::size::table(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is one level below the root").to_owned()
}

/// Files below `dir` that `wanted` accepts, sorted; build output and hidden directories are left out.
fn files(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                let skipped = name == "target" || name == "__pycache__" || (name.starts_with('.') && name != ".ci");
                if !skipped {
                    open.push(path);
                }
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a file name ends in one of `extensions`.
fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| extensions.contains(&end))
}
