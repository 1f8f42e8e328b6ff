//! Copies of elements from one layout to another, by width, without looking at what they mean.
//!
//! Axes are walked in the order of the destination's strides and merged where both sides allow it; contiguous runs are
//! block copies, and transposed pairs go in tiles that fit the cache. One of the two files here with raw pointers.

use crate::inplace::copy_meeting;
use crate::layout::{Dims, Strides, shape_text};
use crate::past::{PAST_CACHES, copy_past, settle};
use crate::{Array, Order, coalesce, meeting, shares_memory};
use metes_dtype::Kind;
use metes_memory::{Access, Buffer, Cause, Error, ErrorKind, Guards, Reason, Result, copying};
use std::borrow::Borrow;

/// Side of a tile of a transposed copy, in elements.
const TILE: usize = 32;
/// Side of a square within a tile that is transposed at once: a line of the cache, of elements of 8 bytes.
const SQUARE: usize = 8;
/// Bytes from which a second thread pays, and bytes of a task.
pub(crate) const SHARED: usize = 512 << 10;
pub(crate) const TASK: usize = 128 << 10;
/// Work that the overlap test may spend before a copy is made to be safe.
pub(crate) const OVERLAP_WORK: u64 = 1000;

/// Copies the elements of `src` to `dst`: same shape, same dtype, any layouts, also overlapping ones.
///
/// # Errors
/// Shapes or dtypes that differ, a read-only destination, a conflicting guard.
pub fn copy_into(dst: &Array, src: &Array) -> Result<()> {
    if dst.shape() != src.shape() || dst.dtype() != src.dtype() {
        let message = format!(
            "copy: {} {} does not match {} {}",
            src.dtype(),
            shape_text(src.shape()),
            dst.dtype(),
            shape_text(dst.shape())
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    dst.require_writeable("copy")?;
    if dst.buffer().same(src.buffer()) && dst.layout() == src.layout() {
        return Ok(());
    }
    if shares_memory(dst, src, Some(OVERLAP_WORK)).unwrap_or(true) {
        if let Some(meeting) = meeting(dst, src) {
            return copy_meeting(dst, src, &meeting);
        }
        let apart =
            src.copy_because(Order::K, Reason::Overlap, |_| "the source shares bytes with the target".to_owned())?;
        return copy_guarded(dst, &apart);
    }
    copy_guarded(dst, src)
}

impl Array {
    /// As [`Array::copy`] in C order, of what lies densely in it: put in `place`. Says whether it is that, and nobody writes
    /// it.
    ///
    /// # Errors
    /// Refused memory.
    pub fn copy_direct(&self, place: &mut Option<Array>) -> Result<bool> {
        if !self.copy_block("copy", place)? {
            return Ok(false);
        }
        copying(Reason::Explicit, self.nbytes(), String::new)?;
        if let Some(copy) = place {
            copy.buffer().set_cause(Cause::of(Reason::Explicit));
        }
        Ok(true)
    }

    /// A copy of one element, as an array without axes; put in `place`. It is not noted among the copies: nobody looks for one
    /// of so few bytes.
    ///
    /// ```
    /// use metes_array::{Array, Scalar};
    /// let a = Array::from_slice(&[2], &[1.0, 2.0])?;
    /// let mut place = None;
    /// a.element(&[-1], &mut place)?;
    /// a.set_item(&[1], Scalar::Float(7.0))?;
    /// assert_eq!(place.unwrap().item(&[])?, Scalar::Float(2.0));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// A wrong index, an element that is being written, refused memory.
    pub fn element(&self, index: &[isize], place: &mut Option<Array>) -> Result<()> {
        let size = self.dtype().size();
        let fresh = Array::fresh_element(self.dtype(), "index")?;
        let to = fresh.as_ptr();
        // SAFETY: the element is held; the fresh bytes are nobody else's, and as many.
        self.with_element(index, Access::Read, "index", |from| unsafe {
            match size {
                // One move, for most.
                8 => std::ptr::copy_nonoverlapping(from.cast::<[u8; 8]>(), to.cast(), 1),
                _ => std::ptr::copy_nonoverlapping(from, to, size),
            }
        })?;
        *place = Some(fresh);
        Ok(())
    }

    /// Copies the bytes of one element, a number in native order, to `bits`, the rest of which are zero; says whether it did.
    /// Not where the index is wrong, the element is no such number, or somebody may write it:
    /// for all that is known here, everybody may who does not take turns.
    ///
    /// ```
    /// // SAFETY: the only thread has its turn.
    /// unsafe { metes_memory::take_turns(|| true) };
    /// let a = metes_array::Array::from_slice(&[2], &[1u8, 7])?;
    /// let mut bits = [1; 16];
    /// assert!(a.copy_bits(&[-1], &mut bits) && !a.copy_bits(&[2], &mut bits));
    /// assert_eq!(bits[..2], [7, 0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    #[inline]
    pub fn copy_bits(&self, index: &[isize], bits: &mut [u8; 16]) -> bool {
        let (Some(kind), Some(offset)) = (self.dtype().number(), self.layout().place_of(index)) else { return false };
        let still = self.buffer().is_still(Access::Read);
        if still {
            *bits = [0; 16];
            let from = self.buffer().as_ptr().wrapping_add(offset).cast_const();
            // SAFETY: an element of the kind, which nobody writes meanwhile; there is room for the largest.
            unsafe { copy_number(kind, from, bits.as_mut_ptr()) };
        }
        still
    }

    /// Sets one element, a number in native order, from its bytes; likewise.
    #[inline]
    pub fn set_bits(&self, index: &[isize], kind: Kind, bits: &[u8; 16]) -> bool {
        if self.dtype() != kind || !self.is_writeable() {
            return false;
        }
        let Some(offset) = self.layout().place_of(index) else { return false };
        let still = self.buffer().is_still(Access::Write);
        if still {
            let to = self.buffer().as_ptr().wrapping_add(offset);
            // SAFETY: an element of the kind, which nobody else uses meanwhile; the bytes are of the largest.
            unsafe { copy_number(kind, bits.as_ptr(), to) };
        }
        still
    }

    /// A copy in one block, without a walk, made by operation `op`; likewise.
    #[inline]
    pub(crate) fn copy_block(&self, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
        if !self.is_c_contiguous() {
            return Ok(false);
        }
        let Some(_held) = self.buffer().brief(Access::Read) else { return Ok(false) };
        let copy = place.insert(Array::empty(self.shape(), self.dtype(), op)?);
        // SAFETY: both have as many elements of the same size, densely; the fresh bytes are nobody else's, the others held.
        unsafe { copy_bytes(self.as_ptr(), copy.as_ptr(), copy.nbytes(), copy.nbytes()) };
        Ok(true)
    }
}

/// Copies one number.
///
/// # Safety
/// An element of the kind may be read at `from` and written at `to`, which are apart.
#[inline]
unsafe fn copy_number(kind: Kind, from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        match kind.size() {
            // One move for each, and most are the first.
            8 => std::ptr::copy_nonoverlapping(from.cast::<[u8; 8]>(), to.cast(), 1),
            4 => std::ptr::copy_nonoverlapping(from.cast::<[u8; 4]>(), to.cast(), 1),
            size => std::ptr::copy_nonoverlapping(from, to, size),
        }
    }
}

/// Dense arrays of one kind of numbers and one shape but for the first axis, one after the other in a new array made by
/// operation `op`; `None` where they are not that, or somebody writes one.
///
/// ```
/// let a = metes_array::Array::from_slice(&[2], &[1.0, 2.0])?;
/// let twice = metes_array::join_dense(&[a.clone(), a], "concatenate")?.unwrap();
/// assert_eq!(twice.read::<f64>()?.to_vec(), [1.0, 2.0, 1.0, 2.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Refused memory.
pub fn join_dense<A: Borrow<Array>>(arrays: &[A], op: &'static str) -> Result<Option<Array>> {
    let each = || arrays.iter().map(Borrow::borrow);
    let Some((first, within)) = each().next().and_then(|first: &Array| Some((first, first.shape().get(1..)?))) else {
        return Ok(None);
    };
    let alike = |a: &Array| a.dtype() == first.dtype() && a.shape().get(1..) == Some(within) && a.is_c_contiguous();
    if first.dtype().number().is_none() || !each().all(alike) {
        return Ok(None);
    }
    let mut shape = Dims::from_slice(first.shape());
    let Some(length) = each().try_fold(0usize, |sum, a| sum.checked_add(a.shape()[0])) else { return Ok(None) };
    shape[0] = length;
    let out = Array::empty(&shape, first.dtype(), op)?;
    let mut to = out.as_ptr();
    for array in each() {
        let Some(_held) = array.buffer().brief(Access::Read) else { return Ok(None) };
        let bytes = array.nbytes();
        // SAFETY: dense elements, which are held; the fresh array has room for those of all arrays.
        unsafe {
            copy_bytes(array.as_ptr(), to, bytes, length * within.iter().product::<usize>() * first.dtype().size())
        };
        to = to.wrapping_add(bytes);
    }
    Ok(Some(out))
}

fn copy_guarded(dst: &Array, src: &Array) -> Result<()> {
    if dst.nbytes() == 0 {
        return Ok(());
    }
    let (_guards, shape, strides) = paired(dst, src)?;
    let copy = Copy { shape: &shape, dst: &strides[0], src: &strides[1] };
    // SAFETY: both arrays' elements lie within their buffers, do not overlap, and are guarded.
    unsafe { copy.shared(dst.dtype().size(), dst.as_ptr(), src.as_ptr()) };
    Ok(())
}

/// Copies bytes into a result that has so many in all.
///
/// # Safety
/// `n` bytes may be read and written, and do not overlap.
#[inline]
unsafe fn copy_bytes(from: *const u8, to: *mut u8, n: usize, whole: usize) {
    if n < SHARED {
        // SAFETY: the caller's promise.
        return unsafe { std::ptr::copy_nonoverlapping(from, to, n) };
    }
    let (ends, past) = (Ends(to, from), whole >= PAST_CACHES);
    metes_threads::share(metes_threads::available(), n.div_ceil(TASK), &|_, task| {
        let ends = &ends;
        let first = task * TASK;
        let (to, from, count) = (ends.0.wrapping_add(first), ends.1.wrapping_add(first), TASK.min(n - first));
        // SAFETY: a part of what the caller vouches for; no other part writes its bytes.
        unsafe {
            match past {
                true => copy_past(from, to, count),
                false => std::ptr::copy_nonoverlapping(from, to, count),
            }
        }
        if past {
            settle();
        }
    });
}

/// Guards for a copy between arrays of one shape, and what it walks in units: axes from the target's largest step on, merged
/// where both sides allow it, with the strides of the target and of the source.
pub(crate) fn paired(dst: &Array, src: &Array) -> Result<(Guards, Dims, Vec<Strides>)> {
    let guards = Buffer::guard(
        &[(dst.buffer(), dst.extent(), Access::Write), (src.buffer(), src.extent(), Access::Read)],
        "copy",
    )?;
    let axes = dst.layout().axes_outermost_first();
    let shape: Dims = axes.iter().map(|&a| dst.shape()[a]).collect();
    let pick = |strides: &[isize]| -> Strides { axes.iter().map(|&a| strides[a]).collect() };
    let (shape, strides) = coalesce(&shape, &[pick(dst.strides()), pick(src.strides())]);
    let (shape, strides) = with_units(dst.dtype().size(), shape, strides);
    Ok((guards, shape, strides))
}

/// The largest unit in which elements of a width are moved.
pub(crate) fn unit(width: usize) -> usize {
    1 << width.trailing_zeros().min(4)
}

/// Axes and strides with one more axis where an element is many units.
pub(crate) fn with_units(width: usize, mut shape: Dims, mut strides: Vec<Strides>) -> (Dims, Vec<Strides>) {
    let unit = unit(width);
    if width > unit {
        shape.push(width / unit);
        strides.iter_mut().for_each(|s| s.push(unit as isize));
    }
    (shape, strides)
}

/// Axes that both sides walk.
pub(crate) struct Copy<'a> {
    pub shape: &'a [usize],
    pub dst: &'a [isize],
    pub src: &'a [isize],
}

/// The addresses of a copy that several threads make, each a part of it.
struct Ends(*mut u8, *const u8);

// SAFETY: addresses; which part of the places belongs to whom is the business of who copies.
unsafe impl Sync for Ends {}

impl Copy<'_> {
    /// The whole copy of elements of `width` bytes, on several threads where it is large and its first axis steps over all
    /// that the others reach.
    ///
    /// # Safety
    /// As [`Copy::walk`].
    unsafe fn shared(&self, width: usize, dst: *mut u8, src: *const u8) {
        let unit = unit(width);
        let bytes = self.shape.iter().product::<usize>().saturating_mul(unit);
        let lanes = if bytes < SHARED { 1 } else { metes_threads::available() };
        if let ([_], [to], [from]) = (self.shape, self.dst, self.src)
            && *to == unit as isize
            && *from == *to
        {
            // SAFETY: the caller's promise, for one dense run.
            return unsafe { copy_bytes(src, dst, bytes, bytes) };
        }
        let [length, rest @ ..] = self.shape else {
            // SAFETY: the caller's promise.
            return unsafe { self.walk_units(unit, dst, src) };
        };
        let reach: usize = rest.iter().zip(&self.dst[1..]).map(|(&n, s)| (n.max(1) - 1) * s.unsigned_abs()).sum();
        let tasks = bytes.div_ceil(TASK).min(length.div_ceil(TILE));
        if lanes <= 1 || tasks <= 1 || self.dst[0].unsigned_abs() < reach + unit {
            // SAFETY: the caller's promise.
            return unsafe { self.walk_units(unit, dst, src) };
        }
        let each = length.div_ceil(tasks).next_multiple_of(TILE);
        let ends = Ends(dst, src);
        metes_threads::share(lanes, length.div_ceil(each), &|_, task| {
            let ends = &ends;
            let first = task * each;
            let mut shape = Dims::from_slice(self.shape);
            shape[0] = each.min(length - first);
            let part = Copy { shape: &shape, ..*self };
            let at = |steps: &[isize]| first as isize * steps[0];
            // SAFETY: a part of what the caller vouches for; no other part writes its bytes.
            unsafe {
                part.walk_units(unit, ends.0.wrapping_offset(at(self.dst)), ends.1.wrapping_offset(at(self.src)))
            };
        });
    }

    /// # Safety
    /// As [`Copy::walk`], for units of so many bytes.
    unsafe fn walk_units(&self, unit: usize, dst: *mut u8, src: *const u8) {
        // SAFETY: in all arms, the caller's promise.
        unsafe {
            match unit {
                1 => self.walk::<u8>(0, dst, src),
                2 => self.walk::<[u8; 2]>(0, dst, src),
                4 => self.walk::<[u8; 4]>(0, dst, src),
                8 => self.walk::<[u8; 8]>(0, dst, src),
                _ => self.walk::<[u8; 16]>(0, dst, src),
            }
        }
    }

    /// # Safety
    /// All places of the walk are valid for reads of `T` at `src` and writes at `dst`, and the two do not overlap.
    pub unsafe fn walk<T: std::marker::Copy>(&self, axis: usize, dst: *mut u8, src: *const u8) {
        let left = self.shape.len() - axis;
        // SAFETY: each call below walks a part of the places that the caller vouches for.
        unsafe {
            match left {
                0 => dst.cast::<T>().write_unaligned(src.cast::<T>().read_unaligned()),
                1 => self.run::<T>(axis, dst, src),
                2 if self.src[axis].unsigned_abs() < self.src[axis + 1].unsigned_abs() => {
                    self.tiles::<T>(axis, dst, src)
                }
                _ => {
                    for i in 0..self.shape[axis] as isize {
                        let (d, s) = (dst.wrapping_offset(i * self.dst[axis]), src.wrapping_offset(i * self.src[axis]));
                        self.walk::<T>(axis + 1, d, s);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`Copy::walk`], for the last axis.
    unsafe fn run<T: std::marker::Copy>(&self, axis: usize, dst: *mut u8, src: *const u8) {
        let (n, d, s) = (self.shape[axis], self.dst[axis], self.src[axis]);
        let width = size_of::<T>() as isize;
        // SAFETY: the caller vouches for these places.
        unsafe {
            if d == width && s == width {
                std::ptr::copy_nonoverlapping(src, dst, n * size_of::<T>());
                return;
            }
            for i in 0..n as isize {
                let value = src.wrapping_offset(i * s).cast::<T>().read_unaligned();
                dst.wrapping_offset(i * d).cast::<T>().write_unaligned(value);
            }
        }
    }

    /// # Safety
    /// As [`Copy::walk`], for the last two axes.
    unsafe fn tiles<T: std::marker::Copy>(&self, axis: usize, dst: *mut u8, src: *const u8) {
        let (rows, columns) = (self.shape[axis], self.shape[axis + 1]);
        let width = size_of::<T>() as isize;
        let dense = self.dst[axis + 1] == width && self.src[axis] == width;
        for row in (0..rows).step_by(TILE) {
            for column in (0..columns).step_by(TILE) {
                let (to_row, to_column) = ((row + TILE).min(rows), (column + TILE).min(columns));
                for r in (row..to_row).step_by(SQUARE) {
                    for c in (column..to_column).step_by(SQUARE) {
                        let at = |s: &[isize]| r as isize * s[axis] + c as isize * s[axis + 1];
                        let (dst, src) = (dst.wrapping_offset(at(self.dst)), src.wrapping_offset(at(self.src)));
                        // SAFETY: the caller vouches for these places.
                        unsafe {
                            if dense && r + SQUARE <= to_row && c + SQUARE <= to_column {
                                square::<T>((dst, self.dst[axis]), (src, self.src[axis + 1]));
                            } else {
                                let size = (to_row.min(r + SQUARE) - r, to_column.min(c + SQUARE) - c);
                                self.corner::<T>(axis, size, dst, src);
                            }
                        }
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`Copy::walk`], for the first so many rows and columns of the last two axes.
    unsafe fn corner<T: std::marker::Copy>(
        &self,
        axis: usize,
        (rows, columns): (usize, usize),
        dst: *mut u8,
        src: *const u8,
    ) {
        for r in 0..rows as isize {
            for c in 0..columns as isize {
                let at = |s: &[isize]| r * s[axis] + c * s[axis + 1];
                // SAFETY: the caller vouches for these places.
                unsafe {
                    let value = src.wrapping_offset(at(self.src)).cast::<T>().read_unaligned();
                    dst.wrapping_offset(at(self.dst)).cast::<T>().write_unaligned(value);
                }
            }
        }
    }
}

/// Transposes a square: a line of each column is read whole, and one of each row written whole.
///
/// # Safety
/// [`SQUARE`] elements side by side in each of as many lines at both ends, so many bytes apart.
#[inline(always)]
unsafe fn square<T: std::marker::Copy>((dst, dst_step): (*mut u8, isize), (src, src_step): (*const u8, isize)) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 8 {
        for r in (0..SQUARE).step_by(2) {
            for c in (0..SQUARE).step_by(2) {
                let to = dst.wrapping_offset(r as isize * dst_step).wrapping_add(8 * c);
                let from = src.wrapping_offset(c as isize * src_step).wrapping_add(8 * r);
                // SAFETY: the caller's promise, for a part of the square; elements have 8 bytes.
                unsafe { pairs((to, dst_step), (from, src_step)) };
            }
        }
        return;
    }
    for r in 0..SQUARE {
        for c in 0..SQUARE {
            let from = src.wrapping_offset(c as isize * src_step).cast::<T>().wrapping_add(r);
            let to = dst.wrapping_offset(r as isize * dst_step).cast::<T>().wrapping_add(c);
            // SAFETY: the caller's promise.
            unsafe { to.write_unaligned(from.read_unaligned()) };
        }
    }
}

/// Transposes two times two elements of 8 bytes.
///
/// # Safety
/// As [`square`], for two elements in each of two lines.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn pairs((dst, dst_step): (*mut u8, isize), (src, src_step): (*const u8, isize)) {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi64, _mm_unpacklo_epi64};
    // SAFETY: the caller's promise; the instructions are part of every processor of the family.
    unsafe {
        let [a, b] = [0, src_step].map(|step| _mm_loadu_si128(src.wrapping_offset(step).cast()));
        _mm_storeu_si128(dst.cast(), _mm_unpacklo_epi64(a, b));
        _mm_storeu_si128(dst.wrapping_offset(dst_step).cast(), _mm_unpackhi_epi64(a, b));
    }
}
