//! The Rust door.

mod door;
mod ndarray;
