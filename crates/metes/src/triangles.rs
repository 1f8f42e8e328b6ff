//! Diagonals and triangles of matrices: built, cut out, filled.

use metes_array::{Array, Index, Mode, Scalar, copy_into, shape_text};
use metes_dtype::{Casting, DType, Kind};
use metes_memory::{Error, ErrorKind, Result};

fn slice(start: usize, stop: usize) -> Index {
    Index::Slice { start: Some(start as isize), stop: Some(stop as isize), step: None }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}

/// How many columns of a row are at or below diagonal `k`.
fn below(row: usize, k: isize, columns: usize) -> usize {
    (row as isize).saturating_add(k).saturating_add(1).clamp(0, columns as isize) as usize
}

/// How many rows of a column are above diagonal `k`, not on it.
fn above(column: usize, k: isize, rows: usize) -> usize {
    (column as isize).saturating_sub(k).clamp(0, rows as isize) as usize
}

/// The parts of a matrix that make up a triangle: by rows or by columns, whichever are fewer.
fn parts(rows: usize, columns: usize, k: isize, lower: bool) -> impl Iterator<Item = [Index; 3]> {
    let by_rows = rows <= columns;
    (0..if by_rows { rows } else { columns }).map(move |at| {
        let one = Index::At(at as isize);
        let (cut, length) = if by_rows { (below(at, k, columns), columns) } else { (above(at, k, rows), rows) };
        let front = by_rows == lower;
        let part = if front { slice(0, cut) } else { slice(cut, length) };
        if by_rows { [Index::Ellipsis, one, part] } else { [Index::Ellipsis, part, one] }
    })
}

/// Ones at and below diagonal `k` of a matrix of zeros.
///
/// ```
/// use metes::{array::Scalar, dtype::Kind, triangles};
/// let t = triangles::tri(2, 3, 0, Kind::I8.into())?;
/// assert_eq!(t.read::<i8>()?.to_vec(), [1, 0, 0, 1, 1, 0]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
pub fn tri(rows: usize, columns: usize, k: isize, dtype: DType) -> Result<Array> {
    let result = Array::zeros(&[rows, columns], dtype)?;
    let one = Array::full(&[], Scalar::Int(1), dtype)?;
    for part in parts(rows, columns, k, true) {
        let into = result.index(&part)?;
        copy_into(&into, &one.broadcast_to(into.shape())?)?;
    }
    Ok(result)
}

/// The elements at and below diagonal `k` of matrices along the last two axes, zeros above it. One axis is a row of them.
///
/// # Errors
/// An array without axes, refused memory.
pub fn tril(array: &Array, k: isize) -> Result<Array> {
    triangle(array, k, true)
}

/// The elements at and above diagonal `k`, zeros below it.
///
/// # Errors
/// As [`tril`].
pub fn triu(array: &Array, k: isize) -> Result<Array> {
    triangle(array, k, false)
}

fn triangle(array: &Array, k: isize, lower: bool) -> Result<Array> {
    let array = match *array.shape() {
        [] => return Err(wrong("a triangle needs an array of one axis or more")),
        [n] => array.broadcast_to(&[n, n])?,
        _ => array.clone(),
    };
    let (rows, columns) = (array.shape()[array.ndim() - 2], array.shape()[array.ndim() - 1]);
    let result = Array::zeros(array.shape(), metes_array::meet(array.dtype(), array.dtype())?)?;
    let k = if lower { k } else { k.saturating_sub(1) };
    for part in parts(rows, columns, k, lower) {
        let part = (result.index(&part)?, array.index(&part)?);
        metes_eval::assign(&part.0, &metes_eval::Operand::Array(part.1), Casting::Equiv, None)?;
    }
    Ok(result)
}

/// A read-only view of diagonal `k` of a matrix, or a matrix of zeros with the one axis of `array` on diagonal `k`.
///
/// ```
/// use metes::{array::Array, triangles};
/// let m = triangles::diag(&Array::from_slice(&[2], &[5, 6])?, -1)?;
/// assert_eq!(m.shape(), [3, 3]);
/// assert_eq!(triangles::diag(&m, -1)?.read::<i32>()?.to_vec(), [5, 6]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] for another number of axes.
pub fn diag(array: &Array, k: isize) -> Result<Array> {
    match *array.shape() {
        [n] => {
            let side = n.checked_add(k.unsigned_abs()).ok_or_else(|| wrong("diag: the matrix is too large"))?;
            let result = Array::zeros(&[side, side], array.dtype())?;
            copy_into(&written_diagonal(&result, k)?, array)?;
            Ok(result)
        }
        [_, _] => array.diagonal(k, 0, 1),
        _ => Err(wrong(format!("Input must be 1- or 2-d, not {}", array.ndim()))),
    }
}

/// A writeable view of diagonal `k` of a matrix.
fn written_diagonal(matrix: &Array, k: isize) -> Result<Array> {
    let view = matrix.diagonal(k, 0, 1)?;
    Array::new(matrix.buffer().clone(), matrix.dtype(), view.layout().clone(), matrix.is_writeable())
}

/// Writes values, repeated as often as needed, to the main diagonal of an array whose axes, two or more, are equally long if
/// more than two. With `wrap` the diagonal of a tall matrix begins again after a row left out.
///
/// # Errors
/// [`ErrorKind::Value`] for fewer axes, or axes of different lengths.
pub fn fill_diagonal(array: &Array, values: &Array, wrap: bool) -> Result<()> {
    let shape = array.shape();
    if shape.len() < 2 {
        return Err(wrong("array must be at least 2-d"));
    }
    if shape.len() > 2 && shape.iter().any(|n| *n != shape[0]) {
        return Err(wrong(format!("All dimensions of input must be of equal length, not {}", shape_text(shape))));
    }
    let mut step = 0;
    for n in shape[1..].iter().rev().scan(1, |length, n| Some(std::mem::replace(length, *length * n))) {
        step += n;
    }
    step += shape[1..].iter().product::<usize>();
    let stop = if shape.len() == 2 && !wrap { array.size().min(shape[1] * shape[1]) } else { array.size() };
    let [start, stop, step] = [0, stop, step.max(1)].map(|n| Scalar::Int(n as i128));
    array.put(&Array::arange(start, stop, step, Some(Kind::I64.into()))?, values, Mode::Raise)
}
