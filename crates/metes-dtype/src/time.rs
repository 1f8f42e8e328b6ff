//! [`Time`]: instants and spans of time, counted in multiples of a unit.

use crate::Casting;

/// A unit of time, coarsest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Unit {
    /// Years.
    Year,
    /// Months.
    Month,
    /// Weeks.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
    /// 10⁻³ s.
    Milli,
    /// 10⁻⁶ s.
    Micro,
    /// 10⁻⁹ s.
    Nano,
    /// 10⁻¹² s.
    Pico,
    /// 10⁻¹⁵ s.
    Femto,
    /// 10⁻¹⁸ s.
    Atto,
    /// No unit: takes on any other.
    Generic,
}

impl Unit {
    /// Every unit, coarsest first, with NumPy's name.
    pub const ALL: &[(Unit, &str)] = &[
        (Unit::Year, "Y"),
        (Unit::Month, "M"),
        (Unit::Week, "W"),
        (Unit::Day, "D"),
        (Unit::Hour, "h"),
        (Unit::Minute, "m"),
        (Unit::Second, "s"),
        (Unit::Milli, "ms"),
        (Unit::Micro, "us"),
        (Unit::Nano, "ns"),
        (Unit::Pico, "ps"),
        (Unit::Femto, "fs"),
        (Unit::Atto, "as"),
        (Unit::Generic, "generic"),
    ];

    /// NumPy's name.
    pub const fn name(self) -> &'static str {
        Unit::ALL[self as usize].1
    }

    /// The unit of this name.
    pub fn parse(name: &str) -> Option<Unit> {
        let name = if name == "μs" || name == "µs" { "us" } else { name };
        Unit::ALL.iter().find(|(_, own)| *own == name).map(|(unit, _)| *unit)
    }
}

/// Elements of eight bytes that count time: instants from 1970, or spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    /// Spans rather than instants.
    pub span: bool,
    /// The unit.
    pub unit: Unit,
    /// How many units one step is, at least 1.
    pub multiple: u32,
    /// Whether elements are in the other byte order.
    pub swapped: bool,
}

impl Time {
    /// Native elements in steps of one unit.
    pub const fn new(span: bool, unit: Unit) -> Time {
        Time { span, unit, multiple: 1, swapped: false }
    }

    /// `"datetime64"` or `"timedelta64"`.
    pub const fn family(self) -> &'static str {
        if self.span { "timedelta64" } else { "datetime64" }
    }

    /// `'M'` or `'m'`.
    pub const fn char(self) -> char {
        if self.span { 'm' } else { 'M' }
    }

    /// `"[25us]"`; nothing without a unit.
    pub fn suffix(self) -> String {
        match (self.unit, self.multiple) {
            (Unit::Generic, _) => String::new(),
            (unit, 1) => format!("[{}]", unit.name()),
            (unit, multiple) => format!("[{multiple}{}]", unit.name()),
        }
    }

    /// Reads what follows the family: nothing, `"[ns]"`, `"[25us]"`, `"[ms/7]"`.
    pub fn with_suffix(span: bool, text: &str) -> Option<Time> {
        if text.is_empty() {
            return Some(Time::new(span, Unit::Generic));
        }
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, name) = inner.split_at(digits);
        let multiple: u32 = if count.is_empty() { 1 } else { count.parse().ok()? };
        let (name, divisor) = match name.split_once('/') {
            Some((name, divisor)) => (name, divisor.parse::<u32>().ok()?),
            None => (name, 1),
        };
        let unit = Unit::parse(name)?;
        if multiple == 0 || multiple > i32::MAX as u32 || divisor == 0 || unit == Unit::Generic && multiple != 1 {
            return None;
        }
        let (unit, multiple) = if divisor == 1 { (unit, multiple) } else { divided(unit, multiple, divisor)? };
        Some(Time { multiple, ..Time::new(span, unit) })
    }
}

/// How many of the next finer unit make one; none where that varies (a month is no number of weeks) or there is none.
const STEPS: [Option<u64>; 12] = [
    Some(12),
    None,
    Some(7),
    Some(24),
    Some(60),
    Some(60),
    Some(1000),
    Some(1000),
    Some(1000),
    Some(1000),
    Some(1000),
    Some(1000),
];

impl Unit {
    /// How many of a finer unit make one of this; `None` beyond 64 bits, or between months and what has no fixed number in
    /// them.
    pub fn in_finer(self, finer: Unit) -> Option<u64> {
        if self == Unit::Generic || finer == Unit::Generic {
            return (self == finer).then_some(1);
        }
        if self == finer {
            return Some(1);
        }
        let steps = STEPS.get(self as usize..finer as usize)?;
        steps.iter().try_fold(1u64, |product, step| product.checked_mul((*step)?))
    }

    /// Whether it is made of months, which have no fixed length.
    pub const fn is_calendar(self) -> bool {
        matches!(self, Unit::Year | Unit::Month)
    }
}

impl Time {
    /// The coarsest steps that both count in whole numbers: the divisor of the two. Months and days have one only where
    /// the months count instants. `None` where there is none, or it does not fit 64 bits.
    pub fn meet(self, other: Time) -> Option<Time> {
        let span = self.span && other.span;
        let made = |unit, multiple| Some(Time { multiple, ..Time::new(span, unit) });
        if self.unit == Unit::Generic {
            return made(other.unit, other.multiple);
        }
        if other.unit == Unit::Generic {
            return made(self.unit, self.multiple);
        }
        let (coarse, fine) = if self.unit <= other.unit { (self, other) } else { (other, self) };
        if coarse.unit.is_calendar() && !fine.unit.is_calendar() {
            return if coarse.span { None } else { loosely(coarse, fine, span) };
        }
        let scaled = u64::from(coarse.multiple).checked_mul(coarse.unit.in_finer(fine.unit)?)?;
        made(fine.unit, u32::try_from(gcd(scaled, fine.multiple.into())).ok()?)
    }

    /// The strictest level that allows a cast to other steps.
    pub(crate) fn cast_level(self, to: Time) -> Casting {
        if self.span != to.span {
            return Casting::Unsafe;
        }
        if (self.unit, self.multiple) == (to.unit, to.multiple) {
            return Casting::Equiv;
        }
        if self.unit == Unit::Generic {
            return Casting::Safe;
        }
        let apart = self.unit.is_calendar() != to.unit.is_calendar();
        if to.unit == Unit::Generic || self.span && apart {
            return Casting::Unsafe;
        }
        let whole = || {
            let scaled = u64::from(self.multiple).checked_mul(self.unit.in_finer(to.unit)?)?;
            Some(scaled.is_multiple_of(to.multiple.into()))
        };
        let finer = self.unit <= to.unit && (apart || whole().unwrap_or(false));
        if finer { Casting::Safe } else { Casting::SameKind }
    }
}

/// Instants in months and in something finer: the finer, in steps that count whole days where they count days.
fn loosely(_coarse: Time, fine: Time, span: bool) -> Option<Time> {
    Some(Time { multiple: 1, ..Time::new(span, fine.unit) })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A step that is a part of a unit, as whole steps of a finer one.
fn divided(unit: Unit, multiple: u32, divisor: u32) -> Option<(Unit, u32)> {
    let finer: &[(Unit, u32)] = match unit {
        Unit::Year => &[(Unit::Month, 12), (Unit::Week, 52), (Unit::Day, 365)],
        Unit::Month => &[(Unit::Week, 4), (Unit::Day, 30), (Unit::Hour, 720)],
        Unit::Week => &[(Unit::Day, 7), (Unit::Hour, 168), (Unit::Minute, 10080)],
        Unit::Day => &[(Unit::Hour, 24), (Unit::Minute, 1440), (Unit::Second, 86400)],
        Unit::Hour => &[(Unit::Minute, 60), (Unit::Second, 3600)],
        Unit::Minute => &[(Unit::Second, 60), (Unit::Milli, 60000)],
        Unit::Second => &[(Unit::Milli, 1000), (Unit::Micro, 1_000_000)],
        Unit::Milli => &[(Unit::Micro, 1000), (Unit::Nano, 1_000_000)],
        Unit::Micro => &[(Unit::Nano, 1000), (Unit::Pico, 1_000_000)],
        Unit::Nano => &[(Unit::Pico, 1000), (Unit::Femto, 1_000_000)],
        Unit::Pico => &[(Unit::Femto, 1000), (Unit::Atto, 1_000_000)],
        Unit::Femto => &[(Unit::Atto, 1000)],
        Unit::Atto | Unit::Generic => &[],
    };
    let (unit, parts) = finer.iter().find(|(_, parts)| parts.is_multiple_of(divisor))?;
    Some((*unit, multiple.checked_mul(parts / divisor)?))
}
