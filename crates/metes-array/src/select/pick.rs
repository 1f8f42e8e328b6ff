//! The short path of selecting by one array: a mask of the array's own shape, or positions along the first axis of what lies
//! densely; nothing is prepared, and nothing but the result allocated.
//!
//! Positions out of bounds, other kinds of indices, large results and bytes that somebody else uses now are declined, and
//! take the general way ([`super::gather`]), which has the words for them.

use crate::copy::SHARED;
use crate::{Array, Dims, Scalar};
use metes_dtype::Kind;
use metes_memory::{Access, Cause, Reason, Result};

/// Bytes of the largest array under a mask, and of the largest mask.
const SMALL: usize = 64 << 10;

impl Array {
    /// `self[index]`, made by operation `op` and put in `place`; says whether it was of the kind that is for this.
    ///
    /// ```
    /// let a = metes_array::Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
    /// let places = metes_array::Array::from_slice(&[2], &[-1i64, 0])?;
    /// let mut picked = None;
    /// assert!(a.pick_direct(&places, "index", &mut picked)?);
    /// assert_eq!(picked.unwrap().read::<f64>()?.to_vec(), [3.0, 1.0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// Refused memory.
    pub fn pick_direct(&self, index: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
        // Foreign bytes may change while they are read.
        if !index.is_dense() || index.ndim() == 0 || index.nbytes() > SHARED || !index.buffer().is_owned() {
            return Ok(false);
        }
        let (Some(_index), Some(_values)) = (index.buffer().brief(Access::Read), self.buffer().brief(Access::Read))
        else {
            return Ok(false);
        };
        let done = match index.dtype().number() {
            Some(Kind::Bool) => self.masked(index, op, place)?,
            Some(Kind::I64) => self.listed(index, op, place)?,
            _ => false,
        };
        match place {
            Some(result) if done => result.buffer().set_cause(Cause::of(Reason::Index)),
            _ => *place = None,
        }
        Ok(done)
    }

    /// `self[index] = value`, where the array is of numbers and the value one that fits; says whether it was done, else
    /// nothing is written.
    ///
    /// ```
    /// use metes_array::{Array, Scalar};
    /// let a = Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
    /// let mask = Array::from_slice(&[3], &[true, false, true])?;
    /// assert!(a.fill_direct(&mask, Scalar::Int(0)));
    /// assert_eq!(a.read::<f64>()?.to_vec(), [0.0, 2.0, 0.0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn fill_direct(&self, index: &Array, value: Scalar) -> bool {
        let whole = self.is_writeable() && self.is_c_contiguous() && self.dtype().number().is_some();
        let mask = index.dtype() == Kind::Bool && index.shape() == self.shape();
        if !whole || !mask || !index.is_dense() || index.nbytes() > SMALL || index.buffer().same(self.buffer()) {
            return false;
        }
        let (Some(_index), Some(_values)) = (index.buffer().brief(Access::Read), self.buffer().brief(Access::Write))
        else {
            return false;
        };
        let (mut element, to) = ([0u8; 16], self.as_ptr());
        let from = element.as_mut_ptr();
        // SAFETY: room for an element of any kind. A dense mask, held; any byte is a `u8`. Dense elements of this width, as
        // many as the mask has, held for writing.
        unsafe {
            value.write(self.dtype(), from);
            let mask = std::slice::from_raw_parts(index.as_ptr().cast_const(), index.size());
            match self.dtype().size() {
                1 => fill::<u8>(mask, from, to),
                2 => fill::<u16>(mask, from, to),
                4 => fill::<u32>(mask, from, to),
                8 => fill::<u64>(mask, from, to),
                _ => fill::<u128>(mask, from, to),
            }
        }
        true
    }

    /// The elements where a mask, which is held, is true.
    fn masked(&self, mask: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
        if mask.shape() != self.shape() || !self.is_c_contiguous() || self.nbytes().max(mask.nbytes()) > SMALL {
            return Ok(false);
        }
        // SAFETY: a dense mask, held, of Metes' own; any byte is a `u8`.
        let mask = unsafe { std::slice::from_raw_parts(mask.as_ptr().cast_const(), mask.size()) };
        let count = mask.iter().filter(|&&byte| byte != 0).count();
        let result = place.insert(Array::empty(&[count], self.dtype(), op)?);
        let (from, to, width) = (self.as_ptr().cast_const(), result.as_ptr(), self.dtype().size());
        // SAFETY: dense elements of this width, as many as the mask has, which are held; the fresh result has `count` places.
        Ok(unsafe {
            match width {
                1 => compress::<u8>(mask, from, to, count),
                2 => compress::<u16>(mask, from, to, count),
                4 => compress::<u32>(mask, from, to, count),
                8 => compress::<u64>(mask, from, to, count),
                16 => compress::<u128>(mask, from, to, count),
                _ => false,
            }
        })
    }

    /// The elements, or rows, at positions, which are held.
    fn listed(&self, places: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
        let (Some((&length, within)), Some(&step)) = (self.shape().split_first(), self.strides().first()) else {
            return Ok(false);
        };
        let row = within.iter().product::<usize>() * self.dtype().size();
        let dense = within.is_empty() || self.is_c_contiguous();
        // What is moved and looked at is less than threads would share.
        if !dense || row == 0 || places.size().saturating_mul(2 * row + size_of::<i64>()) >= SHARED {
            return Ok(false);
        }
        let mut shape = Dims::from_slice(places.shape());
        shape.extend_from_slice(within);
        let result = place.insert(Array::empty(&shape, self.dtype(), op)?);
        // SAFETY: dense, aligned integers, which are held, of Metes' own.
        let places = unsafe { std::slice::from_raw_parts(places.as_ptr().cast::<i64>().cast_const(), places.size()) };
        let (from, to) = ((self.as_ptr().cast_const(), step), result.as_ptr());
        // SAFETY: rows of this many bytes, `length` of them, a step apart, which are held; the fresh result has a place for
        // each position.
        Ok(unsafe {
            match row {
                1 => list::<u8>(places, length, from, to),
                2 => list::<u16>(places, length, from, to),
                4 => list::<u32>(places, length, from, to),
                8 => list::<u64>(places, length, from, to),
                16 => list::<u128>(places, length, from, to),
                _ => list_rows(places, length, from, to, row),
            }
        })
    }
}

/// Writes the elements where the mask is true, `count` of them; says whether there were so many.
///
/// # Safety
/// As many elements at `from` as the mask has, dense; `count` places at `to`.
unsafe fn compress<T: Copy>(mask: &[u8], from: *const u8, to: *mut u8, count: usize) -> bool {
    let (from, to) = (from.cast::<T>(), to.cast::<T>());
    let mut done = 0;
    for (at, &byte) in mask.iter().enumerate() {
        if done == count {
            break;
        }
        // SAFETY: the caller's promise; `done` is below `count`. Written whether true or not: the next one then overwrites.
        unsafe { to.add(done).write_unaligned(from.add(at).read_unaligned()) };
        done += usize::from(byte != 0);
    }
    done == count
}

/// Writes a value to the elements where the mask is true.
///
/// # Safety
/// An element at `from`, and as many at `to` as the mask has, dense.
unsafe fn fill<T: Copy>(mask: &[u8], from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    let value = unsafe { from.cast::<T>().read_unaligned() };
    for (at, &byte) in mask.iter().enumerate() {
        let place = to.cast::<T>().wrapping_add(at);
        // SAFETY: the caller's promise. Written whether true or not, so that nothing has to be guessed.
        unsafe { place.write_unaligned(if byte != 0 { value } else { place.read_unaligned() }) };
    }
}

/// The positions of the true elements of a small dense mask of one axis; `None` for others.
pub(super) fn true_places(mask: &Array, op: &'static str) -> Result<Option<Array>> {
    let small = mask.ndim() == 1 && mask.nbytes() <= SMALL && mask.dtype() == Kind::Bool;
    if !small || !mask.is_dense() || !mask.buffer().is_owned() {
        return Ok(None);
    }
    let Some(_held) = mask.buffer().brief(Access::Read) else { return Ok(None) };
    // SAFETY: a dense mask, held, of Metes' own; any byte is a `u8`.
    let bytes = unsafe { std::slice::from_raw_parts(mask.as_ptr().cast_const(), mask.size()) };
    let count = bytes.iter().filter(|&&byte| byte != 0).count();
    let result = Array::empty(&[count], Kind::I64.into(), op)?;
    let (to, mut done) = (result.as_ptr().cast::<i64>(), 0);
    for (at, &byte) in bytes.iter().enumerate() {
        if done == count {
            break;
        }
        // SAFETY: the fresh result has `count` places, and `done` is below. Written whether true or not, as in `compress`.
        unsafe { to.add(done).write(at as i64) };
        done += usize::from(byte != 0);
    }
    Ok((done == count).then_some(result))
}

/// The position counted from the front; `None` where there is none.
#[inline]
fn within(place: i64, length: usize) -> Option<usize> {
    let place = if place < 0 { place.wrapping_add(length as i64) } else { place } as usize;
    (place < length).then_some(place)
}

/// Writes the elements at the positions; says whether all were within bounds.
///
/// # Safety
/// `length` elements at `from`, a step apart; as many places at `to` as there are positions.
unsafe fn list<T: Copy>(places: &[i64], length: usize, from: (*const u8, isize), to: *mut u8) -> bool {
    let to = to.cast::<T>();
    for (at, &place) in places.iter().enumerate() {
        let Some(place) = within(place, length) else { return false };
        let source = from.0.wrapping_offset((place as isize).wrapping_mul(from.1)).cast::<T>();
        // SAFETY: the caller's promise; the position is within bounds.
        unsafe { to.add(at).write_unaligned(source.read_unaligned()) };
    }
    true
}

/// The same of rows of any number of bytes.
///
/// # Safety
/// As [`list`], of rows of `row` bytes.
unsafe fn list_rows(places: &[i64], length: usize, from: (*const u8, isize), to: *mut u8, row: usize) -> bool {
    for (at, &place) in places.iter().enumerate() {
        let Some(place) = within(place, length) else { return false };
        let source = from.0.wrapping_offset((place as isize).wrapping_mul(from.1));
        // SAFETY: the caller's promise; the position is within bounds.
        unsafe { std::ptr::copy_nonoverlapping(source, to.add(at * row), row) };
    }
    true
}
