//! Products of dense matrices whose scratch is handed in.
//!
//! A product packs a part of one factor, at most [`ROOM`] bytes, into memory of the caller's, and takes nothing else: what
//! a product needs is known before, and can be charged to who wants it. A caller that cannot hand it down, because a
//! library stands between, lends it to the thread ([`lend`]).
//!
//! Each element of a result is one chain of fused multiplications and additions along the sum, cut every [`DEPTH`] terms.
//! It is the same for every shape, place, part of a result and set of vectors, so the bits are the same however a product
//! is cut. (A processor without fused operations rounds twice.) Left out: other types, threads, small products that are
//! not worth packing.

mod job;
mod kernel;
mod lanes;
mod lent;
mod pack;
mod tile;

pub use job::{Element, Factor, Part, Product, multiply};
pub use lent::{lend, with_lent};

/// The terms of a sum between two additions to the result.
pub const DEPTH: usize = 224;

/// The most bytes that a product packs into.
pub const ROOM: usize = kernel::ROWS_BYTES + kernel::STRIP_BYTES + kernel::LINE;

/// Bytes that are enough for any product; with more up to [`ROOM`] it is faster.
pub const LEAST: usize = kernel::LEAST_BYTES + kernel::STRIP_BYTES + kernel::LINE;

/// The bytes that a product of so many rows, columns and terms packs into: at most [`ROOM`].
///
/// ```
/// use metes_gemm::{ROOM, need};
/// assert!(need::<f64>([20, 20, 20]) < 20_000);
/// assert!(need::<f64>([1000, 1000, 1000]) <= ROOM && ROOM < 256 << 10);
/// ```
pub fn need<T>([m, n, k]: [usize; 3]) -> usize {
    let depth = k.min(DEPTH) * size_of::<T>();
    let rows = depth.saturating_mul(m.max(n).saturating_add(kernel::TALLEST)).min(kernel::ROWS_BYTES);
    rows + depth * kernel::WIDEST + kernel::LINE
}
