//! `cargo xtask run`: from a clean clone to the land of the Earth, under 64 MiB.

use crate::python::{NUMPY, Venv};
use crate::steps::{Steps, openly};
use crate::{Result, extension};

/// Builds and installs the package, installs the example's data and NumPy, runs the example.
pub fn run(args: &[String]) -> Result<()> {
    let mut steps = Steps::new();
    let venv = prepare(&mut steps)?;
    steps.step("data of the example, and NumPy beside it", || {
        // The data's package asks for NumPy when imported; here only its file is read.
        venv.install(&["global_land_mask"], &["--no-deps", "global-land-mask"])?;
        venv.install(&["numpy"], &[NUMPY])
    })?;
    println!();
    openly(venv.command(&["examples/land.py"]).args(args))
}

/// The environment with the package in release mode.
pub fn prepare(steps: &mut Steps) -> Result<Venv> {
    let mut venv = None;
    steps.step("Python environment (.venv)", || {
        venv = Some(Venv::open()?);
        Ok(String::new())
    })?;
    let venv = venv.expect("the step before opened it");
    steps.step("build tool (maturin)", || venv.install(&["maturin"], &["maturin>=1.16,<2"]))?;
    steps.step("Python package, release mode (minutes at first)", || extension::install(&venv))?;
    Ok(venv)
}
