//! Promotion: the dtype that two dtypes meet in, as NumPy 2 has it (NEP 50).

use crate::{Category, DType, Form, Kind, Sub};

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

/// The smallest dtype to which both cast safely, in native byte order; `None` where there is none.
///
/// ```
/// use metes_dtype::{DType, Kind, promote};
/// let of = |a, b| promote(DType::of(a), DType::of(b)).unwrap();
/// assert_eq!(of(Kind::U8, Kind::I8), Kind::I16);
/// assert_eq!(of(Kind::I32, Kind::F32), Kind::F64);
/// assert_eq!(of(Kind::I64, Kind::U64), Kind::F64);
/// assert_eq!(promote(Kind::I8.into(), DType::void(3).unwrap()), None);
/// ```
pub fn promote(a: DType, b: DType) -> Option<DType> {
    if let (Some(a), Some(b)) = (a.any_number(), b.any_number()) {
        let (low, high) = if a.category() <= b.category() { (a, b) } else { (b, a) };
        return Some(DType::of(join(low, high)));
    }
    match (a.form(), b.form()) {
        (Form::Bytes(a), Form::Bytes(b)) => DType::bytes(a.max(b) as usize),
        (Form::Text { chars: a, .. }, Form::Text { chars: b, .. } | Form::Bytes(b))
        | (Form::Bytes(b), Form::Text { chars: a, .. }) => DType::text(a.max(b) as usize),
        (Form::Number(kind) | Form::Swapped(kind), Form::Bytes(width))
        | (Form::Bytes(width), Form::Number(kind) | Form::Swapped(kind)) => {
            DType::bytes(digits(kind).max(width as usize))
        }
        (Form::Number(kind) | Form::Swapped(kind), Form::Text { chars, .. })
        | (Form::Text { chars, .. }, Form::Number(kind) | Form::Swapped(kind)) => {
            DType::text(digits(kind).max(chars as usize))
        }
        (Form::Time(a), Form::Time(b)) => a.meet(b).map(Form::Time).map(DType::from_form),
        (Form::Number(kind) | Form::Swapped(kind), Form::Time(time))
        | (Form::Time(time), Form::Number(kind) | Form::Swapped(kind)) => {
            let counts = matches!(kind.category(), Category::Bool | Category::Signed) || kind.size() < 8;
            let whole = kind.category() <= Category::Signed && counts;
            (time.span && whole).then(|| DType::from_form(Form::Time(time)).native())
        }
        (Form::Record(a), Form::Record(b)) => a.promoted(b),
        (Form::Sub(a), Form::Sub(b)) if a.shape() == b.shape() => Sub::of(promote(a.base(), b.base())?, a.shape()),
        _ => (a == b).then_some(a),
    }
}

/// Characters that any number of a kind fits.
pub(crate) fn digits(kind: Kind) -> usize {
    match (kind.category(), kind.size()) {
        (Category::Bool, _) => 5,
        (Category::Unsigned, 1) => 3,
        (Category::Unsigned, 2) => 5,
        (Category::Unsigned, 4) => 10,
        (Category::Unsigned, _) => 20,
        (Category::Signed, 1) => 4,
        (Category::Signed, 2) => 6,
        (Category::Signed, 4) => 11,
        (Category::Signed, _) => 21,
        (Category::Complex, _) => 64,
        _ => 32,
    }
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

/// The dtype that an array's dtype and a Python scalar meet in, in native byte order; `None` where there is none.
///
/// ```
/// use metes_dtype::{DType, Kind, Weak, promote_weak};
/// assert_eq!(promote_weak(DType::of(Kind::F32), Weak::Float), Some(DType::of(Kind::F32)));
/// assert_eq!(promote_weak(DType::of(Kind::I8), Weak::Float), Some(DType::of(Kind::F64)));
/// ```
pub fn promote_weak(dtype: DType, weak: Weak) -> Option<DType> {
    let Some(kind) = dtype.any_number() else {
        let alone = match weak {
            Weak::Int => Kind::I64,
            Weak::Float => Kind::F64,
            Weak::Complex => Kind::C128,
        };
        return promote(dtype, alone.into());
    };
    Some(DType::of(weakly(kind, weak)))
}

/// The kind that a kind and a Python number meet in.
#[inline]
pub fn weakly(kind: Kind, weak: Weak) -> Kind {
    use Category::{Bool, Complex, Float};
    match (weak, kind.category()) {
        (Weak::Int, Bool) => Kind::I64,
        (Weak::Int, _) | (Weak::Float, Float | Complex) | (Weak::Complex, Complex) => kind,
        (Weak::Float, _) => Kind::F64,
        (Weak::Complex, Float) if kind != Kind::F64 => Kind::C64,
        (Weak::Complex, _) => Kind::C128,
    }
}
