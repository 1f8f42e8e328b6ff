//! Why bytes are copied: the list of reasons, what of each was copied where, and scopes that refuse copies nobody asked
//! for. Promotions that widen operands are recorded beside them.
//!
//! A copy of few bytes adds to two counters of its reason; only one of at least [`SITE_BYTES`] is booked by its place in
//! the program, in a table that stops growing at a few thousand rows.

use crate::site::site_for;
use crate::{Error, ErrorKind, Result, SITE_BYTES, size_text};
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

macro_rules! reasons {
    ($($name:ident $text:literal $doc:literal;)*) => {
        /// Why elements were copied.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $doc] $name,)*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Reason::$name => $text,)* }
            }
        }

        impl Cause {
            /// Those with no more to say than their reason, in the order of the reasons.
            pub(crate) const PLAIN: &'static [Cause] = &[$(Cause { reason: Reason::$name, why: None },)*];
        }
    };
}

reasons! {
    Explicit "explicit" "The program asked for a copy.";
    Reshape "reshape" "No strides express the new shape.";
    Ravel "ravel" "One axis of contiguous elements was asked for.";
    Cast "cast" "Elements were needed in another dtype.";
    Order "order" "Elements were needed in another order of memory.";
    Overlap "overlap" "Source and target share bytes.";
    Index "index" "An array of indices picked the elements.";
    Broadcast "broadcast" "Repeated elements were written out.";
    Growth "growth" "A growing array moved to a larger block.";
    Conversion "conversion" "Foreign elements could not be used where they lie.";
}

/// What was copied for one reason at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The place in the program; empty for small copies, which are not booked by place.
    pub site: String,
    /// Why.
    pub reason: Reason,
    /// Bytes copied.
    pub bytes: u64,
    /// Copies made.
    pub count: u64,
}

/// Operands that were widened to meet others, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widened {
    /// The place in the program; empty for small operations.
    pub site: String,
    /// The operand's dtype.
    pub from: &'static str,
    /// The dtype of the result.
    pub to: &'static str,
    /// Bytes that results took more than in the operand's dtype.
    pub bytes: u64,
    /// Operations.
    pub count: u64,
}

/// Sums of bytes and counts by key, of at most [`MOST`] keys.
struct Table<K>(Mutex<HashMap<K, (u64, u64)>>);

const MOST: usize = 4096;

impl<K: Eq + Hash + Copy> Table<K> {
    fn new() -> Table<K> {
        Table(Mutex::default())
    }

    /// Adds to `key`, or to `other` where there are too many keys.
    fn add(&self, key: K, other: K, bytes: usize) {
        self.add_all(key, other, (bytes as u64, 1));
    }

    fn add_all(&self, key: K, other: K, (bytes, count): (u64, u64)) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if rows.len() < MOST || rows.contains_key(&key) { key } else { other };
        let row = rows.entry(key).or_default();
        *row = (row.0 + bytes, row.1 + count);
    }

    fn rows(&self) -> Vec<(K, (u64, u64))> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(k, v)| (*k, *v)).collect()
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

type Promotion = (u32, &'static str, &'static str);

static SMALL: [[AtomicU64; 2]; Reason::ALL.len()] = [const { [const { AtomicU64::new(0) }; 2] }; Reason::ALL.len()];
static LARGE: LazyLock<Table<(u32, Reason)>> = LazyLock::new(Table::new);
static WIDENED: LazyLock<Table<Promotion>> = LazyLock::new(Table::new);

thread_local! {
    static DENIED: Cell<[u32; 2]> = const { Cell::new([0; 2]) };
}

/// What a scope can forbid on its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Copies that the program did not ask for.
    Copies,
    /// Results wider than an operand.
    Widening,
}

impl Denial {
    /// Forbids it on this thread until as many calls of [`Denial::leave`].
    pub fn enter(self) {
        self.step(1);
    }

    /// Undoes one [`Denial::enter`].
    pub fn leave(self) {
        self.step(-1);
    }

    fn step(self, by: i32) {
        let mut depths = DENIED.get();
        depths[self as usize] = depths[self as usize].saturating_add_signed(by);
        DENIED.set(depths);
    }

    fn holds(self) -> bool {
        DENIED.get()[self as usize] > 0
    }
}

/// Books a copy of so many bytes that is about to be made.
///
/// # Errors
/// [`ErrorKind::Value`], with what `why` says, for a copy that nobody asked for in a scope that denies them.
pub fn copying(reason: Reason, bytes: usize, why: impl FnOnce() -> String) -> Result<()> {
    if reason != Reason::Explicit && Denial::Copies.holds() {
        let message = format!("copy of {} denied: {}: {}", size_text(bytes), reason.name(), why());
        return Err(Error::new(ErrorKind::Value, message));
    }
    if bytes < SITE_BYTES {
        let [sum, count] = &SMALL[reason as usize];
        sum.fetch_add(bytes as u64, Ordering::Relaxed);
        count.fetch_add(1, Ordering::Relaxed);
    } else {
        LARGE.add((site_for(bytes), reason), (0, reason), bytes);
    }
    Ok(())
}

/// Books copies that were made already, by somebody else: so many at a site.
pub fn copied(site: u32, reason: Reason, bytes: u64, count: u64) {
    LARGE.add_all((site, reason), (0, reason), (bytes, count));
}

/// Books that a result of `to` takes `bytes` more than it would in an operand's dtype `from`.
///
/// # Errors
/// [`ErrorKind::Type`] in a scope that denies it.
pub fn widening(op: &str, from: &'static str, to: &'static str, bytes: usize) -> Result<()> {
    if Denial::Widening.holds() {
        let message = format!("{op}: widening {from} to {to} denied: the result takes {} more", size_text(bytes));
        return Err(Error::new(ErrorKind::Type, message));
    }
    WIDENED.add((site_for(bytes), from, to), (0, from, to), bytes);
    Ok(())
}

/// All copies since the start, or since they were forgotten, most bytes first.
pub fn copies() -> Vec<Copied> {
    let small = Reason::ALL.iter().map(|&reason| {
        let [sum, count] = &SMALL[reason as usize];
        ((0, reason), (sum.load(Ordering::Relaxed), count.load(Ordering::Relaxed)))
    });
    let mut rows: Vec<Copied> = small
        .chain(LARGE.rows())
        .filter(|(_, (_, count))| *count > 0)
        .map(|((site, reason), (bytes, count))| Copied { site: crate::site_name(site), reason, bytes, count })
        .collect();
    rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.site.cmp(&b.site)));
    rows
}

/// All promotions that widened an operand, most bytes first.
pub fn widenings() -> Vec<Widened> {
    let mut rows: Vec<Widened> = WIDENED
        .rows()
        .into_iter()
        .map(|((site, from, to), (bytes, count))| Widened { site: crate::site_name(site), from, to, bytes, count })
        .collect();
    rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.site.cmp(&b.site)));
    rows
}

/// Forgets all copies and promotions.
pub fn forget_copies() {
    for [sum, count] in &SMALL {
        sum.store(0, Ordering::Relaxed);
        count.store(0, Ordering::Relaxed);
    }
    LARGE.clear();
    WIDENED.clear();
}

/// Why a buffer's bytes are a copy; the text is written when it is asked for.
pub struct Cause {
    pub(crate) reason: Reason,
    pub(crate) why: Option<Box<dyn Fn() -> String + Send + Sync>>,
}

impl Cause {
    /// A cause with no more to say than its reason.
    pub fn of(reason: Reason) -> Cause {
        Cause { reason, why: None }
    }

    /// A cause that can be explained.
    pub fn explained(reason: Reason, why: impl Fn() -> String + Send + Sync + 'static) -> Cause {
        Cause { reason, why: Some(Box::new(why)) }
    }

    /// The reason.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What made the copy necessary; empty where there is no more to say.
    pub fn why(&self) -> String {
        self.why.as_ref().map_or_else(String::new, |why| why())
    }
}
