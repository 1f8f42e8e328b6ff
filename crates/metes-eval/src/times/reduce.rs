//! Reductions of time, by the loops of its counts: extremes and their places, sums, means, running sums.
//!
//! NaT is the lowest count. One less, it wraps around to the highest: so the same loop finds extremes with NaT first or last.

use super::{call, counts, dtype, nat, row, selected};
use crate::apply::apply_program;
use crate::elements;
use crate::program::{Arg, ProgramBuilder};
use crate::{Operand, ReduceOptions, reduce};
use metes_array::{Array, Scalar, missing};
use metes_dtype::{Casting, DType, Kind, NAT, Time};
use metes_kernels::{Reduction, Ufunc};
use metes_memory::Result;

/// The reduction of an array of time. `None` where there is none.
///
/// # Errors
/// As [`reduce`].
pub(crate) fn reduced(reduction: &'static Reduction, array: &Array, options: &ReduceOptions) -> Result<Option<Array>> {
    let Some(time) = array.dtype().time() else { return Ok(None) };
    if options.dtype.is_some_and(|wanted| wanted.native() != array.dtype().native()) {
        return Ok(None);
    }
    let (out, mut options) = (options.out.clone(), ReduceOptions { dtype: None, out: None, ..options.clone() });
    let skip = std::mem::take(&mut options.skip_nan);
    let found = match (reduction.name, skip) {
        ("any" | "all", _) => {
            return reduce(reduction, &elements::counts(array)?, &ReduceOptions { out, ..options }).map(Some);
        }
        ("min", false) | ("max", true) => reduce(reduction, &plain(array, time)?, &options)?,
        ("max", false) | ("min", true) => {
            options.initial = options.initial.map(|value| match value {
                Scalar::Int(value) => Scalar::Int((value as i64).wrapping_sub(1).into()),
                other => other,
            });
            shifted(&reduce(reduction, &shifted(&plain(array, time)?, -1)?, &options)?, 1)?
        }
        ("argmin", false) | ("argmax", true) => return place(reduction, &plain(array, time)?, &options, out),
        ("argmax", false) | ("argmin", true) => {
            return place(reduction, &shifted(&plain(array, time)?, -1)?, &options, out);
        }
        ("sum", _) if time.span => sum(array, time, &options)?,
        ("mean", _) if time.span => mean(array, time, &options)?,
        _ => return Ok(None),
    };
    let found = if found.dtype() == Kind::I64 { found.view(dtype(time.span, time))? } else { found };
    delivered(found, out).map(Some)
}

fn delivered(found: Array, out: Option<Array>) -> Result<Array> {
    let Some(out) = out else { return Ok(found) };
    crate::assign(&out, &Operand::Array(found), Casting::SameKind, None)?;
    Ok(out)
}

fn place(
    reduction: &'static Reduction,
    keys: &Array,
    options: &ReduceOptions,
    out: Option<Array>,
) -> Result<Option<Array>> {
    reduce(reduction, keys, &ReduceOptions { out, ..options.clone() }).map(Some)
}

fn plain(array: &Array, time: Time) -> Result<Array> {
    counts(&Operand::Array(array.clone()), time)
}

/// Counts so much later; beyond the ends they come in again at the other one.
pub(crate) fn shifted(array: &Array, by: i64) -> Result<Array> {
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(array.dtype());
    let made = call(&mut builder, "add", slot, Arg::Weak(Scalar::Int(by.into())))?;
    apply_program(builder, made, std::slice::from_ref(array), None, "time")
}

fn named(name: &str) -> Result<&'static Reduction> {
    metes_kernels::reduction(name).ok_or_else(|| missing(DType::of(Kind::I64), name))
}

/// A sum of spans: none (NaT) where there is none among them.
fn sum(array: &Array, time: Time, options: &ReduceOptions) -> Result<Array> {
    let x = plain(array, time)?;
    let total = reduce(named("sum")?, &x, options)?;
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(x.dtype());
    let none = call(&mut builder, "equal", slot, Arg::Weak(nat()))?;
    let none = apply_program(builder, none, &[x], None, "time")?;
    let none = reduce(named("any")?, &none, &ReduceOptions { initial: None, ..options.clone() })?;
    let mut builder = ProgramBuilder::new();
    let (none_slot, slot) = (builder.input(none.dtype()), builder.input(total.dtype()));
    let made = selected(&mut builder, none_slot, nat(), slot)?;
    apply_program(builder, made, &[none, total], None, "time")
}

/// The sum, divided by how many spans it has.
fn mean(array: &Array, time: Time, options: &ReduceOptions) -> Result<Array> {
    let total = sum(array, time, options)?.view(dtype(true, time))?;
    let ones = Array::ones(&[], Kind::I64.into())?.broadcast_to(array.shape())?;
    let count = reduce(named("sum")?, &ones, options)?;
    let divide = row("divide", array.dtype())?;
    let found = super::apply(divide, &[Operand::Array(total), Operand::Array(count)])?;
    found.ok_or_else(|| missing(array.dtype(), "mean"))
}

/// Running sums of spans, and running extremes of time; none from the first NaT on.
///
/// # Errors
/// As [`crate::accumulate`].
pub(crate) fn accumulated(ufunc: &'static Ufunc, array: &Array, axis: isize) -> Result<Option<Array>> {
    let Some(time) = array.dtype().time() else { return Ok(None) };
    let run = |name: &str, array: &Array| crate::accumulate(row(name, array.dtype())?, array, axis, None, None);
    let x = plain(array, time)?;
    let made = match ufunc.name {
        "minimum" => run("minimum", &x)?,
        "maximum" => shifted(&run("maximum", &shifted(&x, -1)?)?, 1)?,
        "add" if time.span => {
            let mut builder = ProgramBuilder::new();
            let least = builder.input(Kind::I64.into());
            let sums = builder.input(Kind::I64.into());
            let none = call(&mut builder, "equal", least, Arg::Weak(Scalar::Int(NAT.into())))?;
            let made = selected(&mut builder, none, nat(), sums)?;
            apply_program(builder, made, &[run("minimum", &x)?, run("add", &x)?], None, "time")?
        }
        _ => return Ok(None),
    };
    made.view(dtype(time.span, time)).map(Some)
}
