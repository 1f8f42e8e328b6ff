//! [`View`]: what a lazy graph remembers of a view until there is an array to take it of.

use metes_array::{Array, Dims, Index, Layout, Strides, shape_text, strides_text};
use metes_memory::{Error, ErrorKind, Result};

/// A view that a leaf is seen through.
#[derive(Clone)]
pub(crate) enum View {
    Index(Vec<Index>),
    Transpose(Vec<isize>),
    Reshape(Dims),
    BroadcastTo(Dims),
    /// All windows along some axes, each with its length, as further axes.
    Windows(Vec<(usize, usize)>),
}

impl View {
    /// The view of an array in memory.
    ///
    /// # Errors
    /// A reshape that no strides can express.
    pub(crate) fn of(&self, array: &Array) -> Result<Array> {
        let layout = self.layout(array.layout(), array.dtype().size())?.ok_or_else(|| {
            let (shape, strides) = (shape_text(array.shape()), strides_text(array.strides()));
            let message =
                format!("a lazy view needs a copy, since of strides {strides} of shape {shape}; compute() before it");
            Error::new(ErrorKind::Value, message)
        })?;
        Array::new(array.buffer().clone(), array.dtype(), layout, false)
    }

    /// Where the view of what lies so lies; `None` for a reshape that no strides can express.
    pub(crate) fn layout(&self, from: &Layout, itemsize: usize) -> Result<Option<Layout>> {
        let (shape, strides) = (from.shape(), from.strides());
        Ok(match self {
            View::Index(index) => Some(from.index(index)?),
            View::Transpose(axes) => {
                let (shape, strides): (Dims, Strides) =
                    axes.iter().map(|&axis| (shape[axis as usize], strides[axis as usize])).unzip();
                Some(Layout::new(&shape, &strides, from.offset())?)
            }
            View::Reshape(shape) => from.reshape(shape, itemsize),
            View::BroadcastTo(shape) => from.broadcast_to(shape),
            View::Windows(windows) => {
                let shape = windows_shape(shape, windows)?;
                let mut strides = Strides::from(strides);
                strides.extend(windows.iter().map(|&(axis, _)| from.strides()[axis]));
                Some(Layout::new(&shape, &strides, from.offset())?)
            }
        })
    }

    /// The shape of the view of something of this shape.
    pub(crate) fn shape(&self, shape: &[usize]) -> Result<Dims> {
        match self {
            View::Reshape(new) | View::BroadcastTo(new) => Ok(new.clone()),
            View::Transpose(axes) => Ok(axes.iter().map(|&a| shape[a as usize]).collect()),
            View::Index(index) => metes_array::index_shape(shape, index),
            View::Windows(windows) => windows_shape(shape, windows),
        }
    }
}

/// The shape of all windows along these axes, of these lengths.
pub(crate) fn windows_shape(shape: &[usize], windows: &[(usize, usize)]) -> Result<Dims> {
    let mut all = Dims::from(shape);
    for &(axis, length) in windows {
        all[axis] = (all[axis] + 1).checked_sub(length).filter(|&n| n > 0).ok_or_else(|| {
            let (n, shape) = (all[axis], shape_text(shape));
            let message =
                format!("a window of {length} is longer than the {n} elements along axis {axis} of shape {shape}");
            Error::new(ErrorKind::Value, message)
        })?;
    }
    all.extend(windows.iter().map(|window| window.1));
    Ok(all)
}
