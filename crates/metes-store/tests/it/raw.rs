//! Mapped files without a header: what is written, and what is refused.

use metes_array::{Order, Scalar};
use metes_dtype::{DType, Kind};
use metes_memory::{ErrorKind, MapAdvice, MapMode};
use metes_store::{RawFile, RawMode, map_raw};

fn wanted(mode: RawMode, shape: Option<&[usize]>) -> RawFile<'_> {
    RawFile { dtype: DType::of(Kind::I32), mode, offset: 0, shape, order: Order::C }
}

#[test]
fn a_file_lives_until_nobody_sees_it() {
    let path = crate::path("raw-closed");
    let made = map_raw(&path, &wanted(RawMode::Create, Some(&[2, 3]))).unwrap();
    made.set_item(&[1, 2], Scalar::Int(7)).unwrap();
    made.buffer().advise(MapAdvice::Sequential).unwrap();
    let view = made.transpose(None).unwrap();
    assert_eq!(made.buffer().close().unwrap_err().kind(), ErrorKind::Busy);
    let again = map_raw(&path, &wanted(RawMode::Create, Some(&[1])));
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Busy, "it is mapped");
    drop(view);
    made.buffer().close().unwrap();
    assert!(made.buffer().is_closed());
    assert_eq!(made.item(&[1, 2]).unwrap_err().kind(), ErrorKind::Busy, "it is closed");
    assert_eq!(made.copy(Order::C).unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(made.buffer().close().unwrap_err().kind(), ErrorKind::Value, "it was closed before");
    let read = map_raw(&path, &wanted(RawMode::Open(MapMode::ReadOnly), None)).unwrap();
    assert_eq!(read.shape(), [6]);
    assert_eq!(read.item(&[5]).unwrap(), Scalar::Int(7));
    assert!(!read.is_writeable());
}

#[test]
fn sizes_are_checked_before_anything_is_mapped() {
    let path = crate::path("raw-sizes");
    std::fs::write(&path, [0; 10]).unwrap();
    let read = |shape, offset| {
        let wanted = RawFile { offset, ..wanted(RawMode::Open(MapMode::ReadOnly), shape) };
        map_raw(&path, &wanted).map_err(|error| error.kind())
    };
    assert_eq!(read(None, 0).unwrap_err(), ErrorKind::Value, "10 bytes are no multiple of 4");
    assert_eq!(read(None, 2).unwrap().shape(), [2]);
    assert_eq!(read(None, 11).unwrap_err(), ErrorKind::Value);
    assert_eq!(read(Some(&[3]), 0).unwrap_err(), ErrorKind::Format);
    assert_eq!(read(Some(&[usize::MAX, 2]), 0).unwrap_err(), ErrorKind::Value);
    assert_eq!(read(Some(&[1]), u64::MAX).unwrap_err(), ErrorKind::Format);
    assert_eq!(std::fs::read(&path).unwrap(), [0; 10]);
}
