//! [`Books`]: sums by account, an account for each tag, kept by every thread in lines of its own.
//!
//! A thread writes its own lines only, with plain stores; whoever wants a sum adds the lines up. What is freed on another
//! thread than it was made on is noted in that thread's line for the same account, so the sums are exact whenever
//! nothing is under way, and never negative. When a thread ends its lines are folded into the account.

use crate::Tag;
use crate::turn::InTurn;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What went through an account. Differences wrap, as a part of a sum may be below zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub taken_bytes: usize,
    pub taken_count: usize,
    pub given_bytes: usize,
    pub given_count: usize,
    /// Bytes set aside for what is live.
    pub allocated: usize,
}

impl Sums {
    pub fn bytes(&self) -> usize {
        self.taken_bytes.wrapping_sub(self.given_bytes)
    }

    pub fn count(&self) -> usize {
        self.taken_count.wrapping_sub(self.given_count)
    }

    pub fn add(&mut self, other: &Sums) {
        self.taken_bytes = self.taken_bytes.wrapping_add(other.taken_bytes);
        self.taken_count = self.taken_count.wrapping_add(other.taken_count);
        self.given_bytes = self.given_bytes.wrapping_add(other.given_bytes);
        self.given_count = self.given_count.wrapping_add(other.given_count);
        self.allocated = self.allocated.wrapping_add(other.allocated);
    }

    #[inline]
    fn book(&mut self, entry: Entry) {
        let Entry { takes, size, reserved } = entry;
        let sign = if takes { 1 } else { usize::MAX };
        self.allocated = self.allocated.wrapping_add(reserved.wrapping_mul(sign));
        let (bytes, count) = if takes {
            (&mut self.taken_bytes, &mut self.taken_count)
        } else {
            (&mut self.given_bytes, &mut self.given_count)
        };
        *bytes = bytes.wrapping_add(size);
        *count += 1;
    }
}

/// A block that begins or ends.
#[derive(Clone, Copy)]
struct Entry {
    takes: bool,
    size: usize,
    reserved: usize,
}

/// The sums of one account on one thread, which alone writes them.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct Line {
    taken_bytes: AtomicUsize,
    taken_count: AtomicUsize,
    given_bytes: AtomicUsize,
    given_count: AtomicUsize,
    allocated: AtomicUsize,
}

impl Line {
    #[inline]
    fn book(&self, entry: Entry) {
        let add = |sum: &AtomicUsize, n: usize| {
            sum.store(sum.load(Ordering::Relaxed).wrapping_add(n), Ordering::Release);
        };
        if entry.takes {
            add(&self.allocated, entry.reserved);
            add(&self.taken_bytes, entry.size);
            add(&self.taken_count, 1);
        } else {
            add(&self.allocated, entry.reserved.wrapping_neg());
            add(&self.given_bytes, entry.size);
            add(&self.given_count, 1);
        }
    }

    fn clear(&self) {
        for sum in [&self.taken_bytes, &self.taken_count, &self.given_bytes, &self.given_count, &self.allocated] {
            sum.store(0, Ordering::Relaxed);
        }
    }

    /// What was given; read before what was taken, so that no difference is below zero.
    fn given(&self) -> Sums {
        let given_bytes = self.given_bytes.load(Ordering::Acquire);
        Sums { given_bytes, given_count: self.given_count.load(Ordering::Acquire), ..Sums::default() }
    }

    fn taken(&self) -> Sums {
        Sums {
            taken_bytes: self.taken_bytes.load(Ordering::Acquire),
            taken_count: self.taken_count.load(Ordering::Acquire),
            allocated: self.allocated.load(Ordering::Acquire),
            ..Sums::default()
        }
    }
}

struct Account {
    tag: Tag,
    /// Of threads that ended.
    ended: Sums,
    lines: Vec<&'static Line>,
}

impl Account {
    fn sums(&self) -> Sums {
        let mut sums = self.ended;
        self.lines.iter().for_each(|line| sums.add(&line.given()));
        self.lines.iter().for_each(|line| sums.add(&line.taken()));
        sums
    }
}

#[derive(Default)]
struct Accounts {
    numbers: HashMap<Tag, usize>,
    all: Vec<Account>,
}

/// The accounts of one ledger.
pub(crate) struct Books {
    id: u64,
    accounts: Mutex<Accounts>,
}

impl Books {
    pub fn new() -> Arc<Books> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Arc::new(Books { id: NEXT.fetch_add(1, Ordering::Relaxed), accounts: Mutex::default() })
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a block that begins; returns its account. `alone` where this thread is.
    #[inline]
    pub fn take(self: &Arc<Books>, tag: &Tag, size: usize, reserved: usize, alone: bool) -> usize {
        let entry = Entry { takes: true, size, reserved };
        with_pages(alone, |pages| {
            let recent = pages.of(self).recent(self, tag);
            recent.line.book(entry);
            recent.account
        })
        .unwrap_or_else(|| self.take_without(tag, entry))
    }

    #[cold]
    fn take_without(&self, tag: &Tag, entry: Entry) -> usize {
        let mut accounts = self.accounts();
        let account = accounts.number(tag);
        accounts.all[account].ended.book(entry);
        account
    }

    /// Notes a block that begins, at the seat of whoever is alone, which is found anew where the tag is another one; then
    /// its account is returned.
    #[inline]
    pub fn take_at(
        self: &Arc<Books>,
        seat: &mut Option<Seat>,
        tag: &Tag,
        size: usize,
        reserved: usize,
    ) -> Option<usize> {
        let entry = Entry { takes: true, size, reserved };
        match seat {
            Some(seat) if same(&seat.tag, tag) => {
                seat.line.book(entry);
                None
            }
            _ => Some(self.take_anew(seat, tag, entry)),
        }
    }

    #[cold]
    fn take_anew(self: &Arc<Books>, seat: &mut Option<Seat>, tag: &Tag, entry: Entry) -> usize {
        *seat = self.seat(tag);
        seat.as_ref().map_or_else(
            || self.take_without(tag, entry),
            |seat| {
                seat.line.book(entry);
                seat.account
            },
        )
    }

    /// Where whoever is alone books blocks of a tag.
    pub fn seat(self: &Arc<Books>, tag: &Tag) -> Option<Seat> {
        with_pages(true, |pages| {
            let recent = pages.of(self).recent(self, tag);
            Seat { tag: *tag, account: recent.account, line: recent.line }
        })
    }

    /// Notes that a block ends at its seat.
    #[inline]
    pub fn give_at(&self, seat: &Seat, size: usize, reserved: usize) {
        seat.line.book(Entry { takes: false, size, reserved });
    }

    /// Notes that a block of an account ends; likewise.
    #[inline]
    pub fn give(self: &Arc<Books>, account: usize, size: usize, reserved: usize, alone: bool) {
        let entry = Entry { takes: false, size, reserved };
        if with_pages(alone, |pages| pages.of(self).line(self, account).book(entry)).is_none() {
            self.accounts().all[account].ended.book(entry);
        }
    }

    /// The sums of every account.
    pub fn sums(&self) -> Vec<(Tag, Sums)> {
        self.accounts().all.iter().map(|account| (account.tag, account.sums())).collect()
    }

    /// The sums of all accounts together.
    pub fn total(&self) -> Sums {
        let accounts = self.accounts();
        accounts.all.iter().fold(Sums::default(), |mut sums, account| {
            sums.add(&account.sums());
            sums
        })
    }

    /// Locks the books, for a fork.
    pub fn hold(&'static self, held: &mut Vec<Box<dyn std::any::Any>>) {
        held.push(Box::new(self.accounts()));
        held.push(Box::new(idle()));
    }

    /// The tag of an account.
    pub fn tag(&self, account: usize) -> Tag {
        self.accounts().all[account].tag
    }
}

impl Accounts {
    fn number(&mut self, tag: &Tag) -> usize {
        *self.numbers.entry(*tag).or_insert_with(|| {
            self.all.push(Account { tag: *tag, ended: Sums::default(), lines: Vec::new() });
            self.all.len() - 1
        })
    }
}

/// Accounts that a thread looks up without a lock, a power of two, and how many places a tag may stand at.
const RECENT: usize = 64;
const WAYS: usize = 2;

/// A thread's lines in one ledger's books.
struct Page {
    id: u64,
    books: Weak<Books>,
    lines: Vec<Option<&'static Line>>,
    recent: Box<[Option<Recent>]>,
}

/// Where whoever is alone books blocks of a tag.
pub(crate) struct Seat {
    pub tag: Tag,
    pub account: usize,
    line: &'static Line,
}

impl Seat {
    /// Notes a block that begins.
    #[inline]
    pub fn take(&self, size: usize, reserved: usize) {
        self.line.book(Entry { takes: true, size, reserved });
    }

    /// Notes that one ends.
    #[inline]
    pub fn give(&self, size: usize, reserved: usize) {
        self.line.book(Entry { takes: false, size, reserved });
    }
}

/// An account that was looked up recently, and this thread's line for it.
struct Recent {
    tag: Tag,
    account: usize,
    line: &'static Line,
}

impl Page {
    #[inline]
    fn recent(&mut self, books: &Books, tag: &Tag) -> &Recent {
        let first = place(tag);
        let stands = |at: &usize| self.recent[*at].as_ref().is_some_and(|recent| same(&recent.tag, tag));
        let at = match (first..first + WAYS).find(stands) {
            Some(at) => at,
            None => {
                // The newer one moves on to the second place.
                self.recent.swap(first, first + 1);
                self.look_up(books, tag, first);
                first
            }
        };
        self.recent[at].as_ref().expect("just looked up")
    }

    #[cold]
    fn look_up(&mut self, books: &Books, tag: &Tag, place: usize) {
        let account = books.accounts().number(tag);
        let line = self.line(books, account);
        self.recent[place] = Some(Recent { tag: *tag, account, line });
    }

    #[inline]
    fn line(&mut self, books: &Books, account: usize) -> &'static Line {
        match self.lines.get(account) {
            Some(Some(line)) => line,
            _ => self.open(books, account),
        }
    }

    #[cold]
    fn open(&mut self, books: &Books, account: usize) -> &'static Line {
        if account >= self.lines.len() {
            self.lines.resize_with(account + 1, || None);
        }
        let line = idle().pop().unwrap_or_else(|| Box::leak(Box::default()));
        books.accounts().all[account].lines.push(line);
        self.lines[account] = Some(line);
        line
    }
}

/// Nobody's from now on: whoever had the books of these lines has added them up, or there are none any more.
impl Drop for Page {
    fn drop(&mut self) {
        let mut idle = idle();
        for line in self.lines.drain(..).flatten() {
            line.clear();
            idle.push(line);
        }
    }
}

/// Lines that are in nobody's books.
fn idle() -> MutexGuard<'static, Vec<&'static Line>> {
    static IDLE: Mutex<Vec<&'static Line>> = Mutex::new(Vec::new());
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first of the places where among the recent ones a tag may stand. Names are static: their address tells them apart
/// well enough.
#[inline]
fn place(tag: &Tag) -> usize {
    let names = (tag.op.as_ptr() as u64).wrapping_add((tag.dtype.as_ptr() as u64).rotate_left(20));
    let numbers = u64::from(tag.site).wrapping_add(u64::from(tag.scope) << 32);
    let mixed = names.wrapping_add(numbers.wrapping_mul(0xd6e8_feb8_6659_fd93)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (u64::BITS - RECENT.trailing_zeros())) as usize / WAYS * WAYS
}

#[inline]
fn same(a: &Tag, b: &Tag) -> bool {
    std::ptr::eq(a.op, b.op) && std::ptr::eq(a.dtype, b.dtype) && a.site == b.site && a.scope == b.scope
}

/// A thread's pages, the one used last in front.
struct Pages(Vec<Page>);

impl Pages {
    #[inline]
    fn of(&mut self, books: &Arc<Books>) -> &mut Page {
        if self.0.first().is_none_or(|page| page.id != books.id) {
            match self.0.iter().position(|page| page.id == books.id) {
                Some(at) => self.0.swap(0, at),
                None => {
                    self.0.retain(|page| page.books.strong_count() > 0);
                    let weak = Arc::downgrade(books);
                    let recent = (0..RECENT).map(|_| None).collect();
                    self.0.insert(0, Page { id: books.id, books: weak, lines: Vec::new(), recent });
                }
            }
        }
        &mut self.0[0]
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        for page in self.0.drain(..) {
            let Some(books) = page.books.upgrade() else { continue };
            let mut accounts = books.accounts();
            for (account, line) in accounts.all.iter_mut().zip(&page.lines) {
                if let Some(line) = line {
                    account.ended.add(&line.given());
                    account.ended.add(&line.taken());
                    account.lines.retain(|other| !std::ptr::eq(*other, *line));
                }
            }
        }
    }
}

thread_local! {
    static PAGES: RefCell<Pages> = const { RefCell::new(Pages(Vec::new())) };
}

static IN_TURN: InTurn<Pages> = InTurn::new(Pages(Vec::new()));

/// Works on this thread's pages, or on those of whoever is alone; `None` at the thread's end.
#[inline]
fn with_pages<T>(alone: bool, work: impl FnOnce(&mut Pages) -> T) -> Option<T> {
    if alone { IN_TURN.with(work) } else { PAGES.try_with(|pages| work(&mut pages.borrow_mut())).ok() }
}
