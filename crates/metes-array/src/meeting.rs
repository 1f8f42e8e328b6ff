//! How a source lies to a target that it shares bytes with, where that is regular: then no copy need be set apart.
//!
//! Two ways are told: the same places moved by some bytes, and the target's own places in another order that undoes itself
//! (reversed axes, exchanged ones). Left out: everything else, which is copied first.

use crate::Array;
use smallvec::SmallVec;

/// Where each element of a source lies among those of a target of the same shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// At the same distance from the target's element. Written in the order of addresses, upwards or downwards, no element
    /// is lost before it is read.
    Shifted {
        /// Whether the order goes to higher addresses.
        upwards: bool,
    },
    /// At the place of another element of the target, whose own source is this one. For each axis, which one takes its
    /// index there, and whether counted from the end.
    Swapped(SmallVec<[(usize, bool); 6]>),
}

/// How `src` lies to `dst`; `None` where it is neither way, or elements of the target share bytes.
///
/// ```
/// use metes_array::{Array, Meeting, meeting};
/// let a = Array::from_slice(&[2, 2], &[1, 2, 3, 4])?;
/// let swapped = Meeting::Swapped([(1, false), (0, false)].into_iter().collect());
/// assert_eq!(meeting(&a, &a.transpose(None)?), Some(swapped));
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn meeting(dst: &Array, src: &Array) -> Option<Meeting> {
    let alike = dst.buffer().same(src.buffer())
        && dst.shape() == src.shape()
        && dst.dtype().size() == src.dtype().size()
        && dst.self_overlaps() == Some(false);
    if !alike {
        return None;
    }
    let mut steps = dst.shape().iter().zip(dst.strides().iter().zip(src.strides()));
    if steps.all(|(&n, (d, s))| n == 1 || d == s) {
        return Some(Meeting::Shifted { upwards: dst.layout().offset() < src.layout().offset() });
    }
    let axes: SmallVec<[(usize, bool); 6]> =
        (0..dst.ndim()).map(|axis| partner(dst, src, axis)).collect::<Option<_>>()?;
    let undone = axes.iter().enumerate().all(|(axis, &(other, back))| axes[other] == (axis, back));
    let start = |&(other, back): &(usize, bool)| match back {
        true => (dst.shape()[other] as isize - 1) * dst.strides()[other],
        false => 0,
    };
    let first = dst.layout().offset() as isize + axes.iter().map(start).sum::<isize>();
    (undone && first == src.layout().offset() as isize).then_some(Meeting::Swapped(axes))
}

/// The axis of the target along which an axis of the source steps, and whether backwards.
fn partner(dst: &Array, src: &Array, axis: usize) -> Option<(usize, bool)> {
    let (n, step) = (src.shape()[axis], src.strides()[axis]);
    if n == 1 {
        return Some((axis, false));
    }
    let fits = |other: &usize| dst.shape()[*other] == n && dst.strides()[*other].unsigned_abs() == step.unsigned_abs();
    let other = (0..dst.ndim()).find(fits)?;
    Some((other, dst.strides()[other] != step))
}
