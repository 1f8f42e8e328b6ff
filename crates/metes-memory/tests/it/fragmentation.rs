//! What survivors among many small blocks cost: pages between them go back, and come back when they are wanted.

use metes_memory::{Buffer, Memory, Request};

const SIZES: &[usize] = &[64, 700, 4096, 5000, 16 << 10, 32 << 10];

/// Many small blocks of which one in a hundred stays.
fn survivors(memory: &Memory, size: usize, count: usize) -> Vec<Buffer> {
    let take = |_| Buffer::allocate(memory, Request::new(size, "small")).expect("there is room");
    let mut all: Vec<Option<Buffer>> = (0..count).map(|i| Some(take(i))).collect();
    let staying = all.iter_mut().step_by(100).filter_map(Option::take).collect();
    drop(all);
    staying
}

#[test]
fn a_trim_gives_back_all_pages_without_a_live_block() {
    for &size in SIZES {
        let memory = Memory::new();
        let staying = survivors(&memory, size, 5000);
        let held = memory.stats().reserved_bytes;
        let trimmed = memory.trim(0);
        let stats = memory.stats();
        assert_eq!(stats.reserved_bytes, held - trimmed, "{size}: what is given back is not charged any more");
        let pages = staying.len() * (size.div_ceil(4096) + 1) * 4096;
        assert!(stats.reserved_bytes <= pages, "{size}: {} held for {} blocks", stats.reserved_bytes, staying.len());
        if size % 4096 == 0 {
            assert!(stats.reserved_bytes * 10 <= stats.current_bytes * 11, "{size}: {}", stats.reserved_bytes);
        }
        drop(staying);
        memory.trim(0);
        assert_eq!(memory.stats().reserved_bytes, 0, "{size}");
    }
}

#[test]
fn pages_come_back_charged_and_usable() {
    for &size in SIZES {
        let memory = Memory::new();
        let staying = survivors(&memory, size, 2000);
        let before = memory.stats().reserved_bytes;
        memory.trim(0);
        let after = memory.stats().reserved_bytes;
        let again: Vec<Buffer> =
            (0..1900).map(|_| Buffer::allocate(&memory, Request::new(size, "again")).expect("there is room")).collect();
        let now = memory.stats().reserved_bytes;
        assert!(after < now && now <= before, "{size}: the same slabs, charged again: {before}, {after}, {now}");
        let mut starts: Vec<usize> = again.iter().chain(&staying).map(|b| b.as_ptr() as usize).collect();
        starts.sort_unstable();
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= size), "{size}: no two blocks overlap");
    }
}

#[test]
fn a_large_request_finds_the_room_that_small_ones_left() {
    let memory = Memory::with_limit(Some(64 << 20));
    let staying = survivors(&memory, 16 << 10, 3500);
    let large = Buffer::allocate(&memory, Request::new(60 << 20, "large"));
    assert!(large.is_ok(), "{:?}", large.err());
    drop((staying, large));
}

#[test]
fn what_many_small_blocks_leave_behind_is_little() {
    let memory = Memory::new();
    let staying = survivors(&memory, 20_000, 10_000);
    let large = Buffer::allocate(&memory, Request::new(200_000_000, "large")).expect("there is room");
    memory.trim(0);
    let stats = memory.stats();
    assert_eq!(stats.cached_bytes, 0);
    assert!(stats.reserved_bytes * 10 <= stats.current_bytes * 11, "{} held", stats.reserved_bytes);
    drop((staying, large));
}
