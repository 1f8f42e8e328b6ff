//! How the positions of a selection are cut into parts that threads share.
//!
//! Index arrays are cut by positions. A mask is cut by its elements: where each part's first true one goes is known once
//! the trues before it are counted. What is written to positions that may repeat is not cut: the last value stays.

use super::item::{Positions, Selection};
use super::trues::{Trues, changed};
use crate::Array;
use crate::copy::{SHARED, TASK};
use metes_memory::{Error, Result};
use std::sync::{Mutex, PoisonError};

/// Bytes that the look at one position counts for, beside those of the element.
const LOOK: usize = 8;

/// The parts: their length in positions or in elements of the mask, and the trues before each.
pub(super) struct Parts {
    lanes: usize,
    each: usize,
    total: usize,
    before: Option<Vec<usize>>,
}

impl Parts {
    /// The parts of a move that writes to `target`, to the positions themselves where `scatter` says so; `None` where it is not
    /// shared. What is read is guarded by the caller.
    pub fn of(selection: &Selection, target: &Array, scatter: bool) -> Result<Option<Parts>> {
        let positions: usize = selection.fancy_shape().iter().product();
        let moved = selection.size().saturating_mul(2 * target.dtype().size());
        let (total, looked) = match &selection.positions {
            Positions::Readers(_) if scatter => return Ok(None),
            Positions::Readers(_) => (positions, positions.saturating_mul(LOOK)),
            Positions::Mask { mask, .. } => (mask.size(), mask.size()),
        };
        let bytes = moved.saturating_add(looked);
        let lanes = if bytes < SHARED { 1 } else { metes_threads::available() };
        if lanes <= 1 || total < 2 || target.self_overlaps() != Some(false) {
            return Ok(None);
        }
        let each = total.div_ceil(bytes.div_ceil(TASK)).max(1);
        let mut parts = Parts { lanes, each, total, before: None };
        if let Positions::Mask { mask, .. } = &selection.positions {
            parts.before = Some(parts.trues_before(mask, positions)?);
        }
        Ok(Some(parts))
    }

    fn count(&self) -> usize {
        self.total.div_ceil(self.each)
    }

    /// Which elements are looked at, and which positions they are: the first of them, and how many.
    pub fn part(&self, number: usize) -> ((usize, usize), (usize, usize)) {
        let first = number * self.each;
        let elements = (first, self.each.min(self.total - first));
        let positions = self.before.as_ref().map(|before| (before[number], before[number + 1] - before[number]));
        (elements, positions.unwrap_or(elements))
    }

    /// How many trues come before each part, and how many there are, which was counted before.
    fn trues_before(&self, mask: &Array, counted: usize) -> Result<Vec<usize>> {
        let found: Vec<Mutex<usize>> = (0..self.count()).map(|_| Mutex::new(0)).collect();
        metes_threads::share(self.lanes, found.len(), &|_, number| {
            let (first, count) = self.part(number).0;
            let nothing = [0; crate::MAX_NDIM];
            let trues = Trues::new(mask, 0, &nothing[..mask.ndim()]).part(first, count);
            // SAFETY: the caller guards the mask.
            *found[number].lock().unwrap_or_else(PoisonError::into_inner) = unsafe { trues.count() };
        });
        let mut before = vec![0];
        for count in found {
            let count = count.into_inner().unwrap_or_else(PoisonError::into_inner);
            before.push(before[before.len() - 1] + count);
        }
        if before.last() == Some(&counted) { Ok(before) } else { Err(changed(mask)) }
    }

    /// Works on every part; of several errors, that of the first part is returned.
    pub fn share(&self, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
        let failed: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        metes_threads::share(self.lanes, self.count(), &|_, number| {
            if let Err(error) = work(number) {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(first, _)| number < *first) {
                    *failed = Some((number, error));
                }
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}
