//! What a kind can hold: ranges of integers, limits of floats, and the smallest kind for a value.
//!
//! Every number here fits float64 or `i128`, so the narrow kinds need no type of their own.

use crate::{Category, Kind};

/// The limits of a float kind, named as in NumPy's `finfo`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatInfo {
    /// Bits of one value.
    pub bits: u32,
    /// Bits of the fraction, without the hidden one.
    pub mantissa_bits: u32,
    /// Decimal digits that always survive.
    pub precision: u32,
    /// The largest finite value.
    pub max: f64,
    /// From 1 to the next value above.
    pub eps: f64,
    /// The smallest positive value with all its bits.
    pub smallest_normal: f64,
    /// The smallest positive value.
    pub smallest_subnormal: f64,
}

impl FloatInfo {
    /// IEEE 754: everything follows from the two widths.
    const fn new(bits: u32, mantissa_bits: u32) -> FloatInfo {
        let bias = (1 << (bits - mantissa_bits - 2)) - 1;
        let eps = power_of_two(-(mantissa_bits as i32));
        FloatInfo {
            bits,
            mantissa_bits,
            precision: mantissa_bits * 30103 / 100_000,
            max: power_of_two(bias) * (2.0 - eps),
            eps,
            smallest_normal: power_of_two(1 - bias),
            smallest_subnormal: power_of_two(1 - bias) * eps,
        }
    }
}

/// For exponents of normal float64 values.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Kind {
    /// The smallest and the largest value of an integer kind; `None` for the others.
    ///
    /// ```
    /// use metes_dtype::Kind;
    /// assert_eq!(Kind::I8.int_range(), Some((-128, 127)));
    /// assert_eq!(Kind::F32.int_range(), None);
    /// ```
    pub const fn int_range(self) -> Option<(i128, i128)> {
        let span = 1i128 << (8 * self.size() - 1);
        match self.category() {
            Category::Signed => Some((-span, span - 1)),
            Category::Unsigned => Some((0, 2 * span - 1)),
            _ => None,
        }
    }

    /// The limits of a float kind, or of the parts of a complex kind.
    ///
    /// ```
    /// use metes_dtype::Kind;
    /// assert_eq!(Kind::F16.float_info().unwrap().max, 65504.0);
    /// assert_eq!(Kind::C64.float_info().unwrap().eps, f64::from(f32::EPSILON));
    /// ```
    pub const fn float_info(self) -> Option<FloatInfo> {
        match self.real() {
            Kind::F16 => Some(FloatInfo::new(16, 10)),
            Kind::F32 => Some(FloatInfo::new(32, 23)),
            Kind::F64 => Some(FloatInfo::new(64, 52)),
            _ => None,
        }
    }

    /// The kind of a complex kind's parts; any other kind itself.
    pub const fn real(self) -> Kind {
        match self {
            Kind::C64 => Kind::F32,
            Kind::C128 => Kind::F64,
            other => other,
        }
    }

    /// The smallest integer kind that holds a value, unsigned if it can be; `None` beyond 64 bits.
    ///
    /// ```
    /// use metes_dtype::Kind;
    /// assert_eq!(Kind::for_int(200), Some(Kind::U8));
    /// assert_eq!(Kind::for_int(-1), Some(Kind::I8));
    /// assert_eq!(Kind::for_int(1 << 64), None);
    /// ```
    pub fn for_int(value: i128) -> Option<Kind> {
        let wanted = if value < 0 { Category::Signed } else { Category::Unsigned };
        let holds = |k: Kind| k.int_range().is_some_and(|(low, high)| (low..=high).contains(&value));
        Kind::ALL.iter().copied().find(|&k| k.category() == wanted && holds(k))
    }

    /// The smallest float kind whose range a value is in; its digits do not count. Infinities and NaN are in every range.
    ///
    /// ```
    /// use metes_dtype::Kind;
    /// assert_eq!(Kind::for_float(0.1), Kind::F16);
    /// assert_eq!(Kind::for_float(1e300), Kind::F64);
    /// ```
    pub fn for_float(value: f64) -> Kind {
        let holds = |k: Kind| k.float_info().is_some_and(|info| !value.is_finite() || value.abs() <= info.max);
        let floats = Kind::ALL.iter().copied().filter(|k| k.category() == Category::Float);
        floats.clone().find(|&k| holds(k)).unwrap_or(Kind::F64)
    }
}
