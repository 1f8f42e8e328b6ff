//! [`Dense`]: a matrix as libraries see it, and what is asked of one.
//!
//! `backend.rs`, `invert.rs` and `product.rs` are the only files that name the library of linear algebra: another one
//! takes its place there.

use crate::{Field, Float, Workspace};

/// A matrix of elements at any strides, counted in elements.
#[derive(Debug)]
pub struct Dense<T> {
    /// The first element.
    pub ptr: *mut T,
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// From a row to the next.
    pub row_step: isize,
    /// From a column to the next.
    pub column_step: isize,
}

impl<T> Clone for Dense<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Dense<T> {}

impl<T> Dense<T> {
    /// The same elements, rows as columns.
    pub fn transposed(self) -> Dense<T> {
        Dense { rows: self.columns, columns: self.rows, row_step: self.column_step, column_step: self.row_step, ..self }
    }
}

impl<T: Field> Dense<T> {
    fn place(&self, i: usize, j: usize) -> *mut T {
        debug_assert!(i < self.rows && j < self.columns);
        self.ptr.wrapping_offset(i as isize * self.row_step + j as isize * self.column_step)
    }

    /// The element in a row and a column.
    ///
    /// # Safety
    /// The elements are valid, and the indices within the matrix.
    pub unsafe fn get(&self, i: usize, j: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe { self.place(i, j).read() }
    }

    /// Writes an element.
    ///
    /// # Safety
    /// The elements are valid and ours, and the indices within the matrix.
    pub unsafe fn set(&self, i: usize, j: usize, value: T) {
        // SAFETY: the caller's promise.
        unsafe { self.place(i, j).write(value) }
    }

    /// Exchanges rows and columns of a square matrix, tile by tile.
    ///
    /// # Safety
    /// The elements are valid and ours.
    pub unsafe fn transpose(&self) {
        const TILE: usize = 16;
        debug_assert!(self.rows == self.columns);
        let n = self.rows;
        let tiles = |from: usize| (from..n).step_by(TILE).map(move |start| start..n.min(start + TILE));
        for rows in tiles(0) {
            for columns in tiles(rows.start) {
                for i in rows.clone() {
                    for j in columns.start.max(i + 1)..columns.end {
                        // SAFETY: the caller's promise; the places are two, and within the matrix.
                        unsafe { std::ptr::swap(self.place(i, j), self.place(j, i)) };
                    }
                }
            }
        }
    }

    /// All pairs of row and column, column by column.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let (rows, columns) = (self.rows, self.columns);
        (0..columns).flat_map(move |j| (0..rows).map(move |i| (i, j)))
    }

    /// Writes each element as a function of its row and column.
    ///
    /// # Safety
    /// The elements are valid and ours.
    pub unsafe fn fill(&self, mut value: impl FnMut(usize, usize) -> T) {
        // SAFETY: the caller's promise.
        self.places().for_each(|(i, j)| unsafe { self.set(i, j, value(i, j)) });
    }

    /// Whether all elements are finite.
    ///
    /// # Safety
    /// The elements are valid.
    pub unsafe fn is_finite(&self) -> bool {
        // SAFETY: the caller's promise.
        self.places().all(|(i, j)| unsafe { self.get(i, j).is_finite() })
    }

    /// Scales the elements by a power of two where their squares would overflow or vanish, so that the largest of those
    /// that `counts` picks comes near 1. Returns its exponent, which [`Dense::scale`] puts back into the results.
    ///
    /// # Safety
    /// The elements are valid and ours, and those picked are finite.
    pub unsafe fn balance(&self, counts: impl Fn(usize, usize) -> bool) -> i32 {
        let safe = if size_of::<T::Real>() == 4 { 40 } else { 400 };
        // SAFETY: the caller's promise.
        let modulus = |(i, j)| unsafe { self.get(i, j).modulus() }.to_f64();
        let largest = self.places().filter(|(i, j)| counts(*i, *j)).map(modulus).fold(0.0, f64::max);
        let exponent = if largest > 0.0 { largest.log2().floor() as i32 } else { 0 };
        if exponent.abs() <= safe {
            return 0;
        }
        // SAFETY: the caller's promise.
        unsafe { self.scale(-exponent) };
        exponent
    }

    /// Multiplies the elements by a power of two.
    ///
    /// # Safety
    /// The elements are valid and ours.
    pub unsafe fn scale(&self, exponent: i32) {
        if exponent != 0 {
            // In two steps, each of which has a factor that the type can hold.
            let power = |e: i32| T::from_real(T::Real::from_f64(2f64.powi(e)));
            let (one, other) = (power(exponent / 2), power(exponent - exponent / 2));
            // SAFETY: the caller's promise.
            self.places().for_each(|(i, j)| unsafe { self.set(i, j, self.get(i, j).times(one).times(other)) });
        }
    }

    /// Not a number.
    pub fn nan() -> T {
        T::from_real(T::Real::from_f64(f64::NAN))
    }
}

/// How products of matrices are computed: of the result, the left and the right factor.
#[derive(Clone, Copy, Debug)]
pub struct Product<T> {
    /// The bytes of the workspace for matrices at these steps, on up to so many threads, and the fewest that will do.
    /// Smaller matrices at such steps need no more.
    pub need: fn(&[Dense<T>; 3], usize) -> (usize, usize),
    /// `c = a b`, or `c += a b` if the first flag is set; the second one conjugates `a`.
    ///
    /// # Safety
    /// All elements are aligned and valid, and the result shares none with the factors or within itself; the workspace
    /// has at least the fewest bytes that one thread needs.
    pub run: unsafe fn([Dense<T>; 3], bool, bool, Workspace<'_>),
}
