//! Numbers as text, in the words of Python's `str`, and what a number is as an element of another sort.

use crate::Scalar;
use half::f16;
use metes_dtype::{DType, Form, Kind, for_half};
use std::fmt::Write;

impl Scalar {
    /// The number as NumPy writes it as text: `"True"`, `"-5"`, `"1e+16"`, `"(1+2j)"`; with as few digits as tell it apart from
    /// the other numbers of its kind.
    pub fn spelled(self, kind: Kind, into: &mut String) {
        match self {
            Scalar::Float(value) => real(value, kind, true, into),
            Scalar::Complex(re, im) => {
                // A sum, as Python writes one whose first part is no positive zero.
                let both = re != 0.0 || re.is_sign_negative();
                if both {
                    into.push('(');
                    real(re, kind, false, into);
                    if !im.is_sign_negative() || im.is_nan() {
                        into.push('+');
                    }
                }
                real(im, kind, false, into);
                into.push_str(if both { "j)" } else { "j" });
            }
            plain => _ = write!(into, "{plain}"),
        }
    }

    /// Writes the number as an element of a dtype of no numbers: as text, as a count of time, as its own bytes, into each
    /// field; [`Scalar::check`] has been asked.
    pub(crate) fn write_otherwise(self, dtype: DType, own: &mut [u8]) {
        own.fill(0);
        match dtype.form() {
            Form::Bytes(_) | Form::Text { .. } => {
                let mut text = String::new();
                self.spelled(self.default_dtype().number().unwrap_or(Kind::F64), &mut text);
                let (wide, swapped) = (matches!(dtype.form(), Form::Text { .. }), dtype.is_swapped() == Some(true));
                for (place, point) in own.chunks_exact_mut(if wide { 4 } else { 1 }).zip(text.bytes()) {
                    place[if swapped { 3 } else { 0 }] = point;
                }
            }
            Form::Time(time) => {
                let count = match self {
                    Scalar::Bool(value) => i64::from(value),
                    Scalar::Int(value) => value as i64,
                    Scalar::Float(value) | Scalar::Complex(value, _) if value.is_nan() => metes_dtype::NAT,
                    Scalar::Float(value) | Scalar::Complex(value, _) => value as i64,
                };
                own.copy_from_slice(&if time.swapped { count.to_be_bytes() } else { count.to_le_bytes() });
            }
            Form::Void(_) => {
                let (mut bytes, dtype) = ([0; 16], self.default_dtype());
                // SAFETY: there is room for a number of any kind.
                unsafe { self.write(dtype, bytes.as_mut_ptr()) };
                let n = own.len().min(dtype.size());
                own[..n].copy_from_slice(&bytes[..n]);
            }
            Form::Record(record) => {
                for field in record.fields() {
                    let part = &mut own[field.offset..field.offset + field.dtype.size()];
                    // SAFETY: the bytes of one field.
                    unsafe { self.write(field.dtype, part.as_mut_ptr()) };
                }
            }
            Form::Sub(sub) => {
                let width = sub.base().size().max(1);
                // SAFETY: the bytes of one element of the small array.
                own.chunks_exact_mut(width).for_each(|part| unsafe { self.write(sub.base(), part.as_mut_ptr()) });
            }
            Form::Number(_) | Form::Swapped(_) => {}
        }
    }
}

/// Digits and exponent of a finite number's shortest text: `"1.5e-7"`.
fn shortest(value: f64, kind: Kind) -> String {
    match kind.real() {
        Kind::F16 => {
            let half = |value: f64| f16::from_f32(for_half(value));
            let same = |text: &String| text.parse().is_ok_and(|back| half(back) == half(value));
            let found = (0..5).map(|digits| format!("{value:.digits$e}")).find(same);
            found.unwrap_or_else(|| format!("{value:e}"))
        }
        Kind::F32 => format!("{:e}", value as f32),
        _ => format!("{value:e}"),
    }
}

/// One real number; `alone` it keeps a zero behind the point.
fn real(value: f64, kind: Kind, alone: bool, into: &mut String) {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() && !value.is_nan() { "-" } else { "" };
        _ = write!(into, "{sign}{}", if value.is_nan() { "nan" } else { "inf" });
        return;
    }
    let text = shortest(value, kind);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value.is_sign_negative() {
        into.push('-');
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let most = if kind.real() == Kind::F16 { 3 } else { 16 };
    if value != 0.0 && !(-4..most).contains(&exponent) {
        let rest = digits[1..].trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        _ = write!(into, "{}{point}{rest}e{sign}{:02}", &digits[..1], exponent.abs());
        return;
    }
    if exponent < 0 {
        _ = write!(into, "0.{}{digits}", "0".repeat((-exponent - 1) as usize));
        return;
    }
    let whole = exponent as usize + 1;
    let zeros = "0".repeat(whole.saturating_sub(digits.len()));
    let (front, rest) = digits.split_at(whole.min(digits.len()));
    _ = write!(into, "{front}{zeros}");
    if !rest.is_empty() {
        _ = write!(into, ".{rest}");
    } else if alone {
        into.push_str(".0");
    }
}
