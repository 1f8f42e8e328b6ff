//! Reading takes memory for what was live and for the sites, not for the length of the run.

use crate::{Scratch, block, recorded};
use metes_report::{Export, View, html, read_capture};
use std::process::Command;

const FILE: &str = "METES_REPORT_TEST_FILE";
const REPEATS: usize = 20;

/// The most physical memory that this process ever had.
fn most() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the line is there");
    line.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("a number") << 10
}

#[test]
fn a_million_events_are_read_in_little_memory() {
    let (file, _) = recorded("bounded-part", |memory| {
        (0..25_000).for_each(|at| drop(block(memory, 40_000 + at % 7 * 5000, "add")));
    });
    // Chunks stand for themselves: the same ones again and again are a longer run.
    let bytes = std::fs::read(&file.0).unwrap();
    let header = 10 + 16 + u32::from_le_bytes(bytes[14..18].try_into().unwrap()) as usize;
    let long = Scratch::new("bounded");
    std::fs::write(&long.0, [&bytes[..header], &bytes[header..].repeat(REPEATS)].concat()).unwrap();
    let exe = std::env::current_exe().unwrap();
    let child = Command::new(exe)
        .args(["--exact", "bounded::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FILE, format!("{}:{}", file.0.display(), long.0.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{text}\n{}", String::from_utf8_lossy(&child.stderr));
    let grown: usize = text.split("grown ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let length = std::fs::metadata(&long.0).unwrap().len() as usize;
    assert!(length > 8 << 20, "{length} bytes are no long capture");
    assert!(grown < 3 << 20, "{grown} bytes more for a file of {length}");
}

/// Reads a short capture, then a long one of the same sites, and says by how much its memory grew.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn child() {
    let Ok(files) = std::env::var(FILE) else { return };
    let (short, long) = files.split_once(':').unwrap();
    let report = |file: &str| {
        let capture = read_capture(file).unwrap();
        View::ALL.iter().for_each(|view| drop(view.draw(&capture)));
        Export::ALL.iter().for_each(|export| drop(export.bytes(&capture)));
        drop(html(&capture).unwrap());
        capture.totals().takes
    };
    let (takes, before) = (report(short), most());
    assert_eq!(report(long), takes * REPEATS as u64);
    println!("grown {} ", most() - before);
}
