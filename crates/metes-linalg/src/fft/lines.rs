//! All lines of an array along one axis, some at a time.

use super::library::{Plan, Precision, Shape};
use super::long::Way;
use metes_array::{Array, Layout, Order, shares_memory};
use metes_dtype::{DType, Kind};
use metes_eval::{Program, ProgramBuilder, ScratchBuf};
use metes_memory::{Access, Buffer, Reason, Result};
use num_complex::Complex;
use std::sync::Arc;

/// Elements that a block of lines has, about.
const ROOM: usize = 1 << 13;
/// Work that the overlap test may spend before it counts as overlapping.
const OVERLAP_WORK: u64 = 1000;

/// Transforms every line of `a` along an axis into `out`, `n` points each, scaled.
pub(super) fn transform(
    a: &Array,
    out: &Array,
    axis: usize,
    n: usize,
    shape: Shape,
    scale: f64,
    kind: Kind,
) -> Result<()> {
    if out.size() == 0 {
        return Ok(());
    }
    let same = a.buffer().same(out.buffer()) && a.layout() == out.layout() && a.dtype() == out.dtype();
    let clash = !same && shares_memory(a, out, Some(OVERLAP_WORK)).unwrap_or(true);
    let why = |_: &Layout| "the operand shares bytes with the result".to_owned();
    let a = if clash { a.copy_because(Order::K, Reason::Overlap, why)? } else { a.clone() };
    if let Some(way) = (!same).then(|| Way::of(&a, out, axis, n, shape, kind)).flatten() {
        return match kind {
            Kind::C64 => way.run::<f32>(&a, out, axis, scale, kind),
            _ => way.run::<f64>(&a, out, axis, scale, kind),
        };
    }
    match kind {
        Kind::C64 => Lines::<f32>::new(&a, out, axis, n, shape, scale, kind)?.all(),
        _ => Lines::<f64>::new(&a, out, axis, n, shape, scale, kind)?.all(),
    }
}

/// Where what lies at each index of some axes begins in two arrays, in bytes from their first elements.
pub(super) fn places(a: &Array, out: &Array, axes: &[usize]) -> impl Iterator<Item = (isize, isize)> {
    let turns: usize = axes.iter().map(|&axis| a.shape()[axis]).product();
    (0..turns).map(move |turn| {
        let (mut left, mut from, mut to) = (turn, 0, 0);
        for &axis in axes.iter().rev() {
            let i = (left % a.shape()[axis]) as isize;
            left /= a.shape()[axis];
            from += i * a.strides()[axis];
            to += i * out.strides()[axis];
        }
        (from, to)
    })
}

/// A conversion between an array and scratch.
pub(super) struct Move {
    program: Program,
    registers: ScratchBuf,
}

impl Move {
    pub fn new(from: DType, to: DType) -> Result<Move> {
        let mut builder = ProgramBuilder::new();
        let slot = builder.input(from);
        let slot = builder.cast(slot, to)?;
        let program = builder.finish(slot);
        let registers = ScratchBuf::new(&program)?;
        Ok(Move { program, registers })
    }

    /// # Safety
    /// The caller holds both arrays.
    pub unsafe fn run(&mut self, from: &Array, to: &Array) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.program.run_held(std::slice::from_ref(from), to, None, &mut self.registers)? };
        Ok(())
    }
}

struct Lines<T: Precision> {
    a: Array,
    out: Array,
    axis: usize,
    /// The axis whose neighbouring lines make up a block.
    across: Option<usize>,
    n: usize,
    /// Points of a line that are read, and elements of a line in scratch, before and after.
    given: usize,
    before: usize,
    after: usize,
    shape: Shape,
    scale: T,
    plan: Arc<Plan<T>>,
    load: Move,
    store: Move,
    /// Lines at a time, and their scratch: what goes in, what comes out (the same for complex), the workspace.
    count: usize,
    input: Array,
    output: Option<Array>,
    work: Array,
}

impl<T: Precision> Lines<T> {
    #[allow(clippy::too_many_arguments)]
    fn new(a: &Array, out: &Array, axis: usize, n: usize, shape: Shape, scale: f64, kind: Kind) -> Result<Lines<T>> {
        let plan = Plan::<T>::find(shape, n)?;
        let (complex, real) = (DType::of(kind), DType::of(kind.real()));
        let half = n / 2 + 1;
        let (before, after, from, to) = match shape {
            Shape::Complex(_) => (n, n, complex, complex),
            Shape::Half => (n, half, real, complex),
            Shape::Whole => (half, n, complex, real),
        };
        let others = (0..a.ndim()).filter(|&other| other != axis && a.shape()[other] > 1);
        let across = others.min_by_key(|&other| out.strides()[other].unsigned_abs());
        let count = across.map_or(1, |across| a.shape()[across].min((ROOM / n).max(1)));
        let lines = |length: usize, dtype: DType| Array::empty(&[count, length], dtype, "fft");
        let output = if matches!(shape, Shape::Complex(_)) { None } else { Some(lines(after, to)?) };
        // Lines that are transformed where the result has them need no room of their own.
        let there = output.is_none() && in_place(out, complex) && axis + 1 == out.ndim() && a.shape()[axis] >= before;
        Ok(Lines {
            a: a.clone(),
            out: out.clone(),
            axis,
            across,
            n,
            given: a.shape()[axis].min(before),
            before,
            after,
            shape,
            scale: T::narrow(scale),
            load: Move::new(a.dtype(), from)?,
            store: Move::new(to, out.dtype())?,
            count,
            input: if there { Array::empty(&[0, before], from, "fft")? } else { lines(before, from)? },
            output,
            work: Array::empty(&[plan.need()], complex, "fft")?,
            plan,
        })
    }

    fn all(mut self) -> Result<()> {
        let (a, out) = (self.a.clone(), self.out.clone());
        let _guards = Buffer::guard(
            &[(out.buffer(), out.extent(), Access::Write), (a.buffer(), a.extent(), Access::Read)],
            "fft",
        )?;
        let outer: Vec<usize> =
            (0..a.ndim()).filter(|&x| x != self.axis && Some(x) != self.across && a.shape()[x] > 1).collect();
        let lines = self.across.map_or(1, |across| a.shape()[across]);
        for (from, to) in places(&a, &out, &outer) {
            for first in (0..lines).step_by(self.count) {
                let count = self.count.min(lines - first);
                let step = |array: &Array| self.across.map_or(0, |x| array.strides()[x]);
                let skip = |array: &Array| first as isize * step(array);
                // An empty line has no place; what is given of it is zeros.
                let given = (self.given > 0).then(|| self.part(&a, from + skip(&a), count, self.given, step(&a)));
                let source = given.transpose()?;
                let target = self.part(&out, to + skip(&out), count, self.after, step(&out))?;
                // SAFETY: the arrays are held.
                unsafe { self.block(source.as_ref(), &target, count)? };
            }
        }
        Ok(())
    }

    /// Some lines of an array as an array of two axes.
    fn part(&self, array: &Array, offset: isize, count: usize, length: usize, step: isize) -> Result<Array> {
        let start = (array.layout().offset() as isize + offset) as usize;
        let layout = Layout::new(&[count, length], &[step, array.strides()[self.axis]], start)?;
        Array::new(array.buffer().clone(), array.dtype(), layout, array.is_writeable())
    }

    /// The first `count` lines of scratch, `length` elements of each.
    fn front(scratch: &Array, count: usize, length: usize) -> Result<Array> {
        let layout = Layout::new(&[count, length], scratch.strides(), 0)?;
        Array::new(scratch.buffer().clone(), scratch.dtype(), layout, true)
    }

    /// Transforms a block of lines.
    ///
    /// # Safety
    /// The caller holds the source for reading and the target for writing.
    unsafe fn block(&mut self, source: Option<&Array>, target: &Array, count: usize) -> Result<()> {
        let dense = self.output.is_none() && in_place(target, self.input.dtype()) && self.given == self.n;
        let input = if dense { target.clone() } else { Self::front(&self.input, count, self.before)? };
        if self.given < self.before {
            // SAFETY: the scratch is ours, dense, and of plain numbers, for which zero bytes are zeros.
            unsafe { std::ptr::write_bytes(input.as_ptr(), 0, input.nbytes()) };
        }
        let filled = if dense { input.clone() } else { Self::front(&self.input, count, self.given)? };
        let is_target = |a: &&Array| dense && a.buffer().same(target.buffer()) && a.layout() == target.layout();
        if let Some(source) = source.filter(|a| !is_target(a)) {
            // SAFETY: the caller holds the source and, where it is used, the target.
            unsafe { self.load.run(source, &filled)? };
        }
        let result = match &self.output {
            None => input.clone(),
            Some(output) => Self::front(output, count, self.after)?,
        };
        // SAFETY: dense lines of the plan's type, held or ours; the workspace is as long as the plan asks for.
        unsafe { self.compute(&input, &result, count) };
        if !dense {
            // SAFETY: the caller holds the target.
            unsafe { self.store.run(&result, target)? };
        }
        Ok(())
    }

    /// # Safety
    /// `input` and `result` are dense blocks of `count` lines of the plan's types, aligned and nobody else's.
    unsafe fn compute(&self, input: &Array, result: &Array, count: usize) {
        // SAFETY: the caller's promise; scratch is initialised by what was loaded, or is written before it is read.
        unsafe {
            let work = slice::<Complex<T>>(&self.work, self.work.size());
            match self.shape {
                Shape::Complex(_) => {
                    self.plan.complex(slice(input, count * self.n), work);
                }
                Shape::Half => {
                    let (from, to) = (slice::<T>(input, count * self.before), slice(result, count * self.after));
                    for (line, out) in from.chunks_exact_mut(self.before).zip(to.chunks_exact_mut(self.after)) {
                        self.plan.half(line, out, work);
                    }
                }
                Shape::Whole => {
                    let (from, to) = (slice(input, count * self.before), slice::<T>(result, count * self.after));
                    for (line, out) in from.chunks_exact_mut(self.before).zip(to.chunks_exact_mut(self.after)) {
                        self.plan.whole(line, out, work);
                    }
                }
            }
            if self.scale != T::one() {
                let parts = if self.shape == Shape::Whole { 1 } else { 2 };
                slice::<T>(result, count * self.after * parts).iter_mut().for_each(|x| *x *= self.scale);
            }
        }
    }
}

/// Whether lines of a result can be transformed where they lie.
fn in_place(target: &Array, dtype: DType) -> bool {
    target.dtype() == dtype && target.is_c_contiguous() && target.is_aligned()
}

/// The first elements of a dense array.
///
/// # Safety
/// The array has so many bytes, is aligned, nobody else's, and its bytes are initialised or never read before written.
pub(super) unsafe fn slice<'a, T>(array: &Array, count: usize) -> &'a mut [T] {
    if count == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(array.as_ptr().cast(), count) }
}
