//! Sorting by several keys.

use super::{Sorting, argsort, axis_of};
use crate::exec;
use crate::walk::Walk;
use metes_array::{Array, Index, shape_text};
use metes_dtype::DType;
use metes_kernels::SortRow;
use metes_memory::{Error, ErrorKind, Result};
use std::cmp::Ordering;

/// The places along an axis, sorted by the last key, ties by the one before it, and so on; int64, stable.
///
/// The last key is sorted by; only runs of equal values of it are settled by the other keys, in the room of the result.
///
/// # Errors
/// No keys, keys of different shapes, an axis that is not there, refused memory.
pub fn lexsort(keys: &[Array], axis: isize) -> Result<Array> {
    let Some((last, others)) = keys.split_last() else {
        return Err(Error::new(ErrorKind::Type, "need sequence of keys with len > 0 in lexsort"));
    };
    if let Some(other) = others.iter().find(|k| k.shape() != last.shape()) {
        let (one, two) = (shape_text(last.shape()), shape_text(other.shape()));
        return Err(Error::new(ErrorKind::Value, format!("all keys need to be the same shape: {one} is not {two}")));
    }
    if last.ndim() == 0 {
        return Array::zeros(&[], metes_dtype::Kind::I64.into());
    }
    let axis = axis_of(last, axis)?;
    let out = argsort(last, axis as isize, Sorting { stable: true, descending: false })?;
    if out.size() == 0 || others.is_empty() {
        return Ok(out);
    }
    let lane_first = out.moveaxis(&[axis as isize], &[-1])?;
    if lane_first.strides().last() == Some(&8) {
        settle_lanes(keys, axis, &out)?;
        return Ok(out);
    }
    let dense = lane_first.copy(metes_array::Order::C)?.moveaxis(&[-1], &[axis as isize])?;
    settle_lanes(keys, axis, &dense)?;
    metes_array::copy_into(&out, &dense)?;
    Ok(out)
}

/// A key as the lanes see it: where the lane's first value lies, bytes between values, how they compare.
struct Key {
    first: *const u8,
    step: isize,
    row: Option<&'static SortRow>,
    dtype: DType,
}

impl Key {
    fn order(&self, a: u64, b: u64) -> Ordering {
        let at = |place: u64| self.first.wrapping_offset(place as isize * self.step);
        // SAFETY: places of a lane are places of values of the key's lane, which is guarded.
        unsafe {
            match self.row {
                Some(row) => (row.compare)(at(a), at(b)),
                None => crate::elements::compare(self.dtype, at(a), at(b)),
            }
        }
    }
}

/// Settles the ties of the last key in lanes of places that lie densely along `axis`.
fn settle_lanes(keys: &[Array], axis: usize, places: &Array) -> Result<()> {
    let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
    index.push(Index::At(0));
    let mut operands: Vec<&Array> = vec![places];
    operands.extend(keys);
    let starts: Vec<Array> = operands.iter().map(|a| a.index(&index)).collect::<Result<_>>()?;
    let walk = Walk::new(starts[0].shape(), &starts.iter().collect::<Vec<_>>())?;
    let _guards = exec::guard(&operands, 1, "lexsort")?;
    let n = places.shape()[axis];
    let rows: Vec<_> = keys.iter().map(|key| key.dtype().number().map(metes_kernels::sorting)).collect();
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let at = |which: usize| runs[which].0.wrapping_offset(i * runs[which].1);
            let keys: Vec<Key> = (keys.iter().enumerate())
                .map(|(k, key)| Key { first: at(k + 1), step: key.strides()[axis], row: rows[k], dtype: key.dtype() })
                .collect();
            // SAFETY: a lane of `n` dense places of the fresh, guarded result.
            settle(unsafe { std::slice::from_raw_parts_mut(at(0).cast::<u64>(), n) }, &keys);
        }
    });
    Ok(())
}

fn settle(places: &mut [u64], keys: &[Key]) {
    let Some((last, others)) = keys.split_last() else { return };
    for run in places.chunk_by_mut(|a, b| last.order(*a, *b).is_eq()).filter(|run| run.len() > 1) {
        run.sort_unstable_by(|a, b| {
            let unequal = others.iter().rev().map(|key| key.order(*a, *b)).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| a.cmp(b))
        });
    }
}
