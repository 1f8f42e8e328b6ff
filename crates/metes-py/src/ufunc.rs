//! Elementwise functions as Python calls them: operands, `out`, `where`, `dtype`, `signature`, `casting`, `order`.

use crate::convert::to_array;
use crate::direct;
use crate::element::weak_scalar;
use crate::eval::{Operand, Outputs, apply_with};
use crate::fastcall::Args;
use crate::methods::{options, output};
use crate::object::{array_of, from_array, writeable};
use metes_kernels::Ufunc;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use smallvec::SmallVec;

/// The parameters of so many operands and results. Several results have a place each by position, and a tuple by name.
macro_rules! with_keywords {
    ($($operand:literal),+) => {
        with_keywords!([$($operand,)+ "out=None", "*",])
    };
    ($($operand:literal),+; $($out:literal),+) => {
        with_keywords!([$($operand,)+ $($out,)+ "*", "out=None",])
    };
    ([$($first:literal,)+]) => {
        &[
            $($first,)+
            "where=True",
            "casting='same_kind'",
            "order='K'",
            "dtype=None",
            "subok=True",
            "signature=None",
            "sig=None",
        ]
    };
}

const UNARY: &[&str] = with_keywords!("x");
const UNARY_TO_TWO: &[&str] = with_keywords!("x"; "out1=None", "out2=None");
const BINARY: &[&str] = with_keywords!("x1", "x2");
const BINARY_TO_TWO: &[&str] = with_keywords!("x1", "x2"; "out1=None", "out2=None");
const TERNARY: &[&str] = with_keywords!("x1", "x2", "x3");

/// The parameters of a row's function.
pub(crate) fn params(row: &Ufunc) -> &'static [&'static str] {
    match (row.nin, row.nout) {
        (1, 1) => UNARY,
        (1, _) => UNARY_TO_TWO,
        (2, 1) => BINARY,
        (2, _) => BINARY_TO_TWO,
        _ => TERNARY,
    }
}

pub(crate) type Outs<'py> = SmallVec<[Option<Bound<'py, PyAny>>; 2]>;

/// Calls a row.
pub(crate) fn call<'py>(row: &'static Ufunc, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let py = args.py();
    let given: SmallVec<[&Bound<'py, PyAny>; 3]> = (0..row.nin).map(|at| args.required(at)).collect::<PyResult<_>>()?;
    if args.given() == row.nin {
        match direct::apply(py, row, &given) {
            Ok(Some(result)) => return Ok(result),
            Err(error) if !beyond(row, &error, py) => return Err(error),
            _ => {}
        }
    }
    if args.given() == row.nin + 1
        && row.nout == 1
        && let Some(out) = args.get(row.nin).filter(|out| writeable(out))
        && let Some(into) = array_of(out)
    {
        match direct::apply_to(py, row, &given, into) {
            Ok(true) => return Ok(out.clone()),
            Err(error) if !beyond(row, &error, py) => return Err(error),
            _ => {}
        }
    }
    if given.iter().any(|object| crate::lazy::is_lazy(object)) {
        return lazily(row, args, &given);
    }
    let operands: SmallVec<[Operand; 3]> =
        given.into_iter().map(|object| operand_of(row, object)).collect::<PyResult<_>>()?;
    let outs = given_outs(row, args)?;
    let mut options = options(args)?;
    for out in &outs {
        options.out.push(out.as_ref().map(output).transpose()?);
    }
    let results = apply_with(py, row, &operands, &options)?;
    finish(py, row, results, outs)
}

/// Whether an operand of a comparison is an integer beyond all dtypes.
fn beyond(row: &Ufunc, error: &PyErr, py: Python<'_>) -> bool {
    error.is_instance_of::<PyOverflowError>(py) && crate::number::compares(row)
}

fn operand_of(row: &Ufunc, object: &Bound<'_, PyAny>) -> PyResult<Operand> {
    match operand(object) {
        Err(error) if beyond(row, &error, object.py()) => operand(&crate::number::rounded(object)?),
        found => found,
    }
}

/// The results as objects: what `out=` gave, else new arrays.
pub(crate) fn finish<'py>(
    py: Python<'py>,
    row: &'static Ufunc,
    results: Outputs,
    outs: Outs<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut objects = results.into_iter().zip(outs).map(|(result, out)| match out {
        Some(out) => out,
        None => from_array(py, result, None),
    });
    match (objects.next(), row.nout) {
        (Some(one), 1) => Ok(one),
        (first, _) => Ok(PyTuple::new(py, first.into_iter().chain(objects).collect::<Vec<_>>())?.into_any()),
    }
}

fn lazily<'py>(row: &'static Ufunc, args: &Args<'_, 'py>, given: &[&Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    if let Some(name) = ["out", "out1", "out2", "where", "casting", "order", "dtype", "signature", "sig"]
        .into_iter()
        .find(|n| args.named(n).is_some())
    {
        return Err(PyTypeError::new_err(format!("{}: {name} is not for lazy arrays", row.name)));
    }
    crate::lazy::apply(args.py(), row, given)
}

/// An operand: an array, a Python number, which is weak, or anything that can be an array.
pub(crate) fn operand(object: &Bound<'_, PyAny>) -> PyResult<Operand> {
    if let Some(array) = array_of(object) {
        return Ok(Operand::Array(array.clone()));
    }
    match weak_scalar(object)? {
        Some(scalar) => Ok(Operand::Weak(scalar)),
        None => to_array(object, None).map(Operand::Array),
    }
}

/// Where results go, by position or by name.
fn given_outs<'py>(row: &Ufunc, args: &Args<'_, 'py>) -> PyResult<Outs<'py>> {
    let placed = || (row.nin..row.nin + row.nout).map(|at| args.some(at));
    if row.nout == 1 || placed().all(|out| out.is_none()) {
        return outs(row, args.named("out"));
    }
    if args.named("out").is_some() {
        let text = format!("{}: cannot specify 'out' as both a positional and keyword argument", row.name);
        return Err(PyTypeError::new_err(text));
    }
    Ok(placed().map(Option::<&Bound<'_, PyAny>>::cloned).collect())
}

/// What `out=` gives for each result; empty where it was not given at all.
pub(crate) fn outs<'py>(row: &Ufunc, out: Option<&Bound<'py, PyAny>>) -> PyResult<Outs<'py>> {
    let Some(out) = out.filter(|out| !out.is(out.py().Ellipsis())) else {
        return Ok(SmallVec::from_elem(None, row.nout));
    };
    let given: Outs<'py> = match out.cast::<PyTuple>() {
        Ok(several) => several.iter().map(|one| (!one.is_none()).then_some(one)).collect(),
        Err(_) => SmallVec::from_iter([Some(out.clone())]),
    };
    if given.len() != row.nout {
        let text =
            format!("{}: out must have {} entries, one for each result, not {}", row.name, row.nout, given.len());
        return Err(PyValueError::new_err(text));
    }
    Ok(given)
}
