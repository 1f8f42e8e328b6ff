//! What the views, the comparison and the exports say about a capture of known operations.

use crate::{MIB, Scratch, block, recorded};
use metes_memory::{Memory, Reason, copying, intern_site, with_site};
use metes_report::{Capture, Export, PieceState, Recorder, View, compare, read_capture};
use std::io::Read;
use std::sync::{Mutex, PoisonError};

/// Stacks, temporaries, a growing list, a pin, a copy, small blocks with holes.
fn program(memory: &Memory, recorder: Option<&Recorder>) {
    let stack = intern_site("main.py:3 <module>\nlib.py", 14, "load");
    let grower = intern_site("grow.py", 7, "append");
    let data = with_site(stack, || [block(memory, 8 * MIB, "fromfile"), block(memory, 4 * MIB, "add")]);
    let mut small: Vec<_> = (0..2000).map(|_| block(memory, 1000, "zeros")).collect();
    let mut odd = 0;
    small.retain(|_| {
        odd += 1;
        odd % 2 == 0
    });
    let mut list = Vec::new();
    for _ in 0..60 {
        for _ in 0..3 {
            drop(block(memory, 2 * MIB, "multiply"));
        }
        list.push(with_site(grower, || block(memory, 100_000, "copy")));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    with_site(grower, || copying(Reason::Reshape, MIB, String::new)).unwrap();
    let last = with_site(stack, || block(memory, 16 * MIB, "stack"));
    if let Some(recorder) = recorder {
        recorder.close();
        drop(block(memory, 64 * MIB, "after the close"));
        recorder.pinned("'x' in a dict", 80, 8 * MIB);
    }
    std::mem::forget((list, data));
    drop((last, small));
}

/// Copies are counted for the whole program: one recording at a time.
static TURN: Mutex<()> = Mutex::new(());

fn capture(name: &str) -> (Scratch, Capture) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (file, memory) = (Scratch::new(name), Memory::new());
    let recorder = Recorder::start(&file.0, &memory).unwrap();
    program(&memory, Some(&recorder));
    recorder.finish().unwrap();
    let capture = read_capture(&file.0).unwrap();
    (file, capture)
}

#[test]
fn each_view_says_what_it_is_for_and_fits() {
    let (_file, capture) = capture("views");
    let expected = [
        (View::Summary, &["lib.py:14 load", "view: temporaries", "view: pins", "1 place grows"][..]),
        (View::Table, &["16.0 MiB", "lib.py:14 load", "fromfile  float64"]),
        (View::Tree, &["├ main.py:3 <module>", "lib.py:14 load", "stack  float64"]),
        (View::Flame, &["▏peak", "main.py:3 <module>", "5.72 MiB grow"]),
        (View::Timeline, &["lib.py:14 load", "█"]),
        (View::Temporaries, &["360.0 MiB", "180", "multiply"]),
        (View::Copies, &["1.00 MiB", "reshape", "grow.py:7 append"]),
        (View::Pins, &["8.00 MiB", "80 B", "'x' in a dict"]),
        (View::Leaks, &["5.72 MiB", "grows", "grow.py:7 append"]),
        (View::Map, &["near the peak", "at the end", "█", "▓", "free in"]),
    ];
    assert_eq!(expected.len(), View::ALL.len());
    for (view, words) in expected {
        let text = view.draw(&capture);
        for word in words {
            assert!(text.contains(word), "{}: {word} is not in\n{text}", view.name());
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{}: {widest:?}\n{text}", view.name());
        assert_eq!(View::parse(view.name()), Some(view));
    }
}

#[test]
fn an_empty_capture_has_every_view() {
    let (_file, capture) = recorded("views-empty", |_| {});
    for view in View::ALL {
        assert!(!view.draw(&capture).is_empty(), "{}", view.name());
    }
    for export in Export::ALL {
        assert!(!export.bytes(&capture).is_empty() || *export == Export::Folded, "{}", export.name());
    }
}

#[test]
fn a_steady_loop_has_no_leak_and_no_pin() {
    let (_file, capture) = recorded("views-steady", |memory| {
        for _ in 0..300 {
            drop((block(memory, MIB, "add"), block(memory, MIB, "multiply")));
        }
    });
    assert!(View::Leaks.draw(&capture).contains("nothing that was made was left"));
    assert!(capture.traffic().iter().all(|row| !row.grows && row.alive == 0));
    assert_eq!(capture.pins(), []);
}

#[test]
fn the_map_adds_up_to_what_was_reserved() {
    let (file, memory) = (Scratch::new("views-map"), Memory::new());
    let recorder = Recorder::start(&file.0, &memory).unwrap();
    let kept: Vec<_> = (0..40).map(|at| block(&memory, 50_000 + at * 1000, "a")).collect();
    let small: Vec<_> = (0..300).map(|_| block(&memory, 3000, "b")).collect();
    drop(block(&memory, MIB, "c"));
    let reserved = memory.stats().reserved_bytes as u64;
    recorder.finish().unwrap();
    let capture = read_capture(&file.0).unwrap();
    let map = capture.end_map().expect("there is a map at the end");
    assert_eq!(map.bytes(|_| true), reserved);
    assert_eq!(
        map.bytes(|state| matches!(state, PieceState::Live(_))),
        (0..40).map(|at| 50_000 + at * 1000).sum::<u64>()
    );
    assert_eq!(map.bytes(|state| state == PieceState::Cached), MIB as u64);
    assert!(map.pieces.windows(2).all(|pair| pair[0].start + pair[0].bytes <= pair[1].start), "pieces overlap");
    assert_eq!(capture.peak_map().map(|map| map.bytes(|_| true) > 2 * MIB as u64), Some(true));
    drop((kept, small));
}

#[test]
fn two_captures_are_compared() {
    let (_old, older) =
        recorded("diff-old", |memory| drop((block(memory, 3 * MIB, "add"), block(memory, MIB, "cast"))));
    let (_new, newer) =
        recorded("diff-new", |memory| drop((block(memory, 5 * MIB, "add"), block(memory, MIB, "cast"))));
    let text = compare(&older, &newer).text();
    for word in ["4.00 MiB", "6.00 MiB", "+2.00 MiB", "+50.0 %", "add  float64"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(!text.contains("cast"), "what is the same is left out:\n{text}");
    assert!(compare(&newer, &older).text().contains("−2.00 MiB"));
    assert!(compare(&older, &older).text().contains("same makers"));
    let page = Scratch::new("diff.html");
    metes_report::write_html_against(&newer, &older, &page.0).unwrap();
    assert!(std::fs::read_to_string(&page.0).unwrap().contains("Compared with"));
}

#[test]
fn other_tools_get_what_they_read() {
    let (_file, capture) = capture("exports");
    let peak = capture.peak().bytes;
    let folded = String::from_utf8(Export::Folded.bytes(&capture)).unwrap();
    assert!(folded.contains("main.py:3 <module>;lib.py:14 load;stack  float64 16777216\n"), "{folded}");
    let weights = folded.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(weights.sum::<u64>(), peak);
    let scope: serde_json::Value = serde_json::from_slice(&Export::Speedscope.bytes(&capture)).unwrap();
    let profile = &scope["profiles"][0];
    assert_eq!(profile["endValue"], peak);
    let frames = scope["shared"]["frames"].as_array().unwrap().len() as u64;
    let samples = profile["samples"].as_array().unwrap();
    assert_eq!(samples.len(), profile["weights"].as_array().unwrap().len());
    assert!(samples.iter().flat_map(|stack| stack.as_array().unwrap()).all(|frame| frame.as_u64().unwrap() < frames));
    let chrome: serde_json::Value = serde_json::from_slice(&Export::Chrome.bytes(&capture)).unwrap();
    let events = chrome["traceEvents"].as_array().unwrap();
    assert!(events.iter().any(|event| event["args"]["live"] == peak), "the peak is not among the counters");
    assert!(events.iter().any(|event| event["args"]["lib.py:14 load"].is_u64()));
}

/// The fields of a protobuf message: number, value or length, bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let number = |bytes: &mut &[u8]| {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                return value;
            }
        }
    };
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        let value = number(&mut bytes);
        let taken = if key & 7 == 2 { value as usize } else { 0 };
        assert!(key & 7 == 2 || key & 7 == 0, "a type that is not written");
        out.push((key >> 3, value, &bytes[..taken]));
        bytes = &bytes[taken..];
    }
    out
}

#[test]
fn pprof_gets_a_profile() {
    let (_file, capture) = capture("pprof");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(Export::Pprof.bytes(&capture).as_slice()).read_to_end(&mut plain).unwrap();
    let fields_of = fields(&plain);
    let of = |number: u64| fields_of.iter().filter(move |field| field.0 == number);
    let strings: Vec<&str> = of(6).map(|field| std::str::from_utf8(field.2).unwrap()).collect();
    assert_eq!(strings[0], "");
    for word in ["inuse_space", "alloc_space", "bytes", "lib.py", "load", "stack  float64"] {
        assert!(strings.contains(&word), "{word} is not in {strings:?}");
    }
    assert_eq!(of(1).count(), 4, "four kinds of values");
    let at_peak: u64 = of(2)
        .map(|sample| {
            let values = fields(sample.2).into_iter().find(|field| field.0 == 2).unwrap().2;
            let mut rest = values;
            let mut numbers = Vec::new();
            while !rest.is_empty() {
                let end = rest.iter().position(|byte| *byte < 128).unwrap() + 1;
                numbers.push(rest[..end].iter().rev().fold(0u64, |sum, byte| sum << 7 | u64::from(byte & 127)));
                rest = &rest[end..];
            }
            numbers[1]
        })
        .sum();
    assert_eq!(at_peak, capture.peak().bytes);
    assert_eq!(of(4).count(), of(5).count(), "a function for each location");
}
