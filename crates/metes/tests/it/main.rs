//! The Rust door.

mod ndarray;
