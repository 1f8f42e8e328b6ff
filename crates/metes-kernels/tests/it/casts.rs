//! All 14 x 14 casts against arithmetic in `i128` and float64.

use crate::samples::{Field, Value, decode, encode, samples};
use metes_dtype::{Category, Kind};
use metes_kernels::{Flags, INVALID, Loop, cast, cast_same_value};

fn run(call: Loop, from: Kind, to: Kind, values: &[Value], factor: isize) -> (Vec<Value>, Flags) {
    let elements: Vec<Vec<u8>> = values.iter().map(|&v| encode(from, v)).collect();
    let mut input = Field::filled(&elements, from.size() as isize * factor);
    let mut output = Field::new(values.len(), to.size(), to.size() as isize);
    let (ptrs, steps) = ([input.ptr(), output.ptr()], [input.step(), output.step()]);
    // SAFETY: both fields hold these elements by their steps.
    let flags = unsafe { call(values.len(), &ptrs, &steps) };
    (output.elements().iter().map(|e| decode(to, e)).collect(), flags)
}

/// The result, where one is prescribed: a float outside an integer's range has none.
fn expected(value: Value, to: Kind) -> Option<Value> {
    let truth = match value {
        Value::Complex(re, im) => re != 0.0 || im != 0.0,
        Value::Real(x) => x != 0.0,
        Value::Whole(n) => n != 0,
    };
    let wide = match (to.category(), value) {
        (Category::Bool, _) => return Some(Value::Whole(i128::from(truth))),
        (Category::Signed | Category::Unsigned, Value::Whole(_)) => value,
        (Category::Signed | Category::Unsigned, v) => {
            let (low, high) = to.int_range()?;
            let whole = v.re().trunc();
            if whole.is_nan() || whole < low as f64 || whole >= high as f64 + 1.0 {
                return None;
            }
            Value::Whole(whole as i128)
        }
        (Category::Float, v) => Value::Real(v.re()),
        (Category::Complex, Value::Complex(..)) => value,
        (Category::Complex, v) => Value::Complex(v.re(), 0.0),
        (Category::Other, _) => unreachable!("no kind is of it"),
    };
    Some(decode(to, &encode(to, wide)))
}

/// As bytes hold them: an f16 sample was rounded when it was encoded.
fn held(kind: Kind) -> Vec<Value> {
    samples(kind).into_iter().map(|v| decode(kind, &encode(kind, v))).collect()
}

fn for_each_pair(mut check: impl FnMut(Kind, Kind)) {
    for &from in Kind::ALL {
        Kind::ALL.iter().for_each(|&to| check(from, to));
    }
}

#[test]
fn every_cast_equals_the_arithmetic() {
    for_each_pair(|from, to| {
        let values = held(from);
        for factor in [1, -2] {
            let (got, flags) = run(cast(from, to), from, to, &values, factor);
            assert_eq!(flags, 0);
            for (&value, got) in values.iter().zip(got) {
                if let Some(expected) = expected(value, to) {
                    assert!(got.same(expected), "{value:?}, {from:?} to {to:?}: {got:?}, not {expected:?}");
                }
            }
        }
    });
}

#[test]
fn floats_outside_an_integer_become_what_the_processor_makes() {
    let of = |to: Kind, x: f64| run(cast(Kind::F64, to), Kind::F64, to, &[Value::Real(x)], 1).0[0];
    for x in [f64::NAN, f64::INFINITY, 1e20, -1e20] {
        assert_eq!(of(Kind::I64, x), Value::Whole(i128::from(i64::MIN)), "{x}");
        assert_eq!(of(Kind::I32, x), Value::Whole(i128::from(i32::MIN)), "{x}");
        assert_eq!(of(Kind::I8, x), Value::Whole(0), "{x}");
    }
    assert_eq!(of(Kind::U8, -1.0), Value::Whole(255));
    assert_eq!(of(Kind::U8, 300.7), Value::Whole(44));
    assert_eq!(of(Kind::U64, 2f64.powi(63)), Value::Whole(1 << 63));
    assert_eq!(of(Kind::U64, -1.0), Value::Whole(i128::from(u64::MAX)));
    assert_eq!(of(Kind::U64, f64::NAN), Value::Whole(1 << 63));
}

/// Whether the number is still the same one, in exact arithmetic.
fn survives(from: Value, to: Value) -> bool {
    let whole = |n: i128, x: f64| x.is_finite() && x.fract() == 0.0 && x.abs() < 2f64.powi(100) && x as i128 == n;
    match (from, to) {
        (Value::Whole(a), Value::Whole(b)) => a == b,
        (Value::Whole(n), Value::Real(x)) | (Value::Real(x), Value::Whole(n)) => whole(n, x),
        (Value::Complex(x, y), Value::Whole(n)) | (Value::Whole(n), Value::Complex(x, y)) => whole(n, x) && y == 0.0,
        (Value::Complex(x, y), Value::Real(z)) | (Value::Real(z), Value::Complex(x, y)) => {
            Value::Real(x).same(Value::Real(z)) && y == 0.0
        }
        (a, b) => a.same(b),
    }
}

#[test]
fn same_value_flags_exactly_the_values_that_change() {
    for_each_pair(|from, to| {
        for value in held(from) {
            let (got, flags) = run(cast_same_value(from, to), from, to, &[value], 1);
            let (plain, _) = run(cast(from, to), from, to, &[value], 1);
            assert!(got[0].same(plain[0]));
            assert_eq!(flags & INVALID == 0, survives(value, got[0]), "{value:?}, {from:?} to {to:?}: {got:?}");
        }
    });
}

#[test]
fn one_changed_value_among_many_is_flagged() {
    let mut values = vec![Value::Real(3.0); 100];
    let check = |values: &[Value]| run(cast_same_value(Kind::F64, Kind::I8), Kind::F64, Kind::I8, values, 1).1;
    assert_eq!(check(&values), 0);
    values[57] = Value::Real(3.5);
    assert_eq!(check(&values), INVALID);
}

#[test]
fn a_cast_to_the_same_kind_copies_bytes() {
    for &kind in Kind::ALL {
        let elements: Vec<Vec<u8>> = (0..9u8).map(|i| vec![i.wrapping_mul(0x7d) | 0x81; kind.size()]).collect();
        for call in [cast(kind, kind), cast_same_value(kind, kind)] {
            for factors in [[1, 1], [3, 1], [-1, 2]] {
                let [from, to] = factors.map(|f| f * kind.size() as isize);
                let (mut input, mut output) = (Field::filled(&elements, from), Field::new(9, kind.size(), to));
                let ptrs = [input.ptr(), output.ptr()];
                // SAFETY: both fields hold nine elements by their steps.
                assert_eq!(unsafe { call(9, &ptrs, &[from, to]) }, 0);
                assert_eq!(output.elements(), elements, "{kind:?}");
            }
        }
    }
}

/// Around each half-way point between two float16 that follow each other, the nearer one is made, and of two as near the even one.
#[test]
fn float64_becomes_the_nearest_float16() {
    let mut halves: Vec<f64> = (0..0x7c00).map(|bits| half::f16::from_bits(bits).to_f64()).collect();
    halves.push(65536.0);
    let (mut given, mut wanted) = (Vec::new(), Vec::new());
    for (bits, pair) in halves.windows(2).enumerate() {
        let (low, high) = (bits as u16, bits as u16 + 1);
        let middle = (pair[0] + pair[1]) / 2.0;
        for (x, nearest) in [
            (pair[0], low),
            (middle.next_down(), low),
            (middle, if low % 2 == 0 { low } else { high }),
            (middle.next_up(), high),
        ] {
            given.extend([x, -x]);
            wanted.extend([nearest, nearest | 0x8000]);
        }
    }
    let mut made = vec![0u16; given.len()];
    let ptrs = [given.as_mut_ptr().cast(), made.as_mut_ptr().cast()];
    // SAFETY: so many values are given, and there is room for as many.
    unsafe { cast(Kind::F64, Kind::F16)(given.len(), &ptrs, &[8, 2]) };
    assert!(made == wanted);
}
