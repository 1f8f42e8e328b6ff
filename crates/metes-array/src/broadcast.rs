//! Broadcasting: axes align from the right, length 1 stretches with stride 0.

use crate::layout::{Dims, Layout, Strides, shape_text};
use crate::{Array, MAX_NDIM};
use metes_memory::{Error, ErrorKind, Result};

/// The shape that all of these broadcast to.
///
/// ```
/// assert_eq!(metes_array::broadcast_shapes(&[&[3, 1], &[4]])?.as_slice(), [3, 4]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] naming all the shapes.
pub fn broadcast_shapes(shapes: &[&[usize]]) -> Result<Dims> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = Dims::from_elem(1, ndim);
    for shape in shapes {
        for (at, &n) in out[ndim - shape.len()..].iter_mut().zip(*shape) {
            match (*at, n) {
                (1, n) => *at = n,
                (a, b) if b != 1 && a != b => return Err(mismatch(shapes)),
                _ => {}
            }
        }
    }
    if ndim > MAX_NDIM {
        return Err(Error::new(ErrorKind::Value, format!("too many dimensions to broadcast: {ndim} > {MAX_NDIM}")));
    }
    Ok(out)
}

fn mismatch(shapes: &[&[usize]]) -> Error {
    let list: Vec<String> = shapes.iter().map(|s| shape_text(s)).collect();
    Error::new(ErrorKind::Value, format!("operands could not be broadcast together with shapes {}", list.join(" ")))
}

impl Layout {
    /// The layout stretched to `shape`; `None` where it does not broadcast to it.
    pub fn broadcast_to(&self, shape: &[usize]) -> Option<Layout> {
        let new = shape.len().checked_sub(self.ndim())?;
        let mut strides = Strides::from_elem(0, shape.len());
        for axis in 0..self.ndim() {
            let (from, to) = (self.shape()[axis], shape[new + axis]);
            if from == to {
                strides[new + axis] = self.strides()[axis];
            } else if from != 1 {
                return None;
            }
        }
        Some(Layout::new(shape, &strides, self.offset()))
    }
}

impl Array {
    /// A read-only view stretched to `shape`, with stride 0 along the stretched axes.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Array> {
        let layout = self.layout().broadcast_to(shape).ok_or_else(|| {
            let (from, to) = (shape_text(self.shape()), shape_text(shape));
            Error::new(ErrorKind::Value, format!("broadcast_to: cannot broadcast shape {from} to {to}"))
        })?;
        if layout.ndim() > MAX_NDIM {
            let message = format!("maximum supported dimension for an array is {MAX_NDIM}, found {}", layout.ndim());
            return Err(Error::new(ErrorKind::Value, message));
        }
        Layout::contiguous(shape, self.dtype().size())?;
        Ok(self.with_layout(layout).read_only())
    }
}
