//! Distinct values, where they are, and how often.
//!
//! Values alone are found in a small room where they are few; else they are a sorted copy pressed together in place and then
//! copied to their number. Where places are asked for,
//! the values are visited in sorted order through their places, so that no sorted copy of them is made.

use super::others::is_ours;
use super::{Sorting, argsort, row_of, sort_in_place};
use crate::elements::{compare, equal, is_nan};
use crate::exec;
use metes_array::{Array, Index, Order, Scalar, Write, copy_into};
use metes_dtype::{DType, Form, Kind, Time};
use metes_kernels::SortRow;
use metes_memory::Result;

/// What is asked for besides the values.
#[derive(Clone, Copy, Debug)]
pub struct UniqueOptions {
    /// The place of the first of each value.
    pub index: bool,
    /// For each element the number of its value.
    pub inverse: bool,
    /// How often each value is there.
    pub counts: bool,
    /// Whether all NaN are one value.
    pub equal_nan: bool,
}

/// The distinct values in order, and what else was asked for; places and counts are int64.
pub struct Unique {
    /// The values.
    pub values: Array,
    /// The place of the first of each, in C order.
    pub index: Option<Array>,
    /// The number of each element's value, in the array's shape.
    pub inverse: Option<Array>,
    /// How often each is there.
    pub counts: Option<Array>,
}

/// Which neighbours are equal.
#[derive(Clone, Copy)]
struct Same {
    /// The row that has its loops, where there is one.
    row: Option<&'static SortRow>,
    dtype: DType,
    equal_nan: bool,
}

impl Same {
    fn new(dtype: DType, equal_nan: bool) -> Result<Same> {
        let row = if is_ours(dtype) { None } else { Some(row_of(dtype, "unique")?) };
        Ok(Same { row, dtype, equal_nan })
    }

    /// # Safety
    /// Both are values of the row's kind.
    unsafe fn holds(self, a: *const u8, b: *const u8) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            match (is_nan(self.dtype, a), is_nan(self.dtype, b)) {
                (false, false) if self.row.is_some() => compare(self.dtype, a, b).is_eq(),
                (false, false) => equal(self.dtype, a, b),
                (true, true) => self.equal_nan,
                _ => false,
            }
        }
    }
}

/// The distinct values of an array.
///
/// ```
/// use metes_array::Array;
/// use metes_eval::{UniqueOptions, unique};
/// let a = Array::from_slice(&[4], &[3, 1, 3, 2])?;
/// let options = UniqueOptions { index: false, inverse: false, counts: true, equal_nan: true };
/// let found = unique(&a, options)?;
/// assert_eq!(found.values.read::<i32>()?.to_vec(), [1, 2, 3]);
/// assert_eq!(found.counts.unwrap().read::<i64>()?.to_vec(), [1, 1, 2]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Refused memory.
pub fn unique(array: &Array, options: UniqueOptions) -> Result<Unique> {
    let same = Same::new(array.dtype(), options.equal_nan)?;
    if let (Some(time), true) = (array.dtype().time(), options.equal_nan) {
        let mut found = unique(&crate::times::keys(array)?, options)?;
        crate::times::shift(&found.values, 1)?;
        found.values = found.values.view(DType::from_form(Form::Time(Time { swapped: false, ..time })))?;
        if time.swapped {
            found.values = crate::convert(&found.values, array.dtype(), "unique")?;
        }
        return Ok(found);
    }
    if options.index || options.inverse || same.row.is_none() {
        return by_places(array, options, same);
    }
    if !options.counts
        && let Some(values) = few(array, same)?
    {
        return Ok(Unique { values, index: None, inverse: None, counts: None });
    }
    let sorted = array.flatten(Order::C)?;
    sort_in_place(&sorted, 0, Sorting { stable: true, descending: false })?;
    let counts = options.counts.then(|| counts_of(sorted.size(), neighbours(&sorted, same))).transpose()?;
    let values = press(&sorted, same)?;
    let values = if values.size() == sorted.size() { sorted } else { values.copy(Order::C)? };
    Ok(Unique { values, index: None, inverse: None, counts })
}

/// Bytes in which few distinct values are found among many.
const ROOM: usize = 128 << 10;

/// The distinct values, where they are few: those found so far and the next elements are sorted together in one room and
/// pressed together, until all have been there. `None` where the array fits the room itself, where it would have to be
/// copied, and as soon as the values are more than half of the room.
fn few(array: &Array, same: Same) -> Result<Option<Array>> {
    let room = ROOM / array.dtype().size().max(1);
    if array.size() <= room {
        return Ok(None);
    }
    let Ok(line) = array.reshape(&[-1], Order::C, Some(false)) else { return Ok(None) };
    let held = Array::empty(&[room], array.dtype(), "unique")?;
    let part = |array: &Array, start: usize, stop: usize| {
        array.index(&[Index::Slice { start: Some(start as isize), stop: Some(stop as isize), step: None }])
    };
    let (mut found, mut next) = (0, 0);
    while next < line.size() {
        let count = (room - found).min(line.size() - next);
        copy_into(&part(&held, found, found + count)?, &part(&line, next, next + count)?)?;
        let all = part(&held, 0, found + count)?;
        sort_in_place(&all, 0, Sorting { stable: true, descending: false })?;
        (found, next) = (press(&all, same)?.size(), next + count);
        if found > room / 2 {
            return Ok(None);
        }
    }
    part(&held, 0, found)?.copy(Order::C).map(Some)
}

/// The distinct values of a dense, sorted array that nobody else uses, pressed together in its own room: a view of it.
///
/// # Errors
/// A conflicting guard.
pub fn unique_sorted(sorted: &Array, equal_nan: bool) -> Result<Array> {
    press(sorted, Same::new(sorted.dtype(), equal_nan)?)
}

/// Which ranks of a dense array hold equal values.
fn neighbours(sorted: &Array, same: Same) -> impl Fn(usize, usize) -> bool {
    let (first, width) = (sorted.as_ptr(), sorted.dtype().size());
    // SAFETY: called for ranks of a dense array that is nobody else's.
    move |a, b| unsafe { same.holds(first.wrapping_add(a * width), first.wrapping_add(b * width)) }
}

fn press(sorted: &Array, same: Same) -> Result<Array> {
    assert!(sorted.ndim() == 1 && sorted.is_c_contiguous() && sorted.is_writeable(), "a fresh sorted copy");
    let _guards = exec::guard(&[sorted], 1, "unique")?;
    let count = match same.row {
        // SAFETY: dense, aligned values of the row's kind, which are guarded.
        Some(row) => unsafe { (row.distinct)(sorted.size(), sorted.as_ptr(), same.equal_nan) },
        None => pressed(sorted, same),
    };
    sorted.index(&[Index::Slice { start: Some(0), stop: Some(count as isize), step: None }])
}

/// Moves the first of each run of equal elements to the front; how many there are.
fn pressed(sorted: &Array, same: Same) -> usize {
    let (first, width) = (sorted.as_ptr(), sorted.dtype().size());
    let mut count = sorted.size().min(1);
    for i in 1..sorted.size() {
        // SAFETY: elements of the dense, guarded array.
        unsafe {
            let (last, next) = (first.add((count - 1) * width), first.add(i * width));
            if !same.holds(last, next) {
                std::ptr::copy(next, first.add(count * width), width);
                count += 1;
            }
        }
    }
    count
}

/// The lengths of runs of `n` places in a row that `same` says are equal, as an array.
fn counts_of(n: usize, same: impl Fn(usize, usize) -> bool) -> Result<Array> {
    let runs = n.min(1) + (1..n).filter(|&i| !same(i - 1, i)).count();
    let counts = Array::zeros(&[runs], Kind::I64.into())?;
    let mut held = counts.write::<i64>()?;
    if let Some(counts) = held.as_mut_slice() {
        let mut run = 0;
        counts[0] = 1;
        for i in 1..n {
            run += usize::from(!same(i - 1, i));
            counts[run] += 1;
        }
    }
    drop(held);
    Ok(counts)
}

fn by_places(array: &Array, options: UniqueOptions, same: Same) -> Result<Unique> {
    let flat = array.ravel(Order::C)?;
    let order = argsort(&flat, 0, Sorting { stable: true, descending: false })?;
    let _guards = exec::guard(&[&flat], 0, "unique")?;
    let step = flat.strides()[0];
    let value = |place: i64| flat.as_ptr().wrapping_offset(place as isize * step);
    // SAFETY: the places are those of the flat array, which is guarded.
    let count = mark(&order, |a, b| unsafe { same.holds(value(a), value(b)) })?;
    let values = Array::empty(&[count], flat.dtype(), "unique")?;
    let width = flat.dtype().size();
    numbered(&order, array.shape(), options, values, |number, place, values| {
        // SAFETY: there are as many results as there are numbers.
        unsafe { std::ptr::copy_nonoverlapping(value(place), values.as_ptr().add(number * width), width) };
        Ok(())
    })
}

/// Inverts the bits of each place, in sorted order, whose value is another one than that of the place before it; how many
/// they are. So runs are told apart without scratch.
fn mark(order: &Array, alike: impl Fn(i64, i64) -> bool) -> Result<usize> {
    let mut held = order.write::<i64>()?;
    let places = held.as_mut_slice().unwrap_or_default();
    let mut count = 0;
    for rank in (0..places.len()).rev() {
        if rank == 0 || !alike(places[rank - 1], places[rank]) {
            places[rank] = !places[rank];
            count += 1;
        }
    }
    Ok(count)
}

/// Goes through marked places, numbering the values: `put` is told the first place of each.
fn numbered(
    order: &Array,
    shape: &[usize],
    options: UniqueOptions,
    values: Array,
    mut put: impl FnMut(usize, i64, &Array) -> Result<()>,
) -> Result<Unique> {
    let count = values.shape()[0];
    let integers = |wanted: bool, shape: &[usize]| wanted.then(|| Array::zeros(shape, Kind::I64.into())).transpose();
    let index = integers(options.index, &[count])?;
    let inverse = integers(options.inverse, shape)?;
    let counts = integers(options.counts, &[count])?;
    {
        let mut held = [&index, &inverse, &counts].map(|array| array.as_ref().map(Array::write::<i64>));
        let [index, inverse, counts] = &mut held;
        let (index, inverse, counts) = (slice_of(index)?, slice_of(inverse)?, slice_of(counts)?);
        let mut next = 0;
        for &marked in order.read::<i64>()?.as_slice().unwrap_or_default() {
            let place = if marked < 0 { !marked } else { marked };
            if marked < 0 {
                put(next, place, &values)?;
                if let Some(index) = index.get_mut(next) {
                    *index = place;
                }
                next += 1;
            }
            if let Some(inverse) = inverse.get_mut(place as usize) {
                *inverse = next as i64 - 1;
            }
            if let Some(counts) = counts.get_mut(next - 1) {
                *counts += 1;
            }
        }
    }
    Ok(Unique { values, index, inverse, counts })
}

/// The elements held for writing; none where nothing is.
fn slice_of<'a>(held: &'a mut Option<Result<Write<'_, i64>>>) -> Result<&'a mut [i64]> {
    match held {
        None => Ok(&mut []),
        Some(Ok(held)) => Ok(held.as_mut_slice().unwrap_or_default()),
        Some(Err(error)) => Err(error.clone()),
    }
}

/// The distinct rows of an array: its parts along the first axis, ordered by their first element that differs. NaN are
/// never equal here.
///
/// # Errors
/// Refused memory.
pub fn unique_rows(array: &Array, options: UniqueOptions) -> Result<Unique> {
    let n = array.shape()[0];
    let columns: usize = array.shape()[1..].iter().product();
    let table = array.reshape(&[n as isize, columns as isize], Order::C, None)?;
    let same = Same::new(array.dtype(), false)?;
    let at = |place: i64, column: usize| {
        let [down, right] = [table.strides()[0], table.strides()[1]];
        table.as_ptr().wrapping_offset(place as isize * down + column as isize * right).cast_const()
    };
    let order = Array::arange(Scalar::Int(0), Scalar::Int(n as i128), Scalar::Int(1), Some(Kind::I64.into()))?;
    let guards = exec::guard(&[&table], 0, "unique")?;
    if let Some(places) = order.write::<i64>()?.as_mut_slice() {
        places.sort_unstable_by(|&a, &b| {
            // SAFETY: places and columns of the table, which is guarded.
            let unequal = (0..columns).map(|c| unsafe { compare(same.dtype, at(a, c), at(b, c)) }).find(|o| o.is_ne());
            unequal.unwrap_or_else(|| a.cmp(&b))
        });
    }
    // SAFETY: as above.
    let count = mark(&order, |a, b| (0..columns).all(|c| unsafe { same.holds(at(a, c), at(b, c)) }))?;
    let mut shape = array.shape().to_vec();
    shape[0] = count;
    let values = Array::empty(&shape, array.dtype(), "unique")?;
    let found = numbered(&order, &[n], options, values, |number, place, values| {
        copy_into(&values.index(&[Index::At(number as isize)])?, &array.index(&[Index::At(place as isize)])?)
    });
    drop(guards);
    found
}
