//! Sine, cosine, tangent: x less a multiple of a quarter turn, and polynomials for what is left.

use super::{MAGIC, horner, is_between, two_product};

/// A quarter turn in three parts.
const QUARTER: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123233995736766e-17, -1.4973849048591698e-33];
/// (sin(r) / r - 1) / z at z = r**2, wrong by 5.7e-18 of the sine.
const SINE: [f64; 7] = [
    -7.586636882825159e-13,
    1.6058530596645953e-10,
    -2.50521062259944e-08,
    2.755731921932058e-06,
    -0.0001984126984126504,
    0.008333333333333331,
    -0.16666666666666666,
];
/// (cos(r) - 1 + z / 2) / z**2, wrong by 8.7e-19.
const COSINE: [f64; 7] = [
    4.745838412531023e-14,
    -1.1470460319209511e-11,
    2.0876755787492604e-09,
    -2.755731922139249e-07,
    2.4801587301584632e-05,
    -0.0013888888888888887,
    0.041666666666666664,
];

/// Whether the multiple is small enough to be taken off exactly, and no power of the rest vanishes.
#[inline(always)]
pub(super) fn is_tame(x: f64) -> bool {
    is_between(x, 1e-70, 1e9)
}

/// How many quarters, in the low bits, and the rest in two parts.
#[inline(always)]
fn reduce(x: f64) -> (u64, f64, f64) {
    let shifted = x.mul_add(std::f64::consts::FRAC_2_PI, MAGIC);
    let k = shifted - MAGIC;
    let first = (-k).mul_add(QUARTER[0], x);
    let (product, product_low) = two_product(k, QUARTER[1]);
    let rest = first - product;
    let low = ((first - rest) - product) - k.mul_add(QUARTER[2], product_low);
    (shifted.to_bits(), rest, low)
}

#[inline(always)]
fn sine_reduced(r: f64, low: f64) -> f64 {
    let z = r * r;
    r + (r * z).mul_add(horner(z, &SINE), low * (-0.5f64).mul_add(z, 1.0))
}

#[inline(always)]
fn cosine_reduced(r: f64, low: f64) -> f64 {
    let z = r * r;
    let half = 0.5 * z;
    let most = 1.0 - half;
    most + ((1.0 - most) - half + (z * z).mul_add(horner(z, &COSINE), -(r * low)))
}

/// Sine of an angle so many quarters further.
#[inline(always)]
fn sine_after(x: f64, quarters: u64) -> f64 {
    let (k, r, low) = reduce(x);
    let k = k.wrapping_add(quarters);
    let value = if k & 1 == 0 { sine_reduced(r, low) } else { cosine_reduced(r, low) };
    f64::from_bits(value.to_bits() ^ ((k >> 1) << 63))
}

#[inline(always)]
pub(super) fn sin(x: f64) -> f64 {
    if x == 0.0 { x } else { sine_after(x, 0) }
}

#[inline(always)]
pub(super) fn cos(x: f64) -> f64 {
    sine_after(x, 1)
}

#[inline(always)]
pub(super) fn tan(x: f64) -> f64 {
    let (k, r, low) = reduce(x);
    let (sine, cosine) = (sine_reduced(r, low), cosine_reduced(r, low));
    let odd = k & 1 == 1;
    let (above, below) = if odd { (-cosine, sine) } else { (sine, cosine) };
    if x == 0.0 { x } else { above / below }
}
