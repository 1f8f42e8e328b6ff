//! Elements that are no numbers, between bytes and Python objects: text, raw bytes, time, records.
//!
//! A record is a tuple, text a `str`, raw bytes a `bytes`; time one of Python's `datetime` ([`crate::clock`]). All are read and written where
//! they lie, field by field, in either byte order.

use crate::convert::to_array;
use crate::element::{scalar_object, store, weak_scalar};
use crate::errors::OrRaise;
use crate::object::{from_array, type_name};
use metes_array::{Array, Layout, Order, Scalar};
use metes_dtype::{Casting, Category, DType, Form, Kind, Record, Sub, Unit};
use metes_eval::Operand;
use metes_memory::{Access, Buffer, Guards};
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple};

type Object<'py> = Bound<'py, PyAny>;

/// Keeps writers away from an array's elements.
fn reading(array: &Array) -> PyResult<Guards> {
    Buffer::guard(&[(array.buffer(), array.extent(), Access::Read)], "reading elements").or_raise()
}

/// The elements of an array as nested lists; an object where there are no axes.
pub(crate) fn to_list<'py>(py: Python<'py>, array: &Array) -> PyResult<Object<'py>> {
    if array.ndim() == 0 {
        return item(py, array, &[]);
    }
    let list = PyList::empty(py);
    for i in 0..array.shape()[0] {
        list.append(to_list(py, &array.index(&[metes_array::Index::At(i as isize)]).or_raise()?)?)?;
    }
    Ok(list.into_any())
}

/// The element at an index as a Python object.
pub(crate) fn item<'py>(py: Python<'py>, array: &Array, index: &[isize]) -> PyResult<Object<'py>> {
    let found = index.iter().map(|at| metes_array::Index::At(*at)).collect::<Vec<_>>();
    let place = array.index(&found).or_raise()?.layout().offset();
    let _held = reading(array)?;
    read(py, array, place, array.dtype())
}

/// The count of the one element of an array of time.
pub(crate) fn ticks(array: &Array) -> PyResult<i64> {
    let swapped = array.dtype().is_swapped() == Some(true);
    let _held = reading(array)?;
    Ok(count(bytes(array, array.layout().offset(), 8), swapped))
}

/// The bytes of one element that lies at `place` in the buffer.
fn bytes(array: &Array, place: usize, size: usize) -> &[u8] {
    // SAFETY: the place is an element's, which its layout keeps within the buffer; the caller holds a guard.
    unsafe { std::slice::from_raw_parts(array.buffer().as_ptr().wrapping_add(place), size) }
}

/// What lies at `place`, of a dtype that fits there.
pub(crate) fn read<'py>(py: Python<'py>, array: &Array, place: usize, dtype: DType) -> PyResult<Object<'py>> {
    let own = bytes(array, place, dtype.size());
    match dtype.form() {
        Form::Number(_) | Form::Swapped(_) => {
            // SAFETY: an element's bytes, which are held.
            scalar_object(py, unsafe { Scalar::read(dtype, own.as_ptr()) })
        }
        Form::Bytes(_) => Ok(PyBytes::new(py, trimmed(own)).into_any()),
        Form::Void(_) => Ok(PyBytes::new(py, own).into_any()),
        Form::Text { swapped, .. } => text(py, own, swapped),
        Form::Time(time) => crate::clock::item(py, time, count(own, time.swapped)),
        Form::Record(record) => {
            let fields = record.fields().iter().map(|field| read(py, array, place + field.offset, field.dtype));
            Ok(PyTuple::new(py, fields.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
        Form::Sub(sub) => {
            let layout = Layout::contiguous(sub.shape(), sub.base().size()).or_raise()?;
            let layout = Layout::new(layout.shape(), layout.strides(), place).or_raise()?;
            let small = Array::new(array.buffer().clone(), sub.base(), layout, false).or_raise()?;
            Ok(from_array(py, small.copy_for(Order::C, "item").or_raise()?, None))
        }
    }
}

/// Without the zeros at the end.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

fn text<'py>(py: Python<'py>, own: &[u8], swapped: bool) -> PyResult<Object<'py>> {
    let chars = own.chunks_exact(4).rposition(|c| c != [0; 4]).map_or(0, |last| last + 1);
    let mut order = if swapped { 1 } else { -1 };
    // SAFETY: the bytes live during the call.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF32(
            own.as_ptr().cast(),
            4 * chars as ffi::Py_ssize_t,
            c"surrogatepass".as_ptr(),
            &raw mut order,
        );
        Bound::from_owned_ptr_or_err(py, text)
    }
}

fn count(own: &[u8], swapped: bool) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(own);
    if swapped { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) }
}

/// A new array of a dtype of no numbers from nested sequences of a shape.
pub(crate) fn from_nested(object: &Object<'_>, shape: &[usize], dtype: DType) -> PyResult<Array> {
    let array = Array::zeros(shape, dtype).or_raise()?;
    fill(&array, object)?;
    Ok(array)
}

/// Writes nested sequences to an array of their shape that nobody else uses.
fn fill(array: &Array, object: &Object<'_>) -> PyResult<()> {
    if array.ndim() == 0 {
        return set(array, object);
    }
    if let Some((given, _)) = crate::convert::existing(object)? {
        return metes_eval::assign(array, &Operand::Array(given), Casting::Unsafe, None).or_raise();
    }
    let items = object.try_iter()?;
    let mut filled = 0;
    for item in items {
        let place = array.index(&[metes_array::Index::At(filled)]).or_raise()?;
        fill(&place, &item?)?;
        filled += 1;
    }
    if filled as usize == array.shape()[0] {
        Ok(())
    } else {
        Err(PyValueError::new_err("a sequence changed its length"))
    }
}

/// Writes an object to the one element of an array without axes: first aside, so that a failure changes nothing.
fn set(array: &Array, object: &Object<'_>) -> PyResult<()> {
    if let Some((given, _)) = crate::convert::existing(object)? {
        return metes_eval::assign(array, &Operand::Array(given), Casting::Unsafe, None).or_raise();
    }
    let mut own = vec![0; array.dtype().size()];
    write(&mut own, array.dtype(), object)?;
    array
        .with_element(&[], Access::Write, "assignment", |place| {
            // SAFETY: an element of this array, which is held.
            unsafe { std::ptr::copy_nonoverlapping(own.as_ptr(), place, own.len()) }
        })
        .or_raise()
}

/// An object as the bytes of an element.
pub(crate) fn write(own: &mut [u8], dtype: DType, object: &Object<'_>) -> PyResult<()> {
    match dtype.form() {
        Form::Number(_) | Form::Swapped(_) => number(own, dtype, object),
        Form::Bytes(_) => put(own, &encoded(object)?),
        Form::Void(width) => raw(own, width as usize, object),
        Form::Text { swapped, .. } => characters(own, swapped, object),
        Form::Time(time) => {
            let value = crate::clock::count(time, object)?;
            own.copy_from_slice(&if time.swapped { value.to_be_bytes() } else { value.to_le_bytes() });
            Ok(())
        }
        Form::Record(record) => fields(own, record, object),
        Form::Sub(sub) => small(own, sub, object),
    }
}

fn number(own: &mut [u8], dtype: DType, object: &Object<'_>) -> PyResult<()> {
    let scalar = match weak_scalar(object)? {
        Some(scalar) => scalar,
        None if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() => spelled(dtype, object)?,
        None => crate::number::to_scalar(object)?,
    };
    // SAFETY: the bytes have the size of an element.
    unsafe { store(scalar, dtype, own.as_mut_ptr()) }
}

/// The number that text spells, read as Python reads one of the dtype's category; text that is not empty is true.
fn spelled(dtype: DType, object: &Object<'_>) -> PyResult<Scalar> {
    let py = object.py();
    let class = match dtype.any_number().map(Kind::category) {
        Some(Category::Bool) => return Ok(Scalar::Bool(object.is_truthy()?)),
        Some(Category::Unsigned | Category::Signed) => py.get_type::<PyInt>().into_any(),
        Some(Category::Complex) if object.is_instance_of::<PyString>() => py.get_type::<PyComplex>().into_any(),
        _ => py.get_type::<PyFloat>().into_any(),
    };
    let number = class.call1((object,))?;
    weak_scalar(&number)?.ok_or_else(|| PyTypeError::new_err(format!("{} is no number", type_name(&number))))
}

fn put(own: &mut [u8], from: &[u8]) -> PyResult<()> {
    let n = own.len().min(from.len());
    own[..n].copy_from_slice(&from[..n]);
    own[n..].fill(0);
    Ok(())
}

/// The bytes that an object is as text: of `str` and of numbers, which must be ASCII.
pub(crate) fn encoded(object: &Object<'_>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    let text = spoken(object)?;
    let text = text.to_cow()?;
    match text.char_indices().find(|(_, c)| !c.is_ascii()) {
        None => Ok(text.into_owned().into_bytes()),
        Some((at, _)) => {
            Err(PyUnicodeEncodeError::new_err(("ascii", text.to_string(), at, at + 1, "ordinal not in range(128)")))
        }
    }
}

/// The text of a `str`, of a number, or of ASCII bytes.
fn spoken<'py>(object: &Object<'py>) -> PyResult<Bound<'py, PyString>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(text.clone());
    }
    if object.is_instance_of::<PyBytes>() {
        return Ok(object.call_method1("decode", ("ascii",))?.cast_into::<PyString>()?);
    }
    if weak_scalar(object)?.is_some() || crate::object::is_array(object) || object.hasattr("dtype")? {
        return object.str();
    }
    Err(PyTypeError::new_err(format!("an object of type {} cannot be text", type_name(object))))
}

/// The code points of an object as text, truncated.
fn characters(own: &mut [u8], swapped: bool, object: &Object<'_>) -> PyResult<()> {
    let points = code_points(object)?;
    own.fill(0);
    for (place, from) in own.chunks_exact_mut(4).zip(points.as_bytes().chunks_exact(4)) {
        place.copy_from_slice(from);
        if swapped {
            place.reverse();
        }
    }
    Ok(())
}

/// The code points of an object as text, four little-endian bytes each.
pub(crate) fn code_points<'py>(object: &Object<'py>) -> PyResult<Bound<'py, PyBytes>> {
    let points = spoken(object)?.call_method1("encode", ("utf-32-le", "surrogatepass"))?;
    Ok(points.cast_into::<PyBytes>()?)
}

fn raw(own: &mut [u8], width: usize, object: &Object<'_>) -> PyResult<()> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return put(own, bytes.as_bytes());
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return put(own, &bytes.to_vec());
    }
    let text = format!("elements of {width} raw bytes are given as bytes, not {}", type_name(object));
    Err(PyTypeError::new_err(text))
}

/// A tuple field by field; one value goes to every field.
fn fields(own: &mut [u8], record: &Record, object: &Object<'_>) -> PyResult<()> {
    let tuple = match object.cast::<PyTuple>() {
        Ok(tuple) => Some(tuple.clone()),
        Err(_) => match crate::object::array_of(object) {
            Some(array) if array.dtype().record().is_some() && array.ndim() == 0 => {
                Some(item(object.py(), array, &[])?.cast_into::<PyTuple>()?)
            }
            _ => None,
        },
    };
    let count = record.fields().len();
    if let Some(tuple) = &tuple
        && tuple.len() != count
    {
        let text = format!("could not assign tuple of length {} to structure with {count} fields.", tuple.len());
        return Err(PyValueError::new_err(text));
    }
    if tuple.is_none() && object.is_instance_of::<PyList>() {
        return Err(PyTypeError::new_err("a record is given as a tuple of its fields, not as a list"));
    }
    for (i, field) in record.fields().iter().enumerate() {
        let value = tuple.as_ref().map_or(Ok(object.clone()), |tuple| tuple.get_item(i))?;
        write(&mut own[field.offset..field.offset + field.dtype.size()], field.dtype, &value)?;
    }
    Ok(())
}

/// Values broadcast to a small array.
fn small(own: &mut [u8], sub: &Sub, object: &Object<'_>) -> PyResult<()> {
    let given = to_array(object, Some(sub.base()))?;
    let whole = given.broadcast_to(sub.shape()).or_raise()?;
    own.copy_from_slice(&whole.to_bytes().or_raise()?);
    Ok(())
}

/// The dtype of text that stands alone, or of one of Python's `datetime`.
pub(crate) fn text_dtype(object: &Object<'_>) -> PyResult<Option<DType>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(DType::text(text.len()?));
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(DType::bytes(bytes.as_bytes().len()));
    }
    crate::clock::dtype(object)
}

/// The dtype without a size, with the size that `found` asks for; other dtypes are themselves.
pub(crate) fn sized(dtype: DType, found: DType) -> DType {
    if dtype.number().is_some() {
        return dtype;
    }
    let wide = |width: usize| width.max(1);
    let width = match found.form() {
        Form::Bytes(width) | Form::Void(width) => width as usize,
        Form::Text { chars, .. } => chars as usize,
        Form::Time(time) => time.text_width(),
        _ => metes_dtype::promote(found, Kind::Bool.into()).map_or(0, |_| match metes_dtype::promote(found, dtype) {
            Some(met) if dtype.kind_char() == 'U' => met.size() / 4,
            Some(met) => met.size(),
            None => 0,
        }),
    };
    match dtype.form() {
        Form::Bytes(0) => DType::bytes(wide(width)).unwrap_or(dtype),
        Form::Text { chars: 0, swapped } => match DType::text(wide(width)).map(DType::form) {
            Some(Form::Text { chars, .. }) => DType::from_form(Form::Text { chars, swapped }),
            _ => dtype,
        },
        Form::Void(0) => DType::void(width).unwrap_or(dtype),
        Form::Time(own) if own.unit == Unit::Generic => match found.time() {
            Some(time) if time.span == own.span => found,
            _ => dtype,
        },
        _ => dtype,
    }
}
