//! Sums, products, means and variances.
//!
//! A leaf is summed in sixteen lanes: lane j takes positions j modulo 16, then the upper half of the lanes is added to the
//! lower until one is left. That vectorises, and the result does not depend on the step. Every float is kept in float64.

use super::{ABREAST, BAND, COLUMNS, Fold};
use crate::Rows;
use crate::cast::From1;
use crate::elem::Elem;
use half::f16;
use metes_dtype::for_each_kind;
use num_complex::Complex;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Sub};

/// A number that sums are kept in.
pub(super) trait Total: Elem {
    const ZERO: Self;
    const ONE: Self;
    /// Whether sums are the same in any order.
    const EXACT: bool;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! totals {
    ($($t:ty, $zero:expr, $one:expr, $exact:literal, $plus:ident, $times:ident;)*) => {$(
        impl Total for $t {
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            const EXACT: bool = $exact;
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
    i64, 0, 1, true, wrapping_add, wrapping_mul;
    u64, 0, 1, true, wrapping_add, wrapping_mul;
    f64, 0.0, 1.0, false, add, mul;
    Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), false, add, mul;
}

/// In what sums and means of a kind are kept, and given.
pub(super) trait Kept: Elem + Sized {
    /// Integers in 64 bits, where they wrap; floats in float64.
    type Total: Total + From1<Self::Wide>;
    type Sum: From1<<Self::Total as Elem>::Wide>;
    type Center: Spread + From1<Self::Wide>;
    type Mean: From1<<Self::Center as Elem>::Wide>;
}

macro_rules! kept {
    ($(($kind:ident, $t:ty, $n:literal, $c:literal, $tc:literal, $category:ident))*) => {
        $( kept!(@ $category $t); )*
    };
    (@ Bool $t:ty) => { kept!(@@ $t, i64, i64, f64, f64); };
    (@ Signed $t:ty) => { kept!(@@ $t, i64, i64, f64, f64); };
    (@ Unsigned $t:ty) => { kept!(@@ $t, u64, u64, f64, f64); };
    (@ Float $t:ty) => { kept!(@@ $t, f64, $t, f64, $t); };
    (@ Complex $t:ty) => { kept!(@@ $t, Complex<f64>, $t, Complex<f64>, $t); };
    (@@ $t:ty, $total:ty, $sum:ty, $center:ty, $mean:ty) => {
        impl Kept for $t {
            type Total = $total;
            type Sum = $sum;
            type Center = $center;
            type Mean = $mean;
        }
    };
}
for_each_kind!(kept);

/// What measures spread: the real type.
pub(super) trait Part: Kept {
    type Real: From1<f64>;
}

macro_rules! parts {
    ($($t:ty, $real:ty;)*) => {$( impl Part for $t { type Real = $real; } )*};
}
parts! { f16, f16; f32, f32; f64, f64; Complex<f32>, f32; Complex<f64>, f64; }

const LANES: usize = 16;

#[inline(always)]
fn lanes<S: Total>(n: usize, at: impl Fn(usize) -> S) -> S {
    if S::EXACT {
        let mut sum = S::ZERO;
        for i in 0..n {
            sum = sum.plus(at(i));
        }
        return sum;
    }
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
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            lane[j] = lane[j].plus(lane[j + half]);
        }
        half /= 2;
    }
    lane[0]
}

/// Adds rows to the sums of their columns, a few rows at a time across all of them; returns how many columns were done.
#[inline(always)]
fn abreast<S: Total>(rows: Rows, at: &impl Fn(usize, usize) -> S, sums: &mut [S]) -> usize {
    let tiles = sums.as_chunks_mut::<COLUMNS>().0;
    for top in (0..rows.count).step_by(ABREAST) {
        let count = ABREAST.min(rows.count - top);
        for (tile, sums) in tiles.iter_mut().enumerate() {
            let mut held = *sums;
            let mut add = |r: usize| {
                for (j, held) in held.iter_mut().enumerate() {
                    *held = held.plus(at(top + r, tile * COLUMNS + j));
                }
            };
            if count == ABREAST {
                (0..ABREAST).for_each(&mut add)
            } else {
                (0..count).for_each(&mut add)
            }
            *sums = held;
        }
    }
    tiles.len() * COLUMNS
}

/// The sum of values of type `A`, kept as `S`, given as `O`.
pub(super) struct Sum<A>(PhantomData<A>);

impl<A: Kept> Fold for Sum<A> {
    type In = A;
    type Out = A::Sum;
    type State = A::Total;
    fn empty() -> A::Total {
        A::Total::ZERO
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut A::Total, _: u64) {
        *state = state.plus(lanes(n, |i| A::Total::from1(at(i).widen())));
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut A::Total, _: u64) {
        *state = state.plus(A::Total::from1(value.widen()));
    }
    #[inline(always)]
    fn fold_wide(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [A::Total], _: u64) -> usize {
        abreast(rows, &|r, j| A::Total::from1(at(r, j).widen()), states)
    }
    #[inline(always)]
    fn merge(later: &A::Total, earlier: &mut A::Total) {
        *earlier = earlier.plus(*later);
    }
    fn finish(state: &A::Total, _: f64) -> A::Sum {
        A::Sum::from1(state.widen())
    }
}

/// The product, likewise; in order, one value after the other.
pub(super) struct Product<A>(PhantomData<A>);

impl<A: Kept> Fold for Product<A> {
    type In = A;
    type Out = A::Sum;
    type State = A::Total;
    fn empty() -> A::Total {
        A::Total::ONE
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut A::Total, _: u64) {
        *state = state.times(A::Total::from1(value.widen()));
    }
    #[inline(always)]
    fn merge(later: &A::Total, earlier: &mut A::Total) {
        *earlier = earlier.times(*later);
    }
    fn finish(state: &A::Total, _: f64) -> A::Sum {
        A::Sum::from1(state.widen())
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Counted<S> {
    sum: S,
    count: u64,
}

/// The arithmetic mean; of nothing, NaN.
pub(super) struct Mean<A>(PhantomData<A>);

impl<A: Kept> Fold for Mean<A> {
    type In = A;
    type Out = A::Mean;
    type State = Counted<A::Center>;
    fn empty() -> Counted<A::Center> {
        Counted { sum: A::Center::ZERO, count: 0 }
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Self::State, _: u64) {
        state.sum = state.sum.plus(lanes(n, |i| A::Center::from1(at(i).widen())));
        state.count += n as u64;
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Self::State, _: u64) {
        state.sum = state.sum.plus(A::Center::from1(value.widen()));
        state.count += 1;
    }
    #[inline(always)]
    fn fold_wide(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Self::State], _: u64) -> usize {
        let whole = states.len() / COLUMNS * COLUMNS;
        for (band, states) in states[..whole].chunks_mut(BAND).enumerate() {
            let mut sums = [A::Center::ZERO; BAND];
            let sums = &mut sums[..states.len()];
            sums.iter_mut().zip(&*states).for_each(|(sum, state)| *sum = state.sum);
            abreast(rows, &|r, j| A::Center::from1(at(r, band * BAND + j).widen()), sums);
            for (state, &sum) in states.iter_mut().zip(&*sums) {
                *state = Counted { sum, count: state.count + rows.count as u64 };
            }
        }
        whole
    }
    #[inline(always)]
    fn fold_columns(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Self::State], _: u64) -> usize {
        let tiles = states.as_chunks_mut::<COLUMNS>().0;
        for (tile, states) in tiles.iter_mut().enumerate() {
            let left = tile * COLUMNS;
            let mut sums = states.map(|state| state.sum);
            for r in 0..rows.count {
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus(A::Center::from1(at(r, left + j).widen()));
                }
            }
            for (state, sum) in states.iter_mut().zip(sums) {
                *state = Counted { sum, count: state.count + rows.count as u64 };
            }
        }
        tiles.len() * COLUMNS
    }
    #[inline(always)]
    fn merge(later: &Self::State, earlier: &mut Self::State) {
        earlier.sum = earlier.sum.plus(later.sum);
        earlier.count += later.count;
    }
    fn finish(state: &Self::State, _: f64) -> A::Mean {
        A::Mean::from1((state.sum / state.count as f64).widen())
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

pub(super) type Var<A> = Variance<A, false>;
pub(super) type Std<A> = Variance<A, true>;

/// The variance, or its root: two passes over a leaf, merged by the rule of Chan, Golub and LeVeque (1979).
pub(super) struct Variance<A, const ROOT: bool>(PhantomData<A>);

impl<A: Part, const ROOT: bool> Fold for Variance<A, ROOT> {
    type In = A;
    type Out = A::Real;
    type State = Moments<A::Center>;
    fn empty() -> Moments<A::Center> {
        Moments { count: 0.0, mean: A::Center::ZERO, squares: 0.0 }
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Self::State, _: u64) {
        let count = n as f64;
        let mean = lanes(n, |i| A::Center::from1(at(i).widen())) / count;
        let squares = lanes(n, |i| (A::Center::from1(at(i).widen()) - mean).norm2());
        Self::merge(&Moments { count, mean, squares }, state);
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Self::State, _: u64) {
        let value = A::Center::from1(value.widen());
        // 0, or NaN for an infinity.
        let squares = value.sub(value).norm2();
        Self::merge(&Moments { count: 1.0, mean: value, squares }, state);
    }
    /// In the steps of [`Fold::fold_one`]; columns that have seen as many values share what depends on their number.
    #[inline(always)]
    fn fold_columns(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Self::State], _: u64) -> usize {
        let tiles = states.as_chunks_mut::<COLUMNS>().0;
        for (tile, states) in tiles.iter_mut().enumerate() {
            let left = tile * COLUMNS;
            let value = |r: usize, j: usize| A::Center::from1(at(r, left + j).widen());
            let mut count = states[0].count;
            if states.iter().any(|state| state.count != count) {
                for r in 0..rows.count {
                    (0..COLUMNS).for_each(|j| Self::fold_one(at(r, left + j), &mut states[j], 0));
                }
                continue;
            }
            let mut means = states.map(|state| state.mean);
            let mut squares = states.map(|state| state.squares);
            for r in 0..rows.count {
                let total = count + 1.0;
                let (share, weight) = (1.0 / total, count / total);
                for j in 0..COLUMNS {
                    let value = value(r, j);
                    let (gap, own) = (value - means[j], value.sub(value).norm2());
                    if count == 0.0 {
                        (means[j], squares[j]) = (value, own);
                    } else {
                        means[j] = means[j] + gap * share;
                        squares[j] += own + gap.norm2() * weight;
                    }
                }
                count = total;
            }
            for (j, state) in states.iter_mut().enumerate() {
                *state = Moments { count, mean: means[j], squares: squares[j] };
            }
        }
        tiles.len() * COLUMNS
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
    fn finish(state: &Self::State, correction: f64) -> A::Real {
        let variance = state.squares / (state.count - correction).max(0.0);
        A::Real::from1(if ROOT { variance.sqrt() } else { variance })
    }
}
