//! Bytes for callers that know only a pointer. All tests here share the program's memory, so they run one at a time.

use metes_memory::raw::{self, Detail};
use metes_memory::{By, Memory, Scope, intern_site, site_name, with_site};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(size: usize) -> NonNull<u8> {
    raw::take(size, false).unwrap()
}

fn give(ptr: NonNull<u8>) -> bool {
    // SAFETY: each test gives back what it took, once.
    unsafe { raw::give(ptr) }
}

fn resize(ptr: NonNull<u8>, size: usize) -> Option<metes_memory::Result<NonNull<u8>>> {
    // SAFETY: as above, and no test looks at the old address again.
    unsafe { raw::resize(ptr, size) }
}

fn fill(ptr: NonNull<u8>, size: usize, mark: u8) {
    // SAFETY: a live block of this size, which only this thread uses.
    unsafe { ptr.write_bytes(mark, size) }
}

/// Whether all bytes of a block are `mark`.
fn is_full_of(ptr: NonNull<u8>, size: usize, mark: u8) -> bool {
    // SAFETY: as above; its bytes were written before.
    unsafe { std::slice::from_raw_parts(ptr.as_ptr(), size) }.iter().all(|&byte| byte == mark)
}

fn live() -> (usize, usize) {
    let stats = Memory::global().stats();
    (stats.current_bytes, stats.current_count)
}

/// A block that a thread hands to another.
struct Handed(NonNull<u8>);
// SAFETY: whoever has it has the only use of the block.
unsafe impl Send for Handed {}

/// Random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn blocks_of_all_sizes_are_aligned_counted_and_known() {
    let _turn = turn();
    let before = live();
    for size in [0, 1, 63, 64, 65, 512, 513, 1023, 4096, 32 << 10, (32 << 10) + 1, 100_000, 1 << 20, 5 << 20] {
        let ptr = take(size);
        assert_eq!(ptr.as_ptr() as usize % 64, 0, "{size}");
        assert_eq!(raw::size_of(ptr), Some(size));
        assert_eq!(live(), (before.0 + size, before.1 + 1), "{size}");
        fill(ptr, size, 0xff);
        assert!(give(ptr));
        let zero = raw::take(size, true).unwrap();
        assert!(is_full_of(zero, size, 0), "{size}");
        assert!(give(zero));
        assert_eq!(live(), before, "{size}");
    }
}

#[test]
fn what_others_allocated_is_left_alone() {
    let _turn = turn();
    let mut other = vec![1_u8; 100];
    let ptr = NonNull::new(other.as_mut_ptr()).unwrap();
    assert!(!give(ptr) && raw::size_of(ptr).is_none() && resize(ptr, 10).is_none());
    assert_eq!(other[99], 1);
}

#[test]
fn a_resized_block_keeps_its_first_bytes() {
    let _turn = turn();
    let before = live();
    let mut ptr = take(100);
    fill(ptr, 100, 7);
    for size in [3000, 70_000, 2 << 20, 60_000, 100] {
        ptr = resize(ptr, size).unwrap().unwrap();
        assert_eq!(raw::size_of(ptr), Some(size));
        assert!(is_full_of(ptr, 100, 7), "{size}");
    }
    give(ptr);
    assert_eq!(live(), before);
}

#[test]
fn a_large_block_grows_without_a_second_one() {
    let _turn = turn();
    Memory::global().trim(0);
    let (memory, before) = (Memory::global(), live());
    let limit = memory.set_limit(Some(memory.stats().reserved_bytes + (80 << 20)));
    let ptr = take(40 << 20);
    fill(ptr, 40 << 20, 7);
    // Two of them would pass the limit, as would a budget's.
    let scope = Scope::new(Some(70 << 20), "other");
    assert!(scope.run(|| resize(ptr, 64 << 20)).is_some_and(|done| done.is_err()));
    let ptr = resize(ptr, 64 << 20).unwrap().unwrap();
    assert_eq!((raw::size_of(ptr), live()), (Some(64 << 20), (before.0 + (64 << 20), before.1 + 1)));
    assert!(is_full_of(ptr, 40 << 20, 7));
    assert!(resize(ptr, 90 << 20).unwrap().is_err() && is_full_of(ptr, 40 << 20, 7));
    memory.set_limit(Some(1 << 20));
    let ptr = resize(ptr, 2 << 20).unwrap().unwrap();
    assert!(is_full_of(ptr, 2 << 20, 7), "what becomes smaller needs no room");
    memory.set_limit(limit);
    assert!(give(ptr) && live() == before);

    let scope = Scope::new(Some(50 << 20), "own");
    scope.run(|| {
        let ptr = take(30 << 20);
        let ptr = resize(ptr, 45 << 20).unwrap().unwrap();
        assert_eq!(scope.used().0, 45 << 20);
        assert!(resize(ptr, 51 << 20).unwrap().is_err());
        let ptr = resize(ptr, 5 << 20).unwrap().unwrap();
        assert_eq!(scope.used(), (5 << 20, 45 << 20));
        give(ptr);
    });
    assert_eq!((scope.used().0, live()), (0, before));
}

#[test]
fn runs_of_the_program_show_small_blocks_too() {
    let _turn = turn();
    Memory::global().trim(0);
    let blocks: Vec<_> = (0..1000).map(|_| take(3000)).collect();
    let sum = |state| {
        let runs = Memory::global().runs(usize::MAX);
        assert!(runs.windows(2).all(|pair| pair[0].start + pair[0].bytes <= pair[1].start));
        let of = |run: &&metes_memory::Run| run.state == state && raw::size_of(blocks[0]).is_some();
        runs.iter().filter(of).map(|run| run.bytes).sum::<usize>()
    };
    let (used, free) = (sum(metes_memory::RunState::Used), sum(metes_memory::RunState::Free));
    assert!(used >= 1000 * 3072, "{used}");
    blocks.iter().step_by(2).for_each(|ptr| assert!(give(*ptr)));
    let (fewer, more) = (sum(metes_memory::RunState::Used), sum(metes_memory::RunState::Free));
    // A thread keeps some slots at hand, which count as used.
    assert!(used - fewer >= 400 * 3072 && more - free >= 400 * 3072, "{used} {fewer} {free} {more}");
    blocks.iter().skip(1).step_by(2).for_each(|ptr| assert!(give(*ptr)));
}

#[test]
fn a_random_trace_over_threads_keeps_contents_and_counts() {
    let _turn = turn();
    let before = live();
    let (send, receive) = std::sync::mpsc::channel::<(Handed, usize, u8)>();
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            let send = send.clone();
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut mine: Vec<(Handed, usize, u8)> = Vec::new();
                for step in 0..4000 {
                    let size = 1 + random.below(if step % 50 == 0 { 300_000 } else { 3000 });
                    let (ptr, mark) = (take(size), step as u8);
                    fill(ptr, size, mark);
                    mine.push((Handed(ptr), size, mark));
                    if mine.len() > 60 {
                        let at = random.below(mine.len());
                        send.send(mine.swap_remove(at)).unwrap();
                    }
                }
                mine.into_iter().for_each(|block| send.send(block).unwrap());
            });
        }
        drop(send);
        for (Handed(ptr), size, mark) in receive {
            assert!(is_full_of(ptr, size, mark), "two blocks share bytes");
            assert!(give(ptr));
        }
    });
    assert_eq!(live(), before);
    assert!(Memory::global().stats().peak_bytes >= before.0);
}

#[test]
fn after_a_trim_little_more_is_kept_than_lives() {
    let _turn = turn();
    Memory::global().trim(0);
    let before = Memory::global().stats().reserved_bytes;
    let mut all: Vec<NonNull<u8>> = (0..4000).map(|_| take(20_000)).collect();
    all.iter().for_each(|&ptr| fill(ptr, 20_000, 1));
    let kept: Vec<NonNull<u8>> = all.iter().copied().step_by(100).collect();
    all.retain(|ptr| !kept.contains(ptr));
    all.into_iter().for_each(|ptr| assert!(give(ptr)));
    assert!(Memory::global().trim(0) > 70 << 20);
    let held = Memory::global().stats().reserved_bytes - before;
    let live = kept.len() * 20_000;
    assert!(held < live * 11 / 10 + (1 << 20), "{held} bytes set aside for {live}");
    // What was given back can be used again, and shows zeros or old bytes, never somebody else's block.
    let again: Vec<NonNull<u8>> = (0..3000).map(|_| take(20_000)).collect();
    again.iter().for_each(|&ptr| fill(ptr, 20_000, 2));
    assert!(kept.iter().all(|&ptr| is_full_of(ptr, 20_000, 1)));
    again.into_iter().chain(kept).for_each(|ptr| assert!(give(ptr)));
    Memory::global().trim(0);
    assert!(Memory::global().stats().reserved_bytes <= before + (1 << 20));
}

/// Gives a block back by the shortest way that there is.
fn give_shortly(ptr: NonNull<u8>) {
    // SAFETY: as above.
    unsafe { assert!(raw::give_last(ptr) || raw::give(ptr)) }
}

#[test]
fn the_last_block_is_at_hand_again_and_counted() {
    let _turn = turn();
    for detail in [Detail::Counters, Detail::Sampled, Detail::Site] {
        let old = raw::set_detail(detail);
        let (before, total) = (live(), Memory::global().stats().total_count);
        let (mut kept, mut again, mut random) = (Vec::new(), 0, Random(detail as u64));
        for n in 0..20_000 {
            let size = [8, 8, 8, 100, 4000, 40_000][random.below(6)];
            let found = raw::take_shortly(size);
            again += usize::from(found.is_some());
            let ptr = found.unwrap_or_else(|| take(size));
            assert_eq!(raw::size_of(ptr), Some(size));
            fill(ptr, size, n as u8);
            if n % 100 == 0 {
                kept.push((ptr, size, n as u8));
            } else {
                give_shortly(ptr);
            }
        }
        assert!(again > 1_000, "{again} came again");
        let bytes: usize = kept.iter().map(|(_, size, _)| size).sum();
        assert_eq!(live(), (before.0 + bytes, before.1 + 200));
        assert_eq!(Memory::global().stats().total_count - total, 20_000);
        assert!(kept.iter().all(|&(ptr, size, mark)| is_full_of(ptr, size, mark)));
        kept.into_iter().for_each(|(ptr, ..)| give_shortly(ptr));
        assert_eq!(live(), before);
        raw::set_detail(old);
    }
    let ptr = take(64);
    give_shortly(ptr);
    let scope = Scope::new(Some(10), "raw");
    scope.run(|| assert_eq!(raw::take_shortly(64), None, "a budget looks at each"));
}

#[test]
fn budgets_and_limits_bound_small_blocks_too() {
    let _turn = turn();
    let before = live();
    let scope = Scope::new(Some(10_000), "raw");
    scope.run(|| {
        let blocks: Vec<NonNull<u8>> = (0..10).map(|_| take(1000)).collect();
        assert_eq!(scope.used().0, 10_000);
        let refused = raw::take(33, false).unwrap_err();
        assert!(refused.message().contains("budget \"raw\""), "{refused}");
        // A single element is not refused, and not the scope's.
        let element = take(32);
        assert_eq!((raw::size_of(element), raw::site_of(element), scope.used().0), (Some(32), Some(0), 10_000));
        assert_eq!(live(), (before.0 + 10_032, before.1 + 11));
        assert!(give(element));
        blocks.into_iter().for_each(|ptr| assert!(give(ptr)));
    });
    assert_eq!((scope.used().0, live()), (0, before));
    Memory::global().trim(0);
    let limit = Memory::global().stats().reserved_bytes + (4 << 20);
    let old = Memory::global().set_limit(Some(limit));
    let mut blocks = Vec::new();
    let refused = loop {
        match raw::take(1000, false) {
            Ok(ptr) => blocks.push(ptr),
            Err(error) => break error,
        }
    };
    assert!(blocks.len() > 3000 && blocks.len() < 4300, "{} blocks", blocks.len());
    assert!(refused.refusal().is_some_and(|r| r.limit == Some(limit)), "{refused}");
    blocks.into_iter().for_each(|ptr| assert!(give(ptr)));
    Memory::global().set_limit(old);
    assert_eq!(live(), before);
}

#[test]
fn groups_sum_to_what_lives_in_every_detail() {
    let _turn = turn();
    for detail in [Detail::Counters, Detail::Sampled, Detail::Site, Detail::Stack] {
        let old = raw::set_detail(detail);
        let before = live();
        let blocks: Vec<NonNull<u8>> = (0..3000).map(take).collect();
        for by in [By::Site, By::Op, By::Scope, By::DType] {
            let sum: usize = Memory::global().live(by).iter().map(|h| h.bytes).sum();
            assert_eq!(sum, live().0, "{by:?} {detail:?}");
        }
        blocks.into_iter().for_each(|ptr| assert!(give(ptr)));
        assert_eq!(live(), before, "{detail:?}");
        raw::set_detail(old);
    }
}

#[test]
fn sites_are_exact_whichever_thread_gives_back() {
    let _turn = turn();
    let old = raw::set_detail(Detail::Site);
    let (near, far) = (intern_site("raw.rs", 1, "near"), intern_site("raw.rs", 2, "far"));
    let held = |site: u32| {
        let name = site_name(site);
        let found = Memory::global().live(By::Site).into_iter().find(|holder| holder.name == name);
        found.map_or((0, 0), |holder| (holder.bytes, holder.count))
    };
    let mut blocks = with_site(near, || (1..=500).map(|size| Handed(take(size))).collect::<Vec<_>>());
    let more = with_site(far, || {
        std::thread::spawn(|| {
            with_site(intern_site("raw.rs", 2, "far"), || (0..300).map(|_| Handed(take(1000))).collect::<Vec<_>>())
        })
    })
    .join()
    .unwrap();
    assert_eq!((held(near), held(far)), ((500 * 501 / 2, 500), (300_000, 300)));
    assert_eq!(raw::site_of(more[0].0), Some(far));
    blocks.extend(more);
    std::thread::scope(|scope| {
        scope.spawn(|| blocks.drain(..).for_each(|Handed(ptr)| assert!(give(ptr))));
    });
    assert_eq!((held(near), held(far)), ((0, 0), (0, 0)));
    raw::set_detail(old);
}

#[test]
fn a_block_that_comes_again_at_once_is_one_of_its_new_site() {
    let _turn = turn();
    let old = raw::set_detail(Detail::Site);
    let sites: Vec<u32> = (0..3).map(|line| intern_site("raw.rs", 10 + line, "again")).collect();
    let held = |site: u32| {
        let name = site_name(site);
        let found = Memory::global().live(By::Site).into_iter().find(|holder| holder.name == name);
        found.map_or((0, 0), |holder| (holder.bytes, holder.count))
    };
    let before = live();
    let mut kept = Vec::new();
    for i in 0..900 {
        let site = sites[i / 3 % 3];
        let ptr = with_site(site, || take(500 + i % 2));
        assert_eq!((raw::site_of(ptr), raw::size_of(ptr)), (Some(site), Some(500 + i % 2)));
        if i % 10 == 0 {
            kept.push((ptr, i / 3 % 3, 500 + i % 2));
        } else {
            assert!(give(ptr));
            assert_eq!(held(site), kept.iter().filter(|k| k.1 == i / 3 % 3).fold((0, 0), |s, k| (s.0 + k.2, s.1 + 1)));
        }
    }
    // One that waits is taken by somebody who says no site, and by nobody.
    let last = with_site(sites[0], || take(64));
    assert!(give(last));
    let plain = take(64);
    assert_eq!(raw::site_of(plain), Some(0));
    assert!(give(plain));
    kept.into_iter().for_each(|(ptr, ..)| assert!(give(ptr)));
    assert_eq!((sites.into_iter().map(held).collect::<Vec<_>>(), live()), (vec![(0, 0); 3], before));
    raw::set_detail(old);
}

#[test]
fn a_block_stays_where_its_class_has_room() {
    let _turn = turn();
    let old = raw::set_detail(Detail::Counters);
    let before = live();
    let first = take(1000);
    fill(first, 1000, 3);
    let second = resize(first, 1020).unwrap().unwrap();
    assert_eq!((second, live()), (first, (before.0 + 1020, before.1 + 1)));
    assert!(is_full_of(second, 1000, 3));
    let third = resize(second, 2000).unwrap().unwrap();
    assert_ne!(third, second);
    give(third);
    assert_eq!(live(), before);
    raw::set_detail(old);
}

#[test]
fn a_step_of_tiny_and_of_empty_blocks_is_counted() {
    let _turn = turn();
    let before = live();
    let made = Memory::global().stats().total_count;
    let blocks: Vec<NonNull<u8>> = (0..200_000).map(|n| take(n % 2)).collect();
    assert_eq!(live(), (before.0 + 100_000, before.1 + 200_000));
    assert_eq!(Memory::global().stats().total_count, made + 200_000);
    blocks.into_iter().for_each(|ptr| assert!(give(ptr)));
    assert_eq!(live(), before);
}

/// Each block goes before the next one of its size comes, so that it waits for it; counts are exact all the while.
#[test]
fn blocks_that_come_and_go_in_turn() {
    let _turn = turn();
    let before = Memory::global().stats();
    let (mut taken, mut bytes) = (0, 0);
    for round in 0..40_usize {
        for size in [8, 64, 64, 65, 3000, 3000] {
            let ptr = take(size);
            fill(ptr, size, round as u8);
            (taken, bytes) = (taken + 1, bytes + size);
            assert_eq!(live(), (before.current_bytes + size, before.current_count + 1));
            assert_eq!(raw::size_of(ptr), Some(size));
            assert!(is_full_of(ptr, size, round as u8));
            assert!(give(ptr));
            if round % 2 == 0 {
                assert_eq!(live(), (before.current_bytes, before.current_count));
            }
        }
    }
    let counts = |stats: metes_memory::Stats| {
        (stats.total_count, stats.freed_count, stats.total_bytes, stats.freed_bytes, stats.current_bytes)
    };
    let all = counts(before);
    // As another thread sees it, while the last one waits here.
    assert!(give(take(64)));
    let seen = std::thread::spawn(|| Memory::global().stats()).join().unwrap();
    let (taken, bytes) = (taken + 1, bytes + 64);
    assert_eq!(counts(seen), (all.0 + taken, all.1 + taken, all.2 + bytes, all.3 + bytes, all.4));
    assert_eq!(counts(Memory::global().stats()), counts(seen));
}

/// What was handed out last may be freed elsewhere, and its place be another block when this thread frees there again.
#[test]
fn the_last_block_may_end_elsewhere() {
    let _turn = turn();
    let before = live();
    for other in [64, 63, 40_000] {
        let here = Handed(take(64));
        let there = std::thread::spawn(move || {
            let here = here;
            assert!(give(here.0));
            Handed(take(other))
        });
        let there = there.join().unwrap();
        assert_eq!(live(), (before.0 + other, before.1 + 1));
        assert!(give(there.0));
        assert_eq!(live(), before);
    }
    let grown = resize(take(64), 60).unwrap().unwrap();
    assert_eq!(live(), (before.0 + 60, before.1 + 1));
    assert!(give(grown));
    assert!(give(take(60)));
    assert_eq!(live(), before);
}
