//! The short way of products: two small operands where they lie, without roles, blocks or guards that are noted.
//!
//! It comes to the same loop, or call of the library, over the same axes as [`crate::blocks`]: the bits are the same.
//! What is of two dtypes, must be converted, is stacked, large or has axes of length 1 is declined, also bytes that
//! somebody writes now, and takes the general way.

use crate::blocks::{is_for_library, lies_ready};
use crate::ring::{Loop, Places, Ring, Truth, clear, nest, sum};
use metes_array::Array;
use metes_dtype::Kind;
use metes_factor::Dense;
use metes_memory::{Access, Result};
use num_complex::Complex;

/// Products of two elements in a product that is small.
const MOST: usize = 1 << 15;

/// Does `$work` with the type that products of a kind are computed in, where that is its own.
macro_rules! with_ring {
    ($kind:expr, $work:ident($($argument:expr),*), else $otherwise:expr) => {
        match $kind {
            Kind::Bool => $work::<Truth>($($argument),*),
            Kind::I8 | Kind::U8 => $work::<u8>($($argument),*),
            Kind::I16 | Kind::U16 => $work::<u16>($($argument),*),
            Kind::I32 | Kind::U32 => $work::<u32>($($argument),*),
            Kind::I64 | Kind::U64 => $work::<u64>($($argument),*),
            Kind::F16 => $otherwise,
            Kind::F32 => $work::<f32>($($argument),*),
            Kind::F64 => $work::<f64>($($argument),*),
            Kind::C64 => $work::<Complex<f32>>($($argument),*),
            Kind::C128 => $work::<Complex<f64>>($($argument),*),
        }
    };
}

/// As [`crate::dot`] of two vectors, of two matrices or of one of each, which are small; says whether it was done. The result
/// goes to `place`, made by operation `op`.
///
/// ```
/// use metes_array::Array;
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let mut product = None;
/// assert!(metes_linalg::dot_direct(&a, &a, "dot", &mut product)?);
/// assert_eq!(product.unwrap().read::<f64>()?.to_vec(), [7.0, 10.0, 15.0, 22.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Refused memory.
pub fn dot_direct(a: &Array, b: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
    let Some(kind) = a.dtype().number().filter(|_| a.dtype() == b.dtype()) else { return Ok(false) };
    with_ring!(kind, run(kind, a, b, op, place), else Ok(false))
}

/// As [`crate::vdot`] of dense small arrays of one shape and dtype; likewise.
///
/// # Errors
/// Refused memory.
pub fn vdot_direct(a: &Array, b: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
    let Some(kind) = a.dtype().number().filter(|_| a.dtype() == b.dtype()) else { return Ok(false) };
    if a.shape() != b.shape() || !is_small(a) || !is_small(b) {
        return Ok(false);
    }
    with_ring!(kind, whole(kind, a, b, op, place), else Ok(false))
}

fn whole<T: Ring>(kind: Kind, a: &Array, b: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
    let c = place.insert(Array::empty(&[], kind.into(), op)?);
    let Some(total) = total::<T>(a, b, true) else {
        *place = None;
        return Ok(false);
    };
    // SAFETY: the fresh result has one element of the kind.
    unsafe { c.as_ptr().cast::<T>().write(total) };
    Ok(true)
}

/// The root of the sum of squares of a small dense array of floats; likewise.
///
/// # Errors
/// Refused memory.
pub(crate) fn length_direct(a: &Array) -> Result<Option<Array>> {
    if !is_small(a) {
        return Ok(None);
    }
    match a.dtype().number() {
        Some(Kind::F32) => total::<f32>(a, a, false).map(|sum| root(Kind::F32, sum.sqrt())).transpose(),
        Some(Kind::F64) => total::<f64>(a, a, false).map(|sum| root(Kind::F64, sum.sqrt())).transpose(),
        Some(Kind::C64) => total::<Complex<f32>>(a, a, true).map(|sum| root(Kind::F32, sum.re.sqrt())).transpose(),
        Some(Kind::C128) => total::<Complex<f64>>(a, a, true).map(|sum| root(Kind::F64, sum.re.sqrt())).transpose(),
        _ => Ok(None),
    }
}

/// One element of a kind of floats.
fn root<T>(kind: Kind, value: T) -> Result<Array> {
    assert!(size_of::<T>() == kind.size());
    let result = Array::empty(&[], kind.into(), "norm")?;
    // SAFETY: the fresh result has one element of this size.
    unsafe { result.as_ptr().cast::<T>().write(value) };
    Ok(result)
}

/// Whether it is dense and has few elements, but some.
fn is_small(a: &Array) -> bool {
    a.is_dense() && (1..=MOST).contains(&a.size())
}

/// The sum of products of dense arrays of as many elements of `T`; `None` where one is being written.
fn total<T: Ring>(a: &Array, b: &Array, conj: bool) -> Option<T> {
    let _held = (a.buffer().brief(Access::Read)?, b.buffer().brief(Access::Read)?);
    let (n, width) = (a.size(), size_of::<T>() as isize);
    let at = Places { a: a.as_ptr(), b: b.as_ptr(), c: std::ptr::null_mut() };
    // SAFETY: both are dense, of as many elements, and held; nothing is written.
    let sum = unsafe { if conj { sum::<T, true>(n, at, width, width) } else { sum::<T, false>(n, at, width, width) } };
    Some(T::ZERO.add(sum))
}

/// Lengths and steps of a product: rows, columns, inner.
struct Sizes {
    len: [usize; 3],
    a: [isize; 2],
    b: [isize; 2],
}

impl Sizes {
    /// Of operands that are small, and that loops can use where they lie.
    fn of(kind: Kind, a: &Array, b: &Array) -> Option<Sizes> {
        let (m, k, sa) = match (a.shape(), a.strides()) {
            (&[k], &[inner]) => (1, k, [0, inner]),
            (&[m, k], &[row, inner]) if m > 1 && k > 1 => (m, k, [row, inner]),
            _ => return None,
        };
        let (n, same, sb) = match (b.shape(), b.strides()) {
            (&[k], &[inner]) => (1, k, [inner, 0]),
            (&[k, n], &[inner, column]) if n > 1 && k > 1 => (n, k, [inner, column]),
            _ => return None,
        };
        let terms = m.checked_mul(n)?.checked_mul(k)?;
        let ready = k == same && (1..=MOST).contains(&terms) && lies_ready(a, kind) && lies_ready(b, kind);
        ready.then_some(Sizes { len: [m, n, k], a: sa, b: sb })
    }

    /// The steps of a dense result.
    fn c<T>(&self) -> [isize; 2] {
        let ([m, n, _], width) = (self.len, size_of::<T>() as isize);
        [if m > 1 { width * n as isize } else { 0 }, if n > 1 { width } else { 0 }]
    }

    /// The result and the factors as the library sees them.
    fn matrices<T>(&self, at: Places) -> [Dense<T>; 3] {
        let [m, n, k] = self.len;
        let width = size_of::<T>() as isize;
        let matrix = |ptr: *mut u8, rows, columns, steps: [isize; 2]| Dense {
            ptr: ptr.cast::<T>(),
            rows,
            columns,
            row_step: steps[0] / width,
            column_step: steps[1] / width,
        };
        let (a, b) = (matrix(at.a.cast_mut(), m, k, self.a), matrix(at.b.cast_mut(), k, n, self.b));
        [matrix(at.c, m, n, self.c::<T>()), a, b]
    }
}

fn run<T: Ring>(kind: Kind, a: &Array, b: &Array, op: &'static str, place: &mut Option<Array>) -> Result<bool> {
    let Some(sizes) = Sizes::of(kind, a, b) else { return Ok(false) };
    let [m, n, k] = sizes.len;
    let mut shape = [0; 2];
    let mut axes = 0;
    for (has, len) in [(a.ndim() == 2, m), (b.ndim() == 2, n)] {
        if has {
            shape[axes] = len;
            axes += 1;
        }
    }
    let c = place.insert(Array::empty(&shape[..axes], kind.into(), op)?);
    let at = Places { a: a.as_ptr(), b: b.as_ptr(), c: c.as_ptr() };
    let library = T::PRODUCT.filter(|_| is_for_library::<T>([m, n, k]));
    let library = library.map(|product| (product, sizes.matrices::<T>(at)));
    let room = library.map_or(0, |(product, matrices)| (product.need)(&matrices, 1).0);
    let room = if room == 0 { None } else { Some(Array::empty(&[room], Kind::U8.into(), op)?) };
    let (Some(_a), Some(_b)) = (a.buffer().brief(Access::Read), b.buffer().brief(Access::Read)) else {
        *place = None;
        return Ok(false);
    };
    let Some((product, matrices)) = library else {
        // SAFETY: both are held, of elements of `T` that lie as the loops need them; the dense result is fresh.
        unsafe { multiply::<T>(&sizes, at) };
        return Ok(true);
    };
    let work = match &room {
        None => &mut [][..],
        // SAFETY: the scratch is fresh, and its bytes need not be initialised.
        Some(room) => unsafe { std::slice::from_raw_parts_mut(room.as_ptr().cast(), room.size()) },
    };
    // SAFETY: as for the loops, and the library has the room that it needs.
    unsafe { (product.run)(matrices, false, false, work) };
    Ok(true)
}

/// # Safety
/// The factors are valid and aligned at all places of the sizes; `c` is a dense result, and overlaps neither.
unsafe fn multiply<T: Ring>(sizes: &Sizes, at: Places) {
    let ([m, n, k], [a_row, a_inner], [b_inner, b_column]) = (sizes.len, sizes.a, sizes.b);
    let [c_row, c_column] = sizes.c::<T>();
    let mut axes = [
        Loop { len: m, a: a_row, b: 0, c: c_row },
        Loop { len: n, a: 0, b: b_column, c: c_column },
        Loop { len: k, a: a_inner, b: b_inner, c: 0 },
    ];
    // SAFETY: the caller's promise.
    unsafe {
        clear::<T>(&axes[..2], at.c);
        let from = axes.iter().take_while(|axis| axis.len == 1).count().min(2);
        match (m > 1, n > 1) {
            // What has length 1 is no axis of the loops.
            (true, false) => nest::<T>(&mut [axes[0], axes[2]], at, false),
            _ => nest::<T>(&mut axes[from..], at, false),
        }
    }
}
