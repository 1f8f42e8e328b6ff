//! Positions that one dense array of int64 names along one axis, with no other axes beside it: moved one by one, without
//! a list of offsets in between.

use super::gather::Sides;
use super::item::Selection;
use super::reader::Bounds;
use crate::copy::unit;
use metes_dtype::Kind;

/// Positions that are looked at before their elements are read.
const AHEAD: usize = 256;
/// Bytes of an array that is near anyway.
const NEAR: usize = 64 << 10;

/// Where the positions are, and what they mean.
#[derive(Clone, Copy)]
pub(super) struct Plain {
    places: *const i64,
    /// How many elements there are along the axis, the bytes to the first of them, and from each to the next.
    length: usize,
    base: isize,
    step: isize,
    /// What negative positions count from.
    back: i64,
    width: usize,
}

// SAFETY: a place and numbers; what is read there is guarded by who uses it.
unsafe impl Sync for Plain {}

impl Plain {
    /// The positions of a selection of elements of `width` bytes, where they are so simple.
    pub fn of(selection: &Selection, sides: &Sides, width: usize) -> Option<Plain> {
        let [reader] = selection.readers() else { return None };
        let (&[length], &[step]) = (reader.lengths.as_slice(), reader.strides.as_slice()) else { return None };
        let back = match reader.bounds {
            Bounds::FromEnd => length as i64,
            Bounds::Within => 0,
            Bounds::Wrap | Bounds::Clip => return None,
        };
        let indices = &reader.indices;
        let dense = indices.dtype().number() == Some(Kind::I64) && indices.is_c_contiguous() && indices.is_aligned();
        let alone = sides.has_no_axes() && selection.affine.iter().all(|&step| step == 0) && unit(width) == width;
        let places = indices.as_ptr().cast::<i64>().cast_const();
        (dense && alone).then_some(Plain { places, length, base: selection.base, step, back, width })
    }

    /// Moves the elements of `n` positions from number `first` on to or from places a step apart, the first of which is that of
    /// position number `first`; says whether all were within bounds, else some were moved.
    ///
    /// # Safety
    /// There are so many positions, which may be read. The array's elements at `array` and the places may be read and written
    /// as `WRITE`, which says that the array is written, asks for.
    pub unsafe fn run<const WRITE: bool>(
        self,
        (first, n): (usize, usize),
        array: *mut u8,
        (place, step): (*mut u8, isize),
    ) -> bool {
        let plain = Plain { places: self.places.wrapping_add(first), ..self };
        let array = array.wrapping_offset(self.base);
        // SAFETY: the caller's promise, for elements of this width.
        unsafe {
            match self.width {
                1 => plain.each::<u8, WRITE>(n, array, place, step),
                2 => plain.each::<u16, WRITE>(n, array, place, step),
                4 => plain.each::<u32, WRITE>(n, array, place, step),
                8 => plain.each::<u64, WRITE>(n, array, place, step),
                _ => plain.each::<u128, WRITE>(n, array, place, step),
            }
        }
    }

    /// # Safety
    /// As [`Plain::run`], for elements of type `T`.
    #[inline(always)]
    unsafe fn each<T: Copy, const WRITE: bool>(self, n: usize, array: *mut u8, place: *mut u8, step: isize) -> bool {
        if step == size_of::<T>() as isize {
            // SAFETY: the caller's promise.
            unsafe { self.step_by::<T, WRITE>(n, array, |i| place.wrapping_add(i * size_of::<T>())) }
        } else {
            // SAFETY: as above.
            unsafe { self.step_by::<T, WRITE>(n, array, |i| place.wrapping_offset(i as isize * step)) }
        }
    }

    /// # Safety
    /// As [`Plain::run`], for elements of type `T` and the places that `other` names.
    #[inline(always)]
    unsafe fn step_by<T: Copy, const WRITE: bool>(
        self,
        n: usize,
        array: *mut u8,
        other: impl Fn(usize) -> *mut u8,
    ) -> bool {
        if !WRITE && self.length * size_of::<T>() > NEAR {
            // SAFETY: the caller's promise.
            return unsafe { self.read_ahead::<T>(n, array, other) };
        }
        for i in 0..n {
            // SAFETY: the caller's promise; the position is looked at after it was read, once.
            unsafe {
                let given = self.places.add(i).read();
                let found = if given < 0 { given.wrapping_add(self.back) } else { given } as usize;
                if found >= self.length {
                    return false;
                }
                let element = array.wrapping_offset(found as isize * self.step).cast::<T>();
                let other = other(i).cast::<T>();
                if WRITE {
                    element.write_unaligned(other.read_unaligned());
                } else {
                    other.write_unaligned(element.read_unaligned());
                }
            }
        }
        true
    }

    /// Positions first, then their elements: with nothing to decide between them, many reads are under way at once.
    ///
    /// # Safety
    /// As [`Plain::step_by`], of which it is the half that does not write.
    #[inline(always)]
    unsafe fn read_ahead<T: Copy>(self, n: usize, array: *const u8, other: impl Fn(usize) -> *mut u8) -> bool {
        let mut offsets = [0; AHEAD];
        for start in (0..n).step_by(AHEAD) {
            let offsets = &mut offsets[..AHEAD.min(n - start)];
            let mut outside = false;
            for (i, offset) in offsets.iter_mut().enumerate() {
                // SAFETY: the caller's promise; what is checked is what was read here, once.
                let given = unsafe { self.places.add(start + i).read() };
                let found = given.wrapping_add(if given < 0 { self.back } else { 0 }) as usize;
                outside |= found >= self.length;
                *offset = (found as isize).wrapping_mul(self.step);
            }
            if outside {
                return false;
            }
            for (i, &offset) in offsets.iter().enumerate() {
                // SAFETY: an element within bounds, and the place of its number.
                unsafe {
                    let value = array.wrapping_offset(offset).cast::<T>().read_unaligned();
                    other(start + i).cast::<T>().write_unaligned(value);
                }
            }
        }
        true
    }
}
