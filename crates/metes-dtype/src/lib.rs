//! What one element is: the list of kinds, their sizes and names, promotion and casting rules.
//!
//! No dependencies and no unsafe code: answers are values and `Option`s; callers make the errors. Left out: dtypes with
//! units, lengths, fields or foreign byte order.
#![forbid(unsafe_code)]

mod casting;
mod dtype;
mod facts;
mod kinds;
mod promote;

pub use casting::{Casting, can_cast};
pub use dtype::DType;
pub use facts::FloatInfo;
pub use kinds::{Category, Kind};
pub use promote::{Weak, promote, promote_weak};
