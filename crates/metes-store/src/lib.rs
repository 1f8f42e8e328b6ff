//! Arrays in files: .npy and .npz, read whole, mapped, or streamed; headers are treated as hostile.
//!
//! A header's word alone allocates nothing: sizes are checked against the file first, and against what its compressed
//! bytes can hold. Files are written under another name and renamed when complete. Left out: dtypes of objects,
//! and encrypted or otherwise compressed archives; each is refused by name.

mod decode;
mod header;
mod npy;
mod npz;
mod raw;
mod region;
mod survey;
mod temporary;
mod write;

pub use header::{Header, LONGEST_HEADER};
pub use npy::{NpyFile, open_npy, open_npy_writeable};
pub use npz::{Member, NpzFile, savez, savez_compressed};
pub use raw::{RawFile, RawMode, map_raw};
pub use survey::{Survey, suggest_dtype, survey};
pub use write::{NpyWriter, save};

use metes_array::Array;
use metes_memory::{Error, ErrorKind, Result};
use std::path::Path;

/// Reads a whole .npy file.
///
/// # Errors
/// [`ErrorKind::Io`], or [`ErrorKind::Format`] naming the file and the field.
pub fn load(path: &Path) -> Result<Array> {
    open_npy(path)?.read()
}

/// Whether the file starts as a zip archive does.
pub fn is_npz(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    std::fs::File::open(path).map_err(|e| at(path, e))?.take(4).read_to_end(&mut start).map_err(|e| at(path, e))?;
    Ok(start.starts_with(b"PK"))
}

pub(crate) fn at(path: &Path, error: std::io::Error) -> Error {
    Error::from(error).context(path.display())
}

pub(crate) fn format_error(name: &str, field: &str, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Format, format!("{name}: {field}: {what}"))
}
