//! Functions of real numbers, written so that vectors compute them: no branches, no tables, no calls.
//!
//! Each works in float64 on arguments that are *tame*: neither so large nor so small that intermediate results leave the
//! normal numbers. All others (and NaN, infinities, zeros where they matter) are found first, and computed one by one by
//! the standard library, which also leaves the right flags behind. float32 goes through float64, so its results are
//! nearly always the nearest; float16 likewise. `mul_add` rounds once on every processor, so results do not depend on
//! it; on those without the instruction it is slow.
//!
//! The constants come from `tools/coefficients.py`.

mod arcs;
mod circular;
mod exponential;
mod hyperbolic;
mod logarithm;
mod loops;
mod power;
mod roots;

pub(crate) use loops::{binary, unary};

/// 1.5 * 2**52: added to a small float it leaves the nearest integer in the low bits.
const MAGIC: f64 = 6755399441055744.0;

#[inline(always)]
fn horner<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[0];
    let mut i = 1;
    while i < N {
        sum = sum.mul_add(x, coefficients[i]);
        i += 1;
    }
    sum
}

/// The bits of a value without its sign: they order as sizes do, and NaN is above all.
///
/// Arguments are looked at as bits, for to compare NaN as a float is invalid, and noticed.
#[inline(always)]
const fn size_bits(x: f64) -> i64 {
    (x.to_bits() & !(1 << 63)) as i64
}

/// Whether the size of a value is in this range.
#[inline(always)]
fn is_within(x: f64, low: f64, high: f64) -> bool {
    (size_bits(x) >= size_bits(low)) & (size_bits(x) <= size_bits(high))
}

/// The same, or whether it is 0.
#[inline(always)]
fn is_between(x: f64, low: f64, high: f64) -> bool {
    is_within(x, low, high) | (size_bits(x) == 0)
}

/// A sum, and what rounding took from it.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The same where the first summand is not the smaller one.
#[inline(always)]
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// A product, and what rounding took from it.
#[inline(always)]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// A function of one value.
pub(crate) trait Curve {
    /// An argument that is tame, to compute instead of one that is not.
    const TAME: f64 = 1.0;
    fn is_tame(x: f64) -> bool;
    /// For tame arguments.
    fn value(x: f64) -> f64;
    /// For all others.
    fn rare(x: f64) -> f64;
}

macro_rules! curves {
    ($($name:ident: $module:ident::$value:ident, $tame:ident, $rare:expr;)*) => {$(
        pub(crate) struct $name;

        impl Curve for $name {
            #[inline(always)]
            fn is_tame(x: f64) -> bool {
                $module::$tame(x)
            }
            #[inline(always)]
            fn value(x: f64) -> f64 {
                $module::$value(x)
            }
            fn rare(x: f64) -> f64 {
                $rare(x)
            }
        }
    )*};
}
curves! {
    Exp: exponential::exp, is_tame, f64::exp;
    Exp2: exponential::exp2, is_tame2, f64::exp2;
    Expm1: exponential::expm1, is_tame_expm1, f64::exp_m1;
    Log: logarithm::log, is_tame, f64::ln;
    Log2: logarithm::log2, is_tame, f64::log2;
    Log10: logarithm::log10, is_tame, f64::log10;
    Log1p: logarithm::log1p, is_tame_log1p, f64::ln_1p;
    Sin: circular::sin, is_tame, f64::sin;
    Cos: circular::cos, is_tame, f64::cos;
    Tan: circular::tan, is_tame, f64::tan;
    Sinh: hyperbolic::sinh, is_tame, f64::sinh;
    Cosh: hyperbolic::cosh, is_tame, f64::cosh;
    Tanh: hyperbolic::tanh, is_tame_tanh, f64::tanh;
    Arcsin: arcs::arcsin, is_tame_arcsin, f64::asin;
    Arccos: arcs::arccos, is_tame_arcsin, f64::acos;
    Arctan: arcs::arctan, is_tame_arctan, f64::atan;
    Cbrt: roots::cbrt, is_tame, f64::cbrt;
}

/// A function of two values.
pub(crate) trait Surface {
    /// The value, and whether it is right.
    fn value(x: f64, y: f64) -> (f64, bool);
    /// Where it is not.
    fn rare(x: f64, y: f64) -> f64;
}

macro_rules! surfaces {
    ($($name:ident: $value:path, $rare:expr;)*) => {$(
        pub(crate) struct $name;

        impl Surface for $name {
            #[inline(always)]
            fn value(x: f64, y: f64) -> (f64, bool) {
                $value(x, y)
            }
            fn rare(x: f64, y: f64) -> f64 {
                $rare(x, y)
            }
        }
    )*};
}
surfaces! {
    Pow: power::pow, power::careful;
    Arctan2: arcs::arctan2, f64::atan2;
    Hypot: roots::hypot, f64::hypot;
}
