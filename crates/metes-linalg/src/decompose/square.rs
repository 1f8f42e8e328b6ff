//! Systems of equations, inverses and determinants, by LU with partial pivoting.

use super::little::is_real;
use super::small::{MOST, Small};
use super::{
    Bytes, Places, Stack, check_matrices, check_square, dense, entry, fresh, kind_of, lin_alg, part, with_field,
};
use crate::ring::Ring;
use metes_array::{Array, Order, broadcast_shapes};
use metes_dtype::Casting;
use metes_eval::{Operand, assign};
use metes_factor::{Dense, Field, Float};
use metes_memory::{Error, ErrorKind, Result};

/// What LU needs: the matrix, in order F, its permutation, a workspace.
struct Lu {
    matrix: Array,
    order: Places,
    back: Places,
    work: Bytes,
}

impl Lu {
    fn new<T: Field>(n: usize, op: &'static str) -> Result<Lu> {
        Lu::over::<T>(fresh::<T>(&[n, n], Order::F, op)?, 0, op)
    }

    /// With a matrix of ours to work in, and a workspace of some bytes at least.
    fn over<T: Field>(matrix: Array, least: usize, op: &'static str) -> Result<Lu> {
        let n = matrix.shape()[0];
        let work = Bytes::take(T::lu_need(n).max(least), op)?;
        Ok(Lu { matrix, order: Places::take(n)?, back: Places::take(n)?, work })
    }

    /// Factors matrix `i`; returns the number of exchanges of rows.
    fn factor<T: Field>(&mut self, stack: &mut Stack, i: usize) -> Result<usize> {
        stack.load::<T>(i, &self.matrix)?;
        let matrix = dense::<T>(&self.matrix);
        // SAFETY: the matrix and the workspace are ours, and as large as asked for.
        Ok(unsafe { T::lu(matrix, self.order.get(), self.back.get(), self.work.get()) })
    }

    /// The diagonal of U.
    fn pivots<T: Field>(&self) -> impl Iterator<Item = T> + Clone {
        let matrix = dense::<T>(&self.matrix);
        // SAFETY: the matrix is ours, and factored.
        (0..matrix.rows).map(move |i| unsafe { matrix.get(i, i) })
    }

    /// Writes the inverse in place of the factors.
    fn invert<T: Field>(&mut self) -> Result<()> {
        check(self.pivots::<T>())?;
        // SAFETY: the matrix is ours, and factored; the workspace was asked for.
        unsafe { T::lu_invert(dense(&self.matrix), self.back.get(), self.work.get()) };
        Ok(())
    }

    fn solve<T: Field>(&mut self, b: Dense<T>) -> Result<()> {
        check(self.pivots::<T>())?;
        if b.rows > 0 && b.columns > 0 {
            let matrix = dense::<T>(&self.matrix);
            // SAFETY: the matrix is ours, `b` is the caller's fresh result.
            unsafe { T::lu_solve(matrix, self.order.get(), b, self.work.get()) };
        }
        Ok(())
    }
}

/// An error where a pivot is zero.
fn check<T: Field>(mut pivots: impl Iterator<Item = T>) -> Result<()> {
    let singular = pivots.any(|pivot| pivot.modulus() == T::Real::from_f64(0.0));
    if singular { Err(lin_alg("Singular matrix")) } else { Ok(()) }
}

/// Factors each matrix of a stack of small ones, and shows the factors.
fn each_small<T: Field + Ring>(
    stack: &mut Stack,
    op: &'static str,
    mut show: impl FnMut(usize, &Small<T>) -> Result<()>,
) -> Result<()> {
    let mut lu = Small::<T>::new(stack.rows);
    let mut scratch = None;
    for i in 0..stack.len() {
        // SAFETY: the stack holds the matrix meanwhile.
        if !stack.with(i, |matrix| unsafe { lu.factor(matrix) }) {
            let scratch = match &mut scratch {
                Some(scratch) => scratch,
                none => none.insert(fresh::<T>(&[stack.rows; 2], Order::C, op)?),
            };
            stack.convert(i, scratch)?;
            // SAFETY: the scratch is ours.
            unsafe { lu.factor(dense(scratch)) };
        }
        show(i, &lu)?;
    }
    Ok(())
}

/// Solves `a x = b` for stacks of square matrices `a`; `b` is a vector where it has one axis.
///
/// # Errors
/// [`ErrorKind::LinAlg`] for singular or other than square matrices; shapes that do not match, refused memory.
pub fn solve(a: &Array, b: &Array) -> Result<Array> {
    check_square(a)?;
    let kind = kind_of(&[a, b])?;
    let vector = b.ndim() == 1;
    let b = if vector { b.expand_dims(&[-1])? } else { b.clone() };
    check_matrices(&b)?;
    let (n, rows, columns) = (a.shape()[a.ndim() - 1], b.shape()[b.ndim() - 2], b.shape()[b.ndim() - 1]);
    if n != rows {
        let text = format!(
            "solve: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (m,m),(m,n)->(m,n) (size {rows} is different from {n})"
        );
        return Err(Error::new(ErrorKind::Value, text));
    }
    let batch = broadcast_shapes(&[&a.shape()[..a.ndim() - 2], &b.shape()[..b.ndim() - 2]])
        .map_err(|error| error.context("solve"))?;
    let wide = |core: [usize; 2]| -> Vec<usize> { batch.iter().copied().chain(core).collect() };
    let (a, b) = (a.broadcast_to(&wide([n, n]))?, b.broadcast_to(&wide([n, columns]))?);
    let x = Array::empty(&wide([n, columns]), kind.into(), "solve")?;
    assign(&x, &Operand::Array(b), Casting::Unsafe, None)?;
    with_field!(kind, T => solve_in::<T>(&a, &x))?;
    if vector { x.squeeze(Some(&[-1])) } else { Ok(x) }
}

fn solve_in<T: Field + Ring>(a: &Array, x: &Array) -> Result<()> {
    let mut stack = Stack::new(a, T::KIND)?;
    if stack.rows <= MOST {
        return each_small::<T>(&mut stack, "solve", |i, lu| {
            check::<T>(lu.pivots())?;
            // SAFETY: the result is fresh.
            unsafe { lu.solve(entry(x, 2, i)) };
            Ok(())
        });
    }
    let need = T::lu_solve_need(stack.rows, x.shape()[x.ndim() - 1]);
    let mut lu = Lu::over::<T>(fresh::<T>(&[stack.rows; 2], Order::F, "solve")?, need, "solve")?;
    (0..stack.len()).try_for_each(|i| {
        lu.factor::<T>(&mut stack, i)?;
        lu.solve::<T>(entry(x, 2, i))
    })
}

/// The inverses of square matrices.
///
/// # Errors
/// [`ErrorKind::LinAlg`] for singular or other than square matrices; refused memory.
pub fn inv(a: &Array) -> Result<Array> {
    inverses(a, false)
}

/// The inverses; `lenient` gives NaN for singular matrices.
pub(super) fn inverses(a: &Array, lenient: bool) -> Result<Array> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => inv_in::<T>(a, lenient))
}

fn inv_in<T: Field + Ring>(a: &Array, lenient: bool) -> Result<Array> {
    let mut stack = Stack::new(a, T::KIND)?;
    let result = fresh::<T>(a.shape(), Order::C, "inv")?;
    if result.size() == 0 {
        return Ok(result);
    }
    if stack.rows <= MOST {
        each_small::<T>(&mut stack, "inv", |i, lu| {
            let out = entry::<T>(&result, 2, i);
            match check::<T>(lu.pivots()) {
                // SAFETY: the result is fresh.
                Ok(()) => unsafe { lu.invert(out) },
                // SAFETY: the result is fresh.
                Err(_) if lenient => unsafe { out.fill(|_, _| Dense::<T>::nan()) },
                Err(singular) => return Err(singular),
            }
            Ok(())
        })?;
        return Ok(result);
    }
    // The library works on columns: the matrix lies in the result's memory transposed, until it is the inverse.
    let place = |i: usize| part(&result, 2, i)?.transpose(None);
    let mut lu = Lu::over::<T>(place(0)?, T::lu_invert_need(stack.rows), "inv")?;
    for i in 0..stack.len() {
        lu.matrix = place(i)?;
        lu.factor::<T>(&mut stack, i)?;
        let matrix = dense::<T>(&lu.matrix);
        match lu.invert::<T>() {
            // SAFETY: the result is fresh.
            Ok(()) => unsafe { matrix.transpose() },
            // SAFETY: the result is fresh.
            Err(_) if lenient => unsafe { matrix.fill(|_, _| Dense::<T>::nan()) },
            Err(singular) => return Err(singular),
        }
    }
    Ok(result)
}

/// The determinants of square matrices.
///
/// # Errors
/// [`ErrorKind::LinAlg`] for other than square matrices; refused memory.
pub fn det(a: &Array) -> Result<Array> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => det_in::<T>(a))
}

fn det_in<T: Field + Ring>(a: &Array) -> Result<Array> {
    let mut stack = Stack::new(a, T::KIND)?;
    let result = fresh::<T>(&stack.batch, Order::C, "det")?;
    // SAFETY: the result is fresh.
    let write = |i: usize, value: T| unsafe { entry::<T>(&result, 0, i).set(0, 0, value) };
    if stack.rows <= MOST {
        each_small::<T>(&mut stack, "det", |i, lu| {
            write(i, product(lu.pivots(), lu.exchanges()));
            Ok(())
        })?;
        return Ok(result);
    }
    let mut lu = Lu::new::<T>(stack.rows, "det")?;
    for i in 0..stack.len() {
        let exchanges = lu.factor::<T>(&mut stack, i)?;
        write(i, product(lu.pivots::<T>(), exchanges));
    }
    Ok(result)
}

/// The product of pivots, negated for an odd number of exchanges.
fn product<T: Field>(pivots: impl Iterator<Item = T> + Clone, exchanges: usize) -> T {
    let step = |product: T, pivot: T| {
        let next = product.times(pivot);
        // A product that leaves the range on its way may come back to it.
        (1e-30..1e30).contains(&next.modulus().to_f64()).then_some(next)
    };
    let product = pivots.clone().try_fold(one::<T>(exchanges), step);
    product.unwrap_or_else(|| product_by_logs(pivots, exchanges))
}

/// 1, negated for an odd number of exchanges.
fn one<T: Field>(exchanges: usize) -> T {
    let one = T::from_real(T::Real::from_f64(1.0));
    if exchanges % 2 == 1 { one.negated() } else { one }
}

fn product_by_logs<T: Field>(pivots: impl Iterator<Item = T>, exchanges: usize) -> T {
    let (sign, log) = sign_and_log(pivots, exchanges);
    if log == f64::NEG_INFINITY { T::ZERO } else { sign.times(T::from_real(T::Real::from_f64(log.exp()))) }
}

/// The determinant as a number of modulus 1, or 0, and the logarithm of its modulus.
fn sign_and_log<T: Field>(pivots: impl Iterator<Item = T>, exchanges: usize) -> (T, f64) {
    let (mut sign, mut log) = (one::<T>(exchanges), 0.0);
    for pivot in pivots {
        let size = pivot.modulus();
        if size == T::Real::from_f64(0.0) {
            return (T::ZERO, f64::NEG_INFINITY);
        }
        sign = sign.times(direction(pivot));
        log += size.ln().to_f64();
    }
    (sign, log)
}

/// A number over its modulus; of a real one that is infinite its sign.
fn direction<T: Field>(pivot: T) -> T {
    let size = pivot.modulus();
    if !is_real::<T>() || !size.to_f64().is_infinite() {
        return pivot.over(T::from_real(size));
    }
    one(usize::from(pivot.real() != size))
}

/// The signs of determinants, and the logarithms of their moduli.
///
/// # Errors
/// [`ErrorKind::LinAlg`] for other than square matrices; refused memory.
pub fn slogdet(a: &Array) -> Result<(Array, Array)> {
    check_square(a)?;
    let kind = kind_of(&[a])?;
    with_field!(kind, T => slogdet_in::<T>(a))
}

fn slogdet_in<T: Field>(a: &Array) -> Result<(Array, Array)> {
    let mut stack = Stack::new(a, T::KIND)?;
    let signs = fresh::<T>(&stack.batch, Order::C, "slogdet")?;
    let logs = fresh::<T::Real>(&stack.batch, Order::C, "slogdet")?;
    let mut lu = Lu::new::<T>(stack.rows, "slogdet")?;
    for i in 0..stack.len() {
        let exchanges = lu.factor::<T>(&mut stack, i)?;
        let (sign, log) = sign_and_log(lu.pivots::<T>(), exchanges);
        // SAFETY: the results are fresh.
        unsafe {
            entry::<T>(&signs, 0, i).set(0, 0, sign);
            entry::<T::Real>(&logs, 0, i).set(0, 0, T::Real::from_f64(log));
        }
    }
    Ok((signs, logs))
}
