//! Scopes: nested budgets for blocks of code, charged in bytes as requested.
//!
//! A scope is entered on a thread, and what is allocated there is charged to it and to all around it until it is freed,
//! wherever and whenever that is.

use crate::counter::Counter;
use crate::{Error, Refusal, Request, Result, hooks, raw, size_text};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

/// A budget for a block of code.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The number of the name.
    number: u32,
    name: String,
    limit: usize,
    /// The mark above which somebody wants to know, and whether that was told.
    soft: usize,
    told: AtomicBool,
    /// Whether it was ended: what is allocated where it was current goes to the one around it.
    ended: AtomicBool,
    used: Counter,
    around: Option<Scope>,
}

/// The names of scopes, each with its number. Scopes of one name have one number, so that a loop of budgets adds nothing.
static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(RwLock::default);

#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    all: Vec<String>,
}

/// Says which scope the task that runs now is in; `None` where it does not know.
type Provider = fn() -> Option<Option<Scope>>;
static PROVIDER: OnceLock<Provider> = OnceLock::new();

thread_local! {
    static ENTERED: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
    /// What the provider said last on this thread.
    static LAST: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// Sets who knows the scope of the task that runs now, where one thread runs several in turn; the first call wins. Those
/// that it knows begin by [`Scope::begin`], and not on a thread.
pub fn set_scope_provider(provider: fn() -> Option<Option<Scope>>) {
    let _ = PROVIDER.set(provider);
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
        Scope::with_soft(limit, None, name)
    }

    /// The same with a soft limit: what passes it is allowed, and told (see [`crate::Hooks`]), once.
    pub fn with_soft(limit: Option<usize>, soft: Option<usize>, name: &str) -> Scope {
        Scope(Arc::new(Inner {
            soft: soft.unwrap_or(usize::MAX),
            told: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            number: number_of(name),
            name: name.to_owned(),
            limit: limit.unwrap_or(usize::MAX),
            used: Counter::default(),
            around: Scope::current(),
        }))
    }

    /// The innermost scope that this thread is in, or the task that runs on it.
    pub fn current() -> Option<Scope> {
        if !raw::closely() {
            return None;
        }
        if let Some(scope) = ENTERED.with_borrow(|stack| stack.last().cloned()) {
            return Some(scope);
        }
        // Where the provider does not know, it is the task that it knew last.
        match PROVIDER.get().and_then(|ask| ask()) {
            Some(scope) => LAST.with_borrow_mut(|last| {
                *last = scope.and_then(Scope::lasting);
                last.clone()
            }),
            None => LAST.with_borrow(|last| last.clone()).and_then(Scope::lasting),
        }
    }

    /// This one or the nearest around it that was not ended.
    fn lasting(self) -> Option<Scope> {
        let mut scope = self;
        while scope.0.ended.load(Ordering::Relaxed) {
            scope = scope.0.around.clone()?;
        }
        Some(scope)
    }

    /// Begins a scope that the provider knows, until [`Scope::end`].
    pub fn begin(&self) {
        raw::look_closely();
    }

    /// Ends a scope that was begun.
    pub fn end(&self) {
        if !self.0.ended.swap(true, Ordering::Relaxed) {
            raw::look_away();
        }
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
        raw::look_closely();
        ENTERED.with_borrow_mut(|stack| stack.push(self.clone()));
    }

    /// Leaves the innermost scope.
    pub fn leave() {
        if ENTERED.with_borrow_mut(Vec::pop).is_some() {
            raw::look_away();
        }
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

    #[inline]
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
        Error::refused(message, Refusal { requested: bytes, limit: Some(*limit), live, ..Refusal::default() })
    }

    /// Tells about each of the scopes that is above its soft limit, once.
    fn tell_soft(&self) {
        let Inner { soft, told, used, around, .. } = &*self.0;
        if used.now() > *soft && !told.swap(true, Ordering::Relaxed) {
            hooks::soft(self);
        }
        if let Some(around) = around {
            around.tell_soft();
        }
    }

    /// The number of its name.
    pub(crate) fn number(&self) -> u32 {
        self.0.number
    }

    /// Gives back what it was charged.
    pub(crate) fn credit(&self, bytes: usize) {
        self.0.used.sub(bytes);
        if let Some(around) = &self.0.around {
            around.credit(bytes);
        }
    }
}

/// Charges the thread's scope, if it is in one, and returns it.
#[inline]
pub(crate) fn charge(bytes: usize, request: &Request) -> Result<Option<Scope>> {
    let Some(scope) = Scope::current() else { return Ok(None) };
    scope.charge(bytes, request)?;
    scope.tell_soft();
    Ok(Some(scope))
}

/// Whether this is the scope that the thread is in, or neither is one.
pub(crate) fn is_here(scope: Option<&Scope>) -> bool {
    match (Scope::current(), scope) {
        (None, None) => true,
        (Some(here), Some(scope)) => Arc::ptr_eq(&here.0, &scope.0),
        _ => false,
    }
}

fn number_of(name: &str) -> u32 {
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&number) = names.numbers.get(name) {
        return number;
    }
    names.all.push(name.to_owned());
    let number = names.all.len() as u32;
    names.numbers.insert(name.to_owned(), number);
    number
}

/// Locks the names, for a fork.
pub(crate) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    held.push(Box::new(NAMES.write().unwrap_or_else(PoisonError::into_inner)));
}

/// The name of the scopes with a number; empty for 0, the program's.
pub fn scope_name(number: u32) -> String {
    let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    number.checked_sub(1).and_then(|at| names.all.get(at as usize)).cloned().unwrap_or_default()
}
