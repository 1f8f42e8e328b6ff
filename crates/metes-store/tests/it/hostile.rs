//! Files that lie are refused by name, before anything is allocated on their word.

use crate::path;
use metes_array::Array;
use metes_memory::{ErrorKind, Memory};
use metes_store::{NpzFile, load, savez_compressed};
use std::path::{Path, PathBuf};

fn npy(name: &str, version: [u8; 2], header: &str, data: &[u8]) -> PathBuf {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend(version);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    let file = path(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

fn refused(file: &Path, field: &str) {
    let memory = Memory::new();
    let error = memory.enter(|| load(file)).err().unwrap_or_else(|| panic!("{} is refused", file.display()));
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(error.message().contains(name) && error.message().contains(field), "{field}: {error}");
    assert!(memory.stats().peak_bytes < 100_000, "{error}: {} bytes", memory.stats().peak_bytes);
}

#[test]
fn headers() {
    let cases = [
        ("magic", "not a header"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,), }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9), }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False, 'shape': 3, }"),
        ("shape", "{'descr': '<f8', 'fortran_order': False}"),
        ("descr", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        ("descr", "{'descr': '<U99999999999', 'fortran_order': False, 'shape': (1,), }"),
        ("descr", "{'descr': [('a', '<f8'), ('a', '<i4')], 'fortran_order': False, 'shape': (1,), }"),
        ("descr", "{'descr': [('a', '<f8', (99999, 99999))], 'fortran_order': False, 'shape': (1,), }"),
        ("descr", "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }"),
        ("header", "{'descr': [('a', '<f8', 'fortran_order': False, 'shape': (1,), }"),
        ("descr", "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"),
        ("fortran_order", "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }"),
        ("other", "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'other': 1}"),
        ("header", "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } import os"),
        ("header", "{'descr"),
    ];
    for (i, (field, header)) in cases.iter().enumerate() {
        let file = if *field == "magic" {
            let file = path("magic.npy");
            std::fs::write(&file, b"PK not numpy at all").unwrap();
            file
        } else {
            npy(&format!("case{i}.npy"), [1, 0], header, &[0; 16])
        };
        refused(&file, field);
    }
    refused(&npy("version.npy", [9, 0], "{}", &[]), "version");
}

#[test]
fn cut_files() {
    let file = path("whole.npy");
    metes_store::save(&file, &Array::zeros(&[100], metes_dtype::Kind::F64.into()).unwrap()).unwrap();
    let whole = std::fs::read(&file).unwrap();
    for length in [0, 3, 7, 9, 50, 127, 128, 500, whole.len() - 1] {
        let cut = path("cut.npy");
        std::fs::write(&cut, &whole[..length]).unwrap();
        refused(&cut, "cut.npy");
    }
}

/// An archive of one member whose plain size and header are changed.
fn archive(change: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let file = path(&format!("archive-{:?}.npz", std::thread::current().id()));
    let zeros = Array::zeros(&[1000], metes_dtype::Kind::F64.into()).unwrap();
    savez_compressed(&file, &[("x".to_owned(), zeros)]).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    change(&mut bytes);
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn archives() {
    let read = |file: &PathBuf| NpzFile::open(file).and_then(|f| f.member("x")).and_then(|m| m.read());
    assert!(read(&archive(|_| {})).is_ok());
    let error = read(&archive(|b| b.truncate(b.len() / 2))).err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::Format | ErrorKind::Io), "{error}");

    let directory = |b: &[u8]| b.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let longer = archive(|b| {
        let at = directory(b) + 24;
        b[at..at + 4].copy_from_slice(&900_000u32.to_le_bytes());
    });
    let error = read(&longer).err().unwrap();
    assert!(error.message().contains("[x]"), "{error}");

    let checksum = archive(|b| {
        let at = directory(b) + 16;
        b[at] ^= 1;
    });
    let error = read(&checksum).err().unwrap();
    assert!(error.message().contains("checksum"), "{error}");

    let bomb = archive(|b| {
        let at = directory(b) + 24;
        b[at..at + 4].copy_from_slice(&4_000_000_000u32.to_le_bytes());
    });
    let memory = Memory::new();
    let error = memory.enter(|| read(&bomb)).err().unwrap();
    assert!(error.message().contains("size") && memory.stats().peak_bytes < 200_000, "{error}");

    let encrypted = archive(|b| {
        let at = directory(b) + 8;
        b[at] |= 1;
    });
    let error = read(&encrypted).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("encrypted"), "{error}");
}

/// An archive of one deflated member with these plain bytes, whose directory is changed by `change`.
fn deflated(name: &str, plain: &[u8], encode: impl Fn(&[u8]) -> Vec<u8>, size: u64) -> PathBuf {
    use rawzip::{CompressionMethod, Crc32Option, DataDescriptorOutput, ZipArchiveWriter};
    use std::io::Write;
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let file = archive.new_file("x.npy").compression_method(CompressionMethod::DEFLATE);
    let (mut entry, _) = file.crc32(Crc32Option::Skip).start().unwrap();
    entry.write_all(&encode(plain)).unwrap();
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, plain) as u32;
    entry.finish(DataDescriptorOutput::new(crc, size)).unwrap();
    let file = path(name);
    std::fs::write(&file, archive.finish().unwrap()).unwrap();
    file
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn deflated_bytes_end_where_the_header_says() {
    let mut plain = metes_store::Header::to_bytes(metes_dtype::Kind::U8.into(), &[200], false);
    plain.extend((0..200).map(|i| i as u8));
    let size = plain.len() as u64;
    let read = |file: &PathBuf| NpzFile::open(file)?.member("x")?.read();
    read(&deflated("whole.npz", &plain, deflate, size)).unwrap();

    let longer = [&plain[..], &[0; 9]].concat();
    let cases = [
        ("inflates past", deflated("past.npz", &longer, deflate, size), "goes on"),
        ("inflates to less", deflated("less.npz", &plain[..300], deflate, size), "ends after"),
        ("has no end", deflated("open.npz", &plain, |p| deflate(p).split_last().unwrap().1.to_vec(), size), "[x]"),
        ("has more", deflated("more.npz", &plain, |p| [&deflate(p)[..], b"tail"].concat(), size), "4 bytes follow"),
        ("is not deflated", deflated("noise.npz", &plain, |_| vec![0xff; 200], size), "not deflated"),
        ("lies of its size", deflated("size.npz", &longer, deflate, size + 9), "shape"),
    ];
    for (what, file, message) in cases {
        let error = read(&file).err().unwrap_or_else(|| panic!("a member that {what} is refused"));
        assert_eq!(error.kind(), ErrorKind::Format, "{what}: {error}");
        assert!(error.message().contains("[x]") && error.message().contains(message), "{what}: {error}");
    }
}

#[test]
fn one_damaged_member_does_not_hide_the_others() {
    let file = path("damaged.npz");
    let array = Array::zeros(&[10], metes_dtype::Kind::F64.into()).unwrap();
    metes_store::savez(&file, &[("a".to_owned(), array.clone()), ("b".to_owned(), array)]).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[..4].copy_from_slice(b"gone");
    std::fs::write(&file, bytes).unwrap();
    let archive = NpzFile::open(&file).unwrap();
    let error = archive.member("a").err().unwrap();
    assert!(error.message().contains("[a]"), "{error}");
    assert_eq!(archive.member("b").unwrap().read().unwrap().shape(), [10]);
}
