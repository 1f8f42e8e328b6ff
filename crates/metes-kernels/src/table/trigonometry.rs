//! Trigonometric and hyperbolic functions and their inverses; angles are in radians.

use crate::Ufunc;
use crate::rows::*;
use crate::{complex, math};

pub(super) static ROWS: &[Ufunc] = rows! {
    sin 1 "Sine." {
        curve Sin;
        analytic(a) => complex::sin(a);
    }
    cos 1 "Cosine." {
        curve Cos;
        analytic(a) => complex::cos(a);
    }
    tan 1 "Tangent." {
        curve Tan;
        analytic(a) => complex::tan(a);
    }
    arcsin 1 "Inverse sine." {
        curve Arcsin;
        analytic(a) => complex::asin(a);
    }
    arccos 1 "Inverse cosine." {
        curve Arccos;
        analytic(a) => complex::acos(a);
    }
    arctan 1 "Inverse tangent." {
        curve Arctan;
        analytic(a) => complex::atan(a);
    }
    arctan2 2 "The angle of the point (second, first)." {
        surface Arctan2;
    }
    hypot 2 "The hypotenuse of a right triangle with these legs." identity(0.0) {
        surface Hypot;
    }
    sinh 1 "Hyperbolic sine." {
        curve Sinh;
        analytic(a) => complex::sinh(a);
    }
    cosh 1 "Hyperbolic cosine." {
        curve Cosh;
        analytic(a) => complex::cosh(a);
    }
    tanh 1 "Hyperbolic tangent." {
        curve Tanh;
        analytic(a) => complex::tanh(a);
    }
    arcsinh 1 "Inverse hyperbolic sine." {
        float(a; _) -> T => math::asinh(a);
        analytic(a) => complex::asinh(a);
    }
    arccosh 1 "Inverse hyperbolic cosine." {
        float(a; _) -> T => math::acosh(a);
        analytic(a) => complex::acosh(a);
    }
    arctanh 1 "Inverse hyperbolic tangent." {
        float(a; _) -> T => a.atanh();
        analytic(a) => complex::atanh(a);
    }
    deg2rad 1 "Degrees as radians." {
        float(a) -> T => a * (std::f64::consts::PI / 180.0) as T;
    }
    rad2deg 1 "Radians as degrees." {
        float(a) -> T => a * (180.0 / std::f64::consts::PI) as T;
    }
};
