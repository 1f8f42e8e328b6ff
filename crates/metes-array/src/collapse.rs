//! Merging axes that several operands walk as one.

use crate::layout::{Dims, Strides};

/// Drops axes of length 1 and merges neighbouring axes wherever every operand's outer stride is its inner stride
/// times the inner length; order is kept. A walk over the result visits the same places in the same order.
///
/// ```
/// use metes_array::{Strides, coalesce};
/// let (shape, strides) = coalesce(&[2, 3], &[Strides::from_slice(&[24, 8]), Strides::from_slice(&[12, 4])]);
/// assert_eq!(shape.as_slice(), [6]);
/// assert_eq!(strides[1].as_slice(), [4]);
/// ```
pub fn coalesce(shape: &[usize], strides: &[Strides]) -> (Dims, Vec<Strides>) {
    let mut out_shape = Dims::new();
    let mut out: Vec<Strides> = vec![Strides::new(); strides.len()];
    for (axis, &n) in shape.iter().enumerate() {
        if n == 1 {
            continue;
        }
        let merges = !out_shape.is_empty()
            && out.iter().zip(strides).all(|(o, s)| o.last().copied() == s[axis].checked_mul(n as isize));
        if merges {
            *out_shape.last_mut().expect("an outer axis") *= n;
            out.iter_mut().zip(strides).for_each(|(o, s)| *o.last_mut().expect("an outer axis") = s[axis]);
        } else {
            out_shape.push(n);
            out.iter_mut().zip(strides).for_each(|(o, s)| o.push(s[axis]));
        }
    }
    (out_shape, out)
}
