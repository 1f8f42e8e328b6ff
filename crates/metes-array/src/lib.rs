//! What bytes mean: layouts, views, indexing, overlap, copies by layout.
//!
//! No arithmetic, and no code per dtype but in constructors and accessors.

mod array;
mod layout;
mod scalar;

pub use array::{Array, Order};
pub use layout::{Dims, Layout, Strides, shape_text};
pub use scalar::Scalar;
