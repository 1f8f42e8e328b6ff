//! [`Lanes`]: a register of real numbers, and what a product does with one.

use crate::tile::{Onto, Operands, finish, sums};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A real number.
pub(crate) trait Real: Copy + PartialEq + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self> {
    const ZERO: Self;
    const ONE: Self;
    fn negative(self) -> Self;
    /// `self * by + to`, rounded once where the processor can.
    fn fused(self, by: Self, to: Self) -> Self;
}

macro_rules! reals {
    ($($t:ident)*) => {$(
        impl Real for $t {
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            #[inline(always)]
            fn negative(self) -> $t {
                -self
            }
            #[inline(always)]
            fn fused(self, by: $t, to: $t) -> $t {
                // Where nothing is known to fuse, a call for each product would take a hundred times as long.
                if cfg!(target_arch = "x86_64") { self * by + to } else { self.mul_add(by, to) }
            }
        }
    )*};
}
reals!(f32 f64);

/// A register.
///
/// # Safety
/// Of all functions: the processor has it; addresses are valid for `LANES` numbers, at any alignment.
pub(crate) trait Lanes: Copy {
    type Real: Real;
    const LANES: usize;
    unsafe fn splat(x: Self::Real) -> Self;
    unsafe fn load(from: *const Self::Real) -> Self;
    unsafe fn store(self, to: *mut Self::Real);
    /// `self * by + to`.
    unsafe fn fused(self, by: Self, to: Self) -> Self;
    /// `to - self * by`.
    unsafe fn fused_away(self, by: Self, to: Self) -> Self;
    unsafe fn times(self, by: Self) -> Self;
    /// The sums of a tile, by a loop of its own: [`crate::tile::sums`].
    unsafe fn sums<const V: usize, const W: usize, const COMPLEX: bool>(x: &Operands<Self::Real>, out: *mut Self::Real);
    /// The same of real numbers into the result: [`crate::tile::finish`].
    unsafe fn finish<const V: usize, const W: usize>(x: &Operands<Self::Real>, to: &Onto<Self::Real>);
}

/// Asks the processor for the lines of the first and the last of so many numbers, which it need not have when it goes on.
#[inline(always)]
pub(crate) fn ask<R>(from: *const R, count: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: any address may be asked for; where there is nothing, nothing comes.
        let one = |at: usize| unsafe { _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(at).cast()) };
        one(0);
        if count > 1 {
            one(count - 1);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, count);
}

/// As many lanes as an array has elements: for processors of which nothing is known.
#[derive(Clone, Copy)]
pub(crate) struct Plain<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Lanes for Plain<T, N> {
    type Real = T;
    const LANES: usize = N;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Plain([x; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise.
        Plain(unsafe { from.cast::<[T; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[T; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn fused(mut self, by: Self, to: Self) -> Self {
        for i in 0..N {
            self.0[i] = self.0[i].fused(by.0[i], to.0[i]);
        }
        self
    }
    #[inline(always)]
    unsafe fn fused_away(mut self, by: Self, to: Self) -> Self {
        for i in 0..N {
            self.0[i] = self.0[i].negative().fused(by.0[i], to.0[i]);
        }
        self
    }
    #[inline(always)]
    unsafe fn times(mut self, by: Self) -> Self {
        for i in 0..N {
            self.0[i] = self.0[i] * by.0[i];
        }
        self
    }
    unsafe fn sums<const V: usize, const W: usize, const COMPLEX: bool>(x: &Operands<T>, out: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { sums::<Self, V, W, COMPLEX>(x, out) }
    }
    unsafe fn finish<const V: usize, const W: usize>(x: &Operands<T>, to: &Onto<T>) {
        // SAFETY: the caller's promise.
        unsafe { finish::<Self, V, W>(x, to) }
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! registers {
    ($($v:ident $features:literal $t:ident $lanes:literal $splat:ident $load:ident $store:ident $fused:ident $away:ident $times:ident;)*) => {$(
        impl Lanes for $v {
            type Real = $t;
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(x: $t) -> $v {
                // SAFETY: the processor has the instruction, as the caller promises; so in all of these.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> $v {
                // SAFETY: the caller's promise.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller's promise.
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn fused(self, by: $v, to: $v) -> $v {
                // SAFETY: as in `splat`.
                unsafe { $fused(self, by, to) }
            }
            #[inline(always)]
            unsafe fn fused_away(self, by: $v, to: $v) -> $v {
                // SAFETY: as in `splat`.
                unsafe { $away(self, by, to) }
            }
            #[inline(always)]
            unsafe fn times(self, by: $v) -> $v {
                // SAFETY: as in `splat`.
                unsafe { $times(self, by) }
            }
            #[inline(always)]
            unsafe fn sums<const V: usize, const W: usize, const COMPLEX: bool>(x: &Operands<$t>, out: *mut $t) {
                /// # Safety
                /// As [`sums`].
                #[target_feature(enable = $features)]
                #[inline(never)]
                unsafe fn apart<const V: usize, const W: usize, const COMPLEX: bool>(x: &Operands<$t>, out: *mut $t) {
                    // SAFETY: the caller's promise.
                    unsafe { sums::<$v, V, W, COMPLEX>(x, out) }
                }
                // SAFETY: the caller's promise.
                unsafe { apart::<V, W, COMPLEX>(x, out) }
            }
            #[inline(always)]
            unsafe fn finish<const V: usize, const W: usize>(x: &Operands<$t>, to: &Onto<$t>) {
                /// # Safety
                /// As [`finish`].
                #[target_feature(enable = $features)]
                #[inline(never)]
                unsafe fn apart<const V: usize, const W: usize>(x: &Operands<$t>, to: &Onto<$t>) {
                    // SAFETY: the caller's promise.
                    unsafe { finish::<$v, V, W>(x, to) }
                }
                // SAFETY: the caller's promise.
                unsafe { apart::<V, W>(x, to) }
            }
        }
    )*};
}

#[cfg(target_arch = "x86_64")]
registers! {
    __m256 "avx2,fma" f32 8 _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps _mm256_fnmadd_ps _mm256_mul_ps;
    __m256d "avx2,fma" f64 4 _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_fmadd_pd _mm256_fnmadd_pd _mm256_mul_pd;
    __m512 "avx512f" f32 16 _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps _mm512_fnmadd_ps _mm512_mul_ps;
    __m512d "avx512f" f64 8 _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_fmadd_pd _mm512_fnmadd_pd _mm512_mul_pd;
}
