//! Quotients and remainders of spans, and products with fractions.

use super::{Sort, call, counts, dtype, nat, row, selected};
use crate::Operand;
use crate::apply::{apply_program, noticed};
use crate::program::{Arg, ProgramBuilder, Slot};
use crate::{ReduceOptions, reduce};
use metes_array::{Array, Scalar, missing};
use metes_dtype::{Kind, Time};
use metes_kernels::DIVIDE;
use metes_memory::Result;

/// How the result of an operation is found.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// The fraction that one span is of another: float64.
    Fraction,
    /// How often one span goes into another, rounded down: int64, 0 where it cannot be told.
    Times,
    /// What is left of a span.
    Rest,
    /// A span cut into so many parts, towards 0.
    Parts,
    /// A span by a real number, towards 0.
    Scaled,
}

fn way(name: &str, a: Sort, b: Sort) -> Option<Way> {
    use Sort::{Real, Span, Whole};
    Some(match (name, a, b) {
        ("divide", Span, Span) => Way::Fraction,
        ("floor_divide", Span, Span) => Way::Times,
        ("remainder", Span, Span) => Way::Rest,
        ("divide" | "floor_divide", Span, Whole) => Way::Parts,
        ("divide" | "floor_divide" | "multiply", Span, Real) | ("multiply", Real, Span) => Way::Scaled,
        _ => return None,
    })
}

/// The result; `None` where there is no such operation.
///
/// # Errors
/// As [`super::apply`].
pub(super) fn apply(
    name: &str,
    (a, first): (&Operand, Sort),
    (b, second): (&Operand, Sort),
    steps: Time,
) -> Result<Option<Array>> {
    let Some(way) = way(name, first, second) else { return Ok(None) };
    let values = |operand: &Operand, sort: Sort| match (operand, sort) {
        (Operand::Weak(value), Sort::Real) => Array::full(&[], *value, Kind::F64.into()),
        (Operand::Array(array), Sort::Real) => crate::convert(array, Kind::F64.into(), "time"),
        _ => counts(operand, steps),
    };
    let (x, y) = (values(a, first)?, values(b, second)?);
    let mut builder = ProgramBuilder::new();
    let (left, right) = (builder.input(x.dtype()), builder.input(y.dtype()));
    let mut none = Vec::new();
    for (slot, sort) in [(left, first), (right, second)] {
        if sort == Sort::Span {
            none.push(call(&mut builder, "equal", slot, Arg::Weak(nat()))?);
        }
    }
    if matches!(way, Way::Rest | Way::Parts | Way::Times) {
        none.push(call(&mut builder, "equal", right, Arg::Weak(Scalar::Int(0)))?);
    }
    let mut either = none[0];
    for &more in &none[1..] {
        either = call(&mut builder, "logical_or", either, Arg::Slot(more))?;
    }
    let made = match way {
        Way::Fraction => {
            let (left, right) = (builder.cast(left, Kind::F64.into())?, builder.cast(right, Kind::F64.into())?);
            let quotient = call(&mut builder, "divide", left, Arg::Slot(right))?;
            selected(&mut builder, either, Scalar::Float(f64::NAN), quotient)?
        }
        Way::Times | Way::Rest | Way::Parts => {
            // A divisor that is not 0 where it does not count.
            let divisor = selected(&mut builder, either, Scalar::Int(1), right)?;
            let whole = match way {
                Way::Rest => call(&mut builder, "remainder", left, Arg::Slot(divisor))?,
                Way::Times => call(&mut builder, "floor_divide", left, Arg::Slot(divisor))?,
                _ => {
                    let rest = call(&mut builder, "fmod", left, Arg::Slot(divisor))?;
                    let even = call(&mut builder, "subtract", left, Arg::Slot(rest))?;
                    call(&mut builder, "floor_divide", even, Arg::Slot(divisor))?
                }
            };
            let otherwise = if way == Way::Times { Scalar::Int(0) } else { nat() };
            selected(&mut builder, either, otherwise, whole)?
        }
        Way::Scaled => {
            scaled(&mut builder, if name == "multiply" { "multiply" } else { "divide" }, left, right, either)?
        }
    };
    // One count for all spans is looked at first, as in NumPy; the division of each by its own says nothing.
    if way != Way::Scaled && (way != Way::Parts || y.size() == 1) {
        notice_zeros(&y)?;
    }
    let values = apply_program(builder, made, &[x, y], None, "time")?;
    match way {
        Way::Fraction | Way::Times => Ok(Some(values)),
        _ => values.view(dtype(true, steps)).map(Some),
    }
}

/// Notes a division by zero, which the program leaves out.
fn notice_zeros(divisors: &Array) -> Result<()> {
    let all = metes_kernels::reduction("all").ok_or_else(|| missing(divisors.dtype(), "all"))?;
    let whole = divisors.size() == 0 || reduce(all, divisors, &ReduceOptions::default())?.read::<bool>()?.to_vec()[0];
    if whole { Ok(()) } else { noticed(DIVIDE) }
}

/// A product or a quotient as a count; none where it is no number, or too large.
fn scaled(builder: &mut ProgramBuilder, name: &str, left: Slot, right: Slot, none: Slot) -> Result<Slot> {
    let (left, right) = (builder.cast(left, Kind::F64.into())?, builder.cast(right, Kind::F64.into())?);
    let value = call(builder, name, left, Arg::Slot(right))?;
    let size = builder.ufunc(row("absolute", Kind::F64.into())?, &[Arg::Slot(value)])?;
    let fits = call(builder, "less", size, Arg::Weak(Scalar::Float(9_223_372_036_854_775_808.0)))?;
    let lost = builder.ufunc(row("logical_not", Kind::Bool.into())?, &[Arg::Slot(fits)])?;
    let none = call(builder, "logical_or", none, Arg::Slot(lost))?;
    let safe = selected(builder, none, Scalar::Float(0.0), value)?;
    let count = builder.cast(safe, Kind::I64.into())?;
    selected(builder, none, nat(), count)
}
