//! Which values are among others.
//!
//! Where the others are integers that lie close together, a table of bytes says it at once. Else they are entered into
//! tables of hashes, or, where those would be too many, sorted once. None needs room for the values.

use super::{Sorting, hashed, row_of, sort_in_place, words_of};
use crate::exec;
use crate::program::{BLOCK, ProgramBuilder, ScratchBuf};
use crate::walk::Walk;
use crate::words::Words;
use metes_array::{Array, Order, Scalar, meet};
use metes_dtype::{Category, DType, Form, Kind};
use metes_kernels::Sorted;
use metes_memory::{Error, ErrorKind, Result};

/// How values are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// By a table where it is small, else by hashes, or by sorting where they would take too many turns.
    Auto,
    /// Among sorted values.
    Sort,
    /// In a table of the integers between the smallest and the largest.
    Table,
}

/// Whether no element of the one dtype is equal to any of the other: text, bytes, instants and all else are apart.
fn are_apart(a: DType, b: DType) -> bool {
    let sort = |dtype: DType| match dtype.form() {
        Form::Text { .. } => 0,
        Form::Bytes(_) => 1,
        Form::Time(time) if !time.span => 2,
        _ => 3,
    };
    sort(a) != sort(b)
}

/// Whether each of `values` is (or, with `invert`, is not) among `others`; NaN is nowhere.
///
/// ```
/// use metes_array::Array;
/// use metes_eval::{Search, contains};
/// let (a, b) = (Array::from_slice(&[3], &[1, 2, 3])?, Array::from_slice(&[2], &[3, 1])?);
/// assert_eq!(contains(&a, &b, false, Search::Auto)?.read::<bool>()?.to_vec(), [true, false, true]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// A table for values that are no integers, or too far apart; refused memory.
pub fn contains(values: &Array, others: &Array, invert: bool, how: Search) -> Result<Array> {
    let whole = |a: &Array| a.dtype().category() <= Category::Signed;
    let integers = whole(values) && whole(others);
    if how == Search::Table && !integers {
        let message = "The 'table' method is only supported for boolean or integer arrays. Please select 'sort' or None for kind.";
        return Err(Error::new(ErrorKind::Value, message));
    }
    let out = Array::empty_in(values.shape(), Kind::Bool.into(), Order::C, "isin")?;
    if out.size() == 0 {
        return Ok(out);
    }
    if others.size() == 0 {
        return Array::full(values.shape(), Scalar::Bool(invert), Kind::Bool.into());
    }
    if are_apart(values.dtype(), others.dtype()) {
        return Array::full(values.shape(), Scalar::Bool(invert), Kind::Bool.into());
    }
    let dtype = meet(values.dtype(), others.dtype())?;
    if let Some(words) = Words::of(values.dtype()).zip(Words::of(others.dtype()))
        && words_of::pays(others.size())
    {
        words_of::contains(values, others, words, invert, &out)?;
        return Ok(out);
    }
    if super::others::is_ours(dtype) {
        return super::others::contains(
            &crate::convert(values, dtype, "isin")?,
            &crate::convert(others, dtype, "isin")?,
            invert,
        );
    }
    if integers && how != Search::Sort {
        let (low, high) = bounds(others)?;
        let span = (high - low) as u128 + 1;
        let most = 6 * (values.size() as u128 + others.size() as u128);
        if span <= most || how == Search::Table && span < isize::MAX as u128 {
            by_table(values, others, (low, span as usize), invert, &out)?;
            return Ok(out);
        }
        if how == Search::Table {
            let message = "You have specified kind='table', but the range of values in `ar2` or `ar1` exceed the maximum integer of the datatype. Please set `kind` to None or 'sort'.";
            return Err(Error::new(ErrorKind::Overflow, message));
        }
    }
    if how != Search::Sort && hashed::pays(values.size(), others.size(), dtype) {
        hashed::contains(values, others, dtype, invert, &out)?;
    } else {
        by_sorting(values, others, invert, &out)?;
    }
    Ok(out)
}

/// The values of a one-dimensional array where a mask of its length is true.
///
/// # Errors
/// Refused memory.
pub fn compress(array: &Array, mask: &Array) -> Result<Array> {
    let walk = Walk::new(mask.shape(), &[mask, array])?;
    let _guards = exec::guard(&[mask, array], 0, "compress")?;
    let mut count = 0;
    walk.for_each_block(|n, runs| count += exec::true_runs(n, runs[0]).iter().map(|run| run.1).sum::<usize>());
    let out = Array::empty(&[count], array.dtype(), "compress")?;
    let width = array.dtype().size();
    let mut to = (out.as_ptr(), width as isize);
    walk.for_each_block(|n, runs| {
        for (start, len) in exec::true_runs(n, runs[0]) {
            let from = (runs[1].0.wrapping_offset(start as isize * runs[1].1), runs[1].1);
            // SAFETY: the walk stays within the guarded array; the fresh result has as many values as the mask has.
            unsafe { exec::move_values(len, width, from, to) };
            to.0 = to.0.wrapping_add(len * width);
        }
    });
    Ok(out)
}

fn bounds(array: &Array) -> Result<(i128, i128)> {
    let extreme = |name: &str| -> Result<i128> {
        let row = metes_kernels::reduction(name).expect("a row of the table");
        match crate::reduce(row, array, &crate::ReduceOptions::default())?.item(&[])? {
            Scalar::Int(value) => Ok(value),
            Scalar::Bool(value) => Ok(i128::from(value)),
            other => unreachable!("{other} is no integer"),
        }
    };
    Ok((extreme("min")?, extreme("max")?))
}

/// Calls `each` with blocks of the values of an array cast to `dtype`: how many, where, and the result's run.
pub(super) fn in_blocks(
    array: &Array,
    dtype: DType,
    out: Option<&Array>,
    mut each: impl FnMut(usize, (*const u8, isize), (*mut u8, isize)),
) -> Result<()> {
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(array.dtype());
    let slot = builder.cast(slot, dtype)?;
    let program = builder.finish(slot);
    let scratch = ScratchBuf::new(&program)?;
    let mut operands: Vec<&Array> = out.into_iter().collect();
    let written = operands.len();
    operands.push(array);
    let walk = Walk::new(array.shape(), &operands)?;
    let _guards = exec::guard(&operands, written, "isin")?;
    walk.for_each_block(|n, runs| {
        // SAFETY: the walk stays within the guarded arrays; the block goes to a register.
        let (block, _) = unsafe { exec::block(&program, scratch.lane(0), n, &runs[written..], None) };
        each(n, (block.0.cast_const(), block.1), runs[0]);
    });
    Ok(())
}

fn by_table(values: &Array, others: &Array, (low, span): (i128, usize), invert: bool, out: &Array) -> Result<()> {
    let table = Array::zeros(&[span], Kind::U8.into())?;
    let first = table.as_ptr();
    // In 64 bits, wrapping: what is below the smallest wraps to beyond the table.
    let (low, to) = (low as u64, |array: &Array| if array.dtype() == Kind::U64 { Kind::U64 } else { Kind::I64 });
    in_blocks(others, to(others).into(), None, |n, block, _| {
        for i in 0..n as isize {
            // SAFETY: a block of `n` integers of 64 bits; all of them lie within the table's span.
            unsafe {
                *first.add(block.0.wrapping_offset(i * block.1).cast::<u64>().read().wrapping_sub(low) as usize) = 1
            };
        }
    })?;
    // An unsigned and a signed operand may meet outside each other's range: then the top bit says that they differ.
    let mixed = (to(values) == Kind::U64) != (to(others) == Kind::U64);
    let foreign = |value: u64| mixed && value >> 63 == 1;
    in_blocks(values, to(values).into(), Some(out), |n, block, result| {
        for i in 0..n as isize {
            // SAFETY: as above, and a place is only read within the span; `n` results in the run.
            unsafe {
                let value = block.0.wrapping_offset(i * block.1).cast::<u64>().read();
                let place = value.wrapping_sub(low) as usize;
                let found = !foreign(value) && place < span && *first.add(place) == 1;
                *result.0.wrapping_offset(i * result.1) = u8::from(found != invert);
            }
        }
    })
}

fn by_sorting(values: &Array, others: &Array, invert: bool, out: &Array) -> Result<()> {
    let dtype = meet(values.dtype(), others.dtype())?;
    let row = row_of(dtype, "isin")?;
    let sorted = Array::empty(&[others.size()], dtype, "isin")?;
    crate::assign(
        &sorted.reshape(&others.shape().iter().map(|&n| n as isize).collect::<Vec<_>>(), Order::C, Some(false))?,
        &crate::Operand::Array(others.clone()),
        metes_dtype::Casting::Unsafe,
        None,
    )?;
    sort_in_place(&sorted, 0, Sorting::default())?;
    let (n, width) = (sorted.size(), dtype.size());
    let place = Sorted { n, x: sorted.as_ptr(), step: width as isize, places: None };
    let mut ranks = [0i64; BLOCK];
    in_blocks(values, dtype, Some(out), |count, block, result| {
        // SAFETY: the sorted copy is dense and nobody else's, the block has `count` values, and so has the run of results.
        unsafe {
            (row.search)(&place, count, block, false, (ranks.as_mut_ptr().cast(), 8));
            for (i, &rank) in ranks[..count].iter().enumerate() {
                let value = block.0.wrapping_offset(i as isize * block.1);
                let found = (rank as usize) < n
                    && !(row.is_nan)(value)
                    && (row.compare)(value, place.x.add(rank as usize * width)).is_eq();
                *result.0.wrapping_offset(i as isize * result.1) = u8::from(found != invert);
            }
        }
    })
}
