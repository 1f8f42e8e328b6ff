//! Rounding to float16 by way of float32, as processors do it.

use std::hint::black_box;

/// The float32 that becomes the float16 which is nearest to `x`, ties to even: rounded to odd, so that to round twice is to round
/// once (S. Boldo and G. Melquiond, "When double rounding is odd", 2005).
///
/// The nearest float32 would not do: 1 + 2^-11 + 2^-40 becomes 1 + 2^-11 there, half-way between two numbers of float16, and
/// then 1, which is not the nearer one.
///
/// ```
/// let x: f64 = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
/// assert!(metes_dtype::for_half(x) > 1.0 + 2f32.powi(-11));
/// assert_eq!(metes_dtype::for_half(0.5), 0.5);
/// ```
#[inline]
pub fn for_half(x: f64) -> f32 {
    let near = x as f32;
    let back = f64::from(near);
    let odd = if back == x || x.is_nan() {
        near
    } else {
        let toward_zero = near.to_bits() - u32::from(back.abs() > x.abs());
        f32::from_bits(toward_zero | 1)
    };
    // Processors convert four values at once and notice what happens to each: read from memory, the other three are 0.
    black_box(odd)
}
