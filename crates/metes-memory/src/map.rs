//! File maps as buffers: bytes that the operating system reads when they are touched.
//!
//! A mapped file that another program cuts while it is mapped makes a later access fail hard (SIGBUS); the length is
//! checked when the map is made, and no more can be done. This process itself does not cut a file that it maps: whoever
//! would asks [`is_mapped`]. Mapped bytes are not charged to a limit: the system takes them back at will.

use crate::{Buffer, Error, ErrorKind, Result};
use rustix::mm::{Advice, MapFlags, MsyncFlags, ProtFlags, madvise, mmap, mmap_anonymous, msync, munmap};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// What a mapped file will be used for, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapAdvice {
    /// Nothing special.
    Normal,
    /// Pages are touched in no order: nothing is read ahead.
    Random,
    /// Pages are touched in order: much is read ahead.
    Sequential,
    /// All pages will be touched soon: they are read now.
    WillNeed,
    /// The pages are not needed for now: they leave memory, and are read again when touched.
    DontNeed,
}

/// Device and number of a file: the same for all its names.
type Identity = (u64, u64);

/// The files that are mapped now, each as often as it is.
static MAPPED_FILES: Mutex<Vec<Identity>> = Mutex::new(Vec::new());

fn mapped_files() -> MutexGuard<'static, Vec<Identity>> {
    MAPPED_FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn identity(file: &File) -> Result<Identity> {
    let facts = file.metadata()?;
    Ok((facts.dev(), facts.ino()))
}

/// Whether a buffer of this process maps the file, by whatever name: cutting it would pull the pages from under it.
pub fn is_mapped(file: &File) -> Result<bool> {
    let identity = identity(file)?;
    Ok(mapped_files().contains(&identity))
}

/// A map that ends with its owner.
struct Map {
    start: NonNull<u8>,
    len: usize,
    mode: MapMode,
    path: PathBuf,
    offset: u64,
    file: Identity,
    closed: AtomicBool,
}

// SAFETY: the pages stay mapped until the drop, on whatever thread.
unsafe impl Send for Map {}
// SAFETY: the map itself is only read.
unsafe impl Sync for Map {}

impl Drop for Map {
    fn drop(&mut self) {
        self.forget();
        // SAFETY: the pages were mapped as one range, and the last buffer over them is gone.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
    }
}

impl Map {
    /// Strikes the file from the list of mapped ones, once.
    fn forget(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            let mut files = mapped_files();
            if let Some(at) = files.iter().position(|file| *file == self.file) {
                files.swap_remove(at);
            }
        }
    }

    fn flush(&self) -> Result<()> {
        if self.mode != MapMode::ReadWrite || self.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        // SAFETY: the range is mapped as long as `self` lives.
        unsafe { msync(self.start.as_ptr().cast(), self.len, MsyncFlags::SYNC) }.map_err(|e| io("flush", e))
    }

    /// Lets the file go. The addresses stay taken, by pages of zeros, so that no pointer that is left anywhere can
    /// reach memory of somebody else.
    fn let_go(&self) -> Result<()> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: the range is this map's own, and nothing refers to its contents any more.
        unsafe { mmap_anonymous(self.start.as_ptr().cast(), self.len, prot, flags) }.map_err(|e| io("close", e))?;
        self.forget();
        Ok(())
    }
}

fn io(op: &str, error: rustix::io::Errno) -> Error {
    Error::new(ErrorKind::Io, format!("{op}: {error}"))
}

impl Buffer {
    /// The bytes `offset..offset + len` of the file at `path`, mapped.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] where the file ends before the range does, [`ErrorKind::Io`] where the system refuses.
    pub fn map(file: &File, path: &Path, offset: u64, len: usize, mode: MapMode) -> Result<Buffer> {
        let size = file.metadata()?.len();
        if offset.checked_add(len as u64).is_none_or(|end| end > size) {
            let message = format!("map: {len} bytes from {offset} on reach past the file's end at {size}");
            return Err(Error::new(ErrorKind::Format, message));
        }
        let identity = identity(file)?;
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
        let start = start.map_err(|e| io("map", e))?;
        let start = NonNull::new(start.cast::<u8>()).expect("a map is not at address 0");
        mapped_files().push(identity);
        let owner = Box::new(Map {
            start,
            len: span,
            mode,
            path: path.to_owned(),
            offset,
            file: identity,
            closed: AtomicBool::new(false),
        });
        // SAFETY: `len` bytes after `skip` are mapped until the owner is dropped.
        Ok(unsafe { Buffer::foreign(start.add(skip), len, mode != MapMode::ReadOnly, "mmap", owner) })
    }

    /// The mapped file: its path as it was given, the offset in it, the mode; `None` for other bytes.
    pub fn mapped_file(&self) -> Option<(&Path, u64, MapMode)> {
        self.owner::<Map>().map(|map| (map.path.as_path(), map.offset, map.mode))
    }

    fn mapped(&self, op: &str) -> Result<&Map> {
        self.owner::<Map>().ok_or_else(|| Error::new(ErrorKind::Value, format!("{op}: the bytes are no mapped file")))
    }

    /// Whether the bytes are those of a mapped file that was closed.
    pub fn is_closed(&self) -> bool {
        self.owner::<Map>().is_some_and(|map| map.closed.load(Ordering::Acquire))
    }

    /// Waits until what was written to a mapped file is on the disk. Only maps that write to their file have anything
    /// to do.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] where the bytes are no mapped file, [`ErrorKind::Io`] where the system reports a failure.
    pub fn flush(&self) -> Result<()> {
        self.mapped("flush")?.flush()
    }

    /// Tells the system how the mapped bytes will be used.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] where the bytes are no mapped file, or where pages that hold changes of their own would be
    /// lost; [`ErrorKind::Io`] where the system refuses.
    pub fn advise(&self, advice: MapAdvice) -> Result<()> {
        let map = self.mapped("advise")?;
        if advice == MapAdvice::DontNeed && map.mode == MapMode::CopyOnWrite {
            let message = "advise: a copy-on-write map would lose its changes with its pages";
            return Err(Error::new(ErrorKind::Value, message));
        }
        let advice = match advice {
            MapAdvice::Normal => Advice::Normal,
            MapAdvice::Random => Advice::Random,
            MapAdvice::Sequential => Advice::Sequential,
            MapAdvice::WillNeed => Advice::WillNeed,
            MapAdvice::DontNeed => Advice::LinuxDontNeed,
        };
        // SAFETY: the range is mapped; none of these advices changes what shared or untouched pages show.
        unsafe { madvise(map.start.as_ptr().cast(), map.len, advice) }.map_err(|e| io("advise", e))
    }

    /// Writes out and lets go of a mapped file. From then on every operation on the bytes is an error.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while others share the bytes (views, exports) or use them, [`ErrorKind::Value`] where the
    /// bytes are no mapped file or it was closed before, [`ErrorKind::Io`] where writing fails.
    pub fn close(&self) -> Result<()> {
        let map = self.mapped("close")?;
        if map.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Value, "close: the mapped file was closed before"));
        }
        self.shut("the close of the mapped file", || match self.sharers() - 1 {
            0 => map.flush().and_then(|()| map.let_go()),
            others => {
                let message = format!("close: {others} views or exports still show the mapped file");
                Err(Error::new(ErrorKind::Busy, message))
            }
        })
    }
}
