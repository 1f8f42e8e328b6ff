//! The lattice, and Python scalars.

use crate::spec::{for_each_pair, kind, section};
use metes_dtype::{DType, Kind, Weak, promote, promote_weak};

#[test]
fn every_pair_meets_where_numpy_has_it() {
    for_each_pair("promote", |a, b, expected| {
        assert_eq!(promote(a.into(), b.into()), Some(DType::of(kind(expected))), "{a:?} with {b:?}");
    });
}

#[test]
fn every_kind_meets_python_scalars_as_in_numpy() {
    let lines = section("weak");
    assert_eq!(lines.len(), 1 + Kind::COUNT);
    for row in &lines[1..] {
        for (weak, expected) in [Weak::Int, Weak::Float, Weak::Complex].into_iter().zip(&row[1..]) {
            assert_eq!(
                promote_weak(kind(row[0]).into(), weak),
                Some(DType::of(kind(expected))),
                "{} with {weak:?}",
                row[0]
            );
        }
    }
}

#[test]
fn promotion_commutes_and_is_idempotent() {
    for &a in Kind::ALL {
        assert_eq!(promote(a.into(), a.into()), Some(a.into()));
        for &b in Kind::ALL {
            assert_eq!(promote(a.into(), b.into()), promote(b.into(), a.into()));
        }
    }
}
