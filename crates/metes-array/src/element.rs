//! [`Element`]: which Rust type stands for which kind.

use crate::Scalar;
use half::f16;
use metes_dtype::{Kind, for_each_kind, for_half};
use num_complex::Complex;

/// A Rust type that is one element of an array.
pub trait Element: Number + Copy + Send + Sync + 'static {
    /// Its kind.
    const KIND: Kind;

    /// The nearest value: integers wrap, floats round, everything but zero is true.
    fn from_scalar(value: Scalar) -> Self;

    /// The value without its dtype.
    fn to_scalar(self) -> Scalar;
}

/// What seals [`Element`]: no type of another crate can be one.
pub trait Number {
    fn from_int(value: i128) -> Self;
    fn from_float(value: f64) -> Self;
    fn from_complex(re: f64, im: f64) -> Self;
    fn scalar(self) -> Scalar;
}

impl Number for bool {
    fn from_int(value: i128) -> bool {
        value != 0
    }
    fn from_float(value: f64) -> bool {
        value != 0.0
    }
    fn from_complex(re: f64, im: f64) -> bool {
        re != 0.0 || im != 0.0
    }
    fn scalar(self) -> Scalar {
        Scalar::Bool(self)
    }
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Number for $t {
            fn from_int(value: i128) -> $t {
                value as $t
            }
            fn from_float(value: f64) -> $t {
                value as i128 as $t
            }
            fn from_complex(re: f64, _: f64) -> $t {
                re as i128 as $t
            }
            fn scalar(self) -> Scalar {
                Scalar::Int(i128::from(self))
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($t:ty, $from:expr, $to:expr;)*) => {$(
        impl Number for $t {
            fn from_int(value: i128) -> $t {
                $from(value as f64)
            }
            fn from_float(value: f64) -> $t {
                $from(value)
            }
            fn from_complex(re: f64, _: f64) -> $t {
                $from(re)
            }
            fn scalar(self) -> Scalar {
                Scalar::Float($to(self))
            }
        }
    )*};
}
floats!(f16, |x| f16::from_f32(for_half(x)), f16::to_f64; f32, |x: f64| x as f32, f64::from; f64, |x: f64| x, |x: f64| x;);

macro_rules! complexes {
    ($($t:ty)*) => {$(
        impl Number for Complex<$t> {
            fn from_int(value: i128) -> Self {
                Complex::new(value as $t, 0.0)
            }
            fn from_float(value: f64) -> Self {
                Complex::new(value as $t, 0.0)
            }
            fn from_complex(re: f64, im: f64) -> Self {
                Complex::new(re as $t, im as $t)
            }
            fn scalar(self) -> Scalar {
                Scalar::Complex(f64::from(self.re), f64::from(self.im))
            }
        }
    )*};
}
complexes!(f32 f64);

macro_rules! elements {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {$(
        impl Element for $rust {
            const KIND: Kind = Kind::$kind;

            fn from_scalar(value: Scalar) -> $rust {
                match value {
                    Scalar::Bool(value) => <$rust>::from_int(i128::from(value)),
                    Scalar::Int(value) => <$rust>::from_int(value),
                    Scalar::Float(value) => <$rust>::from_float(value),
                    Scalar::Complex(re, im) => <$rust>::from_complex(re, im),
                }
            }

            fn to_scalar(self) -> Scalar {
                self.scalar()
            }
        }
    )*};
}
for_each_kind!(elements);
