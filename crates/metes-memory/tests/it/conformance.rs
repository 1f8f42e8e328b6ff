//! One body of tests for every source and every stack of them.

use metes_memory::{Block, Budget, Buffer, Failing, Ledger, Memory, Pool, Request, Source, System, testing};
use std::sync::Arc;

/// Every source and stack, by name; fresh each time.
fn sources() -> Vec<(&'static str, Arc<dyn Source>)> {
    let system = || Arc::new(System) as Arc<dyn Source>;
    let budget = || Arc::new(Budget::new(system(), Some(1 << 30))) as Arc<dyn Source>;
    let pool = |below| Arc::new(Pool::new(below, 8 << 20)) as Arc<dyn Source>;
    vec![
        ("system", system()),
        ("budget over system", budget()),
        ("pool over system", pool(system())),
        ("pool over budget over system", pool(budget())),
        ("pool over pool over system", pool(pool(system()))),
        ("budget over pool over system", Arc::new(Budget::new(pool(system()), Some(1 << 30)))),
        ("ledger over system", Arc::new(Ledger::new(system()))),
        ("ledger over pool over budget over system", Arc::new(Ledger::new(pool(budget())))),
        (
            "failing never over ledger",
            Arc::new(Failing::new(Arc::new(Ledger::new(pool(budget()))), u64::MAX - 1, true)),
        ),
    ]
}

#[allow(clippy::mut_from_ref)]
fn bytes(block: &Block) -> &mut [u8] {
    // SAFETY: the block is this test's alone.
    unsafe { std::slice::from_raw_parts_mut(block.ptr.as_ptr(), block.size) }
}

fn give(source: &dyn Source, block: Block) {
    // SAFETY: every block of these tests goes back to the source that it came from.
    unsafe { source.give(block) }
}

#[test]
fn every_source_and_stack_conforms() {
    for (name, _) in sources() {
        let make = || sources().into_iter().find(|(other, _)| *other == name).expect("it is one of them").1;
        testing::conform(name, &make);
    }
}

#[test]
fn rounding_wastes_at_most_an_eighth() {
    let pool = Pool::new(Arc::new(System), 0);
    for size in (512..200_000).step_by(61) {
        let block = pool.take(&Request::new(size, "test")).unwrap();
        assert!(block.reserved <= size + size / 8 + 4096 * usize::from(size > 32 << 10), "{size}: {}", block.reserved);
        give(&pool, block);
    }
}

#[test]
fn a_pool_gives_back_what_it_is_asked_to() {
    let budget = Arc::new(Budget::new(Arc::new(System), None));
    let pool = Pool::new(budget.clone(), 1 << 30);
    let blocks: Vec<Block> = (0..10_000).map(|i| pool.take(&Request::new(i % 5000, "test")).unwrap()).collect();
    let large: Vec<Block> = (0..20).map(|_| pool.take(&Request::new(3 << 20, "test")).unwrap()).collect();
    blocks.into_iter().chain(large).for_each(|b| give(&pool, b));
    assert!(pool.cached() >= 60 << 20);
    pool.trim(0);
    assert_eq!((pool.cached(), budget.used()), (0, 0));
}

#[test]
fn a_cache_is_given_up_before_a_request_is_refused() {
    let budget = Arc::new(Budget::new(Arc::new(System), Some(8 << 20)));
    let pool = Arc::new(Pool::new(budget.clone(), 1 << 30));
    let above: std::sync::Weak<Pool> = Arc::downgrade(&pool);
    budget.reclaim_by(move || {
        if let Some(above) = above.upgrade() {
            above.trim(0);
        }
    });
    let block = pool.take(&Request::new(6 << 20, "first")).unwrap();
    give(&*pool, block);
    assert!(budget.used() >= 6 << 20);
    let block = pool.take(&Request::new(5 << 20, "second")).unwrap();
    let error = pool.take(&Request::new(5 << 20, "third")).err().unwrap();
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.limit, refusal.live), (Some(8 << 20), 5 << 20));
    give(&*pool, block);
}

#[test]
fn a_limit_without_room_for_a_slab_still_gives_small_blocks() {
    let budget = Arc::new(Budget::new(Arc::new(System), Some(1000)));
    let pool = Arc::new(Pool::new(budget.clone(), 1 << 20));
    let above: std::sync::Weak<Pool> = Arc::downgrade(&pool);
    budget.reclaim_by(move || {
        if let Some(above) = above.upgrade() {
            above.trim(0);
        }
    });
    let blocks: Vec<Block> = (0..15).map(|_| pool.take(&Request::new(64, "small")).unwrap()).collect();
    assert!(pool.take(&Request::new(64, "small")).is_err());
    blocks.into_iter().for_each(|block| give(&*pool, block));
    let block = pool.take(&Request::new(900, "another size")).expect("what this thread has at hand is given up");
    give(&*pool, block);
    assert!(budget.used() <= 1000);
}

#[test]
fn a_cache_keeps_at_most_its_cap_and_finds_every_size() {
    let pool = Pool::new(Arc::new(System), 1 << 20);
    let sizes = [40_000, 70_000, 40_000, 300_000, 70_000];
    let blocks = sizes.map(|size| pool.take(&Request::new(size, "test")).unwrap());
    let addresses = blocks.each_ref().map(|block| (block.size, block.ptr));
    blocks.into_iter().for_each(|block| give(&pool, block));
    let again = sizes.map(|size| pool.take(&Request::new(size, "test")).unwrap());
    for block in &again {
        assert!(addresses.contains(&(block.size, block.ptr)), "{} bytes are taken afresh", block.size);
    }
    assert_eq!(pool.cached(), 0);
    again.into_iter().for_each(|block| give(&pool, block));
    for _ in 0..40 {
        let block = pool.take(&Request::new(300_000, "test")).unwrap();
        let other = pool.take(&Request::new(400_000, "test")).unwrap();
        give(&pool, block);
        give(&pool, other);
        assert!(pool.cached() <= 1 << 20, "{}", pool.cached());
    }
}

#[test]
fn blocks_of_changing_sizes_set_little_more_aside_than_ever_lived() {
    let memory = Memory::new();
    let take = |size| Buffer::allocate(&memory, Request::new(size, "test")).unwrap();
    let mut last = take(1);
    for i in 0..400 {
        let next = take((1 << 20) + (i * 37 % 60) * 50_000);
        let other = take(300_000 + (i * 11 % 7) * 10_000);
        drop(other);
        last = next;
    }
    drop(last);
    let stats = memory.stats();
    // What sizes are rounded to.
    assert!(stats.peak_reserved_bytes as f64 <= stats.peak_bytes as f64 * 1.1, "{stats:?}");
    let once = take(3 << 20).as_ptr() as usize;
    let again = take(3 << 20).as_ptr() as usize;
    assert_eq!(once, again, "a size that comes again is kept");
}

#[test]
fn zeroed_blocks_of_one_size_in_turn_cache_one_at_most() {
    let pool = Pool::new(Arc::new(System), 1 << 30);
    for _ in 0..5 {
        let block = pool.take(&Request::new(2 << 20, "zeros").zeroed()).unwrap();
        assert!(bytes(&block).iter().all(|&b| b == 0));
        bytes(&block).fill(1);
        give(&pool, block);
        assert_eq!(pool.cached(), 2 << 20);
    }
}
