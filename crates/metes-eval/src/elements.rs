//! Elements that no loop takes, one by one: compared, and moved between widths, orders and fields.
//!
//! Text, raw bytes, time and records have as many layouts as there are widths and structures, so they are looked at
//! through their dtype, element by element. What has a loop never comes here.

use crate::exec;
use crate::spelling;
use crate::walk::{Run, Walk};
use crate::words::Words;
use metes_array::{Array, missing};
use metes_dtype::{Casting, DType, Form, Kind, Time};
use metes_memory::{Error, ErrorKind, Result};
use std::cmp::Ordering;

/// How two elements of a dtype follow each other: NaN and NaT last, text by code points, records field by field.
///
/// # Safety
/// Both may be read as elements of the dtype, aligned or not.
pub(crate) unsafe fn compare(dtype: DType, a: *const u8, b: *const u8) -> Ordering {
    // SAFETY: in all arms, the caller's promise; fields lie within their element.
    unsafe {
        match dtype.form() {
            Form::Number(kind) => (metes_kernels::sorting(kind).compare)(a, b),
            Form::Swapped(kind) => {
                let (a, b) = (native(kind, a), native(kind, b));
                (metes_kernels::sorting(kind).compare)(a.0.as_ptr(), b.0.as_ptr())
            }
            // A small array within a record is compared by its bytes, as NumPy does.
            Form::Bytes(_) | Form::Void(_) | Form::Sub(_) => {
                let width = dtype.size();
                std::slice::from_raw_parts(a, width).cmp(std::slice::from_raw_parts(b, width))
            }
            Form::Text { chars, swapped } => (0..chars as usize)
                .map(|i| point(a.add(4 * i), swapped).cmp(&point(b.add(4 * i), swapped)))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
            Form::Time(time) => {
                // NaT is the lowest number, and comes last.
                let count = |p: *const u8| count(p, time.swapped).wrapping_sub(1) as u64 ^ 1 << 63;
                count(a).cmp(&count(b))
            }
            Form::Record(record) => record
                .fields()
                .iter()
                .map(|field| compare(field.dtype, a.add(field.offset), b.add(field.offset)))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
        }
    }
}

/// Whether an element equals nothing: NaN, NaT.
///
/// # Safety
/// It may be read as an element of the dtype.
pub(crate) unsafe fn is_nan(dtype: DType, a: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        match dtype.form() {
            Form::Number(kind) => (metes_kernels::sorting(kind).is_nan)(a),
            Form::Swapped(kind) => (metes_kernels::sorting(kind).is_nan)(native(kind, a).0.as_ptr()),
            Form::Time(time) => count(a, time.swapped) == i64::MIN,
            _ => false,
        }
    }
}

/// Whether two elements are equal: NaN and NaT to nothing, records where all fields are.
///
/// # Safety
/// As [`compare`].
pub(crate) unsafe fn equal(dtype: DType, a: *const u8, b: *const u8) -> bool {
    // SAFETY: in all arms, the caller's promise; parts lie within their element.
    unsafe {
        match dtype.form() {
            Form::Record(record) => {
                record.fields().iter().all(|field| equal(field.dtype, a.add(field.offset), b.add(field.offset)))
            }
            Form::Sub(sub) => {
                let width = sub.base().size().max(1);
                (0..sub.itemsize() / width).all(|i| equal(sub.base(), a.add(i * width), b.add(i * width)))
            }
            _ => !is_nan(dtype, a) && !is_nan(dtype, b) && compare(dtype, a, b).is_eq(),
        }
    }
}

#[repr(align(16))]
struct Native([u8; 16]);

/// # Safety
/// A number of this kind may be read, in the other byte order.
unsafe fn native(kind: Kind, from: *const u8) -> Native {
    let mut bytes = [0; 16];
    // SAFETY: the caller's promise; there is room for a number of any kind.
    unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), kind.size()) };
    bytes[..kind.size()].chunks_exact_mut(kind.real().size()).for_each(<[u8]>::reverse);
    Native(bytes)
}

/// # Safety
/// Four bytes may be read.
unsafe fn point(from: *const u8, swapped: bool) -> u32 {
    // SAFETY: the caller's promise.
    let point = unsafe { from.cast::<u32>().read_unaligned() };
    if swapped { point.swap_bytes() } else { point }
}

/// # Safety
/// Eight bytes may be read.
unsafe fn count(from: *const u8, swapped: bool) -> i64 {
    // SAFETY: the caller's promise.
    let count = unsafe { from.cast::<i64>().read_unaligned() };
    if swapped { count.swap_bytes() } else { count }
}

/// A name, and what it makes of an order.
type Comparison = (&'static str, fn(Ordering) -> bool);

/// The comparisons.
const COMPARISONS: [Comparison; 6] = [
    ("equal", Ordering::is_eq),
    ("not_equal", Ordering::is_ne),
    ("less", Ordering::is_lt),
    ("less_equal", Ordering::is_le),
    ("greater", Ordering::is_gt),
    ("greater_equal", Ordering::is_ge),
];

/// Whether a ufunc is a comparison.
pub(crate) fn is_comparison(name: &str) -> bool {
    COMPARISONS.iter().any(|(own, _)| *own == name)
}

/// Compares two arrays of text of one sort, or of equal time, element by element; of records only for equality. `None` for
/// any other operation or pair of dtypes.
///
/// # Errors
/// Shapes that do not broadcast, refused memory.
pub(crate) fn compared(name: &str, a: &Array, b: &Array) -> Result<Option<Array>> {
    let Some((_, says)) = COMPARISONS.iter().find(|(own, _)| *own == name) else { return Ok(None) };
    let equality = matches!(name, "equal" | "not_equal");
    let met = match (a.dtype().form(), b.dtype().form()) {
        (Form::Bytes(_), Form::Bytes(_)) | (Form::Text { .. }, Form::Text { .. }) => {
            metes_dtype::promote(a.dtype(), b.dtype())
        }
        (Form::Time(x), Form::Time(y)) if (x.span, x.unit, x.multiple) == (y.span, y.unit, y.multiple) => {
            Some(a.dtype().native())
        }
        (Form::Record(_), Form::Record(_)) if equality => return records(name, a, b),
        (Form::Void(x), Form::Void(y)) if equality && x == y => Some(a.dtype()),
        _ => None,
    };
    let Some(dtype) = met else { return Ok(None) };
    if let Some((own, others)) = Words::of(a.dtype()).zip(Words::of(b.dtype())) {
        // SAFETY: elements of both dtypes.
        return decided(a, b, |x, y| says(unsafe { own.compare(x, others, y) })).map(Some);
    }
    let (a, b) = (crate::convert(a, dtype, "compare")?, crate::convert(b, dtype, "compare")?);
    // SAFETY: elements of this dtype.
    let found = |x, y| unsafe {
        if is_nan(dtype, x) || is_nan(dtype, y) { name == "not_equal" } else { says(compare(dtype, x, y)) }
    };
    decided(&a, &b, found).map(Some)
}

/// Whether it is so, for each element of one array with each that it meets of another.
fn decided(a: &Array, b: &Array, is_so: impl Fn(*const u8, *const u8) -> bool) -> Result<Array> {
    let shape = metes_array::broadcast_shapes(&[a.shape(), b.shape()])?;
    let out = Array::empty(&shape, Kind::Bool.into(), "compare")?;
    if out.size() == 0 {
        return Ok(out);
    }
    let walk = Walk::new(&shape, &[&out, a, b])?;
    let _guards = exec::guard(&[&out, a, b], 1, "compare")?;
    walk.for_each_run(|n, runs| {
        for i in 0..n as isize {
            let at = |run: Run| run.0.wrapping_offset(i * run.1);
            // SAFETY: the walk stays within the arrays, which are guarded.
            unsafe { at(runs[0]).write(u8::from(is_so(at(runs[1]), at(runs[2])))) };
        }
    });
    Ok(out)
}

/// The reduction of elements that are no numbers: truth, places of extremes, and what time has. `None` for all else.
///
/// # Errors
/// As [`crate::reduce`].
pub(crate) fn reduced(
    reduction: &'static metes_kernels::Reduction,
    array: &Array,
    options: &crate::ReduceOptions,
) -> Result<Option<Array>> {
    match array.dtype().form() {
        Form::Time(_) => crate::times::reduced(reduction, array, options),
        Form::Bytes(_) | Form::Text { .. } | Form::Void(_) if matches!(reduction.name, "any" | "all") => {
            crate::reduce(reduction, &array.truths()?, options).map(Some)
        }
        Form::Bytes(_) | Form::Text { .. } if matches!(reduction.name, "argmin" | "argmax") => {
            places(array, reduction.name == "argmax", options).map(Some)
        }
        _ => Ok(None),
    }
}

/// Where the extremes are along one axis, or among all.
fn places(array: &Array, greatest: bool, options: &crate::ReduceOptions) -> Result<Array> {
    let (array, axis) = match options.axes.as_deref() {
        None => (array.ravel(metes_array::Order::C)?, 0),
        Some([axis]) => (array.clone(), array.axis(*axis)?),
        Some(_) => return Err(Error::new(ErrorKind::Type, "argmin and argmax take one axis")),
    };
    let mut found = crate::sorting::extreme(&array, axis, greatest)?;
    if options.keepdims {
        let axes: Vec<isize> = match options.axes {
            Some(_) => vec![axis as isize],
            None => (0..array.ndim() as isize).collect(),
        };
        found = found.expand_dims(&axes)?;
    }
    let Some(out) = &options.out else { return Ok(found) };
    crate::assign(out, &crate::Operand::Array(found), Casting::SameKind, None)?;
    Ok(out.clone())
}

/// Logical functions of elements that are no numbers, by their truth. `None` for all else.
///
/// # Errors
/// As [`crate::apply`].
pub(crate) fn logical(ufunc: &'static metes_kernels::Ufunc, inputs: &[crate::Operand]) -> Result<Option<Array>> {
    if !matches!(ufunc.name, "logical_and" | "logical_or" | "logical_xor") {
        return Ok(None);
    }
    let mut operands = inputs.to_vec();
    for operand in &mut operands {
        if let crate::Operand::Array(array) = operand {
            *array = match array.dtype().form() {
                Form::Record(_) => return Ok(None),
                Form::Time(_) => counts(array)?,
                _ => array.truths()?,
            };
        }
    }
    Ok(Some(crate::apply(ufunc, &operands, &crate::Options::default())?.remove(0)))
}

/// Text laid after text: `None` for all else.
///
/// # Errors
/// Shapes that do not broadcast, text that would be too long, refused memory.
pub(crate) fn joined(name: &str, a: &Array, b: &Array) -> Result<Option<Array>> {
    let both = match (a.dtype().form(), b.dtype().form()) {
        (Form::Bytes(x), Form::Bytes(y)) if name == "add" => DType::bytes(x as usize + y as usize),
        (Form::Text { chars: x, .. }, Form::Text { chars: y, .. }) if name == "add" => {
            DType::text(x as usize + y as usize)
        }
        _ => return Ok(None),
    };
    let too_long = || Error::new(ErrorKind::Value, format!("add: text of {} and {} is too long", a.dtype(), b.dtype()));
    let dtype = both.ok_or_else(too_long)?;
    let (a, b) = (crate::convert(a, a.dtype().native(), "add")?, crate::convert(b, b.dtype().native(), "add")?);
    let shape = metes_array::broadcast_shapes(&[a.shape(), b.shape()])?;
    let out = Array::zeros(&shape, dtype)?;
    let unit = if matches!(dtype.form(), Form::Text { .. }) { 4 } else { 1 };
    let walk = Walk::new(&shape, &[&out, &a, &b])?;
    let _guards = exec::guard(&[&out, &a, &b], 1, "add")?;
    // SAFETY: elements of guarded arrays, within which the walk stays.
    let used = |at: *const u8, size: usize| unsafe {
        let own = std::slice::from_raw_parts(at, size);
        own.chunks_exact(unit).rposition(|part| part.iter().any(|&byte| byte != 0)).map_or(0, |last| unit * (last + 1))
    };
    walk.for_each_run(|n, runs| {
        for i in 0..n as isize {
            let at = |run: Run| run.0.wrapping_offset(i * run.1);
            let (first, second) = (used(at(runs[1]), a.dtype().size()), used(at(runs[2]), b.dtype().size()));
            // SAFETY: as above; the result has room for both.
            unsafe {
                std::ptr::copy_nonoverlapping(at(runs[1]), at(runs[0]), first);
                std::ptr::copy_nonoverlapping(at(runs[2]), at(runs[0]).add(first), second);
            }
        }
    });
    Ok(Some(out))
}

/// Elements of `a` where a condition is true, else of `b`, in the dtype that both meet in.
///
/// # Errors
/// Dtypes that do not meet, shapes that do not broadcast, a condition that is not of bools, refused memory.
pub(crate) fn chosen(condition: &crate::Operand, a: &Array, b: &Array) -> Result<Array> {
    let mask = match condition {
        crate::Operand::Array(mask) => mask.clone(),
        crate::Operand::Weak(value) => Array::full(&[], *value, Kind::Bool.into())?,
    };
    let dtype = metes_array::meet(a.dtype(), b.dtype())?;
    let shape = metes_array::broadcast_shapes(&[mask.shape(), a.shape(), b.shape()])?;
    let out = Array::empty(&shape, dtype, "where")?;
    crate::assign(&out, &crate::Operand::Array(b.clone()), Casting::Unsafe, None)?;
    crate::assign(&out, &crate::Operand::Array(a.clone()), Casting::Unsafe, Some(&mask.broadcast_to(&shape)?))?;
    Ok(out)
}

/// Equal where all fields are, whole small arrays included.
fn records(name: &str, a: &Array, b: &Array) -> Result<Option<Array>> {
    let (first, second) = (a.record()?, b.record()?);
    let names = |r: &metes_dtype::Record| r.fields().iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    if names(first) != names(second) {
        let message = format!(
            "Cannot compare structured arrays unless they have a common dtype: {} and {}",
            a.dtype(),
            b.dtype()
        );
        return Err(Error::new(ErrorKind::Type, message));
    }
    let row = |name: &str| metes_kernels::ufunc(name).ok_or_else(|| missing(a.dtype(), name));
    let ndim = a.ndim().max(b.ndim());
    let mut all: Option<Array> = None;
    for field in first.fields() {
        let (x, y) = (a.field(&field.name)?, b.field(&field.name)?);
        let (x, y) = (lifted(&x, a, ndim)?, lifted(&y, b, ndim)?);
        let operands = [x, y].map(crate::Operand::Array);
        let mut equal = crate::apply(row("equal")?, &operands, &crate::Options::default())?.remove(0);
        let inner: Vec<isize> = (ndim..equal.ndim()).map(|axis| axis as isize).collect();
        if !inner.is_empty() {
            let options = crate::ReduceOptions { axes: Some(inner), ..Default::default() };
            let every = metes_kernels::reduction("all").ok_or_else(|| missing(a.dtype(), "all"))?;
            equal = crate::reduce(every, &equal, &options)?;
        }
        all = Some(match all {
            None => equal,
            Some(before) => {
                let both = [before, equal].map(crate::Operand::Array);
                crate::apply(row("logical_and")?, &both, &crate::Options::default())?.remove(0)
            }
        });
    }
    let shape = metes_array::broadcast_shapes(&[a.shape(), b.shape()])?;
    let all = match all {
        Some(all) => all,
        None => Array::ones(&shape, Kind::Bool.into())?,
    };
    if name == "equal" {
        return Ok(Some(all));
    }
    let turned = crate::apply(row("logical_not")?, &[crate::Operand::Array(all)], &crate::Options::default())?;
    Ok(turned.into_iter().next())
}

/// A field with as many axes before those of its small arrays as the wider operand has.
fn lifted(field: &Array, of: &Array, ndim: usize) -> Result<Array> {
    field.expand_dims(&(0..ndim - of.ndim()).map(|axis| axis as isize).collect::<Vec<_>>())
}

/// Writes elements to an array of another dtype, to which they broadcast and with which they share no bytes, where either
/// is none of numbers.
///
/// # Errors
/// [`ErrorKind::Type`] where there is no such cast, [`ErrorKind::Value`] for text that bytes cannot hold.
pub(crate) fn write(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let (from, to) = (src.dtype(), dst.dtype());
    match (from.form(), to.form()) {
        (Form::Record(a), Form::Record(b)) if a.fields().len() == b.fields().len() => {
            (0..a.fields().len() as isize).try_for_each(|i| part(dst, &dst.field_at(i)?, src, &src.field_at(i)?, mask))
        }
        (Form::Record(one), _) if one.fields().len() == 1 => part(dst, dst, src, &src.field_at(0)?, mask),
        (_, Form::Record(record)) if !matches!(from.form(), Form::Record(_) | Form::Void(_)) => {
            (0..record.fields().len() as isize).try_for_each(|i| part(dst, &dst.field_at(i)?, src, src, mask))
        }
        // Between instants and spans counts stay what they are.
        (Form::Time(a), Form::Time(b)) if a.span != b.span || (a.unit, a.multiple) == (b.unit, b.multiple) => {
            crate::assign(&counts(dst)?, &crate::Operand::Array(counts(src)?), Casting::Unsafe, mask)
        }
        (Form::Time(a), Form::Time(b)) if a.converts(b) => times(dst, src, a, b, mask),
        (Form::Time(_) | Form::Bytes(_) | Form::Text { .. } | Form::Void(_), Form::Number(Kind::Bool)) => {
            spelling::truth(dst, src, mask)
        }
        (Form::Time(_), Form::Number(_) | Form::Swapped(_)) => {
            crate::assign(dst, &crate::Operand::Array(counts(src)?), Casting::Unsafe, mask)
        }
        (Form::Number(_) | Form::Swapped(_), Form::Time(_)) => {
            // NaN becomes NaT, which nobody needs to be told.
            let before = crate::take_flags();
            let done = crate::assign(&counts(dst)?, &crate::Operand::Array(src.clone()), Casting::Unsafe, mask);
            crate::take_flags();
            done.and_then(|()| crate::apply::noticed(before))
        }
        (Form::Number(_) | Form::Swapped(_) | Form::Time(_), Form::Bytes(_) | Form::Text { .. }) => {
            spelling::spell(dst, src, mask)
        }
        (Form::Bytes(_) | Form::Text { .. }, Form::Number(_) | Form::Swapped(_) | Form::Time(_)) => {
            spelling::read(dst, src, mask)
        }
        (Form::Bytes(_) | Form::Text { .. }, Form::Bytes(_) | Form::Text { .. }) | (Form::Void(_), Form::Void(_)) => {
            texts(dst, src, mask)
        }
        (_, Form::Void(_)) => spelling::raw(dst, src, mask),
        _ => Err(Error::new(ErrorKind::Type, format!("no cast from dtype {from} to dtype {to}"))),
    }
}

/// Casts element by element where the mask is true: `each` is told the places of both, and whether to write; it says whether
/// the element fits. With `first` all are looked at before one is written.
fn one_by_one(
    dst: &Array,
    src: &Array,
    mask: Option<&Array>,
    first: bool,
    each: impl Fn(*mut u8, *const u8, bool) -> bool,
) -> Result<bool> {
    let mut operands = vec![dst, src];
    operands.extend(mask);
    let walk = Walk::new(dst.shape(), &operands)?;
    let _guards = exec::guard(&operands, 1, "cast")?;
    let mut fits = true;
    let mut pass = |write: bool| {
        walk.for_each_run(|n, runs| {
            for i in 0..n as isize {
                let at = |run: Run| run.0.wrapping_offset(i * run.1);
                // SAFETY: the walk stays within the arrays, which are guarded.
                if runs.get(2).is_none_or(|&mask| unsafe { at(mask).read() } != 0) {
                    fits &= each(at(runs[0]), at(runs[1]), write);
                }
            }
        });
        fits
    };
    Ok((!first || pass(false)) && pass(true))
}

/// Time in other steps, rounded down.
fn times(dst: &Array, src: &Array, from: Time, to: Time, mask: Option<&Array>) -> Result<()> {
    let each = |dst: *mut u8, src: *const u8, write: bool| {
        // SAFETY: elements of both, which are guarded, of eight bytes.
        let made = from.converted(unsafe { count(src, from.swapped) }, to);
        if let (true, Some(made)) = (write, made) {
            let made = if to.swapped { made.swap_bytes() } else { made };
            // SAFETY: as above.
            unsafe { dst.cast::<i64>().write_unaligned(made) };
        }
        made.is_some()
    };
    if one_by_one(dst, src, mask, true, each)? {
        return Ok(());
    }
    let message = format!("a time does not fit: from {} to {}", src.dtype(), dst.dtype());
    Err(Error::new(ErrorKind::Overflow, message))
}

/// The counts of time as integers, in the same byte order.
pub(crate) fn counts(array: &Array) -> Result<Array> {
    let swapped = array.dtype().is_swapped() == Some(true);
    array.view(DType::from_form(if swapped { Form::Swapped(Kind::I64) } else { Form::Number(Kind::I64) }))
}

/// One field of the elements, which may have more axes at the end than they do.
fn part(dst: &Array, to: &Array, src: &Array, from: &Array, mask: Option<&Array>) -> Result<()> {
    let extra = |whole: &Array, part: &Array| part.ndim() - whole.ndim();
    let (own, given) = (extra(dst, to), extra(src, from));
    let widen =
        |array: &Array, by: usize| array.expand_dims(&(0..by).map(|i| (array.ndim() + i) as isize).collect::<Vec<_>>());
    let from = if given == 0 { widen(from, own)? } else { lifted_to(from, src.ndim(), dst.ndim())? };
    let mask = mask.map(|mask| widen(mask, own)).transpose()?;
    crate::assign(to, &crate::Operand::Array(from), Casting::Unsafe, mask.as_ref())
}

/// Axes of length 1 before those of the elements, as many as there are too few.
fn lifted_to(array: &Array, has: usize, wants: usize) -> Result<Array> {
    array.expand_dims(&(0..wants.saturating_sub(has)).map(|axis| axis as isize).collect::<Vec<_>>())
}

/// Text and bytes of other widths: cut off, or filled with zeros.
fn texts(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let (from, to) = (src.dtype(), dst.dtype());
    // SAFETY: elements of both, which are guarded.
    let each = |dst, src, write: bool| unsafe { text(from, src, to, write.then_some(dst)) };
    // Between text and bytes a character may not fit.
    if one_by_one(dst, src, mask, from.kind_char() != to.kind_char(), each)? {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::Value, format!("no cast from {from} to {to}: a character is not ASCII")))
    }
}

/// Writes one element, or looks at it alone; whether all its characters fit: between text and bytes they are ASCII.
///
/// # Safety
/// The places are elements of these dtypes.
unsafe fn text(from: DType, src: *const u8, to: DType, dst: Option<*mut u8>) -> bool {
    let unit = |dtype: DType| if matches!(dtype.form(), Form::Text { .. }) { 4 } else { 1 };
    let (own, wide) = (unit(from), unit(to));
    let (has, room) = (from.size() / own, to.size() / wide);
    let (swapped, reversed) = (from.is_swapped() == Some(true), to.is_swapped() == Some(true));
    let mut fits = true;
    for i in 0..room {
        // SAFETY: the caller's promise; `i` is within both.
        unsafe {
            let value = match (i < has, own) {
                (false, _) => 0,
                (true, 1) => u32::from(src.add(i).read()),
                (true, _) => point(src.add(4 * i), swapped),
            };
            fits &= own == wide || value < 128;
            let Some(dst) = dst else { continue };
            if wide == 4 {
                let value = if reversed { value.swap_bytes() } else { value };
                dst.add(4 * i).cast::<u32>().write_unaligned(value);
            } else {
                dst.add(i).write(value as u8);
            }
        }
    }
    fits
}
