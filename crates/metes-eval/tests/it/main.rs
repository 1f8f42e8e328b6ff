//! Tests of the evaluator, one binary.

mod plan;
