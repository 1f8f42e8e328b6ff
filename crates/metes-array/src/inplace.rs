//! Copies between arrays that share bytes in a regular way ([`Meeting`]), without a byte set apart.

use crate::copy::{paired, unit};
use crate::{Array, Meeting};
use metes_memory::Result;

/// Side of a tile of exchanged axes, in elements.
const TILE: usize = 32;

/// Copies `src` to `dst`, which it meets so.
pub(crate) fn copy_meeting(dst: &Array, src: &Array, meeting: &Meeting) -> Result<()> {
    if dst.nbytes() == 0 {
        return Ok(());
    }
    let (_guards, shape, strides) = paired(dst, src)?;
    let pair = Pair { shape: &shape, dst: &strides[0], src: &strides[1] };
    // SAFETY: both arrays' elements lie within their buffer, which is guarded.
    unsafe {
        match unit(dst.dtype().size()) {
            1 => pair.copy::<u8>(meeting, dst.as_ptr(), src.as_ptr()),
            2 => pair.copy::<[u8; 2]>(meeting, dst.as_ptr(), src.as_ptr()),
            4 => pair.copy::<[u8; 4]>(meeting, dst.as_ptr(), src.as_ptr()),
            8 => pair.copy::<[u8; 8]>(meeting, dst.as_ptr(), src.as_ptr()),
            _ => pair.copy::<[u8; 16]>(meeting, dst.as_ptr(), src.as_ptr()),
        }
    }
    Ok(())
}

/// Axes that both sides walk, the largest steps of the target first.
struct Pair<'a> {
    shape: &'a [usize],
    dst: &'a [isize],
    src: &'a [isize],
}

impl Pair<'_> {
    /// # Safety
    /// All places of the walk are valid for reads and writes of `T`.
    unsafe fn copy<T: Copy>(&self, meeting: &Meeting, dst: *mut u8, src: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            match meeting {
                Meeting::Shifted { upwards } => self.shift::<T>(0, *upwards, dst, src),
                Meeting::Swapped(_) => self.swap::<T>(0, dst, src),
            }
        }
    }

    /// Moves elements in the order of their addresses, or against it.
    ///
    /// # Safety
    /// As [`Pair::copy`].
    unsafe fn shift<T: Copy>(&self, axis: usize, upwards: bool, dst: *mut u8, src: *mut u8) {
        // SAFETY: each place below is one of the walk's.
        unsafe {
            let Some(&n) = self.shape.get(axis) else {
                dst.cast::<T>().write_unaligned(src.cast::<T>().read_unaligned());
                return;
            };
            let step = self.dst[axis];
            if axis + 1 == self.shape.len() && step == size_of::<T>() as isize {
                std::ptr::copy(src, dst, n * size_of::<T>());
                return;
            }
            let forwards = upwards == (step > 0);
            for i in 0..n {
                let at = if forwards { i } else { n - 1 - i } as isize * step;
                self.shift::<T>(axis + 1, upwards, dst.wrapping_offset(at), src.wrapping_offset(at));
            }
        }
    }

    /// Exchanges elements with those at their sources; each pair is met twice, and exchanged from its lower place.
    ///
    /// # Safety
    /// As [`Pair::copy`].
    unsafe fn swap<T: Copy>(&self, axis: usize, dst: *mut u8, src: *mut u8) {
        let left = self.shape.len() - axis;
        let at = |i: usize, axis: usize| {
            (dst.wrapping_offset(i as isize * self.dst[axis]), src.wrapping_offset(i as isize * self.src[axis]))
        };
        // SAFETY: each place below is one of the walk's.
        unsafe {
            match left {
                0 => exchange::<T>(dst, src),
                1 => (0..self.shape[axis]).for_each(|i| exchange::<T>(at(i, axis).0, at(i, axis).1)),
                2 => self.tiles::<T>(axis, dst, src),
                _ => {
                    for i in 0..self.shape[axis] {
                        let (dst, src) = at(i, axis);
                        self.swap::<T>(axis + 1, dst, src);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`Pair::copy`], for the last two axes.
    unsafe fn tiles<T: Copy>(&self, axis: usize, dst: *mut u8, src: *mut u8) {
        let (rows, columns) = (self.shape[axis], self.shape[axis + 1]);
        for row in (0..rows).step_by(TILE) {
            for column in (0..columns).step_by(TILE) {
                for r in row..(row + TILE).min(rows) {
                    for c in column..(column + TILE).min(columns) {
                        let at = |s: &[isize]| r as isize * s[axis] + c as isize * s[axis + 1];
                        // SAFETY: both are places of the walk.
                        unsafe { exchange::<T>(dst.wrapping_offset(at(self.dst)), src.wrapping_offset(at(self.src))) };
                    }
                }
            }
        }
    }
}

/// # Safety
/// Both are valid for reads and writes of `T`.
#[inline(always)]
unsafe fn exchange<T: Copy>(a: *mut u8, b: *mut u8) {
    if a < b {
        // SAFETY: the caller's promise; elements of a target without overlap are apart where they differ.
        unsafe {
            let (x, y) = (a.cast::<T>().read_unaligned(), b.cast::<T>().read_unaligned());
            a.cast::<T>().write_unaligned(y);
            b.cast::<T>().write_unaligned(x);
        }
    }
}
