//! Every interleaving of the lock-free parts, in small: run with `RUSTFLAGS="--cfg loom"` and `--release`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use metes_memory::{Access, Counter, model::Borrows};

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
        assert_eq!((counter.now(), counter.total()), (0, 5));
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

#[test]
fn a_writer_and_readers_exclude_each_other() {
    loom::model(|| {
        let borrows = Arc::new(Borrows::default());
        let inside = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let (b, i) = (borrows.clone(), inside.clone());
        let writer = thread::spawn(move || {
            let hold = b.enter(0..10, Access::Write, "write", false).unwrap();
            assert_eq!(i.fetch_add(100, loom::sync::atomic::Ordering::SeqCst), 0);
            i.fetch_sub(100, loom::sync::atomic::Ordering::SeqCst);
            b.release(&hold);
        });
        let hold = borrows.read(0..10, "read").unwrap();
        assert!(inside.fetch_add(1, loom::sync::atomic::Ordering::SeqCst) < 100);
        inside.fetch_sub(1, loom::sync::atomic::Ordering::SeqCst);
        borrows.release(&hold);
        writer.join().unwrap();
    });
}
