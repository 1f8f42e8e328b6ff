//! Roots of unity, out of two tables whose lengths are about the root of their number.

use metes_array::Array;
use metes_dtype::Kind;
use metes_memory::Result;
use num_complex::Complex;
use std::f64::consts::TAU;

/// What the double nearest to the circle's length lacks of it.
const TAU_REST: f64 = 2.449_293_598_294_706_4e-16;

/// The roots of unity of an order.
pub(super) struct Roots {
    /// The first few, and then every so many.
    fine: Array,
    coarse: Array,
    bits: u32,
}

impl Roots {
    /// The roots of order `n`.
    ///
    /// # Errors
    /// Refused memory.
    pub fn new(n: usize) -> Result<Roots> {
        let bits = n.isqrt().next_power_of_two().trailing_zeros();
        let table = |step: usize, count: usize| -> Result<Array> {
            let table = Array::empty(&[count], Kind::C128.into(), "fft roots")?;
            if let Some(places) = table.write::<Complex<f64>>()?.as_mut_slice() {
                places.iter_mut().enumerate().for_each(|(k, place)| *place = root(k * step, n));
            }
            Ok(table)
        };
        Ok(Roots { fine: table(1, 1 << bits)?, coarse: table(1 << bits, (n >> bits) + 1)?, bits })
    }

    /// `exp(2 pi i k / n)` for `k < n`.
    pub fn get(&self, k: usize) -> Complex<f64> {
        // SAFETY: the tables are ours, dense, and written to no more.
        let table =
            |array: &Array| unsafe { std::slice::from_raw_parts(array.as_ptr().cast::<Complex<f64>>(), array.size()) };
        table(&self.coarse)[k >> self.bits] * table(&self.fine)[k & ((1 << self.bits) - 1)]
    }
}

/// `exp(2 pi i k / n)` for `k < n`, as close as a double comes: the angle is reduced to an eighth of the circle by
/// integers, and known to twice the precision.
fn root(k: usize, n: usize) -> Complex<f64> {
    let (k, n) = (k % n, n);
    // The eighth that the angle lies in, counted so that the reduced one is not negative.
    let eighth = 8 * k / n;
    let rest = 8 * k - eighth * n;
    let rest = if eighth % 2 == 1 { n - rest } else { rest };
    let (x, m) = (rest as f64, 8.0 * n as f64);
    let product = TAU * x;
    let lost = TAU.mul_add(x, -product) + TAU_REST * x;
    let angle = product / m;
    let low = ((-angle).mul_add(m, product) + lost) / m;
    let (sin, cos) = angle.sin_cos();
    let (sin, cos) = (low.mul_add(cos, sin), (-low).mul_add(sin, cos));
    let (re, im) = match eighth {
        0 => (cos, sin),
        1 => (sin, cos),
        2 => (-sin, cos),
        3 => (-cos, sin),
        4 => (-cos, -sin),
        5 => (-sin, -cos),
        6 => (sin, -cos),
        _ => (cos, -sin),
    };
    Complex::new(re, im)
}
