//! Complex exponentials, logarithms, powers and trigonometry with the branch cuts and special values of C99 (annex G).
//!
//! Written for double precision alone: single precision widens, computes here and rounds once. The formulas follow
//! W. Kahan, "Branch cuts for complex elementary functions" (1987). Circular functions are the hyperbolic ones turned by
//! a quarter: sin z = -i sinh iz.

use num_complex::Complex;
use std::f64::consts::{FRAC_PI_2, LN_2};

type C = Complex<f64>;

const NAN: C = Complex::new(f64::NAN, f64::NAN);
/// Above this, squares of values are near the end of the range and 1 is lost beside the value.
const HUGE: f64 = 1e150;
/// Above this exp overflows by itself.
const EXP_MAX: f64 = 709.0;

/// e to the power of `x`, times `by`, without overflow on the way.
fn exp_times(x: f64, by: f64) -> f64 {
    if x > EXP_MAX {
        let half = (x / 2.0).exp();
        half * by * half
    } else {
        x.exp() * by
    }
}

pub(crate) fn exp(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.exp(), y);
    }
    if x.is_infinite() && !y.is_finite() {
        return if x < 0.0 { C::new(0.0, 0f64.copysign(y)) } else { C::new(x, f64::NAN) };
    }
    C::new(exp_times(x, y.cos()), exp_times(x, y.sin()))
}

/// e to the power of z, less 1. What is not finite, or real, follows [`exp`], as the array API standard has it; NumPy
/// gives NaN for some of these.
pub(crate) fn expm1(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.exp_m1() + 0.0, y);
    }
    if !x.is_finite() || !y.is_finite() {
        let whole = exp(z);
        return C::new(whole.re - 1.0, whole.im);
    }
    let half = (y / 2.0).sin();
    C::new(x.exp_m1() * y.cos() - 2.0 * half * half, x.exp() * y.sin())
}

/// x * x + y * y - 1 as if rounded once, for 0.5 <= x * x <= 2 and y <= x.
fn square_sum_less_one(x: f64, y: f64) -> f64 {
    let (xx, yy) = (x * x, y * y);
    let lost = x.mul_add(x, -xx) + y.mul_add(y, -yy);
    let rest = xx - 1.0;
    let sum = rest + yy;
    let back = sum - rest;
    let lost_in_sum = (rest - (sum - back)) + (yy - back);
    sum + (lost + lost_in_sum)
}

/// The logarithm of the modulus.
fn ln_abs(z: C) -> f64 {
    let (x, y) = (z.re.abs(), z.im.abs());
    let (big, small) = if x < y { (y, x) } else { (x, y) };
    if big.is_finite() && big > f64::MAX / 4.0 {
        return (x / 4.0).hypot(y / 4.0).ln() + 2.0 * LN_2;
    }
    if big > 0.75 && big < 1.4 {
        return square_sum_less_one(big, small).ln_1p() / 2.0;
    }
    x.hypot(y).ln()
}

pub(crate) fn log(z: C) -> C {
    C::new(ln_abs(z), z.im.atan2(z.re))
}

pub(crate) fn sqrt(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y.is_infinite() {
        return C::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        let other = if y.is_nan() { y } else { 0.0 };
        return if x > 0.0 { C::new(x, other.copysign(y)) } else { C::new(other, (-x).copysign(y)) };
    }
    if x == 0.0 && y == 0.0 {
        return C::new(0.0, y);
    }
    let big = x.abs().max(y.abs());
    let scale = if big > f64::MAX / 8.0 {
        0.25
    } else if big < f64::MIN_POSITIVE * 16.0 {
        2f64.powi(54)
    } else {
        1.0
    };
    let (x, y) = (x * scale, y * scale);
    let root = ((x.abs() + x.hypot(y)) / 2.0).sqrt();
    let other = y.abs() / (2.0 * root);
    let (re, im) = if x < 0.0 { (other, root) } else { (root, other) };
    let back = 1.0 / scale.sqrt();
    C::new(re * back, (im * back).copysign(y))
}

pub(crate) fn sinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.sinh(), y);
    }
    if !y.is_finite() && x.is_infinite() {
        return C::new(f64::INFINITY, f64::NAN);
    }
    if x == 0.0 {
        return if y.is_finite() { C::new(x * y.cos(), y.sin()) } else { C::new(x, f64::NAN) };
    }
    if x.abs() > EXP_MAX {
        let size = x.abs();
        return C::new(exp_times(size, y.cos() / 2.0).copysign(x * y.cos()), exp_times(size, y.sin() / 2.0));
    }
    C::new(x.sinh() * y.cos(), x.cosh() * y.sin())
}

pub(crate) fn cosh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.cosh(), if x.is_nan() { y } else { y * 1f64.copysign(x) });
    }
    if x == 0.0 {
        return if y.is_finite() { C::new(y.cos(), x * y.sin()) } else { C::new(f64::NAN, 0.0) };
    }
    if x.is_infinite() && !y.is_finite() {
        return C::new(f64::INFINITY, f64::NAN);
    }
    if x.abs() > EXP_MAX {
        let size = x.abs();
        return C::new(exp_times(size, y.cos() / 2.0), exp_times(size, y.sin() / 2.0).copysign(x * y.sin()));
    }
    C::new(x.cosh() * y.cos(), x.sinh() * y.sin())
}

pub(crate) fn tanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.tanh(), y);
    }
    if x.is_infinite() {
        // The standard's choice of the zero's sign; in the limit it is that of sin(2y).
        return C::new(1f64.copysign(x), 0f64.copysign(y));
    }
    if !y.is_finite() {
        return if x == 0.0 { C::new(x, f64::NAN) } else { NAN };
    }
    if x.abs() > 22.0 {
        let rest = (-x.abs()).exp();
        return C::new(1f64.copysign(x), 4.0 * y.sin() * y.cos() * rest * rest);
    }
    let (tan, sinh) = (y.tan(), x.sinh());
    let spread = 1.0 + tan * tan;
    let below = 1.0 + spread * sinh * sinh;
    C::new(spread * (1.0 + sinh * sinh).sqrt() * sinh / below, tan / below)
}

pub(crate) fn asinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if x.abs() > HUGE || y.abs() > HUGE {
        let angle = y.abs().atan2(x.abs());
        return C::new((ln_abs(z) + LN_2).copysign(x), angle.copysign(y));
    }
    if y == 0.0 {
        return C::new(x.asinh(), y);
    }
    let s = sqrt(C::new(1.0 + y, -x));
    let t = sqrt(C::new(1.0 - y, x));
    let re = (s.re * t.im - t.re * s.im).asinh();
    let im = y.atan2(s.re * t.re - s.im * t.im);
    C::new(re.copysign(x), im.copysign(y))
}

pub(crate) fn acos(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if x.abs() > HUGE || y.abs() > HUGE {
        return C::new(y.abs().atan2(x), (ln_abs(z) + LN_2).copysign(-y));
    }
    if x == 0.0 && y.is_nan() {
        return C::new(FRAC_PI_2, y);
    }
    let s = sqrt(C::new(1.0 - x, -y));
    let t = sqrt(C::new(1.0 + x, y));
    let im = (t.re * s.im - t.im * s.re).asinh();
    C::new(2.0 * s.re.atan2(t.re), im.copysign(-y))
}

pub(crate) fn acosh(z: C) -> C {
    let angle = acos(z);
    C::new(angle.im.abs(), angle.re.copysign(z.im))
}

pub(crate) fn atanh(z: C) -> C {
    let (x, y) = (z.re.abs(), z.im.abs());
    let (re, im) = if x.is_infinite() || y.is_infinite() {
        (0.0, if y.is_nan() { y } else { FRAC_PI_2 })
    } else if x == 0.0 && y.is_nan() {
        (0.0, y)
    } else if x.is_nan() || y.is_nan() {
        (f64::NAN, f64::NAN)
    } else if x > HUGE || y > HUGE {
        let size = (x / 2.0).hypot(y / 2.0);
        (x / 4.0 / size / size, FRAC_PI_2)
    } else if x == 1.0 && y < f64::MIN_POSITIVE.sqrt() {
        if y == 0.0 { (f64::INFINITY, 0.0) } else { (-(y.sqrt() / y.hypot(2.0).sqrt()).ln(), 2f64.atan2(-y) / 2.0) }
    } else {
        let gap = 1.0 - x;
        ((4.0 * x / (gap * gap + y * y)).ln_1p() / 4.0, (2.0 * y).atan2(gap * (1.0 + x) - y * y) / 2.0)
    };
    C::new(re.copysign(z.re), im.copysign(z.im))
}

/// f on z turned by a quarter, turned back: -i f(iz).
fn turned(f: fn(C) -> C, z: C) -> C {
    let w = f(C::new(-z.im, z.re));
    C::new(w.im, -w.re)
}

pub(crate) fn sin(z: C) -> C {
    let w = turned(sinh, z);
    if w.re.is_nan() && w.im.is_infinite() { C::new(w.re, f64::INFINITY) } else { w }
}

pub(crate) fn cos(z: C) -> C {
    cosh(C::new(-z.im, z.re))
}

pub(crate) fn tan(z: C) -> C {
    turned(tanh, z)
}

pub(crate) fn asin(z: C) -> C {
    turned(asinh, z)
}

pub(crate) fn atan(z: C) -> C {
    turned(atanh, z)
}

/// The product, in which an infinity stays one (C99 annex G.5.1).
fn multiply(a: C, b: C) -> C {
    let plain = a * b;
    if !(plain.re.is_nan() && plain.im.is_nan()) {
        return plain;
    }
    let boxed = |z: C| {
        let side = |part: f64| if part.is_infinite() { 1f64 } else { 0.0 }.copysign(part);
        C::new(side(z.re), side(z.im))
    };
    let zeroed = |z: C| {
        let part = |part: f64| if part.is_nan() { 0f64.copysign(part) } else { part };
        C::new(part(z.re), part(z.im))
    };
    let infinite = |z: C| z.re.is_infinite() || z.im.is_infinite();
    let (p, q) = match (infinite(a), infinite(b)) {
        (true, true) => (boxed(a), boxed(b)),
        (true, false) => (boxed(a), zeroed(b)),
        (false, true) => (zeroed(a), boxed(b)),
        (false, false) => return plain,
    };
    let part = |x: f64| f64::INFINITY * x;
    C::new(part(p.re * q.re - p.im * q.im), part(p.re * q.im + p.im * q.re))
}

/// `a` to the power of `b`; small whole exponents by multiplication, 0 by the real part of the exponent, as NumPy has it.
pub(crate) fn power(a: C, b: C) -> C {
    if b.re == 0.0 && b.im == 0.0 {
        return C::new(1.0, 0.0);
    }
    if a.re == 0.0 && a.im == 0.0 {
        return if b.re > 0.0 { C::new(0.0, 0.0) } else { NAN };
    }
    if b.im == 0.0 && b.re.abs() < 100.0 && b.re.fract() == 0.0 {
        return whole_power(a, b.re as i32);
    }
    exp(multiply(b, log(a)))
}

/// `n` is not 0. Negative powers start from 1 + 0i, so that those of an infinity are NaN, as in NumPy.
fn whole_power(a: C, n: i32) -> C {
    let one = C::new(1.0, 0.0);
    let (mut base, mut left, mut out) = (a, n.unsigned_abs(), (n < 0).then_some(one));
    loop {
        if left & 1 == 1 {
            out = Some(out.map_or(base, |out| out * base));
        }
        left >>= 1;
        match out {
            Some(out) if left == 0 => return if n < 0 { crate::math::divide(one, out) } else { out },
            _ => base = base * base,
        }
    }
}
