//! Scalar mathematics that the standard library does not spell as NumPy needs it.

use crate::cast::From1;
use crate::{DIVIDE, Flags, NEGATIVE_POWER, OVERFLOW};
use half::f16;
use num_complex::Complex;

/// The real types.
pub(crate) trait Real: Copy + num_traits::Float {
    fn next_after(self, to: Self) -> Self;
    fn split_exponent(self) -> (Self, i32);
    fn scale(self, by: i64) -> Self;
}

macro_rules! reals {
    ($($t:ty, $bits:ty, $signed:ty, $mantissa:literal, $bias:literal;)*) => {$(
        impl Real for $t {
            fn next_after(self, to: $t) -> $t {
                if self.is_nan() || to.is_nan() {
                    return <$t>::NAN;
                }
                if self == to {
                    return to;
                }
                if self == 0.0 {
                    return <$t>::from_bits(1).copysign(to);
                }
                let away = (to > self) == (self > 0.0);
                <$t>::from_bits(if away { self.to_bits() + 1 } else { self.to_bits() - 1 })
            }

            fn split_exponent(self) -> ($t, i32) {
                if self == 0.0 || !self.is_finite() {
                    return (self, 0);
                }
                let field = |x: $t| (x.to_bits() >> $mantissa) as i32 & (2 * $bias + 1);
                let (x, shift) = if field(self) == 0 { (self * (2.0 as $t).powi($mantissa + 2), $mantissa + 2) } else { (self, 0) };
                let exponent = field(x) - ($bias - 1);
                let mask: $bits = (2 * $bias + 1) << $mantissa;
                let half: $bits = ($bias - 1) << $mantissa;
                (<$t>::from_bits(x.to_bits() & !mask | half), exponent - shift)
            }

            fn scale(self, by: i64) -> $t {
                let mut left = by.clamp(-4 * $bias, 4 * $bias) as i32;
                let mut x = self;
                while left != 0 {
                    let step = left.clamp(1 - $bias, $bias);
                    x *= (2.0 as $t).powi(step);
                    left -= step;
                }
                x
            }
        }
    )*};
}
reals! { f32, u32, i32, 23, 127; f64, u64, i64, 52, 1023; }

/// Python's `//` for floats: rounded down, with NumPy's answers for 0 and infinities. NaN go first: comparing them would
/// have the processor call the result invalid.
pub(crate) fn floor_divide<T: Real>(a: T, b: T) -> T {
    if a.is_nan() || b.is_nan() {
        return a + b;
    }
    if b == T::zero() {
        return a / b;
    }
    let modulo = a % b;
    if modulo.is_nan() {
        return invalid(a);
    }
    let mut quotient = (a - modulo) / b;
    if modulo != T::zero() && (modulo < T::zero()) != (b < T::zero()) {
        quotient = quotient - T::one();
    }
    if quotient == T::zero() {
        return T::zero().copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > T::from(0.5).expect("a half") { floor + T::one() } else { floor }
}

/// NaN out of what is none, by a root that the processor calls invalid.
fn invalid<T: Real>(a: T) -> T {
    (-a.abs() - T::one()).sqrt()
}

/// Python's `%` for floats: the sign of the divisor.
pub(crate) fn remainder<T: Real>(a: T, b: T) -> T {
    if a.is_nan() || b.is_nan() {
        return a + b;
    }
    let modulo = a % b;
    if modulo.is_nan() {
        return invalid(a);
    }
    if modulo == T::zero() {
        return T::zero().copysign(b);
    }
    if (modulo < T::zero()) != (b < T::zero()) { modulo + b } else { modulo }
}

/// Integer division, remainder and powers with NumPy's answers and flags.
pub(crate) trait Integer: Copy {
    fn floor_div(self, by: Self, flags: &mut Flags) -> Self;
    fn floor_mod(self, by: Self, flags: &mut Flags) -> Self;
    fn c_mod(self, by: Self, flags: &mut Flags) -> Self;
    /// Truncated; of 0 it is what an infinity is cast to.
    fn one_over(self, flags: &mut Flags) -> Self;
    fn power(self, by: Self, flags: &mut Flags) -> Self;
    fn gcd(self, other: Self) -> Self;
    fn lcm(self, other: Self) -> Self;
    fn shl(self, by: Self) -> Self;
    fn shr(self, by: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty, $signed:literal;)*) => {$(
        #[allow(unused_comparisons, clippy::absurd_extreme_comparisons)]
        impl Integer for $t {
            #[inline(always)]
            fn floor_div(self, by: $t, flags: &mut Flags) -> $t {
                if by == 0 {
                    *flags |= DIVIDE;
                    return 0;
                }
                let Some(quotient) = self.checked_div(by) else {
                    *flags |= OVERFLOW;
                    return self;
                };
                if self % by != 0 && (self < 0) != (by < 0) { quotient - 1 } else { quotient }
            }

            #[inline(always)]
            fn floor_mod(self, by: $t, flags: &mut Flags) -> $t {
                if by == 0 {
                    *flags |= DIVIDE;
                    return 0;
                }
                let modulo = self.wrapping_rem(by);
                if modulo != 0 && (modulo < 0) != (by < 0) { modulo + by } else { modulo }
            }

            #[inline(always)]
            fn c_mod(self, by: $t, flags: &mut Flags) -> $t {
                if by == 0 {
                    *flags |= DIVIDE;
                    return 0;
                }
                self.wrapping_rem(by)
            }

            #[inline(always)]
            fn one_over(self, flags: &mut Flags) -> $t {
                if self == 0 {
                    *flags |= DIVIDE;
                    return From1::from1(f64::INFINITY);
                }
                1 / self
            }

            #[inline(always)]
            fn power(self, by: $t, flags: &mut Flags) -> $t {
                if by < 0 {
                    *flags |= NEGATIVE_POWER;
                    return 0;
                }
                let (mut base, mut by, mut out) = (self, by, 1 as $t);
                while by > 0 {
                    if by & 1 == 1 {
                        out = out.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    by >>= 1;
                }
                out
            }

            fn gcd(self, other: $t) -> $t {
                let (mut a, mut b) = (self, other);
                while b != 0 {
                    (a, b) = (b, a.wrapping_rem(b));
                }
                if $signed && a < 0 { (0 as $t).wrapping_sub(a) } else { a }
            }

            fn lcm(self, other: $t) -> $t {
                let gcd = Integer::gcd(self, other);
                if gcd == 0 {
                    return 0;
                }
                let size = |x: $t| if $signed && x < 0 { (0 as $t).wrapping_sub(x) } else { x };
                size(self).wrapping_div(gcd).wrapping_mul(size(other))
            }

            #[inline(always)]
            fn shl(self, by: $t) -> $t {
                if (0..<$t>::BITS as i128).contains(&(by as i128)) { self << by } else { 0 }
            }

            #[inline(always)]
            fn shr(self, by: $t) -> $t {
                if (0..<$t>::BITS as i128).contains(&(by as i128)) { self >> by } else if self < 0 { !0 } else { 0 }
            }
        }
    )*};
}
integers! { i8, true; i16, true; i32, true; i64, true; u8, false; u16, false; u32, false; u64, false; }

/// log(exp(a) + exp(b)) without overflow.
pub(crate) fn logaddexp<T: Real>(a: T, b: T) -> T {
    if a == b {
        return a + ln_2();
    }
    let gap = a - b;
    if gap > T::zero() {
        a + (-gap).exp().ln_1p()
    } else if gap <= T::zero() {
        b + gap.exp().ln_1p()
    } else {
        gap
    }
}

/// log2(2**a + 2**b) without overflow.
pub(crate) fn logaddexp2<T: Real>(a: T, b: T) -> T {
    let log2e = T::from(std::f64::consts::LOG2_E).expect("log2 e");
    if a == b {
        return a + T::one();
    }
    let gap = a - b;
    if gap > T::zero() {
        a + log2e * (-gap).exp2().ln_1p()
    } else if gap <= T::zero() {
        b + log2e * gap.exp2().ln_1p()
    } else {
        gap
    }
}

/// Complex division scaled by the larger part of the divisor (Smith, 1962), as NumPy does it.
pub(crate) fn divide<T: Real>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    if b.re.abs() >= b.im.abs() {
        if b.re == T::zero() && b.im == T::zero() {
            return Complex::new(a.re / b.re.abs(), a.im / b.re.abs());
        }
        let ratio = b.im / b.re;
        let scale = T::one() / (b.re + b.im * ratio);
        Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = T::one() / (b.im + b.re * ratio);
        Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

/// One divided by a complex value, as NumPy does it.
pub(crate) fn reciprocal<T: Real>(a: Complex<T>) -> Complex<T> {
    if a.im.abs() <= a.re.abs() {
        let ratio = a.im / a.re;
        let below = a.re + a.im * ratio;
        Complex::new(T::one() / below, -ratio / below)
    } else {
        let ratio = a.re / a.im;
        let below = a.re * ratio + a.im;
        Complex::new(ratio / below, -T::one() / below)
    }
}

/// z / |z|, 0 of 0, and the direction of a value with one infinite part: NumPy 2's sign.
pub(crate) fn sign<T: Real>(a: Complex<T>) -> Complex<T> {
    let (zero, one) = (T::zero(), T::one());
    match (a.re.is_infinite(), a.im.is_infinite()) {
        (true, true) => return Complex::new(T::nan(), T::nan()),
        (true, false) => return Complex::new(one.copysign(a.re), zero),
        (false, true) => return Complex::new(zero, one.copysign(a.im)),
        (false, false) => {}
    }
    let size = a.re.hypot(a.im);
    if size == zero { Complex::new(zero, zero) } else { Complex::new(a.re / size, a.im / size) }
}

/// The inverse hyperbolic sine; the logarithm alone for values whose square might overflow.
pub(crate) fn asinh<T: Real>(a: T) -> T {
    if a.is_finite() && a.abs() > large() { (a.abs().ln() + ln_2()).copysign(a) } else { a.asinh() }
}

/// The inverse hyperbolic cosine, likewise.
pub(crate) fn acosh<T: Real>(a: T) -> T {
    if a < T::one() {
        return invalid(a);
    }
    if a > large() { a.ln() + ln_2() } else { a.acosh() }
}

/// The distance from a value to the next one away from zero, with the value's sign; of -0 it is that of 0.
pub(crate) fn spacing<T: Real>(a: T) -> T {
    let a = a + T::zero();
    a.next_after(T::infinity().copysign(a)) - a
}

fn large<T: Real>() -> T {
    T::from(1u32 << 28).expect("in range")
}

fn ln_2<T: Real>() -> T {
    T::from(std::f64::consts::LN_2).expect("in range")
}

/// The nearest half. The processor converts four values at once and notices what happens to each: read from memory, the
/// other three are 0, not what was left there.
#[inline]
pub(crate) fn half_of(x: f32) -> f16 {
    f16::from_f32(std::hint::black_box(x))
}

/// [`Real::next_after`] for float16; equal values give the first, as in NumPy.
pub(crate) fn next_half(from: f16, to: f16) -> f16 {
    if from.is_nan() || to.is_nan() {
        return f16::NAN;
    }
    if from == to {
        return from;
    }
    if from == f16::ZERO {
        return f16::from_bits(1).copysign(to);
    }
    let away = (to > from) == (from > f16::ZERO);
    f16::from_bits(if away { from.to_bits() + 1 } else { from.to_bits() - 1 })
}

/// [`spacing`] for float16, which in NumPy measures upwards on both sides of 0.
pub(crate) fn half_spacing(a: f16) -> f16 {
    if a.is_infinite() {
        return f16::NAN;
    }
    half_of(next_half(a, f16::INFINITY).to_f32() - a.to_f32())
}
