//! Any file is an archive or an error; a member reads the same whole and row by row, within memory that it can fill.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metes_memory::{MapMode, Memory, Result};
use metes_store::{NpyFile, NpzFile};
use std::path::PathBuf;
use std::sync::LazyLock;

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("metes-fuzz-{}.npz", std::process::id())));
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::new);

fuzz_target!(|data: &[u8]| {
    std::fs::write(&*FILE, data).expect("the temporary directory takes a file");
    MEMORY.reset_peak();
    let _ = MEMORY.enter(|| {
        let archive = NpzFile::open(&FILE)?;
        for name in archive.names().take(8) {
            let _ = archive.member(name).and_then(|member| read(&member));
        }
        Result::Ok(())
    });
    let stats = MEMORY.stats();
    assert_eq!(stats.current_bytes, 0);
    // What deflate can make of the file, twice over, and a decoder.
    assert!(stats.peak_bytes <= 2 * 1032 * data.len() + (256 << 10), "{} of {} bytes", stats.peak_bytes, data.len());
});

fn read(member: &NpyFile) -> Result<()> {
    let whole = member.read();
    if member.is_mappable() {
        member.map(MapMode::ReadOnly)?;
    }
    let source = member.source()?;
    let row = source.shape()[1..].iter().product::<usize>() * source.dtype().size();
    if row == 0 {
        return Ok(());
    }
    let (mut reader, mut bytes) = (source.open()?, vec![0; row]);
    let rows = (0..source.shape()[0]).try_for_each(|_| reader.read(&mut bytes)).and_then(|()| reader.finish());
    assert_eq!(whole.is_ok(), rows.is_ok(), "{:?}, {rows:?}", whole.err());
    Ok(())
}
