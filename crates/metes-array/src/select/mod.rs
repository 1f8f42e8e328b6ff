//! Selecting elements by arrays of integers and by masks: gathered to a new array, or scattered to where they lie.
//!
//! An index is prepared once against a layout ([`Selection`]): bounds of slices, broadcasting of index arrays, and where
//! their axes go in the result. Then elements move in one pass: blocks of byte offsets are made from the index arrays
//! where they lie ([`offsets`]) or from the mask ([`trues`]), checked, and followed ([`moves`]). Nothing as long as the
//! index is ever stored; only masks mixed with other arrays become positions first, as many as they have trues.
//! Elements are bytes here: casts are the evaluator's.

mod along;
mod choose;
mod coordinates;
mod gather;
mod item;
mod moves;
mod offsets;
mod parts;
mod pick;
mod plain;
mod reader;
mod trues;
mod truths;

pub use along::Mode;
pub use choose::choose;
pub use coordinates::{ravel_multi_index, unravel_index};
pub(crate) use gather::{apart, overlap};
pub use gather::{gather, scatter};
pub use item::{IndexItem, Selection};
pub use trues::{argwhere, count_true, flatnonzero, nonzero};
