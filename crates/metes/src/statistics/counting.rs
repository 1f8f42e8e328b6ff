//! Counting integers, and finding the bins of values.

use super::blocks::each_block;
use crate::build::{cast, reduced, value_error};
use metes_array::{Array, Index, Scalar};
use metes_dtype::{Casting, Category, DType, Kind, can_cast};
use metes_eval::{Operand, searchsorted};
use metes_memory::{Error, ErrorKind, Result};

/// How often each integer from 0 on is among the values, or the sums of their weights.
///
/// # Errors
/// Other than one axis, negative integers, what does not cast safely to int64, weights of another length, refused memory.
pub fn bincount(x: &Array, weights: Option<&Array>, least: usize) -> Result<Array> {
    if x.ndim() != 1 {
        let deep = if x.ndim() == 0 { "too small depth" } else { "too deep" };
        return Err(value_error(format!("object {deep} for desired array: bincount takes one axis, not {}", x.ndim())));
    }
    if x.size() > 0 && x.dtype().category() >= Category::Float {
        let message = format!(
            "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule 'safe'",
            x.dtype()
        );
        return Err(Error::new(ErrorKind::Type, message));
    }
    let length = if x.size() == 0 { least } else { least.max(largest(x)?) };
    let Some(weights) = weights else {
        let counts = Array::zeros(&[length], Kind::I64.into())?;
        let mut held = counts.write::<i64>()?;
        let counted = held.as_mut_slice();
        if let Some(counted) = counted {
            each_block::<i64>(std::slice::from_ref(x), &mut |blocks| {
                blocks[0].iter().for_each(|&i| counted[i as usize] += 1);
                Ok(())
            })?;
        }
        drop(held);
        return Ok(counts);
    };
    if weights.shape() != x.shape() {
        return Err(value_error("The weights and list don't have the same length."));
    }
    if !can_cast(weights.dtype(), Kind::F64.into(), Casting::Safe) && weights.is_complex() {
        let message = format!(
            "Cannot cast array data from dtype('{}') to dtype('float64') according to the rule 'safe'",
            weights.dtype()
        );
        return Err(Error::new(ErrorKind::Type, message));
    }
    let sums = Array::zeros(&[length], Kind::F64.into())?;
    let mut held = sums.write::<f64>()?;
    if let Some(summed) = held.as_mut_slice() {
        // Integers of a block are exact as floats: they are places in an array.
        each_block::<f64>(&[x.clone(), weights.clone()], &mut |blocks| {
            blocks[0].iter().zip(blocks[1]).for_each(|(&i, &w)| summed[i as usize] += w);
            Ok(())
        })?;
    }
    drop(held);
    Ok(sums)
}

/// One more than the largest value.
fn largest(x: &Array) -> Result<usize> {
    let bound = |name: &str| -> Result<i128> {
        Ok(match reduced(name, x, None, false)?.item(&[])? {
            Scalar::Int(value) => value,
            Scalar::Bool(value) => i128::from(value),
            _ => 0,
        })
    };
    if bound("min")? < 0 {
        return Err(value_error("'list' argument must have no negative elements"));
    }
    usize::try_from(bound("max")? + 1).map_err(|_| value_error("bincount: a value is too large"))
}

/// The places of values among bins, which rise or fall: `i` with `bins[i-1] <= x < bins[i]` (of falling bins
/// `bins[i-1] > x >= bins[i]`), or with the other ends closed if `right`.
///
/// # Errors
/// Bins that neither rise nor fall, complex values, other than one axis of bins, refused memory.
pub fn digitize(x: &Array, bins: &Array, right: bool) -> Result<Array> {
    if x.is_complex() {
        return Err(Error::new(ErrorKind::Type, "x may not be complex"));
    }
    if bins.ndim() != 1 {
        return Err(value_error(format!(
            "object of too small depth for desired array: bins have one axis, not {}",
            bins.ndim()
        )));
    }
    match direction(bins)? {
        Some(true) => searchsorted(bins, x, !right, None),
        Some(false) => {
            let turned = bins.index(&[Index::Slice { start: None, stop: None, step: Some(-1) }])?;
            let found = searchsorted(&turned, x, !right, None)?;
            let length = Operand::Weak(Scalar::Int(bins.size() as i128));
            crate::build::call_into("subtract", &[length, Operand::Array(found.clone())], &found)?;
            Ok(found)
        }
        None => Err(value_error("bins must be monotonically increasing or decreasing")),
    }
}

/// Whether values rise (or stay), fall, or neither.
pub(super) fn direction(bins: &Array) -> Result<Option<bool>> {
    let dtype: DType = if bins.dtype().category() == Category::Bool { Kind::I64.into() } else { bins.dtype() };
    let bins = cast(bins, dtype)?;
    if bins.size() < 2 {
        return Ok(Some(true));
    }
    for (name, rises) in [("less_equal", true), ("greater_equal", false)] {
        let mut builder = metes_eval::ProgramBuilder::new();
        let (before, after) =
            (crate::build::slice(&bins, 0, None, Some(-1))?, crate::build::slice(&bins, 0, Some(1), None)?);
        let (x, y) = (builder.input(before.dtype()), builder.input(after.dtype()));
        let fits = crate::build::Build::call2(&mut builder, name, x, y)?;
        let all =
            metes_eval::reduce_program(crate::build::reduction("all"), builder, fits, &[before, after], None, false)?;
        if all.item(&[])? == Scalar::Bool(true) {
            return Ok(Some(rises));
        }
    }
    Ok(None)
}
