//! Casting levels: which conversions an operation may make by itself.

use crate::{DType, promote};

/// How much a cast may change, from nothing to anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Casting {
    /// No conversion at all.
    No,
    /// Byte order only.
    Equiv,
    /// Every value survives.
    Safe,
    /// Safe, or within a family: float64 to float32.
    #[default]
    SameKind,
    /// Anything.
    Unsafe,
    /// Anything, as long as every value present survives; the values are looked at when the cast is made.
    SameValue,
}

impl Casting {
    /// Every level, strictest first.
    pub const ALL: &[Casting] =
        &[Casting::No, Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe, Casting::SameValue];

    /// NumPy's name.
    pub const fn name(self) -> &'static str {
        match self {
            Casting::No => "no",
            Casting::Equiv => "equiv",
            Casting::Safe => "safe",
            Casting::SameKind => "same_kind",
            Casting::Unsafe => "unsafe",
            Casting::SameValue => "same_value",
        }
    }

    /// The level of this name.
    pub fn parse(name: &str) -> Option<Casting> {
        Casting::ALL.iter().copied().find(|c| c.name() == name)
    }
}

/// Whether the level allows the cast, from the dtypes alone.
///
/// ```
/// use metes_dtype::{Casting, DType, Kind, can_cast};
/// assert!(can_cast(DType::of(Kind::I32), DType::of(Kind::F64), Casting::Safe));
/// assert!(!can_cast(DType::of(Kind::F64), DType::of(Kind::I64), Casting::SameKind));
/// ```
pub fn can_cast(from: DType, to: DType, casting: Casting) -> bool {
    match casting {
        Casting::No | Casting::Equiv => from == to,
        Casting::Safe => promote(from, to) == to,
        Casting::SameKind => promote(from, to) == to || from.kind().category() <= to.kind().category(),
        Casting::Unsafe | Casting::SameValue => true,
    }
}
