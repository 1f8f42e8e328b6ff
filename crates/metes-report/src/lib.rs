//! Captures of a program's array memory: written while it runs, read afterwards, drawn as a page.
//!
//! [`Recorder`] observes a [`Memory`](metes_memory::Memory) and writes a capture file; [`read_capture`] condenses one,
//! however long the run, into a [`Capture`]; [`write_html`] and [`summary`] show it. A capture of a killed program reads
//! up to its last chunk, a damaged one around the damage, and what was lost is said.
//!
//! ```
//! use metes_memory::Memory;
//! # let dir = std::env::temp_dir().join(format!("metes-report-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir).unwrap();
//! let path = dir.join("run.metes");
//! let recorder = metes_report::Recorder::start(&path, &Memory::new())?;
//! recorder.finish()?;
//! let capture = metes_report::read_capture(&path)?;
//! assert_eq!(capture.peak().bytes, 0);
//! metes_report::write_html(&capture, &dir.join("run.html"))?;
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), metes_memory::Error>(())
//! ```
//!
//! Left out for now: Python stacks, flame graphs, and exports to other tools' formats.

mod capture;
mod chunks;
mod digest;
mod format;
mod html;
mod journal;
mod kinds;
mod recorder;
mod svg;
mod text;
mod thin;
mod units;

pub use capture::{BlockKind, Capture, Holder, Peak, Point, Totals};
pub use digest::read_capture;
pub use html::{html, write_html};
pub use recorder::Recorder;
pub use text::summary;
