//! Arrays seen by the crate `ndarray` and back: the same elements, the same bytes.

use metes::array::{Array, Index, Layout, Scalar};
use metes::dtype::Kind;
use metes::memory::{ErrorKind, Memory, Result};
use metes::ndarray::{from_ndarray, read_ndarray, write_ndarray};
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use proptest::prelude::*;

fn counted(shape: &[usize]) -> ArrayD<i32> {
    let size: usize = shape.iter().product();
    ArrayD::from_shape_vec(IxDyn(shape), (0..size as i32).collect()).expect("as many elements as the shape has")
}

/// A slice of each axis, as both libraries write it.
fn slices() -> impl Strategy<Value = (Vec<usize>, Vec<(isize, isize)>)> {
    prop::collection::vec((0usize..5, 0isize..3, prop::sample::select(vec![-3isize, -2, -1, 1, 2, 3])), 0..4)
        .prop_map(|axes| axes.into_iter().map(|(n, start, step)| (n, (start.min(n as isize), step))).unzip())
}

fn sliced(array: ArrayD<i32>, cuts: &[(isize, isize)]) -> ArrayD<i32> {
    let mut array = array;
    for (axis, &(start, step)) in cuts.iter().enumerate() {
        array.slice_axis_inplace(Axis(axis), Slice::new(start, None, step));
    }
    array
}

fn cut(array: &Array, axis: usize, start: Option<isize>, step: isize) -> Array {
    let mut index = vec![Index::Slice { start: None, stop: None, step: None }; array.ndim()];
    index[axis] = Index::Slice { start, stop: None, step: Some(step) };
    array.index(&index).expect("a slice of an axis that is there")
}

proptest! {
    #[test]
    fn owned_arrays_come_in_whatever_their_layout((shape, cuts) in slices(), turned in any::<bool>()) {
        let theirs = sliced(counted(&shape), &cuts);
        let theirs = if turned { theirs.reversed_axes() } else { theirs };
        let ours = from_ndarray(theirs.clone()).unwrap();
        prop_assert_eq!(ours.shape(), theirs.shape());
        prop_assert_eq!(ours.read::<i32>().unwrap().to_vec(), theirs.iter().copied().collect::<Vec<_>>());
    }

    #[test]
    fn views_go_out_whatever_their_layout((shape, cuts) in slices()) {
        let base = from_ndarray(counted(&shape)).unwrap();
        let expected = sliced(counted(&shape), &cuts);
        let view = cuts.iter().enumerate().fold(base, |view, (axis, &(start, step))| {
            // With a negative step ndarray walks the same range backwards.
            let front = cut(&view, axis, Some(start), 1);
            cut(&front, axis, None, step)
        });
        let seen = read_ndarray::<i32>(&view).unwrap();
        prop_assert_eq!(seen.view(), expected.view());
        drop(seen);
        if view.size() > 0 {
            write_ndarray::<i32>(&view).unwrap().mapv_inplace(|x| x + 1000);
            prop_assert_eq!(view.read::<i32>().unwrap().to_vec(), expected.mapv(|x| x + 1000).iter().copied().collect::<Vec<_>>());
        }
    }
}

#[test]
fn foreign_bytes_are_counted_and_given_back() -> Result<()> {
    let ours = from_ndarray(ndarray::Array2::<f64>::zeros((1000, 10)))?;
    let view = ours.index(&[Index::At(3)])?;
    drop(ours);
    // Other tests run beside this one: what they hold comes and goes.
    assert!(Memory::global().stats().foreign_bytes >= 80_000);
    assert_eq!(view.buffer().label(), "ndarray");
    assert_eq!(view.item(&[9])?, Scalar::Float(0.0));
    Ok(())
}

#[test]
fn what_cannot_be_seen_is_refused() -> Result<()> {
    let kind = |result: Result<()>| result.expect_err("must be refused").kind();
    let a = Array::zeros(&[3, 4], Kind::F64.into())?;
    assert_eq!(kind(read_ndarray::<f32>(&a).map(drop)), ErrorKind::Type);
    assert_eq!(kind(read_ndarray::<bool>(&Array::zeros(&[3], Kind::Bool.into())?).map(drop)), ErrorKind::Type);
    assert_eq!(kind(write_ndarray::<f64>(&a.read_only()).map(drop)), ErrorKind::ReadOnly);
    let stretched = Array::new(a.buffer().clone(), a.dtype(), Layout::new(&[5], &[0], 0)?, true)?;
    assert_eq!(read_ndarray::<f64>(&stretched)?.sum(), 0.0);
    assert_eq!(kind(write_ndarray::<f64>(&stretched).map(drop)), ErrorKind::Value);
    let odd =
        a.view(Kind::U8.into())?.index(&[Index::At(0), Index::Slice { start: Some(1), stop: Some(9), step: None }])?;
    assert_eq!(kind(read_ndarray::<f64>(&odd.view(Kind::F64.into())?).map(drop)), ErrorKind::Value);
    let writing = write_ndarray::<f64>(&a)?;
    assert_eq!(kind(read_ndarray::<f64>(&a).map(drop)), ErrorKind::Busy);
    drop(writing);
    assert_eq!(read_ndarray::<f64>(&a)?.dim(), IxDyn(&[3, 4]));
    Ok(())
}
