//! What a Rust user writes: functions of arrays and numbers, the same of what is still to be computed, indices, axes.

use metes::manipulate::{array_split, split, split_at, stack};
use metes::prelude::*;
use metes::{ErrorKind, Result};

fn numbers() -> Result<Array> {
    Array::from_slice(&[2, 3], &[1.0, -2.0, 3.5, 0.25, 5.0, -6.0])
}

fn values(a: &Array) -> Result<Vec<f64>> {
    Ok(a.read::<f64>()?.to_vec())
}

#[test]
fn numbers_take_the_dtype_beside_them() -> Result<()> {
    let small = Array::from_slice(&[2], &[1.0f32, 2.0])?;
    assert_eq!(add(&small, 1.5)?.dtype(), Kind::F32);
    assert_eq!(multiply(2, &small)?.dtype(), Kind::F32);
    assert_eq!(add(&Array::from_slice(&[1], &[1u8])?, 300).unwrap_err().kind(), ErrorKind::Overflow);
    assert_eq!(less(&small, 2)?.dtype(), Kind::Bool);
    assert_eq!(sqrt(4.0)?.item(&[])?, Scalar::Float(2.0));
    Ok(())
}

#[test]
fn functions_of_two_results_give_both() -> Result<()> {
    let (whole, left) = divmod(&numbers()?, 2)?;
    assert_eq!(values(&add(&multiply(&whole, 2)?, &left)?)?, values(&numbers()?)?);
    let (fraction, power) = frexp(&numbers()?)?;
    assert_eq!(values(&ldexp(&fraction, &power)?)?, values(&numbers()?)?);
    Ok(())
}

#[test]
fn what_is_computed_later_is_the_same() -> Result<()> {
    let a = numbers()?;
    let eager = sqrt(&add(&square(&a)?, where_(less(&a, 0)?, 0, 1)?)?)?;
    let lazily = lazy::sqrt(lazy::add(lazy::square(&a)?, lazy::where_(lazy::less(&a, 0)?, 0, 1)?)?)?;
    assert_eq!(values(&lazy::compute(&lazily)?)?, values(&eager)?);
    for axes in [Axes::all(), 0.into(), [0, 1].into(), Axes::from(-1).keepdims()] {
        let (now, later) = (std(&a, axes.clone(), 1.0)?, lazy::compute(&lazy::std(&a, axes, 1.0)?)?);
        assert_eq!(now.shape(), later.shape());
        assert_eq!(values(&now)?, values(&later)?);
    }
    Ok(())
}

#[test]
fn values_that_are_not_there_are_left_out() -> Result<()> {
    let a = Array::from_slice(&[2, 2], &[f64::NAN, 1.0, 3.0, 5.0])?;
    assert_eq!(values(&nansum(&a, 0)?)?, [3.0, 6.0]);
    assert_eq!(values(&nanmean(&a, 1)?)?, [1.0, 4.0]);
    assert_eq!(values(&nanvar(&a, .., 1.0)?)?, [4.0]);
    assert_eq!(nanargmax(&a, ..)?.item(&[])?, Scalar::Int(3));
    assert!(values(&sum(&a, 0)?)?[0].is_nan());
    Ok(())
}

#[test]
fn parts_are_views_and_stacks_are_not() -> Result<()> {
    let a = numbers()?;
    let columns = split(&a, 3, 1)?;
    assert_eq!(columns.iter().map(Array::shape).collect::<Vec<_>>(), [[2, 1]; 3]);
    columns[2].write::<f64>()?.set(&[0, 0], 9.0)?;
    assert_eq!(a.read::<f64>()?.get(&[0, 2])?, 9.0);
    let apart = stack(&columns, 0)?;
    assert_eq!(apart.shape(), [3, 2, 1]);
    assert!(!metes::array::may_share_memory(&apart, &a));
    assert_eq!(split(&a, 2, 1).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(array_split(&a, 0, 0).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(stack(&[a.clone(), columns[0].clone()], 0).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(stack(std::slice::from_ref(&a), 3).unwrap_err().kind(), ErrorKind::Axis);
    let lengths = |parts: Vec<Array>| parts.iter().map(|part| part.shape()[1]).collect::<Vec<_>>();
    assert_eq!(lengths(split_at(&a, &[2, 1, 7], 1)?), [2, 0, 2, 0]);
    assert_eq!(lengths(split_at(&a, &[-9, -1], 1)?), [0, 2, 1]);
    Ok(())
}

#[test]
fn axes_are_checked() -> Result<()> {
    let a = numbers()?;
    assert_eq!(sum(&a, 2).unwrap_err().kind(), ErrorKind::Axis);
    assert_eq!(sum(&a, [0, -2]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(lazy::sum(&a, [0, -2]).err().map(|e| e.kind()), Some(ErrorKind::Value));
    assert_eq!(cumsum(&a, [0, 1]).unwrap_err().kind(), ErrorKind::Axis);
    assert_eq!(max(&Array::zeros(&[0], Kind::F64.into())?, ..).unwrap_err().kind(), ErrorKind::Value);
    Ok(())
}

#[test]
fn indices_are_as_pythons() -> Result<()> {
    let a = Array::arange(Scalar::Int(0), Scalar::Int(24), Scalar::Int(1), Some(Kind::F64.into()))?;
    let a = a.reshape(&[2, 3, 4], Order::C, None)?;
    assert_eq!(values(&a.index(&s![1, .., 2])?)?, [14.0, 18.0, 22.0]);
    assert_eq!(values(&a.index(&s![0, -1, 1..-1])?)?, [9.0, 10.0]);
    assert_eq!(values(&a.index(&s![0, ..1;-1, 0])?)?, [8.0], "from the end down to 1, not with it");
    assert_eq!(values(&a.index(&s![Index::Ellipsis, 1usize..;2])?.index(&s![1, 2])?)?, [21.0, 23.0]);
    assert_eq!(a.index(&s![.., Index::NewAxis, 0])?.shape(), [2, 1, 4]);
    assert_eq!(a.index(&s![])?.shape(), a.shape());
    assert_eq!(a.index(&s![usize::MAX]).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(a.index(&s![..;0]).unwrap_err().kind(), ErrorKind::Value);
    Ok(())
}

#[test]
fn a_budget_refuses_and_leaves_all_as_it_was() -> Result<()> {
    let memory = Memory::with_limit(Some(1 << 20));
    memory.enter(|| {
        let a = Array::ones(&[100_000], Kind::F64.into())?;
        let before = memory.stats().current_bytes;
        assert_eq!(add(&a, 1).unwrap_err().kind(), ErrorKind::Memory);
        assert_eq!(memory.stats().current_bytes, before);
        let total = lazy::sum(lazy::add(&a, 1)?, ..)?;
        assert_eq!(lazy::compute(&total)?.item(&[])?, Scalar::Float(200_000.0));
        Ok(())
    })
}
