//! The Python class `GrowableArray`.

use crate::dtype::{dtype_object, parse_dtype};
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::methods::parse_shape;
use crate::object::from_array;
use metes_array::{Dims, Growable, Index};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::{Mutex, MutexGuard};

/// An array that grows along its first axis: `append` and `extend` take amortised constant time per row.
///
/// `view` shows the rows without a copy. While such a view lives, rows can be added as long as there is room for them;
/// where the block would have to move, that is an error that names the views.
#[pyclass(frozen, module = "metes", name = "GrowableArray")]
pub(crate) struct GrowableArray(Mutex<Growable>);

impl GrowableArray {
    fn rows(&self) -> PyResult<MutexGuard<'_, Growable>> {
        self.0.lock().map_err(|_| PyRuntimeError::new_err("GrowableArray: an earlier operation was cut short"))
    }

    fn add(&self, py: Python<'_>, count: usize, value: &Operand, row: bool) -> PyResult<()> {
        let mut rows = self.rows()?;
        let room = rows.room(count).or_raise()?;
        let target = if row { room.index(&[Index::At(0)]).or_raise()? } else { room };
        eval::assign(py, &target, value, None)?;
        rows.add(count);
        Ok(())
    }
}

#[pymethods]
impl GrowableArray {
    #[new]
    #[pyo3(signature = (dtype, shape_tail=None, capacity=0))]
    fn new(dtype: &Bound<'_, PyAny>, shape_tail: Option<&Bound<'_, PyAny>>, capacity: usize) -> PyResult<Self> {
        let tail = shape_tail.map_or(Ok(Dims::new()), parse_shape)?;
        let rows = Growable::new(parse_dtype(dtype)?, &tail, capacity).or_raise()?;
        Ok(GrowableArray(Mutex::new(rows)))
    }

    /// Adds one row, cast and broadcast as in an assignment.
    fn append(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value =
            eval::to_operand(value)?.ok_or_else(|| PyTypeError::new_err("append: this is no number or array"))?;
        self.add(py, 1, &value, true)
    }

    /// Adds the rows of an array, one for each place of its first axis.
    fn extend(&self, py: Python<'_>, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(Operand::Array(values)) = eval::to_operand(values)? else {
            return Err(PyTypeError::new_err("extend: these are no rows"));
        };
        let count =
            *values.shape().first().ok_or_else(|| PyValueError::new_err("extend: an array of 0 axes has no rows"))?;
        let tail = self.rows()?.tail().to_vec();
        if values.shape()[1..] != tail[..] {
            let text = format!("extend: shape {:?} is not rows of shape {tail:?}", values.shape());
            return Err(PyValueError::new_err(text));
        }
        self.add(py, count, &Operand::Array(values), false)
    }

    /// Makes room for so many rows more.
    fn reserve(&self, rows: usize) -> PyResult<()> {
        self.rows()?.reserve(rows).or_raise()
    }

    /// Gives the spare room back.
    fn shrink(&self) -> PyResult<()> {
        self.rows()?.shrink().or_raise()
    }

    /// The rows as a view, without a copy.
    fn view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let view = self.rows()?.view();
        Ok(from_array(py, view, None))
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py)?.call_method1("__array__", (dtype, copy))
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.rows()?.len())
    }

    fn __repr__(&self) -> PyResult<String> {
        let rows = self.rows()?;
        let (dtype, capacity) = (rows.dtype(), rows.capacity());
        let shape: Vec<usize> = std::iter::once(rows.len()).chain(rows.tail().iter().copied()).collect();
        Ok(format!("GrowableArray(dtype={dtype}, shape={}, capacity={capacity})", metes_array::shape_text(&shape)))
    }

    /// Rows, then the shape of one.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let rows = self.rows()?;
        PyTuple::new(py, std::iter::once(rows.len()).chain(rows.tail().iter().copied()).collect::<Vec<_>>())
    }

    /// What one element is.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dtype_object(py, self.rows()?.dtype())
    }

    /// Rows for which there is room.
    #[getter]
    fn capacity(&self) -> PyResult<usize> {
        Ok(self.rows()?.capacity())
    }
}
