//! Metes: n-dimensional arrays with the memory under control.

pub mod bits;
mod build;
pub mod compare;
pub mod create;
pub mod dates;
pub mod fields;
pub mod manipulate;
#[cfg(feature = "ndarray")]
pub mod ndarray;
pub mod numeric;
pub mod rounding;
pub mod sets;
pub mod statistics;
pub mod triangles;

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
