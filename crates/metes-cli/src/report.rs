//! `metes report`: where a program's array memory went, from its capture.

use crate::{Answer, Stop};
use clap::Args;
use std::path::PathBuf;

/// Say where a program's array memory went, from the capture that it wrote
#[derive(Args)]
pub(crate) struct Report {
    /// The capture
    #[arg(value_name = "FILE.metes")]
    file: PathBuf,
    /// Write a page for the browser here instead of a summary to the output
    #[arg(long, value_name = "OUT.html")]
    html: Option<PathBuf>,
}

impl Report {
    pub(crate) fn run(self, answer: &mut Answer) -> Result<(), Stop> {
        let capture = metes_report::read_capture(&self.file)?;
        match self.html {
            Some(page) => metes_report::write_html(&capture, page)?,
            None => write!(answer.out, "{}", metes_report::summary(&capture))?,
        }
        Ok(())
    }
}
