//! Where an array is true: counting, and blocks of the offsets of its true elements, in C order.
//!
//! Truth is looked up in the bytes of an element without knowing its dtype: it is true if a bit is set that is not the
//! sign of a float.

use super::pick::true_places;
use super::reader::{BLOCK, Block};
use crate::copy::{SHARED, TASK};
use crate::layout::shape_text;
use crate::{Array, Dims, Layout, Strides, coalesce};
use metes_dtype::{Category, DType, Kind};
use metes_memory::{Access, Buffer, Error, ErrorKind, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Elements that are looked at before it is checked whether the block is full.
const CHUNK: usize = 64;

/// A walk over an array that finds what is true.
pub(crate) struct Trues {
    truth: Truth,
    shape: Dims,
    mask: Strides,
    steps: Strides,
    index: Dims,
    /// The next element, and its offset.
    from: *const u8,
    offset: isize,
    column: usize,
    /// Elements not looked at yet.
    left: usize,
}

/// How to see in the bytes of an element whether it is true.
#[derive(Clone, Copy)]
struct Truth {
    size: usize,
    /// The bits that count.
    bits: u128,
}

impl Truth {
    /// `None` for what is neither a number nor time.
    fn of(dtype: DType) -> Option<Truth> {
        let size = dtype.size();
        if dtype.any_number().is_none() && dtype.time().is_none() {
            return None;
        }
        let all = u128::MAX >> (128 - 8 * size);
        let sign = |end: usize, bytes: usize| match dtype.is_swapped() {
            Some(true) => 0x80u128 << (8 * (end - bytes)),
            _ => 0x80u128 << (8 * (end - 1)),
        };
        let signs = match dtype.category() {
            Category::Float => sign(size, size),
            Category::Complex => sign(size, size / 2) | sign(size / 2, size / 2),
            _ => 0,
        };
        Some(Truth { size, bits: all & !signs })
    }

    /// What a mask's bytes say.
    const MASK: Truth = Truth { size: 1, bits: 0xff };
}

impl Trues {
    /// A walk over `array`; the offsets are what `strides` give from `base` on.
    pub fn new(array: &Array, base: isize, strides: &[isize]) -> Trues {
        let (mut shape, mut merged) = coalesce(array.shape(), &[array.strides().into(), strides.into()]);
        if shape.is_empty() {
            shape.push(1);
            merged.iter_mut().for_each(|s| s.push(0));
        }
        let steps = merged.pop().expect("two operands");
        let mask = merged.pop().expect("two operands");
        let index = Dims::from_elem(0, shape.len());
        let (from, left) = (array.as_ptr().cast_const(), array.size());
        // Counted before, which refuses what has no truth.
        let truth = Truth::of(array.dtype()).unwrap_or(Truth::MASK);
        Trues { truth, shape, mask, steps, index, from, offset: base, column: 0, left }
    }

    /// A walk whose offsets are positions in C order.
    pub fn positions(array: &Array) -> Result<Trues> {
        Ok(Trues::new(array, 0, Layout::contiguous(array.shape(), 1)?.strides()))
    }

    /// The walk over `count` elements from number `first` on, in C order.
    pub fn part(mut self, first: usize, count: usize) -> Trues {
        let mut row = first;
        for axis in (0..self.shape.len()).rev() {
            let length = self.shape[axis].max(1);
            let at = row % length;
            row /= length;
            self.shift(axis, at as isize);
            match axis + 1 == self.shape.len() {
                true => self.column = at,
                false => self.index[axis] = at,
            }
        }
        self.left = count;
        self
    }

    /// How many of the elements that are left are true.
    ///
    /// # Safety
    /// The array may be read.
    pub unsafe fn count(mut self) -> usize {
        let last = self.shape.len() - 1;
        let mut sum = 0;
        while self.left > 0 {
            let n = (self.shape[last] - self.column).min(self.left);
            // SAFETY: the caller's promise; the row has `n` more elements.
            sum += unsafe { count(self.truth, &[n], &[self.mask[last]], self.from) };
            self.advance(n);
        }
        sum
    }

    /// Fills the next offsets; how many, 0 at the end.
    ///
    /// # Safety
    /// The array may be read.
    pub unsafe fn fill(&mut self, into: &mut Block) -> usize {
        // SAFETY: in all arms, the caller's promise.
        unsafe {
            match self.truth.size {
                1 => self.run::<u8>(into),
                2 => self.run::<u16>(into),
                4 => self.run::<u32>(into),
                8 => self.run::<u64>(into),
                _ => self.run::<u128>(into),
            }
        }
    }

    /// # Safety
    /// As [`Trues::fill`], and elements have the size of `T`.
    unsafe fn run<T: Word>(&mut self, into: &mut Block) -> usize {
        let last = self.shape.len() - 1;
        let (step, by) = (self.mask[last], self.steps[last]);
        let bits = T::cut(self.truth.bits);
        let mut filled = 0;
        while self.left > 0 && filled + CHUNK <= BLOCK {
            let n = (self.shape[last] - self.column).min(CHUNK).min(self.left);
            // SAFETY: the caller's promise; the row has `n` more elements, and the block places for as many.
            if n == CHUNK && step == size_of::<T>() as isize {
                // SAFETY: as above.
                unsafe { dense_chunk::<T>(self.from, bits, self.offset, by, into, &mut filled) };
            } else {
                for i in 0..n as isize {
                    into[filled] = self.offset + i * by;
                    // SAFETY: as above.
                    let word = unsafe { self.from.wrapping_offset(i * step).cast::<T>().read_unaligned() };
                    filled += usize::from(word.any(bits));
                }
            }
            self.advance(n);
        }
        filled
    }

    fn advance(&mut self, n: usize) {
        let last = self.shape.len() - 1;
        self.left -= n;
        self.column += n;
        self.shift(last, n as isize);
        if self.column < self.shape[last] {
            return;
        }
        self.shift(last, -(self.column as isize));
        self.column = 0;
        for axis in (0..last).rev() {
            self.index[axis] += 1;
            if self.index[axis] < self.shape[axis] {
                return self.shift(axis, 1);
            }
            self.shift(axis, 1 - self.shape[axis] as isize);
            self.index[axis] = 0;
        }
    }

    fn shift(&mut self, axis: usize, by: isize) {
        self.from = self.from.wrapping_offset(by.wrapping_mul(self.mask[axis]));
        self.offset = self.offset.wrapping_add(by.wrapping_mul(self.steps[axis]));
    }
}

/// The trues of [`CHUNK`] dense elements, of which there is room for all.
///
/// # Safety
/// The elements may be read.
#[inline]
unsafe fn dense_chunk<T: Word>(
    from: *const u8,
    bits: T,
    offset: isize,
    by: isize,
    into: &mut Block,
    filled: &mut usize,
) {
    // SAFETY: the caller's promise.
    let mut found = unsafe { T::bits(from.cast(), bits) };
    let room = &mut into[*filled..*filled + CHUNK];
    if found == u64::MAX {
        room.iter_mut().enumerate().for_each(|(i, place)| *place = offset + i as isize * by);
        *filled += CHUNK;
        return;
    }
    let count = found.count_ones() as usize;
    for place in &mut room[..count] {
        *place = offset + found.trailing_zeros() as isize * by;
        found &= found - 1;
    }
    *filled += count;
}

/// An element as bits.
trait Word: Copy {
    fn cut(bits: u128) -> Self;
    fn any(self, bits: Self) -> bool;

    /// One bit for each of [`CHUNK`] elements, the first the lowest.
    ///
    /// # Safety
    /// The elements may be read.
    #[inline]
    unsafe fn bits(from: *const Self, bits: Self) -> u64 {
        (0..CHUNK).fold(0, |all, i| {
            // SAFETY: the caller's promise.
            let word = unsafe { from.add(i).read_unaligned() };
            all | u64::from(word.any(bits)) << i
        })
    }
}

macro_rules! words {
    ($($t:ty)*) => {$(
        impl Word for $t {
            #[inline(always)]
            fn cut(bits: u128) -> $t {
                bits as $t
            }
            #[inline(always)]
            fn any(self, bits: $t) -> bool {
                self & bits != 0
            }
        }
    )*};
}
words!(u16 u32 u64 u128);

impl Word for u8 {
    #[inline(always)]
    fn cut(bits: u128) -> u8 {
        bits as u8
    }

    #[inline(always)]
    fn any(self, bits: u8) -> bool {
        self & bits != 0
    }

    /// Eight at a time: bytes that are not 0 become 1, and one product moves the eight ones side by side.
    #[inline]
    unsafe fn bits(from: *const u8, _: u8) -> u64 {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        (0..CHUNK / 8).fold(0, |all, i| {
            // SAFETY: the caller's promise.
            let eight = u64::from_le(unsafe { from.add(8 * i).cast::<u64>().read_unaligned() });
            let ones = ((((eight & LOW) + LOW) | eight) & !LOW) >> 7;
            all | (ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i)
        })
    }
}

/// How many elements are true: neither zero nor `false`.
///
/// ```
/// let a = metes_array::Array::from_slice(&[4], &[0.0, -0.0, f64::NAN, 2.0])?;
/// assert_eq!(metes_array::count_true(&a)?, 2);
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn count_true(array: &Array) -> Result<usize> {
    let array = &array.truths()?;
    let _guard = reading(array, "count_nonzero")?;
    let (shape, strides) = coalesce(array.shape(), &[array.strides().into()]);
    // The order does not matter to a count: the densest axis goes last.
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    axes.sort_by_key(|&a| std::cmp::Reverse(strides[0][a].unsigned_abs()));
    let ordered: Dims = axes.iter().map(|&a| shape[a]).collect();
    let steps: Strides = axes.iter().map(|&a| strides[0][a]).collect();
    let (shape, steps) = coalesce(&ordered, &[steps]);
    let truth = Truth::of(array.dtype()).ok_or_else(|| crate::missing(array.dtype(), "count_nonzero"))?;
    let (shape, steps) = (shape.as_slice(), steps[0].as_slice());
    let first = shape.first().copied().unwrap_or(1);
    let lanes = if array.nbytes() < 2 * SHARED { 1 } else { metes_threads::available() };
    if lanes <= 1 || first < 2 {
        // SAFETY: the walk stays within the array, which is guarded.
        return Ok(unsafe { count(truth, shape, steps, array.as_ptr()) });
    }
    let tasks = array.nbytes().div_ceil(2 * TASK).min(first);
    let (each, total) = (first.div_ceil(tasks), AtomicUsize::new(0));
    metes_threads::share(lanes, first.div_ceil(each), &|_, task| {
        let mut part = Dims::from_slice(shape);
        part[0] = each.min(first - task * each);
        let from = array.as_ptr().cast_const().wrapping_offset((task * each) as isize * steps[0]);
        // SAFETY: a part of the walk, as above.
        total.fetch_add(unsafe { count(truth, &part, steps, from) }, Ordering::Relaxed);
    });
    Ok(total.into_inner())
}

/// # Safety
/// The elements of this shape may be read.
unsafe fn count(truth: Truth, shape: &[usize], steps: &[isize], from: *const u8) -> usize {
    // SAFETY: in all arms, the caller's promise.
    unsafe {
        match (shape, steps) {
            ([n], [step]) => match truth.size {
                1 => count_run::<u8>(truth, *n, *step, from),
                2 => count_run::<u16>(truth, *n, *step, from),
                4 => count_run::<u32>(truth, *n, *step, from),
                8 => count_run::<u64>(truth, *n, *step, from),
                _ => count_run::<u128>(truth, *n, *step, from),
            },
            ([n, shape @ ..], [step, steps @ ..]) => {
                (0..*n as isize).map(|i| count(truth, shape, steps, from.wrapping_offset(i * step))).sum()
            }
            _ => count(truth, &[1], &[0], from),
        }
    }
}

/// # Safety
/// `n` elements of the size of `T` may be read, `step` bytes apart.
unsafe fn count_run<T: Word>(truth: Truth, n: usize, step: isize, from: *const u8) -> usize {
    let bits = T::cut(truth.bits);
    let mut sum = 0;
    if step == size_of::<T>() as isize {
        let from = from.cast::<T>();
        // Sums of at most 255 fit a byte, so that the loop adds in bytes.
        for start in (0..n).step_by(255) {
            // SAFETY: the caller's promise.
            let few = (start..n.min(start + 255)).map(|i| u8::from(unsafe { from.add(i).read_unaligned() }.any(bits)));
            sum += usize::from(few.fold(0u8, u8::wrapping_add));
        }
        return sum;
    }
    for i in 0..n as isize {
        // SAFETY: the caller's promise.
        sum += usize::from(unsafe { from.wrapping_offset(i * step).cast::<T>().read_unaligned() }.any(bits));
    }
    sum
}

pub(crate) fn reading(array: &Array, who: &'static str) -> Result<metes_memory::Guards> {
    Buffer::guard(&[(array.buffer(), array.extent(), Access::Read)], who)
}

/// The indices of the true elements: one array for each axis, in C order.
///
/// ```
/// let a = metes_array::Array::from_slice(&[2, 2], &[0, 1, 1, 0])?;
/// let places = metes_array::nonzero(&a)?;
/// assert_eq!(places[0].read::<i64>()?.to_vec(), [0, 1]);
/// assert_eq!(places[1].read::<i64>()?.to_vec(), [1, 0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An array without axes, refused memory.
pub fn nonzero(array: &Array) -> Result<Vec<Array>> {
    if array.ndim() == 0 {
        let message = "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.";
        return Err(Error::new(ErrorKind::Value, message.replace("np.", "")));
    }
    let array = &array.truths()?;
    if let Some(places) = true_places(array, "nonzero")? {
        return Ok(vec![places]);
    }
    let count = count_true(array)?;
    let results = (0..array.ndim()).map(|_| Array::empty(&[count], Kind::I64.into(), "nonzero"));
    let results: Vec<Array> = results.collect::<Result<_>>()?;
    let places: Vec<(*mut u8, isize)> = results.iter().map(|r| (r.as_ptr(), 8)).collect();
    write_indices(array, count, array.shape(), &places)?;
    Ok(results)
}

/// The positions of the true elements among all, in C order.
pub fn flatnonzero(array: &Array) -> Result<Array> {
    let array = &array.truths()?;
    let count = count_true(array)?;
    let result = Array::empty(&[count], Kind::I64.into(), "flatnonzero")?;
    write_indices(array, count, &[array.size()], &[(result.as_ptr(), 8)])?;
    Ok(result)
}

/// The indices of the true elements, one row each.
pub fn argwhere(array: &Array) -> Result<Array> {
    let array = &array.truths()?;
    let count = count_true(array)?;
    let ndim = array.ndim();
    let result = Array::empty(&[count, ndim], Kind::I64.into(), "argwhere")?;
    let places: Vec<(*mut u8, isize)> =
        (0..ndim).map(|axis| (result.as_ptr().wrapping_add(8 * axis), 8 * ndim as isize)).collect();
    write_indices(array, count, array.shape(), &places)?;
    Ok(result)
}

/// Writes `count` indices along each axis of `shape`, of the array's size, to fresh places a step apart.
fn write_indices(array: &Array, count: usize, shape: &[usize], places: &[(*mut u8, isize)]) -> Result<()> {
    let _guard = reading(array, "nonzero")?;
    let mut trues = Trues::positions(array)?;
    let (mut block, mut done) = ([0; BLOCK], 0);
    loop {
        // SAFETY: the array is guarded.
        let n = unsafe { trues.fill(&mut block) }.min(count - done);
        if n == 0 {
            break;
        }
        let mut rows = block;
        for (axis, (place, step)) in places.iter().enumerate().rev() {
            let last = axis == 0;
            let start = place.wrapping_offset(done as isize * step);
            // SAFETY: the places belong to fresh arrays of `count` rows, of which `n` more are left.
            unsafe { write_axis(&mut rows[..n], shape[axis], last, start, *step) };
        }
        done += n;
    }
    if done == count { Ok(()) } else { Err(changed(array)) }
}

/// Writes the remainders by `len`, and leaves the quotients.
///
/// # Safety
/// There are as many places of 8 bytes, `step` apart.
unsafe fn write_axis(rows: &mut [isize], len: usize, last: bool, place: *mut u8, step: isize) {
    let put = |i: usize, value: isize| {
        // SAFETY: the caller's promise.
        unsafe { place.wrapping_offset(i as isize * step).cast::<i64>().write_unaligned(value as i64) };
    };
    if last {
        return rows.iter().enumerate().for_each(|(i, row)| put(i, *row));
    }
    let small = u32::try_from(len).ok().filter(|_| rows.iter().all(|&row| row <= u32::MAX as isize));
    for (i, row) in rows.iter_mut().enumerate() {
        let (quotient, rest) = match small {
            Some(len) => ((*row as u32 / len) as isize, (*row as u32 % len) as isize),
            None => (*row / len as isize, *row % len as isize),
        };
        *row = quotient;
        put(i, rest);
    }
}

/// Foreign bytes may be written by anybody while they are read.
#[cold]
pub(crate) fn changed(mask: &Array) -> Error {
    let message = format!("a mask of shape {} changed while it was read", shape_text(mask.shape()));
    Error::new(ErrorKind::Busy, message)
}
