//! `from_arrow`: a read-only array over a column that somebody else provides.

use super::abi::{Carried, Column, Schema, parse};
use crate::errors::OrRaise;
use crate::fastcall::Args;
use crate::foreign::{Described, show};
use crate::object::{from_array, type_name};
use metes_dtype::{DType, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::ffi::{CStr, c_void};

type Object<'py> = Bound<'py, PyAny>;

/// A column that was moved out of its capsule; released with the last array over it.
struct Moved(Box<Column>);

// SAFETY: the structure is only read; Arrow allows its release on any thread.
unsafe impl Send for Moved {}
// SAFETY: as above.
unsafe impl Sync for Moved {}

impl Drop for Moved {
    fn drop(&mut self) {
        // SAFETY: the structure was moved here alive, and is released once. Providers in Python expect an attached thread.
        Python::try_attach(|_| unsafe { Column::release(&raw mut *self.0) });
    }
}

pub(super) fn from_arrow<'py>(_: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, provider) = (args.py(), args.required(0)?);
    let Some(method) = provider.getattr_opt("__arrow_c_array__")? else {
        let text = format!("from_arrow: {} has no method __arrow_c_array__", type_name(provider));
        return Err(PyTypeError::new_err(text));
    };
    let answer = method.call0()?;
    let pair = answer.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let pair = pair.ok_or_else(|| PyTypeError::new_err("from_arrow: __arrow_c_array__ must return two capsules"))?;
    let (schema, column) = (structure::<Schema>(&pair.get_item(0)?)?, structure::<Column>(&pair.get_item(1)?)?);
    // SAFETY: the capsules are alive in `answer`, hence their structures too.
    let (dtype, described) = unsafe { (element(&*schema)?, &*column) };
    let (first, packed) = elements(described, dtype)?;
    let (length, offset) = (described.length as usize, described.offset as usize);
    // SAFETY: as above; the structure is moved as Arrow says, by a copy and an empty `release` in the original.
    let moved = unsafe { Moved(Box::new(std::ptr::read(column))) };
    // SAFETY: nobody else uses the capsule's structure meanwhile.
    unsafe { (*column).release = None };
    let described = |dtype, shape| Described { first, dtype, shape, strides: None, writeable: false };
    if packed {
        let bytes = described(DType::of(Kind::U8), vec![(length + offset).div_ceil(8)]);
        // SAFETY: the provider promises a bit for each element until the column is released.
        let bytes = unsafe { show(bytes, "arrow", Box::new(moved)) }?;
        return Ok(from_array(py, metes::bits::unpack(&bytes, offset, length).or_raise()?.read_only(), None));
    }
    let valid = if dtype.time().is_some() { validity(&moved.0) } else { None };
    // SAFETY: the provider promises its elements until the column is released, which is when the array drops it.
    let array = unsafe { show(described(dtype, vec![length]), "arrow", Box::new(moved)) }?;
    let Some(bits) = valid else { return Ok(from_array(py, array, Some(provider.clone()))) };
    // What Arrow calls null is no time, in a copy.
    let bits = described_bits(bits, (length + offset).div_ceil(8));
    // SAFETY: the column lives as long as the array over it does, which is longer than these bits are read.
    let bits = unsafe { show(bits, "arrow", Box::new(())) }?;
    let there = metes::bits::unpack(&bits, offset, length).or_raise()?;
    let none =
        metes_array::Array::full(&[length], metes_array::Scalar::Int(metes_dtype::NAT.into()), dtype).or_raise()?;
    let values = metes_eval::Operand::Array(array.clone());
    metes_eval::assign(&none, &values, metes_dtype::Casting::No, Some(&there)).or_raise()?;
    drop(array);
    Ok(from_array(py, none, None))
}

fn described_bits(first: *mut u8, count: usize) -> Described {
    Described { first, dtype: DType::of(Kind::U8), shape: vec![count], strides: None, writeable: false }
}

/// The bits that say which elements are there, where some are not.
fn validity(column: &Column) -> Option<*mut u8> {
    // SAFETY: the column has two buffers, as `elements` has seen.
    let valid = unsafe { *column.buffers };
    (nulls(column, valid) > 0).then_some(valid.cast_mut().cast())
}

fn structure<T: Carried>(capsule: &Object<'_>) -> PyResult<*mut T> {
    // SAFETY: the object is live; what is no capsule of that name gives null with the error set.
    let found = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), T::NAME.as_ptr()) };
    if found.is_null() { Err(PyErr::fetch(capsule.py())) } else { Ok(found.cast()) }
}

fn element(schema: &Schema) -> PyResult<DType> {
    if schema.release.is_none() || schema.format.is_null() {
        return Err(PyValueError::new_err("from_arrow: the schema is released already"));
    }
    // SAFETY: the format of a schema that is alive is a C string.
    let format = unsafe { CStr::from_ptr(schema.format) };
    parse(format).filter(|_| schema.dictionary.is_null() && schema.n_children == 0).ok_or_else(|| {
        PyTypeError::new_err(format!("from_arrow: metes has no data type for Arrow's {:?}", format.to_string_lossy()))
    })
}

/// The address of the first element, and whether elements are bits (then of the first bit's byte, offset not counted).
fn elements(column: &Column, dtype: DType) -> PyResult<(*mut u8, bool)> {
    let wrong = |what: String| Err(PyValueError::new_err(format!("from_arrow: {what}")));
    if column.release.is_none() {
        return wrong("the array is released already".to_owned());
    }
    if column.n_buffers != 2 || column.buffers.is_null() || column.length < 0 || column.offset < 0 {
        return wrong(format!("{} buffers, length {}, offset {}", column.n_buffers, column.length, column.offset));
    }
    // SAFETY: the column has two buffers: of the elements that are there, and of the elements.
    let (valid, data) = unsafe { (*column.buffers, *column.buffers.add(1)) };
    let nulls = nulls(column, valid);
    if nulls > 0 && dtype.time().is_none() {
        return wrong(format!("{nulls} of {} elements are null; fill or drop them first", column.length));
    }
    let packed = dtype == Kind::Bool;
    let skipped = if packed { 0 } else { (column.offset as usize).saturating_mul(dtype.size()) };
    Ok((data.cast_mut().cast::<u8>().wrapping_add(skipped), packed))
}

/// How many elements are null; counted where the column does not say.
fn nulls(column: &Column, valid: *const c_void) -> i64 {
    if valid.is_null() || column.null_count >= 0 {
        return if valid.is_null() { 0 } else { column.null_count };
    }
    let is_null = |place: &i64| {
        // SAFETY: the buffer has a bit for each element up to the last one's place.
        let byte = unsafe { *valid.cast::<u8>().add((place / 8) as usize) };
        byte >> (place % 8) & 1 == 0
    };
    (column.offset..column.offset + column.length).filter(is_null).count() as i64
}
