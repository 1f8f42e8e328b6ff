//! Indices as one writes them: integers, ranges, and the macro [`s!`](crate::s).

use crate::Index;
use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

impl Index {
    /// A slice of a range, every `step`th element of it from its start; backwards for a negative step.
    ///
    /// ```
    /// use metes_array::{Array, Index};
    ///
    /// let a = Array::from_slice(&[5], &[0, 1, 2, 3, 4])?;
    /// assert_eq!(a.index(&[Index::stepped(1.., 2)])?.read::<i32>()?.to_vec(), [1, 3]);
    /// assert_eq!(a.index(&[Index::stepped(.., -2)])?.read::<i32>()?.to_vec(), [4, 2, 0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn stepped(range: impl IndexRange, step: isize) -> Index {
        let (start, stop) = range.ends();
        Index::Slice { start, stop, step: Some(step) }
    }
}

/// A range whose ends are integers, negative ones from the end of the axis.
pub trait IndexRange {
    /// The first element and the one past the last, where they are given.
    fn ends(self) -> (Option<isize>, Option<isize>);
}

impl IndexRange for RangeFull {
    fn ends(self) -> (Option<isize>, Option<isize>) {
        (None, None)
    }
}

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Index {
        Index::Slice { start: None, stop: None, step: None }
    }
}

macro_rules! from_integers {
    ($($int:ty)*) => {$(
        impl From<$int> for Index {
            /// What no `isize` holds is out of bounds as its greatest value is.
            fn from(at: $int) -> Index {
                Index::At(isize::try_from(at).unwrap_or(isize::MAX))
            }
        }

        from_integers!($int: Range, |r| (Some(r.start), Some(r.end)));
        from_integers!($int: RangeFrom, |r| (Some(r.start), None));
        from_integers!($int: RangeTo, |r| (None, Some(r.end)));
    )*};
    ($int:ty: $range:ident, |$r:ident| $ends:expr) => {
        impl IndexRange for $range<$int> {
            fn ends(self) -> (Option<isize>, Option<isize>) {
                let $r = self;
                let (start, stop): (Option<$int>, Option<$int>) = $ends;
                let whole = |at: $int| isize::try_from(at).unwrap_or(isize::MAX);
                (start.map(whole), stop.map(whole))
            }
        }

        impl From<$range<$int>> for Index {
            fn from(range: $range<$int>) -> Index {
                let (start, stop) = range.ends();
                Index::Slice { start, stop, step: None }
            }
        }
    };
}
// Literals are `i32` where nothing else is said.
from_integers!(i32 isize usize);

/// An index of several items, as an array of [`Index`]: integers, ranges, ranges with a step after a semicolon, and
/// [`Index::NewAxis`] or [`Index::Ellipsis`]. Negative integers count from the end.
///
/// ```
/// use metes_array::{Array, Index, s};
///
/// let a = Array::from_slice(&[2, 4], &[0, 1, 2, 3, 4, 5, 6, 7])?;
/// assert_eq!(a.index(&s![0, 1..3])?.read::<i32>()?.to_vec(), [1, 2]);
/// assert_eq!(a.index(&s![.., ..;-2])?.read::<i32>()?.to_vec(), [3, 1, 7, 5]);
/// assert_eq!(a.index(&s![Index::Ellipsis, Index::NewAxis, -1])?.shape(), [2, 1]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
#[macro_export]
macro_rules! s {
    (@items [$($done:expr,)*]) => { [$($done,)*] };
    (@items [$($done:expr,)*] $range:expr; $step:expr $(, $($rest:tt)*)?) => {
        $crate::s!(@items [$($done,)* $crate::Index::stepped($range, $step),] $($($rest)*)?)
    };
    (@items [$($done:expr,)*] $item:expr $(, $($rest:tt)*)?) => {
        $crate::s!(@items [$($done,)* $crate::Index::from($item),] $($($rest)*)?)
    };
    ($($items:tt)*) => {{
        // `1..-1` ends before the last element: it is not empty here.
        #[allow(clippy::reversed_empty_ranges)]
        let index = $crate::s!(@items [] $($items)*);
        index
    }};
}
