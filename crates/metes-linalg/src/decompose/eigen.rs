//! Eigenvalues and eigenvectors.

use super::{Bytes, Stack, check_square, dense, entry, fresh, kind_of, lin_alg, little, with_field};
use metes_array::{Array, Order};
use metes_dtype::{Category, Kind};
use metes_factor::{Dense, Field, Float};
use metes_memory::Result;
use num_complex::Complex;

/// The eigenvalues, increasing, and eigenvectors, as columns, of Hermitian matrices, of which the lower or the upper
/// triangle is read.
///
/// # Errors
/// `LinAlg` for other than square matrices, for infinities and NaN, and where the iteration does not converge; refused
/// memory.
pub fn eigh(a: &Array, upper: bool) -> Result<(Array, Array)> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    let (w, v) = with_field!(kind, T => eigh_in::<T>(a, upper, true))?;
    Ok((w, v.unwrap_or_else(|| a.clone())))
}

/// The eigenvalues of Hermitian matrices, increasing.
///
/// # Errors
/// As [`eigh`].
pub fn eigvalsh(a: &Array, upper: bool) -> Result<Array> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => eigh_in::<T>(a, upper, false)).map(|(w, _)| w)
}

fn eigh_in<T: Field>(a: &Array, upper: bool, vectors: bool) -> Result<(Array, Option<Array>)> {
    // The upper triangle, transposed, is the lower triangle of the conjugate, which has the conjugate vectors.
    let view = if upper { a.swapaxes(-1, -2)? } else { a.clone() };
    let mut stack = Stack::new(&view, T::KIND)?;
    let n = stack.rows;
    let v = if vectors { Some(fresh::<T>(a.shape(), Order::C, "eigh")?) } else { None };
    let w = fresh::<T::Real>(&stack.shape(&[n]), Order::C, "eigh")?;
    let (matrix, values) = (fresh::<T>(&[n, n], Order::F, "eigh")?, fresh::<T>(&[n], Order::C, "eigh")?);
    let mut work = Bytes::take(T::eigh_need(n, vectors), "eigh")?;
    for i in 0..if n == 0 { 0 } else { stack.len() } {
        stack.load::<T>(i, &matrix)?;
        let (matrix, values, w) = (dense::<T>(&matrix), dense::<T>(&values), entry::<T::Real>(&w, 1, i));
        let v = v.as_ref().map(|v| entry::<T>(v, 2, i));
        // SAFETY: results are fresh; the matrix, the values and the workspace are ours, and as large as asked for.
        unsafe {
            let finite = matrix.places().filter(|(i, j)| i >= j).all(|(i, j)| matrix.get(i, j).is_finite());
            v.iter().for_each(|v| v.fill(|_, _| T::ZERO));
            let exponent = if finite { matrix.balance(|i, j| i >= j) } else { 0 };
            let mut found = || {
                little::rotates::<T>(n) && little::eigh(matrix, values, v).is_ok()
                    || T::eigh(matrix, values, v, work.get()).is_ok()
            };
            if !finite || !found() {
                return Err(lin_alg("Eigenvalues did not converge"));
            }
            values.scale(exponent);
            (0..n).for_each(|j| w.set(j, 0, values.get(j, 0).real()));
            if let (Some(v), true) = (v, upper) {
                v.places().for_each(|(i, j)| v.set(i, j, v.get(i, j).conj()));
            }
        }
    }
    Ok((w, v))
}

/// The eigenvalues and eigenvectors, as columns of length 1, of square matrices: complex, whatever their values.
///
/// # Errors
/// As [`eigh`].
pub fn eig(a: &Array) -> Result<(Array, Array)> {
    let (w, v) = general(a, true)?;
    Ok((w, v.unwrap_or_else(|| a.clone())))
}

/// The eigenvalues of square matrices.
///
/// # Errors
/// As [`eigh`].
pub fn eigvals(a: &Array) -> Result<Array> {
    general(a, false).map(|(w, _)| w)
}

fn general(a: &Array, vectors: bool) -> Result<(Array, Option<Array>)> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    let (w, im, v) = with_field!(kind, T => eig_in::<T>(a, vectors))?;
    let Some(im) = im else { return Ok((w, v)) };
    match kind {
        Kind::F32 => paired::<f32>(w, &im, v),
        _ => paired::<f64>(w, &im, v),
    }
}

/// Values, imaginary parts and vectors as the library gives them; no imaginary parts for complex matrices.
fn eig_in<T: Field>(a: &Array, vectors: bool) -> Result<(Array, Option<Array>, Option<Array>)> {
    let mut stack = Stack::new(a, T::KIND)?;
    let n = stack.rows;
    let real = T::KIND.category() == Category::Float;
    let v = if vectors { Some(fresh::<T>(a.shape(), Order::C, "eig")?) } else { None };
    let w = fresh::<T>(&stack.shape(&[n]), Order::C, "eig")?;
    let im = if real { Some(fresh::<T>(&stack.shape(&[n]), Order::C, "eig")?) } else { None };
    let matrix = fresh::<T>(&[n, n], Order::F, "eig")?;
    let mut work = Bytes::take(T::eig_need(n, vectors), "eig")?;
    let column = |all: &Array, i: usize| entry::<T>(all, 1, i);
    for i in 0..if n == 0 { 0 } else { stack.len() } {
        stack.load::<T>(i, &matrix)?;
        let (matrix, w) = (dense::<T>(&matrix), column(&w, i));
        let im = im.as_ref().map(|im| column(im, i));
        let v = v.as_ref().map(|v| entry::<T>(v, 2, i));
        // SAFETY: results are fresh; the matrix and the workspace are ours, and as large as asked for.
        unsafe {
            if !matrix.is_finite() {
                return Err(lin_alg("Array must not contain infs or NaNs"));
            }
            v.iter().for_each(|v| v.fill(|_, _| T::ZERO));
            let exponent = matrix.balance(|_, _| true);
            if T::eig(matrix, w, im, v, work.get()).is_err() {
                return Err(lin_alg("Eigenvalues did not converge"));
            }
            [Some(w), im].into_iter().flatten().for_each(|values| values.scale(exponent));
            if let Some(v) = v {
                normalise(v, im);
            }
        }
    }
    Ok((w, im, v))
}

/// Gives the columns length 1; of a conjugate pair, the two columns together.
///
/// # Safety
/// The vectors are valid and ours.
unsafe fn normalise<T: Field>(v: Dense<T>, im: Option<Dense<T>>) {
    let mut j = 0;
    while j < v.columns {
        // SAFETY: the caller's promise; the library puts both columns of a pair side by side.
        unsafe {
            let paired = im.is_some_and(|im| im.get(j, 0).modulus() != T::Real::from_f64(0.0)) && j + 1 < v.columns;
            let columns = j..j + 1 + usize::from(paired);
            let square = |x: T| x.modulus().to_f64().powi(2);
            let largest = columns.clone().flat_map(|j| (0..v.rows).map(move |i| (i, j)));
            let largest = largest.map(|(i, j)| v.get(i, j).modulus().to_f64()).fold(0.0, f64::max);
            let scale = T::from_real(T::Real::from_f64(if largest > 0.0 { largest } else { 1.0 }));
            let mut sum = 0.0;
            for j in columns.clone() {
                for i in 0..v.rows {
                    let x = v.get(i, j).over(scale);
                    sum += square(x);
                    v.set(i, j, x);
                }
            }
            let length = T::from_real(T::Real::from_f64(if sum > 0.0 { sum.sqrt() } else { 1.0 }));
            for j in columns.clone() {
                (0..v.rows).for_each(|i| v.set(i, j, v.get(i, j).over(length)));
            }
            j = columns.end;
        }
    }
}

/// Values and vectors of real matrices, as complex numbers.
fn paired<T>(w: Array, im: &Array, v: Option<Array>) -> Result<(Array, Option<Array>)>
where
    T: Field + PartialEq,
    Complex<T>: Field,
{
    let count = w.size();
    let (re, im) = (column::<T>(&w, count)?, column::<T>(im, count)?);
    // SAFETY: both are ours, and dense.
    let at = |i: usize| unsafe { (re.get(i, 0), im.get(i, 0)) };
    let values = fresh::<Complex<T>>(w.shape(), Order::C, "eig")?;
    let out = column::<Complex<T>>(&values, count)?;
    // SAFETY: the result is fresh.
    (0..count).for_each(|i| unsafe { out.set(i, 0, Complex::new(at(i).0, at(i).1)) });
    let Some(v) = v else { return Ok((values, None)) };
    let vectors = fresh::<Complex<T>>(v.shape(), Order::C, "eig")?;
    let n = w.shape()[w.ndim() - 1];
    for i in 0..count / n.max(1) {
        let (from, to) = (entry::<T>(&v, 2, i), entry::<Complex<T>>(&vectors, 2, i));
        let mut j = 0;
        while j < n {
            let pair = at(i * n + j).1 != T::ZERO && j + 1 < n;
            for row in 0..n {
                // SAFETY: the vectors are ours, the result is fresh.
                unsafe {
                    let x = from.get(row, j);
                    if pair {
                        let y = from.get(row, j + 1);
                        to.set(row, j, Complex::new(x, y));
                        to.set(row, j + 1, Complex::new(x, y.negated()));
                    } else {
                        to.set(row, j, Complex::new(x, T::ZERO));
                    }
                }
            }
            j += 1 + usize::from(pair);
        }
    }
    Ok((values, Some(vectors)))
}

/// All elements of a fresh array as one column.
fn column<T: Field>(array: &Array, count: usize) -> Result<Dense<T>> {
    Ok(dense(&array.reshape(&[count as isize], Order::C, Some(false))?))
}
