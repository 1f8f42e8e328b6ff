//! What every ufunc of two values can do besides being called: `reduce`, `accumulate`, `reduceat`, `outer`.
//!
//! One driver serves all rows: the row's own loop, its output standing on its first input or running ahead of it. Where the
//! table of reductions has the same function (sum for add), that one folds, over its fixed tree and in several lanes.

mod accumulate;
mod at;
mod reduce;
mod run;
mod segments;

pub use accumulate::{AccumulateOptions, accumulate, cumulative};
pub use at::{apply_at, apply_selected};
pub use reduce::{FoldOptions, Initial, fold};
pub use segments::reduceat;

use crate::apply::{Operand, Options, Outputs, apply, noticed};
use crate::resolve::{Input, resolve};
use crate::status;
use metes_array::{Array, Index};
use metes_dtype::{Casting, Category, DType, Kind, can_cast};
use metes_kernels::{Cell, Flags, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// The ufunc of every pair of an element of `a` and one of `b`: the result has the axes of `a`, then those of `b`.
///
/// # Errors
/// A ufunc of other than two values; else as [`apply`].
pub fn outer(ufunc: &'static Ufunc, a: &Operand, b: &Operand, options: &Options) -> Result<Outputs> {
    if ufunc.nin != 2 {
        return Err(Error::new(ErrorKind::Value, "outer product only supported for binary functions"));
    }
    let axes = |operand: &Operand| match operand {
        Operand::Array(array) => array.ndim(),
        Operand::Weak(_) => 0,
    };
    let stretched = match a {
        Operand::Array(array) => {
            let mut index = vec![Index::Ellipsis];
            index.resize(1 + axes(b), Index::NewAxis);
            Operand::Array(array.index(&index)?)
        }
        weak => weak.clone(),
    };
    apply(ufunc, &[stretched, b.clone()], options)
}

fn check_binary(ufunc: &Ufunc, method: &str) -> Result<()> {
    let message = match (ufunc.nin, ufunc.nout) {
        (2, 1) => return Ok(()),
        (2, _) => format!("{method} only supported for functions returning a single value"),
        _ => format!("{method} only supported for binary functions"),
    };
    Err(Error::new(ErrorKind::Value, message))
}

/// Runs loops of a cell, and keeps what they and the processor noticed.
fn ran(ufunc: &Ufunc, cell: &Cell, work: impl FnOnce() -> Result<Flags>) -> Result<()> {
    let (flags, raised) = status::watch(cell, work);
    noticed(status::reported::<Input>(ufunc, cell, flags? | raised, &[]))
}

/// What sums and products of this dtype are kept in: bools and short integers in 64 bits.
fn widened(ufunc: &Ufunc, dtype: DType) -> Option<DType> {
    if !matches!(ufunc.name, "add" | "multiply") {
        return None;
    }
    match dtype.category() {
        Category::Bool | Category::Signed => Some(Kind::I64.into()),
        Category::Unsigned => Some(Kind::U64.into()),
        _ => None,
    }
}

/// The loop that folds values of a dtype: its result has the dtype of its first input, and of its second too if `uniform`.
fn choose(
    ufunc: &Ufunc,
    method: &str,
    from: DType,
    out: Option<DType>,
    dtype: Option<DType>,
    uniform: bool,
) -> Result<&'static Cell> {
    let folds = |c: &&Cell| c.inputs[0] == c.outputs[0] && (!uniform || c.inputs[1] == c.outputs[0]);
    let same = |kind: Kind| ufunc.cells.iter().find(|c| c.outputs[0] == kind && c.inputs.iter().all(|&k| k == kind));
    let missing = |dtype: DType| {
        let message = format!(
            "No loop matching the specified signature and casting was found for ufunc {}: {method} of values of {from} in {dtype}",
            ufunc.name
        );
        Error::new(ErrorKind::Type, message)
    };
    let dtype = dtype.or_else(|| if out.is_none() { widened(ufunc, from) } else { None });
    if let Some(dtype) = dtype {
        let kind = dtype.native().number().ok_or_else(|| missing(dtype))?;
        let any = || ufunc.cells.iter().filter(folds).find(|c| c.outputs[0] == kind);
        return same(kind).or_else(any).ok_or_else(|| missing(dtype));
    }
    let cell = resolve(ufunc, &[Input::DType(out.unwrap_or(from)), Input::DType(from)], None)?;
    if folds(&cell) {
        return Ok(cell);
    }
    let logical = ufunc.name.starts_with("logical");
    let into = |kind: Kind| logical || can_cast(from, kind.into(), Casting::Safe);
    let result = cell.outputs[0];
    same(result).filter(|_| into(result)).ok_or_else(|| missing(result.into()))
}

/// A slice of an array along one axis.
fn along(array: &Array, axis: usize, start: usize, stop: usize) -> Result<Array> {
    let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
    index.push(Index::Slice { start: Some(start as isize), stop: Some(stop as isize), step: None });
    array.index(&index)
}

/// The view of an array of another shape with as many elements, which must be one.
fn viewed(array: &Array, shape: &[usize]) -> Result<Array> {
    let shape: Vec<isize> = shape.iter().map(|&n| n as isize).collect();
    array.reshape(&shape, metes_array::Order::C, Some(false))
}
