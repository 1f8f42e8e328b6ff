//! Sums, products, means and variances.
//!
//! A leaf of floats is summed in eight lanes: lane j takes positions j modulo 8, and lanes are added pairwise. That
//! vectorises, and the result does not depend on the step. Every float is kept in float64.

use super::Fold;
use crate::cast::From1;
use crate::elem::Elem;
use num_complex::Complex;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Sub};

/// A number that sums are kept in.
pub(super) trait Total: Elem {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! totals {
    ($($t:ty, $zero:expr, $one:expr, $plus:ident, $times:ident;)*) => {$(
        impl Total for $t {
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                self.$plus(other)
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                self.$times(other)
            }
        }
    )*};
}
totals! {
    i64, 0, 1, wrapping_add, wrapping_mul;
    u64, 0, 1, wrapping_add, wrapping_mul;
    f64, 0.0, 1.0, add, mul;
    Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), add, mul;
}

const LANES: usize = 8;

#[inline(always)]
fn lanes<S: Total>(n: usize, at: impl Fn(usize) -> S) -> S {
    let mut lane = [S::ZERO; LANES];
    let whole = n - n % LANES;
    for i in (0..whole).step_by(LANES) {
        for (j, lane) in lane.iter_mut().enumerate() {
            *lane = lane.plus(at(i + j));
        }
    }
    for i in whole..n {
        lane[i - whole] = lane[i - whole].plus(at(i));
    }
    let [a, b, c, d, e, f, g, h] = lane;
    a.plus(b).plus(c.plus(d)).plus(e.plus(f).plus(g.plus(h)))
}

/// The sum of values of type `A`, kept as `S`, given as `O`.
pub(super) struct Sum<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide>, O: From1<S::Wide>> Fold for Sum<A, S, O> {
    type In = A;
    type Out = O;
    type State = S;
    const EMPTY: S = S::ZERO;
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut S, _: u64) {
        *state = state.plus(lanes(n, |i| S::from1(at(i).widen())));
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut S, _: u64) {
        *state = state.plus(S::from1(value.widen()));
    }
    #[inline(always)]
    fn merge(later: &S, earlier: &mut S) {
        *earlier = earlier.plus(*later);
    }
    fn finish(state: &S, _: f64) -> O {
        O::from1(state.widen())
    }
}

/// The product, likewise; in order, one value after the other.
pub(super) struct Product<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide>, O: From1<S::Wide>> Fold for Product<A, S, O> {
    type In = A;
    type Out = O;
    type State = S;
    const EMPTY: S = S::ONE;
    #[inline(always)]
    fn fold_one(value: A, state: &mut S, _: u64) {
        *state = state.times(S::from1(value.widen()));
    }
    #[inline(always)]
    fn merge(later: &S, earlier: &mut S) {
        *earlier = earlier.times(*later);
    }
    fn finish(state: &S, _: f64) -> O {
        O::from1(state.widen())
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Counted<S> {
    sum: S,
    count: u64,
}

/// The arithmetic mean; of nothing, NaN.
pub(super) struct Mean<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide> + Div<f64, Output = S>, O: From1<S::Wide>> Fold for Mean<A, S, O> {
    type In = A;
    type Out = O;
    type State = Counted<S>;
    const EMPTY: Counted<S> = Counted { sum: S::ZERO, count: 0 };
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Self::State, _: u64) {
        state.sum = state.sum.plus(lanes(n, |i| S::from1(at(i).widen())));
        state.count += n as u64;
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Self::State, _: u64) {
        state.sum = state.sum.plus(S::from1(value.widen()));
        state.count += 1;
    }
    #[inline(always)]
    fn merge(later: &Self::State, earlier: &mut Self::State) {
        earlier.sum = earlier.sum.plus(later.sum);
        earlier.count += later.count;
    }
    fn finish(state: &Self::State, _: f64) -> O {
        O::from1((state.sum / state.count as f64).widen())
    }
}

/// Count, mean, and sum of squared distances from it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Moments<S> {
    count: f64,
    mean: S,
    squares: f64,
}

pub(super) trait Spread:
    Total + Add<Output = Self> + Sub<Output = Self> + Mul<f64, Output = Self> + Div<f64, Output = Self>
{
    fn norm2(self) -> f64;
}

impl Spread for f64 {
    #[inline(always)]
    fn norm2(self) -> f64 {
        self * self
    }
}

impl Spread for Complex<f64> {
    #[inline(always)]
    fn norm2(self) -> f64 {
        self.re * self.re + self.im * self.im
    }
}

/// The variance, or its root: two passes over a leaf, merged by the rule of Chan, Golub and LeVeque (1979).
pub(super) struct Variance<A, S, O, const ROOT: bool>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Spread + From1<A::Wide>, O: From1<f64>, const ROOT: bool> Fold for Variance<A, S, O, ROOT> {
    type In = A;
    type Out = O;
    type State = Moments<S>;
    const EMPTY: Moments<S> = Moments { count: 0.0, mean: S::ZERO, squares: 0.0 };
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Self::State, _: u64) {
        let count = n as f64;
        let mean = lanes(n, |i| S::from1(at(i).widen())) / count;
        let squares = lanes(n, |i| (S::from1(at(i).widen()) - mean).norm2());
        Self::merge(&Moments { count, mean, squares }, state);
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Self::State, _: u64) {
        let value = S::from1(value.widen());
        // 0, or NaN for an infinity.
        let squares = value.sub(value).norm2();
        Self::merge(&Moments { count: 1.0, mean: value, squares }, state);
    }
    #[inline(always)]
    fn merge(later: &Self::State, earlier: &mut Self::State) {
        if later.count == 0.0 {
            return;
        }
        if earlier.count == 0.0 {
            *earlier = *later;
            return;
        }
        let count = earlier.count + later.count;
        let gap = later.mean - earlier.mean;
        earlier.mean = earlier.mean + gap * (later.count / count);
        earlier.squares += later.squares + gap.norm2() * (earlier.count * later.count / count);
        earlier.count = count;
    }
    fn finish(state: &Self::State, correction: f64) -> O {
        let variance = state.squares / (state.count - correction).max(0.0);
        O::from1(if ROOT { variance.sqrt() } else { variance })
    }
}
