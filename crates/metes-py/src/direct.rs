//! The short way from Python objects to the evaluator, for what most small operations are: nothing is cloned, no option
//! looked at, the interpreter never released. Whatever is not for it is declined with `None`, and goes by [`crate::eval`]
//! to the same values and errors.

use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::eval::{HEAVY, report};
use crate::fastcall::Args;
use crate::object::{array_of, bits, computed, make};
use metes_array::{Array, Scalar};
use metes_dtype::DType;
use metes_eval::{Borrowed, Number};
use metes_kernels::{Reduction, Ufunc};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// Operands of a function from this many bytes on go the general way, as smaller ones do for which several threads pay: the
/// interpreter is kept for some tens of microseconds at most.
const QUICK: usize = 352 << 10;

/// The most operands.
const MOST: usize = 3;

/// The result of a ufunc without options.
#[inline]
pub(crate) fn apply<'py>(
    py: Python<'py>,
    row: &'static Ufunc,
    objects: &[&Bound<'py, PyAny>],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if objects.iter().any(|object| bits(object).is_some())
        && let Some(result) = apply_to_numbers(py, row, objects)?
    {
        return Ok(Some(result));
    }
    let mut inputs = [Borrowed::Weak(Scalar::Bool(false)); MOST];
    let Some(inputs) = look_at(objects, &mut inputs)? else { return Ok(None) };
    let mut noticed = 0;
    let result = make(py, |place| {
        let flags = metes_eval::apply_direct(row, inputs, place).or_raise()?;
        noticed = flags.unwrap_or(0);
        Ok(flags.is_some())
    })?;
    if noticed != 0 {
        report(py, row.name, noticed)?;
    }
    Ok(result)
}

/// The same of numbers alone that lie in their objects, as the result does then.
fn apply_to_numbers<'py>(
    py: Python<'py>,
    row: &'static Ufunc,
    objects: &[&Bound<'py, PyAny>],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut inputs = [Number::Weak(Scalar::Bool(false)); MOST];
    let Some(inputs) = inputs.get_mut(..objects.len()) else { return Ok(None) };
    for (input, object) in inputs.iter_mut().zip(objects) {
        *input = match bits(object) {
            Some((kind, bits)) => Number::Element(kind, bits),
            None => match weak_scalar(object)? {
                Some(scalar) => Number::Weak(scalar),
                None => return Ok(None),
            },
        };
    }
    let mut place = [0; 16];
    let Some((kind, noticed)) = metes_eval::apply_numbers(row, inputs, &mut place).or_raise()? else {
        return Ok(None);
    };
    let Some(result) = computed(py, kind, place) else { return Ok(None) };
    if noticed != 0 {
        report(py, row.name, noticed)?;
    }
    Ok(Some(result))
}

/// The same into `out`, which Python may write; says whether it was done.
pub(crate) fn apply_to(
    py: Python<'_>,
    row: &'static Ufunc,
    objects: &[&Bound<'_, PyAny>],
    out: &Array,
) -> PyResult<bool> {
    let mut inputs = [Borrowed::Weak(Scalar::Bool(false)); MOST];
    let Some(inputs) = look_at(objects, &mut inputs)? else { return Ok(false) };
    let Some(flags) = metes_eval::apply_direct_to(row, inputs, out).or_raise()? else { return Ok(false) };
    if flags != 0 {
        report(py, row.name, flags)?;
    }
    Ok(true)
}

/// Small arrays and Python numbers as operands; `None` where one is something else.
#[inline]
fn look_at<'a, 'i>(
    objects: &[&'a Bound<'_, PyAny>],
    inputs: &'i mut [Borrowed<'a>; MOST],
) -> PyResult<Option<&'i [Borrowed<'a>]>> {
    let Some(inputs) = inputs.get_mut(..objects.len()) else { return Ok(None) };
    for (input, object) in inputs.iter_mut().zip(objects) {
        *input = match array_of(object) {
            Some(array) if array.nbytes() < QUICK => Borrowed::Array(array),
            Some(_) => return Ok(None),
            None => match weak_scalar(object)? {
                Some(scalar) => Borrowed::Weak(scalar),
                None => return Ok(None),
            },
        };
    }
    Ok(Some(inputs))
}

/// A reduction of all elements without options.
#[inline]
pub(crate) fn reduce<'py>(
    py: Python<'py>,
    row: &'static Reduction,
    array: &Array,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    // Of nothing there is more to say.
    if array.nbytes() >= HEAVY || array.size() == 0 {
        return Ok(None);
    }
    let mut noticed = 0;
    let result = make(py, |place| {
        let flags = metes_eval::reduce_whole(row, array, 0.0, place).or_raise()?;
        noticed = flags.unwrap_or(0);
        Ok(flags.is_some())
    })?;
    if noticed != 0 {
        report(py, "reduce", noticed)?;
    }
    Ok(result)
}

/// A reduction along one axis without other options than `keepdims`.
#[inline]
pub(crate) fn reduce_along<'py>(
    row: &'static Reduction,
    array: &Array,
    args: &Args<'_, 'py>,
    before: usize,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(axis) = args.named("axis").filter(|axis| axis.is_exact_instance_of::<PyInt>()) else { return Ok(None) };
    let keepdims = args.named("keepdims");
    let plain = args.given() == before + 1 + usize::from(keepdims.is_some());
    if !plain || array.nbytes() >= HEAVY || array.size() == 0 {
        return Ok(None);
    }
    let axis = crate::methods::parse_integer(axis)?;
    let keepdims = keepdims.map_or(Ok(false), |flag| flag.is_truthy())?;
    let mut noticed = 0;
    let result = make(args.py(), |place| {
        let flags = metes_eval::reduce_along(row, array, axis, keepdims, 0.0, place).or_raise()?;
        noticed = flags.unwrap_or(0);
        Ok(flags.is_some())
    })?;
    if noticed != 0 {
        report(args.py(), "reduce", noticed)?;
    }
    Ok(result)
}

/// `array[...] = value`; says whether it was done.
#[inline]
pub(crate) fn assign(py: Python<'_>, into: &Array, value: &Borrowed) -> PyResult<bool> {
    if let Borrowed::Array(array) = value
        && crate::eval::loses_parts(array.dtype(), into.dtype())
    {
        return Ok(false);
    }
    let Some(flags) = metes_eval::assign_direct(into, value) else { return Ok(false) };
    if flags != 0 {
        report(py, "cast", flags)?;
    }
    Ok(true)
}

/// One operand, where it is a small array or a Python number that some dtype holds.
#[inline]
pub(crate) fn operand<'a>(object: &'a Bound<'_, PyAny>) -> Option<Borrowed<'a>> {
    match array_of(object) {
        Some(array) => (array.nbytes() < QUICK).then_some(Borrowed::Array(array)),
        None => weak_scalar(object).ok().flatten().map(Borrowed::Weak),
    }
}

/// A copy of a small array with its elements cast.
#[inline]
pub(crate) fn astype<'py>(py: Python<'py>, array: &Array, dtype: DType) -> PyResult<Option<Bound<'py, PyAny>>> {
    if array.nbytes() >= QUICK || crate::eval::loses_parts(array.dtype(), dtype) {
        return Ok(None);
    }
    let mut noticed = 0;
    let result = make(py, |place| {
        let flags = metes_eval::astype_direct(array, dtype, place).or_raise()?;
        noticed = flags.unwrap_or(0);
        Ok(flags.is_some())
    })?;
    if noticed != 0 {
        report(py, "cast", noticed)?;
    }
    Ok(result)
}

/// `array[index]` for one array of positions, or a mask.
#[inline]
pub(crate) fn pick<'py>(
    py: Python<'py>,
    array: &Array,
    index: &Array,
    op: &'static str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    make(py, |place| array.pick_direct(index, op, place).or_raise())
}

/// A copy of a small array in C order.
#[inline]
pub(crate) fn copy<'py>(py: Python<'py>, array: &Array) -> PyResult<Option<Bound<'py, PyAny>>> {
    if array.nbytes() >= QUICK {
        return Ok(None);
    }
    make(py, |place| array.copy_direct(place).or_raise())
}

/// A short way of a product: of two arrays, for an operation; the result goes to the place.
pub(crate) type Product = fn(&Array, &Array, &'static str, &mut Option<Array>) -> metes_memory::Result<bool>;

/// A product of two small arrays.
#[inline]
pub(crate) fn product<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'_, PyAny>,
    product: Product,
    op: &'static str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (Some(first), Some(second)) = (array_of(a), array_of(b)) else { return Ok(None) };
    make(a.py(), |place| product(first, second, op, place).or_raise())
}
