//! The books are exact, under threads and under faults.

use metes_memory::{Buffer, By, Event, Memory, Observer, Request, intern_site, with_site};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[test]
fn counts_are_exact_to_the_byte() {
    let memory = Memory::new();
    let a = Buffer::allocate(&memory, Request::new(1000, "a")).unwrap();
    let b = Buffer::allocate(&memory, Request::new(50, "b").dtype("int8")).unwrap();
    let stats = memory.stats();
    assert_eq!((stats.current_bytes, stats.peak_bytes, stats.current_count), (1050, 1050, 2));
    assert!(stats.allocated_bytes >= 1050 && stats.reserved_bytes >= stats.allocated_bytes);
    drop(a);
    memory.reset_peak();
    let stats = memory.stats();
    assert_eq!((stats.current_bytes, stats.peak_bytes, stats.total_bytes, stats.freed_bytes), (50, 50, 1050, 1000));
    assert_eq!(memory.live(By::Op)[0].name, "b");
    assert_eq!(memory.live(By::DType)[0].name, "int8");
    drop(b.clone());
    drop(b);
    assert_eq!(memory.stats().current_bytes, 0);
    assert!(memory.live(By::Op).is_empty());
}

#[test]
fn sites_are_named_for_large_blocks() {
    let memory = Memory::new();
    let site = intern_site("program.py", 7, "load");
    let block = with_site(site, || Buffer::allocate(&memory, Request::new(100_000, "load")).unwrap());
    let small = with_site(site, || Buffer::allocate(&memory, Request::new(10, "load")).unwrap());
    let holders = memory.live(By::Site);
    assert_eq!((holders[0].name.as_str(), holders[0].bytes), ("program.py:7 load", 100_000));
    assert_eq!((holders[1].name.as_str(), holders[1].bytes), ("", 10));
    drop((block, small));
}

#[test]
fn threads_do_not_blur_the_books() {
    let memory = Memory::new();
    std::thread::scope(|scope| {
        let threads = (0..4usize).map(|thread| {
            let memory = memory.clone();
            scope.spawn(move || {
                let mut held = Vec::new();
                for i in 0..3000usize {
                    held.push(Buffer::allocate(&memory, Request::new((i * 37 + thread) % 9000, "work")).unwrap());
                    if i % 3 == 0 {
                        held.swap_remove(i % held.len());
                    }
                }
            })
        });
        // Joined one by one: then their caches are given back too.
        threads.collect::<Vec<_>>().into_iter().for_each(|t| t.join().unwrap());
    });
    let stats = memory.stats();
    assert_eq!((stats.current_bytes, stats.current_count, stats.allocated_bytes), (0, 0, 0));
    assert_eq!((stats.total_count, stats.total_bytes), (12_000, stats.freed_bytes));
    memory.trim(0);
    assert_eq!(memory.stats().reserved_bytes, 0, "a thread that ends gives its cache back");
}

#[test]
fn the_nth_request_fails_and_nothing_is_booked() {
    let memory = Memory::new();
    for n in 0..3 {
        let failing = memory.failing(n, false);
        let results: Vec<_> = (0..4).map(|_| Buffer::allocate(&failing, Request::new(100, "test"))).collect();
        let failed: Vec<u64> = (0..4).filter(|&i| results[i as usize].is_err()).collect();
        assert_eq!(failed, [n]);
        assert_eq!(memory.stats().current_bytes, 300);
        drop(results);
        assert_eq!(memory.stats().current_bytes, 0);
    }
}

#[derive(Default)]
struct Tape {
    live: AtomicUsize,
    events: Mutex<Vec<(bool, usize)>>,
}

impl Observer for Tape {
    fn event(&self, event: &Event) {
        let (took, size, live) = match *event {
            Event::Take { size, live_bytes, .. } => (true, size, live_bytes),
            Event::Give { size, live_bytes, .. } => (false, size, live_bytes),
            _ => return,
        };
        self.live.store(live, Ordering::Relaxed);
        self.events.lock().unwrap().push((took, size));
    }
}

#[test]
fn an_observer_sees_every_block_and_charge() {
    let memory = Memory::new();
    let tape = Arc::new(Tape::default());
    memory.observe(Some(tape.clone()));
    let block = Buffer::allocate(&memory, Request::new(10, "a")).unwrap();
    let charge = memory.charge(500, "codec").unwrap();
    assert_eq!(tape.live.load(Ordering::Relaxed), 510);
    drop((block, charge));
    memory.observe(None);
    drop(Buffer::allocate(&memory, Request::new(10, "a")).unwrap());
    assert_eq!(*tape.events.lock().unwrap(), [(true, 10), (true, 500), (false, 10), (false, 500)]);
}

#[test]
fn the_books_are_whole_while_threads_work() {
    let memory = Memory::new();
    let (send, receive) = std::sync::mpsc::sync_channel::<Buffer>(100);
    std::thread::scope(|scope| {
        scope.spawn(|| receive.into_iter().for_each(drop));
        let maker = memory.clone();
        scope.spawn(move || {
            for i in 0..20_000 {
                let op = ["a", "b", "c"][i % 3];
                send.send(Buffer::allocate(&maker, Request::new(i % 500, op)).unwrap()).unwrap();
            }
        });
        for _ in 0..500 {
            let live = memory.live(By::Op);
            assert!(live.iter().all(|h| h.bytes < 500 * 500 && h.count < 500), "{live:?}");
            let stats = memory.stats();
            assert!(stats.freed_bytes <= stats.total_bytes && stats.freed_count <= stats.total_count);
        }
    });
    let stats = memory.stats();
    assert_eq!((stats.total_count, stats.freed_count, stats.current_count), (20_000, 20_000, 0));
    assert!(memory.live(By::Op).is_empty());
}

#[test]
fn ledgers_used_in_turn_keep_apart() {
    let memories = [(); 3].map(|()| Memory::new());
    for i in 0..300 {
        let held = memories.each_ref().map(|m| Buffer::allocate(m, Request::new(i, "work")).unwrap());
        for (memory, buffer) in memories.iter().zip(&held) {
            assert_eq!((memory.stats().current_bytes, memory.live(By::Op)[0].bytes), (i, buffer.len()));
        }
    }
    assert!(memories.iter().all(|m| m.stats().total_count == 300 && m.stats().current_bytes == 0));
}
