//! Order: sorting, selecting and searching values along one dimension, NaN last, as NumPy orders them.
//!
//! Everything rests on keys: unsigned integers whose order is that of the values. Values are sorted as the bits of their
//! width, so that three widths serve all kinds but the complex ones; places are sorted as a key and a place in one word,
//! in the room of the result. Keys of 32 and 64 bits are sorted by vectors. Left out: sorts that need a second array.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod crew;
mod key;
mod network;
mod places;
mod quick;
mod search;
mod values;
mod vector;

use metes_dtype::{Kind, for_each_kind};
use std::cmp::Ordering;

pub use crew::{Crew, Run};
pub use search::Sorted;

/// A search: the sorted values, how many to look for, the first of them and its step, whether to go after equal ones, the
/// first result and its step.
pub type Searching = unsafe fn(&Sorted, usize, (*const u8, isize), bool, (*mut u8, isize)) -> bool;

/// How values of one kind are ordered. Values lie densely and aligned unless it says otherwise.
pub struct SortRow {
    /// The kind.
    pub kind: Kind,
    /// Bytes of scratch, 16-byte aligned, that `sort` uses for `n` values.
    pub need: fn(n: usize, stable: bool) -> usize,
    /// Sorts `n` values in place. Stable counts where equal values differ: the zeros of floats.
    pub sort: unsafe fn(n: usize, x: *mut u8, stable: bool, scratch: *mut u8, crew: &Crew),
    /// Moves values so that those at `places` (ascending, below `n`) are where sorting puts them, nothing larger before
    /// them and nothing smaller after.
    pub partition: unsafe fn(n: usize, x: *mut u8, places: &[usize], crew: &Crew),
    /// Writes the places of `n` values in sorted order; equal ones in the order of their places.
    pub argsort: unsafe fn(n: usize, x: *const u8, index: *mut u64, crew: &Crew),
    /// Writes the places of `n` values in an order that `partition` allows.
    pub argpartition: unsafe fn(n: usize, x: *const u8, index: *mut u64, places: &[usize]),
    /// Writes where each of `n` values, `step` bytes apart, belongs among sorted ones: before equal ones, or after them.
    /// False where the sorted ones are named by places and one lies outside.
    pub search: Searching,
    /// Moves the distinct ones of `n` sorted values to the front, all NaN being one value if `equal_nan`; how many.
    pub distinct: unsafe fn(n: usize, x: *mut u8, equal_nan: bool) -> usize,
    /// Compares two values, aligned or not.
    pub compare: unsafe fn(a: *const u8, b: *const u8) -> Ordering,
    /// Whether a value, aligned or not, is NaN or has a part that is.
    pub is_nan: unsafe fn(a: *const u8) -> bool,
}

macro_rules! rows {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
        static ROWS: [SortRow; Kind::COUNT] = [$(row::<$rust>()),*];
    };
}
for_each_kind!(rows);

const fn row<T: key::Sortable>() -> SortRow {
    SortRow {
        kind: T::KIND,
        need: T::need,
        sort: T::sort,
        partition: T::partition,
        argsort: places::argsort::<T>,
        argpartition: places::argpartition::<T>,
        search: search::search::<T>,
        distinct: key::distinct::<T>,
        compare: key::compare::<T>,
        is_nan: key::is_nan::<T>,
    }
}

/// How values of a kind are ordered.
///
/// ```
/// use metes_dtype::Kind;
/// use metes_kernels::Crew;
/// let mut x = [2.0, f64::NAN, -1.0];
/// // SAFETY: three dense values; unstable sorts of float64 use no scratch.
/// unsafe { (metes_kernels::sorting(Kind::F64).sort)(3, x.as_mut_ptr().cast(), false, std::ptr::null_mut(), &Crew::ALONE) };
/// assert_eq!(x[..2], [-1.0, 2.0]);
/// ```
pub fn sorting(kind: Kind) -> &'static SortRow {
    &ROWS[kind as usize]
}
