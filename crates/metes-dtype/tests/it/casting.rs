//! Casting levels.

use crate::spec::for_each_pair;
use metes_dtype::{Casting, Kind, can_cast};

#[test]
fn every_pair_casts_at_the_level_that_numpy_has() {
    let ordered = [Casting::No, Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];
    for_each_pair("cast", |from, to, strictest| {
        let strictest = Casting::parse(strictest).unwrap();
        let at = ordered.iter().position(|&level| level == strictest).unwrap();
        for (i, &level) in ordered.iter().enumerate() {
            assert_eq!(can_cast(from.into(), to.into(), level), i >= at, "{from:?} to {to:?}, {}", level.name());
        }
    });
}

#[test]
fn same_value_depends_on_values_alone() {
    for &from in Kind::ALL {
        for &to in Kind::ALL {
            assert!(can_cast(from.into(), to.into(), Casting::SameValue));
        }
    }
}

#[test]
fn names_come_back() {
    for &level in Casting::ALL {
        assert_eq!(Casting::parse(level.name()), Some(level));
    }
    assert_eq!(Casting::parse("Safe"), None);
}
