//! Ranges and limits.

use crate::spec::{kind, section};
use metes_dtype::{Category, Kind};

#[test]
fn limits_of_floats_are_numpys() {
    for row in section("finfo") {
        let info = kind(row[0]).float_info().unwrap();
        let whole = [info.bits, info.mantissa_bits, info.precision];
        assert_eq!(whole.map(|n| n.to_string()), row[1..4], "{}", row[0]);
        let values = [info.max, info.eps, info.smallest_normal, info.smallest_subnormal];
        assert_eq!(values.to_vec(), row[4..].iter().map(|v| v.parse().unwrap()).collect::<Vec<f64>>(), "{}", row[0]);
    }
    assert_eq!(Kind::C128.float_info(), Kind::F64.float_info());
    assert!(Kind::I8.float_info().is_none() && Kind::Bool.float_info().is_none());
}

#[test]
fn ranges_of_integers_are_numpys() {
    let rows = section("iinfo");
    assert_eq!(rows.len(), Kind::ALL.iter().filter(|k| k.int_range().is_some()).count());
    for row in rows {
        let range = (row[1].parse().unwrap(), row[2].parse().unwrap());
        assert_eq!(kind(row[0]).int_range(), Some(range), "{}", row[0]);
    }
    for kind in [Kind::Bool, Kind::F16, Kind::C64, Kind::C128] {
        assert_eq!(kind.int_range(), None);
    }
}

#[test]
fn the_smallest_kind_holds_its_value_and_no_smaller_one_does() {
    let edges = Kind::ALL.iter().filter_map(|k| k.int_range()).flat_map(|(low, high)| [low, high, low + 1, high + 1]);
    for value in edges.filter(|v| *v <= i128::from(u64::MAX)) {
        let smallest = Kind::for_int(value).unwrap();
        let holds = |k: Kind| k.int_range().is_some_and(|(low, high)| low <= value && value <= high);
        assert!(holds(smallest), "{value} in {smallest:?}");
        assert_eq!(smallest.category() == Category::Signed, value < 0);
        assert!(Kind::ALL.iter().all(|&k| !holds(k) || k.size() >= smallest.size()), "{value}");
    }
    assert_eq!(Kind::for_int(i128::from(u64::MAX) + 1), None);
    assert_eq!(Kind::for_int(i128::from(i64::MIN) - 1), None);
}

#[test]
fn the_smallest_float_is_decided_by_range() {
    let kinds = [65504.0, -65504.0, 65505.0, 3.4e38, 3.5e38, f64::MAX, f64::INFINITY, f64::NAN].map(Kind::for_float);
    use Kind::{F16, F32, F64};
    assert_eq!(kinds, [F16, F16, F32, F32, F64, F64, F16, F16]);
}
