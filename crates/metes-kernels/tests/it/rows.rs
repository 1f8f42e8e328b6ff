//! The table itself: names, arities, identities, flags.

use crate::samples::{Field, Value, decode, encode, samples};
use metes_dtype::{Category, Kind};
use metes_kernels::{ALIASES, DIVIDE, Flags, NEGATIVE_POWER, NOT_FOR_BOOL, OVERFLOW, table, ufunc};
use std::collections::HashSet;

#[test]
fn names_and_aliases_are_one_each() {
    let mut names = HashSet::new();
    for row in table() {
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(std::ptr::eq(ufunc(row.name).unwrap(), *row));
        assert!(row.doc.ends_with('.') && !row.doc.contains('\n'), "{}", row.doc);
    }
    for (alias, name) in ALIASES {
        assert!(names.insert(alias), "{alias} twice");
        assert_eq!(ufunc(alias).unwrap().name, *name);
    }
    assert!(NOT_FOR_BOOL.iter().all(|name| ufunc(name).is_some()));
    assert!(ufunc("median").is_none());
}

#[test]
fn cells_have_the_arity_of_their_row_and_differ() {
    for row in table() {
        let mut seen = HashSet::new();
        for cell in row.cells {
            assert_eq!((cell.inputs.len(), cell.outputs.len()), (row.nin, row.nout), "{}", row.name);
            assert!(seen.insert(cell.inputs), "{} of {:?} twice", row.name, cell.inputs);
        }
    }
}

fn binary(name: &str, kind: Kind, a: Value, b: Value) -> (Value, Flags) {
    let cell = ufunc(name).unwrap().cells.iter().find(|c| c.inputs == [kind, kind]).unwrap();
    let out = cell.outputs[0];
    let step = kind.size() as isize;
    let mut fields = [
        Field::filled(&[encode(kind, a)], step),
        Field::filled(&[encode(kind, b)], step),
        Field::new(1, out.size(), out.size() as isize),
    ];
    let ptrs = fields.each_mut().map(Field::ptr);
    // SAFETY: one element at each pointer.
    let flags = unsafe { (cell.call)(1, &ptrs, &[step, step, out.size() as isize]) };
    (decode(out, &fields[2].elements()[0]), flags)
}

#[test]
fn an_identity_leaves_every_value_as_it_is() {
    let mut checked = 0;
    for row in table().iter().filter(|row| row.name != "hypot" && !row.name.starts_with("logical")) {
        let Some(identity) = row.identity else { continue };
        for cell in row.cells.iter().filter(|c| c.outputs[0] == c.inputs[0]) {
            let kind = cell.inputs[0];
            let whole = kind.category() < Category::Float;
            let neutral = if whole { Value::Whole(identity as i128) } else { Value::Real(identity) };
            let usable = |v: &Value| !matches!(v, Value::Complex(..)) && (row.name != "gcd" || v.re() >= 0.0);
            let held = samples(kind).into_iter().map(|v| decode(kind, &encode(kind, v)));
            for value in held.filter(usable) {
                let (result, _) = binary(row.name, kind, neutral, value);
                assert!(result.same(value), "{} of {kind:?}: {value:?} becomes {result:?}", row.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "only {checked}");
}

#[test]
fn integer_trouble_is_flagged() {
    let of = |name: &str, kind: Kind, a: i128, b: i128| binary(name, kind, Value::Whole(a), Value::Whole(b));
    let integers = Kind::ALL.iter().filter_map(|&k| k.int_range().map(|(low, _)| (k, low)));
    for (kind, low) in integers {
        for name in ["floor_divide", "remainder", "fmod"] {
            assert_eq!(of(name, kind, 5, 0), (Value::Whole(0), DIVIDE), "{name} of {kind:?}");
            assert_eq!(of(name, kind, 5, 2).1, 0);
        }
        if low < 0 {
            assert_eq!(of("floor_divide", kind, low, -1), (Value::Whole(low), OVERFLOW), "{kind:?}");
            assert_eq!(of("remainder", kind, low, -1), (Value::Whole(0), 0), "{kind:?}");
            assert_eq!(of("power", kind, 2, -1).1, NEGATIVE_POWER, "{kind:?}");
        }
        assert_eq!(of("power", kind, 0, 0), (Value::Whole(1), 0), "{kind:?}");
        let bits = 8 * kind.size() as i128;
        assert_eq!(of("left_shift", kind, 1, bits).0, Value::Whole(0), "{kind:?}");
        assert_eq!(of("right_shift", kind, low, bits).0, Value::Whole(if low < 0 { -1 } else { 0 }), "{kind:?}");
    }
}

#[test]
fn int64_and_uint64_are_compared_exactly() {
    let (wide, narrow) = (u64::MAX, -1i64);
    for (name, expected) in [("equal", false), ("not_equal", true), ("less", true), ("greater", false)] {
        let row = ufunc(name).unwrap();
        let cell = row.cells.iter().find(|c| c.inputs == [Kind::I64, Kind::U64]).unwrap();
        let mut fields = [
            Field::filled(&[narrow.to_ne_bytes().to_vec()], 8),
            Field::filled(&[wide.to_ne_bytes().to_vec()], 8),
            Field::new(1, 1, 1),
        ];
        let ptrs = fields.each_mut().map(Field::ptr);
        // SAFETY: one element at each pointer.
        unsafe { (cell.call)(1, &ptrs, &[8, 8, 1]) };
        assert_eq!(fields[2].elements()[0], [u8::from(expected)], "-1 {name} 2**64 - 1");
    }
}

#[test]
fn foreign_bools_may_be_any_byte() {
    let cell = ufunc("logical_not").unwrap().cells.iter().find(|c| c.inputs == [Kind::Bool]).unwrap();
    let mut fields = [Field::filled(&[vec![0], vec![1], vec![2], vec![255]], 1), Field::new(4, 1, 1)];
    let ptrs = fields.each_mut().map(Field::ptr);
    // SAFETY: four elements at each pointer.
    unsafe { (cell.call)(4, &ptrs, &[1, 1]) };
    assert_eq!(fields[1].elements().concat(), [1, 0, 0, 0]);
}
