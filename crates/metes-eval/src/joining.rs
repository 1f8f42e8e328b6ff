//! Passes over memory that become one: reductions of the same places along the same axes (a mean and a variance, say) read
//! them together.
//!
//! A plan first has a pass for each of them, in an order in which all that a pass needs is there before it. Here a pass takes
//! in later ones that need no more than it does itself, as long as their states stay small; where a plan does not fit its
//! limit so, they stay apart. Left out: results that are stored, values that a later pass reads again ([`crate::keep`]), and
//! reductions along other axes.

use crate::sink::{Sink, Target, fold_of};
use metes_memory::Result;
use std::collections::HashSet;

/// The most bytes of states and registers for each thread.
const MOST: usize = 192 << 10;

/// Has passes, given in the order in which they run, take in later ones.
pub(crate) fn join(passes: &mut Vec<Vec<Sink>>) -> Result<()> {
    let mut done = HashSet::new();
    let mut at = 0;
    while at < passes.len() {
        let mut next = at + 1;
        while next < passes.len() {
            if goes_with(&passes[at], &passes[next], &done)? {
                let mut sinks = passes.remove(next);
                passes[at].append(&mut sinks);
                passes[at].iter_mut().for_each(|sink| sink.together = true);
            } else {
                next += 1;
            }
        }
        done.extend(passes[at].iter().filter_map(Sink::id));
        at += 1;
    }
    Ok(())
}

/// Whether a later pass, which is one reduction, may run with these where so much is done before.
fn goes_with(these: &[Sink], later: &[Sink], done: &HashSet<usize>) -> Result<bool> {
    let ([first, ..], [sink]) = (these, later) else { return Ok(false) };
    let (Some(axes), Some(same)) = (axes(first), axes(sink)) else { return Ok(false) };
    let alike = first.value.shape() == sink.value.shape() && axes == same;
    if !alike || !sink.needs().iter().all(|id| done.contains(id)) {
        return Ok(false);
    }
    let mut states = 0;
    for sink in these.iter().chain([sink]) {
        states += sink.bytes(false)?.1;
    }
    Ok(states <= MOST * metes_threads::available())
}

/// The axes along which a sink folds what lies in memory.
fn axes(sink: &Sink) -> Option<&[usize]> {
    let Target::Fold(expr) = &sink.target else { return None };
    let alone = sink.track().is_some() || sink.keeps || sink.leaves.iter().any(|leaf| leaf.op().is_elementwise());
    (!alone).then(|| fold_of(expr).axes.as_slice())
}

/// The sinks of a pass as they are, or each in a pass of its own where together they need more bytes than that.
pub(crate) fn fitting(mut sinks: Vec<Sink>, room: usize) -> Result<Vec<Vec<Sink>>> {
    let mut needed = 0;
    for sink in sinks.iter().filter(|sink| sink.together) {
        let (result, states) = sink.bytes(false)?;
        needed += result + states;
    }
    if needed <= room {
        return Ok(vec![sinks]);
    }
    sinks.iter_mut().for_each(|sink| sink.together = false);
    Ok(sinks.into_iter().map(|sink| vec![sink]).collect())
}
