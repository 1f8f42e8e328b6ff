//! The search for the smallest or largest of some values, in a row or column by column, written so that vectors do it.
//!
//! NaN loses while values are compared and is looked for besides, which costs less than having it win each time. Which of
//! several equal values is kept is left to those who ask: [`has_twins`] tells where it matters.

use crate::Rows;
use crate::elem::Elem;
use metes_dtype::Category;

/// A mask or a number as wide as the values beside it, so that both fill the same vectors.
trait Mark: Copy + Default + PartialEq {
    fn or(self, condition: bool) -> Self;
    fn of(number: usize) -> Self;
    fn number(self) -> usize;
}

macro_rules! marks {
    ($($t:ty)*) => {$(
        impl Mark for $t {
            #[inline(always)]
            fn or(self, condition: bool) -> $t {
                self | if condition { !0 } else { 0 }
            }
            #[inline(always)]
            fn of(number: usize) -> $t {
                number as $t
            }
            #[inline(always)]
            fn number(self) -> usize {
                self as usize
            }
        }
    )*};
}
marks! { u8 u16 u32 u64 }

/// Whether a later value is better than an earlier one; NaN never is.
#[inline(always)]
fn wins<A: Elem, const MAX: bool>(old: A, new: A) -> bool {
    if MAX { old.less(new) } else { new.less(old) }
}

#[inline(always)]
fn pick<A: Elem, const MAX: bool>(old: A, new: A) -> A {
    if wins::<A, MAX>(old, new) { new } else { old }
}

const fn has_nan<A: Elem>() -> bool {
    matches!(A::KIND.category(), Category::Float | Category::Complex)
}

/// Whether other bits are equal to these: zeros of either sign.
#[inline(always)]
pub(super) fn has_twins<A: Elem>(value: A) -> bool {
    match A::KIND.category() {
        Category::Float => value.is_zero(),
        Category::Complex => true,
        _ => false,
    }
}

/// The best of at least one value, and whether one of them is NaN, when the value means nothing.
#[inline(always)]
pub(super) fn best<A: Elem, const MAX: bool>(n: usize, at: &impl Fn(usize) -> A) -> (A, bool) {
    match size_of::<A>() {
        _ if !has_nan::<A>() => {
            let mut value = at(0);
            for i in 1..n {
                value = pick::<A, MAX>(value, at(i));
            }
            (value, false)
        }
        2 => by_lanes::<A, u16, MAX, 32, 16>(n, at),
        4 => by_lanes::<A, u32, MAX, 32, 16>(n, at),
        8 => by_lanes::<A, u64, MAX, 32, 16>(n, at),
        _ => by_lanes::<A, u64, MAX, 8, 4>(n, at),
    }
}

/// Lane j takes positions j modulo the number of lanes; the last ones are taken twice where they do not fill all lanes.
#[inline(always)]
fn by_lanes<A: Elem, M: Mark, const MAX: bool, const LANES: usize, const HALF: usize>(
    n: usize,
    at: &impl Fn(usize) -> A,
) -> (A, bool) {
    if n < LANES {
        let (mut value, mut missing) = (at(0), at(0).is_nan());
        for i in 1..n {
            let new = at(i);
            missing |= new.is_nan();
            value = pick::<A, MAX>(value, new);
        }
        return (value, missing);
    }
    let mut lane = [at(0); LANES];
    let mut missing = [M::default(); HALF];
    let mut take = |i: usize| {
        for j in 0..HALF {
            let (a, b) = (at(i + j), at(i + j + HALF));
            missing[j] = missing[j].or(a.is_nan() | b.is_nan());
            lane[j] = pick::<A, MAX>(lane[j], a);
            lane[j + HALF] = pick::<A, MAX>(lane[j + HALF], b);
        }
    };
    let mut i = 0;
    while i + LANES <= n {
        take(i);
        i += LANES;
    }
    if i < n {
        take(n - LANES);
    }
    let mut half = HALF;
    while half > 0 {
        for j in 0..half {
            lane[j] = pick::<A, MAX>(lane[j], lane[j + half]);
        }
        half /= 2;
    }
    (lane[0], missing.iter().fold(false, |some, &mark| some | (mark != M::default())))
}

/// Positions that are asked about together.
const TOGETHER: usize = 64;

/// The first position for which this holds; 0 where there is none.
#[inline(always)]
pub(super) fn find(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let mut start = 0;
    while start + TOGETHER <= n {
        let mut some = false;
        for j in 0..TOGETHER {
            some |= holds(start + j);
        }
        if some {
            break;
        }
        start += TOGETHER;
    }
    (start..n).find(|&i| holds(i)).unwrap_or(0)
}

/// Rows that the marks of a tile can count.
const ROWS: usize = 128;
/// Fewer are not worth a tile.
const FEW: usize = 4;

/// Finds the best value of each of `n` columns of some rows, tile by tile, and tells `take` the column, the value and its
/// row; where a tile has NaN, all its values, row by row. The last columns may be told twice. Returns the number of columns
/// that are done: all or none.
#[inline(always)]
pub(super) fn by_columns<A: Elem, const MAX: bool, const PLACE: bool>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    take: impl FnMut(usize, A, usize),
) -> usize {
    match (size_of::<A>(), PLACE) {
        (1, _) => tiles::<A, u8, MAX, PLACE, 64, 32>(n, rows, at, take),
        (2, _) => tiles::<A, u16, MAX, PLACE, 32, 16>(n, rows, at, take),
        (4, _) => tiles::<A, u32, MAX, PLACE, 32, 16>(n, rows, at, take),
        (8, false) => tiles::<A, u64, MAX, PLACE, 32, 16>(n, rows, at, take),
        (8, true) => tiles::<A, u64, MAX, PLACE, 16, 8>(n, rows, at, take),
        _ => tiles::<A, u64, MAX, PLACE, 8, 4>(n, rows, at, take),
    }
}

/// What is held of a tile stays in registers while its rows go by.
#[inline(always)]
fn tiles<A: Elem, M: Mark, const MAX: bool, const PLACE: bool, const WIDTH: usize, const HALF: usize>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    mut take: impl FnMut(usize, A, usize),
) -> usize {
    if rows.count < FEW || n < WIDTH {
        return 0;
    }
    for top in (0..rows.count).step_by(ROWS) {
        let count = ROWS.min(rows.count - top);
        for left in (0..n).step_by(WIDTH) {
            let left = left.min(n - WIDTH);
            let mut held = [A::default(); WIDTH];
            let mut place = [M::default(); WIDTH];
            let mut missing = [M::default(); HALF];
            for (j, held) in held.iter_mut().enumerate() {
                *held = at(top, left + j);
            }
            for (j, missing) in missing.iter_mut().enumerate() {
                *missing = missing.or(held[j].is_nan() | held[j + HALF].is_nan());
            }
            for r in 1..count {
                let row = M::of(r);
                for j in 0..HALF {
                    let (a, b) = (at(top + r, left + j), at(top + r, left + j + HALF));
                    missing[j] = missing[j].or(a.is_nan() | b.is_nan());
                    if PLACE {
                        place[j] = if wins::<A, MAX>(held[j], a) { row } else { place[j] };
                        place[j + HALF] = if wins::<A, MAX>(held[j + HALF], b) { row } else { place[j + HALF] };
                    }
                    held[j] = pick::<A, MAX>(held[j], a);
                    held[j + HALF] = pick::<A, MAX>(held[j + HALF], b);
                }
            }
            if missing.iter().all(|&mark| mark == M::default()) {
                for j in 0..WIDTH {
                    take(left + j, held[j], top + place[j].number());
                }
                continue;
            }
            for r in top..top + count {
                for j in left..left + WIDTH {
                    take(j, at(r, j), r);
                }
            }
        }
    }
    n
}
