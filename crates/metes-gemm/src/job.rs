//! [`Product`]: what is asked for, and which loops compute it.

use crate::kernel::run;
use crate::lanes::{Plain, Real};
use num_complex::Complex;
use std::mem::MaybeUninit;

/// A factor: its first element, and the steps to the next row and column, in elements.
#[derive(Clone, Copy, Debug)]
pub struct Factor<T> {
    /// The first element.
    pub ptr: *const T,
    /// From a row to the next.
    pub row_step: isize,
    /// From a column to the next.
    pub column_step: isize,
    /// Whether its complex conjugate is meant.
    pub conj: bool,
}

/// Which elements of a result are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All.
    Full,
    /// Those whose column is not beyond their row.
    Lower,
    /// Those whose row is not beyond their column.
    Upper,
}

/// `c = alpha a b`, or `c += alpha a b`.
#[derive(Clone, Copy, Debug)]
pub struct Product<T> {
    /// Rows, columns, terms of each sum.
    pub sizes: [usize; 3],
    /// The first element of the result.
    pub c: *mut T,
    /// The steps of the result to the next row and the next column.
    pub steps: [isize; 2],
    /// Of so many rows and terms.
    pub a: Factor<T>,
    /// Of so many terms and columns.
    pub b: Factor<T>,
    /// What the product is multiplied with.
    pub alpha: T,
    /// Whether it is added to what is there.
    pub add: bool,
    /// What of it is written.
    pub part: Part,
}

/// A product in steps of real numbers, whose rows are the axis that registers lie along.
#[derive(Clone, Copy)]
pub(crate) struct Job<R> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub c: *mut R,
    pub c_row: isize,
    pub c_column: isize,
    pub a: *const R,
    pub a_row: isize,
    pub a_term: isize,
    pub b: *const R,
    pub b_term: isize,
    pub b_column: isize,
    /// Whether imaginary parts of `a` change their sign, and those of the product.
    pub flip_a: bool,
    pub flip_c: bool,
    pub alpha: [R; 2],
    pub add: bool,
    pub part: Part,
}

impl<T: Copy> Product<T> {
    /// The product of the factors the other way round, which is the same with rows as columns.
    fn transposed(self) -> Product<T> {
        let [m, n, k] = self.sizes;
        let turned = |x: Factor<T>| Factor { row_step: x.column_step, column_step: x.row_step, ..x };
        let part = match self.part {
            Part::Full => Part::Full,
            Part::Lower => Part::Upper,
            Part::Upper => Part::Lower,
        };
        let steps = [self.steps[1], self.steps[0]];
        Product { sizes: [n, m, k], steps, a: turned(self.b), b: turned(self.a), part, ..self }
    }

    /// Whether registers had better lie along the columns. A factor is packed along the axis that they lie along, whose
    /// last tile may be filled up with nothing; and where the result lies along the other axis, its numbers are written
    /// one by one.
    fn turns(&self, tall: usize) -> bool {
        let [m, n, k] = self.sizes;
        let cost = |along: usize, other: usize, step: isize| {
            let computed = along.next_multiple_of(tall).saturating_mul(other).saturating_mul(k) / tall;
            let written = if step == 1 { 0 } else { m.saturating_mul(n).saturating_mul(2 * k.div_ceil(crate::DEPTH)) };
            computed.saturating_add(along.saturating_mul(k)).saturating_add(written)
        };
        let steps = self.steps.map(isize::abs);
        cost(n, m, steps[1]) < cost(m, n, steps[0])
    }

    fn job<R>(self, reals: isize, alpha: [R; 2]) -> Job<R> {
        let [m, n, k] = self.sizes;
        let [c_row, c_column] = self.steps.map(|step| step * reals);
        let mut job = Job {
            m,
            n,
            k,
            c: self.c.cast(),
            c_row,
            c_column,
            a: self.a.ptr.cast(),
            a_row: self.a.row_step * reals,
            a_term: self.a.column_step * reals,
            b: self.b.ptr.cast(),
            b_term: self.b.row_step * reals,
            b_column: self.b.column_step * reals,
            flip_a: self.a.conj != self.b.conj,
            flip_c: self.b.conj,
            alpha,
            add: self.add,
            part: self.part,
        };
        if job.c_row == -reals && job.part == Part::Full {
            let last = m as isize - 1;
            job.c = job.c.wrapping_offset(last * job.c_row);
            job.a = job.a.wrapping_offset(last * job.a_row);
            (job.c_row, job.a_row) = (reals, -job.a_row);
        }
        job
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What is multiplied: float32, float64, complex64, complex128.
pub trait Element: Copy + sealed::Sealed + 'static {
    /// Rows of a tile, about.
    #[doc(hidden)]
    const TALL: usize;

    /// # Safety
    /// As [`multiply`].
    #[doc(hidden)]
    unsafe fn run(product: Product<Self>, room: &mut [MaybeUninit<u8>]);
}

/// Computes a product; `room` has at least [`crate::need`] bytes, or [`crate::LEAST`].
///
/// ```
/// use metes_gemm::{Factor, Part, Product, multiply, need};
/// let (a, b, mut c) = ([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.0, 0.0], [0.0; 4]);
/// let factor = |x: &[f64; 4]| Factor { ptr: x.as_ptr(), row_step: 2, column_step: 1, conj: false };
/// let product = Product {
///     sizes: [2, 2, 2],
///     c: c.as_mut_ptr(),
///     steps: [2, 1],
///     a: factor(&a),
///     b: factor(&b),
///     alpha: 1.0,
///     add: false,
///     part: Part::Full,
/// };
/// let mut room = vec![std::mem::MaybeUninit::uninit(); need::<f64>(product.sizes)];
/// // SAFETY: the arrays have these elements, and are apart.
/// unsafe { multiply(product, &mut room) };
/// assert_eq!(c, [2.0, 1.0, 4.0, 3.0]);
/// ```
///
/// # Safety
/// All elements are aligned and valid, and the result shares none with the factors or within itself.
///
/// # Panics
/// Where the room is smaller.
pub unsafe fn multiply<T: Element>(product: Product<T>, room: &mut [MaybeUninit<u8>]) {
    if product.sizes[0] == 0 || product.sizes[1] == 0 {
        return;
    }
    let product = if product.turns(T::TALL) { product.transposed() } else { product };
    // SAFETY: the caller's promise.
    unsafe { T::run(product, room) };
}

/// The sets of vectors that loops are compiled for.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Base,
    Avx2,
    Avx512,
}

#[cfg(target_arch = "x86_64")]
fn level() -> Level {
    if is_x86_feature_detected!("avx512f") {
        Level::Avx512
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        Level::Avx2
    } else {
        Level::Base
    }
}

/// For each type: its real numbers, how many it has, its value of `alpha`, and for each set of vectors the register, how many of
/// them lie along a tile, and how many columns it has.
macro_rules! elements {
    ($($t:ty, $name:ident, $real:ident, $reals:literal, |$x:ident| $alpha:expr,
        $avx2:ident $v2:literal $n2:literal, $avx512:ident $v512:literal $n512:literal, $plain:literal;)*) => {
        $(impl sealed::Sealed for $t {}
        impl Element for $t {
            const TALL: usize = 2 * $plain / $reals;

            unsafe fn run(product: Product<$t>, room: &mut [MaybeUninit<u8>]) {
                let $x = product.alpha;
                let job = product.job::<$real>($reals, $alpha);
                // SAFETY: the caller's promise, and the processor has what was asked for.
                unsafe { loops::$name(&job, room) };
            }
        })*

        mod loops {
            use super::*;
            #[cfg(target_arch = "x86_64")]
            use std::arch::x86_64::*;

            $(
            /// # Safety
            /// As [`run`].
            pub unsafe fn $name(job: &Job<$real>, room: &mut [MaybeUninit<u8>]) {
                #[cfg(target_arch = "x86_64")]
                {
                    /// # Safety
                    /// As [`run`], on a processor that has these registers.
                    #[target_feature(enable = "avx2,fma")]
                    unsafe fn avx2(job: &Job<$real>, room: &mut [MaybeUninit<u8>]) {
                        // SAFETY: the caller's promise.
                        unsafe { run::<$avx2, $v2, $n2, { $reals == 2 }>(job, room) }
                    }
                    /// # Safety
                    /// As [`run`], on a processor that has these registers.
                    #[target_feature(enable = "avx512f")]
                    unsafe fn avx512(job: &Job<$real>, room: &mut [MaybeUninit<u8>]) {
                        // SAFETY: the caller's promise.
                        unsafe { run::<$avx512, $v512, $n512, { $reals == 2 }>(job, room) }
                    }
                    match level() {
                        // SAFETY: the caller's promise, and the processor has them.
                        Level::Avx512 => return unsafe { avx512(job, room) },
                        // SAFETY: the caller's promise, and the processor has them.
                        Level::Avx2 => return unsafe { avx2(job, room) },
                        Level::Base => {}
                    }
                }
                // SAFETY: the caller's promise.
                unsafe { run::<Plain<$real, $plain>, 1, 4, { $reals == 2 }>(job, room) }
            }
            )*
        }
    };
}

elements! {
    f32, f32_loops, f32, 1, |x| [x, f32::ZERO], __m256 2 6, __m512 3 8, 8;
    f64, f64_loops, f64, 1, |x| [x, f64::ZERO], __m256d 2 6, __m512d 3 8, 4;
    Complex<f32>, c64_loops, f32, 2, |x| [x.re, x.im], __m256 1 6, __m512 2 6, 8;
    Complex<f64>, c128_loops, f64, 2, |x| [x.re, x.im], __m256d 1 6, __m512d 2 6, 4;
}
