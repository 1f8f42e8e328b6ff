//! Logarithms: x = 2**k m with m between the roots of a half and of 2, and log m = 2 atanh((m - 1) / (m + 1)).

use super::exponential::LN_2;
use super::{MAGIC, fast_two_sum, horner, is_between, is_within, two_product, two_sum};

/// (atanh(s) / s - 1) / z at z = s**2, wrong by 5.5e-19 of atanh.
const ATANH: [f64; 8] = [
    0.06547208333262672,
    0.0663401307021437,
    0.07693132836441113,
    0.09090897562238377,
    0.11111111198276491,
    0.14285714285391105,
    0.20000000000000456,
    0.3333333333333333,
];
/// The same without its first term, 1/3: wrong by 1.1e-20.
const ATANH_TAIL: [f64; 8] = [
    0.05865053930946515,
    0.05852785947838605,
    0.06667414786953267,
    0.07692297251904945,
    0.09090909169848817,
    0.11111111110818422,
    0.14285714285714698,
    0.2,
];
const LOG2_E: [f64; 2] = [std::f64::consts::LOG2_E, 2.0355273740931033e-17];
const LOG10_E: [f64; 2] = [std::f64::consts::LOG10_E, 1.098319650216765e-17];
const LOG10_2: [f64; 2] = [0.30102999566395283, 2.8363394551044964e-14];
/// The bits of the root of a half.
const ROOT: u64 = 0x3fe6_a09e_667f_3bcd;

/// Whether a value is a normal number above 0.
#[inline(always)]
pub(super) fn is_tame(x: f64) -> bool {
    is_within(x, f64::MIN_POSITIVE, f64::MAX) & x.is_sign_positive()
}

/// k and m - 1.
#[inline(always)]
fn reduce(x: f64) -> (f64, f64) {
    let shifted = x.to_bits().wrapping_sub(ROOT).wrapping_add(1 << 62);
    let exponent = shifted >> 52;
    let m = x.to_bits().wrapping_sub((exponent << 52).wrapping_sub(1 << 62));
    let k = f64::from_bits(MAGIC.to_bits() + exponent) - (MAGIC + 1024.0);
    (k, f64::from_bits(m) - 1.0)
}

/// log(1 + f) less f, for a reduced argument.
#[inline(always)]
fn log1p_less(f: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let half = 0.5 * f * f;
    s.mul_add(half + 2.0 * z * horner(z, &ATANH), -half)
}

#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    let (k, f) = reduce(x);
    k.mul_add(LN_2[0], k.mul_add(LN_2[1], log1p_less(f)) + f)
}

/// log m in two parts.
#[inline(always)]
fn log_reduced(f: f64) -> (f64, f64) {
    let half = 0.5 * f * f;
    let half_low = (0.5 * f).mul_add(f, -half);
    let s = f / (2.0 + f);
    let z = s * s;
    let (high, low) = fast_two_sum(f, -half);
    (high, low - half_low + s * (half + 2.0 * z * horner(z, &ATANH)))
}

#[inline(always)]
pub(super) fn log2(x: f64) -> f64 {
    let (k, f) = reduce(x);
    let (high, low) = log_reduced(f);
    let (product, rest) = two_product(high, LOG2_E[0]);
    let (sum, lost) = fast_two_sum(k, product);
    sum + (lost + (rest + low.mul_add(LOG2_E[0], high * LOG2_E[1])))
}

#[inline(always)]
pub(super) fn log10(x: f64) -> f64 {
    let (k, f) = reduce(x);
    let (high, low) = log_reduced(f);
    let (product, rest) = two_product(high, LOG10_E[0]);
    let (sum, lost) = fast_two_sum(k * LOG10_2[0], product);
    sum + (lost + (k.mul_add(LOG10_2[1], rest) + low.mul_add(LOG10_E[0], high * LOG10_E[1])))
}

#[inline(always)]
pub(super) fn is_tame_log1p(x: f64) -> bool {
    is_between(x, 0.0, if x.is_sign_negative() { 1.0f64.next_down() } else { 1e300 })
}

/// log(1 + x): of the rounded sum, and what rounding took.
#[inline(always)]
pub(super) fn log1p(x: f64) -> f64 {
    let (sum, lost) = two_sum(1.0, x);
    let (k, f) = reduce(sum);
    let less = log1p_less(f) + lost / sum;
    k.mul_add(LN_2[0], k.mul_add(LN_2[1], less) + f).copysign(x)
}

/// log x in two parts, right to about 2**-66 of it: what a power needs.
#[inline(always)]
pub(super) fn log_precise(x: f64) -> (f64, f64) {
    let (k, f) = reduce(x);
    // s = f / (2 + f) in two parts.
    let (below, below_low) = fast_two_sum(2.0, f);
    let part = 1.0 / below;
    let s = f * part;
    let s_low = ((-s).mul_add(below, f) - s * below_low) * part;
    let (z, z_rest) = two_product(s, s);
    let z_low = (2.0 * s).mul_add(s_low, z_rest);
    // 1/3 + z * tail in two parts, then z times that, then s times that.
    const THIRD: [f64; 2] = [0.3333333333333333, 1.850371707708594e-17];
    let tail = horner(z, &ATANH_TAIL);
    let (t, t_rest) = two_product(z, tail);
    let (u, u_rest) = fast_two_sum(THIRD[0], t);
    let u_low = u_rest + (t_rest + z_low.mul_add(tail, THIRD[1]));
    let (v, v_rest) = two_product(z, u);
    let v_low = z.mul_add(u_low, z_low.mul_add(u, v_rest));
    let (w, w_rest) = two_product(s, v);
    let w_low = s.mul_add(v_low, s_low.mul_add(v, w_rest));
    // atanh = s + w; k ln 2 + twice that.
    let (a, a_rest) = fast_two_sum(s, w);
    let a_low = a_rest + (w_low + s_low);
    let (high, high_rest) = fast_two_sum(k * LN_2[0], 2.0 * a);
    let low = high_rest + k.mul_add(LN_2[1], 2.0 * a_low);
    fast_two_sum(high, low)
}
