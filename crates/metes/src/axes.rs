//! Which axes a reduction goes over.

use std::ops::RangeFull;

/// The axes that a reduction goes over, and whether they stay, with length 1. Made from `..` (all of them), from one number
/// or from several, negative ones counted from the end.
///
/// ```
/// use metes::prelude::*;
///
/// let a = Array::ones(&[2, 3], Kind::F64.into())?;
/// assert_eq!(sum(&a, ..)?.shape(), []);
/// assert_eq!(sum(&a, 0)?.shape(), [3]);
/// assert_eq!(sum(&a, [0, -1])?.shape(), []);
/// assert_eq!(sum(&a, Axes::from(-1).keepdims())?.shape(), [2, 1]);
/// # Ok::<(), metes::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    numbers: Option<Vec<isize>>,
    kept: bool,
}

impl Axes {
    /// All axes.
    pub fn all() -> Axes {
        Axes::default()
    }

    /// The same axes, which stay with length 1, so that the result broadcasts against the operand.
    pub fn keepdims(self) -> Axes {
        Axes { kept: true, ..self }
    }

    /// The numbers; `None` for all.
    pub fn numbers(&self) -> Option<&[isize]> {
        self.numbers.as_deref()
    }

    /// Whether the axes stay.
    pub fn are_kept(&self) -> bool {
        self.kept
    }
}

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Axes {
        Axes::all()
    }
}

impl From<&[isize]> for Axes {
    fn from(numbers: &[isize]) -> Axes {
        Axes { numbers: Some(numbers.to_vec()), kept: false }
    }
}

macro_rules! from_numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Axes {
            fn from(number: $number) -> Axes {
                Axes::from([number])
            }
        }

        impl<const N: usize> From<[$number; N]> for Axes {
            fn from(numbers: [$number; N]) -> Axes {
                Axes { numbers: Some(numbers.into_iter().map(|n| n as isize).collect()), kept: false }
            }
        }
    )*};
}
// Literals are `i32` where nothing else is said.
from_numbers!(i32 isize);
