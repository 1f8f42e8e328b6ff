//! Sorting, selecting and searching.

use super::Made;
use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::eval::heavy;
use crate::fastcall::{Args, method, none};
use crate::methods::{parse_integer, parse_integers};
use crate::object::{from_array, target, this};
use metes_array::{Array, Order};
use metes_eval::Sorting;
use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyString;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "sort",
            sort,
            ["a", "axis=-1", "kind=None", "order=None", "*", "stable=None", "descending=False"],
            "A sorted copy along an axis, NaN last; of all elements in one dimension where axis is None.\n\n>>> import metes as mt\n>>> mt.sort(mt.asarray([3, 1, 2])).tolist()\n[1, 2, 3]"
        ),
        method!(
            "argsort",
            argsort,
            ["a", "axis=-1", "kind=None", "order=None", "*", "stable=None", "descending=False"],
            "The places of the elements along an axis in sorted order; equal ones keep theirs."
        ),
        method!(
            "partition",
            partition,
            ["a", "kth", "axis=-1", "kind='introselect'", "order=None"],
            "A copy with the elements kth along an axis where sorting puts them, none larger before, none smaller after."
        ),
        method!(
            "argpartition",
            argpartition,
            ["a", "kth", "axis=-1", "kind='introselect'", "order=None"],
            "Places along an axis in an order that partition allows."
        ),
        method!(
            "lexsort",
            lexsort,
            ["keys", "axis=-1"],
            "The places in the order of the last key, ties by the one before."
        ),
        method!(
            "searchsorted",
            searchsorted,
            ["a", "v", "side='left'", "sorter=None"],
            "Where v belongs in the sorted array a: before equal elements (side='left') or after them ('right').\n\n>>> import metes as mt\n>>> mt.searchsorted(mt.asarray([1, 3, 5]), mt.asarray([3, 4])).tolist()\n[1, 2]"
        ),
        method!("sort_complex", sort_complex, ["a"], "A sorted complex copy, by real and then by imaginary part."),
    ]
}

pub(crate) fn methods() -> Vec<PyMethodDef> {
    vec![
        method!(
            "sort",
            sort_method,
            ["axis=-1", "kind=None", "order=None", "*", "stable=None", "descending=False"],
            "Sorts the elements along an axis in place, NaN last."
        ),
        method!(
            "argsort",
            argsort_method,
            ["axis=-1", "kind=None", "order=None", "*", "stable=None", "descending=False"],
            "The places of the elements along an axis in sorted order."
        ),
        method!(
            "partition",
            partition_method,
            ["kth", "axis=-1", "kind='introselect'", "order=None"],
            "Moves the elements kth along an axis to where sorting puts them, in place."
        ),
        method!(
            "argpartition",
            argpartition_method,
            ["kth", "axis=-1", "kind='introselect'", "order=None"],
            "Places along an axis in an order that partition allows."
        ),
        method!(
            "searchsorted",
            searchsorted_method,
            ["v", "side='left'", "sorter=None"],
            "Where v belongs in this sorted array: before equal elements, or after them where side is 'right'."
        ),
    ]
}

/// `axis=`, -1 where it is missing; `None` for all elements in one dimension.
fn axis_of(args: &Args<'_, '_>, at: usize) -> PyResult<Option<isize>> {
    match args.get(at) {
        None => Ok(Some(-1)),
        Some(axis) if axis.is_none() => Ok(None),
        Some(axis) => parse_integer(axis).map(Some),
    }
}

/// The array with the fields that `order=` names first, then the others: how records are compared.
fn ordered(array: &Array, args: &Args<'_, '_>) -> PyResult<Array> {
    let Some(order) = args.named("order") else { return Ok(array.clone()) };
    let Some(record) = array.dtype().record() else {
        refuse_order(args)?;
        return Ok(array.clone());
    };
    let mut names = match order.cast::<PyString>() {
        Ok(name) => vec![name.to_cow()?.into_owned()],
        Err(_) => order.extract::<Vec<String>>()?,
    };
    if let Some(unknown) = names.iter().find(|name| record.field(name).is_none()) {
        return Err(PyValueError::new_err(format!("unknown field name: {unknown}")));
    }
    let rest = record.fields().iter().map(|f| f.name.to_string()).filter(|f| !names.contains(f));
    let rest: Vec<String> = rest.collect();
    names.extend(rest);
    array.select_fields(&names.iter().map(String::as_str).collect::<Vec<_>>()).or_raise()
}

fn refuse_order(args: &Args<'_, '_>) -> PyResult<()> {
    match args.named("order") {
        Some(_) => Err(PyValueError::new_err("Cannot specify order when the array has no fields.")),
        None => Ok(()),
    }
}

/// `kind=`, `stable=` and `descending=`; `default` says whether to be stable where nothing does.
fn sorting(args: &Args<'_, '_>, default: bool) -> PyResult<Sorting> {
    let descending = args.named("descending").map_or(Ok(false), |d| d.is_truthy())?;
    let by_kind = args.named("kind").map(stable_kind).transpose()?;
    let stable = args.named("stable").map(|s| s.is_truthy()).transpose()?;
    if by_kind.is_some() && stable.is_some() {
        let text = "`kind` and `stable` parameters can't be provided at the same time. Use only one of them.";
        return Err(PyValueError::new_err(text));
    }
    Ok(Sorting { stable: by_kind.or(stable).unwrap_or(default), descending })
}

fn stable_kind(kind: &Bound<'_, PyAny>) -> PyResult<bool> {
    let text = kind.cast::<PyString>().map_err(|_| PyTypeError::new_err("sort kind must be str"))?.to_cow()?;
    match text.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('q' | 'h') => Ok(false),
        Some('m' | 's') => Ok(true),
        _ => {
            Err(PyValueError::new_err(format!("sort kind must be one of 'quick', 'heap', or 'stable' (got '{text}')")))
        }
    }
}

fn sort<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let (axis, how) = (axis_of(args, 1)?, sorting(args, false)?);
    let (seen, dtype) = (ordered(&array, args)?, array.dtype());
    let sorted = heavy(args.py(), array.nbytes(), || metes_eval::sort(&seen, axis, how)).or_raise()?;
    let sorted = if seen.dtype() == dtype { sorted } else { sorted.view(dtype).or_raise()? };
    Ok(from_array(args.py(), sorted, None))
}

fn sort_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let into = ordered(&target(array, "sort: the array is read-only")?, args)?;
    let (axis, how) = (parse_integer_or(args, 0, -1)?, sorting(args, false)?);
    heavy(args.py(), into.nbytes(), || metes_eval::sort_in_place(&into, axis, how)).or_raise()?;
    Ok(none(args.py()))
}

fn parse_integer_or(args: &Args<'_, '_>, at: usize, default: isize) -> PyResult<isize> {
    args.get(at).map_or(Ok(default), parse_integer)
}

fn argsort<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    argsorted(&to_array(args.required(0)?, None)?, args, 1)
}

fn argsort_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    argsorted(this(array)?, args, 0)
}

/// The array and its axis; one element without axes, and all elements where there is no axis, are one lane.
fn lane(array: &Array, axis: Option<isize>) -> PyResult<(Array, isize)> {
    match axis {
        Some(axis) if array.ndim() > 0 => Ok((array.clone(), axis)),
        Some(axis) if axis != 0 && axis != -1 => array.axis(axis).or_raise().map(|_| (array.clone(), axis)),
        _ => array.ravel(Order::C).or_raise().map(|flat| (flat, 0)),
    }
}

fn argsorted<'py>(array: &Array, args: &Args<'_, 'py>, at: usize) -> Made<'py> {
    let how = sorting(args, true)?;
    let (flat, axis) = lane(&ordered(array, args)?, axis_of(args, at)?)?;
    let places = heavy(args.py(), flat.nbytes(), || metes_eval::argsort(&flat, axis, how)).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

fn places_and_axis(args: &Args<'_, '_>, at: usize) -> PyResult<(Vec<isize>, Option<isize>)> {
    refuse_order(args)?;
    if let Some(kind) = args.named("kind")
        && !kind.extract::<String>().is_ok_and(|kind| kind == "introselect")
    {
        return Err(PyValueError::new_err("select kind must be 'introselect'"));
    }
    Ok((parse_integers(args.required(at)?)?, axis_of(args, at + 1)?))
}

fn partition<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let (kth, axis) = places_and_axis(args, 1)?;
    let parted = heavy(args.py(), array.nbytes(), || metes_eval::partition(&array, &kth, axis)).or_raise()?;
    Ok(from_array(args.py(), parted, None))
}

fn partition_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let into = target(array, "partition: the array is read-only")?;
    let (kth, axis) = places_and_axis(args, 0)?;
    let axis = axis.ok_or_else(|| PyTypeError::new_err("partition: axis must be an integer"))?;
    heavy(args.py(), into.nbytes(), || metes_eval::partition_in_place(&into, &kth, axis)).or_raise()?;
    Ok(none(args.py()))
}

fn argpartition<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    argparted(&to_array(args.required(0)?, None)?, args, 1)
}

fn argpartition_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    argparted(this(array)?, args, 0)
}

fn argparted<'py>(array: &Array, args: &Args<'_, 'py>, at: usize) -> Made<'py> {
    let (kth, axis) = places_and_axis(args, at)?;
    let (flat, found) = lane(array, axis)?;
    let places = heavy(args.py(), flat.nbytes(), || metes_eval::argpartition(&flat, &kth, found)).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

fn lexsort<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let keys: Vec<Array> = args.required(0)?.try_iter()?.map(|key| to_array(&key?, None)).collect::<PyResult<_>>()?;
    let axis = parse_integer_or(args, 1, -1)?;
    let bytes = keys.iter().map(Array::nbytes).sum();
    let places = heavy(args.py(), bytes, || metes_eval::lexsort(&keys, axis)).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

fn searchsorted<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    searched(&to_array(args.required(0)?, None)?, args, 1)
}

fn searchsorted_method<'py>(array: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    searched(this(array)?, args, 0)
}

fn searched<'py>(array: &Array, args: &Args<'_, 'py>, at: usize) -> Made<'py> {
    let values = match crate::element::weak_scalar(args.required(at)?)? {
        Some(scalar) => weak_value(scalar, array)?,
        None => to_array(args.required(at)?, None)?,
    };
    let side = args.some(at + 1).map_or(Ok("left".to_owned()), |side| side.extract::<String>())?;
    let right = match side.as_str() {
        "left" => false,
        "right" => true,
        other => return Err(PyValueError::new_err(format!("search side must be 'left' or 'right' (got '{other}')"))),
    };
    let sorter = args.some(at + 2).map(|sorter| to_array(sorter, None)).transpose()?;
    let bytes = array.nbytes() + values.nbytes();
    let search = || metes_eval::searchsorted(array, &values, right, sorter.as_ref());
    let places = heavy(args.py(), bytes, search).or_raise()?;
    Ok(from_array(args.py(), places, None))
}

/// A Python number among an array's elements: of their dtype where promotion says so and it fits.
fn weak_value(scalar: metes_array::Scalar, array: &Array) -> PyResult<Array> {
    use metes_eval::Input;
    let alone = scalar.default_dtype();
    let meeting = metes_eval::common_dtype(&[Input::DType(array.dtype()), Input::Weak(scalar)]).unwrap_or(alone);
    let dtype = if scalar.check(meeting).is_ok() { meeting } else { alone };
    Array::full(&[], scalar, dtype).or_raise()
}

fn sort_complex<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    use metes_dtype::{Casting, Kind};
    let array = to_array(args.required(0)?, None)?;
    if array.ndim() == 0 {
        return Err(PyNotImplementedError::new_err("sort_complex: one element without axes cannot be sorted"));
    }
    let narrow = matches!(array.dtype().any_number(), Some(Kind::I8 | Kind::U8 | Kind::I16 | Kind::U16 | Kind::C64));
    let kind = if narrow { Kind::C64 } else { Kind::C128 };
    let work = || {
        let copy = metes_eval::astype(&array, kind.into(), Order::K, Casting::Unsafe, true)?;
        metes_eval::sort_in_place(&copy, -1, Sorting::default()).map(|()| copy)
    };
    Ok(from_array(args.py(), heavy(args.py(), array.nbytes(), work).or_raise()?, None))
}
