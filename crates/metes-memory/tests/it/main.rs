//! Tests of the memory manager, one binary.

mod conformance;
mod guards;
mod huge_pages;
mod ledger;
mod limits;
mod raw;
mod scopes;
mod trim;
