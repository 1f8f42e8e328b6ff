//! Cut, damaged and hostile captures: what can be read is read, the rest is told, nothing panics.

use crate::{MIB, Scratch, block, recorded};
use metes_memory::ErrorKind;
use metes_report::{Export, Policy, View, compare, html, read_capture, replay, summary};
use proptest::prelude::*;

/// A capture of some chunks: ten thousand large blocks that come and go.
fn whole(name: &str) -> Vec<u8> {
    let (file, _) = recorded(name, |memory| {
        (0..10_000).for_each(|count| drop(block(memory, MIB + count, "add")));
    });
    std::fs::read(&file.0).unwrap()
}

#[test]
fn a_killed_run_reads_up_to_its_last_chunk() {
    let bytes = whole("killed-whole");
    let file = Scratch::new("killed");
    let mut seen = 0;
    for part in 1..=20 {
        std::fs::write(&file.0, &bytes[..bytes.len() * part / 21]).unwrap();
        let capture = read_capture(&file.0).unwrap();
        assert!(capture.totals().takes >= seen, "a longer file says less");
        seen = capture.totals().takes;
        assert!(capture.notes().iter().any(|note| note.contains("no end")), "{:?}", capture.notes());
    }
    assert!((5_000..10_000).contains(&seen), "{seen} of 10,000 blocks in all but the end of the file");
}

#[test]
fn damage_costs_only_its_chunk() {
    let mut bytes = whole("damaged-whole");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    let file = Scratch::new("damaged");
    std::fs::write(&file.0, &bytes).unwrap();
    let capture = read_capture(&file.0).unwrap();
    assert!(capture.totals().takes > 5_000, "{} of 10,000 blocks", capture.totals().takes);
    assert!(capture.totals().takes < 10_000);
    assert!(capture.notes().iter().any(|note| note.contains("damaged")), "{:?}", capture.notes());
}

#[test]
fn other_files_are_refused_by_name() {
    let file = Scratch::new("other");
    for bytes in [&b""[..], b"\x89met", b"PK\x03\x04 something else", b"\x89metes\r\n\xFF\xFF"] {
        std::fs::write(&file.0, bytes).unwrap();
        let error = read_capture(&file.0).expect_err("this is no capture");
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.to_string().contains("other"), "{error}");
    }
    assert_eq!(read_capture("/nowhere.metes").expect_err("no file").kind(), ErrorKind::Io);
}

#[test]
fn a_newer_version_is_refused_by_number_and_an_older_one_read() {
    let mut bytes = whole("versions-whole");
    let file = Scratch::new("versions");
    for (version, read) in [(0, false), (1, true), (2, true), (3, false)] {
        bytes[8] = version;
        std::fs::write(&file.0, &bytes).unwrap();
        let capture = read_capture(&file.0);
        assert_eq!(capture.is_ok(), read, "version {version}");
        if version == 3 {
            let text = capture.expect_err("it is newer").to_string();
            assert!(text.contains("version 3") && text.contains("newer"), "{text}");
        }
    }
}

#[test]
fn a_file_of_nothing_but_damage_ends() {
    let file = Scratch::new("nothing");
    let mut bytes = b"\x89metes\r\n\x02\x00".to_vec();
    bytes.extend(b"\xC3chk\xFF\xFF\x00\x00".repeat(200_000));
    std::fs::write(&file.0, &bytes).unwrap();
    let capture = read_capture(&file.0).unwrap();
    assert_eq!(capture.peak().bytes, 0);
    let notes = capture.notes();
    assert!(notes.len() <= 4 && notes.iter().any(|note| note.contains("1000 places")), "{notes:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..40), cut in any::<usize>()) {
        static WHOLE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let (file, _) = recorded("fuzz-whole", |memory| (0..40).for_each(|count| drop(block(memory, MIB << (count % 4), "add"))));
            std::fs::read(&file.0).unwrap()
        });
        let mut bytes = WHOLE.clone();
        for (place, value) in changes {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        bytes.truncate(bytes.len() - cut % (bytes.len() / 4));
        let file = Scratch::new("fuzz");
        std::fs::write(&file.0, &bytes).unwrap();
        if let Ok(capture) = read_capture(&file.0) {
            summary(&capture);
            html(&capture).unwrap();
            View::ALL.iter().for_each(|view| drop(view.draw(&capture)));
            Export::ALL.iter().for_each(|export| drop(export.bytes(&capture)));
            compare(&capture, &capture).text();
            replay(&file.0, &Policy::default()).unwrap();
        }
    }
}
