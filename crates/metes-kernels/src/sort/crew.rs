//! One sort shared by several threads: keys are parted until there are some parts for each thread, then each part is
//! sorted by whoever is free. The first parting is one thread's, the next one two threads', and so on.
//!
//! Sorted keys are sorted keys, however they were parted: so nothing depends on who did what.

use super::quick::{self, Lanes, Within};
use std::sync::{Mutex, PoisonError};

/// Runs a task of each number below some, and returns when all are done.
pub type Run<'a> = &'a dyn Fn(usize, &(dyn Fn(usize) + Sync));

/// Those who sort together.
#[derive(Clone, Copy)]
pub struct Crew<'a> {
    /// How many they are.
    pub lanes: usize,
    /// How they share tasks.
    pub run: Run<'a>,
}

impl Crew<'_> {
    /// A thread alone.
    pub const ALONE: Crew<'static> = Crew { lanes: 1, run: &|tasks, work| (0..tasks).for_each(work) };
}

/// From this many keys on they are shared.
const SHARED: usize = 1 << 15;
/// Parts of fewer are not parted for others.
const SMALL: usize = 1 << 12;
/// Keys of a task that looks at each once.
const LOOKED_AT: usize = 1 << 16;
/// Parts for each thread.
const PARTS: usize = 8;

type Part<'k, K> = (&'k mut [K], Within<K>);

fn held<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `work` with parts of a slice that are all of it.
pub(super) fn each<K: Send>(keys: &mut [K], crew: &Crew, work: impl Fn(&mut [K]) + Sync) {
    if crew.lanes <= 1 || keys.len() < 2 * LOOKED_AT {
        return work(keys);
    }
    let parts: Vec<Mutex<&mut [K]>> = keys.chunks_mut(LOOKED_AT).map(Mutex::new).collect();
    (crew.run)(parts.len(), &|i| work(&mut held(&parts[i])));
}

/// Sorts keys; what is sorted is given to `after`, part by part.
pub(super) fn sort<K: Lanes + Send>(keys: &mut [K], crew: &Crew, after: impl Fn(&mut [K]) + Sync) {
    if crew.lanes <= 1 || keys.len() < SHARED {
        quick::sorted(keys, (K::LEAST, K::MOST));
        return after(keys);
    }
    let mut parts: Vec<Part<K>> = vec![(keys, (K::LEAST, K::MOST))];
    while parts.len() < PARTS * crew.lanes {
        let before = parts.len();
        parts = part_each(parts, crew);
        if parts.len() == before {
            break;
        }
    }
    parts.sort_by_key(|(keys, _)| std::cmp::Reverse(keys.len()));
    let parts: Vec<Mutex<Part<K>>> = parts.into_iter().map(Mutex::new).collect();
    (crew.run)(parts.len(), &|i| {
        let (keys, within) = &mut *held(&parts[i]);
        quick::sorted(keys, *within);
        after(keys);
    });
}

/// Makes two of each part that is large enough and has more than one value.
fn part_each<'k, K: Lanes + Send>(parts: Vec<Part<'k, K>>, crew: &Crew) -> Vec<Part<'k, K>> {
    let cells: Vec<Mutex<Vec<Part<K>>>> = parts.into_iter().map(|part| Mutex::new(vec![part])).collect();
    (crew.run)(cells.len(), &|i| {
        let mut cell = held(&cells[i]);
        let Some((keys, within)) = cell.pop() else { return };
        let split = if keys.len() < SMALL { None } else { quick::parted(keys, within) };
        match split {
            Some((middle, at)) => {
                let (low, high) = keys.split_at_mut(middle);
                cell.push((low, (within.0, at)));
                // Where the key is the largest, nothing is above it.
                if !high.is_empty() {
                    cell.push((high, (at.after(), within.1)));
                }
            }
            None => cell.push((keys, within)),
        }
    });
    cells.into_iter().flat_map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}
