//! What is said of an array's values equals what looking at each of them says.

use crate::{counting, path};
use metes_array::{Array, Scalar};
use metes_dtype::{DType, Kind};
use metes_eval::Expr;
use metes_memory::Memory;
use metes_store::{open_npy, save, suggest_dtype, survey};
use proptest::prelude::*;

#[test]
fn the_narrowest_dtype_holds_every_value() {
    let suggest = |values: &[f64]| suggest_dtype(&Array::from_slice(&[values.len()], values).unwrap()).unwrap().name();
    assert_eq!(suggest(&[1.5, -2.0]), "float16");
    assert_eq!(suggest(&[1.0e10, 0.5]), "float32");
    assert_eq!(suggest(&[0.1]), "float64");
    assert_eq!(suggest(&[f64::NAN, 1.0]), "float16");
    assert_eq!(suggest(&[f64::INFINITY, 65504.0]), "float16");
    assert_eq!(suggest(&[65520.0]), "float32");
    assert_eq!(suggest(&[1e300]), "float64");
}

#[test]
fn integers_stay_integers_of_the_same_sign_where_both_fit() {
    let suggest = |values: &[i128], kind: Kind| {
        let values: Vec<Scalar> = values.iter().map(|&v| Scalar::Int(v)).collect();
        suggest_dtype(&Array::from_scalars(&[values.len()], &values, kind.into()).unwrap()).unwrap().name()
    };
    assert_eq!(suggest(&[0, 1], Kind::I64), "int8");
    assert_eq!(suggest(&[0, 127], Kind::U64), "uint8");
    assert_eq!(suggest(&[0, 200], Kind::I64), "uint8");
    assert_eq!(suggest(&[-1, 200], Kind::I64), "int16");
    assert_eq!(suggest(&[-1, 1 << 40], Kind::I64), "int64");
    assert_eq!(suggest(&[1 << 31], Kind::U64), "uint32");
    assert_eq!(suggest(&[1], Kind::Bool), "bool");
}

#[test]
fn every_kind_is_surveyed_with_and_without_values() {
    for &kind in Kind::ALL {
        let found = survey(&Expr::array(counting(&[7, 5], kind)), None).unwrap();
        let real = kind.category() != metes_dtype::Category::Complex;
        assert_eq!(found.min.is_some(), real, "{kind:?}");
        if real {
            let last = Array::from_scalars(&[], &[Scalar::Int(34)], DType::of(kind)).unwrap().item(&[]).unwrap();
            assert_eq!(found.max, Some(last), "{kind:?}");
        }
        for shape in [&[0][..], &[3, 0], &[0, 1 << 40]] {
            let found = survey(&Expr::array(Array::zeros(shape, kind.into()).unwrap()), None).unwrap();
            assert_eq!((found.min, found.max, found.nans), (None, None, 0), "{kind:?}");
        }
    }
    let one = survey(&Expr::array(Array::full(&[], Scalar::Int(7), Kind::I32.into()).unwrap()), None).unwrap();
    assert_eq!((one.min, one.max, one.narrowest.name()), (Some(Scalar::Int(7)), Some(Scalar::Int(7)), "int8"));
    let nan = Scalar::Complex(0.0, f64::NAN);
    let values = Array::from_scalars(&[2], &[nan, Scalar::Complex(0.5, 1.0)], Kind::C128.into()).unwrap();
    let found = survey(&Expr::array(values), None).unwrap();
    assert_eq!((found.nans, found.narrowest.name()), (1, "complex64"));
}

#[test]
fn a_file_is_surveyed_within_the_limit() {
    let file = path("survey.npy");
    save(&file, &counting(&[20_000, 40], Kind::F32)).unwrap();
    let memory = Memory::new();
    memory.enter(|| {
        let lazy = open_npy(&file).unwrap().lazy().unwrap();
        let found = survey(&lazy, Some(300_000)).unwrap();
        assert_eq!((found.min, found.max), (Some(Scalar::Float(0.0)), Some(Scalar::Float(99.0))));
        assert_eq!(found.narrowest.name(), "float16");
        assert!(survey(&lazy, Some(100)).is_err());
    });
    assert!(memory.stats().peak_bytes <= 300_000, "{}", memory.stats().peak_bytes);
    assert_eq!(memory.stats().current_bytes, 0);
}

proptest! {
    #[test]
    fn floats(values in prop::collection::vec(
        prop_oneof![any::<f64>(), Just(f64::NAN), any::<f32>().prop_map(f64::from), (-2000i16..2000).prop_map(f64::from)],
        1..40,
    )) {
        let found = survey(&Expr::array(Array::from_slice(&[values.len()], &values).unwrap()), None).unwrap();
        let numbers: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        let least = numbers.iter().copied().reduce(f64::min).map(Scalar::Float);
        let most = numbers.iter().copied().reduce(f64::max).map(Scalar::Float);
        prop_assert_eq!((found.min, found.max, found.nans as usize), (least, most, values.len() - numbers.len()));
        let single = numbers.iter().all(|&v| f64::from(v as f32) == v);
        prop_assert_eq!(found.narrowest == DType::of(Kind::F64), !single);
    }
}
