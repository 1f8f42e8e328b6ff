//! [`Ledger`]: what lives, what lived at most, and who holds it.
//!
//! What lives now is one number, so that its peak is exact; the sums by tag (operation, site, scope, dtype) are in
//! [`Books`]. A block remembers its account and its scope: its end is booked where its beginning was.

use crate::books::{Books, Seat, Sums};
use crate::counter::Counter;
use crate::{Block, Event, Request, Result, Scope, Source, Tag, observer::Watch, scope, site};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The books over another source.
pub struct Ledger {
    below: Arc<dyn Source>,
    pub(crate) bytes: Counter,
    pub(crate) count: Counter,
    books: Arc<Books>,
    pub(crate) watch: Watch,
    /// Where the block was made that brought the peak, as far as blocks are booked one by one.
    peak_site: AtomicU32,
}

/// By what live bytes are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The place in the user's program.
    Site,
    /// The operation.
    Op,
    /// The budget scope.
    Scope,
    /// The element type.
    DType,
}

/// Live bytes of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The group's name.
    pub name: String,
    /// Live bytes.
    pub bytes: usize,
    /// Live blocks.
    pub count: usize,
    /// Bytes ever handed out.
    pub total_bytes: usize,
}

/// What is booked for one block, until it is closed.
#[derive(Debug)]
pub(crate) struct Booking {
    pub account: usize,
    pub scope: Option<Scope>,
}

impl Ledger {
    /// Books over `below`.
    pub fn new(below: Arc<dyn Source>) -> Ledger {
        Ledger {
            below,
            bytes: Counter::default(),
            count: Counter::default(),
            books: Books::new(),
            watch: Watch::default(),
            peak_site: AtomicU32::new(0),
        }
    }

    /// The request's tag with its site and scope, and the scope, which is charged.
    #[inline]
    pub(crate) fn charge(&self, request: &Request) -> Result<(Tag, Option<Scope>)> {
        let mut tag = request.tag;
        if tag.site == 0 {
            tag.site = site::site_for(request.size);
        }
        let scope = scope::charge(request.size, request)?;
        tag.scope = scope.as_ref().map_or(0, Scope::number);
        Ok((tag, scope))
    }

    /// Books bytes that are live from now on.
    #[inline]
    pub(crate) fn open(&self, size: usize, reserved: usize, tag: Tag, scope: Option<Scope>, id: usize) -> Booking {
        let account = self.books.take(&tag, size, reserved, false);
        self.count.add(1);
        self.opened(self.bytes.add(size), size, tag, id);
        Booking { account, scope }
    }

    /// The same on a thread that is alone ([`crate::turn`]); no scope is charged.
    #[inline]
    pub(crate) fn open_alone(&self, size: usize, reserved: usize, tag: Tag, id: usize) -> Booking {
        let account = self.books.take(&tag, size, reserved, true);
        self.count.add_alone(1);
        self.opened(self.bytes.add_alone(size), size, tag, id);
        Booking { account, scope: None }
    }

    /// The same, booked at a seat; returns the account where the seat is a new one.
    #[inline]
    pub(crate) fn open_at(
        &self,
        seat: &mut Option<Seat>,
        size: usize,
        reserved: usize,
        tag: Tag,
        id: usize,
    ) -> Option<usize> {
        let account = self.books.take_at(seat, &tag, size, reserved);
        self.count.add_alone(1);
        self.opened(self.bytes.add_alone(size), size, tag, id);
        account
    }

    /// The same of bytes that lie within an object; their seat is that of all like them.
    #[inline]
    pub(crate) fn open_within(&self, seat: &Seat, size: usize, reserved: usize) {
        seat.take(size, reserved);
        self.count.add_alone(1);
        if self.bytes.add_alone(size) >= self.bytes.peak() {
            self.peak_site.store(0, Ordering::Relaxed);
        }
    }

    /// Books their end likewise.
    #[inline]
    pub(crate) fn close_within(&self, seat: &Seat, size: usize, reserved: usize, id: usize) {
        seat.give(size, reserved);
        self.count.sub_alone(1);
        let live_bytes = self.bytes.sub_alone(size);
        if self.watch.is_active() {
            self.closed(live_bytes, size, &Booking { account: seat.account, scope: None }, id);
        }
    }

    /// Where whoever is alone books blocks of a tag.
    pub(crate) fn seat(&self, tag: &Tag) -> Option<Seat> {
        self.books.seat(tag)
    }

    /// Books the end of a block that may have a seat, on a thread that is alone.
    #[inline]
    pub(crate) fn close_at(&self, seat: Option<&Seat>, size: usize, reserved: usize, booking: &Booking, id: usize) {
        match seat {
            Some(seat) => self.books.give_at(seat, size, reserved),
            None => self.books.give(booking.account, size, reserved, true),
        }
        self.count.sub_alone(1);
        self.closed(self.bytes.sub_alone(size), size, booking, id);
    }

    #[inline]
    fn opened(&self, live_bytes: usize, size: usize, tag: Tag, id: usize) {
        if live_bytes >= self.bytes.peak() {
            self.peak_site.store(tag.site, Ordering::Relaxed);
        }
        self.watch.tell(|| Event::Take { size, count: 1, tag, id, live_bytes });
    }

    /// Books that they are not any more.
    #[inline]
    pub(crate) fn close(&self, size: usize, reserved: usize, booking: &Booking, id: usize) {
        self.books.give(booking.account, size, reserved, false);
        self.count.sub(1);
        self.closed(self.bytes.sub(size), size, booking, id);
    }

    #[inline]
    fn closed(&self, live_bytes: usize, size: usize, booking: &Booking, id: usize) {
        self.watch.tell(|| {
            let tag = self.books.tag(booking.account);
            Event::Give { size, count: 1, tag, id, live_bytes }
        });
        if let Some(scope) = &booking.scope {
            scope.credit(size);
        }
    }

    /// Takes note of bytes and blocks that are counted elsewhere; either number may be below zero.
    pub(crate) fn change(&self, bytes: isize, count: isize, op: &'static str) {
        self.count.add(count as usize);
        let live = self.bytes.add(bytes as usize);
        let live_bytes = if live > isize::MAX as usize { 0 } else { live };
        let (size, tag) = (bytes.unsigned_abs(), Tag { op, site: 0, scope: 0, dtype: "" });
        self.watch.tell(|| match bytes {
            0.. => Event::Take { size, count, tag, id: 0, live_bytes },
            _ => Event::Give { size, count: -count, tag, id: 0, live_bytes },
        });
    }

    /// Where the peak was reached; 0 for not known.
    pub(crate) fn peak_site(&self) -> u32 {
        self.peak_site.load(Ordering::Relaxed)
    }

    /// The site of an account.
    pub(crate) fn site(&self, account: usize) -> u32 {
        self.books.tag(account).site
    }

    /// Locks the books, for a fork.
    pub(crate) fn hold(&'static self, held: &mut Vec<Box<dyn std::any::Any>>) {
        self.watch.hold(held);
        self.books.hold(held);
    }

    /// The sums of all accounts.
    pub(crate) fn sums(&self) -> Sums {
        self.books.total()
    }

    /// Live bytes by group, most first.
    pub fn live(&self, by: By) -> Vec<Holder> {
        self.live_with(by, Vec::new())
    }

    /// The same, with what is counted elsewhere.
    pub(crate) fn live_with(&self, by: By, others: Vec<(Tag, Holder)>) -> Vec<Holder> {
        let booked = self.books.sums().into_iter().map(|(tag, sums)| {
            let (bytes, count) = (sums.bytes(), sums.count());
            (tag, Holder { name: String::new(), bytes, count, total_bytes: sums.taken_bytes })
        });
        let mut groups: HashMap<String, Holder> = HashMap::new();
        for (tag, part) in booked.chain(others) {
            let name = match by {
                By::Site => site::site_name(tag.site),
                By::Op => tag.op.to_owned(),
                By::Scope => scope::scope_name(tag.scope),
                By::DType => tag.dtype.to_owned(),
            };
            let group = groups.entry(name.clone()).or_insert(Holder { name, bytes: 0, count: 0, total_bytes: 0 });
            group.bytes += part.bytes;
            group.count += part.count;
            group.total_bytes += part.total_bytes;
        }
        let mut holders: Vec<Holder> = groups.into_values().filter(|h| h.count > 0).collect();
        holders.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        holders
    }
}

impl Source for Ledger {
    fn take(&self, request: &Request) -> Result<Block> {
        let (tag, scope) = self.charge(request)?;
        let mut block = match self.below.take(request) {
            Ok(block) => block,
            Err(error) => {
                scope.iter().for_each(|scope| scope.credit(request.size));
                return Err(error);
            }
        };
        let id = block.ptr.as_ptr() as usize;
        block.booking = Some(self.open(block.size, block.reserved, tag, scope, id));
        Ok(block)
    }

    unsafe fn give(&self, mut block: Block) {
        if let Some(booking) = block.booking.take() {
            self.close(block.size, block.reserved, &booking, block.ptr.as_ptr() as usize);
        }
        // SAFETY: the caller's promise.
        unsafe { self.below.give(block) }
    }

    unsafe fn remap(&self, block: &mut Block, request: &Request) -> Option<Result<()>> {
        let (before, id) = ((block.size, block.reserved), block.ptr.as_ptr() as usize);
        let scope = block.booking.as_ref()?.scope.clone();
        if !scope::is_here(scope.as_ref()) {
            // Another scope is charged for the new block than for the old one.
            return None;
        }
        let more = request.size.saturating_sub(before.0);
        if more > 0
            && let Err(error) = scope::charge(more, request)
        {
            return Some(Err(error));
        }
        // SAFETY: the caller's promise.
        let done = unsafe { self.below.remap(block, request) };
        if !matches!(done, Some(Ok(()))) {
            scope.iter().for_each(|scope| scope.credit(more));
            return done;
        }
        let booking = block.booking.take().expect("looked at above");
        scope.iter().for_each(|scope| scope.credit((before.0 + more) - request.size));
        let mut tag = Tag { scope: scope.as_ref().map_or(0, Scope::number), ..request.tag };
        if tag.site == 0 {
            tag.site = self.site(booking.account);
        }
        self.close(before.0, before.1, &Booking { scope: None, ..booking }, id);
        block.booking = Some(self.open(block.size, block.reserved, tag, scope, block.ptr.as_ptr() as usize));
        done
    }

    fn trim(&self, keep: usize) -> usize {
        self.below.trim(keep)
    }

    fn reserve_of(&self, request: &Request) -> usize {
        self.below.reserve_of(request)
    }
}
