//! Tests of the stores, one binary.

mod count;
mod faults;
mod hostile;
mod mutate;
mod numpy;
mod raw;
mod roundtrip;
mod survey;
mod write;

use metes_array::{Array, Scalar};
use metes_dtype::{DType, Kind};
use std::path::PathBuf;

/// A path of this test's own.
fn path(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

/// Values that count from 0, modulo 100.
fn counting(shape: &[usize], kind: Kind) -> Array {
    let size = shape.iter().product::<usize>();
    let values: Vec<Scalar> = (0..size).map(|i| Scalar::Int(i as i128 % 100)).collect();
    Array::from_scalars(shape, &values, DType::of(kind)).unwrap()
}
