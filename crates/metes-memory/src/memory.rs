//! [`Memory`]: the assembled stack of sources, as one handle.

use crate::{Block, Error, ErrorKind, Event, Observer, Request, Result};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};
use std::time::Instant;

/// Counts of a ledger, all in bytes as requested unless the name says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Live bytes.
    pub current_bytes: usize,
    /// The most bytes that were live at once since the last reset.
    pub peak_bytes: usize,
    /// Bytes handed out since the start.
    pub total_bytes: usize,
    /// Live blocks.
    pub current_count: usize,
}

/// A stack of sources with its ledger and limit. Cloning shares it.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    current: AtomicUsize,
    peak: AtomicUsize,
    total: AtomicUsize,
    count: AtomicUsize,
    observer: RwLock<Option<Arc<dyn Observer>>>,
}

thread_local! {
    static ENTERED: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

impl Memory {
    /// A stack of its own.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Memory {
        Memory(Arc::new(Inner::default()))
    }

    /// The memory that operations on this thread allocate from: the innermost entered one, or the program's.
    pub fn current() -> Memory {
        static GLOBAL: OnceLock<Memory> = OnceLock::new();
        ENTERED.with_borrow(|stack| stack.last().cloned()).unwrap_or_else(|| GLOBAL.get_or_init(Memory::new).clone())
    }

    /// Runs `body` with this memory as the thread's current one.
    pub fn enter<T>(&self, body: impl FnOnce() -> T) -> T {
        ENTERED.with_borrow_mut(|stack| stack.push(self.clone()));
        let result = body();
        ENTERED.with_borrow_mut(|stack| stack.pop());
        result
    }

    /// What is live, what was.
    pub fn stats(&self) -> Stats {
        Stats {
            current_bytes: self.0.current.load(Ordering::Relaxed),
            peak_bytes: self.0.peak.load(Ordering::Relaxed),
            total_bytes: self.0.total.load(Ordering::Relaxed),
            current_count: self.0.count.load(Ordering::Relaxed),
        }
    }

    /// Bytes that the limits still allow, if there are any.
    pub fn available(&self) -> Option<usize> {
        None
    }

    /// Sets the peak to what is live now.
    pub fn reset_peak(&self) {
        self.0.peak.store(self.0.current.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(crate) fn take(&self, request: &Request) -> Result<Block> {
        let layout = std::alloc::Layout::from_size_align(request.size.max(1), request.align)
            .map_err(|_| Error::new(ErrorKind::Memory, format!("{}: {} bytes", request.tag.op, request.size)))?;
        // SAFETY: the size is not zero.
        let ptr = unsafe { if request.zeroed { std::alloc::alloc_zeroed(layout) } else { std::alloc::alloc(layout) } };
        let ptr = NonNull::new(ptr).ok_or_else(|| Error::new(ErrorKind::Memory, "the system has no memory"))?;
        let now = self.0.current.fetch_add(request.size, Ordering::Relaxed) + request.size;
        self.0.peak.fetch_max(now, Ordering::Relaxed);
        self.0.total.fetch_add(request.size, Ordering::Relaxed);
        self.0.count.fetch_add(1, Ordering::Relaxed);
        let (size, tag, id) = (request.size, request.tag, ptr.as_ptr() as u64);
        self.tell(|time_ns| Event::Take { size, tag, id, time_ns, live_bytes: now });
        Ok(Block { ptr, size: request.size, reserved: request.size, align: request.align, tag: request.tag })
    }

    pub(crate) unsafe fn give(&self, block: Block) {
        let live_bytes = self.0.current.fetch_sub(block.size, Ordering::Relaxed) - block.size;
        let (size, tag, id) = (block.size, block.tag, block.ptr.as_ptr() as u64);
        self.tell(|time_ns| Event::Give { size, tag, id, time_ns, live_bytes });
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        let layout = std::alloc::Layout::from_size_align(block.size.max(1), block.align).expect("checked in take");
        // SAFETY: the block came from `take` with this layout.
        unsafe { std::alloc::dealloc(block.ptr.as_ptr(), layout) }
    }

    /// Lets `observer` see every block from now on, in place of the one before; `None` for nobody.
    pub fn observe(&self, observer: Option<Arc<dyn Observer>>) {
        *self.0.observer.write().unwrap_or_else(PoisonError::into_inner) = observer;
    }

    /// The most bytes that may be live; `None` for no limit.
    pub fn limit(&self) -> Option<usize> {
        None
    }

    fn tell(&self, event: impl FnOnce(u64) -> Event) {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        if let Some(observer) = &*self.0.observer.read().unwrap_or_else(PoisonError::into_inner) {
            observer.event(&event(START.elapsed().as_nanos() as u64));
        }
    }

    /// Charges `bytes` that some library holds for us without going through a source (a codec's state).
    pub fn charge(&self, bytes: usize, op: &'static str) -> Result<Charge> {
        let _ = op;
        let now = self.0.current.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.0.peak.fetch_max(now, Ordering::Relaxed);
        Ok(Charge { memory: self.clone(), bytes })
    }
}

/// Bytes charged without a block; given back on drop.
pub struct Charge {
    memory: Memory,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.0.current.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
