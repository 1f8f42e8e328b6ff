//! Elements as words: numbers in columns, text between quotes, time as it is counted, records field by field.

use super::elements::{Formatter, given};
use super::options::Options;
use crate::element::each_edge;
use metes_array::{Array, Index, Order};
use metes_dtype::{DType, Form, NAT, Time};
use pyo3::prelude::*;

/// What stands after `dtype=`.
pub(super) fn dtype_text(dtype: DType) -> String {
    match dtype.form() {
        Form::Number(kind) => kind.name().to_owned(),
        Form::Record(_) => dtype.to_string(),
        Form::Time(time) if time.suffix().is_empty() && !time.swapped => dtype.to_string(),
        _ => format!("'{dtype}'"),
    }
}

/// One element as `str` gives it.
pub(super) fn lone(py: Python<'_>, array: &Array) -> PyResult<String> {
    match array.dtype().form() {
        Form::Time(time) => {
            let count = crate::objects::ticks(array)?;
            Ok(if time.span { time.words(count) } else { time.text(count) })
        }
        Form::Record(_) => Ok(words(py, array, None, &super::options::current(py)?)?.concat()),
        _ => Ok(crate::objects::item(py, array, &[])?.str()?.to_string()),
    }
}

/// The words of all elements in C order, of long axes only the first and last `edge`.
pub(super) fn words(py: Python<'_>, array: &Array, edge: Option<usize>, options: &Options) -> PyResult<Vec<String>> {
    match array.dtype().form() {
        Form::Number(kind) | Form::Swapped(kind) => {
            let mut values = Vec::new();
            each_edge(array, edge, |value| {
                values.push(value);
                Ok(())
            })?;
            let formatter = Formatter::new(py, kind, &values, array.ndim() == 0, options)?;
            values.iter().map(|value| formatter.word(py, *value)).collect()
        }
        Form::Record(record) => {
            let mut columns = Vec::new();
            for field in record.fields() {
                let view = array.field(&field.name).map_err(crate::errors::raise)?;
                columns.push(column(py, &view, array.ndim(), edge, options)?);
            }
            let count = elements(array, edge)?.len();
            let row = |i: usize| {
                let fields: Vec<&str> = columns.iter().map(|column| column[i].as_str()).collect();
                let end = if fields.len() == 1 { "," } else { "" };
                format!("({}{end})", fields.join(", "))
            };
            Ok((0..count).map(row).collect())
        }
        _ => {
            let parts = elements(array, edge)?;
            if let Some(function) = given(py, keys(array.dtype()), options)? {
                return parts.iter().map(|element| by_function(py, &function, element)).collect();
            }
            let words = parts.iter().map(|element| {
                if let Some(time) = array.dtype().time() {
                    return Ok(counted(time, crate::objects::ticks(element)?));
                }
                let item = crate::objects::item(py, element, &[])?;
                match array.dtype().form() {
                    Form::Void(_) => raw(&item),
                    _ => Ok(item.repr()?.to_string()),
                }
            });
            let words = words.collect::<PyResult<Vec<String>>>()?;
            let width = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
            let width = if array.dtype().time().is_some() { width } else { 0 };
            Ok(words.into_iter().map(|w| format!("{w:>width$}")).collect())
        }
    }
}

/// Under which keys the options have functions for elements that are no numbers.
fn keys(dtype: DType) -> &'static [&'static str] {
    match dtype.form() {
        Form::Time(time) if time.span => &["timedelta", "all"],
        Form::Time(_) => &["datetime", "all"],
        Form::Void(_) => &["void", "all"],
        _ => &["numpystr", "str_kind", "all"],
    }
}

/// What a function of the user's makes of an element: of time as an array, of text as what Python has.
fn by_function(py: Python<'_>, function: &Bound<'_, PyAny>, element: &Array) -> PyResult<String> {
    let value = match element.dtype().time() {
        Some(_) => crate::object::from_array(py, element.copy(Order::C).map_err(crate::errors::raise)?, None),
        None => crate::objects::item(py, element, &[])?,
    };
    Ok(function.call1((value,))?.str()?.to_string())
}

/// A span as a number, an instant or none between quotes.
fn counted(time: Time, count: i64) -> String {
    let text = time.text(count);
    if time.span && count != NAT { text } else { format!("'{text}'") }
}

/// The words of a field: those of small arrays in brackets.
fn column(py: Python<'_>, view: &Array, ndim: usize, edge: Option<usize>, options: &Options) -> PyResult<Vec<String>> {
    if view.ndim() == ndim {
        return words(py, view, edge, options);
    }
    let smalls = elements_of(view, ndim, edge)?;
    let words = match view.dtype().any_number() {
        // All small arrays have one width, and are one line each.
        Some(kind) => {
            let mut values = Vec::new();
            for small in &smalls {
                each_edge(small, None, |value| {
                    values.push(value);
                    Ok(())
                })?;
            }
            let formatter = Formatter::new(py, kind, &values, false, options)?;
            values.iter().map(|value| formatter.word(py, *value)).collect::<PyResult<Vec<String>>>()?
        }
        None => {
            smalls.iter().map(|small| self::words(py, small, None, options)).collect::<PyResult<Vec<_>>>()?.concat()
        }
    };
    let mut words = words.into_iter();
    Ok(smalls.iter().map(|small| line(small.shape(), &mut words, options.edge_of(small.size()))).collect())
}

/// The words of a small array in brackets, on one line; of long axes those at the edges.
fn line(shape: &[usize], words: &mut dyn Iterator<Item = String>, edge: Option<usize>) -> String {
    let Some((n, inner)) = shape.split_first() else { return words.next().unwrap_or_default() };
    let mut parts: Vec<String> = (0..*n).map(|_| line(inner, words, edge)).collect();
    if let Some(edge) = edge
        && *n > edge.saturating_mul(2)
    {
        parts.splice(edge..n - edge, ["...".to_owned()]);
    }
    format!("[{}]", parts.join(", "))
}

/// `b'\x01\x02'`, every byte in hexadecimal digits, as NumPy shows raw bytes.
fn raw(item: &Bound<'_, PyAny>) -> PyResult<String> {
    let bytes = item.extract::<Vec<u8>>()?;
    let digits: String = bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect();
    Ok(format!("b'{digits}'"))
}

fn elements(array: &Array, edge: Option<usize>) -> PyResult<Vec<Array>> {
    elements_of(array, array.ndim(), edge)
}

/// Views of the parts that the first `ndim` axes index, in C order.
fn elements_of(array: &Array, ndim: usize, edge: Option<usize>) -> PyResult<Vec<Array>> {
    if ndim == 0 {
        return Ok(vec![array.clone()]);
    }
    let n = array.shape()[0];
    let edge = edge.unwrap_or(usize::MAX);
    let middle = if n > edge.saturating_mul(2) { edge..n - edge } else { n..n };
    let mut all = Vec::new();
    for i in (0..middle.start).chain(middle.end..n) {
        let part = array.index(&[Index::At(i as isize)]).map_err(crate::errors::raise)?;
        all.extend(elements_of(&part, ndim - 1, edge.into())?);
    }
    Ok(all)
}
