//! Exponentials, logarithms and roots.

use crate::Ufunc;
use crate::rows::*;
use crate::{complex, math};
use num_complex::Complex;

pub(super) static ROWS: &[Ufunc] = rows! {
    exp 1 "e to the power of the value." {
        curve Exp;
        analytic(a) => complex::exp(a);
    }
    exp2 1 "2 to the power of the value." {
        curve Exp2;
        analytic(a) => complex::exp(a * std::f64::consts::LN_2);
    }
    expm1 1 "e to the power of the value, less 1, precise near 0." {
        curve Expm1;
        analytic(a) => complex::expm1(a);
    }
    log 1 "Natural logarithm." {
        curve Log;
        analytic(a) => complex::log(a);
    }
    log2 1 "Logarithm to base 2." {
        curve Log2;
        analytic(a) => complex::log(a) * std::f64::consts::LOG2_E;
    }
    log10 1 "Logarithm to base 10." {
        curve Log10;
        analytic(a) => complex::log(a) * std::f64::consts::LOG10_E;
    }
    log1p 1 "Natural logarithm of 1 plus the value, precise near 0." {
        curve Log1p;
        analytic(a) => Complex::new((a.re + 1.0).hypot(a.im).ln(), a.im.atan2(a.re + 1.0));
    }
    sqrt 1 "Square root." {
        float(a) -> T => a.sqrt();
        analytic(a) => complex::sqrt(a);
    }
    cbrt 1 "Cube root." {
        curve Cbrt;
    }
    logaddexp 2 "Logarithm of the sum of the exponentials of two values." identity(f64::NEG_INFINITY) {
        float(a, b; _) -> T => math::logaddexp(a, b);
    }
    logaddexp2 2 "The same to base 2." identity(f64::NEG_INFINITY) {
        float(a, b; _) -> T => math::logaddexp2(a, b);
    }
};
