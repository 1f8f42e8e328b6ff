//! `cargo xtask test`: everything that must pass before a change goes in, cheapest first.

use crate::python::{NUMPY, Venv};
use crate::steps::{Steps, cargo, openly, quietly};
use crate::{Result, check, clients, extension};
use std::path::PathBuf;
use std::process::Command;

const TOOLS: &[&str] = &["pytest>=8", "hypothesis>=6.100", "ipython>=8", "mypy>=1.18", NUMPY, "ruff>=0.15"];

/// Runs all checks and all tests of Rust and Python, the examples of the documents, the example on a small
/// mask, and other libraries on Metes arrays.
pub fn test() -> Result<()> {
    let mut steps = Steps::new();
    let venv = tools(&mut steps)?;
    check::read_only(&mut steps, &venv)?;
    rust(&mut steps)?;
    python(&mut steps, &venv)?;
    steps.close("all passed")
}

/// The environment with the tools for tests and lints.
pub fn tools(steps: &mut Steps) -> Result<Venv> {
    let mut venv = None;
    steps.step("Python environment (.venv)", || {
        venv = Some(Venv::open()?);
        Ok(String::new())
    })?;
    let venv = venv.ok_or("there is no Python environment")?;
    steps.step("test tools", || venv.install(&["pytest", "hypothesis", "IPython", "mypy", "numpy", "ruff"], TOOLS))?;
    Ok(venv)
}

fn rust(steps: &mut Steps) -> Result<()> {
    steps.command("Rust tests: compile", &mut cargo(&["test", "--quiet", "--workspace", "--no-run"]))?;
    steps.step("Rust tests: run", || passed(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--tests"])))?;
    steps.step("Rust tests: examples in documentation", || passed(&mut cargo(&["test", "--workspace", "--doc"])))?;
    // A directory of its own: the flag changes every crate, and would throw away what the tests above share.
    let loom = ["test", "--release", "--package", "metes-memory", "--test", "loom", "--target-dir", "target/loom"];
    steps.step("Rust tests: all interleavings (loom)", || passed(cargo(&loom).env("RUSTFLAGS", "--cfg loom")))?;
    Ok(())
}

fn python(steps: &mut Steps, venv: &Venv) -> Result<()> {
    let site = staged(steps)?;
    let mut pytest = venv.command(&["-m", "pytest", "-p", "no:cacheprovider"]);
    steps.step("Python tests, documents, example", || last_line(pytest.env("PYTHONPATH", &site)))?;
    clients::oldest_numpy(steps, venv, &site)?;
    clients::newer_python(steps, venv, &site)?;
    clients::test(steps, venv, &site)
}

fn staged(steps: &mut Steps) -> Result<PathBuf> {
    let mut site = None;
    steps.step("Python package, dev profile", || {
        site = Some(extension::stage()?);
        Ok(String::new())
    })?;
    site.ok_or_else(|| "the package was not put together".to_owned())
}

/// Builds the package in the dev profile and runs Python on it with `args`: `-m pytest tests/python/test_views.py`.
pub fn with_package(args: &[String]) -> Result<()> {
    let mut steps = Steps::new();
    let venv = tools(&mut steps)?;
    let site = staged(&mut steps)?;
    openly(venv.command(&[]).args(args).env("PYTHONPATH", &site))
}

/// Runs `cargo test` and counts what passed; none at all is a failure.
fn passed(command: &mut Command) -> Result<String> {
    let output = quietly(command)?;
    let counts = output.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    let sum: usize = counts.filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()).sum();
    if sum == 0 { Err("no test ran".to_owned()) } else { Ok(format!("{sum} passed")) }
}

/// Runs pytest and shows its closing line.
fn last_line(command: &mut Command) -> Result<String> {
    let output = quietly(command)?;
    Ok(output.lines().last().unwrap_or_default().trim_matches(['=', ' ']).to_owned())
}
