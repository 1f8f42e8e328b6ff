//! File maps as buffers: bytes that the operating system reads when they are touched.
//!
//! A mapped file that is cut while mapped makes a later access fail hard (SIGBUS); the length is checked when the map is
//! made, and no more can be done. Mapped bytes are not charged to a limit: the system takes them back at will.

use crate::{Buffer, Error, ErrorKind, Result};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::fs::File;
use std::ptr::NonNull;

/// What may be done with a mapped file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapMode {
    /// Bytes are read only.
    ReadOnly,
    /// Writes go to the file.
    ReadWrite,
    /// Writes stay in memory.
    CopyOnWrite,
}

/// A map that ends with its owner.
struct Map {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the pages stay mapped until the drop, on whatever thread.
unsafe impl Send for Map {}
// SAFETY: the map itself is only read.
unsafe impl Sync for Map {}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the pages were mapped as one range, and the last buffer over them is gone.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
    }
}

impl Buffer {
    /// The bytes `offset..offset + len` of a file, mapped.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] where the file ends before the range does, [`ErrorKind::Io`] where the system refuses.
    pub fn map(file: &File, offset: u64, len: usize, mode: MapMode) -> Result<Buffer> {
        let size = file.metadata()?.len();
        if offset.checked_add(len as u64).is_none_or(|end| end > size) {
            let message = format!("map: {len} bytes from {offset} on reach past the file's end at {size}");
            return Err(Error::new(ErrorKind::Format, message));
        }
        let page = rustix::param::page_size() as u64;
        let skip = (offset % page) as usize;
        let span = (len + skip).max(1);
        let (prot, flags) = match mode {
            MapMode::ReadOnly => (ProtFlags::READ, MapFlags::SHARED),
            MapMode::ReadWrite => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED),
            MapMode::CopyOnWrite => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE),
        };
        // SAFETY: a fresh range at an address of the system's choice.
        let start = unsafe { mmap(std::ptr::null_mut(), span, prot, flags, file, offset - skip as u64) };
        let start = start.map_err(|e| Error::new(ErrorKind::Io, format!("map: {e}")))?;
        let start = NonNull::new(start.cast::<u8>()).expect("a map is not at address 0");
        let owner = Box::new(Map { start, len: span });
        // SAFETY: `len` bytes after `skip` are mapped until the owner is dropped.
        Ok(unsafe { Buffer::foreign(start.add(skip), len, mode != MapMode::ReadOnly, "mmap", owner) })
    }
}
