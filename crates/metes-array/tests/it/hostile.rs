//! Every safe function answers or refuses, whatever numbers it is given.

use metes_array::{
    Array, Index, Layout, Order, Scalar, Strides, broadcast_shapes, coalesce, index_shape, may_share_memory,
    resolve_shape, shares_memory, slice_indices,
};
use metes_dtype::Kind;
use metes_memory::Memory;
use proptest::prelude::*;

const KINDS: &[Kind] = &[Kind::Bool, Kind::U8, Kind::I32, Kind::F16, Kind::F64, Kind::C64, Kind::C128];

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0usize..5,
        1 => prop::sample::select(vec![usize::MAX, isize::MAX as usize, 1 << 63, 1 << 62, 1 << 32, 1 << 21]),
        1 => any::<usize>(),
    ]
}

fn number() -> impl Strategy<Value = isize> {
    prop_oneof![
        4 => -6isize..7,
        1 => prop::sample::select(vec![isize::MIN, isize::MIN + 1, isize::MAX, -1 << 62, 1 << 62, 1 << 32]),
        1 => any::<isize>(),
    ]
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![9 => prop::collection::vec(length(), 0..5), 1 => prop::collection::vec(0usize..3, 60..70)]
}

fn numbers() -> impl Strategy<Value = Vec<isize>> {
    prop_oneof![9 => prop::collection::vec(number(), 0..5), 1 => prop::collection::vec(-1isize..3, 60..70)]
}

fn item() -> impl Strategy<Value = Index> {
    let end = || prop::option::of(number());
    prop_oneof![
        number().prop_map(Index::At),
        (end(), end(), end()).prop_map(|(start, stop, step)| Index::Slice { start, stop, step }),
        Just(Index::NewAxis),
        Just(Index::Ellipsis),
    ]
}

fn scalar() -> impl Strategy<Value = Scalar> {
    let float = || prop_oneof![any::<f64>(), prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, 1e308, 5e-324])];
    prop_oneof![
        any::<bool>().prop_map(Scalar::Bool),
        prop_oneof![-9i128..9, any::<i128>(), Just(i128::MAX), Just(i128::MIN)].prop_map(Scalar::Int),
        float().prop_map(Scalar::Float),
        (float(), float()).prop_map(|(re, im)| Scalar::Complex(re, im)),
    ]
}

fn arrays() -> impl Strategy<Value = Array> {
    (prop::collection::vec(0usize..4, 0..4), prop::sample::select(KINDS)).prop_map(|(shape, kind)| {
        let array = Array::zeros(&shape, kind.into()).unwrap();
        if array.ndim() > 1 { array.flip(Some(&[0])).unwrap() } else { array }
    })
}

/// Asks everything that can be asked of a layout.
fn look_at(layout: &Layout, itemsize: usize) {
    layout.size();
    layout.extent(itemsize);
    layout.is_c_contiguous(itemsize);
    layout.is_f_contiguous(itemsize);
    layout.axes_outermost_first();
    let _ = layout.check(itemsize);
}

/// Asks everything that can be asked of an array.
fn visit(array: &Array) {
    look_at(array.layout(), array.dtype().size());
    assert!(array.extent().end <= array.buffer().len());
    let _ = (array.nbytes(), array.is_aligned(), array.self_overlaps(), may_share_memory(array, array));
    if array.size() < 100 {
        assert_eq!(array.to_scalars().unwrap().len(), array.size());
        array.copy(Order::K).unwrap();
    }
}

fn visit_if(array: metes_memory::Result<Array>) {
    if let Ok(array) = array {
        visit(&array);
    }
}

/// Runs with little memory, so that what is merely large is refused at once.
fn within_a_megabyte<T>(body: impl FnOnce() -> T) -> T {
    Memory::with_limit(Some(1 << 20)).enter(body)
}

proptest! {
    #[test]
    fn layouts(shape in lengths(), strides in numbers(), offset in length(), itemsize in length(), other in lengths(), index in prop::collection::vec(item(), 0..6)) {
        for layout in [Layout::contiguous(&shape, itemsize), Layout::fortran(&shape, itemsize), Layout::new(&shape, &strides, offset)].into_iter().flatten() {
            look_at(&layout, itemsize);
            for derived in [layout.reshape(&other, itemsize), layout.broadcast_to(&other), layout.index(&index).ok()].into_iter().flatten() {
                look_at(&derived, itemsize);
            }
        }
    }

    #[test]
    fn shapes(shape in lengths(), other in lengths(), to in numbers(), index in prop::collection::vec(item(), 0..6), ends in prop::array::uniform3(prop::option::of(number())), len in length()) {
        let _ = broadcast_shapes(&[&shape, &other]);
        let _ = resolve_shape(&shape, &to);
        let _ = index_shape(&shape, &index);
        let _ = slice_indices(ends[0], ends[1], ends[2], len);
        coalesce(&shape, &[Strides::from_slice(&to), Strides::new()]);
    }

    #[test]
    fn views(array in arrays(), a in numbers(), b in numbers(), n in [number(), number(), number()], shape in lengths(), index in prop::collection::vec(item(), 0..6), kind in prop::sample::select(KINDS)) {
        visit(&array);
        for view in [
            array.transpose(Some(&a)), array.transpose(None), array.swapaxes(n[0], n[1]), array.moveaxis(&a, &b),
            array.squeeze(Some(&a)), array.squeeze(None), array.expand_dims(&a), array.flip(Some(&a)), array.flip(None),
            array.diagonal(n[0], n[1], n[2]), array.imag(), array.view(kind.into()), array.as_strided(&shape, &a),
            array.broadcast_to(&shape), array.index(&index), array.ravel(Order::K), array.flatten(Order::F),
            array.reshape(&a, Order::C, None), array.reshape(&b, Order::A, Some(false)),
        ] {
            visit_if(view);
        }
        visit(&array.real());
        let (_, _) = (array.item(&a), array.set_item(&a, Scalar::Int(1)));
    }

    #[test]
    fn whatever_array_is_made_lies_within_its_bytes(shape in lengths(), strides in numbers(), offset in length(), kind in prop::sample::select(KINDS)) {
        let bytes = Array::zeros(&[100], Kind::U8.into()).unwrap();
        if let Ok(layout) = Layout::new(&shape, &strides, offset) {
            visit_if(Array::new(bytes.buffer().clone(), kind.into(), layout, true));
        }
    }

    #[test]
    fn makers(shape in lengths(), scalars in prop::array::uniform3(scalar()), n in [length(), length()], k in number(), kind in prop::sample::select(KINDS), own: bool) {
        let dtype = own.then(|| kind.into());
        within_a_megabyte(|| {
            let [a, b, c] = scalars;
            visit_if(Array::zeros(&shape, kind.into()));
            visit_if(Array::full(&shape, a, kind.into()));
            visit_if(Array::from_scalars(&shape, &scalars, kind.into()));
            visit_if(Array::from_slice(&shape, &[1, 2, 3]));
            visit_if(Array::eye(n[0].min(1 << 50), n[1], k, kind.into()));
            visit_if(Array::arange(a, b, c, dtype));
            visit_if(Array::linspace(a, b, n[0], own, dtype));
        });
    }

    #[test]
    fn typed_access(array in arrays(), at in prop::collection::vec(length(), 0..4)) {
        if let Ok(read) = array.read::<f64>() {
            let _ = read.get(&at);
            prop_assert_eq!(read.to_vec().len(), array.size());
        }
        if let Ok(mut write) = array.write::<f64>() {
            prop_assert_eq!(write.set(&at, 1.0).is_ok(), write.get(&at).is_ok());
        }
    }
}

#[test]
fn arbitrary_elements_are_still_elements() {
    for kind in KINDS {
        let array = Array::empty(&[1000], (*kind).into(), "test").unwrap();
        assert_eq!(array.to_scalars().unwrap().len(), 1000);
    }
    let fresh = Array::empty(&[300_000], Kind::F64.into(), "test").unwrap();
    assert_eq!(fresh.read::<f64>().unwrap().as_slice().unwrap().len(), 300_000);
}

#[test]
fn elements_that_are_being_written_are_not_listed() {
    let array = Array::zeros(&[3], Kind::F64.into()).unwrap();
    let writing = array.write::<f64>().unwrap();
    assert_eq!(array.to_scalars().err().unwrap().kind(), metes_memory::ErrorKind::Busy);
    drop(writing);
    assert!(array.to_scalars().is_ok());
}

#[test]
fn one_array_shares_all_with_itself() {
    let array = Array::zeros(&[3, 4], Kind::F64.into()).unwrap();
    assert!(shares_memory(&array, &array, None).unwrap());
}

#[test]
fn a_place_beyond_the_address_space_is_in_no_buffer() {
    let bytes = Array::zeros(&[4], Kind::Bool.into()).unwrap();
    for offset in [usize::MAX, isize::MAX as usize] {
        let layout = Layout::new(&[], &[], offset).unwrap();
        assert!(Array::new(bytes.buffer().clone(), Kind::Bool.into(), layout, true).is_err());
    }
}
