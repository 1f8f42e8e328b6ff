//! `ufunc.reduce`: a ufunc of two values folded over axes.

use super::{along, check_binary, choose, ran, run, viewed};
use crate::apply::Operand;
use crate::reduce::{ReduceOptions, axes_of, check_mask, keep, reduce};
use metes_array::{Array, Dims, Order, Scalar, shape_text};
use metes_dtype::{Casting, Category, DType, Kind};
use metes_kernels::{Cell, Reduction, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// What folding starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Initial {
    /// The ufunc's identity, else the first value.
    #[default]
    Default,
    /// The first value.
    First,
    /// This value.
    Value(Scalar),
}

/// The keyword arguments of `ufunc.reduce`.
#[derive(Clone, Debug, Default)]
pub struct FoldOptions {
    /// The axes to fold; all by default.
    pub axes: Option<Vec<isize>>,
    /// Whether folded axes stay, with length 1.
    pub keepdims: bool,
    /// The dtype to compute in.
    pub dtype: Option<DType>,
    /// Where the result goes.
    pub out: Option<Array>,
    /// A bool array: values where it is false are left out.
    pub where_: Option<Array>,
    /// What to start from.
    pub initial: Initial,
}

/// Rows of the table of reductions that do what folding a ufunc does.
const SAME: &[(&str, &str)] = &[
    ("add", "sum"),
    ("multiply", "prod"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("logical_and", "all"),
    ("logical_or", "any"),
];

/// Folds an array along axes by a ufunc of two values.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{FoldOptions, fold};
/// let a = Array::from_slice(&[3], &[6i64, 4, 9])?;
/// let gcd = metes_kernels::ufunc("gcd").unwrap();
/// assert_eq!(fold(gcd, &a, &FoldOptions::default())?.item(&[])?, Scalar::Int(1));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// A ufunc of other than two values and one result, dtypes without a loop, several axes where order matters, nothing to
/// fold where there is neither identity nor initial value, a mask likewise, an `out` of another shape, refused memory.
pub fn fold(ufunc: &'static Ufunc, array: &Array, options: &FoldOptions) -> Result<Array> {
    check_binary(ufunc, "reduce")?;
    if array.ndim() == 0 {
        let line = array.reshape(&[1], Order::C, Some(false))?;
        let axes = options.axes.clone().filter(|axes| !axes.is_empty()).unwrap_or_else(|| vec![0]);
        return fold(ufunc, &line, &FoldOptions { axes: Some(axes), keepdims: false, ..options.clone() });
    }
    if let (true, Some((row, skip_nan))) = (array.dtype().time().is_some(), of_time(ufunc)) {
        let FoldOptions { axes, keepdims, dtype, out, where_, initial } = options.clone();
        let initial = if let Initial::Value(value) = initial { Some(value) } else { None };
        let options = ReduceOptions { axes, keepdims, dtype, out, where_, initial, skip_nan, ..Default::default() };
        return reduce(row, array, &options);
    }
    let axes = axes_of(array, options.axes.as_deref())?;
    let out_dtype = options.out.as_ref().map(Array::dtype);
    let cell = choose(ufunc, "reduce", array.dtype(), out_dtype, options.dtype, false)?;
    if axes.len() > 1 && !ufunc.is_reorderable() {
        let message = format!(
            "reduction operation '{}' is not reorderable, so at most one axis may be specified, not {axes:?}",
            ufunc.name
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    let kept = keep(array.shape(), &axes);
    let shape: Dims = if options.keepdims {
        kept.clone()
    } else {
        (0..array.ndim()).filter(|a| !axes.contains(a)).map(|a| array.shape()[a]).collect()
    };
    if let Some(out) = &options.out {
        check_out(ufunc, out, &shape)?;
    }
    let result = match same_reduction(ufunc, cell, array, options) {
        Some((row, dtype)) => {
            let axes = axes.iter().map(|&a| a as isize).collect();
            let initial = if let Initial::Value(value) = options.initial { Some(value) } else { None };
            let where_ = options.where_.clone();
            reduce(row, array, &ReduceOptions { axes: Some(axes), dtype, where_, initial, ..Default::default() })?
        }
        None => by_loop(ufunc, cell, array, &axes, &kept, options)?,
    };
    let result = viewed(&result, &shape)?;
    match &options.out {
        Some(out) => {
            crate::assign(out, &Operand::Array(result), Casting::Unsafe, None)?;
            Ok(out.clone())
        }
        None => Ok(result),
    }
}

fn check_out(ufunc: &Ufunc, out: &Array, shape: &[usize]) -> Result<()> {
    if out.shape() != shape {
        let (has, wants) = (shape_text(out.shape()), shape_text(shape));
        let message = format!("{}.reduce: output parameter has shape {has}, the result has {wants}", ufunc.name);
        return Err(Error::new(ErrorKind::Value, message));
    }
    out.require_writeable(ufunc.name)
}

/// The reduction that gives what this fold gives, and the dtype to ask it for.
fn same_reduction(
    ufunc: &Ufunc,
    cell: &Cell,
    array: &Array,
    options: &FoldOptions,
) -> Option<(&'static Reduction, Option<DType>)> {
    let (_, name) = SAME.iter().find(|(name, _)| *name == ufunc.name)?;
    let row = metes_kernels::reduction(name)?;
    let kind: Kind = cell.outputs[0];
    let numbers = matches!(*name, "sum" | "prod");
    let converts = array.dtype() != cell.inputs[1] && !numbers;
    let extremes = matches!(*name, "min" | "max");
    let logical = matches!(*name, "any" | "all");
    let started = options.initial != Initial::Default;
    let no_start = options.initial == Initial::First && !extremes;
    if no_start || logical && (started || kind != Kind::Bool) || converts && !logical {
        return None;
    }
    if extremes && options.where_.is_some() {
        return None;
    }
    if numbers && !array.dtype().any_number().is_some_and(|from| fits(from, kind)) {
        return None;
    }
    Some((row, numbers.then_some(kind.into())))
}

/// Whether the reductions' sums and products of one kind can be had in another: integers wrap alike in any width, and
/// floats are summed wider.
fn fits(from: Kind, to: Kind) -> bool {
    let whole = |kind: Kind| kind.category() <= Category::Signed;
    to != Kind::Bool && (whole(from) || !whole(to)) && from.category() <= to.category().max(Category::Signed)
}

fn by_loop(
    ufunc: &'static Ufunc,
    cell: &Cell,
    array: &Array,
    axes: &[usize],
    kept: &[usize],
    options: &FoldOptions,
) -> Result<Array> {
    let kind = cell.outputs[0];
    let identity = ufunc.identity.map(|identity| identity_of(identity, kind));
    let start = match options.initial {
        Initial::Value(value) => Some(value),
        // From the first value over several axes: the identity before it changes nothing, and is simpler.
        Initial::First if axes.len() > 1 && array.size() > 0 && options.where_.is_none() => identity,
        Initial::First => None,
        Initial::Default => identity,
    };
    if options.where_.is_some() {
        let min = metes_kernels::reduction(if start.is_none() { "min" } else { "sum" }).expect("a row of the table");
        let plain = ReduceOptions { where_: options.where_.clone(), ..Default::default() };
        check_mask(min, array, &plain).map_err(|e| e.context(ufunc.name))?;
    }
    let mask = options.where_.as_ref();
    let Some(start) = start else {
        return from_first(ufunc, cell, array, axes, kept);
    };
    let acc = Array::full(kept, start, kind.into())?;
    if array.size() > 0 {
        ran(ufunc, cell, || run::fold_into(cell, &acc, array, mask))?;
    }
    Ok(acc)
}

/// The identity as a value of a kind.
pub(super) fn identity_of(identity: f64, kind: Kind) -> Scalar {
    match kind.category() {
        Category::Bool => Scalar::Bool(identity != 0.0),
        Category::Unsigned if identity < 0.0 => Scalar::Int((1i128 << (8 * kind.size())) - 1),
        Category::Unsigned | Category::Signed => Scalar::Int(identity as i128),
        _ => Scalar::Float(identity),
    }
}

fn from_first(ufunc: &Ufunc, cell: &Cell, array: &Array, axes: &[usize], kept: &[usize]) -> Result<Array> {
    let acc = Array::empty(kept, cell.outputs[0].into(), "reduce")?;
    if acc.size() == 0 {
        return Ok(acc);
    }
    if array.size() == 0 {
        let message = format!(
            "zero-size array to reduction operation {} which has no identity: shape {}",
            ufunc.name,
            shape_text(array.shape())
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    let mut first = array.clone();
    for &axis in axes {
        first = along(&first, axis, 0, 1)?;
    }
    crate::assign(&acc, &Operand::Array(first), Casting::Unsafe, None)?;
    let rest = match axes {
        [] => return Ok(acc),
        [axis] => along(array, *axis, 1, array.shape()[*axis])?,
        // What may be folded over several axes without an identity may meet a value twice.
        _ => array.clone(),
    };
    if rest.size() > 0 {
        ran(ufunc, cell, || run::fold_into(cell, &acc, &rest, None))?;
    }
    Ok(acc)
}

/// The reduction of time that a ufunc folds to, and whether it leaves NaT out.
fn of_time(ufunc: &Ufunc) -> Option<(&'static Reduction, bool)> {
    let (name, skip_nan) = match ufunc.name {
        "add" => ("sum", false),
        "minimum" => ("min", false),
        "maximum" => ("max", false),
        "fmin" => ("min", true),
        "fmax" => ("max", true),
        "logical_and" => ("all", false),
        "logical_or" => ("any", false),
        _ => return None,
    };
    metes_kernels::reduction(name).map(|row| (row, skip_nan))
}
