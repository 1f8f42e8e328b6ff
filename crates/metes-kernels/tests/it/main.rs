//! Tests of the tables: what NumPy answers (`numpy.txt`), layouts, casts, reductions.

mod accuracy;
mod casts;
mod layouts;
mod narrow;
mod reductions;
mod rows;
mod samples;
mod spec;
