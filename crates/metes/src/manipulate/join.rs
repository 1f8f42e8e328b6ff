//! Joining arrays along an axis.

use super::{part, wrong};
use metes_array::{Array, Dims, Order, join_dense, meet_all, shape_text, shares_memory};
use metes_dtype::{Casting, DType, can_cast};
use metes_eval::Operand;
use metes_memory::{Error, ErrorKind, Result};

/// Joins arrays along an axis that they have; flattens them first without one.
///
/// ```
/// use metes::{array::Array, dtype::Casting, manipulate::concatenate};
/// let a = Array::from_slice(&[2], &[1, 2])?;
/// let joined = concatenate(&[a.clone(), a], Some(0), None, None, Casting::SameKind)?;
/// assert_eq!(joined.read::<i32>()?.to_vec(), [1, 2, 1, 2]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// No arrays, lengths that differ off the axis, an `out` of another shape, casts that `casting` forbids, refused memory.
/// Nothing is written then.
pub fn concatenate(
    arrays: &[Array],
    axis: Option<isize>,
    out: Option<&Array>,
    dtype: Option<DType>,
    casting: Casting,
) -> Result<Array> {
    if axis == Some(0)
        && out.is_none()
        && dtype.is_none()
        && let Some(joined) = join_dense(arrays, "concatenate")?
    {
        return Ok(joined);
    }
    let flat: Vec<Array> = match axis {
        Some(_) => arrays.to_vec(),
        None => arrays.iter().map(|a| a.ravel(Order::C)).collect::<Result<_>>()?,
    };
    let Some(first) = flat.first() else {
        return Err(wrong("concatenate: need at least one array"));
    };
    if flat.iter().any(|a| a.ndim() == 0) {
        return Err(wrong("concatenate: zero-dimensional arrays cannot be concatenated"));
    }
    let axis = first.axis(axis.unwrap_or(0)).map_err(|e| e.context("concatenate"))?;
    let shape = joined_shape(&flat, axis)?;
    let common = meet_all(flat.iter().map(Array::dtype))?.unwrap_or(first.dtype());
    let to = out.map_or(dtype.unwrap_or(common), Array::dtype);
    check_casts(&flat, to, casting)?;
    let Some(out) = out else {
        let made = empty_for(&flat, &shape, to)?;
        return write(&flat, axis, &made).map(|()| made);
    };
    if out.shape() != shape.as_slice() {
        let (have, want) = (shape_text(out.shape()), shape_text(&shape));
        return Err(wrong(format!("concatenate: out has shape {have}, the result {want}")));
    }
    out.require_writeable("concatenate")?;
    if flat.iter().any(|a| shares_memory(a, out, Some(1000)).unwrap_or(true)) {
        let apart = empty_for(&flat, &shape, to)?;
        write(&flat, axis, &apart)?;
        metes_array::copy_into(out, &apart)?;
    } else {
        write(&flat, axis, out)?;
    }
    Ok(out.clone())
}

fn joined_shape(arrays: &[Array], axis: usize) -> Result<Dims> {
    let first = arrays[0].shape();
    let mut shape = Dims::from(first);
    shape[axis] = 0;
    for (number, array) in arrays.iter().enumerate() {
        let agrees = array.ndim() == first.len()
            && array.shape().iter().zip(first).enumerate().all(|(a, (n, m))| a == axis || n == m);
        if !agrees {
            let (one, other) = (shape_text(first), shape_text(array.shape()));
            return Err(wrong(format!(
                "concatenate: all lengths but that of axis {axis} must be equal, but array 0 has shape {one} and array {number} {other}"
            )));
        }
        let long = || wrong("concatenate: the result is too long");
        shape[axis] = shape[axis].checked_add(array.shape()[axis]).ok_or_else(long)?;
    }
    Ok(shape)
}

fn check_casts(arrays: &[Array], to: DType, casting: Casting) -> Result<()> {
    let Some(array) = arrays.iter().find(|a| !can_cast(a.dtype(), to, casting)) else { return Ok(()) };
    let (from, rule) = (array.dtype(), casting.name());
    let message = format!("concatenate: Cannot cast array data from {from} to {to} according to the rule '{rule}'");
    Err(Error::new(ErrorKind::Casting, message))
}

/// An uninitialised array for the parts, its axes nested as theirs are.
fn empty_for(arrays: &[Array], shape: &[usize], dtype: DType) -> Result<Array> {
    let order = common_nesting(arrays);
    let sorted: Dims = order.iter().map(|&a| shape[a]).collect();
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &axis)| back[axis] = place as isize);
    Array::empty(&sorted, dtype, "concatenate")?.transpose(Some(&back))
}

/// The axes from the outermost on, as all arrays have them; where two of them disagree, or none tells, in order C.
fn common_nesting(arrays: &[Array]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..arrays[0].ndim()).collect();
    for next in 1..order.len() {
        let axis = order[next];
        let mut place = next;
        for before in (0..next).rev() {
            match outside(arrays, axis, order[before]) {
                Some(true) => place = before,
                Some(false) => break,
                None => {}
            }
        }
        order[place..=next].rotate_right(1);
    }
    order
}

/// Whether `axis` lies outside of `other` in all arrays that tell; `None` where none does.
fn outside(arrays: &[Array], axis: usize, other: usize) -> Option<bool> {
    let tell = arrays.iter().filter(|a| a.shape()[axis] != 1 && a.shape()[other] != 1);
    tell.map(|a| a.strides()[axis].unsigned_abs() > a.strides()[other].unsigned_abs()).reduce(|all, one| all && one)
}

fn write(arrays: &[Array], axis: usize, out: &Array) -> Result<()> {
    let mut start = 0;
    for array in arrays {
        let stop = start + array.shape()[axis];
        metes_eval::assign(&part(out, axis, start, stop)?, &Operand::Array(array.clone()), Casting::Unsafe, None)?;
        start = stop;
    }
    Ok(())
}
