//! Smallest and largest values and their positions, and truth of some or all.

use super::Fold;
use crate::elem::Elem;
use std::marker::PhantomData;

/// The better of two values; NaN beats all others.
#[inline(always)]
fn better<A: Elem, const MAX: bool>(old: A, new: A) -> A {
    let wins = if MAX { old.less(new) } else { new.less(old) };
    if wins | new.is_nan() { new } else { old }
}

/// Whether a later value takes the place of an earlier one.
#[inline(always)]
fn beats<A: Elem, const MAX: bool>(new: A, old: A) -> bool {
    !old.is_nan() && (new.is_nan() || if MAX { old.less(new) } else { new.less(old) })
}

/// The best of at least one value: lane j takes positions j modulo the number of lanes, so that vectors take many side by
/// side. NaN loses at first and is looked for besides, which costs less than having it win each time.
#[inline(always)]
fn best<A: Elem, const MAX: bool>(n: usize, at: &impl Fn(usize) -> A) -> A {
    match size_of::<A>() {
        1 => best_of::<A, MAX, 64>(n, at),
        2 | 4 => best_of::<A, MAX, 32>(n, at),
        _ => best_of::<A, MAX, 16>(n, at),
    }
}

#[inline(always)]
fn best_of<A: Elem, const MAX: bool, const LANES: usize>(n: usize, at: &impl Fn(usize) -> A) -> A {
    let pick = |old: A, new: A| if if MAX { old.less(new) } else { new.less(old) } { new } else { old };
    let mut lane = [at(0); LANES];
    // As wide as the values, so that both fill the same vectors.
    let mut missing = [A::default(); LANES];
    let mut take = |j: usize, new: A| {
        lane[j] = pick(lane[j], new);
        missing[j] = if new.is_nan() { new } else { missing[j] };
    };
    let whole = n - n % LANES;
    for i in (0..whole).step_by(LANES) {
        for j in 0..LANES {
            take(j, at(i + j));
        }
    }
    for i in whole..n {
        take(i - whole, at(i));
    }
    if missing.iter().fold(false, |some, value| some | value.is_nan()) {
        return (1..n).fold(at(0), |old, i| better::<A, MAX>(old, at(i)));
    }
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            lane[j] = pick(lane[j], lane[j + half]);
        }
        half /= 2;
    }
    lane[0]
}

/// The best value so far; `seen` is 0 before the first.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Best<A> {
    value: A,
    seen: u32,
}

/// The smallest or largest value; NaN if there is one.
pub(super) struct Extreme<A, const MAX: bool>(PhantomData<A>);

impl<A: Elem, const MAX: bool> Fold for Extreme<A, MAX> {
    type In = A;
    type Out = A;
    type State = Best<A>;
    fn empty() -> Best<A> {
        Best { value: A::default(), seen: 0 }
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Best<A>, index: u64) {
        Self::fold_one(best::<A, MAX>(n, &at), state, index);
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Best<A>, _: u64) {
        let value = if state.seen == 0 { value } else { better::<A, MAX>(state.value, value) };
        *state = Best { value, seen: 1 };
    }
    #[inline(always)]
    fn merge(later: &Best<A>, earlier: &mut Best<A>) {
        if later.seen != 0 {
            Self::fold_one(later.value, earlier, 0);
        }
    }
    /// Of no values at all: NaN, where there is one.
    fn finish(state: &Best<A>, _: f64) -> A {
        if state.seen == 0 { A::nan() } else { state.value }
    }
}

/// A value and its position; [`NOWHERE`] before the first.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Found<A> {
    value: A,
    index: u64,
}

const NOWHERE: u64 = u64::MAX;

/// The position of the first smallest or largest value, or of the first NaN.
pub(super) struct Place<A, const MAX: bool>(PhantomData<A>);

impl<A: Elem, const MAX: bool> Fold for Place<A, MAX> {
    type In = A;
    type Out = i64;
    type State = Found<A>;
    fn empty() -> Found<A> {
        Found { value: A::default(), index: NOWHERE }
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Found<A>, index: u64) {
        let best = best::<A, MAX>(n, &at);
        if state.index == NOWHERE || beats::<A, MAX>(best, state.value) {
            let is_best = |&i: &usize| at(i) == best || best.is_nan() && at(i).is_nan();
            let first = (0..n).find(is_best).unwrap_or(0);
            *state = Found { value: best, index: index + first as u64 };
        }
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Found<A>, index: u64) {
        Self::merge(&Found { value, index }, state);
    }
    #[inline(always)]
    fn merge(later: &Found<A>, earlier: &mut Found<A>) {
        if later.index != NOWHERE && (earlier.index == NOWHERE || beats::<A, MAX>(later.value, earlier.value)) {
            *earlier = *later;
        }
    }
    fn finish(state: &Found<A>, _: f64) -> i64 {
        state.index as i64
    }
}

/// Whether some value (or every value, for `ALL`) is true; NaN is.
pub(super) struct Truth<A, const ALL: bool>(PhantomData<A>);

impl<A: Elem, const ALL: bool> Fold for Truth<A, ALL> {
    type In = A;
    type Out = bool;
    type State = u64;
    fn empty() -> u64 {
        ALL as u64
    }
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut u64, _: u64) {
        let mut truth = ALL;
        for i in 0..n {
            let value = !at(i).is_zero();
            if ALL { truth &= value } else { truth |= value }
        }
        Self::merge(&u64::from(truth), state);
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut u64, _: u64) {
        Self::merge(&u64::from(!value.is_zero()), state);
    }
    #[inline(always)]
    fn merge(later: &u64, earlier: &mut u64) {
        if ALL { *earlier &= later } else { *earlier |= later }
    }
    fn finish(state: &u64, _: f64) -> bool {
        *state != 0
    }
    #[inline(always)]
    fn is_settled(state: &u64) -> bool {
        (*state != 0) != ALL
    }
}
