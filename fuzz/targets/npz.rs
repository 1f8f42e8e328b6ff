//! Any bytes as an .npz archive: every member is read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metes_store::NpzFile;

fuzz_target!(|data: &[u8]| {
    let path = std::env::temp_dir().join(format!("metes-fuzz-{}.npz", std::process::id()));
    std::fs::write(&path, data).expect("the temporary directory can be written");
    if let Ok(archive) = NpzFile::open(&path) {
        let names: Vec<String> = archive.names().map(str::to_owned).collect();
        for name in names {
            let _ = archive.member(&name).and_then(|member| member.read());
        }
    }
});
