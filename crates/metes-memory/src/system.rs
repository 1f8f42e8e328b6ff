//! [`System`]: bytes from the operating system; own mappings for large blocks, the program's allocator for the others.
//!
//! Mapped pages are zero and cost no physical memory until they are touched, and unmapping gives them back at once.
//! Mappings from 4 MiB on ask for huge pages, which are cheaper to fault in and to find; the advice concerns memory that
//! nobody else has, and goes with it. The environment variable `METES_HUGE_PAGES=0` leaves it out.
//! Everything from here is zero, so that no safe interface above ever shows bytes without a value.

use crate::{Block, Error, Refusal, Request, Result, Source, size_text};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
#[cfg(target_os = "linux")]
use rustix::mm::{MremapFlags, mremap};
use std::alloc::Layout;
use std::ptr::NonNull;

/// Blocks from this size on are mappings of their own: what is freed between others in a heap would not go back.
pub const MAPPED_BYTES: usize = 128 << 10;

/// Mappings from this size on ask for huge pages.
const HUGE_BYTES: usize = 4 << 20;

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

/// Maps so many bytes, whole pages; `None` where the system refuses.
fn map(bytes: usize) -> Option<NonNull<u8>> {
    // SAFETY: a fresh range at an address of the system's choice.
    let start =
        unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    let start = start.ok()?;
    #[cfg(target_os = "linux")]
    ask_for_huge_pages(start, bytes);
    NonNull::new(start.cast())
}

#[cfg(target_os = "linux")]
fn ask_for_huge_pages(start: *mut std::ffi::c_void, bytes: usize) {
    if bytes >= HUGE_BYTES && huge_pages() {
        // A kernel without huge pages says so, and nothing is lost.
        // SAFETY: advice about a mapping of our own, which changes no byte of it.
        let _ = unsafe { rustix::mm::madvise(start, bytes, rustix::mm::Advice::LinuxHugepage) };
    }
}

/// Whether huge pages are wanted, looked up once.
#[cfg(target_os = "linux")]
fn huge_pages() -> bool {
    static WANTED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *WANTED.get_or_init(|| std::env::var_os("METES_HUGE_PAGES").is_none_or(|value| value != "0"))
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
            map(bytes)
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

    #[cfg(target_os = "linux")]
    unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        let (true, old) = reserved(block.size, block.align)? else { return None };
        let (true, new) = reserved(request.size, block.align).filter(|r| isize::try_from(r.1).is_ok())? else {
            return None;
        };
        // SAFETY: one whole mapping of ours, which nobody uses meanwhile; its pages move as they are.
        let start = unsafe { mremap(block.ptr.as_ptr().cast(), old, new, MremapFlags::MAYMOVE) };
        let Some(ptr) = start.ok().and_then(|start| NonNull::new(start.cast::<u8>())) else {
            return Some(Err(refused(request)));
        };
        if old < HUGE_BYTES {
            ask_for_huge_pages(ptr.as_ptr().cast(), new);
        }
        (block.ptr, block.size, block.reserved) = (ptr, request.size, new);
        Some(Ok(()))
    }

    unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> usize {
        // SAFETY: whole pages of ours, private and of no file, whose bytes nobody uses.
        let done = unsafe { rustix::mm::madvise(start.as_ptr().cast(), bytes, rustix::mm::Advice::LinuxDontNeed) };
        if done.is_ok() { bytes } else { 0 }
    }

    fn reserve_of(&self, request: &Request) -> usize {
        reserved(request.size, request.align).map_or(usize::MAX, |r| r.1)
    }
}
