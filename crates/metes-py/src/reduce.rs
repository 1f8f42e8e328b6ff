//! Reductions as Python calls them: `metes.sum(a, axis=0)`, eager or lazy.

use crate::convert::to_array;
use crate::direct;
use crate::fastcall::Args;
use crate::methods::{correction, reduce_call};
use crate::object::array_of;
use metes_kernels::Reduction;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// Calls `$make!` with the parameters of a family of reductions in NumPy's order, behind what comes first, and what else is
/// given: functions have the array first, methods nothing.
macro_rules! with_params {
    (sum, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! {
            [$($first,)? "axis=None", "dtype=None", "out=None", "keepdims=False", "initial=None", "where=True"] $($more)*
        }
    };
    (mean, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! { [$($first,)? "axis=None", "dtype=None", "out=None", "keepdims=False", "*", "where=True"] $($more)* }
    };
    (var, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! {
            [
                $($first,)? "axis=None", "dtype=None", "out=None", "ddof=0", "keepdims=False", "*", "where=True",
                "mean=None", "correction=None"
            ] $($more)*
        }
    };
    (any, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! { [$($first,)? "axis=None", "out=None", "keepdims=False", "*", "where=True"] $($more)* }
    };
    (argmin, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! { [$($first,)? "axis=None", "out=None", "*", "keepdims=False"] $($more)* }
    };
    (min, $make:ident, [$($first:literal)?] $($more:tt)*) => {
        $make! { [$($first,)? "axis=None", "out=None", "keepdims=False", "initial=None", "where=True"] $($more)* }
    };
}
pub(crate) use with_params;

macro_rules! listed {
    ([$($param:literal),*]) => {
        &[$($param),*]
    };
}

/// The rows of each family; what is not named here is like `min`.
const FAMILIES: &[(&[&str], &[&str])] = &[
    (&["sum", "prod"], with_params!(sum, listed, ["a"])),
    (&["mean"], with_params!(mean, listed, ["a"])),
    (&["var", "std"], with_params!(var, listed, ["a"])),
    (&["any", "all"], with_params!(any, listed, ["a"])),
    (&["argmin", "argmax"], with_params!(argmin, listed, ["a"])),
];
const OTHERS: &[&str] = with_params!(min, listed, ["a"]);

/// The parameters of a row's function.
pub(crate) fn params(name: &str) -> &'static [&'static str] {
    FAMILIES.iter().find(|(names, _)| names.contains(&name)).map_or(OTHERS, |(_, params)| params)
}

/// Calls a row.
pub(crate) fn call<'py>(row: &'static Reduction, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let object = args.required(0)?;
    if let Some(array) = array_of(object) {
        let plain = args.given() == 1;
        let done =
            if plain { direct::reduce(args.py(), row, array)? } else { direct::reduce_along(row, array, args, 1)? };
        if let Some(result) = done {
            return Ok(result);
        }
    }
    match crate::lazy::expr_of(object) {
        Some(expr) => lazily(row, args, expr),
        None => reduce_call(args.py(), row.name, &to_array(object, None)?, args),
    }
}

fn lazily<'py>(row: &'static Reduction, args: &Args<'_, 'py>, expr: &metes_eval::Expr) -> PyResult<Bound<'py, PyAny>> {
    if let Some(name) = ["out", "initial", "where"].into_iter().find(|name| args.named(name).is_some()) {
        return Err(PyTypeError::new_err(format!("{}: {name} is not for lazy arrays", row.name)));
    }
    let keepdims = args.named("keepdims").map_or(Ok(false), |k| k.is_truthy())?;
    crate::lazy::reduce(args.py(), row, expr, args.named("axis"), args.named("dtype"), keepdims, correction(args)?)
}
