//! Promotion: the dtype that two dtypes meet in, as NumPy 2 has it (NEP 50).

use crate::{Category, DType, Kind};

/// A Python scalar in promotion: its category counts, its value does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    /// Python `int`.
    Int,
    /// Python `float`.
    Float,
    /// Python `complex`.
    Complex,
}

/// The smallest dtype to which both cast safely.
///
/// ```
/// use metes_dtype::{DType, Kind, promote};
/// let of = |a, b| promote(DType::of(a), DType::of(b)).kind();
/// assert_eq!(of(Kind::U8, Kind::I8), Kind::I16);
/// assert_eq!(of(Kind::I32, Kind::F32), Kind::F64);
/// assert_eq!(of(Kind::I64, Kind::U64), Kind::F64);
/// ```
pub fn promote(a: DType, b: DType) -> DType {
    let (low, high) = if a.kind().category() <= b.kind().category() { (a, b) } else { (b, a) };
    DType::of(join(low.kind(), high.kind()))
}

/// `low`'s category is not above `high`'s.
fn join(low: Kind, high: Kind) -> Kind {
    use Category::{Bool, Complex, Float, Signed, Unsigned};
    let larger = if low.size() > high.size() { low } else { high };
    match (low.category(), high.category()) {
        (Bool, _) => high,
        (a, b) if a == b => larger,
        (Unsigned, Signed) if high.size() > low.size() => high,
        (Unsigned, Signed) => match low.size() {
            1 => Kind::I16,
            2 => Kind::I32,
            4 => Kind::I64,
            _ => Kind::F64,
        },
        (Float, Complex) if low == Kind::F64 => Kind::C128,
        (Float, Complex) => high,
        (_, Float) => join(float_for(low), high),
        (_, Complex) => join(float_for(low), high),
        _ => unreachable!("categories are ordered"),
    }
}

/// The smallest float that holds every value of an integer kind, float64 at most.
fn float_for(integer: Kind) -> Kind {
    match integer.size() {
        1 => Kind::F16,
        2 => Kind::F32,
        _ => Kind::F64,
    }
}

/// The dtype that an array's dtype and a Python scalar meet in.
///
/// ```
/// use metes_dtype::{DType, Kind, Weak, promote_weak};
/// assert_eq!(promote_weak(DType::of(Kind::F32), Weak::Float).kind(), Kind::F32);
/// assert_eq!(promote_weak(DType::of(Kind::I8), Weak::Float).kind(), Kind::F64);
/// ```
pub fn promote_weak(dtype: DType, weak: Weak) -> DType {
    use Category::{Bool, Complex, Float};
    let kind = dtype.kind();
    DType::of(match (weak, kind.category()) {
        (Weak::Int, Bool) => Kind::I64,
        (Weak::Int, _) | (Weak::Float, Float | Complex) | (Weak::Complex, Complex) => kind,
        (Weak::Float, _) => Kind::F64,
        (Weak::Complex, Float) if kind != Kind::F64 => Kind::C64,
        (Weak::Complex, _) => Kind::C128,
    })
}
