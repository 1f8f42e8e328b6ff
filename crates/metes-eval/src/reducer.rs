//! [`Reducer`]: folds the values of a program along some axes, in one part or many.
//!
//! A part that holds every value of its results (the parts are cut along a kept axis, or there is one part) is
//! *closed*: it is folded with a few states, tile by tile, and its results are written at once. Otherwise the states of
//! all results stay open from part to part.

use crate::exec::{self, Run, Runs, true_runs};
use crate::program::{Arg, BLOCK, Program, ProgramBuilder, ScratchBuf};
use crate::tree::{RunTree, States, levels};
use metes_array::{Array, Dims, Strides, shape_text};
use metes_kernels::{ReduceCell, Reduction};
use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;

/// Consecutive places of the whole domain along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The axis.
    pub axis: usize,
    /// First place.
    pub start: usize,
    /// How many.
    pub len: usize,
}

/// What is reduced: a domain of values, and how they come.
#[derive(Clone, Copy, Debug)]
pub struct Domain<'a> {
    /// The shape of the whole.
    pub shape: &'a [usize],
    /// The reduced axes, ascending.
    pub axes: &'a [usize],
    /// The axis along which parts are cut, if there is more than one part.
    pub cut: Option<usize>,
}

/// How the axes of a domain take part.
struct Plan {
    /// The whole domain.
    shape: Dims,
    kept: SmallVec<[usize; 6]>,
    /// Reduced axes before the last kept one.
    outer: SmallVec<[usize; 6]>,
    /// Reduced axes after the last kept one.
    run: SmallVec<[usize; 6]>,
}

impl Plan {
    fn new(shape: &[usize], axes: &[usize]) -> Plan {
        let first = (0..shape.len()).rev().take_while(|a| axes.contains(a)).last().unwrap_or(shape.len());
        Plan {
            shape: shape.into(),
            kept: (0..shape.len()).filter(|a| !axes.contains(a)).collect(),
            outer: (0..first).filter(|a| axes.contains(a)).collect(),
            run: (first..shape.len()).collect(),
        }
    }

    fn count(&self, axes: &[usize]) -> usize {
        axes.iter().map(|&a| self.shape[a]).product()
    }

    fn kept_shape(&self) -> Dims {
        self.kept.iter().map(|&a| self.shape[a]).collect()
    }

    /// Whether results stay open from part to part when parts are cut along this axis.
    fn stays_open(&self, cut: Option<usize>) -> bool {
        cut.is_some_and(|axis| !self.kept.contains(&axis))
    }

    /// Runs that are open at once.
    fn open_runs(&self, cut: Option<usize>) -> usize {
        match cut {
            Some(axis) if self.run.contains(&axis) => self.count(&self.kept) * self.count(&self.outer),
            _ => 1,
        }
    }

    /// Adjacent results with states of their own.
    fn width(&self, cut: Option<usize>) -> usize {
        if self.stays_open(cut) {
            self.count(&self.kept)
        } else if self.run.is_empty() {
            self.kept.last().map_or(1, |&a| self.shape[a]).min(BLOCK)
        } else {
            1
        }
    }
}

/// A reduction under way.
pub struct Reducer {
    cell: &'static ReduceCell,
    program: Program,
    plan: Plan,
    cut: Option<usize>,
    correction: f64,
    scratch: ScratchBuf,
    /// States over the outer axes.
    states: States,
    /// The run being folded; absent where the last axis is kept.
    runs: Option<RunTree>,
    /// What tells values from NaN, where NaN is left out.
    present: Option<(Program, ScratchBuf)>,
    out: Array,
}

/// Stretches of values that take part: start and length.
type Stretches = SmallVec<[(usize, usize); 8]>;

impl Reducer {
    /// Bytes that [`Reducer::new`] takes, exactly.
    pub fn state_bytes(cell: &'static ReduceCell, program: &Program, domain: Domain) -> usize {
        let Domain { shape, axes, cut } = domain;
        let plan = Plan::new(shape, axes);
        let outer = States::bytes(cell, plan.width(cut), levels(plan.count(&plan.outer)));
        let runs =
            if plan.run.is_empty() { 0 } else { RunTree::bytes(cell, plan.open_runs(cut), plan.count(&plan.run)) };
        program.scratch_bytes() + outer + runs
    }

    /// A reduction of a program's values (of the cell's input kind) over a domain, into `out`, which has the kept axes
    /// and is written when results are complete.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where parts are cut along a reduced axis that is not the first reduced one.
    pub fn new(
        reduction: &'static Reduction,
        cell: &'static ReduceCell,
        program: Program,
        domain: Domain,
        correction: f64,
        out: Array,
    ) -> Result<Reducer> {
        let Domain { shape, axes, cut } = domain;
        let plan = Plan::new(shape, axes);
        if let Some(cut) = cut
            && axes.contains(&cut)
            && axes.iter().any(|&a| a < cut && shape[a] != 1)
        {
            let message = format!(
                "{} over axes {axes:?} of shape {}: the file is read along axis {cut}, which is not the first of them; transpose it to the front",
                reduction.name,
                shape_text(shape)
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        check_not_empty(reduction, shape, axes)?;
        assert_eq!((out.shape(), out.dtype().kind()), (plan.kept_shape().as_slice(), cell.output), "the result fits");
        assert_eq!(program.dtype().kind(), cell.input, "the program makes what is folded");
        let states = States::new(cell, plan.width(cut), levels(plan.count(&plan.outer)))?;
        let runs = match plan.run.is_empty() {
            true => None,
            false => Some(RunTree::new(cell, plan.open_runs(cut), plan.count(&plan.run))?),
        };
        let scratch = ScratchBuf::new(&program)?;
        Ok(Reducer { cell, program, plan, cut, correction, scratch, states, runs, present: None, out })
    }

    /// Leaves NaN out from now on; takes some more scratch.
    pub(crate) fn skip_nan(&mut self, reduction: &Reduction) -> Result<()> {
        let mut builder = ProgramBuilder::new();
        let x = builder.input(self.cell.input.into());
        let equal = metes_kernels::ufunc("equal").expect("a row of the table");
        let itself = builder.ufunc(equal, &[Arg::Slot(x), Arg::Slot(x)])?;
        let program = builder.finish(itself);
        let scratch = ScratchBuf::new(&program)?;
        self.present = Some((program, scratch));
        if let Some(runs) = &mut self.runs {
            runs.positional = matches!(reduction.name, "argmin" | "argmax");
        }
        Ok(())
    }

    /// The values of a block that take part.
    ///
    /// # Safety
    /// `n` values of the cell's input at `x`, and of the mask.
    unsafe fn stretches(&self, n: usize, x: Run, mask: Option<Run>) -> Stretches {
        let Some((program, scratch)) = &self.present else {
            return mask.map_or_else(|| SmallVec::from_slice(&[(0, n)]), |mask| true_runs(n, mask));
        };
        // SAFETY: the caller's promise.
        let there = unsafe { exec::block(program, scratch, n, &[x], None).0 };
        let Some(mask) = mask else { return true_runs(n, there) };
        let within = |(start, len): (usize, usize)| {
            let there = (there.0.wrapping_offset(start as isize * there.1), there.1);
            true_runs(len, there).into_iter().map(move |(s, l)| (start + s, l))
        };
        true_runs(n, mask).into_iter().flat_map(within).collect()
    }

    /// Folds a part's values; parts come in order and cover the domain. `mask` leaves values out where it is false.
    pub fn feed(&mut self, inputs: &[Array], part: Part, mask: Option<&Array>) -> Result<()> {
        let mut shape = self.plan.shape.clone();
        if let Some(axis) = shape.get_mut(part.axis) {
            *axis = part.len;
        }
        let operands: SmallVec<[&Array; 5]> = inputs.iter().chain(mask).collect();
        let strides: Vec<Strides> = operands.iter().map(|o| exec::stretched(o, &shape)).collect::<Result<_>>()?;
        let _guards = exec::guard(&operands, 0, "reduce")?;
        let starts = operands.iter().map(|o| (o.as_ptr(), 0)).collect();
        let feed = Feed { shape, strides, starts, part, inputs: inputs.len() };
        if feed.shape.contains(&0) && self.plan.stays_open(self.cut) {
            return Ok(());
        }
        if self.plan.run.is_empty() {
            self.rows(&feed)
        } else {
            self.runs(&feed)
        }
        Ok(())
    }

    /// Writes the results that are not written yet.
    pub fn finish(mut self) -> Result<()> {
        if !self.plan.stays_open(self.cut) {
            return Ok(());
        }
        let kept = self.plan.count(&self.plan.kept);
        if let Some(runs) = &mut self.runs
            && self.cut.is_some_and(|axis| self.plan.run.contains(&axis))
        {
            let (outer, length) = (self.plan.count(&self.plan.outer), self.plan.count(&self.plan.run));
            for result in 0..kept {
                for o in 0..outer {
                    let state = runs.finish(result * outer + o, ((o + 1) * length) as u64);
                    // SAFETY: both are states of the cell.
                    unsafe { (self.cell.merge)(1, state, self.states.at(0, result)) };
                    self.states.carry(result, 1, o);
                }
            }
        }
        let state = self.states.collect(0, kept);
        let shape: Dims = self.plan.kept_shape();
        let mut done = 0;
        each_index(&shape, |index| {
            let to = place(&self.out, index);
            // SAFETY: one state, one element of the result, which nobody else has.
            unsafe { (self.cell.finish)(1, state.add(done * self.cell.state), to, 0, self.correction) };
            done += 1;
        });
        Ok(())
    }

    /// The last axis is kept: values are folded side by side.
    fn rows(&mut self, feed: &Feed) {
        let last = *self.plan.kept.last().expect("some axis is kept");
        let open = self.plan.stays_open(self.cut);
        let (lead, columns) = (&self.plan.kept[..self.plan.kept.len() - 1], feed.shape[last]);
        let lead_shape: Dims = lead.iter().map(|&a| feed.shape[a]).collect();
        let outer_shape: Dims = self.plan.outer.iter().map(|&a| feed.shape[a]).collect();
        let mut line = 0;
        each_index(&lead_shape, |lead_index| {
            let mut column = 0;
            while column < columns {
                let n = (columns - column).min(BLOCK);
                let first = if open { line * columns + column } else { 0 };
                if !open {
                    self.states.clear();
                }
                each_index(&outer_shape, |outer_index| {
                    let o = feed.flat(&self.plan, &self.plan.outer, outer_index);
                    let runs =
                        feed.at(&[(lead, lead_index), (&self.plan.outer, outer_index), (&[last], &[column])], last);
                    // SAFETY: the runs lie within the guarded inputs.
                    unsafe { self.fold_row(feed, n, &runs, first, o) };
                });
                if !open {
                    let state = self.states.collect(0, self.states.width);
                    let at: SmallVec<[usize; 6]> = self
                        .plan
                        .kept
                        .iter()
                        .map(|&a| {
                            let local = if a == last {
                                column
                            } else {
                                lead_index[lead.iter().position(|&l| l == a).expect("kept")]
                            };
                            local + if a == feed.part.axis { feed.part.start } else { 0 }
                        })
                        .collect();
                    let (to, step) = (place(&self.out, &at), *self.out.strides().last().expect("some axis is kept"));
                    // SAFETY: `n` states, `n` elements of the result.
                    unsafe { (self.cell.finish)(n, state, to, step, self.correction) };
                }
                column += n;
            }
            line += 1;
        });
    }

    /// # Safety
    /// The runs lie within the inputs.
    unsafe fn fold_row(&self, feed: &Feed, n: usize, runs: &[Run], first: usize, o: usize) {
        // SAFETY: the caller's promise; states of `n` results from `first` on exist.
        unsafe {
            let (x, step) = self.values(n, &runs[..feed.inputs]);
            for (start, len) in self.stretches(n, (x, step), runs.get(feed.inputs).copied()) {
                let x = x.wrapping_offset(start as isize * step);
                (self.cell.fold_rows)(len, x, step, self.states.at(0, first + start), o as u64);
            }
        }
        self.states.carry(first, n, o);
    }

    /// The last axes are reduced: values are folded run by run.
    fn runs(&mut self, feed: &Feed) {
        let mut tree = self.runs.take().expect("the last axis is reduced");
        let open = self.plan.stays_open(self.cut);
        let across = self.cut.is_some_and(|axis| self.plan.run.contains(&axis));
        let length = self.plan.count(&self.plan.run);
        let outer_count = self.plan.count(&self.plan.outer);
        let kept_shape: Dims = self.plan.kept.iter().map(|&a| feed.shape[a]).collect();
        let outer_shape: Dims = self.plan.outer.iter().map(|&a| feed.shape[a]).collect();
        let mut result = 0;
        each_index(&kept_shape, |kept_index| {
            if !open {
                self.states.clear();
            }
            each_index(&outer_shape, |outer_index| {
                let o = feed.flat(&self.plan, &self.plan.outer, outer_index);
                let run = if across { result * outer_count + o } else { 0 };
                if !across {
                    tree.restart(run);
                }
                self.fold_run(feed, &mut tree, run, (o * length) as u64, kept_index, outer_index);
                if !across {
                    let state = tree.finish(run, ((o + 1) * length) as u64);
                    let into = if open { result } else { 0 };
                    // SAFETY: both are states of the cell.
                    unsafe { (self.cell.merge)(1, state, self.states.at(0, into)) };
                    self.states.carry(into, 1, o);
                }
            });
            if !open {
                let state = self.states.collect(0, 1);
                let at: SmallVec<[usize; 6]> = self
                    .plan
                    .kept
                    .iter()
                    .zip(kept_index)
                    .map(|(&a, &i)| i + if a == feed.part.axis { feed.part.start } else { 0 })
                    .collect();
                // SAFETY: one state, one element of the result.
                unsafe { (self.cell.finish)(1, state, place(&self.out, &at), 0, self.correction) };
            }
            result += 1;
        });
        self.runs = Some(tree);
    }

    fn fold_run(&self, feed: &Feed, tree: &mut RunTree, run: usize, index: u64, kept: &[usize], outer: &[usize]) {
        let axes = &self.plan.run;
        let begin = feed.at(&[(&self.plan.kept, kept), (&self.plan.outer, outer)], axes[0]);
        let shape: Dims = axes.iter().map(|&a| feed.shape[a]).collect();
        let strides: Vec<Strides> = feed.strides.iter().map(|s| axes.iter().map(|&a| s[a]).collect()).collect();
        let (shape, strides) = metes_array::coalesce(&shape, &strides);
        let skipped = match axes.iter().position(|&a| a == feed.part.axis) {
            Some(at) => feed.part.start * axes[at + 1..].iter().map(|&a| feed.shape[a]).product::<usize>(),
            None => 0,
        };
        let mut index = index + skipped as u64;
        let (lead, inner) = shape.split_at(shape.len().saturating_sub(1));
        let total = inner.first().copied().unwrap_or(1);
        each_index(lead, |at| {
            let mut runs: Runs = begin
                .iter()
                .zip(&strides)
                .map(|(r, s)| {
                    let skip: isize = at.iter().zip(s).map(|(&i, s)| i as isize * s).sum();
                    (r.0.wrapping_offset(skip), s.last().copied().unwrap_or(0))
                })
                .collect();
            let mut left = total;
            while left > 0 {
                let n = left.min(BLOCK);
                // SAFETY: the runs lie within the guarded inputs.
                unsafe { self.fold_block(feed, tree, run, n, &runs, index) };
                runs.iter_mut().for_each(|r| r.0 = r.0.wrapping_offset(r.1 * n as isize));
                index += n as u64;
                left -= n;
            }
        });
    }

    /// # Safety
    /// The runs lie within the inputs.
    unsafe fn fold_block(&self, feed: &Feed, tree: &mut RunTree, run: usize, n: usize, runs: &[Run], index: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            let (x, step) = self.values(n, &runs[..feed.inputs]);
            for (start, len) in self.stretches(n, (x, step), runs.get(feed.inputs).copied()) {
                tree.push(run, len, x.wrapping_offset(start as isize * step), step, index + start as u64);
            }
        }
    }

    /// The program's values for one block.
    ///
    /// # Safety
    /// `n` values at each input.
    unsafe fn values(&self, n: usize, inputs: &[Run]) -> Run {
        if self.program.identity
            && (inputs[0].0 as usize | inputs[0].1.unsigned_abs()).is_multiple_of(self.program.dtype().align())
        {
            return inputs[0];
        }
        // SAFETY: the caller's promise.
        unsafe { exec::block(&self.program, &self.scratch, n, inputs, None).0 }
    }
}

/// An error for a reduction of nothing that has no identity.
pub(crate) fn check_not_empty(reduction: &Reduction, shape: &[usize], axes: &[usize]) -> Result<()> {
    let empty = axes.iter().any(|&a| shape[a] == 0);
    let wanted = shape.iter().enumerate().all(|(a, &n)| axes.contains(&a) || n > 0);
    if reduction.has_identity || !empty || !wanted {
        return Ok(());
    }
    let message = match reduction.name {
        "argmin" | "argmax" => {
            format!("attempt to get {} of an empty sequence: shape {}", reduction.name, shape_text(shape))
        }
        name => {
            format!("zero-size array to reduction operation {name} which has no identity: shape {}", shape_text(shape))
        }
    };
    Err(Error::new(ErrorKind::Value, message))
}

/// A part's operands.
struct Feed {
    shape: Dims,
    strides: Vec<Strides>,
    starts: Runs,
    part: Part,
    inputs: usize,
}

impl Feed {
    /// Where each operand's values at some indices lie, and their step along `axis`.
    fn at(&self, indices: &[(&[usize], &[usize])], axis: usize) -> Runs {
        let skip = |strides: &Strides| -> isize {
            indices
                .iter()
                .flat_map(|(axes, index)| axes.iter().zip(*index))
                .map(|(&a, &i)| i as isize * strides[a])
                .sum()
        };
        self.starts.iter().zip(&self.strides).map(|(run, s)| (run.0.wrapping_offset(skip(s)), s[axis])).collect()
    }

    /// The position of an index of the part among all places of these axes of the whole domain.
    fn flat(&self, plan: &Plan, axes: &[usize], index: &[usize]) -> usize {
        axes.iter()
            .zip(index)
            .fold(0, |flat, (&a, &i)| flat * plan.shape[a] + i + if a == self.part.axis { self.part.start } else { 0 })
    }
}

/// Calls `each` with every index of a shape in C order.
fn each_index(shape: &[usize], mut each: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, shape.len());
    loop {
        each(&index);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

fn place(array: &Array, index: &[usize]) -> *mut u8 {
    let skip: isize = index.iter().zip(array.strides()).map(|(&i, s)| i as isize * s).sum();
    array.as_ptr().wrapping_offset(skip)
}
