//! Arrays over bytes that another library provides, and bytes objects over the elements of arrays.
//!
//! The buffer protocol, DLPack, Arrow and the array interface all end here: an address, a shape, strides in bytes.

use crate::errors::OrRaise;
use metes_array::{Array, Layout, copy_into};
use metes_dtype::DType;
use metes_memory::Buffer;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::any::Any;
use std::ptr::NonNull;

/// What another library says of its elements.
pub(crate) struct Described {
    /// The address of the element with all indices 0.
    pub first: *mut u8,
    /// What one element is.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<usize>,
    /// Bytes from one element to the next; `None` where they lie densely in C order.
    pub strides: Option<Vec<isize>>,
    /// Whether they may be written.
    pub writeable: bool,
}

/// An object that is kept alive, and let go at once wherever its last array ends.
pub(crate) struct Kept(Option<Py<PyAny>>);

impl Kept {
    /// Keeps the object.
    pub fn new(object: &Bound<'_, PyAny>) -> Kept {
        Kept(Some(object.clone().unbind()))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let kept = self.0.take();
        // After the interpreter's end there is nothing to let go.
        Python::try_attach(|py| kept.map(|object| object.drop_ref(py)));
    }
}

/// An array over foreign elements, kept alive by `owner`.
///
/// # Errors
/// `ValueError` for more axes or bytes than an array may have, or for no address where there are elements.
///
/// # Safety
/// Every element that is described stays valid (writable if `writeable`) until `owner` is dropped.
pub(crate) unsafe fn show(from: Described, label: &'static str, owner: Box<dyn Any + Send + Sync>) -> PyResult<Array> {
    let itemsize = from.dtype.size();
    let dense = Layout::contiguous(&from.shape, itemsize).or_raise()?;
    let strides = from.strides.as_deref().filter(|_| !from.shape.is_empty()).unwrap_or(dense.strides());
    let (low, high) = reach(&from.shape, strides, itemsize)
        .ok_or_else(|| PyValueError::new_err(format!("{label}: strides {strides:?} reach beyond the address space")))?;
    if from.first.is_null() && low != high {
        return Err(PyValueError::new_err(format!("{label}: elements at address 0")));
    }
    let start = NonNull::new(from.first.wrapping_sub(low)).unwrap_or(NonNull::dangling());
    // SAFETY: the caller promises the elements, all of which lie between the lowest and the highest byte that
    // strides reach.
    let buffer = unsafe { Buffer::foreign(start, low + high, from.writeable, label, owner) };
    let layout = Layout::new(&from.shape, strides, low).or_raise()?;
    Array::new(buffer, from.dtype, layout, from.writeable).or_raise()
}

/// How many bytes elements reach below the first one's address, and from there on.
fn reach(shape: &[usize], strides: &[isize], itemsize: usize) -> Option<(usize, usize)> {
    if shape.contains(&0) {
        return Some((0, 0));
    }
    let (mut low, mut high) = (0_usize, itemsize);
    for (n, step) in shape.iter().zip(strides) {
        let way = (n - 1).checked_mul(step.unsigned_abs())?;
        let side = if *step < 0 { &mut low } else { &mut high };
        *side = side.checked_add(way)?;
    }
    let whole = low.checked_add(high)?;
    (whole <= isize::MAX as usize).then_some((low, high))
}

/// Notes that the address of an array's elements goes to another library.
///
/// # Errors
/// `BufferError` where the elements are those of a mapped file that was closed.
pub(crate) fn expose(array: &Array) -> PyResult<()> {
    if array.buffer().is_closed() {
        return Err(PyBufferError::new_err("the mapped file is closed"));
    }
    array.buffer().mark_escaped();
    Ok(())
}

/// A bytes object with the elements in C order, copied once.
pub(crate) fn bytes_of<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, array.nbytes(), |into| {
        let from = Described {
            first: into.as_mut_ptr(),
            dtype: array.dtype(),
            shape: array.shape().to_vec(),
            strides: None,
            writeable: true,
        };
        // SAFETY: the bytes are this function's until it returns, and the array over them ends before.
        let place = unsafe { show(from, "bytes", Box::new(())) }?;
        copy_into(&place, array).or_raise()
    })
}
