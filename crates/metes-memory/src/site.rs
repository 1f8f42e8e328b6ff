//! Sites: places in the user's program, interned as numbers.
//!
//! The door says where its caller stands: for one operation ([`with_site`]), or through a provider that is asked for
//! blocks of at least [`SITE_BYTES`] where nobody has said.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, RwLock};

/// Blocks from this size on have a site.
pub const SITE_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Sites {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

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
    sites.names.push(name.clone());
    let number = sites.names.len() as u32;
    sites.numbers.insert(name, number);
    number
}

/// The name of a site; empty for 0.
pub fn site_name(site: u32) -> String {
    let sites = SITES.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    site.checked_sub(1).and_then(|at| sites.names.get(at as usize)).cloned().unwrap_or_default()
}

/// Sets who is asked where the program stands; the first call wins.
pub fn set_site_provider(provider: fn(usize) -> u32) {
    let _ = PROVIDER.set(provider);
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
    if size < SITE_BYTES {
        return 0;
    }
    match CURRENT.get() {
        0 => PROVIDER.get().map_or(0, |ask| ask(size)),
        site => site,
    }
}
