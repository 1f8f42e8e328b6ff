//! How operations run: promotion, the walk over n dimensions, programs, reductions, lazy graphs and their plans.

mod source;

pub use source::{ChunkReader, ChunkSink, ChunkSource};
