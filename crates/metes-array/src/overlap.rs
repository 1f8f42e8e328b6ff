//! Do two arrays share a byte? Exactly, by arithmetic.
//!
//! The bytes of an array are `start + sum(x[i] * stride[i])` with `0 <= x[i] < n[i]`, one more term of stride 1 for the
//! bytes of an element. Two arrays overlap when the difference of two such sums can be zero: a bounded linear
//! Diophantine equation, solved by depth-first search over the terms, largest coefficient first, cut by the range and
//! the greatest common divisor of what is left. It is NP-hard in general, so the caller bounds the work.

use crate::Array;
use metes_memory::{Error, ErrorKind, Result};

/// Whether the memory ranges of two arrays meet: cheap, and true for interleaved arrays that share nothing.
pub fn may_share_memory(a: &Array, b: &Array) -> bool {
    match (bounds(a), bounds(b)) {
        (Some(a), Some(b)) => a.0 < b.1 && b.0 < a.1,
        _ => false,
    }
}

fn bounds(a: &Array) -> Option<(usize, usize)> {
    if a.size() == 0 {
        return None;
    }
    let start = a.buffer().as_ptr() as usize;
    let extent = a.extent();
    Some((start + extent.start, start + extent.end))
}

/// Whether two arrays have a byte in common, exactly.
///
/// `max_work` bounds the candidates that are looked at: `None` is no bound, `Some(0)` compares the ranges only.
///
/// # Errors
/// [`ErrorKind::TooHard`] where the bound is reached first.
pub fn shares_memory(a: &Array, b: &Array, max_work: Option<u64>) -> Result<bool> {
    if !may_share_memory(a, b) {
        return Ok(false);
    }
    if max_work == Some(0) {
        return Err(too_hard());
    }
    let mut target = b.as_ptr() as i128 - a.as_ptr() as i128;
    let mut terms: Vec<Term> = Vec::new();
    for (array, sign) in [(a, 1), (b, -1)] {
        let itemsize = (1, array.dtype().size());
        let axes = array.strides().iter().map(|&s| s as i128).zip(array.shape().iter().copied());
        for (stride, n) in axes.chain([itemsize]) {
            let coefficient = stride * sign;
            let bound = n as i128 - 1;
            if coefficient == 0 || bound == 0 {
                continue;
            }
            if coefficient < 0 {
                target -= coefficient * bound;
            }
            terms.push(Term { coefficient: coefficient.abs(), bound });
        }
    }
    solve(merge(terms), target, max_work)
}

fn too_hard() -> Error {
    Error::new(ErrorKind::TooHard, "shares_memory: exceeded max_work")
}

#[derive(Clone, Copy)]
struct Term {
    coefficient: i128,
    bound: i128,
}

/// Terms with equal coefficients are one term; the largest coefficient comes first.
fn merge(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_unstable_by_key(|t| std::cmp::Reverse(t.coefficient));
    terms.dedup_by(|next, kept| {
        let same = next.coefficient == kept.coefficient;
        if same {
            kept.bound += next.bound;
        }
        same
    });
    terms
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Whether `sum(coefficient * x) == target` has a solution with `0 <= x <= bound`.
fn solve(terms: Vec<Term>, target: i128, max_work: Option<u64>) -> Result<bool> {
    let count = terms.len();
    let (mut reach, mut divisor) = (vec![0i128; count + 1], vec![0i128; count + 1]);
    for i in (0..count).rev() {
        reach[i] = reach[i + 1] + terms[i].coefficient * terms[i].bound;
        divisor[i] = gcd(terms[i].coefficient, divisor[i + 1]);
    }
    let mut search = Search { terms: &terms, reach: &reach, divisor: &divisor, work: max_work };
    search.from(0, target)
}

struct Search<'a> {
    terms: &'a [Term],
    reach: &'a [i128],
    divisor: &'a [i128],
    work: Option<u64>,
}

impl Search<'_> {
    fn from(&mut self, at: usize, target: i128) -> Result<bool> {
        if target < 0 || target > self.reach[at] {
            return Ok(false);
        }
        if target == 0 {
            return Ok(true);
        }
        if target % self.divisor[at] != 0 {
            return Ok(false);
        }
        let Term { coefficient, bound } = self.terms[at];
        if at + 1 == self.terms.len() {
            return Ok(target / coefficient <= bound);
        }
        let least = (target - self.reach[at + 1]).max(0);
        let first = (least + coefficient - 1) / coefficient;
        for x in first..=(target / coefficient).min(bound) {
            if let Some(work) = &mut self.work {
                *work = work.checked_sub(1).ok_or_else(too_hard)?;
            }
            if self.from(at + 1, target - x * coefficient)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Array {
    /// Whether two elements of the array share a byte (a broadcast array does); `None` where that is too hard to say.
    pub fn self_overlaps(&self) -> Option<bool> {
        if self.size() < 2 {
            return Some(false);
        }
        let mut axes: Vec<(usize, usize)> = self
            .shape()
            .iter()
            .zip(self.strides())
            .filter(|(n, _)| **n > 1)
            .map(|(&n, s)| (s.unsigned_abs(), n))
            .collect();
        axes.sort_unstable();
        let mut span = self.dtype().size();
        for (stride, n) in axes {
            if stride == 0 {
                return Some(true);
            }
            if stride < span {
                return None;
            }
            span += stride * (n - 1);
        }
        Some(false)
    }
}
