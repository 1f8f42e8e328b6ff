//! The buffer protocol, both ways, without copying.

mod export;
mod format;
mod import;
mod structs;

pub(crate) use export::slots;

pub(crate) use import::import;
pub(crate) use structs::can_show;
