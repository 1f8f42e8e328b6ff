//! Methods that NumPy, pickle and the array API call.

use super::parse_integers;
use crate::dtype::{dtype_object, parse_dtype};
use crate::errors::OrRaise;
use crate::eval::{self, Options};
use crate::fastcall::{Args, method};
use crate::object::{from_array, is_array, target, this};
use metes_array::{Array, Order, Scalar};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMemoryView, PyTuple};

type Object<'py> = Bound<'py, PyAny>;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "__array__",
            array,
            ["dtype=None", "copy=None"],
            "The elements as an array of NumPy, which is imported for it; no copy unless dtype or copy ask for one."
        ),
        method!(
            "__array_ufunc__",
            array_ufunc,
            ["*args", "out=None", "where=True", "dtype=None", "casting='same_kind'", "order='K'"],
            "Makes NumPy's ufuncs compute with Metes and return its arrays."
        ),
        method!("__array_namespace__", namespace, ["*", "api_version=None"], "The package metes."),
        method!("__reduce__", reduce, [], "For pickle."),
    ]
}

fn array<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let keywords = PyDict::new(py);
    keywords.set_item("dtype", args.get(0))?;
    if let Some(copy) = args.some(1) {
        keywords.set_item("copy", copy)?;
        return py.import("numpy")?.call_method("array", (PyMemoryView::from(array)?,), Some(&keywords));
    }
    py.import("numpy")?.call_method("asarray", (PyMemoryView::from(array)?,), Some(&keywords))
}

/// `np.add(a, b)` where `a` or `b` is an `Array`. `NotImplemented` for ufuncs and methods that Metes lacks.
fn array_ufunc<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let refuse = || Ok(py.NotImplemented().into_bound(py));
    let given: Vec<_> = args.rest().collect();
    let [ufunc, method, inputs @ ..] = given.as_slice() else { return refuse() };
    let name = ufunc.getattr("__name__")?.extract::<String>()?;
    let Some(row) = metes_kernels::ufunc(&name) else { return refuse() };
    if !method.eq("__call__")? || inputs.len() != row.nin {
        return refuse();
    }
    let mut operands = Vec::with_capacity(inputs.len());
    for input in inputs {
        match eval::to_operand(input)? {
            Some(operand) => operands.push(operand),
            None => return refuse(),
        }
    }
    let mut options = options(args)?;
    let outs = args.some(0).map(|out| out.cast::<PyTuple>().cloned()).transpose()?;
    for out in outs.iter().flatten() {
        options.out.push(if out.is_none() { None } else { Some(output(&out)?) });
    }
    let results = eval::apply_with(py, row, &operands, &options)?;
    let mut objects = Vec::with_capacity(results.len());
    for (index, result) in results.into_iter().enumerate() {
        let given = outs.as_ref().and_then(|outs| outs.get_item(index).ok()).filter(|out| !out.is_none());
        objects.push(given.unwrap_or_else(|| from_array(py, result, None)));
    }
    if objects.len() == 1 { Ok(objects.remove(0)) } else { Ok(PyTuple::new(py, objects)?.into_any()) }
}

/// The array behind an `out=` argument: an `Array`, or something that shares its bytes.
pub(crate) fn output(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    const REFUSAL: &str = "output array is read-only";
    if is_array(object) {
        return target(object, REFUSAL);
    }
    match crate::convert::existing(object)? {
        Some((array, _)) if array.is_writeable() => Ok(array),
        Some(_) => Err(PyValueError::new_err(REFUSAL)),
        None => Err(pyo3::exceptions::PyTypeError::new_err("return arrays must be of ArrayType")),
    }
}

/// `where=`, `dtype=`, `casting=`, `order=` of a ufunc call. `out=` is left to the caller.
pub(crate) fn options(args: &Args<'_, '_>) -> PyResult<Options> {
    let default = Options::default();
    Ok(Options {
        where_: args.named("where").map(condition).transpose()?.flatten(),
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        casting: super::copies::parse_casting(args.named("casting"), default.casting)?,
        order: super::parse_order(args.named("order"), Order::K)?,
        ..default
    })
}

/// `where=`: `None` for a plain `True`.
pub(crate) fn condition(object: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if crate::element::weak_scalar(object)? == Some(Scalar::Bool(true)) {
        return Ok(None);
    }
    let array = crate::convert::to_array(object, None)?;
    if array.dtype().kind() != metes_dtype::Kind::Bool {
        let text = format!("Cannot cast array data from {} to bool: where= must be boolean", array.dtype());
        return Err(pyo3::exceptions::PyTypeError::new_err(text));
    }
    Ok(Some(array))
}

fn namespace<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    if let Some(version) = args.some(0) {
        let known = ["2021.12", "2022.12", "2023.12", "2024.12", "2025.12"];
        if !known.contains(&version.extract::<String>()?.as_str()) {
            return Err(PyValueError::new_err(format!("metes does not implement array API version {version}")));
        }
    }
    Ok(array.py().import("metes")?.into_any())
}

fn reduce<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, found) = (array.py(), this(array)?);
    let fortran = found.is_f_contiguous() && !found.is_c_contiguous();
    let seen = if fortran { found.transpose(None).or_raise()? } else { found.clone() };
    let bytes = PyBytes::new(py, &seen.to_bytes().or_raise()?);
    let state = (bytes, dtype_object(py, found.dtype())?, PyTuple::new(py, found.shape())?, fortran);
    let maker = py.import("metes._native")?.getattr("_rebuild")?;
    Ok((maker, state).into_pyobject(py)?.into_any())
}

/// `_rebuild(bytes, dtype, shape, fortran)`: what pickle calls.
pub(crate) fn rebuild<'py>(module: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let raw = crate::buffer::import(args.required(0)?, "bytes")?
        .ok_or_else(|| PyValueError::new_err("_rebuild() needs bytes"))?;
    let dtype = parse_dtype(args.required(1)?)?;
    let shape = parse_integers(args.required(2)?)?;
    if shape.iter().any(|n| *n < 0) {
        return Err(PyValueError::new_err("negative dimensions are not allowed"));
    }
    let order = if args.flag(3, false)? { Order::F } else { Order::C };
    let array =
        raw.copy(Order::C).and_then(|raw| raw.view(dtype)).and_then(|raw| raw.reshape(&shape, order, Some(false)));
    Ok(from_array(module.py(), array.or_raise()?, None))
}
