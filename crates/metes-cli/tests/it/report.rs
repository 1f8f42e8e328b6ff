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

#[test]
fn views_exports_and_replays_have_their_names_in_the_help() {
    let (code, out, _) = metes(["report", "--help"]);
    assert_eq!(code, DONE);
    let views = metes_report::View::ALL.iter().map(|view| view.name());
    for name in views.chain(metes_report::Export::ALL.iter().map(|export| export.name())) {
        assert!(out.contains(name), "{name} is not in\n{out}");
    }
    for args in
        [&["report", "x", "no-view"][..], &["report", "x", "--replay", "lots"], &["report", "x", "--huge-pages"]]
    {
        assert_eq!(metes(args.iter().copied()).0, metes_cli::USAGE, "{args:?}");
    }
}

#[test]
fn a_program_that_is_not_there_cannot_be_watched() {
    let (code, out, err) = metes(["top", "4294967295", "--once"]);
    assert_eq!((code, out.as_str()), (FAILED, ""));
    assert!(err.contains("4294967295"), "{err}");
}
