//! `metes report`

use crate::{metes, path};
use metes::memory::Memory;
use metes_cli::{DONE, FAILED};

#[test]
fn a_capture_is_summed_up_or_drawn() {
    let (capture, page) = (path("run.metes"), path("run.html"));
    let memory = Memory::new();
    let recorder = metes_report::Recorder::start(&capture, &memory).unwrap();
    let array = memory.enter(|| metes::array::Array::zeros(&[1 << 20], metes::dtype::Kind::F64.into())).unwrap();
    drop(array);
    recorder.finish().unwrap();
    let (code, out, err) = metes(["report".into(), capture.clone().into_os_string()]);
    assert_eq!((code, err.as_str()), (DONE, ""));
    assert!(out.contains("8.00 MiB"), "{out}");
    let args = ["report".into(), capture.into_os_string(), "--html".into(), page.clone().into_os_string()];
    assert_eq!(metes(args), (DONE, String::new(), String::new()));
    assert!(std::fs::read_to_string(page).unwrap().starts_with("<!"));
}

#[test]
fn what_is_no_capture_is_refused_by_name() {
    let file = path("no-capture.metes");
    std::fs::write(&file, "nothing of the kind").unwrap();
    let (code, out, err) = metes(["report".into(), file.into_os_string()]);
    assert_eq!((code, out.as_str()), (FAILED, ""));
    assert!(err.contains("no-capture.metes"), "{err}");
}
