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
//! [`View`] shows one as text in many ways, [`compare`] sets two side by side, [`replay`] asks what another limit or another
//! size of pages would have done, [`Export`] hands one to other tools, and [`Live`] lets another process look at a program
//! that runs. Left out: native stacks, and views of foreign allocations.

mod arena;
mod atlas;
mod capture;
mod chunks;
mod diff;
mod digest;
mod export;
mod first;
mod format;
mod grid;
mod html;
mod icicle;
mod journal;
mod kinds;
mod live;
mod recorder;
mod replay;
mod screen;
mod series;
mod svg;
mod text;
mod thin;
mod tree;
mod units;
mod watch;
mod whole;
mod world;

pub use capture::{BlockKind, Capture, Copies, Holder, MemoryMap, Moment, Peak, Piece, PieceState, Pin, Point};
pub use capture::{Series, Totals, Traffic};
pub use diff::{Diff, compare};
pub use digest::read_capture;
pub use export::Export;
pub use format::Group;
pub use html::{html, inline_html, write_html, write_html_against};
pub use live::{Live, LiveReader, Snapshot, live_path};
pub use recorder::Recorder;
pub use replay::{Outcome, Pages, Policy, replay};
pub use screen::screen;
pub use text::{View, summary};
pub use watch::{Watch, drawn};
