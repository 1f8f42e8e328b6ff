//! Where small blocks are made, by samples: one in so many bytes, at distances that follow no pattern of the program.
//!
//! A sample stands for all that was handed out since the one before. Which sites hold how much of the live small blocks is
//! therefore an estimate; their sum is not.

use crate::ledger::Holder;
use crate::site;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// How much is found out about where blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Detail {
    /// Nothing: bytes are counted.
    Counters,
    /// The site of large blocks, and of small ones by samples.
    Sampled,
    /// The site of every block.
    Site,
    /// The site of every block, with everything that called it.
    Stack,
}

/// Bytes between two samples, in the mean.
const MEAN: f64 = 512.0 * 1024.0;
/// Bytes after which a thread looks again whether samples are wanted.
const UNWANTED: usize = 4 << 20;

static DETAIL: AtomicU8 = AtomicU8::new(Detail::Sampled as u8);

/// Live samples by site: bytes that they stand for, and how many.
static SAMPLES: LazyLock<Mutex<HashMap<u32, (f64, usize)>>> = LazyLock::new(Mutex::default);

thread_local! {
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

/// What is found out now.
#[inline]
pub fn detail() -> Detail {
    match DETAIL.load(Ordering::Relaxed) {
        0 => Detail::Counters,
        1 => Detail::Sampled,
        2 => Detail::Site,
        _ => Detail::Stack,
    }
}

/// Sets what is found out about blocks from now on, and returns what was before.
pub fn set_detail(new: Detail) -> Detail {
    let before = detail();
    DETAIL.store(new as u8, Ordering::Relaxed);
    site::set_site_bytes(match new {
        Detail::Counters => usize::MAX,
        Detail::Sampled => site::SITE_BYTES,
        Detail::Site | Detail::Stack => 0,
    });
    super::find_sites(matches!(new, Detail::Site | Detail::Stack));
    before
}

/// Whether sites are asked for at all.
pub(super) fn wanted() -> bool {
    detail() != Detail::Counters
}

/// Whether every block has a site.
pub(crate) fn every() -> bool {
    matches!(detail(), Detail::Site | Detail::Stack)
}

/// A sample is due: the bytes to the next one, and the site of this one, 0 for none.
pub(super) fn next(size: usize) -> (usize, u32) {
    if !wanted() {
        return (UNWANTED, 0);
    }
    let site = site::ask(size);
    if site != 0 {
        let mut samples = samples();
        let entry = samples.entry(site).or_default();
        *entry = (entry.0 + weight(size), entry.1 + 1);
    }
    (distance(), site)
}

/// The bytes to the next sample.
pub(super) fn distance() -> usize {
    if wanted() { (-MEAN * uniform().ln()) as usize } else { UNWANTED }
}

/// The bytes that a sample of this size stands for.
fn weight(size: usize) -> f64 {
    size as f64 / -(-(size as f64).max(1.0) / MEAN).exp_m1()
}

/// A sample is freed.
#[cold]
pub(super) fn end(site: u32, size: usize) {
    let mut samples = samples();
    if let Some(entry) = samples.get_mut(&site) {
        *entry = ((entry.0 - weight(size)).max(0.0), entry.1.saturating_sub(1));
        if entry.1 == 0 {
            samples.remove(&site);
        }
    }
}

fn samples() -> MutexGuard<'static, HashMap<u32, (f64, usize)>> {
    SAMPLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number above 0 and at most 1.
fn uniform() -> f64 {
    let mut x = RANDOM.get();
    if x == 0 {
        x = (RANDOM.with(|cell| cell.as_ptr() as u64)) ^ 0x9e37_79b9_7f4a_7c15 | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    RANDOM.set(x);
    ((x >> 11) as f64 + 1.0) / (1u64 << 53) as f64
}

/// Shares live bytes and blocks out to the sites of the samples; what they leave over is nobody's.
pub(super) fn share(bytes: usize, count: usize, total: usize) -> Vec<(u32, Holder)> {
    let samples = samples();
    let weights: f64 = samples.values().map(|s| s.0).sum();
    let (mut left, mut left_count) = (bytes, count);
    let mut rows: Vec<(u32, Holder)> = Vec::new();
    for (&site, &(weight, _)) in samples.iter() {
        let part = weight / weights.max(bytes as f64).max(1.0);
        let (bytes, count) = ((part * bytes as f64) as usize, (part * count as f64) as usize);
        (left, left_count) = (left.saturating_sub(bytes), left_count.saturating_sub(count));
        rows.push((site, Holder { name: String::new(), bytes, count: count.max(1), total_bytes: bytes }));
    }
    rows.push((0, Holder { name: String::new(), bytes: left, count: left_count, total_bytes: total }));
    rows
}

/// Locks everything here, for a fork.
pub(super) fn hold(held: &mut Vec<Box<dyn std::any::Any>>) {
    held.push(Box::new(samples()));
}
