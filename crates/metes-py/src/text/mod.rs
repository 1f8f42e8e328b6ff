//! Arrays as text, as NumPy prints them with its default options: aligned columns, at most 8 fractional digits, lines of
//! 75 characters, and the edges only of arrays above 1000 elements.

mod elements;
mod float;

use crate::element::{each_edge, scalar_object};
use elements::Formatter;
use metes_array::{Array, Scalar, shape_text};
use metes_dtype::Kind;
use pyo3::prelude::*;

const LINE_WIDTH: usize = 75;
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;

/// `"array([1., 2.], dtype=float32)"`.
pub(crate) fn repr(array: &Array) -> PyResult<String> {
    const PREFIX: &str = "array(";
    let mut text = format!("{PREFIX}{}", body(array, ", ", PREFIX.len(), LINE_WIDTH - 1)?);
    let mut extras = Vec::new();
    if array.size() == 0 && array.shape() != [0] || array.size() > THRESHOLD {
        extras.push(format!("shape={}", shape_text(array.shape())));
    }
    let implied = matches!(array.dtype().kind(), Kind::Bool | Kind::I64 | Kind::F64 | Kind::C128);
    if !implied || array.size() == 0 {
        extras.push(format!("dtype={}", array.dtype()));
    }
    if extras.is_empty() {
        return Ok(text + ")");
    }
    let extras = extras.join(", ") + ")";
    text.push(',');
    let last_line = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    let fits = last_line + extras.len() < LINE_WIDTH;
    text += &if fits { " ".to_owned() } else { format!("\n{}", " ".repeat(PREFIX.len())) };
    Ok(text + &extras)
}

/// `"[1. 2.]"`; an array without axes as the number that it is.
pub(crate) fn str(py: Python<'_>, array: &Array) -> PyResult<String> {
    if array.ndim() > 0 {
        return body(array, " ", 0, LINE_WIDTH);
    }
    let mut text = String::new();
    each_edge(array, None, |value| {
        text = match (array.dtype().kind(), value) {
            (kind @ (Kind::F16 | Kind::F32), Scalar::Float(value)) => float::shortest_text(kind, value),
            (Kind::C64, Scalar::Complex(re, im)) => elements::complex64_text(re, im),
            _ => scalar_object(py, value)?.str()?.to_string(),
        };
        Ok(())
    })?;
    Ok(text)
}

fn body(array: &Array, separator: &str, prefix: usize, width: usize) -> PyResult<String> {
    if array.size() == 0 {
        return Ok("[]".to_owned());
    }
    let edge = (array.size() > THRESHOLD).then_some(EDGE);
    let mut values = Vec::new();
    each_edge(array, edge, |value| {
        values.push(value);
        Ok(())
    })?;
    let formatter = Formatter::new(array.dtype().kind(), &values, array.ndim() == 0);
    let mut words = values.iter().map(|value| formatter.word(*value));
    let mut nest = Nest { words: &mut words, separator, edge };
    Ok(nest.level(array.shape(), prefix + 1, width))
}

/// The brackets and line breaks around words that come in C order.
struct Nest<'a> {
    words: &'a mut dyn Iterator<Item = String>,
    separator: &'a str,
    edge: Option<usize>,
}

impl Nest<'_> {
    fn level(&mut self, shape: &[usize], indent: usize, width: usize) -> String {
        match shape {
            [] => self.words.next().unwrap_or_default(),
            [n] => self.row(*n, indent, width),
            [n, inner @ ..] => self.rows(*n, inner, indent, width),
        }
    }

    /// The items before the dots, if there are dots, and how many there are in all.
    fn shown(&self, n: usize) -> (Option<usize>, usize) {
        match self.edge {
            Some(edge) if n > 2 * edge => (Some(edge), 2 * edge),
            _ => (None, n),
        }
    }

    fn row(&mut self, n: usize, indent: usize, width: usize) -> String {
        let room = width - self.separator.trim_end().len().max(1);
        let mut lines = Lines { done: String::new(), line: " ".repeat(indent), indent, room };
        let (dots, shown) = self.shown(n);
        for index in 0..shown {
            if dots == Some(index) {
                lines.word("...");
                lines.line += self.separator;
            }
            lines.word(&self.words.next().unwrap_or_default());
            if index + 1 < shown {
                lines.line += self.separator;
            }
        }
        let text = lines.done + &lines.line;
        format!("[{}]", &text[indent..])
    }

    fn rows(&mut self, n: usize, inner: &[usize], indent: usize, width: usize) -> String {
        let line_end = format!("{}{}", self.separator.trim_end(), "\n".repeat(inner.len()));
        let margin = " ".repeat(indent);
        let (dots, shown) = self.shown(n);
        let mut parts = Vec::new();
        for index in 0..shown {
            if dots == Some(index) {
                parts.push(format!("{margin}..."));
            }
            parts.push(format!("{margin}{}", self.level(inner, indent + 1, width - 1)));
        }
        format!("[{}]", &parts.join(&line_end)[indent..])
    }
}

struct Lines {
    done: String,
    line: String,
    indent: usize,
    room: usize,
}

impl Lines {
    fn word(&mut self, word: &str) {
        if self.line.len() + word.len() > self.room && self.line.len() > self.indent {
            self.done += self.line.trim_end();
            self.done.push('\n');
            self.line = " ".repeat(self.indent);
        }
        self.line += word;
    }
}
