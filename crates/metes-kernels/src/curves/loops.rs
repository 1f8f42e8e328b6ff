//! The loops of curves: parts of a few values are brought to float64 and side by side, computed, and put where they go.

use super::{Curve, Surface};
use crate::Flags;
use crate::cast::From1;
use crate::elem::Elem;
use crate::level::{self, Level};
use metes_dtype::Kind;

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

/// Computes a part, of whole groups. Nearly always all arguments are tame, which is found first.
#[inline(always)]
fn compute<C: Curve>(n: usize, values: &Values, results: &mut Values) {
    debug_assert!(n.is_multiple_of(GROUP) && n <= PART);
    let mut all_tame = true;
    for &x in &values[..n] {
        all_tame &= C::is_tame(x);
    }
    if all_tame {
        for (&x, result) in values[..n].iter().zip(results) {
            *result = C::value(x);
        }
        return;
    }
    for (&x, result) in values[..n].iter().zip(results.iter_mut()) {
        *result = C::value(if C::is_tame(x) { x } else { C::TAME });
    }
    for (&x, result) in values[..n].iter().zip(results) {
        if !C::is_tame(x) {
            *result = C::rare(x);
        }
    }
}

/// Computes a part, of whole groups.
#[inline(always)]
fn compute2<S: Surface>(n: usize, xs: &Values, ys: &Values, results: &mut Values) {
    debug_assert!(n.is_multiple_of(GROUP) && n <= PART);
    let mut right = [0u64; PART];
    for i in 0..n {
        let (result, is_right) = S::value(xs[i], ys[i]);
        results[i] = result;
        right[i] = u64::from(is_right);
    }
    if right[..n].contains(&0) {
        for i in 0..n {
            if right[i] == 0 {
                results[i] = S::rare(xs[i], ys[i]);
            }
        }
    }
}

/// The same code for each of the levels.
macro_rules! levels {
    ($name:ident, $on:ident: $trait:ident, $body:ident, ($($x:ident: $X:ty),+)) => {
        #[inline(always)]
        fn $name<$on: $trait>(n: usize, $($x: $X),+) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt")]
            fn avx2<$on: $trait>(n: usize, $($x: $X),+) {
                $body::<$on>(n, $($x),+);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512<$on: $trait>(n: usize, $($x: $X),+) {
                $body::<$on>(n, $($x),+);
            }
            #[inline(never)]
            fn base<$on: $trait>(n: usize, $($x: $X),+) {
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
levels!(compute_part, C: Curve, compute, (values: &Values, results: &mut Values));
levels!(compute_part2, S: Surface, compute2, (xs: &Values, ys: &Values, results: &mut Values));

/// # Safety
/// The promises of [`crate::Loop`].
pub(crate) unsafe fn unary<C: Curve, T>(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags
where
    T: Elem<Wide = f64> + From1<f64>,
{
    let mut done = 0;
    if T::KIND == Kind::F64 && steps[..2] == [8, 8] && ptrs[0] != ptrs[1] {
        while done + PART <= n {
            let [x, out] = [0, 1].map(|i| ptrs[i].wrapping_add(8 * done).cast::<Values>());
            // SAFETY: a part of what the caller vouches for; what is not the same is apart.
            unsafe { compute_part::<C>(PART, &*x, &mut *out) };
            done += PART;
        }
    }
    let (mut values, mut results) = ([0.0; PART], [0.0; PART]);
    while done < n {
        let now = PART.min(n - done);
        let whole = now.next_multiple_of(GROUP);
        let [x, out] = [0, 1].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
        // SAFETY: a part of what the caller vouches for.
        unsafe {
            load::<T>(now, x, steps[0], &mut values);
            values[now..whole].fill(C::TAME);
            compute_part::<C>(whole, &values, &mut results);
            store::<T>(now, &results, out, steps[1]);
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
    let mut done = 0;
    if free && T::KIND == Kind::F64 && steps[..3] == [8, 8, 8] && ptrs[0] != ptrs[2] && ptrs[1] != ptrs[2] {
        while done + PART <= n {
            let [x, y, out] = [0, 1, 2].map(|i| ptrs[i].wrapping_add(8 * done).cast::<Values>());
            // SAFETY: a part of what the caller vouches for; the output is apart from both.
            unsafe { compute_part2::<S>(PART, &*x, &*y, &mut *out) };
            done += PART;
        }
    }
    let (mut xs, mut ys, mut results) = ([0.0; PART], [0.0; PART], [0.0; PART]);
    while done < n {
        let now = part.min(n - done);
        let whole = now.next_multiple_of(GROUP);
        let [x, y, out] = [0, 1, 2].map(|i| ptrs[i].wrapping_offset(done as isize * steps[i]));
        // SAFETY: a part of what the caller vouches for.
        unsafe {
            load::<T>(now, x, steps[0], &mut xs);
            load::<T>(now, y, steps[1], &mut ys);
            xs[now..whole].fill(1.0);
            ys[now..whole].fill(1.0);
            compute_part2::<S>(whole, &xs, &ys, &mut results);
            store::<T>(now, &results, out, steps[2]);
        }
        done += now;
    }
    0
}
