//! Running a [`Plan`]: one pass after the other, reading ahead of the computation.
//!
//! Each source of a pass has its own thread, which fills slots while the parts before are computed on; a free slot is
//! the only backpressure. Everything that a pass needs is taken before its first byte is read. An error, or a refusal
//! by the progress callback, stops the readers and frees what the pass held; files that were being written stay
//! invisible.

use crate::domain::{Domain, Part};
use crate::expr::{Expr, Op};
use crate::pass::{Pass, SLOTS, slot_shape};
use crate::plan::Plan;
use crate::program::ScratchBuf;
use crate::reducer::Reducer;
use crate::sink::{Sink, Target, fold_of, source_id};
use crate::source::{ChunkReader, ChunkSource};
use crate::together;
use metes_array::{Array, Dims, Index, Layout, inexpressible, shape_text};
use metes_dtype::Casting;
use metes_memory::{Error, ErrorKind, Memory, Reason, Result, copying};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};

/// Told how many of the bytes to read are done; an error stops the plan.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> Result<()>;

impl Plan {
    /// Computes the plan's outputs, in their order; `None` for those whose rows went to a sink.
    ///
    /// # Errors
    /// What the sources, the sinks, the memory or `progress` report; nothing of the plan stays allocated then.
    pub fn run(self, progress: Progress) -> Result<Vec<Option<Array>>> {
        self.run_on(&[], progress)
    }

    /// The same for a plan over arguments ([`Expr::argument`]), which are given anew.
    ///
    /// # Errors
    /// As [`Plan::run`], and arguments of another dtype, shape or strides than the first ones.
    pub fn run_on(self, arguments: &[Array], progress: Progress) -> Result<Vec<Option<Array>>> {
        let total = self.read_bytes();
        let mut done = 0;
        let mut held = Held { done: HashMap::new(), arguments };
        for pass in self.passes {
            pass.run(&mut held, &mut |bytes| {
                done += bytes;
                progress(done, total)
            })?;
        }
        let results = self.results.iter().map(|result| {
            let Some((expr, out)) = result else { return Ok(None) };
            let value = held.value(expr, None)?;
            let Some(out) = out else { return Ok(Some(value)) };
            crate::assign(out, &crate::Operand::Array(value), Casting::Unsafe, None)?;
            Ok(Some(out.clone()))
        });
        results.collect()
    }
}

/// Results of earlier passes by the id of their expression, and the arguments.
struct Held<'a> {
    done: HashMap<usize, Array>,
    arguments: &'a [Array],
}

/// The rows of the files that are in memory now.
struct Window<'a> {
    lo: usize,
    hi: usize,
    parts: &'a HashMap<usize, Array>,
}

impl Held<'_> {
    /// The value of a leaf: whole, or the window's rows of it. `None` inside where the window has no row of it.
    fn leaf(&self, leaf: &Expr, window: Option<&Window>) -> Result<Option<Array>> {
        let (mut of, mut above) = (leaf, Vec::new());
        let mut array = loop {
            if let Some(done) = self.done.get(&of.id()) {
                break done.clone();
            }
            match (of.op(), window) {
                (Op::Array(array, _), _) => break array.clone(),
                (Op::Argument { number, layout, offset }, _) => {
                    break argument(self.arguments, *number, layout, *offset, of)?;
                }
                (Op::Source(source), Some(window)) => match window.parts.get(&source_id(source)) {
                    Some(rows) => break rows.clone(),
                    None => return Ok(None),
                },
                (Op::View(view, below), _) => {
                    above.push((view, below, of));
                    of = below;
                }
                _ => unreachable!("a leaf is an array, a source, a result, or a view of one"),
            }
        };
        for (view, of, made) in above.into_iter().rev() {
            array = match (of.track(), made.track(), window) {
                (Some(from), Some(to), Some(window)) => match view.of_part(from, to, window.lo, window.hi) {
                    Some(view) => view.of(&array)?,
                    None => return Ok(None),
                },
                _ => view.of(&array)?,
            };
        }
        Ok(Some(array))
    }

    fn value(&self, expr: &Expr, window: Option<&Window>) -> Result<Array> {
        self.leaf(expr, window)?.ok_or_else(|| Error::new(ErrorKind::Value, "plan: an output was not computed"))
    }
}

/// A view of an argument.
pub(crate) fn argument(
    arguments: &[Array],
    number: usize,
    layout: &Layout,
    offset: isize,
    leaf: &Expr,
) -> Result<Array> {
    let other = || Error::new(ErrorKind::Value, format!("plan: argument {} is not as it was planned", number + 1));
    let array = arguments.get(number).filter(|a| a.dtype() == leaf.dtype()).ok_or_else(other)?;
    let start = array.layout().offset().checked_add_signed(offset).ok_or_else(other)?;
    let layout = Layout::new(layout.shape(), layout.strides(), start)?;
    Array::new(array.buffer().clone(), array.dtype(), layout, false)
}

impl Pass {
    fn run(self, held: &mut Held, advance: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        let part_rows = self.part_rows();
        let Pass { sources, cuts, sinks, .. } = self;
        let mut running: Vec<Running> =
            sinks.into_iter().map(|s| Running::new(s, &cuts, !sources.is_empty(), held)).collect::<Result<_>>()?;
        if sources.is_empty() {
            whole(&mut running, held)?;
        } else {
            let lanes: Vec<Lane> = sources.into_iter().map(|s| Lane::new(s, part_rows)).collect::<Result<_>>()?;
            stream(lanes, &cuts, |lo, hi, parts, bytes| {
                let window = Window { lo, hi, parts };
                running.iter_mut().try_for_each(|sink| sink.part(held, &window))?;
                advance(bytes)
            })?;
        }
        for sink in running {
            sink.finish(held)?;
        }
        Ok(())
    }
}

/// All values of some sinks at once, from memory.
fn whole(running: &mut [Running], held: &Held) -> Result<()> {
    let inputs: Vec<Vec<Array>> = running.iter().map(|sink| sink.inputs(held)).collect::<Result<_>>()?;
    let part = |sink: &Running| Part { axis: 0, start: 0, len: sink.value.shape().first().copied().unwrap_or(1) };
    let reducers: Vec<&Reducer> = running.iter().filter_map(Running::reducer).collect();
    if running.len() > 1 && reducers.len() == running.len() {
        return together::feed(&reducers, &inputs, part(&running[0]));
    }
    running.iter_mut().zip(&inputs).try_for_each(|(sink, inputs)| sink.feed(inputs, part(sink)))
}

/// A sink with what it needs while its pass runs.
struct Running {
    target: Target,
    value: Expr,
    leaves: Vec<Expr>,
    work: Work,
    /// The result; absent where rows are handed on.
    out: Option<Array>,
    /// Where the values that are folded are kept.
    kept: Option<Array>,
}

enum Work {
    Fold(Box<Reducer>),
    Elementwise(Box<Elementwise>),
}

/// A program whose values are stored or handed on.
struct Elementwise {
    program: Arc<crate::program::Program>,
    scratch: ScratchBuf,
    /// A slot for rows on their way out.
    rows: Option<Array>,
}

impl Running {
    fn new(sink: Sink, cuts: &[usize], parts: bool, held: &Held) -> Result<Running> {
        let (cut, lanes, values) = (sink.cut(parts), sink.lanes(parts), sink.values(parts));
        let together = sink.together;
        let cell = matches!(sink.target, Target::Fold(_)).then(|| sink.cell().map(|c| c.0)).transpose()?;
        let Sink { target, value, program, leaves, keeps, over, .. } = sink;
        let kept = keeps.then(|| Array::empty(value.shape(), value.dtype(), "compute")).transpose()?;
        let (out, work) = match &target {
            Target::Fold(expr) => {
                let fold = fold_of(expr);
                let out = Array::empty(
                    &crate::expr::reduced_shape(value.shape(), &fold.axes, false),
                    expr.dtype(),
                    fold.reduction.name,
                )?;
                let cell = cell.expect("a fold has a cell");
                let domain = Domain { shape: value.shape(), axes: &fold.axes, cut, together };
                let reducer = Reducer::new(fold.reduction, cell, program, domain, fold.correction, out.clone())?;
                let reducer = reducer.keeping(kept.clone());
                (Some(out), Work::Fold(Box::new(reducer)))
            }
            Target::Store(expr, into) => {
                booked(expr, &value)?;
                let out = match (into, over) {
                    (Some(out), _) => out.clone(),
                    (None, Some(leaf)) => held.value(&leaves[leaf], None)?,
                    (None, None) => Array::empty(expr.shape(), expr.dtype(), "compute")?,
                };
                let scratch = ScratchBuf::for_lanes(&program, lanes, values)?;
                (Some(out), Work::Elementwise(Box::new(Elementwise { program, scratch, rows: None })))
            }
            Target::File(_) => {
                let rows = Array::empty(&slot_shape(&value, cuts), value.dtype(), "save")?;
                let scratch = ScratchBuf::new(&program)?;
                (None, Work::Elementwise(Box::new(Elementwise { program, scratch, rows: Some(rows) })))
            }
        };
        Ok(Running { target, value, leaves, work, out, kept })
    }

    /// What the leaves are, which lie in memory.
    fn inputs(&self, held: &Held) -> Result<Vec<Array>> {
        self.leaves.iter().map(|leaf| held.value(leaf, None)).collect()
    }

    fn reducer(&self) -> Option<&Reducer> {
        match &self.work {
            Work::Fold(reducer) => Some(reducer),
            Work::Elementwise(_) => None,
        }
    }

    /// The window's values.
    fn part(&mut self, held: &Held, window: &Window) -> Result<()> {
        let track = self.value.track().expect("a streamed sink has a track");
        let first = track.boundary(window.lo).expect("parts end at boundaries");
        let end = track.boundary(window.hi).expect("parts end at boundaries");
        if first == end {
            return Ok(());
        }
        let part = Part { axis: track.axis, start: first, len: end - first };
        let mut inputs = Vec::with_capacity(self.leaves.len());
        for leaf in &self.leaves {
            let array = held.value(leaf, Some(window))?;
            inputs.push(if leaf.track().is_some() { array } else { rows_of(&array, self.value.shape().len(), part)? });
        }
        self.feed(&inputs, part)
    }

    fn feed(&mut self, inputs: &[Array], part: Part) -> Result<()> {
        match &mut self.work {
            Work::Fold(reducer) => reducer.feed(inputs, part, None),
            Work::Elementwise(work) => {
                let Elementwise { program, scratch, rows } = &mut **work;
                let (out, at) = match (&self.out, rows) {
                    (Some(out), _) => (out, part),
                    (None, Some(rows)) => (&*rows, Part { start: 0, ..part }),
                    (None, None) => unreachable!("rows go somewhere"),
                };
                let out = if out.ndim() == 0 { out.clone() } else { rows_of(out, out.ndim(), at)? };
                program.run(inputs, &out, None, scratch)?;
                match &mut self.target {
                    Target::File(sink) => sink.get_mut().unwrap_or_else(PoisonError::into_inner).write(bytes_of(&out)),
                    _ => Ok(()),
                }
            }
        }
    }

    fn finish(self, held: &mut Held<'_>) -> Result<()> {
        held.done.extend(self.kept.map(|kept| (self.value.id(), kept)));
        match (self.target, self.work) {
            (Target::Fold(expr), Work::Fold(reducer)) => {
                let out = self.out.expect("a fold has a result");
                reducer.finish()?;
                let shape: Vec<isize> = expr.shape().iter().map(|&n| n as isize).collect();
                held.done.insert(expr.id(), out.reshape(&shape, metes_array::Order::C, Some(false))?);
            }
            (Target::Store(expr, _), _) => {
                held.done.insert(expr.id(), self.out.expect("a stored value has a result"));
            }
            (Target::File(sink), _) => sink.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?,
            (Target::Fold(_), Work::Elementwise(_)) => unreachable!("a fold folds"),
        }
        Ok(())
    }
}

/// Books the copy that a value is, if it is one.
///
/// # Errors
/// Where copies are denied.
fn booked(expr: &Expr, of: &Expr) -> Result<()> {
    let Op::Held(_, Some(wanted)) = expr.op() else { return Ok(()) };
    copying(Reason::Reshape, crate::sink::bytes_of(expr), || match of.laid() {
        Ok(Some(layout)) => inexpressible(&layout, wanted),
        _ => format!("what is computed of shape {} is needed in shape {}", shape_text(of.shape()), shape_text(wanted)),
    })
}

/// The part's rows of an operand that broadcasts to a value with `ndim` axes.
fn rows_of(array: &Array, ndim: usize, part: Part) -> Result<Array> {
    let new = ndim - array.ndim();
    if part.axis < new || array.shape()[part.axis - new] == 1 {
        return Ok(array.clone());
    }
    let all = Index::Slice { start: None, stop: None, step: None };
    let mut index = vec![all; part.axis - new + 1];
    let (start, stop) = (part.start as isize, (part.start + part.len) as isize);
    index[part.axis - new] = Index::Slice { start: Some(start), stop: Some(stop), step: None };
    array.index(&index)
}

/// The bytes of rows at the front of a slot.
fn bytes_of(rows: &Array) -> &[u8] {
    // SAFETY: the rows are C-contiguous, initialised, and nobody writes to the slot while the slice lives.
    unsafe { std::slice::from_raw_parts(rows.as_ptr(), rows.size() * rows.dtype().size()) }
}

/// One source of a pass: its reader and its slots.
struct Lane {
    id: usize,
    reader: Box<dyn ChunkReader>,
    slots: Vec<Array>,
    row_bytes: usize,
}

impl Lane {
    fn new(source: Arc<dyn ChunkSource>, rows: usize) -> Result<Lane> {
        let reader = source.open()?;
        let mut shape = Dims::from(source.shape());
        shape[0] = rows;
        let slots = (0..SLOTS).map(|_| Array::empty(&shape, source.dtype(), "read-ahead")).collect::<Result<_>>()?;
        let row_bytes = shape[1..].iter().product::<usize>() * source.dtype().size();
        Ok(Lane { id: source_id(&source), reader, slots, row_bytes })
    }
}

/// A filled slot and how many of its rows are filled, or why reading stopped.
type Filled = Result<(Array, usize)>;

/// Reads every part of every lane and hands them to `each` in order: first row, end, parts by source, bytes read.
fn stream(
    lanes: Vec<Lane>,
    cuts: &[usize],
    mut each: impl FnMut(usize, usize, &HashMap<usize, Array>, u64) -> Result<()>,
) -> Result<()> {
    let memory = Memory::current();
    let _readers = metes_memory::Apart::new();
    std::thread::scope(|scope| {
        let mut ends = Vec::new();
        for lane in lanes {
            let (give, free) = sync_channel(SLOTS);
            let (fill, filled) = sync_channel(SLOTS);
            let (id, row_bytes) = (lane.id, lane.row_bytes);
            for slot in &lane.slots {
                give.send(slot.clone()).expect("the channel has room for every slot");
            }
            let memory = memory.clone();
            scope.spawn(move || memory.enter(|| read_lane(lane, cuts, &free, &fill)));
            ends.push((id, row_bytes, give, filled));
        }
        for cut in cuts.windows(2) {
            let mut parts = HashMap::new();
            let mut slots = Vec::new();
            let mut bytes = 0;
            for (id, row_bytes, give, filled) in &ends {
                let (slot, rows) = filled.recv().unwrap_or_else(|_| Err(stopped()))?;
                parts.insert(*id, rows_of(&slot, slot.ndim(), Part { axis: 0, start: 0, len: rows })?);
                bytes += (rows * row_bytes) as u64;
                slots.push((give, slot));
            }
            each(cut[0], cut[1], &parts, bytes)?;
            drop(parts);
            for (give, slot) in slots {
                // A reader that has read everything no longer listens.
                let _ = give.send(slot);
            }
        }
        // The readers verify what they read after the last row.
        ends.iter().try_for_each(|(_, _, _, filled)| filled.recv().unwrap_or_else(|_| Err(stopped())).map(|_| ()))
    })
}

fn stopped() -> Error {
    Error::new(ErrorKind::Io, "a reader stopped before its last row")
}

fn read_lane(mut lane: Lane, cuts: &[usize], free: &Receiver<Array>, fill: &SyncSender<Filled>) {
    let spare = lane.slots.pop();
    lane.slots.clear();
    for cut in cuts.windows(2) {
        let Ok(slot) = free.recv() else { return };
        let rows = cut[1] - cut[0];
        // SAFETY: the slot holds at least `rows` C-contiguous rows, and until it is sent on only this thread uses it.
        let bytes = unsafe { std::slice::from_raw_parts_mut(slot.as_ptr(), rows * lane.row_bytes) };
        let read = lane.reader.read(bytes).map(|()| (slot, rows));
        let failed = read.is_err();
        if fill.send(read).is_err() || failed {
            return;
        }
    }
    let end = lane.reader.finish().map(|()| (spare.expect("a lane has slots"), 0));
    let _ = fill.send(end);
}
