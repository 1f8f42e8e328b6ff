//! Results are the same to the bit on any number of threads.

use metes_array::{Array, Index, Order};
use metes_dtype::{DType, Kind};
use metes_eval::{Operand, Options, ReduceOptions, apply, astype, reduce, take_flags};
use metes_kernels::{OVERFLOW, reductions};
use metes_memory::Memory;
use std::sync::Mutex;

/// The number of threads is the program's.
pub(crate) static ALONE: Mutex<()> = Mutex::new(());

/// What `work` gives on each number of threads.
fn on_threads<T>(mut work: impl FnMut() -> T) -> Vec<T> {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let results = (1..=4).map(|n| {
        metes_threads::set_threads(n);
        work()
    });
    let results = results.collect();
    metes_threads::set_threads(0);
    results
}

fn bits(array: &Array) -> Vec<u8> {
    array.to_bytes().unwrap()
}

fn all_alike(results: &[Vec<u8>], what: &str) {
    assert!(results.windows(2).all(|w| w[0] == w[1]), "{what}");
}

/// Values whose sums depend on the order in which they are added.
fn uneven(shape: &[usize]) -> Array {
    let n = shape.iter().product();
    let mut state = 12345u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 33) as f64 / 1e9 - 1.0) * 10f64.powi((state >> 20) as i32 % 9)
    };
    let values: Vec<f64> = (0..n).map(|_| next()).collect();
    Array::from_slice(shape, &values).unwrap()
}

fn every(step: isize) -> Index {
    Index::Slice { start: None, stop: None, step: Some(step) }
}

#[test]
fn reductions_over_any_axes() {
    let cases: &[(&[usize], Option<&[isize]>)] = &[
        (&[300_001], None),
        (&[500, 700], Some(&[0])),
        (&[500, 700], Some(&[1])),
        (&[100_000, 3], Some(&[0])),
        (&[100_000, 3], Some(&[1])),
        (&[3, 100_003], Some(&[1])),
        (&[300, 2, 600], Some(&[0, 2])),
        (&[40, 3, 3000], Some(&[0])),
        (&[2, 300, 600], Some(&[1])),
        (&[150, 2900], Some(&[0])),
        (&[2, 140, 2500], Some(&[1])),
    ];
    for &(shape, axes) in cases {
        let array = uneven(shape);
        let turned = array.transpose(None).unwrap().copy(Order::C).unwrap().transpose(None).unwrap();
        let skipped = array.index(&[Index::Ellipsis, every(-1)]).unwrap();
        let narrow = astype(&array, DType::of(Kind::F32), Order::K, Default::default(), true).unwrap();
        for (number, array) in [array, turned, skipped, narrow].into_iter().enumerate() {
            for row in reductions().iter().skip(number % 2).step_by(if number == 0 { 1 } else { 2 }) {
                let options = ReduceOptions { axes: axes.map(<[isize]>::to_vec), ..Default::default() };
                let results = on_threads(|| bits(&reduce(row, &array, &options).unwrap()));
                all_alike(&results, &format!("{} over {axes:?} of {array:?}", row.name));
            }
        }
    }
}

#[test]
fn masked_reductions() {
    let array = uneven(&[400, 900]);
    let less = metes_kernels::ufunc("less").unwrap();
    let inputs = [Operand::Array(array.clone()), Operand::Weak(metes_array::Scalar::Float(0.3))];
    let mask = apply(less, &inputs, &Options::default()).unwrap().remove(0);
    for axes in [None, Some(vec![0]), Some(vec![1])] {
        let options = ReduceOptions { axes, where_: Some(mask.clone()), ..Default::default() };
        let sum = metes_kernels::reduction("sum").unwrap();
        all_alike(&on_threads(|| bits(&reduce(sum, &array, &options).unwrap())), "masked");
    }
}

#[test]
fn elementwise_with_casts_views_and_masks() {
    let (a, b) = (uneven(&[300, 701]), uneven(&[701]));
    let narrow = astype(&b, DType::of(Kind::F32), Order::K, Default::default(), true).unwrap();
    let add = metes_kernels::ufunc("add").unwrap();
    for view in [a.clone(), a.index(&[every(2), every(-1)]).unwrap()] {
        for other in [&b, &narrow] {
            let inputs = [Operand::Array(view.clone()), Operand::Array(other.clone())];
            all_alike(&on_threads(|| bits(&apply(add, &inputs, &Options::default()).unwrap()[0])), "add");
        }
    }
}

#[test]
fn flags_of_other_threads_are_noticed() {
    let big = Array::full(&[400_000], metes_array::Scalar::Float(1e308), DType::of(Kind::F64)).unwrap();
    let small = Array::full(&[400_000], metes_array::Scalar::Float(1.0), DType::of(Kind::F64)).unwrap();
    let last = big.index(&[Index::Slice { start: Some(399_000), stop: None, step: None }]).unwrap();
    let tail = small.index(&[Index::Slice { start: Some(399_000), stop: None, step: None }]).unwrap();
    metes_eval::assign(&tail, &Operand::Array(last), Default::default(), None).unwrap();
    let add = metes_kernels::ufunc("add").unwrap();
    for (array, expected) in [(&big, OVERFLOW), (&small, OVERFLOW)] {
        let inputs = [Operand::Array(array.clone()), Operand::Array(array.clone())];
        for flags in on_threads(|| {
            take_flags();
            apply(add, &inputs, &Options::default()).unwrap();
            take_flags()
        }) {
            assert_eq!(flags, expected);
        }
    }
    let quiet = [Operand::Array(big.clone()), Operand::Weak(metes_array::Scalar::Float(1.0))];
    for flags in on_threads(|| {
        apply(add, &quiet, &Options::default()).unwrap();
        take_flags()
    }) {
        assert_eq!(flags, 0);
    }
}

#[test]
fn scratch_is_the_callers() {
    let memory = Memory::new();
    let array = uneven(&[1000, 500]);
    let narrow = astype(&array, DType::of(Kind::F32), Order::K, Default::default(), true).unwrap();
    let sum = metes_kernels::reduction("sum").unwrap();
    let add = metes_kernels::ufunc("add").unwrap();
    on_threads(|| {
        memory.enter(|| {
            let threads = metes_threads::threads();
            for axes in [None, Some(vec![0]), Some(vec![1])] {
                let options = ReduceOptions { axes, ..Default::default() };
                memory.reset_peak();
                let made = reduce(sum, &narrow, &options).unwrap();
                assert!(memory.stats().peak_bytes <= made.nbytes() + threads * (256 << 10));
            }
            memory.reset_peak();
            let inputs = [Operand::Array(array.clone()), Operand::Array(narrow.clone())];
            let made = apply(add, &inputs, &Options::default()).unwrap().remove(0);
            assert!(memory.stats().peak_bytes <= made.nbytes() + threads * (256 << 10));
            drop(made);
            assert_eq!(memory.stats().current_bytes, 0);
        });
    });
}
