//! What a capture of known operations says.

use crate::{MIB, Scratch, block, recorded};
use metes_memory::Memory;
use metes_report::{Recorder, read_capture, summary};

#[test]
fn peak_holders_and_blocks_are_exact() {
    let (_file, capture) = recorded("exact", |memory| {
        let a = block(memory, 10 * MIB, "add");
        let small: Vec<_> = (0..100).map(|_| block(memory, 1000, "zeros")).collect();
        for _ in 0..3 {
            drop(block(memory, 5 * MIB, "multiply"));
        }
        drop((a, small));
        std::mem::forget(block(memory, MIB, "sum"));
    });
    assert_eq!(capture.peak().bytes, (15 * MIB + 100_000) as u64);
    let held: Vec<_> =
        capture.by_site().iter().map(|holder| (holder.op.as_str(), holder.bytes, holder.count)).collect();
    assert_eq!(held, [("add", 10 * MIB as u64, 1), ("multiply", 5 * MIB as u64, 1), ("zeros", 100_000, 100)]);
    assert!(capture.by_site().iter().all(|holder| holder.dtype == "float64"));
    let made: Vec<_> = capture.largest().iter().map(|kind| (kind.op.as_str(), kind.times, kind.alive)).collect();
    assert_eq!(made, [("add", 1, false), ("multiply", 3, false), ("sum", 1, true)]);
    assert!(capture.largest().iter().all(|kind| kind.born + kind.lifetime <= capture.duration()));
    let totals = capture.totals();
    assert_eq!((totals.takes, totals.bytes), (105, (26 * MIB + 100_000) as u64));
    assert_eq!(totals.live_at_end, MIB as u64);
    assert!(capture.timeline().iter().any(|point| point.live == capture.peak().bytes));
    assert_eq!(capture.notes(), [] as [&str; 0]);
}

#[test]
fn what_lived_before_counts() {
    let (file, memory) = (Scratch::new("before"), Memory::new());
    let old = block(&memory, 3 * MIB, "old");
    let recorder = Recorder::start(&file.0, &memory).unwrap();
    let new = block(&memory, MIB, "new");
    drop(old);
    recorder.finish().unwrap();
    let capture = read_capture(&file.0).unwrap();
    assert_eq!(capture.peak().bytes, 4 * MIB as u64);
    let held: Vec<_> = capture.by_site().iter().map(|holder| holder.bytes).collect();
    assert_eq!(held, [3 * MIB as u64, MIB as u64]);
    assert!(capture.by_site()[0].site.contains("before the recording"));
    assert_eq!(capture.totals().live_at_end, MIB as u64);
    drop(new);
}

#[test]
fn threads_record_together() {
    let (_file, capture) = recorded("threads", |memory| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| drop(block(memory, MIB, "ones"))));
            }
        });
    });
    assert_eq!(capture.totals().takes, 2000);
    assert_eq!(capture.largest()[0].times, 2000);
    assert!((MIB as u64..=4 * MIB as u64).contains(&capture.peak().bytes));
}

#[test]
fn millions_of_small_blocks_make_a_small_file() {
    let (file, capture) = recorded("small", |memory| (0..200_000).for_each(|_| drop(block(memory, 64, "tiny"))));
    let length = std::fs::metadata(&file.0).unwrap().len();
    assert!(length < 200_000, "{length} bytes for 200,000 blocks");
    assert_eq!((capture.totals().takes, capture.peak().bytes), (200_000, 64));
}

#[test]
fn a_dropped_recorder_leaves_a_readable_file_and_stops_observing() {
    let (file, memory) = (Scratch::new("dropped"), Memory::new());
    drop(Recorder::start(&file.0, &memory).unwrap());
    let length = std::fs::metadata(&file.0).unwrap().len();
    drop(block(&memory, MIB, "after"));
    assert_eq!(std::fs::metadata(&file.0).unwrap().len(), length);
    assert_eq!(read_capture(&file.0).unwrap().totals().takes, 0);
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let error = Recorder::start("/nowhere/run.metes", &Memory::new()).err().expect("the directory is not there");
    assert!(error.to_string().contains("/nowhere/run.metes"), "{error}");
}

#[test]
fn the_summary_fits_a_screen() {
    let (_file, capture) = recorded("summary", |memory| {
        let blocks: Vec<_> = (1..60).map(|count| block(memory, count * MIB, "add")).collect();
        drop(blocks);
    });
    let text = summary(&capture);
    assert!(text.lines().count() <= 40, "{text}");
    for word in ["peak      1.73 GiB", "limit     none", "add  float64", "59 blocks"] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

#[test]
fn sites_scopes_and_charges_have_their_names() {
    let site = metes_memory::intern_site("job.py", 12, "load");
    let scope = metes_memory::Scope::new(None, "loading");
    let (_file, capture) = recorded("names", |memory| {
        let made = || metes_memory::with_site(site, || block(memory, 2 * MIB, "open"));
        let block = scope.run(made);
        let charges = [memory.charge(MIB, "inflate").unwrap(), memory.charge(MIB, "inflate").unwrap()];
        drop((charges, block));
    });
    assert_eq!(capture.peak().bytes, 4 * MIB as u64);
    let open = capture.by_site().iter().find(|holder| holder.op == "open").expect("the block is there");
    assert_eq!((open.site.as_str(), open.scope.as_str()), ("job.py:12 load", "loading"));
    assert_eq!(open.bytes, 2 * MIB as u64);
    assert_eq!(capture.by_site().iter().map(|holder| holder.bytes).sum::<u64>(), capture.peak().bytes);
}

#[test]
fn holders_are_known_where_small_blocks_make_the_peak() {
    let (_file, capture) = recorded("small-peak", |memory| {
        let small: Vec<_> = (0..5000).map(|_| block(memory, 1000, "zeros")).collect();
        drop(small);
    });
    assert_eq!(capture.peak().bytes, 5_000_000);
    let zeros = &capture.by_site()[0];
    assert_eq!(zeros.op, "zeros");
    assert!(5_000_000 - zeros.bytes <= 64 << 10, "{} of 5,000,000", zeros.bytes);
}
