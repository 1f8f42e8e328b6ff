//! Values made tidy: rounded, without NaN, without an imaginary part, without jumps.

use crate::build::{Build, call_into, cast, reduction, slice, value_error, write};
use metes_array::{Array, Order, Scalar, number};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Arg, Operand, ProgramBuilder, Slot, apply_program, reduce_program};
use metes_memory::Result;

/// Elements rounded to so many decimals (or, negative, to tens, hundreds, ...), halves to the even neighbour.
///
/// # Errors
/// An `out` of another shape, refused memory.
pub fn round(a: &Array, decimals: isize, out: Option<&Array>) -> Result<Array> {
    let category = a.dtype().category();
    if category == Category::Complex && decimals != 0 && out.is_none() {
        // Part by part: a quotient of complex numbers is less exact.
        let made = a.empty_like(a.dtype(), Order::K, "round")?;
        round(&a.real(), decimals, Some(&made.real()))?;
        round(&a.imag()?, decimals, Some(&made.imag()?))?;
        return Ok(made);
    }
    let mut builder = ProgramBuilder::new();
    let x = builder.input(a.dtype());
    let rounded = match category {
        Category::Bool => builder.cast(x, Kind::F16.into())?,
        Category::Signed | Category::Unsigned if decimals >= 0 => x,
        _ if decimals == 0 => builder.call1("rint", x)?,
        _ => scaled(&mut builder, x, decimals)?,
    };
    let kept = if category == Category::Bool { Kind::F16.into() } else { a.dtype() };
    let rounded = builder.cast(rounded, kept)?;
    apply_program(builder, rounded, std::slice::from_ref(a), out, "round")
}

fn scaled(builder: &mut ProgramBuilder, x: Slot, decimals: isize) -> Result<Slot> {
    let scale = 10_f64.powi(i32::try_from(decimals.unsigned_abs()).unwrap_or(i32::MAX));
    let (there, back) = if decimals > 0 { ("multiply", "divide") } else { ("divide", "multiply") };
    let big = builder.with(there, x, scale)?;
    let whole = builder.call1("rint", big)?;
    builder.with(back, whole, scale)
}

/// What [`nan_to_num`] writes instead; infinities become the largest finite values where nothing else is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replacements {
    /// Instead of NaN.
    pub nan: f64,
    /// Instead of infinity.
    pub posinf: Option<f64>,
    /// Instead of minus infinity.
    pub neginf: Option<f64>,
}

/// Replaces NaN and infinities in `out`, which may be `a`, and has its shape and dtype; parts of complex values by themselves.
///
/// # Errors
/// A read-only `out`, refused memory.
pub fn nan_to_num(a: &Array, with: Replacements, out: &Array) -> Result<()> {
    match a.dtype().category() {
        Category::Complex => {
            nan_to_num(&a.real(), with, &out.real())?;
            nan_to_num(&a.imag()?, with, &out.imag()?)
        }
        Category::Float => {
            let mut builder = ProgramBuilder::new();
            let x = builder.input(a.dtype());
            let largest = largest(number(a.dtype(), "nan_to_num")?);
            let mut tidy = x;
            let infinities =
                [(f64::INFINITY, with.posinf.unwrap_or(largest)), (-f64::INFINITY, with.neginf.unwrap_or(-largest))];
            for (infinity, instead) in infinities {
                let there = builder.with("equal", x, infinity)?;
                tidy = choose(&mut builder, there, instead, tidy)?;
            }
            let nan = builder.call1("isnan", x)?;
            tidy = choose(&mut builder, nan, with.nan, tidy)?;
            apply_program(builder, tidy, std::slice::from_ref(a), Some(out), "nan_to_num").map(|_| ())
        }
        _ => write(out, a),
    }
}

fn choose(builder: &mut ProgramBuilder, there: Slot, instead: f64, x: Slot) -> Result<Slot> {
    let instead = builder.constant(Scalar::Float(instead), builder.dtype(x));
    builder.call("where", &[there, instead, x].map(Arg::Slot))
}

fn largest(kind: Kind) -> f64 {
    match kind {
        Kind::F16 => 65504.0,
        Kind::F32 => f64::from(f32::MAX),
        _ => f64::MAX,
    }
}

/// The angles of complex values in radians or degrees; of real ones 0, or half a turn below 0.
///
/// # Errors
/// Refused memory.
pub fn angle(z: &Array, degrees: bool) -> Result<Array> {
    let mut builder = ProgramBuilder::new();
    let mut turned;
    let inputs = if z.is_complex() {
        let (imag, real) = (z.imag()?, z.real());
        let (y, x) = (builder.input(imag.dtype()), builder.input(real.dtype()));
        turned = builder.call2("arctan2", y, x)?;
        vec![imag, real]
    } else {
        let x = builder.input(z.dtype());
        turned = builder.call("arctan2", &[Arg::Weak(Scalar::Int(0)), Arg::Slot(x)])?;
        vec![z.clone()]
    };
    if degrees {
        turned = builder.with("multiply", turned, 180.0 / std::f64::consts::PI)?;
    }
    apply_program(builder, turned, &inputs, None, "angle")
}

/// The real part where all imaginary parts are below `tolerance` times the precision of the dtype (or below `tolerance`
/// itself, where it is at most 1); else the array.
///
/// # Errors
/// Refused memory.
pub fn real_if_close(a: &Array, tolerance: f64) -> Result<Array> {
    if !a.is_complex() {
        return Ok(a.clone());
    }
    let epsilon = if a.dtype() == Kind::C64 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let bound = if tolerance > 1.0 { tolerance * epsilon } else { tolerance };
    let imag = a.imag()?;
    let mut builder = ProgramBuilder::new();
    let x = builder.input(imag.dtype());
    let size = builder.call1("absolute", x)?;
    let small = builder.with("less", size, bound)?;
    let all = reduce_program(reduction("all"), builder, small, &[imag], None, false)?;
    Ok(if all.item(&[])? == Scalar::Bool(true) { a.real() } else { a.clone() })
}

/// The values along an axis with whole periods added, so that no step is larger than `discont` (half a period, at least).
/// Nothing is made but the result.
///
/// # Errors
/// An array without axes, complex values, an axis that is not there, refused memory.
pub fn unwrap(p: &Array, discont: Option<f64>, axis: isize, period: f64) -> Result<Array> {
    if p.ndim() == 0 {
        return Err(value_error("unwrap: the array has no axes"));
    }
    let axis = p.axis(axis)?;
    let dtype: DType = match p.dtype().category() {
        Category::Float => p.dtype(),
        Category::Complex => return Err(value_error("unwrap: complex values have no order")),
        _ => Kind::F64.into(),
    };
    let result = p.empty_like(dtype, Order::K, "unwrap")?;
    if p.size() == 0 || p.shape()[axis] == 1 {
        write(&result, p)?;
        return Ok(result);
    }
    let (before, after) = (slice(p, axis, None, Some(-1))?, slice(p, axis, Some(1), None)?);
    let tail = slice(&result, axis, Some(1), None)?;
    let mut builder = ProgramBuilder::new();
    let (x, y) = (builder.input(before.dtype()), builder.input(after.dtype()));
    let (x, y) = (builder.cast(x, dtype)?, builder.cast(y, dtype)?);
    let step = builder.call2("subtract", y, x)?;
    let half = period / 2.0;
    let moved = builder.with("add", step, half)?;
    let moved = builder.with("remainder", moved, period)?;
    let moved = builder.with("add", moved, -half)?;
    let edge = builder.with("equal", moved, -half)?;
    let up = builder.with("greater", step, 0.0)?;
    let edge = builder.call2("logical_and", edge, up)?;
    let moved = choose(&mut builder, edge, half, moved)?;
    let change = builder.call2("subtract", moved, step)?;
    let size = builder.call1("absolute", step)?;
    let small = builder.with("less", size, discont.unwrap_or(half))?;
    let change = choose(&mut builder, small, 0.0, change)?;
    apply_program(builder, change, &[before, after.clone()], Some(&tail), "unwrap")?;
    metes_eval::accumulate(crate::build::row("add"), &tail, axis as isize, None, Some(&tail))?;
    write(&slice(&result, axis, None, Some(1))?, &cast(&slice(p, axis, None, Some(1))?, dtype)?)?;
    call_into("add", &[Operand::Array(tail.clone()), Operand::Array(after)], &tail)?;
    Ok(result)
}
