//! The driver: lanes of arrays of any layout, in place where they lie densely, else through scratch.
//!
//! Many lanes are shared among threads where the scratch of each is small; a long one is shared by itself, as the kernel
//! cuts it ([`Crew`]).

use super::{Sorting, axis_of, others, places_of, row_of};
use crate::exec::{self, move_values};
use crate::share::{lanes, share};
use crate::walk::{Run, Walk};
use metes_array::{Array, Index};
use metes_dtype::{DType, Kind};
use metes_kernels::Crew;
use metes_memory::{Buffer, Memory, Need, Result};
use smallvec::SmallVec;
use std::ops::Range;

/// Bytes of a place.
const PLACE: usize = size_of::<u64>();

/// Lanes of one length: the values of several arrays along one axis.
struct Lanes {
    n: usize,
    steps: SmallVec<[isize; 2]>,
    walk: Walk,
}

impl Lanes {
    /// The lanes along `axis`, which is not empty, of arrays of one shape.
    fn new(arrays: &[&Array], axis: usize) -> Result<Lanes> {
        let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
        index.push(Index::At(0));
        let starts: Vec<Array> = arrays.iter().map(|a| a.index(&index)).collect::<Result<_>>()?;
        let walk = Walk::new(starts[0].shape(), &starts.iter().collect::<Vec<_>>())?;
        Ok(Lanes { n: arrays[0].shape()[axis], steps: arrays.iter().map(|a| a.strides()[axis]).collect(), walk })
    }

    /// Calls `each` with the lanes of these numbers: where its first value lies in each array, and the bytes between values.
    fn for_each(&self, numbers: Range<usize>, mut each: impl FnMut(&[Run])) {
        let mut first = 0;
        self.walk.for_each_run(|count, runs| {
            let here = |number: usize| number.clamp(first, first + count) - first;
            for i in here(numbers.start)..here(numbers.end) {
                let at = |(run, &step): (&Run, &isize)| (run.0.wrapping_offset(i as isize * run.1), step);
                let lane: SmallVec<[Run; 2]> = runs.iter().zip(&self.steps).map(at).collect();
                each(&lane);
            }
            first += count;
        });
    }

    /// Calls `each` with every lane, on the threads that share them: its number, and who sorts it.
    fn share(&self, sharing: Sharing, each: impl Fn(usize, &[Run], &Crew) + Sync) {
        let all = self.walk.size();
        if sharing.across > 1 {
            let at_once = all.div_ceil(all.min(4 * sharing.across));
            share(sharing.across, all.div_ceil(at_once), |thread, task| {
                let numbers = task * at_once..(task + 1) * at_once;
                self.for_each(numbers, |lane| each(thread, lane, &Crew::ALONE));
                0
            });
            return;
        }
        let run = |tasks: usize, work: &(dyn Fn(usize) + Sync)| {
            share(sharing.within, tasks, |_, task| {
                work(task);
                0
            });
        };
        let crew = Crew { lanes: sharing.within, run: &run };
        self.for_each(0..all, |lane| each(0, lane, &crew));
    }
}

/// How many threads share lanes among them, or else each lane.
#[derive(Clone, Copy)]
struct Sharing {
    across: usize,
    within: usize,
}

/// The most scratch of a thread.
const SCRATCH: usize = 256 << 10;

impl Sharing {
    /// For the lanes along an axis, of which each asks for so much scratch.
    fn new(array: &Array, axis: usize, scratch: usize) -> Sharing {
        let n = array.shape()[axis].max(1);
        // A byte is looked at once for each time that a lane is halved, and moved.
        let weight = array.nbytes().saturating_mul(2 * (usize::BITS - n.leading_zeros()) as usize);
        let (threads, all) = (lanes(weight), array.size() / n);
        let many = threads > 1 && all >= 2 * threads && scratch <= SCRATCH;
        let across = if many && array.self_overlaps() == Some(false) { threads } else { 1 };
        Sharing { across, within: if across > 1 { 1 } else { threads } }
    }
}

fn is_dense(lane: Run, dtype: DType) -> bool {
    (lane.1 == dtype.size() as isize) && (lane.0 as usize).is_multiple_of(dtype.align())
}

/// Whether all lanes along an axis of `n` values lie densely.
fn all_dense(array: &Array, axis: usize) -> bool {
    array.is_aligned() && (array.strides()[axis] == array.dtype().size() as isize || array.shape()[axis] == 1)
}

/// Scratch: for each thread room for a lane, then what the sort wants.
struct Room {
    need: Need,
    each: usize,
    rest: usize,
    sharing: Sharing,
}

impl Room {
    /// Room for sorting the lanes of an array along an axis: the bytes of a lane that is copied, and of what the sort wants.
    fn new(array: &Array, axis: usize, lane: usize, rest: usize) -> Room {
        let (each, rest) = (lane.next_multiple_of(16) + rest.next_multiple_of(16), lane.next_multiple_of(16));
        let sharing = Sharing::new(array, axis, each);
        Room { need: Need::new(each * sharing.across, 16), each, rest, sharing }
    }

    fn take(&self, op: &'static str) -> Result<Buffer> {
        Buffer::allocate(&Memory::current(), self.need.request(op))
    }

    /// Where the lane of a thread goes, and what the sort gets.
    fn of(&self, scratch: &Buffer, thread: usize) -> (*mut u8, *mut u8) {
        let lane = scratch.as_ptr().wrapping_add(thread * self.each);
        (lane, lane.wrapping_add(self.rest))
    }
}

fn sort_room(array: &Array, axis: usize, how: Sorting) -> Result<Room> {
    let (n, width) = (array.shape()[axis], array.dtype().size());
    let lane = if all_dense(array, axis) { 0 } else { n * width };
    Ok(Room::new(array, axis, lane, (row_of(array.dtype(), "sort")?.need)(n, how.stable)))
}

/// The scratch that [`sort_in_place`] takes for an array, in bytes.
///
/// # Errors
/// An axis that is not there.
pub fn sort_scratch(array: &Array, axis: isize, how: Sorting) -> Result<Need> {
    Ok(sort_room(array, axis_of(array, axis)?, how)?.need)
}

/// The scratch that [`argsort`] takes for an array besides its result, in bytes.
///
/// # Errors
/// An axis that is not there.
pub fn argsort_scratch(array: &Array, axis: isize, how: Sorting) -> Result<Need> {
    Ok(argsort_room(array, axis_of(array, axis)?, how).need)
}

/// Sorts the lanes of an array along an axis where they lie: scratch for one lane if they are strided, else none but what
/// the sort itself needs.
///
/// # Errors
/// An axis that is not there, a read-only array, refused memory.
pub fn sort_in_place(array: &Array, axis: isize, how: Sorting) -> Result<()> {
    array.require_writeable("sort")?;
    let axis = axis_of(array, axis)?;
    if others::is_ours(array.dtype()) {
        return others::sort(array, axis, how);
    }
    let row = row_of(array.dtype(), "sort")?;
    let room = sort_room(array, axis, how)?;
    in_place(array, axis, &room, "sort", |n, x, scratch, crew| {
        let width = array.dtype().size();
        // SAFETY: the lane is dense, aligned and guarded; the scratch has the bytes that the row needs.
        unsafe {
            if how.descending {
                reverse(n, width, x);
            }
            (row.sort)(n, x, how.stable, scratch, crew);
            if how.descending {
                reverse(n, width, x);
            }
        }
    })
}

/// Moves the values at `places` of each lane along an axis to where sorting puts them.
///
/// # Errors
/// An axis or a place that is not there, a read-only array, refused memory.
pub fn partition_in_place(array: &Array, places: &[isize], axis: isize) -> Result<()> {
    array.require_writeable("partition")?;
    let axis = axis_of(array, axis)?;
    let (n, width) = (array.shape()[axis], array.dtype().size());
    if array.size() == 0 {
        return Ok(());
    }
    if others::is_ours(array.dtype()) {
        return places_of(places, n).and_then(|_| others::partition(array, places, axis));
    }
    let places = places_of(places, n)?;
    let row = row_of(array.dtype(), "sort")?;
    let room = Room::new(array, axis, if all_dense(array, axis) { 0 } else { n * width }, 0);
    // SAFETY: the lane is dense, aligned and guarded.
    in_place(array, axis, &room, "partition", |n, x, _, crew| unsafe { (row.partition)(n, x, &places, crew) })
}

/// Calls `work` with every lane: values, their place, scratch.
fn in_place(
    array: &Array,
    axis: usize,
    room: &Room,
    op: &'static str,
    work: impl Fn(usize, *mut u8, *mut u8, &Crew) + Sync,
) -> Result<()> {
    if array.size() == 0 {
        return Ok(());
    }
    if array.ndim() == 1 && room.need.size() == 0 && room.sharing.within <= 1 {
        // One lane, where it lies.
        let _guards = exec::guard(&[array], 1, op)?;
        if array.size() > 1 {
            work(array.size(), array.as_ptr(), std::ptr::null_mut(), &Crew::ALONE);
        }
        return Ok(());
    }
    let scratch = room.take(op)?;
    let lanes = Lanes::new(&[array], axis)?;
    let _guards = exec::guard(&[array], 1, op)?;
    let (dtype, n) = (array.dtype(), lanes.n);
    lanes.share(room.sharing, |thread, lane, crew| {
        let (lane, (copy, rest)) = (lane[0], room.of(&scratch, thread));
        if n == 1 || is_dense(lane, dtype) {
            if n > 1 {
                work(n, lane.0, rest, crew);
            }
            return;
        }
        let dense = (copy, dtype.size() as isize);
        // SAFETY: the lane lies within the guarded array, and the scratch has room for it.
        unsafe { move_values(n, dtype.size(), lane, dense) };
        work(n, dense.0, rest, crew);
        // SAFETY: as above.
        unsafe { move_values(n, dtype.size(), dense, lane) };
    });
    Ok(())
}

fn argsort_room(array: &Array, axis: usize, how: Sorting) -> Room {
    let (n, width) = (array.shape()[axis], array.dtype().size());
    let values = if all_dense(array, axis) && !how.descending { 0 } else { n * width };
    let places = if axis + 1 == array.ndim() { 0 } else { n * PLACE };
    Room::new(array, axis, values, places)
}

/// The places of the values along an axis in sorted order, as int64: `take_along_axis` by them sorts. Equal values keep
/// the order of their places.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[3], &[30.0, 10.0, 20.0])?;
/// let places = metes_eval::argsort(&a, 0, Default::default())?;
/// assert_eq!(places.read::<i64>()?.to_vec(), [1, 2, 0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An axis that is not there, refused memory.
pub fn argsort(array: &Array, axis: isize, how: Sorting) -> Result<Array> {
    let axis = axis_of(array, axis)?;
    if others::is_ours(array.dtype()) {
        return others::argsort(array, axis, how);
    }
    let row = row_of(array.dtype(), "argsort")?;
    let room = argsort_room(array, axis, how);
    let width = array.dtype().size();
    places(array, axis, &room, how.descending, "argsort", |n, x, index, crew| {
        // SAFETY: the values are dense and aligned, and there is room for as many places.
        unsafe {
            if how.descending {
                reverse(n, width, x);
            }
            (row.argsort)(n, x, index, crew);
            if how.descending {
                let index = std::slice::from_raw_parts_mut(index, n);
                index.reverse();
                index.iter_mut().for_each(|place| *place = n as u64 - 1 - *place);
            }
        }
    })
}

/// The places of the values along an axis in an order that [`partition_in_place`] allows, as int64.
///
/// # Errors
/// An axis or a place that is not there, refused memory.
pub fn argpartition(array: &Array, kth: &[isize], axis: isize) -> Result<Array> {
    let axis = axis_of(array, axis)?;
    if array.size() == 0 {
        return Array::zeros(array.shape(), Kind::I64.into());
    }
    let kth = places_of(kth, array.shape()[axis])?;
    if others::is_ours(array.dtype()) {
        return others::argsort(array, axis, Sorting::default());
    }
    let row = row_of(array.dtype(), "argsort")?;
    let room = argsort_room(array, axis, Sorting::default());
    // SAFETY: the values are dense and aligned, and there is room for as many places.
    let work = |n, x: *mut u8, index, _: &Crew| unsafe { (row.argpartition)(n, x, index, &kth) };
    places(array, axis, &room, false, "argpartition", work)
}

/// Calls `work` with the values of every lane (a copy of them if `apart`) and room for their places.
fn places(
    array: &Array,
    axis: usize,
    room: &Room,
    apart: bool,
    op: &'static str,
    work: impl Fn(usize, *mut u8, *mut u64, &Crew) + Sync,
) -> Result<Array> {
    let out = Array::empty(array.shape(), Kind::I64.into(), op)?;
    if array.size() == 0 {
        return Ok(out);
    }
    let scratch = room.take(op)?;
    let lanes = Lanes::new(&[&out, array], axis)?;
    let _guards = exec::guard(&[&out, array], 1, op)?;
    let (dtype, n) = (array.dtype(), lanes.n);
    lanes.share(room.sharing, |thread, lane, crew| {
        let (copy, elsewhere) = room.of(&scratch, thread);
        let (copy, elsewhere) = ((copy, dtype.size() as isize), (elsewhere, PLACE as isize));
        let (result, values) = (lane[0], lane[1]);
        let direct = result.1 == PLACE as isize;
        let index = if direct { result.0 } else { elsewhere.0 };
        // SAFETY: lanes lie within the guarded arrays; the scratch has room for a lane of values and one of places.
        unsafe {
            if n == 1 {
                result.0.cast::<u64>().write(0);
                return;
            }
            let x = if !apart && is_dense(values, dtype) {
                values.0
            } else {
                move_values(n, dtype.size(), values, copy);
                copy.0
            };
            work(n, x, index.cast(), crew);
            if !direct {
                move_values(n, PLACE, elsewhere, result);
            }
        }
    });
    Ok(out)
}

/// Reverses dense values.
///
/// # Safety
/// `n` values of `width` bytes, aligned, that nobody else uses.
unsafe fn reverse(n: usize, width: usize, x: *mut u8) {
    macro_rules! reverse {
        ($t:ty) => {
            // SAFETY: the caller's promise; bytes have no alignment.
            unsafe { std::slice::from_raw_parts_mut(x.cast::<$t>(), n) }.reverse()
        };
    }
    match width {
        1 => reverse!(u8),
        2 => reverse!([u8; 2]),
        4 => reverse!([u8; 4]),
        8 => reverse!([u8; 8]),
        // No row of sorting has values of any other width.
        _ => reverse!([u8; 16]),
    }
}
