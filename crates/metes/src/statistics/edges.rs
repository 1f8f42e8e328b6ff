//! The edges of histogram bins: given, even, or estimated from the values.

use super::blocks::each_block;
use super::quantile::{QuantileOptions, quantile};
use crate::build::{cast, reduced, value_error};
use metes_array::{Array, Scalar, meet};
use metes_dtype::{Category, DType, Kind};
use metes_memory::{Error, ErrorKind, Result};

/// How many bins, or where they are.
#[derive(Clone, Debug)]
pub enum Bins {
    /// So many of one width.
    Count(usize),
    /// A rule by its name: `"auto"`, `"fd"`, `"doane"`, `"scott"`, `"stone"`, `"rice"`, `"sturges"`, `"sqrt"`.
    Rule(String),
    /// These edges, one more than bins.
    Edges(Array),
}

/// The edges, and the bounds of even bins.
pub(super) struct Found {
    pub edges: Array,
    pub even: Option<(f64, f64, usize)>,
}

fn number(value: Scalar) -> f64 {
    match value {
        Scalar::Bool(value) => f64::from(u8::from(value)),
        Scalar::Int(value) => value as f64,
        Scalar::Float(value) | Scalar::Complex(value, _) => value,
    }
}

/// The edges of the bins that [`super::histogram`] counts in.
///
/// # Errors
/// No bins, edges that fall, a range that is not finite, a rule that is not known or that takes no weights, refused memory.
pub fn bin_edges(a: &Array, bins: &Bins, range: Option<(f64, f64)>, weighted: bool) -> Result<Array> {
    Ok(find(a, bins, range, weighted)?.edges)
}

pub(super) fn find(a: &Array, bins: &Bins, range: Option<(f64, f64)>, weighted: bool) -> Result<Found> {
    let count = match bins {
        Bins::Edges(edges) => {
            if edges.ndim() != 1 {
                return Err(value_error("`bins` must be 1d, when an array"));
            }
            if super::counting::direction(edges)? != Some(true) {
                return Err(value_error("`bins` must increase monotonically, when an array"));
            }
            return Ok(Found { edges: edges.clone(), even: None });
        }
        Bins::Count(0) => return Err(value_error("`bins` must be positive, when an integer")),
        Bins::Count(count) => Some(*count),
        Bins::Rule(_) if weighted => {
            let message = "Automated estimation of the number of bins is not supported for weighted data";
            return Err(Error::new(ErrorKind::Type, message));
        }
        Bins::Rule(_) => None,
    };
    let (first, last) = outer(a, range)?;
    let count = match (count, bins) {
        (Some(count), _) => count,
        (None, Bins::Rule(rule)) => estimate(a, rule, (first, last), range.is_some())?,
        (None, _) => 1,
    };
    let mut dtype: DType = meet(a.dtype(), Kind::F16.into())?;
    if dtype.category() < Category::Float || a.dtype().category() < Category::Float {
        dtype = Kind::F64.into();
    }
    if range.is_some() {
        dtype = if a.dtype().category() == Category::Float { a.dtype() } else { Kind::F64.into() };
    }
    let edges = Array::linspace(Scalar::Float(first), Scalar::Float(last), count + 1, true, Some(dtype))?;
    Ok(Found { edges, even: Some((first, last, count)) })
}

/// The bounds of all bins: those given, or those of the values.
fn outer(a: &Array, range: Option<(f64, f64)>) -> Result<(f64, f64)> {
    let (mut first, mut last) = match range {
        Some((first, last)) if first > last => {
            return Err(value_error("max must be larger than min in range parameter."));
        }
        Some(bounds) => bounds,
        None if a.size() == 0 => (0.0, 1.0),
        None => {
            (number(reduced("min", a, None, false)?.item(&[])?), number(reduced("max", a, None, false)?.item(&[])?))
        }
    };
    if !first.is_finite() || !last.is_finite() {
        let whose = if range.is_some() { "supplied range" } else { "autodetected range" };
        return Err(value_error(format!("{whose} of [{first}, {last}] is not finite")));
    }
    if first == last {
        (first, last) = (first - 0.5, last + 0.5);
    }
    Ok((first, last))
}

/// What the rules need to know of the values.
struct Sample {
    n: f64,
    spread: f64,
    deviation: f64,
    skew: f64,
    quartiles: f64,
}

fn sample(a: &Array) -> Result<Sample> {
    let n = a.size() as f64;
    let (mut low, mut high, mut sum) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    each_block::<f64>(std::slice::from_ref(a), &mut |blocks| {
        for &x in blocks[0] {
            (low, high, sum) = (low.min(x), high.max(x), sum + x);
        }
        Ok(())
    })?;
    let mean = sum / n;
    let (mut squares, mut cubes) = (0.0, 0.0);
    each_block::<f64>(std::slice::from_ref(a), &mut |blocks| {
        for &x in blocks[0] {
            squares += (x - mean) * (x - mean);
            cubes += (x - mean).powi(3);
        }
        Ok(())
    })?;
    let deviation = (squares / n).sqrt();
    let skew = cubes / n / deviation.powi(3);
    let wide = cast(a, if a.dtype().category() == Category::Float { a.dtype() } else { Kind::F64.into() })?;
    let quarters = quantile(&wide, &[0.25, 0.75], &[2], &QuantileOptions::default())?;
    let quartiles = number(quarters.item(&[1])?) - number(quarters.item(&[0])?);
    Ok(Sample { n, spread: high - low, deviation, skew, quartiles })
}

impl Sample {
    fn sturges(&self) -> f64 {
        self.spread / (self.n.log2() + 1.0)
    }

    fn freedman_diaconis(&self) -> f64 {
        2.0 * self.quartiles * self.n.powf(-1.0 / 3.0)
    }

    fn sqrt(&self) -> f64 {
        self.spread / self.n.sqrt()
    }

    /// The width of a bin by a rule's name.
    fn width(&self, rule: &str) -> Option<f64> {
        Some(match rule {
            "sqrt" => self.sqrt(),
            "sturges" => self.sturges(),
            "rice" => self.spread / (2.0 * self.n.powf(1.0 / 3.0)),
            "scott" => (24.0 * std::f64::consts::PI.sqrt() / self.n).powf(1.0 / 3.0) * self.deviation,
            "fd" => self.freedman_diaconis(),
            "auto" => {
                let (fd, sturges) = (self.freedman_diaconis(), self.sturges());
                // Where most values are equal the first is of no use: then not less than half of the third.
                let fd = if fd == 0.0 { self.sqrt() / 2.0 } else { fd };
                if self.freedman_diaconis() == 0.0 { sturges } else { fd.max(self.sqrt() / 2.0).min(sturges) }
            }
            "doane" if self.n > 2.0 && self.deviation > 0.0 => {
                let sigma = (6.0 * (self.n - 2.0) / ((self.n + 1.0) * (self.n + 3.0))).sqrt();
                self.spread / (1.0 + self.n.log2() + (1.0 + self.skew.abs() / sigma).log2())
            }
            "doane" => 0.0,
            _ => return None,
        })
    }
}

const RULES: &[&str] = &["stone", "auto", "doane", "fd", "rice", "scott", "sqrt", "sturges"];

/// The number of bins by a rule.
fn estimate(a: &Array, rule: &str, (first, last): (f64, f64), cut: bool) -> Result<usize> {
    if !RULES.contains(&rule) {
        return Err(value_error(format!("'{rule}' is not a valid estimator for `bins`")));
    }
    let within = if cut { inside(a, first, last)? } else { a.clone() };
    if within.size() == 0 {
        return Ok(1);
    }
    let sample = sample(&within)?;
    let mut width = match sample.width(rule) {
        Some(width) => width,
        None => stone(&within, &sample, (first, last))?,
    };
    if width == 0.0 || !width.is_finite() {
        return Ok(1);
    }
    if a.dtype().category() < Category::Float && width < 1.0 {
        width = 1.0;
    }
    Ok(((last - first) / width).ceil().max(1.0) as usize)
}

/// The values within bounds.
fn inside(a: &Array, first: f64, last: f64) -> Result<Array> {
    use crate::build::Build;
    let mut builder = metes_eval::ProgramBuilder::new();
    let x = builder.input(a.dtype());
    let (low, high) = (builder.with("greater_equal", x, first)?, builder.with("less_equal", x, last)?);
    let both = builder.call2("logical_and", low, high)?;
    let flat = a.ravel(metes_array::Order::C)?;
    let mask = metes_eval::apply_program(builder, both, std::slice::from_ref(&flat), None, "histogram")?;
    metes_eval::compress(&flat, &mask)
}

/// The width that makes the estimated error of the density least, by trying (Stone, 1984).
fn stone(a: &Array, sample: &Sample, bounds: (f64, f64)) -> Result<f64> {
    if sample.n <= 1.0 || sample.spread == 0.0 {
        return Ok(0.0);
    }
    let most = 100.max(sample.n.sqrt() as usize);
    let mut best = (f64::INFINITY, 1.0);
    for count in 1..=most {
        let width = sample.spread / count as f64;
        let counts = super::histogram::histogram(a, &Bins::Count(count), Some(bounds), None, false)?.0;
        let shares = cast(&counts, Kind::F64.into())?;
        let squares: f64 = shares.read::<f64>()?.to_vec().iter().map(|x| (x / sample.n) * (x / sample.n)).sum();
        let error = (2.0 - (sample.n + 1.0) * squares) / width;
        if error < best.0 {
            best = (error, width);
        }
    }
    Ok(best.1)
}
