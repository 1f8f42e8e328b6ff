//! What one element is: the list of kinds, their sizes and names, promotion and casting rules.
//!
//! No dependencies and no unsafe code: answers are values and `Option`s; callers make the errors.
#![forbid(unsafe_code)]

mod dtype;
mod kinds;

pub use dtype::DType;
pub use kinds::{Category, Kind};
