//! Results beyond the last cache: a loop writes to a few kilobytes that stay in the nearest one, and from there they go past
//! all caches. The bits are the same; what is saved is the reading of lines that are overwritten.

use crate::exec::move_values;
use crate::program::MOST;
use crate::walk::{Run, Walk};
use metes_array::{PAST_CACHES, copy_past, settle};
use metes_kernels::{Flags, Loop};
use smallvec::SmallVec;
use std::mem::MaybeUninit;

/// Bytes that a loop writes before they are moved on.
const ROOM: usize = 2 << 10;

#[repr(align(64))]
struct Room([MaybeUninit<u8>; ROOM]);

/// Whether results of so many bytes along a walk, whose first operand is the result, go past the caches: inputs that are
/// the result would be read into them anyway.
pub(crate) fn pays(walk: &Walk, bytes: usize) -> bool {
    bytes >= PAST_CACHES && walk.is_apart()
}

/// As [`crate::exec::run_loop`], of one result; `widths` are the bytes of an element of each operand. An input of one value is
/// written out once for a run, so that no call of the loop has to.
pub(crate) fn run_loop(call: Loop, widths: &[usize], walk: &Walk) -> Flags {
    let mut room = Room([MaybeUninit::uninit(); ROOM]);
    let mut same = [const { Room([MaybeUninit::uninit(); ROOM]) }; MOST - 1];
    let width = widths[0];
    let (place, each) = (room.0.as_mut_ptr().cast::<u8>(), ROOM / width);
    let mut flags = 0;
    walk.for_each_run(|n, runs| {
        let (to, from) = (runs[0], &runs[1..]);
        if to.1 != width as isize {
            // SAFETY: the walk stays within the arrays, which the caller guards and knows to be apart or the same.
            flags |= unsafe { at(call, n, from, to) };
            return;
        }
        let count = from.len();
        let (mut ptrs, mut steps, mut moves) = ([place; MOST], [to.1; MOST], [0; MOST]);
        for (i, run) in from.iter().enumerate() {
            (ptrs[i], steps[i], moves[i]) = (run.0, run.1, run.1);
            let own = widths[i + 1];
            if run.1 == 0 && n >= each && own * each <= ROOM {
                (ptrs[i], steps[i]) = (same[i].0.as_mut_ptr().cast(), own as isize);
                // SAFETY: the walk stays within the arrays; the room has as many places, for this input alone.
                unsafe { move_values(each, own, *run, (ptrs[i], steps[i])) };
            }
        }
        for start in (0..n).step_by(each) {
            let now = each.min(n - start);
            // SAFETY: as above, for a part of the run; the room has as many aligned places.
            unsafe {
                flags |= call(now, &ptrs[..=count], &steps[..=count]);
                copy_past(place, to.0.wrapping_add(start * width), now * width);
            }
            for (ptr, by) in ptrs.iter_mut().zip(moves).take(count) {
                *ptr = ptr.wrapping_offset(by * now as isize);
            }
        }
    });
    settle();
    flags
}

/// # Safety
/// As [`Loop`].
unsafe fn at(call: Loop, n: usize, from: &[Run], to: Run) -> Flags {
    let ptrs: SmallVec<[*mut u8; 4]> = from.iter().chain([&to]).map(|run| run.0).collect();
    let steps: SmallVec<[isize; 4]> = from.iter().chain([&to]).map(|run| run.1).collect();
    // SAFETY: the caller's promise.
    unsafe { call(n, &ptrs, &steps) }
}
