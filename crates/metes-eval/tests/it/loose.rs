//! The short paths of operands that lie apart, are stretched or cast, of axes, assignments and casts: what the general ones
//! give, to the bit, or nothing.

use crate::short::{array, outcome, outcome_with};
use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::{Casting, Category, Kind};
use metes_eval::{Borrowed, Operand, Options, ReduceOptions, apply, apply_direct, apply_direct_to, take_flags};
use metes_eval::{assign, assign_direct, astype, astype_direct, reduce, reduce_along};
use metes_kernels::{Flags, Ufunc, reductions, table};

const KINDS: &[Kind] =
    &[Kind::Bool, Kind::U8, Kind::I16, Kind::I64, Kind::U64, Kind::F16, Kind::F32, Kind::F64, Kind::C128];

fn by(step: isize) -> Index {
    Index::Slice { start: None, stop: None, step: Some(step) }
}

/// The same values, every second element of more.
fn apart(a: &Array) -> Array {
    let (n, last) = (a.ndim(), a.shape().last().copied().unwrap_or(1));
    let mut shape = a.shape().to_vec();
    shape[n - 1] = 2 * last;
    let wide = Array::zeros(&shape, a.dtype()).unwrap();
    let view = wide.index(&[Index::Ellipsis, by(2)]).unwrap();
    metes_array::copy_into(&view, a).unwrap();
    view
}

/// The elements in C order. The sign of NaN is left out: it depends on whether operands lie densely.
fn bytes(a: &Array) -> Vec<u8> {
    let mut bytes = a.to_bytes().unwrap();
    let kind = a.dtype().number().unwrap();
    if kind.category() >= Category::Float {
        let part = kind.real().size();
        let (exponent, mantissa) = match part {
            2 => (0x7c00u64, 0x3ffu64),
            4 => (0x7f80_0000, 0x7f_ffff),
            _ => (0x7ff0_0000_0000_0000, 0xf_ffff_ffff_ffff),
        };
        for real in bytes.chunks_exact_mut(part) {
            let mut wide = [0; 8];
            wide[..part].copy_from_slice(real);
            let bits = u64::from_le_bytes(wide);
            if bits & exponent == exponent && bits & mantissa != 0 {
                real[part - 1] |= 0x80;
            }
        }
    }
    bytes
}

/// What an operation gave, as text.
fn text(result: metes_memory::Result<Array>, flags: Flags) -> String {
    match result {
        Ok(a) => format!("{} {:?} {:?} {flags}", a.dtype(), a.shape(), bytes(&a)),
        Err(error) => format!("{error:?}"),
    }
}

/// The general way of a ufunc: in an order that the short paths decline.
fn general(row: &'static Ufunc, operands: &[Operand]) -> String {
    let options = Options { order: Order::F, ..Options::default() };
    let result = apply(row, operands, &options).map(|mut results| results.remove(0));
    let flags = take_flags();
    text(result, flags)
}

/// The short way, where it is taken.
fn short(row: &'static Ufunc, operands: &[Operand]) -> Option<String> {
    let inputs: Vec<Borrowed> = operands.iter().map(Borrowed::from).collect();
    let mut place = None;
    match apply_direct(row, &inputs, &mut place) {
        Ok(Some(flags)) => Some(text(Ok(place.unwrap()), flags)),
        Ok(None) => {
            assert!(place.is_none(), "{}: declined, yet a result", row.name);
            None
        }
        Err(error) => Some(text(Err(error), 0)),
    }
}

/// Pairs of operands of two kinds, in ways that the dense path declines.
fn pairs(one: Kind, other: Kind) -> Vec<[Array; 2]> {
    let shapes: &[(&[usize], &[usize])] = &[
        (&[9], &[9]),
        (&[9], &[1]),
        (&[], &[9]),
        (&[4, 5], &[5]),
        (&[4, 1], &[5]),
        (&[2, 3, 4], &[3, 1]),
        (&[0, 3], &[3]),
        (&[300], &[300]),
        (&[], &[]),
    ];
    let mut all: Vec<[Array; 2]> = shapes.iter().map(|(a, b)| [array(a, 0, one), array(b, 1, other)]).collect();
    let (a, b) = (array(&[12], 0, one), array(&[6], 1, other));
    all.push([a.index(&[by(2)]).unwrap(), b.clone()]);
    all.push([a.index(&[by(-2)]).unwrap(), b.index(&[by(-1)]).unwrap()]);
    let turned = |first, kind| array(&[4, 3], first, kind).reversed();
    all.push([turned(0, one), turned(1, other)]);
    all.push([turned(0, one), array(&[3, 4], 1, other)]);
    all
}

#[test]
fn loose_operands_give_the_same_both_ways() {
    let (mut taken, mut asked) = (0, 0);
    for row in table().iter().copied().filter(|row| row.nout == 1 && row.nin == 2) {
        for (&one, &other) in KINDS.iter().flat_map(|one| KINDS.iter().map(move |other| (one, other))) {
            for pair in pairs(one, other) {
                let operands = pair.map(Operand::Array);
                asked += 1;
                if let Some(got) = short(row, &operands) {
                    assert_eq!(got, general(row, &operands), "{} of {operands:?}", row.name);
                    taken += 1;
                }
            }
        }
    }
    assert!(taken > asked / 2, "the short path is hardly ever taken: {taken} of {asked}");
}

#[test]
fn fresh_results_lie_as_the_general_way_lays_them() {
    let add = metes_kernels::ufunc("add").unwrap();
    for pair in pairs(Kind::F64, Kind::I16) {
        let mut place = None;
        let inputs = [Borrowed::Array(&pair[0]), Borrowed::Array(&pair[1])];
        if apply_direct(add, &inputs, &mut place).unwrap().is_some() {
            // An explicit dtype is not for the short path.
            let options = Options { dtype: Some(Kind::F64.into()), ..Options::default() };
            let wanted = apply(add, &pair.clone().map(Operand::Array), &options).unwrap();
            assert_eq!(place.unwrap().layout(), wanted[0].layout(), "{pair:?}");
        }
    }
}

#[test]
fn results_go_to_arrays_that_lie_apart() {
    let mut taken = 0;
    for row in table().iter().copied().filter(|row| row.nout == 1 && row.nin == 2) {
        for (&one, &other) in KINDS.iter().flat_map(|one| KINDS.iter().map(move |other| (one, other))) {
            let (a, b) = (array(&[9], 0, one), array(&[9], 1, other));
            for kind in [one, other, Kind::Bool] {
                let [mine, theirs] = [0, 1].map(|_| apart(&array(&[9], 2, kind)));
                let got = match apply_direct_to(row, &[Borrowed::Array(&a), Borrowed::Array(&b)], &mine) {
                    Ok(None) => continue,
                    Ok(Some(flags)) => format!("{:?} {flags}", bytes(&mine)),
                    Err(error) => format!("{error:?}"),
                };
                let options = Options { out: vec![Some(theirs.clone())], ..Options::default() };
                let operands = [a.clone(), b.clone()].map(Operand::Array);
                let wanted = match apply(row, &operands, &options) {
                    Ok(_) => format!("{:?} {}", bytes(&theirs), take_flags()),
                    Err(error) => format!("{error:?}"),
                };
                assert_eq!(got, wanted, "{} of {one:?} and {other:?} into {kind:?}", row.name);
                taken += 1;
            }
        }
    }
    assert!(taken > 500, "the short path is hardly ever taken: {taken}");
}

#[test]
fn results_that_meet_operands_are_declined() {
    let add = metes_kernels::ufunc("add").unwrap();
    let wide = array(&[17], 0, Kind::F64);
    let part = |start| wide.index(&[Index::Slice { start: Some(start), stop: Some(start + 8), step: None }]).unwrap();
    let (out, near) = (part(0), part(1));
    let back = out.index(&[by(-1)]).unwrap();
    for other in [&near, &back] {
        assert!(apply_direct_to(add, &[Borrowed::Array(&out), Borrowed::Array(other)], &out).unwrap().is_none());
        assert_eq!(assign_direct(&out, &Borrowed::Array(other)), None);
    }
    let repeated = array(&[1], 0, Kind::F64).broadcast_to(&[8]).unwrap();
    assert!(apply_direct_to(add, &[Borrowed::Array(&out), Borrowed::Array(&near)], &repeated).unwrap().is_none());
    let itself = [Borrowed::Array(&back), Borrowed::Weak(Scalar::Int(1))];
    assert!(apply_direct_to(add, &itself, &back).unwrap().is_some());
}

#[test]
fn reductions_along_an_axis_give_the_same_both_ways() {
    let mut taken = 0;
    for row in reductions() {
        for &kind in Kind::ALL {
            for shape in
                [vec![9], vec![300], vec![3, 5], vec![130, 2], vec![3, 5, 7], vec![2, 200], vec![128, 3], vec![1, 4]]
            {
                let values = array(&shape, 1, kind);
                let general = apart(&values);
                for (axis, keepdims) in (-4..4).flat_map(|axis| [(axis, false), (axis, true)]) {
                    let mut place = None;
                    let got = match reduce_along(row, &values, axis, keepdims, 1.0, &mut place) {
                        Ok(None) => continue,
                        Ok(Some(flags)) => text(Ok(place.unwrap()), flags),
                        Err(error) => text(Err(error), 0),
                    };
                    let options =
                        ReduceOptions { axes: Some(vec![axis]), keepdims, correction: 1.0, ..Default::default() };
                    let wanted = reduce(row, &general, &options);
                    let wanted = text(wanted, take_flags());
                    assert_eq!(got, wanted, "{} of {kind:?} {shape:?} along {axis}", row.name);
                    taken += 1;
                }
            }
        }
    }
    assert!(taken > 1000, "the short path is hardly ever taken: {taken}");
}

#[test]
fn assignments_and_casts_give_the_same_both_ways() {
    let mut taken = 0;
    for (&from, &to) in Kind::ALL.iter().flat_map(|from| Kind::ALL.iter().map(move |to| (from, to))) {
        for [src, like] in pairs(from, to) {
            let [mine, theirs] =
                [0, 1].map(|_| if like.ndim() > 0 { apart(&like) } else { like.copy(Order::K).unwrap() });
            let got = assign_direct(&mine, &Borrowed::Array(&src)).map(|flags| (mine.to_bytes().unwrap(), flags));
            if let Some(got) = got {
                assign(&theirs, &Operand::Array(src.clone()), Casting::Unsafe, None).unwrap();
                assert_eq!(got, (theirs.to_bytes().unwrap(), take_flags()), "{src:?} to {like:?}");
                taken += 1;
            } else {
                assert_eq!(mine.to_bytes().unwrap(), like.to_bytes().unwrap(), "declined, yet written");
            }
            let mut place = None;
            if let Some(flags) = astype_direct(&src, to.into(), &mut place).unwrap() {
                let wanted = outcome(astype(&src, to.into(), Order::K, Casting::Unsafe, true));
                assert_eq!(outcome_with(Ok(place.unwrap()), flags), wanted, "{src:?} as {to:?}");
            }
        }
        for scalar in
            [Scalar::Int(3), Scalar::Int(-1), Scalar::Float(2.5), Scalar::Bool(true), Scalar::Complex(1.0, 2.0)]
        {
            let [mine, theirs] = [0, 1].map(|_| apart(&array(&[4], 0, to)));
            if let Some(flags) = assign_direct(&mine, &Borrowed::Weak(scalar)) {
                assign(&theirs, &Operand::Weak(scalar), Casting::Unsafe, None).unwrap();
                assert_eq!((mine.to_bytes().unwrap(), flags), (theirs.to_bytes().unwrap(), take_flags()), "{scalar:?}");
            }
        }
    }
    assert!(taken > 1000, "the short path is hardly ever taken: {taken}");
}
