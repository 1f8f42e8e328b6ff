//! Scopes: nested budgets for blocks of code, charged in bytes as requested.
//!
//! A scope is entered on a thread, and what is allocated there is charged to it and to all around it until it is freed,
//! wherever and whenever that is.

use crate::counter::Counter;
use crate::{Error, Refusal, Request, Result, size_text};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// A budget for a block of code.
#[derive(Clone)]
pub struct Scope(Arc<Inner>);

struct Inner {
    id: u32,
    name: String,
    limit: usize,
    used: Counter,
    around: Option<Scope>,
}

static SCOPES: LazyLock<RwLock<HashMap<u32, Scope>>> = LazyLock::new(RwLock::default);

thread_local! {
    static ENTERED: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
}

impl Scope {
    /// A scope inside the one that this thread is in; `None` is no limit.
    ///
    /// ```
    /// use metes_memory::{Buffer, Memory, Request, Scope};
    /// let scope = Scope::new(Some(1000), "small");
    /// let refused = scope.run(|| Buffer::allocate(&Memory::current(), Request::new(2000, "test")));
    /// assert!(refused.is_err());
    /// ```
    pub fn new(limit: Option<usize>, name: &str) -> Scope {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Scope(Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.to_owned(),
            limit: limit.unwrap_or(usize::MAX),
            used: Counter::default(),
            around: Scope::current(),
        }))
    }

    /// The innermost scope that this thread is in.
    pub fn current() -> Option<Scope> {
        ENTERED.with_borrow(|stack| stack.last().cloned())
    }

    /// Runs `body` in the scope.
    pub fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                Scope::leave();
            }
        }
        self.enter();
        let _leave = Leave;
        body()
    }

    /// Enters the scope on this thread, until [`Scope::leave`].
    pub fn enter(&self) {
        ENTERED.with_borrow_mut(|stack| stack.push(self.clone()));
    }

    /// Leaves the innermost scope.
    pub fn leave() {
        ENTERED.with_borrow_mut(Vec::pop);
    }

    /// Live bytes charged to it, and the most that ever were.
    pub fn used(&self) -> (usize, usize) {
        (self.0.used.now(), self.0.used.peak())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Bytes that it and those around it still allow; `None` where none has a limit.
    pub(crate) fn available(&self) -> Option<usize> {
        let own = (self.0.limit != usize::MAX).then(|| self.0.limit.saturating_sub(self.0.used.now()));
        let around = self.0.around.as_ref().and_then(Scope::available);
        own.into_iter().chain(around).min()
    }

    fn charge(&self, bytes: usize, request: &Request) -> Result<()> {
        self.check(bytes, request)?;
        let Inner { limit, used, around, .. } = &*self.0;
        used.add_within(bytes, *limit).map_err(|live| self.refusal(bytes, live, request))?;
        match around {
            Some(around) => around.charge(bytes, request).inspect_err(|_| {
                used.sub(bytes);
            }),
            None => Ok(()),
        }
    }

    /// Refuses what cannot fit before anybody is charged.
    fn check(&self, bytes: usize, request: &Request) -> Result<()> {
        let live = self.0.used.now();
        if live.checked_add(bytes).is_none_or(|sum| sum > self.0.limit) {
            return Err(self.refusal(bytes, live, request));
        }
        self.0.around.as_ref().map_or(Ok(()), |around| around.check(bytes, request))
    }

    fn refusal(&self, bytes: usize, live: usize, request: &Request) -> Error {
        let Inner { name, limit, .. } = &*self.0;
        let message = format!(
            "{}: {} ({bytes} bytes) refused: budget {name:?} of {}, {} in use",
            request.tag.op,
            size_text(bytes),
            size_text(*limit),
            size_text(live)
        );
        Error::refused(message, Refusal { requested: bytes, limit: Some(*limit), live, holders: Vec::new() })
    }

    fn credit(&self, bytes: usize) {
        self.0.used.sub(bytes);
        if let Some(around) = &self.0.around {
            around.credit(bytes);
        }
    }
}

/// Charges the thread's scope, and returns its number; 0 where there is none.
pub(crate) fn charge(bytes: usize, request: &Request) -> Result<u32> {
    ENTERED.with_borrow(|stack| match stack.last() {
        None => Ok(0),
        Some(scope) => {
            scope.charge(bytes, request)?;
            SCOPES.write().unwrap_or_else(PoisonError::into_inner).entry(scope.0.id).or_insert_with(|| scope.clone());
            Ok(scope.0.id)
        }
    })
}

/// Gives back what a scope was charged.
pub(crate) fn credit(id: u32, bytes: usize) {
    if id == 0 {
        return;
    }
    let mut scopes = SCOPES.write().unwrap_or_else(PoisonError::into_inner);
    let Some(scope) = scopes.get(&id).cloned() else { return };
    scope.credit(bytes);
    // Nobody can enter it any more, and nothing is charged to it: only the table knows it.
    if Arc::strong_count(&scope.0) == 2 && scope.0.used.now() == 0 {
        scopes.remove(&id);
    }
}

/// The name of a scope that something is charged to.
pub fn scope_name(id: u32) -> String {
    let scopes = SCOPES.read().unwrap_or_else(PoisonError::into_inner);
    scopes.get(&id).map(|s| s.0.name.clone()).unwrap_or_default()
}
