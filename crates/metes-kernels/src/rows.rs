//! How a row of the table is written: one line per family of kinds, each an expression over `T`.
//!
//! `int` stands for the eight integer kinds, `signed` and `unsigned` for four each, `float` for the three float kinds
//! (float16 computes in float32), `double` for float64, `complex` for the two complex kinds, `double_complex` for the
//! wider, `analytic` for both computing in complex128, `every` for all with the methods of `Elem` alone, `choose` for all
//! beside a bool, `mixed` for the kinds that it names; `curve` and `surface` name a function of `curves` for the float kinds. After the values may stand a name for the flags, or `_`: then the
//! expression is not one for vectors, and elements are taken one by one. In an expression `T` is the element type and, for `complex`, `R`
//! its real type. The kinds of a family come from the one list of kinds.

use half::f16;

/// What a float16 cell makes of the float32 that it computed.
pub(crate) trait Narrow {
    type To;
    fn narrow(self) -> Self::To;
}

impl Narrow for f32 {
    type To = f16;
    fn narrow(self) -> f16 {
        crate::math::half_of(self)
    }
}

macro_rules! unchanged {
    ($($t:ty)*) => {$(
        impl Narrow for $t {
            type To = $t;
            fn narrow(self) -> $t {
                self
            }
        }
    )*};
}
unchanged!(bool i32 u8);

/// The skeleton for so many operands that takes elements one by one.
macro_rules! skeleton {
    ($a:ident) => {
        $crate::loops::unary
    };
    ($a:ident, $b:ident) => {
        $crate::loops::binary
    };
    ($a:ident, $b:ident, $c:ident) => {
        $crate::loops::ternary
    };
}

/// The one that takes dense ones in blocks of `N`.
macro_rules! in_blocks {
    ($N:ident, $a:ident) => {
        $crate::blocks::unary::<_, _, $N>
    };
    ($N:ident, $a:ident, $b:ident) => {
        $crate::blocks::binary::<_, _, _, $N>
    };
    ($N:ident, $a:ident, $b:ident, $c:ident) => {
        $crate::blocks::ternary::<_, _, _, _, $N>
    };
}

macro_rules! kind_of {
    ($t:ty) => {
        <$t as $crate::elem::Elem>::KIND
    };
}

/// One cell: all inputs of one type. Where the expression takes flags, it goes element by element.
macro_rules! cell {
    ($t:ty, $r:ty, ($($x:ident),+), $out:ty, $e:expr) => {
        block_cell!($t, $r, ($($x: $t),+), $out, $e)
    };
    ($t:ty, $r:ty, ($($x:ident),+; $flags:tt), $out:ty, $e:expr) => {{
        #[allow(dead_code)]
        type T = $t;
        #[allow(dead_code)]
        type R = $r;
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, |$($x: T,)+ $flags| -> $out { $e }) }
        }
        $crate::Cell { inputs: &[$({ let $x = kind_of!(T); $x }),+], outputs: &[kind_of!($out)], call: run }
    }};
}

/// Elements one by one, after those that are done.
macro_rules! rest {
    ($done:ident, $n:ident, $ptrs:ident, $steps:ident, ($($x:ident),+), $op:expr) => {{
        if $done == $n {
            return 0;
        }
        let ptrs: [*mut u8; WIDTHS.len()] =
            std::array::from_fn(|i| $ptrs[i].wrapping_offset($done as isize * $steps[i]));
        skeleton!($($x),+)($n - $done, &ptrs, $steps, |$($x,)+ _| $op($($x),+))
    }};
}

/// A cell that goes by blocks; inputs may be of different types.
macro_rules! block_cell {
    ($t:ty, $r:ty, ($($x:ident: $X:ty),+), $out:ty, $e:expr) => {{
        #[allow(dead_code)]
        type T = $t;
        #[allow(dead_code)]
        type R = $r;
        const WIDTHS: [usize; { [$(size_of::<$X>()),+].len() + 1 }] = [$(size_of::<$X>(),)+ size_of::<$out>()];
        const N: usize = $crate::blocks::size(&WIDTHS);
        #[inline(always)]
        fn op($($x: $X),+) -> $out {
            $e
        }
        /// # Safety
        /// The promises of [`crate::blocks::Dense`]; the processor has vectors.
        #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt"))]
        unsafe fn dense(n: usize, ptrs: &[*mut u8]) {
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { in_blocks!(N, $($x),+)(n, ptrs, op) }
        }
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            // SAFETY: the caller promises operands of this cell's kinds.
            unsafe {
                let done = $crate::blocks::whole(n, ptrs, steps, WIDTHS, N, dense);
                rest!(done, n, ptrs, steps, ($($x),+), op)
            }
        }
        $crate::Cell { inputs: &[$(kind_of!($X)),+], outputs: &[kind_of!($out)], call: run }
    }};
}

/// A float16 cell: the expression sees float32.
macro_rules! half_cell {
    (($($x:ident),+ $(; $flags:tt)?), $out:ty, $e:expr) => {{
        #[allow(dead_code)]
        type T = f32;
        type Out = <$out as $crate::rows::Narrow>::To;
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            let op = |$($x: half::f16,)+ _: &mut $crate::Flags| -> Out {
                $(let $x = $x.to_f32();)+
                let wide: $out = $e;
                $crate::rows::Narrow::narrow(wide)
            };
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, op) }
        }
        $crate::Cell { inputs: &[$({ let $x = kind_of!(half::f16); $x }),+], outputs: &[kind_of!(Out)], call: run }
    }};
}

/// A complex64 cell: the expression sees complex128.
macro_rules! widened_cell {
    (($($x:ident),+), $e:expr) => {{
        type T = num_complex::Complex<f32>;
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            let op = |$($x: T,)+ _: &mut $crate::Flags| -> T {
                $(let $x = $crate::elem::Elem::widen($x);)+
                $crate::cast::From1::from1($e)
            };
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, op) }
        }
        $crate::Cell { inputs: &[$({ let $x = kind_of!(T); $x }),+], outputs: &[kind_of!(T)], call: run }
    }};
}

/// A complex128 cell of the same expression.
macro_rules! analytic_cell {
    (($($x:ident),+), $e:expr) => {
        cell!(num_complex::Complex<f64>, f64, ($($x),+; _), T, $e)
    };
}

macro_rules! mixed_cell {
    (($($x:ident: $t:ty),+), $out:ty, $e:expr) => {{
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            // SAFETY: the caller promises operands of this cell's kinds, and the skeleton reads and writes just those.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, |$($x: $t,)+ _| -> $out { $e }) }
        }
        $crate::Cell { inputs: &[$(kind_of!($t)),+], outputs: &[kind_of!($out)], call: run }
    }};
}

/// The cells of a row: each line names a family of kinds, and `family!` goes through the list of kinds for it.
macro_rules! cells {
    ([$($done:tt)*]) => { &[$($done)*] };
    ([$($done:tt)*] mixed $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!([$($done)* mixed_cell!($x, $out, $e),] $($rest)*)
    };
    ([$($done:tt)*] curve $curve:ident; $($rest:tt)*) => {
        cells!([$($done)*
            curve_cell!(half::f16, [a], unary, $curve),
            curve_cell!(f32, [a], unary, $curve),
            curve_cell!(f64, [a], unary, $curve),
        ] $($rest)*)
    };
    ([$($done:tt)*] surface $surface:ident; $($rest:tt)*) => {
        cells!([$($done)*
            curve_cell!(half::f16, [a, b], binary, $surface),
            curve_cell!(f32, [a, b], binary, $surface),
            curve_cell!(f64, [a, b], binary, $surface),
        ] $($rest)*)
    };
    ([$($done:tt)*] double_surface $surface:ident; $($rest:tt)*) => {
        cells!([$($done)* curve_cell!(f64, [a, b], binary, $surface),] $($rest)*)
    };
    ([$($done:tt)*] choose $x:tt => $e:expr; $($rest:tt)*) => {
        metes_dtype::for_each_kind!(family, choose, [$($done)*], [$x => $e], [$($rest)*])
    };
    ([$($done:tt)*] analytic $x:tt => $e:expr; $($rest:tt)*) => {
        cells!([$($done)* widened_cell!($x, $e), analytic_cell!($x, $e),] $($rest)*)
    };
    ([$($done:tt)*] $family:ident $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        metes_dtype::for_each_kind!(family, $family, [$($done)*], [$x, $out, $e], [$($rest)*])
    };
}

/// Adds the cells of one family, kind by kind, and hands back to `cells!`.
macro_rules! family {
    ($family:ident $done:tt $row:tt [$($rest:tt)*]) => { cells!($done $($rest)*) };
    (every $done:tt $row:tt $rest:tt ($k:ident, num_complex::Complex<$r:ident>, $n:tt, $c:tt, $tc:tt, Complex) $($kinds:tt)*) => {
        family!(@ every $done $row $rest [num_complex::Complex<$r>, $r] $($kinds)*)
    };
    (complex $done:tt $row:tt $rest:tt ($k:ident, num_complex::Complex<$r:ident>, $n:tt, $c:tt, $tc:tt, Complex) $($kinds:tt)*) => {
        family!(@ complex $done $row $rest [num_complex::Complex<$r>, $r] $($kinds)*)
    };
    (double_complex $done:tt $row:tt $rest:tt (C128, $t:ty, $n:tt, $c:tt, $tc:tt, $cat:ident) $($kinds:tt)*) => {
        family!(@ double_complex $done $row $rest [$t, f64] $($kinds)*)
    };
    (double $done:tt $row:tt $rest:tt (F64, $t:ty, $n:tt, $c:tt, $tc:tt, $cat:ident) $($kinds:tt)*) => {
        family!(@ double $done $row $rest [$t, $t] $($kinds)*)
    };
    (float [$($done:tt)*] [$x:tt, $out:ty, $e:expr] $rest:tt (F16, $t:ty, $n:tt, $c:tt, $tc:tt, $cat:ident) $($kinds:tt)*) => {
        family!(float [$($done)* half_cell!($x, $out, $e),] [$x, $out, $e] $rest $($kinds)*)
    };
    (every $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, $cat:ident) $($kinds:tt)*) => {
        family!(@ every $done $row $rest [$t, $t] $($kinds)*)
    };
    (choose [$($done:tt)*] [$x:tt => $e:expr] $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, $cat:ident) $($kinds:tt)*) => {
        family!(choose [$($done)* choose_cell!($t, $x, $e),] [$x => $e] $rest $($kinds)*)
    };
    (bool $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Bool) $($kinds:tt)*) => {
        family!(@ bool $done $row $rest [$t, $t] $($kinds)*)
    };
    (int $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Signed) $($kinds:tt)*) => {
        family!(@ int $done $row $rest [$t, $t] $($kinds)*)
    };
    (int $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Unsigned) $($kinds:tt)*) => {
        family!(@ int $done $row $rest [$t, $t] $($kinds)*)
    };
    (signed $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Signed) $($kinds:tt)*) => {
        family!(@ signed $done $row $rest [$t, $t] $($kinds)*)
    };
    (unsigned $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Unsigned) $($kinds:tt)*) => {
        family!(@ unsigned $done $row $rest [$t, $t] $($kinds)*)
    };
    (float $done:tt $row:tt $rest:tt ($k:ident, $t:ty, $n:tt, $c:tt, $tc:tt, Float) $($kinds:tt)*) => {
        family!(@ float $done $row $rest [$t, $t] $($kinds)*)
    };
    (@ $family:ident [$($done:tt)*] [$x:tt, $out:ty, $e:expr] $rest:tt [$t:ty, $r:ty] $($kinds:tt)*) => {
        family!($family [$($done)* cell!($t, $r, $x, $out, $e),] [$x, $out, $e] $rest $($kinds)*)
    };
    ($family:ident $done:tt $row:tt $rest:tt $other:tt $($kinds:tt)*) => {
        family!($family $done $row $rest $($kinds)*)
    };
}

/// A cell of a curve or surface.
macro_rules! curve_cell {
    ($t:ty, [$($x:ident),+], $skeleton:ident, $curve:ident) => {
        $crate::Cell {
            inputs: &[$({ let $x = kind_of!($t); $x }),+],
            outputs: &[kind_of!($t)],
            call: $crate::curves::$skeleton::<$crate::curves::$curve, $t>,
        }
    };
}

/// A cell that takes a bool and two values.
macro_rules! choose_cell {
    ($t:ty, ($c:ident, $a:ident, $b:ident), $e:expr) => {
        block_cell!($t, $t, ($c: bool, $a: $t, $b: $t), $t, $e)
    };
}

macro_rules! identity {
    () => {
        None
    };
    ($identity:expr) => {
        Some($identity)
    };
}

macro_rules! rows {
    ($($name:ident $nin:literal $doc:literal $(identity($identity:expr))? { $($cells:tt)* })*) => {
        &[$($crate::Ufunc {
            name: stringify!($name),
            nin: $nin,
            nout: 1,
            doc: $doc,
            identity: identity!($($identity)?),
            cells: cells!([] $($cells)*),
        },)*]
    };
}

pub(crate) use {
    analytic_cell, block_cell, cell, cells, choose_cell, curve_cell, family, half_cell, identity, in_blocks, kind_of,
    mixed_cell, rest, rows, skeleton, widened_cell,
};
