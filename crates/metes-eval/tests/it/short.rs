//! The short paths give what the general ones give: the same bits, flags and errors, or they decline.

use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::{DType, Kind};
use metes_eval::{
    Borrowed, Operand, Options, ReduceOptions, apply, apply_direct, apply_direct_to, reduce, reduce_whole,
};
use metes_eval::{astype, take_flags};
use metes_kernels::{Flags, Ufunc, reductions, table};
use metes_memory::{Access, ErrorKind};

/// Numbers that are awkward for some dtype.
const VALUES: &[f64] = &[0.0, 1.0, -1.0, 2.5, 1e30, -0.0, 63.0, f64::NAN, f64::INFINITY];
const SCALARS: &[Scalar] = &[
    Scalar::Int(3),
    Scalar::Int(-1),
    Scalar::Int(1 << 40),
    Scalar::Float(2.5),
    Scalar::Complex(0.5, -2.0),
    Scalar::Bool(true),
];

pub(crate) fn array(shape: &[usize], first: usize, kind: Kind) -> Array {
    let count = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|i| VALUES[(i * 2 + first) % VALUES.len()]).collect();
    let floats = Array::from_slice(shape, &values).unwrap();
    let made = astype(&floats, kind.into(), Order::K, metes_dtype::Casting::Unsafe, true).unwrap();
    take_flags();
    made
}

/// What the general way gives, as text: dtype, shape, bytes and flags, or the error.
pub(crate) fn outcome(result: metes_memory::Result<Array>) -> String {
    let flags = take_flags();
    outcome_with(result, flags)
}

pub(crate) fn outcome_with(result: metes_memory::Result<Array>, flags: Flags) -> String {
    match result {
        Ok(array) => format!("{} {:?} {:?} {flags}", array.dtype(), array.shape(), array.to_bytes().unwrap()),
        Err(error) => format!("{error:?}"),
    }
}

/// The general way: an order that the short path declines, and that changes nothing here.
pub(crate) fn general(row: &'static Ufunc, operands: &[Operand]) -> String {
    let options = Options { order: Order::F, ..Options::default() };
    outcome(apply(row, operands, &options).map(|mut results| results.remove(0)))
}

/// The short way, if it is taken; whether it was, and what it gave.
pub(crate) fn short(row: &'static Ufunc, operands: &[Operand]) -> Option<String> {
    let inputs: Vec<Borrowed> = operands.iter().map(Borrowed::from).collect();
    let mut place = None;
    match apply_direct(row, &inputs, &mut place) {
        Ok(Some(flags)) => {
            let array = place.unwrap();
            Some(format!("{} {:?} {:?} {flags}", array.dtype(), array.shape(), array.to_bytes().unwrap()))
        }
        Ok(None) => {
            assert!(place.is_none(), "{}: declined, yet a result", row.name);
            None
        }
        Err(error) => Some(format!("{error:?}")),
    }
}

#[test]
fn every_row_gives_the_same_both_ways() {
    let mut taken = 0;
    for row in table().iter().copied().filter(|row| row.nout == 1) {
        for &kind in Kind::ALL {
            let arrays: Vec<Operand> = (0..row.nin).map(|i| Operand::Array(array(&[9], i, kind))).collect();
            let mut cases = vec![arrays.clone()];
            for at in 0..if row.nin > 1 { row.nin } else { 0 } {
                for &scalar in SCALARS {
                    let mut case = arrays.clone();
                    case[at] = Operand::Weak(scalar);
                    cases.push(case);
                }
            }
            for case in cases {
                if let Some(got) = short(row, &case) {
                    assert_eq!(got, general(row, &case), "{} of {kind:?}: {case:?}", row.name);
                    taken += 1;
                }
            }
        }
    }
    assert!(taken > 1000, "the short path is hardly ever taken: {taken}");
}

#[test]
fn in_place_gives_the_same_both_ways() {
    for row in table().iter().copied().filter(|row| row.nout == 1 && row.nin == 2) {
        for &kind in Kind::ALL {
            let (mine, other) = (array(&[9], 0, kind), array(&[9], 1, kind));
            let theirs = mine.copy(Order::K).unwrap();
            let inputs = [Borrowed::Array(&mine), Borrowed::Array(&other)];
            let got = match apply_direct_to(row, &inputs, &mine) {
                Ok(None) => continue,
                Ok(Some(flags)) => format!("{:?} {flags}", mine.to_bytes().unwrap()),
                Err(error) => format!("{error:?}"),
            };
            let options = Options { out: vec![Some(theirs.clone())], ..Options::default() };
            let operands = [Operand::Array(theirs.clone()), Operand::Array(other)];
            let wanted = match apply(row, &operands, &options) {
                Ok(_) => format!("{:?} {}", theirs.to_bytes().unwrap(), take_flags()),
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(got, wanted, "{} of {kind:?}", row.name);
        }
    }
}

#[test]
fn every_reduction_gives_the_same_both_ways() {
    for row in reductions() {
        for &kind in Kind::ALL {
            for shape in [vec![], vec![1], vec![9], vec![128], vec![129], vec![3, 5, 7], vec![2000]] {
                let values = array(&shape, 1, kind);
                let mut place = None;
                let got = match reduce_whole(row, &values, 1.0, &mut place) {
                    Ok(None) => continue,
                    Ok(Some(flags)) => outcome_with(Ok(place.unwrap()), flags),
                    Err(error) => outcome_with(Err(error), 0),
                };
                let axes = Some((0..shape.len() as isize).collect());
                let options = ReduceOptions { axes, correction: 1.0, ..ReduceOptions::default() };
                assert_eq!(got, outcome(reduce(row, &values, &options)), "{} of {kind:?} {shape:?}", row.name);
            }
        }
    }
}

#[test]
fn what_is_not_dense_alike_or_free_is_declined() {
    let add = metes_kernels::ufunc("add").unwrap();
    let (a, b) = (array(&[8], 0, Kind::F64), array(&[8], 1, Kind::F64));
    let strided = a.index(&[Index::Slice { start: None, stop: None, step: Some(2) }]).unwrap();
    let deep = array(&[1, 1, 1, 1, 8], 0, Kind::F64);
    for other in [&strided, &deep] {
        assert_eq!(short(add, &[Operand::Array(a.clone()), Operand::Array(other.clone())]), None, "{other:?}");
    }
    assert!(apply_direct_to(add, &[Borrowed::Array(&a), Borrowed::Array(&b)], &a.read_only()).unwrap().is_none());
    let shifted = |start| {
        let wide = array(&[16], 0, Kind::F64);
        [0, start].map(|s| wide.index(&[Index::Slice { start: Some(s), stop: Some(s + 8), step: None }]).unwrap())
    };
    let [out, near] = shifted(1);
    assert!(apply_direct_to(add, &[Borrowed::Array(&near), Borrowed::Array(&b)], &out).unwrap().is_none());
    let sum = metes_kernels::reduction("sum").unwrap();
    let held = a.buffer().hold(0..64, Access::Write, "test").unwrap();
    let operands = [Operand::Array(a.clone()), Operand::Array(b)];
    assert_eq!(short(add, &operands), None);
    assert_eq!(reduce_whole(sum, &a, 0.0, &mut None).unwrap(), None);
    let busy = |result: metes_memory::Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::Busy);
    busy(apply(add, &operands, &Options::default()).map(drop));
    busy(reduce(sum, &a, &ReduceOptions::default()).map(drop));
    busy(a.copy(Order::C).map(drop));
    busy(a.item(&[1]).map(drop));
    drop(held);
    assert!(a.copy(Order::C).is_ok());
}

fn one(a: &Array, item: &Index) -> metes_memory::Result<Array> {
    let mut place = None;
    a.index_one(item, &mut place).map(|()| place.unwrap())
}

#[test]
fn one_item_indexes_as_a_list_of_one() {
    let numbers = [None, Some(-9), Some(-3), Some(0), Some(2), Some(7), Some(isize::MAX), Some(isize::MIN)];
    let steps = [None, Some(1), Some(-1), Some(3), Some(isize::MIN), Some(0)];
    let base = array(&[24], 0, Kind::I16);
    let strided = base.index(&[Index::Slice { start: Some(20), stop: None, step: Some(-3) }]).unwrap();
    let empty = array(&[0], 0, Kind::F64);
    for a in [
        &base,
        &strided,
        &empty,
        &base.reshape(&[4, 6], Order::C, None).unwrap(),
        &Array::ones(&[], DType::of(Kind::F64)).unwrap(),
    ] {
        let slices = numbers.iter().flat_map(|&start| numbers.iter().map(move |&stop| (start, stop)));
        let slices = slices.flat_map(|(start, stop)| steps.iter().map(move |&step| Index::Slice { start, stop, step }));
        let all = slices.chain((-25..25).map(Index::At)).chain([Index::NewAxis, Index::Ellipsis]);
        for item in all {
            let text = |result: metes_memory::Result<Array>| {
                result.map(|view| view.layout().clone()).map_err(|e| format!("{e:?}"))
            };
            let (one, many) = (text(one(a, &item)), text(a.index(std::slice::from_ref(&item))));
            assert_eq!(one, many, "{item:?} of {a:?}");
        }
    }
}
