//! [`Elem`]: how a loop reads and writes one element, and what every kind can be asked.

use half::f16;
use metes_dtype::Kind;
use num_complex::Complex;

/// A type that loops work on.
pub(crate) trait Elem: Copy + Default + PartialEq + 'static {
    const KIND: Kind;
    /// The widest type of its family: what casts go through.
    type Wide: Copy;

    fn widen(self) -> Self::Wide;
    /// Order with NaN nowhere: real, then imaginary part.
    fn less(self, other: Self) -> bool;
    fn is_nan(self) -> bool;
    fn is_infinite(self) -> bool {
        false
    }
    /// Not a number, where the type has it; else zero.
    fn nan() -> Self {
        Self::default()
    }
    fn is_zero(self) -> bool {
        self == Self::default()
    }
    /// Equal, or NaN in the same places.
    fn same(self, other: Self) -> bool {
        self == other || self.is_nan() && other.is_nan()
    }

    /// # Safety
    /// `p` is aligned and valid for a read.
    #[inline(always)]
    unsafe fn load(p: *const u8) -> Self {
        // SAFETY: the caller vouches for the pointer.
        unsafe { p.cast::<Self>().read() }
    }

    /// # Safety
    /// `p` is aligned and valid for a write.
    #[inline(always)]
    unsafe fn store(self, p: *mut u8) {
        // SAFETY: the caller vouches for the pointer.
        unsafe { p.cast::<Self>().write(self) }
    }
}

impl Elem for bool {
    const KIND: Kind = Kind::Bool;
    type Wide = bool;
    #[inline(always)]
    fn widen(self) -> bool {
        self
    }
    #[inline(always)]
    fn less(self, other: bool) -> bool {
        !self & other
    }
    fn is_nan(self) -> bool {
        false
    }
    /// Bytes of foreign memory may be any number: all but 0 are true.
    #[inline(always)]
    unsafe fn load(p: *const u8) -> bool {
        // SAFETY: the caller vouches for the pointer; a byte has no invalid value.
        unsafe { p.read() != 0 }
    }
}

macro_rules! reals {
    ($($t:ty, $kind:ident, $wide:ty, $widen:expr, $nan:expr, $infinite:expr, $value:expr;)*) => {$(
        impl Elem for $t {
            const KIND: Kind = Kind::$kind;
            type Wide = $wide;
            #[inline(always)]
            fn widen(self) -> $wide {
                $widen(self)
            }
            #[inline(always)]
            fn less(self, other: $t) -> bool {
                self < other
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $nan(self)
            }
            #[inline(always)]
            fn is_infinite(self) -> bool {
                $infinite(self)
            }
            fn nan() -> $t {
                $value
            }
        }
    )*};
}
reals! {
    i8, I8, i64, i64::from, |_| false, |_| false, 0;
    i16, I16, i64, i64::from, |_| false, |_| false, 0;
    i32, I32, i64, i64::from, |_| false, |_| false, 0;
    i64, I64, i64, |x| x, |_| false, |_| false, 0;
    u8, U8, u64, u64::from, |_| false, |_| false, 0;
    u16, U16, u64, u64::from, |_| false, |_| false, 0;
    u32, U32, u64, u64::from, |_| false, |_| false, 0;
    u64, U64, u64, |x| x, |_| false, |_| false, 0;
    f16, F16, f64, f16::to_f64, f16::is_nan, f16::is_infinite, f16::NAN;
    f32, F32, f64, f64::from, f32::is_nan, f32::is_infinite, f32::NAN;
    f64, F64, f64, |x| x, f64::is_nan, f64::is_infinite, f64::NAN;
}

macro_rules! complexes {
    ($($t:ty, $kind:ident;)*) => {$(
        impl Elem for Complex<$t> {
            const KIND: Kind = Kind::$kind;
            type Wide = Complex<f64>;
            #[inline(always)]
            fn widen(self) -> Complex<f64> {
                Complex::new(f64::from(self.re), f64::from(self.im))
            }
            #[inline(always)]
            fn less(self, other: Self) -> bool {
                (self.re < other.re) & !self.im.is_nan() & !other.im.is_nan() | (self.re == other.re) & (self.im < other.im)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self.re.is_nan() | self.im.is_nan()
            }
            #[inline(always)]
            fn is_infinite(self) -> bool {
                self.re.is_infinite() || self.im.is_infinite()
            }
            fn nan() -> Self {
                Complex::new(<$t>::NAN, <$t>::NAN)
            }
            fn same(self, other: Self) -> bool {
                self.re.same(other.re) && self.im.same(other.im)
            }
        }
    )*};
}
complexes! { f32, C64; f64, C128; }
