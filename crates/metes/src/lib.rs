//! Metes: n-dimensional arrays with the memory under control.
//!
//! Functions have NumPy's names and return a `Result`, for memory may always be refused; elements are seen through guards
//! ([`Array::read`], [`Array::write`]). [`prelude`] has what most programs use; each crate behind is a module here.

mod axes;
pub mod bits;
mod build;
pub mod compare;
pub mod create;
pub mod dates;
pub mod fields;
pub mod lazy;
pub mod manipulate;
#[cfg(feature = "ndarray")]
pub mod ndarray;
pub mod numeric;
pub mod prelude;
pub mod reductions;
pub mod rounding;
pub mod sets;
pub mod statistics;
pub mod triangles;
pub mod ufuncs;

pub use axes::Axes;
pub use metes_array::{Array, Element, Index, Order, Scalar, s};
pub use metes_dtype::{Casting, DType, Kind};
pub use metes_eval::{Expr, Operand, Output, Plan};
pub use metes_memory::{Budget, Error, ErrorKind, Ledger, Memory, Pool, Result};

pub use metes_array as array;
pub use metes_dtype as dtype;
pub use metes_eval as eval;
pub use metes_kernels as kernels;
pub use metes_linalg as linalg;
pub use metes_memory as memory;
pub use metes_store as store;
pub use metes_threads as threads;

/// The Rust of the README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;

/// The Rust of the guide, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
pub struct Guide;
