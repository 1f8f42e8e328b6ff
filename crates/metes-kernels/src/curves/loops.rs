//! The loops of curves: parts of a few values are brought to float64 and side by side, computed, and put where they go.

use super::{Curve, Surface};
use crate::Flags;
use crate::cast::From1;
use crate::elem::Elem;
use crate::level::{self, Level};

/// Values that are computed together, and the multiple that they are made up to.
const PART: usize = 64;
const GROUP: usize = 8;

type Values = [f64; PART];

/// # Safety
/// `n` values at `from` by `step`, at most a part of them.
#[inline(always)]
unsafe fn load<T: Elem<Wide = f64>>(n: usize, from: *const u8, step: isize, values: &mut Values) {
    if step == size_of::<T>() as isize {
        for (i, value) in values[..n].iter_mut().enumerate() {
            // SAFETY: value i is within what the caller vouches for.
            *value = unsafe { T::load(from.add(i * size_of::<T>())) }.widen();
        }
    } else {
        for (i, value) in values[..n].iter_mut().enumerate() {
            // SAFETY: as above.
            *value = unsafe { T::load(from.wrapping_offset(i as isize * step)) }.widen();
        }
    }
}

/// # Safety
/// Room for `n` values at `to` by `step`, at most a part of them.
#[inline(always)]
unsafe fn store<T: From1<f64>>(n: usize, values: &Values, to: *mut u8, step: isize) {
    if step == size_of::<T>() as isize {
        for (i, &value) in values[..n].iter().enumerate() {
            // SAFETY: place i is within what the caller vouches for.
            unsafe { T::from1(value).store(to.add(i * size_of::<T>())) };
        }
    } else {
        for (i, &value) in values[..n].iter().enumerate() {
            // SAFETY: as above.
            unsafe { T::from1(value).store(to.wrapping_offset(i as isize * step)) };
        }
    }
}

/// Computes a part in place.
#[inline(always)]
fn compute<C: Curve>(n: usize, values: &mut Values) {
    let whole = n.next_multiple_of(GROUP);
    values[n..whole].fill(C::TAME);
    let mut results = [0.0; PART];
    let mut all_tame = true;
    for (x, result) in values[..whole].iter().zip(&mut results) {
        let tame = C::is_tame(*x);
        all_tame &= tame;
        *result = C::value(if tame { *x } else { C::TAME });
    }
    if !all_tame {
        for (x, result) in values[..n].iter().zip(&mut results) {
            if !C::is_tame(*x) {
                *result = C::rare(*x);
            }
        }
    }
    *values = results;
}

/// Computes a part, into the first.
#[inline(always)]
fn compute2<S: Surface>(n: usize, xs: &mut Values, ys: &mut Values) {
    let whole = n.next_multiple_of(GROUP);
    xs[n..whole].fill(1.0);
    ys[n..whole].fill(1.0);
    let mut results = [0.0; PART];
    let mut right = [1u64; PART];
    for i in 0..whole {
        let (result, is_right) = S::value(xs[i], ys[i]);
        results[i] = result;
        right[i] = u64::from(is_right);
    }
    if right[..whole].contains(&0) {
        for i in 0..n {
            if right[i] == 0 {
                results[i] = S::rare(xs[i], ys[i]);
            }
        }
    }
    *xs = results;
}

/// The same code for each of the levels.
macro_rules! levels {
    ($name:ident, $on:ident: $trait:ident, $body:ident, ($($x:ident),+)) => {
        #[inline(always)]
        fn $name<$on: $trait>(n: usize, $($x: &mut Values),+) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt")]
            fn avx2<$on: $trait>(n: usize, $($x: &mut Values),+) {
                $body::<$on>(n, $($x),+);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512<$on: $trait>(n: usize, $($x: &mut Values),+) {
                $body::<$on>(n, $($x),+);
            }
            #[inline(never)]
            fn base<$on: $trait>(n: usize, $($x: &mut Values),+) {
                $body::<$on>(n, $($x),+);
            }
            match level::level() {
                // SAFETY: the processor was asked.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512::<$on>(n, $($x),+) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2::<$on>(n, $($x),+) },
                _ => base::<$on>(n, $($x),+),
            }
        }
    };
}
levels!(compute_part, C: Curve, compute, (values));
levels!(compute_part2, S: Surface, compute2, (xs, ys));

/// # Safety
/// The promises of [`crate::Loop`].
pub(crate) unsafe fn unary<C: Curve, T>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags
where
    T: Elem<Wide = f64> + From1<f64>,
{
    let mut values = [0.0; PART];
    let mut done = 0;
    while done < n {
        let now = PART.min(n - done);
        let [x, out] = [0, 1].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
        // SAFETY: a part of what the caller vouches for.
        unsafe {
            load::<T>(now, x, steps[0], &mut values);
            compute_part::<C>(now, &mut values);
            store::<T>(now, &values, out, steps[1]);
        }
        done += now;
    }
    0
}

/// Whether results may be written after values further on were read: they go where values came from, or elsewhere.
fn may_run_ahead(n: usize, x: (*mut u8, isize), out: (*mut u8, isize), width: usize) -> bool {
    let ends = |(ptr, step): (*mut u8, isize)| {
        let (first, last) = (ptr as usize, (ptr as usize).wrapping_add_signed(step * (n as isize - 1)));
        (first.min(last), first.max(last) + width)
    };
    let (x_ends, out_ends) = (ends(x), ends(out));
    x == out && out.1 != 0 || x_ends.1 <= out_ends.0 || out_ends.1 <= x_ends.0
}

/// # Safety
/// The promises of [`crate::Loop`].
pub(crate) unsafe fn binary<S: Surface, T>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags
where
    T: Elem<Wide = f64> + From1<f64>,
{
    if n == 0 {
        return 0;
    }
    let free = [0, 1].iter().all(|&i| may_run_ahead(n, (ptrs[i], steps[i]), (ptrs[2], steps[2]), size_of::<T>()));
    let part = if free { PART } else { 1 };
    let (mut xs, mut ys) = ([0.0; PART], [0.0; PART]);
    let mut done = 0;
    while done < n {
        let now = part.min(n - done);
        let [x, y, out] = [0, 1, 2].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
        // SAFETY: a part of what the caller vouches for.
        unsafe {
            load::<T>(now, x, steps[0], &mut xs);
            load::<T>(now, y, steps[1], &mut ys);
            compute_part2::<S>(now, &mut xs, &mut ys);
            store::<T>(now, &xs, out, steps[2]);
        }
        done += now;
    }
    0
}
