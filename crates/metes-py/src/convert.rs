//! From Python objects to arrays: nested sequences, scalars, buffers, `__array__`; and which dtype NumPy would give them.
//!
//! Two passes over nested sequences: the first finds shape and dtype, the second writes elements straight into the new
//! array, so that nothing is collected outside the ledger. What has no numeric dtype (strings, objects) is refused.

use crate::discover::{Found, Leaf, discover, leaf};
use crate::element::{self, Element, WithElement, with_kind};
use crate::errors::OrRaise;
use crate::items::Items;
use crate::object::{array_of, from_array, is_array, make, type_name};
use crate::objects::sized;
use crate::{buffer, cast};
use metes_array::Array;
use metes_dtype::{DType, Form};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};
use std::mem::MaybeUninit;

/// An array for anything that can be one, its bytes shared where they can be: arrays, buffers, `__array__`, numbers, nested
/// sequences. With `dtype`, cast to it as NumPy's `asarray` casts.
///
/// # Errors
/// `TypeError` for what has no numeric dtype, `ValueError` for ragged nesting, `OverflowError` for integers that do not fit.
pub(crate) fn to_array(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> PyResult<Array> {
    match existing(object)? {
        Some((array, _)) => cast::to_dtype(&array, dtype),
        None => from_nested(object, dtype),
    }
}

/// As [`to_array`], for operations whose loops take numbers in native byte order alone: a copy of those in the other.
pub(crate) fn to_numbers(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    element::native(&to_array(object, None)?)
}

/// The `Array` object for anything that can be one: `object` itself where it is one of that dtype, else a new one, with
/// the provider of shared foreign bytes as its `base`.
///
/// `copy`: always (`Some(true)`), never (`Some(false)`, `ValueError` where needed), or where needed.
pub(crate) fn to_object<'py>(
    object: &Bound<'py, PyAny>,
    dtype: Option<DType>,
    copy: Option<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let found = provided(object, copy)?;
    to_object_of(object, found, dtype, copy)
}

/// As [`to_object`], of an object that was already asked for its array.
pub(crate) fn to_object_of<'py>(
    object: &Bound<'py, PyAny>,
    found: Option<Provided<'py>>,
    dtype: Option<DType>,
    copy: Option<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let Some(Provided { array, base, fresh }) = found else {
        if copy == Some(false) {
            return Err(never_copy(&format!("a {} must be converted", type_name(object))));
        }
        if let Some(flat) = from_flat(object, dtype)? {
            return Ok(flat);
        }
        return from_nested(object, dtype).map(|array| from_array(py, array, None));
    };
    let same = dtype.is_none_or(|dtype| dtype == array.dtype());
    if copy == Some(false) && !same {
        return Err(never_copy(&format!("{} must be cast to {}", array.dtype(), dtype.unwrap_or(array.dtype()))));
    }
    if copy == Some(true) && !fresh || !same {
        crate::eval::warn_of_lost_parts(py, array.dtype(), dtype.unwrap_or(array.dtype()))?;
        return cast::copy_as(&array, dtype.unwrap_or(array.dtype())).map(|array| from_array(py, array, None));
    }
    Ok(if is_array(object) { object.clone() } else { from_array(py, array, base) })
}

fn never_copy(why: &str) -> PyErr {
    PyValueError::new_err(format!("Unable to avoid copy while creating an array as requested: {why}"))
}

/// What already is an array.
pub(crate) struct Provided<'py> {
    /// Its elements, shared.
    pub array: Array,
    /// Who provides the bytes, if not an `Array`.
    pub base: Option<Bound<'py, PyAny>>,
    /// Whether they were copied because a copy was asked for.
    pub fresh: bool,
}

/// What already is an array: its array, sharing bytes, and who provides them.
pub(crate) fn existing<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<(Array, Option<Bound<'py, PyAny>>)>> {
    Ok(provided(object, None)?.map(|found| (found.array, found.base)))
}

/// As [`existing`]; `copy` is what `__array__` is told.
pub(crate) fn provided<'py>(object: &Bound<'py, PyAny>, copy: Option<bool>) -> PyResult<Option<Provided<'py>>> {
    let shared = |array, base| Ok(Some(Provided { array, base, fresh: false }));
    if let Some(array) = array_of(object) {
        return shared(array.clone(), None);
    }
    if is_plain(object) || crate::lazy::is_lazy(object) {
        return Ok(None);
    }
    if let Some(array) = buffer::import(object, label(object)?)? {
        if copy == Some(false) && array.ndim() == 0 && is_scalar(object)? {
            return Err(never_copy(&format!("a {} must be converted", type_name(object))));
        }
        if let Some(time) = time_scalar(object, &array)? {
            return provided(&time, copy);
        }
        return shared(told(object, array)?, Some(object.clone()));
    }
    if let Some(array) = crate::interface::import(object)? {
        return shared(told(object, array)?, Some(object.clone()));
    }
    if let Some(array) = crate::interface_struct::import(object)? {
        return shared(told(object, array)?, Some(object.clone()));
    }
    let Some((result, fresh)) = asked(object, copy)? else { return Ok(None) };
    if let Some(array) = array_of(&result) {
        let base = crate::object::base(&result).or(Some(result.clone()));
        return Ok(Some(Provided { array: array.clone(), base, fresh }));
    }
    match buffer::import(&result, label(&result)?)? {
        Some(array) => Ok(Some(Provided { array, base: Some(result), fresh })),
        None => Err(PyTypeError::new_err(format!("{}.__array__() gave no array", type_name(object)))),
    }
}

/// Whether an object is a scalar of NumPy, whose buffer is a copy.
fn is_scalar(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(label(object)? == "numpy" && object.get_type().name()? != "ndarray")
}

/// What `__array__` gives, and whether it was asked for a copy and knew what that is: older ones take no `copy=`.
fn asked<'py>(object: &Bound<'py, PyAny>, copy: Option<bool>) -> PyResult<Option<(Bound<'py, PyAny>, bool)>> {
    let Some(method) = object.getattr_opt("__array__")? else { return Ok(None) };
    let Some(copy) = copy else { return Ok(Some((method.call0()?, false))) };
    let keywords = PyDict::new(object.py());
    keywords.set_item("copy", copy)?;
    match method.call((), Some(&keywords)) {
        Ok(result) => Ok(Some((result, copy))),
        Err(error) if error.is_instance_of::<PyTypeError>(object.py()) && error.to_string().contains("copy") => {
            if copy {
                return Ok(Some((method.call0()?, false)));
            }
            Err(never_copy(&format!("{}.__array__ takes no copy=False", type_name(object))))
        }
        Err(error) => Err(error),
    }
}

/// A scalar of time as an array of no dimension: its own buffer is the bytes of its count.
fn time_scalar<'py>(object: &Bound<'py, PyAny>, bytes: &Array) -> PyResult<Option<Bound<'py, PyAny>>> {
    if bytes.shape() != [8] || bytes.dtype().size() != 1 {
        return Ok(None);
    }
    let Some(dtype) = object.getattr_opt("dtype")? else { return Ok(None) };
    let Some(kind) = dtype.getattr_opt("kind")? else { return Ok(None) };
    if !(kind.eq("M")? || kind.eq("m")?) {
        return Ok(None);
    }
    object.getattr_opt("__array__")?.map(|method| method.call0()).transpose()
}

/// The array with all that its provider's dtype says of fields: formats leave out titles and alignment, and cannot tell
/// fields that are out of order.
fn told(object: &Bound<'_, PyAny>, array: Array) -> PyResult<Array> {
    if array.dtype().record().is_none() && !matches!(array.dtype().form(), Form::Void(_)) {
        return Ok(array);
    }
    let Some(given) = object.getattr_opt("dtype")? else { return Ok(array) };
    match crate::dtype_parse::find_dtype(&given, false) {
        Ok(Some(dtype)) if dtype.record().is_some() && dtype.size() == array.dtype().size() => {
            array.view(dtype).or_raise()
        }
        _ => Ok(array),
    }
}

/// Python's own numbers and sequences, which need no look for protocols; texts, which are not arrays to NumPy either.
fn is_plain(object: &Bound<'_, PyAny>) -> bool {
    use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt};
    object.is_exact_instance_of::<PyList>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyTuple>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyComplex>()
        || object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyBytes>()
}

/// What the ledger calls the provider of foreign bytes.
fn label(object: &Bound<'_, PyAny>) -> PyResult<&'static str> {
    // Classes that ctypes makes of others come from no module.
    let Ok(module) = object.get_type().module() else { return Ok("buffer") };
    Ok(match module.to_cow()?.as_ref() {
        "numpy" => "numpy",
        "mmap" => "mmap",
        _ if object.is_instance_of::<PyByteArray>() => "bytearray",
        _ => "buffer",
    })
}

/// `Array(shape, dtype=float, buffer=None, offset=0, strides=None, order=None)`.
pub(crate) fn construct<'py>(
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    args.py().import("metes._convert")?.getattr("_construct")?.call(args, kwargs)
}

/// A list or tuple of numbers of one type, the usual case.
fn from_flat<'py>(object: &Bound<'py, PyAny>, dtype: Option<DType>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let items = match (object.cast_exact::<PyList>(), object.cast_exact::<PyTuple>()) {
        (Ok(list), _) => Items::List(list.clone()),
        (_, Ok(tuple)) => Items::Tuple(tuple.clone()),
        _ => return Ok(None),
    };
    make(object.py(), |place| items.flat(dtype, place))
}

fn from_nested(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> PyResult<Array> {
    let found = discover(object, dtype)?;
    // Text without elements is as narrow as text can be.
    let width = found.seen().or(DType::bytes(1)).unwrap_or(found.dtype());
    let dtype = dtype.map_or(found.dtype(), |dtype| sized(dtype, width));
    match dtype.number() {
        Some(kind) if found.dtype().any_number().is_some() => with_kind(kind, Fill { object, found: &found, dtype }),
        _ => crate::objects::from_nested(object, &found.shape, sized(dtype, dtype)),
    }
}

struct Fill<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    found: &'a Found,
    dtype: DType,
}

impl WithElement for Fill<'_, '_> {
    type Output = PyResult<Array>;
    fn run<T: Element>(self) -> PyResult<Array> {
        element::new_filled::<T>(&self.found.shape, self.dtype, "array", |places| {
            let mut places = places.iter_mut();
            fill(self.object, &self.found.shape, &mut places)?;
            if places.len() == 0 { Ok(()) } else { Err(changed()) }
        })
    }
}

fn changed() -> PyErr {
    PyValueError::new_err("a sequence changed its length while it was being converted to an array")
}

fn fill<T: Element>(
    object: &Bound<'_, PyAny>,
    shape: &[usize],
    places: &mut std::slice::IterMut<'_, MaybeUninit<T>>,
) -> PyResult<()> {
    let mut put = |value: T| places.next().ok_or_else(changed).map(|place| _ = place.write(value));
    if object.is_none() {
        return put(T::from_scalar(metes_array::Scalar::Float(f64::NAN))?);
    }
    match leaf(object)? {
        Leaf::Number(number) => put(T::from_scalar(number)?),
        Leaf::Text(_) | Leaf::Record => Err(changed()),
        Leaf::Array(array) => element::each_scalar(&array, |value| put(T::from_scalar(value)?)),
        Leaf::Sequence(items) => {
            let Some((n, inner)) = shape.split_first() else {
                return Err(changed());
            };
            if items.len() != *n {
                return Err(changed());
            }
            if inner.is_empty() && items.uniform().is_some() {
                return items.each_number(|number| put(T::from_scalar(number)?));
            }
            items.each(|item| fill(item, inner, places))
        }
    }
}
