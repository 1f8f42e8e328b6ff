//! A memory is looked at through its socket.

use crate::{MIB, Scratch, block};
use metes_memory::{ErrorKind, Memory};
use metes_report::{Live, LiveReader, screen};
use std::os::unix::fs::PermissionsExt;

/// A socket's place in a directory of its own.
fn place(name: &str) -> Scratch {
    let parent = Scratch::new(name);
    Scratch(parent.0.join("live"))
}

#[test]
fn what_is_live_is_told_until_the_end() {
    let (place, memory) = (place("live-dir"), Memory::with_limit(Some(64 * MIB)));
    let live = Live::at(&memory, place.0.clone()).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place.0), mode(place.0.parent().unwrap())), (0o600, 0o700), "nobody else may look");
    let held = block(&memory, 3 * MIB, "add");
    let mut reader = LiveReader::at(&place.0).unwrap();
    let now = reader.moment().unwrap().expect("the program runs");
    assert_eq!((now.live, now.peak, now.limit), (3 * MIB as u64, 3 * MIB as u64, Some(64 * MIB as u64)));
    assert_eq!(now.ops, [("add".to_owned(), 3 * MIB as u64, 1)]);
    drop(held);
    while reader.moment().unwrap().expect("the program runs").live > 0 {}
    assert!(screen(&[now], 80, 24).contains("3.00 MiB"));
    drop(live);
    while reader.moment().unwrap().is_some() {}
    assert!(!place.0.exists(), "the socket goes with its program");
    assert_eq!(LiveReader::at(&place.0).err().map(|error| error.kind()), Some(ErrorKind::Io));
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let place = place("live-open");
    let parent = place.0.parent().unwrap();
    std::fs::create_dir_all(parent).unwrap();
    std::fs::set_permissions(parent, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = Live::at(&Memory::new(), place.0.clone()).err().expect("others may enter");
    assert!(error.to_string().contains("others may enter"), "{error}");
}

#[test]
fn a_process_that_is_not_there_is_named() {
    let error = LiveReader::attach(u32::MAX).err().expect("there is no such process").to_string();
    assert!(error.contains("4294967295") && error.contains("metes run"), "{error}");
}
