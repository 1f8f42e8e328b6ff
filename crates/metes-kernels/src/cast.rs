//! Conversions between all kinds, as NumPy's unsafe casts on x86-64: integers wrap, floats truncate, what does not fit
//! an integer becomes what the hardware's conversion makes of it (the lowest value of 32 or 64 bits, then wrapped).

use crate::elem::Elem;
use crate::{Flags, INVALID, Loop, blocks, level, loops};
use half::f16;
use metes_dtype::{Kind, for_each_kind, for_half};
use num_complex::Complex;

/// Made from the widest type of a family.
pub(crate) trait From1<W>: Elem {
    fn from1(wide: W) -> Self;
    /// Whether a float does not fit what it is truncated to.
    #[inline(always)]
    fn is_outside(_: &W) -> bool {
        false
    }
}

#[inline(always)]
fn fits_i32(x: f64) -> bool {
    (x > -2_147_483_649.0) & (x < 2_147_483_648.0)
}

#[inline(always)]
fn fits_i64(x: f64) -> bool {
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x)
}

/// Truncates; what is outside becomes the lowest value, as the processor's own conversion has it. No branch, so it
/// vectorises.
#[inline(always)]
fn to_i32(x: f64) -> i32 {
    let x = if fits_i32(x) { x } else { -2_147_483_648.0 };
    // SAFETY: x truncates to a value from -2**31 to 2**31 - 1.
    unsafe { x.to_int_unchecked() }
}

#[inline(always)]
fn to_i64(x: f64) -> i64 {
    let x = if fits_i64(x) { x } else { -9_223_372_036_854_775_808.0 };
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
    ($($t:ty, $float:expr, $fits:expr;)*) => {$(
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
            #[inline(always)]
            fn is_outside(wide: &f64) -> bool {
                !$fits(*wide)
            }
        }
        impl From1<Complex<f64>> for $t {
            #[inline(always)]
            fn from1(wide: Complex<f64>) -> $t {
                $float(wide.re) as $t
            }
            #[inline(always)]
            fn is_outside(wide: &Complex<f64>) -> bool {
                !$fits(wide.re)
            }
        }
    )*};
}
integers! {
    i8, to_i32, fits_i32; i16, to_i32, fits_i32; i32, to_i32, fits_i32; i64, to_i64, fits_i64;
    u8, to_i32, fits_i32; u16, to_i32, fits_i32; u32, to_i64, fits_i64; u64, to_u64, |_| true;
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
    f16, |x| f16::from_f32(for_half(x)), |x| f16::from_f32(for_half(x as f64)), |x| f16::from_f32(for_half(x as f64));
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
    if const { A::KIND as u8 >= Kind::F16 as u8 && (B::KIND as u8) < Kind::F16 as u8 } {
        // SAFETY: the caller's promise.
        return unsafe { truncate::<A, B>(n, ptrs, steps) };
    }
    // SAFETY: the caller's promise.
    unsafe { convert_all::<A, B>(n, ptrs, steps) }
}

/// Values that have no place among the integers are looked for, a part at a time, and leave the processor's flag behind:
/// whether the conversion itself leaves one depends on the instructions that it becomes.
///
/// # Safety
/// The promises of [`Loop`].
unsafe fn truncate<A: Elem, B: From1<A::Wide>>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
    const PART: usize = 1024;
    let mut done = 0;
    while done < n {
        let now = PART.min(n - done);
        let at = [0, 1].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
        // SAFETY: a part of what the caller vouches for, and the processor was asked.
        unsafe {
            let dense = steps[0] == size_of::<A>() as isize && level::has_vectors();
            let lost =
                if dense { any_outside_dense::<A, B>(now, at[0]) } else { any_outside::<A, B>(now, at[0], steps[0]) };
            if lost {
                std::hint::black_box(std::hint::black_box(f64::INFINITY) * std::hint::black_box(0.0));
            }
            convert_all::<A, B>(now, &at, steps);
        }
        done += now;
    }
    0
}

/// # Safety
/// `n` values at `x` by `step`.
#[inline(always)]
unsafe fn any_outside<A: Elem, B: From1<A::Wide>>(n: usize, x: *const u8, step: isize) -> bool {
    let mut lost = false;
    for i in 0..n as isize {
        // SAFETY: value i is within what the caller vouches for.
        lost |= B::is_outside(&unsafe { A::load(x.wrapping_offset(i * step)) }.widen());
    }
    lost
}

/// # Safety
/// `n` adjacent values; the processor has vectors.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt"))]
unsafe fn any_outside_dense<A: Elem, B: From1<A::Wide>>(n: usize, x: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { any_outside::<A, B>(n, x, size_of::<A>() as isize) }
}

/// # Safety
/// The promises of [`Loop`].
unsafe fn convert_all<A: Elem, B: From1<A::Wide>>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
    let mut done = 0;
    if const { is_plain(A::KIND) && is_plain(B::KIND) } {
        // SAFETY: the caller promises operands of the kinds of A and B.
        done = unsafe { blocks::whole(n, ptrs, steps, [size_of::<A>(), size_of::<B>()], BLOCK, convert_dense::<A, B>) };
        if done == n {
            return 0;
        }
    }
    let rest = [0, 1].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
    // SAFETY: as above, and the skeleton reads and writes just those.
    unsafe { loops::unary(n - done, &rest, steps, |a: A, _| B::from1(a.widen())) }
}

const BLOCK: usize = 16;

/// # Safety
/// The promises of [`blocks::Dense`]; the processor has vectors.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt"))]
unsafe fn convert_dense<A: Elem, B: From1<A::Wide>>(n: usize, ptrs: &[*mut u8]) {
    // SAFETY: the caller promises operands of the kinds of A and B, and the skeleton reads and writes just those.
    unsafe { blocks::unary::<A, B, BLOCK>(n, ptrs, |a| B::from1(a.widen())) }
}

/// Whether vectors hold values of the kind.
const fn is_plain(kind: Kind) -> bool {
    !matches!(kind, Kind::F16 | Kind::C64 | Kind::C128)
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

/// A number, or two, of bytes that are reversed.
trait Reverse: Copy {
    fn reverse(self) -> Self;
}

macro_rules! reverse {
    ($($t:ty)*) => {$(
        impl Reverse for $t {
            #[inline(always)]
            fn reverse(self) -> $t {
                self.swap_bytes()
            }
        }
        impl Reverse for [$t; 2] {
            #[inline(always)]
            fn reverse(self) -> [$t; 2] {
                self.map(<$t>::swap_bytes)
            }
        }
    )*};
}
reverse!(u16 u32 u64);

/// # Safety
/// As [`Loop`], for elements of `T`.
unsafe fn reversed<T: Reverse>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
    for i in 0..n as isize {
        // SAFETY: the caller's promise.
        unsafe {
            let value = ptrs[0].wrapping_offset(i * steps[0]).cast::<T>().read();
            ptrs[1].wrapping_offset(i * steps[1]).cast::<T>().write(value.reverse());
        }
    }
    0
}

/// The loop that turns the bytes of a kind's elements around, of each part of a complex one.
pub fn swap(kind: Kind) -> Loop {
    match (kind.size(), kind.real().size()) {
        (1, _) => copy::<u8>,
        (2, _) => reversed::<u16>,
        (4, _) => reversed::<u32>,
        (8, 4) => reversed::<[u32; 2]>,
        (8, _) => reversed::<u64>,
        _ => reversed::<[u64; 2]>,
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
