//! Functions over fields, for `metes.lib.recfunctions`.

use super::Made;
use crate::convert::to_array;
use crate::dtype::{dtype_object, parse_dtype, parse_dtype_or_none};
use crate::errors::OrRaise;
use crate::eval::heavy;
use crate::fastcall::{Args, method};
use crate::methods::parse_casting;
use crate::object::{array_of, from_array, view_of};
use metes::fields;
use metes_array::Array;
use metes_dtype::Casting;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "_repack_fields",
            repack_fields,
            ["a", "align=False", "recurse=False"],
            "An array, or a dtype, with fields one after the other."
        ),
        method!(
            "_structured_to_unstructured",
            structured_to_unstructured,
            ["arr", "dtype=None", "copy=False", "casting='unsafe'"],
            "The fields of records as a last axis."
        ),
        method!(
            "_unstructured_to_structured",
            unstructured_to_structured,
            ["arr", "dtype", "copy=False", "casting='unsafe'"],
            "The last axis as the fields of records."
        ),
    ]
}

fn repack_fields<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (align, deep) = (args.flag(1, false)?, args.flag(2, false)?);
    if array_of(args.required(0)?).is_none()
        && let Ok(dtype) = parse_dtype(args.required(0)?)
    {
        return dtype_object(args.py(), metes_dtype::repacked(dtype, align, deep).map_err(PyValueError::new_err)?);
    }
    let array = to_array(args.required(0)?, None)?;
    shown(args, &array, || fields::repack_fields(&array, align, deep))
}

fn structured_to_unstructured<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let dtype = parse_dtype_or_none(args.some(1))?;
    let (copy, casting) = (args.flag(2, false)?, parse_casting(args.some(3), Casting::Unsafe)?);
    shown(args, &array, || fields::structured_to_unstructured(&array, dtype, copy, casting))
}

fn unstructured_to_structured<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (array, dtype) = (to_array(args.required(0)?, None)?, parse_dtype(args.required(1)?)?);
    let (copy, casting) = (args.flag(2, false)?, parse_casting(args.some(3), Casting::Unsafe)?);
    shown(args, &array, || fields::unstructured_to_structured(&array, dtype, copy, casting))
}

/// A result that may show the bytes of the array.
fn shown<'py>(
    args: &Args<'_, 'py>,
    array: &Array,
    work: impl FnOnce() -> metes_memory::Result<Array> + Send,
) -> Made<'py> {
    let result = heavy(args.py(), array.nbytes(), work).or_raise()?;
    let given = args.required(0)?;
    let own = array_of(given).is_some_and(|given| given.buffer().same(result.buffer()));
    Ok(if own { view_of(given, result) } else { from_array(args.py(), result, None) })
}
