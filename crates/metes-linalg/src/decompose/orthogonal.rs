//! Cholesky, QR and singular values.

use super::{Bytes, Stack, check_matrices, check_square, dense, entry, fresh, kind_of, lin_alg, little, with_field};
use metes_array::{Array, Order};
use metes_factor::{Dense, Field, Vectors};
use metes_memory::Result;

/// Which parts of a QR decomposition are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QrMode {
    /// Q with as many columns as R has rows: the smaller side.
    #[default]
    Reduced,
    /// A square Q.
    Complete,
    /// R alone.
    R,
}

/// The Cholesky factors of positive definite matrices: lower ones, `a = l l*`, of which the lower triangle is read; or
/// upper ones, `a = u* u`.
///
/// # Errors
/// `LinAlg` for other than square or positive definite matrices; refused memory.
pub fn cholesky(a: &Array, upper: bool) -> Result<Array> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => cholesky_in::<T>(a, upper))
}

fn cholesky_in<T: Field>(a: &Array, upper: bool) -> Result<Array> {
    let mut stack = Stack::new(a, T::KIND)?;
    let result = fresh::<T>(a.shape(), Order::C, "cholesky")?;
    let mut work = Bytes::take(T::cholesky_need(stack.rows), "cholesky")?;
    for i in 0..stack.len() {
        stack.load_entry::<T>(i, &result)?;
        let matrix = entry::<T>(&result, 2, i);
        // The upper triangle, transposed, is the lower triangle of the conjugate: its factor is that of `a`, transposed.
        let lower = if upper { matrix.transposed() } else { matrix };
        // SAFETY: the result is fresh, and the workspace as large as asked for.
        unsafe {
            let finite = lower.places().filter(|(i, j)| i >= j).all(|(i, j)| lower.get(i, j).is_finite());
            if !finite || (lower.rows > 0 && !T::cholesky(lower, work.get())) {
                return Err(lin_alg("Matrix is not positive definite"));
            }
            lower.places().filter(|(i, j)| i < j).for_each(|(i, j)| lower.set(i, j, T::ZERO));
        }
    }
    Ok(result)
}

/// The QR decompositions of matrices, `a = q r`; no Q in mode R.
///
/// # Errors
/// `LinAlg` for less than two axes; refused memory.
pub fn qr(a: &Array, mode: QrMode) -> Result<(Option<Array>, Array)> {
    check_matrices(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => qr_in::<T>(a, mode))
}

fn qr_in<T: Field>(a: &Array, mode: QrMode) -> Result<(Option<Array>, Array)> {
    let mut stack = Stack::new(a, T::KIND)?;
    let (m, n, k) = (stack.rows, stack.columns, stack.least());
    let width = if mode == QrMode::Complete { m } else { k };
    let r = fresh::<T>(&stack.shape(&[width, n]), Order::C, "qr")?;
    let q = match mode {
        QrMode::R => None,
        _ => Some(fresh::<T>(&stack.shape(&[m, width]), Order::C, "qr")?),
    };
    let matrix = fresh::<T>(&[m, n], Order::F, "qr")?;
    let (block, need) = T::qr_need(m, n, width);
    let factors = fresh::<T>(&[block, k], Order::F, "qr")?;
    let mut work = Bytes::take(need, "qr")?;
    for i in 0..stack.len() {
        stack.load::<T>(i, &matrix)?;
        let (matrix, factors) = (dense::<T>(&matrix), dense::<T>(&factors));
        let r = entry::<T>(&r, 2, i);
        let q = q.as_ref().map(|q| entry::<T>(q, 2, i));
        // SAFETY: results are fresh; the matrix, the factors and the workspace are ours, and as large as asked for.
        unsafe { qr_one(matrix, factors, r, q, &mut work) };
    }
    Ok((q, r))
}

/// # Safety
/// All matrices are valid and ours.
unsafe fn qr_one<T: Field>(a: Dense<T>, factors: Dense<T>, r: Dense<T>, q: Option<Dense<T>>, work: &mut Bytes) {
    let one = T::from_real(<T::Real as metes_factor::Float>::from_f64(1.0));
    let unit = |i, j| if i == j { one } else { T::ZERO };
    // SAFETY: the caller's promise.
    unsafe {
        if !a.is_finite() {
            r.fill(|_, _| Dense::<T>::nan());
            return q.into_iter().for_each(|q| q.fill(|_, _| Dense::<T>::nan()));
        }
        if little::reflects::<T>(a.rows, a.columns) {
            let exponent = a.balance(|_, _| true);
            little::qr(a, r, q);
            return r.scale(exponent);
        }
        if factors.columns > 0 {
            factors.fill(|_, _| T::ZERO);
            T::qr(a, factors, work.get());
        }
        r.fill(|i, j| if i <= j && i < a.rows { a.get(i, j) } else { T::ZERO });
        if let Some(q) = q {
            q.fill(unit);
            if factors.columns > 0 && q.columns > 0 {
                T::apply_q(a, factors, q, work.get());
            }
        }
    }
}

/// The singular value decompositions of matrices, `a = u s vh`, singular values decreasing.
///
/// # Errors
/// `LinAlg` for less than two axes, for infinities and NaN, and where the iteration does not converge; refused memory.
pub fn svd(a: &Array, full: bool) -> Result<(Array, Array, Array)> {
    check_matrices(a)?;
    let kind = kind_of(&[a])?;
    let vectors = if full { Vectors::Full } else { Vectors::Thin };
    let (u, s, vh) = with_field!(kind, T => svd_in::<T>(a, vectors, false))?;
    match (u, vh) {
        (Some(u), Some(vh)) => Ok((u, s, vh)),
        _ => unreachable!("vectors were asked for"),
    }
}

/// The singular values of matrices, decreasing.
///
/// # Errors
/// As [`svd`].
pub fn svdvals(a: &Array) -> Result<Array> {
    singular_values(a, false)
}

/// The singular values; `lenient` gives NaN for matrices that are not finite.
pub(crate) fn singular_values(a: &Array, lenient: bool) -> Result<Array> {
    check_matrices(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => svd_in::<T>(a, Vectors::None, lenient)).map(|(_, s, _)| s)
}

type Parts = (Option<Array>, Array, Option<Array>);

fn svd_in<T: Field>(a: &Array, vectors: Vectors, lenient: bool) -> Result<Parts> {
    let mut stack = Stack::new(a, T::KIND)?;
    let (m, n, k) = (stack.rows, stack.columns, stack.least());
    let wide = |side: usize| if vectors == Vectors::Full { side } else { k };
    let made = |shape: [usize; 2]| -> Result<Option<Array>> {
        if vectors == Vectors::None { Ok(None) } else { fresh::<T>(&stack.shape(&shape), Order::C, "svd").map(Some) }
    };
    let (u, vh) = (made([m, wide(m)])?, made([wide(n), n])?);
    let s = fresh::<T::Real>(&stack.shape(&[k]), Order::C, "svd")?;
    let matrix = fresh::<T>(&[m, n], Order::F, "svd")?;
    let values = fresh::<T>(&[k], Order::C, "svd")?;
    let mut work = Bytes::take(T::svd_need(m, n, vectors), "svd")?;
    let one = |all: &Option<Array>, i: usize| all.as_ref().map(|all| entry::<T>(all, 2, i));
    for i in 0..stack.len() {
        stack.load::<T>(i, &matrix)?;
        let (matrix, values) = (dense::<T>(&matrix), dense::<T>(&values));
        let (u, vh, s) = (one(&u, i), one(&vh, i), entry::<T::Real>(&s, 1, i));
        // SAFETY: results are fresh; the matrix, the values and the workspace are ours, and as large as asked for.
        unsafe {
            if lenient && !matrix.is_finite() {
                s.fill(|_, _| Dense::<T::Real>::nan());
                continue;
            }
            if !matrix.is_finite() || svd_one(matrix, values, u, vh, &mut work).is_err() {
                return Err(lin_alg("SVD did not converge"));
            }
            (0..k).for_each(|j| s.set(j, 0, values.get(j, 0).real()));
        }
    }
    Ok((u, s, vh))
}

/// # Safety
/// All matrices are valid and ours.
unsafe fn svd_one<T: Field>(
    a: Dense<T>,
    s: Dense<T>,
    u: Option<Dense<T>>,
    vh: Option<Dense<T>>,
    work: &mut Bytes,
) -> std::result::Result<(), metes_factor::NoConvergence> {
    let one = T::from_real(<T::Real as metes_factor::Float>::from_f64(1.0));
    // SAFETY: the caller's promise.
    unsafe {
        if s.rows == 0 {
            let unit = |i, j| if i == j { one } else { T::ZERO };
            u.into_iter().chain(vh).for_each(|x| x.fill(unit));
            return Ok(());
        }
        // The library fills up full sets of vectors from zeros.
        u.iter().chain(&vh).for_each(|x| x.fill(|_, _| T::ZERO));
        let exponent = a.balance(|_, _| true);
        let v = vh.map(Dense::transposed);
        if !(little::rotates::<T>(a.rows.max(a.columns)) && little::svd(a, s, u, v).is_ok()) {
            T::svd(a, s, u, v, work.get())?;
        }
        s.scale(exponent);
        if let Some(vh) = vh {
            vh.places().for_each(|(i, j)| vh.set(i, j, vh.get(i, j).conj()));
        }
    }
    Ok(())
}
