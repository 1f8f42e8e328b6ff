//! The same functions of what is still to be computed: each gives an [`Expr`] and computes nothing. [`compute`] runs all
//! in one pass over blocks, without an array for what lies between.
//!
//! ```
//! use metes::prelude::*;
//!
//! let a = Array::from_slice(&[4], &[1.0, 2.0, 3.0, 4.0])?;
//! let mean = lazy::mean(&a, Axes::all().keepdims())?;
//! let scores = lazy::divide(lazy::subtract(&a, &mean)?, lazy::std(&a, .., 0.0)?)?;
//! let sum = lazy::sum(lazy::square(&scores)?, ..)?;
//! assert_eq!(lazy::compute(&sum)?.item(&[])?, Scalar::Float(4.0));
//! # Ok::<(), metes::Error>(())
//! ```
//!
//! Several results of one pass, a limit of memory, files as operands and results: [`Plan`]. Functions of two results
//! (`modf`, `frexp`, `divmod`) have no lazy form.
//!
//! # Errors
//! Shapes that do not broadcast and dtypes that a function does not take are told at once; memory that is refused, when it
//! is computed.

use crate::axes::Axes;
use crate::build::{reduction, row};
use crate::reductions::each_reduction;
use crate::ufuncs::each_ufunc;
use metes_array::Array;
use metes_eval::{Expr, Output, Plan};
use metes_memory::Result;

macro_rules! lazy {
    (
        one { $($one:ident $one_doc:literal,)* }
        two { $($two:ident $two_doc:literal,)* }
        three { $($three:ident $three_doc:literal,)* }
        one_to_two { $($split:ident $split_doc:literal,)* }
        two_to_two { $($both:ident $both_doc:literal,)* }
    ) => {
        $(
            #[doc = $one_doc]
            pub fn $one(x: impl Into<Expr>) -> Result<Expr> {
                Expr::ufunc(row(stringify!($one)), &[x.into()])
            }
        )*
        $(
            #[doc = $two_doc]
            pub fn $two(x1: impl Into<Expr>, x2: impl Into<Expr>) -> Result<Expr> {
                Expr::ufunc(row(stringify!($two)), &[x1.into(), x2.into()])
            }
        )*
        $(
            #[doc = $three_doc]
            pub fn $three(x1: impl Into<Expr>, x2: impl Into<Expr>, x3: impl Into<Expr>) -> Result<Expr> {
                Expr::ufunc(row(stringify!($three)), &[x1.into(), x2.into(), x3.into()])
            }
        )*
    };
}
each_ufunc!(lazy);

/// The first choice where the condition is true, else the second.
pub fn where_(condition: impl Into<Expr>, x: impl Into<Expr>, y: impl Into<Expr>) -> Result<Expr> {
    Expr::ufunc(row("where"), &[condition.into(), x.into(), y.into()])
}

fn reduce(name: &str, x: &Expr, axes: &Axes, correction: f64) -> Result<Expr> {
    x.reduce(reduction(name), axes.numbers(), axes.are_kept(), None, correction)
}

macro_rules! lazy_reductions {
    (
        plain { $($plain:ident $plain_doc:literal,)* }
        spread { $($spread:ident $spread_doc:literal,)* }
    ) => {
        $(
            #[doc = $plain_doc]
            pub fn $plain(x: impl Into<Expr>, axes: impl Into<Axes>) -> Result<Expr> {
                reduce(stringify!($plain), &x.into(), &axes.into(), 0.0)
            }
        )*
        $(
            #[doc = $spread_doc]
            pub fn $spread(x: impl Into<Expr>, axes: impl Into<Axes>, correction: f64) -> Result<Expr> {
                reduce(stringify!($spread), &x.into(), &axes.into(), correction)
            }
        )*
    };
}
each_reduction!(lazy_reductions);

/// The value of an expression as an array.
///
/// # Errors
/// Memory that is refused, files that cannot be read.
pub fn compute(x: &Expr) -> Result<Array> {
    let results = Plan::new(vec![Output::Array(x.clone())], None)?.run(&mut |_, _| Ok(()))?;
    Ok(results.into_iter().flatten().next().expect("an array was asked for"))
}
