//! Shifting elements around axes.

use super::{part, put};
use metes_array::{Array, Order};
use metes_memory::Result;

/// A copy with elements moved by `shifts[i]` places along `axes[i]`, those that leave at one end entering at the other.
/// Without axes, all elements in one dimension by the one shift.
///
/// ```
/// use metes::{array::Array, manipulate::roll};
/// let a = Array::from_slice(&[4], &[1, 2, 3, 4])?;
/// assert_eq!(roll(&a, &[1], None)?.read::<i32>()?.to_vec(), [4, 1, 2, 3]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// An axis that is not there, refused memory.
pub fn roll(array: &Array, shifts: &[isize], axes: Option<&[isize]>) -> Result<Array> {
    let Some(axes) = axes else {
        let rolled = roll(&array.ravel(Order::C)?, &[shifts.iter().sum()], Some(&[0]))?;
        return rolled.reshape(&super::signed(array.shape()), Order::C, Some(false));
    };
    let mut by = vec![0usize; array.ndim()];
    for (&axis, &shift) in axes.iter().zip(shifts) {
        let axis = array.axis(axis)?;
        let n = array.shape()[axis].max(1);
        by[axis] = (by[axis] + shift.rem_euclid(n as isize) as usize) % n;
    }
    let out = array.empty_like(array.dtype(), Order::K, "roll")?;
    rolled_parts(array, &out, &by, 0)?;
    Ok(out)
}

/// Copies both parts of an axis to where they go, axis by axis.
fn rolled_parts(from: &Array, to: &Array, by: &[usize], axis: usize) -> Result<()> {
    let Some(&shift) = by.get(axis) else { return put(to, from) };
    if shift == 0 {
        return rolled_parts(from, to, by, axis + 1);
    }
    let n = from.shape()[axis];
    rolled_parts(&part(from, axis, 0, n - shift)?, &part(to, axis, shift, n)?, by, axis + 1)?;
    rolled_parts(&part(from, axis, n - shift, n)?, &part(to, axis, 0, shift)?, by, axis + 1)
}
