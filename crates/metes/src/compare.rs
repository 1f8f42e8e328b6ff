//! Whether arrays are equal, or nearly so. Nothing of their size is made but a result of bools.

use crate::build::{Build, reduction, value_error};
use metes_array::{Array, Scalar, broadcast_shapes};
use metes_dtype::{Category, Kind};
use metes_eval::{Arg, Operand, ProgramBuilder, Slot, apply_program, reduce_program};
use metes_memory::{ErrorKind, Result};

/// How far apart values may be that count as close: `absolute + relative * |b|`.
#[derive(Clone, Debug)]
pub struct Tolerance {
    /// The part that grows with the second value.
    pub relative: Operand,
    /// The part that does not.
    pub absolute: Operand,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for Tolerance {
    fn default() -> Tolerance {
        let weak = |value| Operand::Weak(Scalar::Float(value));
        Tolerance { relative: weak(1e-5), absolute: weak(1e-8), equal_nan: false }
    }
}

struct Close {
    builder: ProgramBuilder,
    close: Slot,
    inputs: Vec<Array>,
}

impl Close {
    fn new(a: &Operand, b: &Operand, tolerance: &Tolerance) -> Result<Close> {
        let (mut builder, mut inputs) = (ProgramBuilder::new(), Vec::new());
        let mut arg = |operand: &Operand, strong: bool| -> Result<Arg> {
            let array = match operand {
                Operand::Weak(scalar) if !strong => return Ok(Arg::Weak(*scalar)),
                Operand::Weak(scalar) => Array::full(&[], *scalar, scalar.default_dtype())?,
                Operand::Array(array) => array.clone(),
            };
            let slot = builder.input(array.dtype());
            inputs.push(array);
            Ok(Arg::Slot(slot))
        };
        let both = matches!((a, b), (Operand::Weak(_), Operand::Weak(_)));
        let (a, mut b) = (arg(a, both)?, arg(b, false)?);
        let (relative, absolute) = (arg(&tolerance.relative, false)?, arg(&tolerance.absolute, false)?);
        if let Arg::Slot(slot) = b
            && builder.dtype(slot).category() < Category::Float
        {
            b = Arg::Slot(builder.cast(slot, Kind::F64.into())?);
        }
        let size = builder.call("absolute", &[b])?;
        let reach = builder.call("multiply", &[relative, Arg::Slot(size)])?;
        let reach = builder.call("add", &[absolute, Arg::Slot(reach)])?;
        let gap = builder.call("subtract", &[a, b])?;
        let gap = builder.call1("absolute", gap)?;
        let near = builder.call2("less_equal", gap, reach)?;
        let finite = builder.call("isfinite", &[b])?;
        let near = builder.call2("logical_and", near, finite)?;
        let same = builder.call("equal", &[a, b])?;
        let mut close = builder.call2("logical_or", near, same)?;
        if tolerance.equal_nan {
            let (x, y) = (builder.call("isnan", &[a])?, builder.call("isnan", &[b])?);
            let nans = builder.call2("logical_and", x, y)?;
            close = builder.call2("logical_or", close, nans)?;
        }
        Ok(Close { builder, close, inputs })
    }
}

/// Which elements of two arrays are close to each other; infinities are close to themselves alone.
///
/// ```
/// use metes::{array::Array, compare::isclose, eval::Operand};
/// let (a, b) = (Array::from_slice(&[2], &[1.0, 2.0])?, Array::from_slice(&[2], &[1.0 + 1e-9, 2.1])?);
/// let close = isclose(&Operand::Array(a), &Operand::Array(b), &Default::default())?;
/// assert_eq!(close.read::<bool>()?.to_vec(), [true, false]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Shapes that do not broadcast, refused memory.
pub fn isclose(a: &Operand, b: &Operand, tolerance: &Tolerance) -> Result<Array> {
    let Close { builder, close, inputs } = Close::new(a, b, tolerance)?;
    apply_program(builder, close, &inputs, None, "isclose")
}

/// Whether all elements of two arrays are close to each other; takes blocks alone.
///
/// # Errors
/// As [`isclose`].
pub fn allclose(a: &Operand, b: &Operand, tolerance: &Tolerance) -> Result<bool> {
    let Close { builder, close, inputs } = Close::new(a, b, tolerance)?;
    let all = reduce_program(reduction("all"), builder, close, &inputs, None, false)?;
    Ok(all.item(&[])? == Scalar::Bool(true))
}

/// Whether two arrays have the same shape and elements; with `equal_nan`, NaN equals NaN.
///
/// # Errors
/// Refused memory.
pub fn array_equal(a: &Array, b: &Array, equal_nan: bool) -> Result<bool> {
    if a.shape() != b.shape() {
        return Ok(false);
    }
    equal(a, b, equal_nan)
}

/// Whether two arrays are equal once they are broadcast together.
///
/// # Errors
/// Refused memory.
pub fn array_equiv(a: &Array, b: &Array) -> Result<bool> {
    match broadcast_shapes(&[a.shape(), b.shape()]) {
        Ok(_) => equal(a, b, false),
        Err(_) => Ok(false),
    }
}

fn equal(a: &Array, b: &Array, equal_nan: bool) -> Result<bool> {
    if a.dtype().any_number().is_none() || b.dtype().any_number().is_none() {
        return equal_otherwise(a, b, equal_nan);
    }
    let mut builder = ProgramBuilder::new();
    let (x, y) = (builder.input(a.dtype()), builder.input(b.dtype()));
    let mut same = builder.call2("equal", x, y)?;
    if equal_nan {
        let (x, y) = (builder.call1("isnan", x)?, builder.call1("isnan", y)?);
        let nans = builder.call2("logical_and", x, y)?;
        same = builder.call2("logical_or", same, nans)?;
    }
    let all = reduce_program(reduction("all"), builder, same, &[a.clone(), b.clone()], None, false)?;
    match all.item(&[])? {
        Scalar::Bool(all) => Ok(all),
        other => Err(value_error(format!("all gave {other}"))),
    }
}

/// The same for elements that are no numbers; those of dtypes that are not compared are not equal.
fn equal_otherwise(a: &Array, b: &Array, equal_nan: bool) -> Result<bool> {
    let call = |name: &str, operands: &[&Array]| {
        let operands: Vec<Operand> = operands.iter().map(|&array| Operand::Array(array.clone())).collect();
        metes_eval::apply(crate::build::row(name), &operands, &Default::default()).map(|mut found| found.remove(0))
    };
    let mut same = match call("equal", &[a, b]) {
        Err(error) if error.kind() == ErrorKind::Type => return Ok(false),
        found => found?,
    };
    if equal_nan && a.dtype().time().is_some() && b.dtype().time().is_some() {
        let both = call("logical_and", &[&call("isnan", &[a])?, &call("isnan", &[b])?])?;
        same = call("logical_or", &[&same, &both])?;
    }
    let all = metes_eval::reduce(reduction("all"), &same, &Default::default())?;
    Ok(all.item(&[])? == Scalar::Bool(true))
}
