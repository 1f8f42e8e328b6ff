//! Covariances and correlations: sums of products of deviations, taken as they are read. No centred copy is made.

use super::average::{row_at, rows_of};
use crate::build::{Build, at, call_into, reduction, slice, value_error, view, write};
use metes_array::{Array, Scalar, meet};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Operand, ProgramBuilder, Slot, reduce_program};
use metes_memory::Result;

/// How observations count.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    /// How often each was made: integers.
    pub frequencies: Option<Array>,
    /// How much each counts.
    pub analytic: Option<Array>,
    /// Degrees of freedom taken off; 1 by default.
    pub ddof: Option<f64>,
}

/// The covariances of variables, which are the rows of `m` (or its columns, if not `by_row`), and of `y` if there is one.
///
/// # Errors
/// More than two axes, weights of another length or negative ones, refused memory.
pub fn cov(m: &Array, y: Option<&Array>, by_row: bool, weights: &Weights, dtype: Option<DType>) -> Result<Array> {
    let mut parts = vec![rows_of(m, by_row)?];
    if let Some(y) = y {
        parts.push(rows_of(y, by_row)?);
    }
    let observations = parts[0].shape()[1];
    if let Some(other) = parts.iter().find(|part| part.shape()[1] != observations) {
        let message = format!("cov: {observations} observations of one and {} of another", other.shape()[1]);
        return Err(value_error(message));
    }
    let dtype = match dtype {
        Some(dtype) => dtype,
        None => parts.iter().map(Array::dtype).try_fold(Kind::F64.into(), meet)?,
    };
    let weight = weight_of(weights, observations)?;
    let total = match &weight {
        Some(w) => sum_of(std::slice::from_ref(w), dtype, None, |_, x| Ok(x[0]))?.item(&[])?,
        None => Scalar::Float(observations as f64),
    };
    let total = real(total);
    let rows: Vec<Array> =
        parts.iter().flat_map(|part| (0..part.shape()[0]).map(|row| row_at(part, row))).collect::<Result<_>>()?;
    let means = means(&parts, weight.as_ref(), dtype, total)?;
    let divisor = (total - taken_off(weights, weight.as_ref(), dtype, total)?).max(0.0);
    let result = Array::empty(&[rows.len(), rows.len()], dtype, "cov")?;
    let mut first = 0;
    for part in &parts {
        for (i, row) in rows.iter().enumerate() {
            let into =
                slice(&at(&result, 0, i as isize)?, 0, Some(first as isize), Some((first + part.shape()[0]) as isize))?;
            let local = slice(&means, 0, Some(first as isize), Some((first + part.shape()[0]) as isize))?;
            let mut inputs =
                vec![row.clone(), part.clone(), slice(&means, 0, Some(i as isize), Some(i as isize + 1))?, local];
            inputs.extend(weight.clone());
            let sums = sum_of(&inputs, dtype, Some(&[1]), |builder, x| {
                let a = builder.call2("subtract", x[0], x[2])?;
                let mut b = builder.call2("subtract", x[1], x[3])?;
                if dtype.category() == Category::Complex {
                    b = builder.call1("conjugate", b)?;
                }
                let product = builder.call2("multiply", a, b)?;
                x.get(4).map_or(Ok(product), |&w| builder.call2("multiply", product, w))
            })?;
            write(&into, &sums)?;
        }
        first += part.shape()[0];
    }
    call_into("divide", &[Operand::Array(result.clone()), Operand::Weak(Scalar::Float(divisor))], &result)?;
    if result.size() == 1 { view(&result, &[]) } else { Ok(result) }
}

/// The sum along `axes` of a program over inputs, cast to `dtype` first.
fn sum_of(
    inputs: &[Array],
    dtype: DType,
    axes: Option<&[isize]>,
    make: impl FnOnce(&mut ProgramBuilder, &[Slot]) -> Result<Slot>,
) -> Result<Array> {
    let mut builder = ProgramBuilder::new();
    let slots: Vec<Slot> = inputs.iter().map(|input| builder.input(input.dtype())).collect();
    let slots: Vec<Slot> = slots.into_iter().map(|slot| builder.cast(slot, dtype)).collect::<Result<_>>()?;
    let value = make(&mut builder, &slots)?;
    reduce_program(reduction("sum"), builder, value, inputs, axes, false)
}

fn real(value: Scalar) -> f64 {
    match value {
        Scalar::Bool(value) => f64::from(u8::from(value)),
        Scalar::Int(value) => value as f64,
        Scalar::Float(value) | Scalar::Complex(value, _) => value,
    }
}

/// The means of all variables, one under the other.
fn means(parts: &[Array], weight: Option<&Array>, dtype: DType, total: f64) -> Result<Array> {
    let count = parts.iter().map(|part| part.shape()[0]).sum();
    let means = Array::empty(&[count], dtype, "cov")?;
    let mut first = 0;
    for part in parts {
        let mut inputs = vec![part.clone()];
        inputs.extend(weight.cloned());
        let sums = sum_of(&inputs, dtype, Some(&[1]), |builder, x| {
            x.get(1).map_or(Ok(x[0]), |&w| builder.call2("multiply", x[0], w))
        })?;
        let into = slice(&means, 0, Some(first), Some(first + part.shape()[0] as isize))?;
        write(&into, &sums)?;
        first += part.shape()[0] as isize;
    }
    call_into("divide", &[Operand::Array(means.clone()), Operand::Weak(Scalar::Float(total))], &means)?;
    view(&means, &[count, 1])
}

/// What is taken off the sum of weights: the degrees of freedom, scaled where observations have weights of their own.
fn taken_off(weights: &Weights, weight: Option<&Array>, dtype: DType, total: f64) -> Result<f64> {
    let ddof = weights.ddof.unwrap_or(1.0);
    let (Some(w), Some(analytic)) = (weight, &weights.analytic) else { return Ok(ddof) };
    if ddof == 0.0 {
        return Ok(0.0);
    }
    let inputs = [w.clone(), analytic.clone()];
    let squares = sum_of(&inputs, dtype, None, |builder, x| builder.call2("multiply", x[0], x[1]))?.item(&[])?;
    Ok(ddof * real(squares) / total)
}

/// The one weight of each observation.
fn weight_of(weights: &Weights, observations: usize) -> Result<Option<Array>> {
    for (name, array) in [("fweights", &weights.frequencies), ("aweights", &weights.analytic)] {
        let Some(array) = array else { continue };
        if array.ndim() != 1 {
            return Err(value_error(format!("cannot handle multidimensional {name}")));
        }
        if array.size() != observations {
            return Err(value_error(format!(
                "incompatible numbers of samples and {name}: {observations} and {}",
                array.size()
            )));
        }
        let mut builder = ProgramBuilder::new();
        let x = builder.input(array.dtype());
        let negative = builder.with("less", x, 0.0)?;
        let any = reduce_program(reduction("any"), builder, negative, std::slice::from_ref(array), None, false)?;
        if any.item(&[])? == Scalar::Bool(true) {
            return Err(value_error(format!("{name} cannot be negative")));
        }
    }
    Ok(match (&weights.frequencies, &weights.analytic) {
        (Some(f), Some(a)) => Some(crate::build::call2("multiply", f, a)?),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    })
}

/// The correlations of variables, which are covariances over the products of standard deviations; as [`cov`].
///
/// # Errors
/// As [`cov`].
pub fn corrcoef(m: &Array, y: Option<&Array>, by_row: bool, dtype: Option<DType>) -> Result<Array> {
    let result = cov(m, y, by_row, &Weights::default(), dtype)?;
    if result.ndim() == 0 {
        return crate::build::call2("divide", &result, &result);
    }
    let n = result.shape()[0];
    let deviations = crate::build::call("sqrt", &[Operand::Array(result.diagonal(0, 0, 1)?.real())])?;
    for shape in [[n, 1], [1, n]] {
        let by = view(&deviations, &shape)?;
        call_into("divide", &[Operand::Array(result.clone()), Operand::Array(by)], &result)?;
    }
    let mut halves = vec![result.real()];
    if result.is_complex() {
        halves.push(result.imag()?);
    }
    for half in halves {
        let bounds = [-1.0, 1.0].map(|bound| Operand::Weak(Scalar::Float(bound)));
        let [low, high] = bounds;
        call_into("clip", &[Operand::Array(half.clone()), low, high], &half)?;
    }
    Ok(result)
}
