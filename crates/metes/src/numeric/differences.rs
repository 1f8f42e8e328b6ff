//! Differences between neighbours, and the area under a line through points.

use crate::build::{Build, call_into, cast, reduction, row, slice, value_error, write};
use metes_array::{Array, Order, Scalar, meet_all, shape_text};
use metes_dtype::{Casting, DType, Form, Kind, Time, can_cast};
use metes_eval::{Arg, Operand, Options, ProgramBuilder, apply, reduce_program};
use metes_memory::{Error, ErrorKind, Result};

fn operand(a: &Array) -> Operand {
    Operand::Array(a.clone())
}

/// Differences computed in a dtype.
fn minus_into(dtype: DType, a: &Array, b: &Array, into: &Array) -> Result<()> {
    let options = Options { out: vec![Some(into.clone())], casting: Casting::Unsafe, ..Default::default() };
    let kind = dtype.number().filter(|&kind| kind != Kind::Bool).map(DType::of);
    let operands = [operand(a), operand(b)];
    apply(row(minus(dtype)), &operands, &Options { dtype: kind, ..options }).map(|_| ())
}

/// What differences of such values are: spans between times.
fn between(dtype: DType) -> DType {
    match dtype.native().form() {
        Form::Time(time) => DType::from_form(Form::Time(Time { span: true, ..time })),
        _ => dtype.native(),
    }
}

fn minus(dtype: DType) -> &'static str {
    if dtype == Kind::Bool { "not_equal" } else { "subtract" }
}

/// The `n`-th differences along an axis, of the values with those of `before` and `after` around them; of bools, where they
/// change.
///
/// ```
/// use metes::{array::Array, numeric::diff};
/// let a = Array::from_slice(&[3], &[1i64, 4, 9])?;
/// assert_eq!(diff(&a, 1, -1, None, None)?.read::<i64>()?.to_vec(), [3, 5]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// An array without axes, an axis that is not there, other shapes around, refused memory.
pub fn diff(a: &Array, n: usize, axis: isize, before: Option<&Array>, after: Option<&Array>) -> Result<Array> {
    if n == 0 {
        return Ok(a.clone());
    }
    if a.ndim() == 0 {
        return Err(value_error("diff requires input that is at least one dimensional"));
    }
    let axis = a.axis(axis)?;
    let mut parts: Vec<Array> = Vec::new();
    for part in [before, Some(a), after].into_iter().flatten() {
        let part = if part.ndim() == 0 {
            let mut shape = a.shape().to_vec();
            shape[axis] = 1;
            part.broadcast_to(&shape)?
        } else {
            part.clone()
        };
        let fits = part.ndim() == a.ndim() && (0..a.ndim()).all(|x| x == axis || part.shape()[x] == a.shape()[x]);
        if !fits {
            let (has, wants) = (shape_text(part.shape()), shape_text(a.shape()));
            return Err(value_error(format!("diff: what is put beside an array of shape {wants} has shape {has}")));
        }
        parts.push(part);
    }
    let mut result = first_differences(&parts, axis)?;
    for _ in 1..n {
        result = first_differences(&[result], axis)?;
    }
    Ok(result)
}

/// The differences of the parts, laid one after the other.
fn first_differences(parts: &[Array], axis: usize) -> Result<Array> {
    let dtype = meet_all(parts.iter().map(Array::dtype))?.expect("some part");
    let mut shape = parts[0].shape().to_vec();
    let parts: Vec<&Array> = parts.iter().filter(|part| part.shape()[axis] > 0).collect();
    let length: usize = parts.iter().map(|part| part.shape()[axis]).sum();
    shape[axis] = length.saturating_sub(1);
    let Some(first) = parts.first() else {
        return Array::empty(&shape, between(dtype), "diff");
    };
    let result = if parts.len() == 1 {
        slice(first, axis, None, Some(shape[axis] as isize))?.empty_like(between(dtype), Order::K, "diff")?
    } else {
        Array::empty(&shape, between(dtype), "diff")?
    };
    let mut from = 0isize;
    let mut last: Option<Array> = None;
    for part in parts {
        if let Some(last) = last {
            let into = slice(&result, axis, Some(from), Some(from + 1))?;
            minus_into(dtype, &slice(part, axis, None, Some(1))?, &last, &into)?;
            from += 1;
        }
        let n = part.shape()[axis] as isize;
        let into = slice(&result, axis, Some(from), Some(from + n - 1))?;
        minus_into(dtype, &slice(part, axis, Some(1), None)?, &slice(part, axis, None, Some(n - 1))?, &into)?;
        from += n - 1;
        last = Some(slice(part, axis, Some(n - 1), None)?);
    }
    Ok(result)
}

/// The differences of all values in C order, with those of `begin` before and of `end` after them.
///
/// # Errors
/// What does not cast to the dtype of `a`, bools, refused memory.
pub fn ediff1d(a: &Array, end: Option<&Array>, begin: Option<&Array>) -> Result<Array> {
    let flat = a.ravel(Order::C)?;
    for (name, part) in [("to_end", end), ("to_begin", begin)] {
        if part.is_some_and(|part| !can_cast(part.dtype(), a.dtype(), Casting::SameKind)) {
            let message = format!("dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.");
            return Err(Error::new(ErrorKind::Type, message));
        }
    }
    let (first, last) = (begin.map_or(0, Array::size), end.map_or(0, Array::size));
    let middle = flat.size().saturating_sub(1);
    let result = Array::empty(&[first + middle + last], between(a.dtype()), "ediff1d")?;
    let stretch = |start: usize, n: usize| slice(&result, 0, Some(start as isize), Some((start + n) as isize));
    if middle > 0 {
        let operands = [operand(&slice(&flat, 0, Some(1), None)?), operand(&slice(&flat, 0, None, Some(-1))?)];
        call_into("subtract", &operands, &stretch(first, middle)?)?;
    }
    for (part, start) in [(begin, 0), (end, first + middle)] {
        if let Some(part) = part {
            write(&stretch(start, part.size())?, &part.ravel(Order::C)?)?;
        }
    }
    Ok(result)
}

/// The area under lines through points along an axis: `x` are their places, or `dx` their distance.
///
/// # Errors
/// Places of another shape, an axis that is not there, refused memory.
pub fn trapezoid(y: &Array, x: Option<&Array>, dx: &Operand, axis: isize) -> Result<Array> {
    if y.ndim() == 0 {
        return y.axis(axis).map(|_| y.clone());
    }
    let axis = y.axis(axis)?;
    let mut builder = ProgramBuilder::new();
    let mut inputs = vec![slice(y, axis, Some(1), None)?, slice(y, axis, None, Some(-1))?];
    let (b, a) = (builder.input(y.dtype()), builder.input(y.dtype()));
    let sum = builder.call2("add", b, a)?;
    let width = match (x, dx) {
        (Some(x), _) => {
            let place = if x.ndim() == 1 { 0 } else { x.axis(axis as isize)? };
            let ends = [slice(x, place, Some(1), None)?, slice(x, place, None, Some(-1))?];
            let ends = ends.map(|end| along(end, y.ndim(), axis));
            let [high, low] = ends;
            inputs.extend([high?, low?]);
            let (high, low) = (builder.input(x.dtype()), builder.input(x.dtype()));
            Arg::Slot(builder.call2(minus(x.dtype()), high, low)?)
        }
        (None, Operand::Weak(scalar)) => Arg::Weak(*scalar),
        (None, Operand::Array(dx)) => {
            inputs.push(if dx.ndim() == 1 { along(dx.clone(), y.ndim(), axis)? } else { dx.clone() });
            Arg::Slot(builder.input(dx.dtype()))
        }
    };
    let product = builder.call("multiply", &[width, Arg::Slot(sum)])?;
    let area = builder.call("divide", &[Arg::Slot(product), Arg::Weak(Scalar::Float(2.0))])?;
    reduce_program(reduction("sum"), builder, area, &inputs, Some(&[axis as isize]), false)
}

/// Values of one axis laid along an axis of `ndim`.
pub(super) fn along(a: Array, ndim: usize, axis: usize) -> Result<Array> {
    if a.ndim() != 1 {
        return Ok(a);
    }
    let others: Vec<isize> = (0..ndim as isize).filter(|&x| x != axis as isize).collect();
    a.expand_dims(&others)
}

/// The values as floats: themselves where they are.
pub(super) fn floats(a: &Array) -> Result<Array> {
    if a.dtype().category() >= metes_dtype::Category::Float { Ok(a.clone()) } else { cast(a, Kind::F64.into()) }
}
