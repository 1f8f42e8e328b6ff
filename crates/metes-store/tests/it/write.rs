//! Files appear whole or not at all, and in place of what was there.

use crate::{counting, path};
use metes_dtype::{DType, Kind};
use metes_eval::ChunkSink;
use metes_store::{NpyWriter, load, save, savez};
use std::os::unix::fs::PermissionsExt;

#[test]
fn an_unfinished_file_never_appears() {
    let file = path("unfinished.npy");
    let mut writer = NpyWriter::create(&file, DType::of(Kind::U8), &[2, 3]).unwrap();
    writer.write(&[1, 2, 3]).unwrap();
    assert!(writer.finish().is_err());
    drop(writer);
    assert!(!file.exists());
    let mut writer = NpyWriter::create(&file, DType::of(Kind::U8), &[2, 3]).unwrap();
    writer.write(&[1, 2, 3]).unwrap();
    assert!(writer.write(&[0; 4]).is_err());
    writer.write(&[4, 5, 6]).unwrap();
    writer.finish().unwrap();
    assert!(writer.finish().is_err() && writer.write(&[]).is_err());
    assert_eq!(load(&file).unwrap().shape(), [2, 3]);
    let dir = std::fs::read_dir(file.parent().unwrap()).unwrap();
    let left = dir.filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with(".unfinished"));
    assert_eq!(left.count(), 0);
}

#[test]
fn rows_must_have_the_dtype_and_shape() {
    let mut writer = NpyWriter::create(&path("rows.npy"), DType::of(Kind::I16), &[4, 3]).unwrap();
    for wrong in [counting(&[1, 3], Kind::I32), counting(&[1, 2], Kind::I16), counting(&[3], Kind::I16)] {
        let error = writer.write_rows(&wrong).err().unwrap();
        assert!(error.message().contains("rows.npy") && error.message().contains("int16"), "{error}");
    }
    let columns = counting(&[3, 4], Kind::I16).transpose(None).unwrap();
    writer.write_rows(&columns).unwrap();
    writer.finish().unwrap();
    assert_eq!(load(&path("rows.npy")).unwrap().to_scalars().unwrap(), columns.to_scalars().unwrap());
}

#[test]
fn what_is_replaced_keeps_its_permissions_and_its_links() {
    let (file, link) = (path("kept.npy"), path("link.npy"));
    save(&file, &counting(&[3], Kind::I8)).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(&file, &link).unwrap();
    save(&link, &counting(&[5], Kind::I8)).unwrap();
    assert!(link.is_symlink());
    assert_eq!(load(&file).unwrap().shape(), [5]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_device_is_written_to_and_stays() {
    use std::os::unix::fs::FileTypeExt;
    let null = std::path::Path::new("/dev/null");
    save(null, &counting(&[3], Kind::I8)).unwrap();
    savez(null, &[("x".to_owned(), counting(&[3], Kind::I8))]).unwrap();
    assert!(std::fs::metadata(null).unwrap().file_type().is_char_device());
}

#[test]
fn an_array_is_saved_over_the_file_that_it_is_mapped_from() {
    let file = path("over.npy");
    save(&file, &counting(&[2000, 3], Kind::I32)).unwrap();
    let mapped = metes_store::open_npy(&file).unwrap().map(metes_memory::MapMode::ReadOnly).unwrap();
    let flipped = mapped.flip(None).unwrap();
    save(&file, &flipped).unwrap();
    assert_eq!(load(&file).unwrap().to_scalars().unwrap(), flipped.to_scalars().unwrap());
}

#[test]
fn names_are_given_once() {
    let arrays = ["x", "x"].map(|name| (name.to_owned(), counting(&[2], Kind::I8)));
    assert!(savez(&path("names.npz"), &arrays).is_err());
    assert!(!path("names.npz").exists());
}
