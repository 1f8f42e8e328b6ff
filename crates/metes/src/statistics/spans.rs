//! Medians of spans of time: of an even number, the mean of the two in the middle, towards 0; none where one is none.

use crate::build::{row, value_error};
use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::Kind;
use metes_eval::{Operand, Sorting, apply, sort};
use metes_memory::Result;

/// As [`super::median`], of an array of spans.
pub(super) fn median(a: &Array, axes: Option<&[isize]>, keepdims: bool, skip_nan: bool) -> Result<Array> {
    let mut axes: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&axis| a.axis(axis)).collect::<Result<_>>()?,
        None => (0..a.ndim()).collect(),
    };
    axes.sort_unstable();
    axes.dedup();
    let signed: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
    let last: Vec<isize> = (-(axes.len() as isize)..0).collect();
    let lanes = a.moveaxis(&signed, &last)?;
    let kept = lanes.shape()[..a.ndim() - axes.len()].to_vec();
    let n: usize = lanes.shape()[kept.len()..].iter().product();
    if n == 0 {
        return Err(value_error("median of no spans"));
    }
    let shape: Vec<isize> = kept.iter().chain([&n]).map(|&n| n as isize).collect();
    let sorted = sort(&lanes.reshape(&shape, Order::C, None)?, Some(-1), Sorting::default())?;
    let call =
        |name: &str, operands: &[Operand]| apply(row(name), operands, &Default::default()).map(|mut all| all.remove(0));
    let (array, number) = (|a: &Array| Operand::Array(a.clone()), |value: i128| Operand::Weak(Scalar::Int(value)));
    let at = |place: isize| sorted.index(&[Index::Ellipsis, Index::At(place)]);
    let (low, high) = if skip_nan {
        // Among as many as there are: NaT come last. The upper one of an odd number is the lower one.
        let there = call("isfinite", &[array(&sorted)])?;
        let options = metes_eval::ReduceOptions { axes: Some(vec![-1]), keepdims: true, ..Default::default() };
        let count = metes_eval::reduce(crate::build::reduction("sum"), &there, &options)?;
        let middle = |less: i128| -> Result<Array> {
            let place = call("floor_divide", &[array(&call("subtract", &[array(&count), number(less)])?), number(2)])?;
            let place = call("maximum", &[array(&place), number(0)])?;
            let place = metes_eval::astype(&place, Kind::I64.into(), Order::C, Default::default(), false)?;
            sorted.take_along_axis(&place, -1)?.index(&[Index::Ellipsis, Index::At(0)])
        };
        (middle(1)?, middle(0)?)
    } else {
        (at((n as isize - 1) / 2)?, at(n as isize / 2)?)
    };
    let sum = call("add", &[array(&low), array(&high)])?;
    let mut found = call("divide", &[array(&sum), number(2)])?;
    if !skip_nan {
        let none = call("isnan", &[array(&at(-1)?)])?;
        found = call("where", &[array(&none), array(&at(-1)?), array(&found)])?;
    }
    if !keepdims {
        return Ok(found);
    }
    found.expand_dims(&signed)
}
