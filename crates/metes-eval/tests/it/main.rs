//! Tests of the evaluator, one binary.

mod graphs;
mod loose;
mod overlap;
mod plan;
mod reductions;
mod short;
mod sorting;
mod threads;
