//! `metes report`: where a program's array memory went, from its capture.

use crate::{Answer, Stop};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use metes::memory::parse_size;
use metes_report::{Export, Pages, Policy, View};
use std::path::PathBuf;

/// Say where a program's array memory went, from the capture that it wrote
#[derive(Args)]
pub(crate) struct Report {
    /// The capture
    #[arg(value_name = "FILE.metes")]
    file: PathBuf,
    /// What to show
    #[arg(value_name = "VIEW", default_value = "summary", value_parser = view())]
    view: View,
    /// Compare with an older capture
    #[arg(long, value_name = "OLDER.metes")]
    against: Option<PathBuf>,
    /// Write a page for the browser here instead
    #[arg(long, value_name = "OUT.html")]
    html: Option<PathBuf>,
    /// Write it for another tool to the file of --out
    #[arg(long, value_name = "FORMAT", value_parser = export(), requires = "out")]
    export: Option<Export>,
    /// Where to write what is exported
    #[arg(long, value_name = "OUT", requires = "export")]
    out: Option<PathBuf>,
    /// Say what would have happened under another limit, or "none"
    #[arg(long, value_name = "SIZE", value_parser = limit)]
    replay: Option<Limit>,
    /// Replay with huge pages of 2 MiB
    #[arg(long, requires = "replay")]
    huge_pages: bool,
    /// Replay with at most so many bytes of freed blocks kept
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "replay")]
    cache: Option<u64>,
}

/// A limit that may be none.
#[derive(Clone, Copy)]
struct Limit(Option<u64>);

fn limit(text: &str) -> Result<Limit, String> {
    if text.eq_ignore_ascii_case("none") { Ok(Limit(None)) } else { size(text).map(|size| Limit(Some(size))) }
}

fn size(text: &str) -> Result<u64, String> {
    parse_size(text).map(|size| size as u64).map_err(|error| error.message().to_owned())
}

fn view() -> impl TypedValueParser<Value = View> {
    let values = View::ALL.iter().map(|view| PossibleValue::new(view.name()).help(view.about()));
    PossibleValuesParser::new(values).map(|name| View::parse(&name).expect("a possible value is a view's name"))
}

fn export() -> impl TypedValueParser<Value = Export> {
    let values = Export::ALL.iter().map(|export| PossibleValue::new(export.name()).help(export.about()));
    PossibleValuesParser::new(values).map(|name| Export::parse(&name).expect("a possible value is a format's name"))
}

impl Report {
    pub(crate) fn run(self, answer: &mut Answer) -> Result<(), Stop> {
        if let Some(Limit(limit)) = self.replay {
            let pages = if self.huge_pages { Pages::Huge } else { Pages::Small };
            let policy = Policy { limit, pages, cache: self.cache };
            let outcome = metes_report::replay(&self.file, &policy)?;
            return Ok(write!(answer.out, "{}", outcome.text(&policy))?);
        }
        let capture = metes_report::read_capture(&self.file)?;
        if let (Some(export), Some(out)) = (self.export, self.out) {
            return Ok(export.write(&capture, out)?);
        }
        let older = self.against.map(metes_report::read_capture).transpose()?;
        match (self.html, older) {
            (Some(page), None) => metes_report::write_html(&capture, page)?,
            (Some(page), Some(older)) => metes_report::write_html_against(&capture, &older, page)?,
            (None, Some(older)) => write!(answer.out, "{}", metes_report::compare(&older, &capture).text())?,
            (None, None) => write!(answer.out, "{}", self.view.draw(&capture))?,
        }
        Ok(())
    }
}
