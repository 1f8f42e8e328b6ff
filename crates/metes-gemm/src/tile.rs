//! The sums of a tile, in registers.

// Registers are numbered: what is unrolled here stands in several arrays at one place.
#![allow(clippy::needless_range_loop)]

use crate::lanes::{Lanes, Real};

/// A packed tile of so many terms, and columns at these steps.
pub(crate) struct Operands<R> {
    pub depth: usize,
    pub a: *const R,
    pub b: *const R,
    pub column_step: isize,
    pub term_step: isize,
}

impl<R> Operands<R> {
    /// Where each column begins.
    #[inline(always)]
    fn columns<const W: usize>(&self) -> [*const R; W] {
        let mut columns = [self.b; W];
        for j in 1..W {
            columns[j] = columns[j - 1].wrapping_offset(self.column_step);
        }
        columns
    }
}

/// Where the sums of a tile go at once: columns of the result whose rows lie one by one.
#[derive(Clone, Copy)]
pub(crate) struct Onto<R> {
    pub c: *mut R,
    pub column_step: isize,
    pub alpha: R,
    pub add: bool,
}

/// Writes the sums of `V` registers and `W` columns to `out`, column by column; of complex numbers the real parts, then the
/// imaginary ones.
///
/// # Safety
/// The operands and `out` have as many numbers, and the processor has the registers.
#[inline(always)]
pub(crate) unsafe fn sums<L: Lanes, const V: usize, const W: usize, const COMPLEX: bool>(
    x: &Operands<L::Real>,
    out: *mut L::Real,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if COMPLEX {
            return complex::<L, V, W>(x, out);
        }
        let sums = real::<L, V, W>(x);
        for j in 0..W {
            for v in 0..V {
                sums[j][v].store(out.add((j * V + v) * L::LANES));
            }
        }
    }
}

/// # Safety
/// As [`sums`].
#[inline(always)]
unsafe fn real<L: Lanes, const V: usize, const W: usize>(x: &Operands<L::Real>) -> [[L; V]; W] {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = L::splat(L::Real::ZERO);
        let mut sums = [[zero; V]; W];
        let columns = x.columns::<W>();
        let (mut a, mut at) = (x.a, 0);
        for _ in 0..x.depth {
            let mut left = [zero; V];
            for v in 0..V {
                left[v] = L::load(a.add(v * L::LANES));
            }
            for j in 0..W {
                let right = L::splat(*columns[j].wrapping_offset(at));
                for v in 0..V {
                    sums[j][v] = left[v].fused(right, sums[j][v]);
                }
            }
            a = a.add(V * L::LANES);
            at += x.term_step;
        }
        sums
    }
}

/// Computes the sums of `V` registers and `W` columns of real numbers, and writes them to where they belong.
///
/// # Safety
/// As [`sums`]; all of the tile is in the result, and nothing else of it lies there.
#[inline(always)]
pub(crate) unsafe fn finish<L: Lanes, const V: usize, const W: usize>(x: &Operands<L::Real>, to: &Onto<L::Real>) {
    // SAFETY: the caller's promise.
    unsafe {
        let sums = real::<L, V, W>(x);
        let (by, one) = (L::splat(to.alpha), L::splat(L::Real::ONE));
        for j in 0..W {
            let column = to.c.wrapping_offset(j as isize * to.column_step);
            for v in 0..V {
                let (at, sum) = (column.add(v * L::LANES), sums[j][v].times(by));
                if to.add { sum.fused(one, L::load(at)) } else { sum }.store(at);
            }
        }
    }
}

/// # Safety
/// As [`sums`].
#[inline(always)]
unsafe fn complex<L: Lanes, const V: usize, const W: usize>(x: &Operands<L::Real>, out: *mut L::Real) {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = L::splat(L::Real::ZERO);
        let (mut re, mut im) = ([[zero; V]; W], [[zero; V]; W]);
        let columns = x.columns::<W>();
        let (mut a, mut at) = (x.a, 0);
        for _ in 0..x.depth {
            let (mut left, mut up) = ([zero; V], [zero; V]);
            for v in 0..V {
                left[v] = L::load(a.add(v * L::LANES));
                up[v] = L::load(a.add((V + v) * L::LANES));
            }
            for j in 0..W {
                let right = L::splat(*columns[j].wrapping_offset(at));
                for v in 0..V {
                    re[j][v] = left[v].fused(right, re[j][v]);
                    im[j][v] = up[v].fused(right, im[j][v]);
                }
                let right = L::splat(*columns[j].wrapping_offset(at + 1));
                for v in 0..V {
                    re[j][v] = up[v].fused_away(right, re[j][v]);
                    im[j][v] = left[v].fused(right, im[j][v]);
                }
            }
            a = a.add(2 * V * L::LANES);
            at += x.term_step;
        }
        for j in 0..W {
            for v in 0..V {
                re[j][v].store(out.add((j * V + v) * L::LANES));
                im[j][v].store(out.add(((W + j) * V + v) * L::LANES));
            }
        }
    }
}
