//! Tests of the evaluator, one binary.

mod overlap;
mod plan;
mod reductions;
mod short;
mod threads;
