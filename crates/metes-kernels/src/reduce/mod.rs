//! The table of reductions: how values are folded into a state, states merged, and a result made of one.
//!
//! Here are the rows, and the type-erased functions that they point to; `sums` and `extremes` say what is done to values.

mod best;
mod extremes;
mod sums;

use crate::elem::Elem;
use crate::{LEAF, ReduceCell, Reduction, Rows, level};
use extremes::{
    All, Any, Max, Min, PlaceOfMax, PlaceOfMin, PlaceOfPresentMax, PlaceOfPresentMin, PresentMax, PresentMin,
};
use half::f16;
use metes_dtype::{Casting, Category, Kind, can_cast, for_each_kind};
use num_complex::Complex;
use sums::{Mean, Product, Std, Sum, Var};

/// Values that are looked at before it is asked whether more matter.
const SPAN: usize = 8 * LEAF;
/// Values that are searched at once: few enough to look at again.
const STRETCH: usize = 128 * LEAF;

/// A reduction over one input type.
trait Fold {
    type In: Elem;
    type Out: Elem;
    type State: Copy;
    /// How many values are folded together: a leaf, or more where it makes no difference.
    const AT_ONCE: usize = LEAF;
    fn empty() -> Self::State;

    /// Folds `n` values, at least one, in order; the first has position `index`.
    #[inline(always)]
    fn fold(n: usize, at: impl Fn(usize) -> Self::In, state: &mut Self::State, index: u64) {
        for i in 0..n {
            Self::fold_one(at(i), state, index + i as u64);
        }
    }
    fn fold_one(value: Self::In, state: &mut Self::State, index: u64);
    fn merge(later: &Self::State, earlier: &mut Self::State);
    fn finish(state: &Self::State, correction: f64) -> Self::Out;
    /// Folds rows as [`fold_rows`] does, a state for each column, if it has a better way than value by value; returns how
    /// many columns it did.
    #[inline(always)]
    fn fold_columns(
        _rows: Rows,
        _at: &impl Fn(usize, usize) -> Self::In,
        _states: &mut [Self::State],
        _index: u64,
    ) -> usize {
        0
    }
    /// Rows that are read side by side where they are long: the processor reads ahead in each.
    const ROWS: usize = 4;
    /// Folds long rows, a few at a time across all columns, if it has a way whose states it need not touch each time; returns
    /// how many columns it did.
    #[inline(always)]
    fn fold_wide(
        _rows: Rows,
        _at: &impl Fn(usize, usize) -> Self::In,
        _states: &mut [Self::State],
        _index: u64,
    ) -> usize {
        0
    }
    /// Whether there are states that no further value changes.
    const SETTLES: bool = false;
    /// Whether this is one.
    #[inline(always)]
    fn is_settled(_: &Self::State) -> bool {
        false
    }
}

/// # Safety
/// Room for `n` states of `F` at `states`, 8-byte aligned.
unsafe fn init<F: Fold>(n: usize, states: *mut u8) {
    for i in 0..n {
        // SAFETY: state i is within the room that the caller vouches for.
        unsafe { states.cast::<F::State>().add(i).write(F::empty()) };
    }
}

/// # Safety
/// `n` values at `x` by `step`; one state, written by `init`.
unsafe fn fold<F: Fold>(n: usize, x: *const u8, step: isize, state: *mut u8, index: u64) {
    // SAFETY: the caller's promise, and the processor was asked.
    unsafe {
        if step == size_of::<F::In>() as isize && level::has_vectors() {
            fold_dense::<F>(n, x, state, index);
        } else {
            fold_any::<F>(n, x, step, state, index);
        }
    }
}

/// # Safety
/// As [`fold`], for adjacent values; the processor has vectors.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt"))]
unsafe fn fold_dense<F: Fold>(n: usize, x: *const u8, state: *mut u8, index: u64) {
    let (step, mut done) = (size_of::<F::In>() as isize, 0);
    while F::AT_ONCE == LEAF && (n - done) / LEAF >= PARTS * FEW {
        let part = PART.min((n - done) / LEAF / PARTS);
        // SAFETY: the caller's promise, for so many leaves from here on.
        unsafe { fold_parts::<F>(part, x.wrapping_offset(done as isize * step), state, index + done as u64) };
        done += PARTS * part * LEAF;
    }
    // SAFETY: the caller's promise, for what is left.
    unsafe { fold_any::<F>(n - done, x.wrapping_offset(done as isize * step), step, state, index + done as u64) }
}

/// Parts of a stretch that are read side by side, so that the processor reads ahead in each: how many, and the most leaves
/// of one. With fewer leaves the parts lie in one page.
const PARTS: usize = 4;
const PART: usize = STRETCH / LEAF / PARTS;
const FEW: usize = 4;

/// Folds [`PARTS`] parts of so many leaves each, a leaf of each in turn, and merges the leaves in their order.
///
/// # Safety
/// As [`fold_dense`], for so many leaves, at most [`PART`] in a part.
#[inline(always)]
unsafe fn fold_parts<F: Fold>(leaves: usize, x: *const u8, state: *mut u8, index: u64) {
    // SAFETY: the caller vouches for a state that nothing else uses.
    let state = unsafe { &mut *state.cast::<F::State>() };
    let mut later = [[F::empty(); PARTS - 1]; PART];
    for (number, later) in later[..leaves].iter_mut().enumerate() {
        for part in 0..PARTS {
            let first = (part * leaves + number) * LEAF;
            // SAFETY: a leaf of those that the caller vouches for.
            let at = |i: usize| unsafe { F::In::load(x.add((first + i) * size_of::<F::In>())) };
            let mut leaf = F::empty();
            F::fold(LEAF, at, &mut leaf, index + first as u64);
            match part.checked_sub(1) {
                None => F::merge(&leaf, state),
                Some(part) => later[part] = leaf,
            }
        }
    }
    for part in 0..PARTS - 1 {
        later[..leaves].iter().for_each(|leaves| F::merge(&leaves[part], state));
    }
}

/// Leaf after leaf.
///
/// # Safety
/// As [`fold`].
#[inline(always)]
unsafe fn fold_any<F: Fold>(n: usize, x: *const u8, step: isize, state: *mut u8, index: u64) {
    // SAFETY: the caller vouches for a state that nothing else uses.
    let state = unsafe { &mut *state.cast::<F::State>() };
    let mut done = 0;
    while done < n && !F::is_settled(state) {
        let (x, now) = (x.wrapping_offset(done as isize * step), F::AT_ONCE.min(n - done));
        let mut leaf = F::empty();
        // SAFETY: `at` is called below n; value i is within what the caller vouches for.
        let at = |i: usize| unsafe { F::In::load(x.wrapping_offset(i as isize * step)) };
        if F::AT_ONCE == LEAF && now == LEAF {
            F::fold(LEAF, at, &mut leaf, index + done as u64);
        } else {
            F::fold(now, at, &mut leaf, index + done as u64);
        }
        F::merge(&leaf, state);
        done += now;
    }
}

/// Rows of more bytes are taken a few at a time.
const WIDE: usize = 256;
/// Columns that are folded together: their states stay in registers while rows go by.
const COLUMNS: usize = 16;
/// Long rows that are read side by side: the processor reads ahead in each. And columns whose sums or best values stay in
/// the nearest cache meanwhile.
const ABREAST: usize = 4;
const BAND: usize = 2048;
const NARROW: usize = 4;

/// # Safety
/// `rows` times `n` values, at `x` by the steps; `n` states, written by `init`.
unsafe fn fold_rows<F: Fold>(n: usize, x: *const u8, step: isize, states: *mut u8, index: u64, rows: Rows) {
    // SAFETY: the caller's promise, and the processor was asked.
    unsafe {
        if step == size_of::<F::In>() as isize && level::has_vectors() {
            fold_dense_rows::<F>(n, x, states, index, rows);
        } else {
            fold_any_rows::<F>(n, x, step, states, index, rows);
        }
    }
}

/// # Safety
/// As [`fold_rows`], for adjacent values; the processor has vectors.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt"))]
unsafe fn fold_dense_rows<F: Fold>(n: usize, x: *const u8, states: *mut u8, index: u64, rows: Rows) {
    // SAFETY: the caller's promise.
    unsafe { fold_any_rows::<F>(n, x, size_of::<F::In>() as isize, states, index, rows) }
}

/// # Safety
/// As [`fold_rows`].
#[inline(always)]
unsafe fn fold_any_rows<F: Fold>(n: usize, x: *const u8, step: isize, states: *mut u8, index: u64, rows: Rows) {
    // SAFETY: value i of row r is within what the caller vouches for.
    let at = |r: usize, i: usize| unsafe {
        F::In::load(x.wrapping_offset(r as isize * rows.step).wrapping_offset(i as isize * step))
    };
    // SAFETY: the caller vouches for the states, and nothing else uses them.
    let states = unsafe { std::slice::from_raw_parts_mut(states.cast::<F::State>(), n) };
    let wide = n * size_of::<F::In>() > WIDE;
    let done = if wide { F::fold_wide(rows, &at, states, index) } else { 0 };
    // So many rows at once that each is read as a stream of its own while states are held.
    let most = if wide { F::ROWS } else { rows.count.max(1) };
    for top in (0..rows.count).step_by(most) {
        let some = Rows { count: most.min(rows.count - top), step: rows.step };
        fold_some_rows::<F>(some, &|r, i| at(top + r, done + i), &mut states[done..], index + top as u64);
    }
}

/// Folds rows into the states of their columns, tile by tile.
#[inline(always)]
fn fold_some_rows<F: Fold>(rows: Rows, at: &impl Fn(usize, usize) -> F::In, states: &mut [F::State], index: u64) {
    let mut done = F::fold_columns(rows, at, states, index);
    done += fold_tiles::<F, COLUMNS>(rows, &|r, i| at(r, done + i), &mut states[done..], index);
    done += fold_tiles::<F, NARROW>(rows, &|r, i| at(r, done + i), &mut states[done..], index);
    for r in 0..rows.count {
        (done..states.len()).for_each(|i| F::fold_one(at(r, i), &mut states[i], index + r as u64));
    }
}

/// Folds rows into the states of as many columns as make whole tiles; returns how many.
#[inline(always)]
fn fold_tiles<F: Fold, const WIDTH: usize>(
    rows: Rows,
    at: &impl Fn(usize, usize) -> F::In,
    states: &mut [F::State],
    index: u64,
) -> usize {
    let tiles = states.as_chunks_mut::<WIDTH>().0;
    for (tile, states) in tiles.iter_mut().enumerate() {
        let mut held = *states;
        for r in 0..rows.count {
            let mut j = 0;
            while j < WIDTH {
                F::fold_one(at(r, tile * WIDTH + j), &mut held[j], index + r as u64);
                j += 1;
            }
        }
        *states = held;
    }
    tiles.len() * WIDTH
}

/// # Safety
/// `n` states at each place, written by `init`, apart from each other.
unsafe fn merge<F: Fold>(n: usize, later: *const u8, earlier: *mut u8) {
    for i in 0..n {
        // SAFETY: state i of each is within what the caller vouches for, and the two do not overlap.
        unsafe { F::merge(&*later.cast::<F::State>().add(i), &mut *earlier.cast::<F::State>().add(i)) };
    }
}

/// # Safety
/// `n` states, written by `init`; room for `n` results at `out` by `step`.
unsafe fn finish<F: Fold>(n: usize, states: *const u8, out: *mut u8, step: isize, correction: f64) {
    for i in 0..n {
        // SAFETY: state i and result i are within what the caller vouches for.
        unsafe {
            let result = F::finish(&*states.cast::<F::State>().add(i), correction);
            result.store(out.wrapping_offset(i as isize * step));
        }
    }
}

/// # Safety
/// `n` states, written by `init`.
unsafe fn settled<F: Fold>(n: usize, states: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(states.cast::<F::State>(), n) }.iter().all(F::is_settled)
}

const fn cell<F: Fold>() -> ReduceCell {
    assert!(size_of::<F::State>().is_multiple_of(8) && align_of::<F::State>() == 8);
    ReduceCell {
        input: F::In::KIND,
        output: F::Out::KIND,
        state: size_of::<F::State>(),
        init: init::<F>,
        fold: fold::<F>,
        fold_rows: fold_rows::<F>,
        merge: merge::<F>,
        finish: finish::<F>,
        settled: if F::SETTLES { Some(settled::<F>) } else { None },
    }
}

/// One cell for each kind.
macro_rules! every {
    ($fold:ident $(($kind:ident, $t:ty, $n:literal, $c:literal, $tc:literal, $category:ident))*) => {
        &[$(cell::<$fold<$t>>()),*]
    };
}

/// One cell for each kind that has NaN.
macro_rules! inexact {
    ($fold:ident) => {
        &[
            cell::<$fold<f16>>(),
            cell::<$fold<f32>>(),
            cell::<$fold<f64>>(),
            cell::<$fold<Complex<f32>>>(),
            cell::<$fold<Complex<f64>>>(),
        ]
    };
}

/// The table of reductions.
pub fn reductions() -> &'static [Reduction] {
    static TABLE: &[Reduction] = &[
        Reduction { name: "sum", doc: "Sum of the values.", has_identity: true, cells: for_each_kind!(every, Sum) },
        Reduction {
            name: "prod",
            doc: "Product of the values.",
            has_identity: true,
            cells: for_each_kind!(every, Product),
        },
        Reduction {
            name: "min",
            doc: "Smallest value; NaN if there is one.",
            has_identity: false,
            cells: for_each_kind!(every, Min),
        },
        Reduction {
            name: "max",
            doc: "Largest value; NaN if there is one.",
            has_identity: false,
            cells: for_each_kind!(every, Max),
        },
        Reduction {
            name: "any",
            doc: "Whether some value is true.",
            has_identity: true,
            cells: for_each_kind!(every, Any),
        },
        Reduction {
            name: "all",
            doc: "Whether every value is true.",
            has_identity: true,
            cells: for_each_kind!(every, All),
        },
        Reduction {
            name: "mean",
            doc: "Arithmetic mean; integers give float64.",
            has_identity: true,
            cells: for_each_kind!(every, Mean),
        },
        Reduction {
            name: "var",
            doc: "Mean squared distance from the mean.",
            has_identity: true,
            cells: inexact!(Var),
        },
        Reduction { name: "std", doc: "Square root of the variance.", has_identity: true, cells: inexact!(Std) },
        Reduction {
            name: "argmin",
            doc: "Position of the first smallest value.",
            has_identity: false,
            cells: for_each_kind!(every, PlaceOfMin),
        },
        Reduction {
            name: "argmax",
            doc: "Position of the first largest value.",
            has_identity: false,
            cells: for_each_kind!(every, PlaceOfMax),
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

/// The cell of a reduction that passes over NaN by itself, for values of this kind; `None` where there is none.
///
/// ```
/// use metes_dtype::Kind;
/// assert!(metes_kernels::present_cell("max", Kind::F64).is_some());
/// assert!(metes_kernels::present_cell("sum", Kind::F64).is_none());
/// ```
pub fn present_cell(name: &str, kind: Kind) -> Option<&'static ReduceCell> {
    static TABLE: &[(&str, &[ReduceCell])] = &[
        ("min", inexact!(PresentMin)),
        ("max", inexact!(PresentMax)),
        ("argmin", inexact!(PlaceOfPresentMin)),
        ("argmax", inexact!(PlaceOfPresentMax)),
    ];
    TABLE.iter().find(|(row, _)| *row == name)?.1.iter().find(|cell| cell.input == kind)
}

impl Reduction {
    /// The cell for values of a kind: its own, or the first to which the kind casts safely; var and std of integers are
    /// those of float64.
    ///
    /// ```
    /// use metes_dtype::Kind;
    /// let var = metes_kernels::reduction("var").unwrap();
    /// assert_eq!(var.cell(Kind::I8).unwrap().input, Kind::F64);
    /// ```
    pub fn cell(&self, kind: Kind) -> Option<&'static ReduceCell> {
        let find = |kind: Kind| self.cells.iter().find(|c| c.input == kind);
        let whole = kind.category() < Category::Float;
        let safe = || self.cells.iter().find(|c| can_cast(kind.into(), c.input.into(), Casting::Safe));
        find(kind).or_else(|| if whole { find(Kind::F64) } else { None }).or_else(safe)
    }
}
