//! [`Array`]: a buffer, a dtype and a layout.

use crate::Layout;
use metes_dtype::DType;
use metes_memory::{Buffer, Memory, Request, Result};

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
/// `writeable` is never set on a read-only buffer.
#[derive(Clone)]
pub struct Array {
    buffer: Buffer,
    dtype: DType,
    layout: Layout,
    writeable: bool,
}

impl Array {
    /// An uninitialised C-contiguous array from the thread's memory, made by operation `op`.
    pub fn empty(shape: &[usize], dtype: DType, op: &'static str) -> Result<Array> {
        let layout = Layout::contiguous(shape, dtype.size())?;
        let bytes = layout.size() * dtype.size();
        let buffer = Buffer::allocate(&Memory::current(), Request::new(bytes, op).dtype(dtype.name()))?;
        Ok(Array { buffer, dtype, layout, writeable: true })
    }

    /// The bytes.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What one element is.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where each element lies.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Bytes from one element to the next along each axis.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.layout.size()
    }

    /// Whether writing through this array is allowed.
    pub fn is_writeable(&self) -> bool {
        self.writeable
    }

    /// The address of the first element. Reading or writing through it is `unsafe` business of the caller,
    /// who holds guards on the extent.
    pub fn as_ptr(&self) -> *mut u8 {
        self.buffer.as_ptr().wrapping_add(self.layout.offset())
    }
}
