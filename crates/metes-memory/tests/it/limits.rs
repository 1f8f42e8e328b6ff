//! A limit is a limit, and its refusal helps.

use metes_memory::{Buffer, ErrorKind, Memory, Request, intern_site, machine_memory, parse_size, resident, with_site};

#[test]
fn sizes_are_read_as_people_write_them() {
    for (text, bytes) in
        [("0", 0), ("64", 64), ("64 MiB", 64 << 20), ("2GB", 2_000_000_000), ("1.5 k", 1536), (" 3 kib ", 3072)]
    {
        assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
    }
    assert_eq!(parse_size("50%").unwrap(), machine_memory() / 2);
    for text in ["", "MiB", "-1", "1 XB", "1e30", "64 MiB!", "99999999999999999999 TB", "nan"] {
        assert_eq!(parse_size(text).err().unwrap().kind(), ErrorKind::Value, "{text}");
    }
    assert!(resident().0 > 0 && resident().1 >= resident().0);
}

#[test]
fn a_refusal_comes_first_and_names_the_numbers() {
    let memory = Memory::with_limit(Some(1 << 20));
    let site = intern_site("held.py", 3, "hold");
    let held = with_site(site, || Buffer::allocate(&memory, Request::new(700_000, "hold").dtype("uint8")).unwrap());
    let before = memory.stats();
    let error = Buffer::allocate(&memory, Request::new(600_000, "add").dtype("float64")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Memory);
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.limit, refusal.holders[0].1), (Some(1 << 20), 700_000));
    for part in ["add", "600000", "float64", "1.0 MiB", "held.py:3 hold"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert_eq!(memory.stats(), before);
    drop(held);
    assert!(Buffer::allocate(&memory, Request::new(600_000, "add")).is_ok());
}

#[test]
fn a_limit_can_change_and_never_frees_what_lives() {
    let memory = Memory::new();
    let held = Buffer::allocate(&memory, Request::new(1 << 20, "hold")).unwrap();
    assert_eq!(memory.set_limit(Some(1000)), None);
    assert!(Buffer::allocate(&memory, Request::new(1 << 20, "more")).is_err());
    assert_eq!(held.len(), 1 << 20);
    assert_eq!(memory.set_limit(None), Some(1000));
    assert!(Buffer::allocate(&memory, Request::new(1 << 20, "more")).is_ok());
}

#[test]
fn charges_count_against_the_limit() {
    let memory = Memory::with_limit(Some(100_000));
    let charge = memory.charge(90_000, "codec").unwrap();
    assert!(memory.charge(20_000, "codec").is_err());
    assert!(Buffer::allocate(&memory, Request::new(50_000, "block")).is_err());
    drop(charge);
    assert!(Buffer::allocate(&memory, Request::new(50_000, "block")).is_ok());
}
