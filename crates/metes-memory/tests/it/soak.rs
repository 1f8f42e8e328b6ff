//! Random traces of whole memories: threads that hand blocks to each other, budgets, trims, requests that fail on
//! purpose. `METES_SOAK` is the number of seconds to go on for; without it, a short run of fixed seeds.

use metes_memory::testing::Random;
use metes_memory::{Buffer, Memory, Request, Scope};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const THREADS: u64 = 4;
const LIMIT: usize = 64 << 20;

/// Blocks on their way from thread to thread, each with the byte that fills it.
type Shared = Mutex<Vec<(Buffer, u8)>>;

fn fill(buffer: &Buffer, mark: u8) {
    // SAFETY: just allocated, and not handed on yet.
    unsafe { buffer.as_ptr().write_bytes(mark, buffer.len()) }
}

fn check((buffer, mark): &(Buffer, u8), seed: u64) {
    // SAFETY: whoever has the buffer is the only one; all its bytes were written.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr(), buffer.len()) };
    assert!(bytes.iter().all(|b| b == mark), "seed {seed}: a block of {} bytes has changed", bytes.len());
}

fn take(memory: &Memory, random: &mut Random, mark: u8) -> Option<(Buffer, u8)> {
    let request = Request::new(random.size(), ["soak a", "soak b"][random.below(2)]);
    let buffer = Buffer::allocate(memory, request).ok()?;
    fill(&buffer, mark);
    Some((buffer, mark))
}

fn work(memory: &Memory, shared: &Shared, seed: u64, steps: usize) {
    let mut random = Random::new(seed);
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let mut own = Vec::new();
    for step in 0..steps {
        let mark = step as u8;
        match random.below(40) {
            0 => drop(memory.trim(random.below(8 << 20))),
            1 => drop(memory.sweep()),
            2 => own.extend(take(&memory.failing(random.below(2) as u64, false), &mut random, mark)),
            3 => Scope::new(Some(1 << 20), "soak").run(|| {
                let inside: Vec<_> = (0..20).filter_map(|_| take(memory, &mut random, mark)).collect();
                let live: usize = inside.iter().map(|(buffer, _)| buffer.len()).sum();
                assert!(live <= 1 << 20, "seed {seed}: a budget holds");
                own.extend(inside.into_iter().step_by(3));
            }),
            4..12 => {
                let mut shared = lock();
                let at = random.below(shared.len() + 1);
                let found = if at < shared.len() { Some(shared.swap_remove(at)) } else { None };
                drop(shared);
                found.iter().for_each(|block| check(block, seed));
            }
            12..20 if !own.is_empty() => {
                let block = own.swap_remove(random.below(own.len()));
                check(&block, seed);
                lock().push(block);
            }
            20..30 if !own.is_empty() => check(&own.swap_remove(random.below(own.len())), seed),
            _ => own.extend(take(memory, &mut random, mark)),
        }
        let reserved = memory.stats().reserved_bytes;
        assert!(reserved <= LIMIT, "seed {seed}: the limit holds: {reserved}");
    }
    own.iter().for_each(|block| check(block, seed));
}

fn soak(seed: u64, steps: usize) {
    let memory = Memory::with_limit(Some(LIMIT));
    let shared = Shared::default();
    std::thread::scope(|scope| {
        let start = |thread| {
            let (memory, shared) = (&memory, &shared);
            scope.spawn(move || work(memory, shared, seed * THREADS + thread, steps))
        };
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        // Their very ends, after which they keep nothing.
        threads.into_iter().for_each(|thread| thread.join().expect("the checks hold"));
    });
    let left = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let live: usize = left.iter().map(|(buffer, _)| buffer.len()).sum();
    let stats = memory.stats();
    assert_eq!((stats.current_bytes, stats.current_count), (live, left.len()), "seed {seed}: the books agree");
    left.iter().for_each(|block| check(block, seed));
    drop(left);
    memory.trim(0);
    let stats = memory.stats();
    assert_eq!((stats.current_bytes, stats.current_count, stats.allocated_bytes), (0, 0, 0), "seed {seed}");
    assert_eq!((stats.reserved_bytes, stats.cached_bytes), (0, 0), "seed {seed}: everything goes back");
}

#[test]
fn random_programs_leave_the_books_right() {
    let Some(seconds) = std::env::var("METES_SOAK").ok().and_then(|text| text.parse().ok()) else {
        (0..2).for_each(|seed| soak(seed, 300));
        return;
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seed = 1000;
    while Instant::now() < end {
        soak(seed, 4000);
        seed += 1;
    }
}
