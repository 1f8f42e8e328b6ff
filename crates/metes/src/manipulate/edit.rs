//! Arrays with parts put in or left out.

use super::{empty_like_in, line, part, put, signed, wrong};
use metes_array::{Array, Index, Order, Scalar, shape_text};
use metes_dtype::{Casting, Kind};
use metes_eval::{Sorting, argsort, compress};
use metes_memory::{Error, ErrorKind, Result};

fn out_of_bounds(place: i64, axis: usize, n: usize) -> Error {
    Error::new(ErrorKind::Index, format!("index {place} is out of bounds for axis {axis} with size {n}"))
}

/// A copy without the places that `gone` is true for: a mask along the axis, or along all elements without one.
///
/// # Errors
/// A mask of another length, refused memory.
fn without(array: &Array, gone: &Array, axis: usize) -> Result<Array> {
    let n = array.shape()[axis];
    let invert = metes_kernels::ufunc("logical_not").expect("a row of the table");
    let kept = metes_eval::apply(invert, &[metes_eval::Operand::Array(gone.clone())], &Default::default())?.remove(0);
    if array.ndim() == 1 {
        return compress(array, &kept);
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    {
        let bytes = kept.view(Kind::U8.into())?;
        let bytes = bytes.read::<u8>()?;
        for place in (0..n).filter(|&i| bytes.as_slice().is_some_and(|b| b[i] != 0)) {
            match runs.last_mut() {
                Some(run) if run.1 == place => run.1 += 1,
                _ => runs.push((place, place + 1)),
            }
        }
    }
    let mut shape = array.shape().to_vec();
    shape[axis] = runs.iter().map(|(start, stop)| stop - start).sum();
    let out = empty_like_in(array, &shape, array.dtype(), "delete")?;
    let mut to = 0;
    for (start, stop) in runs {
        put(&part(&out, axis, to, to + stop - start)?, &part(array, axis, start, stop)?)?;
        to += stop - start;
    }
    Ok(out)
}

/// A copy without the places along an axis that `places` names: integers, or a mask. Without an axis, of all elements in
/// one dimension.
///
/// ```
/// use metes::{array::Array, manipulate::delete};
/// let (a, at) = (Array::from_slice(&[3], &[7, 8, 9])?, Array::from_slice(&[1], &[1i64])?);
/// assert_eq!(delete(&a, &at, None)?.read::<i32>()?.to_vec(), [7, 9]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Places outside, a mask of another length, refused memory.
pub fn delete(array: &Array, places: &Array, axis: Option<isize>) -> Result<Array> {
    let (array, axis) = line(array, axis)?;
    let n = array.shape()[axis];
    if places.dtype() == Kind::Bool {
        if places.shape() != [n] {
            let message = format!(
                "boolean array argument obj to delete must be one dimensional and match the axis length of {n}"
            );
            return Err(wrong(message));
        }
        return without(&array, places, axis);
    }
    let places = integers(places)?;
    let gone = Array::zeros(&[n], Kind::Bool.into())?;
    {
        let bytes = gone.view(Kind::U8.into())?;
        let mut bytes = bytes.write::<u8>()?;
        let places = places.read::<i64>()?;
        for &place in places.as_slice().unwrap_or_default() {
            let at = usize::try_from(if place < 0 { place + n as i64 } else { place }).ok().filter(|&at| at < n);
            let at = at.ok_or_else(|| out_of_bounds(place, axis, n))?;
            bytes.set(&[at], 1)?;
        }
    }
    without(&array, &gone, axis)
}

/// Places as a dense line of int64.
fn integers(places: &Array) -> Result<Array> {
    if places.size() > 0 && !places.dtype().is_integer() {
        let message = format!("arrays used as indices must be of integer (or boolean) type, not {}", places.dtype());
        return Err(Error::new(ErrorKind::Index, message));
    }
    metes_eval::astype(&places.ravel(Order::C)?, Kind::I64.into(), Order::C, Casting::Unsafe, false)
}

/// A copy with `values`, cast to the array's dtype, before the places along an axis that `places` names (no dimension: one
/// place for all of the values). Without an axis, of all elements in one dimension.
///
/// ```
/// use metes::{array::Array, manipulate::insert};
/// let (a, at) = (Array::from_slice(&[2], &[7, 9])?, Array::from_slice(&[], &[1i64])?);
/// assert_eq!(insert(&a, &at, &Array::from_slice(&[1], &[8])?, None)?.read::<i32>()?.to_vec(), [7, 8, 9]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Places outside, values that do not broadcast to what is inserted, refused memory.
pub fn insert(array: &Array, places: &Array, values: &Array, axis: Option<isize>) -> Result<Array> {
    let (array, axis) = line(array, axis)?;
    let n = array.shape()[axis];
    let places = if places.dtype() == Kind::Bool { true_places(places)? } else { places.clone() };
    let single = places.size() == 1;
    let places_at = in_order(&places, axis, n)?;
    let values = leading_ones(values, array.ndim())?;
    let values = if places.ndim() == 0 { values.moveaxis(&[0], &[axis as isize])? } else { values };
    let new = if single { values.shape()[axis] } else { places_at.len() };
    let mut shape = array.shape().to_vec();
    shape[axis] += new;
    let mut inserted = array.shape().to_vec();
    inserted[axis] = new;
    if values.layout().broadcast_to(&inserted).is_none() {
        let (from, to) = (shape_text(values.shape()), shape_text(&inserted));
        return Err(wrong(format!("could not broadcast input array from shape {from} into shape {to}")));
    }
    let out = empty_like_in(&array, &shape, array.dtype(), "insert")?;
    if single {
        let at = places_at[0].0;
        put(&part(&out, axis, 0, at)?, &part(&array, axis, 0, at)?)?;
        put(&part(&out, axis, at, at + new)?, &values)?;
        put(&part(&out, axis, at + new, n + new)?, &part(&array, axis, at, n)?)?;
        return Ok(out);
    }
    let values = values.broadcast_to(&inserted)?;
    let (mut from, mut to) = (0, 0);
    for (at, number) in places_at {
        put(&part(&out, axis, to, to + at - from)?, &part(&array, axis, from, at)?)?;
        to += at - from;
        from = at;
        put(&part(&out, axis, to, to + 1)?, &part(&values, axis, number, number + 1)?)?;
        to += 1;
    }
    put(&part(&out, axis, to, to + n - from)?, &part(&array, axis, from, n)?)?;
    Ok(out)
}

/// Values with axes of length 1 in front, or without them, so that they have as many as the array.
fn leading_ones(values: &Array, ndim: usize) -> Result<Array> {
    let extra = values.ndim().saturating_sub(ndim);
    if extra > 0 && values.shape()[..extra].iter().all(|&n| n == 1) {
        return values.squeeze(Some(&(0..extra as isize).collect::<Vec<_>>()));
    }
    let missing = ndim.saturating_sub(values.ndim());
    let mut index = vec![Index::NewAxis; missing];
    index.push(Index::Ellipsis);
    values.index(&index)
}

fn true_places(mask: &Array) -> Result<Array> {
    let n = mask.size();
    let places = Array::arange(Scalar::Int(0), Scalar::Int(n as i128), Scalar::Int(1), Some(Kind::I64.into()))?;
    compress(&places, &mask.ravel(Order::C)?)
}

/// The places in order, each with its number among those given.
fn in_order(places: &Array, axis: usize, n: usize) -> Result<Vec<(usize, usize)>> {
    let places = integers(places)?;
    let places_held = places.read::<i64>()?;
    let given = places_held.as_slice().unwrap_or_default();
    let order = argsort(&wrapped(given, axis, n)?, 0, Sorting { stable: true, descending: false })?;
    let order = order.read::<i64>()?;
    let wrap = |place: i64| if place < 0 { place + n as i64 } else { place } as usize;
    Ok(order.as_slice().unwrap_or_default().iter().map(|&i| (wrap(given[i as usize]), i as usize)).collect())
}

/// Places counted from the start; one may be the end.
fn wrapped(places: &[i64], axis: usize, n: usize) -> Result<Array> {
    let out = Array::empty(&[places.len()], Kind::I64.into(), "insert")?;
    for (i, &place) in places.iter().enumerate() {
        let at = if place < 0 { place + n as i64 } else { place };
        if !(0..=n as i64).contains(&at) {
            return Err(out_of_bounds(place, axis, n));
        }
        out.set_item(&[i as isize], Scalar::Int(at.into()))?;
    }
    Ok(out)
}

/// A new array of a shape, the elements repeated in C order as often as it takes; zeros where there are none.
///
/// ```
/// use metes::{array::Array, manipulate::resize};
/// let a = Array::from_slice(&[2], &[1, 2])?;
/// assert_eq!(resize(&a, &[5])?.read::<i32>()?.to_vec(), [1, 2, 1, 2, 1]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Refused memory.
pub fn resize(array: &Array, shape: &[usize]) -> Result<Array> {
    if array.size() == 0 {
        return Array::zeros(shape, array.dtype());
    }
    let out = Array::empty(shape, metes_array::meet(array.dtype(), array.dtype())?, "resize")?;
    let (flat, line) = (out.reshape(&[-1], Order::C, Some(false))?, array.ravel(Order::C)?);
    let (total, n) = (out.size(), array.size());
    let whole = total / n;
    if whole > 0 {
        let copies = part(&flat, 0, 0, whole * n)?.reshape(&signed(&[whole, n]), Order::C, Some(false))?;
        put(&copies, &line)?;
    }
    put(&part(&flat, 0, whole * n, total)?, &part(&line, 0, 0, total - whole * n)?)?;
    Ok(out)
}
