//! Who reads and writes which bytes of a buffer now (law: no data race through a safe interface).
//!
//! Operations read whole buffers most of the time: that is one atomic addition. A write, or anything held by user code,
//! goes through a table of extents; while the table is in use a flag sends readers there too, and a writer waits for
//! the readers that came before the flag. Operations wait for each other; what user code holds is never waited for,
//! it is an error that names both sides. Extents are byte ranges: two interleaved views conflict here though they
//! share no byte, which costs a wait and never a wrong result.

use crate::sync::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, ThreadId, current, lock};
use crate::{Error, ErrorKind, Result};
use std::ops::Range;

/// How bytes are about to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Written, perhaps read.
    Write,
}

/// Set while the table is in use; below it the number of readers outside it.
const TABLE: u32 = 1 << 31;

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
}

#[derive(Debug)]
struct Entry {
    number: u64,
    extent: Range<usize>,
    access: Access,
    who: &'static str,
    user: bool,
    thread: ThreadId,
}

/// A hold on a buffer, to be given back to it.
#[derive(Debug)]
pub enum Hold {
    /// A reader outside the table.
    Whole,
    /// An entry of the table.
    Entry(u64),
}

impl Default for Borrows {
    fn default() -> Borrows {
        Borrows { state: AtomicU32::new(0), table: Mutex::new(Table::default()), changed: Condvar::new() }
    }
}

impl Borrows {
    /// Reads anything, for an operation.
    pub fn read(&self, extent: Range<usize>, who: &'static str) -> Result<Hold> {
        if self.state.fetch_add(1, Ordering::Acquire) & TABLE == 0 {
            return Ok(Hold::Whole);
        }
        self.leave();
        self.enter(extent, Access::Read, who, false)
    }

    fn leave(&self) {
        if self.state.fetch_sub(1, Ordering::Release) & TABLE != 0 {
            let _table = lock(&self.table);
            self.changed.notify_all();
        }
    }

    /// Enters an extent into the table, waiting for operations in the way.
    pub fn enter(&self, extent: Range<usize>, access: Access, who: &'static str, user: bool) -> Result<Hold> {
        let mut table = lock(&self.table);
        self.state.fetch_or(TABLE, Ordering::AcqRel);
        let result = loop {
            if access == Access::Write && self.state.load(Ordering::Acquire) & !TABLE != 0 {
                table = self.wait(table);
                continue;
            }
            let Some(other) = table.entries.iter().find(|e| e.conflicts(&extent, access)) else {
                break Ok(());
            };
            if other.user || other.thread == current().id() {
                break Err(conflict(who, access, &extent, other));
            }
            table = self.wait(table);
        };
        match result {
            Ok(()) => {
                let number = table.next;
                table.next += 1;
                let thread = current().id();
                table.entries.push(Entry { number, extent, access, who, user, thread });
                Ok(Hold::Entry(number))
            }
            Err(error) => {
                self.close_if_empty(&table);
                Err(error)
            }
        }
    }

    fn wait<'a>(&self, table: MutexGuard<'a, Table>) -> MutexGuard<'a, Table> {
        let table = self.changed.wait(table).unwrap_or_else(std::sync::PoisonError::into_inner);
        // Whoever emptied the table has taken the flag off.
        self.state.fetch_or(TABLE, Ordering::AcqRel);
        table
    }

    fn close_if_empty(&self, table: &Table) {
        if table.entries.is_empty() {
            self.state.fetch_and(!TABLE, Ordering::AcqRel);
        }
    }

    /// Gives a hold back.
    pub fn release(&self, hold: &Hold) {
        match hold {
            Hold::Whole => self.leave(),
            Hold::Entry(number) => {
                let mut table = lock(&self.table);
                table.entries.retain(|e| e.number != *number);
                self.close_if_empty(&table);
                self.changed.notify_all();
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

fn conflict(who: &str, access: Access, extent: &Range<usize>, other: &Entry) -> Error {
    let verb = |access| if access == Access::Write { "write" } else { "read" };
    let message = format!(
        "{who} wants to {} bytes {}..{} that {} holds to {}",
        verb(access),
        extent.start,
        extent.end,
        other.who,
        verb(other.access)
    );
    Error::new(ErrorKind::Busy, message)
}
