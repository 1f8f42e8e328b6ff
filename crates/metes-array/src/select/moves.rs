//! Moving elements between places that offsets name and places a step apart.

use crate::copy::{Copy, unit};

/// Where the elements of one side of a block lie, in bytes from its start.
pub(crate) trait Place: std::marker::Copy {
    fn at(self, i: usize) -> isize;
}

/// A step apart.
#[derive(Clone, Copy)]
pub(crate) struct Even(pub isize);

/// Anywhere.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a>(pub &'a [isize]);

impl Place for Even {
    #[inline(always)]
    fn at(self, i: usize) -> isize {
        self.0 * i as isize
    }
}

impl Place for Listed<'_> {
    #[inline(always)]
    fn at(self, i: usize) -> isize {
        self.0[i]
    }
}

/// The axes beside those of the index arrays: those before them in the result, and those after.
pub(crate) struct Rest<'a> {
    pub before: Copy<'a>,
    pub after: Copy<'a>,
}

impl Rest<'_> {
    /// No other axes.
    pub const fn none() -> Rest<'static> {
        const NONE: Copy<'static> = Copy { shape: &[], dst: &[], src: &[] };
        Rest { before: NONE, after: NONE }
    }

    /// Moves a block of `n` positions, elements of `width` bytes. Where that is many units ([`unit`]), the axes after end
    /// with one of units.
    ///
    /// # Safety
    /// All places are valid, for reads at `from` and writes at `to`, and the two sides do not overlap.
    pub unsafe fn block(&self, width: usize, n: usize, to: (*mut u8, impl Place), from: (*const u8, impl Place)) {
        // SAFETY: the caller's promise.
        unsafe {
            match unit(width) {
                1 => self.before::<u8>(0, n, to, from),
                2 => self.before::<[u8; 2]>(0, n, to, from),
                4 => self.before::<[u8; 4]>(0, n, to, from),
                8 => self.before::<[u8; 8]>(0, n, to, from),
                _ => self.before::<[u8; 16]>(0, n, to, from),
            }
        }
    }

    /// # Safety
    /// As [`Rest::block`], for the places from this axis on.
    unsafe fn before<T: std::marker::Copy>(
        &self,
        axis: usize,
        n: usize,
        to: (*mut u8, impl Place),
        from: (*const u8, impl Place),
    ) {
        if axis == self.before.shape.len() {
            // SAFETY: the caller's promise.
            return unsafe { self.positions::<T>(n, to, from) };
        }
        for i in 0..self.before.shape[axis] as isize {
            let to = (to.0.wrapping_offset(i * self.before.dst[axis]), to.1);
            let from = (from.0.wrapping_offset(i * self.before.src[axis]), from.1);
            // SAFETY: the caller's promise.
            unsafe { self.before::<T>(axis + 1, n, to, from) };
        }
    }

    /// # Safety
    /// As [`Rest::block`].
    #[inline]
    unsafe fn positions<T: std::marker::Copy>(
        &self,
        n: usize,
        to: (*mut u8, impl Place),
        from: (*const u8, impl Place),
    ) {
        let after = &self.after;
        let width = size_of::<T>() as isize;
        // SAFETY: in all arms, the caller's promise.
        unsafe {
            match (after.shape, after.dst, after.src) {
                ([], ..) => {
                    for i in 0..n {
                        let value = from.0.wrapping_offset(from.1.at(i)).cast::<T>().read_unaligned();
                        to.0.wrapping_offset(to.1.at(i)).cast::<T>().write_unaligned(value);
                    }
                }
                ([len], [d], [s]) if *d == width && *s == width => {
                    let bytes = len * size_of::<T>();
                    for i in 0..n {
                        let (to, from) = (to.0.wrapping_offset(to.1.at(i)), from.0.wrapping_offset(from.1.at(i)));
                        std::ptr::copy_nonoverlapping(from, to, bytes);
                    }
                }
                _ => {
                    for i in 0..n {
                        let (to, from) = (to.0.wrapping_offset(to.1.at(i)), from.0.wrapping_offset(from.1.at(i)));
                        after.walk::<T>(0, to, from);
                    }
                }
            }
        }
    }
}
