//! [`Kinds`]: the largest blocks of a run, those that are alike counted together, in bounded memory.

use crate::capture::BlockKind;
use crate::digest::nanos;
use crate::format::Group;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Kinds that are reported.
const REPORTED: usize = 50;
/// Kinds after which the smaller half is forgotten; what is forgotten has thousands of larger ones above it.
const KEPT: usize = 4096;

/// Kinds of large blocks, by size and group.
#[derive(Default)]
pub struct Kinds(HashMap<(u64, u64), Kind>);

#[derive(Clone, Copy, Default)]
struct Kind {
    times: u64,
    born: u64,
    lived: u64,
    alive: bool,
}

impl Kinds {
    /// A block was made.
    pub fn made(&mut self, group: u64, size: u64, time: u64) {
        if self.0.len() >= KEPT {
            self.forget();
        }
        self.0.entry((size, group)).or_insert(Kind { born: time, ..Kind::default() }).times += 1;
    }

    /// A block came back after `lived` nanoseconds.
    pub fn gone(&mut self, group: u64, size: u64, lived: u64) {
        if let Some(kind) = self.0.get_mut(&(size, group)) {
            kind.lived = kind.lived.max(lived);
        }
    }

    /// A block is still live at the end, `lived` nanoseconds old.
    pub fn alive(&mut self, group: u64, size: u64, lived: u64) {
        self.gone(group, size, lived);
        if let Some(kind) = self.0.get_mut(&(size, group)) {
            kind.alive = true;
        }
    }

    /// The largest kinds, the largest first; `group` gives the words for a group.
    pub fn largest(&self, group: impl Fn(u64) -> Group) -> Vec<BlockKind> {
        let mut kinds: Vec<_> =
            self.0.iter().map(|((size, group), kind)| (Reverse(*size), kind.born, *group, *kind)).collect();
        kinds.sort_unstable_by_key(|(size, born, group, _)| (*size, *born, *group));
        kinds.truncate(REPORTED);
        let describe = |(Reverse(bytes), _, id, kind): (Reverse<u64>, u64, u64, Kind)| {
            let Group { op, site, scope, dtype } = group(id);
            let Kind { times, born, lived, alive } = kind;
            BlockKind { bytes, op, site, scope, dtype, times, born: nanos(born), lifetime: nanos(lived), alive }
        };
        kinds.into_iter().map(describe).collect()
    }

    fn forget(&mut self) {
        let mut sizes: Vec<_> = self.0.keys().copied().collect();
        sizes.sort_unstable();
        for key in &sizes[..sizes.len() / 2] {
            self.0.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_survive_any_number_of_kinds() {
        let mut kinds = Kinds::default();
        for size in (1..=20_000).rev() {
            kinds.made(1, size, 0);
        }
        kinds.made(1, 20_000, 9);
        kinds.gone(1, 20_000, 5);
        kinds.alive(1, 19_999, 7);
        let largest = kinds.largest(|_| Group::default());
        let sizes: Vec<_> = largest.iter().map(|kind| kind.bytes).collect();
        assert_eq!(sizes, (20_000 - REPORTED as u64 + 1..=20_000).rev().collect::<Vec<_>>());
        assert_eq!((largest[0].times, largest[0].lifetime, largest[0].alive), (2, nanos(5), false));
        assert_eq!((largest[1].lifetime, largest[1].alive), (nanos(7), true));
        assert!(kinds.0.len() <= KEPT);
    }
}
