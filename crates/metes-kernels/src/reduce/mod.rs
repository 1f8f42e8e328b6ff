//! The table of reductions: how values are folded into a state, states merged, and a result made of one.
//!
//! Here are the rows, and the type-erased functions that they point to; `sums` and `extremes` say what is done to values.

mod best;
mod extremes;
mod sums;

use crate::elem::Elem;
use crate::{LEAF, ReduceCell, Reduction, Rows, level};
use extremes::{Extreme, Place, Truth};
use half::f16;
use metes_dtype::{Casting, Category, Kind, can_cast, for_each_kind};
use num_complex::Complex;
use sums::{Mean, Product, Sum, Variance};

/// Values that are searched at once where the tree does not matter: few enough to look at again.
const SPAN: usize = 8 * LEAF;

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
    /// Whether no further value changes anything.
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
    // SAFETY: the caller's promise.
    unsafe { fold_any::<F>(n, x, size_of::<F::In>() as isize, state, index) }
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

/// Rows of more bytes are taken so many at a time: as many as the processor reads ahead in at once.
const WIDE: usize = 1024;
const STREAMS: usize = 16;
/// Columns that are folded together where rows are short: their states stay in registers.
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
    // So many rows at once that each is read as a stream of its own while states are held.
    let most = if n * size_of::<F::In>() <= WIDE { rows.count } else { STREAMS };
    for top in (0..rows.count).step_by(most.max(1)) {
        let x = x.wrapping_offset(top as isize * rows.step);
        let some = Rows { count: most.min(rows.count - top), step: rows.step };
        // SAFETY: a part of the rows that the caller vouches for.
        unsafe { fold_some_rows::<F>(n, x, step, states, index + top as u64, some) };
    }
}

/// # Safety
/// As [`fold_rows`].
#[inline(always)]
unsafe fn fold_some_rows<F: Fold>(n: usize, x: *const u8, step: isize, states: *mut u8, index: u64, rows: Rows) {
    let states = states.cast::<F::State>();
    // SAFETY: value i of row r is within what the caller vouches for.
    let at = |r: usize, i: usize| unsafe {
        F::In::load(x.wrapping_offset(r as isize * rows.step).wrapping_offset(i as isize * step))
    };
    // SAFETY: the caller vouches for the states, and nothing else uses them.
    let mut first = F::fold_columns(rows, &at, unsafe { std::slice::from_raw_parts_mut(states, n) }, index);
    while rows.count > 1 && n <= 8 * NARROW && n - first >= NARROW {
        // SAFETY: these states are within what the caller vouches for, and nothing else uses them.
        let tile = unsafe { &mut *states.add(first).cast::<[F::State; NARROW]>() };
        let mut held = *tile;
        for r in 0..rows.count {
            let mut j = 0;
            while j < NARROW {
                F::fold_one(at(r, first + j), &mut held[j], index + r as u64);
                j += 1;
            }
        }
        *tile = held;
        first += NARROW;
    }
    for r in 0..rows.count {
        for i in first..n {
            // SAFETY: as above.
            F::fold_one(at(r, i), unsafe { &mut *states.add(i) }, index + r as u64);
        }
    }
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
    }
}

/// One cell for each kind.
macro_rules! every {
    ($fold:ident $(($kind:ident, $t:ty, $n:literal, $c:literal, $tc:literal, $category:ident))*) => {
        &[$(cell::<$fold<$t>>()),*]
    };
}

/// Likewise, for folds with a flag.
macro_rules! every_with {
    ($fold:ident $flag:literal $(($kind:ident, $t:ty, $n:literal, $c:literal, $tc:literal, $category:ident))*) => {
        &[$(cell::<$fold<$t, $flag>>()),*]
    };
}

/// Integers go through float64 to these.
macro_rules! spreads {
    ($root:literal) => {
        &[
            cell::<Variance<f16, $root>>(),
            cell::<Variance<f32, $root>>(),
            cell::<Variance<f64, $root>>(),
            cell::<Variance<Complex<f32>, $root>>(),
            cell::<Variance<Complex<f64>, $root>>(),
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
            cells: for_each_kind!(every_with, Extreme, false),
        },
        Reduction {
            name: "max",
            doc: "Largest value; NaN if there is one.",
            has_identity: false,
            cells: for_each_kind!(every_with, Extreme, true),
        },
        Reduction {
            name: "any",
            doc: "Whether some value is true.",
            has_identity: true,
            cells: for_each_kind!(every_with, Truth, false),
        },
        Reduction {
            name: "all",
            doc: "Whether every value is true.",
            has_identity: true,
            cells: for_each_kind!(every_with, Truth, true),
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
            cells: spreads!(false),
        },
        Reduction { name: "std", doc: "Square root of the variance.", has_identity: true, cells: spreads!(true) },
        Reduction {
            name: "argmin",
            doc: "Position of the first smallest value.",
            has_identity: false,
            cells: for_each_kind!(every_with, Place, false),
        },
        Reduction {
            name: "argmax",
            doc: "Position of the first largest value.",
            has_identity: false,
            cells: for_each_kind!(every_with, Place, true),
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
