//! What may stand for an operand: arrays, and Rust's numbers as weak scalars.

use crate::{Expr, Operand};
use metes_array::{Array, Scalar};
use num_complex::Complex64;

impl From<Array> for Operand {
    fn from(array: Array) -> Operand {
        Operand::Array(array)
    }
}

impl From<&Array> for Operand {
    fn from(array: &Array) -> Operand {
        Operand::Array(array.clone())
    }
}

impl From<Array> for Expr {
    fn from(array: Array) -> Expr {
        Expr::array(array)
    }
}

impl From<&Array> for Expr {
    fn from(array: &Array) -> Expr {
        Expr::array(array.clone())
    }
}

impl From<&Expr> for Expr {
    fn from(expr: &Expr) -> Expr {
        expr.clone()
    }
}

macro_rules! from_scalars {
    ($($number:ty, |$value:ident| $scalar:expr;)*) => {$(
        impl From<$number> for Operand {
            fn from($value: $number) -> Operand {
                Operand::Weak($scalar)
            }
        }

        impl From<$number> for Expr {
            fn from($value: $number) -> Expr {
                Expr::scalar($scalar)
            }
        }
    )*};
}
from_scalars! {
    bool, |value| Scalar::Bool(value);
    i32, |value| Scalar::Int(value.into());
    i64, |value| Scalar::Int(value.into());
    u64, |value| Scalar::Int(value.into());
    f64, |value| Scalar::Float(value);
    Complex64, |value| Scalar::Complex(value.re, value.im);
    Scalar, |value| value;
}
