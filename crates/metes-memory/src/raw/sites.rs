//! [`Sites`]: what small blocks hold by site, where the site of each is found out: sums that one thread alone writes.
//!
//! A site is a number, and numbers are dense: its sums stand in a table of pages, which are made as they are needed and
//! stay. A block may be given back by another thread than took it; then one thread's sums fall below zero, and only those
//! of all threads together mean something.

use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Sites of a page, and pages: sites beyond are not told apart.
const PAGE: usize = 256;
const PAGES: usize = 1024;

/// Sums of a site; bytes and blocks wrap.
#[derive(Default)]
struct Sums {
    bytes: AtomicUsize,
    count: AtomicUsize,
    total: AtomicUsize,
}

type Page = [Sums; PAGE];

/// The sums of one thread.
pub(super) struct Sites([AtomicPtr<Page>; PAGES]);

impl Default for Sites {
    fn default() -> Sites {
        Sites([const { AtomicPtr::new(std::ptr::null_mut()) }; PAGES])
    }
}

/// Adds to a number that this thread alone writes.
#[inline]
fn add(n: &AtomicUsize, more: usize) {
    n.store(n.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

impl Sites {
    /// Counts a block; `false` where the site has no sums.
    #[inline]
    pub fn take(&self, site: u32, size: usize) -> bool {
        let Some(sums) = self.sums(site) else { return false };
        add(&sums.bytes, size);
        add(&sums.count, 1);
        add(&sums.total, size);
        true
    }

    /// Counts that a block of a site that has sums was given, and taken again.
    #[inline]
    pub fn again(&self, site: u32, size: usize) {
        if let Some(sums) = self.sums(site) {
            add(&sums.total, size);
        }
    }

    /// Counts that a block is no more.
    #[inline]
    pub fn give(&self, site: u32, size: usize) {
        if let Some(sums) = self.sums(site) {
            add(&sums.bytes, size.wrapping_neg());
            add(&sums.count, usize::MAX);
        }
    }

    #[inline]
    fn sums(&self, site: u32) -> Option<&Sums> {
        let (page, at) = (self.0.get(site as usize / PAGE)?, site as usize % PAGE);
        // SAFETY: pages are never freed.
        match unsafe { page.load(Ordering::Relaxed).as_ref() } {
            Some(page) => Some(&page[at]),
            None => Some(&Self::made(page)[at]),
        }
    }

    #[cold]
    fn made(place: &AtomicPtr<Page>) -> &'static Page {
        let page = Box::leak(Box::new(std::array::from_fn(|_| Sums::default())));
        place.store(page, Ordering::Release);
        page
    }

    /// Adds these sums up by site: bytes, blocks, bytes ever taken.
    pub fn add_to(&self, sites: &mut HashMap<u32, (usize, usize, usize)>) {
        for (number, page) in self.0.iter().enumerate() {
            // SAFETY: as above.
            let Some(page) = (unsafe { page.load(Ordering::Acquire).as_ref() }) else { continue };
            for (at, sums) in page.iter().enumerate() {
                let [bytes, count, total] = [&sums.bytes, &sums.count, &sums.total].map(|n| n.load(Ordering::Relaxed));
                if bytes != 0 || count != 0 || total != 0 {
                    let sum = sites.entry((number * PAGE + at) as u32).or_default();
                    *sum = (sum.0.wrapping_add(bytes), sum.1.wrapping_add(count), sum.2.wrapping_add(total));
                }
            }
        }
    }
}
