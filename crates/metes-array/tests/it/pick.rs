//! The short ways of selecting by one array: what the general ones give, or nothing.

use metes_array::{Array, Index, Order, Scalar, gather, nonzero, scatter};
use metes_dtype::Kind;
use metes_memory::Access;

fn numbers(shape: &[usize]) -> Array {
    let count = shape.iter().product::<usize>();
    Array::from_slice(shape, &(0..count as i64).map(|i| i * i - 7).collect::<Vec<_>>()).unwrap()
}

fn picked(a: &Array, index: &Array) -> Option<Array> {
    let mut place = None;
    let done = a.pick_direct(index, "index", &mut place).unwrap();
    assert_eq!(done, place.is_some(), "a result where it is done, else none");
    place
}

#[test]
fn picking_gives_what_gathering_gives() {
    let masks = [vec![true; 12], vec![false; 12], (0..12).map(|i| i % 3 != 1).collect()];
    let places: [&[i64]; 4] = [&[], &[0], &[-1, 0, 3, 3, -4], &[2; 40]];
    let (mut taken, flat) = (0, numbers(&[12]));
    let every = Index::Slice { start: None, stop: None, step: Some(-3) };
    for a in [
        flat.clone(),
        flat.index(&[every]).unwrap(),
        numbers(&[4, 3]),
        numbers(&[4, 3]).reversed(),
        numbers(&[5, 2, 2]),
    ] {
        for kind in [Kind::Bool, Kind::I16, Kind::F32, Kind::I64, Kind::C128] {
            let a = as_kind(&a, kind);
            let lists = places.iter().map(|places| Array::from_slice(&[places.len()], places).unwrap());
            let tables = [Array::from_slice(&[2, 2], &[0i64, -1, 1, 0]).unwrap()];
            let masks = masks.iter().filter(|_| a.size() == 12).map(|mask| Array::from_slice(a.shape(), mask).unwrap());
            for index in lists.chain(tables).chain(masks) {
                let Some(got) = picked(&a, &index) else { continue };
                let wanted = gather(&a, &[index.clone().into()]).unwrap();
                assert_eq!(got.shape(), wanted.shape(), "{a:?} {index:?}");
                assert_eq!(got.to_bytes().unwrap(), wanted.to_bytes().unwrap(), "{a:?} {index:?}");
                taken += 1;
            }
        }
    }
    assert!(taken > 60, "the short way is hardly ever taken: {taken}");
}

/// The same numbers as elements of another kind.
fn as_kind(a: &Array, kind: Kind) -> Array {
    let dense = Array::from_scalars(a.shape(), &a.to_scalars().unwrap(), Kind::F64.into()).unwrap();
    let values: Vec<Scalar> = dense
        .to_scalars()
        .unwrap()
        .into_iter()
        .map(|value| match (kind, value) {
            (Kind::I16 | Kind::I64, Scalar::Float(value)) => Scalar::Int(value as i128),
            (_, value) => value,
        })
        .collect();
    let made = Array::from_scalars(a.shape(), &values, kind.into()).unwrap();
    if a.is_c_contiguous() { made } else { made.copy(Order::F).unwrap() }
}

#[test]
fn filling_gives_what_scattering_gives() {
    let mask = Array::from_slice(&[12], &(0..12).map(|i| i % 3 != 1).collect::<Vec<_>>()).unwrap();
    for kind in [Kind::Bool, Kind::I16, Kind::F32, Kind::I64, Kind::C128] {
        let [mine, theirs] = [0, 1].map(|_| as_kind(&numbers(&[12]), kind));
        assert!(mine.fill_direct(&mask, Scalar::Int(1)));
        scatter(&theirs, &[mask.clone().into()], &Array::full(&[], Scalar::Int(1), kind.into()).unwrap()).unwrap();
        assert_eq!(mine.to_bytes().unwrap(), theirs.to_bytes().unwrap());
        assert!(!mine.read_only().fill_direct(&mask, Scalar::Int(1)));
        assert!(!as_kind(&numbers(&[4, 3]), kind).fill_direct(&mask, Scalar::Int(1)), "another shape");
    }
}

#[test]
fn true_places_are_those_of_any_layout() {
    for trues in [vec![false; 9], vec![true; 9], (0..9).map(|i| i % 4 == 0).collect::<Vec<_>>()] {
        let mask = Array::from_slice(&[9], &trues).unwrap();
        let twice: Vec<bool> = trues.iter().flat_map(|&one| [one, !one]).collect();
        let apart = Array::from_slice(&[18], &twice).unwrap();
        let apart = apart.index(&[Index::Slice { start: None, stop: None, step: Some(2) }]).unwrap();
        let places = |mask: &Array| nonzero(mask).unwrap()[0].read::<i64>().unwrap().to_vec();
        assert_eq!(places(&mask), places(&apart));
    }
}

#[test]
fn what_is_out_of_bounds_or_in_use_is_declined() {
    let a = numbers(&[4]);
    let far = Array::from_slice(&[2], &[0i64, 4]).unwrap();
    assert!(picked(&a, &far).is_none() && gather(&a, &[far.into()]).is_err());
    let mask = Array::from_slice(&[4], &[true; 4]).unwrap();
    let held = a.buffer().hold(0..8, Access::Write, "test").unwrap();
    assert!(picked(&a, &mask).is_none() && !a.fill_direct(&mask, Scalar::Int(1)));
    drop(held);
    assert!(picked(&a, &mask).is_some() && a.fill_direct(&mask, Scalar::Int(1)));
}
