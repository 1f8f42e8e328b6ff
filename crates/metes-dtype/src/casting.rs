//! Casting levels: which conversions an operation may make by itself.

use crate::{Category, DType, Field, Form, Kind, Record, promote};

/// How much a cast may change, from nothing to anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
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
    from == to || strictest(from, to).is_some_and(|needed| needed <= casting)
}

/// The strictest level that allows a cast; `None` where there is no such cast.
pub fn strictest(from: DType, to: DType) -> Option<Casting> {
    if from == to {
        return Some(Casting::No);
    }
    if let (Some(a), Some(b)) = (from.any_number(), to.any_number()) {
        return Some(between_numbers(a, b));
    }
    let wider = |fits: bool| if fits { Casting::Safe } else { Casting::SameKind };
    Some(match (from.form(), to.form()) {
        (Form::Bytes(a), Form::Bytes(b)) => wider(a <= b),
        (Form::Text { chars: a, .. }, Form::Text { chars: b, .. }) if a == b => Casting::Equiv,
        (Form::Text { chars: a, .. } | Form::Bytes(a), Form::Text { chars: b, .. }) => wider(a <= b),
        (Form::Number(kind) | Form::Swapped(kind), Form::Bytes(chars) | Form::Text { chars, .. }) => {
            wider(crate::promote::digits(kind) <= chars as usize)
        }
        (Form::Time(a), Form::Time(b)) => a.cast_level(b),
        (Form::Number(kind) | Form::Swapped(kind), Form::Time(to)) if to.span => match kind.category() {
            Category::Unsigned if kind.size() == 8 => Casting::SameKind,
            Category::Bool | Category::Unsigned | Category::Signed => Casting::Safe,
            _ => Casting::Unsafe,
        },
        (Form::Record(a), Form::Record(b)) => return between_records(a, b),
        (Form::Record(one), _) => return lone(one, |field| strictest(field, to)),
        (_, Form::Record(_)) => Casting::Unsafe,
        (Form::Sub(a), Form::Sub(b)) if a.shape() == b.shape() => return strictest(a.base(), b.base()),
        (Form::Sub(_), _) => return None,
        (_, Form::Sub(sub)) => return strictest(from, sub.base()).map(|_| Casting::Unsafe),
        (Form::Void(own), Form::Void(width)) => wider(own <= width),
        (_, Form::Void(width)) if from.size() <= width as usize => Casting::Safe,
        _ => Casting::Unsafe,
    })
}

fn between_numbers(from: Kind, to: Kind) -> Casting {
    if from == to {
        Casting::Equiv
    } else if promote(from.into(), to.into()) == Some(to.into()) {
        Casting::Safe
    } else if from.category() <= to.category() {
        Casting::SameKind
    } else {
        Casting::Unsafe
    }
}

/// Field by field, by position; other names are no more than safe.
fn between_records(from: &Record, to: &Record) -> Option<Casting> {
    if from.fields().len() != to.fields().len() {
        return None;
    }
    let pairs = from.fields().iter().zip(to.fields());
    let level = |(a, b): (&Field, &Field)| {
        let named = if a.name == b.name && a.title == b.title { Casting::No } else { Casting::Safe };
        strictest(a.dtype, b.dtype).map(|level| level.max(named))
    };
    let levels = pairs.map(level).collect::<Option<Vec<_>>>()?;
    Some(levels.into_iter().max().unwrap_or(Casting::No).max(Casting::Equiv))
}

/// A record of one field stands for that field, if it is told so.
fn lone(record: &Record, level: impl Fn(crate::DType) -> Option<Casting>) -> Option<Casting> {
    match record.fields() {
        [field] => level(field.dtype).map(|_| Casting::Unsafe),
        _ => None,
    }
}
