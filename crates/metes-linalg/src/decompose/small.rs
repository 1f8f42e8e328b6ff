//! LU with partial pivoting of small matrices, in arrays of their own: for stacks of them, whose sides are not worth a call.

use crate::ring::Ring;
use metes_factor::{Dense, Field, Float};

/// The longest side.
pub(super) const MOST: usize = 16;

/// A square matrix, row by row, and then its factors.
pub(super) struct Small<T> {
    n: usize,
    a: [T; MOST * MOST],
    /// Which row of the matrix each row of the factors is.
    order: [usize; MOST],
    exchanges: usize,
}

/// `to -= by * from`.
#[inline(always)]
fn subtract<T: Field + Ring>(to: &mut [T], by: T, from: &[T]) {
    let by = by.negated();
    to.iter_mut().zip(from).for_each(|(to, from)| *to = to.add_product(by, *from));
}

impl<T: Field + Ring> Small<T> {
    /// A place for matrices of this side.
    pub fn new(n: usize) -> Small<T> {
        debug_assert!(n <= MOST);
        Small { n, a: [<T as Field>::ZERO; MOST * MOST], order: std::array::from_fn(|i| i), exchanges: 0 }
    }

    /// Factors a matrix.
    ///
    /// # Safety
    /// It is valid, and of this side.
    pub unsafe fn factor(&mut self, matrix: Dense<T>) {
        let n = self.n;
        for i in 0..n {
            for j in 0..n {
                // SAFETY: the caller's promise.
                self.a[i * n + j] = unsafe { matrix.get(i, j) };
            }
        }
        self.order = std::array::from_fn(|i| i);
        self.exchanges = 0;
        for k in 0..n {
            let size = |i: usize| self.a[i * n + k].modulus();
            let pivot = (k + 1..n).fold(k, |most, i| if size(i) > size(most) { i } else { most });
            if pivot != k {
                let (above, below) = self.a.split_at_mut(pivot * n);
                above[k * n..(k + 1) * n].swap_with_slice(&mut below[..n]);
                self.order.swap(k, pivot);
                self.exchanges += 1;
            }
            let (above, below) = self.a.split_at_mut((k + 1) * n);
            let row = &above[k * n..];
            if row[k].modulus() == T::Real::from_f64(0.0) {
                continue;
            }
            for lower in below[..(n - k - 1) * n].chunks_exact_mut(n) {
                let by = lower[k].over(row[k]);
                lower[k] = by;
                subtract(&mut lower[k + 1..], by, &row[k + 1..]);
            }
        }
    }

    /// The diagonal of U.
    pub fn pivots(&self) -> impl Iterator<Item = T> + Clone {
        (0..self.n).map(|i| self.a[i * self.n + i])
    }

    /// How many rows were exchanged.
    pub fn exchanges(&self) -> usize {
        self.exchanges
    }

    /// Writes the inverse.
    ///
    /// # Safety
    /// `out` is valid, ours, and of this side.
    pub unsafe fn invert(&self, out: Dense<T>) {
        let n = self.n;
        let mut x = [<T as Field>::ZERO; MOST * MOST];
        (0..n).for_each(|i| x[i * n + self.order[i]] = T::from_real(T::Real::from_f64(1.0)));
        self.substitute(&mut x, n);
        for i in 0..n {
            // SAFETY: the caller's promise.
            (0..n).for_each(|j| unsafe { out.set(i, j, x[i * n + j]) });
        }
    }

    /// Solves for the columns of `b`, in place.
    ///
    /// # Safety
    /// `b` is valid, ours, and has as many rows.
    pub unsafe fn solve(&self, b: Dense<T>) {
        let n = self.n;
        for first in (0..b.columns).step_by(MOST) {
            let width = MOST.min(b.columns - first);
            let mut x = [<T as Field>::ZERO; MOST * MOST];
            for i in 0..n {
                // SAFETY: the caller's promise.
                (0..width).for_each(|j| x[i * width + j] = unsafe { b.get(self.order[i], first + j) });
            }
            self.substitute(&mut x, width);
            for i in 0..n {
                // SAFETY: the caller's promise.
                (0..width).for_each(|j| unsafe { b.set(i, first + j, x[i * width + j]) });
            }
        }
    }

    /// Solves for rows of `width` numbers that stand in the order of the factors.
    fn substitute(&self, x: &mut [T; MOST * MOST], width: usize) {
        let n = self.n;
        for i in 1..n {
            let (above, below) = x.split_at_mut(i * width);
            let factors = &self.a[i * n..i * n + i];
            factors.iter().zip(above.chunks_exact(width)).for_each(|(by, row)| subtract(&mut below[..width], *by, row));
        }
        for i in (0..n).rev() {
            let (above, below) = x.split_at_mut((i + 1) * width);
            let own = &mut above[i * width..];
            let factors = &self.a[i * n + i + 1..(i + 1) * n];
            factors.iter().zip(below.chunks_exact(width)).for_each(|(by, row)| subtract(own, *by, row));
            let pivot = self.a[i * n + i];
            own.iter_mut().for_each(|x| *x = x.over(pivot));
        }
    }
}
