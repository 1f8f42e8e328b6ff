//! What is written is read back, by every way of reading.

use crate::count::counted;
use crate::{counting, path};
use metes_array::{Array, Order, Scalar};
use metes_dtype::Kind;
use metes_eval::{Expr, Output, Plan};
use metes_memory::{MapMode, Memory};
use metes_store::{NpzFile, load, open_npy, save, savez, savez_compressed};

#[test]
fn every_kind_and_shape_comes_back() {
    for &kind in Kind::ALL {
        for shape in [&[][..], &[0], &[7], &[3, 4], &[2, 0, 3], &[2, 3, 4]] {
            let file = path(&format!("every-{}-{}.npy", kind.name(), shape.len()));
            let array = counting(shape, kind);
            save(&file, &array).unwrap();
            let back = load(&file).unwrap();
            assert_eq!((back.shape(), back.dtype()), (array.shape(), array.dtype()));
            assert_eq!(back.to_scalars().unwrap(), array.to_scalars().unwrap());
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
        assert_eq!(back.to_scalars().unwrap(), view.to_scalars().unwrap(), "{name}");
        assert_eq!(back.is_f_contiguous(), view.is_f_contiguous(), "{name}");
    }
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
            assert_eq!(member.read().unwrap().to_scalars().unwrap(), array.to_scalars().unwrap());
            assert_eq!(member.is_mappable(), file.ends_with("s.npz"));
            if member.is_mappable() {
                let mapped = member.map(MapMode::ReadOnly).unwrap();
                assert_eq!(mapped.to_scalars().unwrap(), array.to_scalars().unwrap());
                assert!((mapped.as_ptr() as usize).is_multiple_of(64), "stored members are aligned");
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
        assert!(predicted < 400_000, "less than the {} bytes of the array", 3000 * 40 * 8);
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
fn a_reader_holds_what_it_charges() {
    let file = path("reader.npz");
    savez_compressed(&file, &[("x".to_owned(), counting(&[500, 40], Kind::I64))]).unwrap();
    let source = NpzFile::open(&file).unwrap().member("x").unwrap().source().unwrap();
    let memory = Memory::new();
    let mut rows = vec![0; 500 * 40 * 8];
    let (reader, heap, _) = counted(|| {
        let mut reader = memory.enter(|| source.open()).unwrap();
        reader.read(&mut rows).unwrap();
        reader
    });
    assert_eq!(memory.stats().current_bytes, source.reader_bytes());
    let small = 4096;
    assert!(heap as usize <= source.reader_bytes() + small, "{heap} bytes on the heap, {}", source.reader_bytes());
    assert!(heap > 32 * 1024, "a window at least");
    drop(reader);
    assert_eq!(memory.stats().current_bytes, 0);
}

#[test]
fn rows_are_skipped() {
    let array = counting(&[3000, 4], Kind::I64);
    let (npy, plain, packed) = (path("skip.npy"), path("skip-plain.npz"), path("skip-packed.npz"));
    save(&npy, &array).unwrap();
    savez(&plain, &[("x".to_owned(), array.clone())]).unwrap();
    savez_compressed(&packed, &[("x".to_owned(), array.clone())]).unwrap();
    let member = |file| NpzFile::open(file).unwrap().member("x").unwrap();
    for file in [open_npy(&npy).unwrap(), member(&plain), member(&packed)] {
        let mut reader = file.source().unwrap().open().unwrap();
        let mut row = [0; 4 * 8];
        reader.skip(2998).unwrap();
        reader.read(&mut row).unwrap();
        assert_eq!(i64::from_le_bytes(row[..8].try_into().unwrap()), 2998 * 4 % 100, "{}", file.name());
        assert!(reader.finish().is_err(), "{}: a row is left", file.name());
        let mut reader = file.source().unwrap().open().unwrap();
        reader.skip(2999).unwrap();
        reader.read(&mut row).unwrap();
        reader.finish().unwrap();
        assert!(file.source().unwrap().open().unwrap().skip(3001).is_err(), "{}", file.name());
    }
}

#[test]
fn lazy_arrays_have_the_order_of_their_axes() {
    for shape in [&[][..], &[0, 4], &[5, 0], &[6, 4]] {
        let array = counting(shape, Kind::I16).copy(Order::F).unwrap();
        let file = path("lazy.npy");
        save(&file, &array).unwrap();
        let lazy = open_npy(&file).unwrap().lazy().unwrap();
        assert_eq!(lazy.shape(), shape);
        let plan = Plan::new(vec![Output::Array(lazy)], None).unwrap();
        let back = plan.run(&mut |_, _| Ok(())).unwrap().remove(0).unwrap();
        assert_eq!(back.to_scalars().unwrap(), array.to_scalars().unwrap());
    }
}

#[test]
fn rows_without_bytes_take_no_time() {
    let file = path("rows-of-nothing.npy");
    std::fs::write(&file, metes_store::Header::to_bytes(Kind::U8.into(), &[1 << 40, 0], false)).unwrap();
    let lazy = open_npy(&file).unwrap().lazy().unwrap();
    let any = lazy.reduce(metes_kernels::reduction("any").unwrap(), None, false, None, 0.0).unwrap();
    let plan = Plan::new(vec![Output::Array(any)], Some(1 << 20)).unwrap();
    let found = plan.run(&mut |_, _| Ok(())).unwrap().remove(0).unwrap();
    assert_eq!(found.item(&[]).unwrap(), Scalar::Bool(false));
}
