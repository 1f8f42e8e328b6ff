//! Tests of the stores, one binary.

mod hostile;
mod mutate;
mod roundtrip;

use std::path::PathBuf;

/// A path of this test's own.
fn path(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}
