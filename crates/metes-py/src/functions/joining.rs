//! Joining arrays along an axis.

use super::Made;
use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::element::check_fits;
use crate::errors::OrRaise;
use crate::eval::{HEAVY, Operand, heavy};
use crate::fastcall::{Args, method};
use crate::methods::{output, parse_casting, parse_integer};
use crate::object::{array_of, from_array, make};
use metes_array::{Array, join_dense, meet_all};
use metes_dtype::Casting;
use metes_eval::Input;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use smallvec::SmallVec;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![method!(
        "concatenate",
        concatenate,
        ["arrays", "axis=0", "out=None", "*", "dtype=None", "casting='same_kind'"],
        "Joins arrays along an axis that they have; flattens them first where axis is None."
    )]
}

/// The most arrays of [`shortly`].
const FEW: usize = 8;

/// Few small dense arrays of one dtype in a list or tuple, along their first axis.
fn shortly<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut items: SmallVec<[Bound<'py, PyAny>; FEW]> = SmallVec::new();
    if let Ok(list) = object.cast_exact::<PyList>().map(|list| list.iter()) {
        items.extend(list.take(FEW + 1));
    } else if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        items.extend(tuple.iter().take(FEW + 1));
    }
    let arrays: SmallVec<[&Array; FEW]> = items.iter().filter_map(array_of).collect();
    let bytes = arrays.iter().map(|array| array.nbytes()).fold(0, usize::saturating_add);
    if arrays.len() != items.len() || !(1..=FEW).contains(&arrays.len()) || bytes >= HEAVY {
        return Ok(None);
    }
    make(object.py(), |place| {
        *place = join_dense(&arrays, "concatenate").or_raise()?;
        Ok(place.is_some())
    })
}

/// The arrays of a sequence, in which Python's numbers beside arrays are of the dtype that all meet in.
pub(super) fn meeting(sequence: &Bound<'_, PyAny>) -> PyResult<Vec<Array>> {
    let given: Vec<Operand> =
        sequence.try_iter()?.map(|item| crate::ufunc::operand(&item?)).collect::<PyResult<_>>()?;
    let inputs: Vec<Input> = given.iter().map(Input::from).collect();
    let common = metes_eval::common_dtype(&inputs);
    let one = |operand| match operand {
        Operand::Array(array) => Ok(array),
        Operand::Weak(scalar) => {
            let dtype = common.unwrap_or(scalar.default_dtype());
            check_fits(scalar, dtype)?;
            Array::full(&[], scalar, dtype).or_raise()
        }
    };
    given.into_iter().map(one).collect()
}

fn concatenate<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    if args.given() == 1
        && let Some(joined) = shortly(args.required(0)?)?
    {
        return Ok(joined);
    }
    let axis = match args.get(1) {
        None => Some(0),
        Some(given) if given.is_none() => None,
        Some(given) => Some(parse_integer(given)?),
    };
    let arrays: Vec<Array> = match axis {
        Some(_) => args.required(0)?.try_iter()?.map(|item| to_array(&item?, None)).collect::<PyResult<_>>()?,
        None => meeting(args.required(0)?)?,
    };
    let dtype = match parse_dtype_or_none(args.some(3))? {
        // Text is as wide as what is joined needs.
        Some(open) if open.size() == 0 => {
            let common = meet_all(arrays.iter().map(Array::dtype)).or_raise()?;
            Some(crate::objects::sized(open, common.unwrap_or(open)))
        }
        given => given,
    };
    let casting = parse_casting(args.some(4), Casting::SameKind)?;
    let out = args.some(2);
    if dtype.is_some() && out.is_some() {
        return Err(PyTypeError::new_err("concatenate: out has a dtype: dtype cannot be given as well"));
    }
    let target = out.map(|out| output(out)).transpose()?;
    let bytes = arrays.iter().map(Array::nbytes).sum();
    let join = || metes::manipulate::concatenate(&arrays, axis, target.as_ref(), dtype, casting);
    let joined = heavy(py, bytes, join).or_raise()?;
    Ok(out.map_or_else(|| from_array(py, joined, None), Clone::clone))
}
