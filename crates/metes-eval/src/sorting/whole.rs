//! Sorting elements that no loop sorts where they lie, byte for byte: text, raw bytes, records without gaps.
//!
//! Quicksort around the median of three; a lane on which that does badly is finished by heapsort. Nothing is set apart.

use super::Sorting;
use crate::elements::compare;
use crate::exec;
use crate::walk::Walk;
use metes_array::{Array, Index};
use metes_dtype::{DType, Form, Record};
use metes_memory::Result;
use std::cmp::Ordering;
use std::ptr::swap_nonoverlapping;

/// Lanes of as few elements are sorted by insertion.
const FEW: usize = 16;

/// Whether elements may be moved whole, and equal ones in any order: records keep what lies in their gaps, and of equal zeros
/// within them `stable` says which comes first.
pub(super) fn moves(dtype: DType, how: Sorting) -> bool {
    match dtype.form() {
        Form::Bytes(_) | Form::Text { .. } | Form::Void(_) => dtype.size() > 0,
        Form::Record(record) => !how.stable && dtype.size() > 0 && is_full(record),
        _ => false,
    }
}

/// Whether every byte of a record belongs to one field.
fn is_full(record: &Record) -> bool {
    let mut fields: Vec<_> = record.fields().iter().collect();
    fields.sort_unstable_by_key(|field| field.offset);
    let mut end = 0;
    let mut follows = |field: &&metes_dtype::Field| {
        let begins = field.offset == end;
        end = field.offset + field.dtype.size();
        begins && field.dtype.flattened().0.record().is_none_or(is_full)
    };
    fields.iter().all(&mut follows) && end == record.itemsize()
}

/// Sorts the lanes of an array along an axis.
///
/// # Errors
/// A conflicting guard.
pub(super) fn sort(array: &Array, axis: usize, how: Sorting) -> Result<()> {
    let n = array.shape()[axis];
    if array.size() == 0 || n < 2 {
        return Ok(());
    }
    let mut first = vec![Index::Slice { start: None, stop: None, step: None }; axis];
    first.push(Index::At(0));
    let starts = array.index(&first)?;
    let walk = Walk::new(starts.shape(), &[&starts])?;
    let _guards = exec::guard(&[array], 1, "sort")?;
    walk.for_each_run(|count, runs| {
        for i in 0..count as isize {
            let lane = Lane {
                first: runs[0].0.wrapping_offset(i * runs[0].1),
                step: array.strides()[axis],
                dtype: array.dtype(),
                descending: how.descending,
            };
            lane.quick(0, n, 2 * n.ilog2());
        }
    });
    Ok(())
}

/// The elements of one lane, which is guarded: all places below are within it.
struct Lane {
    first: *mut u8,
    step: isize,
    dtype: DType,
    descending: bool,
}

impl Lane {
    fn at(&self, place: usize) -> *mut u8 {
        self.first.wrapping_offset(place as isize * self.step)
    }

    fn less(&self, a: usize, b: usize) -> bool {
        let (a, b) = if self.descending { (b, a) } else { (a, b) };
        // SAFETY: elements of the lane.
        unsafe { compare(self.dtype, self.at(a), self.at(b)) == Ordering::Less }
    }

    fn swap(&self, a: usize, b: usize) {
        if a != b {
            // SAFETY: two elements of a lane that may be written to, of which none share bytes.
            unsafe { swap_nonoverlapping(self.at(a), self.at(b), self.dtype.size()) }
        }
    }

    /// Sorts `start..end`, dividing it at most so often.
    fn quick(&self, mut start: usize, mut end: usize, mut divisions: u32) {
        while end - start > FEW {
            if divisions == 0 {
                return self.heap(start, end);
            }
            divisions -= 1;
            let middle = self.divide(start, end);
            // The shorter part first, so that few wait.
            if middle - start < end - middle {
                self.quick(start, middle, divisions);
                start = middle + 1;
            } else {
                self.quick(middle + 1, end, divisions);
                end = middle;
            }
        }
        for i in start + 1..end {
            (start + 1..=i).rev().take_while(|&at| self.less(at, at - 1)).for_each(|at| self.swap(at, at - 1));
        }
    }

    /// Puts a median of three where it belongs, smaller ones before it and larger ones behind, and says where that is.
    fn divide(&self, start: usize, end: usize) -> usize {
        let (middle, last) = (start.midpoint(end), end - 1);
        if self.less(middle, start) {
            self.swap(middle, start);
        }
        if self.less(last, middle) {
            self.swap(last, middle);
            if self.less(middle, start) {
                self.swap(middle, start);
            }
        }
        self.swap(start, middle);
        let (mut low, mut high) = (start, end);
        loop {
            // The last is not below the median, nor the median itself: both walks end within the lane.
            low = (low + 1..end).find(|&at| !self.less(at, start)).unwrap_or(last);
            high = (start..high).rev().find(|&at| !self.less(start, at)).unwrap_or(start);
            if low >= high {
                self.swap(start, high);
                return high;
            }
            self.swap(low, high);
        }
    }

    fn heap(&self, start: usize, end: usize) {
        let n = end - start;
        (0..n / 2).rev().for_each(|root| self.sift(start, root, n));
        for last in (1..n).rev() {
            self.swap(start, start + last);
            self.sift(start, 0, last);
        }
    }

    /// Lets an element of a heap of `n` sink to its place.
    fn sift(&self, start: usize, mut root: usize, n: usize) {
        while 2 * root + 1 < n {
            let left = 2 * root + 1;
            let child = left + usize::from(left + 1 < n && self.less(start + left, start + left + 1));
            if !self.less(start + root, start + child) {
                return;
            }
            self.swap(start + root, start + child);
            root = child;
        }
    }
}
