//! Inverse trigonometric functions.

use super::{horner, is_between, is_within};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// (atan(t) / t - 1) / z at z = t**2, wrong by 2.9e-18 of the angle.
const ARCTAN: [f64; 12] = [
    0.016267475499798706,
    -0.034554055081361584,
    0.045509509538062015,
    -0.05230313376902839,
    0.05878909855219278,
    -0.06666423219768516,
    0.07692296282215248,
    -0.09090908750288565,
    0.1111111110509085,
    -0.14285714285659165,
    0.199999999999998,
    -0.3333333333333333,
];
/// (asin(s) / s - 1) / z at z = s**2, wrong by 5.4e-18.
const ARCSIN: [f64; 13] = [
    0.028757851367421566,
    -0.014851887071247204,
    0.01740087944269402,
    0.005457506718640358,
    0.01032281435018578,
    0.011479177415184906,
    0.013971212973552933,
    0.017352392720869973,
    0.02237217294214989,
    0.030381944138531247,
    0.04464285714635543,
    0.07499999999998433,
    0.16666666666666669,
];
/// What the float nearest to half a turn lacks of it.
const PI_LOW: f64 = 1.2246467991473532e-16;

#[inline(always)]
pub(super) fn is_tame_arctan(x: f64) -> bool {
    is_between(x, 1e-100, 1e300)
}

/// The angle whose tangent is `above / below`, neither negative: from 0, an eighth or a quarter of a turn on, whichever is
/// near; in two parts.
#[inline(always)]
fn angle(above: f64, below: f64) -> (f64, f64) {
    const TAN_22_5: f64 = 0.41421356237309503;
    const TAN_67_5: f64 = 2.414213562373095;
    let (near, far) = (above <= TAN_22_5 * below, above > TAN_67_5 * below);
    let over = if near {
        above
    } else if far {
        -below
    } else {
        above - below
    };
    let under = if near {
        below
    } else if far {
        above
    } else {
        above + below
    };
    let (base, base_low) = if near {
        (0.0, 0.0)
    } else if far {
        (FRAC_PI_2, 0.5 * PI_LOW)
    } else {
        (FRAC_PI_4, 0.25 * PI_LOW)
    };
    let t = over / under;
    let small = if t.abs() < 1e-100 { 0.0 } else { t };
    let z = small * small;
    (base, (small * z).mul_add(horner(z, &ARCTAN), base_low) + t)
}

#[inline(always)]
pub(super) fn arctan(x: f64) -> f64 {
    let (base, rest) = angle(x.abs(), 1.0);
    (base + rest).copysign(x)
}

/// The angle of the point (x, y), and whether it is right.
#[inline(always)]
pub(super) fn arctan2(y: f64, x: f64) -> (f64, bool) {
    let tame = is_within(x, 1e-140, 1e140) & is_within(y, 1e-140, 1e140);
    let (above, below) = if tame { (y.abs(), x.abs()) } else { (1.0, 1.0) };
    let (base, rest) = angle(above, below);
    let (base, rest) = if x.is_sign_negative() { (PI - base, PI_LOW - rest) } else { (base, rest) };
    ((base + rest).copysign(y), tame)
}

#[inline(always)]
pub(super) fn is_tame_arcsin(x: f64) -> bool {
    is_between(x, 1e-100, 1.0)
}

/// For sizes up to a half the value and 0; for others the root of half of what lacks to 1, and what rounding took from it.
#[inline(always)]
fn side(size: f64) -> (f64, f64, f64) {
    let big = size > 0.5;
    let half = 0.5 * (1.0 - size);
    let root = half.sqrt();
    // The smallest number changes no root but that of 0, which may not divide.
    let lost = (-root).mul_add(root, half) / (2.0 * root + f64::MIN_POSITIVE);
    let s = if big { root } else { size };
    let z = if big { half } else { size * size };
    (s, if big { lost } else { 0.0 }, (s * z) * horner(z, &ARCSIN))
}

#[inline(always)]
pub(super) fn arcsin(x: f64) -> f64 {
    let size = x.abs();
    let (s, lost, more) = side(size);
    let rest = more + lost;
    let large = FRAC_PI_2 - 2.0 * s + (0.5 * PI_LOW - 2.0 * rest);
    (if size > 0.5 { large } else { s + more }).copysign(x)
}

#[inline(always)]
pub(super) fn arccos(x: f64) -> f64 {
    let size = x.abs();
    let (s, lost, more) = side(size);
    let rest = more + lost;
    let middle = FRAC_PI_2 - (x + (more.copysign(x) - 0.5 * PI_LOW));
    let right = 2.0 * (s + rest);
    let left = PI - 2.0 * s + (PI_LOW - 2.0 * rest);
    if size <= 0.5 {
        middle
    } else if x > 0.0 {
        right
    } else {
        left
    }
}
