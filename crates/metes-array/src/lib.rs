//! What bytes mean: layouts, views, indexing, overlap, copies by layout.
//!
//! No arithmetic, and no code per dtype but in constructors and accessors. Left out: indexing by arrays and masks,
//! which needs loops per dtype's width and lives with the evaluator.

mod array;
mod broadcast;
mod collapse;
mod copy;
mod create;
mod element;
mod growable;
mod index;
mod layout;
mod overlap;
mod ranges;
mod reshape;
mod scalar;
mod typed;
mod views;

pub use array::{Array, Order};
pub use broadcast::broadcast_shapes;
pub use collapse::coalesce;
pub use copy::copy_into;
pub use element::Element;
pub use growable::Growable;
pub use index::{Index, index_shape, slice_indices};
pub use layout::{Dims, Layout, MAX_NDIM, Strides, shape_text, strides_text};
pub use overlap::{may_share_memory, shares_memory};
pub use reshape::resolve_shape;
pub use scalar::Scalar;
pub use typed::{Read, Write};
