//! Sorted, selected and placed values have the same bits on any number of threads and at each level of the processor.

use crate::threads::ALONE;
use metes_array::{Array, Index, Order};
use metes_dtype::{Casting, DType, Kind};
use metes_eval::{Sorting, UniqueOptions, argpartition, argsort, astype, partition, sort, unique};
use metes_kernels::{Level, restrict};

const KINDS: &[Kind] = &[Kind::I16, Kind::I32, Kind::I64, Kind::U64, Kind::F32, Kind::F64, Kind::C64];

/// Bits of `n` floats: NaN with several payloads, both zeros, both infinities, few or many different values.
fn source(n: usize, seed: u64, few: bool) -> Array {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let value = if few { (state >> 40) as f64 % 9.0 - 4.0 } else { (state >> 11) as f64 / 1e9 - 4e6 };
        match state % 64 {
            0 => f64::from_bits(f64::NAN.to_bits() ^ (state >> 3 & 7 | (state >> 5 & 1) << 63)),
            1 => -0.0,
            2 => 0.0,
            3 => f64::INFINITY,
            4 => f64::NEG_INFINITY,
            _ => value,
        }
    };
    let values: Vec<f64> = (0..n).map(|_| next()).collect();
    Array::from_slice(&[n], &values).unwrap()
}

/// What `work` gives at each level, on each number of threads.
fn everywhere(what: &str, work: impl Fn() -> Vec<Array>) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut results = Vec::new();
    for level in [Level::Base, Level::Avx512] {
        restrict(level);
        for threads in [1, 3] {
            metes_threads::set_threads(threads);
            results.push(work().iter().map(|array| array.to_bytes().unwrap()).collect::<Vec<_>>());
        }
    }
    metes_threads::set_threads(0);
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{what}");
}

fn ways(array: &Array, axis: isize, places: &[isize]) -> Vec<Array> {
    let how = |stable, descending| Sorting { stable, descending };
    vec![
        sort(array, Some(axis), how(false, false)).unwrap(),
        sort(array, Some(axis), how(true, false)).unwrap(),
        sort(array, Some(axis), how(true, true)).unwrap(),
        partition(array, places, Some(axis)).unwrap(),
        argsort(array, axis, how(true, false)).unwrap(),
        argpartition(array, places, axis).unwrap(),
    ]
}

#[test]
fn one_long_lane() {
    for &kind in KINDS {
        for few in [false, true] {
            let n = 70_001;
            let array = astype(&source(n, 7, few), DType::of(kind), Order::C, Casting::Unsafe, true).unwrap();
            let places = [3, n as isize / 2, n as isize - 2];
            everywhere(&format!("{kind:?}, few: {few}"), || {
                let mut found = ways(&array, 0, &places);
                let options = UniqueOptions { index: false, inverse: false, counts: false, equal_nan: true };
                found.push(unique(&array, options).unwrap().values);
                found
            });
        }
    }
}

#[test]
fn many_lanes_of_any_layout() {
    let every = |step| Index::Slice { start: None, stop: None, step: Some(step) };
    for &kind in KINDS {
        let flat = astype(&source(160 * 401, 9, false), DType::of(kind), Order::C, Casting::Unsafe, true).unwrap();
        let array = flat.reshape(&[160, 401], Order::C, None).unwrap();
        let skipped = array.index(&[every(-1), every(2)]).unwrap();
        for (name, array) in [("dense", &array), ("skipped", &skipped), ("turned", &array.transpose(None).unwrap())] {
            for axis in [0, 1] {
                everywhere(&format!("{kind:?}, {name}, axis {axis}"), || ways(array, axis, &[1, 70]));
            }
        }
    }
}

#[test]
fn scratch_is_small_where_many_lanes_are_shared() {
    let memory = metes_memory::Memory::new();
    let array = source(1000 * 500, 1, false).reshape(&[1000, 500], Order::C, None).unwrap();
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for threads in [1, 2, 4] {
        metes_threads::set_threads(threads);
        memory.enter(|| {
            memory.reset_peak();
            let sorted = sort(&array, Some(0), Sorting::default()).unwrap();
            assert!(memory.stats().peak_bytes <= sorted.nbytes() + threads * (256 << 10));
        });
    }
    metes_threads::set_threads(0);
}
