//! `metes run`: a Python program with NumPy's arrays in Metes' memory.
//!
//! The work is the Python package's (`python/metes/_run.py`), which the installed script calls without coming here. The
//! standalone program becomes the interpreter that `METES_PYTHON` names, or `python3`.

use crate::Stop;
use clap::Args;
use metes::memory::{Error, ErrorKind};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Run a Python program with NumPy's arrays in Metes' memory, and say at its end where the memory went
#[derive(Args)]
pub(crate) struct Run {
    /// The most that arrays may hold: "2 GiB", "60%"
    #[arg(long, value_name = "SIZE")]
    limit: Option<String>,
    /// Write a capture here
    #[arg(long, value_name = "FILE.metes")]
    profile: Option<PathBuf>,
    /// How much to find out about where arrays are made: counters, sampled, site or stack
    #[arg(long, value_name = "MODE")]
    attribution: Option<String>,
    /// Keep no freed blocks to be used again
    #[arg(long)]
    no_pool: bool,
    /// Show the memory on the terminal while the program runs, and what the program writes afterwards
    #[arg(long)]
    live: bool,
    /// Say nothing at the end
    #[arg(long)]
    quiet: bool,
    /// script.py or -m module, and its arguments
    #[arg(value_name = "PROGRAM", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

impl Run {
    fn words(self) -> Vec<OsString> {
        let mut words: Vec<OsString> = ["-m", "metes", "run"].map(OsString::from).to_vec();
        let mut option = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                words.extend([name.into(), value]);
            }
        };
        option("--limit", self.limit.map(Into::into));
        option("--profile", self.profile.map(Into::into));
        option("--attribution", self.attribution.map(Into::into));
        words.extend(self.live.then(|| "--live".into()));
        words.extend(self.no_pool.then(|| "--no-pool".into()));
        words.extend(self.quiet.then(|| "--quiet".into()));
        words.extend(self.program);
        words
    }

    pub(crate) fn run(self) -> Result<(), Stop> {
        let python = std::env::var_os("METES_PYTHON").unwrap_or_else(|| "python3".into());
        // Returns only where it failed.
        let error = Command::new(&python).args(self.words()).exec();
        let message = format!("run: {} cannot be started: {error}; name a Python in METES_PYTHON", python.display());
        Err(Stop::Failure(Error::new(ErrorKind::Io, message)))
    }
}
