//! Decompositions and products of matrices for four types: the only code compiled against the library of linear algebra.
//!
//! It depends on next to nothing and changes seldom, so the minutes that the library takes to compile are paid once.
//! Arrays, stacks of matrices, errors and memory are the business of the crate above. Products are shared among
//! threads; decompositions are not. Left out: other types.

mod backend;
mod dense;
mod exchange;
mod factor;
mod invert;
mod parts;
mod product;

pub use dense::{Dense, Product};
pub use factor::{Field, Float, NoConvergence, Vectors, Workspace};
