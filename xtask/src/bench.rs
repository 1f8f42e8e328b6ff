//! `cargo xtask bench`: Metes beside NumPy, in turns in one process.

use crate::steps::{Steps, openly};
use crate::{Result, job};

/// Builds the package in release mode and runs the paired benchmark; `args` go to it.
pub fn bench(args: &[String]) -> Result<()> {
    let mut steps = Steps::new();
    let venv = job::prepare(&mut steps)?;
    steps.step("NumPy", || venv.install(&["numpy"], &["numpy>=2.0"]))?;
    println!();
    openly(venv.command(&["benches/bench.py"]).args(args))
}
