//! The operators and methods of [`LazyArray`]: each builds a larger expression, none computes but `compute`.

use crate::dtype::{dtype_object, parse_dtype};
use crate::errors::{OrRaise, unsupported};
use crate::fused::traced;
use crate::index::{self, Key};
use crate::lazy::{LazyArray, PyPlan, binary, compute, fold, plan_of, unary, wrap};
use crate::methods::{output, parse_axis, parse_integers};
use crate::object::from_array;
use metes_array::shape_text;
use metes_eval::Output;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyDict, PyTuple};

type Any<'a, 'py> = &'a Bound<'py, PyAny>;
type Lazily<'py> = PyResult<Bound<'py, PyAny>>;

#[pymethods]
impl LazyArray {
    fn __add__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("add", slf, other)
    }

    fn __radd__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("add", other, slf)
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("subtract", slf, other)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("subtract", other, slf)
    }

    fn __mul__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("multiply", slf, other)
    }

    fn __rmul__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("multiply", other, slf)
    }

    fn __truediv__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("divide", slf, other)
    }

    fn __rtruediv__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("divide", other, slf)
    }

    fn __floordiv__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("floor_divide", slf, other)
    }

    fn __rfloordiv__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("floor_divide", other, slf)
    }

    fn __mod__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("remainder", slf, other)
    }

    fn __rmod__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("remainder", other, slf)
    }

    fn __and__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_and", slf, other)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_and", other, slf)
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_or", slf, other)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_or", other, slf)
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_xor", slf, other)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("bitwise_xor", other, slf)
    }

    fn __lshift__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("left_shift", slf, other)
    }

    fn __rlshift__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("left_shift", other, slf)
    }

    fn __rshift__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("right_shift", slf, other)
    }

    fn __rrshift__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>) -> Lazily<'py> {
        binary("right_shift", other, slf)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> Lazily<'py> {
        unary("negative", slf)
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Lazily<'py> {
        unary("positive", slf)
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> Lazily<'py> {
        unary("absolute", slf)
    }

    fn __invert__<'py>(slf: &Bound<'py, Self>) -> Lazily<'py> {
        unary("invert", slf)
    }

    /// The lazy sum over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn sum<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("sum", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy product over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn prod<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("prod", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy minimum over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn min<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("min", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy maximum over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn max<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("max", slf, axis, dtype, keepdims, 0.0)
    }

    /// Lazily, whether any element is true over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn any<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("any", slf, axis, dtype, keepdims, 0.0)
    }

    /// Lazily, whether all elements are true over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn all<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("all", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy mean over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn mean<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("mean", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy position of the minimum over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn argmin<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("argmin", slf, axis, dtype, keepdims, 0.0)
    }

    /// The lazy position of the maximum over `axis`, by default over all axes.
    #[pyo3(signature = (axis = None, dtype = None, *, keepdims = false))]
    fn argmax<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("argmax", slf, axis, dtype, keepdims, 0.0)
    }

    fn __pow__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>, modulo: Option<Any<'_, 'py>>) -> Lazily<'py> {
        match modulo {
            None => binary("power", slf, other),
            Some(_) => Err(PyTypeError::new_err("pow() with a modulus is not for arrays")),
        }
    }

    fn __rpow__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>, modulo: Option<Any<'_, 'py>>) -> Lazily<'py> {
        match modulo {
            None => binary("power", other, slf),
            Some(_) => Err(PyTypeError::new_err("pow() with a modulus is not for arrays")),
        }
    }

    fn __richcmp__<'py>(slf: &Bound<'py, Self>, other: Any<'_, 'py>, op: CompareOp) -> Lazily<'py> {
        let name = match op {
            CompareOp::Lt => "less",
            CompareOp::Le => "less_equal",
            CompareOp::Eq => "equal",
            CompareOp::Ne => "not_equal",
            CompareOp::Gt => "greater",
            CompareOp::Ge => "greater_equal",
        };
        binary(name, slf, other)
    }

    /// The lazy variance over `axis`; `correction` is taken off the number of values.
    #[pyo3(signature = (axis = None, dtype = None, *, correction = 0.0, keepdims = false))]
    fn var<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        correction: f64,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("var", slf, axis, dtype, keepdims, correction)
    }

    /// The lazy standard deviation over `axis`; `correction` is taken off the number of values.
    #[pyo3(signature = (axis = None, dtype = None, *, correction = 0.0, keepdims = false))]
    fn std<'py>(
        slf: &Bound<'py, Self>,
        axis: Option<Any<'_, 'py>>,
        dtype: Option<Any<'_, 'py>>,
        correction: f64,
        keepdims: bool,
    ) -> Lazily<'py> {
        fold("std", slf, axis, dtype, keepdims, correction)
    }

    /// Elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.shape())
    }

    /// What one element will be.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> Lazily<'py> {
        dtype_object(py, self.0.dtype())
    }

    /// Number of axes.
    #[getter]
    fn ndim(&self) -> usize {
        self.0.shape().len()
    }

    /// Number of elements.
    #[getter]
    fn size(&self) -> u128 {
        self.0.shape().iter().map(|n| *n as u128).product()
    }

    /// Bytes that the computed array will have.
    #[getter]
    fn nbytes(&self) -> u128 {
        self.size() * self.0.dtype().size() as u128
    }

    /// With the axes reversed.
    #[getter(T)]
    fn reversed_axes<'py>(&self, py: Python<'py>) -> Lazily<'py> {
        wrap(py, self.0.transpose(None).or_raise()?)
    }

    /// With the axes in another order, reversed by default.
    #[pyo3(signature = (*axes))]
    fn transpose<'py>(&self, axes: &Bound<'py, PyTuple>) -> Lazily<'py> {
        let given = lengths(axes)?;
        wrap(axes.py(), self.0.transpose(given.as_deref()).or_raise()?)
    }

    /// With another shape; one length may be -1.
    #[pyo3(signature = (*shape))]
    fn reshape<'py>(&self, shape: &Bound<'py, PyTuple>) -> Lazily<'py> {
        let given = lengths(shape)?.unwrap_or_default();
        wrap(shape.py(), self.0.reshape(&given).or_raise()?)
    }

    /// Without axes of length 1: the named ones, or all.
    #[pyo3(signature = (axis = None))]
    fn squeeze<'py>(&self, py: Python<'py>, axis: Option<Any<'_, 'py>>) -> Lazily<'py> {
        let axes = parse_axis(axis)?;
        wrap(py, self.0.squeeze(axes.as_deref()).or_raise()?)
    }

    /// Cast to `dtype`.
    fn astype<'py>(&self, dtype: Any<'_, 'py>) -> Lazily<'py> {
        wrap(dtype.py(), self.0.cast(parse_dtype(dtype)?).or_raise()?)
    }

    fn __getitem__<'py>(&self, index: Any<'_, 'py>) -> Lazily<'py> {
        match index::parse(index)? {
            Key::Basic(items) => wrap(index.py(), self.0.index(&items).or_raise()?),
            Key::Fancy(_) => Err(unsupported(
                "indexing a lazy array by arrays or masks: compute() it first, or multiply by the mask",
            )),
        }
    }

    /// All windows of these lengths along these axes, as further axes.
    fn _windows<'py>(&self, py: Python<'py>, windows: Vec<(isize, usize)>) -> Lazily<'py> {
        wrap(py, self.0.windows(&windows).or_raise()?)
    }

    fn __len__(&self) -> PyResult<usize> {
        self.0.shape().first().copied().ok_or_else(|| PyTypeError::new_err("len() of unsized object"))
    }

    fn __bool__(&self) -> PyResult<bool> {
        traced(self, "the truth value")?;
        Err(PyValueError::new_err("a lazy array has no truth value yet: compute() it, or use any() or all()"))
    }

    fn __float__(&self) -> PyResult<f64> {
        traced(self, "the number")?;
        Err(PyTypeError::new_err("a lazy array is no number yet: compute() it"))
    }

    fn __index__(&self) -> PyResult<isize> {
        traced(self, "the number")?;
        Err(PyTypeError::new_err("a lazy array is no integer yet: compute() it"))
    }

    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("a lazy array is not iterated: compute() it, or index it"))
    }

    fn __hash__(&self) -> PyResult<isize> {
        Err(PyTypeError::new_err("unhashable type: 'LazyArray'"))
    }

    /// NumPy's operators leave the work to ours.
    #[classattr]
    fn __array_ufunc__() -> Option<bool> {
        None
    }

    /// Computes the array, for NumPy.
    #[pyo3(signature = (dtype = None, copy = None))]
    fn __array__<'py>(&self, py: Python<'py>, dtype: Option<Any<'_, 'py>>, copy: Option<bool>) -> Lazily<'py> {
        traced(self, "the elements")?;
        if copy == Some(false) {
            return Err(PyValueError::new_err("a lazy array has no bytes to share: it must be computed"));
        }
        let array = compute(py, vec![self.0.clone()], false)?.remove(0);
        let kwargs = PyDict::new(py);
        kwargs.set_item("dtype", dtype)?;
        py.import("numpy")?.call_method("asarray", (from_array(py, array, None),), Some(&kwargs))
    }

    /// How this will be computed, and the peak of memory of that.
    fn plan(&self) -> PyResult<PyPlan> {
        plan_of(vec![self.0.clone()])
    }

    /// Computes the array, in parts that fit the memory limit; into `out`, where given, which is returned then.
    #[pyo3(signature = (out = None, *, progress = false))]
    fn compute<'py>(&self, py: Python<'py>, out: Option<Any<'_, 'py>>, progress: bool) -> Lazily<'py> {
        traced(self, "the elements")?;
        let Some(out) = out else {
            let array = compute(py, vec![self.0.clone()], progress)?.remove(0);
            return Ok(from_array(py, array, None));
        };
        let target = output(out)?;
        crate::lazy::run(py, vec![Output::Into(self.0.clone(), target)], progress)?;
        Ok(out.clone())
    }

    fn __repr__(&self) -> String {
        let (shape, dtype) = (shape_text(self.0.shape()), self.0.dtype());
        format!("<lazy {}: shape {shape}, dtype {dtype}>", self.0)
    }
}

/// What `f(2, 3)` and `f((2, 3))` both mean; `None` for `f()` and `f(None)`.
fn lengths(args: &Bound<'_, PyTuple>) -> PyResult<Option<Vec<isize>>> {
    match args.len() {
        0 => Ok(None),
        1 => parse_axis(Some(&args.get_item(0)?)),
        _ => parse_integers(args.as_any()).map(Some),
    }
}
