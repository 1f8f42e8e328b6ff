//! Files of elements without a header, mapped: what NumPy calls a memmap.

use crate::{at, format_error};
use metes_array::{Array, Layout, Order};
use metes_dtype::DType;
use metes_memory::{Buffer, Error, ErrorKind, MapMode, Result, is_mapped};
use std::fs::File;
use std::path::Path;

/// How a file is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawMode {
    /// An existing file, as it is.
    Open(MapMode),
    /// A file that is made, or made anew.
    Create,
}

/// Which elements of a file are mapped.
#[derive(Clone, Debug)]
pub struct RawFile<'a> {
    /// What one element is, in the machine's byte order.
    pub dtype: DType,
    /// How the file is mapped.
    pub mode: RawMode,
    /// Bytes before the first element; any number.
    pub offset: u64,
    /// Elements along each axis; `None` for one axis with as many as follow the offset.
    pub shape: Option<&'a [usize]>,
    /// C or F.
    pub order: Order,
}

/// The array over a file of elements. A file that is written to grows where it is too short for the shape.
///
/// # Errors
/// [`ErrorKind::Value`] where a shape is needed or sizes do not fit, [`ErrorKind::Format`] where a file that is only read
/// is too short, [`ErrorKind::Busy`] where a file to make anew is mapped in this process, [`ErrorKind::Io`].
pub fn map_raw(path: &Path, wanted: &RawFile<'_>) -> Result<Array> {
    let writes = matches!(wanted.mode, RawMode::Create | RawMode::Open(MapMode::ReadWrite));
    let create = wanted.mode == RawMode::Create;
    let mut options = File::options();
    let file = options.read(true).write(writes).create(create).open(path).map_err(|e| at(path, e))?;
    let name = path.display().to_string();
    let length = if create { 0 } else { file.metadata().map_err(|e| at(path, e))?.len() };
    let found;
    let shape = match wanted.shape {
        Some(shape) => shape,
        None => {
            found = [count(&name, wanted, length)?];
            &found
        }
    };
    let layout = match wanted.order {
        Order::F => Layout::fortran(shape, wanted.dtype.size())?,
        _ => Layout::contiguous(shape, wanted.dtype.size())?,
    };
    let bytes = layout.size() * wanted.dtype.size();
    let end = wanted.offset.checked_add(bytes as u64).filter(|end| i64::try_from(*end).is_ok());
    let end = end.ok_or_else(|| format_error(&name, "offset", "the file would be longer than files can be"))?;
    if create {
        if is_mapped(&file)? {
            let message = format!("{name}: is mapped already; close its arrays before it is made anew");
            return Err(Error::new(ErrorKind::Busy, message));
        }
        file.set_len(0).map_err(|e| at(path, e))?;
    }
    if writes && length < end {
        file.set_len(end).map_err(|e| at(path, e))?;
    }
    let mode = if let RawMode::Open(mode) = wanted.mode { mode } else { MapMode::ReadWrite };
    let buffer = Buffer::map(&file, path, wanted.offset, bytes, mode).map_err(|e| e.context(&name))?;
    Array::new(buffer, wanted.dtype, layout, mode != MapMode::ReadOnly)
}

/// How many elements follow the offset.
fn count(name: &str, wanted: &RawFile<'_>, length: u64) -> Result<usize> {
    let wrong = |what: String| Err(Error::new(ErrorKind::Value, format!("{name}: {what}")));
    if wanted.mode == RawMode::Create {
        return wrong("shape must be given if a file is made".to_owned());
    }
    let size = wanted.dtype.size() as u64;
    match length.checked_sub(wanted.offset) {
        None => wrong(format!("offset {} lies beyond the file's end at {length}", wanted.offset)),
        Some(left) if left % size != 0 => {
            wrong(format!("the {left} bytes from the offset on must be a multiple of the {size} bytes of an element"))
        }
        Some(left) => Ok((left / size) as usize),
    }
}
