//! Stacking along a new axis, and cutting along an axis that is there.

use super::{concatenate, part, wrong};
use metes_array::{Array, shape_text};
use metes_dtype::Casting;
use metes_memory::{Error, ErrorKind, Result};

/// Joins arrays of one shape along a new axis.
///
/// ```
/// use metes::{array::Array, manipulate::stack};
/// let a = Array::from_slice(&[3], &[1, 2, 3])?;
/// assert_eq!(stack(&[a.clone(), a.clone()], 0)?.shape(), [2, 3]);
/// assert_eq!(stack(&[a.clone(), a], -1)?.shape(), [3, 2]);
/// # Ok::<(), metes::Error>(())
/// ```
///
/// # Errors
/// No arrays, shapes that differ, an axis out of bounds, dtypes without a common one, refused memory.
pub fn stack(arrays: &[Array], axis: isize) -> Result<Array> {
    let Some(first) = arrays.first() else {
        return Err(wrong("stack: need at least one array"));
    };
    if let Some(other) = arrays.iter().find(|a| a.shape() != first.shape()) {
        let (one, other) = (shape_text(first.shape()), shape_text(other.shape()));
        return Err(wrong(format!("stack: all arrays must have the same shape, not {one} and {other}")));
    }
    let wide: Vec<Array> = arrays.iter().map(|a| a.expand_dims(&[axis])).collect::<Result<_>>()?;
    concatenate(&wide, Some(axis), None, None, Casting::SameKind)
}

/// So many parts along an axis, views whose lengths differ by at most one; the longer ones come first.
///
/// ```
/// use metes::{array::Array, manipulate::array_split};
/// let a = Array::from_slice(&[5], &[0, 1, 2, 3, 4])?;
/// let lengths: Vec<usize> = array_split(&a, 3, 0)?.iter().map(Array::size).collect();
/// assert_eq!(lengths, [2, 2, 1]);
/// # Ok::<(), metes::Error>(())
/// ```
///
/// # Errors
/// No parts, an axis out of bounds.
pub fn array_split(array: &Array, parts: usize, axis: isize) -> Result<Vec<Array>> {
    let axis = array.axis(axis).map_err(|e| e.context("array_split"))?;
    if parts == 0 {
        return Err(wrong("array_split: number sections must be larger than 0."));
    }
    let len = array.shape()[axis];
    let (each, longer) = (len / parts, len % parts);
    let first = |number: usize| number * each + number.min(longer);
    (0..parts).map(|number| part(array, axis, first(number), first(number + 1))).collect()
}

/// So many parts of one length along an axis, views.
///
/// # Errors
/// As [`array_split`], and a length that is not divided evenly.
pub fn split(array: &Array, parts: usize, axis: isize) -> Result<Vec<Array>> {
    let len = array.shape()[array.axis(axis).map_err(|e| e.context("split"))?];
    if parts > 0 && !len.is_multiple_of(parts) {
        let message = format!("split: array split does not result in an equal division: {len} places, {parts} parts");
        return Err(wrong(message));
    }
    array_split(array, parts, axis)
}

/// The parts of an axis before, between and after places where it is cut, views; negative places count from the end.
///
/// ```
/// use metes::{array::Array, manipulate::split_at};
/// let a = Array::from_slice(&[5], &[0, 1, 2, 3, 4])?;
/// let parts = split_at(&a, &[2, -1], 0)?;
/// assert_eq!(parts[1].read::<i32>()?.to_vec(), [2, 3]);
/// # Ok::<(), metes::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds.
pub fn split_at(array: &Array, places: &[isize], axis: isize) -> Result<Vec<Array>> {
    let axis = array.axis(axis).map_err(|e| e.context("split"))?;
    let len = array.shape()[axis];
    let clamped = |&at: &isize| if at < 0 { len.saturating_sub(at.unsigned_abs()) } else { len.min(at.unsigned_abs()) };
    let starts = std::iter::once(0).chain(places.iter().map(clamped));
    let stops = places.iter().map(clamped).chain([len]);
    starts.zip(stops).map(|(start, stop)| part(array, axis, start, stop.max(start))).collect()
}

/// Coordinates of the grid over the given axes, one array of all their lengths for each: views of the axes.
///
/// ```
/// use metes::{array::Array, manipulate::meshgrid};
/// let [x, y] = [Array::from_slice(&[2], &[1, 2])?, Array::from_slice(&[3], &[10, 20, 30])?];
/// let grid = meshgrid(&[x, y])?;
/// assert_eq!(grid[0].read::<i32>()?.to_vec(), [1, 1, 1, 2, 2, 2]);
/// assert_eq!(grid[1].read::<i32>()?.to_vec(), [10, 20, 30, 10, 20, 30]);
/// # Ok::<(), metes::Error>(())
/// ```
///
/// The axes come in the order of the arrays, as NumPy's `indexing="ij"` has it.
///
/// # Errors
/// An operand of another number of axes than one, too many of them.
pub fn meshgrid(axes: &[Array]) -> Result<Vec<Array>> {
    if let Some(other) = axes.iter().find(|a| a.ndim() != 1) {
        let message = format!("meshgrid: arrays of one axis, not of shape {}", shape_text(other.shape()));
        return Err(Error::new(ErrorKind::Value, message));
    }
    let shape: Vec<usize> = axes.iter().map(Array::size).collect();
    let spread = |(axis, array): (usize, &Array)| {
        let others: Vec<isize> = (0..axes.len()).filter(|&n| n != axis).map(|n| n as isize).collect();
        array.expand_dims(&others)?.broadcast_to(&shape)
    };
    axes.iter().enumerate().map(spread).collect()
}
