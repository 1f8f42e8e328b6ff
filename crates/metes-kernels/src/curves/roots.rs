//! Cube roots and hypotenuses.

use super::{MAGIC, horner, is_within, two_product};

/// The cube root of m from 1 to 8, wrong by half a hundredth.
const CUBE_ROOT: [f64; 5] =
    [-0.0002882199346276574, 0.0069891694835587225, -0.06797280035500547, 0.4121814779629245, 0.6538962985569791];

#[inline(always)]
pub(super) fn is_tame(x: f64) -> bool {
    is_within(x, f64::MIN_POSITIVE, f64::MAX)
}

/// A polynomial, a step of Halley's method, and one more of what is wrong to twice the digits.
#[inline(always)]
pub(super) fn cbrt(x: f64) -> f64 {
    let bits = x.abs().to_bits();
    let exponent = f64::from_bits(MAGIC.to_bits() + (bits >> 52)) - (MAGIC + 1023.0);
    let shifted = (exponent - 1.0).mul_add(1.0 / 3.0, MAGIC);
    let third = shifted - MAGIC;
    let over = (exponent - 3.0 * third) + MAGIC;
    let m = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52)).to_bits();
    let m = f64::from_bits(m.wrapping_add(over.to_bits() << 52));
    let t = horner(m, &CUBE_ROOT);
    let cube = t * t * t;
    let t = t * ((cube + 2.0 * m) / (2.0 * cube + m));
    let (square, square_low) = two_product(t, t);
    let (cube, cube_low) = two_product(square, t);
    let wrong = (cube - m) + square_low.mul_add(t, cube_low);
    let t = t - t * (wrong / (2.0 * cube + m));
    f64::from_bits(t.to_bits().wrapping_add(shifted.to_bits() << 52)).copysign(x)
}

/// The hypotenuse, and whether no square left the normal numbers.
#[inline(always)]
pub(super) fn hypot(x: f64, y: f64) -> (f64, bool) {
    let tame = is_within(x, 1e-130, 1e150) & is_within(y, 1e-130, 1e150);
    let (x, y) = if tame { (x.abs(), y.abs()) } else { (1.0, 1.0) };
    let (a, b) = if x < y { (y, x) } else { (x, y) };
    let (high, low) = two_product(a, a);
    let (square, square_low) = two_product(b, b);
    let sum = high + square;
    let rest = (square - (sum - high)) + (low + square_low);
    let root = sum.sqrt();
    let wrong = (-root).mul_add(root, sum) + rest;
    (root + wrong / (2.0 * root), tame)
}
