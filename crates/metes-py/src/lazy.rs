//! `LazyArray`: array code that runs later, in parts that fit; and `Plan`, how it will.

use crate::convert::to_array;
use crate::dtype::parse_dtype_or_none;
use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::methods::parse_axis;
use crate::object::from_array;
use crate::progress::Meter;
use metes_array::Array;
use metes_eval::{Expr, Output};
use metes_kernels::{Reduction, Ufunc};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// An array that is not computed yet: an expression over arrays in memory and arrays in files.
///
/// It has the operators and methods of an array. `plan()` says how it will be computed and how much memory that takes,
/// `compute()` does it. NumPy's functions compute it first.
#[pyclass(name = "LazyArray", module = "metes", frozen)]
pub(crate) struct LazyArray(pub(crate) Expr);

/// How lazy arrays will be computed: passes over the files, the size of their parts, and the peak of memory.
#[pyclass(name = "Plan", module = "metes", frozen)]
pub(crate) struct PyPlan {
    peak: usize,
    text: String,
}

impl PyPlan {
    /// How this plan prints.
    pub(crate) fn of(plan: &metes_eval::Plan) -> PyPlan {
        PyPlan { peak: plan.peak_bytes(), text: plan.to_string().trim_end().to_owned() }
    }
}

#[pymethods]
impl PyPlan {
    /// The most bytes of array memory that the computation will hold at once, its results included.
    #[getter]
    fn peak_bytes(&self) -> usize {
        self.peak
    }

    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> &str {
        &self.text
    }
}

/// Whether an object is a lazy array.
pub(crate) fn is_lazy(object: &Bound<'_, PyAny>) -> bool {
    object.is_exact_instance_of::<LazyArray>()
}

/// The expression for an operand: a lazy array, a Python number (weak), or anything that can be an array.
pub(crate) fn to_expr(object: &Bound<'_, PyAny>) -> PyResult<Expr> {
    if let Some(expr) = expr_of(object) {
        return Ok(expr.clone());
    }
    match weak_scalar(object)? {
        Some(scalar) => Ok(Expr::scalar(scalar)),
        None => to_array(object, None).map(Expr::array),
    }
}

/// The lazy value of an elementwise function.
pub(crate) fn apply<'py>(
    py: Python<'py>,
    row: &'static Ufunc,
    args: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    if row.nout != 1 {
        let text = format!("{}: lazy arrays have one result each; compute() the operand first", row.name);
        return Err(pyo3::exceptions::PyNotImplementedError::new_err(text));
    }
    let args: PyResult<Vec<Expr>> = args.iter().map(|arg| to_expr(arg)).collect();
    wrap(py, Expr::ufunc(row, &args?).or_raise()?)
}

/// A `LazyArray` object.
pub(crate) fn wrap(py: Python<'_>, expr: Expr) -> PyResult<Bound<'_, PyAny>> {
    Ok(Bound::new(py, LazyArray(expr))?.into_any())
}

/// Computes expressions together: each file is read once per pass. Detached from the interpreter; Ctrl-C stops it.
pub(crate) fn run(py: Python<'_>, outputs: Vec<Output>, progress: bool) -> PyResult<Vec<Option<Array>>> {
    let mut meter = Meter::new(py, progress)?;
    let result = crate::eval::released(py, || {
        let plan = metes_eval::Plan::new(outputs, None)?;
        plan.run(&mut |done, total| meter.tick(done, total))
    });
    meter.verdict(py, result)
}

/// Computes expressions into arrays.
pub(crate) fn compute(py: Python<'_>, exprs: Vec<Expr>, progress: bool) -> PyResult<Vec<Array>> {
    let outputs = exprs.into_iter().map(Output::Array).collect();
    Ok(run(py, outputs, progress)?.into_iter().flatten().collect())
}

/// How expressions would be computed together.
pub(crate) fn plan_of(exprs: Vec<Expr>) -> PyResult<PyPlan> {
    metes_eval::Plan::new(exprs.into_iter().map(Output::Array).collect(), None).or_raise().map(|p| PyPlan::of(&p))
}

fn exprs_of(arrays: &Bound<'_, PyTuple>) -> PyResult<Vec<Expr>> {
    arrays.iter().map(|array| to_expr(&array)).collect()
}

/// A lazy array over an array in memory (or anything that can be one).
#[pyfunction]
#[pyo3(signature = (a, /))]
pub(crate) fn lazy<'py>(a: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if is_lazy(a) {
        return Ok(a.clone());
    }
    wrap(a.py(), Expr::array(to_array(a, None)?))
}

/// Computes lazy arrays together, reading each file once where that is possible: one array for one, a tuple for several.
#[pyfunction(name = "compute")]
#[pyo3(signature = (*arrays, progress = false))]
pub(crate) fn compute_all<'py>(arrays: &Bound<'py, PyTuple>, progress: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = arrays.py();
    let results = compute(py, exprs_of(arrays)?, progress)?;
    let mut objects: Vec<_> = results.into_iter().map(|array| from_array(py, array, None)).collect();
    if objects.len() == 1
        && let Some(one) = objects.pop()
    {
        return Ok(one);
    }
    Ok(PyTuple::new(py, objects)?.into_any())
}

/// How lazy arrays would be computed together, and the peak of memory of that.
#[pyfunction(name = "plan")]
#[pyo3(signature = (*arrays))]
pub(crate) fn plan_all(arrays: &Bound<'_, PyTuple>) -> PyResult<PyPlan> {
    plan_of(exprs_of(arrays)?)
}

/// What two operands give, or `NotImplemented` where the other one is nothing that we know.
pub(crate) fn binary<'py>(
    name: &str,
    left: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = left.py();
    match (operand(left)?, operand(right)?) {
        (Some(left), Some(right)) => wrap(py, Expr::ufunc(eval::ufunc(name)?, &[left, right]).or_raise()?),
        _ => Ok(py.NotImplemented().into_bound(py)),
    }
}

fn operand(object: &Bound<'_, PyAny>) -> PyResult<Option<Expr>> {
    if let Some(expr) = expr_of(object) {
        return Ok(Some(expr.clone()));
    }
    Ok(eval::to_operand(object)?.map(|operand| match operand {
        Operand::Array(array) => Expr::array(array),
        Operand::Weak(scalar) => Expr::scalar(scalar),
    }))
}

/// What one lazy operand gives.
pub(crate) fn unary<'py>(name: &str, slf: &Bound<'py, LazyArray>) -> PyResult<Bound<'py, PyAny>> {
    wrap(slf.py(), Expr::ufunc(eval::ufunc(name)?, &[slf.get().0.clone()]).or_raise()?)
}

/// A lazy reduction by its name.
pub(crate) fn fold<'py>(
    name: &str,
    slf: &Bound<'py, LazyArray>,
    axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    keepdims: bool,
    correction: f64,
) -> PyResult<Bound<'py, PyAny>> {
    reduce(slf.py(), eval::reduction(name)?, &slf.get().0, axis, dtype, keepdims, correction)
}

/// The expression of a lazy array; `None` for other objects.
pub(crate) fn expr_of<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a Expr> {
    object.cast_exact::<LazyArray>().ok().map(|lazy| &lazy.get().0)
}

/// The lazy reduction with the arguments that a Python caller gave.
pub(crate) fn reduce<'py>(
    py: Python<'py>,
    row: &'static Reduction,
    expr: &Expr,
    axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    keepdims: bool,
    correction: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let axes = parse_axis(axis)?;
    let dtype = parse_dtype_or_none(dtype)?;
    wrap(py, expr.reduce(row, axes.as_deref(), keepdims, dtype, correction).or_raise()?)
}

/// Adds the classes and functions of this file to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LazyArray>()?;
    module.add_class::<PyPlan>()?;
    module.add_function(wrap_pyfunction!(lazy, module)?)?;
    module.add_function(wrap_pyfunction!(compute_all, module)?)?;
    module.add_function(wrap_pyfunction!(plan_all, module)?)
}
