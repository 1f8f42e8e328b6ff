//! [`Buffer`]: aligned bytes shared by an array and its views; owned, foreign or mapped.

use crate::borrow::{Borrows, Hold};
use crate::memory::{FOREIGN, MAPPED};
use crate::{Access, Block, Cause, Memory, Request, Result};
use smallvec::SmallVec;
use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Shared bytes. Cloning shares them; the last clone gives them back.
#[derive(Clone)]
pub struct Buffer(Arc<Inner>);

struct Inner {
    ptr: NonNull<u8>,
    len: usize,
    writeable: bool,
    escaped: AtomicBool,
    borrows: Borrows,
    /// Why these bytes are a copy, where they are one.
    cause: OnceLock<Cause>,
    /// The same where there is no more to say than the reason: its place among all reasons, from 1 on.
    plain: AtomicU8,
    keeper: Keeper,
}

enum Keeper {
    Owned { block: Option<Block>, memory: Memory, op: &'static str },
    Foreign { owner: Box<dyn Any + Send + Sync>, label: &'static str },
}

// SAFETY: access to the bytes goes through guards, or through `unsafe` whose callers answer for it.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// A group of extents held for one operation, or one by user code; released on drop, on the thread that took it.
#[derive(Default)]
pub struct Guards {
    held: SmallVec<[(Buffer, Hold); 4]>,
    _thread: PhantomData<*const ()>,
}

// SAFETY: a shared group offers nothing. It stays on its thread since that thread has noted what it holds.
unsafe impl Sync for Guards {}

impl Drop for Guards {
    fn drop(&mut self) {
        for (buffer, hold) in self.held.drain(..).rev() {
            buffer.0.borrows.release(hold);
        }
    }
}

impl Buffer {
    /// New bytes from `memory`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit or the system refuses.
    pub fn allocate(memory: &Memory, request: Request) -> Result<Buffer> {
        Buffer::take(memory.clone(), &request)
    }

    /// New bytes from the thread's memory, as [`Buffer::allocate`] from [`Memory::current`].
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit or the system refuses.
    pub fn here(request: Request) -> Result<Buffer> {
        Buffer::take(Memory::current(), &request)
    }

    fn take(memory: Memory, request: &Request) -> Result<Buffer> {
        if let Some((ptr, reserved, booking)) = memory.take_at_hand(request) {
            let Request { size, align, .. } = *request;
            let block = Block { ptr, size, reserved, align, booking: Some(booking) };
            let keeper = Keeper::Owned { block: Some(block), memory, op: request.tag.op };
            return Ok(Buffer::new(ptr, size, true, false, keeper));
        }
        let block = memory.take(request)?;
        let (ptr, len) = (block.ptr, block.size);
        Ok(Buffer::new(ptr, len, true, false, Keeper::Owned { block: Some(block), memory, op: request.tag.op }))
    }

    #[inline]
    pub(crate) fn borrows(&self) -> &Borrows {
        &self.0.borrows
    }

    #[inline]
    fn new(ptr: NonNull<u8>, len: usize, writeable: bool, escaped: bool, keeper: Keeper) -> Buffer {
        let (escaped, borrows) = (AtomicBool::new(escaped), Borrows::default());
        let mut room = Arc::new_uninit();
        // Written in place: made elsewhere, it would be moved once more.
        Arc::get_mut(&mut room).expect("nobody else has it").write(Inner {
            ptr,
            len,
            writeable,
            escaped,
            borrows,
            cause: OnceLock::new(),
            plain: AtomicU8::new(0),
            keeper,
        });
        // SAFETY: just written.
        Buffer(unsafe { room.assume_init() })
    }

    /// Bytes that belong to `owner`, kept alive as long as the buffer. They are shown apart in the ledger.
    ///
    /// # Safety
    /// `len` bytes at `ptr` stay valid and initialised (writable if `writeable`) until `owner` is dropped.
    pub unsafe fn foreign(
        ptr: NonNull<u8>,
        len: usize,
        writeable: bool,
        label: &'static str,
        owner: Box<dyn Any + Send + Sync>,
    ) -> Buffer {
        tally(label).fetch_add(len, Ordering::Relaxed);
        Buffer::new(ptr, len, writeable, true, Keeper::Foreign { owner, label })
    }

    /// The first byte.
    #[inline]
    pub fn as_ptr(&self) -> *mut u8 {
        self.0.ptr.as_ptr()
    }

    /// Bytes in all.
    #[inline]
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

    /// Who keeps foreign bytes, if it is of this type.
    pub(crate) fn owner<T: Any>(&self) -> Option<&T> {
        match &self.0.keeper {
            Keeper::Foreign { owner, .. } => owner.downcast_ref(),
            Keeper::Owned { .. } => None,
        }
    }

    /// How many share the bytes.
    pub fn sharers(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Shuts out every operation from now on, where `end` succeeds; `who` is whom their errors name.
    pub(crate) fn shut(&self, who: &'static str, end: impl FnOnce() -> Result<()>) -> Result<()> {
        let hold = self.0.borrows.enter(0..self.len().max(1), Access::Write, who, true)?;
        end().inspect_err(|_| self.0.borrows.release(hold))
    }

    /// Whether nobody else shares the bytes.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && !self.0.escaped.load(Ordering::Relaxed)
    }

    /// Notes why these fresh bytes are a copy; the first cause stays.
    pub fn set_cause(&self, cause: Cause) {
        if self.cause().is_some() {
            return;
        }
        match cause.why {
            None => self.0.plain.store(1 + cause.reason as u8, Ordering::Relaxed),
            Some(_) => _ = self.0.cause.set(cause),
        }
    }

    /// Why these bytes are a copy, where they are one.
    pub fn cause(&self) -> Option<&Cause> {
        let plain = self.0.plain.load(Ordering::Relaxed).checked_sub(1);
        plain.and_then(|reason| Cause::PLAIN.get(usize::from(reason))).or_else(|| self.0.cause.get())
    }

    /// The operation that made the bytes; the label of foreign ones.
    pub fn made_by(&self) -> &'static str {
        match &self.0.keeper {
            Keeper::Owned { op, .. } => op,
            Keeper::Foreign { label, .. } => label,
        }
    }

    /// Whether both share the same bytes.
    #[inline]
    pub fn same(&self, other: &Buffer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Marks that a raw pointer went to foreign code: the bytes are never moved from now on.
    pub fn mark_escaped(&self) {
        self.0.escaped.store(true, Ordering::Relaxed);
    }

    /// Whether a raw pointer went to foreign code.
    pub fn is_escaped(&self) -> bool {
        self.0.escaped.load(Ordering::Relaxed)
    }

    /// Holds several extents for one operation `who`: all or none. Conflicting operations are waited for, in an order
    /// that cannot lock up. Extents of one buffer do not conflict among themselves.
    ///
    /// ```
    /// use metes_memory::{Access, Buffer, ErrorKind, Memory, Request};
    /// let a = Buffer::allocate(&Memory::current(), Request::new(80, "example"))?;
    /// let reading = Buffer::guard(&[(&a, 0..80, Access::Read)], "sum")?;
    /// let error = Buffer::guard(&[(&a, 0..8, Access::Write)], "fill").err().expect("this thread reads it");
    /// assert_eq!(error.kind(), ErrorKind::Busy);
    /// drop(reading);
    /// Buffer::guard(&[(&a, 0..8, Access::Write)], "fill")?;
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorKind::Busy`] where user code, or this thread itself, holds a conflicting extent; the message names
    /// both sides.
    pub fn guard(extents: &[(&Buffer, Range<usize>, Access)], who: &'static str) -> Result<Guards> {
        let mut guards = Guards::default();
        if let [(buffer, extent, access)] = extents {
            guards.operate(buffer, extent.clone(), *access, who)?;
            return Ok(guards);
        }
        let mut order: SmallVec<[u32; 8]> = (0..extents.len() as u32).collect();
        order.sort_unstable_by_key(|&i| Arc::as_ptr(&extents[i as usize].0.0) as usize);
        for group in order.chunk_by(|&i, &j| extents[i as usize].0.same(extents[j as usize].0)) {
            let (buffer, mut hull, mut access) = extents[group[0] as usize].clone();
            for (_, extent, also) in group[1..].iter().map(|&i| &extents[i as usize]) {
                hull = around(hull, extent);
                access = if *also == Access::Write { Access::Write } else { access };
            }
            guards.operate(buffer, hull, access, who)?;
        }
        Ok(guards)
    }

    /// Holds one extent for user code, until dropped.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Busy`] where user code, or this thread itself, already holds a conflicting extent.
    pub fn hold(&self, extent: Range<usize>, access: Access, who: &'static str) -> Result<Guards> {
        let hold = self.0.borrows.enter(extent, access, who, true)?;
        let mut guards = Guards::default();
        guards.held.push((self.clone(), hold));
        Ok(guards)
    }
}

impl Guards {
    fn operate(&mut self, buffer: &Buffer, extent: Range<usize>, access: Access, who: &'static str) -> Result<()> {
        if !extent.is_empty() {
            let hold = buffer.0.borrows.operate(extent, buffer.len(), access, who)?;
            self.held.push((buffer.clone(), hold));
        }
        Ok(())
    }
}

/// The smallest range around two.
fn around(a: Range<usize>, b: &Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (_, true) => a,
        (true, false) => b.clone(),
        (false, false) => a.start.min(b.start)..a.end.max(b.end),
    }
}

fn tally(label: &str) -> &'static AtomicUsize {
    if label == "mmap" { &MAPPED } else { &FOREIGN }
}

impl Drop for Inner {
    fn drop(&mut self) {
        match &mut self.keeper {
            Keeper::Owned { block, memory, .. } => {
                // SAFETY: the block came from this memory, and the last sharer is gone; it is looked at no more.
                if block.as_ref().is_some_and(|block| unsafe { memory.give_at_hand(block) }) {
                    return;
                }
                if let Some(block) = block.take() {
                    // SAFETY: the block came from this memory, and the last sharer is gone.
                    unsafe { memory.give(block) }
                }
            }
            Keeper::Foreign { label, .. } => {
                tally(label).fetch_sub(self.len, Ordering::Relaxed);
            }
        }
    }
}
