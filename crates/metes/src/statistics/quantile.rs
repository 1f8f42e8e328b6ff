//! Medians and other quantiles.
//!
//! Lanes are copied, a block of short ones at a time, and parted there at the places that are asked for. In a long lane a few
//! places are found by counting (`ranks.rs`); where there are many, or weights, it is copied too.

use super::blocks::BLOCK;
use super::methods::{Between, Method};
use super::ranks;
use crate::build::{Build, at, call, cast, reduced, reduction, value_error, view, write};
use metes_array::{Array, Order, Scalar, shape_text};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{
    Arg, Operand, ProgramBuilder, Sorting, apply_program, argsort, partition_in_place, reduce_program, sort_in_place,
};
use metes_memory::{Error, ErrorKind, Result};

/// So many quantiles of a long lane are worth passes over it rather than a copy.
const COUNTED: usize = 8;

/// How quantiles are taken.
#[derive(Clone, Debug)]
pub struct QuantileOptions<'a> {
    /// The axes; all by default.
    pub axes: Option<&'a [isize]>,
    /// Whether they stay, with length 1.
    pub keepdims: bool,
    /// The way to estimate.
    pub method: Method,
    /// How much each value counts: of the array's shape, or one for each place along the axis. For
    /// [`Method::InvertedCdf`] alone.
    pub weights: Option<&'a Array>,
    /// Whether NaN is left out; else it makes results NaN.
    pub skip_nan: bool,
    /// The dtype of the results; by default that of the array, or float64 for what lies between integers.
    pub dtype: Option<DType>,
}

impl Default for QuantileOptions<'_> {
    fn default() -> Self {
        QuantileOptions {
            axes: None,
            keepdims: false,
            method: Method::Linear,
            weights: None,
            skip_nan: false,
            dtype: None,
        }
    }
}

/// The value in the middle of the sorted ones, or the mean of the two there.
///
/// # Errors
/// As [`quantile`].
pub fn median(a: &Array, axes: Option<&[isize]>, keepdims: bool, skip_nan: bool) -> Result<Array> {
    if a.dtype().time().is_some_and(|time| time.span) {
        return super::spans::median(a, axes, keepdims, skip_nan);
    }
    let options = QuantileOptions { axes, keepdims, skip_nan, ..Default::default() };
    let float = a.dtype().category() >= Category::Float;
    let dtype = if float { a.dtype() } else { Kind::F64.into() };
    let taken = Taken { quantiles: &[0.5], shape: &[], dtype, mean: true };
    taken.over(a, &options)
}

/// Quantiles of the values along axes, in an array whose first axes are those of `shape`, which has as many places as there
/// are `quantiles`.
///
/// ```
/// use metes::{array::Array, statistics::{QuantileOptions, quantile}};
/// let a = Array::from_slice(&[4], &[4.0, 1.0, 3.0, 2.0])?;
/// let halves = quantile(&a, &[0.0, 0.5], &[2], &QuantileOptions::default())?;
/// assert_eq!(halves.read::<f64>()?.to_vec(), [1.0, 2.5]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Quantiles outside [0, 1], complex values, no values, weights of another shape, negative ones or with a method that has
/// none, refused memory.
pub fn quantile(a: &Array, quantiles: &[f64], shape: &[usize], options: &QuantileOptions) -> Result<Array> {
    if quantiles.iter().any(|q| !(0.0..=1.0).contains(q)) {
        return Err(value_error("Quantiles must be in the range [0, 1]"));
    }
    if options.weights.is_some() && options.method != Method::InvertedCdf {
        return Err(value_error("Only method 'inverted_cdf' supports weights"));
    }
    let float = a.dtype().category() >= Category::Float;
    let own: DType = if float || options.method.is_discrete() { a.dtype() } else { Kind::F64.into() };
    Taken { quantiles, shape, dtype: options.dtype.unwrap_or(own), mean: false }.over(a, options)
}

/// What is asked for.
struct Taken<'a> {
    quantiles: &'a [f64],
    shape: &'a [usize],
    dtype: DType,
    /// Whether the middle is a mean of two rather than a place between them.
    mean: bool,
}

impl Taken<'_> {
    fn over(&self, a: &Array, options: &QuantileOptions) -> Result<Array> {
        if a.dtype().category() > Category::Float {
            return Err(Error::new(ErrorKind::Type, "a must be an array of real numbers"));
        }
        let scalar = a.ndim() == 0;
        let a = if scalar { view(a, &[1])? } else { a.clone() };
        let mut axes: Vec<isize> = match options.axes {
            // No axes of one value: it is the value in the middle.
            Some([]) if scalar => vec![0],
            Some(axes) => axes.iter().map(|&axis| a.axis(axis).map(|axis| axis as isize)).collect::<Result<_>>()?,
            None => (0..a.ndim() as isize).collect(),
        };
        axes.sort_unstable();
        if axes.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(value_error("repeated axis"));
        }
        let count = axes.len();
        let last: Vec<isize> = (-(count as isize)..0).collect();
        let lanes = a.moveaxis(&axes, &last)?;
        let weights = options.weights.map(|w| weights_like(w, &a, &axes)).transpose()?;
        let weights = weights.map(|w| w.moveaxis(&axes, &last)).transpose()?;
        let kept = &lanes.shape()[..lanes.ndim() - count];
        let whole = [self.shape, kept].concat();
        let result = Array::empty(&whole, self.dtype, "quantile")?;
        let flat = view(&result, &[&[self.quantiles.len()], kept].concat())?;
        if lanes.size() == 0 && flat.size() > 0 {
            if !options.skip_nan || self.dtype.category() < Category::Float {
                let message = format!("quantile of nothing: shape {}", shape_text(a.shape()));
                return Err(Error::new(ErrorKind::Index, message));
            }
            metes_eval::assign(&flat, &Operand::Weak(Scalar::Float(f64::NAN)), Default::default(), None)?;
        }
        self.split(&lanes, count, weights.as_ref(), &flat, options)?;
        if !options.keepdims || scalar {
            return Ok(result);
        }
        let ones = |axis: usize| if axes.contains(&(axis as isize)) { 1 } else { a.shape()[axis] };
        view(&result, &[self.shape, &(0..a.ndim()).map(ones).collect::<Vec<_>>()].concat())
    }

    /// Cuts the kept axes until a block holds all lanes, or one lane is left.
    fn split(
        &self,
        lanes: &Array,
        count: usize,
        weights: Option<&Array>,
        into: &Array,
        options: &QuantileOptions,
    ) -> Result<()> {
        let kept = lanes.ndim() - count;
        if lanes.size() == 0 || into.size() == 0 {
            return Ok(());
        }
        let axis = lanes.shape()[..kept].iter().position(|&n| n > 1);
        let Some(axis) = axis.filter(|_| lanes.size() > BLOCK) else {
            return self.block(lanes, kept, weights, into, options);
        };
        let n = lanes.shape()[axis];
        let rows = (BLOCK / (lanes.size() / n)).max(1);
        for start in (0..n).step_by(rows) {
            let (start, stop) = (Some(start as isize), Some((start + rows).min(n) as isize));
            let part = |a: &Array, axis: usize| crate::build::slice(a, axis, start, stop);
            let weights = weights.map(|w| part(w, axis)).transpose()?;
            self.split(&part(lanes, axis)?, count, weights.as_ref(), &part(into, axis + 1)?, options)?;
        }
        Ok(())
    }

    fn block(
        &self,
        lanes: &Array,
        kept: usize,
        weights: Option<&Array>,
        into: &Array,
        options: &QuantileOptions,
    ) -> Result<()> {
        let rows: usize = lanes.shape()[..kept].iter().product();
        let n: usize = lanes.shape()[kept..].iter().product();
        if rows == 1 && n > BLOCK && weights.is_none() && self.quantiles.len() <= COUNTED {
            return self.counted(lanes, n, into, options);
        }
        let scratch = view(&lanes.copy(Order::C)?, &[rows, n])?;
        let shape: Vec<usize> = lanes.shape()[..kept].to_vec();
        if let Some(weights) = weights {
            let weights = view(&cast(weights, Kind::F64.into())?.copy(Order::C)?, &[rows, n])?;
            return self.weighted(&scratch, &weights, into, options);
        }
        if options.skip_nan && has_nan(&scratch)? {
            return self.each_lane(&scratch, into, options.method);
        }
        let places: Vec<Between> = self.quantiles.iter().map(|&q| options.method.place(n, q)).collect();
        part(&scratch, &places, n)?;
        for (number, place) in places.iter().enumerate() {
            let target = at(into, 0, number as isize)?;
            let values = self.between(&scratch, *place)?;
            write(&target, &view(&values, &shape)?)?;
        }
        Ok(())
    }

    /// One long lane, without a copy of it.
    fn counted(&self, lane: &Array, n: usize, into: &Array, options: &QuantileOptions) -> Result<()> {
        let missing = ranks::missing(lane)?;
        let used = if options.skip_nan { n - missing } else { n };
        if used == 0 || (missing > 0 && !options.skip_nan) {
            return metes_eval::assign(into, &Operand::Weak(Scalar::Float(f64::NAN)), Default::default(), None);
        }
        let places: Vec<Between> = self.quantiles.iter().map(|&q| options.method.place(used, q)).collect();
        let mut wanted: Vec<usize> = places.iter().flat_map(|place| [place.low, place.high]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let values = ranks::at_ranks(lane, &wanted)?;
        let values = view(&values, &[1, wanted.len()])?;
        let rank = |place: usize| wanted.binary_search(&place).unwrap_or(0);
        for (number, place) in places.iter().enumerate() {
            let among = Between { low: rank(place.low), high: rank(place.high), gamma: place.gamma };
            let target = at(into, 0, number as isize)?;
            write(&target, &view(&self.between(&values, among)?, target.shape())?)?;
        }
        Ok(())
    }

    /// The values of each row of `parted` at a place; NaN where the last, the largest, is.
    fn between(&self, parted: &Array, place: Between) -> Result<Array> {
        let (low, high, last) =
            (at(parted, 1, place.low as isize)?, at(parted, 1, place.high as isize)?, at(parted, 1, -1)?);
        let mut builder = ProgramBuilder::new();
        let (a, b, c) = (builder.input(low.dtype()), builder.input(high.dtype()), builder.input(last.dtype()));
        let wide = if self.dtype == Kind::F16 { Kind::F32.into() } else { self.dtype };
        let (x, y) = (builder.cast(a, wide)?, builder.cast(b, wide)?);
        let value = if place.low == place.high {
            x
        } else if self.mean {
            let sum = builder.call2("add", x, y)?;
            builder.with("divide", sum, 2.0)?
        } else {
            let gap = builder.call2("subtract", y, x)?;
            let (from, name, by) =
                if place.gamma < 0.5 { (x, "add", place.gamma) } else { (y, "subtract", 1.0 - place.gamma) };
            let step = builder.with("multiply", gap, by)?;
            builder.call2(name, from, step)?
        };
        let mut value = builder.cast(value, self.dtype)?;
        if self.dtype.category() == Category::Float && parted.dtype().category() == Category::Float {
            let nan = builder.call1("isnan", c)?;
            let instead = builder.constant(Scalar::Float(f64::NAN), self.dtype);
            value = builder.call("where", &[nan, instead, value].map(Arg::Slot))?;
        }
        apply_program(builder, value, &[low, high, last], None, "quantile")
    }

    /// Lanes with NaN among them, which are left out: each lane has another number of values. Only floats have NaN, and all
    /// of them are exact in float64.
    fn each_lane(&self, scratch: &Array, into: &Array, method: Method) -> Result<()> {
        let (rows, n) = (scratch.shape()[0], scratch.shape()[1]);
        let wide = cast(scratch, Kind::F64.into())?;
        sort_in_place(&wide, 1, Sorting::default())?;
        let found = Array::empty(&[self.quantiles.len(), rows], Kind::F64.into(), "quantile")?;
        {
            let (sorted, mut results) = (wide.read::<f64>()?, found.write::<f64>()?);
            let lanes = sorted.as_slice().unwrap_or(&[]).chunks_exact(n);
            let results = results.as_mut_slice().unwrap_or(&mut []);
            for (row, lane) in lanes.enumerate() {
                let lane = &lane[..lane.partition_point(|x| !x.is_nan())];
                for (number, &q) in self.quantiles.iter().enumerate() {
                    results[number * rows + row] =
                        if lane.is_empty() { f64::NAN } else { self.within(lane, method.place(lane.len(), q)) };
                }
            }
        }
        write(&view_rows(into, rows)?, &found)
    }

    /// What lies at a place of sorted values.
    fn within(&self, lane: &[f64], place: Between) -> f64 {
        let (low, high) = (lane[place.low], lane[place.high]);
        if place.low == place.high {
            low
        } else if self.mean {
            (low + high) / 2.0
        } else if place.gamma < 0.5 {
            low + (high - low) * place.gamma
        } else {
            high - (high - low) * (1.0 - place.gamma)
        }
    }

    /// The first value whose share of the weights reaches the quantile.
    fn weighted(&self, scratch: &Array, weights: &Array, into: &Array, options: &QuantileOptions) -> Result<()> {
        let (rows, n) = (scratch.shape()[0], scratch.shape()[1]);
        let targets = view_rows(into, rows)?;
        for row in 0..rows as isize {
            let (lane, weight) = (at(scratch, 0, row)?, at(weights, 0, row)?);
            let missing = if scratch.dtype().category() >= Category::Float { nans(&lane)? } else { 0 };
            let order = argsort(&lane, 0, Sorting { stable: true, descending: false })?;
            let used = if options.skip_nan { n - missing } else { n };
            let found = places_of(&order, &weight, used, self.quantiles)?;
            for (number, place) in found.into_iter().enumerate() {
                let target = at(&at(&targets, 0, number as isize)?, 0, row)?;
                match place {
                    Some(place) if missing == 0 || options.skip_nan => write(&target, &at(&lane, 0, place)?)?,
                    _ => target.set_item(&[], Scalar::Float(f64::NAN))?,
                }
            }
        }
        Ok(())
    }
}

/// For each quantile the place of the value that the running share of the weights, in sorted order, first reaches.
fn places_of(order: &Array, weights: &Array, used: usize, quantiles: &[f64]) -> Result<Vec<Option<isize>>> {
    if used == 0 {
        return Ok(vec![None; quantiles.len()]);
    }
    let (order, weights) = (order.read::<i64>()?, weights.read::<f64>()?);
    let order = &order.as_slice().expect("fresh and dense")[..used];
    let weights = weights.as_slice().expect("fresh and dense");
    let total: f64 = order.iter().map(|&place| weights[place as usize]).sum();
    if !total.is_finite() || total == 0.0 {
        return Err(value_error("Weights included NaN, inf or were all zero."));
    }
    let reach = |q: f64| {
        let mut sum = 0.0;
        for &place in order {
            sum += weights[place as usize];
            let share = sum / total;
            if share >= q && share > 0.0 {
                return Some(place as isize);
            }
        }
        order.last().map(|&place| place as isize)
    };
    Ok(quantiles.iter().map(|&q| reach(q)).collect())
}

/// The results, their kept axes as one of `rows`.
fn view_rows(into: &Array, rows: usize) -> Result<Array> {
    if into.ndim() == 2 {
        return Ok(into.clone());
    }
    if let Ok(flat) = view(into, &[into.shape()[0], rows]) {
        return Ok(flat);
    }
    Err(value_error("quantile: the axes of a block do not merge"))
}

/// Moves the values at the places, and the last, to where sorting puts them in each row.
fn part(rows: &Array, places: &[Between], n: usize) -> Result<()> {
    let mut kth: Vec<isize> = places.iter().flat_map(|p| [p.low as isize, p.high as isize]).collect();
    if rows.dtype().category() >= Category::Float {
        kth.push(n as isize - 1);
    }
    kth.sort_unstable();
    kth.dedup();
    partition_in_place(rows, &kth, 1)
}

fn has_nan(a: &Array) -> Result<bool> {
    Ok(a.dtype().category() >= Category::Float && nans(a)? > 0)
}

fn nans(a: &Array) -> Result<usize> {
    let mut builder = ProgramBuilder::new();
    let x = builder.input(a.dtype());
    let nan = builder.call1("isnan", x)?;
    match reduce_program(reduction("sum"), builder, nan, std::slice::from_ref(a), None, false)?.item(&[])? {
        Scalar::Int(count) => Ok(count as usize),
        _ => Ok(0),
    }
}

/// Weights of the shape of `a`: given so, or one for each place along its only axis.
fn weights_like(weights: &Array, a: &Array, axes: &[isize]) -> Result<Array> {
    let negative = call("less", &[Operand::Array(weights.clone()), Operand::Weak(Scalar::Int(0))])?;
    if reduced("any", &negative, None, false)?.item(&[])? == Scalar::Bool(true) {
        return Err(value_error("Weights must be non-negative."));
    }
    if weights.shape() == a.shape() {
        return Ok(weights.clone());
    }
    let lengths: Vec<usize> = axes.iter().map(|&axis| a.shape()[axis as usize]).collect();
    if weights.shape() != lengths {
        return Err(value_error("Shape of weights must be consistent with shape of a along specified axis."));
    }
    let others: Vec<isize> = (0..a.ndim() as isize).filter(|axis| !axes.contains(axis)).collect();
    weights.expand_dims(&others)?.broadcast_to(a.shape())
}
