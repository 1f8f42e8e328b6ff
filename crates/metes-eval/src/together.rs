//! Several reductions over the same domain, fed piece by piece: each piece is read once and stays near while all fold it.
//!
//! What each reduction does with a piece, and in which order its states are merged, is what it does alone; so are its bits.

use crate::domain::Part;
use crate::reducer::Reducer;
use crate::share::{self, TASK};
use crate::split::{self, Member};
use metes_array::Array;
use metes_memory::Result;

/// Folds all values of a domain, which come in one part, by all of these.
pub(crate) fn feed(reducers: &[&Reducer], inputs: &[Vec<Array>], part: Part) -> Result<()> {
    let held = reducers.iter().zip(inputs).map(|(reducer, inputs)| reducer.hold(inputs, part, None));
    let held = held.collect::<Result<Vec<_>>>()?;
    let lanes = reducers.iter().map(|reducer| reducer.lanes.len()).min().unwrap_or(1);
    let axes = &reducers[0].folding.axes;
    let units = held[0].0.count(&axes.kept);
    let members = reducers.iter().zip(&held).map(|(reducer, (feed, _))| {
        let split = reducer.split.as_ref()?;
        Some(Member { split, folding: &reducer.folding, feed, lanes: &reducer.lanes })
    });
    let strips = axes.run.is_empty();
    if let Some(members) = members.collect::<Option<Vec<Member>>>()
        && (strips || units < 2 * lanes)
    {
        let members: Vec<&Member> = members.iter().collect();
        let units = if strips { reducers[0].folding.strips(&held[0].0) } else { units };
        (0..units).for_each(|unit| split::unit(&members, unit, lanes));
        return Ok(());
    }
    if strips {
        // Of each its own width.
        reducers.iter().zip(&held).for_each(|(reducer, (feed, _))| reducer.closed(feed));
        return Ok(());
    }
    let bytes = reducers.iter().map(|reducer| reducer.folding.cell.input.size()).max().unwrap_or(1);
    let each = (TASK / (axes.count(&axes.run) * axes.count(&axes.outer) * bytes).max(1)).clamp(1, units.max(1));
    share::share(lanes, units.div_ceil(each), |lane, task| {
        let range = task * each..((task + 1) * each).min(units);
        for (reducer, (feed, _)) in reducers.iter().zip(&held) {
            reducer.folding.results_whole(&mut reducer.lane(lane), feed, range.clone());
        }
        0
    });
    Ok(())
}
