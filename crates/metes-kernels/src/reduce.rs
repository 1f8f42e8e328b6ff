//! The table of reductions: how values are folded into a state, states merged, and a result made of one.
//!
//! Sums of floats run in eight lanes (lane j takes positions j modulo 8 of a leaf, lanes are added pairwise), which
//! vectorises and does not depend on the step. float16 and float32 are summed in float64.

use crate::cast::From1;
use crate::elem::Elem;
use crate::{ReduceCell, Reduction};
use half::f16;
use metes_dtype::Kind;
use num_complex::Complex;
use std::marker::PhantomData;

/// A reduction over one input type.
trait Fold {
    type In: Elem;
    type Out: Elem;
    type State: Copy;
    const EMPTY: Self::State;

    /// Folds values in order; the first has position `index`.
    fn fold(values: impl Iterator<Item = Self::In> + Clone, state: &mut Self::State, index: u64);
    fn merge(later: &Self::State, earlier: &mut Self::State);
    fn finish(state: &Self::State, correction: f64) -> Self::Out;
}

/// # Safety
/// `n` states of `F` at `states`, 8-byte aligned.
unsafe fn init<F: Fold>(n: usize, states: *mut u8) {
    for i in 0..n {
        // SAFETY: the caller's promise.
        unsafe { states.cast::<F::State>().add(i).write(F::EMPTY) };
    }
}

/// # Safety
/// `n` values at `x` by `step`, one state.
unsafe fn fold<F: Fold>(n: usize, x: *const u8, step: isize, state: *mut u8, index: u64) {
    // SAFETY: the caller's promise; the dense path spells the step out for the compiler.
    unsafe {
        let state = &mut *state.cast::<F::State>();
        let width = size_of::<F::In>() as isize;
        if step == width {
            F::fold((0..n as isize).map(|i| F::In::load(x.offset(i * width))), state, index);
        } else {
            F::fold((0..n as isize).map(|i| F::In::load(x.wrapping_offset(i * step))), state, index);
        }
    }
}

/// # Safety
/// `n` values at `x` by `step`, `n` states.
unsafe fn fold_rows<F: Fold>(n: usize, x: *const u8, step: isize, states: *mut u8, index: u64) {
    for i in 0..n as isize {
        // SAFETY: the caller's promise.
        unsafe {
            let value = F::In::load(x.wrapping_offset(i * step));
            F::fold(std::iter::once(value), &mut *states.cast::<F::State>().offset(i), index);
        }
    }
}

/// # Safety
/// `n` states at each place, apart.
unsafe fn merge<F: Fold>(n: usize, later: *const u8, earlier: *mut u8) {
    for i in 0..n {
        // SAFETY: the caller's promise.
        unsafe { F::merge(&*later.cast::<F::State>().add(i), &mut *earlier.cast::<F::State>().add(i)) };
    }
}

/// # Safety
/// `n` states, `n` places for results by `step`.
unsafe fn finish<F: Fold>(n: usize, states: *const u8, out: *mut u8, step: isize, correction: f64) {
    for i in 0..n {
        // SAFETY: the caller's promise.
        unsafe {
            let result = F::finish(&*states.cast::<F::State>().add(i), correction);
            result.store(out.wrapping_offset(i as isize * step));
        }
    }
}

const fn cell<F: Fold>() -> ReduceCell {
    assert!(size_of::<F::State>().is_multiple_of(8) && align_of::<F::State>() <= 16);
    ReduceCell {
        input: F::In::KIND,
        output: F::Out::KIND,
        state: size_of::<F::State>(),
        init: init::<F>,
        fold: fold::<F>,
        fold_rows: fold_rows::<F>,
        merge: merge::<F>,
        finish: finish::<F>,
    }
}

/// A number that sums are kept in.
trait Total: Elem + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> {
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
use std::ops::{Add, Mul};
totals! {
    i64, 0, 1, wrapping_add, wrapping_mul;
    u64, 0, 1, wrapping_add, wrapping_mul;
    f64, 0.0, 1.0, add, mul;
    Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), add, mul;
}

/// Adds values in eight lanes.
#[inline(always)]
fn lanes<S: Total>(values: impl Iterator<Item = S>) -> S {
    let mut lane = [S::ZERO; 8];
    let mut at = 0;
    for value in values {
        lane[at & 7] = lane[at & 7].plus(value);
        at += 1;
    }
    let [a, b, c, d, e, f, g, h] = lane;
    a.plus(b).plus(c.plus(d)).plus(e.plus(f).plus(g.plus(h)))
}

struct Sum<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide>, O: From1<S::Wide>> Fold for Sum<A, S, O> {
    type In = A;
    type Out = O;
    type State = S;
    const EMPTY: S = S::ZERO;
    #[inline(always)]
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut S, _: u64) {
        *state = state.plus(lanes(values.map(|v| S::from1(v.widen()))));
    }
    #[inline(always)]
    fn merge(later: &S, earlier: &mut S) {
        *earlier = earlier.plus(*later);
    }
    fn finish(state: &S, _: f64) -> O {
        O::from1(state.widen())
    }
}

struct Product<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide>, O: From1<S::Wide>> Fold for Product<A, S, O> {
    type In = A;
    type Out = O;
    type State = S;
    const EMPTY: S = S::ONE;
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut S, _: u64) {
        values.for_each(|v| *state = state.times(S::from1(v.widen())));
    }
    fn merge(later: &S, earlier: &mut S) {
        *earlier = earlier.times(*later);
    }
    fn finish(state: &S, _: f64) -> O {
        O::from1(state.widen())
    }
}

#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Counted<S> {
    sum: S,
    count: u64,
}

struct Mean<A, S, O>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Total + From1<A::Wide> + From1<f64>, O: From1<S::Wide>> Fold for Mean<A, S, O>
where
    S: std::ops::Div<f64, Output = S>,
{
    type In = A;
    type Out = O;
    type State = Counted<S>;
    const EMPTY: Counted<S> = Counted { sum: S::ZERO, count: 0 };
    #[inline(always)]
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut Self::State, _: u64) {
        let mut count = 0;
        let sum = lanes(values.map(|v| {
            count += 1;
            S::from1(v.widen())
        }));
        state.sum = state.sum.plus(sum);
        state.count += count;
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

/// Count, mean, and sum of squared distances from it (Chan, Golub, LeVeque 1979).
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Moments<S> {
    count: f64,
    mean: S,
    squares: f64,
}

trait Spread: Total + std::ops::Sub<Output = Self> + Mul<f64, Output = Self> + std::ops::Div<f64, Output = Self> {
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

struct Variance<A, S, O, const ROOT: bool>(PhantomData<(A, S, O)>);

impl<A: Elem, S: Spread + From1<A::Wide>, O: From1<f64>, const ROOT: bool> Fold for Variance<A, S, O, ROOT> {
    type In = A;
    type Out = O;
    type State = Moments<S>;
    const EMPTY: Moments<S> = Moments { count: 0.0, mean: S::ZERO, squares: 0.0 };
    #[inline(always)]
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut Self::State, _: u64) {
        let mut count = 0.0;
        let sum = lanes(values.clone().map(|v| {
            count += 1.0;
            S::from1(v.widen())
        }));
        if count == 0.0 {
            return;
        }
        let mean = sum / count;
        let squares = lanes(values.map(|v| (S::from1(v.widen()) - mean).norm2()));
        Self::merge(&Moments { count, mean, squares }, state);
    }
    #[inline(always)]
    fn merge(later: &Self::State, earlier: &mut Self::State) {
        if later.count == 0.0 || earlier.count == 0.0 {
            if earlier.count == 0.0 {
                *earlier = *later;
            }
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

/// The best value so far; `seen` is 0 before the first.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Best<A> {
    value: A,
    seen: u64,
    index: u64,
}

#[inline(always)]
fn beats<A: Elem, const MAX: bool>(new: A, old: A) -> bool {
    !old.is_nan() && (new.is_nan() || if MAX { old.less(new) } else { new.less(old) })
}

struct Extreme<A, const MAX: bool>(PhantomData<A>);

impl<A: Elem, const MAX: bool> Extreme<A, MAX> {
    #[inline(always)]
    fn better(old: A, new: A) -> A {
        if beats::<A, MAX>(new, old) { new } else { old }
    }
}

impl<A: Elem + Zero, const MAX: bool> Fold for Extreme<A, MAX> {
    type In = A;
    type Out = A;
    type State = Best<A>;
    const EMPTY: Best<A> = Best { value: A::ZERO, seen: 0, index: 0 };
    #[inline(always)]
    fn fold(mut values: impl Iterator<Item = A> + Clone, state: &mut Best<A>, _: u64) {
        let Some(first) = values.next() else { return };
        let best = values.fold(first, Self::better);
        state.value = if state.seen == 0 { best } else { Self::better(state.value, best) };
        state.seen = 1;
    }
    #[inline(always)]
    fn merge(later: &Best<A>, earlier: &mut Best<A>) {
        if later.seen != 0 {
            earlier.value = if earlier.seen == 0 { later.value } else { Self::better(earlier.value, later.value) };
            earlier.seen = 1;
        }
    }
    fn finish(state: &Best<A>, _: f64) -> A {
        state.value
    }
}

struct Place<A, const MAX: bool>(PhantomData<A>);

impl<A: Elem + Zero, const MAX: bool> Fold for Place<A, MAX> {
    type In = A;
    type Out = i64;
    type State = Best<A>;
    const EMPTY: Best<A> = Best { value: A::ZERO, seen: 0, index: 0 };
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut Best<A>, index: u64) {
        for (i, value) in (index..).zip(values) {
            if state.seen == 0 || beats::<A, MAX>(value, state.value) {
                *state = Best { value, seen: 1, index: i };
            }
        }
    }
    fn merge(later: &Best<A>, earlier: &mut Best<A>) {
        if later.seen != 0 && (earlier.seen == 0 || beats::<A, MAX>(later.value, earlier.value)) {
            *earlier = *later;
        }
    }
    fn finish(state: &Best<A>, _: f64) -> i64 {
        state.index as i64
    }
}

struct Truth<A, const ALL: bool>(PhantomData<A>);

impl<A: Elem, const ALL: bool> Fold for Truth<A, ALL> {
    type In = A;
    type Out = bool;
    type State = u64;
    const EMPTY: u64 = ALL as u64;
    #[inline(always)]
    fn fold(values: impl Iterator<Item = A> + Clone, state: &mut u64, _: u64) {
        for value in values {
            let truth = u64::from(!value.is_zero());
            if ALL { *state &= truth } else { *state |= truth }
        }
    }
    fn merge(later: &u64, earlier: &mut u64) {
        if ALL { *earlier &= later } else { *earlier |= later }
    }
    fn finish(state: &u64, _: f64) -> bool {
        *state != 0
    }
}

/// A value to stand where none has been seen.
trait Zero {
    const ZERO: Self;
}

macro_rules! zeros {
    ($($t:ty, $zero:expr;)*) => {$( impl Zero for $t { const ZERO: $t = $zero; } )*};
}
zeros! {
    bool, false; i8, 0; i16, 0; i32, 0; i64, 0; u8, 0; u16, 0; u32, 0; u64, 0; f16, f16::ZERO; f32, 0.0; f64, 0.0;
    Complex<f32>, Complex::new(0.0, 0.0); Complex<f64>, Complex::new(0.0, 0.0);
}

type C32 = Complex<f32>;
type C64 = Complex<f64>;

macro_rules! numbers {
    ($fold:ident) => {
        &[
            cell::<$fold<i64, i64, i64>>(),
            cell::<$fold<u64, u64, u64>>(),
            cell::<$fold<f16, f64, f16>>(),
            cell::<$fold<f32, f64, f32>>(),
            cell::<$fold<f64, f64, f64>>(),
            cell::<$fold<C32, C64, C32>>(),
            cell::<$fold<C64, C64, C64>>(),
        ]
    };
}

macro_rules! every {
    ($fold:ident, $flag:literal) => {
        &[
            cell::<$fold<bool, $flag>>(),
            cell::<$fold<i8, $flag>>(),
            cell::<$fold<u8, $flag>>(),
            cell::<$fold<i16, $flag>>(),
            cell::<$fold<u16, $flag>>(),
            cell::<$fold<i32, $flag>>(),
            cell::<$fold<u32, $flag>>(),
            cell::<$fold<i64, $flag>>(),
            cell::<$fold<u64, $flag>>(),
            cell::<$fold<f16, $flag>>(),
            cell::<$fold<f32, $flag>>(),
            cell::<$fold<f64, $flag>>(),
            cell::<$fold<C32, $flag>>(),
            cell::<$fold<C64, $flag>>(),
        ]
    };
}

macro_rules! spreads {
    ($root:literal) => {
        &[
            cell::<Variance<f16, f64, f16, $root>>(),
            cell::<Variance<f32, f64, f32, $root>>(),
            cell::<Variance<f64, f64, f64, $root>>(),
            cell::<Variance<C32, C64, f32, $root>>(),
            cell::<Variance<C64, C64, f64, $root>>(),
        ]
    };
}

/// The table of reductions.
pub fn reductions() -> &'static [Reduction] {
    static TABLE: &[Reduction] = &[
        Reduction { name: "sum", doc: "Sum of the values.", has_identity: true, cells: numbers!(Sum) },
        Reduction { name: "prod", doc: "Product of the values.", has_identity: true, cells: numbers!(Product) },
        Reduction {
            name: "min",
            doc: "Smallest value; NaN if there is one.",
            has_identity: false,
            cells: every!(Extreme, false),
        },
        Reduction {
            name: "max",
            doc: "Largest value; NaN if there is one.",
            has_identity: false,
            cells: every!(Extreme, true),
        },
        Reduction { name: "any", doc: "Whether some value is true.", has_identity: true, cells: every!(Truth, false) },
        Reduction { name: "all", doc: "Whether every value is true.", has_identity: true, cells: every!(Truth, true) },
        Reduction {
            name: "mean",
            doc: "Arithmetic mean; integers give float64.",
            has_identity: true,
            cells: &[
                cell::<Mean<bool, f64, f64>>(),
                cell::<Mean<i8, f64, f64>>(),
                cell::<Mean<u8, f64, f64>>(),
                cell::<Mean<i16, f64, f64>>(),
                cell::<Mean<u16, f64, f64>>(),
                cell::<Mean<i32, f64, f64>>(),
                cell::<Mean<u32, f64, f64>>(),
                cell::<Mean<i64, f64, f64>>(),
                cell::<Mean<u64, f64, f64>>(),
                cell::<Mean<f16, f64, f16>>(),
                cell::<Mean<f32, f64, f32>>(),
                cell::<Mean<f64, f64, f64>>(),
                cell::<Mean<C32, C64, C32>>(),
                cell::<Mean<C64, C64, C64>>(),
            ],
        },
        Reduction {
            name: "var",
            doc: "Mean squared distance from the mean.",
            has_identity: true,
            cells: spreads!(false),
        },
        Reduction { name: "std", doc: "Square root of the variance.", has_identity: true, cells: spreads!(true) },
        Reduction {
            name: "argmin",
            doc: "Position of the first smallest value.",
            has_identity: false,
            cells: every!(Place, false),
        },
        Reduction {
            name: "argmax",
            doc: "Position of the first largest value.",
            has_identity: false,
            cells: every!(Place, true),
        },
    ];
    TABLE
}

/// Other names of reductions.
pub const REDUCTION_ALIASES: &[(&str, &str)] = &[("amin", "min"), ("amax", "max")];

/// The reduction of this name or alias.
pub fn reduction(name: &str) -> Option<&'static Reduction> {
    let name = REDUCTION_ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    reductions().iter().find(|row| row.name == name)
}

impl Reduction {
    /// The cell for values of a kind: its own, or for sums and products of small integers the 64-bit one of
    /// the same sign, else the first to which the kind casts safely.
    pub fn cell(&self, kind: Kind) -> Option<&'static ReduceCell> {
        use metes_dtype::{Casting, DType, can_cast};
        let exact = self.cells.iter().find(|c| c.input == kind);
        let signed = kind.category() == metes_dtype::Category::Bool;
        let wide = || if signed { self.cells.iter().find(|c| c.input == Kind::I64) } else { None };
        let safe = |c: &&ReduceCell| can_cast(DType::of(kind), DType::of(c.input), Casting::Safe);
        let spread = matches!(self.name, "var" | "std") && kind.category() < metes_dtype::Category::Float;
        let double = || self.cells.iter().find(|c| c.input == Kind::F64);
        let akin = || self.cells.iter().find(|c| c.input.category() == kind.category() && safe(c));
        if spread { double() } else { exact.or_else(wide).or_else(akin).or_else(|| self.cells.iter().find(safe)) }
    }
}
