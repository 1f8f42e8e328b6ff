//! Loops over one dimension: the only code compiled once per dtype.
//!
//! Exports tables of function pointers, never a generic function. A loop cannot fail: it returns [`Flags`].
//! The walk over more dimensions, casting and broadcasting are the evaluator's work.

mod blocks;
mod cast;
mod complex;
mod curves;
mod elem;
mod level;
mod loops;
mod math;
mod reduce;
mod rows;
mod sort;
mod table;

pub use cast::{cast, cast_same_value, swap};
#[doc(hidden)]
pub use level::{Level, restrict};
pub use reduce::{REDUCTION_ALIASES, present_cell, reduction, reductions};
pub use sort::{Crew, Run, Searching, SortRow, Sorted, sorting};
pub use table::{ALIASES, NOT_FOR_BOOL, effort, table, ufunc};

use metes_dtype::Kind;

/// What a loop noticed on its way; bits are or-ed together.
pub type Flags = u8;
/// Something was divided by zero.
pub const DIVIDE: Flags = 1;
/// A result did not fit.
pub const OVERFLOW: Flags = 2;
/// A result has no value.
pub const INVALID: Flags = 4;
/// A result is so small that digits are lost; loops never say so, the processor does.
pub const UNDERFLOW: Flags = 16;
/// An integer was raised to a negative integer.
pub const NEGATIVE_POWER: Flags = 8;

/// `n` elements: pointers to the first element of each input, then each output, and the byte step of each.
///
/// Steps may be zero or negative. An output may be exactly an input (same pointer, same step). The output of a loop with
/// two inputs may also stand still on the first input (step 0: the values of the second are folded into it), or run ahead
/// of it (the values are accumulated): elements are taken one after the other, each result written before the next
/// element is read. Other overlap is the caller's to resolve. Pointers are aligned for their kinds.
pub type Loop = unsafe fn(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags;

/// One loop of a ufunc: the kinds that it takes and makes.
#[derive(Clone, Copy)]
pub struct Cell {
    /// Kind of each input.
    pub inputs: &'static [Kind],
    /// Kind of each output.
    pub outputs: &'static [Kind],
    /// The loop.
    pub call: Loop,
}

/// One row of the table of elementwise functions.
pub struct Ufunc {
    /// NumPy's name.
    pub name: &'static str,
    /// Number of inputs.
    pub nin: usize,
    /// Number of outputs.
    pub nout: usize,
    /// One sentence for the documentation.
    pub doc: &'static str,
    /// What leaves any value as it is (0 for add), where there is such a number.
    pub identity: Option<f64>,
    /// Its loops, narrowest first; the first to which all inputs cast safely is chosen when the promoted kind has none.
    pub cells: &'static [Cell],
}

impl Ufunc {
    /// Whether values may be folded in any order, and over several axes: where there is an identity, and for the extremes.
    ///
    /// ```
    /// assert!(metes_kernels::ufunc("maximum").unwrap().is_reorderable());
    /// assert!(!metes_kernels::ufunc("subtract").unwrap().is_reorderable());
    /// ```
    pub fn is_reorderable(&self) -> bool {
        self.identity.is_some() || matches!(self.name, "maximum" | "minimum" | "fmax" | "fmin")
    }
}

/// Values per leaf of the fixed summation tree.
pub const LEAF: usize = 128;

/// Rows that are folded together: how many, and the byte step from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// At least one.
    pub count: usize,
    /// From a value to that below it.
    pub step: isize,
}

impl Rows {
    /// A row alone.
    pub const ONE: Rows = Rows { count: 1, step: 0 };
}

/// One loop of a reduction, over opaque accumulators ("states") of `state` bytes each, 16-byte aligned.
#[derive(Clone, Copy)]
pub struct ReduceCell {
    /// The kind that values are cast to before they are folded.
    pub input: Kind,
    /// The kind of the result.
    pub output: Kind,
    /// Bytes of one state, a multiple of 8.
    pub state: usize,
    /// Makes `n` adjacent states empty.
    pub init: unsafe fn(n: usize, states: *mut u8),
    /// Folds `n` values, in leaves of [`LEAF`], into one state. The first value has position `index` among those reduced.
    pub fold: unsafe fn(n: usize, x: *const u8, step: isize, state: *mut u8, index: u64),
    /// Folds the values of some rows, one after the other, into `n` adjacent states, one of each row into each; those of
    /// the first row have position `index` in theirs.
    pub fold_rows: unsafe fn(n: usize, x: *const u8, step: isize, states: *mut u8, index: u64, rows: Rows),
    /// Merges `n` adjacent states `later` into the `n` states `earlier`, whose values came before.
    pub merge: unsafe fn(n: usize, later: *const u8, earlier: *mut u8),
    /// Writes `n` results. `correction` is the degrees of freedom taken off (var, std), else ignored.
    pub finish: unsafe fn(n: usize, states: *const u8, out: *mut u8, step: isize, correction: f64),
    /// Whether no further value changes any of `n` states; absent where every value may.
    pub settled: Option<unsafe fn(n: usize, states: *const u8) -> bool>,
}

/// One row of the table of reductions.
pub struct Reduction {
    /// NumPy's name.
    pub name: &'static str,
    /// One sentence for the documentation.
    pub doc: &'static str,
    /// Whether the reduction of nothing has a value (0 for sum; none for min).
    pub has_identity: bool,
    /// Its loops; chosen as for ufuncs.
    pub cells: &'static [ReduceCell],
}
