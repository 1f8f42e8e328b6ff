//! A sink: one elementwise program, its leaves, and where its values go.

use crate::compile::compiled;
use crate::domain::{Axes, Domain};
use crate::expr::{Expr, Fold, Op};
use crate::program::{BLOCK, Program};
use crate::reduce::choose;
use crate::reducer::Reducer;
use crate::source::{ChunkSink, ChunkSource};
use crate::track::Track;
use metes_array::Array;
use metes_kernels::ReduceCell;
use metes_memory::Result;
use std::sync::{Arc, Mutex};

/// One elementwise program and where its values go.
pub(crate) struct Sink {
    pub target: Target,
    /// The value that is computed elementwise.
    pub value: Expr,
    pub program: Arc<Program>,
    pub leaves: Vec<Expr>,
    /// Whether the values that are folded are kept where a result will be ([`crate::keep`]).
    pub keeps: bool,
    /// The leaf in whose place the result is written.
    pub over: Option<usize>,
    /// Whether other reductions go over the same places in the same pass ([`crate::joining`]).
    pub together: bool,
}

pub(crate) enum Target {
    /// Folded; the expression is the `Reduce` node.
    Fold(Expr),
    /// Kept whole under the id of this expression; in an array that exists, where one is given.
    Store(Expr, Option<Array>),
    /// Handed on.
    File(Mutex<Box<dyn ChunkSink>>),
}

impl Sink {
    pub fn new(target: Target, value: Expr) -> Result<Sink> {
        let (program, leaves) = program_of(&target, &value, None)?;
        Ok(Sink { target, value, program, leaves, keeps: false, over: None, together: false })
    }

    /// Has this value, which a pass before has kept, read instead of computed.
    pub fn given(&mut self, kept: &Expr) -> Result<()> {
        (self.program, self.leaves) = program_of(&self.target, &self.value, Some(kept))?;
        Ok(())
    }

    pub fn track(&self) -> Option<&Track> {
        self.value.track()
    }

    /// The barriers that must have run before.
    pub fn needs(&self) -> Vec<usize> {
        let mut needs = Vec::new();
        self.leaves.iter().for_each(|leaf| {
            if let Some(barrier) = barrier_of(leaf) {
                needs.push(barrier.id());
            }
        });
        needs
    }

    pub fn sources(&self) -> Vec<Arc<dyn ChunkSource>> {
        self.leaves.iter().filter_map(source_of).collect()
    }

    pub fn id(&self) -> Option<usize> {
        match &self.target {
            Target::Fold(expr) | Target::Store(expr, _) => Some(expr.id()),
            Target::File(_) => None,
        }
    }

    /// The loop that folds, and the dtype of what it makes.
    pub fn cell(&self) -> Result<(&'static ReduceCell, &Fold)> {
        let Target::Fold(expr) = &self.target else { unreachable!("only folds have a cell") };
        let fold = fold_of(expr);
        Ok((choose(fold.reduction, self.value.dtype(), fold.dtype)?, fold))
    }

    /// The axis along which values come in parts.
    pub fn cut(&self, parts: bool) -> Option<usize> {
        self.track().filter(|_| parts).map(|t| t.axis)
    }

    /// What a fold goes over.
    pub fn domain<'a>(&'a self, axes: &'a [usize], parts: bool) -> Domain<'a> {
        Domain { shape: self.value.shape(), axes, cut: self.cut(parts), together: self.together }
    }

    /// On how many threads values are computed.
    pub fn lanes(&self, parts: bool) -> usize {
        match &self.target {
            Target::Fold(expr) => {
                let domain = self.domain(&fold_of(expr).axes, parts);
                self.cell().map_or(1, |(cell, _)| crate::reducer::lanes(cell, &self.program, domain))
            }
            _ if parts => 1,
            _ => self.program.lanes(self.value.shape().iter().product()),
        }
    }

    /// For how many values at once there are registers.
    pub fn values(&self, parts: bool) -> usize {
        match &self.target {
            Target::Fold(expr) => {
                let axes = Axes::new(self.value.shape(), &fold_of(expr).axes);
                crate::reducer::values(&self.program, &axes)
            }
            _ if parts => BLOCK,
            _ => self.program.at_once(self.value.shape().iter().product()),
        }
    }

    /// Bytes of the result that stays, and of states and scratch while the pass runs.
    pub fn bytes(&self, parts: bool) -> Result<(usize, usize)> {
        match &self.target {
            Target::Fold(expr) => {
                let (cell, _) = self.cell()?;
                let domain = self.domain(&fold_of(expr).axes, parts);
                let states = Reducer::state_bytes(cell, &self.program, domain);
                let kept = if self.keeps { bytes_of(&self.value) } else { 0 };
                Ok((bytes_of(expr) + kept, states))
            }
            Target::Store(expr, into) => {
                let result = if into.is_some() || self.over.is_some() { 0 } else { bytes_of(expr) };
                Ok((result, self.program.lanes_bytes(self.lanes(parts), self.values(parts))))
            }
            Target::File(_) => Ok((0, self.program.scratch_bytes())),
        }
    }
}

/// The program of a sink, and its leaves: one of them is the value that is given.
fn program_of(target: &Target, value: &Expr, given: Option<&Expr>) -> Result<(Arc<Program>, Vec<Expr>)> {
    let folded = match target {
        Target::Fold(expr) => {
            let fold = fold_of(expr);
            Some(choose(fold.reduction, value.dtype(), fold.dtype)?.input.into())
        }
        _ => None,
    };
    let (program, leaves) = compiled(value, folded, given)?;
    Ok((Arc::new(program), leaves))
}

pub(crate) fn fold_of(expr: &Expr) -> &Fold {
    match expr.op() {
        Op::Reduce(fold, _) => fold,
        _ => unreachable!("a fold target is a reduction"),
    }
}

pub(crate) fn bytes_of(expr: &Expr) -> usize {
    expr.shape().iter().product::<usize>() * expr.dtype().size()
}

/// The reduction or held value under the views of a leaf.
pub(crate) fn barrier_of(leaf: &Expr) -> Option<&Expr> {
    Some(leaf.under_views()).filter(|of| matches!(of.op(), Op::Reduce(..) | Op::Held(..)))
}

fn source_of(leaf: &Expr) -> Option<Arc<dyn ChunkSource>> {
    match leaf.under_views().op() {
        Op::Source(source) => Some(source.clone()),
        _ => None,
    }
}

/// What tells two sources apart.
pub(crate) fn source_id(source: &Arc<dyn ChunkSource>) -> usize {
    Arc::as_ptr(source).cast::<u8>() as usize
}
