//! Files that NumPy wrote (see `data/make.py`): read as they are, and written again byte for byte.

use crate::{counting, path};
use metes_memory::{ErrorKind, MapMode};
use metes_store::{NpzFile, load, save};
use rawzip::ZipArchive;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn members_are_read_and_written_again_to_the_byte() {
    let file = data("plain.npz");
    let (archive, bytes) = (NpzFile::open(&file).unwrap(), std::fs::read(&file).unwrap());
    let zip = ZipArchive::from_slice(&bytes).unwrap();
    let mut edges = 0;
    for entry in zip.entries() {
        let entry = entry.unwrap();
        let name = String::from_utf8(entry.file_path().as_ref().to_vec()).unwrap();
        let member = archive.member(&name).unwrap();
        let array = member.read().unwrap();
        assert_eq!(
            array.to_scalars().unwrap(),
            counting(array.shape(), array.dtype().number().unwrap()).to_scalars().unwrap(),
            "{name}"
        );
        assert_eq!(member.map(MapMode::ReadOnly).unwrap().to_scalars().unwrap(), array.to_scalars().unwrap(), "{name}");
        let again = path(&format!("again-{name}"));
        save(&again, &array).unwrap();
        let numpys = zip.get_entry(entry.wayfinder()).unwrap().data();
        assert_eq!(String::from_utf8_lossy(&std::fs::read(&again).unwrap()), String::from_utf8_lossy(numpys), "{name}");
        edges += usize::from(name.starts_with("edge"));
    }
    assert_eq!(archive.members().len(), 25);
    assert_eq!(edges, 3);
}

#[test]
fn compressed_members_are_read() {
    let archive = NpzFile::open(&data("deflated.npz")).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["kind_float64", "shape_1234", "fortran_2x3x15"]);
    for name in archive.names() {
        let array = archive.member(name).unwrap().read().unwrap();
        assert_eq!(
            array.to_scalars().unwrap(),
            counting(array.shape(), array.dtype().number().unwrap()).to_scalars().unwrap(),
            "{name}"
        );
        assert_eq!(array.is_c_contiguous(), !name.starts_with("fortran"));
    }
}

#[test]
fn later_versions_are_read() {
    for version in [2, 3] {
        let file = data(&format!("version{version}.npy"));
        assert_eq!(metes_store::open_npy(&file).unwrap().header().version, (version, 0));
        assert_eq!(
            load(&file).unwrap().to_scalars().unwrap(),
            counting(&[2, 3], metes_dtype::Kind::F64).to_scalars().unwrap()
        );
    }
}

#[test]
fn other_dtypes_are_read() {
    let cases = [
        ("big_endian", ">f8"),
        ("structured", "[('größe', '<f8'), ('n', '<i4')]"),
        ("text", "<U3"),
        ("bytes", "|S3"),
        ("dates", "datetime64[D]"),
        ("raw", "|V5"),
    ];
    for (name, dtype) in cases {
        let file = data(&format!("other_{name}.npy"));
        let array = load(&file).unwrap();
        assert_eq!(array.dtype().to_string(), dtype, "{name}");
        let again = crate::path(&format!("again_{name}.npy"));
        metes_store::save(&again, &array).unwrap();
        assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&file).unwrap(), "{name}");
    }
}

#[test]
fn objects_are_refused_by_name() {
    let error = load(&data("refused_object.npy")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for part in ["refused_object.npy", "|O", "object"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[test]
fn other_archives() {
    let error = NpzFile::open(&data("bzip2.npz")).unwrap().member("x").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("[x]") && error.message().contains("method 12"), "{error}");

    let archive = NpzFile::open(&data("twice.npz")).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["x", "notes.txt"]);
    assert_eq!(archive.member("x.npy").unwrap().read().unwrap().shape(), [3], "the later of two counts");
    let error = archive.member("notes.txt").err().unwrap();
    assert!(error.message().contains("magic"), "{error}");
}
