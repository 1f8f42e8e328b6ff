//! Smallest and largest values and their positions, with NaN or of what is present beside it, and truth of some or all.

use super::best::{Top, best, by_columns, by_rows, find, has_twins};
use super::{Fold, SPAN, STRETCH};
use crate::Rows;
use crate::elem::Elem;
use std::marker::PhantomData;

pub(super) type Min<A> = Extreme<A, false, false>;
pub(super) type Max<A> = Extreme<A, true, false>;
pub(super) type PresentMin<A> = Extreme<A, false, true>;
pub(super) type PresentMax<A> = Extreme<A, true, true>;
pub(super) type PlaceOfMin<A> = Place<A, false, false>;
pub(super) type PlaceOfMax<A> = Place<A, true, false>;
pub(super) type PlaceOfPresentMin<A> = Place<A, false, true>;
pub(super) type PlaceOfPresentMax<A> = Place<A, true, true>;
pub(super) type Any<A> = Truth<A, false>;
pub(super) type All<A> = Truth<A, true>;

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

/// The best value so far; `seen` is 0 before the first.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Best<A> {
    value: A,
    seen: u32,
}

/// The smallest or largest value; NaN if there is one, or with `SKIP` only where there is nothing else.
pub(super) struct Extreme<A, const MAX: bool, const SKIP: bool>(PhantomData<A>);

impl<A: Elem, const MAX: bool, const SKIP: bool> Fold for Extreme<A, MAX, SKIP> {
    type In = A;
    type Out = A;
    type State = Best<A>;
    fn empty() -> Best<A> {
        Best { value: A::default(), seen: 0 }
    }
    const AT_ONCE: usize = STRETCH;
    const ROWS: usize = 16;
    /// Of NaN the last is kept, of equal values the first: so it does not matter how values are cut.
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Best<A>, index: u64) {
        let Top { value, missing, from } = best::<A, MAX, SKIP>(n, &at);
        let value = if missing {
            (0..n).rev().map(&at).find(|value| value.is_nan()).unwrap_or(value)
        } else if has_twins(value) {
            at(find(from, n, |i| at(i) == value))
        } else {
            value
        };
        Self::fold_one(value, state, index);
    }
    #[inline(always)]
    fn fold_wide(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Best<A>], index: u64) -> usize {
        by_rows::<A, MAX, SKIP>(states.len(), rows, at, |left, values| {
            for (state, &value) in states[left..].iter_mut().zip(values) {
                Self::fold_one(value, state, index);
            }
        })
    }
    #[inline(always)]
    fn fold_columns(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Best<A>], index: u64) -> usize {
        by_columns::<A, MAX, SKIP, false>(states.len(), rows, at, |left, values, _| {
            states[left..][..values.len()].iter_mut().zip(values).for_each(|(state, &value)| {
                Self::fold_one(value, state, index);
            });
        })
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Best<A>, _: u64) {
        if SKIP && value.is_nan() {
            return;
        }
        let better = better::<A, MAX>(state.value, value);
        *state = Best { value: if state.seen == 0 { value } else { better }, seen: 1 };
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

/// The position of the first smallest or largest value, or of the first NaN; with `SKIP` never of NaN.
pub(super) struct Place<A, const MAX: bool, const SKIP: bool>(PhantomData<A>);

impl<A: Elem, const MAX: bool, const SKIP: bool> Fold for Place<A, MAX, SKIP> {
    type In = A;
    type Out = i64;
    type State = Found<A>;
    fn empty() -> Found<A> {
        Found { value: A::default(), index: NOWHERE }
    }
    const AT_ONCE: usize = STRETCH;
    const ROWS: usize = 16;
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> A, state: &mut Found<A>, index: u64) {
        let Top { value, missing, from } = best::<A, MAX, SKIP>(n, &at);
        if missing {
            let first = find(0, n, |i| at(i).is_nan());
            Self::fold_one(at(first), state, index + first as u64);
        } else if !(SKIP && value.is_nan()) && (state.index == NOWHERE || beats::<A, MAX>(value, state.value)) {
            let first = find(from, n, |i| at(i) == value);
            *state = Found { value, index: index + first as u64 };
        }
    }
    #[inline(always)]
    fn fold_columns(rows: Rows, at: &impl Fn(usize, usize) -> A, states: &mut [Found<A>], index: u64) -> usize {
        by_columns::<A, MAX, SKIP, true>(states.len(), rows, at, |left, values, rows| {
            for ((state, &value), &row) in states[left..][..values.len()].iter_mut().zip(values).zip(rows) {
                Self::fold_one(value, state, index + row as u64);
            }
        })
    }
    #[inline(always)]
    fn fold_one(value: A, state: &mut Found<A>, index: u64) {
        if SKIP && value.is_nan() {
            return;
        }
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
    const AT_ONCE: usize = SPAN;
    const SETTLES: bool = true;
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
