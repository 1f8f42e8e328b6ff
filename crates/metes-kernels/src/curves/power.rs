//! Powers: e**(y log x), with the logarithm in two parts.

use super::exponential::{LN_2, exp_of};
use super::logarithm::{self, log_precise};
use super::{MAGIC, is_within, size_bits, two_product};

/// Bases whose squares are normal numbers.
const SQUARED: [f64; 2] = [1.5e-154, 1.3e154];

/// The power, and whether it is right: not where the base has no logarithm, a part of the product leaves the normal
/// numbers, or the result does. A square is the product itself.
#[inline(always)]
pub(super) fn pow(x: f64, y: f64) -> (f64, bool) {
    let is_square = y == 2.0;
    let tame = logarithm::is_tame(x) & is_within(y, 1e-200, 1e300) & !is_square;
    let (base, y) = if tame { (x, y) } else { (1.0, 1.0) };
    let (high, low) = log_precise(base);
    let (product, rest) = two_product(high, y);
    let rest = low.mul_add(y, rest);
    let normal = product.abs() <= 708.0;
    let (product, rest) = if normal { (product, rest) } else { (0.0, 0.0) };
    let shifted = product.mul_add(std::f64::consts::LOG2_E, MAGIC);
    let k = shifted - MAGIC;
    let first = (-k).mul_add(LN_2[0], product);
    let change = (-k).mul_add(LN_2[1], rest);
    let r = first + change;
    let power = exp_of(r, (first - r) + change, shifted.to_bits());
    // The compiler may square every base, of a square or not: none may raise a flag, nor may the look at it, which is why NaN
    // is not compared.
    let exact = is_within(x, SQUARED[0], SQUARED[1]);
    let side = f64::from_bits(size_bits(x).clamp(size_bits(SQUARED[0]), size_bits(SQUARED[1])) as u64);
    (if is_square { side * side } else { power }, if is_square { exact } else { tame & normal })
}

/// The power of any base, one by one.
pub(super) fn careful(x: f64, y: f64) -> f64 {
    if y == 2.0 { x * x } else { x.powf(y) }
}
