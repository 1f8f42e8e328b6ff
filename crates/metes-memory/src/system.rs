//! [`System`]: bytes from the operating system; own mappings for large blocks, the program's allocator for the others.
//!
//! Mapped pages are zero and cost no physical memory until they are touched, and unmapping gives them back at once.
//! Everything from here is zero, so that no safe interface above ever shows bytes without a value.

use crate::{Block, Error, Refusal, Request, Result, Source, size_text};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::alloc::Layout;
use std::ptr::NonNull;

/// Blocks from this size on are mappings of their own.
pub const MAPPED_BYTES: usize = 1 << 20;

/// The bottom of every stack.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

fn page() -> usize {
    rustix::param::page_size()
}

/// Whether a block of this request is a mapping, and how many bytes it reserves.
fn reserved(size: usize, align: usize) -> Option<(bool, usize)> {
    if size >= MAPPED_BYTES && align <= page() {
        return Some((true, size.checked_next_multiple_of(page())?));
    }
    Some((false, size.max(1).checked_next_multiple_of(align.max(1))?))
}

fn refused(request: &Request) -> Error {
    let Request { asked: size, tag, .. } = *request;
    let message = format!("{}: {} ({size} bytes) refused by the operating system", tag.op, size_text(size));
    Error::refused(message, Refusal { requested: size, ..Refusal::default() })
}

impl Source for System {
    fn take(&self, request: &Request) -> Result<Block> {
        let (mapped, bytes) = reserved(request.size, request.align)
            .filter(|r| isize::try_from(r.1).is_ok())
            .ok_or_else(|| refused(request))?;
        let ptr = if mapped {
            // SAFETY: a fresh range at an address of the system's choice.
            let start = unsafe {
                mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
            };
            start.ok().and_then(|start| NonNull::new(start.cast()))
        } else {
            let layout = Layout::from_size_align(bytes, request.align).map_err(|_| refused(request))?;
            // SAFETY: the size is not zero.
            NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
        };
        let ptr = ptr.ok_or_else(|| refused(request))?;
        Ok(Block::new(ptr, bytes, request))
    }

    unsafe fn give(&self, block: Block) {
        let (mapped, bytes) = reserved(block.size, block.align).expect("checked when it was taken");
        if mapped {
            // SAFETY: one whole mapping, and nobody uses it any more.
            let _ = unsafe { munmap(block.ptr.as_ptr().cast(), bytes) };
        } else {
            let layout = Layout::from_size_align(bytes, block.align).expect("checked when it was taken");
            // SAFETY: allocated with this layout.
            unsafe { std::alloc::dealloc(block.ptr.as_ptr(), layout) };
        }
    }

    fn reserve_of(&self, request: &Request) -> usize {
        reserved(request.size, request.align).map_or(usize::MAX, |r| r.1)
    }
}
