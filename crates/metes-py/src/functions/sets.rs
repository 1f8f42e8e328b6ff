//! Arrays as sets.

use super::Made;
use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::eval::heavy;
use crate::fastcall::{Args, method};
use crate::methods::parse_integer;
use crate::object::from_array;
use metes::sets;
use metes_array::Array;
use metes_eval::{Search, Unique, UniqueOptions};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "unique",
            unique,
            [
                "ar",
                "return_index=False",
                "return_inverse=False",
                "return_counts=False",
                "axis=None",
                "*",
                "equal_nan=True",
                "sorted=True"
            ],
            "The distinct elements in order, or the distinct parts along an axis; with them, where asked for, the place of the first of each, the number of each element's value, and how often each is there.\n\n>>> import metes as mt\n>>> mt.unique(mt.asarray([3, 1, 3])).tolist()\n[1, 3]"
        ),
        method!(
            "isin",
            isin,
            ["element", "test_elements", "assume_unique=False", "invert=False", "*", "kind=None"],
            "Whether each element is among others: by sorting those once, or by a table where they are close integers."
        ),
        method!("union1d", union1d, ["ar1", "ar2"], "The sorted values that are in one array or the other."),
        method!(
            "intersect1d",
            intersect1d,
            ["ar1", "ar2", "assume_unique=False", "return_indices=False"],
            "The sorted values that are in both arrays; with return_indices also where each is first in either."
        ),
        method!(
            "setdiff1d",
            setdiff1d,
            ["ar1", "ar2", "assume_unique=False"],
            "The sorted values of the first array that are not in the second."
        ),
        method!(
            "setxor1d",
            setxor1d,
            ["ar1", "ar2", "assume_unique=False"],
            "The sorted values that are in just one of two arrays."
        ),
    ]
}

fn pair(args: &Args<'_, '_>) -> PyResult<(Array, Array, usize)> {
    let (a, b) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let bytes = a.nbytes() + b.nbytes();
    Ok((a, b, bytes))
}

fn unique<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let options = UniqueOptions {
        index: args.flag(1, false)?,
        inverse: args.flag(2, false)?,
        counts: args.flag(3, false)?,
        equal_nan: args.flag(5, true)?,
    };
    let axis = args.some(4).map(parse_integer).transpose()?;
    let found = heavy(args.py(), array.nbytes(), || match axis {
        None => metes_eval::unique(&array, options),
        Some(axis) => along(&array, axis, options),
    });
    let Unique { values, index, inverse, counts } = found.or_raise()?;
    if index.is_none() && inverse.is_none() && counts.is_none() {
        return Ok(from_array(args.py(), values, None));
    }
    let all = [Some(values), index, inverse, counts].into_iter().flatten();
    let objects: Vec<_> = all.map(|array| from_array(args.py(), array, None)).collect();
    Ok(PyTuple::new(args.py(), objects)?.into_any())
}

fn along(array: &Array, axis: isize, options: UniqueOptions) -> metes_memory::Result<Unique> {
    let front = array.moveaxis(&[array.axis(axis)? as isize], &[0])?;
    let found = metes_eval::unique_rows(&front, options)?;
    let values = found.values.moveaxis(&[0], &[axis])?;
    Ok(Unique { values, ..found })
}

fn isin<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (element, others, bytes) = pair(args)?;
    let invert = args.flag(3, false)?;
    let how = match args.some(4).map(|kind| kind.extract::<String>()).transpose()?.as_deref() {
        None => Search::Auto,
        Some("sort") => Search::Sort,
        Some("table") => Search::Table,
        Some(other) => {
            return Err(PyValueError::new_err(format!("Invalid kind: '{other}'. Please use None, 'sort' or 'table'.")));
        }
    };
    let found = heavy(args.py(), bytes, || metes_eval::contains(&element, &others, invert, how)).or_raise()?;
    Ok(from_array(args.py(), found, None))
}

fn union1d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let both = PyTuple::new(args.py(), [args.required(0)?, args.required(1)?])?;
    let [a, b] = super::joining::meeting(&both)?.try_into().map_err(|_| PyValueError::new_err("union1d takes two"))?;
    let bytes = a.nbytes() + b.nbytes();
    Ok(from_array(args.py(), heavy(args.py(), bytes, || sets::union1d(&a, &b)).or_raise()?, None))
}

fn intersect1d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, bytes) = pair(args)?;
    let (assume, places) = (args.flag(2, false)?, args.flag(3, false)?);
    let (values, found) = heavy(args.py(), bytes, || sets::intersect1d(&a, &b, assume, places)).or_raise()?;
    let values = from_array(args.py(), values, None);
    match found {
        None => Ok(values),
        Some((first, second)) => {
            let [first, second] = [first, second].map(|array| from_array(args.py(), array, None));
            Ok(PyTuple::new(args.py(), [values, first, second])?.into_any())
        }
    }
}

fn setdiff1d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, bytes) = pair(args)?;
    let assume = args.flag(2, false)?;
    Ok(from_array(args.py(), heavy(args.py(), bytes, || sets::setdiff1d(&a, &b, assume)).or_raise()?, None))
}

fn setxor1d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (a, b, bytes) = pair(args)?;
    let assume = args.flag(2, false)?;
    Ok(from_array(args.py(), heavy(args.py(), bytes, || sets::setxor1d(&a, &b, assume)).or_raise()?, None))
}
