//! Days of business, and ranges of dates and spans.

use crate::build::value_error;
use metes_array::{Array, Order, Scalar, broadcast_shapes};
use metes_dtype::{Casting, DType, Form, Kind, Moment, NAT, Time, Unit};
use metes_memory::{Error, ErrorKind, Result};

/// The dtype of days.
pub fn day() -> DType {
    DType::from_form(Form::Time(Time::new(false, Unit::Day)))
}

/// Which days are worked on.
#[derive(Clone, Debug)]
pub struct Calendar {
    week: [bool; 7],
    per_week: i64,
    holidays: Vec<i64>,
}

/// What becomes of a date that is no day of business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    /// It is an error.
    Raise,
    /// It becomes NaT.
    NaT,
    /// The next one.
    Forward,
    /// The one before.
    Backward,
    /// The next one, or the one before where that is in another month.
    ModifiedForward,
    /// The one before, or the next one where that is in another month.
    ModifiedBackward,
}

impl Roll {
    /// By NumPy's name.
    pub fn parse(name: &str) -> Option<Roll> {
        Some(match name {
            "raise" => Roll::Raise,
            "nat" => Roll::NaT,
            "forward" | "following" => Roll::Forward,
            "backward" | "preceding" => Roll::Backward,
            "modifiedfollowing" => Roll::ModifiedForward,
            "modifiedpreceding" => Roll::ModifiedBackward,
            _ => return None,
        })
    }
}

fn weekday(day: i64) -> usize {
    (day - 4).rem_euclid(7) as usize
}

fn month(day: i64) -> Option<(i64, u8)> {
    Time::new(false, Unit::Day).moment(day).map(|Moment { year, month, .. }| (year, month))
}

impl Calendar {
    /// A calendar of the days of the week, Monday first, without holidays.
    ///
    /// # Errors
    /// A week without work.
    pub fn new(week: [bool; 7], holidays: &Array) -> Result<Calendar> {
        let per_week = week.iter().filter(|&&works| works).count() as i64;
        if per_week == 0 {
            return Err(value_error("Cannot construct a busdaycal with a weekmask of all zeros"));
        }
        let mut days = counts(holidays)?.to_vec();
        days.retain(|&day| day != NAT && week[weekday(day)]);
        days.sort_unstable();
        days.dedup();
        Ok(Calendar { week, per_week, holidays: days })
    }

    /// The holidays that are no weekends, in order.
    pub fn holidays(&self) -> &[i64] {
        &self.holidays
    }

    fn works(&self, day: i64) -> bool {
        day != NAT && self.week[weekday(day)] && self.holidays.binary_search(&day).is_err()
    }

    /// Holidays before a day.
    fn before(&self, day: i64) -> i64 {
        self.holidays.partition_point(|&holiday| holiday < day) as i64
    }

    fn next(&self, mut day: i64, step: i64) -> i64 {
        while !self.works(day) {
            day += step;
        }
        day
    }

    fn rolled(&self, day: i64, roll: Roll) -> Result<i64> {
        if day == NAT {
            return if roll == Roll::Raise { Err(value_error("NaT input in busday_offset")) } else { Ok(NAT) };
        }
        if self.works(day) {
            return Ok(day);
        }
        let modified = |first: i64, other: i64| if month(first) == month(day) { first } else { other };
        Ok(match roll {
            Roll::Raise => return Err(value_error("Non-business day date in busday_offset")),
            Roll::NaT => NAT,
            Roll::Forward => self.next(day, 1),
            Roll::Backward => self.next(day, -1),
            Roll::ModifiedForward => modified(self.next(day, 1), self.next(day, -1)),
            Roll::ModifiedBackward => modified(self.next(day, -1), self.next(day, 1)),
        })
    }

    fn offset(&self, day: i64, by: i64, roll: Roll) -> Result<i64> {
        let mut day = self.rolled(day, roll)?;
        if day == NAT || by == 0 {
            return Ok(day);
        }
        if by == NAT {
            return Ok(NAT);
        }
        // Whole weeks at once, and for each holiday on the way one day more.
        let (step, mut left) = (by.signum(), by.abs());
        let too_far = || Error::new(ErrorKind::Overflow, format!("busday_offset: {by} days are too far"));
        let leap = (left / self.per_week).checked_mul(7 * step).ok_or_else(too_far)?;
        let to = day.checked_add(leap).ok_or_else(too_far)?;
        left %= self.per_week;
        left += if step > 0 { self.before(to + 1) - self.before(day) } else { self.before(day + 1) - self.before(to) };
        day = to;
        while left > 0 {
            day += step;
            left -= i64::from(self.works(day));
        }
        Ok(day)
    }

    fn count(&self, mut begin: i64, mut end: i64) -> Result<i64> {
        if begin == NAT || end == NAT {
            return Err(value_error("Cannot compute a business day count with a NaT (not-a-time) date"));
        }
        let back = begin > end;
        if back {
            (begin, end) = (end + 1, begin + 1);
        }
        let weeks = (end - begin) / 7;
        let rest = (begin + 7 * weeks..end).filter(|&day| self.week[weekday(day)]).count() as i64;
        let count = weeks * self.per_week + rest - (self.before(end) - self.before(begin));
        Ok(if back { -count } else { count })
    }
}

/// The counts of dates in days.
fn counts(dates: &Array) -> Result<Vec<i64>> {
    let days = metes_eval::astype(dates, day(), Order::C, Casting::Unsafe, false)?;
    Ok(days.view(Kind::I64.into())?.read::<i64>()?.to_vec())
}

/// Runs `work` over the counts of an array, or of two that broadcast together.
fn mapped(a: &Array, b: Option<&Array>, dtype: DType, mut work: impl FnMut(i64, i64) -> Result<i64>) -> Result<Array> {
    let b = b.unwrap_or(a);
    let shape = broadcast_shapes(&[a.shape(), b.shape()])?;
    let plain = |array: &Array| -> Result<Array> {
        let native =
            metes_eval::astype(&array.broadcast_to(&shape)?, array.dtype().native(), Order::C, Casting::Equiv, false)?;
        native.view(Kind::I64.into())
    };
    let (a, b) = (plain(a)?, plain(b)?);
    let out = Array::empty(&shape, Kind::I64.into(), "busday")?;
    {
        let (a, b, mut held) = (a.read::<i64>()?, b.read::<i64>()?, out.write::<i64>()?);
        let (a, b) = (a.as_slice().unwrap_or_default(), b.as_slice().unwrap_or_default());
        for ((place, &a), &b) in held.as_mut_slice().unwrap_or_default().iter_mut().zip(a).zip(b) {
            *place = work(a, b)?;
        }
    }
    if dtype == Kind::Bool {
        metes_eval::astype(&out, dtype, Order::C, Casting::Unsafe, false)
    } else {
        out.view(dtype)
    }
}

fn in_days(dates: &Array) -> Result<Array> {
    metes_eval::astype(dates, day(), Order::C, Casting::SameKind, false)
}

/// Which dates are days of business.
///
/// # Errors
/// What is no date, refused memory.
pub fn is_busday(dates: &Array, calendar: &Calendar) -> Result<Array> {
    mapped(&in_days(dates)?, None, Kind::Bool.into(), |day, _| Ok(calendar.works(day).into()))
}

/// Dates so many days of business later, first rolled to one.
///
/// # Errors
/// Dates that `roll` refuses, what is no date, shapes that do not broadcast, refused memory.
pub fn busday_offset(dates: &Array, by: &Array, roll: Roll, calendar: &Calendar) -> Result<Array> {
    let by = metes_eval::astype(by, Kind::I64.into(), Order::C, Casting::SameKind, false)?;
    mapped(&in_days(dates)?, Some(&by), day(), |day, by| calendar.offset(day, by, roll))
}

/// How many days of business there are from the first dates on to before the second ones.
///
/// # Errors
/// NaT, what is no date, shapes that do not broadcast, refused memory.
pub fn busday_count(begin: &Array, end: &Array, calendar: &Calendar) -> Result<Array> {
    mapped(&in_days(begin)?, Some(&in_days(end)?), Kind::I64.into(), |begin, end| calendar.count(begin, end))
}

/// Dates or spans in even steps; bounds are arrays of one element, whole numbers among them counts of the steps' unit.
///
/// ```
/// use metes::{array::{Array, Scalar}, dates::arange, dtype::DType};
/// let (start, stop) = (Array::full(&[], Scalar::Int(0), DType::parse("M8[D]").unwrap())?, Array::from_slice(&[], &[3])?);
/// assert_eq!(arange(Some(&start), &stop, None, None)?.shape(), [3]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Instants without a start, NaT, a step of 0, bounds that are neither time nor whole numbers, refused memory.
pub fn arange(start: Option<&Array>, stop: &Array, step: Option<&Array>, dtype: Option<DType>) -> Result<Array> {
    let wrong = |what: &str| Error::new(ErrorKind::Type, format!("arange: {what}"));
    let wanted = dtype.map(|dtype| dtype.time().ok_or_else(|| wrong("time makes no numbers"))).transpose()?;
    let given = [start, Some(stop), step];
    let times: Vec<Time> = given.into_iter().flatten().filter_map(|array| array.dtype().time()).collect();
    let ends = [start, Some(stop)].into_iter().flatten();
    let instant = wanted.is_some_and(|time| !time.span) || ends.filter_map(|a| a.dtype().time()).any(|time| !time.span);
    let steps = match wanted.filter(|time| time.unit != Unit::Generic) {
        Some(time) => time,
        None => {
            let mut all = times.into_iter();
            let first = all.next().or(wanted).ok_or_else(|| wrong("no time"))?;
            all.try_fold(first, Time::meet).ok_or_else(|| wrong("the units have no common one"))?
        }
    };
    let as_count = |array: &Array| -> Result<i64> {
        let whole = match array.dtype().time() {
            Some(own) => {
                let to = DType::from_form(Form::Time(Time { span: own.span, swapped: false, ..steps }));
                metes_eval::astype(array, to, Order::C, Casting::Unsafe, false)?.view(Kind::I64.into())?
            }
            None if array.dtype().is_integer() || array.dtype() == Kind::Bool => {
                metes_eval::astype(array, Kind::I64.into(), Order::C, Casting::Unsafe, false)?
            }
            None => return Err(wrong("a bound is neither time nor a whole number")),
        };
        match whole.item(&vec![0; whole.ndim()])? {
            Scalar::Int(value) if value != i128::from(NAT) => Ok(value as i64),
            _ => Err(value_error("arange: cannot use NaT (not-a-time) datetime values")),
        }
    };
    let begin = match start {
        Some(start) => as_count(start)?,
        None if instant => {
            return Err(value_error("arange requires both a start and a stop for NumPy datetime64 ranges"));
        }
        None => 0,
    };
    let relative = instant && stop.dtype().time().is_none_or(|time| time.span);
    let end = i128::from(as_count(stop)?) + if relative { i128::from(begin) } else { 0 };
    let by = step.map_or(Ok(1), as_count)?;
    let [begin, end, by] = [begin.into(), end, by.into()].map(Scalar::Int);
    let made = Array::arange(begin, end, by, Some(Kind::I64.into()))?;
    made.view(DType::from_form(Form::Time(Time { span: !instant, swapped: false, ..steps })))
}
