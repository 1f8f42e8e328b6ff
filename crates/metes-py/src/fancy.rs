//! Indexing by one boolean mask or one integer array, along the leading axes: always a copy, as in NumPy.
//!
//! Left out until the evaluator has loops for it: several index arrays, and index arrays mixed with slices.

use crate::element::{Element, WithElement, each_scalar, new_filled, read_at, with_kind};
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::object::from_array;
use metes_array::{Array, Index, Scalar, copy_into};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;

/// `array[mask]`.
pub(crate) fn compress<'py>(py: Python<'py>, array: &Array, mask: &Array) -> PyResult<Bound<'py, PyAny>> {
    let places = true_places(array, mask)?;
    rows(array, mask.ndim(), &[places.len()], &places).map(|result| from_array(py, result, None))
}

/// `array[indices]`.
pub(crate) fn take<'py>(py: Python<'py>, array: &Array, indices: &Array) -> PyResult<Bound<'py, PyAny>> {
    let places = checked_places(array, indices)?;
    rows(array, 1, indices.shape(), &places).map(|result| from_array(py, result, None))
}

/// `array[mask] = value`.
pub(crate) fn put_mask(py: Python<'_>, array: &Array, mask: &Array, value: &Operand) -> PyResult<()> {
    let one_for_all = match value {
        Operand::Array(value) => value.size() == 1 || value.ndim() == 0,
        Operand::Weak(_) => true,
    };
    let places = true_places(array, mask)?;
    if one_for_all {
        let mut index = vec![Index::Ellipsis];
        index.resize(1 + array.ndim() - mask.ndim(), Index::NewAxis);
        let mask = mask.index(&index).or_raise()?;
        let value = match value {
            Operand::Array(value) => Operand::Array(value.reshape(&[], metes_array::Order::C, None).or_raise()?),
            weak => weak.clone(),
        };
        return eval::assign(py, array, &value, Some(mask));
    }
    put_rows(py, array, mask.ndim(), &[places.len()], &places, value).map_err(|error| {
        let given = if let Operand::Array(value) = value { value.size() } else { 1 };
        let text = format!(
            "NumPy boolean array indexing assignment cannot assign {given} input values to the {} output values where \
             the mask is true",
            places.len()
        );
        if error.is_instance_of::<PyValueError>(py) { PyValueError::new_err(text) } else { error }
    })
}

/// `array[indices] = value`; of repeated indices the last wins.
pub(crate) fn put(py: Python<'_>, array: &Array, indices: &Array, value: &Operand) -> PyResult<()> {
    let places = checked_places(array, indices)?;
    put_rows(py, array, 1, indices.shape(), &places, value)
}

/// The result's shape: `front` instead of the first `axes` axes.
fn shape_of(array: &Array, axes: usize, front: &[usize]) -> Vec<usize> {
    [front, &array.shape()[axes..]].concat()
}

/// The parts of `array` at flat positions over its first `axes` axes, as a new array.
fn rows(array: &Array, axes: usize, front: &[usize], places: &[usize]) -> PyResult<Array> {
    let shape = shape_of(array, axes, front);
    if axes == array.ndim() {
        return with_kind(array.dtype().kind(), Gather { array, shape: &shape, places });
    }
    let result = Array::empty(&shape, array.dtype(), "take").or_raise()?;
    let flat = flat_front(&result, front.len(), places.len())?;
    for (row, place) in places.iter().enumerate() {
        let part = array.index(&unravel(*place, &array.shape()[..axes])).or_raise()?;
        copy_into(&flat.index(&[Index::At(row as isize)]).or_raise()?, &part).or_raise()?;
    }
    Ok(result)
}

fn put_rows(
    py: Python<'_>,
    array: &Array,
    axes: usize,
    front: &[usize],
    places: &[usize],
    value: &Operand,
) -> PyResult<()> {
    let value = match value {
        Operand::Array(value) => value.copy(metes_array::Order::C).or_raise()?,
        Operand::Weak(scalar) => Array::full(&[], *scalar, array.dtype()).or_raise()?,
    };
    let wide = value.broadcast_to(&shape_of(array, axes, front)).or_raise()?;
    for (row, place) in places.iter().enumerate() {
        let part = wide.index(&unravel(row, front)).or_raise()?;
        let into = array.index(&unravel(*place, &array.shape()[..axes])).or_raise()?;
        eval::assign(py, &into, &Operand::Array(part), None)?;
    }
    Ok(())
}

/// A view of a C-contiguous array whose first `axes` axes are one of `count`.
fn flat_front(array: &Array, axes: usize, count: usize) -> PyResult<Array> {
    let mut shape = vec![count as isize];
    shape.extend(array.shape()[axes..].iter().map(|n| *n as isize));
    array.reshape(&shape, metes_array::Order::C, Some(false)).or_raise()
}

fn unravel(mut place: usize, shape: &[usize]) -> Vec<Index> {
    let mut index = vec![Index::At(0); shape.len()];
    for (axis, n) in shape.iter().enumerate().rev() {
        index[axis] = Index::At((place % n) as isize);
        place /= n;
    }
    index
}

fn true_places(array: &Array, mask: &Array) -> PyResult<Vec<usize>> {
    if mask.ndim() > array.ndim() {
        return Err(PyIndexError::new_err(format!(
            "too many indices for array: array is {}-dimensional, but {} were indexed",
            array.ndim(),
            mask.ndim()
        )));
    }
    let differs = array.shape().iter().zip(mask.shape()).position(|(n, m)| n != m);
    if let Some(axis) = differs {
        return Err(PyIndexError::new_err(format!(
            "boolean index did not match indexed array along axis {axis}; size of axis is {} but size of corresponding \
             boolean axis is {}",
            array.shape()[axis],
            mask.shape()[axis]
        )));
    }
    let (mut places, mut at) = (Vec::new(), 0);
    each_scalar(mask, |value| {
        if value == Scalar::Bool(true) {
            places.push(at);
        }
        at += 1;
        Ok(())
    })?;
    Ok(places)
}

fn checked_places(array: &Array, indices: &Array) -> PyResult<Vec<usize>> {
    let Some(length) = array.shape().first().map(|n| *n as i128) else {
        return Err(PyIndexError::new_err("too many indices for array: array is 0-dimensional, but 1 were indexed"));
    };
    let mut places = Vec::with_capacity(indices.size());
    each_scalar(indices, |value| {
        let Scalar::Int(index) = value else { return Ok(()) };
        if !(-length..length).contains(&index) {
            let text = format!("index {index} is out of bounds for axis 0 with size {length}");
            return Err(PyIndexError::new_err(text));
        }
        places.push(if index < 0 { index + length } else { index } as usize);
        Ok(())
    })?;
    Ok(places)
}

struct Gather<'a> {
    array: &'a Array,
    shape: &'a [usize],
    places: &'a [usize],
}

impl WithElement for Gather<'_> {
    type Output = PyResult<Array>;
    fn run<T: Element>(self) -> PyResult<Array> {
        new_filled::<T>(self.shape, self.array.dtype(), "take", |result| {
            result.iter_mut().zip(self.places).for_each(|(into, place)| _ = into.write(read_at(self.array, *place)));
            Ok(())
        })
    }
}
