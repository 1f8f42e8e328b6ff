//! `from_arrow`: a read-only array over a column that somebody else provides.

use super::abi::{Carried, Column, Schema, is_days, offsets_of, parse};
use super::converted::{from_days, from_utf8};
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
    if let Some(kind) = unsafe { text_offsets(&*schema)? } {
        return text(py, column, kind);
    }
    // SAFETY: as above.
    let (dtype, described) = unsafe { (element(&*schema)?, &*column) };
    let days = dtype.time().is_some_and(is_days);
    let (first, packed) = elements(described, dtype, if days { 4 } else { dtype.size() })?;
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
    let array = unsafe {
        let wire = if days { DType::of(Kind::I32) } else { dtype };
        show(described(wire, vec![length]), "arrow", Box::new(moved))
    }?;
    if days && valid.is_none() {
        return Ok(from_array(py, from_days(&array, None, dtype)?, None));
    }
    let Some(bits) = valid else { return Ok(from_array(py, array, Some(provider.clone()))) };
    // What Arrow calls null is no time, in a copy.
    let bits = described_bits(bits, (length + offset).div_ceil(8));
    // SAFETY: the column lives as long as the array over it does, which is longer than these bits are read.
    let bits = unsafe { show(bits, "arrow", Box::new(())) }?;
    let there = metes::bits::unpack(&bits, offset, length).or_raise()?;
    if days {
        return Ok(from_array(py, from_days(&array, Some(&there), dtype)?, None));
    }
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
fn elements(column: &Column, dtype: DType, size: usize) -> PyResult<(*mut u8, bool)> {
    let (valid, data) = checked(column, 2)?;
    let nulls = nulls(column, valid);
    if nulls > 0 && dtype.time().is_none() {
        return Err(some_null(nulls, column));
    }
    let packed = dtype == Kind::Bool;
    let skipped = if packed { 0 } else { (column.offset as usize).saturating_mul(size) };
    Ok((data.cast_mut().cast::<u8>().wrapping_add(skipped), packed))
}

fn some_null(nulls: i64, column: &Column) -> PyErr {
    let text = format!("from_arrow: {nulls} of {} elements are null; fill or drop them first", column.length);
    PyValueError::new_err(text)
}

/// The offsets' dtype, where elements are text.
///
/// # Errors
/// `ValueError` for a schema that is over.
fn text_offsets(schema: &Schema) -> PyResult<Option<Kind>> {
    if schema.release.is_none() || schema.format.is_null() {
        return Err(PyValueError::new_err("from_arrow: the schema is released already"));
    }
    // SAFETY: the format of a schema that is alive is a C string.
    let format = unsafe { CStr::from_ptr(schema.format) };
    Ok(offsets_of(format).filter(|_| schema.dictionary.is_null() && schema.n_children == 0))
}

/// Text of fixed width from a column of UTF-8.
fn text(py: Python<'_>, column: *mut Column, kind: Kind) -> PyResult<Object<'_>> {
    // SAFETY: the caller's capsule is alive, hence its structure too.
    let described = unsafe { &*column };
    let (valid, offsets) = checked(described, 3)?;
    let nulls = nulls(described, valid);
    if nulls > 0 {
        return Err(some_null(nulls, described));
    }
    let length = described.length as usize;
    let dtype = DType::of(kind);
    let none = || metes_array::Array::zeros(&[0], DType::of(Kind::U8)).or_raise();
    if length == 0 {
        return Ok(from_array(py, from_utf8(&none()?, &none()?)?, None));
    }
    let first = offsets.cast_mut().cast::<u8>().wrapping_add((described.offset as usize).saturating_mul(dtype.size()));
    let ends = Described { first, dtype, shape: vec![length + 1], strides: None, writeable: false };
    // SAFETY: the provider promises one offset more than there are elements; nobody keeps the array beyond this function.
    let ends = unsafe { show(ends, "arrow", Box::new(())) }?;
    let last = ends.item(&[length as isize]).or_raise()?;
    let metes_array::Scalar::Int(last) = last else { return Err(PyValueError::new_err("from_arrow: no offsets")) };
    let count = usize::try_from(last).map_err(|_| PyValueError::new_err(format!("from_arrow: the offset {last}")))?;
    // SAFETY: `checked` has seen three buffers.
    let data = unsafe { *described.buffers.add(2) };
    if count == 0 || data.is_null() {
        return Ok(from_array(py, from_utf8(&ends, &none()?)?, None));
    }
    let bytes = Described {
        first: data.cast_mut().cast(),
        dtype: DType::of(Kind::U8),
        shape: vec![count],
        strides: None,
        writeable: false,
    };
    // SAFETY: the provider promises the bytes up to the last offset; nobody keeps the array beyond this function.
    let bytes = unsafe { show(bytes, "arrow", Box::new(())) }?;
    Ok(from_array(py, from_utf8(&ends, &bytes)?, None))
}

/// The first two buffers of a column that has so many.
fn checked(column: &Column, count: i64) -> PyResult<(*const c_void, *const c_void)> {
    let wrong = |what: String| Err(PyValueError::new_err(format!("from_arrow: {what}")));
    if column.release.is_none() {
        return wrong("the array is released already".to_owned());
    }
    if column.n_buffers != count || column.buffers.is_null() || column.length < 0 || column.offset < 0 {
        return wrong(format!("{} buffers, length {}, offset {}", column.n_buffers, column.length, column.offset));
    }
    // SAFETY: the column has at least two buffers: of the elements that are there, and of the elements or their offsets.
    Ok(unsafe { (*column.buffers, *column.buffers.add(1)) })
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
