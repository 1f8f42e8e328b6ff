//! [`Plan`]: passes over the data, the size of their parts, and the peak, known before the first byte is read.
//!
//! Every reduction (and every result) of a graph is a *sink*: an elementwise [`Program`] over leaves whose values are
//! folded, stored or written. Sinks whose leaves are all in memory run alone, in one part. Sinks that read the same
//! files, row by row in step, share one pass. A pass takes everything that it needs (results, states, scratch,
//! read-ahead slots, decoders) before it starts, so its memory is a sum, and the plan's peak the largest such sum
//! with what earlier passes left. A plan that does not fit reads smaller parts, or is refused.

use crate::domain::{Axes, Domain};
use crate::expr::{Expr, Fold, Op};
use crate::keep;
use crate::program::{Arg, BLOCK, Program, ProgramBuilder, Slot};
use crate::reduce::choose;
use crate::reducer::Reducer;
use crate::source::{ChunkSink, ChunkSource};
use crate::track::Track;
use metes_array::{Array, Dims, shape_text, shares_memory};
use metes_kernels::ReduceCell;
use metes_memory::{Error, ErrorKind, Memory, Refusal, Result};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Bytes of one read-ahead slot where the limit leaves the choice: a part that stays in the cache.
const SLOT_BYTES: usize = 2 << 20;
/// One part is computed on while the next is read.
pub(crate) const SLOTS: usize = 2;

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

/// Sinks that run together.
pub(crate) struct Pass {
    pub sources: Vec<Arc<dyn ChunkSource>>,
    /// Boundaries between parts, in rows of the files; a pass over memory has one part.
    pub cuts: Vec<usize>,
    pub sinks: Vec<Sink>,
    pub bytes: PassBytes,
}

/// The memory of a pass, item by item.
#[derive(Clone, Copy, Default)]
pub(crate) struct PassBytes {
    /// Results that stay.
    pub results: usize,
    /// States of reductions and registers of programs.
    pub states: usize,
    /// Read-ahead slots, and slots of rows on their way out.
    pub slots: usize,
    /// What decoders hold.
    pub readers: usize,
}

impl PassBytes {
    fn total(&self) -> usize {
        self.results + self.states + self.slots + self.readers
    }
}

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
    fn new(target: Target, value: Expr) -> Result<Sink> {
        let (program, leaves) = compiled(&target, &value, None)?;
        Ok(Sink { target, value, program, leaves, keeps: false, over: None })
    }

    /// Has this value, which a pass before has kept, read instead of computed.
    pub(crate) fn given(&mut self, kept: &Expr) -> Result<()> {
        (self.program, self.leaves) = compiled(&self.target, &self.value, Some(kept))?;
        Ok(())
    }

    pub(crate) fn track(&self) -> Option<&Track> {
        self.value.track()
    }

    /// The barriers that must have run before.
    fn needs(&self) -> Vec<usize> {
        let mut needs = Vec::new();
        self.leaves.iter().for_each(|leaf| {
            if let Some(barrier) = barrier_of(leaf) {
                needs.push(barrier.id());
            }
        });
        needs
    }

    fn sources(&self) -> Vec<Arc<dyn ChunkSource>> {
        self.leaves.iter().filter_map(source_of).collect()
    }

    fn id(&self) -> Option<usize> {
        match &self.target {
            Target::Fold(expr) | Target::Store(expr, _) => Some(expr.id()),
            Target::File(_) => None,
        }
    }

    /// The loop that folds, and the dtype of what it makes.
    pub(crate) fn cell(&self) -> Result<(&'static ReduceCell, &Fold)> {
        let Target::Fold(expr) = &self.target else { unreachable!("only folds have a cell") };
        let fold = fold_of(expr);
        Ok((choose(fold.reduction, self.value.dtype(), fold.dtype)?, fold))
    }

    /// The axis along which values come in parts.
    pub(crate) fn cut(&self, parts: bool) -> Option<usize> {
        self.track().filter(|_| parts).map(|t| t.axis)
    }

    /// On how many threads values are computed.
    pub(crate) fn lanes(&self, parts: bool) -> usize {
        match &self.target {
            Target::Fold(expr) => {
                let domain = Domain { shape: self.value.shape(), axes: &fold_of(expr).axes, cut: self.cut(parts) };
                self.cell().map_or(1, |(cell, _)| crate::reducer::lanes(cell, &self.program, domain))
            }
            _ if parts => 1,
            _ => self.program.lanes(self.value.shape().iter().product()),
        }
    }

    /// For how many values at once there are registers.
    pub(crate) fn values(&self, parts: bool) -> usize {
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
    fn bytes(&self, parts: bool) -> Result<(usize, usize)> {
        match &self.target {
            Target::Fold(expr) => {
                let (cell, _) = self.cell()?;
                let axes = &fold_of(expr).axes;
                let domain = Domain { shape: self.value.shape(), axes, cut: self.cut(parts) };
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

pub(crate) fn fold_of(expr: &Expr) -> &Fold {
    match expr.op() {
        Op::Reduce(fold, _) => fold,
        _ => unreachable!("a fold target is a reduction"),
    }
}

pub(crate) fn bytes_of(expr: &Expr) -> usize {
    expr.shape().iter().product::<usize>() * expr.dtype().size()
}

/// The shape of the largest part of a value.
pub(crate) fn slot_shape(value: &Expr, cuts: &[usize]) -> Dims {
    let mut shape = Dims::from(value.shape());
    if let Some(track) = value.track() {
        let bound = |row| track.boundary(row).expect("parts end at boundaries");
        shape[track.axis] = cuts.windows(2).map(|w| bound(w[1]) - bound(w[0])).max().unwrap_or(0);
    }
    shape
}

fn row_bytes(source: &dyn ChunkSource) -> usize {
    source.shape()[1..].iter().product::<usize>() * source.dtype().size()
}

/// The reduction or held value under the views of a leaf.
fn barrier_of(leaf: &Expr) -> Option<&Expr> {
    match leaf.op() {
        Op::View(_, of) => barrier_of(of),
        Op::Reduce(..) | Op::Held(_) => Some(leaf),
        _ => None,
    }
}

fn source_of(leaf: &Expr) -> Option<Arc<dyn ChunkSource>> {
    match leaf.op() {
        Op::View(_, of) => source_of(of),
        Op::Source(source) => Some(source.clone()),
        _ => None,
    }
}

/// What tells two sources apart.
pub(crate) fn source_id(source: &Arc<dyn ChunkSource>) -> usize {
    Arc::as_ptr(source).cast::<u8>() as usize
}

/// The program of a sink, and its leaves: one of them is the value that is given.
fn compiled(target: &Target, value: &Expr, given: Option<&Expr>) -> Result<(Arc<Program>, Vec<Expr>)> {
    let mut compiler = Compiler::default();
    if let Some(expr) = given {
        compiler.leaf(expr);
    }
    let mut slot = compiler.slot(value)?;
    let mut builder = compiler.builder;
    if let Target::Fold(expr) = target {
        let fold = fold_of(expr);
        slot = builder.cast(slot, choose(fold.reduction, value.dtype(), fold.dtype)?.input.into())?;
    }
    Ok((Arc::new(builder.finish(slot)), compiler.leaves))
}

/// Compiles an elementwise tree; a node met twice is computed once.
#[derive(Default)]
struct Compiler {
    builder: ProgramBuilder,
    slots: HashMap<usize, Slot>,
    leaves: Vec<Expr>,
}

impl Compiler {
    fn slot(&mut self, expr: &Expr) -> Result<Slot> {
        if let Some(&slot) = self.slots.get(&expr.id()) {
            return Ok(slot);
        }
        let slot = match expr.op() {
            Op::Ufunc(ufunc, args) => {
                let args: Result<Vec<Arg>> = args.iter().map(|arg| self.arg(arg)).collect();
                self.builder.ufunc(ufunc, &args?)?
            }
            Op::Cast(of) => {
                let from = self.slot(of)?;
                self.builder.cast(from, expr.dtype())?
            }
            Op::Weak(value) => self.builder.constant(*value, expr.dtype()),
            _ => return Ok(self.leaf(expr)),
        };
        self.slots.insert(expr.id(), slot);
        Ok(slot)
    }

    fn leaf(&mut self, expr: &Expr) -> Slot {
        self.leaves.push(expr.clone());
        let slot = self.builder.input(expr.dtype());
        self.slots.insert(expr.id(), slot);
        slot
    }

    fn arg(&mut self, expr: &Expr) -> Result<Arg> {
        match expr.op() {
            Op::Weak(value) => Ok(Arg::Weak(*value)),
            _ => Ok(Arg::Slot(self.slot(expr)?)),
        }
    }
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
        let mut planned = HashSet::new();
        let alone = outputs.len() == 1;
        for output in outputs {
            match output {
                Output::Array(expr) => {
                    collect(&expr, &mut planned, &mut waiting)?;
                    if barrier_of(&expr).is_none() && planned.insert(expr.id()) {
                        waiting.push(Sink::new(Target::Store(expr.clone(), None), expr.clone())?);
                    }
                    results.push(Some((expr, None)));
                }
                Output::Into(expr, out) => {
                    collect(&expr, &mut planned, &mut waiting)?;
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
                    collect(&expr, &mut planned, &mut waiting)?;
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
            let pass = Pass::new(sinks, live, limit)?;
            plan.peak = plan.peak.max(live + pass.bytes.total());
            live += pass.bytes.results;
            plan.passes.push(pass);
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
    let mut leaves = Vec::new();
    elementwise_leaves(value, &mut HashSet::new(), &mut leaves);
    let work = |array: &Array| Some(crate::apply::overlap_work(array));
    leaves.iter().all(|leaf| match leaf.op() {
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
fn elementwise_leaves(expr: &Expr, seen: &mut HashSet<usize>, leaves: &mut Vec<Expr>) {
    if !seen.insert(expr.id()) {
        return;
    }
    match expr.op() {
        Op::Ufunc(..) | Op::Cast(_) => expr.operands().iter().for_each(|of| elementwise_leaves(of, seen, leaves)),
        _ => leaves.push(expr.clone()),
    }
}

/// Makes a sink of every reduction below `expr` that has none yet, deepest first.
fn collect(expr: &Expr, planned: &mut HashSet<usize>, waiting: &mut Vec<Sink>) -> Result<()> {
    if planned.contains(&expr.id()) {
        return Ok(());
    }
    for operand in expr.operands() {
        collect(operand, planned, waiting)?;
    }
    let (target, value) = match expr.op() {
        Op::Reduce(_, of) => (Target::Fold(expr.clone()), of),
        Op::Held(of) => (Target::Store(expr.clone(), None), of),
        _ => return Ok(()),
    };
    planned.insert(expr.id());
    waiting.push(Sink::new(target, value.clone())?);
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

impl Pass {
    fn new(sinks: Vec<Sink>, live: usize, limit: Option<usize>) -> Result<Pass> {
        let mut sources: Vec<Arc<dyn ChunkSource>> = Vec::new();
        for source in sinks.iter().flat_map(Sink::sources) {
            if !sources.iter().any(|s| source_id(s) == source_id(&source)) {
                sources.push(source);
            }
        }
        let mut bytes = PassBytes::default();
        for sink in &sinks {
            let (result, states) = sink.bytes(!sources.is_empty())?;
            bytes.results += result;
            bytes.states += states;
        }
        bytes.readers = sources.iter().map(|s| s.reader_bytes()).sum();
        let mut pass = Pass { sources, cuts: vec![0, 0], sinks, bytes };
        pass.cut(live, limit)?;
        Ok(pass)
    }

    /// Chooses the parts: as large as a slot should be, smaller where the limit asks for it.
    fn cut(&mut self, live: usize, limit: Option<usize>) -> Result<()> {
        if !self.sources.is_empty() {
            let rows = self.sources[0].shape()[0];
            let fixed = live + self.bytes.total();
            let room = limit.map_or(usize::MAX, |l| l.saturating_sub(fixed)) / self.slot_row_bytes(rows).max(1);
            let wanted = match self.sources.iter().map(|s| row_bytes(&**s)).max().unwrap_or(0) {
                // Rows without bytes are one part, however many the file says it has.
                0 => rows,
                widest => (SLOT_BYTES / widest).clamp(1, rows.max(1)).min(room.max(1)),
            };
            self.cuts = self.boundaries(rows, wanted);
        }
        self.bytes.slots = self.slot_bytes();
        let needed = live + self.bytes.total();
        match limit {
            Some(limit) if needed > limit => Err(self.refuse(needed, limit, live)),
            _ => Ok(()),
        }
    }

    /// The largest number of rows in a part.
    pub(crate) fn part_rows(&self) -> usize {
        self.cuts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0)
    }

    /// Bytes of the slots for these cuts, exactly.
    fn slot_bytes(&self) -> usize {
        let read = |source: &Arc<dyn ChunkSource>| row_bytes(&**source) * self.part_rows() * SLOTS;
        let written = |sink: &Sink| match sink.target {
            Target::File(_) => {
                slot_shape(&sink.value, &self.cuts).iter().product::<usize>() * sink.value.dtype().size()
            }
            _ => 0,
        };
        self.sources.iter().map(read).sum::<usize>() + self.sinks.iter().map(written).sum::<usize>()
    }

    /// Bytes of the slots per row of the files, nearly.
    fn slot_row_bytes(&self, rows: usize) -> usize {
        let read: usize = self.sources.iter().map(|s| row_bytes(&**s)).sum::<usize>() * SLOTS;
        let written = |sink: &Sink| match sink.target {
            Target::File(_) => bytes_of(&sink.value).div_ceil(rows.max(1)),
            _ => 0,
        };
        read + self.sinks.iter().map(written).sum::<usize>()
    }

    fn boundaries(&self, rows: usize, wanted: usize) -> Vec<usize> {
        let tracks: Vec<&Track> = self.sinks.iter().flat_map(|s| &s.leaves).filter_map(Expr::track).collect();
        let whole = |row: usize| row == rows || tracks.iter().all(|t| t.boundary(row).is_some());
        let period = tracks.iter().fold(1usize, |period, t| period.saturating_mul(t.period()));
        let mut cuts = vec![0];
        let mut at = 0;
        while at < rows {
            let far = at.saturating_add(wanted).min(rows);
            let near = far.saturating_sub(period).max(at) + 1;
            let next = (near..=far).rev().find(|&r| whole(r)).or_else(|| (far..=rows).find(|&r| whole(r)));
            at = next.expect("the end is a boundary");
            cuts.push(at);
        }
        cuts
    }

    fn refuse(&self, needed: usize, limit: usize, live: usize) -> Error {
        let names: Vec<&str> = self.sources.iter().map(|s| s.name()).collect();
        let b = self.bytes;
        let reads = if names.is_empty() {
            String::new()
        } else {
            format!(
                ", {SLOTS} slots of {} rows of {} {} bytes, readers {}",
                self.part_rows(),
                names.join(", "),
                b.slots,
                b.readers
            )
        };
        let message = format!(
            "plan: even the smallest parts need {needed} bytes, the limit leaves {limit}: earlier results {live}, results {}, states and scratch {}{reads}; raise the limit, or reduce to fewer results",
            b.results, b.states
        );
        let mut refusal = Refusal::default();
        (refusal.requested, refusal.limit, refusal.live) = (needed, Some(limit), live);
        Error::refused(message, refusal)
    }
}
