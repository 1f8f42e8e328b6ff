//! Hyperbolic functions, of e**x - 1.

use super::exponential::{exp, expm1};
use super::is_between;

/// Whether products of small parts stay normal; beyond the upper bound exponentials would not.
#[inline(always)]
pub(super) fn is_tame(x: f64) -> bool {
    is_between(x, 1e-140, 700.0)
}

/// Whether products of small parts stay normal; large arguments are cut where the result has become 1.
#[inline(always)]
pub(super) fn is_tame_tanh(x: f64) -> bool {
    is_between(x, 1e-140, f64::INFINITY)
}

/// expm1(2 |x|) / (expm1(2 |x|) + 2).
#[inline(always)]
pub(super) fn tanh(x: f64) -> f64 {
    let size = x.abs();
    let size = if size > 30.0 { 30.0 } else { size };
    let t = expm1(2.0 * size);
    (t / (t + 2.0)).copysign(x)
}

#[inline(always)]
pub(super) fn sinh(x: f64) -> f64 {
    let t = expm1(x.abs());
    (0.5 * (t + t / (t + 1.0))).copysign(x)
}

#[inline(always)]
pub(super) fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    0.5f64.mul_add(e, 0.5 / e)
}
