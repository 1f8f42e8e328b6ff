//! Tests of the command line, one binary: what is written where, and the exit codes.

mod inspect;
mod report;

use metes_cli::{DONE, FAILED, USAGE, run};
use std::ffi::OsString;
use std::path::PathBuf;

/// A path of this test's own.
fn path(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

/// Exit code, output, error output.
fn metes<S: Into<OsString>>(args: impl IntoIterator<Item = S>) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("metes".into()).chain(args.into_iter().map(Into::into));
    let code = run(args, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn usage() {
    for args in [&["inspect"][..], &["no-such-command"], &["inspect", "x.npy", "--limit", "lots"], &[]] {
        let (code, out, err) = metes(args.iter().copied());
        assert_eq!((code, out.as_str()), (USAGE, ""), "{args:?}");
        assert!(err.contains("Usage") || err.contains("no size"), "{args:?}: {err}");
    }
    for args in [&["--help"][..], &["--version"], &["inspect", "--help"]] {
        let (code, out, err) = metes(args.iter().copied());
        assert_eq!((code, err.as_str()), (DONE, ""), "{args:?}");
        assert!(out.contains("metes"), "{args:?}: {out}");
    }
}

/// An output that nobody reads, or that is full.
struct Closed(std::io::ErrorKind);

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_is_closed_early_is_no_failure() {
    let file = path("closed.npy");
    inspect::save(&file, &[3], &[1i64, 2, 3]);
    for (kind, expected) in [(std::io::ErrorKind::BrokenPipe, DONE), (std::io::ErrorKind::StorageFull, FAILED)] {
        let mut err = Vec::new();
        let args = ["metes".into(), "inspect".into(), file.clone().into_os_string()];
        assert_eq!(run(args, &mut Closed(kind), &mut err), expected);
        assert_eq!(err.is_empty(), expected == DONE);
    }
}
