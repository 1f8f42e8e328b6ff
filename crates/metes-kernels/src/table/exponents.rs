//! Exponentials, logarithms and roots.

use crate::Ufunc;
use crate::math;
use crate::rows::*;
use num_complex::Complex;

pub(super) static ROWS: &[Ufunc] = rows! {
    exp 1 "e to the power of the value." {
        float(a) -> T => a.exp();
        complex(a) -> T => a.exp();
    }
    exp2 1 "2 to the power of the value." {
        float(a) -> T => a.exp2();
        complex(a) -> T => (a * (std::f64::consts::LN_2 as R)).exp();
    }
    expm1 1 "e to the power of the value, less 1, precise near 0." {
        float(a) -> T => a.exp_m1();
        complex(a) -> T => {
            let half = (a.im / 2.0).sin();
            Complex::new(a.re.exp_m1() * a.im.cos() - 2.0 * half * half, a.re.exp() * a.im.sin())
        };
    }
    log 1 "Natural logarithm." {
        float(a) -> T => a.ln();
        complex(a) -> T => Complex::new(a.re.hypot(a.im).ln(), a.im.atan2(a.re));
    }
    log2 1 "Logarithm to base 2." {
        float(a) -> T => a.log2();
        complex(a) -> T => Complex::new(a.re.hypot(a.im).ln(), a.im.atan2(a.re)) * (std::f64::consts::LOG2_E as R);
    }
    log10 1 "Logarithm to base 10." {
        float(a) -> T => a.log10();
        complex(a) -> T => Complex::new(a.re.hypot(a.im).ln(), a.im.atan2(a.re)) * (std::f64::consts::LOG10_E as R);
    }
    log1p 1 "Natural logarithm of 1 plus the value, precise near 0." {
        float(a) -> T => a.ln_1p();
        complex(a) -> T => Complex::new((a.re + 1.0).hypot(a.im).ln(), a.im.atan2(a.re + 1.0));
    }
    sqrt 1 "Square root." {
        float(a) -> T => a.sqrt();
        complex(a) -> T => a.sqrt();
    }
    cbrt 1 "Cube root." {
        float(a) -> T => a.cbrt();
    }
    logaddexp 2 "Logarithm of the sum of the exponentials of two values." {
        float(a, b) -> T => math::logaddexp(a, b);
    }
    logaddexp2 2 "The same to base 2." {
        float(a, b) -> T => math::logaddexp2(a, b);
    }
};
