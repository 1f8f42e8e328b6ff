//! No data race through a safe interface: operations wait for each other, user code is told.

use metes_memory::{Access, Buffer, ErrorKind, Memory, Request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn buffer() -> Buffer {
    Buffer::allocate(&Memory::new(), Request::new(100, "test")).unwrap()
}

#[test]
fn readers_share_and_disjoint_writers_too() {
    let a = buffer();
    let b = a.clone();
    let one = Buffer::guard(&[(&a, 0..100, Access::Read)], "one").unwrap();
    let two = Buffer::guard(&[(&b, 0..100, Access::Read)], "two").unwrap();
    drop((one, two));
    let left = a.hold(0..50, Access::Write, "left").unwrap();
    let right = b.hold(50..100, Access::Write, "right").unwrap();
    drop((left, right));
    drop(a.hold(0..100, Access::Write, "all").unwrap());
}

#[test]
fn what_user_code_holds_is_an_error_that_names_both() {
    let a = buffer();
    let _keep = a.clone();
    let held = a.hold(10..20, Access::Read, "Array::read").unwrap();
    assert!(Buffer::guard(&[(&a, 0..100, Access::Read)], "sum").is_ok());
    let error = Buffer::guard(&[(&a, 15..30, Access::Write)], "add").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains("add") && error.message().contains("Array::read"), "{error}");
    assert!(Buffer::guard(&[(&a, 20..30, Access::Write)], "add").is_ok());
    drop(held);
    assert!(Buffer::guard(&[(&a, 15..30, Access::Write)], "add").is_ok());
}

#[test]
fn one_operation_may_read_and_write_the_same_bytes() {
    let a = buffer();
    let b = a.clone();
    let extents = [(&a, 0..60, Access::Write), (&b, 40..100, Access::Read)];
    drop(Buffer::guard(&extents, "add").unwrap());
}

#[test]
fn operations_wait_for_each_other() {
    let (a, b) = (buffer(), buffer());
    let inside = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (a, b, inside) = (a.clone(), b.clone(), &inside);
            scope.spawn(move || {
                for _ in 0..300 {
                    let extents = [(&a, 0..100, Access::Write), (&b, 0..100, Access::Write)];
                    let order = if thread % 2 == 0 { [0, 1] } else { [1, 0] };
                    let extents = order.map(|i| extents[i].clone());
                    let guards = Buffer::guard(&extents, "work").unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "alone");
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(guards);
                    drop(Buffer::guard(&[(&a, 0..100, Access::Read)], "look").unwrap());
                }
            });
        }
    });
}

#[test]
fn a_writer_waits_for_readers_that_came_first() {
    let a = buffer();
    let reading = Buffer::guard(&[(&a.clone(), 0..100, Access::Read)], "read").unwrap();
    let written = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (b, written) = (a.clone(), &written);
        scope.spawn(move || {
            let _guard = Buffer::guard(&[(&b, 0..100, Access::Write)], "write").unwrap();
            written.store(1, Ordering::SeqCst);
        });
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(written.load(Ordering::SeqCst), 0);
        drop(reading);
    });
    assert_eq!(written.load(Ordering::SeqCst), 1);
}

#[test]
fn a_thread_never_waits_for_itself() {
    let a = buffer();
    let b = a.clone();
    for (first, second) in
        [(Access::Read, Access::Write), (Access::Write, Access::Read), (Access::Write, Access::Write)]
    {
        for extent in [0..100, 10..20] {
            let mine = Buffer::guard(&[(&a, extent.clone(), first)], "outer").unwrap();
            let errors = [Buffer::guard(&[(&b, 0..50, second)], "inner"), b.hold(0..50, second, "inner")];
            for error in errors.map(|result| result.err().expect("it would wait for ever")) {
                assert_eq!(error.kind(), ErrorKind::Busy);
                assert!(error.message().contains("outer") && error.message().contains("inner"), "{error}");
            }
            drop(mine);
            drop(Buffer::guard(&[(&b, 0..50, second)], "inner").unwrap());
        }
    }
    let reads = [(); 3].map(|()| Buffer::guard(&[(&a, 0..100, Access::Read)], "read").unwrap());
    drop(reads);
    drop(a.hold(0..100, Access::Write, "write").unwrap());
}

#[test]
fn a_buffer_that_one_handle_shares_between_threads_is_guarded_too() {
    let a = buffer();
    let inside = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let guards = Buffer::guard(&[(&a, 0..100, Access::Write)], "work").unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "alone");
                    std::hint::spin_loop();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(guards);
                }
            });
        }
    });
}

#[test]
fn disjoint_parts_of_a_large_buffer_are_written_at_once() {
    let a = Buffer::allocate(&Memory::new(), Request::new(1 << 20, "test")).unwrap();
    let _left = Buffer::guard(&[(&a, 0..1 << 19, Access::Write)], "left").unwrap();
    std::thread::scope(|scope| {
        let right = scope.spawn(|| drop(Buffer::guard(&[(&a, 1 << 19..1 << 20, Access::Write)], "right").unwrap()));
        right.join().unwrap();
    });
}

#[test]
fn a_group_is_held_whole_or_not_at_all() {
    let (a, b) = (buffer(), buffer());
    let held = b.hold(0..10, Access::Read, "Array::read").unwrap();
    for extents in [
        [(&a, 0..100, Access::Write), (&b, 0..100, Access::Write)],
        [(&b, 0..100, Access::Write), (&a, 0..100, Access::Write)],
    ] {
        assert!(Buffer::guard(&extents, "add").is_err());
        drop(a.hold(0..100, Access::Write, "check").expect("nothing is left behind"));
    }
    drop(held);
    let empty = Buffer::guard(&[(&a, 0..0, Access::Write), (&b, 0..100, Access::Read)], "add").unwrap();
    drop(a.hold(0..100, Access::Write, "check").expect("no bytes, no hold"));
    drop(empty);
}
