//! How operations run: promotion, the walk over n dimensions, programs, reductions, lazy graphs and their plans.
//!
//! One evaluator serves all: an eager operation is a program of one step, a plan runs programs over parts of files.
//! Large operations are shared among threads, whose number no result depends on.

mod align;
mod along;
mod apply;
mod assign;
mod compile;
mod direct;
mod domain;
mod elements;
mod exec;
mod explain;
mod expr;
mod fold;
mod folding;
mod graph;
mod joining;
mod keep;
mod loose;
mod meeting;
mod operand;
mod others;
mod pass;
mod past;
mod plan;
mod program;
mod push;
mod put;
mod quick;
mod reduce;
mod reducer;
mod repeat;
mod resolve;
mod runs;
mod select;
mod share;
mod sink;
mod sorting;
mod source;
mod spelling;
mod split;
mod spread;
mod status;
mod stream;
mod strips;
mod times;
mod together;
mod track;
mod tree;
mod view;
mod walk;
mod whole;
mod words;

pub use along::reduce_along;
pub use apply::{Operand, Options, Outputs, apply, apply_program, take_flags};
pub(crate) use assign::convert;
pub use assign::{assign, astype};
pub use direct::{Borrowed, Number, apply_direct, apply_direct_to, apply_numbers};
pub use domain::{Domain, Part};
pub use expr::Expr;
pub use fold::{
    AccumulateOptions, FoldOptions, Initial, accumulate, apply_at, apply_selected, cumulative, fold, outer, reduceat,
};
pub use plan::{Output, Plan};
pub use program::{Arg, Program, ProgramBuilder, ScratchBuf, Slot};
pub use put::{assign_direct, astype_direct, fill_direct};
pub use reduce::{ReduceOptions, reduce, reduce_program, result_dtype as reduced_dtype};
pub use reducer::Reducer;
pub use repeat::Repeatable;
pub use resolve::{Input, common_dtype, resolve, result_dtype, signed};
pub use select::assign_selected;
pub use sorting::{
    Search, Sorting, Unique, UniqueOptions, argpartition, argsort, argsort_scratch, compress, contains, lexsort,
    partition, partition_in_place, searchsorted, sort, sort_in_place, sort_scratch, unique, unique_rows, unique_sorted,
};
pub use source::{ChunkReader, ChunkSink, ChunkSource};
pub use spelling::{dates_as_text, spelled_dtype};
pub use stream::Progress;
pub use whole::reduce_whole;
