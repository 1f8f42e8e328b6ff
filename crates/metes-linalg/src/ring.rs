//! [`Ring`]: what products need of an element, and the loops over strided axes that serve every dtype.
//!
//! Integers wrap as NumPy's do; signed and unsigned ones of a width share a loop, since their bits are the same. Bools
//! are "or" of "and". The loops are for what no library has, and for products too small or too thin for one.

use metes_factor::{Field, Product};
use num_complex::Complex;

/// An element of a sum of products.
pub(crate) trait Ring: Copy + Send + Sync + 'static {
    const ZERO: Self;

    /// `self + a * b`.
    fn add_product(self, a: Self, b: Self) -> Self;

    fn add(self, other: Self) -> Self;

    fn conj(self) -> Self {
        self
    }

    /// The library's product of matrices, where it has one for the type.
    const PRODUCT: Option<Product<Self>> = None;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Ring for $t {
            const ZERO: $t = 0;
            #[inline(always)]
            fn add_product(self, a: $t, b: $t) -> $t {
                self.wrapping_add(a.wrapping_mul(b))
            }
            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self.wrapping_add(other)
            }
        }
    )*};
}
integers!(u8 u16 u32 u64);

/// A bool as foreign memory may hold it: any byte but 0 is true.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Truth(u8);

impl Ring for Truth {
    const ZERO: Truth = Truth(0);
    #[inline(always)]
    fn add_product(self, a: Truth, b: Truth) -> Truth {
        Truth(u8::from(self.0 != 0) | (u8::from(a.0 != 0) & u8::from(b.0 != 0)))
    }
    #[inline(always)]
    fn add(self, other: Truth) -> Truth {
        Truth(u8::from(self.0 != 0) | u8::from(other.0 != 0))
    }
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Ring for $t {
            const ZERO: $t = 0.0;
            #[inline(always)]
            fn add_product(self, a: $t, b: $t) -> $t {
                self + a * b
            }
            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self + other
            }
            const PRODUCT: Option<Product<$t>> = Some(<$t as Field>::PRODUCT);
        }

        impl Ring for Complex<$t> {
            const ZERO: Self = Complex::new(0.0, 0.0);
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                self + a * b
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
            const PRODUCT: Option<Product<Self>> = Some(<Self as Field>::PRODUCT);
        }
    )*};
}
floats!(f32 f64);

/// One axis of a nest of loops: its length, and the step in bytes of both factors and of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    pub len: usize,
    pub a: isize,
    pub b: isize,
    pub c: isize,
}

impl Loop {
    fn reach(&self) -> usize {
        self.a.unsigned_abs() + self.b.unsigned_abs() + self.c.unsigned_abs()
    }
}

/// Where the factors and the result of a nest begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub a: *const u8,
    pub b: *const u8,
    pub c: *mut u8,
}

impl Places {
    #[inline(always)]
    pub(crate) fn step(self, axis: &Loop, i: usize) -> Places {
        let i = i as isize;
        Places {
            a: self.a.wrapping_offset(i * axis.a),
            b: self.b.wrapping_offset(i * axis.b),
            c: self.c.wrapping_offset(i * axis.c),
        }
    }
}

/// `c += a * b` over all axes, the axis with the smallest steps innermost; `a` conjugated if asked.
///
/// # Safety
/// All places that the axes reach are aligned and valid, and `c` overlaps neither factor.
pub(crate) unsafe fn nest<T: Ring>(axes: &mut [Loop], at: Places, conj: bool) {
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.reach()));
    // SAFETY: the caller's promise.
    unsafe {
        if conj {
            walk::<T, true>(axes, at);
        } else {
            walk::<T, false>(axes, at);
        }
    }
}

/// # Safety
/// As [`nest`].
unsafe fn walk<T: Ring, const CONJ: bool>(axes: &[Loop], at: Places) {
    // SAFETY: the caller's promise, for each part of the first axis.
    unsafe {
        match axes {
            [] => row::<T, CONJ>(Loop { len: 1, a: 0, b: 0, c: 0 }, at),
            [last] => row::<T, CONJ>(*last, at),
            [first, rest @ ..] => (0..first.len).for_each(|i| walk::<T, CONJ>(rest, at.step(first, i))),
        }
    }
}

/// # Safety
/// As [`nest`], for one axis.
unsafe fn row<T: Ring, const CONJ: bool>(axis: Loop, at: Places) {
    let width = size_of::<T>() as isize;
    let whole = |step: isize| step == width;
    // SAFETY: the caller's promise.
    unsafe {
        if axis.c == 0 {
            let sum = if whole(axis.a) && whole(axis.b) {
                sum::<T, CONJ>(axis.len, at, width, width)
            } else {
                sum::<T, CONJ>(axis.len, at, axis.a, axis.b)
            };
            let c = at.c.cast::<T>();
            return c.write(c.read().add(sum));
        }
        match (axis.a, axis.b, axis.c) {
            (0, b, c) if whole(b) && whole(c) => each::<T, CONJ>(axis.len, at, 0, width, width),
            (a, 0, c) if whole(a) && whole(c) => each::<T, CONJ>(axis.len, at, width, 0, width),
            (a, b, c) if whole(a) && whole(b) && whole(c) => each::<T, CONJ>(axis.len, at, width, width, width),
            (a, b, c) => each::<T, CONJ>(axis.len, at, a, b, c),
        }
    }
}

/// # Safety
/// As [`nest`], for one axis that the result does not have.
#[inline(always)]
pub(crate) unsafe fn sum<T: Ring, const CONJ: bool>(n: usize, at: Places, a: isize, b: isize) -> T {
    const LANES: usize = 8;
    let factor = |i: usize| {
        let i = i as isize;
        // SAFETY: the caller's promise.
        unsafe {
            let x = at.a.wrapping_offset(i * a).cast::<T>().read();
            (if CONJ { x.conj() } else { x }, at.b.wrapping_offset(i * b).cast::<T>().read())
        }
    };
    let mut lanes = [T::ZERO; LANES];
    let whole = n / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            let (x, y) = factor(start + lane);
            *sum = sum.add_product(x, y);
        }
    }
    for i in whole..n {
        let (x, y) = factor(i);
        lanes[i - whole] = lanes[i - whole].add_product(x, y);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    a.add(e).add(c.add(g)).add(b.add(f).add(d.add(h)))
}

/// # Safety
/// As [`nest`], for one axis.
#[inline(always)]
unsafe fn each<T: Ring, const CONJ: bool>(n: usize, at: Places, a: isize, b: isize, c: isize) {
    for i in 0..n as isize {
        // SAFETY: the caller's promise.
        unsafe {
            let x = at.a.wrapping_offset(i * a).cast::<T>().read();
            let x = if CONJ { x.conj() } else { x };
            let y = at.b.wrapping_offset(i * b).cast::<T>().read();
            let place = at.c.wrapping_offset(i * c).cast::<T>();
            place.write(place.read().add_product(x, y));
        }
    }
}

/// Writes zeros over the axes of the result.
///
/// # Safety
/// The places of `c` that the axes reach are aligned and valid.
pub(crate) unsafe fn clear<T: Ring>(axes: &[Loop], c: *mut u8) {
    match axes {
        // SAFETY: the caller's promise.
        [] => unsafe { c.cast::<T>().write(T::ZERO) },
        [first, rest @ ..] => {
            for i in 0..first.len as isize {
                // SAFETY: the caller's promise, for each part of the first axis.
                unsafe { clear::<T>(rest, c.wrapping_offset(i * first.c)) };
            }
        }
    }
}
