//! Positions among all elements, and indices along each axis: one from the other.

use super::Mode;
use super::gather::is_integers;
use super::offsets::Offsets;
use super::reader::{BLOCK, Bounds, Reader};
use crate::layout::shape_text;
use crate::{Array, Dims, Layout, Order, Strides, broadcast_shapes};
use metes_dtype::Kind;
use metes_memory::{Access, Buffer, Error, ErrorKind, Guards, Result};

fn steps(shape: &[usize], order: Order) -> Result<Strides> {
    let layout = if order == Order::F { Layout::fortran(shape, 1) } else { Layout::contiguous(shape, 1) };
    Ok(layout?.strides().into())
}

fn integers(array: &Array) -> Result<()> {
    if is_integers(array) { Ok(()) } else { Err(Error::new(ErrorKind::Type, "only int indices permitted")) }
}

fn reading<'a>(arrays: impl Iterator<Item = &'a Array>, who: &'static str) -> Result<Guards> {
    let extents: Vec<_> = arrays.map(|a| (a.buffer(), a.extent(), Access::Read)).collect();
    Buffer::guard(&extents, who)
}

/// Positions among the elements of an array of this shape, in C or F order, from one array of indices for each axis.
///
/// ```
/// use metes_array::{Array, Mode, Order, ravel_multi_index};
/// let rows = Array::from_slice(&[2], &[0, 2])?;
/// let columns = Array::from_slice(&[1], &[3])?;
/// let flat = ravel_multi_index(&[rows, columns], &[3, 4], &[Mode::Raise; 2], Order::C)?;
/// assert_eq!(flat.read::<i64>()?.to_vec(), [3, 11]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] for indices out of bounds and other numbers of arrays, [`ErrorKind::Type`] for other arrays than of
/// integers.
pub fn ravel_multi_index(indices: &[Array], shape: &[usize], modes: &[Mode], order: Order) -> Result<Array> {
    if indices.len() != shape.len() || modes.len() != shape.len() {
        let message = format!("parameter multi_index must be a sequence of length {}", shape.len());
        return Err(Error::new(ErrorKind::Value, message));
    }
    let shapes: Vec<&[usize]> = indices.iter().map(Array::shape).collect();
    let common = broadcast_shapes(&shapes)?;
    let strides = steps(shape, order)?;
    let mut readers = Vec::with_capacity(shape.len());
    for (axis, index) in indices.iter().enumerate() {
        integers(index)?;
        if shape[axis] == 0 && common.iter().product::<usize>() > 0 {
            return Err(invalid());
        }
        readers.push(Reader {
            indices: index.broadcast_to(&common)?,
            axis: Some(axis),
            lengths: Dims::from_slice(&[shape[axis]]),
            strides: Strides::from_slice(&[strides[axis]]),
            bounds: Bounds::of(modes[axis], false),
        });
    }
    let result = Array::empty(&common, Kind::I64.into(), "ravel_multi_index")?;
    let _guards = reading(indices.iter(), "ravel_multi_index")?;
    let none = Strides::from_elem(0, common.len());
    let mut walk = Offsets::new(&common, 0, &none, &readers, &none);
    let (mut block, mut unused, mut done) = ([0; BLOCK], [0; BLOCK], 0);
    loop {
        // SAFETY: the index arrays are guarded.
        let n = unsafe { walk.fill(&mut block, &mut unused).map_err(|_| invalid())? };
        if n == 0 {
            return Ok(result);
        }
        // SAFETY: the result is fresh, and the walk has its size.
        unsafe { write(&result, done, &block[..n], |flat| flat) };
        done += n;
    }
}

#[cold]
fn invalid() -> Error {
    Error::new(ErrorKind::Value, "invalid entry in coordinates array")
}

/// # Safety
/// The array is fresh, of 64-bit integers, and has so many elements from `start` on.
unsafe fn write(array: &Array, start: usize, values: &[isize], value: impl Fn(isize) -> isize) {
    for (i, given) in values.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { array.as_ptr().cast::<i64>().add(start + i).write(value(*given) as i64) };
    }
}

/// Indices along each axis of an array of this shape, from positions among its elements in C or F order.
///
/// ```
/// use metes_array::{Array, Order, unravel_index};
/// let places = unravel_index(&Array::from_slice(&[2], &[3, 11])?, &[3, 4], Order::C)?;
/// assert_eq!(places[0].read::<i64>()?.to_vec(), [0, 2]);
/// assert_eq!(places[1].read::<i64>()?.to_vec(), [3, 3]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`ravel_multi_index`].
pub fn unravel_index(indices: &Array, shape: &[usize], order: Order) -> Result<Vec<Array>> {
    integers(indices)?;
    let strides = steps(shape, order)?;
    let size = shape.iter().product::<usize>();
    let reader = Reader {
        indices: indices.clone(),
        axis: None,
        lengths: Dims::from_slice(&[size]),
        strides: Strides::from_slice(&[1]),
        bounds: Bounds::Within,
    };
    let results = shape.iter().map(|_| Array::empty(indices.shape(), Kind::I64.into(), "unravel_index"));
    let results: Vec<Array> = results.collect::<Result<_>>()?;
    let _guards = reading([indices].into_iter(), "unravel_index")?;
    let none = Strides::from_elem(0, indices.ndim());
    let mut walk = Offsets::new(indices.shape(), 0, &none, std::slice::from_ref(&reader), &none);
    let (mut block, mut unused, mut done) = ([0; BLOCK], [0; BLOCK], 0);
    loop {
        // SAFETY: the index array is guarded.
        let filled = unsafe { walk.fill(&mut block, &mut unused) };
        let n = filled.map_err(|error| outside(&error, size, shape))?;
        if n == 0 {
            return Ok(results);
        }
        for ((result, &stride), &len) in results.iter().zip(&strides).zip(shape) {
            // SAFETY: the result is fresh, and the walk has its size; lengths and strides are not 0 where a position is
            // within bounds.
            unsafe { write(result, done, &block[..n], |flat| flat / stride % len as isize) };
        }
        done += n;
    }
}

#[cold]
fn outside(error: &Error, size: usize, shape: &[usize]) -> Error {
    let which = error.message().split(' ').nth(1).unwrap_or("?").to_owned();
    let message = format!("index {which} is out of bounds for array with size {size}, shape {}", shape_text(shape));
    Error::new(ErrorKind::Value, message)
}
