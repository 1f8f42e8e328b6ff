//! Counts of time between Metes and Python's `datetime`.

use crate::element::weak_scalar;
use metes_array::Scalar;
use metes_dtype::{DType, Moment, NAT, Time, Unit, names_zone, parse_moment};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyString};

type Object<'py> = Bound<'py, PyAny>;

/// Attoseconds of a microsecond.
const MICRO: u128 = 1_000_000_000_000;

/// A count as `date`, `datetime` or `timedelta`; a number where these cannot hold it, `None` for NaT.
pub(crate) fn item<'py>(py: Python<'py>, time: Time, count: i64) -> PyResult<Object<'py>> {
    if count == NAT {
        return Ok(py.None().into_bound(py));
    }
    let number = || Ok(count.into_pyobject(py)?.into_any());
    if time.span {
        return span(py, time, count)?.map_or_else(number, Ok);
    }
    let Some(moment) = time.moment(count).filter(|m| (1..=9999).contains(&m.year) && time.unit <= Unit::Micro) else {
        return number();
    };
    let module = py.import("datetime")?;
    let Moment { year, month, day, attos } = moment;
    if time.unit <= Unit::Day {
        return module.getattr("date")?.call1((year, month, day));
    }
    let micros = (attos / MICRO) as u64;
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let clock = (year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, micros);
    module.getattr("datetime")?.call1(clock)
}

fn span<'py>(py: Python<'py>, time: Time, count: i64) -> PyResult<Option<Object<'py>>> {
    let Some(per_unit) = time.unit.in_finer(Unit::Micro) else { return Ok(None) };
    let micros = i128::from(count) * i128::from(time.multiple) * i128::from(per_unit);
    let day = 86_400_000_000;
    let days = micros.div_euclid(day);
    if !(-999_999_999..=999_999_999).contains(&days) {
        return Ok(None);
    }
    let arguments = (days as i64, 0, micros.rem_euclid(day) as i64);
    py.import("datetime")?.getattr("timedelta")?.call1(arguments).map(Some)
}

/// The dtype of a `datetime`, a `date` or a `timedelta`.
pub(crate) fn dtype(object: &Object<'_>) -> PyResult<Option<DType>> {
    Ok(match class(object)? {
        Some("datetime") => DType::parse("M8[us]"),
        Some("date") => DType::parse("M8[D]"),
        Some("timedelta") => DType::parse("m8[us]"),
        _ => None,
    })
}

fn class(object: &Object<'_>) -> PyResult<Option<&'static str>> {
    let class = object.get_type();
    if class.module()?.to_cow()? != "datetime" {
        return Ok(None);
    }
    let name = class.name()?;
    Ok(["datetime", "date", "timedelta"].into_iter().find(|known| name == *known))
}

/// The count of an object: an integer, `None`, a date in ISO 8601, or one of Python's `datetime`.
pub(crate) fn count(time: Time, object: &Object<'_>) -> PyResult<i64> {
    let too_far = || {
        PyOverflowError::new_err(format!("{object} does not fit {}", DType::from_form(metes_dtype::Form::Time(time))))
    };
    if object.is_none() {
        return Ok(NAT);
    }
    if let Some(Scalar::Int(value)) = weak_scalar(object)? {
        if !time.span && time.unit == Unit::Generic {
            return Err(PyValueError::new_err("Converting an integer to a NumPy datetime requires a specified unit"));
        }
        return i64::try_from(value).map_err(|_| too_far());
    }
    if let Ok(text) = object.cast::<PyString>() {
        return by_text(object.py(), time, &text.to_cow()?);
    }
    let get = |name: &str| object.getattr(name)?.extract::<i64>();
    let kind = class(object)?;
    match (kind, time.span) {
        (Some("timedelta"), true) => {
            let micros = (i128::from(get("days")?) * 86_400 + i128::from(get("seconds")?)) * 1_000_000
                + i128::from(get("microseconds")?);
            let own = Time::new(true, Unit::Micro);
            own.scaled(micros, time).ok_or_else(too_far)
        }
        (Some("date" | "datetime"), false) => {
            if kind == Some("datetime") && !object.getattr("tzinfo")?.is_none() {
                warn_of_zone(object.py())?;
                let utc = object.py().import("datetime")?.getattr("timezone")?.getattr("utc")?;
                let none = [("tzinfo", object.py().None())].into_py_dict(object.py())?;
                let plain = object.call_method1("astimezone", (utc,))?.call_method("replace", (), Some(&none))?;
                return count(time, &plain);
            }
            let mut attos = 0;
            if kind == Some("datetime") {
                let seconds = get("hour")? * 3600 + get("minute")? * 60 + get("second")?;
                attos = (seconds as u128 * 1_000_000 + get("microsecond")? as u128) * MICRO;
            }
            let moment = Moment { year: get("year")?, month: get("month")? as u8, day: get("day")? as u8, attos };
            time.count(moment).ok_or_else(too_far)
        }
        _ => {
            let text =
                format!("Could not convert object of type {} to {}", crate::object::type_name(object), time.family());
            Err(PyTypeError::new_err(text))
        }
    }
}

/// The instant that a word means, and its unit.
fn spoken(py: Python<'_>, text: &str) -> PyResult<Option<(Moment, Unit)>> {
    let Some(unit) = word(text) else { return Ok(None) };
    let class = py.import("datetime")?.getattr("datetime")?;
    let zone = py.import("datetime")?.getattr("timezone")?.getattr("utc")?;
    let now = if unit == Unit::Day { class.call_method0("now")? } else { class.call_method1("now", (zone,))? };
    let get = |name: &str| now.getattr(name)?.extract::<i64>();
    let seconds = if unit == Unit::Day { 0 } else { get("hour")? * 3600 + get("minute")? * 60 + get("second")? };
    let attos = seconds as u128 * 1_000_000 * MICRO;
    Ok(Some((Moment { year: get("year")?, month: get("month")? as u8, day: get("day")? as u8, attos }, unit)))
}

/// The unit of an instant in text.
pub(crate) fn unit_of(text: &str) -> Option<Unit> {
    word(text).or_else(|| parse_moment(text).map(|(_, unit)| unit))
}

/// The unit of an instant that a word means.
fn word(text: &str) -> Option<Unit> {
    match text {
        "today" => Some(Unit::Day),
        "now" => Some(Unit::Second),
        _ => None,
    }
}

/// Warns of a zone, which instants do not keep.
pub(crate) fn warn_of_zone(py: Python<'_>) -> PyResult<()> {
    let text = c"no explicit representation of timezones available for datetime64: the instant is in UTC";
    PyErr::warn(py, &py.get_type::<pyo3::exceptions::PyUserWarning>(), text, 1)
}

fn by_text(py: Python<'_>, time: Time, text: &str) -> PyResult<i64> {
    let wrong = || PyValueError::new_err(format!("Error parsing {} string \"{text}\"", time.family()));
    let none = text.is_empty() || text.eq_ignore_ascii_case("nat");
    if time.unit == Unit::Generic && !time.span && !none {
        return Err(PyValueError::new_err("a date needs a dtype with a unit, as datetime64[s]"));
    }
    if !time.span
        && let Some((moment, _)) = spoken(py, text)?
    {
        return time.count(moment).ok_or_else(wrong);
    }
    let count = time.parse(text).ok_or_else(wrong)?;
    if !time.span && names_zone(text) {
        warn_of_zone(py)?;
    }
    Ok(count)
}
