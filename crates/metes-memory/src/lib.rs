//! Bytes: where they come from, who holds them, how many may live.
//!
//! Every array byte comes from a [`Source`]; the default stack is Ledger over Pool over Budget over System,
//! assembled in [`Memory::new`]. Nothing here knows what an array is.

mod buffer;
mod error;
mod map;
mod memory;
mod observer;
mod source;

pub use buffer::{Access, Buffer, Guards};
pub use error::{Error, ErrorKind, Refusal, Result};
pub use map::MapMode;
pub use memory::{Charge, Memory, Stats};
pub use observer::{Event, Observer};
pub use source::{Block, Request, Source, Tag};
