//! [`Plan`]: passes over the data, the size of their parts, and the peak, known before the first byte is read.
//!
//! Every reduction (and every result) of a graph is a *sink*: an elementwise [`Program`] over leaves whose values are
//! folded, stored or written. Sinks whose leaves are all in memory run in one part: alone, or with others that fold the
//! same places ([`crate::joining`]). Sinks that read the same files, row by row in step, share one pass. A pass takes everything that it needs (results, states, scratch,
//! read-ahead slots, decoders) before it starts, so its memory is a sum, and the plan's peak the largest such sum
//! with what earlier passes left. A plan that does not fit reads smaller parts, or is refused.

use crate::expr::{Expr, Op};
use crate::joining;
use crate::keep;
use crate::pass::{Pass, row_bytes};
use crate::sink::{Sink, Target, barrier_of, source_id};
use crate::source::ChunkSink;
use metes_array::{Array, shape_text, shares_memory};
use metes_memory::{Error, ErrorKind, Memory, Result};
use std::collections::HashSet;
use std::sync::Mutex;

/// What a plan delivers.
pub enum Output {
    /// A result in memory.
    Array(Expr),
    /// A result in an array that exists, which may share bytes with what is read: of the same shape, cast to its dtype.
    Into(Expr, Array),
    /// Rows of a result, handed on as they are made.
    Sink(Expr, Box<dyn ChunkSink>),
}

/// How to compute some lazy values: passes, parts, and the peak of memory.
pub struct Plan {
    pub(crate) passes: Vec<Pass>,
    /// The values to deliver; `None` where the rows went to a sink.
    pub(crate) results: Vec<Option<(Expr, Option<Array>)>>,
    pub(crate) peak: usize,
}

impl Plan {
    /// Plans the computation of `outputs` within `limit` bytes on top of what lives now; without a limit of its own,
    /// within what the thread's memory has left.
    ///
    /// # Errors
    /// [`ErrorKind::Memory`] where even the smallest parts do not fit: the message has the sizes.
    pub fn new(outputs: Vec<Output>, limit: Option<usize>) -> Result<Plan> {
        let limit = limit.or_else(|| Memory::current().available());
        let mut waiting = Vec::new();
        let mut results = Vec::new();
        let (mut seen, mut planned) = (HashSet::new(), HashSet::new());
        let alone = outputs.len() == 1;
        for output in outputs {
            match output {
                Output::Array(expr) => {
                    collect(&expr, &mut seen, &mut waiting)?;
                    if barrier_of(&expr).is_none() && planned.insert(expr.id()) {
                        waiting.push(Sink::new(Target::Store(expr.clone(), None), expr.clone())?);
                    }
                    results.push(Some((expr, None)));
                }
                Output::Into(expr, out) => {
                    collect(&expr, &mut seen, &mut waiting)?;
                    check_out(&expr, &out)?;
                    let mut direct = None;
                    if barrier_of(&expr).is_none() && planned.insert(expr.id()) {
                        let value = expr.cast(out.dtype())?;
                        if alone && may_be_written(&value, &out) {
                            direct = Some(value.clone());
                            waiting.push(Sink::new(Target::Store(value.clone(), Some(out.clone())), value)?);
                        } else {
                            waiting.push(Sink::new(Target::Store(expr.clone(), None), expr.clone())?);
                        }
                    }
                    results.push(Some((direct.unwrap_or(expr), Some(out))));
                }
                Output::Sink(expr, sink) => {
                    collect(&expr, &mut seen, &mut waiting)?;
                    if expr.track().is_some_and(|t| t.axis != 0) {
                        return Err(Error::new(
                            ErrorKind::Unsupported,
                            "save: the lazy array's first axis is not the one that its file is read along; transpose it back, or compute() it first",
                        ));
                    }
                    waiting.push(Sink::new(Target::File(Mutex::new(sink)), expr)?);
                    results.push(None);
                }
            }
        }
        let mut plan = Plan { passes: Vec::new(), results, peak: 0 };
        let mut live = 0;
        for sinks in ordered(waiting)? {
            let room = limit.map_or(usize::MAX, |limit| limit.saturating_sub(live));
            for sinks in joining::fitting(sinks, room)? {
                let pass = Pass::new(sinks, live, limit)?;
                plan.peak = plan.peak.max(live + pass.bytes.total());
                live += pass.bytes.results;
                plan.passes.push(pass);
            }
        }
        let assigned = plan.results.iter().flatten().map(|(expr, out)| cast_bytes(expr, out.as_ref()));
        plan.peak = plan.peak.max(live + assigned.max().unwrap_or(0));
        Ok(plan)
    }

    /// The most bytes that the plan holds at once, results included.
    pub fn peak_bytes(&self) -> usize {
        self.peak
    }

    /// Bytes that the plan reads, decoded, all passes together.
    pub fn read_bytes(&self) -> u64 {
        self.passes.iter().flat_map(|p| &p.sources).map(|s| (row_bytes(&**s) as u64) * s.shape()[0] as u64).sum()
    }
}

/// Scratch for casting a result into an array that exists.
fn cast_bytes(expr: &Expr, out: Option<&Array>) -> usize {
    match out {
        Some(out) if out.dtype() != expr.dtype() => {
            // What cannot be cast is refused when the plan is checked.
            let program = crate::apply::cast_program(expr.dtype(), out.dtype());
            program.map_or(0, |program| program.lanes_bytes(program.lanes(out.size()), program.at_once(out.size())))
        }
        _ => 0,
    }
}

fn check_out(expr: &Expr, out: &Array) -> Result<()> {
    out.require_writeable("compute")?;
    if out.shape() == expr.shape() {
        return Ok(());
    }
    let (have, want) = (shape_text(out.shape()), shape_text(expr.shape()));
    Err(Error::new(ErrorKind::Value, format!("compute: out has shape {have}, the result {want}")))
}

/// Whether an elementwise value may be written where it is wanted while it is computed: what it reads of those bytes lies at
/// the very place of what is written.
fn may_be_written(value: &Expr, out: &Array) -> bool {
    let work = |array: &Array| Some(crate::apply::overlap_work(array));
    elementwise_leaves(value).all(|leaf| match leaf.op() {
        Op::Array(array, _) => {
            array.buffer().same(out.buffer()) && array.layout() == out.layout() && array.dtype() == out.dtype()
                || !shares_memory(array, out, work(array)).unwrap_or(true)
        }
        Op::Argument { .. } => false,
        _ => true,
    }) && !shares_memory_inside(out)
}

/// Whether elements of an array may lie on each other, so that what is written is not what is read.
fn shares_memory_inside(array: &Array) -> bool {
    array.strides().iter().zip(array.shape()).any(|(&stride, &n)| stride == 0 && n > 1)
}

/// The leaves that the program of a value reads.
fn elementwise_leaves(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let nodes = expr.bottom_up(&mut HashSet::new(), Op::is_elementwise);
    nodes.into_iter().filter(|of| !of.op().is_elementwise())
}

/// Makes a sink of every reduction from `expr` down that was not seen, deepest first.
fn collect(expr: &Expr, seen: &mut HashSet<usize>, waiting: &mut Vec<Sink>) -> Result<()> {
    for of in expr.bottom_up(seen, |_| true) {
        let (target, value) = match of.op() {
            Op::Reduce(_, value) => (Target::Fold(of.clone()), value),
            Op::Held(value, _) => (Target::Store(of.clone(), None), value),
            _ => continue,
        };
        waiting.push(Sink::new(target, value.clone())?);
    }
    Ok(())
}

/// The sinks of each pass.
fn ordered(mut waiting: Vec<Sink>) -> Result<Vec<Vec<Sink>>> {
    let (mut passes, mut done) = (Vec::new(), HashSet::new());
    while !waiting.is_empty() {
        let sinks = next_sinks(&mut waiting, &done);
        done.extend(sinks.iter().filter_map(Sink::id));
        passes.push(sinks);
    }
    keep::arrange(&mut passes)?;
    joining::join(&mut passes)?;
    Ok(passes)
}

/// The sinks of the next pass: one over memory that is ready, else all ready ones that read files in step.
fn next_sinks(waiting: &mut Vec<Sink>, done: &HashSet<usize>) -> Vec<Sink> {
    let ready = |sink: &Sink| sink.needs().iter().all(|id| done.contains(id));
    if let Some(at) = waiting.iter().position(|s| s.track().is_none() && ready(s)) {
        return vec![waiting.remove(at)];
    }
    let first = waiting.iter().position(ready).expect("a graph has no cycles");
    let mut chosen = vec![waiting.remove(first)];
    let rows = chosen[0].track().expect("a sink that is not over memory is streamed").rows;
    let mut reads: HashSet<usize> = chosen[0].sources().iter().map(source_id).collect();
    let mut at = 0;
    while at < waiting.len() {
        let sink = &waiting[at];
        let in_step = sink.track().is_some_and(|t| t.rows == rows);
        if in_step && ready(sink) && sink.sources().iter().any(|s| reads.contains(&source_id(s))) {
            let sink = waiting.remove(at);
            reads.extend(sink.sources().iter().map(source_id));
            chosen.push(sink);
            at = 0;
        } else {
            at += 1;
        }
    }
    chosen
}
