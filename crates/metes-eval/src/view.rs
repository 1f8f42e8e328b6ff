//! [`View`]: what a lazy graph remembers of a view until there is an array to take it of.

use metes_array::{Array, Dims, Index, Layout, Strides, shape_text};
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
    /// The view of an array in memory; a reshape that no strides can express copies only if `copy` allows it.
    pub(crate) fn of(&self, array: &Array, copy: bool) -> Result<Array> {
        match self {
            View::Index(index) => array.index(index),
            View::Transpose(axes) => array.transpose(Some(axes)),
            View::Reshape(shape) => {
                let shape: Vec<isize> = shape.iter().map(|&n| n as isize).collect();
                array.reshape(&shape, metes_array::Order::C, if copy { None } else { Some(false) })
            }
            View::BroadcastTo(shape) => array.broadcast_to(shape),
            View::Windows(windows) => {
                let shape = windows_shape(array.shape(), windows)?;
                let mut strides = Strides::from(array.strides());
                strides.extend(windows.iter().map(|&(axis, _)| array.strides()[axis]));
                let layout = Layout::new(&shape, &strides, array.layout().offset())?;
                Array::new(array.buffer().clone(), array.dtype(), layout, false)
            }
        }
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
