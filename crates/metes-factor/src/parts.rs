//! How a product is cut into parts that threads share. It is a matter of shapes alone: the library may compute a part of
//! another size by another loop, so the same parts are computed on any number of threads.

use crate::Dense;

/// The fewest products of a part: of matrices, which the processor computes in an eighth of a millisecond, and of a matrix
/// and a vector, which wait for memory.
const MATRIX: usize = 1 << 21;
const VECTOR: usize = 1 << 17;
/// The fewest rows or columns of a part: the kernels of the library take up to 96 at once.
const NARROW: usize = 96;
/// Parts begin at multiples of so many rows or columns: a line of the cache, whatever the type.
const LINE: usize = 16;

/// Parts of the rows or the columns of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts {
    rows: bool,
    len: usize,
    each: usize,
}

impl Parts {
    /// The parts of a product that sums over so many `terms`. The axis along which the result lies is cut where it is long
    /// enough: what the library packs is then packed once, a part by each thread.
    pub(crate) fn of<T>(c: &Dense<T>, terms: usize) -> Parts {
        let products = c.rows.saturating_mul(c.columns).saturating_mul(terms);
        let least = if c.rows == 1 || c.columns == 1 { VECTOR } else { MATRIX };
        let along = c.row_step.unsigned_abs() < c.column_step.unsigned_abs();
        let len = |rows: bool| if rows { c.rows } else { c.columns };
        let rows = if len(along) >= 2 * NARROW { along } else { !along };
        let most = (len(rows) / NARROW).min(products / least).max(1);
        // Powers of two are shared evenly by most numbers of threads.
        let count = 1 << most.ilog2();
        Parts { rows, len: len(rows), each: len(rows).div_ceil(count).next_multiple_of(LINE) }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.len.div_ceil(self.each).max(1)
    }

    /// The part of this number of the result `c = a b`, and what it is made of.
    pub(crate) fn part<T>(&self, number: usize, [c, a, b]: [Dense<T>; 3]) -> [Dense<T>; 3] {
        let first = number * self.each;
        let len = self.each.min(self.len - first);
        let rows = |x: Dense<T>| Dense { ptr: x.ptr.wrapping_offset(first as isize * x.row_step), rows: len, ..x };
        if self.rows {
            return [rows(c), rows(a), b];
        }
        [rows(c.transposed()).transposed(), a, rows(b.transposed()).transposed()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Dense<f64> {
        Dense { ptr: std::ptr::null_mut(), rows, columns, row_step: columns as isize, column_step: 1 }
    }

    #[test]
    fn parts_cover_the_result_once() {
        for (m, n, k) in
            [(1, 1, 1), (1000, 1000, 1000), (5000, 3, 700), (3, 5000, 700), (1, 90_000, 40), (200, 200, 200)]
        {
            for c in [matrix(m, n), matrix(n, m).transposed()] {
                let (a, b) = (matrix(m, k), matrix(k, n));
                let parts = Parts::of(&c, k);
                let mut places = std::collections::HashSet::new();
                for number in 0..parts.count() {
                    let [c, a, b] = parts.part(number, [c, a, b]);
                    assert_eq!((c.rows, c.columns, k, k), (a.rows, b.columns, a.columns, b.rows));
                    let place = |(i, j)| c.ptr.wrapping_offset(i as isize * c.row_step + j as isize * c.column_step);
                    assert!(c.places().all(|at| places.insert(place(at))), "{m} {n} {k}: twice");
                }
                assert_eq!(places.len(), m * n, "{m} {n} {k}: {parts:?}");
            }
        }
        assert_eq!(Parts::of(&matrix(1000, 1000), 1000), Parts { rows: false, len: 1000, each: 128 });
    }
}
