//! Methods that NumPy and the array API call.

use crate::dtype::parse_dtype;
use crate::errors::OrRaise;
use crate::eval::{self, Options};
use crate::fastcall::{Args, method, object};
use crate::object::{from_array, is_array, target, this};
use metes_array::{Array, Order, Scalar, number};
use metes_dtype::{DType, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMemoryView, PyString, PyTuple};

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
            [
                "*args",
                "out=None",
                "where=True",
                "dtype=None",
                "casting='same_kind'",
                "order='K'",
                "axis=None",
                "axes=None",
                "keepdims=False",
                "initial=None",
                "signature=None",
                "subok=True"
            ],
            "Makes NumPy's ufuncs compute with Metes and return its arrays."
        ),
        method!(
            "__array_function__",
            array_function,
            ["func", "types", "args", "kwargs"],
            "Makes NumPy's functions call those of Metes with the same name; TypeError where there is none."
        ),
        method!("__array_namespace__", namespace, ["*", "api_version=None"], "The package metes."),
        method!("_repr_html_", html, [], "For notebooks: the facts of the array, and its values."),
    ]
}

fn html<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    object(array.py(), crate::text::html(array)?)
}

fn array<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let keywords = PyDict::new(py);
    let own = this(array)?.dtype();
    if own.time().is_some() || !crate::interface::can_tell(own) {
        // No buffer tells these: NumPy is given raw bytes and told what they are.
        let raw = DType::void(own.size()).unwrap_or(own);
        let shown = crate::object::view_of(array, this(array)?.view(raw).or_raise()?);
        let numpy = crate::dtype::dtype_object(py, own)?.getattr("__numpy_dtype__")?;
        let made = py.import("numpy")?.call_method1("asarray", (shown,))?.call_method1("view", (numpy,))?;
        let copy = args.some(1).map_or(Ok(false), |copy| copy.is_truthy())?;
        keywords.set_item("copy", copy)?;
        return match args.some(0) {
            Some(dtype) => made.call_method("astype", (dtype,), Some(&keywords)),
            None if copy => made.call_method0("copy"),
            None => Ok(made),
        };
    }
    keywords.set_item("dtype", args.get(0))?;
    if let Some(copy) = args.some(1) {
        keywords.set_item("copy", copy)?;
        return py.import("numpy")?.call_method("array", (PyMemoryView::from(array)?,), Some(&keywords));
    }
    py.import("numpy")?.call_method("asarray", (PyMemoryView::from(array)?,), Some(&keywords))
}

/// `np.add(a, b)` where `a` or `b` is an `Array`. `NotImplemented` where an operand is nothing to compute with.
fn array_ufunc<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let refuse = || Ok(py.NotImplemented().into_bound(py));
    let given: Vec<_> = args.rest().collect();
    let [ufunc, method, inputs @ ..] = given.as_slice() else { return refuse() };
    let name = ufunc.getattr("__name__")?.extract::<String>()?;
    let plain = method.eq("__call__")? && !OTHERS.iter().any(|name| args.named(name).is_some());
    let Some(row) = metes_kernels::ufunc(&name).filter(|row| plain && inputs.len() == row.nin) else {
        return by_name(args, &name, method, inputs);
    };
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

/// Keywords of `__array_ufunc__` that elementwise calls do not have.
const OTHERS: &[&str] = &["axis", "axes", "keepdims", "initial", "signature"];

/// What is no elementwise call of a row: `np.add.reduce`, `np.matmul`; the function or its method of that name.
fn by_name<'py>(
    args: &Args<'_, 'py>,
    name: &str,
    method: &Object<'py>,
    inputs: &[&Object<'py>],
) -> PyResult<Object<'py>> {
    let (py, method) = (args.py(), method.extract::<String>()?);
    let mut function = py.import("metes")?.getattr_opt(name)?;
    if method != "__call__" {
        function = match function {
            Some(function) => function.getattr_opt(method.as_str())?,
            None => None,
        };
    }
    let what = if method == "__call__" { name.to_owned() } else { format!("{name}.{method}") };
    let function = function.ok_or_else(|| lacks("numpy", &what))?;
    let keywords = PyDict::new(py);
    for name in ["where", "dtype", "casting", "order"].iter().chain(OTHERS) {
        if let Some(value) = args.named(name) {
            keywords.set_item(name, value)?;
        }
    }
    match args.some(0).map(|out| out.cast::<PyTuple>().cloned()).transpose()? {
        Some(outs) if outs.len() == 1 => keywords.set_item("out", outs.get_item(0)?)?,
        Some(outs) => keywords.set_item("out", outs)?,
        None => {}
    }
    function.call(PyTuple::new(py, inputs)?, Some(&keywords))
}

/// `np.concatenate([a, b])` where `a` or `b` is an `Array`. Nothing is converted behind the caller's back: a function that
/// Metes lacks is an error, as `numpy.asarray` is the way to NumPy's own.
fn array_function<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let (func, types) = (args.required(0)?, args.required(1)?);
    for class in types.try_iter()? {
        let class = class?;
        if !class.is(array.get_type()) && !class.getattr("__module__")?.eq("numpy")? {
            return Ok(py.NotImplemented().into_bound(py));
        }
    }
    let name = func.getattr("__name__")?.extract::<String>()?;
    let module = func.getattr("__module__")?.extract::<String>()?;
    let mut place = py.import("metes")?.into_any();
    for part in module.split('.').skip(1) {
        let Some(inner) = place.getattr_opt(part)? else { return Err(lacks(&module, &name)) };
        place = inner;
    }
    let found = place.getattr_opt(name.as_str())?.filter(|found| found.is_callable() && !name.starts_with('_'));
    let found = found.ok_or_else(|| lacks(&module, &name))?;
    let (given, keywords) = (args.required(2)?.cast::<PyTuple>()?, args.required(3)?.cast::<PyDict>()?);
    found.call(given, Some(keywords))
}

fn lacks(module: &str, name: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "metes has no function {name}, which {module}.{name} was asked to call on metes arrays; numpy.asarray() gives \
         NumPy's array of the same bytes"
    ))
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
        None => Err(PyTypeError::new_err("return arrays must be of ArrayType")),
    }
}

/// `where=`, `dtype=`, `casting=`, `order=` of a ufunc call. `out=` is left to the caller.
pub(crate) fn options(args: &Args<'_, '_>) -> PyResult<Options> {
    let default = Options::default();
    Ok(Options {
        where_: args.named("where").map(condition).transpose()?.flatten(),
        dtype: args.named("dtype").map(parse_dtype).transpose()?,
        signature: signature(args)?,
        casting: super::copies::parse_casting(args.named("casting"), default.casting)?,
        order: super::parse_order(args.named("order"), Order::K)?,
        ..default
    })
}

/// `signature=`, or `sig=`, where it is given.
fn signature(args: &Args<'_, '_>) -> PyResult<Vec<Option<Kind>>> {
    let given = match (args.named("signature"), args.named("sig")) {
        (Some(_), Some(_)) => return Err(PyTypeError::new_err("cannot specify both 'sig' and 'signature'")),
        (None, None) => return Ok(Vec::new()),
        (one, other) => one.or(other),
    };
    if args.named("dtype").is_some() {
        return Err(PyTypeError::new_err("cannot specify both 'signature' and 'dtype'"));
    }
    given.map_or(Ok(Vec::new()), parse_signature)
}

/// `"dd->d"`, or a dtype or `None` for each operand and result.
pub(crate) fn parse_signature(given: &Bound<'_, PyAny>) -> PyResult<Vec<Option<Kind>>> {
    if let Ok(text) = given.cast::<PyString>() {
        let text = text.to_cow()?;
        if !text.contains("->") {
            return Err(PyTypeError::new_err("Use `dtype` or fill the tuple with more than one 'None'."));
        }
        return text.replace("->", "").chars().map(|char| kind_of(char).map(Some)).collect();
    }
    let one = |item: PyResult<Object<'_>>| match item? {
        none if none.is_none() => Ok(None),
        dtype => number(parse_dtype(&dtype)?, "signature").or_raise().map(Some),
    };
    given.try_iter()?.map(one).collect()
}

fn kind_of(char: char) -> PyResult<Kind> {
    let same = |kind: &Kind| {
        kind.type_char() == char || char == 'q' && *kind == Kind::I64 || char == 'Q' && *kind == Kind::U64
    };
    let known = Kind::ALL.iter().copied().find(same);
    known.ok_or_else(|| PyValueError::new_err(format!("signature: '{char}' is no dtype of metes")))
}

/// `where=`: `None` for a plain `True`.
pub(crate) fn condition(object: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if crate::element::weak_scalar(object)? == Some(Scalar::Bool(true)) {
        return Ok(None);
    }
    let array = match crate::convert::existing(object)? {
        Some((array, _)) => array,
        // What is made for the purpose is made of truths.
        None => crate::convert::to_array(object, Some(DType::of(Kind::Bool)))?,
    };
    if array.dtype() != Kind::Bool {
        let text = format!("Cannot cast array data from {} to bool: where= must be boolean", array.dtype());
        return Err(PyTypeError::new_err(text));
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
