//! Floating-point numbers as text: the fewest digits that tell a number from its neighbours, cut and padded as the
//! options say.

use super::options::{FloatMode, Options, Sign};
use half::f16;
use metes_dtype::{Kind, for_half};

/// How the floats of one array are written.
pub(super) struct FloatFormat {
    kind: Kind,
    plus: bool,
    nan: String,
    inf: String,
    exponential: bool,
    places: Places,
    /// Characters before the point, and after it.
    left: usize,
    right: usize,
    /// Digits of the exponent.
    exponent: usize,
}

/// Digits after the point.
#[derive(Clone, Copy)]
enum Places {
    /// Those that the number needs, at most so many.
    AtMost(Option<usize>),
    /// So many.
    Exactly(usize),
}

impl FloatFormat {
    /// For these values, with a sign of their own where they are the imaginary parts of others.
    pub fn new(kind: Kind, values: impl Iterator<Item = f64> + Clone, options: &Options, sign: Sign) -> FloatFormat {
        let finite = values.clone().filter(|v| v.is_finite());
        let fixed = options.precision.filter(|_| options.mode == FloatMode::Fixed);
        let mut format = FloatFormat {
            kind,
            plus: sign == Sign::Plus,
            nan: options.nan.clone(),
            inf: options.inf.clone(),
            exponential: is_exponential(kind, finite.clone(), options.suppress),
            places: fixed.map_or(Places::AtMost(options.most_digits()), Places::Exactly),
            left: 0,
            right: 0,
            exponent: 0,
        };
        let fraction = format.measure(finite.clone());
        if format.exponential || fixed.is_some() || options.mode == FloatMode::MaxPrecEqual {
            format.places = Places::Exactly(fraction);
        }
        format.right = fraction + if format.exponential { format.exponent + 2 } else { 0 };
        if sign == Sign::Space && !finite.clone().any(f64::is_sign_negative) {
            format.left += 1;
        }
        let odd = values.filter(|v| !v.is_finite());
        if odd.clone().next().is_some() {
            let signed = usize::from(sign != Sign::Minus || odd.clone().any(|v| v < 0.0));
            let longest = format.nan.len().max(format.inf.len() + signed);
            format.left = format.left.max(longest.saturating_sub(format.right + 1));
        }
        format
    }

    /// Widths for these values; returns the most digits after the point.
    fn measure(&mut self, finite: impl Iterator<Item = f64>) -> usize {
        let mut fraction = 0;
        for value in finite {
            let word = Word::new(self, value);
            self.left = self.left.max(word.integer.len());
            self.exponent = self.exponent.max(word.exponent.map_or(0, exponent_digits));
            fraction = fraction.max(word.fraction.len());
        }
        fraction
    }

    /// The word for one value.
    pub fn word(&self, value: f64) -> String {
        if !value.is_finite() {
            return format!("{:>1$}", self.odd(value), self.left + self.right + 1);
        }
        let Word { integer, fraction, exponent } = Word::new(self, value);
        let (left, right) = (self.left, self.right);
        match exponent {
            Some(exponent) => format!(
                "{integer:>left$}.{fraction}e{}{:0>digits$}",
                if exponent < 0 { '-' } else { '+' },
                exponent.abs(),
                digits = self.exponent
            ),
            None => format!("{integer:>left$}.{fraction:<right$}"),
        }
    }

    fn odd(&self, value: f64) -> String {
        match (value.is_nan(), value < 0.0, self.plus) {
            (true, _, plus) => format!("{}{}", if plus { "+" } else { "" }, self.nan),
            (false, true, _) => format!("-{}", self.inf),
            (false, false, plus) => format!("{}{}", if plus { "+" } else { "" }, self.inf),
        }
    }
}

/// Very large, very small or very different numbers are written with exponents, small ones unless suppressed.
fn is_exponential(kind: Kind, finite: impl Iterator<Item = f64>, suppress: bool) -> bool {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for value in finite.map(f64::abs).filter(|v| *v != 0.0) {
        low = low.min(value);
        high = high.max(value);
    }
    let most = 10_f64.powi(kept_digits(kind).min(8));
    // NumPy compares in the kind itself, so a float32 of 0.0001 is not below 0.0001.
    let small = || low < rounded(kind, 0.0001) || rounded(kind, high / low) > 1000.0;
    high != 0.0 && (high >= most || !suppress && small())
}

fn rounded(kind: Kind, value: f64) -> f64 {
    match kind {
        Kind::F16 => f16::from_f32(for_half(value)).to_f64(),
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
    fn new(format: &FloatFormat, value: f64) -> Word {
        let sign = match (value.is_sign_negative(), format.plus) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let (digits, power) = shortest(format.kind, value.abs());
        let (text, exponent) = if format.exponential {
            scientific(value.abs(), &digits, power, format.places)
        } else {
            (decimal(value.abs(), &digits, power, format.places), None)
        };
        let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = match format.places {
            Places::AtMost(_) => fraction.trim_end_matches('0'),
            Places::Exactly(_) => fraction,
        };
        Word { integer: format!("{sign}{integer}"), fraction: fraction.to_owned(), exponent }
    }
}

fn scientific(value: f64, digits: &str, power: i32, places: Places) -> (String, Option<i32>) {
    let short = digits.len() - 1;
    let wanted = match places {
        Places::AtMost(most) => short.min(most.unwrap_or(short)),
        Places::Exactly(wanted) => wanted,
    };
    if short == wanted {
        return (format!("{}.{}", &digits[..1], &digits[1..]), Some(power));
    }
    let text = format!("{value:.wanted$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), power.parse().ok())
}

fn decimal(value: f64, digits: &str, power: i32, places: Places) -> String {
    let short = (digits.len() as i32 - 1 - power).max(0) as usize;
    match places {
        Places::AtMost(most) if most.is_none_or(|most| short <= most) => positional(digits, power),
        Places::AtMost(most) => format!("{value:.0$}", most.unwrap_or(short)),
        Places::Exactly(wanted) if wanted == short => positional(digits, power),
        Places::Exactly(wanted) => format!("{value:.wanted$}"),
    }
}

/// The fewest digits `d.ddd` and the power of ten, for a number that is not negative.
fn shortest(kind: Kind, value: f64) -> (String, i32) {
    let text = match kind {
        Kind::F16 => (0..5)
            .map(|places| format!("{value:.places$e}"))
            .find(|text| text.parse::<f64>().is_ok_and(|back| f16::from_f32(for_half(back)).to_f64() == value))
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
    let sign = if value.is_sign_negative() && !value.is_nan() { "-" } else { "" };
    if !value.is_finite() {
        return format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    let (digits, exponent) = shortest(kind, value.abs());
    if value != 0.0 && !(-4..kept_digits(kind)).contains(&exponent) {
        let fraction = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        let power = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{fraction}e{power}{:02}", &digits[..1], exponent.abs());
    }
    let text = positional(&digits, exponent);
    if text.ends_with('.') { format!("{sign}{text}0") } else { format!("{sign}{text}") }
}
