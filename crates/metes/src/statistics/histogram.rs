//! Histograms in one and more dimensions. Values are read a block at a time; nothing of their size is made.

use super::blocks::{dense, each_block};
use super::edges::{Bins, Found, find};
use crate::build::{Build, call_into, cast, slice, value_error};
use metes_array::{Array, shape_text};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Operand, ProgramBuilder, apply_program};
use metes_memory::Result;

/// Where a value belongs: in one of some bins between edges.
struct Binning {
    edges: Array,
    even: Option<(f64, f64, usize)>,
}

impl Binning {
    fn new(found: &Found) -> Result<Binning> {
        Ok(Binning { edges: dense::<f64>(&found.edges)?, even: found.even })
    }

    fn count(&self) -> usize {
        self.edges.size().saturating_sub(1)
    }

    /// The bin of a value by the edges as a slice; the last bin has both its edges.
    fn place(&self, edges: &[f64], x: f64) -> Option<usize> {
        let (first, last) = (*edges.first()?, *edges.last()?);
        if !(x >= first && x <= last) || self.count() == 0 {
            return None;
        }
        let Some((low, high, count)) = self.even else {
            let place = edges.partition_point(|&edge| edge <= x);
            return Some(place.min(self.count()).saturating_sub(1));
        };
        let mut place = ((x - low) / (high - low) * count as f64) as usize;
        place = place.min(count - 1);
        if x < edges[place] {
            place -= 1;
        } else if place + 1 < count && x >= edges[place + 1] {
            place += 1;
        }
        Some(place)
    }
}

/// How many values, or what sum of weights, is in each bin; and the edges. With `density`, shares per width.
///
/// ```
/// use metes::{array::Array, statistics::{Bins, histogram}};
/// let a = Array::from_slice(&[4], &[0.0, 1.0, 2.0, 3.0])?;
/// let (counts, edges) = histogram(&a, &Bins::Count(2), None, None, false)?;
/// assert_eq!((counts.read::<i64>()?.to_vec(), edges.read::<f64>()?.to_vec()), (vec![2, 2], vec![0.0, 1.5, 3.0]));
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// As [`super::bin_edges`]; weights of another shape.
pub fn histogram(
    a: &Array,
    bins: &Bins,
    range: Option<(f64, f64)>,
    weights: Option<&Array>,
    density: bool,
) -> Result<(Array, Array)> {
    if weights.is_some_and(|w| w.shape() != a.shape()) {
        return Err(value_error("weights should have the same shape as a."));
    }
    let found = find(a, bins, range, weights.is_some())?;
    let binning = Binning::new(&found)?;
    let counts = sums(std::slice::from_ref(a), &[&binning], weights)?;
    let counts = if density { densities(&counts, std::slice::from_ref(&found.edges))? } else { counts };
    Ok((counts, found.edges))
}

/// The sums of weights, or counts, of points that have a coordinate in each of `axes`.
fn sums(axes: &[Array], binnings: &[&Binning], weights: Option<&Array>) -> Result<Array> {
    let shape: Vec<usize> = binnings.iter().map(|b| b.count()).collect();
    let edges = binnings.iter().map(|b| b.edges.read::<f64>()).collect::<Result<Vec<_>>>()?;
    let edges: Vec<&[f64]> = edges.iter().map(|e| e.as_slice().unwrap_or(&[])).collect();
    let place = |point: &mut dyn Iterator<Item = f64>| {
        binnings.iter().zip(&edges).try_fold(0, |flat, (b, e)| Some(flat * b.count() + b.place(e, point.next()?)?))
    };
    let Some(weights) = weights else {
        let counts = Array::zeros(&shape, Kind::I64.into())?;
        let mut held = counts.write::<i64>()?;
        if let Some(counted) = held.as_mut_slice() {
            each_block::<f64>(axes, &mut |blocks| {
                for i in 0..blocks[0].len() {
                    if let Some(at) = place(&mut blocks.iter().map(|b| b[i])) {
                        counted[at] += 1;
                    }
                }
                Ok(())
            })?;
        }
        drop(held);
        return Ok(counts);
    };
    let complex = weights.is_complex();
    let kinds = if complex { vec![weights.real(), weights.imag()?] } else { vec![weights.clone()] };
    let dtype: DType = if complex { Kind::C128.into() } else { Kind::F64.into() };
    let total = Array::zeros(&shape, dtype)?;
    for (part, part_of) in kinds.iter().enumerate() {
        let into = Array::zeros(&shape, Kind::F64.into())?;
        let mut held = into.write::<f64>()?;
        let inputs: Vec<Array> = axes.iter().chain([part_of]).cloned().collect();
        if let Some(summed) = held.as_mut_slice() {
            each_block::<f64>(&inputs, &mut |blocks| {
                let (weights, points) = blocks.split_last().expect("weights are the last");
                for (i, weight) in weights.iter().enumerate() {
                    if let Some(at) = place(&mut points.iter().map(|b| b[i])) {
                        summed[at] += weight;
                    }
                }
                Ok(())
            })?;
        }
        drop(held);
        let half = if part == 0 { total.real() } else { total.imag()? };
        crate::build::write(&half, &into)?;
    }
    let wanted = if weights.dtype().category() == Category::Bool { Kind::F64.into() } else { weights.dtype() };
    cast(&total, wanted)
}

/// Counts over their sum and the volumes of their bins.
fn densities(counts: &Array, edges: &[Array]) -> Result<Array> {
    let total = crate::build::reduced("sum", counts, None, false)?;
    let mut result = crate::build::call2("divide", counts, &total)?;
    for (axis, edges) in edges.iter().enumerate() {
        let mut shape = vec![1; counts.ndim()];
        shape[axis] = edges.size() - 1;
        let (below, above) = (slice(edges, 0, None, Some(-1))?, slice(edges, 0, Some(1), None)?);
        let mut builder = ProgramBuilder::new();
        let (x, y) = (builder.input(above.dtype()), builder.input(below.dtype()));
        let width = builder.call2("subtract", x, y)?;
        let width = builder.cast(width, Kind::F64.into())?;
        let widths = apply_program(builder, width, &[above, below], None, "histogram")?;
        let widths = crate::build::view(&widths, &shape)?;
        if result.dtype() == Kind::F64 {
            call_into("divide", &[Operand::Array(result.clone()), Operand::Array(widths)], &result)?;
        } else {
            result = crate::build::call2("divide", &result, &widths)?;
        }
    }
    Ok(result)
}

/// A histogram of points: `columns` holds one array of coordinates for each dimension.
///
/// # Errors
/// As [`histogram`].
pub fn histogramdd(
    columns: &[Array],
    bins: &[Bins],
    ranges: &[Option<(f64, f64)>],
    weights: Option<&Array>,
    density: bool,
) -> Result<(Array, Vec<Array>)> {
    if columns.len() != bins.len() || ranges.len() != bins.len() {
        return Err(value_error("The dimension of bins must be equal to the dimension of the sample x."));
    }
    let length = columns.first().map_or(0, Array::size);
    if let Some(column) = columns.iter().find(|column| column.ndim() != 1 || column.size() != length) {
        let (shape, first) = (shape_text(column.shape()), shape_text(&[length]));
        return Err(value_error(format!("the coordinates of points must be lines of one length {first}, not {shape}")));
    }
    if let Some(weights) = weights.filter(|weights| weights.shape() != [length]) {
        let text = format!("{length} points have {length} weights along one axis, not {}", shape_text(weights.shape()));
        return Err(value_error(text));
    }
    let found: Vec<Found> = columns
        .iter()
        .zip(bins)
        .zip(ranges)
        .map(|((x, b), r)| find(x, b, *r, weights.is_some()))
        .collect::<Result<_>>()?;
    let binnings: Vec<Binning> = found.iter().map(Binning::new).collect::<Result<_>>()?;
    let counts = sums(columns, &binnings.iter().collect::<Vec<_>>(), weights)?;
    let edges: Vec<Array> = found.into_iter().map(|found| found.edges).collect();
    let counts = cast(&counts, if counts.is_complex() { counts.dtype() } else { Kind::F64.into() })?;
    let counts = if density { densities(&counts, &edges)? } else { counts };
    Ok((counts, edges))
}
