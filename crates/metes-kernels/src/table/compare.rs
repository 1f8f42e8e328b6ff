//! Comparisons, logic, classification, choice.

use crate::Ufunc;
use crate::elem::Elem;
use crate::rows::*;

pub(super) static ROWS: &[Ufunc] = rows! {
    equal 2 "Whether two values are equal." {
        every(a, b) -> bool => a == b;
        mixed(a: i64, b: u64) -> bool => u64::try_from(a) == Ok(b);
        mixed(a: u64, b: i64) -> bool => u64::try_from(b) == Ok(a);
    }
    not_equal 2 "Whether two values differ." {
        every(a, b) -> bool => a != b;
        mixed(a: i64, b: u64) -> bool => u64::try_from(a) != Ok(b);
        mixed(a: u64, b: i64) -> bool => u64::try_from(b) != Ok(a);
    }
    less 2 "Whether the first value is below the second; complex values by real, then imaginary part." {
        every(a, b) -> bool => a.less(b);
        mixed(a: i64, b: u64) -> bool => i128::from(a) < i128::from(b);
        mixed(a: u64, b: i64) -> bool => i128::from(a) < i128::from(b);
    }
    less_equal 2 "Whether the first value is at most the second." {
        every(a, b) -> bool => a.less(b) | (a == b);
        mixed(a: i64, b: u64) -> bool => i128::from(a) <= i128::from(b);
        mixed(a: u64, b: i64) -> bool => i128::from(a) <= i128::from(b);
    }
    greater 2 "Whether the first value is above the second." {
        every(a, b) -> bool => b.less(a);
        mixed(a: i64, b: u64) -> bool => i128::from(a) > i128::from(b);
        mixed(a: u64, b: i64) -> bool => i128::from(a) > i128::from(b);
    }
    greater_equal 2 "Whether the first value is at least the second." {
        every(a, b) -> bool => b.less(a) | (a == b);
        mixed(a: i64, b: u64) -> bool => i128::from(a) >= i128::from(b);
        mixed(a: u64, b: i64) -> bool => i128::from(a) >= i128::from(b);
    }
    logical_and 2 "Whether both values are true." identity(1.0) {
        every(a, b) -> bool => !a.is_zero() & !b.is_zero();
    }
    logical_or 2 "Whether either value is true." identity(0.0) {
        every(a, b) -> bool => !a.is_zero() | !b.is_zero();
    }
    logical_xor 2 "Whether one of the values is true." identity(0.0) {
        every(a, b) -> bool => a.is_zero() ^ b.is_zero();
    }
    logical_not 1 "Whether the value is false." {
        every(a) -> bool => a.is_zero();
    }
    isnan 1 "Whether the value is not a number." {
        every(a) -> bool => Elem::is_nan(a);
    }
    isfinite 1 "Whether the value is neither infinite nor NaN." {
        bool(_a) -> bool => true;
        int(_a) -> bool => true;
        float(a) -> bool => a.is_finite();
        complex(a) -> bool => a.re.is_finite() && a.im.is_finite();
    }
    isinf 1 "Whether the value is infinite." {
        bool(_a) -> bool => false;
        int(_a) -> bool => false;
        float(a) -> bool => a.is_infinite();
        complex(a) -> bool => a.re.is_infinite() || a.im.is_infinite();
    }
    signbit 1 "Whether the sign bit of a float is set." {
        float(a) -> bool => a.is_sign_negative();
    }
    where 3 "The second value where the first is true, else the third." {
        choose(c, a, b) => if c { a } else { b };
    }
};
