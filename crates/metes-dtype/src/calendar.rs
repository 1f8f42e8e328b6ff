//! Counts of time as dates and clocks: the proleptic Gregorian calendar without leap seconds, as NumPy has it.

use crate::{Time, Unit};

/// What says "no time": the lowest count.
pub const NAT: i64 = i64::MIN;

/// An instant taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The year, 0 being the one before 1.
    pub year: i64,
    /// The month, from 1 on.
    pub month: u8,
    /// The day of the month, from 1 on.
    pub day: u8,
    /// Attoseconds since midnight.
    pub attos: u128,
}

impl Moment {
    /// The coarsest unit that loses nothing of it: days, minutes, seconds, and thousandths of these.
    pub fn coarsest(self) -> Unit {
        const FINER: [Unit; 8] =
            [Unit::Minute, Unit::Second, Unit::Milli, Unit::Micro, Unit::Nano, Unit::Pico, Unit::Femto, Unit::Atto];
        if self.attos == 0 {
            return Unit::Day;
        }
        FINER.into_iter().find(|&unit| self.attos.is_multiple_of(attos(unit))).unwrap_or(Unit::Atto)
    }
}

/// Attoseconds of a unit of fixed length up to a day.
pub(crate) const fn attos(unit: Unit) -> u128 {
    match unit {
        Unit::Hour => 3_600_000_000_000_000_000_000,
        Unit::Minute => 60_000_000_000_000_000_000,
        Unit::Second => 1_000_000_000_000_000_000,
        Unit::Milli => 1_000_000_000_000_000,
        Unit::Micro => 1_000_000_000_000,
        Unit::Nano => 1_000_000_000,
        Unit::Pico => 1_000_000,
        Unit::Femto => 1000,
        Unit::Atto | Unit::Generic => 1,
        Unit::Year | Unit::Month | Unit::Week | Unit::Day => DAY,
    }
}

const DAY: u128 = 86_400_000_000_000_000_000_000;

/// A month or a year in shorter units, as a fraction: 400 years have 146,097 days.
fn mean_length(unit: Unit, shorter: Unit) -> Option<(u128, u128)> {
    let years = if unit == Unit::Month { 4800 } else { 400 };
    match shorter {
        Unit::Week => Some((146_097, 7 * years)),
        shorter => Some((146_097 * u128::from(Unit::Day.in_finer(shorter)?), years)),
    }
}

/// The date of a number of days since 1970: whole cycles of 400 years, and a year that begins in March.
/// After H. Hinnant, "chrono-compatible low-level date algorithms".
fn date(days: i128) -> (i64, u8, u8) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + i128::from(month <= 2);
    (year as i64, month as u8, day as u8)
}

/// Days since 1970 of a date.
pub(crate) fn days(year: i128, month: u8, day: u8) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = (i128::from(month) + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + i128::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Time {
    /// The instant of a count; `None` for NaT, and without a unit.
    pub fn moment(self, count: i64) -> Option<Moment> {
        if count == NAT || self.unit == Unit::Generic {
            return None;
        }
        let steps = i128::from(count) * i128::from(self.multiple);
        Some(match self.unit {
            Unit::Year => Moment { year: (1970 + steps) as i64, month: 1, day: 1, attos: 0 },
            Unit::Month => {
                let year = 1970 + steps.div_euclid(12);
                Moment { year: year as i64, month: steps.rem_euclid(12) as u8 + 1, day: 1, attos: 0 }
            }
            unit => {
                let per_day = match unit {
                    Unit::Week | Unit::Day => 1,
                    unit => (DAY / attos(unit)) as i128,
                };
                let weeks = if unit == Unit::Week { 7 } else { 1 };
                let (year, month, day) = date((steps * weeks).div_euclid(per_day));
                let attos = if per_day == 1 { 0 } else { steps.rem_euclid(per_day) as u128 * attos(unit) };
                Moment { year, month, day, attos }
            }
        })
    }

    /// The count of an instant, rounded down to whole steps; `None` where it does not fit.
    pub fn count(self, moment: Moment) -> Option<i64> {
        let year = i128::from(moment.year);
        let steps = match self.unit {
            Unit::Year => year - 1970,
            Unit::Month => (year - 1970) * 12 + i128::from(moment.month) - 1,
            unit => {
                let days = days(year, moment.month, moment.day);
                match unit {
                    Unit::Week => days.div_euclid(7),
                    Unit::Day => days,
                    Unit::Generic => return None,
                    unit => {
                        let of_day = moment.attos / attos(unit);
                        days.checked_mul((DAY / attos(unit)) as i128)?.checked_add(of_day as i128)?
                    }
                }
            }
        };
        i64::try_from(steps.div_euclid(self.multiple.into())).ok().filter(|&count| count != NAT)
    }

    /// A number of these spans in other steps, rounded down, months and years by their mean length; `None` where it does not
    /// fit.
    pub fn scaled(self, count: i128, to: Time) -> Option<i64> {
        if self.unit == Unit::Generic || to.unit == Unit::Generic {
            return i64::try_from(count).ok();
        }
        let (num, den) = match (self.unit.in_finer(to.unit), to.unit.in_finer(self.unit)) {
            (Some(finer), _) => (u128::from(finer), 1),
            (None, Some(coarser)) => (1, u128::from(coarser)),
            (None, None) if self.unit.is_calendar() => mean_length(self.unit, to.unit)?,
            (None, None) => mean_length(to.unit, self.unit).map(|(num, den)| (den, num))?,
        };
        let num = i128::try_from(num.checked_mul(self.multiple.into())?).ok()?;
        let den = i128::try_from(den.checked_mul(to.multiple.into())?).ok()?;
        i64::try_from(count.checked_mul(num)?.div_euclid(den)).ok().filter(|&count| count != NAT)
    }

    /// A count in other steps of the same family; NaT stays NaT, and what does not fit is `None`.
    pub fn converted(self, count: i64, to: Time) -> Option<i64> {
        if count == NAT {
            return Some(NAT);
        }
        let generic = self.unit == Unit::Generic || to.unit == Unit::Generic;
        if self.span || generic { self.scaled(count.into(), to) } else { to.count(self.moment(count)?) }
    }

    /// Whether counts can be told in other steps at all.
    pub fn converts(self, to: Time) -> bool {
        self.span == to.span && (!self.span || self.scaled(0, to).is_some())
    }

    /// A count as text: ISO 8601 as far as the unit reaches for instants, a number for spans, `"NaT"` for none.
    pub fn text(self, count: i64) -> String {
        if count == NAT {
            return "NaT".to_owned();
        }
        let Some(moment) = self.moment(count).filter(|_| !self.span) else { return count.to_string() };
        let Moment { year, month, day, attos: of_day } = moment;
        let mut text = if year < 0 { format!("-{:03}", -year) } else { format!("{year:04}") };
        if self.unit == Unit::Year {
            return text;
        }
        text += &format!("-{month:02}");
        if self.unit == Unit::Month {
            return text;
        }
        text += &format!("-{day:02}");
        let clock = |unit: Unit, most: u128| of_day / attos(unit) % most;
        if self.unit >= Unit::Hour {
            text += &format!("T{:02}", clock(Unit::Hour, 24));
        }
        if self.unit >= Unit::Minute {
            text += &format!(":{:02}", clock(Unit::Minute, 60));
        }
        if self.unit >= Unit::Second {
            text += &format!(":{:02}", clock(Unit::Second, 60));
        }
        if self.unit >= Unit::Milli {
            let digits = 3 * (self.unit as usize - Unit::Second as usize);
            let fraction = format!("{:018}", of_day % attos(Unit::Second));
            text += &format!(".{}", &fraction[..digits]);
        }
        text
    }

    /// The count that a text spells: an instant in ISO 8601, the number of a span; NaT for an empty text and `"NaT"`. `None` for
    /// all else, and for an instant without a unit.
    pub fn parse(self, text: &str) -> Option<i64> {
        if text.is_empty() || text.eq_ignore_ascii_case("nat") {
            return Some(NAT);
        }
        if self.span { text.trim().parse().ok() } else { self.count(parse_moment(text)?.0) }
    }

    /// Characters that any count fits as text, as NumPy counts them: with the year of the longest count and a zone.
    pub fn text_width(self) -> usize {
        match self.unit {
            _ if self.span => 21,
            Unit::Year => 22,
            Unit::Month => 25,
            Unit::Week | Unit::Day => 28,
            Unit::Hour => 32,
            Unit::Minute => 35,
            Unit::Second => 38,
            Unit::Milli => 42,
            Unit::Generic => 4,
            finer => 42 + 3 * (finer as usize - Unit::Milli as usize),
        }
    }

    /// A span in words: `"50 microseconds"`.
    pub fn words(self, count: i64) -> String {
        const NAMES: [&str; 14] = [
            "years",
            "months",
            "weeks",
            "days",
            "hours",
            "minutes",
            "seconds",
            "milliseconds",
            "microseconds",
            "nanoseconds",
            "picoseconds",
            "femtoseconds",
            "attoseconds",
            "generic time units",
        ];
        match count {
            NAT => "NaT".to_owned(),
            count => format!("{} {}", i128::from(count) * i128::from(self.multiple), NAMES[self.unit as usize]),
        }
    }
}

/// Reads an instant in ISO 8601, `"2020-02-29T12:30:00.125"`, as short as a year; the unit is as fine as the text. A zone, `"Z"`
/// or `"+01:30"`, is left behind: the instant is in UTC. `None` for what is no date.
pub fn parse_moment(text: &str) -> Option<(Moment, Unit)> {
    let text = text.trim();
    let (sign, bare) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (date, clock) = match bare.split_once(['T', ' ']) {
        Some((date, clock)) => (date, Some(clock)),
        None => (bare, None),
    };
    let mut parts = date.split('-');
    let mut moment = Moment { year: sign * number(parts.next()?, 1, 18)?, month: 1, day: 1, attos: 0 };
    let mut unit = Unit::Year;
    if let Some(month) = parts.next() {
        moment.month = number(month, 2, 2).filter(|m| (1..=12).contains(m))? as u8;
        unit = Unit::Month;
        if let Some(day) = parts.next() {
            moment.day = number(day, 2, 2).filter(|&d| d >= 1 && d <= length(moment.year, moment.month))? as u8;
            unit = Unit::Day;
        }
    }
    if parts.next().is_some() || clock.is_some() && unit != Unit::Day {
        return None;
    }
    let Some(clock) = clock else { return Some((moment, unit)) };
    let (clock, east) = zone(clock)?;
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let fields: Vec<&str> = whole.split(':').collect();
    let units = [(Unit::Hour, 24), (Unit::Minute, 60), (Unit::Second, 60)];
    if fields.is_empty() || fields.len() > 3 || fraction.is_some() && fields.len() != 3 {
        return None;
    }
    for (field, (own, most)) in fields.iter().zip(units) {
        moment.attos += number(field, 2, 2).filter(|&n| n < most)? as u128 * attos(own);
        unit = own;
    }
    if let Some(fraction) = fraction {
        let digits = fraction.len();
        if digits == 0 || digits > 18 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        moment.attos += format!("{fraction:0<18}").parse::<u128>().ok()?;
        unit = Unit::ALL[Unit::Second as usize + digits.div_ceil(3)].0;
    }
    Some((if east == 0 { moment } else { earlier(moment, east)? }, unit))
}

/// A time of day without its zone, and by how many minutes that is ahead of UTC.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0)) };
    let (clock, offset) = clock.split_at(at);
    let (hours, minutes) = match offset[1..].split_once(':') {
        Some(parts) => parts,
        None if offset.len() == 3 => (&offset[1..], "00"),
        None => (offset.get(1..3)?, offset.get(3..)?),
    };
    let minutes = number(hours, 2, 2).filter(|&h| h < 24)? * 60 + number(minutes, 2, 2).filter(|&m| m < 60)?;
    Some((clock, if offset.starts_with('-') { -minutes } else { minutes }))
}

/// An instant so many minutes earlier.
fn earlier(moment: Moment, minutes: i64) -> Option<Moment> {
    let minute = attos(Unit::Minute) as i128;
    let of_day = moment.attos as i128 - i128::from(minutes) * minute;
    let whole = days(moment.year.into(), moment.month, moment.day).checked_add(of_day.div_euclid(DAY as i128))?;
    let (year, month, day) = date(whole);
    Some(Moment { year, month, day, attos: of_day.rem_euclid(DAY as i128) as u128 })
}

/// Whether a text that is an instant names its zone.
pub fn names_zone(text: &str) -> bool {
    text.split_once(['T', ' ']).is_some_and(|(_, clock)| clock.contains(['Z', '+', '-']))
}

fn number(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// The days of a month.
fn length(year: i64, month: u8) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}
