//! [`Ledger`]: what lives, what lived at most, and who holds it.
//!
//! One account per tag (operation, site, scope, dtype); a block remembers its account, so its end is booked where its
//! beginning was. A thread remembers the account that it used last, so a loop that makes the same thing again pays a
//! few additions.

use crate::counter::Counter;
use crate::{Block, Event, Request, Result, Source, Tag, observer::Watch, scope, site};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The books over another source.
pub struct Ledger {
    id: u64,
    below: Arc<dyn Source>,
    pub(crate) bytes: Counter,
    pub(crate) count: Counter,
    /// Bytes set aside beneath what is live.
    pub(crate) allocated: Counter,
    accounts: Mutex<Accounts>,
    pub(crate) watch: Watch,
}

#[derive(Default)]
struct Accounts {
    numbers: HashMap<Tag, usize>,
    /// Boxed, so that an account is never moved while the ledger lives.
    #[allow(clippy::vec_box)]
    all: Vec<Box<Account>>,
}

struct Account {
    tag: Tag,
    bytes: Counter,
    count: Counter,
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

thread_local! {
    /// Ledger, tag and account that this thread used last.
    static LAST: Cell<(u64, Tag, usize)> = const { Cell::new((0, Tag { op: "", site: 0, scope: 0, dtype: "" }, 0)) };
}

impl Ledger {
    /// Books over `below`.
    pub fn new(below: Arc<dyn Source>) -> Ledger {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Ledger {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            below,
            bytes: Counter::default(),
            count: Counter::default(),
            allocated: Counter::default(),
            accounts: Mutex::default(),
            watch: Watch::default(),
        }
    }

    fn account(&self, tag: Tag) -> usize {
        let (id, last, account) = LAST.get();
        if id == self.id && last == tag {
            return account;
        }
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let address = match accounts.numbers.get(&tag) {
            Some(&address) => address,
            None => {
                let account = Box::new(Account { tag, bytes: Counter::default(), count: Counter::default() });
                let address = std::ptr::from_ref(&*account) as usize;
                accounts.all.push(account);
                accounts.numbers.insert(tag, address);
                address
            }
        };
        LAST.set((self.id, tag, address));
        address
    }

    fn at(&self, account: usize) -> &Account {
        // SAFETY: the address of a box that this ledger made and keeps as long as it lives.
        unsafe { &*(account as *const Account) }
    }

    /// Books bytes that are live from now on; returns the account.
    pub(crate) fn open(&self, size: usize, reserved: usize, tag: Tag, id: usize) -> usize {
        let account = self.account(tag);
        let at = self.at(account);
        at.bytes.add(size);
        at.count.add(1);
        self.count.add(1);
        self.allocated.add(reserved);
        let live_bytes = self.bytes.add(size);
        self.watch.tell(|| Event::Take { size, tag, id, live_bytes });
        account
    }

    /// Books that they are not any more.
    pub(crate) fn close(&self, size: usize, reserved: usize, account: usize, id: usize) {
        let at = self.at(account);
        at.bytes.sub(size);
        at.count.sub(1);
        self.count.sub(1);
        self.allocated.sub(reserved);
        let live_bytes = self.bytes.sub(size);
        let tag = at.tag;
        self.watch.tell(|| Event::Give { size, tag, id, live_bytes });
        scope::credit(tag.scope, size);
    }

    /// The tag of a request, with site and scope; the scope is charged.
    pub(crate) fn tagged(&self, request: &Request) -> Result<Request> {
        let mut request = *request;
        if request.tag.site == 0 {
            request.tag.site = site::site_for(request.size);
        }
        request.tag.scope = scope::charge(request.size, &request)?;
        Ok(request)
    }

    /// Live bytes by group, most first.
    pub fn live(&self, by: By) -> Vec<Holder> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut groups: HashMap<String, Holder> = HashMap::new();
        for account in &accounts.all {
            let tag = account.tag;
            let name = match by {
                By::Site => site::site_name(tag.site),
                By::Op => tag.op.to_owned(),
                By::Scope => scope::scope_name(tag.scope),
                By::DType => tag.dtype.to_owned(),
            };
            let group = groups.entry(name.clone()).or_insert(Holder { name, bytes: 0, count: 0, total_bytes: 0 });
            group.bytes += account.bytes.now();
            group.count += account.count.now();
            group.total_bytes += account.bytes.total();
        }
        let mut holders: Vec<Holder> = groups.into_values().filter(|h| h.count > 0).collect();
        holders.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        holders
    }
}

impl Source for Ledger {
    fn take(&self, request: &Request) -> Result<Block> {
        let request = self.tagged(request)?;
        let mut block = self.below.take(&request).inspect_err(|_| scope::credit(request.tag.scope, request.size))?;
        block.account = self.open(block.size, block.reserved, block.tag, block.ptr.as_ptr() as usize);
        Ok(block)
    }

    unsafe fn give(&self, block: Block) {
        self.close(block.size, block.reserved, block.account, block.ptr.as_ptr() as usize);
        // SAFETY: the caller's promise.
        unsafe { self.below.give(block) }
    }

    fn trim(&self, keep: usize) -> usize {
        self.below.trim(keep)
    }

    fn reserve_of(&self, request: &Request) -> usize {
        self.below.reserve_of(request)
    }
}
