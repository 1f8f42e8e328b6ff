//! [`Source`]: the trait that every memory policy implements, and what passes through it.

use crate::Result;
use crate::ledger::Booking;
use std::ptr::NonNull;

/// Who asked: the ledger's account of the block, so that its release credits who was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Tag {
    /// The operation, `"add"`.
    pub op: &'static str,
    /// Where in the user's program, an interned site; 0 is "unknown".
    pub site: u32,
    /// The budget scope that is charged; 0 is the program's.
    pub scope: u32,
    /// The element type's name, `""` where there is none.
    pub dtype: &'static str,
}

/// What is asked of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Bytes wanted; 0 is legal. A layer that rounds asks the one below for more.
    pub size: usize,
    /// Bytes that the program asked for, whatever layers make of it.
    pub asked: usize,
    /// Alignment in bytes, a power of two.
    pub align: usize,
    /// Whether the bytes must be zero.
    pub zeroed: bool,
    /// Who asks.
    pub tag: Tag,
}

impl Request {
    /// `size` bytes at 64-byte alignment for operation `op`.
    pub fn new(size: usize, op: &'static str) -> Request {
        Request { size, asked: size, align: 64, zeroed: false, tag: Tag { op, site: 0, scope: 0, dtype: "" } }
    }

    /// The same, zeroed.
    #[must_use]
    pub fn zeroed(mut self) -> Request {
        self.zeroed = true;
        self
    }

    /// The same at another alignment, a power of two.
    #[must_use]
    pub fn align(mut self, align: usize) -> Request {
        self.align = align;
        self
    }

    /// The same, for elements of a named dtype.
    #[must_use]
    pub fn dtype(mut self, name: &'static str) -> Request {
        self.tag.dtype = name;
        self
    }
}

/// Bytes that a source handed out.
#[derive(Debug)]
pub struct Block {
    /// The first byte; dangling but aligned where `size` is 0.
    pub ptr: NonNull<u8>,
    /// Bytes as requested.
    pub size: usize,
    /// Bytes set aside for it, at least `size`.
    pub reserved: usize,
    /// Its alignment.
    pub align: usize,
    /// What a ledger has booked for it.
    pub(crate) booking: Option<Booking>,
}

impl Block {
    /// A block for a request: `reserved` bytes at `ptr`.
    #[inline]
    pub fn new(ptr: NonNull<u8>, reserved: usize, request: &Request) -> Block {
        Block { ptr, size: request.size, reserved, align: request.align, booking: None }
    }
}

// SAFETY: a block is a range of bytes that nobody else uses; it may move between threads.
unsafe impl Send for Block {}
// SAFETY: a shared block gives access to numbers only.
unsafe impl Sync for Block {}

/// Where bytes come from.
pub trait Source: Send + Sync {
    /// Hands out a block, or says why not. Its bytes are zero if the request is `zeroed`, else zero or what an earlier
    /// owner left: any value, but always one, so that safe code may read them.
    fn take(&self, request: &Request) -> Result<Block>;

    /// Takes a block back.
    ///
    /// # Safety
    /// The block came from `take` of this very source, and nobody uses its bytes any more.
    unsafe fn give(&self, block: Block);

    /// Gives cached bytes back to whoever is below, down to `keep` cached bytes; returns how many went.
    fn trim(&self, keep: usize) -> usize {
        let _ = keep;
        0
    }

    /// Gives the physical memory of part of a block back to the system, where the source can; returns how many bytes
    /// went. They read as zero when they are next used, and [`Source::commit`] comes before that.
    ///
    /// # Safety
    /// Whole pages of a block that `take` of this very source handed out; nobody uses their bytes now.
    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> usize {
        let _ = (start, bytes);
        0
    }

    /// Charges bytes that were discarded and will be used again, or says why not.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit leaves no room.
    fn commit(&self, bytes: usize, request: &Request) -> Result<()> {
        let _ = (bytes, request);
        Ok(())
    }

    /// Undoes a [`Source::commit`] of bytes that were not used after all.
    fn uncommit(&self, bytes: usize) {
        let _ = bytes;
    }

    /// Makes a block hold as many bytes as the request says without a copy, where the source can: its first bytes stay,
    /// those that come in addition have any value, its address may be another. `None` where it cannot; then, and where it
    /// fails, the block is as it was.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit leaves no room, which it would not for a copy either.
    ///
    /// # Safety
    /// The block came from this very source, and nobody uses its bytes meanwhile, nor its address afterwards.
    unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        let _ = (block, request);
        None
    }

    /// Bytes that a block for this request would set aside.
    fn reserve_of(&self, request: &Request) -> usize;
}
