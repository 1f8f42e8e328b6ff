//! Tests of the memory manager, one binary.

mod conformance;
mod guards;
mod ledger;
mod limits;
mod scopes;
mod trim;
