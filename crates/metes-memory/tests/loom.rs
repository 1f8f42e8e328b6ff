//! Every interleaving of the lock-free parts, in small: run with `RUSTFLAGS="--cfg loom"` and `--release`.
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use metes_memory::model::{Borrows, Hold, Sharers, Slots, Turns};
use metes_memory::{Access, Counter};
use std::ptr::NonNull;

#[test]
fn the_peak_is_exact() {
    loom::model(|| {
        let counter = Arc::new(Counter::default());
        let other = counter.clone();
        let thread = thread::spawn(move || {
            other.add(3);
            other.sub(3);
        });
        counter.add(2);
        counter.sub(2);
        thread.join().unwrap();
        assert_eq!(counter.now(), 0);
        assert!((3..=5).contains(&counter.peak()));
    });
}

#[test]
fn a_budget_is_never_passed_and_a_refusal_disturbs_nobody() {
    loom::model(|| {
        let used = Arc::new(Counter::default());
        let other = used.clone();
        let thread = thread::spawn(move || other.add_within(100, 10).is_err());
        let fits = used.add_within(6, 10).is_ok();
        assert!(thread.join().unwrap());
        assert!(fits, "a large refusal in between does not refuse a small neighbour");
        assert!(used.now() <= 10);
    });
}

/// Runs a writer of `extent` of a buffer of `len` bytes beside a reader and a writer of the whole, and checks that
/// whoever writes is alone.
fn exclude(extent: std::ops::Range<usize>, len: usize, access: Access) {
    loom::model(move || {
        let borrows = Arc::new(Borrows::default());
        let inside = Arc::new(UnsafeCell::new(0));
        let (b, i, e) = (borrows.clone(), inside.clone(), extent.clone());
        let writer = thread::spawn(move || alone(&b, &i, e, len, Access::Write));
        alone(&borrows, &inside, 0..len, len, access);
        writer.join().unwrap();
        let hold = borrows.operate(0..len, len, Access::Write, "after").unwrap();
        assert_eq!(hold, Hold::Writer, "the table is closed again");
        borrows.release(hold);
    });
}

/// The cell fails the model where two accesses are not ordered by the guards.
fn alone(borrows: &Borrows, bytes: &UnsafeCell<u64>, extent: std::ops::Range<usize>, len: usize, access: Access) {
    let hold = borrows.operate(extent, len, access, "work").unwrap();
    match access {
        // SAFETY: the model checks that nobody else is there.
        Access::Write => bytes.with_mut(|bytes| unsafe { *bytes += 1 }),
        // SAFETY: the model checks that nobody writes.
        Access::Read => assert!(bytes.with(|bytes| unsafe { *bytes }) < 9),
    }
    borrows.release(hold);
}

/// Does the same where nobody is in the way, without a note of it; the general way otherwise.
fn alone_in_brief(borrows: &Borrows, bytes: &UnsafeCell<u64>, access: Access) {
    if !borrows.begin(access) {
        return alone(borrows, bytes, 0..10, 10, access);
    }
    match access {
        // SAFETY: the model checks that nobody else is there.
        Access::Write => bytes.with_mut(|bytes| unsafe { *bytes += 1 }),
        // SAFETY: the model checks that nobody writes.
        Access::Read => assert!(bytes.with(|bytes| unsafe { *bytes }) < 9),
    }
    borrows.end(access);
}

#[test]
fn brief_holds_exclude_and_wake_the_others() {
    for (brief, other) in [(Access::Read, Access::Write), (Access::Write, Access::Read), (Access::Write, Access::Write)]
    {
        loom::model(move || {
            let (borrows, inside) = (Arc::new(Borrows::default()), Arc::new(UnsafeCell::new(0)));
            let (b, i) = (borrows.clone(), inside.clone());
            let thread = thread::spawn(move || alone_in_brief(&b, &i, brief));
            alone(&borrows, &inside, 0..10, 10, other);
            thread.join().unwrap();
            assert!(borrows.begin(Access::Write), "nothing is left");
            borrows.end(Access::Write);
        });
    }
}

const LARGE: usize = 1 << 20;

#[test]
fn a_whole_writer_and_a_reader_exclude_each_other() {
    exclude(0..10, 10, Access::Read);
}

#[test]
fn two_whole_writers_exclude_each_other() {
    exclude(0..10, 10, Access::Write);
}

#[test]
fn a_writer_of_a_part_and_a_reader_exclude_each_other() {
    exclude(0..LARGE / 2, LARGE, Access::Read);
}

#[test]
fn a_writer_of_a_part_and_one_of_the_whole_exclude_each_other() {
    exclude(0..LARGE / 2, LARGE, Access::Write);
}

#[test]
fn three_writers_by_both_ways_exclude_each_other() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let (borrows, inside) = (Arc::new(Borrows::default()), Arc::new(UnsafeCell::new(0)));
        let threads = [0..LARGE, LARGE / 4..LARGE].map(|extent| {
            let (borrows, inside) = (borrows.clone(), inside.clone());
            thread::spawn(move || alone(&borrows, &inside, extent, LARGE, Access::Write))
        });
        alone(&borrows, &inside, 0..LARGE / 2, LARGE, Access::Write);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_user_hold_is_an_error_or_waits_its_turn() {
    loom::model(|| {
        let borrows = Arc::new(Borrows::default());
        let b = borrows.clone();
        let user = thread::spawn(move || {
            let hold = b.enter(0..10, Access::Write, "user", true).unwrap();
            b.release(hold);
        });
        match borrows.operate(0..10, 10, Access::Read, "operation") {
            Ok(hold) => borrows.release(hold),
            Err(error) => assert_eq!(error.kind(), metes_memory::ErrorKind::Busy),
        }
        user.join().unwrap();
    });
}

/// What threads do under one lock, now with it and now apart: each is alone, or it is not and uses locked instructions.
struct Turned {
    lock: loom::sync::Mutex<()>,
    turns: Turns,
    sharers: Sharers,
    borrows: Borrows,
    inside: UnsafeCell<u64>,
}

impl Turned {
    /// Joins and leaves the sharers, and reads or writes in between where nobody is in the way.
    fn work(&self, access: Access) {
        let alone = self.turns.alone();
        self.sharers.join(alone);
        let held = if alone { self.borrows.begin_alone(access) } else { self.borrows.begin(access) };
        if held {
            match access {
                // SAFETY: the model checks that nobody else is there.
                Access::Write => self.inside.with_mut(|bytes| unsafe { *bytes += 1 }),
                // SAFETY: the model checks that nobody writes.
                Access::Read => assert!(self.inside.with(|bytes| unsafe { *bytes }) < 9),
            }
            if alone { self.borrows.end_alone(access) } else { self.borrows.end(access) }
        }
        assert!(!self.sharers.leave(alone), "the other one is left");
    }

    /// Work with the lock, and then without it.
    fn turn(&self, access: Access) {
        let turn = self.lock.lock().unwrap();
        self.work(access);
        self.turns.begin();
        drop(turn);
        assert!(!self.turns.alone());
        self.work(access);
        let turn = self.lock.lock().unwrap();
        self.turns.end();
        self.work(access);
        drop(turn);
    }
}

#[test]
fn whoever_is_alone_needs_no_locked_instructions() {
    for (one, other) in [(Access::Read, Access::Write), (Access::Write, Access::Write), (Access::Read, Access::Read)] {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let shared = Arc::new(Turned {
                lock: loom::sync::Mutex::new(()),
                turns: Turns::taken(),
                sharers: Sharers::default(),
                borrows: Borrows::default(),
                inside: UnsafeCell::new(0),
            });
            let theirs = shared.clone();
            let thread = thread::spawn(move || theirs.turn(one));
            shared.turn(other);
            thread.join().unwrap();
            assert_eq!(shared.sharers.count(), 1);
            assert!(shared.borrows.begin(Access::Write), "nothing is left");
            assert!(shared.turns.alone());
        });
    }
}

#[test]
fn the_last_sharer_sees_what_the_others_did() {
    loom::model(|| {
        let shared = Arc::new((Sharers::default(), UnsafeCell::new(0)));
        shared.0.join(false);
        let theirs = shared.clone();
        let thread = thread::spawn(move || leave(&theirs.0, &theirs.1));
        leave(&shared.0, &shared.1);
        thread.join().unwrap();
    });
}

/// Reads, and writes as the last.
fn leave(sharers: &Sharers, bytes: &UnsafeCell<u64>) {
    // SAFETY: the model checks that nobody writes.
    assert_eq!(bytes.with(|bytes| unsafe { *bytes }), 0);
    if sharers.leave(false) {
        // SAFETY: the model checks that nobody else is there.
        bytes.with_mut(|bytes| unsafe { *bytes += 1 });
    }
}

#[test]
fn what_is_counted_alone_and_by_others_adds_up() {
    loom::model(|| {
        let counter = Arc::new(Counter::default());
        let other = counter.clone();
        let thread = thread::spawn(move || {
            other.add(3);
            other.sub(3);
        });
        counter.add_alone(6);
        thread.join().unwrap();
        assert_eq!(counter.now(), 6);
        assert!((6..=9).contains(&counter.peak()));
    });
}

/// A room whose address is its number, of which there is nothing but that.
fn room(number: usize) -> NonNull<()> {
    NonNull::new(std::ptr::without_provenance_mut(number)).expect("not 0")
}

#[test]
fn what_is_put_in_a_slot_is_taken_once() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slots = Arc::new(Slots::<2>::empty());
        let theirs = slots.clone();
        let number = |room: NonNull<()>| room.as_ptr() as usize;
        let thief = thread::spawn(move || theirs.take_until(9).map(number).collect::<Vec<_>>());
        let mut seen = Vec::new();
        seen.extend(slots.put(1, 100, 5, room(1)).map(number));
        seen.extend(slots.put(2, 200, 5, room(2)).map(number));
        seen.extend(slots.take(1).inspect(|&got| assert_eq!(got, room(1))).map(number));
        seen.extend(slots.put(1, 300, 5, room(3)).map(number));
        seen.extend(slots.put(1, 400, 6, room(4)).map(number));
        seen.extend(thief.join().unwrap());
        seen.extend(slots.take_until(9).map(number));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3, 4]);
        assert_eq!(slots.seen().count(), 0);
    });
}
