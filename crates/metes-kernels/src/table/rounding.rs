//! Rounding to whole numbers.

use crate::Ufunc;
use crate::rows::*;

pub(super) static ROWS: &[Ufunc] = rows! {
    floor 1 "The largest whole number that is not above the value." {
        bool(a) -> T => a;
        int(a) -> T => a;
        float(a) -> T => a.floor();
    }
    ceil 1 "The smallest whole number that is not below the value." {
        bool(a) -> T => a;
        int(a) -> T => a;
        float(a) -> T => a.ceil();
    }
    trunc 1 "The value without its fraction." {
        bool(a) -> T => a;
        int(a) -> T => a;
        float(a) -> T => a.trunc();
    }
    rint 1 "The nearest whole number, halves to the even one." {
        float(a) -> T => a.round_ties_even();
        complex(a) -> T => num_complex::Complex::new(a.re.round_ties_even(), a.im.round_ties_even());
    }
};
