//! What a recorded program would have done under other limits, caches and pages.

use crate::{MIB, Scratch, block, recorded};
use metes_memory::Memory;
use metes_report::{Outcome, Pages, Policy, replay};

const SIZE: u64 = MIB as u64;

fn program(memory: &Memory) {
    let a = block(memory, 10 * MIB, "add");
    (0..5).for_each(|_| drop(block(memory, 4 * MIB, "multiply")));
    let b = block(memory, 6 * MIB + 1, "cast");
    drop((a, b));
}

fn under(file: &Scratch, policy: Policy) -> Outcome {
    replay(&file.0, &policy).unwrap()
}

#[test]
fn the_least_limit_is_found_and_holds() {
    let (file, _) = recorded("replay", program);
    let free = under(&file, Policy::default());
    // The last block is rounded to its class of six and a half MiB.
    assert_eq!((free.needed, free.live), (16 * SIZE + SIZE / 2, 16 * SIZE + 1));
    assert_eq!((free.fresh, free.reused, free.refusals), (3, 4, 0));
    assert_eq!(free.reserved, free.needed + 4 * SIZE, "what multiply freed is kept");
    let just = under(&file, Policy { limit: Some(free.needed), ..Policy::default() });
    assert_eq!((just.refusals, just.reserved), (0, free.needed));
    assert_eq!(just.reclaimed, 4 * SIZE);
    let less = under(&file, Policy { limit: Some(free.needed - 1), ..Policy::default() });
    assert_eq!(less.refusals, 1);
    let (_, who, bytes, used) = less.refused.clone().expect("one was refused");
    assert_eq!((who.op.as_str(), bytes, used), ("cast", 6 * SIZE + 1, 10 * SIZE));
    let text = less.text(&Policy { limit: Some(free.needed - 1), ..Policy::default() });
    assert!(text.contains("refused    1 block") && text.contains("cast  float64"), "{text}");
}

#[test]
fn the_recorded_program_agrees_with_the_model() {
    let (file, _) = recorded("replay-agrees", program);
    for (limit, runs) in [(16 * MIB + MIB / 2, true), (16 * MIB, false)] {
        let memory = Memory::with_limit(Some(limit));
        let real = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| program(&memory))).is_ok();
        let model = under(&file, Policy { limit: Some(limit as u64), ..Policy::default() }).refusals == 0;
        assert_eq!((real, model), (runs, runs), "under {limit}");
    }
}

#[test]
fn pages_and_caches_change_what_is_set_aside() {
    let (file, _) = recorded("replay-pages", |memory| drop(block(memory, 2 * MIB + 1, "add")));
    assert_eq!(under(&file, Policy { pages: Pages::Huge, ..Policy::default() }).needed, 4 * SIZE);
    assert_eq!(under(&file, Policy::default()).needed, 2 * SIZE + SIZE / 4);
    let (file, _) = recorded("replay-cache", program);
    let none = under(&file, Policy { cache: Some(0), ..Policy::default() });
    assert_eq!((none.fresh, none.reused, none.reserved), (7, 0, none.needed));
}
