//! Sites: places in the user's program, interned as numbers.
//!
//! The door says where its caller stands: for one operation ([`with_site`]), or through a provider that is asked for
//! blocks of at least [`SITE_BYTES`] where nobody has said.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock, RwLock};

/// Blocks from this size on have a site.
pub const SITE_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Sites {
    numbers: HashMap<String, u32>,
    /// The numbers of sites that were called from others.
    called: HashMap<(u32, u32), u32>,
    all: Vec<Site>,
}

#[derive(Clone)]
struct Site {
    name: String,
    /// The site that it was called from; 0 for none, or not known.
    caller: u32,
}

/// Blocks from this size on are asked about; see [`set_site_bytes`].
static FROM: AtomicUsize = AtomicUsize::new(SITE_BYTES);

static SITES: LazyLock<RwLock<Sites>> = LazyLock::new(RwLock::default);
static PROVIDER: OnceLock<fn(usize) -> u32> = OnceLock::new();

thread_local! {
    static CURRENT: Cell<u32> = const { Cell::new(0) };
}

/// The number of a place, the same each time; 0 is no place.
///
/// ```
/// let site = metes_memory::intern_site("land.py", 12, "load");
/// assert_eq!(metes_memory::site_name(site), "land.py:12 load");
/// ```
pub fn intern_site(file: &str, line: u32, function: &str) -> u32 {
    let name = format!("{file}:{line} {function}");
    let mut sites = SITES.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(&number) = sites.numbers.get(&name) {
        return number;
    }
    sites.all.push(Site { name: name.clone(), caller: 0 });
    let number = sites.all.len() as u32;
    sites.numbers.insert(name, number);
    number
}

/// The number of a site that was called from another, which may itself have been called from one.
///
/// ```
/// use metes_memory::{intern_called, intern_site, site_name, site_stack};
/// let main = intern_site("land.py", 3, "main");
/// let load = intern_called(main, intern_site("land.py", 12, "load"));
/// assert_eq!(site_name(load), "land.py:12 load");
/// assert_eq!(site_stack(load), ["land.py:12 load", "land.py:3 main"]);
/// ```
pub fn intern_called(caller: u32, site: u32) -> u32 {
    if caller == 0 || site == 0 {
        return site;
    }
    let mut sites = SITES.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(&number) = sites.called.get(&(caller, site)) {
        return number;
    }
    let name = sites.all[site as usize - 1].name.clone();
    sites.all.push(Site { name, caller });
    let number = sites.all.len() as u32;
    sites.called.insert((caller, site), number);
    number
}

/// The names of a site and of those that it was called from, the innermost first.
pub fn site_stack(site: u32) -> Vec<String> {
    let sites = SITES.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let at = |number: u32| number.checked_sub(1).and_then(|at| sites.all.get(at as usize));
    std::iter::successors(at(site), |site| at(site.caller)).map(|site| site.name.clone()).collect()
}

/// Sets from which size on blocks have a site; [`SITE_BYTES`] until then.
pub(crate) fn set_site_bytes(bytes: usize) {
    FROM.store(bytes, Ordering::Relaxed);
}

/// The name of a site; empty for 0.
pub fn site_name(site: u32) -> String {
    let sites = SITES.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    site.checked_sub(1).and_then(|at| sites.all.get(at as usize)).map(|site| site.name.clone()).unwrap_or_default()
}

/// Sets who is asked where the program stands; the first call wins.
pub fn set_site_provider(provider: fn(usize) -> u32) {
    let _ = PROVIDER.set(provider);
}

/// Locks the names, for a fork.
pub(crate) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    held.push(Box::new(SITES.write().unwrap_or_else(std::sync::PoisonError::into_inner)));
}

/// Runs `body` with what it allocates on this thread attributed to `site`.
pub fn with_site<T>(site: u32, body: impl FnOnce() -> T) -> T {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(site));
    body()
}

/// The site for a block of `size` bytes.
#[inline]
pub(crate) fn site_for(size: usize) -> u32 {
    if is_asked(size) { ask(size) } else { 0 }
}

/// Whether a block of `size` bytes has a site.
#[inline]
pub(crate) fn is_asked(size: usize) -> bool {
    size >= FROM.load(Ordering::Relaxed)
}

/// The same where nobody but the provider will have said, mostly.
#[inline]
pub(crate) fn ask_first(size: usize) -> u32 {
    match PROVIDER.get().map_or(0, |ask| ask(size)) {
        0 => CURRENT.get(),
        site => site,
    }
}

/// The site for a block of any size.
pub(crate) fn ask(size: usize) -> u32 {
    match CURRENT.get() {
        0 => PROVIDER.get().map_or(0, |ask| ask(size)),
        site => site,
    }
}
