//! One element as a word, all words of an array equally wide.

use super::float::{FloatFormat, shortest_text};
use super::options::{Options, Sign};
use crate::element::scalar_object;
use metes_array::Scalar;
use metes_dtype::{Category, Kind};
use pyo3::prelude::*;

/// How the elements of one array are written.
pub(super) enum Formatter<'py> {
    Bool {
        lone: bool,
    },
    Int {
        width: usize,
        sign: Sign,
    },
    Float(FloatFormat),
    Complex(FloatFormat, FloatFormat),
    /// By a function of the user's.
    Custom(Bound<'py, PyAny>),
}

impl<'py> Formatter<'py> {
    /// For these values; `lone` if the array has no axes.
    pub fn new(
        py: Python<'py>,
        kind: Kind,
        values: &[Scalar],
        lone: bool,
        options: &Options,
    ) -> PyResult<Formatter<'py>> {
        if let Some(function) = custom(py, kind, options)? {
            return Ok(Formatter::Custom(function));
        }
        let reals = values.iter().map(|v| parts(*v).0);
        Ok(match kind.category() {
            Category::Bool => Formatter::Bool { lone },
            Category::Float => Formatter::Float(FloatFormat::new(kind, reals, options, options.sign)),
            Category::Complex => Formatter::Complex(
                FloatFormat::new(kind.real(), reals, options, options.sign),
                FloatFormat::new(kind.real(), values.iter().map(|v| parts(*v).1), options, Sign::Plus),
            ),
            Category::Signed | Category::Unsigned | Category::Other => int(values, options.sign),
        })
    }

    /// The word for one value.
    pub fn word(&self, py: Python<'py>, value: Scalar) -> PyResult<String> {
        Ok(match self {
            Formatter::Bool { lone } => match (integer(value) != 0, lone) {
                (true, true) => "True".to_owned(),
                (true, false) => " True".to_owned(),
                (false, _) => "False".to_owned(),
            },
            Formatter::Int { width, sign } => format!("{:>width$}", signed(integer(value), *sign)),
            Formatter::Float(format) => format.word(parts(value).0),
            Formatter::Complex(real, imag) => {
                let (re, im) = parts(value);
                let im = imag.word(im);
                let end = im.trim_end().len();
                format!("{}{}j{}", real.word(re), &im[..end], &im[end..])
            }
            Formatter::Custom(function) => function.call1((scalar_object(py, value)?,))?.str()?.to_string(),
        })
    }
}

/// The function that the options give for a kind, the narrowest key first.
fn custom<'py>(py: Python<'py>, kind: Kind, options: &Options) -> PyResult<Option<Bound<'py, PyAny>>> {
    let keys = match kind.category() {
        Category::Bool => ["bool", "bool", "all"],
        Category::Signed | Category::Unsigned | Category::Other => ["int", "int_kind", "all"],
        Category::Float => ["float", "float_kind", "all"],
        Category::Complex => ["complexfloat", "complex_kind", "all"],
    };
    given(py, &keys, options)
}

/// The function that the options give under the first of these keys.
pub(super) fn given<'py>(py: Python<'py>, keys: &[&str], options: &Options) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(functions) = &options.formatter else { return Ok(None) };
    for key in keys {
        if let Some(function) = functions.bind(py).get_item(key)?.filter(|function| !function.is_none()) {
            return Ok(Some(function));
        }
    }
    Ok(None)
}

fn int<'py>(values: &[Scalar], sign: Sign) -> Formatter<'py> {
    let negative = values.iter().any(|v| integer(*v) < 0);
    let sign = if sign == Sign::Space && negative { Sign::Minus } else { sign };
    let width = values.iter().map(|v| signed(integer(*v), sign).len()).max().unwrap_or(0);
    Formatter::Int { width, sign }
}

fn signed(value: i128, sign: Sign) -> String {
    match sign {
        Sign::Plus if value >= 0 => format!("+{value}"),
        Sign::Space if value >= 0 => format!(" {value}"),
        _ => value.to_string(),
    }
}

/// A `complex64` that stands alone, `"(1+2j)"`.
pub(super) fn complex64_text(re: f64, im: f64) -> String {
    let bare = |value| {
        let text = shortest_text(Kind::F32, value);
        text.strip_suffix(".0").unwrap_or(&text).to_owned()
    };
    if re == 0.0 && !re.is_sign_negative() {
        return format!("{}j", bare(im));
    }
    let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
    format!("({}{sign}{}j)", bare(re), bare(im))
}

fn parts(value: Scalar) -> (f64, f64) {
    match value {
        Scalar::Complex(re, im) => (re, im),
        Scalar::Float(value) => (value, 0.0),
        other => (integer(other) as f64, 0.0),
    }
}

fn integer(value: Scalar) -> i128 {
    match value {
        Scalar::Bool(value) => i128::from(value),
        Scalar::Int(value) => value,
        Scalar::Float(value) | Scalar::Complex(value, _) => value as i128,
    }
}
