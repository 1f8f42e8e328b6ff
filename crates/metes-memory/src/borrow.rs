//! Who reads and writes which bytes of a buffer now (law: no data race through a safe interface).
//!
//! One word of state decides almost always. An operation that reads adds one to it; an operation that writes the whole
//! buffer, or little, puts its mark into a word that is zero: no lock, whatever the threads. What holds a part of a
//! large buffer for writing, and anything held by user code, goes through a table of extents, so that disjoint parts
//! may be written at once; while the table is in use a flag sends everybody there, and an access in the way of those
//! who came before the flag waits for them.
//!
//! Operations wait for each other. What user code holds is never waited for, nor what the asking thread holds itself:
//! that is an error that names both sides. Extents are byte ranges: two interleaved views conflict here though they
//! share no byte, which costs a wait and never a wrong result. Not promised: an operation that starts another one on
//! further buffers while it holds its own may wait for a thread that does the same the other way round.

use crate::sync::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, lock, wait};
use crate::{Error, ErrorKind, Result, held};
use std::ops::Range;

/// How bytes are about to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Written, perhaps read.
    Write,
}

/// Set while the table is in use.
const TABLE: u32 = 1 << 31;
/// Set while an operation writes outside the table. Below it the number of operations that read outside it.
const WRITER: u32 = 1 << 30;

/// Writes of at most this many bytes shut out the whole buffer: they are over before a table would pay.
const LITTLE: usize = 64 * 1024;

/// The accesses to one buffer that are under way.
#[derive(Debug)]
pub struct Borrows {
    state: AtomicU32,
    table: Mutex<Table>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    entries: Vec<Entry>,
    waiting: usize,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    extent: Range<usize>,
    access: Access,
    who: &'static str,
    user: bool,
    thread: u64,
}

/// A hold on a buffer, to be given back to it once, by the thread that took it unless it is an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// A reader outside the table.
    Reader,
    /// The writer outside the table.
    Writer,
    /// An entry of the table.
    Entry(u64),
}

impl Default for Borrows {
    fn default() -> Borrows {
        Borrows { state: AtomicU32::new(0), table: Mutex::new(Table::default()), changed: Condvar::new() }
    }
}

impl Borrows {
    /// Whether nobody holds anything.
    #[inline]
    pub fn is_free(&self) -> bool {
        self.state.load(Ordering::Relaxed) == 0
    }

    /// Whether nobody holds anything, or for reading a part of it or anything for writing.
    #[inline]
    pub fn is_still(&self, access: Access) -> bool {
        let state = self.state.load(Ordering::Acquire);
        match access {
            Access::Read => state & (TABLE | WRITER) == 0,
            Access::Write => state == 0,
        }
    }

    /// Holds an extent of a buffer of `len` bytes for the operation `who`.
    pub fn operate(&self, extent: Range<usize>, len: usize, access: Access, who: &'static str) -> Result<Hold> {
        let hold = match access {
            Access::Read if self.join() => Hold::Reader,
            Access::Write if (extent.len() == len || extent.len() <= LITTLE) && self.mark() => Hold::Writer,
            _ => return self.enter(extent, access, who, false),
        };
        held::push(self.address(), access, who);
        Ok(hold)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Holds the whole buffer outside the table where nobody is in the way; to be undone by [`Borrows::end`]. Nothing is
    /// noted: for work of this thread that asks for no other hold meanwhile.
    #[inline]
    pub fn begin(&self, access: Access) -> bool {
        match access {
            Access::Read => self.join(),
            Access::Write => self.mark(),
        }
    }

    /// The same for whoever is alone ([`crate::turn`]), without a locked instruction.
    #[inline]
    pub fn begin_alone(&self, access: Access) -> bool {
        let state = self.state.load(Ordering::Acquire);
        let (free, held) = match access {
            Access::Read => (state & (TABLE | WRITER) == 0, state + 1),
            Access::Write => (state == 0, WRITER),
        };
        if free {
            self.state.store(held, Ordering::Relaxed);
        }
        free
    }

    /// Undoes [`Borrows::begin`].
    #[inline]
    pub fn end(&self, access: Access) {
        match access {
            Access::Read => self.leave(),
            Access::Write => self.unmark(),
        }
    }

    /// The same for whoever is alone.
    #[inline]
    pub fn end_alone(&self, access: Access) {
        let state = self.state.load(Ordering::Relaxed);
        if state & TABLE != 0 {
            return self.end(access);
        }
        let left = match access {
            Access::Read => state - 1,
            Access::Write => state & !WRITER,
        };
        self.state.store(left, Ordering::Release);
    }

    /// One more reader outside the table, unless somebody writes or the table is in use.
    #[inline]
    fn join(&self) -> bool {
        let free = self.state.fetch_add(1, Ordering::Acquire) & (TABLE | WRITER) == 0;
        if !free {
            self.leave();
        }
        free
    }

    #[inline]
    fn leave(&self) {
        if self.state.fetch_sub(1, Ordering::Release) & TABLE != 0 {
            self.wake_all();
        }
    }

    #[inline]
    fn mark(&self) -> bool {
        self.state.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    fn unmark(&self) {
        if self.state.fetch_and(!WRITER, Ordering::Release) & TABLE != 0 {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        self.wake(&lock(&self.table));
    }

    fn wake(&self, table: &Table) {
        if table.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// Holds an extent in the table, waiting for operations in the way; for user code if `user`.
    pub fn enter(&self, extent: Range<usize>, access: Access, who: &'static str, user: bool) -> Result<Hold> {
        let mut table = lock(&self.table);
        self.state.fetch_or(TABLE, Ordering::AcqRel);
        let result = loop {
            match self.obstacle(&table, &extent, access, who) {
                Ok(false) => break Ok(()),
                Ok(true) => {
                    table.waiting += 1;
                    table = wait(&self.changed, table);
                    table.waiting -= 1;
                }
                Err(error) => break Err(error),
            }
        };
        let hold = result.map(|()| {
            let number = table.next;
            table.next += 1;
            table.entries.push(Entry { number, extent, access, who, user, thread: held::thread() });
            Hold::Entry(number)
        });
        self.close_if_empty(&table);
        hold
    }

    /// Whether something is in the way that will go; an error where it must not be waited for.
    fn obstacle(&self, table: &Table, extent: &Range<usize>, access: Access, who: &str) -> Result<bool> {
        let state = self.state.load(Ordering::Acquire);
        if state & WRITER != 0 || (access == Access::Write && state & !TABLE != 0) {
            return match held::conflict(self.address(), access) {
                Some((other, by)) => Err(conflict(who, access, extent, other, by)),
                None => Ok(true),
            };
        }
        match table.entries.iter().find(|e| e.conflicts(extent, access)) {
            Some(other) if other.user || other.thread == held::thread() => {
                Err(conflict(who, access, extent, other.access, other.who))
            }
            other => Ok(other.is_some()),
        }
    }

    fn close_if_empty(&self, table: &MutexGuard<'_, Table>) {
        if table.entries.is_empty() && table.waiting == 0 {
            self.state.fetch_and(!TABLE, Ordering::AcqRel);
        }
    }

    /// Gives a hold back.
    pub fn release(&self, hold: Hold) {
        match hold {
            Hold::Reader => {
                held::pop(self.address());
                self.leave();
            }
            Hold::Writer => {
                held::pop(self.address());
                self.unmark();
            }
            Hold::Entry(number) => {
                let mut table = lock(&self.table);
                table.entries.retain(|e| e.number != number);
                self.close_if_empty(&table);
                self.wake(&table);
            }
        }
    }
}

impl Entry {
    fn conflicts(&self, extent: &Range<usize>, access: Access) -> bool {
        let apart = extent.is_empty()
            || self.extent.is_empty()
            || extent.end <= self.extent.start
            || self.extent.end <= extent.start;
        !apart && (access == Access::Write || self.access == Access::Write)
    }
}

fn conflict(who: &str, access: Access, extent: &Range<usize>, other: Access, by: &str) -> Error {
    let verb = |access| if access == Access::Write { "write" } else { "read" };
    let message = format!(
        "{who} wants to {} bytes {}..{} that {by} holds to {}",
        verb(access),
        extent.start,
        extent.end,
        verb(other)
    );
    Error::new(ErrorKind::Busy, message)
}
