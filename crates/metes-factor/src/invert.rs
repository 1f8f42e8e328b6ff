//! The inverse of a matrix out of its factors, in the memory of the factors.
//!
//! The lower triangle is inverted where it lies, and then `u x = inv(l)` is solved there for `x`, whose columns change
//! places. Every step cuts its matrices in halves until they are small, so that nearly all work is products of the
//! library. What would overwrite a factor of its own goes through a panel of some rows. So `a inv(a)` is as close to the
//! identity as it is where the identity is solved for (Higham, "Accuracy and Stability of Numerical Algorithms", 14).

use crate::exchange::exchange;
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve as triangular;
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::traits::ComplexField;
use faer::traits::math_utils::{add, mul, neg, one, recip, sub, zero};
use faer::{Accum, MatMut, MatRef, Par};

/// Sides of triangles that are not cut any more.
const SMALL: usize = 16;
/// Rows that are multiplied with one of them at a time.
const ROWS: usize = 32;

/// Numbers that a panel has room for, at least a row.
pub(crate) fn panel<T>(n: usize) -> usize {
    const BYTES: usize = 120 << 10;
    let (rows, columns) = (n / 2, n - n / 2);
    if n <= SMALL { 0 } else { columns * (BYTES / (columns * size_of::<T>())).clamp(1, rows) }
}

/// Writes the inverse in place of the factors `l` (whose diagonal is 1 and not stored) and `u`; `back` says for each row
/// of the matrix where the factors have it, and `room` is a panel's.
pub(crate) fn invert<T: ComplexField + Copy>(mut factors: MatMut<'_, T>, back: &[usize], room: &mut [T]) {
    lower(factors.rb_mut());
    solve(factors.rb_mut(), room);
    exchange(back, |column, from| faer::perm::swap_cols_idx(factors.rb_mut(), column, from));
}

/// The four blocks of a matrix cut in halves.
fn halves<T>(matrix: MatMut<'_, T>) -> [MatMut<'_, T>; 4] {
    let (rows, columns) = (matrix.nrows() / 2, matrix.ncols() / 2);
    let (a, b, c, d) = matrix.split_at_mut(rows, columns);
    [a, b, c, d]
}

fn negate<T: ComplexField + Copy>(matrix: MatMut<'_, T>) {
    faer::zip!(matrix).for_each(|faer::unzip!(x)| *x = neg(x));
}

/// Inverts the lower triangle.
fn lower<T: ComplexField + Copy>(mut l: MatMut<'_, T>) {
    let n = l.nrows();
    if n <= SMALL {
        for column in 0..n {
            for row in column + 1..n {
                let terms = (column + 1..row).map(|k| mul(&l[(row, k)], &l[(k, column)]));
                l[(row, column)] = neg(&terms.fold(l[(row, column)], |sum, term| add(&sum, &term)));
            }
        }
        return;
    }
    let [mut first, _, mut below, last] = halves(l);
    lower(first.rb_mut());
    multiply(below.rb_mut(), first.rb());
    triangular::solve_unit_lower_triangular_in_place(last.rb(), below.rb_mut(), Par::Seq);
    negate(below);
    lower(last);
}

/// Solves `u x = m` for `x` in place of both triangles, `m` being the lower one.
fn solve<T: ComplexField + Copy>(mut both: MatMut<'_, T>, panel: &mut [T]) {
    if both.nrows() <= SMALL {
        return solve_small(both);
    }
    let [mut first, mut right, mut below, mut last] = halves(both.rb_mut());
    triangular::solve_upper_triangular_in_place(last.rb(), below.rb_mut(), Par::Seq);
    triangular::solve_upper_triangular_in_place(first.rb(), right.rb_mut(), Par::Seq);
    solve(last.rb_mut(), panel);
    solve(first.rb_mut(), panel);
    matmul(first, Accum::Add, right.rb(), below.rb(), neg(&one::<T>()), Par::Seq);
    multiply_by_panels(right, last.rb(), panel);
}

/// The same row by row, the last first, among copies whose rows are vectors.
fn solve_small<T: ComplexField + Copy>(mut both: MatMut<'_, T>) {
    let n = both.nrows();
    let mut u = [[zero::<T>(); SMALL]; SMALL];
    let mut x = u;
    for column in 0..n {
        (0..=column).for_each(|row| u[row][column] = both[(row, column)]);
        (column + 1..n).for_each(|row| x[row][column] = both[(row, column)]);
        x[column][column] = one();
    }
    for row in (0..n).rev() {
        let mut own = x[row];
        for k in row + 1..n {
            own.iter_mut().zip(&x[k]).for_each(|(own, x)| *own = sub(own, &mul(&u[row][k], x)));
        }
        let pivot = recip(&u[row][row]);
        x[row] = own.map(|x| mul(&x, &pivot));
    }
    for column in 0..n {
        (0..n).for_each(|row| both[(row, column)] = x[row][column]);
    }
}

/// Multiplies from the right with a matrix and negates, in place, as many rows at a time as the panel has room for.
fn multiply_by_panels<T: ComplexField + Copy>(mut matrix: MatMut<'_, T>, by: MatRef<'_, T>, panel: &mut [T]) {
    let n = matrix.ncols();
    let most = panel.len() / n;
    for start in (0..matrix.nrows()).step_by(most) {
        let count = most.min(matrix.nrows() - start);
        let mut rows = matrix.rb_mut().subrows_mut(start, count);
        let mut copy = MatMut::from_column_major_slice_mut(&mut panel[..count * n], count, n);
        copy.copy_from(rows.rb());
        matmul(rows.rb_mut(), Accum::Replace, copy.rb(), by, neg(&one::<T>()), Par::Seq);
    }
}

/// Multiplies from the right with a lower triangle whose diagonal is 1, in place.
fn multiply<T: ComplexField + Copy>(matrix: MatMut<'_, T>, triangle: MatRef<'_, T>) {
    let n = triangle.nrows();
    if n <= SMALL {
        return multiply_small(matrix, triangle);
    }
    let (first, _, below, last) = triangle.split_at(n / 2, n / 2);
    let (mut a, b) = matrix.split_at_col_mut(n / 2);
    multiply(a.rb_mut(), first);
    matmul(a, Accum::Add, b.rb(), below, one(), Par::Seq);
    multiply(b, last);
}

/// The same for a small one, by copies of it and of some rows at a time.
fn multiply_small<T: ComplexField + Copy>(mut matrix: MatMut<'_, T>, triangle: MatRef<'_, T>) {
    let n = triangle.nrows();
    let mut whole = [zero::<T>(); SMALL * SMALL];
    for column in 0..n {
        whole[column + column * n] = one();
        (column + 1..n).for_each(|row| whole[row + column * n] = triangle[(row, column)]);
    }
    let whole = MatRef::from_column_major_slice(&whole[..n * n], n, n);
    let mut room = [zero::<T>(); SMALL * ROWS];
    for start in (0..matrix.nrows()).step_by(ROWS) {
        let count = ROWS.min(matrix.nrows() - start);
        let mut rows = matrix.rb_mut().subrows_mut(start, count);
        let mut copy = MatMut::from_column_major_slice_mut(&mut room[..count * n], count, n);
        copy.copy_from(rows.rb());
        matmul(rows.rb_mut(), Accum::Replace, copy.rb(), whole, one(), Par::Seq);
    }
}
