//! What was freed goes back in time, also while the program rests. Both tests set what holds for the whole process.

use metes_memory::{Buffer, Memory, Request, decay_in_background, set_decay};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

static TURN: Mutex<()> = Mutex::new(());

fn free_one(memory: &Memory) {
    drop(Buffer::allocate(memory, Request::new(3 << 20, "large")).expect("there is room"));
    assert!(memory.stats().cached_bytes >= 3 << 20);
}

#[test]
fn a_sweep_takes_what_has_waited_long_enough() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let memory = Memory::new();
    let before = set_decay(1000);
    free_one(&memory);
    assert_eq!(memory.sweep(), 0);
    assert_eq!(set_decay(0), 1000);
    assert!(memory.sweep() >= 3 << 20);
    assert_eq!(memory.stats().cached_bytes, 0);
    set_decay(before);
}

#[test]
fn a_program_that_rests_is_swept() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = set_decay(1000);
    free_one(Memory::global());
    assert!(decay_in_background(true) && decay_in_background(true), "the newer thread takes over");
    set_decay(0);
    let end = Instant::now() + Duration::from_secs(60);
    while Memory::global().stats().cached_bytes >= 3 << 20 {
        assert!(Instant::now() < end, "nobody sweeps");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!decay_in_background(false));
    set_decay(before);
}
