//! Reductions as functions: over all axes (`..`), one or several ([`Axes`]).
//!
//! `out`, `where`, `initial` and `dtype` are keywords of [`metes_eval::reduce`]; more statistics are in
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

fn options(axes: &Axes, correction: f64) -> ReduceOptions {
    let numbers = axes.numbers().map(<[isize]>::to_vec);
    ReduceOptions { axes: numbers, keepdims: axes.are_kept(), correction, ..Default::default() }
}

fn reduce(name: &str, x: &Array, axes: &Axes, correction: f64) -> Result<Array> {
    metes_eval::reduce(reduction(name), x, &options(axes, correction))
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

/// Reductions of the values that are not NaN; `correction` is what var and std take off their count.
fn reduce_present(name: &str, x: &Array, axes: &Axes, correction: f64) -> Result<Array> {
    Ok(crate::statistics::reduce_present(reduction(name), x, &options(axes, correction))?.0)
}

macro_rules! present {
    ($($name:ident $row:literal $doc:literal,)*) => {$(
        #[doc = $doc]
        pub fn $name(x: &Array, axes: impl Into<Axes>) -> Result<Array> {
            reduce_present($row, x, &axes.into(), 0.0)
        }
    )*};
}
present! {
    nansum "sum" "Sum of the values that are not NaN.",
    nanprod "prod" "Product of the values that are not NaN.",
    nanmin "min" "Smallest value that is not NaN; NaN where there is none.",
    nanmax "max" "Largest value that is not NaN; NaN where there is none.",
    nanmean "mean" "Arithmetic mean of the values that are not NaN; NaN where there is none.",
    nanargmin "argmin" "Position of the first smallest value that is not NaN; an error where there is none.",
    nanargmax "argmax" "Position of the first largest value that is not NaN; an error where there is none.",
}

/// Mean squared distance from the mean, of the values that are not NaN; NaN where too few are left.
pub fn nanvar(x: &Array, axes: impl Into<Axes>, correction: f64) -> Result<Array> {
    reduce_present("var", x, &axes.into(), correction)
}

/// Square root of [`nanvar`].
pub fn nanstd(x: &Array, axes: impl Into<Axes>, correction: f64) -> Result<Array> {
    reduce_present("std", x, &axes.into(), correction)
}

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
