//! Pickling: from protocol 5 on as a buffer that pickle may keep out of its stream, before that as bytes.
//!
//! Arrays whose elements lie densely in some order of axes are not copied for protocol 5, and what reads them shows the
//! bytes that pickle hands over. Older protocols hand over bytes that cannot be written, so these are copied.

use super::parse_integers;
use crate::dtype::{dtype_object, parse_dtype};
use crate::errors::OrRaise;
use crate::fastcall::{Args, method};
use crate::foreign::bytes_of;
use crate::object::{from_array, this, view_of, writeable};
use metes_array::{Array, Order};
use metes_dtype::{DType, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

type Object<'py> = Bound<'py, PyAny>;

/// The first protocol with buffers.
const WITH_BUFFERS: isize = 5;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!("__reduce__", |array, _| reduce(array, 2), [], "For pickle."),
        method!(
            "__reduce_ex__",
            |array, args| reduce(array, super::parse_integer(args.required(0)?)?),
            ["protocol", "/"],
            "For pickle."
        ),
    ]
}

fn reduce<'py>(object: &Object<'py>, protocol: isize) -> PyResult<Object<'py>> {
    let (py, array) = (object.py(), this(object)?);
    let axes: Vec<isize> = array.layout().axes_outermost_first().iter().map(|axis| *axis as isize).collect();
    let turned = array.transpose(Some(&axes)).or_raise()?;
    let (turned, axes) = if turned.is_c_contiguous() { (turned, Some(axes)) } else { (array.clone(), None) };
    let shape = PyTuple::new(py, turned.shape())?;
    let writeable = writeable(object);
    let bytes = if protocol < WITH_BUFFERS || !crate::buffer::can_show(array.dtype()) {
        bytes_of(py, &turned)?.into_any()
    } else {
        let shown = match axes {
            Some(_) => view_of(object, turned),
            None => {
                let copy = turned.copy(Order::C).or_raise()?;
                from_array(py, if writeable { copy } else { copy.read_only() }, None)
            }
        };
        py.import("pickle")?.getattr("PickleBuffer")?.call1((shown,))?
    };
    let maker = py.import("metes._native")?.getattr("_rebuild")?;
    let state = (bytes, dtype_object(py, array.dtype())?, shape, axes, writeable);
    Ok((maker, state).into_pyobject(py)?.into_any())
}

/// `_rebuild(buffer, dtype, shape, axes, writeable)`: what pickle calls. `axes` says where each axis of `shape` belongs.
pub(crate) fn rebuild<'py>(module: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, provider) = (module.py(), args.required(0)?);
    let raw = crate::buffer::import(provider, "pickle")?.ok_or_else(|| PyTypeError::new_err("_rebuild needs bytes"))?;
    let writeable = args.flag(4, true)?;
    let owned = writeable && !raw.is_writeable();
    let raw = if owned { raw.copy(Order::C).or_raise()? } else { raw };
    let array = shaped(&raw, parse_dtype(args.required(1)?)?, &parse_integers(args.required(2)?)?)?;
    let array = match args.some(3) {
        Some(axes) => array.transpose(Some(&back(&parse_integers(axes)?)?)).or_raise()?,
        None => array,
    };
    let array = if writeable { array } else { array.read_only() };
    Ok(from_array(py, array, (!owned).then(|| provider.clone())))
}

fn shaped(raw: &Array, dtype: DType, shape: &[isize]) -> PyResult<Array> {
    if shape.iter().any(|n| *n < 0) {
        return Err(PyValueError::new_err("negative dimensions are not allowed"));
    }
    if dtype.size() == 0 {
        // Elements without bytes are all alike.
        let shape: Vec<usize> = shape.iter().map(|n| *n as usize).collect();
        return Array::zeros(&shape, dtype).or_raise();
    }
    let flat = raw.reshape(&[-1], Order::C, Some(false)).and_then(|flat| flat.view(DType::of(Kind::U8)));
    flat.and_then(|flat| flat.view(dtype)).and_then(|flat| flat.reshape(shape, Order::C, Some(false))).or_raise()
}

/// The order of axes that undoes another.
fn back(axes: &[isize]) -> PyResult<Vec<isize>> {
    (0..axes.len() as isize)
        .map(|axis| axes.iter().position(|a| *a == axis).map(|place| place as isize))
        .collect::<Option<_>>()
        .ok_or_else(|| PyValueError::new_err("_rebuild: axes do not name each axis once"))
}
