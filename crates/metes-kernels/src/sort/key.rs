//! [`Sortable`]: the key of a value, an unsigned integer with the order of the values.

use super::crew::Crew;
use super::values::{self, Family};
use crate::elem::Elem;
use half::f16;
use num_complex::Complex;
use std::cmp::Ordering;

/// A type that can be ordered.
pub(crate) trait Sortable: Elem {
    /// Whether equal keys are equal values; otherwise they only tell most values apart.
    const WHOLE: bool = true;

    /// A number that is never larger for a smaller value; NaN has the largest.
    fn key(self) -> u64;

    /// The order, NaN last.
    #[inline(always)]
    fn order(self, other: Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// Whether this value comes before the other one.
    #[inline(always)]
    fn less_than(self, other: Self) -> bool {
        self.order(other).is_lt()
    }

    /// # Safety
    /// `p` is valid for a read, aligned or not.
    #[inline(always)]
    unsafe fn peek(p: *const u8) -> Self {
        // SAFETY: the caller vouches for the pointer.
        unsafe { p.cast::<Self>().read_unaligned() }
    }

    /// [`super::SortRow::need`].
    fn need(n: usize, stable: bool) -> usize;

    /// # Safety
    /// As [`super::SortRow::sort`] says.
    unsafe fn sort(n: usize, x: *mut u8, stable: bool, scratch: *mut u8, crew: &Crew);

    /// # Safety
    /// As [`super::SortRow::partition`] says.
    unsafe fn partition(n: usize, x: *mut u8, places: &[usize], crew: &Crew);
}

/// # Safety
/// Both are valid for a read of a value, aligned or not.
pub(super) unsafe fn compare<T: Sortable>(a: *const u8, b: *const u8) -> Ordering {
    // SAFETY: the caller's promise.
    unsafe { T::peek(a).order(T::peek(b)) }
}

/// # Safety
/// `n` dense, aligned values.
pub(super) unsafe fn distinct<T: Sortable>(n: usize, x: *mut u8, equal_nan: bool) -> usize {
    let at = |i: usize| x.wrapping_add(i * size_of::<T>());
    if n == 0 {
        return 0;
    }
    // SAFETY: all are places of values, by the caller's promise, and nothing is written beyond what was read.
    unsafe {
        let (mut count, mut kept) = (1, T::load(x));
        for i in 1..n {
            let next = T::load(at(i));
            let same =
                if T::WHOLE { kept == next } else { !kept.is_nan() & !next.is_nan() && kept.order(next).is_eq() };
            next.store(at(count));
            count += usize::from(!(same | (equal_nan & kept.is_nan() & next.is_nan())));
            kept = next;
        }
        count
    }
}

/// # Safety
/// Valid for a read of a value, aligned or not.
pub(super) unsafe fn is_nan<T: Sortable>(a: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { T::peek(a).is_nan() }
}

macro_rules! counted {
    ($($t:ty, $key:expr;)*) => {$(
        impl Sortable for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                $key(self)
            }
            #[inline(always)]
            fn less_than(self, other: $t) -> bool {
                self.less(other) | (other.is_nan() & !self.is_nan())
            }
            #[inline(always)]
            unsafe fn peek(p: *const u8) -> $t {
                // SAFETY: the caller's promise; a byte is always aligned.
                unsafe { <$t>::load(p) }
            }
            fn need(_: usize, _: bool) -> usize {
                0
            }
            unsafe fn sort(n: usize, x: *mut u8, _: bool, _: *mut u8, _: &Crew) {
                // SAFETY: the caller's promise.
                unsafe { values::count_bytes(n, x, <$t>::KIND) }
            }
            unsafe fn partition(n: usize, x: *mut u8, _: &[usize], _: &Crew) {
                // SAFETY: the caller's promise. What is sorted is partitioned.
                unsafe { values::count_bytes(n, x, <$t>::KIND) }
            }
        }
    )*};
}
counted! {
    bool, u64::from;
    u8, u64::from;
    i8, |x| i64::from(x) as u64 ^ 1 << 63;
}

macro_rules! by_bits {
    ($($t:ty, $bits:ty, $family:ident, $key:expr;)*) => {$(
        impl Sortable for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                $key(self)
            }
            #[inline(always)]
            fn less_than(self, other: $t) -> bool {
                self.less(other) | (other.is_nan() & !self.is_nan())
            }
            fn need(n: usize, stable: bool) -> usize {
                values::need::<$bits>(n, stable, Family::$family)
            }
            unsafe fn sort(n: usize, x: *mut u8, stable: bool, scratch: *mut u8, crew: &Crew) {
                // SAFETY: the caller's promise: dense values of this width, each of whose bit patterns is one.
                unsafe { values::sort(std::slice::from_raw_parts_mut(x.cast::<$bits>(), n), stable, Family::$family, scratch, crew) }
            }
            unsafe fn partition(n: usize, x: *mut u8, places: &[usize], crew: &Crew) {
                // SAFETY: as above.
                unsafe { values::partition(std::slice::from_raw_parts_mut(x.cast::<$bits>(), n), places, Family::$family, crew) }
            }
        }
    )*};
}
by_bits! {
    i16, i16, Signed, |x| i64::from(x) as u64 ^ 1 << 63;
    i32, i32, Signed, |x| i64::from(x) as u64 ^ 1 << 63;
    i64, i64, Signed, |x| x as u64 ^ 1 << 63;
    u16, i16, Unsigned, u64::from;
    u32, i32, Unsigned, u64::from;
    u64, i64, Unsigned, |x| x;
    f16, i16, Float, |x: f16| if x.is_nan() { u64::MAX } else { float_key(f64::from(x)) };
    f32, i32, Float, |x| float_key(f64::from(x));
    f64, i64, Float, float_key;
}

/// The two zeros are one value, and so are all NaN.
#[inline(always)]
fn float_key(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    let key = bits ^ ((bits as i64 >> 63) as u64 | 1 << 63);
    if x.is_nan() { u64::MAX } else { key }
}

macro_rules! complexes {
    ($($t:ty),*) => {$(
        impl Sortable for Complex<$t> {
            const WHOLE: bool = false;
            #[inline(always)]
            fn key(self) -> u64 {
                if self.is_nan() { u64::MAX } else { float_key(f64::from(self.re)) }
            }
            #[inline(always)]
            fn order(self, other: Self) -> Ordering {
                let rank = |x: Self| (u8::from(x.re.is_nan()) << 1) | u8::from(x.im.is_nan());
                rank(self)
                    .cmp(&rank(other))
                    .then_with(|| self.re.key().cmp(&other.re.key()))
                    .then_with(|| self.im.key().cmp(&other.im.key()))
            }
            fn need(n: usize, stable: bool) -> usize {
                if stable { n * (size_of::<Self>() + size_of::<u64>()) } else { 0 }
            }
            unsafe fn sort(n: usize, x: *mut u8, stable: bool, scratch: *mut u8, crew: &Crew) {
                // SAFETY: the caller's promise.
                unsafe { values::sort_pairs::<Self>(n, x, stable, scratch, crew) }
            }
            unsafe fn partition(n: usize, x: *mut u8, places: &[usize], _: &Crew) {
                // SAFETY: the caller's promise.
                let x = unsafe { std::slice::from_raw_parts_mut(x.cast::<Self>(), n) };
                values::select(x, places, |a, b| a.order(*b));
            }
        }
    )*};
}
complexes!(f32, f64);
