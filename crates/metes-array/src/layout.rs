//! [`Layout`]: shape, strides and offset in bytes, proved in bounds when an [`crate::Array`] is made of it.

use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;

/// A shape.
pub type Dims = SmallVec<[usize; 6]>;
/// Strides in bytes.
pub type Strides = SmallVec<[isize; 6]>;

/// `"(2, 3)"`, `"(2,)"`, `"()"`: a shape as Python writes it.
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Where each element lies: `offset + sum(index[i] * strides[i])`, in bytes from the buffer's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

impl Layout {
    /// A layout from its parts; an [`crate::Array`] checks it against its buffer.
    pub fn new(shape: &[usize], strides: &[isize], offset: usize) -> Layout {
        debug_assert_eq!(shape.len(), strides.len());
        Layout { shape: shape.into(), strides: strides.into(), offset }
    }

    /// C-contiguous, for elements of `itemsize` bytes.
    pub fn contiguous(shape: &[usize], itemsize: usize) -> Result<Layout> {
        let mut strides: Strides = SmallVec::from_elem(0, shape.len());
        let mut step = itemsize;
        for axis in (0..shape.len()).rev() {
            strides[axis] = isize::try_from(step).map_err(|_| too_big(shape))?;
            step = step.checked_mul(shape[axis].max(1)).ok_or_else(|| too_big(shape))?;
        }
        isize::try_from(step).map_err(|_| too_big(shape))?;
        Ok(Layout { shape: shape.into(), strides, offset: 0 })
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes from one element to the next along each axis.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Bytes from the buffer's start to the first element.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

fn too_big(shape: &[usize]) -> Error {
    Error::new(ErrorKind::Value, format!("shape {} has more bytes than the address space", shape_text(shape)))
}
