//! Trigonometric and hyperbolic functions and their inverses; angles are in radians.

use crate::Ufunc;
use crate::rows::*;

pub(super) static ROWS: &[Ufunc] = rows! {
    sin 1 "Sine." {
        float(a) -> T => a.sin();
        complex(a) -> T => a.sin();
    }
    cos 1 "Cosine." {
        float(a) -> T => a.cos();
        complex(a) -> T => a.cos();
    }
    tan 1 "Tangent." {
        float(a) -> T => a.tan();
        complex(a) -> T => a.tan();
    }
    arcsin 1 "Inverse sine." {
        float(a) -> T => a.asin();
        complex(a) -> T => a.asin();
    }
    arccos 1 "Inverse cosine." {
        float(a) -> T => a.acos();
        complex(a) -> T => a.acos();
    }
    arctan 1 "Inverse tangent." {
        float(a) -> T => a.atan();
        complex(a) -> T => a.atan();
    }
    arctan2 2 "The angle of the point (second, first)." {
        float(a, b) -> T => a.atan2(b);
    }
    hypot 2 "The hypotenuse of a right triangle with these legs." {
        float(a, b) -> T => a.hypot(b);
    }
    sinh 1 "Hyperbolic sine." {
        float(a) -> T => a.sinh();
        complex(a) -> T => a.sinh();
    }
    cosh 1 "Hyperbolic cosine." {
        float(a) -> T => a.cosh();
        complex(a) -> T => a.cosh();
    }
    tanh 1 "Hyperbolic tangent." {
        float(a) -> T => a.tanh();
        complex(a) -> T => a.tanh();
    }
    arcsinh 1 "Inverse hyperbolic sine." {
        float(a) -> T => a.asinh();
        complex(a) -> T => a.asinh();
    }
    arccosh 1 "Inverse hyperbolic cosine." {
        float(a) -> T => a.acosh();
        complex(a) -> T => a.acosh();
    }
    arctanh 1 "Inverse hyperbolic tangent." {
        float(a) -> T => a.atanh();
        complex(a) -> T => a.atanh();
    }
    deg2rad 1 "Degrees as radians." {
        float(a) -> T => a * (std::f64::consts::PI / 180.0) as T;
    }
    rad2deg 1 "Radians as degrees." {
        float(a) -> T => a * (180.0 / std::f64::consts::PI) as T;
    }
};
