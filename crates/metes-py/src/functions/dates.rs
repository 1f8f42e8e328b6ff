//! Ranges of time, and days of business.

use super::Made;
use crate::convert::{existing, to_array};
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method};
use crate::object::from_array;
use crate::objects::text_dtype;
use metes::dates::{Calendar, Roll, busday_count, busday_offset, day, is_busday};
use metes_array::Array;
use metes_dtype::{DType, Form, Time, Unit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!("isnat", isnat, ["x"], "Which elements are no time (NaT)."),
        method!("_holidays", holidays, ["week", "holidays"], "Holidays in order, without weekends."),
        method!("_is_busday", working, ["dates", "week", "holidays"], "Which dates are days of business."),
        method!(
            "_busday_offset",
            offset,
            ["dates", "offsets", "roll", "week", "holidays"],
            "Dates so many days of business later."
        ),
        method!(
            "_busday_count",
            count,
            ["begindates", "enddates", "week", "holidays"],
            "Days of business from dates to others."
        ),
    ]
}

fn isnat<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    if array.dtype().time().is_none() {
        return Err(PyTypeError::new_err("ufunc 'isnat' is only defined for np.datetime64 and np.timedelta64."));
    }
    let row = crate::eval::ufunc("isnan")?;
    let found = crate::eval::apply(args.py(), row, &[crate::eval::Operand::Array(array)])?;
    Ok(from_array(args.py(), found, None))
}

/// A range of time, where a bound or the dtype says that it is one.
pub(crate) fn arange<'py>(args: &Args<'_, 'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let dtype = parse_dtype_or_none(args.some(3))?;
    let mut timed = dtype.is_some_and(|dtype| dtype.time().is_some());
    for at in 0..3 {
        let Some(object) = args.some(at) else { continue };
        timed |= match existing(object)? {
            Some((array, _)) => array.dtype().time().is_some(),
            None => text_dtype(object)?.is_some_and(|dtype| dtype.time().is_some()),
        };
    }
    if !timed {
        return Ok(None);
    }
    let bound = |object: &Bound<'py, PyAny>| -> PyResult<Array> {
        let text = text_dtype(object)?.is_some_and(|dtype| dtype.time().is_none());
        let open = DType::from_form(Form::Time(Time::new(false, Unit::Generic)));
        to_array(object, text.then_some(dtype.unwrap_or(open)))
    };
    let bounds: [Option<Array>; 3] =
        [Some(bound(args.required(0)?)?), args.some(1).map(bound).transpose()?, args.some(2).map(bound).transpose()?];
    let (start, stop) = match &bounds {
        [only, None, _] => (None, only.as_ref()),
        [start, stop, _] => (start.as_ref(), stop.as_ref()),
    };
    let Some(stop) = stop else { return Ok(None) };
    let made = metes::dates::arange(start, stop, bounds[2].as_ref(), dtype).or_raise()?;
    Ok(Some(from_array(args.py(), made, None)))
}

/// The dates that an object is; text is read as days.
fn dates(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    if let Some((array, _)) = existing(object)?
        && array.dtype().time().is_some()
    {
        return Ok(array);
    }
    to_array(object, Some(day()))
}

fn calendar(args: &Args<'_, '_>, at: usize) -> PyResult<Calendar> {
    let week: Vec<bool> = args.required(at)?.extract()?;
    let week =
        <[bool; 7]>::try_from(week).map_err(|_| PyValueError::new_err("a business day weekmask has seven days"))?;
    Calendar::new(week, &dates(args.required(at + 1)?)?).or_raise()
}

fn holidays<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let calendar = calendar(args, 0)?;
    let days = Array::from_slice(&[calendar.holidays().len()], calendar.holidays()).or_raise()?;
    Ok(from_array(args.py(), days.view(day()).or_raise()?, None))
}

fn working<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let made = is_busday(&dates(args.required(0)?)?, &calendar(args, 1)?).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn offset<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let roll: String = args.required(2)?.extract()?;
    let roll = Roll::parse(&roll)
        .ok_or_else(|| PyValueError::new_err(format!("Invalid business day roll parameter \"{roll}\"")))?;
    let by = to_array(args.required(1)?, None)?;
    let made = busday_offset(&dates(args.required(0)?)?, &by, roll, &calendar(args, 3)?).or_raise()?;
    Ok(from_array(args.py(), made, None))
}

fn count<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let (begin, end) = (dates(args.required(0)?)?, dates(args.required(1)?)?);
    let made = busday_count(&begin, &end, &calendar(args, 2)?).or_raise()?;
    Ok(from_array(args.py(), made, None))
}
