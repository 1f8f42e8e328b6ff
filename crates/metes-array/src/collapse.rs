//! Merging axes that several operands walk as one.

use crate::layout::{Dims, Strides};

/// Drops axes of length 1 and merges neighbouring axes wherever every operand's outer stride is its inner stride
/// times the inner length; order is kept. A walk over the result visits the same places in the same order. Strides that
/// are missing count as 0.
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
        let step = |s: &Strides| s.get(axis).copied().unwrap_or(0);
        let joined = out_shape.last().and_then(|outer| outer.checked_mul(n));
        let one = |(o, s): (&Strides, &Strides)| o.last().copied() == step(s).checked_mul(n as isize);
        match joined.filter(|_| out.iter().zip(strides).all(one)) {
            Some(joined) => {
                out_shape.pop();
                out_shape.push(joined);
                out.iter_mut().zip(strides).for_each(|(o, s)| {
                    o.pop();
                    o.push(step(s));
                });
            }
            None => {
                out_shape.push(n);
                out.iter_mut().zip(strides).for_each(|(o, s)| o.push(step(s)));
            }
        }
    }
    (out_shape, out)
}
