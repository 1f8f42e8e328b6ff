//! Graphs of many paths and of many steps below each other: work for each node once, and no stack for it.

use metes_array::Array;
use metes_eval::{Expr, Output, Plan};
use metes_kernels::ufunc;
use metes_memory::Result;

fn add(a: &Expr, b: &Expr) -> Result<Expr> {
    Expr::ufunc(ufunc("add").expect("a ufunc"), &[a.clone(), b.clone()])
}

fn table() -> Result<Expr> {
    Ok(Expr::array(Array::from_slice(&[2, 3], &[0i64, 1, 2, 3, 4, 5])?))
}

fn computed(value: Expr) -> Result<Vec<i64>> {
    let result = Plan::new(vec![Output::Array(value)], None)?.run(&mut |_, _| Ok(()))?.remove(0).expect("an array");
    Ok(result.read::<i64>()?.to_vec())
}

/// `steps` doublings: from the last node to the leaf there are 2 to that power paths.
fn doubled(steps: usize) -> Result<Expr> {
    (0..steps).try_fold(table()?, |x, _| add(&x, &x))
}

#[test]
fn shared_nodes_are_planned_and_viewed_once() -> Result<()> {
    let wanted = |order: [i64; 6]| order.map(|n| n << 40).to_vec();
    assert_eq!(computed(doubled(40)?)?, wanted([0, 1, 2, 3, 4, 5]));
    assert_eq!(computed(doubled(40)?.transpose(None)?)?, wanted([0, 3, 1, 4, 2, 5]));
    assert_eq!(computed(doubled(40)?.reshape(&[3, 2])?)?, wanted([0, 1, 2, 3, 4, 5]));
    assert_eq!(computed(doubled(40)?.transpose(None)?.reshape(&[6])?)?, wanted([0, 3, 1, 4, 2, 5]));
    Ok(())
}

#[test]
fn nodes_that_are_stretched_on_the_way_are_viewed_once() -> Result<()> {
    let row = Expr::array(Array::from_slice(&[3], &[1i64, 2, 3])?);
    let mut x = row;
    for _ in 0..40 {
        x = add(&x, &x)?;
    }
    let wide = (0..20).try_fold(add(&table()?, &x)?, |y, _| add(&y, &x))?;
    let each: Vec<i64> = [0, 3, 1, 4, 2, 5].iter().zip([1, 1, 2, 2, 3, 3]).map(|(n, x)| n + ((21 * x) << 40)).collect();
    assert_eq!(computed(wide.transpose(None)?)?, each);
    Ok(())
}

#[test]
fn formulas_stay_short() -> Result<()> {
    let x = doubled(60)?;
    assert!(x.to_string().starts_with("add(add(add("));
    assert!(x.to_string().len() < 2000, "{x}");
    let plan = Plan::new(vec![Output::Array(x)], None)?.to_string();
    assert!(plan.contains("60 steps") && plan.len() < 2500, "{plan}");
    assert_eq!(doubled(2)?.to_string(), "add(add(array, array), add(array, array))");
    Ok(())
}

#[test]
fn graphs_may_be_deep() -> Result<()> {
    const STEPS: usize = 20_000;
    let one = Expr::scalar(metes_array::Scalar::Int(1));
    let x = (0..STEPS).try_fold(table()?, |x, _| add(&x, &one))?;
    let each = |order: [i64; 6]| order.map(|n| n + STEPS as i64).to_vec();
    assert_eq!(computed(x.transpose(None)?)?, each([0, 3, 1, 4, 2, 5]));
    assert_eq!(computed(x.transpose(None)?.reshape(&[6])?)?, each([0, 3, 1, 4, 2, 5]));
    assert_eq!(computed(x)?, each([0, 1, 2, 3, 4, 5]));
    let first = Array::from_slice(&[2], &[1i64, 2])?;
    let x = (0..STEPS).try_fold(Expr::argument(first.clone(), 0), |x, _| add(&x, &one))?;
    let plan = Plan::repeatable(&[x], std::slice::from_ref(&first))?.expect("no files");
    assert_eq!(plan.run(&[first], &mut |_, _| Ok(()))?[0].read::<i64>()?.to_vec(), [20_001, 20_002]);
    Ok(())
}
