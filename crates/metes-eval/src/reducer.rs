//! [`Reducer`]: folds the values of a program along some axes, in one part or many, on one thread or several.
//!
//! A part that holds every value of its results (the parts are cut along a kept axis, or there is one part) is
//! *closed*: results are folded with a few states and written at once, and threads share the results; where results are
//! few, they share the branches of each result's tree. Otherwise the states of all results stay open from part to part.

use crate::domain::{Axes, Domain, Feed, Part, place};
use crate::exec;
use crate::folding::{Folding, Kept, Lane};
use crate::program::{Arg, Program, ProgramBuilder, ScratchBuf};
use crate::share;
use crate::split::{self, Member, Split};
use crate::strips::columns;
use metes_array::{Array, PAST_CACHES, shape_text};
use metes_kernels::{ReduceCell, Reduction};
use metes_memory::{Error, ErrorKind, Guards, Result};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A reduction under way.
pub struct Reducer {
    pub(crate) folding: Folding,
    pub(crate) lanes: Vec<Mutex<Lane>>,
    /// How the branches of a tree are shared, where that may pay.
    pub(crate) split: Option<Split>,
    scratch: ScratchBuf,
    present_scratch: Option<ScratchBuf>,
}

/// For how many values at once a program has registers.
pub(crate) fn values(program: &Program, axes: &Axes) -> usize {
    program.at_once(axes.shape.iter().product())
}

/// On how many threads a domain is reduced.
pub(crate) fn lanes(cell: &ReduceCell, program: &Program, domain: Domain) -> usize {
    if Axes::new(domain.shape, domain.axes).stays_open(domain.cut) {
        return 1;
    }
    share::lanes(Folding::weight(program, cell, domain.size()))
}

/// For how many threads trees are split: reductions that go together split theirs for one, too.
fn sharers(domain: &Domain, lanes: usize) -> usize {
    if domain.together { lanes.max(2) } else { lanes }
}

impl Reducer {
    /// Bytes that [`Reducer::new`] takes, exactly.
    pub fn state_bytes(cell: &'static ReduceCell, program: &Program, domain: Domain) -> usize {
        let axes = Axes::new(domain.shape, domain.axes);
        let lanes = lanes(cell, program, domain);
        let columns = columns(cell, &axes, lanes);
        let sharers = sharers(&domain, lanes);
        let each = Lane::bytes(cell, &axes, domain.cut, columns);
        program.lanes_bytes(lanes, values(program, &axes))
            + each * lanes
            + Split::bytes(cell, &axes, domain.cut, sharers, columns)
    }

    /// A reduction of a program's values (of the cell's input kind) over a domain, into `out`, which has the kept axes
    /// and is written when results are complete.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where parts are cut along a reduced axis that is not the first reduced one.
    pub fn new(
        reduction: &'static Reduction,
        cell: &'static ReduceCell,
        program: Arc<Program>,
        domain: Domain,
        correction: f64,
        out: Array,
    ) -> Result<Reducer> {
        let Domain { shape, axes, cut, .. } = domain;
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
        let axes = Axes::new(shape, axes);
        assert_eq!((out.shape(), out.dtype()), (axes.kept_shape().as_slice(), cell.output.into()), "the result fits");
        assert!(program.dtype() == cell.input, "the program makes what is folded");
        let count = lanes(cell, &program, domain);
        let columns = columns(cell, &axes, count);
        let split = Split::new(cell, &program, &axes, cut, sharers(&domain, count), columns)?;
        let scratch = ScratchBuf::for_lanes(&program, count, values(&program, &axes))?;
        let lanes = (0..count).map(|lane| Lane::new(cell, &axes, cut, columns, scratch.lane(lane)).map(Mutex::new));
        let lanes = lanes.collect::<Result<_>>()?;
        let folding = Folding { cell, program, axes, cut, columns, correction, present: None, kept: None, out };
        Ok(Reducer { folding, lanes, split, scratch, present_scratch: None })
    }

    /// Has the values of the program, of the domain's shape, written to this array, too.
    pub(crate) fn keeping(mut self, array: Option<Array>) -> Reducer {
        self.folding.kept = array.map(|array| Kept { past: array.nbytes() >= PAST_CACHES, array });
        self
    }

    /// Leaves NaN out from now on, where the cell does not; takes some more scratch.
    pub(crate) fn skip_nan(&mut self) -> Result<()> {
        let mut builder = ProgramBuilder::new();
        let x = builder.input(self.folding.cell.input.into());
        let equal = metes_kernels::ufunc("equal").expect("a row of the table");
        let itself = builder.ufunc(equal, &[Arg::Slot(x), Arg::Slot(x)])?;
        let program = builder.finish(itself);
        let scratch = self.present_scratch.insert(ScratchBuf::for_lanes(
            &program,
            self.scratch.lanes(),
            self.folding.axes.shape.iter().product(),
        )?);
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            let lane = lane.get_mut().unwrap_or_else(PoisonError::into_inner);
            lane.present = Some(scratch.lane(number));
        }
        self.folding.present = Some(program);
        Ok(())
    }

    /// Folds a part's values; parts come in order and cover the domain. `mask` leaves values out where it is false.
    pub fn feed(&mut self, inputs: &[Array], part: Part, mask: Option<&Array>) -> Result<()> {
        let (feed, _guards) = self.hold(inputs, part, mask)?;
        match self.folding.axes.stays_open(self.folding.cut) {
            true if feed.shape.contains(&0) => {}
            true => self.open(&feed),
            false => self.closed(&feed),
        }
        Ok(())
    }

    /// A part's operands, held.
    pub(crate) fn hold(&self, inputs: &[Array], part: Part, mask: Option<&Array>) -> Result<(Feed, Guards)> {
        let kept = self.folding.kept.as_ref().map(|kept| &kept.array);
        let operands: SmallVec<[&Array; 5]> = inputs.iter().chain(mask).chain(kept).collect();
        let feed = Feed::new(&self.folding.axes, part, &operands, inputs.len())?;
        let held: SmallVec<[&Array; 5]> = kept.into_iter().chain(inputs).chain(mask).collect();
        Ok((feed, exec::guard(&held, kept.iter().len(), "reduce")?))
    }

    pub(crate) fn lane(&self, number: usize) -> MutexGuard<'_, Lane> {
        self.lanes[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds and writes all results of a part.
    pub(crate) fn closed(&self, feed: &Feed) {
        let folding = &self.folding;
        let strips = folding.axes.run.is_empty();
        let units = if strips { folding.strips(feed) } else { feed.count(&folding.axes.kept) };
        let weight = Folding::weight(&folding.program, folding.cell, feed.shape.iter().product());
        let lanes = share::lanes(weight).min(self.lanes.len());
        if let Some(split) = &self.split
            && lanes > 1
            && units < 2 * lanes
        {
            let member = Member { split, folding, feed, lanes: &self.lanes };
            (0..units).for_each(|unit| split::unit(&[&member], unit, lanes));
            return;
        }
        let each = units.div_ceil(share::tasks(lanes, weight).min(units).max(1)).max(1);
        let work = |lane: usize, task: usize| {
            let range = task * each..((task + 1) * each).min(units);
            let mut lane = self.lane(lane);
            match strips {
                true => folding.strips_whole(&mut lane, feed, range),
                false => folding.results_whole(&mut lane, feed, range),
            }
            folding.settle();
            0
        };
        if lanes > 1 {
            share::share(lanes, units.div_ceil(each), work);
        } else {
            work(0, 0);
        }
    }

    /// Folds a part's values into states that stay.
    fn open(&self, feed: &Feed) {
        let folding = &self.folding;
        let mut lane = self.lane(0);
        let outer = feed.count(&folding.axes.outer);
        if folding.axes.run.is_empty() {
            let columns = folding.axes.kept.last().map_or(1, |&a| feed.shape[a]);
            for number in 0..folding.strips(feed) {
                let strip = folding.strip(feed, number);
                folding.fold_strip(&mut lane, feed, strip, (0, outer), strip.lead * columns + strip.column);
            }
            return;
        }
        let line = feed.line(&folding.axes.run);
        let across = folding.cut.is_some_and(|axis| folding.axes.run.contains(&axis));
        for result in 0..feed.count(&folding.axes.kept) {
            if !across {
                folding.fold_outer(&mut lane, feed, &line, result, (0, outer), result);
                continue;
            }
            let kept_index = feed.index(&folding.axes.kept, result);
            let before = feed.before(&folding.axes.run);
            let (total, length) = (folding.axes.count(&folding.axes.run), feed.count(&folding.axes.run));
            let mut tree = lane.runs.take().expect("the last axis is reduced");
            for o in 0..outer {
                let outer_index = feed.index(&folding.axes.outer, o);
                let begin = feed.at(&[(&folding.axes.kept, &kept_index), (&folding.axes.outer, &outer_index)]);
                let (run, index) = (result * outer + o, o * total + before);
                folding.fold_run(&lane, feed, &mut tree, run, &line, &begin, (0, length), index);
            }
            lane.runs = Some(tree);
        }
    }

    /// Writes the results that are not written yet.
    pub fn finish(mut self) -> Result<()> {
        let Folding { cell, axes, cut, correction, out, .. } = &self.folding;
        if !axes.stays_open(*cut) {
            return Ok(());
        }
        let lane = self.lanes[0].get_mut().unwrap_or_else(PoisonError::into_inner);
        let kept = axes.count(&axes.kept);
        if let Some(runs) = &mut lane.runs
            && cut.is_some_and(|axis| axes.run.contains(&axis))
        {
            let outer = axes.count(&axes.outer);
            for result in 0..kept {
                for o in 0..outer {
                    let state = runs.finish(result * outer + o);
                    // SAFETY: both are states of the cell.
                    unsafe { (cell.merge)(1, state, lane.states.at(0, result)) };
                    lane.states.carry(result, 1, o);
                }
            }
        }
        let state = lane.states.collect(0, kept);
        let whole = Feed::new(axes, Part { axis: 0, start: 0, len: axes.shape[0] }, &[], 0)?;
        for result in 0..kept {
            let to = place(out, &whole.index(&axes.kept, result));
            // SAFETY: one state, one element of the result, which nobody else has.
            unsafe { (cell.finish)(1, state.add(result * cell.state), to, 0, *correction) };
        }
        Ok(())
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
