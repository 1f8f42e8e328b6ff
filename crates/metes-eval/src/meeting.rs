//! Elementwise operations whose operand meets the result in a regular way ([`Meeting`]): part by part, in an order in which
//! only the operand of one part, or of two that exchange their elements, must be set apart.

use crate::exec::{self, move_values};
use crate::walk::Walk;
use metes_array::{Array, Dims, Index, Meeting, meeting};
use metes_kernels::{Cell, Flags};
use metes_memory::Result;
use smallvec::SmallVec;

/// Bytes that are set apart at a time.
const PART: usize = 64 << 10;

/// From where to where along each axis.
type Part = SmallVec<[(usize, usize); 6]>;

/// The operand that must be set apart, if it is one, and how it meets the result.
pub(crate) fn regular<'a>(
    arrays: &'a [Array],
    out: &Array,
    in_the_way: impl Fn(&Array) -> bool,
) -> Option<(&'a Array, Meeting)> {
    let mut clashing = arrays.iter().filter(|array| in_the_way(array));
    let first = clashing.next()?;
    let again = clashing.all(|array| array.layout() == first.layout() && array.dtype() == first.dtype());
    let meeting = if again { meeting(out, first)? } else { return None };
    Some((first, meeting))
}

/// Runs a loop over operands that need no conversion, `out` among them or met by `apart` so.
pub(crate) fn run(
    cell: &Cell,
    arrays: &[Array],
    out: &Array,
    apart: &Array,
    meeting: &Meeting,
    op: &'static str,
) -> Result<Flags> {
    let (itemsize, parts) = (apart.dtype().size(), parts(out, meeting));
    let most = parts.iter().flatten().map(size).max().unwrap_or(0);
    let together = parts.iter().map(SmallVec::len).max().unwrap_or(0);
    let scratch = Array::empty(&[together, most], apart.dtype(), op)?;
    let operands: SmallVec<[&Array; 5]> = [out].into_iter().chain(arrays).collect();
    let _guards = exec::guard(&operands, 1, op)?;
    let moved = |array: &Array| array.layout() == apart.layout() && array.buffer().same(apart.buffer());
    let mut flags = 0;
    for pair in &parts {
        let mut copies: SmallVec<[Array; 2]> = SmallVec::new();
        for (number, part) in pair.iter().enumerate() {
            let row = scratch.index(&[Index::At(number as isize), Index::Ellipsis])?;
            let copy = shaped(&row, part, itemsize)?;
            copy_held(&copy, &cut(apart, part)?)?;
            copies.push(copy);
        }
        for (part, copy) in pair.iter().zip(&copies) {
            let target = cut(out, part)?;
            let inputs = arrays.iter().map(|array| match moved(array) {
                true => Ok(copy.clone()),
                false => cut(&array.broadcast_to(out.shape())?, part),
            });
            let inputs: SmallVec<[Array; 3]> = inputs.collect::<Result<_>>()?;
            let operands: SmallVec<[&Array; 5]> = [&target].into_iter().chain(&inputs).collect();
            flags |= exec::run_loop(cell.call, 1, &Walk::new(target.shape(), &operands)?);
        }
    }
    Ok(flags)
}

/// The parts of a result in the order in which they are computed, those that exchange elements together.
fn parts(out: &Array, meeting: &Meeting) -> Vec<SmallVec<[Part; 2]>> {
    let limit = (PART / out.dtype().size()).max(1);
    match meeting {
        Meeting::Shifted { upwards } => {
            let mut found = Vec::new();
            let whole: Part = out.shape().iter().map(|&n| (0, n)).collect();
            in_order(out, whole, *upwards, limit, &mut found);
            found
        }
        Meeting::Swapped(axes) => in_pairs(out.shape(), axes, limit),
    }
}

/// Cuts the outermost axes of a part until it is small, in the order of addresses.
fn in_order(out: &Array, part: Part, upwards: bool, limit: usize, found: &mut Vec<SmallVec<[Part; 2]>>) {
    let long = |&axis: &usize| part[axis].1 - part[axis].0 > 1;
    let axis = out.layout().axes_outermost_first().into_iter().find(long);
    let Some(axis) = axis.filter(|_| size(&part) > limit) else {
        found.push([part].into_iter().collect());
        return;
    };
    let (start, stop) = part[axis];
    let rows = (limit / (size(&part) / (stop - start))).max(1);
    let mut cuts: Vec<usize> = (start..stop).step_by(rows).collect();
    if upwards != (out.strides()[axis] > 0) {
        cuts.reverse();
    }
    for from in cuts {
        let mut part = part.clone();
        part[axis] = (from, (from + rows).min(stop));
        in_order(out, part, upwards, limit, found);
    }
}

/// A grid whose parts exchange elements with one part each: axes that are exchanged are cut alike, reversed ones alike from
/// both ends.
fn in_pairs(shape: &[usize], axes: &[(usize, bool)], limit: usize) -> Vec<SmallVec<[Part; 2]>> {
    let mut lengths: Dims = shape.into();
    while lengths.iter().product::<usize>() > limit.div_ceil(2) && lengths.iter().any(|&n| n > 1) {
        let longest = (0..lengths.len()).max_by_key(|&axis| lengths[axis]).unwrap_or(0);
        let half = lengths[longest].div_ceil(2);
        lengths[longest] = half;
        lengths[axes[longest].0] = half;
    }
    let cuts: Vec<Vec<(usize, usize)>> =
        (0..shape.len()).map(|axis| cuts(shape[axis], lengths[axis], axes[axis].1)).collect();
    let counts: Dims = cuts.iter().map(Vec::len).collect();
    let part = |at: &[usize]| at.iter().zip(&cuts).map(|(&i, cuts)| cuts[i]).collect::<Part>();
    let mut found = Vec::new();
    let mut at: Dims = Dims::from_elem(0, shape.len());
    for _ in 0..counts.iter().product() {
        let mut other = at.clone();
        for (axis, &(partner, back)) in axes.iter().enumerate() {
            other[partner] = if back { counts[axis] - 1 - at[axis] } else { at[axis] };
        }
        if other == at {
            found.push([part(&at)].into_iter().collect());
        } else if other > at {
            found.push([part(&at), part(&other)].into_iter().collect());
        }
        next(&mut at, &counts);
    }
    found
}

fn cuts(n: usize, length: usize, mirrored: bool) -> Vec<(usize, usize)> {
    let mut points: Vec<usize> = (0..n).step_by(length.max(1)).collect();
    points.push(n);
    if mirrored {
        points.retain(|&point| point <= n / 2);
        points.extend(points.clone().iter().map(|point| n - point));
        points.sort_unstable();
        points.dedup();
    }
    points.windows(2).map(|ends| (ends[0], ends[1])).collect()
}

/// The next index tuple, in C order.
fn next(at: &mut Dims, counts: &Dims) {
    for axis in (0..at.len()).rev() {
        at[axis] += 1;
        if at[axis] < counts[axis] {
            return;
        }
        at[axis] = 0;
    }
}

fn size(part: &Part) -> usize {
    part.iter().map(|(start, stop)| stop - start).product()
}

fn cut(array: &Array, part: &Part) -> Result<Array> {
    let slice = |&(start, stop): &(usize, usize)| Index::Slice {
        start: Some(start as isize),
        stop: Some(stop as isize),
        step: None,
    };
    let index: SmallVec<[Index; 7]> = part.iter().map(slice).chain([Index::Ellipsis]).collect();
    array.index(&index)
}

/// The beginning of a row of scratch, in the shape of a part.
fn shaped(row: &Array, part: &Part, itemsize: usize) -> Result<Array> {
    let shape: Dims = part.iter().map(|(start, stop)| stop - start).collect();
    let mut strides: SmallVec<[isize; 6]> = SmallVec::from_elem(itemsize as isize, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    row.as_strided(&shape, &strides)
}

/// Copies elements between arrays that share none; the source is held by the caller, the target nobody else's.
fn copy_held(dst: &Array, src: &Array) -> Result<()> {
    let width = dst.dtype().size();
    Walk::new(dst.shape(), &[dst, src])?.for_each_run(|n, runs| {
        // SAFETY: the walk stays within the arrays, which are apart.
        unsafe { move_values(n, width, runs[1], runs[0]) };
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_each_place_once() {
        for (n, length, mirrored) in [(10, 3, true), (7, 7, true), (9, 2, true), (10, 4, false), (1, 1, true)] {
            let cuts = cuts(n, length, mirrored);
            assert_eq!((cuts[0].0, cuts[cuts.len() - 1].1), (0, n));
            assert!(cuts.windows(2).all(|two| two[0].1 == two[1].0));
            assert!(!mirrored || cuts.iter().rev().map(|(a, b)| (n - b, n - a)).eq(cuts.iter().copied()));
        }
    }

    #[test]
    fn exchanged_axes_make_pairs() {
        let pairs = in_pairs(&[64, 64], &[(1, false), (0, false)], 512);
        let covered: usize = pairs.iter().flatten().map(size).sum();
        assert_eq!(covered, 64 * 64);
        assert!(pairs.iter().flatten().all(|part| size(part) <= 512));
    }
}
