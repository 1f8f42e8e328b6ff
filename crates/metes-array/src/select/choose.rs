//! `choose`: for each place, the element of the array that an index names.

use super::Mode;
use super::gather::{is_integers, overlap};
use super::reader::{BLOCK, Bounds, Reader, not_integers};
use crate::{Array, Dims, Strides, broadcast_shapes, coalesce, copy_fields};
use metes_memory::{Access, Buffer, Error, ErrorKind, Guards, Result};
use smallvec::SmallVec;

/// At each place of the broadcast shape, the element of the choice that `index` names there; choices have one dtype.
///
/// ```
/// use metes_array::{Array, Mode, choose};
/// let choices = [Array::from_slice(&[3], &[1, 2, 3])?, Array::from_slice(&[1], &[0])?];
/// let chosen = choose(&Array::from_slice(&[3], &[0, 1, 0])?, &choices, None, Mode::Raise)?;
/// assert_eq!(chosen.read::<i32>()?.to_vec(), [1, 0, 3]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] for no choices, shapes that do not broadcast, indices out of bounds, an `out` of another shape or
/// dtype. What is in `out` after an index out of bounds is undefined only from there on.
pub fn choose(index: &Array, choices: &[Array], out: Option<&Array>, mode: Mode) -> Result<Array> {
    if !is_integers(index) {
        return Err(not_integers());
    }
    let Some(first) = choices.first() else {
        return Err(Error::new(ErrorKind::Value, "choose: there is nothing to choose from"));
    };
    let mut shapes: Vec<&[usize]> = vec![index.shape()];
    shapes.extend(choices.iter().map(Array::shape));
    let shape = broadcast_shapes(&shapes)?;
    let wide: Vec<Array> = choices.iter().map(|c| c.broadcast_to(&shape)).collect::<Result<_>>()?;
    let reader = Reader {
        indices: index.broadcast_to(&shape)?,
        axis: None,
        lengths: Dims::from_slice(&[choices.len()]),
        strides: Strides::from_slice(&[1]),
        bounds: Bounds::of(mode, false),
    };
    {
        let _guard = super::trues::reading(index, "choose")?;
        // SAFETY: the index array is guarded.
        unsafe { super::offsets::check(&reader).map_err(|_| invalid())? };
    }
    let fits = |out: &Array| out.shape() == shape.as_slice() && out.dtype() == first.dtype();
    let gaps = first.dtype().covered().is_some();
    let apart = out.is_some_and(|out| gaps || wide.iter().chain([&reader.indices]).any(|array| overlap(out, array)));
    let result = match out {
        Some(out) if !fits(out) => {
            return Err(Error::new(ErrorKind::Value, "choose: out has another shape or dtype than the result"));
        }
        Some(out) if !apart => out.clone(),
        _ => Array::empty(&shape, first.dtype(), "choose")?,
    };
    result.require_writeable("choose")?;
    run(&reader, &wide, &result)?;
    match out {
        Some(out) if apart => copy_fields(out, &result).map(|()| out.clone()),
        _ => Ok(result),
    }
}

#[cold]
fn invalid() -> Error {
    Error::new(ErrorKind::Value, "invalid entry in choice array")
}

fn run(reader: &Reader, choices: &[Array], out: &Array) -> Result<()> {
    let _guards = guard(reader, choices, out)?;
    let operands: Vec<&Array> = [out, &reader.indices].into_iter().chain(choices).collect();
    let strides: Vec<Strides> = operands.iter().map(|a| Strides::from_slice(a.strides())).collect();
    let (shape, strides) = coalesce(out.shape(), &strides);
    let mut places: Vec<*mut u8> = operands.iter().map(|a| a.as_ptr()).collect();
    let row = Row { reader, width: out.dtype().size(), strides: &strides };
    // SAFETY: the walk stays within the arrays, which are guarded and do not overlap.
    unsafe { row.walk(&shape, 0, &mut places) }
}

fn guard(reader: &Reader, choices: &[Array], out: &Array) -> Result<Guards> {
    let mut extents: SmallVec<[_; 4]> = SmallVec::new();
    extents.push((out.buffer(), out.extent(), Access::Write));
    extents.push((reader.indices.buffer(), reader.indices.extent(), Access::Read));
    extents.extend(choices.iter().map(|c| (c.buffer(), c.extent(), Access::Read)));
    Buffer::guard(&extents, "choose")
}

/// The result, the index, the choices: their strides.
struct Row<'a> {
    reader: &'a Reader,
    width: usize,
    strides: &'a [Strides],
}

impl Row<'_> {
    /// # Safety
    /// All places are valid for the walk over these axes, and the result overlaps nothing.
    unsafe fn walk(&self, shape: &[usize], axis: usize, places: &mut [*mut u8]) -> Result<()> {
        if axis + 1 < shape.len() {
            for _ in 0..shape[axis] {
                // SAFETY: the caller's promise.
                unsafe { self.walk(shape, axis + 1, places)? };
                self.shift(axis, 1, places);
            }
            self.shift(axis, -(shape[axis] as isize), places);
            return Ok(());
        }
        let length = shape.get(axis).copied().unwrap_or(1);
        let mut block = [0; BLOCK];
        for start in (0..length).step_by(BLOCK) {
            let n = BLOCK.min(length - start);
            let at = |which: usize| {
                let step = self.strides[which].get(axis).copied().unwrap_or(0);
                (places[which].wrapping_offset(start as isize * step), step)
            };
            let (indices, step) = at(1);
            // SAFETY: the caller's promise.
            unsafe {
                self.reader.offsets::<true>(0, &mut block[..n], indices, step).map_err(|_| invalid())?;
                match self.width {
                    1 => pick::<u8>(&block[..n], at),
                    2 => pick::<[u8; 2]>(&block[..n], at),
                    4 => pick::<[u8; 4]>(&block[..n], at),
                    8 => pick::<[u8; 8]>(&block[..n], at),
                    16 => pick::<[u8; 16]>(&block[..n], at),
                    width => pick_wide(width, &block[..n], at),
                }
            }
        }
        Ok(())
    }

    fn shift(&self, axis: usize, by: isize, places: &mut [*mut u8]) {
        for (place, strides) in places.iter_mut().zip(self.strides) {
            *place = place.wrapping_offset(by.wrapping_mul(strides[axis]));
        }
    }
}

/// # Safety
/// As [`pick`], for elements of `width` bytes.
unsafe fn pick_wide(width: usize, numbers: &[isize], at: impl Fn(usize) -> (*mut u8, isize)) {
    let (to, step) = at(0);
    for (i, &number) in numbers.iter().enumerate() {
        let (from, by) = at(2 + number as usize);
        let (from, to) = (from.wrapping_offset(i as isize * by), to.wrapping_offset(i as isize * step));
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from.cast_const(), to, width) };
    }
}

/// # Safety
/// Each number names a choice; all places from `at` on are valid.
unsafe fn pick<T: Copy>(numbers: &[isize], at: impl Fn(usize) -> (*mut u8, isize)) {
    let (to, step) = at(0);
    for (i, &number) in numbers.iter().enumerate() {
        let (from, by) = at(2 + number as usize);
        // SAFETY: the caller's promise.
        unsafe {
            let value = from.wrapping_offset(i as isize * by).cast::<T>().read_unaligned();
            to.wrapping_offset(i as isize * step).cast::<T>().write_unaligned(value);
        }
    }
}
