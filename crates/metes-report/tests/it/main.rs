//! Captures are written, read and drawn; what damaged, cut or hostile files do.

mod bounded;
mod browser;
mod damage;
mod live;
mod page;
mod record;
mod replay;
mod views;

use metes_memory::{Buffer, Memory, Request};
use metes_report::{Capture, Recorder, read_capture};
use std::path::PathBuf;

const MIB: usize = 1 << 20;

/// A file of its own for a test, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let directory = std::env::temp_dir().join(format!("metes-report-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("the directory for temporary files takes a directory");
        Scratch(directory.join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn block(memory: &Memory, size: usize, op: &'static str) -> Buffer {
    Buffer::allocate(memory, Request::new(size, op).dtype("float64")).expect("there is no limit")
}

/// Records what `body` does in a memory of its own.
fn recorded(name: &str, body: impl FnOnce(&Memory)) -> (Scratch, Capture) {
    let (file, memory) = (Scratch::new(name), Memory::new());
    let recorder = Recorder::start(&file.0, &memory).expect("the file can be made");
    body(&memory);
    recorder.finish().expect("the file can be written");
    let capture = read_capture(&file.0).expect("what was written can be read");
    (file, capture)
}
