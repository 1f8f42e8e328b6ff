//! Factors laid out as the loops read them.
//!
//! Of the rows' factor: for each tile's height of rows, term by term, the numbers of all rows one after the other; of
//! complex numbers the real parts, then the imaginary ones. Rows that are not there are zero.

use crate::job::Job;
use crate::lanes::{Lanes, Real};
use std::ops::Range;

/// Packs some rows and terms of `a`.
///
/// # Safety
/// They are within the job, and `out` has room for them, the rows filled up to whole tiles.
#[inline(always)]
pub(crate) unsafe fn rows<L: Lanes, const V: usize, const COMPLEX: bool>(
    job: &Job<L::Real>,
    rows: Range<usize>,
    terms: Range<usize>,
    out: *mut L::Real,
) {
    let (tall, reals) = (V * L::LANES, 1 + COMPLEX as usize);
    let depth = terms.len();
    for (tile, start) in rows.clone().step_by(tall).enumerate() {
        let live = tall.min(rows.end - start);
        let from = job.a.wrapping_offset(start as isize * job.a_row + terms.start as isize * job.a_term);
        let to = out.wrapping_add(tile * tall * depth * reals);
        // SAFETY: what is read and written is among the rows, terms and tiles that the caller vouches for.
        unsafe {
            if !COMPLEX && live == tall && job.a_row == 1 {
                for p in 0..depth {
                    let from = from.wrapping_offset(p as isize * job.a_term);
                    for v in 0..V {
                        L::load(from.add(v * L::LANES)).store(to.add(p * tall + v * L::LANES));
                    }
                }
                continue;
            }
            let one = |p: usize, r: usize| {
                let from = from.wrapping_offset(p as isize * job.a_term + r as isize * job.a_row);
                let to = to.add(p * tall * reals + r);
                *to = *from;
                if COMPLEX {
                    let imaginary = *from.add(1);
                    *to.add(tall) = if job.flip_a { imaginary.negative() } else { imaginary };
                }
            };
            if job.a_row.unsigned_abs() <= job.a_term.unsigned_abs() {
                (0..depth).for_each(|p| (0..live).for_each(|r| one(p, r)));
            } else {
                // Some terms of each row at a time: what is written stays in the nearest cache.
                for terms in (0..depth).step_by(16) {
                    (0..live).for_each(|r| (terms..depth.min(terms + 16)).for_each(|p| one(p, r)));
                }
            }
            for p in 0..depth * reals {
                (live..tall).for_each(|r| *to.add(p * tall + r) = L::Real::ZERO);
            }
        }
    }
}

/// Packs `W` columns of `b` from `column` on: term by term, the numbers of all columns.
///
/// # Safety
/// They are within the job, and `out` has room for them.
#[inline(always)]
pub(crate) unsafe fn strip<R: Real, const W: usize, const COMPLEX: bool>(
    job: &Job<R>,
    column: usize,
    terms: Range<usize>,
    out: *mut R,
) {
    let reals = 1 + COMPLEX as usize;
    for (at, p) in terms.enumerate() {
        let from = job.b.wrapping_offset(p as isize * job.b_term + column as isize * job.b_column);
        for j in 0..W {
            for part in 0..reals {
                // SAFETY: the caller's promise.
                unsafe {
                    *out.add((at * W + j) * reals + part) = *from.wrapping_offset(j as isize * job.b_column).add(part)
                };
            }
        }
    }
}
