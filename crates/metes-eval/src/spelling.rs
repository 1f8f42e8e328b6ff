//! Casts between text and what it spells: numbers, instants and spans, read and written as NumPy does.

use crate::exec;
use crate::walk::{Run, Walk};
use metes_array::{Array, Scalar};
use metes_dtype::{Category, DType, Form, Time, Unit, parse_moment};
use metes_memory::{Error, ErrorKind, Result};

/// Writes numbers or times as text.
///
/// # Errors
/// An instant that is longer than the text may be.
pub(crate) fn spell(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let (from, to) = (src.dtype(), dst.dtype());
    let room = to.size() / unit(to);
    let (mut text, mut fits) = (String::new(), true);
    let mut pass = |write: bool| {
        each(dst, src, mask, 1, |into, at| {
            text.clear();
            // SAFETY: an element of the source, and one of the target.
            unsafe {
                said(from, at, &mut text);
                fits &= from.kind_char() != 'M' || text.len() <= room;
                if write {
                    put(to, into, &text);
                }
            }
            Ok(())
        })
    };
    let whole = from.kind_char() == 'M';
    if whole {
        pass(false)?;
    }
    pass(true)?;
    if fits { Ok(()) } else { Err(Error::new(ErrorKind::Value, format!("an instant of {from} is longer than {to}"))) }
}

/// Reads numbers or times from text; nothing is written unless all can be.
///
/// # Errors
/// [`ErrorKind::Value`] for text that spells none, [`ErrorKind::Overflow`] for numbers beyond the dtype.
pub(crate) fn read(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let (from, to) = (src.dtype(), dst.dtype());
    let mut text = String::new();
    for write in [false, true] {
        each(dst, src, mask, 1, |into, at| {
            text.clear();
            // SAFETY: an element of the source.
            unsafe { characters(from, at, &mut text) };
            let value = value(&text, to)?;
            value.check(to)?;
            if write {
                // SAFETY: an element of the target.
                unsafe { value.write(to, into) };
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Instants in ISO 8601 in a unit, or each in the coarsest that loses nothing, from minutes and days on; `zulu` marks times of
/// day as universal.
///
/// # Errors
/// What are no instants, refused memory.
pub fn dates_as_text(array: &Array, unit: Option<Time>, zulu: bool) -> Result<Array> {
    let from = array.dtype();
    let Some(time) = from.time().filter(|time| !time.span) else {
        return Err(Error::new(ErrorKind::Type, "input must have type NumPy datetime"));
    };
    let width = unit.map_or(62, Time::text_width);
    let dtype = DType::text(width).unwrap_or(from);
    let out = Array::zeros(array.shape(), dtype)?;
    each(&out, array, None, 1, |into, at| {
        // SAFETY: an element of the source.
        let count = unsafe { at.cast::<i64>().read_unaligned() };
        let count = if time.swapped { count.swap_bytes() } else { count };
        let mut text = "NaT".to_owned();
        if let Some(moment) = time.moment(count) {
            let own = unit.unwrap_or_else(|| Time::new(false, moment.coarsest()));
            let count = own.count(moment).ok_or_else(|| {
                Error::new(
                    ErrorKind::Overflow,
                    format!("datetime_as_string: an instant of {from} does not fit the unit"),
                )
            })?;
            text = own.text(count);
            if zulu && own.unit >= Unit::Hour {
                text.push('Z');
            }
        }
        // SAFETY: an element of the target.
        unsafe { put(dtype, into, &text) };
        Ok(())
    })?;
    Ok(out)
}

/// Instants in the finest unit that text spells, in place of a dtype without a unit.
///
/// # Errors
/// Text that is no date.
pub fn spelled_dtype(array: &Array, dtype: DType) -> Result<DType> {
    let Some(mut time) = dtype.time() else { return Ok(dtype) };
    let (mut text, from) = (String::new(), array.dtype());
    each(array, array, None, 0, |_, at| {
        text.clear();
        // SAFETY: an element of the array.
        unsafe { characters(from, at, &mut text) };
        if !text.is_empty() && !text.eq_ignore_ascii_case("nat") {
            let wrong = || Error::new(ErrorKind::Value, format!("Error parsing datetime string: '{text}'"));
            let unit = parse_moment(&text).ok_or_else(wrong)?.1;
            time.unit = if time.unit == Unit::Generic { unit } else { time.unit.max(unit) };
        }
        Ok(())
    })?;
    Ok(DType::from_form(Form::Time(time)))
}

fn unit(dtype: DType) -> usize {
    if matches!(dtype.form(), Form::Text { .. }) { 4 } else { 1 }
}

/// Calls `work` with each pair of elements, where the mask is true.
fn each(
    dst: &Array,
    src: &Array,
    mask: Option<&Array>,
    written: usize,
    mut work: impl FnMut(*mut u8, *const u8) -> Result<()>,
) -> Result<()> {
    let mut operands = vec![dst, src];
    operands.extend(mask);
    let walk = Walk::new(dst.shape(), &operands)?;
    let _guards = exec::guard(&operands, written, "cast")?;
    let mut done = Ok(());
    walk.for_each_run(|n, runs| {
        for i in 0..n as isize {
            let at = |run: Run| run.0.wrapping_offset(i * run.1);
            // SAFETY: the walk stays within the mask, which is guarded.
            let chosen = runs.get(2).is_none_or(|&mask| unsafe { at(mask).read() } != 0);
            if chosen && done.is_ok() {
                done = work(at(runs[0]), at(runs[1]));
            }
        }
    });
    done
}

/// # Safety
/// An element of the dtype may be read.
unsafe fn said(dtype: DType, at: *const u8, text: &mut String) {
    if let Some(time) = dtype.time() {
        // SAFETY: the caller's promise.
        let count = unsafe { at.cast::<i64>().read_unaligned() };
        let count = if time.swapped { count.swap_bytes() } else { count };
        text.push_str(&if time.span { time.words(count) } else { time.text(count) });
    } else if let Some(kind) = dtype.any_number() {
        // SAFETY: the caller's promise.
        unsafe { Scalar::read(dtype, at) }.spelled(kind, text);
    }
}

/// Writes ASCII, cut off or filled up with zeros.
///
/// # Safety
/// An element of the dtype may be written.
unsafe fn put(dtype: DType, into: *mut u8, text: &str) {
    let (unit, swapped) = (unit(dtype), dtype.is_swapped() == Some(true));
    // SAFETY: the caller's promise.
    let own = unsafe { std::slice::from_raw_parts_mut(into, dtype.size()) };
    own.fill(0);
    for (place, byte) in own.chunks_exact_mut(unit).zip(text.bytes()) {
        place[if swapped { unit - 1 } else { 0 }] = byte;
    }
}

/// The characters of an element without the zeros at the end; what is none is a replacement.
///
/// # Safety
/// An element of the dtype may be read.
pub(crate) unsafe fn characters(dtype: DType, at: *const u8, text: &mut String) {
    let (unit, swapped) = (unit(dtype), dtype.is_swapped() == Some(true));
    // SAFETY: the caller's promise.
    let own = unsafe { std::slice::from_raw_parts(at, dtype.size()) };
    text.extend(own.chunks_exact(unit).map(|part| match *part {
        [a, b, c, d] => {
            let point = if swapped { u32::from_be_bytes([a, b, c, d]) } else { u32::from_le_bytes([a, b, c, d]) };
            char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from(part[0]),
    }));
    text.truncate(text.trim_end_matches('\0').len());
}

/// What a text spells, for a dtype of numbers or time.
fn value(text: &str, to: DType) -> Result<Scalar> {
    let wrong = |what: &str| Error::new(ErrorKind::Value, format!("{what}: '{text}'"));
    if let Some(time) = to.time() {
        return time.parse(text).map(|count| Scalar::Int(count.into())).ok_or_else(|| {
            let name = time.family().trim_end_matches("64");
            wrong(&if time.span {
                format!("Could not convert text to NumPy {name}")
            } else {
                format!("Error parsing {name} string")
            })
        });
    }
    let bare = plain(text.trim());
    let found = match to.category() {
        Category::Float => bare.and_then(|b| real(&b)).map(Scalar::Float).ok_or("could not convert string to float"),
        Category::Complex => bare.and_then(|b| complex(&b)).ok_or("complex() arg is a malformed string"),
        _ => match bare.map(|b| b.parse::<i128>()) {
            Some(Ok(value)) => Ok(Scalar::Int(value)),
            Some(Err(error))
                if matches!(
                    error.kind(),
                    std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
                ) =>
            {
                return Err(Error::new(ErrorKind::Overflow, format!("{text} is out of bounds for {to}")));
            }
            _ => Err("invalid literal for int() with base 10"),
        },
    };
    found.map_err(wrong)
}

/// Without underscores, which may stand between digits alone.
fn plain(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let between = |at: usize| digit(at.checked_sub(1)) && digit(Some(at + 1));
    let fine = bytes.iter().enumerate().all(|(at, &byte)| byte != b'_' || between(at));
    fine.then(|| text.replace('_', ""))
}

fn real(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn complex(text: &str) -> Option<Scalar> {
    let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text).trim();
    let Some(rest) = text.strip_suffix(['j', 'J']) else { return real(text).map(|re| Scalar::Complex(re, 0.0)) };
    let bytes = rest.as_bytes();
    let sign = |at: &usize| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E');
    let (re, im) = match (1..bytes.len()).rev().find(sign) {
        Some(at) => (real(&rest[..at])?, &rest[at..]),
        None => (0.0, rest),
    };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        text => real(text)?,
    };
    Some(Scalar::Complex(re, im))
}

/// Writes the bytes of elements as raw ones: cut off, or filled up with zeros.
///
/// # Errors
/// A conflicting guard.
pub(crate) fn raw(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    if !matches!(src.dtype().form(), Form::Record(_)) && !src.dtype().is_native() {
        return raw(dst, &crate::convert(src, src.dtype().native(), "cast")?, mask);
    }
    let (has, room) = (src.dtype().size(), dst.dtype().size());
    each(dst, src, mask, 1, |into, at| {
        let n = has.min(room);
        // SAFETY: elements of both arrays.
        unsafe {
            std::ptr::copy_nonoverlapping(at, into, n);
            into.add(n).write_bytes(0, room - n);
        }
        Ok(())
    })
}

/// Truth as bools, or as what bools are cast to.
///
/// # Errors
/// Refused memory.
pub(crate) fn truth(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let found = match src.dtype().time() {
        Some(_) => crate::elements::counts(src)?,
        None => src.truths()?,
    };
    crate::assign(dst, &crate::Operand::Array(found), metes_dtype::Casting::Unsafe, mask)
}
