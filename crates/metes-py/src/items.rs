//! The items of a list or tuple, with a short way for those that are all numbers: no references counted, no protocols
//! looked for.

use crate::element::weak_scalar;
use metes_array::Scalar;
use metes_dtype::Kind;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyList, PyTuple};
use std::ptr;

/// The items of a sequence.
pub(crate) enum Items<'py> {
    List(Bound<'py, PyList>),
    Tuple(Bound<'py, PyTuple>),
}

impl<'py> Items<'py> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Items::List(list) => list.len(),
            Items::Tuple(tuple) => tuple.len(),
        }
    }

    /// Visits each in turn.
    pub fn each(&self, mut visit: impl FnMut(&Bound<'py, PyAny>) -> PyResult<()>) -> PyResult<()> {
        match self {
            Items::List(list) => list.iter().try_for_each(|item| visit(&item)),
            Items::Tuple(tuple) => tuple.iter().try_for_each(|item| visit(&item)),
        }
    }

    /// `F64` if all items are Python floats, `I64` if all are Python ints that fit; `None` for mixtures, for anything
    /// else and for no items.
    pub fn uniform(&self) -> Option<Kind> {
        let first = self.borrowed(0)?;
        let kind = if first.is_exact_instance_of::<PyFloat>() {
            Kind::F64
        } else if first.is_exact_instance_of::<PyInt>() {
            Kind::I64
        } else {
            return None;
        };
        let fits = |index| match (kind, self.borrowed(index)) {
            (Kind::F64, Some(item)) => item.is_exact_instance_of::<PyFloat>(),
            (_, Some(item)) => item.is_exact_instance_of::<PyInt>() && fits_i64(&item),
            (_, None) => false,
        };
        (0..self.len()).all(fits).then_some(kind)
    }

    /// Visits each item of a [`Items::uniform`] sequence as a number; stops at one that is none (any more).
    pub fn each_number(&self, mut visit: impl FnMut(Scalar) -> PyResult<()>) -> PyResult<()> {
        for index in 0..self.len() {
            let Some(number) = self.borrowed(index).map_or(Ok(None), |item| weak_scalar(&item))? else { break };
            visit(number)?;
        }
        Ok(())
    }

    /// The item, for a look that runs no Python code and so cannot lose it.
    fn borrowed(&self, index: usize) -> Option<Borrowed<'_, 'py, PyAny>> {
        let index = index as ffi::Py_ssize_t;
        // SAFETY: the sequence is live and the index within it; the item lives
        // as long as the sequence holds it, that is until Python code runs.
        unsafe {
            let (py, item) = match self {
                Items::List(list) if index < ffi::PyList_Size(list.as_ptr()) => {
                    (list.py(), ffi::PyList_GetItem(list.as_ptr(), index))
                }
                Items::Tuple(tuple) if index < ffi::PyTuple_Size(tuple.as_ptr()) => {
                    (tuple.py(), ffi::PyTuple_GetItem(tuple.as_ptr(), index))
                }
                Items::List(list) => (list.py(), ptr::null_mut()),
                Items::Tuple(tuple) => (tuple.py(), ptr::null_mut()),
            };
            Borrowed::from_ptr_or_opt(py, item)
        }
    }
}

fn fits_i64(item: &Bound<'_, PyAny>) -> bool {
    let mut overflow = 0;
    // SAFETY: the item is a live int.
    unsafe { ffi::PyLong_AsLongLongAndOverflow(item.as_ptr(), &raw mut overflow) };
    overflow == 0
}
