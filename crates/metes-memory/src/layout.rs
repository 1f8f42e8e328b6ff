//! The layout of the pool: every run of its bytes, live and free, by address. A map that shows fragmentation is drawn
//! from it. Large live blocks are not the pool's and not listed here: whoever observes the memory knows them.

use crate::Memory;

/// What a run of bytes is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Small blocks that are live, or at hand of some thread's cache.
    Used,
    /// Small blocks that are free.
    Free,
    /// A large block that was freed and waits to be handed out again.
    Cached,
}

/// Adjacent bytes that do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first byte's address.
    pub start: usize,
    /// How many there are.
    pub bytes: usize,
    /// What they do.
    pub state: RunState,
}

impl Memory {
    /// The runs of the pool in the order of their addresses.
    /// From `most` runs on, the used and the free blocks of a slab are each gathered into one run.
    ///
    /// ```
    /// use metes_memory::{Buffer, Memory, Request, RunState};
    /// let memory = Memory::new();
    /// drop(Buffer::allocate(&memory, Request::new(1 << 20, "test"))?);
    /// let runs = memory.runs(100);
    /// assert_eq!((runs[0].bytes, runs[0].state), (1 << 20, RunState::Cached));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn runs(&self, most: usize) -> Vec<Run> {
        let mut runs = Vec::new();
        self.pool().runs(most, &mut runs);
        if self.is_program() {
            crate::raw::runs(most, &mut runs);
        }
        runs.sort_unstable_by_key(|run| run.start);
        runs
    }
}

/// Appends the runs of a slab of `count` blocks of `size` bytes from `start` on, whose `free` blocks are at these
/// addresses, in any order.
pub(crate) fn slab_runs(
    start: usize,
    size: usize,
    count: usize,
    mut free: Vec<usize>,
    gather: bool,
    out: &mut Vec<Run>,
) {
    let mut push = |start: usize, bytes: usize, state: RunState| {
        if bytes > 0 {
            out.push(Run { start, bytes, state });
        }
    };
    if gather {
        let used = (count - free.len()) * size;
        push(start, used, RunState::Used);
        push(start + used, free.len() * size, RunState::Free);
        return;
    }
    free.sort_unstable();
    let mut at = start;
    let mut blocks = free.into_iter().peekable();
    while let Some(first) = blocks.next() {
        let mut end = first + size;
        while blocks.next_if_eq(&end).is_some() {
            end += size;
        }
        push(at, first - at, RunState::Used);
        push(first, end - first, RunState::Free);
        at = end;
    }
    push(at, start + count * size - at, RunState::Used);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Request};

    fn states(free: &[usize], gather: bool) -> Vec<(usize, usize, RunState)> {
        let mut runs = Vec::new();
        slab_runs(1000, 10, 6, free.to_vec(), gather, &mut runs);
        runs.iter().map(|run| (run.start, run.bytes, run.state)).collect()
    }

    #[test]
    fn a_slab_falls_into_runs() {
        use RunState::{Free, Used};
        assert_eq!(states(&[], false), [(1000, 60, Used)]);
        assert_eq!(states(&[1000, 1050, 1010], false), [(1000, 20, Free), (1020, 30, Used), (1050, 10, Free)]);
        assert_eq!(states(&[1000, 1050, 1010], true), [(1000, 30, Used), (1030, 30, Free)]);
        assert_eq!(states(&[1000, 1010, 1020, 1030, 1040, 1050], false), [(1000, 60, Free)]);
    }

    #[test]
    fn runs_do_not_overlap_and_add_up() {
        let memory = Memory::new();
        let sizes = [100, 100, 5000, 30_000, 1 << 20, 3 << 20];
        let mut blocks: Vec<_> = (0..200)
            .map(|i| Buffer::allocate(&memory, Request::new(sizes[i % sizes.len()], "test")).expect("no limit"))
            .collect();
        let mut odd = 0;
        blocks.retain(|_| {
            odd += 1;
            odd % 2 == 0
        });
        let large: usize = blocks.iter().map(|block| block.len()).filter(|size| *size > 1 << 19).sum();
        let runs = memory.runs(usize::MAX);
        assert!(runs.windows(2).all(|pair| pair[0].start + pair[0].bytes <= pair[1].start));
        let sum: usize = runs.iter().map(|run| run.bytes).sum();
        assert_eq!(sum + large, memory.stats().reserved_bytes);
        let gathered = memory.runs(0);
        assert!(gathered.len() < runs.len());
        assert_eq!(gathered.iter().map(|run| run.bytes).sum::<usize>(), sum);
    }
}
