//! QR, eigenvalues and singular values of small real matrices, in arrays of their own: for stacks of them, whose sides are
//! not worth a call.
//!
//! All is computed in float64, whatever the matrix is of. Reflections have the signs of LAPACK's; eigenvalues and singular
//! values are found by rotations (Jacobi), which for small matrices takes less than to make them tridiagonal first: of a
//! symmetric matrix until nothing is left beside the diagonal, of another one until its columns are orthogonal. Matrices are
//! finite, and scaled so that squares of what matters neither overflow nor vanish. Left out: complex matrices.

use metes_dtype::Category;
use metes_factor::{Dense, Field, Float, NoConvergence};

/// The longest sides for reflections, and for rotations.
const REFLECTED: usize = 16;
const ROTATED: usize = 8;
/// How often every element is turned to zero at most: six or seven times do.
const SWEEPS: usize = 40;

pub(super) fn is_real<T: Field>() -> bool {
    T::KIND.category() == Category::Float
}

/// Whether matrices of so many rows and columns are for [`qr`].
pub(super) fn reflects<T: Field>(rows: usize, columns: usize) -> bool {
    is_real::<T>() && rows.max(columns) <= REFLECTED
}

/// Whether matrices whose longer side is this are for [`eigh`] and [`svd`].
pub(super) fn rotates<T: Field>(side: usize) -> bool {
    is_real::<T>() && side <= ROTATED
}

/// # Safety
/// As [`Dense::get`].
unsafe fn number<T: Field>(matrix: Dense<T>, i: usize, j: usize) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { matrix.get(i, j) }.real().to_f64()
}

fn field<T: Field>(x: f64) -> T {
    T::from_real(T::Real::from_f64(x))
}

type Square<const N: usize> = [[f64; N]; N];

/// A reflection of the rows from `first` on: the identity less `scale v v*`.
#[derive(Clone, Copy)]
struct Reflection {
    first: usize,
    scale: f64,
    v: [f64; REFLECTED],
}

impl Reflection {
    /// That which leaves of column `first` of a matrix of so many rows nothing below the diagonal.
    fn of(a: &mut Square<REFLECTED>, rows: usize, first: usize) -> Reflection {
        let mut v = [0.0; REFLECTED];
        let square: f64 = (first + 1..rows).map(|i| a[i][first] * a[i][first]).sum();
        let head = a[first][first];
        if square == 0.0 {
            return Reflection { first, scale: 0.0, v };
        }
        let length = -(head * head + square).sqrt().copysign(head);
        v[first] = 1.0;
        (first + 1..rows).for_each(|i| v[i] = a[i][first] / (head - length));
        a[first][first] = length;
        Reflection { first, scale: (length - head) / length, v }
    }

    /// Applies it to the columns from `from` to `to`.
    fn apply(&self, a: &mut Square<REFLECTED>, rows: usize, from: usize, to: usize) {
        if self.scale == 0.0 {
            return;
        }
        let mut sums = [0.0; REFLECTED];
        let rows = self.first..rows;
        for (row, v) in a[rows.clone()].iter().zip(&self.v[rows.clone()]) {
            sums[from..to].iter_mut().zip(&row[from..to]).for_each(|(sum, x)| *sum += v * x);
        }
        for (row, v) in a[rows.clone()].iter_mut().zip(&self.v[rows]) {
            let by = self.scale * v;
            row[from..to].iter_mut().zip(&sums[from..to]).for_each(|(x, sum)| *x -= by * sum);
        }
    }
}

/// Writes `a = q r`.
///
/// # Safety
/// All matrices are valid, those written ours; sizes are for this ([`reflects`]).
pub(super) unsafe fn qr<T: Field>(a: Dense<T>, r: Dense<T>, q: Option<Dense<T>>) {
    let (m, n) = (a.rows, a.columns);
    let mut own = [[0.0; REFLECTED]; REFLECTED];
    // SAFETY: the caller's promise.
    a.places().for_each(|(i, j)| own[i][j] = unsafe { number(a, i, j) });
    let mut reflections = [Reflection { first: 0, scale: 0.0, v: [0.0; REFLECTED] }; REFLECTED];
    let count = m.min(n);
    for (k, reflection) in reflections.iter_mut().enumerate().take(count) {
        *reflection = Reflection::of(&mut own, m, k);
        reflection.apply(&mut own, m, k + 1, n);
    }
    // SAFETY: the caller's promise.
    unsafe { r.fill(|i, j| if i <= j && i < m { field(own[i][j]) } else { T::ZERO }) };
    let Some(q) = q else { return };
    let mut unit = [[0.0; REFLECTED]; REFLECTED];
    (0..q.columns).for_each(|i| unit[i][i] = 1.0);
    reflections[..count]
        .iter()
        .rev()
        .for_each(|reflection| reflection.apply(&mut unit, m, reflection.first, q.columns));
    // SAFETY: likewise.
    unsafe { q.fill(|i, j| field(unit[i][j])) };
}

/// Turns two rows.
fn turn<const N: usize>(rows: &mut Square<N>, p: usize, q: usize, cosine: f64, sine: f64) {
    let (x, y) = (rows[p], rows[q]);
    for j in 0..N {
        rows[p][j] = cosine * x[j] - sine * y[j];
        rows[q][j] = sine * x[j] + cosine * y[j];
    }
}

/// The tangent, cosine and sine of the smaller of the two angles by which a symmetric matrix of two rows is turned so that
/// nothing is left beside its diagonal.
fn angle(x: f64, beside: f64, y: f64) -> [f64; 3] {
    let half = 0.5 * (y - x) / beside;
    let tangent =
        if half.is_finite() { 1.0f64.copysign(half) / (half.abs() + (half * half + 1.0).sqrt()) } else { 0.0 };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    [tangent, cosine, tangent * cosine]
}

/// Makes the element in row `p` and column `q` zero, and turns the vectors with it; `false` where it was as good as that.
fn rotate(a: &mut Square<ROTATED>, vectors: Option<&mut Square<ROTATED>>, n: usize, p: usize, q: usize) -> bool {
    let (x, beside, y) = (a[p][p], a[p][q], a[q][q]);
    let little = 64.0 * beside.abs();
    if x.abs() + little == x.abs() && y.abs() + little == y.abs() {
        (a[p][q], a[q][p]) = (0.0, 0.0);
        return false;
    }
    // The tangent of the smaller of the two angles that do it.
    let half = 0.5 * (y - x) / beside;
    let tangent =
        if half.is_finite() { 1.0f64.copysign(half) / (half.abs() + (half * half + 1.0).sqrt()) } else { 0.0 };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    turn(a, p, q, cosine, sine);
    for row in a.iter_mut().take(n) {
        let (x, y) = (row[p], row[q]);
        (row[p], row[q]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    (a[p][p], a[q][q]) = (x - tangent * beside, y + tangent * beside);
    (a[p][q], a[q][p]) = (0.0, 0.0);
    if let Some(vectors) = vectors {
        turn(vectors, p, q, cosine, sine);
    }
    true
}

/// Visits all pairs below `n` again and again, until of none anything was changed.
fn sweep(n: usize, mut visit: impl FnMut(usize, usize) -> bool) -> Result<(), NoConvergence> {
    for _ in 0..SWEEPS {
        let mut changed = false;
        (0..n).for_each(|p| (p + 1..n).for_each(|q| changed |= visit(p, q)));
        if !changed {
            return Ok(());
        }
    }
    Err(NoConvergence)
}

/// Eigenvalues, increasing, and vectors of a symmetric matrix, whose lower triangle is read.
///
/// # Errors
/// Where they are not found in some sweeps, and nothing is written.
///
/// # Safety
/// All matrices are valid, those written ours; the side is for this ([`rotates`]).
pub(super) unsafe fn eigh<T: Field>(a: Dense<T>, w: Dense<T>, v: Option<Dense<T>>) -> Result<(), NoConvergence> {
    let n = a.rows;
    let mut own = [[0.0; ROTATED]; ROTATED];
    for (i, j) in a.places().filter(|(i, j)| i >= j) {
        // SAFETY: the caller's promise.
        own[i][j] = unsafe { number(a, i, j) };
        own[j][i] = own[i][j];
    }
    // Each vector is a row.
    let mut vectors = [[0.0; ROTATED]; ROTATED];
    (0..n).for_each(|i| vectors[i][i] = 1.0);
    sweep(n, |p, q| own[p][q] != 0.0 && rotate(&mut own, v.is_some().then_some(&mut vectors), n, p, q))?;
    let mut order: [usize; ROTATED] = std::array::from_fn(|i| i);
    order[..n].sort_unstable_by(|&i, &j| own[i][i].total_cmp(&own[j][j]).then(i.cmp(&j)));
    // SAFETY: the caller's promise.
    unsafe {
        (0..n).for_each(|j| w.set(j, 0, field(own[order[j]][order[j]])));
        if let Some(v) = v {
            v.fill(|i, j| field(vectors[order[j]][i]));
        }
    }
    Ok(())
}

fn product(x: &[f64; ROTATED], y: &[f64; ROTATED]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Singular values, decreasing, and vectors: `a = u s v*`. Of `u` and `v` as many columns are written as there are.
///
/// # Errors
/// As [`eigh`].
///
/// # Safety
/// All matrices are valid, those written ours; the longer side is for this ([`rotates`]).
pub(super) unsafe fn svd<T: Field>(
    a: Dense<T>,
    s: Dense<T>,
    u: Option<Dense<T>>,
    v: Option<Dense<T>>,
) -> Result<(), NoConvergence> {
    if a.rows < a.columns {
        // SAFETY: the caller's promise.
        return unsafe { svd(a.transposed(), s, v, u) };
    }
    let n = a.columns;
    // Each column is a row.
    let (mut columns, mut right) = ([[0.0; ROTATED]; ROTATED], [[0.0; ROTATED]; ROTATED]);
    // SAFETY: the caller's promise.
    a.places().for_each(|(i, j)| columns[j][i] = unsafe { number(a, i, j) });
    (0..n).for_each(|i| right[i][i] = 1.0);
    sweep(n, |p, q| {
        let [x, y] = [p, q].map(|j| product(&columns[j], &columns[j]));
        let beside = product(&columns[p], &columns[q]);
        if x == 0.0 || y == 0.0 || beside.abs() <= 8.0 * f64::EPSILON * x.sqrt() * y.sqrt() {
            return false;
        }
        let [_, cosine, sine] = angle(x, beside, y);
        turn(&mut columns, p, q, cosine, sine);
        turn(&mut right, p, q, cosine, sine);
        true
    })?;
    let lengths = columns.map(|column| product(&column, &column).sqrt());
    let mut order: [usize; ROTATED] = std::array::from_fn(|i| i);
    order[..n].sort_unstable_by(|&i, &j| lengths[j].total_cmp(&lengths[i]).then(i.cmp(&j)));
    // SAFETY: the caller's promise.
    unsafe {
        (0..n).for_each(|j| s.set(j, 0, field(lengths[order[j]])));
        if let Some(v) = v {
            v.fill(|i, j| field(right[order[j]][i]));
        }
        if let Some(u) = u {
            let mut left = [[0.0; ROTATED]; ROTATED];
            let there = order[..n].iter().filter(|&&j| lengths[j] > 0.0).count();
            for (own, &j) in left.iter_mut().zip(&order[..there]) {
                *own = columns[j].map(|x| x / lengths[j]);
            }
            complete(&mut left, there, u.columns, u.rows);
            u.fill(|i, j| field(left[j][i]));
        }
    }
    Ok(())
}

/// Adds to orthogonal rows of length 1 and `width` numbers others, up to `count`.
fn complete(rows: &mut Square<ROTATED>, there: usize, count: usize, width: usize) {
    for at in there..count {
        let mut best = ([0.0; ROTATED], 0.0);
        for axis in 0..width {
            let mut row = [0.0; ROTATED];
            row[axis] = 1.0;
            // The second time takes off what rounding left the first time.
            for _ in 0..2 {
                for other in &rows[..at] {
                    let by = product(&row, other);
                    row.iter_mut().zip(other).for_each(|(x, y)| *x -= by * y);
                }
            }
            let length = product(&row, &row).sqrt();
            if length > best.1 {
                best = (row, length);
            }
        }
        rows[at] = best.0.map(|x| x / best.1);
    }
}
