//! `cargo xtask bench`: Metes beside NumPy and others, in turns in one process; what the library weighs.

use crate::python::NUMPY;
use crate::steps::{Steps, cargo, openly, quietly};
use crate::{Result, job, root};
use std::path::{Path, PathBuf};

/// What runs beside Metes, where it can be installed.
const BESIDE: [&str; 2] = ["numexpr>=2.10", "bottleneck>=1.4"];

/// Builds the package in release mode and runs the paired benchmark; `args` go to it.
pub fn bench(args: &[String]) -> Result<()> {
    if args.iter().any(|arg| arg == "--builds") {
        return builds();
    }
    let mut steps = Steps::new();
    let venv = job::prepare(&mut steps)?;
    steps.step("NumPy", || venv.install(&["numpy"], &[NUMPY]))?;
    steps.step("numexpr, bottleneck", || {
        // Both are optional: the tables are whole without them.
        Ok(venv.install(&["numexpr", "bottleneck"], &BESIDE).unwrap_or_else(|_| "not to be had: left out".to_owned()))
    })?;
    let mut bandwidth = None;
    steps.step("measure of the memory's bandwidth", || {
        quietly(&mut cargo(&[
            "build",
            "--quiet",
            "--release",
            "--package",
            "metes-kernels",
            "--example",
            "bandwidth",
        ]))?;
        bandwidth = Some(release_dir().join("examples/bandwidth"));
        Ok(String::new())
    })?;
    println!("\n{}\n", weight(&release_dir().join("lib_native.so"))?);
    let mut command = venv.command(&["benches/bench.py"]);
    if let Some(program) = bandwidth {
        command.env("METES_BANDWIDTH", program);
    }
    openly(command.args(args))
}

/// Times a build of the extension and one of all tests, both from nothing, and tells what the extension weighs.
fn builds() -> Result<()> {
    let dir = root().join("target/xtask/cold");
    let kinds: [(&str, &[&str]); 2] = [
        ("release build of the extension, cold", &["build", "--quiet", "--release", "--package", "metes-py"]),
        ("build of all Rust tests, cold", &["test", "--quiet", "--no-run", "--workspace"]),
    ];
    let mut steps = Steps::new();
    let mut told = None;
    for (name, args) in kinds {
        // What is not there need not go.
        let _ = std::fs::remove_dir_all(&dir);
        steps.command(name, cargo(args).env("CARGO_TARGET_DIR", &dir))?;
        if told.is_none() {
            told = Some(weight(&dir.join("release/lib_native.so"))?);
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
    println!("{}", told.unwrap_or_default());
    Ok(())
}

/// Sizes of the extension as it was built, and as it is installed from a wheel, without symbols.
fn weight(library: &Path) -> Result<String> {
    let Ok(built) = std::fs::metadata(library) else {
        return Ok("The extension's size is told where it is an ELF library.".to_owned());
    };
    let bare = root().join("target/xtask/stripped.so");
    let stripped = quietly(std::process::Command::new("strip").arg("-o").arg(&bare).arg(library))
        .ok()
        .and_then(|_| std::fs::metadata(&bare).ok())
        .map_or_else(|| "not known (no `strip` here)".to_owned(), |size| megabytes(size.len()));
    Ok(format!("Extension: {} as built, {stripped} stripped.", megabytes(built.len())))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn release_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("release")
}
