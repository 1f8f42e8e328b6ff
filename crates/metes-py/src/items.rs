//! The items of a list or tuple, with a short way for those that are all numbers: no references counted, no protocols
//! looked for.

use crate::element::weak_scalar;
use crate::errors::OrRaise;
use metes_array::{Array, Scalar};
use metes_dtype::{DType, Kind};
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

    /// Puts an array of the items in `place`, in one pass, where all are Python floats, or all Python ints that fit int64;
    /// says whether they are. `wanted` is the dtype that was asked for.
    pub fn flat(&self, wanted: Option<DType>, place: &mut Option<Array>) -> PyResult<bool> {
        let Some(first) = self.borrowed(0) else { return Ok(false) };
        let asks = |kind: Kind| wanted.is_none_or(|dtype| dtype == kind);
        if first.is_exact_instance_of::<PyFloat>() && asks(Kind::F64) {
            return self.copy_to(Kind::F64, place, |item| {
                // SAFETY: an exact float is read as it is.
                item.is_exact_instance_of::<PyFloat>().then(|| unsafe { ffi::PyFloat_AsDouble(item.as_ptr()) })
            });
        }
        if first.is_exact_instance_of::<PyInt>() && asks(Kind::I64) {
            return self.copy_to(Kind::I64, place, |item| {
                item.is_exact_instance_of::<PyInt>().then(|| as_i64(item)).flatten()
            });
        }
        Ok(false)
    }

    /// Puts what `read` makes of each item, of this kind, in a new array; not where it makes nothing of one. It must not run
    /// Python code.
    fn copy_to<T>(
        &self,
        kind: Kind,
        place: &mut Option<Array>,
        read: impl Fn(&Bound<'py, PyAny>) -> Option<T>,
    ) -> PyResult<bool> {
        assert!(size_of::<T>() == kind.size());
        let len = self.len();
        let array = place.insert(Array::empty(&[len], kind.into(), "array").or_raise()?);
        let to = array.as_ptr().cast::<T>();
        // Asked again: an allocation may let other Python code run.
        let mut done = self.len() == len;
        for index in 0..if done { len } else { 0 } {
            // SAFETY: the index is within the sequence, which does not change as nothing here runs Python code; the array is
            // fresh, and has a place for as many elements.
            unsafe {
                match read(&self.item(index)) {
                    Some(value) => to.add(index).write(value),
                    None => done = false,
                }
            }
            if !done {
                break;
            }
        }
        if !done {
            *place = None;
        }
        Ok(done)
    }

    /// # Safety
    /// The index is within the sequence, and no Python code runs while the item is looked at.
    #[inline]
    unsafe fn item(&self, index: usize) -> Borrowed<'_, 'py, PyAny> {
        let index = index as ffi::Py_ssize_t;
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Items::List(list) => Borrowed::from_ptr(list.py(), ffi::PyList_GetItem(list.as_ptr(), index)),
                Items::Tuple(tuple) => Borrowed::from_ptr(tuple.py(), ffi::PyTuple_GetItem(tuple.as_ptr(), index)),
            }
        }
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
    as_i64(item).is_some()
}

fn as_i64(item: &Bound<'_, PyAny>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: the item is a live int.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(item.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(value)
}
