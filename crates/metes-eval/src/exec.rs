//! Running a [`Program`]: block by block along a walk, on several threads where there is enough to do. The file that
//! calls loops.

use crate::program::{BLOCK, Form, MOST, Place, Program, Registers, ScratchBuf};
use crate::walk::{Run, Runs, Walk};
use crate::{past, share, status};
use metes_array::{Array, Scalar};
use metes_dtype::DType;
use metes_kernels::{Flags, Loop};
use metes_memory::{Access, Buffer, Result};
use smallvec::SmallVec;

/// Runs shorter than this are read with stride 0 rather than written out.
const SPLAT: usize = 16;

/// Writes a value `n` times, densely.
pub(crate) fn fill(place: *mut u8, value: Scalar, dtype: DType, n: usize) {
    for i in 0..n {
        // SAFETY: called for registers, which hold BLOCK values of their dtype.
        unsafe { value.write(dtype, place.add(i * dtype.size())) };
    }
}

/// Copies `n` values of `width` bytes, none of which need be aligned.
///
/// # Safety
/// All places are valid, and sources do not overlap destinations.
pub(crate) unsafe fn move_values(n: usize, width: usize, from: Run, to: Run) {
    if n == 0 {
        return;
    }
    if from.1 == width as isize && to.1 == from.1 {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from.0, to.0, n * width) };
        return;
    }
    macro_rules! each {
        ($t:ty) => {{
            // SAFETY: the caller's promise.
            let read = |i: isize| unsafe { from.0.wrapping_offset(i * from.1).cast::<$t>().read_unaligned() };
            if from.1 == 0 && to.1 == width as isize {
                let (value, to) = (read(0), to.0.cast::<$t>());
                // SAFETY: likewise.
                (0..n).for_each(|i| unsafe { to.wrapping_add(i).write_unaligned(value) });
                return;
            }
            for i in 0..n as isize {
                // SAFETY: likewise.
                unsafe { to.0.wrapping_offset(i * to.1).cast::<$t>().write_unaligned(read(i)) };
            }
        }};
    }
    match width {
        1 => each!(u8),
        2 => each!([u8; 2]),
        4 => each!([u8; 4]),
        8 => each!([u8; 8]),
        16 => each!([u8; 16]),
        _ => {
            for i in 0..n as isize {
                let (from, to) = (from.0.wrapping_offset(i * from.1), to.0.wrapping_offset(i * to.1));
                // SAFETY: the caller's promise.
                unsafe { std::ptr::copy_nonoverlapping(from.cast_const(), to, width) };
            }
        }
    }
}

pub(crate) fn aligned(run: Run, dtype: DType) -> bool {
    lies(run, dtype.align() - 1)
}

/// Whether neither where a run begins nor its step has one of these bits.
fn lies(run: Run, loose: usize) -> bool {
    (run.0 as usize | run.1.unsigned_abs()) & loose == 0
}

/// Computes `n` values, at most [`BLOCK`], of a program. The result goes to `out`, or to a register; returns where.
///
/// # Safety
/// `inputs` are valid for reads of `n` values each, `out` for writes, and no input overlaps it but exactly.
pub(crate) unsafe fn block(
    program: &Program,
    scratch: Registers,
    n: usize,
    inputs: &[Run],
    out: Option<Run>,
) -> (Run, Flags) {
    debug_assert!(n <= scratch.block());
    if let Some(input) = program.moved {
        let width = program.dtype().size();
        let to = out.unwrap_or((scratch.at(program.result.gather), width as isize));
        // SAFETY: the caller's promise; a register holds BLOCK values.
        unsafe { move_values(n, width, inputs[input], to) };
        return (to, 0);
    }
    let mut read: Runs = SmallVec::new();
    for (&run, form) in inputs.iter().zip(&program.forms) {
        if lies(run, form.loose) && (run.1 != 0 || n < SPLAT) {
            read.push(run);
        } else {
            let register = (scratch.at(form.gather), form.width as isize);
            // SAFETY: the caller's promise for the input; a register holds a block.
            unsafe { move_values(n, form.width, run, register) };
            read.push(register);
        }
    }
    let form = program.result;
    let direct = out.filter(|&run| lies(run, form.loose));
    let result = direct.unwrap_or((scratch.at(form.gather), form.width as isize));
    let mut flags = 0;
    for step in &program.steps {
        let (mut ptrs, mut steps) = ([std::ptr::null_mut(); MOST], [0; MOST]);
        let operands = step.operands();
        for (i, &(place, width)) in operands.iter().enumerate() {
            (ptrs[i], steps[i]) = match place {
                Place::Input(i) => read[i],
                Place::Register(at) => (scratch.at(at), width),
                Place::Result => result,
            };
        }
        // SAFETY: inputs and result by the caller's promise and the gathers above, registers by their size; a register
        // that is both read and written holds values of one width.
        flags |= unsafe { (step.call)(n, &ptrs[..operands.len()], &steps[..operands.len()]) };
    }
    if let (None, Some(out)) = (direct, out) {
        // SAFETY: the register holds the result; `out` by the caller's promise.
        unsafe { move_values(n, form.width, result, out) };
    }
    (direct.or(out).unwrap_or(result), flags)
}

/// The inputs of a block of `rows` rows of `length` values, each a run: as they lie where their rows follow each other,
/// else gathered. Each input comes with the step from row to row.
///
/// # Safety
/// As [`block`], for every row; together they are at most [`BLOCK`] values.
pub(crate) unsafe fn gather_rows(
    program: &Program,
    scratch: Registers,
    (rows, length): (usize, usize),
    inputs: &[Run],
    steps: &[isize],
) -> Runs {
    debug_assert!(rows * length <= BLOCK);
    let mut gathered: Runs = SmallVec::new();
    for (i, (&run, &step)) in inputs.iter().zip(steps).enumerate() {
        if rows == 1 || run.1 * length as isize == step {
            gathered.push(run);
            continue;
        }
        let (width, to) = (program.forms[i].width, scratch.at(program.forms[i].gather));
        for row in 0..rows {
            let from = (run.0.wrapping_offset(row as isize * step), run.1);
            // SAFETY: the caller's promise for the input; a register holds BLOCK values.
            unsafe { move_values(length, width, from, (to.wrapping_add(row * length * width), width as isize)) };
        }
        gathered.push((to, width as isize));
    }
    gathered
}

/// One loop over whole runs, for operands that need no conversion: aligned, and of the loop's dtypes.
///
/// Operands are the results, then the inputs; loops take them the other way round.
pub(crate) fn run_loop(call: Loop, results: usize, walk: &Walk) -> Flags {
    let mut flags = 0;
    walk.for_each_run(|n, runs| {
        let (outs, ins) = runs.split_at(results);
        let ptrs: SmallVec<[*mut u8; 4]> = ins.iter().chain(outs).map(|r| r.0).collect();
        let steps: SmallVec<[isize; 4]> = ins.iter().chain(outs).map(|r| r.1).collect();
        // SAFETY: the walk stays within the arrays, which the caller guards and knows to be apart or the same.
        flags |= unsafe { call(n, &ptrs, &steps) };
    });
    flags
}

/// How much a loop does for so many elements, of so many bytes in all operands: these, times what they cost.
pub(crate) fn weight(call: Loop, size: usize, width: usize) -> usize {
    size.saturating_mul(width * metes_kernels::effort(call))
}

/// The same on several threads where that pays, for results that depend on the inputs at their own place alone; `widths` are
/// the bytes of an element of each operand.
pub(crate) fn run_loop_shared(call: Loop, results: usize, walk: &Walk, widths: &[usize]) -> Flags {
    let weight = weight(call, walk.size(), widths.iter().sum());
    let lanes = share::lanes(weight);
    let past = results == 1 && past::pays(walk, walk.size().saturating_mul(widths[0]));
    let run = |walk: &Walk| if past { past::run_loop(call, widths, walk) } else { run_loop(call, results, walk) };
    match walk.cuts(share::tasks(lanes, weight), &widths[..results]) {
        Some(cuts) if lanes > 1 => share::share(lanes, cuts.count, |_, task| run(&walk.part(cuts, task))),
        _ => run(walk),
    }
}

impl Program {
    /// Computes the program for every element of `out`, to which the inputs broadcast; where `mask` is given, only
    /// where it is true. Inputs overlap `out` exactly or not at all.
    ///
    /// # Errors
    /// Inputs that do not broadcast, a conflicting guard.
    pub fn run(&self, inputs: &[Array], out: &Array, mask: Option<&Array>, scratch: &mut ScratchBuf) -> Result<Flags> {
        let mut operands: SmallVec<[&Array; 5]> = SmallVec::new();
        operands.push(out);
        operands.extend(inputs);
        operands.extend(mask);
        let _guards = guard(&operands, 1, "elementwise")?;
        // SAFETY: the operands are guarded.
        unsafe { self.run_held(inputs, out, mask, scratch) }
    }

    /// [`Program::run`] for operations that hold their operands themselves, to work on them part by part.
    ///
    /// # Errors
    /// Inputs that do not broadcast.
    ///
    /// # Safety
    /// The caller holds guards for reading on the inputs and the mask, and for writing on `out`.
    pub unsafe fn run_held(
        &self,
        inputs: &[Array],
        out: &Array,
        mask: Option<&Array>,
        scratch: &mut ScratchBuf,
    ) -> Result<Flags> {
        debug_assert_eq!(out.dtype(), self.dtype());
        let mut operands: SmallVec<[&Array; 5]> = SmallVec::new();
        operands.push(out);
        operands.extend(inputs);
        operands.extend(mask);
        let walk = Walk::new(out.shape(), &operands)?;
        let weight = walk.size().saturating_mul(self.weight());
        let lanes = scratch.lanes().min(share::lanes(weight));
        let scratch = &*scratch;
        let ends = if mask.is_none() && past::pays(&walk, out.nbytes()) { Ends::Past } else { Ends::Plain };
        Ok(match walk.cuts(share::tasks(lanes, weight), &[out.dtype().size()]) {
            Some(cuts) if lanes > 1 => share::share(lanes, cuts.count, |lane, task| {
                self.along(&walk.part(cuts, task), ends, scratch.lane(lane))
            }),
            _ => self.along(&walk, ends, scratch.lane(0)),
        })
    }

    /// Computes along a walk over the result, the inputs, and the mask if there is one, which the caller holds.
    fn along(&self, walk: &Walk, ends: Ends, scratch: Registers) -> Flags {
        let (count, most) = (self.inputs.len(), self.block(scratch));
        let mut repeated = SmallVec::from_elem((std::ptr::null_mut(), 0), count);
        let mut flags = 0;
        walk.for_each_run(|length, runs| {
            // SAFETY: the walk stays within the arrays, which the caller holds.
            let (mut from, moves) = unsafe { self.repeat(length.min(most), &runs[1..=count], scratch, &mut repeated) };
            let (mut to, mut mask) = (runs[0], runs.get(count + 1).copied());
            for start in (0..length).step_by(most) {
                let n = most.min(length - start);
                // SAFETY: likewise.
                flags |= unsafe { self.deliver(n, &from, to, mask, ends, scratch) };
                from.iter_mut().zip(&moves).for_each(|(run, step)| run.0 = run.0.wrapping_offset(step * n as isize));
                for run in std::iter::once(&mut to).chain(&mut mask) {
                    run.0 = run.0.wrapping_offset(run.1 * n as isize);
                }
            }
        });
        if ends == Ends::Past {
            metes_array::settle();
        }
        flags
    }

    /// Computes a block and brings it to where it belongs.
    ///
    /// # Safety
    /// As [`block`], and the mask is valid for reads.
    unsafe fn deliver(
        &self,
        n: usize,
        from: &[Run],
        to: Run,
        mask: Option<Run>,
        ends: Ends,
        scratch: Registers,
    ) -> Flags {
        let width = self.result.width;
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(mask) = mask {
                status::take();
                let (result, noticed) = block(self, scratch, n, from, None);
                masked_move(n, width, result, to, mask);
                return if noticed | status::take() != 0 { self.noticed_where(n, from, mask, scratch) } else { 0 };
            }
            if ends == Ends::Plain || to.1 != width as isize {
                return block(self, scratch, n, from, Some(to)).1;
            }
            let (result, noticed) = block(self, scratch, n, from, None);
            metes_array::copy_past(result.0, to.0, n * width);
            noticed
        }
    }
}

impl Program {
    /// The inputs with those of one value as registers full of it, which stay so as long as it is the same one, and how far
    /// each moves on with every value: `repeated` says of each input which value its register holds, and how often.
    ///
    /// # Safety
    /// As [`block`].
    unsafe fn repeat(
        &self,
        n: usize,
        inputs: &[Run],
        scratch: Registers,
        repeated: &mut SmallVec<[(*mut u8, usize); 4]>,
    ) -> (Runs, SmallVec<[isize; 4]>) {
        let mut runs = Runs::from_slice(inputs);
        let moves = inputs.iter().map(|run| run.1).collect();
        if self.moved.is_some() || n < SPLAT {
            return (runs, moves);
        }
        for (i, run) in runs.iter_mut().enumerate().filter(|(_, run)| run.1 == 0) {
            let Form { width, gather, .. } = self.forms[i];
            let to = (scratch.at(gather), width as isize);
            if repeated[i].0 != run.0 || repeated[i].1 < n {
                // SAFETY: the caller's promise; the register holds as many values as a block has, and is for this input alone.
                unsafe { move_values(n, width, *run, to) };
                repeated[i] = (run.0, n);
            }
            *run = to;
        }
        (runs, moves)
    }

    /// What a block's loops notice where the mask is true: they have computed the other values too, for nobody.
    ///
    /// # Safety
    /// As [`block`], and the mask is valid for reads.
    #[cold]
    unsafe fn noticed_where(&self, n: usize, inputs: &[Run], mask: Run, scratch: Registers) -> Flags {
        let mut flags = 0;
        for (start, len) in true_runs(n, mask) {
            let part: Runs = inputs.iter().map(|r| (r.0.wrapping_offset(start as isize * r.1), r.1)).collect();
            // SAFETY: a part of what the caller vouches for.
            flags |= unsafe { block(self, scratch, len, &part, None) }.1 | status::take();
        }
        flags
    }
}

/// # Safety
/// As [`move_values`], and the mask is valid for reads.
unsafe fn masked_move(n: usize, width: usize, from: Run, to: Run, mask: Run) {
    for (start, len) in true_runs(n, mask) {
        let at = |run: Run| (run.0.wrapping_offset(start as isize * run.1), run.1);
        // SAFETY: the caller's promise.
        unsafe { move_values(len, width, at(from), at(to)) };
    }
}

/// The stretches of a mask that are true: start and length.
pub(crate) fn true_runs(n: usize, mask: Run) -> SmallVec<[(usize, usize); 8]> {
    if mask.1 == 1 {
        // SAFETY: called for masks of at least `n` bytes by their step.
        return stretches(n, |i| unsafe { *mask.0.add(i) } != 0);
    }
    // SAFETY: likewise.
    stretches(n, |i| unsafe { *mask.0.wrapping_offset(i as isize * mask.1) } != 0)
}

fn stretches(n: usize, is_true: impl Fn(usize) -> bool) -> SmallVec<[(usize, usize); 8]> {
    let mut runs: SmallVec<[(usize, usize); 8]> = SmallVec::new();
    let mut i = 0;
    while i < n {
        let start = end_of(i, n, |i| !is_true(i));
        i = end_of(start, n, &is_true);
        if start < i {
            runs.push((start, i - start));
        }
    }
    runs
}

/// Up to where, from `start` on, all are so: looked for in ever larger steps, since most masks have long stretches of
/// either kind.
#[inline(always)]
fn end_of(start: usize, n: usize, is_so: impl Fn(usize) -> bool) -> usize {
    const FEW: usize = 8;
    const MANY: usize = 64;
    let mut at = start;
    while at < n && at - start < FEW {
        if !is_so(at) {
            return at;
        }
        at += 1;
    }
    while at + FEW <= n && (at..at + FEW).fold(true, |all, i| all & is_so(i)) {
        at += FEW;
        while at - start >= MANY && at + MANY <= n && (at..at + MANY).fold(true, |all, i| all & is_so(i)) {
            at += MANY;
        }
    }
    while at < n && is_so(at) {
        at += 1;
    }
    at
}

/// How results go to where they belong.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// As loops write them.
    Plain,
    /// Past the caches.
    Past,
}

/// Guards for one operation: the first `written` operands are written, the others read.
pub(crate) fn guard(operands: &[&Array], written: usize, who: &'static str) -> Result<metes_memory::Guards> {
    let extents: SmallVec<[_; 5]> = operands
        .iter()
        .enumerate()
        .map(|(i, o)| (o.buffer(), o.extent(), if i < written { Access::Write } else { Access::Read }))
        .collect();
    Buffer::guard(&extents, who)
}
