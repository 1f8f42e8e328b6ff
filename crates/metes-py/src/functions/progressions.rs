//! Values in progressions, and from iterators.

use super::Made;
use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::element::{Element, WithElement, new_filled, with_kind};
use crate::errors::OrRaise;
use crate::eval::{self, to_operand};
use crate::fastcall::{Args, method};
use crate::methods::parse_integer;
use crate::number::to_scalar;
use crate::object::from_array;
use metes::create;
use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::{Casting, DType, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyTuple};
use std::mem::MaybeUninit;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "linspace",
            linspace,
            ["start", "stop", "num=50", "endpoint=True", "retstep=False", "dtype=None", "axis=0", "*", "device=None"],
            "num values evenly spaced from start to stop, which may be arrays; with retstep also their distance."
        ),
        method!(
            "logspace",
            logspace,
            ["start", "stop", "num=50", "endpoint=True", "base=10.0", "dtype=None", "axis=0"],
            "Powers of base with exponents evenly spaced from start to stop."
        ),
        method!(
            "geomspace",
            geomspace,
            ["start", "stop", "num=50", "endpoint=True", "dtype=None", "axis=0"],
            "num values from start to stop, each the same multiple of the one before."
        ),
        method!(
            "vander",
            vander,
            ["x", "N=None", "increasing=False"],
            "The powers of the values of a line, a row for each: highest first unless increasing."
        ),
        method!(
            "fromiter",
            fromiter,
            ["iter", "dtype", "count=-1"],
            "An array of one dimension of the numbers that an iterable gives: all, or the first count."
        ),
    ]
}

fn count(args: &Args<'_, '_>, what: &str) -> PyResult<usize> {
    let num = args.some(2).map_or(Ok(50), parse_integer)?;
    usize::try_from(num)
        .map_err(|_| PyValueError::new_err(format!("{what}: number of samples, {num}, must be non-negative")))
}

/// The values with their first axis where `axis` says.
fn placed<'py>(args: &Args<'_, 'py>, values: Array, axis: usize) -> Made<'py> {
    let axis = args.some(axis).map_or(Ok(0), parse_integer)?;
    let placed = if axis == 0 { values } else { values.moveaxis(&[0], &[axis]).or_raise()? };
    Ok(from_array(args.py(), placed, None))
}

fn linspace<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    crate::create::on_cpu(args)?;
    let num = count(args, "linspace")?;
    let (endpoint, wanted) = (args.flag(3, true)?, parse_dtype_or_none(args.some(5))?);
    let (start, stop) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    // What is no number is made of numbers.
    let dtype = wanted.filter(|dtype| dtype.any_number().is_some());
    if wanted.is_none() && (is_narrow(&start) || is_narrow(&stop)) {
        let given = (args.required(0)?, args.required(1)?, num, endpoint, args.flag(4, false)?);
        let axis = args.some(6).map_or(Ok(0), parse_integer)?;
        let (start, stop, num, endpoint, step) = given;
        let made = args.py().import("metes._grids")?.getattr("_narrow_linspace")?;
        return made.call1((start, stop, num, endpoint, step, axis));
    }
    if start.ndim() == 0 && stop.ndim() == 0 && !args.flag(4, false)? {
        let (start, stop) = (to_scalar(args.required(0)?)?, to_scalar(args.required(1)?)?);
        let values = Array::linspace(start, stop, num, endpoint, dtype).or_raise()?;
        return Ok(from_array(args.py(), typed(args, values, wanted)?, None));
    }
    let (values, step) = create::linspace(&start, &stop, num, endpoint, dtype).or_raise()?;
    let values = placed(args, typed(args, values, wanted)?, 6)?;
    if !args.flag(4, false)? {
        return Ok(values);
    }
    Ok(PyTuple::new(args.py(), [values, from_array(args.py(), step, None)])?.into_any())
}

/// Whether values are of narrower floats than Python's.
fn is_narrow(array: &Array) -> bool {
    matches!(array.dtype().any_number(), Some(Kind::F16 | Kind::F32 | Kind::C64))
}

fn logspace<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let num = count(args, "logspace")?;
    let (endpoint, dtype) = (args.flag(3, true)?, parse_dtype_or_none(args.some(5))?);
    let (start, stop) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let ten = metes_eval::Operand::Weak(Scalar::Float(10.0));
    if dtype.is_none() && (is_narrow(&start) || is_narrow(&stop)) {
        let given = (args.required(0)?, args.required(1)?, num, endpoint, args.get(4));
        let axis = args.some(6).map_or(Ok(0), parse_integer)?;
        let (start, stop, num, endpoint, base) = given;
        let made = args.py().import("metes._grids")?.getattr("_narrow_logspace")?;
        return made.call1((start, stop, num, endpoint, base, axis));
    }
    let base = args.some(4).map(|base| to_operand(base)).transpose()?.flatten().unwrap_or(ten);
    let work = || create::logspace(&start, &stop, num, endpoint, &base, None);
    let values = eval::computed(args.py(), "power", 0, work)?;
    placed(args, typed(args, values, dtype)?, 6)
}

fn geomspace<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let num = count(args, "geomspace")?;
    let (endpoint, dtype) = (args.flag(3, true)?, parse_dtype_or_none(args.some(4))?);
    let (start, stop) = (to_array(args.required(0)?, None)?, to_array(args.required(1)?, None)?);
    let values = eval::computed(args.py(), "log10", 0, || create::geomspace(&start, &stop, num, endpoint, None))?;
    placed(args, typed(args, values, dtype)?, 5)
}

/// The values as a dtype that was asked for; text is as wide as they need.
fn typed(args: &Args<'_, '_>, values: Array, dtype: Option<DType>) -> PyResult<Array> {
    let Some(dtype) = dtype else { return Ok(values) };
    let dtype = crate::cast::fitted(&values, dtype)?;
    eval::astype(args.py(), &values, dtype, Order::K, Casting::Unsafe, false)
}

fn vander<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let negative = |_| PyValueError::new_err("Negative dimensions are not supported");
    let columns = args.some(1).map(parse_integer).transpose()?.map(usize::try_from).transpose().map_err(negative)?;
    let made = create::vander(&to_array(args.required(0)?, None)?, columns, args.flag(2, false)?);
    Ok(from_array(args.py(), made.or_raise()?, None))
}

/// Elements of the first piece of an iterator whose length nobody knows.
const FIRST_PIECE: usize = 64;

fn fromiter<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (dtype, axes) = crate::small::parse(args.get(1))?;
    let dtype = dtype.unwrap_or(DType::of(Kind::F64));
    let count = args.some(2).map_or(Ok(-1), parse_integer)?;
    let iterable = args.required(0)?;
    let wanted = usize::try_from(count).ok();
    let hint = match wanted {
        Some(n) => n,
        None => iterable.len().unwrap_or(FIRST_PIECE),
    };
    let mut items = iterable.try_iter()?;
    if !axes.is_empty() {
        let list = listed(args.py(), &mut items, wanted)?;
        return crate::small::filled(&list, Some(dtype), axes);
    }
    let Some(kind) = dtype.number() else { return from_objects(args.py(), &mut items, dtype, wanted) };
    let mut pieces: Vec<Array> = Vec::new();
    let mut total = 0;
    while wanted.is_none_or(|n| total < n) {
        let Some(first) = items.next() else { break };
        // As many again as there are: what is wasted is less than half.
        let room = if total == 0 { hint.max(1) } else { total }.min(wanted.map_or(usize::MAX, |n| n - total));
        let (piece, found) = with_kind(kind, Piece { first: Some(first?), items: &mut items, room, dtype })?;
        total += found;
        let front = Index::Slice { start: Some(0), stop: Some(found as isize), step: None };
        pieces.push(if found == room { piece } else { piece.index(&[front]).or_raise()? });
    }
    if wanted.is_some_and(|n| total < n) {
        let text = format!("iterator too short: Expected {count} but iterator had only {total} items.");
        return Err(PyValueError::new_err(text));
    }
    let whole = match pieces.as_slice() {
        [] => Array::empty(&[0], dtype, "fromiter"),
        [one] if one.buffer().len() == one.nbytes() => Ok(one.clone()),
        many => metes::manipulate::concatenate(many, Some(0), None, None, Casting::No),
    };
    Ok(from_array(args.py(), whole.or_raise()?, None))
}

/// As many items as are wanted, in a list.
fn listed<'py>(
    py: Python<'py>,
    items: &mut Bound<'py, PyIterator>,
    wanted: Option<usize>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    items.take(wanted.unwrap_or(usize::MAX)).try_for_each(|item| list.append(item?))?;
    if let Some(count) = wanted.filter(|&count| list.len() < count) {
        let text = format!("iterator too short: Expected {count} but iterator had only {} items.", list.len());
        return Err(PyValueError::new_err(text));
    }
    Ok(list)
}

/// From items that are no native numbers: as from a list of them.
fn from_objects<'py>(
    py: Python<'py>,
    items: &mut Bound<'py, PyIterator>,
    dtype: DType,
    wanted: Option<usize>,
) -> Made<'py> {
    let list = listed(py, items, wanted)?;
    if list.is_empty() {
        return Ok(from_array(py, Array::empty(&[0], dtype, "fromiter").or_raise()?, None));
    }
    let made = to_array(&list, Some(dtype))?;
    if made.ndim() != 1 {
        return Err(PyValueError::new_err("setting an array element with a sequence."));
    }
    Ok(from_array(py, made, None))
}

struct Piece<'a, 'py> {
    first: Option<Bound<'py, PyAny>>,
    items: &'a mut Bound<'py, PyIterator>,
    room: usize,
    dtype: DType,
}

impl WithElement for Piece<'_, '_> {
    type Output = PyResult<(Array, usize)>;
    fn run<T: Element>(mut self) -> PyResult<(Array, usize)> {
        let mut found = 0;
        let zero = T::from_scalar(Scalar::Int(0))?;
        let piece = new_filled::<T>(&[self.room], self.dtype, "fromiter", |places: &mut [MaybeUninit<T>]| {
            for place in places.iter_mut() {
                let Some(item) = self.first.take().map(Ok).or_else(|| self.items.next()) else {
                    place.write(zero);
                    continue;
                };
                let item = item?;
                let number =
                    to_scalar(&item).map_err(|_| PyValueError::new_err("fromiter: the items must be numbers"))?;
                place.write(T::from_scalar(number)?);
                found += 1;
            }
            Ok(())
        })?;
        Ok((piece, found))
    }
}
