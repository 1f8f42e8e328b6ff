//! `__arrow_c_array__`: two capsules, the second of which owns a share of the array's bytes.

use super::abi::{Carried, Column, Schema, format_of, is_days};
use super::converted::{characters, is_large, to_days, to_utf8};
use crate::errors::OrRaise;
use crate::fastcall::Args;
use crate::object::this;
use metes_array::{Array, Layout, Order};
use metes_dtype::Kind;
use metes_memory::Reason;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::ffi::{CString, c_void};
use std::ptr;

type Object<'py> = Bound<'py, PyAny>;

/// What a column points to.
struct Shown {
    /// Arrow's buffers: which elements are there (all: null), and the elements; of text offsets and bytes.
    buffers: [*const c_void; 3],
    _arrays: Vec<Array>,
}

pub(super) fn schema<'py>(object: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    capsule(object.py(), describe(this(object)?)?)
}

pub(super) fn array<'py>(object: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, array) = (object.py(), this(object)?);
    let schema = capsule(py, describe(array)?)?;
    let column = capsule(py, column(array)?)?;
    Ok(PyTuple::new(py, [schema, column])?.into_any())
}

fn describe(array: &Array) -> PyResult<Schema> {
    let dtype = array.dtype();
    let text = characters(dtype).map(|chars| if is_large(array, chars) { c"U" } else { c"u" }.to_owned());
    let format = text.or_else(|| format_of(dtype)).ok_or_else(|| {
        let hint = if dtype.time().is_some() { ": it counts days, s, ms, us and ns, one at a time" } else { "" };
        PyTypeError::new_err(format!("Arrow has no type for {dtype}{hint}"))
    })?;
    Ok(Schema {
        format: format.as_ptr(),
        name: c"".as_ptr(),
        metadata: ptr::null(),
        flags: 0,
        n_children: 0,
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: Some(end_schema),
        // The text stays where it is while its owner goes along.
        private_data: format.into_raw().cast(),
    })
}

unsafe extern "C" fn end_schema(schema: *mut Schema) {
    // SAFETY: whoever releases a structure owns it, and does so once; `describe` put the text there.
    unsafe {
        drop(CString::from_raw((*schema).private_data.cast()));
        (*schema).release = None;
    }
}

fn column(array: &Array) -> PyResult<Column> {
    if array.ndim() != 1 {
        let text = format!("Arrow takes arrays of one dimension, not of {}", array.ndim());
        return Err(PyValueError::new_err(text));
    }
    if let Some(chars) = characters(array.dtype()) {
        let (offsets, data) = to_utf8(array, chars)?;
        crate::foreign::expose(&offsets)?;
        crate::foreign::expose(&data)?;
        return Ok(owner(array.size(), 0, ptr::null(), vec![offsets, data], None));
    }
    let dense = match array.dtype().number() {
        Some(Kind::Bool) => metes::bits::pack(array).or_raise()?,
        _ if array.is_c_contiguous() => array.clone(),
        _ => {
            let why = |_: &Layout| "Arrow takes contiguous elements".to_owned();
            array.copy_because(Order::C, Reason::Conversion, why).or_raise()?
        }
    };
    let (nulls, there) = missing(&dense)?;
    let bits = there.as_ref().map_or(ptr::null(), |bits| bits.as_ptr().cast_const().cast());
    let dense = if dense.dtype().time().is_some_and(is_days) { to_days(&dense)? } else { dense };
    crate::foreign::expose(&dense)?;
    Ok(owner(array.size(), nulls, bits, vec![dense], there))
}

/// The column over arrays that it keeps.
fn owner(length: usize, nulls: i64, bits: *const c_void, mut arrays: Vec<Array>, there: Option<Array>) -> Column {
    let at = |place: usize| arrays.get(place).map_or(ptr::null(), |array| array.as_ptr().cast_const().cast());
    let (buffers, count) = ([bits, at(0), at(1)], 1 + arrays.len() as i64);
    arrays.extend(there);
    let mut shown = Box::new(Shown { buffers, _arrays: arrays });
    Column {
        length: length as i64,
        null_count: nulls,
        offset: 0,
        n_buffers: count,
        n_children: 0,
        buffers: shown.buffers.as_mut_ptr(),
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: Some(end_column),
        private_data: Box::into_raw(shown).cast(),
    }
}

/// How many elements are NaT, which Arrow tells by a bit for each element.
fn missing(dense: &Array) -> PyResult<(i64, Option<Array>)> {
    if dense.dtype().time().is_none() || dense.size() == 0 {
        return Ok((0, None));
    }
    let row = crate::eval::ufunc("isfinite")?;
    let operands = [metes_eval::Operand::Array(dense.clone())];
    let there = metes_eval::apply(row, &operands, &Default::default()).or_raise()?.remove(0);
    let nulls = dense.size() - metes_array::count_true(&there).or_raise()?;
    let bits = if nulls == 0 { None } else { Some(metes::bits::pack(&there).or_raise()?) };
    Ok((nulls as i64, bits))
}

unsafe extern "C" fn end_column(column: *mut Column) {
    // SAFETY: whoever releases a structure owns it, and does so once; `column` put the box there.
    unsafe {
        crate::turn::ended(Box::from_raw((*column).private_data.cast::<Shown>()));
        (*column).release = None;
    }
}

fn capsule<T: Carried>(py: Python<'_>, value: T) -> PyResult<Object<'_>> {
    let place = Box::into_raw(Box::new(value));
    // SAFETY: the name lives for ever, the structure until the capsule's destructor.
    unsafe {
        let made = ffi::PyCapsule_New(place.cast(), T::NAME.as_ptr(), Some(end::<T>));
        Bound::from_owned_ptr_or_err(py, made).inspect_err(|_| free(place))
    }
}

/// # Safety
/// The structure was boxed by [`capsule`], and nobody uses it any more.
unsafe fn free<T: Carried>(place: *mut T) {
    // SAFETY: the caller's promise.
    unsafe {
        T::release(place);
        drop(Box::from_raw(place));
    }
}

unsafe extern "C" fn end<T: Carried>(capsule: *mut ffi::PyObject) {
    // SAFETY: CPython calls the destructor of a capsule that `capsule` made, once.
    unsafe {
        let place = ffi::PyCapsule_GetPointer(capsule, T::NAME.as_ptr()).cast::<T>();
        if place.is_null() { ffi::PyErr_Clear() } else { free(place) }
    }
}
