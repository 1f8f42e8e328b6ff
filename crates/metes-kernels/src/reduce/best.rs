//! The search for the smallest or largest of some values, in a row or column by column, written so that vectors do it.
//!
//! NaN loses while values are compared and, where it is not left out, is looked for besides, which costs less than having it
//! win each time. Which of
//! several equal values is kept is left to those who ask: [`has_twins`] tells where it matters.

use super::{ABREAST, BAND};
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

/// Whether a later value is better than an earlier one; NaN never is. Where NaN is left out, anything is better than it.
#[inline(always)]
fn wins<A: Elem, const MAX: bool, const SKIP: bool>(old: A, new: A) -> bool {
    let better = if MAX { old.less(new) } else { new.less(old) };
    better | (SKIP & old.is_nan())
}

#[inline(always)]
fn pick<A: Elem, const MAX: bool, const SKIP: bool>(old: A, new: A) -> A {
    if wins::<A, MAX, SKIP>(old, new) { new } else { old }
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

/// The best of some values.
pub(super) struct Top<A> {
    /// NaN where all values are, if NaN is left out.
    pub value: A,
    /// Whether one of them is NaN, when the value means nothing; never where NaN is left out.
    pub missing: bool,
    /// No position before this one has the value.
    pub from: usize,
}

/// Parts of a stretch that are read side by side: the processor reads ahead in each.
const PARTS: usize = 4;

/// The best of at least one value.
#[inline(always)]
pub(super) fn best<A: Elem, const MAX: bool, const SKIP: bool>(n: usize, at: &impl Fn(usize) -> A) -> Top<A> {
    match size_of::<A>() {
        _ if !has_nan::<A>() => by_parts::<A, MAX>(n, at),
        2 => by_lanes::<A, u16, MAX, SKIP, 16>(n, at),
        4 => by_lanes::<A, u32, MAX, SKIP, 8>(n, at),
        8 => by_lanes::<A, u64, MAX, SKIP, 8>(n, at),
        _ => by_lanes::<A, u64, MAX, SKIP, 2>(n, at),
    }
}

/// The best of values without NaN.
#[inline(always)]
fn by_parts<A: Elem, const MAX: bool>(n: usize, at: &impl Fn(usize) -> A) -> Top<A> {
    let (part, mut of_part) = (n / PARTS, [at(0); PARTS]);
    for i in 0..part {
        for (number, value) in of_part.iter_mut().enumerate() {
            *value = pick::<A, MAX, false>(*value, at(number * part + i));
        }
    }
    for i in PARTS * part..n {
        of_part[PARTS - 1] = pick::<A, MAX, false>(of_part[PARTS - 1], at(i));
    }
    Top::among::<MAX, false>(of_part, part, false)
}

impl<A: Elem> Top<A> {
    /// The best of what is best in parts of so many values.
    #[inline(always)]
    fn among<const MAX: bool, const SKIP: bool>(of_part: [A; PARTS], part: usize, missing: bool) -> Top<A> {
        let value = of_part.into_iter().reduce(pick::<A, MAX, SKIP>).unwrap_or_default();
        let from = of_part.iter().position(|&best| best == value).unwrap_or(0) * part;
        Top { value, missing, from }
    }
}

/// Lane j of a part takes its positions j modulo the width; the last ones of all are taken twice where they do not fill all
/// lanes.
#[inline(always)]
fn by_lanes<A: Elem, M: Mark, const MAX: bool, const SKIP: bool, const WIDTH: usize>(
    n: usize,
    at: &impl Fn(usize) -> A,
) -> Top<A> {
    if n < PARTS * WIDTH {
        let (mut value, mut missing) = (at(0), at(0).is_nan());
        for i in 1..n {
            let new = at(i);
            missing |= new.is_nan();
            value = pick::<A, MAX, SKIP>(value, new);
        }
        return Top { value, missing: missing & !SKIP, from: 0 };
    }
    let part = n / (PARTS * WIDTH) * WIDTH;
    let mut lane = [[at(0); WIDTH]; PARTS];
    let mut missing = [[M::default(); WIDTH]; 2];
    let mut take = |i: usize, part: usize| {
        for j in 0..WIDTH {
            let [a, b, c, d] = [at(i + j), at(i + part + j), at(i + 2 * part + j), at(i + 3 * part + j)];
            if !SKIP {
                missing[0][j] = missing[0][j].or(a.is_nan() | b.is_nan());
                missing[1][j] = missing[1][j].or(c.is_nan() | d.is_nan());
            }
            lane[0][j] = pick::<A, MAX, SKIP>(lane[0][j], a);
            lane[1][j] = pick::<A, MAX, SKIP>(lane[1][j], b);
            lane[2][j] = pick::<A, MAX, SKIP>(lane[2][j], c);
            lane[3][j] = pick::<A, MAX, SKIP>(lane[3][j], d);
        }
    };
    let mut i = 0;
    while i < part {
        take(i, part);
        i += WIDTH;
    }
    if PARTS * part < n {
        take(n - PARTS * WIDTH, WIDTH);
    }
    let of_part = lane.map(|lane| lane.into_iter().reduce(pick::<A, MAX, SKIP>).unwrap_or_default());
    let missing = missing.as_flattened().iter().fold(false, |some, &mark| some | (mark != M::default()));
    Top::among::<MAX, SKIP>(of_part, part, missing)
}

/// Positions that are asked about together.
const TOGETHER: usize = 64;

/// The first position from `from` on for which this holds; 0 where there is none.
#[inline(always)]
pub(super) fn find(from: usize, n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let mut start = from;
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

/// Finds the best value of each of some columns of long rows, a few rows at a time, and tells `take` the first column and the
/// values; of columns beside NaN that is not left out all values, row by row. Returns the number of columns that are done.
#[inline(always)]
pub(super) fn by_rows<A: Elem, const MAX: bool, const SKIP: bool>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    take: impl FnMut(usize, &[A]),
) -> usize {
    match size_of::<A>() {
        1 => bands::<A, u8, MAX, SKIP, 128>(n, rows, at, take),
        2 => bands::<A, u16, MAX, SKIP, 64>(n, rows, at, take),
        4 => bands::<A, u32, MAX, SKIP, 32>(n, rows, at, take),
        8 => bands::<A, u64, MAX, SKIP, 16>(n, rows, at, take),
        _ => 0,
    }
}

#[inline(always)]
fn bands<A: Elem, M: Mark, const MAX: bool, const SKIP: bool, const WIDTH: usize>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    mut take: impl FnMut(usize, &[A]),
) -> usize {
    let whole = n / WIDTH * WIDTH;
    for left in (0..whole).step_by(BAND) {
        let width = BAND.min(whole - left);
        let (mut held, mut missing) = ([A::default(); BAND], [false; BAND]);
        for (j, held) in held[..width].iter_mut().enumerate() {
            *held = at(0, left + j);
        }
        for top in (0..rows.count).step_by(ABREAST) {
            // The last rows are met twice rather than one by one.
            let row = |k: usize| (top + k).min(rows.count - 1);
            let tiles = held[..width].as_chunks_mut::<WIDTH>().0;
            for (tile, held) in tiles.iter_mut().enumerate() {
                let left = left + tile * WIDTH;
                let mut mark = [M::default(); WIDTH];
                let mut best = *held;
                for j in 0..WIDTH {
                    let [a, b, c, d] = [0, 1, 2, 3].map(|k| at(row(k), left + j));
                    if !SKIP {
                        mark[j] = mark[j].or(a.is_nan() | b.is_nan()).or(c.is_nan() | d.is_nan());
                    }
                    for value in [a, b, c, d] {
                        best[j] = pick::<A, MAX, SKIP>(best[j], value);
                    }
                }
                *held = best;
                missing[tile] |= mark.iter().fold(false, |some, &mark| some | (mark != M::default()));
            }
        }
        for (tile, held) in held[..width].chunks(WIDTH).enumerate() {
            let left = left + tile * WIDTH;
            if !missing[tile] {
                take(left, held);
                continue;
            }
            for r in 0..rows.count {
                (left..left + WIDTH).for_each(|j| take(j, &[at(r, j)]));
            }
        }
    }
    whole
}

/// Rows that the marks of a tile can count.
const ROWS: usize = 128;
/// Fewer are not worth a tile.
const FEW: usize = 4;

/// Finds the best value of each of `n` columns of some rows, tile by tile, and tells `take` the first column, the values and
/// their rows; where a tile has NaN that is not left out, all its values, row by row. The last columns may be told twice. Returns the number of columns
/// that are done: all or none.
#[inline(always)]
pub(super) fn by_columns<A: Elem, const MAX: bool, const SKIP: bool, const PLACE: bool>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    take: impl FnMut(usize, &[A], &[usize]),
) -> usize {
    match (size_of::<A>(), PLACE) {
        (1, _) => tiles::<A, u8, MAX, SKIP, PLACE, 64, 32>(n, rows, at, take),
        (2, _) => tiles::<A, u16, MAX, SKIP, PLACE, 32, 16>(n, rows, at, take),
        (4, _) => tiles::<A, u32, MAX, SKIP, PLACE, 32, 16>(n, rows, at, take),
        (8, false) => tiles::<A, u64, MAX, SKIP, PLACE, 32, 16>(n, rows, at, take),
        (8, true) => tiles::<A, u64, MAX, SKIP, PLACE, 16, 8>(n, rows, at, take),
        _ => tiles::<A, u64, MAX, SKIP, PLACE, 8, 4>(n, rows, at, take),
    }
}

/// What is held of a tile stays in registers while its rows go by.
#[inline(always)]
fn tiles<
    A: Elem,
    M: Mark,
    const MAX: bool,
    const SKIP: bool,
    const PLACE: bool,
    const WIDTH: usize,
    const HALF: usize,
>(
    n: usize,
    rows: Rows,
    at: &impl Fn(usize, usize) -> A,
    mut take: impl FnMut(usize, &[A], &[usize]),
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
                *missing = missing.or(!SKIP & (held[j].is_nan() | held[j + HALF].is_nan()));
            }
            for r in 1..count {
                let row = M::of(r);
                for j in 0..HALF {
                    let (a, b) = (at(top + r, left + j), at(top + r, left + j + HALF));
                    if !SKIP {
                        missing[j] = missing[j].or(a.is_nan() | b.is_nan());
                    }
                    if PLACE {
                        place[j] = if wins::<A, MAX, SKIP>(held[j], a) { row } else { place[j] };
                        place[j + HALF] = if wins::<A, MAX, SKIP>(held[j + HALF], b) { row } else { place[j + HALF] };
                    }
                    held[j] = pick::<A, MAX, SKIP>(held[j], a);
                    held[j + HALF] = pick::<A, MAX, SKIP>(held[j + HALF], b);
                }
            }
            if missing.iter().all(|&mark| mark == M::default()) {
                take(left, &held, &place.map(|row| top + row.number()));
                continue;
            }
            for r in top..top + count {
                for j in left..left + WIDTH {
                    take(j, &[at(r, j)], &[r]);
                }
            }
        }
    }
    n
}
