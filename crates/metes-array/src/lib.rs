//! What bytes mean: layouts, views, indexing, overlap, copies by layout.
//!
//! No arithmetic, and no code per dtype but in constructors and accessors. Left out: whatever must cast.

mod array;
mod broadcast;
mod collapse;
mod copy;
mod create;
mod dtypes;
mod element;
mod fields;
mod growable;
mod index;
mod inplace;
mod layout;
mod meeting;
mod overlap;
mod past;
mod ranges;
mod reshape;
mod scalar;
mod select;
mod slicing;
mod spell;
mod typed;
mod views;

pub use array::{Array, Order};
pub use broadcast::broadcast_shapes;
pub use collapse::coalesce;
pub use copy::{copy_into, join_dense};
pub use dtypes::{meet, meet_all, missing, number};
pub use element::Element;
pub use fields::copy_fields;
pub use growable::Growable;
pub use index::{Cut, Index, index_shape, slice_indices};
pub use layout::{Dims, Layout, MAX_NDIM, Strides, shape_text, strides_text};
pub use meeting::{Meeting, meeting};
pub use overlap::{may_share_memory, shares_memory};
pub use past::{PAST_CACHES, copy_past, settle};
pub use reshape::{inexpressible, resolve_shape};
pub use scalar::Scalar;
pub use select::{
    IndexItem, Mode, Selection, argwhere, choose, count_true, flatnonzero, gather, nonzero, ravel_multi_index, scatter,
    unravel_index,
};
pub use slicing::IndexRange;
pub use typed::{Read, Write};
