//! Arithmetic with instants and spans of time: that of their counts in the steps that both have in common, as one program;
//! no time (NaT) makes no time of whatever it meets.
//!
//! Operands of other steps than the result's are converted whole.

mod quotients;
mod reduce;

pub(crate) use reduce::{accumulated, reduced, shifted};

use crate::apply::apply_program;
use crate::program::{Arg, ProgramBuilder, Slot};
use crate::{Operand, convert};
use metes_array::{Array, Scalar, missing};
use metes_dtype::{Category, DType, Form, Kind, NAT, Time};
use metes_kernels::Ufunc;
use metes_memory::Result;

/// What an operand is to time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Instant,
    Span,
    Whole,
    Real,
}

/// The result of a ufunc over operands of which one is time; `None` where there is no such operation.
///
/// # Errors
/// Units without a common one, counts that do not fit it, shapes that do not broadcast, refused memory.
pub(crate) fn apply(ufunc: &Ufunc, inputs: &[Operand]) -> Result<Option<Array>> {
    match inputs {
        [Operand::Array(a)] => alone(ufunc.name, a),
        [a, b] => both(ufunc.name, a, b),
        [a, low, high] if ufunc.name == "clip" => {
            let Some(raised) = both("maximum", a, low)? else { return Ok(None) };
            both("minimum", &Operand::Array(raised), high)
        }
        _ => Ok(None),
    }
}

fn sort_of(operand: &Operand) -> Option<Sort> {
    match operand {
        Operand::Weak(Scalar::Bool(_) | Scalar::Int(_)) => Some(Sort::Whole),
        Operand::Weak(Scalar::Float(_)) => Some(Sort::Real),
        Operand::Weak(Scalar::Complex(..)) => None,
        Operand::Array(array) => match array.dtype().time() {
            Some(time) if time.span => Some(Sort::Span),
            Some(_) => Some(Sort::Instant),
            None if array.dtype().category() == Category::Float => Some(Sort::Real),
            None => (array.dtype().category() <= Category::Signed).then_some(Sort::Whole),
        },
    }
}

fn time_of(operand: &Operand) -> Option<Time> {
    if let Operand::Array(array) = operand { array.dtype().time() } else { None }
}

fn dtype(span: bool, steps: Time) -> DType {
    DType::from_form(Form::Time(Time { span, swapped: false, ..steps }))
}

fn alone(name: &str, a: &Array) -> Result<Option<Array>> {
    let Some(time) = a.dtype().time() else { return Ok(None) };
    if name == "isfinite" || name == "isnan" || name == "isinf" {
        let x = counts(&Operand::Array(a.clone()), time)?;
        let mut builder = ProgramBuilder::new();
        let slot = builder.input(x.dtype());
        let row = if name == "isfinite" { "not_equal" } else { "equal" };
        let found = call(&mut builder, row, slot, Arg::Weak(nat()))?;
        let made = apply_program(builder, found, &[x], None, "isnat")?;
        return if name == "isinf" { Array::zeros(made.shape(), Kind::Bool.into()).map(Some) } else { Ok(Some(made)) };
    }
    if !time.span || !matches!(name, "negative" | "positive" | "absolute" | "sign") {
        return Ok(None);
    }
    let x = counts(&Operand::Array(a.clone()), time)?;
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(x.dtype());
    let made = builder.ufunc(row(name, a.dtype())?, &[Arg::Slot(slot)])?;
    // The lowest count has no other sign: it stays what it is.
    apply_program(builder, made, &[x], None, "time")?.view(dtype(true, time)).map(Some)
}

fn nat() -> Scalar {
    Scalar::Int(NAT.into())
}

fn row(name: &str, dtype: DType) -> Result<&'static Ufunc> {
    metes_kernels::ufunc(name).ok_or_else(|| missing(dtype, name))
}

/// One value where `condition` is true, else another.
fn selected(builder: &mut ProgramBuilder, condition: Slot, value: Scalar, otherwise: Slot) -> Result<Slot> {
    let dtype = builder.dtype(otherwise);
    let value = builder.constant(value, dtype);
    builder.ufunc(row("where", dtype)?, &[condition, value, otherwise].map(Arg::Slot))
}

fn call(builder: &mut ProgramBuilder, name: &str, x: Slot, y: Arg) -> Result<Slot> {
    builder.ufunc(row(name, Kind::I64.into())?, &[Arg::Slot(x), y])
}

/// The counts of time in these steps, or whole numbers, as int64.
fn counts(operand: &Operand, steps: Time) -> Result<Array> {
    match operand {
        Operand::Weak(value) => Array::full(&[], *value, Kind::I64.into()),
        Operand::Array(array) => match array.dtype().time() {
            Some(own) => convert(array, dtype(own.span, steps), "time")?.view(Kind::I64.into()),
            None => convert(array, Kind::I64.into(), "time"),
        },
    }
}

/// What both are taken for where they are compared: whole numbers beside spans are spans, beside instants nothing.
fn common(a: Sort, b: Sort) -> Option<Sort> {
    match (a, b) {
        (Sort::Real, _) | (_, Sort::Real) => None,
        _ if a == b => Some(a),
        (Sort::Span, Sort::Whole) | (Sort::Whole, Sort::Span) => Some(Sort::Span),
        _ => None,
    }
}

/// Whether an operand has numbers that no count can be.
fn is_wide(operand: &Operand) -> bool {
    matches!(operand, Operand::Array(array) if array.dtype().any_number() == Some(Kind::U64))
}

/// What the result is, and the operation on counts.
fn meaning(name: &str, a: Sort, b: Sort) -> Option<(Sort, &'static str)> {
    use Sort::{Instant, Span, Whole};
    Some(match (name, a, b) {
        ("add", Instant, Span | Whole) | ("add", Span | Whole, Instant) => (Instant, "add"),
        ("add", Span, Span | Whole) | ("add", Whole, Span) => (Span, "add"),
        ("subtract", Instant, Instant) => (Span, "subtract"),
        ("subtract", Instant, Span | Whole) => (Instant, "subtract"),
        ("subtract", Span, Span | Whole) | ("subtract", Whole, Span) => (Span, "subtract"),
        ("multiply", Span, Whole) | ("multiply", Whole, Span) => (Span, "multiply"),
        ("maximum" | "fmax", ..) => (common(a, b)?, "maximum"),
        ("minimum" | "fmin", ..) => (common(a, b)?, "minimum"),
        _ => return None,
    })
}

fn both(name: &str, a: &Operand, b: &Operand) -> Result<Option<Array>> {
    let (Some(first), Some(second)) = (sort_of(a), sort_of(b)) else { return Ok(None) };
    let steps = match (time_of(a), time_of(b)) {
        (Some(a), Some(b)) => a.meet(b),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    };
    let Some(steps) = steps else { return Ok(None) };
    let compares = crate::elements::is_comparison(name);
    let extreme = matches!(name, "maximum" | "minimum" | "fmax" | "fmin");
    if (compares || extreme) && (is_wide(a) || is_wide(b)) {
        return Ok(None);
    }
    if compares {
        let Some(sort) = common(first, second) else { return Ok(None) };
        let as_time = |operand| counts(operand, steps)?.view(dtype(sort == Sort::Span, steps));
        return crate::elements::compared(name, &as_time(a)?, &as_time(b)?);
    }
    if let Some(found) = quotients::apply(name, (a, first), (b, second), steps)? {
        return Ok(Some(found));
    }
    let Some((result, counted)) = meaning(name, first, second) else { return Ok(None) };
    let (x, y) = (counts(a, steps)?, counts(b, steps)?);
    let mut builder = ProgramBuilder::new();
    let (left, right) = (builder.input(x.dtype()), builder.input(y.dtype()));
    let mut made = call(&mut builder, counted, left, Arg::Slot(right))?;
    for (slot, sort) in [(left, first), (right, second)] {
        // A whole number that is added or compared is a span first, a factor is none.
        if sort != Sort::Whole || counted != "multiply" {
            let none = call(&mut builder, "equal", slot, Arg::Weak(nat()))?;
            made = if matches!(name, "fmax" | "fmin") {
                // What is there counts.
                let other = if slot == left { right } else { left };
                builder.ufunc(row("where", Kind::I64.into())?, &[none, other, made].map(Arg::Slot))?
            } else {
                selected(&mut builder, none, nat(), made)?
            };
        }
    }
    let values = apply_program(builder, made, &[x, y], None, "time")?;
    values.view(dtype(result == Sort::Span, steps)).map(Some)
}

/// Counts one less, beyond the lowest the highest: numbers that follow each other as times do, NaT last.
///
/// # Errors
/// Refused memory.
pub(crate) fn keys(array: &Array) -> Result<Array> {
    let Some(time) = array.dtype().time() else { return Err(missing(array.dtype(), "time")) };
    shifted(&counts(&Operand::Array(array.clone()), time)?, -1)
}

/// Adds to counts where they lie.
///
/// # Errors
/// A read-only array, a conflicting guard.
pub(crate) fn shift(counts: &Array, by: i64) -> Result<()> {
    let options = crate::Options { out: vec![Some(counts.clone())], ..Default::default() };
    let operands = [Operand::Array(counts.clone()), Operand::Weak(Scalar::Int(by.into()))];
    crate::apply(row("add", counts.dtype())?, &operands, &options).map(|_| ())
}
