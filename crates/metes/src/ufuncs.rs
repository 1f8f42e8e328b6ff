//! The ufuncs as functions, by NumPy's names: of arrays and numbers here, of what is still to be computed in
//! [`crate::lazy`].
//!
//! Operands are broadcast, dtypes promoted as NumPy 2 does; plain Rust numbers are weak: they take the dtype of the array
//! beside them. Each returns a fresh array. `out`, `where`, `dtype` and `casting` are keywords of [`metes_eval::apply`],
//! which takes any ufunc.
//!
//! ```
//! use metes::prelude::*;
//!
//! let a = Array::from_slice(&[3], &[1.0, 4.0, 9.0])?;
//! assert_eq!(add(&sqrt(&a)?, 1)?.read::<f64>()?.to_vec(), [2.0, 3.0, 4.0]);
//! # Ok::<(), metes::Error>(())
//! ```
//!
//! # Errors
//! Shapes that do not broadcast, dtypes that the function does not take, a number that the dtype cannot hold, and memory
//! that is refused. The operands stay as they are.

use crate::build::{call, row};
use metes_array::Array;
use metes_eval::{Operand, Options, apply};
use metes_memory::Result;

/// Calls a macro with all ufuncs: of one operand, of two, of three, and those of two results, each with a sentence.
macro_rules! each_ufunc {
    ($define:ident) => {
        $define! {
            one {
                absolute "The size of a value without its sign; complex values give the real modulus.",
                arccos "Inverse cosine.",
                arccosh "Inverse hyperbolic cosine.",
                arcsin "Inverse sine.",
                arcsinh "Inverse hyperbolic sine.",
                arctan "Inverse tangent.",
                arctanh "Inverse hyperbolic tangent.",
                bitwise_count "The number of bits set in the size of the value.",
                cbrt "Cube root.",
                ceil "The smallest whole number that is not below the value.",
                conjugate "The value with the other sign of its imaginary part.",
                cos "Cosine.",
                cosh "Hyperbolic cosine.",
                deg2rad "Degrees as radians.",
                exp "e to the power of the value.",
                exp2 "2 to the power of the value.",
                expm1 "e to the power of the value, less 1, precise near 0.",
                fabs "The size of a real value, as a float.",
                floor "The largest whole number that is not above the value.",
                invert "The other bits; of a bool, its opposite.",
                isfinite "Whether the value is neither infinite nor NaN.",
                isinf "Whether the value is infinite.",
                isnan "Whether the value is not a number.",
                log "Natural logarithm.",
                log10 "Logarithm to base 10.",
                log1p "Natural logarithm of 1 plus the value, precise near 0.",
                log2 "Logarithm to base 2.",
                logical_not "Whether the value is false.",
                negative "The value with the other sign.",
                positive "The value itself.",
                rad2deg "Radians as degrees.",
                reciprocal "One divided by the value; integers stay integers.",
                rint "The nearest whole number, halves to the even one.",
                sign "-1, 0 or 1 by the sign of the value; complex values give z / |z|.",
                signbit "Whether the sign bit of a float is set.",
                sin "Sine.",
                sinh "Hyperbolic sine.",
                spacing "The distance to the next representable value away from zero, with the value's sign.",
                sqrt "Square root.",
                square "The value times itself.",
                tan "Tangent.",
                tanh "Hyperbolic tangent.",
                trunc "The value without its fraction.",
            }
            two {
                add "Sum of two values.",
                arctan2 "The angle of the point (second, first).",
                bitwise_and "The bits that both values have.",
                bitwise_or "The bits that either value has.",
                bitwise_xor "The bits that one of the values has.",
                copysign "The size of the first value with the sign of the second.",
                divide "Quotient of two values; integers give float64.",
                equal "Whether two values are equal.",
                float_power "The first value raised to the second, in float64 or complex128.",
                floor_divide "Quotient of two values, rounded down.",
                fmax "The larger of two values, passing over NaN.",
                fmin "The smaller of two values, passing over NaN.",
                fmod "What division truncated towards zero leaves; it has the dividend's sign.",
                gcd "Greatest common divisor.",
                greater "Whether the first value is above the second.",
                greater_equal "Whether the first value is at least the second.",
                heaviside "0 for negative values, 1 for positive ones, the second value at 0.",
                hypot "The hypotenuse of a right triangle with these legs.",
                lcm "Least common multiple.",
                ldexp "The first value times two to the power of the second.",
                left_shift "The bits moved up; 0 where all are moved out.",
                less "Whether the first value is below the second; complex values by real, then imaginary part.",
                less_equal "Whether the first value is at most the second.",
                logaddexp "Logarithm of the sum of the exponentials of two values.",
                logaddexp2 "The same to base 2.",
                logical_and "Whether both values are true.",
                logical_or "Whether either value is true.",
                logical_xor "Whether one of the values is true.",
                maximum "The larger of two values; NaN where one is NaN.",
                minimum "The smaller of two values; NaN where one is NaN.",
                multiply "Product of two values.",
                nextafter "The next representable value after the first, towards the second.",
                not_equal "Whether two values differ.",
                power "The first value raised to the second.",
                remainder "What floor division leaves; it has the divisor's sign.",
                right_shift "The bits moved down, keeping the sign.",
                subtract "Difference of two values.",
            }
            three {
                clip "The value, moved into the range from the second to the third.",
            }
            one_to_two {
                frexp "The value as a fraction in [0.5, 1) and a power of two.",
                modf "The fraction and the whole part of a value.",
            }
            two_to_two {
                divmod "Floor division and what it leaves.",
            }
        }
    };
}
pub(crate) use each_ufunc;

fn pair(name: &str, operands: &[Operand]) -> Result<(Array, Array)> {
    let mut results = apply(row(name), operands, &Options::default())?.into_iter();
    Ok((results.next().expect("two results"), results.next().expect("two results")))
}

macro_rules! eager {
    (
        one { $($one:ident $one_doc:literal,)* }
        two { $($two:ident $two_doc:literal,)* }
        three { $($three:ident $three_doc:literal,)* }
        one_to_two { $($split:ident $split_doc:literal,)* }
        two_to_two { $($both:ident $both_doc:literal,)* }
    ) => {
        $(
            #[doc = $one_doc]
            pub fn $one(x: impl Into<Operand>) -> Result<Array> {
                call(stringify!($one), &[x.into()])
            }
        )*
        $(
            #[doc = $two_doc]
            pub fn $two(x1: impl Into<Operand>, x2: impl Into<Operand>) -> Result<Array> {
                call(stringify!($two), &[x1.into(), x2.into()])
            }
        )*
        $(
            #[doc = $three_doc]
            pub fn $three(x1: impl Into<Operand>, x2: impl Into<Operand>, x3: impl Into<Operand>) -> Result<Array> {
                call(stringify!($three), &[x1.into(), x2.into(), x3.into()])
            }
        )*
        $(
            #[doc = $split_doc]
            pub fn $split(x: impl Into<Operand>) -> Result<(Array, Array)> {
                pair(stringify!($split), &[x.into()])
            }
        )*
        $(
            #[doc = $both_doc]
            pub fn $both(x1: impl Into<Operand>, x2: impl Into<Operand>) -> Result<(Array, Array)> {
                pair(stringify!($both), &[x1.into(), x2.into()])
            }
        )*

        /// The names of the functions here that compute element by element, each as in the table.
        #[cfg(test)]
        const NAMES: &[&str] = &[
            $(stringify!($one),)* $(stringify!($two),)* $(stringify!($three),)*
            $(stringify!($split),)* $(stringify!($both),)*
        ];
    };
}
each_ufunc!(eager);

/// The first choice where the condition is true, else the second; NumPy's `where` of three arguments.
///
/// ```
/// use metes::prelude::*;
///
/// let a = Array::from_slice(&[3], &[-1.0, 0.0, 2.0])?;
/// assert_eq!(where_(less(&a, 0)?, 0, &a)?.read::<f64>()?.to_vec(), [0.0, 0.0, 2.0]);
/// # Ok::<(), metes::Error>(())
/// ```
pub fn where_(condition: impl Into<Operand>, x: impl Into<Operand>, y: impl Into<Operand>) -> Result<Array> {
    call("where", &[condition.into(), x.into(), y.into()])
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_ufunc_of_the_table_is_a_function() {
        let of_table = metes_kernels::table().iter().map(|row| row.name).filter(|name| *name != "where");
        let mut of_table: Vec<&str> = of_table.collect();
        let mut here = super::NAMES.to_vec();
        of_table.sort_unstable();
        here.sort_unstable();
        assert_eq!(here, of_table);
    }
}
