//! Ufuncs over what no loop takes: text, raw bytes, records and time.
//!
//! One place asks who computes them: `elements.rs` compares, joins and chooses, `times/` counts. What both leave is for
//! the loops, and their refusals.

use crate::apply::{Operand, Options, Outputs};
use crate::{elements, times};
use metes_array::Array;
use metes_dtype::DType;
use metes_kernels::Ufunc;
use metes_memory::Result;

/// The results of a ufunc over elements that are no numbers, or `None` where a loop shall answer.
pub(crate) fn apply(ufunc: &'static Ufunc, inputs: &[Operand], options: &Options) -> Result<Option<Outputs>> {
    let has = |wanted: fn(DType) -> bool| {
        inputs.iter().any(|input| matches!(input, Operand::Array(array) if wanted(array.dtype())))
    };
    if !has(|dtype| dtype.any_number().is_none()) {
        return Ok(None);
    }
    if let Some(result) = plain(ufunc, inputs)? {
        return Ok(Some(Outputs::from_iter([result])));
    }
    if options.dtype.is_none() && has(|dtype| dtype.time().is_some()) {
        return timed(ufunc, inputs, options);
    }
    Ok(None)
}

/// What is known of all elements: how they compare, are joined, are true, are chosen among.
fn plain(ufunc: &'static Ufunc, inputs: &[Operand]) -> Result<Option<Array>> {
    match inputs {
        [Operand::Array(a), Operand::Array(b)] if a.dtype().any_number().is_none() => {
            if let Some(found) = elements::compared(ufunc.name, a, b)? {
                return Ok(Some(found));
            }
            if let Some(found) = elements::joined(ufunc.name, a, b)? {
                return Ok(Some(found));
            }
        }
        [chosen, Operand::Array(a), Operand::Array(b)] if ufunc.name == "where" && !(number(a) && number(b)) => {
            return elements::chosen(chosen, a, b).map(Some);
        }
        _ => {}
    }
    elements::logical(ufunc, inputs)
}

fn number(array: &Array) -> bool {
    array.dtype().any_number().is_some()
}

/// Counts of time; `divmod` is its two halves.
fn timed(ufunc: &'static Ufunc, inputs: &[Operand], options: &Options) -> Result<Option<Outputs>> {
    if ufunc.name != "divmod" {
        return Ok(times::apply(ufunc, inputs)?.map(|result| Outputs::from_iter([result])));
    }
    if options.out.iter().any(Option::is_some) || options.where_.is_some() {
        return Ok(None);
    }
    let half = |name| metes_kernels::ufunc(name).map_or(Ok(None), |row| times::apply(row, inputs));
    Ok(half("floor_divide")?.zip(half("remainder")?).map(|(times, rest)| Outputs::from_iter([times, rest])))
}
