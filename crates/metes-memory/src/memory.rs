//! [`Memory`]: the assembled stack of sources, as one handle.
//!
//! Ledger over Pool over Budget over System: the ledger sees what is asked for, the pool what can be used again, the
//! budget what is set aside in all, cached bytes included. A limit is on that; scopes are charged what is asked for.

use crate::books::Seat;
use crate::budget::Budget;
use crate::classes::{SMALL, class_of, size_of_class};
use crate::ledger::{Booking, By, Holder, Ledger};
use crate::pool::{Pool, is_small};
use crate::{
    Block, Error, Failing, Observer, Request, Result, Scope, Shortage, Source, System, Tag, hooks, limits, raw, shelf,
    site, size_text, turn, within,
};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// The most that the cache of freed large blocks holds, whatever the limit.
const LARGEST_CACHE: usize = 2 << 30;

/// Counts of a memory. Bytes are as requested unless the name says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Live bytes.
    pub current_bytes: usize,
    /// The most bytes that were live at once since the last reset.
    pub peak_bytes: usize,
    /// Bytes handed out since the start.
    pub total_bytes: usize,
    /// Bytes that came back since the start.
    pub freed_bytes: usize,
    /// Live blocks.
    pub current_count: usize,
    /// The most blocks that were live at once since the last reset.
    pub peak_count: usize,
    /// Blocks handed out since the start.
    pub total_count: usize,
    /// Blocks that came back since the start.
    pub freed_count: usize,
    /// The same as `current_bytes`: what was asked for.
    pub requested_bytes: usize,
    /// What was set aside for it, rounding included.
    pub allocated_bytes: usize,
    /// What is taken from the system, cached bytes included: what the limit bounds.
    pub reserved_bytes: usize,
    /// The most that was taken from the system at once since the last reset.
    pub peak_reserved_bytes: usize,
    /// What is kept to be handed out again.
    pub cached_bytes: usize,
    /// Bytes of large blocks that were handed out again without asking the system, since the start.
    pub reused_bytes: usize,
    /// Bytes of others (NumPy's) that arrays are made of.
    pub foreign_bytes: usize,
    /// Bytes of mapped files.
    pub mapped_bytes: usize,
}

/// A stack of sources with its ledger and limit. Cloning shares it.
#[derive(Clone)]
pub struct Memory(Handle);

/// The program's memory is the usual one, and is not counted who refers to it.
#[derive(Clone)]
enum Handle {
    Program,
    Own(Arc<Inner>),
}

struct Inner {
    /// Where requests enter: the ledger, or a layer over it that fails on purpose.
    top: Arc<dyn Source>,
    /// Whether that is the ledger itself.
    bare: bool,
    ledger: Arc<Ledger>,
    pool: Arc<Pool>,
    budget: Arc<Budget>,
    /// The most that the cache of freed large blocks shall hold, where somebody chose; else the largest number.
    chosen_cap: AtomicUsize,
}

/// Bytes that arrays use without owning them.
pub(crate) static FOREIGN: AtomicUsize = AtomicUsize::new(0);
pub(crate) static MAPPED: AtomicUsize = AtomicUsize::new(0);

static PROGRAM: OnceLock<Inner> = OnceLock::new();

thread_local! {
    static ENTERED: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

fn cache_cap(limit: Option<usize>) -> usize {
    (limit.unwrap_or_else(limits::machine_memory) / 4).min(LARGEST_CACHE)
}

impl Memory {
    /// A stack of its own without a limit.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Memory {
        Memory::with_limit(None)
    }

    /// A stack of its own that sets aside at most `limit` bytes.
    pub fn with_limit(limit: Option<usize>) -> Memory {
        Memory(Handle::Own(Arc::new(Memory::stack(limit, false))))
    }

    fn stack(limit: Option<usize>, program: bool) -> Inner {
        let budget = Arc::new(Budget::new(Arc::new(System), limit));
        let pool = Arc::new(Pool::new(budget.clone(), cache_cap(limit)));
        let above: Weak<Pool> = Arc::downgrade(&pool);
        budget.reclaim_by(move || {
            if program {
                raw::trim();
                within::trim();
            }
            if let Some(pool) = above.upgrade() {
                pool.trim(0);
            }
        });
        let ledger = Arc::new(Ledger::new(pool.clone()));
        Inner { top: ledger.clone(), bare: true, ledger, pool, budget, chosen_cap: AtomicUsize::new(usize::MAX) }
    }

    #[inline]
    fn inner(&self) -> &Inner {
        match &self.0 {
            Handle::Program => PROGRAM.get_or_init(|| Memory::stack(Some(limits::machine_memory()), true)),
            Handle::Own(inner) => inner,
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner().pool
    }

    /// The program's memory; its limit is what the container or the machine has.
    pub fn global() -> &'static Memory {
        static GLOBAL: Memory = Memory(Handle::Program);
        &GLOBAL
    }

    /// The memory that operations on this thread allocate from: the innermost entered one, or the program's.
    #[inline]
    pub fn current() -> Memory {
        if !raw::closely() {
            return Memory(Handle::Program);
        }
        ENTERED.with_borrow(|stack| stack.last().cloned()).unwrap_or_else(|| Memory::global().clone())
    }

    /// Runs `body` with this memory as the thread's current one.
    pub fn enter<T>(&self, body: impl FnOnce() -> T) -> T {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                Memory::pop();
            }
        }
        self.push();
        let _leave = Leave;
        body()
    }

    /// Makes this memory the thread's current one, until [`Memory::pop`]; for doors whose scopes are not closures.
    pub fn push(&self) {
        raw::look_closely();
        ENTERED.with_borrow_mut(|stack| stack.push(self.clone()));
    }

    /// Undoes the last [`Memory::push`] of this thread.
    pub fn pop() {
        // Dropped outside the borrow: it may be the last handle of its stack.
        let left = ENTERED.with_borrow_mut(Vec::pop);
        if left.is_some() {
            raw::look_away();
        }
    }

    /// A memory over this one whose request number `n`, from 0, is refused: that one alone, or all from then on.
    #[must_use]
    pub fn failing(&self, n: u64, persistent: bool) -> Memory {
        let Inner { ledger, pool, budget, .. } = self.inner();
        let top = Arc::new(Failing::new(ledger.clone(), n, persistent));
        let chosen_cap = AtomicUsize::new(usize::MAX);
        let (ledger, pool, budget) = (ledger.clone(), pool.clone(), budget.clone());
        let inner = Inner { top, bare: false, ledger, pool, budget, chosen_cap };
        Memory(Handle::Own(Arc::new(inner)))
    }

    /// What is live, what was.
    pub fn stats(&self) -> Stats {
        let Ledger { bytes, count, .. } = &*self.inner().ledger;
        if self.is_programs() {
            raw::settle();
        }
        let sums = self.inner().ledger.sums();
        let small = if self.is_programs() { raw::small() } else { raw::Small::default() };
        let live_bytes = bytes.now().wrapping_add(small.unsettled_bytes);
        let live_count = count.now().wrapping_add(small.unsettled_count);
        Stats {
            current_bytes: live_bytes,
            peak_bytes: bytes.peak().max(live_bytes),
            total_bytes: sums.taken_bytes + small.taken_bytes,
            freed_bytes: sums.given_bytes + small.given_bytes,
            current_count: live_count,
            peak_count: count.peak().max(live_count),
            total_count: sums.taken_count + small.taken_count,
            freed_count: sums.given_count + small.given_count,
            requested_bytes: live_bytes,
            allocated_bytes: sums.allocated + small.allocated,
            reserved_bytes: self.inner().budget.used(),
            peak_reserved_bytes: self.inner().budget.peak(),
            cached_bytes: self.inner().pool.cached() + small.cached,
            reused_bytes: self.inner().pool.reused(),
            foreign_bytes: FOREIGN.load(Ordering::Relaxed),
            mapped_bytes: MAPPED.load(Ordering::Relaxed),
        }
    }

    /// Sets the peaks to what is live now.
    pub fn reset_peak(&self) {
        if self.is_programs() {
            raw::settle();
        }
        self.inner().ledger.bytes.reset_peak();
        self.inner().ledger.count.reset_peak();
        self.inner().budget.reset_peak();
    }

    /// The number of the site of the block that brought the peak; 0 for not known.
    pub fn peak_site(&self) -> u32 {
        self.inner().ledger.peak_site()
    }

    /// The limit on reserved bytes.
    pub fn limit(&self) -> Option<usize> {
        self.inner().budget.limit()
    }

    /// Sets the limit and returns the one before. What lives already stays, cached bytes go.
    pub fn set_limit(&self, limit: Option<usize>) -> Option<usize> {
        let before = self.inner().budget.set_limit(limit);
        self.inner().pool.set_cap(cache_cap(limit).min(self.inner().chosen_cap.load(Ordering::Relaxed)));
        if limit.is_some_and(|limit| self.inner().budget.used() > limit / 2) {
            self.trim(0);
        }
        before
    }

    /// Bytes that may still be asked for under the limit and this thread's scopes, rounding allowed for; `None`
    /// where there is no limit.
    pub fn available(&self) -> Option<usize> {
        let free = |limit: usize| {
            let held = self.inner().budget.used().saturating_sub(self.inner().pool.cached());
            let left = limit.saturating_sub(held);
            left - left / 8
        };
        self.limit().map(free).into_iter().chain(Scope::current().and_then(|s| s.available())).min()
    }

    /// Live bytes by group, most first.
    pub fn live(&self, by: By) -> Vec<Holder> {
        let others = if self.is_programs() { raw::holders() } else { Vec::new() };
        let tag = |site| Tag { op: raw::OP, site, scope: 0, dtype: "" };
        self.inner().ledger.live_with(by, others.into_iter().map(|(site, holder)| (tag(site), holder)).collect())
    }

    /// Gives cached bytes back to the system, down to `keep` cached bytes; returns how many went. Not reached are small
    /// blocks at hand of other threads: each gives them back when it next takes or frees one, or ends.
    pub fn trim(&self, keep: usize) -> usize {
        let small = if self.is_programs() { raw::trim() + within::trim() } else { 0 };
        small + self.inner().pool.trim(keep)
    }

    /// Gives back what was freed and nobody wanted for as long as [`set_decay`](crate::set_decay) says; how many bytes.
    pub fn sweep(&self) -> usize {
        self.inner().pool.sweep()
    }

    /// Sets the most bytes of freed large blocks that are kept; `None` for as many as the limit allows.
    pub fn set_cache(&self, most: Option<usize>) {
        self.inner().chosen_cap.store(most.unwrap_or(usize::MAX), Ordering::Relaxed);
        let cap = most.unwrap_or_else(|| cache_cap(self.limit()));
        self.inner().pool.set_cap(cap);
        self.trim(cap);
    }

    /// The thread's current memory, where it keeps the program's books; else the program's.
    pub(crate) fn current_of_program() -> Memory {
        let current = Memory::current();
        if current.is_programs() { current } else { Memory::global().clone() }
    }

    /// Whether this is the program's memory and no layer over it.
    pub(crate) fn is_program(&self) -> bool {
        matches!(self.0, Handle::Program)
    }

    /// Whether its books are the program's.
    fn is_programs(&self) -> bool {
        self.is_program() || Arc::ptr_eq(&self.inner().ledger, &Memory::global().inner().ledger)
    }

    #[inline]
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.inner().ledger
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.inner().budget
    }

    /// Locks everything that belongs to the program's memory, for a fork.
    pub(crate) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
        static GLOBAL: Memory = Memory(Handle::Program);
        let inner = GLOBAL.inner();
        inner.ledger.hold(held);
        inner.pool.hold(held);
    }

    /// Tells an observer of every block from now on; `None` for nobody.
    pub fn observe(&self, observer: Option<Arc<dyn Observer>>) {
        self.inner().ledger.watch.set(observer);
    }

    /// A small block that this thread has at hand, taken by the way that [`Memory::take`] takes, but not handed from layer to
    /// layer: what it is, and how it is booked. `None` where there is more to see to.
    #[inline]
    pub(crate) fn take_at_hand(&self, request: &Request) -> Option<(NonNull<u8>, usize, Booking)> {
        let inner = self.inner();
        if !inner.bare || !is_small(request.size, request.align) || raw::closely() {
            return None;
        }
        let (class, mut tag, alone) = (class_of(request.size), request.tag, turn::alone());
        if tag.site == 0 {
            tag.site = site::site_for(request.size);
        }
        let ptr = inner.pool.at_hand(class, request, alone)?;
        if request.zeroed {
            // SAFETY: a block of the class holds this many bytes and is nobody's now.
            unsafe { ptr.write_bytes(0, request.size) };
        }
        let reserved = size_of_class(class);
        let id = ptr.as_ptr() as usize;
        let booking = if alone {
            inner.ledger.open_alone(request.size, reserved, tag, id)
        } else {
            inner.ledger.open(request.size, reserved, tag, None, id)
        };
        hooks::pressure(inner.budget.used(), inner.budget.limit());
        Some((ptr, reserved, booking))
    }

    /// The size class of a request that may be served from the shelf of the program's memory, whose pool it is.
    #[inline]
    pub(crate) fn class_at_hand(request: &Request) -> Option<usize> {
        let fits = shelf::holds(request.size, request.align) && !raw::closely();
        fits.then(|| class_of(request.size))
    }

    /// Books a block of the program's memory that is handed out again, with `size` bytes; returns the account where the seat is a new one.
    #[inline]
    pub(crate) fn open_again(seat: &mut Option<Seat>, block: &mut Block, size: usize, mut tag: Tag) -> Option<usize> {
        let before = std::mem::replace(&mut block.size, size);
        if tag.site == 0 {
            tag.site = site::site_for(block.size);
        }
        let inner = Memory::global().inner();
        let account = inner.ledger.open_at(seat, block.size, block.reserved, tag, block.ptr.as_ptr() as usize);
        if block.size > SMALL {
            inner.pool.reuse_alone(before, size);
        }
        hooks::pressure(inner.budget.used(), inner.budget.limit());
        account
    }

    /// Books that a block of the program's memory is not in use any more, for a thread that is alone; returns the pool
    /// that it stays of.
    #[inline]
    pub(crate) fn close_for_now(seat: Option<&Seat>, block: &Block, booking: &Booking) -> &'static Pool {
        let inner = Memory::global().inner();
        inner.ledger.close_at(seat, block.size, block.reserved, booking, block.ptr.as_ptr() as usize);
        &inner.pool
    }

    /// Takes a small block back likewise; says whether it did.
    ///
    /// # Safety
    /// The block came from this memory, and nobody uses it any more; where it was taken back it is not given again.
    #[inline]
    pub(crate) unsafe fn give_at_hand(&self, block: &Block) -> bool {
        let inner = self.inner();
        let Some(booking) = block.booking.as_ref().filter(|booking| booking.scope.is_none()) else { return false };
        if !inner.bare || !is_small(block.size, block.align) {
            return false;
        }
        let (alone, id) = (turn::alone(), block.ptr.as_ptr() as usize);
        if alone {
            inner.ledger.close_at(None, block.size, block.reserved, booking, id);
        } else {
            inner.ledger.close(block.size, block.reserved, booking, id);
        }
        inner.pool.give_back(class_of(block.size), block.ptr, alone);
        true
    }

    pub(crate) fn take(&self, request: &Request) -> Result<Block> {
        let inner = self.inner();
        let block = hooks::again(request, || inner.top.take(request)).map_err(|error| self.explained(error))?;
        hooks::pressure(inner.budget.used(), inner.budget.limit());
        Ok(block)
    }

    /// Makes a block one of another size without a copy, where that can be; see [`Source::remap`].
    ///
    /// # Safety
    /// The block came from this memory, and nobody uses its bytes meanwhile, nor its address afterwards.
    pub(crate) unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        let inner = self.inner();
        // SAFETY: the caller's promise.
        let first = unsafe { inner.top.remap(block, request) }?;
        let Err(error) = first else {
            hooks::pressure(inner.budget.used(), inner.budget.limit());
            return Some(Ok(()));
        };
        let mut refused = Some(error.clone());
        let done = hooks::again(request, || match refused.take() {
            Some(error) => Err(error),
            // SAFETY: as above; what failed left the block as it was.
            None => unsafe { inner.top.remap(block, request) }.unwrap_or_else(|| Err(error.clone())),
        });
        Some(done.map_err(|error| self.explained(error)))
    }

    /// # Safety
    /// The block came from this memory, and nobody uses it any more.
    pub(crate) unsafe fn give(&self, block: Block) {
        // SAFETY: the caller's promise.
        unsafe { self.inner().top.give(block) }
    }

    /// Charges `bytes` that some library holds for us without going through a source (a codec's state).
    pub fn charge(&self, bytes: usize, op: &'static str) -> Result<Charge> {
        let request = Request::new(bytes, op);
        let (tag, scope) = self.inner().ledger.charge(&request).map_err(|e| self.explained(e))?;
        if let Err(error) = self.inner().budget.reserve(bytes, &request) {
            scope.iter().for_each(|scope| scope.credit(bytes));
            return Err(self.explained(error));
        }
        let booking = self.inner().ledger.open(bytes, bytes, tag, scope, 0);
        Ok(Charge { memory: self.clone(), bytes, booking })
    }

    /// A refusal with who holds most, and what helps.
    fn explained(&self, error: Error) -> Error {
        let Some(refusal) = error.refusal() else { return error };
        let holders: Vec<(String, usize)> = self
            .inner()
            .ledger
            .live(By::Site)
            .into_iter()
            .take(3)
            .map(|h| (if h.name.is_empty() { "blocks without a site".to_owned() } else { h.name }, h.bytes))
            .collect();
        let list: Vec<String> = holders.iter().map(|(name, bytes)| format!("{name} {}", size_text(*bytes))).collect();
        let mut message = error.message().to_owned();
        if !list.is_empty() {
            message.push_str("; largest holders: ");
            message.push_str(&list.join(", "));
        }
        let shortage = self.shortage(refusal);
        message.push_str(&format!("; {}", shortage.text()));
        Error::refused(message, crate::Refusal { holders, shortage, ..refusal.clone() })
    }

    /// Why memory is short.
    fn shortage(&self, refusal: &crate::Refusal) -> Shortage {
        // Rounding is no gap between blocks.
        let requested = crate::class_bytes(refusal.requested.max(1)).unwrap_or(refusal.requested);
        let wanted = self.stats().current_bytes.saturating_add(requested);
        let machine = limits::machine_memory();
        match refusal.limit {
            None if wanted > machine => Shortage::True,
            None => Shortage::Foreign,
            Some(limit) if Some(limit) == self.limit() && wanted <= limit => Shortage::Fragmented,
            Some(limit) if limit == machine => Shortage::True,
            Some(_) => Shortage::Budget,
        }
    }
}

/// Bytes charged without a block; given back on drop.
pub struct Charge {
    memory: Memory,
    bytes: usize,
    booking: Booking,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.inner().ledger.close(self.bytes, self.bytes, &self.booking, 0);
        self.memory.inner().budget.release(self.bytes);
    }
}
