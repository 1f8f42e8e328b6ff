//! Arrays as text, as NumPy prints them: aligned columns, lines of limited width, and the edges only of long arrays.

mod elements;
mod float;
mod html;
mod nest;
mod options;
mod others;

use crate::element::{each_edge, scalar_object};
use crate::fastcall::{Args, add_functions, method, object};
use crate::object::this;
use metes_array::{Array, Scalar, shape_text};
use metes_dtype::Kind;
use nest::Nest;
use options::Options;
use pyo3::prelude::*;

pub(crate) use html::html;

const PREFIX: &str = "array(";

/// `"array([1., 2.], dtype=float32)"`.
pub(crate) fn repr(py: Python<'_>, array: &Array) -> PyResult<String> {
    repr_with(py, array, &options::current(py)?)
}

fn repr_with(py: Python<'_>, array: &Array, options: &Options) -> PyResult<String> {
    let width = options.width.saturating_sub(1);
    let mut text = format!("{PREFIX}{}", body(py, array, ", ", PREFIX.len(), width, options)?);
    let mut extras = Vec::new();
    if array.size() == 0 && array.shape() != [0] || options.is_cut(array.size()) {
        extras.push(format!("shape={}", shape_text(array.shape())));
    }
    let implied = matches!(array.dtype().number(), Some(Kind::Bool | Kind::I64 | Kind::F64 | Kind::C128));
    if !implied || array.size() == 0 {
        extras.push(format!("dtype={}", others::dtype_text(array.dtype())));
    }
    if extras.is_empty() {
        return Ok(text + ")");
    }
    let extras = extras.join(", ") + ")";
    text.push(',');
    let last_line = text.chars().rev().take_while(|c| *c != '\n').count();
    let fits = last_line + extras.len() < options.width;
    text += &if fits { " ".to_owned() } else { format!("\n{}", " ".repeat(PREFIX.len())) };
    Ok(text + &extras)
}

/// `"[1. 2.]"`; an array without axes as the number that it is.
pub(crate) fn str(py: Python<'_>, array: &Array) -> PyResult<String> {
    str_with(py, array, &options::current(py)?)
}

fn str_with(py: Python<'_>, array: &Array, options: &Options) -> PyResult<String> {
    if array.ndim() > 0 {
        return body(py, array, " ", 0, options.width, options);
    }
    let mut text = String::new();
    let Some(kind) = array.dtype().any_number() else { return others::lone(py, array) };
    each_edge(array, None, |value| {
        text = match (kind, value) {
            (Kind::F16 | Kind::F32, Scalar::Float(value)) => float::shortest_text(kind, value),
            (Kind::C64, Scalar::Complex(re, im)) => elements::complex64_text(re, im),
            _ => scalar_object(py, value)?.str()?.to_string(),
        };
        Ok(())
    })?;
    Ok(text)
}

/// The brackets and what is in them, for lines that begin after `prefix` characters.
fn body(
    py: Python<'_>,
    array: &Array,
    separator: &str,
    prefix: usize,
    width: usize,
    options: &Options,
) -> PyResult<String> {
    if array.size() == 0 {
        return Ok("[]".to_owned());
    }
    let edge = options.edge_of(array.size());
    let words = others::words(py, array, edge, options)?;
    let mut nest = Nest { words: &mut words.into_iter(), separator, edge };
    Ok(nest.level(array.shape(), prefix + 1, width))
}

/// `array2string`, `array_repr` and `array_str` with options given; `form` says which.
fn array_text<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let py = args.py();
    let array = this(args.required(0)?)?;
    let options = args.required(1)?.cast::<Options>()?.get().clone();
    let text = match args.required(2)?.extract::<&str>()? {
        "repr" => repr_with(py, array, &options)?,
        "str" => str_with(py, array, &options)?,
        _ => {
            let separator: String = args.required(3)?.extract()?;
            let (prefix, suffix): (String, String) = (args.required(4)?.extract()?, args.required(5)?.extract()?);
            let width = options.width.saturating_sub(suffix.chars().count());
            body(py, array, &separator, prefix.chars().count(), width, &options)?
        }
    };
    object(py, text)
}

/// Adds what the façade of printing builds on: `_array_text`, and the context variable of the options.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("_print_options", options::variable(module.py())?)?;
    let text = method!(
        "_array_text",
        array_text,
        ["array", "options", "form", "separator=' '", "prefix=''", "suffix=''"],
        "The text of an array under given options."
    );
    add_functions(module, vec![text])
}
