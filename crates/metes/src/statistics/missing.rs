//! Reductions of the values that are not NaN. No copy without NaN is made: the reduction passes over them.

use crate::build::{Build, call, reduced, reduction};
use metes_array::{Array, Scalar};
use metes_eval::{Arg, Operand, ProgramBuilder, ReduceOptions, apply_program, reduce_program};
use metes_kernels::Reduction;
use metes_memory::{Error, ErrorKind, Result};

/// A reduction of the values that are not NaN, and whether there were too few of them for some result, which is NaN then.
///
/// # Errors
/// As [`metes_eval::reduce`]; argmin and argmax of nothing but NaN.
pub fn reduce_present(row: &'static Reduction, a: &Array, options: &ReduceOptions) -> Result<(Array, bool)> {
    let options = ReduceOptions { skip_nan: true, ..options.clone() };
    let result = metes_eval::reduce(row, a, &options)?;
    match row.name {
        "argmin" | "argmax" if any(&call("less", &with(&result, 0.0))?)? => {
            Err(Error::new(ErrorKind::Value, "All-NaN slice encountered"))
        }
        "min" | "max" | "mean" => {
            let missing = any(&call("isnan", &[Operand::Array(result.clone())])?)?;
            Ok((result, missing))
        }
        "var" | "std" if options.where_.is_none() => {
            let counts = count(a, &options)?;
            let missing = any(&call("less_equal", &with(&counts, options.correction))?)?;
            let result = if missing { too_few_as_nan(&result, &counts, options.correction)? } else { result };
            Ok((result, missing))
        }
        _ => Ok((result, false)),
    }
}

fn with(a: &Array, value: f64) -> [Operand; 2] {
    [Operand::Array(a.clone()), Operand::Weak(Scalar::Float(value))]
}

fn any(mask: &Array) -> Result<bool> {
    Ok(reduced("any", mask, None, false)?.item(&[])? == Scalar::Bool(true))
}

/// How many values are not NaN.
fn count(a: &Array, options: &ReduceOptions) -> Result<Array> {
    let mut builder = ProgramBuilder::new();
    let x = builder.input(a.dtype());
    let there = builder.call2("equal", x, x)?;
    let inputs = std::slice::from_ref(a);
    reduce_program(reduction("sum"), builder, there, inputs, options.axes.as_deref(), options.keepdims)
}

fn too_few_as_nan(results: &Array, counts: &Array, correction: f64) -> Result<Array> {
    let mut builder = ProgramBuilder::new();
    let (x, n) = (builder.input(results.dtype()), builder.input(counts.dtype()));
    let enough = builder.with("greater", n, correction)?;
    let nan = builder.constant(Scalar::Float(f64::NAN), results.dtype());
    let chosen = builder.call("where", &[enough, x, nan].map(Arg::Slot))?;
    apply_program(builder, chosen, &[results.clone(), counts.clone()], None, "where")
}
