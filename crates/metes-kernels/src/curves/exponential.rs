//! Exponentials: e**x = 2**k e**r with r at most half of ln 2, from which a polynomial takes over.

use super::{MAGIC, horner, is_between};

/// ln 2 in two parts, the first of so few bits that a multiple of it by an exponent is exact.
pub(super) const LN_2: [f64; 2] = [0.6931471805598903, 5.497923018708371e-14];

/// (expm1(r) - r) / r**2, wrong by 2.6e-19 of e**r.
const EXPM1: [f64; 11] = [
    2.091483135138041e-09,
    2.5105419192016337e-08,
    2.7557273295539724e-07,
    2.75572549134867e-06,
    2.4801587325822283e-05,
    0.00019841269875205077,
    0.001388888888888367,
    0.008333333333326025,
    0.04166666666666667,
    0.1666666666666667,
    0.5,
];

/// Whether an argument has an exponential among the normal numbers.
#[inline(always)]
pub(super) fn is_tame(x: f64) -> bool {
    is_between(x, 0.0, 708.0)
}

/// k, as a float and in the low bits of another, and r in two parts.
#[inline(always)]
pub(super) fn reduce(x: f64) -> (f64, u64, f64, f64) {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, MAGIC);
    let k = shifted - MAGIC;
    let high = (-k).mul_add(LN_2[0], x);
    let r = (-k).mul_add(LN_2[1], high);
    let low = (-k).mul_add(LN_2[1], high - r);
    (k, shifted.to_bits(), r, low)
}

/// 2**k, of the bits that [`reduce`] gives.
#[inline(always)]
pub(super) fn power_of_two(bits: u64) -> f64 {
    f64::from_bits((bits << 52).wrapping_add(1.0f64.to_bits()))
}

/// e**x times 2**k, where the result is a normal number.
#[inline(always)]
pub(super) fn exp_of(r: f64, low: f64, bits: u64) -> f64 {
    let p = r.mul_add(horner(r, &EXPM1), 1.0);
    let whole = r.mul_add(p, low) + 1.0;
    f64::from_bits(whole.to_bits().wrapping_add(bits << 52))
}

#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let (_, bits, r, low) = reduce(x);
    exp_of(r, low, bits)
}

#[inline(always)]
pub(super) fn is_tame2(x: f64) -> bool {
    is_between(x, 1e-200, 1021.0)
}

/// 2**x: the whole part of x is k itself.
#[inline(always)]
pub(super) fn exp2(x: f64) -> f64 {
    let shifted = x + MAGIC;
    let rest = x - (shifted - MAGIC);
    let r = rest * std::f64::consts::LN_2;
    let low = rest.mul_add(std::f64::consts::LN_2, -r) + rest * 2.3190468138462996e-17;
    exp_of(r, low, shifted.to_bits())
}

/// Whether products of small parts of the argument stay normal, too.
#[inline(always)]
pub(super) fn is_tame_expm1(x: f64) -> bool {
    is_between(x, 1e-140, 700.0)
}

/// e**x - 1: near 0 the polynomial alone, elsewhere it and what 2**k differs from 1 by.
#[inline(always)]
pub(super) fn expm1(x: f64) -> f64 {
    let (_, bits, r, low) = reduce(x);
    let scale = power_of_two(bits);
    let p = r * r * horner(r, &EXPM1) + low;
    // The larger of the summands first, and what is lost of it beside the small ones.
    let (big, small) = (scale - 1.0, scale * r);
    let sum = big + small;
    let lost = if big.abs() > small.abs() { small - (sum - big) } else { big - (sum - small) };
    (sum + scale.mul_add(p, lost)).copysign(x)
}
