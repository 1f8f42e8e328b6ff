//! `cargo xtask check`: what can be judged by reading alone.

mod arrows;
mod rules;
pub mod size;

use crate::python::Venv;
use crate::steps::{Steps, cargo};
use crate::{Result, suite};

/// Format, lints, direction of the crates, unsafe files, words, sizes.
pub fn check() -> Result<()> {
    let mut steps = Steps::independent();
    let venv = suite::tools(&mut steps)?;
    read_only(&mut steps, &venv)?;
    steps.close("all checks passed")
}

/// The steps of `check`, cheapest first; `test` starts with them.
pub fn read_only(steps: &mut Steps, venv: &Venv) -> Result<()> {
    steps.step("arrows between crates", arrows::check)?;
    steps.step("unsafe code only in listed files", rules::unsafe_files)?;
    steps.step("words that must not appear", rules::words)?;
    steps.step("sizes of files", size::check)?;
    steps.command("cargo fmt", &mut cargo(&["fmt", "--all", "--check", "--", "--color", "never"]))?;
    let ruff = |args: &[&str]| venv.command(&[&["-m", "ruff"], args].concat());
    steps.command("ruff check", &mut ruff(&["check", "--quiet", "--no-cache", "."]))?;
    steps.command("ruff format", &mut ruff(&["format", "--check", "--quiet", "--no-cache", "."]))?;
    let mut clippy = cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    steps.command("cargo clippy", &mut clippy)
}
