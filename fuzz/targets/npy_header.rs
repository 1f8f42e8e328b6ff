//! Any bytes as an .npy header: an answer or an error, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metes_store::Header;

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = Header::read(&mut &data[..], "fuzz") {
        assert!(header.data_offset <= data.len());
    }
});
