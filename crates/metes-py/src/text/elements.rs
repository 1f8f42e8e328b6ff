//! One element as a word, all words of an array equally wide.

use super::float::{FloatFormat, shortest_text};
use metes_array::Scalar;
use metes_dtype::Kind;

/// How the elements of one array are written.
pub(super) enum Formatter {
    Bool { lone: bool },
    Int { width: usize },
    Float(FloatFormat),
    Complex(FloatFormat, FloatFormat),
}

impl Formatter {
    /// For these values; `lone` if the array has no axes.
    pub fn new(kind: Kind, values: &[Scalar], lone: bool) -> Formatter {
        match kind {
            Kind::Bool => Formatter::Bool { lone },
            Kind::F16 | Kind::F32 | Kind::F64 => {
                Formatter::Float(FloatFormat::new(kind, values.iter().map(|v| parts(*v).0), false))
            }
            Kind::C64 | Kind::C128 => {
                let part = if kind == Kind::C64 { Kind::F32 } else { Kind::F64 };
                Formatter::Complex(
                    FloatFormat::new(part, values.iter().map(|v| parts(*v).0), false),
                    FloatFormat::new(part, values.iter().map(|v| parts(*v).1), true),
                )
            }
            _ => Formatter::Int { width: values.iter().map(|v| integer(*v).to_string().len()).max().unwrap_or(0) },
        }
    }

    /// The word for one value.
    pub fn word(&self, value: Scalar) -> String {
        match self {
            Formatter::Bool { lone } => match (integer(value) != 0, lone) {
                (true, true) => "True".to_owned(),
                (true, false) => " True".to_owned(),
                (false, _) => "False".to_owned(),
            },
            Formatter::Int { width } => format!("{:>width$}", integer(value)),
            Formatter::Float(format) => format.word(parts(value).0),
            Formatter::Complex(real, imag) => {
                let (re, im) = parts(value);
                let im = imag.word(im);
                let end = im.trim_end().len();
                format!("{}{}j{}", real.word(re), &im[..end], &im[end..])
            }
        }
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
