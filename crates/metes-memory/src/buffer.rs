//! [`Buffer`]: aligned bytes shared by an array and its views; owned, foreign or mapped.

use crate::books::Seat;
use crate::borrow::{Borrows, Hold};
use crate::classes::class_of;
use crate::ledger::Booking;
use crate::memory::{FOREIGN, MAPPED};
use crate::sharers::Sharers;
use crate::slots::Room;
use crate::turn::{self, InOrder};
use crate::within::{self, Within};
use crate::{Access, Block, Cause, Memory, Request, Result, shelf};
use smallvec::SmallVec;
use std::any::Any;
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Shared bytes. Cloning shares them; the last clone gives them back.
pub struct Buffer(NonNull<Inner>);

// SAFETY: what is shared may be used by several threads at once ([`Inner`]), and counts its sharers for that.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Clone for Buffer {
    #[inline]
    fn clone(&self) -> Buffer {
        self.inner().sharers.join(turn::alone());
        Buffer(self.0)
    }
}

impl Drop for Buffer {
    #[inline]
    fn drop(&mut self) {
        if self.inner().sharers.leave(turn::alone()) {
            // SAFETY: that was the last one.
            unsafe { end(self.0) }
        }
    }
}

struct Inner {
    sharers: Sharers,
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
    /// Where the bytes are booked, where whoever is alone did so.
    seat: Option<Seat>,
}

enum Keeper {
    Owned {
        block: Option<Block>,
        memory: Memory,
        op: &'static str,
    },
    Foreign {
        owner: Box<dyn Any + Send + Sync>,
        label: &'static str,
    },
    /// The bytes are here, and booked already.
    Within {
        bytes: UnsafeCell<u128>,
        account: &'static Within,
    },
    /// Of bytes that are no more.
    Nobody,
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
            buffer.inner().borrows.release(hold);
        }
    }
}

impl Buffer {
    /// New bytes from `memory`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit or the system refuses.
    #[inline]
    pub fn allocate(memory: &Memory, request: Request) -> Result<Buffer> {
        Buffer::take(memory.clone(), &request)
    }

    /// New bytes from the thread's memory, as [`Buffer::allocate`] from [`Memory::current`].
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`] where a limit or the system refuses.
    #[inline]
    pub fn here(request: Request) -> Result<Buffer> {
        match Buffer::again(&request) {
            Some(buffer) => Ok(buffer),
            None => Buffer::take_new(Memory::current(), &request),
        }
    }

    fn take(memory: Memory, request: &Request) -> Result<Buffer> {
        if memory.is_program()
            && let Some(buffer) = Buffer::again(request)
        {
            return Ok(buffer);
        }
        Buffer::take_new(memory, request)
    }

    /// A room with a block of the program's memory that fits, which was dropped lately, for whoever is alone; not where some
    /// thread is in another memory, or in a scope.
    fn again(request: &Request) -> Option<Buffer> {
        let room = shelf::take(Memory::class_at_hand(request)?)?.cast::<Inner>();
        // SAFETY: what is on the shelf was put there by `shelve`, and is nobody's now.
        let inner = unsafe { &mut *room.as_ptr() };
        inner.sharers.reset();
        inner.len = request.size;
        *inner.escaped.get_mut() = false;
        *inner.plain.get_mut() = 0;
        if let Keeper::Owned { block: Some(block), op, .. } = &mut inner.keeper {
            *op = request.tag.op;
            if let Some(account) = Memory::open_again(&mut inner.seat, block, request.size, request.tag) {
                block.booking = Some(Booking { account, scope: None });
            }
        }
        if request.zeroed {
            // SAFETY: a block of the class holds this many bytes and is nobody's yet.
            unsafe { inner.ptr.write_bytes(0, request.size) };
        }
        Some(Buffer(room))
    }

    #[cold]
    fn take_new(memory: Memory, request: &Request) -> Result<Buffer> {
        if let Some((ptr, reserved, booking)) = memory.take_at_hand(request) {
            let Request { size, align, .. } = *request;
            let block = Block { ptr, size, reserved, align, booking: Some(booking) };
            let keeper = Keeper::Owned { block: Some(block), memory, op: request.tag.op };
            return Ok(Buffer::new(ptr, size, true, false, keeper));
        }
        let marked = InOrder::new();
        let block = memory.take(request)?;
        drop(marked);
        let (ptr, len) = (block.ptr, block.size);
        Ok(Buffer::new(ptr, len, true, false, Keeper::Owned { block: Some(block), memory, op: request.tag.op }))
    }

    #[inline]
    pub(crate) fn borrows(&self) -> &Borrows {
        &self.inner().borrows
    }

    #[inline]
    fn inner(&self) -> &Inner {
        // SAFETY: it lives as long as it has sharers.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    fn new(ptr: NonNull<u8>, len: usize, writeable: bool, escaped: bool, keeper: Keeper) -> Buffer {
        let inner = Box::new(Inner {
            sharers: Sharers::default(),
            ptr,
            len,
            writeable,
            escaped: AtomicBool::new(escaped),
            borrows: Borrows::default(),
            cause: OnceLock::new(),
            plain: AtomicU8::new(0),
            keeper,
            seat: None,
        });
        Buffer(NonNull::from(Box::leak(inner)))
    }

    /// The first `size` of these bytes, which `account` has booked, for an array or more; they are given back there.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn within(bytes: [u8; within::ROOM], size: usize, account: &'static Within) -> Buffer {
        assert!(size <= bytes.len());
        let keeper = Keeper::Within { bytes: UnsafeCell::new(u128::from_ne_bytes(bytes)), account };
        let mut buffer = Buffer::new(NonNull::dangling(), size, true, false, keeper);
        // SAFETY: nobody shares it yet.
        let inner = unsafe { buffer.0.as_mut() };
        if let Keeper::Within { bytes, .. } = &mut inner.keeper {
            inner.ptr = NonNull::from(bytes).cast();
        }
        buffer
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
        self.inner().ptr.as_ptr()
    }

    /// Bytes in all.
    #[inline]
    pub fn len(&self) -> usize {
        self.inner().len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.inner().len == 0
    }

    /// Whether the bytes may be written at all.
    pub fn is_writeable(&self) -> bool {
        self.inner().writeable
    }

    /// Whether Metes allocated the bytes; otherwise they are foreign or mapped.
    pub fn is_owned(&self) -> bool {
        matches!(self.inner().keeper, Keeper::Owned { .. } | Keeper::Within { .. })
    }

    /// Where foreign bytes come from: `"numpy"`, `"mmap"`; `"metes"` for our own.
    pub fn label(&self) -> &'static str {
        match &self.inner().keeper {
            Keeper::Owned { .. } | Keeper::Within { .. } => "metes",
            Keeper::Foreign { label, .. } => label,
            Keeper::Nobody => "",
        }
    }

    /// Who keeps foreign bytes, if it is of this type.
    pub(crate) fn owner<T: Any>(&self) -> Option<&T> {
        match &self.inner().keeper {
            Keeper::Foreign { owner, .. } => owner.downcast_ref(),
            Keeper::Owned { .. } | Keeper::Within { .. } | Keeper::Nobody => None,
        }
    }

    /// How many share the bytes.
    pub fn sharers(&self) -> usize {
        self.inner().sharers.count()
    }

    /// Shuts out every operation from now on, where `end` succeeds; `who` is whom their errors name.
    pub(crate) fn shut(&self, who: &'static str, end: impl FnOnce() -> Result<()>) -> Result<()> {
        let hold = self.inner().borrows.enter(0..self.len().max(1), Access::Write, who, true)?;
        end().inspect_err(|_| self.inner().borrows.release(hold))
    }

    /// Whether nobody else shares the bytes.
    pub fn is_unique(&self) -> bool {
        self.sharers() == 1 && !self.inner().escaped.load(Ordering::Relaxed)
    }

    /// Notes why these fresh bytes are a copy; the first cause stays.
    pub fn set_cause(&self, cause: Cause) {
        if self.cause().is_some() {
            return;
        }
        match cause.why {
            None => self.inner().plain.store(1 + cause.reason as u8, Ordering::Relaxed),
            Some(_) => _ = self.inner().cause.set(cause),
        }
    }

    /// Why these bytes are a copy, where they are one.
    pub fn cause(&self) -> Option<&Cause> {
        let plain = self.inner().plain.load(Ordering::Relaxed).checked_sub(1);
        plain.and_then(|reason| Cause::PLAIN.get(usize::from(reason))).or_else(|| self.inner().cause.get())
    }

    /// The operation that made the bytes; the label of foreign ones.
    pub fn made_by(&self) -> &'static str {
        match &self.inner().keeper {
            Keeper::Owned { op, .. } => op,
            Keeper::Within { account, .. } => account.op(),
            Keeper::Foreign { label, .. } => label,
            Keeper::Nobody => "",
        }
    }

    /// Whether both share the same bytes.
    #[inline]
    pub fn same(&self, other: &Buffer) -> bool {
        self.0 == other.0
    }

    /// Marks that a raw pointer went to foreign code: the bytes are never moved from now on.
    pub fn mark_escaped(&self) {
        self.inner().escaped.store(true, Ordering::Relaxed);
    }

    /// Whether a raw pointer went to foreign code.
    pub fn is_escaped(&self) -> bool {
        self.inner().escaped.load(Ordering::Relaxed)
    }

    /// Whether nobody is in the way of an access, nor can be before this thread does something else: few bytes may be read
    /// or written at once, without a hold.
    #[inline]
    pub fn is_still(&self, access: Access) -> bool {
        turn::alone() && self.inner().borrows.is_still(access)
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
        order.sort_unstable_by_key(|&i| extents[i as usize].0.0.as_ptr() as usize);
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
        let hold = self.inner().borrows.enter(extent, access, who, true)?;
        let mut guards = Guards::default();
        guards.held.push((self.clone(), hold));
        Ok(guards)
    }
}

impl Guards {
    fn operate(&mut self, buffer: &Buffer, extent: Range<usize>, access: Access, who: &'static str) -> Result<()> {
        if !extent.is_empty() {
            let hold = buffer.inner().borrows.operate(extent, buffer.len(), access, who)?;
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

/// Gives the bytes back, and the room.
///
/// # Safety
/// The last sharer is gone.
#[inline]
unsafe fn end(inner: NonNull<Inner>) {
    if turn::alone() {
        // SAFETY: the caller's promise: it is nobody else's.
        if unsafe { shelve(inner) } {
            return;
        }
    }
    // SAFETY: as above; made by a box.
    unsafe { end_for_good(inner) }
}

/// # Safety
/// The last sharer is gone.
#[cold]
unsafe fn end_for_good(inner: NonNull<Inner>) {
    // SAFETY: the caller's promise; made by a box.
    unsafe { Box::from_raw(inner.as_ptr()) }.give_back();
}

/// Puts a buffer of the program's memory that is not too large on the shelf; the thread is alone.
///
/// # Safety
/// The last sharer is gone.
#[inline]
unsafe fn shelve(room: NonNull<Inner>) -> bool {
    // SAFETY: the caller's promise: it is nobody else's.
    let inner = unsafe { &mut *room.as_ptr() };
    if !inner.is_blank() {
        return false;
    }
    let Keeper::Owned { block: Some(block), memory, .. } = &inner.keeper else { return false };
    let Some(booking) = block.booking.as_ref().filter(|booking| booking.scope.is_none()) else { return false };
    if !memory.is_program() || !shelf::holds(block.size, block.align) {
        return false;
    }
    let pool = Memory::close_for_now(inner.seat.as_ref(), block, booking);
    let (class, start) = (class_of(block.size), block.ptr.as_ptr() as usize);
    if let Some(room) = shelf::give(&pool.0, class, start, room.cast(), clear) {
        // SAFETY: nobody's, as before, or of somebody who is no more.
        pool.take_back(unsafe { clear(room) });
    }
    true
}

/// Ends a room, and returns its block, which is booked no more.
///
/// # Safety
/// The room is nobody's, and was to be on the shelf.
unsafe fn clear(room: Room) -> Block {
    // SAFETY: the caller's promise; made by a box.
    let mut inner = unsafe { Box::from_raw(room.cast::<Inner>().as_ptr()) };
    let Keeper::Owned { block: Some(mut block), .. } = std::mem::replace(&mut inner.keeper, Keeper::Nobody) else {
        unreachable!("what was on the shelf had a block");
    };
    block.booking = None;
    block
}

impl Inner {
    /// Gives the bytes to whom they came from.
    fn give_back(&mut self) {
        match &mut self.keeper {
            Keeper::Owned { block, memory, .. } => {
                // SAFETY: the block came from this memory, and the last sharer is gone; it is looked at no more.
                if !block.as_ref().is_some_and(|block| unsafe { memory.give_at_hand(block) })
                    && let Some(block) = block.take()
                {
                    // SAFETY: the block came from this memory, and the last sharer is gone.
                    unsafe { memory.give(block) }
                }
            }
            Keeper::Within { account, .. } => account.give(self.len, self.ptr.as_ptr() as usize),
            Keeper::Foreign { label, .. } => {
                tally(label).fetch_sub(self.len, Ordering::Relaxed);
            }
            Keeper::Nobody => {}
        }
        self.keeper = Keeper::Nobody;
    }

    /// Whether nothing but the bytes was ever noted, or is any more.
    #[inline]
    fn is_blank(&mut self) -> bool {
        self.cause.get_mut().is_none() && self.borrows.is_free()
    }
}
