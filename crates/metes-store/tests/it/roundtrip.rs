//! What is written is read back, by every way of reading.

use crate::path;
use metes_array::{Array, Order, Scalar};
use metes_dtype::{DType, Kind};
use metes_eval::{Expr, Output, Plan};
use metes_memory::{MapMode, Memory};
use metes_store::{Header, NpyWriter, NpzFile, load, open_npy, save, savez, savez_compressed};

fn counting(shape: &[usize], kind: Kind) -> Array {
    let size = shape.iter().product::<usize>();
    let values: Vec<Scalar> = (0..size).map(|i| Scalar::Int(i as i128 % 100)).collect();
    Array::from_scalars(shape, &values, DType::of(kind)).unwrap()
}

#[test]
fn every_kind_and_shape_comes_back() {
    for &kind in Kind::ALL {
        for shape in [&[][..], &[0], &[7], &[3, 4], &[2, 0, 3], &[2, 3, 4]] {
            let file = path(&format!("every-{}-{}.npy", kind.name(), shape.len()));
            let array = counting(shape, kind);
            save(&file, &array).unwrap();
            let back = load(&file).unwrap();
            assert_eq!((back.shape(), back.dtype()), (array.shape(), array.dtype()));
            assert_eq!(back.to_scalars(), array.to_scalars());
        }
    }
}

#[test]
fn orders_and_views_are_kept_or_made_dense() {
    let array = counting(&[4, 6], Kind::I32);
    for (name, view) in [
        ("fortran", array.copy(Order::F).unwrap()),
        ("transposed", array.transpose(None).unwrap()),
        ("flipped", array.flip(None).unwrap()),
    ] {
        let file = path(&format!("{name}.npy"));
        save(&file, &view).unwrap();
        let back = load(&file).unwrap();
        assert_eq!(back.to_scalars(), view.to_scalars(), "{name}");
        assert_eq!(back.is_f_contiguous(), view.is_f_contiguous(), "{name}");
    }
}

#[test]
fn headers_are_those_that_numpy_writes() {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes[10..]).trim_end().to_owned();
    let header = Header::to_bytes(DType::of(Kind::F64), &[3, 4], false);
    assert_eq!(text(header.clone()), "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }");
    assert_eq!((header.len() % 64, *header.last().unwrap(), &header[..8]), (0, b'\n', &b"\x93NUMPY\x01\x00"[..]));
    let header = Header::to_bytes(DType::of(Kind::Bool), &[5], true);
    assert_eq!(text(header), "{'descr': '|b1', 'fortran_order': True, 'shape': (5,), }");
}

#[test]
fn archives_stored_and_deflated() {
    let arrays = vec![("a".to_owned(), counting(&[50, 7], Kind::F32)), ("b".to_owned(), counting(&[9], Kind::U8))];
    for (name, write) in [("s.npz", savez as fn(&_, &_) -> _), ("c.npz", savez_compressed)] {
        let file = path(name);
        write(&file, &arrays).unwrap();
        let archive = NpzFile::open(&file).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["a", "b"]);
        for (name, array) in &arrays {
            let member = archive.member(name).unwrap();
            assert_eq!(member.read().unwrap().to_scalars(), array.to_scalars());
            assert_eq!(member.is_mappable(), file.ends_with("s.npz"));
            if member.is_mappable() {
                assert_eq!(member.map(MapMode::ReadOnly).unwrap().to_scalars(), array.to_scalars());
            }
        }
        assert!(archive.member("c").is_err());
    }
}

#[test]
fn a_member_streams_within_its_predicted_memory() {
    let file = path("stream.npz");
    let array = counting(&[3000, 40], Kind::I64);
    savez_compressed(&file, &[("x".to_owned(), array.clone())]).unwrap();
    drop(array);
    let memory = Memory::new();
    memory.enter(|| {
        let x = Expr::source(NpzFile::open(&file).unwrap().member("x").unwrap().source().unwrap());
        let sum = x.reduce(metes_kernels::reduction("sum").unwrap(), Some(&[1]), false, None, 0.0).unwrap();
        let plan = Plan::new(vec![Output::Array(sum)], Some(400_000)).unwrap();
        let predicted = plan.peak_bytes();
        let rows = plan.run(&mut |_, _| Ok(())).unwrap().remove(0).unwrap();
        assert_eq!(memory.stats().peak_bytes, predicted);
        assert!(predicted < 400_000 && predicted < 3000 * 40 * 8);
        assert_eq!(rows.item(&[1]).unwrap(), Scalar::Int((40..80).sum()));
    });
    assert_eq!(memory.stats().current_bytes, 0);
}

#[test]
fn maps_write_through_or_not() {
    let file = path("map.npy");
    save(&file, &counting(&[4], Kind::I64)).unwrap();
    let open = || open_npy(&file).unwrap();
    assert!(open().map(MapMode::ReadOnly).unwrap().set_item(&[0], Scalar::Int(9)).is_err());
    open().map(MapMode::CopyOnWrite).unwrap().set_item(&[0], Scalar::Int(9)).unwrap();
    assert_eq!(load(&file).unwrap().item(&[0]).unwrap(), Scalar::Int(0));
    open_writable(&file).set_item(&[0], Scalar::Int(9)).unwrap();
    assert_eq!(load(&file).unwrap().item(&[0]).unwrap(), Scalar::Int(9));
}

fn open_writable(file: &std::path::Path) -> Array {
    metes_store::open_npy_writeable(file).unwrap().map(MapMode::ReadWrite).unwrap()
}

#[test]
fn an_unfinished_file_never_appears() {
    use metes_eval::ChunkSink;
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
    assert_eq!(load(&file).unwrap().shape(), [2, 3]);
}

#[test]
fn the_narrowest_dtype_holds_every_value() {
    let suggest = |values: &[f64]| {
        metes_store::suggest_dtype(&Array::from_slice(&[values.len()], values).unwrap()).unwrap().name()
    };
    assert_eq!(suggest(&[1.5, -2.0]), "float16");
    assert_eq!(suggest(&[1.0e10, 0.5]), "float32");
    assert_eq!(suggest(&[0.1]), "float64");
    assert_eq!(suggest(&[f64::NAN, 1.0]), "float16");
}
