//! Properties of layouts, views, overlap and copies, against plain enumerations of places.

mod hostile;
mod pick;

use metes_array::{Array, Index, Order, Scalar, copy_into, may_share_memory, shares_memory};
use metes_dtype::Kind;
use proptest::prelude::*;

fn counting(shape: &[usize]) -> Array {
    let values: Vec<i64> = (0..shape.iter().product::<usize>() as i64).collect();
    Array::from_slice(shape, &values).unwrap()
}

fn numbers(array: &Array) -> Vec<i128> {
    let number = |s| if let Scalar::Int(i) = s { i } else { unreachable!("integers") };
    array.to_scalars().unwrap().into_iter().map(number).collect()
}

fn slices() -> impl Strategy<Value = Vec<(Option<isize>, Option<isize>, isize)>> {
    let end = prop::option::of(-7isize..7);
    let step = prop_oneof![-3isize..0, 1isize..4];
    prop::collection::vec((end.clone(), end, step), 2)
}

/// A view of a 6 x 5 array by two slices, perhaps transposed.
fn view(base: &Array, slices: &[(Option<isize>, Option<isize>, isize)], turned: bool) -> Array {
    let index: Vec<Index> =
        slices.iter().map(|&(start, stop, step)| Index::Slice { start, stop, step: Some(step) }).collect();
    let view = base.index(&index).unwrap();
    if turned { view.transpose(None).unwrap() } else { view }
}

/// The byte addresses that an array touches.
fn places(array: &Array) -> Vec<usize> {
    let mut out = Vec::new();
    let shape = array.shape();
    for flat in 0..array.size() {
        let (mut left, mut at) = (flat, array.as_ptr() as isize);
        for axis in (0..shape.len()).rev() {
            at += (left % shape[axis]) as isize * array.strides()[axis];
            left /= shape[axis];
        }
        out.extend(at as usize..at as usize + array.dtype().size());
    }
    out
}

proptest! {
    #[test]
    fn slices_pick_what_python_picks(len in 0usize..8, start in prop::option::of(-9isize..9), stop in prop::option::of(-9isize..9), step in prop_oneof![-3isize..0, 1isize..4]) {
        let (first, step, count) = metes_array::slice_indices(start, stop, Some(step), len).unwrap();
        let picked: Vec<isize> = (0..count as isize).map(|i| first + i * step).collect();
        let n = len as isize;
        let clamp = |at: isize, low: isize, high: isize| (if at < 0 { at + n } else { at }).clamp(low, high);
        let expected: Vec<isize> = if step > 0 {
            let (from, to) = (start.map_or(0, |s| clamp(s, 0, n)), stop.map_or(n, |s| clamp(s, 0, n)));
            (from..to.max(from)).step_by(step as usize).collect()
        } else {
            let (from, to) = (start.map_or(n - 1, |s| clamp(s, -1, n - 1)), stop.map_or(-1, |s| clamp(s, -1, n - 1)));
            (to + 1..from + 1).rev().step_by(step.unsigned_abs()).collect()
        };
        prop_assert_eq!(picked, expected);
    }

    #[test]
    fn a_reshape_keeps_the_elements_and_copies_only_where_it_must(slices in slices(), turned: bool, columns in 1usize..7) {
        let view = view(&counting(&[6, 5]), &slices, turned);
        if !view.size().is_multiple_of(columns) {
            return Ok(());
        }
        let shape = [(view.size() / columns) as isize, columns as isize];
        let reshaped = view.reshape(&shape, Order::C, None).unwrap();
        prop_assert_eq!(numbers(&reshaped), numbers(&view));
        let without = view.reshape(&shape, Order::C, Some(false));
        prop_assert_eq!(without.is_ok(), reshaped.buffer().same(view.buffer()));
        let steps = numbers(&view);
        let even = |w: &[i128]| w.windows(3).all(|w| w[1] - w[0] == w[2] - w[1]);
        prop_assert!(!even(&steps) || without.is_ok(), "evenly spaced elements have a view of every shape");
    }

    #[test]
    fn copies_in_every_order_have_the_same_elements(slices in slices(), turned: bool) {
        let view = view(&counting(&[6, 5]), &slices, turned);
        for order in [Order::C, Order::F, Order::A, Order::K] {
            let copy = view.copy(order).unwrap();
            prop_assert_eq!(numbers(&copy), numbers(&view));
            prop_assert!(!shares_memory(&copy, &view, None).unwrap());
        }
        prop_assert!(view.copy(Order::C).unwrap().is_c_contiguous());
        prop_assert!(view.copy(Order::F).unwrap().is_f_contiguous());
    }

    #[test]
    fn overlap_is_exact(a in slices(), b in slices(), turned: bool) {
        let base = counting(&[6, 5]);
        let (a, b) = (view(&base, &a, false), view(&base, &b, turned));
        let seen: std::collections::HashSet<usize> = places(&a).into_iter().collect();
        let meets = places(&b).iter().any(|p| seen.contains(p));
        prop_assert_eq!(shares_memory(&a, &b, None).unwrap(), meets);
        prop_assert!(!meets || may_share_memory(&a, &b));
    }

    #[test]
    fn a_copy_over_itself_is_as_if_the_source_were_copied_first(a in slices(), b in slices()) {
        let base = counting(&[6, 5]);
        let (dst, src) = (view(&base, &a, false), view(&base, &b, false));
        if dst.shape() != src.shape() {
            return Ok(());
        }
        let expected = numbers(&src);
        copy_into(&dst, &src).unwrap();
        prop_assert_eq!(numbers(&dst), expected);
    }
}

#[test]
fn what_lies_outside_a_buffer_is_refused() {
    let a = counting(&[4]);
    assert!(a.as_strided(&[5], &[8]).is_err());
    assert!(a.as_strided(&[4], &[isize::MAX]).is_err());
    assert!(a.as_strided(&[2, 4], &[0, 8]).is_ok());
    assert!(Array::empty(&[usize::MAX, 2], Kind::F64.into(), "test").is_err());
    assert!(Array::empty(&[0, usize::MAX, usize::MAX], Kind::F64.into(), "test").is_err());
}
