//! Tests of the memory manager, one binary.

mod conformance;
mod decay;
mod fragmentation;
mod guards;
mod huge_pages;
mod ledger;
mod limits;
mod raw;
mod scopes;
mod soak;
mod trim;
