//! Reductions as functions: over all axes (`..`), one or several ([`Axes`]).
//!
//! `out`, `where`, `initial`, `dtype` and leaving NaN out are keywords of [`metes_eval::reduce`]; of more statistics,
//! [`crate::statistics`].
//!
//! ```
//! use metes::prelude::*;
//!
//! let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 6.0])?;
//! assert_eq!(mean(&a, 0)?.read::<f64>()?.to_vec(), [2.0, 4.0]);
//! assert_eq!(var(&a, .., 1.0)?.item(&[])?, Scalar::Float(14.0 / 3.0));
//! assert_eq!(cumsum(&a, ..)?.read::<f64>()?.to_vec(), [1.0, 3.0, 6.0, 12.0]);
//! # Ok::<(), metes::Error>(())
//! ```
//!
//! # Errors
//! An axis that is not there or named twice, a dtype without the operation, the extreme of nothing, and memory that is
//! refused.

use crate::axes::Axes;
use crate::build::{reduction, row};
use metes_array::Array;
use metes_eval::{AccumulateOptions, ReduceOptions, cumulative};
use metes_memory::{Error, ErrorKind, Result};

/// Calls a macro with all reductions: plain ones, and those that take off degrees of freedom, each with a sentence.
macro_rules! each_reduction {
    ($define:ident) => {
        $define! {
            plain {
                sum "Sum of the values.",
                prod "Product of the values.",
                min "Smallest value; NaN if there is one.",
                max "Largest value; NaN if there is one.",
                any "Whether some value is true.",
                all "Whether every value is true.",
                mean "Arithmetic mean; integers give float64.",
                argmin "Position of the first smallest value, along one axis or in C order of all.",
                argmax "Position of the first largest value, along one axis or in C order of all.",
            }
            spread {
                var "Mean squared distance from the mean; `correction` degrees of freedom are taken off the count.",
                std "Square root of the variance; `correction` degrees of freedom are taken off the count.",
            }
        }
    };
}
pub(crate) use each_reduction;

fn reduce(name: &str, x: &Array, axes: &Axes, correction: f64) -> Result<Array> {
    let axes_given = axes.numbers().map(<[isize]>::to_vec);
    let options = ReduceOptions { axes: axes_given, keepdims: axes.are_kept(), correction, ..Default::default() };
    metes_eval::reduce(reduction(name), x, &options)
}

macro_rules! eager {
    (
        plain { $($plain:ident $plain_doc:literal,)* }
        spread { $($spread:ident $spread_doc:literal,)* }
    ) => {
        $(
            #[doc = $plain_doc]
            pub fn $plain(x: &Array, axes: impl Into<Axes>) -> Result<Array> {
                reduce(stringify!($plain), x, &axes.into(), 0.0)
            }
        )*
        $(
            #[doc = $spread_doc]
            pub fn $spread(x: &Array, axes: impl Into<Axes>, correction: f64) -> Result<Array> {
                reduce(stringify!($spread), x, &axes.into(), correction)
            }
        )*

        /// The names of the reductions here, each as in the table.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($plain),)* $(stringify!($spread),)*];
    };
}
each_reduction!(eager);

/// The sum of the values up to each, along an axis, or of all in C order.
pub fn cumsum(x: &Array, axes: impl Into<Axes>) -> Result<Array> {
    along("add", x, &axes.into())
}

/// The product of the values up to each, along an axis, or of all in C order.
pub fn cumprod(x: &Array, axes: impl Into<Axes>) -> Result<Array> {
    along("multiply", x, &axes.into())
}

fn along(name: &str, x: &Array, axes: &Axes) -> Result<Array> {
    let axis = match axes.numbers() {
        None => None,
        Some(&[axis]) => Some(axis),
        Some(axes) => {
            let message = format!("{name}.accumulate: one axis or all, not {axes:?}");
            return Err(Error::new(ErrorKind::Axis, message));
        }
    };
    cumulative(row(name), x, &AccumulateOptions { axis, ..Default::default() })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_reduction_of_the_table_is_a_function() {
        let of_table: Vec<&str> = metes_kernels::reductions().iter().map(|row| row.name).collect();
        let mut sorted = (super::NAMES.to_vec(), of_table);
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1);
    }
}
