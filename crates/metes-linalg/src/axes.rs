//! The axes of a sum of products: which factor and result has each, and how they are merged.

use crate::ring::Loop;
use metes_array::Array;

/// An axis of a contraction: its length, and which axis of each array it is, where the array has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub len: usize,
    pub a: Option<usize>,
    pub b: Option<usize>,
    pub c: Option<usize>,
}

/// Axes by what they are to a product of matrices, merged as far as steps allow.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    /// In both factors and the result: one product for each index.
    pub batch: Vec<Loop>,
    /// In the first factor and the result.
    pub rows: Vec<Loop>,
    /// In the second factor and the result.
    pub columns: Vec<Loop>,
    /// Summed over.
    pub inner: Vec<Loop>,
}

impl Roles {
    /// Sorts axes into their roles. Axes of length 1 are dropped; an array that has an axis in length 1 only, which is
    /// stretched, does not have it.
    pub fn new(axes: &[Axis], a: &Array, b: &Array, c: &Array) -> Roles {
        let step = |array: &Array, axis: Option<usize>, len: usize| {
            axis.filter(|&axis| array.shape()[axis] == len).map(|axis| array.strides()[axis])
        };
        let mut roles = Roles::default();
        for axis in axes.iter().filter(|axis| axis.len != 1) {
            let steps = (step(a, axis.a, axis.len), step(b, axis.b, axis.len), step(c, axis.c, axis.len));
            let role = match steps {
                (_, _, None) => &mut roles.inner,
                (Some(_), Some(_), _) => &mut roles.batch,
                (Some(_), None, _) => &mut roles.rows,
                (None, _, _) => &mut roles.columns,
            };
            let (a, b, c) = (steps.0.unwrap_or(0), steps.1.unwrap_or(0), steps.2.unwrap_or(0));
            role.push(Loop { len: axis.len, a, b, c });
        }
        for role in [&mut roles.batch, &mut roles.rows, &mut roles.columns, &mut roles.inner] {
            *role = merged(std::mem::take(role));
        }
        roles
    }
}

/// The axes with neighbours merged, where the outer step is the inner one times the inner length in every array; the
/// longest comes last.
fn merged(mut axes: Vec<Loop>) -> Vec<Loop> {
    axes.sort_by_key(|l| std::cmp::Reverse((l.c.unsigned_abs(), l.a.unsigned_abs(), l.b.unsigned_abs())));
    let mut out: Vec<Loop> = Vec::with_capacity(axes.len());
    for axis in axes {
        let n = axis.len as isize;
        let nests = |outer: isize, inner: isize| inner.checked_mul(n) == Some(outer);
        match out.last_mut() {
            Some(o) if nests(o.a, axis.a) && nests(o.b, axis.b) && nests(o.c, axis.c) => {
                *o = Loop { len: o.len * axis.len, ..axis };
            }
            _ => out.push(axis),
        }
    }
    out.sort_by_key(|axis| axis.len);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use metes_dtype::Kind;

    fn axis(len: usize, a: Option<usize>, b: Option<usize>, c: Option<usize>) -> Axis {
        Axis { len, a, b, c }
    }

    #[test]
    fn a_stack_times_one_matrix_is_one_product() {
        let zeros = |shape: &[usize]| Array::zeros(shape, Kind::F64.into()).unwrap();
        let (a, b, c) = (zeros(&[10, 3, 4]), zeros(&[4, 5]), zeros(&[10, 3, 5]));
        let axes = [
            axis(10, Some(0), None, Some(0)),
            axis(3, Some(1), None, Some(1)),
            axis(5, None, Some(1), Some(2)),
            axis(4, Some(2), Some(0), None),
        ];
        let roles = Roles::new(&axes, &a, &b, &c);
        assert_eq!((roles.batch.len(), roles.rows.len(), roles.columns.len(), roles.inner.len()), (0, 1, 1, 1));
        assert_eq!(roles.rows[0].len, 30);
        let b = zeros(&[1, 4, 5]);
        let stretched = [axis(10, Some(0), Some(0), Some(0)), axes[1], axis(5, None, Some(2), Some(2))];
        let roles = Roles::new(&stretched, &a, &b, &c);
        assert_eq!((roles.batch.len(), roles.rows.len()), (0, 1));
    }

    #[test]
    fn axes_that_do_not_nest_stay_apart() {
        let a = Array::zeros(&[4, 5], Kind::F64.into()).unwrap();
        let b = Array::zeros(&[], Kind::F64.into()).unwrap();
        let axes = [axis(4, Some(0), None, Some(1)), axis(5, Some(1), None, Some(0))];
        let c = Array::zeros(&[5, 4], Kind::F64.into()).unwrap();
        assert_eq!(Roles::new(&axes, &a, &b, &c).rows.len(), 2);
    }
}
