//! NumPy's array interface, version 3, both ways: a dictionary with an address, for objects without the buffer protocol.

use crate::attributes::{shape, strides};
use crate::dtype::{dtype_object, parse_dtype};
use crate::errors::OrRaise;
use crate::foreign::{Described, Kept, show};
use crate::methods::{parse_integers, parse_shape};
use crate::object::{this, type_name, writeable};
use metes_array::{Array, Layout};
use metes_dtype::{DType, Field, Form, Record};
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

/// The attribute's name.
const NAME: &str = "__array_interface__";

/// The attribute of an `Array`. The address is good as long as the array is alive.
pub(crate) fn export<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, array) = (object.py(), this(object)?);
    if !can_tell(array.dtype()) {
        return Err(PyAttributeError::new_err(format!(
            "{NAME} cannot tell fields that overlap or are out of order, nor gaps between fields with time"
        )));
    }
    let dict = PyDict::new(py);
    crate::foreign::expose(array)?;
    let typestr = dtype_object(py, array.dtype())?.getattr("str")?;
    dict.set_item("version", 3)?;
    dict.set_item("shape", shape(object)?)?;
    dict.set_item("typestr", &typestr)?;
    let descr = dtype_object(py, array.dtype())?.getattr("descr");
    dict.set_item("descr", descr.unwrap_or(PyList::new(py, [("", &typestr)])?.into_any()))?;
    dict.set_item("data", (array.as_ptr() as usize, !writeable(object)))?;
    dict.set_item("strides", if array.is_c_contiguous() { None } else { Some(strides(object)?) })?;
    Ok(dict.into_any())
}

/// Whether readers of a description find the fields that there are: NumPy takes gaps for fields where no buffer says better.
pub(crate) fn can_tell(dtype: DType) -> bool {
    let told = |record: &Record| record.is_ordered() && (is_gapless(record) || crate::buffer::can_show(dtype));
    dtype.record().is_none_or(told)
}

/// Whether each field begins where the one before it ends, the last ends with the record, and so within fields.
fn is_gapless(record: &Record) -> bool {
    let mut end = 0;
    let mut follows = |field: &Field| {
        let begins = field.offset == end;
        end = field.offset + field.dtype.size();
        begins && field.dtype.flattened().0.record().is_none_or(is_gapless)
    };
    record.fields().iter().all(&mut follows) && end == record.itemsize()
}

/// The array over the elements of an object with the attribute; `None` where it has none.
///
/// # Errors
/// `TypeError` for elements that Metes lacks, `ValueError` for a dictionary that contradicts itself.
pub(crate) fn import(object: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if object.is_instance_of::<PyType>() {
        return Ok(None);
    }
    let Some(dict) = object.getattr_opt(NAME)? else { return Ok(None) };
    let dict = dict.cast::<PyDict>().map_err(|_| PyValueError::new_err(format!("{NAME} must be a dictionary")))?;
    let field = |name| Ok::<_, PyErr>(dict.get_item(name)?.filter(|value| !value.is_none()));
    let needed = |name| field(name)?.ok_or_else(|| PyValueError::new_err(format!("{NAME} lacks '{name}'")));
    let mut dtype = parse_dtype(&needed("typestr")?)?;
    if let (Form::Void(width), Some(descr)) = (dtype.form(), field("descr")?) {
        // Where the object tells its dtype too, that says more: a description has no titles, and gaps within fields look
        // like fields.
        let told = object.getattr_opt("dtype")?.and_then(|told| parse_dtype(&told).ok());
        let told = told.filter(|told| told.record().is_some());
        let found = if told.is_some() { told } else { described(&descr)? };
        dtype = found.filter(|dtype| dtype.size() == width as usize).unwrap_or(dtype);
    }
    let shape = parse_shape(&needed("shape")?)?;
    let strides = field("strides")?.map(|strides| parse_integers(&strides)).transpose()?;
    if strides.as_ref().is_some_and(|strides| strides.len() != shape.len()) {
        return Err(PyValueError::new_err(format!("{NAME}: as many strides as lengths are needed")));
    }
    let offset = field("offset")?.map_or(Ok(0), |offset| offset.extract::<usize>())?;
    match field("data")? {
        Some(data) if data.is_instance_of::<PyTuple>() => {
            let (address, flag) = data.extract::<(usize, Bound<'_, PyAny>)>()?;
            let read_only = flag.is_truthy()?;
            let first = std::ptr::with_exposed_provenance_mut::<u8>(address);
            let from = Described { first, dtype, shape: shape.into_vec(), strides, writeable: !read_only };
            // SAFETY: the provider's word: the address holds the elements as long as the object lives.
            unsafe { show(from, "interface", Box::new(Kept::new(object))) }.map(Some)
        }
        data => over_buffer(data.as_ref().unwrap_or(object), offset, dtype, &shape, strides).map(Some),
    }
}

/// The fields that a description lists: those with a name, the others being gaps.
fn described(descr: &Bound<'_, PyAny>) -> PyResult<Option<DType>> {
    let Ok(list) = descr.cast::<PyList>() else { return Ok(None) };
    let named = list.iter().any(|item| item.get_item(0).is_ok_and(|name| name.is_truthy().unwrap_or(false)));
    let Some(record) = parse_dtype(descr)?.record().filter(|_| named) else { return Ok(None) };
    let kept = record.fields().iter().zip(list.iter());
    let kept = kept.filter(|(_, item)| item.get_item(0).is_ok_and(|name| name.is_truthy().unwrap_or(true)));
    let fields = kept.map(|(field, _)| field.clone()).collect();
    Record::at(fields, Some(record.itemsize()), false).map(Some).map_err(PyValueError::new_err)
}

/// Elements from `offset` on in the bytes of a buffer, which are checked to hold them.
fn over_buffer(
    provider: &Bound<'_, PyAny>,
    offset: usize,
    dtype: DType,
    shape: &[usize],
    strides: Option<Vec<isize>>,
) -> PyResult<Array> {
    let text = || PyTypeError::new_err(format!("{NAME}: {} is no buffer", type_name(provider)));
    let raw = crate::buffer::import(provider, "interface")?.ok_or_else(text)?;
    if !raw.is_c_contiguous() {
        return Err(PyValueError::new_err(format!("{NAME}: the buffer of the data must be dense")));
    }
    let dense = Layout::contiguous(shape, dtype.size()).or_raise()?;
    let layout =
        Layout::new(shape, strides.as_deref().unwrap_or(dense.strides()), raw.layout().offset() + offset).or_raise()?;
    Array::new(raw.buffer().clone(), dtype, layout, raw.is_writeable()).or_raise()
}
