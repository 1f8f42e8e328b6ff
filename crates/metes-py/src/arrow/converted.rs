//! What Arrow keeps otherwise: text as UTF-8 with offsets, days in 32 bits.

use crate::element::new_filled;
use crate::errors::OrRaise;
use metes_array::{Array, Order, Scalar};
use metes_dtype::{Casting, DType, Form, Kind, NAT};
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// Characters of each element; `None` where elements are no text.
pub(super) fn characters(dtype: DType) -> Option<usize> {
    match dtype.form() {
        Form::Text { chars, .. } if chars > 0 => Some(chars as usize),
        _ => None,
    }
}

/// Whether offsets into the bytes of text might need 64 bits.
pub(super) fn is_large(array: &Array, chars: usize) -> bool {
    array.size().saturating_mul(4 * chars) > i32::MAX as usize
}

fn wrong(text: String) -> PyErr {
    PyValueError::new_err(text)
}

/// Text of fixed width from offsets and UTF-8.
pub(super) fn from_utf8(offsets: &Array, data: &Array) -> PyResult<Array> {
    let wide = metes_eval::astype(offsets, DType::of(Kind::I64), Order::C, Casting::Safe, false).or_raise()?;
    let (ends, bytes) = (wide.read::<i64>().or_raise()?, data.read::<u8>().or_raise()?);
    let (ends, bytes) = (ends.as_slice().unwrap_or(&[]), bytes.as_slice().unwrap_or(&[]));
    let texts = || ends.windows(2).enumerate().map(|(row, pair)| piece(bytes, pair[0], pair[1], row));
    let width = texts().try_fold(1, |most, text| Ok::<_, PyErr>(most.max(text?.chars().count())))?;
    let rows = ends.len().saturating_sub(1);
    let points = new_filled::<u32>(&[rows, width], DType::of(Kind::U32), "from_arrow", |places| {
        for (row, text) in places.chunks_exact_mut(width).zip(texts()) {
            let mut points = text?.chars();
            row.iter_mut().for_each(|place| _ = place.write(points.next().map_or(0, u32::from)));
        }
        Ok(())
    })?;
    let dtype =
        DType::text(width).ok_or_else(|| wrong(format!("from_arrow: text of {width} characters is too wide")))?;
    if rows == 0 {
        return Array::zeros(&[0], dtype).or_raise();
    }
    points.view(dtype).and_then(|seen| seen.reshape(&[rows as isize], Order::C, None)).or_raise()
}

fn piece(bytes: &[u8], start: i64, end: i64, row: usize) -> PyResult<&str> {
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let own = range.and_then(|(start, end)| bytes.get(start..end));
    let own = own.ok_or_else(|| wrong(format!("from_arrow: row {row} has the offsets {start} and {end}")))?;
    std::str::from_utf8(own).map_err(|error| wrong(format!("from_arrow: row {row} is no UTF-8: {error}")))
}

/// The offsets and the UTF-8 of text.
pub(super) fn to_utf8(array: &Array, chars: usize) -> PyResult<(Array, Array)> {
    let native = metes_eval::astype(array, array.dtype().native(), Order::C, Casting::Equiv, false).or_raise()?;
    let line = if native.is_c_contiguous() { native } else { native.copy(Order::C).or_raise()? };
    let points = line.view(DType::of(Kind::U32)).or_raise()?;
    let points = points.read::<u32>().or_raise()?;
    let points = points.as_slice().unwrap_or(&[]);
    let mut total = 0;
    for (row, own) in points.chunks_exact(chars).enumerate() {
        for &point in written(own) {
            let c = char::from_u32(point);
            total += c.ok_or_else(|| wrong(format!("row {row} has {point:#x}, which is no character")))?.len_utf8();
        }
    }
    let data = new_filled::<u8>(&[total], DType::of(Kind::U8), "arrow", |places| {
        let mut places = places.iter_mut();
        for c in points.chunks_exact(chars).flat_map(written).filter_map(|&point| char::from_u32(point)) {
            let mut room = [0; 4];
            for byte in c.encode_utf8(&mut room).bytes() {
                if let Some(place) = places.next() {
                    place.write(byte);
                }
            }
        }
        Ok(())
    })?;
    let lengths = points
        .chunks_exact(chars)
        .map(|own| written(own).iter().filter_map(|&point| char::from_u32(point)).map(char::len_utf8).sum::<usize>());
    let ends = std::iter::once(0).chain(lengths.scan(0, |end, length| {
        *end += length;
        Some(*end)
    }));
    let offsets = if is_large(array, chars) {
        new_filled::<i64>(&[array.size() + 1], DType::of(Kind::I64), "arrow", |places| {
            places.iter_mut().zip(ends).for_each(|(place, end)| _ = place.write(end as i64));
            Ok(())
        })?
    } else {
        new_filled::<i32>(&[array.size() + 1], DType::of(Kind::I32), "arrow", |places| {
            places.iter_mut().zip(ends).for_each(|(place, end)| _ = place.write(end as i32));
            Ok(())
        })?
    };
    Ok((offsets, data))
}

/// The code points without the zeros at the end.
fn written(own: &[u32]) -> &[u32] {
    &own[..own.iter().rposition(|point| *point != 0).map_or(0, |last| last + 1)]
}

/// Counts of days in 32 bits; 0 for NaT, which is told apart.
pub(super) fn to_days(array: &Array) -> PyResult<Array> {
    let counts = array.view(DType::of(Kind::I64)).and_then(|seen| seen.copy(Order::C)).or_raise()?;
    let counts = counts.read::<i64>().or_raise()?;
    let counts = counts.as_slice().unwrap_or(&[]);
    new_filled::<i32>(&[counts.len()], DType::of(Kind::I32), "arrow", |places| {
        for (place, &count) in places.iter_mut().zip(counts) {
            let day = if count == NAT { Ok(0) } else { i32::try_from(count) };
            let text = || format!("Arrow's date32 does not hold the day {count}");
            place.write(day.map_err(|_| PyOverflowError::new_err(text()))?);
        }
        Ok(())
    })
}

/// Instants from counts of days in 32 bits; NaT where nothing is there.
pub(super) fn from_days(days: &Array, there: Option<&Array>, dtype: DType) -> PyResult<Array> {
    let wide = DType::of(Kind::I64);
    let counts = match there {
        None => metes_eval::astype(days, wide, Order::C, Casting::Safe, true).or_raise()?,
        Some(there) => {
            let counts = Array::full(&[days.size()], Scalar::Int(NAT.into()), wide).or_raise()?;
            let values = metes_eval::Operand::Array(days.clone());
            metes_eval::assign(&counts, &values, Casting::Safe, Some(there)).or_raise()?;
            counts
        }
    };
    counts.view(dtype).or_raise()
}
