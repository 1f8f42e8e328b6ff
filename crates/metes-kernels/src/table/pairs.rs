//! Functions with two results.

use crate::elem::Elem;
use crate::math::{self, Integer, Real, half_of};
use crate::{Cell, Flags, Ufunc, loops};
use half::f16;

macro_rules! split_cell {
    ($a:ty, $r:ty, $s:ty, |$x:ident| $e:expr) => {{
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { loops::split(n, ptrs, steps, |$x: $a| -> ($r, $s) { $e }) }
        }
        Cell { inputs: &[<$a>::KIND], outputs: &[<$r>::KIND, <$s>::KIND], call: run }
    }};
}

macro_rules! split2_cell {
    ($a:ty, |$x:ident, $y:ident, $flags:pat_param| $e:expr) => {{
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> Flags {
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { loops::split2(n, ptrs, steps, |$x: $a, $y: $a, $flags| -> ($a, $a) { $e }) }
        }
        Cell { inputs: &[<$a>::KIND, <$a>::KIND], outputs: &[<$a>::KIND, <$a>::KIND], call: run }
    }};
}

macro_rules! integer_divmod {
    ($($t:ty)*) => { [$(split2_cell!($t, |a, b, flags| (a.floor_div(b, flags), a.floor_mod(b, flags)))),*] };
}

const DIVMOD_FLOATS: [Cell; 3] = [
    split2_cell!(f16, |a, b, _| {
        let (a, b) = (a.to_f32(), b.to_f32());
        (half_of(math::floor_divide(a, b)), half_of(math::remainder(a, b)))
    }),
    split2_cell!(f32, |a, b, _| (math::floor_divide(a, b), math::remainder(a, b))),
    split2_cell!(f64, |a, b, _| (math::floor_divide(a, b), math::remainder(a, b))),
];
const DIVMOD_INTEGERS: [Cell; 8] = integer_divmod!(i8 u8 i16 u16 i32 u32 i64 u64);

static DIVMOD: [Cell; 11] = {
    let [a, b, c, d, e, f, g, h] = DIVMOD_INTEGERS;
    let [i, j, k] = DIVMOD_FLOATS;
    [a, b, c, d, e, f, g, h, i, j, k]
};

pub(super) static ROWS: &[Ufunc] = &[
    Ufunc {
        name: "divmod",
        nin: 2,
        nout: 2,
        doc: "Floor division and what it leaves.",
        identity: None,
        cells: &DIVMOD,
    },
    Ufunc {
        name: "modf",
        nin: 1,
        nout: 2,
        doc: "The fraction and the whole part of a value.",
        identity: None,
        cells: &[
            split_cell!(f16, f16, f16, |a| {
                let (fraction, whole) = modf(a.to_f32());
                (half_of(fraction), half_of(whole))
            }),
            split_cell!(f32, f32, f32, |a| modf(a)),
            split_cell!(f64, f64, f64, |a| modf(a)),
        ],
    },
    Ufunc {
        name: "frexp",
        nin: 1,
        nout: 2,
        doc: "The value as a fraction in [0.5, 1) and a power of two.",
        identity: None,
        cells: &[
            split_cell!(f16, f16, i32, |a| {
                let (fraction, exponent) = a.to_f32().split_exponent();
                (half_of(fraction), exponent)
            }),
            split_cell!(f32, f32, i32, |a| a.split_exponent()),
            split_cell!(f64, f64, i32, |a| a.split_exponent()),
        ],
    },
];

fn modf<T: Real>(a: T) -> (T, T) {
    if a.is_infinite() {
        return (T::zero().copysign(a), a);
    }
    (a.fract().copysign(a), a.trunc())
}
