//! Conversions between all kinds, as NumPy's unsafe casts on x86-64: integers wrap, floats truncate, what does not fit
//! an integer becomes what the hardware's conversion makes of it (the lowest value of 32 or 64 bits, then wrapped).

use crate::elem::Elem;
use crate::{Flags, INVALID, Loop, loops};
use half::f16;
use metes_dtype::{Kind, for_each_kind};
use num_complex::Complex;

/// Made from the widest type of a family.
pub(crate) trait From1<W>: Elem {
    fn from1(wide: W) -> Self;
}

/// Truncates; what is outside becomes the lowest value, as the processor's own conversion has it. No branch, so it
/// vectorises.
#[inline(always)]
fn to_i32(x: f64) -> i32 {
    let inside = (x > -2_147_483_649.0) & (x < 2_147_483_648.0);
    let x = if inside { x } else { -2_147_483_648.0 };
    // SAFETY: x truncates to a value from -2**31 to 2**31 - 1.
    unsafe { x.to_int_unchecked() }
}

#[inline(always)]
fn to_i64(x: f64) -> i64 {
    let inside = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x);
    let x = if inside { x } else { -9_223_372_036_854_775_808.0 };
    // SAFETY: x truncates to a value from -2**63 to 2**63 - 1.
    unsafe { x.to_int_unchecked() }
}

#[inline(always)]
fn to_u64(x: f64) -> u64 {
    if x >= 9_223_372_036_854_775_808.0 {
        to_i64(x - 9_223_372_036_854_775_808.0) as u64 ^ 1 << 63
    } else {
        to_i64(x) as u64
    }
}

macro_rules! integers {
    ($($t:ty, $float:expr;)*) => {$(
        impl From1<u64> for $t {
            #[inline(always)]
            fn from1(wide: u64) -> $t {
                wide as $t
            }
        }
        impl From1<i64> for $t {
            #[inline(always)]
            fn from1(wide: i64) -> $t {
                wide as $t
            }
        }
        impl From1<f64> for $t {
            #[inline(always)]
            fn from1(wide: f64) -> $t {
                $float(wide) as $t
            }
        }
        impl From1<Complex<f64>> for $t {
            #[inline(always)]
            fn from1(wide: Complex<f64>) -> $t {
                $float(wide.re) as $t
            }
        }
    )*};
}
integers! {
    i8, to_i32; i16, to_i32; i32, to_i32; i64, to_i64;
    u8, to_i32; u16, to_i32; u32, to_i64; u64, to_u64;
}

macro_rules! floats {
    ($($t:ty, $from:expr, $from_i:expr, $from_u:expr;)*) => {$(
        impl From1<u64> for $t {
            #[inline(always)]
            fn from1(wide: u64) -> $t {
                $from_u(wide)
            }
        }
        impl From1<i64> for $t {
            #[inline(always)]
            fn from1(wide: i64) -> $t {
                $from_i(wide)
            }
        }
        impl From1<f64> for $t {
            #[inline(always)]
            fn from1(wide: f64) -> $t {
                $from(wide)
            }
        }
        impl From1<Complex<f64>> for $t {
            #[inline(always)]
            fn from1(wide: Complex<f64>) -> $t {
                $from(wide.re)
            }
        }
    )*};
}
floats! {
    f16, f16::from_f64, |x| f16::from_f64(x as f64), |x| f16::from_f64(x as f64);
    f32, |x| x as f32, |x| x as f32, |x| x as f32;
    f64, |x| x, |x| x as f64, |x| x as f64;
}

macro_rules! complexes {
    ($($t:ty)*) => {$(
        impl From1<u64> for Complex<$t> {
            #[inline(always)]
            fn from1(wide: u64) -> Self {
                Complex::new(wide as $t, 0.0)
            }
        }
        impl From1<i64> for Complex<$t> {
            #[inline(always)]
            fn from1(wide: i64) -> Self {
                Complex::new(wide as $t, 0.0)
            }
        }
        impl From1<f64> for Complex<$t> {
            #[inline(always)]
            fn from1(wide: f64) -> Self {
                Complex::new(wide as $t, 0.0)
            }
        }
        impl From1<Complex<f64>> for Complex<$t> {
            #[inline(always)]
            fn from1(wide: Complex<f64>) -> Self {
                Complex::new(wide.re as $t, wide.im as $t)
            }
        }
    )*};
}
complexes!(f32 f64);

/// A choice between two numbers vectorises better than a conversion.
macro_rules! from_bool {
    ($($t:ty, $zero:expr, $one:expr;)*) => {$(
        impl From1<bool> for $t {
            #[inline(always)]
            fn from1(wide: bool) -> $t {
                if wide { $one } else { $zero }
            }
        }
    )*};
}
from_bool! {
    bool, false, true; i8, 0, 1; i16, 0, 1; i32, 0, 1; i64, 0, 1; u8, 0, 1; u16, 0, 1; u32, 0, 1; u64, 0, 1;
    f16, f16::ZERO, f16::ONE; f32, 0.0, 1.0; f64, 0.0, 1.0;
    Complex<f32>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
    Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
}

macro_rules! truth {
    ($($w:ty, $zero:expr;)*) => {$(
        impl From1<$w> for bool {
            #[inline(always)]
            fn from1(wide: $w) -> bool {
                wide != $zero
            }
        }
    )*};
}
truth! { u64, 0; i64, 0; f64, 0.0; Complex<f64>, Complex::new(0.0, 0.0); }

/// # Safety
/// The promises of [`Loop`].
unsafe fn convert<A: Elem, B: From1<A::Wide>>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
    // SAFETY: the caller promises operands of the kinds of A and B, and the skeleton reads and writes just those.
    unsafe { loops::unary(n, ptrs, steps, |a: A, _| B::from1(a.widen())) }
}

/// As [`convert`], and [`INVALID`] where a value does not come back the same.
///
/// # Safety
/// The promises of [`Loop`].
unsafe fn convert_same<A, B>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags
where
    A: Elem + From1<<B as Elem>::Wide>,
    B: Elem + From1<<A as Elem>::Wide>,
{
    let op = |a: A, flags: &mut Flags| {
        let b = B::from1(a.widen());
        let back = A::from1(b.widen());
        let turned = a.less(A::default()) != b.less(B::default()) || a.is_infinite() != b.is_infinite();
        if turned || !back.same(a) {
            *flags |= INVALID;
        }
        b
    };
    // SAFETY: the caller promises operands of the kinds of A and B, and the skeleton reads and writes just those.
    unsafe { loops::unary(n, ptrs, steps, op) }
}

/// Moves bytes as they are: NaN keeps its payload, and a foreign bool its byte. `B` has the width and alignment of the
/// kind.
///
/// # Safety
/// The promises of [`Loop`].
unsafe fn copy<B: Copy>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
    let (from, to) = (ptrs[0].cast::<B>(), ptrs[1].cast::<B>());
    let width = size_of::<B>() as isize;
    if steps == [width, width] {
        // SAFETY: n elements lie at both by the caller's promise; this copy allows that they are the same.
        unsafe { from.copy_to(to, n) };
        return 0;
    }
    for i in 0..n as isize {
        // SAFETY: element i of both is within what the caller vouches for, and aligned.
        unsafe { to.wrapping_byte_offset(i * steps[1]).write(from.wrapping_byte_offset(i * steps[0]).read()) };
    }
    0
}

/// The copy for elements of this width; a complex element is aligned as its parts are.
fn copy_of(kind: Kind) -> Loop {
    match (kind.size(), kind.align()) {
        (1, _) => copy::<u8>,
        (2, _) => copy::<u16>,
        (4, _) => copy::<u32>,
        (8, 8) => copy::<u64>,
        (8, _) => copy::<[u32; 2]>,
        _ => copy::<[u64; 2]>,
    }
}

macro_rules! inner {
    ($to:ident, $f:ident, $a:ty, [$(($kind:ident, $rust:ty, $n:literal, $c:literal, $tc:literal, $cat:ident))*]) => {
        match $to {
            $(Kind::$kind => $f::<$a, $rust> as Loop,)*
        }
    };
}

macro_rules! outer {
    ($from:ident, $to:ident, $f:ident, $all:tt $(($kind:ident, $rust:ty, $n:literal, $c:literal, $tc:literal, $cat:ident))*) => {
        match $from {
            $(Kind::$kind => inner!($to, $f, $rust, $all),)*
        }
    };
}

macro_rules! table {
    ($($row:tt)*) => {
        /// The loop that casts `from` to `to`; for equal kinds, a copy of the bytes.
        ///
        /// ```
        /// use metes_dtype::Kind;
        /// let (from, mut to) = ([1.9f64, -1.9], [0i8; 2]);
        /// let ptrs = [from.as_ptr().cast::<u8>().cast_mut(), to.as_mut_ptr().cast()];
        /// // SAFETY: two elements at each pointer, 8 bytes and 1 byte apart; the input is only read.
        /// let flags = unsafe { metes_kernels::cast(Kind::F64, Kind::I8)(2, &ptrs, &[8, 1]) };
        /// assert_eq!((to, flags), ([1, -1], 0));
        /// ```
        pub fn cast(from: Kind, to: Kind) -> Loop {
            if from == to {
                return copy_of(from);
            }
            outer!(from, to, convert, [$($row)*] $($row)*)
        }

        /// The same, with [`INVALID`] among the flags where a value does not survive: a fraction, digits or the sign of
        /// a number lost, an imaginary part dropped, a number other than 0 and 1 made a bool. The sign of zero does
        /// not count, and NaN survives as NaN.
        pub fn cast_same_value(from: Kind, to: Kind) -> Loop {
            if from == to {
                return copy_of(from);
            }
            outer!(from, to, convert_same, [$($row)*] $($row)*)
        }
    };
}
for_each_kind!(table);
