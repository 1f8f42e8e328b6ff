//! Everything that Python may pass where a dtype is meant.

use crate::dtype::PyDType;
use metes_dtype::{DType, Field, Form, Kind, Record, Sub, Wanted};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple, PyType,
};

/// Names that NumPy knows besides those of the kinds.
const ALIASES: &[(&str, Kind)] = &[
    ("bool_", Kind::Bool),
    ("int", Kind::I64),
    ("intp", Kind::I64),
    ("intc", Kind::I32),
    ("longlong", Kind::I64),
    ("q", Kind::I64),
    ("p", Kind::I64),
    ("n", Kind::I64),
    ("int_", Kind::I64),
    ("N", Kind::U64),
    ("ushort", Kind::U16),
    ("uint", Kind::U64),
    ("uintp", Kind::U64),
    ("uintc", Kind::U32),
    ("ulonglong", Kind::U64),
    ("Q", Kind::U64),
    ("P", Kind::U64),
    ("half", Kind::F16),
    ("single", Kind::F32),
    ("float", Kind::F64),
    ("double", Kind::F64),
    ("csingle", Kind::C64),
    ("complex", Kind::C128),
    ("cdouble", Kind::C128),
];

/// Fields within fields within fields, as deep as this.
const DEEPEST: usize = 32;

/// The dtype that `object` means: a `DType`, a Python type, a name, a NumPy dtype or scalar type, fields.
///
/// Raises `TypeError` for small arrays, which are axes of an array rather than its elements.
pub(crate) fn parse_dtype(object: &Bound<'_, PyAny>) -> PyResult<DType> {
    let dtype = parse(object, false)?;
    match dtype.form() {
        Form::Sub(_) => {
            Err(PyTypeError::new_err(format!("{dtype}: give the axes of small arrays as part of the shape")))
        }
        _ => Ok(dtype),
    }
}

/// As [`parse_dtype`]; fields lie as in C with `align`.
pub(crate) fn parse(object: &Bound<'_, PyAny>, align: bool) -> PyResult<DType> {
    find_dtype(object, align)?.ok_or_else(|| {
        let text = object.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string());
        PyTypeError::new_err(format!("metes has no data type for {text}"))
    })
}

/// As [`parse_dtype`]; `None` stands for "not given".
pub(crate) fn parse_dtype_or_none(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<DType>> {
    object.filter(|o| !o.is_none()).map(parse_dtype).transpose()
}

/// As [`parse`], `None` for what is no dtype.
pub(crate) fn find_dtype(object: &Bound<'_, PyAny>, align: bool) -> PyResult<Option<DType>> {
    if let Ok(dtype) = object.cast_exact::<PyDType>() {
        return Ok(Some(dtype.get().0));
    }
    find(object, align, 0)
}

fn find(object: &Bound<'_, PyAny>, align: bool, depth: usize) -> PyResult<Option<DType>> {
    if depth > DEEPEST {
        return Err(PyValueError::new_err(format!("fields are nested deeper than {DEEPEST}")));
    }
    if let Ok(dtype) = object.cast_exact::<PyDType>() {
        Ok(Some(dtype.get().0))
    } else if let Ok(text) = object.cast::<PyString>() {
        by_text(&text.to_cow()?, align)
    } else if let Ok(class) = object.cast::<PyType>() {
        by_class(class)
    } else if let Ok(list) = object.cast::<PyList>() {
        by_list(list, align, depth).map(Some)
    } else if let Ok(tuple) = object.cast::<PyTuple>() {
        by_pair(tuple, align, depth).map(Some)
    } else if let Ok(dict) = object.cast::<PyDict>() {
        by_dict(dict, align, depth).map(Some)
    } else {
        by_attributes(object, depth)
    }
}

fn part(object: &Bound<'_, PyAny>, align: bool, depth: usize) -> PyResult<DType> {
    find(object, align, depth + 1)?.ok_or_else(|| {
        let text = object.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string());
        PyTypeError::new_err(format!("metes has no data type for {text}"))
    })
}

fn no_objects() -> PyErr {
    PyTypeError::new_err(
        "metes has no data type for object arrays: elements are numbers, text, time or fields of these, whose bytes it \
         can count and bound; keep Python objects in a list",
    )
}

/// The kind of a name that NumPy knows, or the dtype of a type string.
pub(crate) fn by_name(name: &str) -> Option<DType> {
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, kind)| DType::of(*kind));
    DType::parse(name).or_else(alias)
}

fn by_text(text: &str, align: bool) -> PyResult<Option<DType>> {
    if let Some(kind) = Kind::named(text) {
        return Ok(Some(kind.into()));
    }
    if matches!(text.trim_start_matches(['|', '<', '>', '=']), "O" | "O8" | "object" | "object_") {
        return Err(no_objects());
    }
    if let Some(dtype) = by_name(text) {
        return Ok(Some(dtype));
    }
    if text.starts_with(|c: char| c == '(' || c.is_ascii_digit()) || text.contains(',') {
        return by_commas(text, align);
    }
    Ok(None)
}

/// `"i4, (2,3)f8, 5S3"`: fields without names, or one small array.
fn by_commas(text: &str, align: bool) -> PyResult<Option<DType>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((dtype, left)) = one_of_commas(rest) else { return Ok(None) };
        parts.push(dtype);
        rest = left;
    }
    match parts.as_slice() {
        [] => Ok(None),
        [one] if !text.trim_end().ends_with(',') => Ok(Some(*one)),
        _ => {
            let wanted = parts.into_iter().enumerate().map(|(i, dtype)| (format!("f{i}"), None, dtype)).collect();
            Record::of(wanted, align).map(Some).map_err(PyValueError::new_err)
        }
    }
}

/// The first part, and what follows its comma.
fn one_of_commas(text: &str) -> Option<(DType, &str)> {
    let order = text.starts_with(['<', '>', '=', '|']).then(|| &text[..1]);
    let bare = text[order.map_or(0, str::len)..].trim_start();
    let (shape, bare) = if let Some(inner) = bare.strip_prefix('(') {
        let (numbers, after) = inner.split_once(')')?;
        let shape = numbers.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok());
        (shape.collect::<Option<Vec<usize>>>()?, after)
    } else {
        let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count = if digits == 0 { Vec::new() } else { vec![bare[..digits].parse().ok()?] };
        (if count == [1] { Vec::new() } else { count }, &bare[digits..])
    };
    let (name, rest) = bare.split_once(',').unwrap_or((bare, ""));
    let dtype = by_name(&format!("{}{}", order.unwrap_or(""), name.trim()))?;
    Some((Sub::of(dtype, &shape)?, rest.trim_start()))
}

fn by_class(class: &Bound<'_, PyType>) -> PyResult<Option<DType>> {
    let py = class.py();
    let python = [
        (py.get_type::<PyBool>(), "bool"),
        (py.get_type::<PyInt>(), "int64"),
        (py.get_type::<PyFloat>(), "float64"),
        (py.get_type::<PyComplex>(), "complex128"),
        (py.get_type::<PyString>(), "str"),
        (py.get_type::<PyBytes>(), "bytes"),
        (py.get_type::<PyMemoryView>(), "void"),
    ];
    if let Some((_, name)) = python.iter().find(|(python, _)| class.is(python)) {
        return Ok(DType::parse(name));
    }
    let (module, name) = (class.module()?, class.name()?);
    let (module, name) = (module.to_cow()?, name.to_cow()?);
    match (module.as_ref(), name.as_ref()) {
        ("builtins", "object") | ("numpy", "object_") => Err(no_objects()),
        ("numpy", name) => Ok(by_name(name)),
        ("datetime", "datetime") => Ok(DType::parse("M8[us]")),
        ("datetime", "date") => Ok(DType::parse("M8[D]")),
        ("datetime", "timedelta") => Ok(DType::parse("m8[us]")),
        _ => Ok(None),
    }
}

/// `(dtype, shape)`: a small array; with a dtype without a size, its size.
fn by_pair(tuple: &Bound<'_, PyTuple>, align: bool, depth: usize) -> PyResult<DType> {
    let wrong = || PyTypeError::new_err("a tuple as a data type must be (dtype, shape)");
    let Ok((dtype, shape)) = tuple.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() else { return Err(wrong()) };
    let dtype = part(&dtype, align, depth)?;
    let sized = |size: usize| match dtype.form() {
        Form::Bytes(0) => DType::bytes(size),
        Form::Text { chars: 0, .. } => DType::text(size),
        Form::Void(0) => DType::void(size),
        _ => None,
    };
    let shape = if shape.is_instance_of::<PyInt>() {
        let n = shape.extract::<usize>().map_err(|_| PyValueError::new_err("invalid shape in fixed-type tuple"))?;
        if let Some(dtype) = sized(n) {
            return Ok(dtype);
        }
        vec![n]
    } else {
        shape.extract::<Vec<usize>>().map_err(|_| wrong())?
    };
    small(dtype, &shape)
}

fn small(dtype: DType, shape: &[usize]) -> PyResult<DType> {
    Sub::of(dtype, shape).ok_or_else(|| {
        PyValueError::new_err("invalid shape in fixed-type tuple: dtype size in bytes must fit into a C int.")
    })
}

/// `[("x", "f4"), (("title", "y"), "f4", (2,))]`
fn by_list(list: &Bound<'_, PyList>, align: bool, depth: usize) -> PyResult<DType> {
    let mut wanted: Vec<Wanted> = Vec::with_capacity(list.len());
    for (number, item) in list.iter().enumerate() {
        let wrong = || {
            let text = item.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string());
            PyTypeError::new_err(format!("Field elements must be 2- or 3-tuples, got '{text}'"))
        };
        let item = item.cast::<PyTuple>().map_err(|_| wrong())?;
        if !(2..=3).contains(&item.len()) {
            return Err(wrong());
        }
        let (title, name) = named(&item.get_item(0)?)?;
        let mut dtype = part(&item.get_item(1)?, align, depth)?;
        if item.len() == 3 {
            let shape = item.get_item(2)?;
            let shape = if shape.is_instance_of::<PyInt>() { vec![shape.extract()?] } else { shape.extract()? };
            dtype = small(dtype, &shape)?;
        }
        let name = if name.is_empty() { title.clone().unwrap_or_else(|| format!("f{number}")) } else { name };
        wanted.push((name, title, dtype));
    }
    Record::of(wanted, align).map_err(PyValueError::new_err)
}

/// Title and name of a field.
fn named(object: &Bound<'_, PyAny>) -> PyResult<(Option<String>, String)> {
    if let Ok((title, name)) = object.extract::<(String, String)>() {
        return Ok((Some(title), name));
    }
    let name = object.cast::<PyString>().map_err(|_| PyTypeError::new_err("field names must be strings"))?;
    Ok((None, name.to_cow()?.into_owned()))
}

/// Names, formats, and what else is known of fields; or each field's dtype and offset by its name.
fn by_dict(dict: &Bound<'_, PyDict>, align: bool, depth: usize) -> PyResult<DType> {
    let get = |key: &str| Ok::<_, PyErr>(dict.get_item(key)?.filter(|value| !value.is_none()));
    let (Some(names), Some(formats)) = (get("names")?, get("formats")?) else { return by_fields(dict, align, depth) };
    let names = names.extract::<Vec<String>>()?;
    let formats = formats.extract::<Vec<Bound<'_, PyAny>>>()?;
    let align = get("aligned")?.map_or(Ok(align), |aligned| aligned.is_truthy())?;
    let titles = get("titles")?.map(|titles| titles.extract::<Vec<Option<String>>>()).transpose()?;
    let offsets = get("offsets")?.map(|offsets| offsets.extract::<Vec<usize>>()).transpose()?;
    let itemsize = get("itemsize")?.map(|itemsize| itemsize.extract::<usize>()).transpose()?;
    let count = names.len();
    if formats.len() != count
        || titles.as_ref().is_some_and(|t| t.len() != count)
        || offsets.as_ref().is_some_and(|o| o.len() != count)
    {
        return Err(PyValueError::new_err(
            "'names', 'formats', 'offsets', and 'titles' dict entries must have the same length",
        ));
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for (i, name) in names.into_iter().enumerate() {
        let title = titles.as_ref().and_then(|titles| titles[i].clone());
        wanted.push((name, title, part(&formats[i], align, depth)?));
    }
    placed(wanted, offsets, itemsize, align)
}

fn placed(wanted: Vec<Wanted>, offsets: Option<Vec<usize>>, itemsize: Option<usize>, align: bool) -> PyResult<DType> {
    let natural = match offsets {
        None => {
            let made = Record::of(wanted.clone(), align).map_err(PyValueError::new_err)?;
            made.record().map(|record| record.fields().iter().map(|f| f.offset).collect()).unwrap_or_default()
        }
        Some(offsets) => offsets,
    };
    let fields = wanted.into_iter().zip(natural).map(|((name, title, dtype), offset)| Field {
        name: name.into(),
        title: title.map(Into::into),
        dtype,
        offset,
    });
    Record::at(fields.collect(), itemsize, align).map_err(PyValueError::new_err)
}

/// `{"x": ("f4", 0), "y": ("f4", 4, "title")}`
fn by_fields(dict: &Bound<'_, PyDict>, align: bool, depth: usize) -> PyResult<DType> {
    let mut fields = Vec::new();
    for (name, value) in dict.iter() {
        let wrong = || PyValueError::new_err("entry not a 2- or 3- tuple");
        let value = value.cast::<PyTuple>().map_err(|_| wrong())?;
        if !(2..=3).contains(&value.len()) {
            return Err(wrong());
        }
        let title = if value.len() == 3 { value.get_item(2)?.extract::<Option<String>>()? } else { None };
        let (_, name) = named(&name)?;
        if title.as_deref() == Some(&name) {
            continue;
        }
        let dtype = part(&value.get_item(0)?, align, depth)?;
        let offset = value.get_item(1)?.extract::<usize>()?;
        fields.push(Field { name: name.into(), title: title.map(Into::into), dtype, offset });
    }
    fields.sort_by_key(|f| f.offset);
    Record::at(fields, None, align).map_err(PyValueError::new_err)
}

/// NumPy's dtypes say what they are: their fields, their small array, or in their attribute `str`: `"<f8"`.
fn by_attributes(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<DType>> {
    let Some(text) = object.getattr_opt("str")? else { return Ok(None) };
    let Ok(text) = text.extract::<String>() else { return Ok(None) };
    let known = |name: &str| Ok::<_, PyErr>(object.getattr_opt(name)?.filter(|value| !value.is_none()));
    if let Some(sub) = known("subdtype")? {
        let (base, shape) = sub.extract::<(Bound<'_, PyAny>, Vec<usize>)>()?;
        return small(part(&base, false, depth)?, &shape).map(Some);
    }
    if let (Some(names), Some(fields)) = (known("names")?, known("fields")?) {
        let align = known("isalignedstruct")?.is_some_and(|flag| flag.is_truthy().unwrap_or(false));
        let mut all = Vec::new();
        for name in names.extract::<Vec<String>>()? {
            let told = fields.get_item(&name)?;
            let title = if told.len()? > 2 { told.get_item(2)?.extract::<Option<String>>()? } else { None };
            let (dtype, offset) = (part(&told.get_item(0)?, false, depth)?, told.get_item(1)?.extract::<usize>()?);
            all.push(Field { name: name.into(), title: title.map(Into::into), dtype, offset });
        }
        let itemsize = object.getattr("itemsize")?.extract::<usize>()?;
        return Record::at(all, Some(itemsize), align).map(Some).map_err(PyValueError::new_err);
    }
    by_text(&text, false)
}
