//! How a row of the table is written: one line per family of kinds, each an expression over `T`.
//!
//! `int` stands for the eight integer kinds, `signed` and `unsigned` for four each, `float` for the three float kinds
//! (float16 computes in float32), `complex` for two, `analytic` for the same two computing in complex128, `every` for all fourteen with the methods of `Elem` alone,
//! `mixed` for the kinds that it names. In an expression `T` is the element type and, for `complex`, `R` its real type.

use half::f16;

/// What a float16 cell makes of the float32 that it computed.
pub(crate) trait Narrow {
    type To;
    fn narrow(self) -> Self::To;
}

impl Narrow for f32 {
    type To = f16;
    fn narrow(self) -> f16 {
        f16::from_f32(self)
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

macro_rules! flag {
    () => {
        _
    };
    ($flags:ident) => {
        $flags
    };
}

macro_rules! kind_of {
    ($t:ty) => {
        <$t as $crate::elem::Elem>::KIND
    };
}

/// One cell: all inputs of one type, or each of its own.
macro_rules! cell {
    ($t:ty, $r:ty, ($($x:ident),+ $(; $flags:ident)?), $out:ty, $e:expr) => {{
        #[allow(dead_code)]
        type T = $t;
        #[allow(dead_code)]
        type R = $r;
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            // SAFETY: the caller's promise.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, |$($x: T,)+ flag!($($flags)?)| -> $out { $e }) }
        }
        $crate::Cell { inputs: &[$({ let $x = kind_of!(T); $x }),+], outputs: &[kind_of!($out)], call: run }
    }};
}

/// A float16 cell: the expression sees float32.
macro_rules! half_cell {
    (($($x:ident),+ $(; $flags:ident)?), $out:ty, $e:expr) => {{
        #[allow(dead_code)]
        type T = f32;
        type Out = <$out as $crate::rows::Narrow>::To;
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            let op = |$($x: half::f16,)+ flag!($($flags)?): &mut $crate::Flags| -> Out {
                $(let $x = $x.to_f32();)+
                let wide: $out = $e;
                $crate::rows::Narrow::narrow(wide)
            };
            // SAFETY: the caller's promise.
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
            // SAFETY: the caller's promise.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, op) }
        }
        $crate::Cell { inputs: &[$({ let $x = kind_of!(T); $x }),+], outputs: &[kind_of!(T)], call: run }
    }};
}

macro_rules! mixed_cell {
    (($($x:ident: $t:ty),+), $out:ty, $e:expr) => {{
        /// # Safety
        /// The promises of [`crate::Loop`].
        unsafe fn run(n: usize, ptrs: &[*mut u8], steps: &[isize]) -> $crate::Flags {
            // SAFETY: the caller's promise.
            unsafe { skeleton!($($x),+)(n, ptrs, steps, |$($x: $t,)+ _| -> $out { $e }) }
        }
        $crate::Cell { inputs: &[$(kind_of!($t)),+], outputs: &[kind_of!($out)], call: run }
    }};
}

macro_rules! cells {
    (@ [$($acc:tt)*]) => { &[$($acc)*] };
    (@ [$($acc:tt)*] bool $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)* cell!(bool, bool, $x, $out, $e),] $($rest)*)
    };
    (@ [$($acc:tt)*] signed $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            cell!(i8, i8, $x, $out, $e), cell!(i16, i16, $x, $out, $e),
            cell!(i32, i32, $x, $out, $e), cell!(i64, i64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] unsigned $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            cell!(u8, u8, $x, $out, $e), cell!(u16, u16, $x, $out, $e),
            cell!(u32, u32, $x, $out, $e), cell!(u64, u64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] int $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            cell!(i8, i8, $x, $out, $e), cell!(u8, u8, $x, $out, $e),
            cell!(i16, i16, $x, $out, $e), cell!(u16, u16, $x, $out, $e),
            cell!(i32, i32, $x, $out, $e), cell!(u32, u32, $x, $out, $e),
            cell!(i64, i64, $x, $out, $e), cell!(u64, u64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] float $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            half_cell!($x, $out, $e), cell!(f32, f32, $x, $out, $e), cell!(f64, f64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] double $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)* cell!(f64, f64, $x, $out, $e),] $($rest)*)
    };
    (@ [$($acc:tt)*] complex $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            cell!(num_complex::Complex<f32>, f32, $x, $out, $e), cell!(num_complex::Complex<f64>, f64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] double_complex $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)* cell!(num_complex::Complex<f64>, f64, $x, $out, $e),] $($rest)*)
    };
    (@ [$($acc:tt)*] analytic $x:tt => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)* widened_cell!($x, $e), cell!(num_complex::Complex<f64>, f64, $x, T, $e),] $($rest)*)
    };
    (@ [$($acc:tt)*] every $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            cell!(bool, bool, $x, $out, $e),
            cell!(i8, i8, $x, $out, $e), cell!(u8, u8, $x, $out, $e),
            cell!(i16, i16, $x, $out, $e), cell!(u16, u16, $x, $out, $e),
            cell!(i32, i32, $x, $out, $e), cell!(u32, u32, $x, $out, $e),
            cell!(i64, i64, $x, $out, $e), cell!(u64, u64, $x, $out, $e),
            cell!(half::f16, half::f16, $x, $out, $e), cell!(f32, f32, $x, $out, $e), cell!(f64, f64, $x, $out, $e),
            cell!(num_complex::Complex<f32>, f32, $x, $out, $e), cell!(num_complex::Complex<f64>, f64, $x, $out, $e),
        ] $($rest)*)
    };
    (@ [$($acc:tt)*] mixed $x:tt -> $out:ty => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)* mixed_cell!($x, $out, $e),] $($rest)*)
    };
    (@ [$($acc:tt)*] choose $x:tt => $e:expr; $($rest:tt)*) => {
        cells!(@ [$($acc)*
            choose_cell!(bool, $x, $e),
            choose_cell!(i8, $x, $e), choose_cell!(u8, $x, $e), choose_cell!(i16, $x, $e), choose_cell!(u16, $x, $e),
            choose_cell!(i32, $x, $e), choose_cell!(u32, $x, $e), choose_cell!(i64, $x, $e), choose_cell!(u64, $x, $e),
            choose_cell!(half::f16, $x, $e), choose_cell!(f32, $x, $e), choose_cell!(f64, $x, $e),
            choose_cell!(num_complex::Complex<f32>, $x, $e), choose_cell!(num_complex::Complex<f64>, $x, $e),
        ] $($rest)*)
    };
}

/// A cell that takes a bool and two values.
macro_rules! choose_cell {
    ($t:ty, ($c:ident, $a:ident, $b:ident), $e:expr) => {
        mixed_cell!(($c: bool, $a: $t, $b: $t), $t, $e)
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
            cells: cells!(@ [] $($cells)*),
        },)*]
    };
}

pub(crate) use {
    cell, cells, choose_cell, flag, half_cell, identity, kind_of, mixed_cell, rows, skeleton, widened_cell,
};
