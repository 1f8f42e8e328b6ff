//! Floating-point numbers as text: the fewest digits that tell a number from its neighbours, cut to 8 after the point.

use half::f16;
use metes_dtype::Kind;

/// Digits after the point, at most.
const PRECISION: usize = 8;

/// How the floats of one array are written.
pub(super) struct FloatFormat {
    kind: Kind,
    plus: bool,
    exponential: bool,
    left: usize,
    right: usize,
    fraction: usize,
    exponent: usize,
}

impl FloatFormat {
    /// For these values; `plus` writes the sign of positive numbers too.
    pub fn new(kind: Kind, values: impl Iterator<Item = f64> + Clone, plus: bool) -> FloatFormat {
        let finite = values.clone().filter(|v| v.is_finite());
        let exponential = is_exponential(kind, finite.clone());
        let mut format = FloatFormat { kind, plus, exponential, left: 0, right: 0, fraction: 0, exponent: 0 };
        for value in finite {
            let word = Word::new(kind, value, plus, exponential, None);
            format.left = format.left.max(word.integer.len());
            format.fraction = format.fraction.max(word.fraction.len());
            format.exponent = format.exponent.max(word.exponent.map_or(0, exponent_digits));
        }
        format.right = format.fraction + if exponential { format.exponent + 2 } else { 0 };
        for value in values.filter(|v| !v.is_finite()) {
            format.left = format.left.max(odd_text(value, plus).len().saturating_sub(format.right + 1));
        }
        format
    }

    /// The word for one value.
    pub fn word(&self, value: f64) -> String {
        if !value.is_finite() {
            return format!("{:>1$}", odd_text(value, self.plus), self.left + self.right + 1);
        }
        let places = self.exponential.then_some(self.fraction);
        let word = Word::new(self.kind, value, self.plus, self.exponential, places);
        match word.exponent {
            Some(exponent) => format!(
                "{:>left$}.{:0<fraction$}e{}{:0>digits$}",
                word.integer,
                word.fraction,
                if exponent < 0 { '-' } else { '+' },
                exponent.abs(),
                left = self.left,
                fraction = self.fraction,
                digits = self.exponent
            ),
            None => {
                format!("{:>left$}.{:<right$}", word.integer, word.fraction, left = self.left, right = self.right)
            }
        }
    }
}

/// Very large, very small or very different numbers are written with exponents.
fn is_exponential(kind: Kind, finite: impl Iterator<Item = f64>) -> bool {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for value in finite.map(f64::abs).filter(|v| *v != 0.0) {
        low = low.min(value);
        high = high.max(value);
    }
    let most = 10_f64.powi(kept_digits(kind).min(8));
    // NumPy compares in the kind itself, so a float32 of 0.0001 is not below 0.0001.
    high != 0.0 && (high >= most || low < rounded(kind, 0.0001) || rounded(kind, high / low) > 1000.0)
}

fn rounded(kind: Kind, value: f64) -> f64 {
    match kind {
        Kind::F16 => f16::from_f64(value).to_f64(),
        Kind::F32 => f64::from(value as f32),
        _ => value,
    }
}

/// Decimal digits that the kind keeps; where exponents begin for a number that stands alone.
fn kept_digits(kind: Kind) -> i32 {
    match kind {
        Kind::F16 => 3,
        Kind::F32 => 6,
        _ => 16,
    }
}

fn odd_text(value: f64, plus: bool) -> String {
    let name = if value.is_nan() { "nan" } else { "inf" };
    let sign = match (value.is_nan(), value < 0.0) {
        (false, true) => "-",
        _ if plus => "+",
        _ => "",
    };
    format!("{sign}{name}")
}

fn exponent_digits(exponent: i32) -> usize {
    exponent.abs().to_string().len().max(2)
}

/// One finite number in pieces.
struct Word {
    integer: String,
    fraction: String,
    exponent: Option<i32>,
}

impl Word {
    /// `places`: exactly so many digits after the point, further ones than the shortest being the number's own.
    fn new(kind: Kind, value: f64, plus: bool, exponential: bool, places: Option<usize>) -> Word {
        let sign = if value.is_sign_negative() {
            "-"
        } else if plus {
            "+"
        } else {
            ""
        };
        let (digits, exponent) = shortest(kind, value.abs());
        let (text, exponent) = if exponential {
            let short = digits.len() - 1;
            let wanted = places.unwrap_or(short.min(PRECISION));
            let text = match short == wanted {
                true => format!("{}.{}e{exponent}", &digits[..1], &digits[1..]),
                false => format!("{:.wanted$e}", value.abs()),
            };
            let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
            (mantissa.to_owned(), Some(power.parse().unwrap_or(0)))
        } else {
            let short = (digits.len() as i32 - 1 - exponent).max(0) as usize;
            let cut = short > PRECISION;
            (if cut { format!("{:.PRECISION$}", value.abs()) } else { positional(&digits, exponent) }, None)
        };
        let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Word { integer: format!("{sign}{integer}"), fraction: fraction.trim_end_matches('0').to_owned(), exponent }
    }
}

/// The fewest digits `d.ddd` and the power of ten, for a number that is not negative.
fn shortest(kind: Kind, value: f64) -> (String, i32) {
    let text = match kind {
        Kind::F16 => (0..5)
            .map(|places| format!("{value:.places$e}"))
            .find(|text| text.parse::<f64>().is_ok_and(|back| f16::from_f64(back).to_f64() == value))
            .unwrap_or_else(|| format!("{value:e}")),
        Kind::F32 => format!("{:e}", value as f32),
        _ => format!("{value:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn positional(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}.", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}

/// A `float16` or `float32` that stands alone: `"0.1"`, `"1e+16"`, as Python writes floats.
pub(super) fn shortest_text(kind: Kind, value: f64) -> String {
    if !value.is_finite() {
        return odd_text(value, false);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (digits, exponent) = shortest(kind, value.abs());
    if value != 0.0 && !(-4..kept_digits(kind)).contains(&exponent) {
        let fraction = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        let power = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{fraction}e{power}{:02}", &digits[..1], exponent.abs());
    }
    let text = positional(&digits, exponent);
    if text.ends_with('.') { format!("{sign}{text}0") } else { format!("{sign}{text}") }
}
