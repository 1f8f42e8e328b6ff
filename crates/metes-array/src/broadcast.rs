//! Broadcasting: axes align from the right, length 1 stretches with stride 0.

use crate::layout::{Dims, Layout, Strides, shape_text, size_of_shape};
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
/// [`ErrorKind::Value`] naming all the shapes, or for a shape that no array has.
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
    if size_of_shape(&out).is_none_or(|size| size > isize::MAX as usize) {
        return Err(Error::new(ErrorKind::Value, format!("broadcast dimensions too large: {}", shape_text(&out))));
    }
    Ok(out)
}

fn mismatch(shapes: &[&[usize]]) -> Error {
    let list: Vec<String> = shapes.iter().map(|s| shape_text(s)).collect();
    Error::new(ErrorKind::Value, format!("operands could not be broadcast together with shapes {}", list.join(" ")))
}

impl Layout {
    /// The layout stretched to `shape`; `None` where it does not broadcast to it, or no array has that shape.
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
        Layout::new(shape, &strides, self.offset()).ok()
    }
}

impl Array {
    /// A read-only view stretched to `shape`, with stride 0 along the stretched axes.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Array> {
        let layout = self.layout().broadcast_to(shape).ok_or_else(|| match Layout::contiguous(shape, 1) {
            Ok(_) => {
                let (from, to) = (shape_text(self.shape()), shape_text(shape));
                Error::new(ErrorKind::Value, format!("broadcast_to: cannot broadcast shape {from} to {to}"))
            }
            Err(error) => error,
        })?;
        layout.check(self.dtype().size())?;
        Ok(self.with_layout(layout).read_only())
    }
}
