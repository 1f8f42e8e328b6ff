//! Histograms, counts, bins.

use super::Made;
use super::given::{array_at, array_named, flag, made};
use crate::convert::to_numbers;
use crate::eval;
use crate::fastcall::{Args, method};
use crate::methods::parse_integer;
use crate::object::from_array;
use metes::statistics::{self, Bins};
use metes_array::{Array, Index};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "histogram",
            histogram,
            ["a", "bins=10", "range=None", "density=False", "weights=None"],
            "How many elements, or what sum of weights, lie in each bin; and the edges of the bins.\n\n>>> import metes as mt\n>>> counts, edges = mt.histogram(mt.asarray([1.0, 2.0, 2.5, 4.0]), bins=3)\n>>> counts.tolist(), edges.tolist()\n([1, 2, 1], [1.0, 2.0, 3.0, 4.0])"
        ),
        method!(
            "histogram_bin_edges",
            edges,
            ["a", "bins=10", "range=None", "weights=None"],
            "The edges of the bins that histogram counts in."
        ),
        method!(
            "histogram2d",
            histogram2d,
            ["x", "y", "bins=10", "range=None", "density=False", "weights=None"],
            "A histogram of points in the plane, and the edges along both axes."
        ),
        method!(
            "histogramdd",
            histogramdd,
            ["sample", "bins=10", "range=None", "density=False", "weights=None"],
            "A histogram of points (rows, or one array for each coordinate), and the edges along each axis."
        ),
        method!(
            "bincount",
            bincount,
            ["x", "weights=None", "minlength=0"],
            "How often each integer from 0 on is in x, or the sums of their weights."
        ),
        method!(
            "digitize",
            digitize,
            ["x", "bins", "right=False"],
            "The places of elements among bins that rise or fall."
        ),
    ]
}

fn bins(object: Option<&Bound<'_, PyAny>>) -> PyResult<Bins> {
    let Some(object) = object else { return Ok(Bins::Count(10)) };
    if let Ok(rule) = object.cast::<PyString>() {
        return Ok(Bins::Rule(rule.to_cow()?.into_owned()));
    }
    if let Ok(count) = parse_integer(object) {
        let count =
            usize::try_from(count).map_err(|_| PyValueError::new_err("`bins` must be positive, when an integer"))?;
        return Ok(Bins::Count(count));
    }
    let edges = to_numbers(object)?;
    if edges.ndim() == 0 {
        return Err(PyTypeError::new_err("`bins` must be an integer, a string, or an array"));
    }
    Ok(Bins::Edges(edges))
}

fn range(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<(f64, f64)>> {
    object.map(|object| Ok((object.get_item(0)?.extract()?, object.get_item(1)?.extract()?))).transpose()
}

fn pair<'py>(py: Python<'py>, counts: Array, edges: Vec<Array>, apart: bool) -> Made<'py> {
    let edges = edges.into_iter().map(|edges| from_array(py, edges, None));
    let counts = from_array(py, counts, None);
    if apart {
        return Ok(PyTuple::new(py, std::iter::once(counts).chain(edges).collect::<Vec<_>>())?.into_any());
    }
    let edges = PyList::new(py, edges.collect::<Vec<_>>())?.into_any();
    Ok(PyTuple::new(py, [counts, edges])?.into_any())
}

fn histogram<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (py, a) = (args.py(), array_at(args, 0)?);
    if a.dtype().time().is_some()
        && let Some(edges) = args.some(1)
        && let Some((edges, _)) = crate::convert::existing(edges)?
        && edges.dtype().time().is_some()
        && !args.flag(3, false)?
    {
        let weights = array_named(args, "weights")?.map(|weights| from_array(py, weights, None));
        let counted = py.import("metes._spans")?.getattr("histogram")?;
        return counted.call1((from_array(py, a, None), from_array(py, edges, None), weights));
    }
    let (bins, range, density) = (bins(args.some(1))?, range(args.some(2))?, args.flag(3, false)?);
    let weights = array_named(args, "weights")?;
    let work = || statistics::histogram(&a, &bins, range, weights.as_ref(), density);
    let (counts, edges) = eval::computed(py, "histogram", a.nbytes(), work)?;
    pair(py, counts, vec![edges], true)
}

fn edges<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let a = array_at(args, 0)?;
    let (bins, range) = (bins(args.some(1))?, range(args.some(2))?);
    let weighted = args.some(3).is_some();
    made(args, "histogram_bin_edges", a.nbytes(), || statistics::bin_edges(&a, &bins, range, weighted))
}

/// `bins=` for each of some axes: one for all, or a sequence of one for each.
fn bins_of(object: Option<&Bound<'_, PyAny>>, axes: usize, plane: bool) -> PyResult<Vec<Bins>> {
    let Some(object) = object.filter(|object| parse_integer(object).is_err()) else {
        return (0..axes).map(|_| bins(object)).collect();
    };
    let count = object.len()?;
    if plane && count != 1 && count != 2 {
        let edges = bins(Some(object))?;
        return Ok(vec![edges.clone(), edges]);
    }
    if count != axes {
        return Err(PyValueError::new_err("The dimension of bins must be equal to the dimension of the sample x."));
    }
    object.try_iter()?.map(|item| bins(Some(&item?))).collect()
}

fn ranges(object: Option<&Bound<'_, PyAny>>, axes: usize) -> PyResult<Vec<Option<(f64, f64)>>> {
    let Some(object) = object else { return Ok(vec![None; axes]) };
    if object.len()? != axes {
        return Err(PyValueError::new_err("range argument must have one entry per dimension"));
    }
    let one =
        |item: PyResult<Bound<'_, PyAny>>| item.and_then(|item| range(Some(&item).filter(|item| !item.is_none())));
    object.try_iter()?.map(one).collect()
}

fn many<'py>(args: &Args<'_, 'py>, columns: &[Array], bins: &[Bins], first: usize, apart: bool) -> Made<'py> {
    let py = args.py();
    let (ranges, density) = (ranges(args.some(first), columns.len())?, args.flag(first + 1, false)?);
    let weights = array_named(args, "weights")?;
    let bytes = columns.iter().map(Array::nbytes).sum();
    let work = || statistics::histogramdd(columns, bins, &ranges, weights.as_ref(), density);
    let (counts, edges) = eval::computed(py, "histogram", bytes, work)?;
    pair(py, counts, edges, apart)
}

fn histogram2d<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (x, y) = (array_at(args, 0)?, array_at(args, 1)?);
    if x.size() != y.size() {
        return Err(PyValueError::new_err("x and y must have the same length."));
    }
    let bins = bins_of(args.some(2), 2, true)?;
    many(args, &[x, y], &bins, 3, true)
}

fn histogramdd<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    use crate::errors::OrRaise;
    let sample = args.required(0)?;
    let listed = sample.is_instance_of::<PyList>() || sample.is_instance_of::<PyTuple>();
    let columns: Vec<Array> = if listed {
        sample.try_iter()?.map(|item| to_numbers(&item?)).collect::<PyResult<_>>()?
    } else {
        let points = to_numbers(sample)?;
        if points.ndim() == 0 {
            return Err(PyTypeError::new_err("histogramdd: points have coordinates along an axis, one value has none"));
        }
        let points = if points.ndim() == 1 { points.expand_dims(&[1]).or_raise()? } else { points };
        let column = |i| points.index(&[Index::Ellipsis, Index::At(i)]).or_raise();
        (0..points.shape().last().copied().unwrap_or(0) as isize).map(column).collect::<PyResult<_>>()?
    };
    let bins = bins_of(args.some(1), columns.len(), false)?;
    many(args, &columns, &bins, 2, false)
}

fn bincount<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (x, weights) = (array_at(args, 0)?, array_named(args, "weights")?);
    let least = args.some(2).map_or(Ok(0), parse_integer)?;
    let least = usize::try_from(least).map_err(|_| PyValueError::new_err("'minlength' must not be negative"))?;
    made(args, "bincount", x.nbytes(), || statistics::bincount(&x, weights.as_ref(), least))
}

fn digitize<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (x, bins, right) = (array_at(args, 0)?, array_at(args, 1)?, flag(args, "right")?);
    made(args, "digitize", x.nbytes(), || statistics::digitize(&x, &bins, right))
}
