//! Any allocation may fail: the error says so, nothing stays allocated, files are as before.

use crate::{counting, path};
use metes_array::Array;
use metes_dtype::Kind;
use metes_eval::{ChunkSink, Expr};
use metes_memory::{ErrorKind, Memory, Result};
use metes_store::{NpyWriter, NpzFile, load, open_npy, save, savez, savez_compressed, suggest_dtype, survey};
use std::path::Path;

/// What is tried.
type Act<'a> = &'a dyn Fn() -> Result<()>;

/// Runs `act` with its n-th allocation refused, for every n, and `after` each time; returns how many it makes.
fn each_fault(name: &str, act: impl Fn() -> Result<()>, after: impl Fn(bool)) -> u64 {
    for n in 0.. {
        let memory = Memory::new();
        let done = memory.failing(n, n % 2 == 1).enter(&act);
        assert_eq!(memory.stats().current_bytes, 0, "{name}: after fault {n}");
        after(done.is_ok());
        match done {
            Ok(()) => return n,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Memory, "{name}: fault {n}: {error}"),
        }
    }
    unreachable!("some n is larger than any count")
}

#[test]
fn reading() {
    let (npy, npz) = (path("faults.npy"), path("faults.npz"));
    let array = counting(&[500, 7], Kind::F32);
    save(&npy, &array).unwrap();
    savez_compressed(&npz, &[("x".to_owned(), array.clone())]).unwrap();
    let member = || NpzFile::open(&npz)?.member("x");
    let acts: [(&str, u64, Act); 6] = [
        ("load", 1, &|| load(&npy).map(drop)),
        ("read", 3, &|| member()?.read().map(drop)),
        ("open", 2, &|| member()?.source()?.open().map(drop)),
        ("survey", 3, &|| survey(&member()?.lazy()?, None).map(drop)),
        ("survey in memory", 1, &|| survey(&Expr::array(array.clone()), None).map(drop)),
        ("suggest_dtype", 1, &|| suggest_dtype(&array).map(drop)),
    ];
    for (name, least, act) in acts {
        let count = each_fault(name, act, |_| ());
        assert!(count >= least, "{name} makes {count} allocations");
    }
    assert_eq!(each_fault("map", || open_npy(&npy)?.map(metes_memory::MapMode::ReadOnly).map(drop), |_| ()), 0);
}

#[test]
fn writing() {
    let file = path("kept-by-faults");
    let strided = counting(&[30, 7], Kind::F32).flip(None).unwrap();
    let named = [("x".to_owned(), strided.clone())];
    let rows = |file: &Path, array: &Array| {
        let mut writer = NpyWriter::create(file, array.dtype(), array.shape())?;
        writer.write_rows(array)?;
        writer.finish()
    };
    let acts: [(&str, Act); 4] = [
        ("save", &|| save(&file, &strided)),
        ("savez", &|| savez(&file, &named)),
        ("savez_compressed", &|| savez_compressed(&file, &named)),
        ("write_rows", &|| rows(&file, &strided)),
    ];
    for (name, act) in acts {
        std::fs::write(&file, "before").unwrap();
        let count = each_fault(name, act, |done| {
            let kept = std::fs::read(&file).unwrap() == b"before";
            assert_eq!(kept, !done, "{name}");
        });
        assert!(count >= 1, "{name} makes {count} allocations");
    }
    let beside = std::fs::read_dir(file.parent().unwrap()).unwrap();
    let parts = beside.filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with(".kept-by-faults"));
    assert_eq!(parts.count(), 0);
}

#[test]
fn a_limit_refuses_before_the_data_is_read() {
    let file = path("limit.npz");
    savez_compressed(&file, &[("x".to_owned(), counting(&[100_000], Kind::F64))]).unwrap();
    let memory = Memory::with_limit(Some(500_000));
    let error = memory.enter(|| NpzFile::open(&file)?.member("x")?.read()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(error.message().contains("800000") || error.message().contains("781"), "{error}");
    assert!(memory.stats().peak_bytes < 200_000);
}
