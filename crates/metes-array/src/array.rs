//! [`Array`]: a buffer, a dtype and a layout.

use crate::{Layout, shape_text};
use metes_dtype::{DType, Kind};
use metes_memory::{Buffer, Error, ErrorKind, Request, Result, Within};
use std::ops::Range;

/// A memory order, as NumPy's `order=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// Last axis fastest.
    C,
    /// First axis fastest.
    F,
    /// F where the source is F- and not C-contiguous, else C.
    A,
    /// As near to the source's order as possible.
    #[default]
    K,
}

/// An n-dimensional array: shared bytes, what one element is, and where each lies. Cloning makes a view.
///
/// Invariants, checked wherever one is made: every element of the layout lies within the buffer;
/// `writeable` is never set on a read-only buffer, and never set again on a view of a read-only array.
#[derive(Clone)]
pub struct Array {
    buffer: Buffer,
    dtype: DType,
    layout: Layout,
    writeable: bool,
}

impl Array {
    /// An array over bytes that exist.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] where an element would lie outside the buffer or the layout is too large (see
    /// [`Layout::check`]), [`ErrorKind::ReadOnly`] where a writeable array of read-only bytes is asked for.
    pub fn new(buffer: Buffer, dtype: DType, layout: Layout, writeable: bool) -> Result<Array> {
        layout.check(dtype.size())?;
        if layout.extent(dtype.size()).is_none_or(|e| e.end > buffer.len()) {
            let message = format!(
                "shape {}, strides {:?} and offset {} of {dtype} reach outside a buffer of {} bytes",
                shape_text(layout.shape()),
                layout.strides(),
                layout.offset(),
                buffer.len()
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
        if writeable && !buffer.is_writeable() {
            return Err(Error::new(ErrorKind::ReadOnly, "a buffer that is read-only has no writeable array"));
        }
        Ok(Array { buffer, dtype, layout, writeable })
    }

    /// A C-contiguous array from the thread's memory, made by operation `op`. Its elements are arbitrary: what the bytes
    /// held before, which is always something ([`metes_memory::Source::take`]), so that reading them is no more than
    /// useless.
    #[inline]
    pub fn empty(shape: &[usize], dtype: DType, op: &'static str) -> Result<Array> {
        Array::allocate(Layout::contiguous(shape, dtype.size())?, dtype, op, false)
    }

    /// Fresh bytes for a dense layout.
    #[inline]
    pub(crate) fn allocate(layout: Layout, dtype: DType, op: &'static str, zeroed: bool) -> Result<Array> {
        let request = Request::new(layout.size() * dtype.size(), op).dtype(dtype.name());
        let request = if zeroed { request.zeroed() } else { request };
        let buffer = Buffer::here(request)?;
        Ok(Array { buffer, dtype, layout, writeable: true })
    }

    /// One element of its own in fresh bytes, which are arbitrary.
    #[inline]
    pub(crate) fn fresh_element(dtype: DType, op: &'static str) -> Result<Array> {
        let buffer = Buffer::here(Request::new(dtype.size(), op).dtype(dtype.name()))?;
        Ok(Array { buffer, dtype, layout: Layout::scalar(0), writeable: true })
    }

    /// An element of a kind that has its bytes in its own buffer, and is booked in `account` already.
    pub fn within(kind: Kind, bytes: [u8; 16], account: &'static Within) -> Array {
        let buffer = Buffer::within(bytes, kind.size(), account);
        Array { buffer, dtype: kind.into(), layout: Layout::scalar(0), writeable: true }
    }

    /// Another layout of the same bytes; the caller has derived it from this one, so it is in bounds.
    #[inline]
    pub(crate) fn with_layout(&self, layout: Layout) -> Array {
        debug_assert!(layout.check(self.dtype.size()).is_ok());
        debug_assert!(layout.extent(self.dtype.size()).is_some_and(|e| e.end <= self.buffer.len()));
        Array { buffer: self.buffer.clone(), dtype: self.dtype, layout, writeable: self.writeable }
    }

    /// The bytes.
    #[inline]
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What one element is.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where each element lies.
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements along each axis.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Bytes from one element to the next along each axis.
    #[inline]
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of axes.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.layout.size()
    }

    /// Bytes of the elements, whatever is shared or skipped.
    #[inline]
    pub fn nbytes(&self) -> usize {
        self.size().saturating_mul(self.dtype.size())
    }

    /// Whether writing through this array is allowed.
    #[inline]
    pub fn is_writeable(&self) -> bool {
        self.writeable
    }

    /// The same elements, never writeable through the result or its views.
    #[must_use]
    pub fn read_only(&self) -> Array {
        Array { writeable: false, ..self.clone() }
    }

    /// An error unless the array may be written by `op`.
    pub fn require_writeable(&self, op: &str) -> Result<()> {
        if self.writeable {
            return Ok(());
        }
        let shape = shape_text(self.shape());
        Err(Error::new(ErrorKind::ReadOnly, format!("{op}: array of shape {shape} is read-only")))
    }

    /// Whether the elements lie densely, last axis fastest.
    #[inline]
    pub fn is_c_contiguous(&self) -> bool {
        self.layout.is_c_contiguous(self.dtype.size())
    }

    /// Whether the elements lie densely, first axis fastest.
    pub fn is_f_contiguous(&self) -> bool {
        self.layout.is_f_contiguous(self.dtype.size())
    }

    /// Whether every element lies at a multiple of its dtype's alignment.
    #[inline]
    pub fn is_aligned(&self) -> bool {
        let align = self.dtype.align();
        let steps = self.shape().iter().zip(self.strides());
        self.size() == 0
            || (self.as_ptr() as usize).is_multiple_of(align)
                && steps.filter(|(n, _)| **n > 1).all(|(_, s)| s.unsigned_abs().is_multiple_of(align))
    }

    /// The bytes of the buffer that the elements touch.
    pub fn extent(&self) -> Range<usize> {
        self.layout.extent(self.dtype.size()).expect("checked when the array was made")
    }

    /// Whether the elements lie densely, last axis fastest, each at a multiple of its dtype's alignment.
    #[inline]
    pub fn is_dense(&self) -> bool {
        self.is_c_contiguous() && (self.as_ptr() as usize).is_multiple_of(self.dtype.align())
    }

    /// The address of the first element. Reading or writing through it is `unsafe` business of the caller,
    /// who holds guards on the extent.
    #[inline]
    pub fn as_ptr(&self) -> *mut u8 {
        self.buffer.as_ptr().wrapping_add(self.layout.offset())
    }
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Array({}, {}, strides {:?})", shape_text(self.shape()), self.dtype, self.strides())
    }
}
