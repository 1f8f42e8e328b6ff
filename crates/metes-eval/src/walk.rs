//! [`Walk`]: the way over n dimensions that operands are taken along together, whole or cut into parts for several threads.

use crate::program::BLOCK;
use metes_array::{Array, Dims, Strides, coalesce, shape_text};
use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;

/// Where values lie and how far apart.
pub(crate) type Run = (*mut u8, isize);
pub(crate) type Runs = SmallVec<[Run; 4]>;

/// Operands stretched to one shape, axes ordered by the first operand's strides and merged.
#[derive(Clone)]
pub(crate) struct Walk {
    shape: Dims,
    strides: SmallVec<[Strides; 4]>,
    starts: Runs,
}

// SAFETY: a walk is addresses and numbers; what is done at the addresses is the business of who does it.
unsafe impl Send for Walk {}
// SAFETY: likewise.
unsafe impl Sync for Walk {}

/// How a walk is cut: `count` parts of at most `each` places along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cuts {
    axis: usize,
    each: usize,
    pub count: usize,
}

impl Walk {
    /// A walk over `shape`, ordered for the first of the operands.
    pub(crate) fn new(shape: &[usize], operands: &[&Array]) -> Result<Walk> {
        let starts = operands.iter().map(|o| (o.as_ptr(), 0)).collect();
        let mut strides: SmallVec<[Strides; 4]> = SmallVec::new();
        for operand in operands {
            strides.push(stretched(operand, shape)?);
        }
        if shape.len() <= 1 {
            return Ok(Walk { shape: shape.into(), strides, starts });
        }
        let mut axes: SmallVec<[usize; 6]> = (0..shape.len()).collect();
        axes.sort_by_key(|&a| std::cmp::Reverse(strides[0][a].unsigned_abs()));
        let sorted: Dims = axes.iter().map(|&a| shape[a]).collect();
        let picked: SmallVec<[Strides; 4]> = strides.iter().map(|s| axes.iter().map(|&a| s[a]).collect()).collect();
        let (shape, strides) = coalesce(&sorted, &picked);
        Ok(Walk { shape, strides: strides.into(), starts })
    }

    /// How many places there are.
    pub(crate) fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether no other operand begins where the first one does.
    pub(crate) fn is_apart(&self) -> bool {
        self.starts.split_first().is_none_or(|(first, others)| others.iter().all(|other| other.0 != first.0))
    }

    /// Calls `each` with every run: its length, and where each operand's values lie.
    pub(crate) fn for_each_run(&self, mut each: impl FnMut(usize, &[Run])) {
        if self.shape.contains(&0) {
            return;
        }
        let outer = self.shape.len().saturating_sub(1);
        let length = self.shape.last().copied().unwrap_or(1);
        let mut runs = self.starts.clone();
        for (run, strides) in runs.iter_mut().zip(&self.strides) {
            run.1 = strides.last().copied().unwrap_or(0);
        }
        let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, outer);
        loop {
            each(length, &runs);
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                let wrapped = index[axis] == self.shape[axis];
                let back = if wrapped { self.shape[axis] as isize - 1 } else { -1 };
                for (run, strides) in runs.iter_mut().zip(&self.strides) {
                    run.0 = run.0.wrapping_offset(strides[axis].wrapping_mul(-back));
                }
                if !wrapped {
                    break;
                }
                index[axis] = 0;
            }
        }
    }

    /// The same in blocks of at most [`BLOCK`] values.
    pub(crate) fn for_each_block(&self, mut each: impl FnMut(usize, &[Run])) {
        self.for_each_run(|length, runs| {
            let mut runs: Runs = runs.into();
            let mut left = length;
            while left > 0 {
                let n = left.min(BLOCK);
                each(n, &runs);
                runs.iter_mut().for_each(|run| run.0 = run.0.wrapping_offset(run.1 * n as isize));
                left -= n;
            }
        });
    }

    /// How to cut the walk into about `wanted` parts, so that no two of them write the same byte of the first `written`
    /// operands, of elements of `widths` bytes; `None` where there is nothing to cut, or it is not known how.
    pub(crate) fn cuts(&self, wanted: usize, widths: &[usize]) -> Option<Cuts> {
        if wanted <= 1 || self.shape.contains(&0) {
            return None;
        }
        if widths.iter().zip(&self.strides).any(|(&width, strides)| !lies_apart(&self.shape, strides, width)) {
            return None;
        }
        let reach = |axis: &usize| (self.shape[*axis].min(wanted), std::cmp::Reverse(*axis));
        let axis = (0..self.shape.len()).max_by_key(reach)?;
        let places = self.shape[axis];
        let innermost = axis + 1 == self.shape.len();
        let each = places.div_ceil(wanted).next_multiple_of(if innermost { BLOCK } else { 1 });
        Some(Cuts { axis, each, count: places.div_ceil(each) })
    }

    /// One of the parts.
    pub(crate) fn part(&self, cuts: Cuts, number: usize) -> Walk {
        let mut part = self.clone();
        let first = number * cuts.each;
        part.shape[cuts.axis] = cuts.each.min(self.shape[cuts.axis] - first);
        for (run, strides) in part.starts.iter_mut().zip(&self.strides) {
            run.0 = run.0.wrapping_offset(strides[cuts.axis] * first as isize);
        }
        part
    }
}

/// Whether elements of a layout certainly lie apart: each axis steps over all that the axes within it reach.
fn lies_apart(shape: &[usize], strides: &[isize], width: usize) -> bool {
    let mut axes: SmallVec<[(usize, usize); 6]> =
        shape.iter().zip(strides).filter(|(n, _)| **n > 1).map(|(&n, s)| (s.unsigned_abs(), n)).collect();
    axes.sort_unstable();
    let mut reach = width;
    axes.iter().all(|&(stride, n)| {
        let apart = stride >= reach;
        reach += stride * (n - 1);
        apart
    })
}

/// The strides of an operand stretched to a shape.
pub(crate) fn stretched(operand: &Array, shape: &[usize]) -> Result<Strides> {
    if operand.shape() == shape {
        return Ok(operand.strides().into());
    }
    operand.layout().broadcast_to(shape).map(|l| l.strides().into()).ok_or_else(|| {
        let (from, to) = (shape_text(operand.shape()), shape_text(shape));
        Error::new(ErrorKind::Value, format!("operand of shape {from} does not broadcast to {to}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use metes_array::Index;
    use metes_dtype::{DType, Kind};

    #[test]
    fn parts_cover_the_walk_once() -> Result<()> {
        let a = Array::empty(&[7, 3, 5000], DType::of(Kind::F64), "test")?;
        let every = Index::Slice { start: None, stop: None, step: Some(-2) };
        for view in [a.transpose(None)?, a.index(&[Index::Ellipsis, every])?, a] {
            let walk = Walk::new(view.shape(), &[&view])?;
            let all = |walk: &Walk, seen: &mut Vec<usize>| {
                walk.for_each_run(|n, runs| {
                    seen.extend((0..n as isize).map(|i| runs[0].0.wrapping_offset(i * runs[0].1) as usize));
                });
            };
            let mut whole = Vec::new();
            all(&walk, &mut whole);
            whole.sort_unstable();
            for wanted in [2, 3, 10, 100_000] {
                let cuts = walk.cuts(wanted, &[8]).expect("elements lie apart");
                let mut parts = Vec::new();
                (0..cuts.count).for_each(|number| all(&walk.part(cuts, number), &mut parts));
                parts.sort_unstable();
                assert_eq!(parts, whole);
            }
        }
        Ok(())
    }

    #[test]
    fn elements_that_may_meet_are_not_cut() {
        assert!(lies_apart(&[4, 3], &[24, 8], 8) && lies_apart(&[4, 3], &[8, -32], 8) && lies_apart(&[1], &[0], 8));
        assert!(!lies_apart(&[4, 3], &[8, 8], 8) && !lies_apart(&[4], &[0], 8) && !lies_apart(&[2, 3], &[4, 8], 8));
    }
}
