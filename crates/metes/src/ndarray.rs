//! To and from the crate `ndarray`, without a copy: behind the feature `ndarray`.
//!
//! An owned array of `ndarray` becomes a Metes array that keeps it; a Metes array is seen by `ndarray` through a guard
//! that holds its bytes. Left out: bools going there, since a byte of a bool array may hold more than 0 and 1.

use crate::array::{Array, Element, Layout, Read, Write, shape_text};
use crate::dtype::{DType, Kind};
use crate::memory::{Buffer, Error, ErrorKind, Result};
use ndarray::{ArrayViewD, ArrayViewMutD, Axis, Dimension, IxDyn, OwnedRepr, ShapeBuilder, StrideShape};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// An array that shows, and keeps, an owned array of `ndarray`; the ledger counts its bytes as foreign.
///
/// ```
/// use metes::ndarray::from_ndarray;
/// let theirs = ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reversed_axes();
/// let ours = from_ndarray(theirs)?;
/// assert_eq!((ours.shape(), ours.strides()), (&[3, 2][..], &[8, 24][..]));
/// assert_eq!(ours.read::<f64>()?.to_vec(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] for more axes than an array of Metes may have.
pub fn from_ndarray<T: Element, D: Dimension>(mut array: ndarray::ArrayBase<OwnedRepr<T>, D>) -> Result<Array>
where
    ndarray::ArrayBase<OwnedRepr<T>, D>: Send + Sync + 'static,
{
    let size = size_of::<T>() as isize;
    let shape: Vec<usize> = array.shape().to_vec();
    let strides: Vec<isize> = array.strides().iter().map(|step| step * size).collect();
    let before: usize = shape.iter().zip(&strides).map(|(&n, s)| n.saturating_sub(1) * (-s).max(0) as usize).sum();
    let (offset, len) = if shape.contains(&0) { (0, 0) } else { (before, extent(&shape, &strides, size as usize)) };
    let layout = Layout::new(&shape, &strides, offset)?;
    let first = NonNull::new(array.as_mut_ptr().cast::<u8>().wrapping_sub(offset)).unwrap_or(NonNull::dangling());
    // SAFETY: the array owns its elements, all of which lie in the `len` bytes from the lowest one on; it is kept, and
    // touched by nobody, until the buffer is gone. Moving it moves its handle only.
    let buffer = unsafe { Buffer::foreign(first, len, true, "ndarray", Box::new(array)) };
    Array::new(buffer, DType::of(T::KIND), layout, true)
}

/// Bytes from the lowest to past the highest element.
fn extent(shape: &[usize], strides: &[isize], size: usize) -> usize {
    shape.iter().zip(strides).map(|(&n, s)| (n - 1) * s.unsigned_abs()).sum::<usize>() + size
}

/// An array seen by `ndarray`, for reading; nobody writes it meanwhile.
pub struct NdRead<'a, T> {
    view: ArrayViewD<'a, T>,
    _held: Read<'a, T>,
}

/// An array seen by `ndarray`, for writing; nobody else touches it meanwhile.
pub struct NdWrite<'a, T> {
    view: ArrayViewMutD<'a, T>,
    _held: Write<'a, T>,
}

impl<'a, T> Deref for NdRead<'a, T> {
    type Target = ArrayViewD<'a, T>;
    fn deref(&self) -> &ArrayViewD<'a, T> {
        &self.view
    }
}

impl<'a, T> Deref for NdWrite<'a, T> {
    type Target = ArrayViewMutD<'a, T>;
    fn deref(&self) -> &ArrayViewMutD<'a, T> {
        &self.view
    }
}

impl<'a, T> DerefMut for NdWrite<'a, T> {
    fn deref_mut(&mut self) -> &mut ArrayViewMutD<'a, T> {
        &mut self.view
    }
}

/// The array as one of `ndarray`, for reading.
///
/// ```
/// use metes::array::Array;
/// use metes::ndarray::read_ndarray;
/// let a = Array::from_slice(&[2, 3], &[0i64, 1, 2, 3, 4, 5])?;
/// let flipped = a.flip(Some(&[1]))?;
/// let sums = read_ndarray::<i64>(&flipped)?.sum_axis(ndarray::Axis(0));
/// assert_eq!(sums, ndarray::arr1(&[7, 5, 3]).into_dyn());
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Type`] for another type than the dtype's and for bools, [`ErrorKind::Value`] where the elements do not
/// lie at whole multiples of their size, [`ErrorKind::Busy`] while somebody writes.
pub fn read_ndarray<T: Element>(array: &Array) -> Result<NdRead<'_, T>> {
    let held = array.read::<T>()?;
    let seen = Seen::of::<T>(array)?;
    // SAFETY: every element lies within the buffer, aligned and of type T, and the guard keeps writers away.
    let mut view = unsafe { ArrayViewD::from_shape_ptr(seen.shape, seen.first.cast::<T>()) };
    seen.turned.iter().for_each(|&axis| view.invert_axis(Axis(axis)));
    Ok(NdRead { view, _held: held })
}

/// The array as one of `ndarray`, for writing.
///
/// # Errors
/// As [`read_ndarray`]; [`ErrorKind::ReadOnly`]; [`ErrorKind::Value`] where two elements share bytes.
pub fn write_ndarray<T: Element>(array: &Array) -> Result<NdWrite<'_, T>> {
    let held = array.write::<T>()?;
    if array.self_overlaps() != Some(false) {
        let message = format!("write_ndarray: elements of shape {} share bytes", shape_text(array.shape()));
        return Err(Error::new(ErrorKind::Value, message));
    }
    let seen = Seen::of::<T>(array)?;
    // SAFETY: every element lies within the buffer, aligned, of type T and apart from the others; the guard keeps
    // everybody else away.
    let mut view = unsafe { ArrayViewMutD::from_shape_ptr(seen.shape, seen.first.cast::<T>()) };
    seen.turned.iter().for_each(|&axis| view.invert_axis(Axis(axis)));
    Ok(NdWrite { view, _held: held })
}

/// A layout as `ndarray` takes it: from the lowest address on with steps that are not negative, in elements.
struct Seen {
    shape: StrideShape<IxDyn>,
    first: *mut u8,
    /// Axes to be turned round.
    turned: Vec<usize>,
}

impl Seen {
    fn of<T: Element>(array: &Array) -> Result<Seen> {
        let size = size_of::<T>() as isize;
        let shape = shape_text(array.shape());
        if array.dtype() == DType::of(Kind::Bool) {
            return Err(Error::new(ErrorKind::Type, "ndarray: bytes of a bool array may hold more than 0 and 1"));
        }
        if !array.is_aligned() || array.strides().iter().any(|s| s % size != 0) {
            let message = format!("ndarray: strides {:?} of shape {shape} are not of whole elements", array.strides());
            return Err(Error::new(ErrorKind::Value, message));
        }
        if array.size() == 0 {
            let first = NonNull::<T>::dangling().as_ptr().cast();
            return Ok(Seen { shape: IxDyn(array.shape()).into(), first, turned: Vec::new() });
        }
        let turned: Vec<usize> = (0..array.ndim()).filter(|&axis| array.strides()[axis] < 0).collect();
        let steps: Vec<usize> = array.strides().iter().map(|s| s.unsigned_abs() / size as usize).collect();
        let first = array.buffer().as_ptr().wrapping_add(array.extent().start);
        Ok(Seen { shape: IxDyn(array.shape()).strides(IxDyn(&steps)), first, turned })
    }
}
