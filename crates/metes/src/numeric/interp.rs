//! Lines between known points.

use crate::build::{cast, value_error};
use crate::statistics::{dense, each_block};
use metes_array::{Array, Scalar};
use metes_dtype::{Category, Kind};
use metes_eval::{Sorting, argsort};
use metes_memory::{Error, ErrorKind, Result};

/// What lies outside the known points, and whether they repeat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interpolation {
    /// Below the first place; the first value by default.
    pub left: Option<Scalar>,
    /// Above the last place; the last value by default.
    pub right: Option<Scalar>,
    /// The distance at which places repeat.
    pub period: Option<f64>,
}

/// The values at `x` of the lines through points at the places `xp`, which rise, with the values `fp`.
///
/// ```
/// use metes::{array::Array, numeric::interp};
/// let (x, xp) = (Array::from_slice(&[2], &[0.5, 9.0])?, Array::from_slice(&[2], &[0.0, 1.0])?);
/// let y = interp(&x, &xp, &Array::from_slice(&[2], &[2.0, 4.0])?, Default::default())?;
/// assert_eq!(y.read::<f64>()?.to_vec(), [3.0, 4.0]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Points of other than one axis, none, or of two lengths; a period of 0; refused memory.
pub fn interp(x: &Array, xp: &Array, fp: &Array, with: Interpolation) -> Result<Array> {
    if xp.ndim() != 1 || fp.ndim() != 1 {
        return Err(value_error("Data points must be 1-D sequences"));
    }
    if xp.size() != fp.size() {
        return Err(value_error("fp and xp are not of the same length."));
    }
    if xp.size() == 0 {
        return Err(value_error("array of sample points is empty"));
    }
    if let Some(wrong) = [x, xp].into_iter().find(|points| points.dtype().category() > Category::Float) {
        let from = wrong.dtype();
        let message =
            format!("Cannot cast array data from dtype('{from}') to dtype('float64') according to the rule 'safe'");
        return Err(Error::new(ErrorKind::Casting, message));
    }
    let complex = [with.left, with.right].iter().any(|side| matches!(side, Some(Scalar::Complex(..))));
    if complex && !fp.is_complex() {
        return Err(Error::new(ErrorKind::Type, "interp: real values have no complex value beside them"));
    }
    if fp.is_complex() {
        let out = Array::empty(x.shape(), Kind::C128.into(), "interp")?;
        let side = |value: Option<Scalar>, part: usize| value.map(|value| Scalar::Float(parts(value)[part]));
        let fp = cast(fp, Kind::C128.into())?;
        for (part, (values, into)) in [(fp.real(), out.real()), (fp.imag()?, out.imag()?)].into_iter().enumerate() {
            let with = Interpolation { left: side(with.left, part), right: side(with.right, part), ..with };
            crate::build::write(&into, &interp(x, xp, &values, with)?)?;
        }
        return Ok(out);
    }
    let (xp, fp) = (dense::<f64>(xp)?, dense::<f64>(fp)?);
    let points = match with.period {
        Some(0.0) => return Err(value_error("period must be a non-zero value")),
        Some(period) => repeated(&xp, &fp, period.abs())?,
        None => (xp, fp),
    };
    let out = Array::empty(x.shape(), Kind::F64.into(), "interp")?;
    let (held_x, held_f) = (points.0.read::<f64>()?, points.1.read::<f64>()?);
    let (places, values) = (held_x.as_slice().expect("dense"), held_f.as_slice().expect("dense"));
    let sides = if with.period.is_some() { (None, None) } else { (with.left, with.right) };
    let left = sides.0.map_or(values[0], |side| parts(side)[0]);
    let right = sides.1.map_or(values[values.len() - 1], |side| parts(side)[0]);
    let mut held = out.write::<f64>()?;
    let Some(results) = held.as_mut_slice() else {
        drop(held);
        return Ok(out);
    };
    let mut done = 0;
    each_block::<f64>(std::slice::from_ref(x), &mut |blocks| {
        for (&x, result) in blocks[0].iter().zip(&mut results[done..]) {
            let x = with.period.map_or(x, |period| x.rem_euclid(period.abs()));
            *result = line(places, values, x, left, right);
        }
        done += blocks[0].len();
        Ok(())
    })?;
    drop(held);
    Ok(out)
}

fn parts(value: Scalar) -> [f64; 2] {
    match value {
        Scalar::Bool(value) => [f64::from(u8::from(value)), 0.0],
        Scalar::Int(value) => [value as f64, 0.0],
        Scalar::Float(value) => [value, 0.0],
        Scalar::Complex(re, im) => [re, im],
    }
}

fn line(places: &[f64], values: &[f64], x: f64, left: f64, right: f64) -> f64 {
    let last = places.len() - 1;
    if x.is_nan() {
        return x;
    }
    if x > places[last] {
        return right;
    }
    if x < places[0] {
        return left;
    }
    let at = places.partition_point(|&place| place <= x).saturating_sub(1);
    if at == last || places[at] == x {
        return values[at];
    }
    let slope = (values[at + 1] - values[at]) / (places[at + 1] - places[at]);
    let mut y = slope * (x - places[at]) + values[at];
    if y.is_nan() {
        y = slope * (x - places[at + 1]) + values[at + 1];
        if y.is_nan() && values[at] == values[at + 1] {
            y = values[at];
        }
    }
    y
}

/// The points of one period in order, with the last before them and the first after them.
fn repeated(xp: &Array, fp: &Array, period: f64) -> Result<(Array, Array)> {
    let n = xp.size();
    let folded = Array::empty(&[n], Kind::F64.into(), "interp")?;
    {
        let (from, mut into) = (xp.read::<f64>()?, folded.write::<f64>()?);
        let pairs = into.as_mut_slice().expect("dense").iter_mut().zip(from.as_slice().expect("dense"));
        pairs.for_each(|(to, from)| *to = from.rem_euclid(period));
    }
    let order = argsort(&folded, 0, Sorting { stable: true, descending: false })?;
    let (places, values) =
        (Array::empty(&[n + 2], Kind::F64.into(), "interp")?, Array::empty(&[n + 2], Kind::F64.into(), "interp")?);
    {
        let (order, from_x, from_f) = (order.read::<i64>()?, folded.read::<f64>()?, fp.read::<f64>()?);
        let (order, from_x) = (order.as_slice().expect("dense"), from_x.as_slice().expect("dense"));
        let from_f = from_f.as_slice().expect("dense");
        let (mut x, mut f) = (places.write::<f64>()?, values.write::<f64>()?);
        let (x, f) = (x.as_mut_slice().expect("dense"), f.as_mut_slice().expect("dense"));
        for (i, &at) in order.iter().enumerate() {
            (x[i + 1], f[i + 1]) = (from_x[at as usize], from_f[at as usize]);
        }
        (x[0], f[0]) = (x[n] - period, f[n]);
        (x[n + 1], f[n + 1]) = (x[1] + period, f[1]);
    }
    Ok((places, values))
}
