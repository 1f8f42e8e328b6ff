//! The short way of a plan that is kept, over few values: each sink in one walk, with the scratch of a pass in one block.
//!
//! It takes as many bytes as was predicted, and computes by the same programs, loops and tree. Files, many axes, reductions
//! of some axes, large values, and bytes that somebody else uses now are declined.

use crate::exec;
use crate::expr::{Expr, Op};
use crate::pass::Pass;
use crate::plan::Plan;
use crate::program::{Program, Registers};
use crate::sink::{Sink, Target, fold_of};
use crate::spread::{OPERANDS, Seen, Spread};
use crate::walk::{Run, Runs};
use metes_array::Array;
use metes_kernels::ReduceCell;
use metes_memory::{Access, Brief, Buffer, Request, Result};
use smallvec::SmallVec;

/// The most values: few enough for one level of the tree above its leaves.
pub(crate) const SMALL: usize = 4096;

/// Room for one state of a cell, aligned for all.
#[repr(align(16))]
struct State([u8; 64]);

/// Results of reductions and stores so far, by the id of their expression.
type Done = SmallVec<[(usize, Array); 4]>;

/// Whether a plan is for this.
pub(crate) fn suits(plan: &Plan) -> bool {
    let deliver = |result: &Option<(Expr, Option<Array>)>| matches!(result, Some((_, None)));
    plan.results.iter().all(deliver)
        && plan.passes.iter().all(|pass| pass.sources.is_empty() && pass.sinks.iter().all(sink_suits))
}

fn sink_suits(sink: &Sink) -> bool {
    let (shape, count) = (sink.value.shape(), sink.leaves.len());
    let leaf = |leaf: &Expr| matches!(leaf.op(), Op::Argument { .. } | Op::Array(..) | Op::Reduce(..));
    let target = match &sink.target {
        Target::Store(_, into) => into.is_none() && stores(&sink.program, shape, count),
        Target::Fold(_) => {
            sink.cell().is_ok_and(|(cell, fold)| fold.axes.len() == 1 && folds(&sink.program, cell, shape, count))
        }
        Target::File(_) => false,
    };
    target && sink.lanes(false) == 1 && sink.leaves.iter().all(leaf)
}

/// Computes a plan that suits; `None` where bytes are in use, or an argument is not as it was planned.
pub(crate) fn run(plan: &Plan, arguments: &[&Array]) -> Result<Option<Vec<Array>>> {
    let mut done = Done::new();
    for pass in &plan.passes {
        if run_pass(pass, arguments, &mut done)?.is_none() {
            return Ok(None);
        }
    }
    let number = |expr: &Expr| done.iter().position(|(id, _)| *id == expr.id());
    let places: Option<SmallVec<[usize; 4]>> = plan.results.iter().flatten().map(|(expr, _)| number(expr)).collect();
    Ok(places.map(|places| match places.as_slice() {
        [only] => vec![done.swap_remove(*only).1],
        several => several.iter().map(|&at| done[at].1.clone()).collect(),
    }))
}

fn run_pass(pass: &Pass, arguments: &[&Array], done: &mut Done) -> Result<Option<()>> {
    let first = done.len();
    for sink in &pass.sinks {
        let (expr, op) = match &sink.target {
            Target::Fold(expr) => (expr, fold_of(expr).reduction.name),
            Target::Store(expr, _) => (expr, "compute"),
            Target::File(_) => return Ok(None),
        };
        done.push((expr.id(), Array::empty(expr.shape(), expr.dtype(), op)?));
    }
    let scratch = Buffer::here(Request::new(pass.bytes.states, "scratch"))?;
    for (number, sink) in pass.sinks.iter().enumerate() {
        let mut inputs: SmallVec<[Seen<'_>; OPERANDS]> = SmallVec::new();
        for leaf in &sink.leaves {
            // What this very pass makes is not there yet, though it may be known by the same expression.
            let Some(seen) = look(leaf, arguments, &done[..first]) else { return Ok(None) };
            inputs.push(seen);
        }
        let out = &done[first + number].1;
        let registers = Registers::halved(scratch.as_ptr(), sink.values(false));
        sink.program.prepare(registers);
        if run_sink(sink, &inputs, out, registers)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

/// Where the elements of a leaf lie; `None` where an argument is not as it was planned.
fn look<'a>(expr: &'a Expr, arguments: &[&'a Array], done: &'a [(usize, Array)]) -> Option<Seen<'a>> {
    if let Some((_, array)) = done.iter().find(|(id, _)| *id == expr.id()) {
        return Some(array.into());
    }
    match expr.op() {
        Op::Argument { number, layout, offset } => {
            let array = arguments.get(*number).filter(|array| array.dtype() == expr.dtype())?;
            let (shape, strides) = (layout.shape(), layout.strides());
            let start = array.layout().offset().checked_add_signed(*offset)?;
            let whole = *offset == 0 && array.shape() == shape && array.strides() == strides;
            if !whole && layout.extent_at(start, array.dtype().size())?.end > array.buffer().len() {
                return None;
            }
            Some(Seen { buffer: array.buffer(), start: array.buffer().as_ptr().wrapping_add(start), shape, strides })
        }
        Op::Array(array, _) => Some(array.into()),
        _ => None,
    }
}

fn run_sink(sink: &Sink, inputs: &[Seen<'_>], out: &Array, registers: Registers) -> Result<Option<()>> {
    if let Target::Fold(_) = &sink.target {
        let (cell, way) = sink.cell()?;
        return Ok(fold(&sink.program, cell, way.correction, sink.value.shape(), inputs, out, registers));
    }
    Ok(store(&sink.program, inputs, out, registers))
}

/// Whether a program over so many inputs, that makes values of this shape, is for [`store`].
pub(crate) fn stores(program: &Program, shape: &[usize], inputs: usize) -> bool {
    let size = shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n));
    inputs < OPERANDS && program.moved.is_none() && size.is_some_and(|size| size <= SMALL)
}

/// Whether the values of such a program may be folded by [`fold`].
pub(crate) fn folds(program: &Program, cell: &ReduceCell, shape: &[usize], inputs: usize) -> bool {
    shape.len() == 1 && shape[0] > 0 && cell.state <= size_of::<State>() && stores(program, shape, inputs)
}

/// Holds the inputs, and stretches them to a shape.
fn taken<'a>(shape: &[usize], inputs: &[Seen<'a>]) -> Option<(Spread, SmallVec<[Brief<'a>; OPERANDS]>)> {
    let mut holds = SmallVec::new();
    let mut spread = Spread::over(shape)?;
    for input in inputs {
        holds.push(input.buffer.brief(Access::Read)?);
        spread.push_seen(input)?;
    }
    Some((spread, holds))
}

/// Computes the program's values, which are for this ([`stores`]), into a fresh array; `None` where bytes are in use.
pub(crate) fn store(program: &Program, inputs: &[Seen<'_>], out: &Array, registers: Registers) -> Option<()> {
    let (mut spread, _held) = taken(out.shape(), inputs)?;
    spread.push(out)?;
    spread.merge();
    let count = inputs.len();
    in_blocks(&spread, program.block(registers), |n, runs| {
        // SAFETY: the runs lie within the inputs, which are held, and the fresh result; the registers hold a block.
        unsafe { exec::block(program, registers, n, &runs[..count], Some(runs[count])) };
    });
    Some(())
}

/// Folds all values of the program, which are for this ([`folds`]), into one fresh element; `None` where bytes are in use.
pub(crate) fn fold(
    program: &Program,
    cell: &ReduceCell,
    correction: f64,
    shape: &[usize],
    inputs: &[Seen<'_>],
    out: &Array,
    registers: Registers,
) -> Option<()> {
    let (spread, _held) = taken(shape, inputs)?;
    let (mut run, mut whole) = (State([0; 64]), State([0; 64]));
    let [run, whole] = [&mut run, &mut whole].map(|state| state.0.as_mut_ptr());
    let (count, mut index) = (inputs.len(), 0);
    // SAFETY: each state has room for one of the cell's; the runs lie within the inputs, which are held; the registers hold
    // a block; the result is fresh and has one element.
    unsafe {
        (cell.init)(1, run);
        in_blocks(&spread, program.block(registers), |n, runs| {
            let ready = program.identity && exec::aligned(runs[0], program.dtype());
            let (x, step) = if ready { runs[0] } else { exec::block(program, registers, n, &runs[..count], None).0 };
            (cell.fold)(n, x, step, run, index);
            index += n as u64;
        });
        (cell.init)(1, whole);
        (cell.merge)(1, run, whole);
        (cell.finish)(1, whole, out.as_ptr(), 0, correction);
    }
    Some(())
}

/// Calls `each` with every block of at most so many values: its length, and where each operand's lie.
fn in_blocks(spread: &Spread, most: usize, mut each: impl FnMut(usize, &[Run])) {
    spread.each(|length, at, steps| {
        for start in (0..length).step_by(most) {
            let place = |(at, &step): (&*mut u8, &isize)| (at.wrapping_offset(start as isize * step), step);
            let runs: Runs = at.iter().zip(steps).map(place).collect();
            each(most.min(length - start), &runs);
        }
    });
}
