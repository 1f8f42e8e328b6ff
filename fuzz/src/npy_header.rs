//! Any bytes are a header or an error; what is read as a header is written and read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metes_store::Header;

fuzz_target!(|data: &[u8]| {
    let Ok(header) = Header::read(&mut &data[..], "fuzz.npy") else { return };
    assert!(header.data_offset <= data.len());
    let bytes = Header::to_bytes(header.dtype, &header.shape, header.fortran);
    assert!(bytes.len().is_multiple_of(64));
    let again = Header::read(&mut &bytes[..], "fuzz.npy").expect("what we write is a header");
    assert_eq!((again.dtype, again.fortran, again.data_offset), (header.dtype, header.fortran, bytes.len()));
    assert_eq!(again.shape, header.shape);
});
