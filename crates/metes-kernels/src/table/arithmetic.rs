//! Arithmetic, bits, and choices between values.

use crate::Ufunc;
use crate::complex;
use crate::elem::Elem;
use crate::math::{self, Integer};
use crate::rows::*;

pub(super) static ROWS: &[Ufunc] = rows! {
    add 2 "Sum of two values." identity(0.0) {
        bool(a, b) -> bool => a | b;
        int(a, b) -> T => a.wrapping_add(b);
        float(a, b) -> T => a + b;
        complex(a, b) -> T => a + b;
    }
    subtract 2 "Difference of two values." {
        int(a, b) -> T => a.wrapping_sub(b);
        float(a, b) -> T => a - b;
        complex(a, b) -> T => a - b;
    }
    multiply 2 "Product of two values." identity(1.0) {
        bool(a, b) -> bool => a & b;
        int(a, b) -> T => a.wrapping_mul(b);
        float(a, b) -> T => a * b;
        complex(a, b) -> T => a * b;
    }
    divide 2 "Quotient of two values; integers give float64." {
        int(a, b) -> f64 => a as f64 / b as f64;
        float(a, b) -> T => a / b;
        complex(a, b; _) -> T => math::divide(a, b);
    }
    floor_divide 2 "Quotient of two values, rounded down." {
        int(a, b; flags) -> T => a.floor_div(b, flags);
        float(a, b; _) -> T => math::floor_divide(a, b);
    }
    remainder 2 "What floor division leaves; it has the divisor's sign." {
        int(a, b; flags) -> T => a.floor_mod(b, flags);
        float(a, b; _) -> T => math::remainder(a, b);
    }
    fmod 2 "What division truncated towards zero leaves; it has the dividend's sign." {
        int(a, b; flags) -> T => a.c_mod(b, flags);
        float(a, b; _) -> T => a % b;
    }
    power 2 "The first value raised to the second." {
        int(a, b; flags) -> T => a.power(b, flags);
        surface Pow;
        analytic(a, b) => complex::power(a, b);
    }
    float_power 2 "The first value raised to the second, in float64 or complex128." {
        double_surface Pow;
        double_complex(a, b; _) -> T => complex::power(a, b);
    }
    negative 1 "The value with the other sign." {
        int(a) -> T => a.wrapping_neg();
        float(a) -> T => -a;
        complex(a) -> T => -a;
    }
    positive 1 "The value itself." {
        int(a) -> T => a;
        float(a) -> T => a;
        complex(a) -> T => a;
    }
    absolute 1 "The size of a value without its sign; complex values give the real modulus." {
        bool(a) -> bool => a;
        signed(a) -> T => a.wrapping_abs();
        unsigned(a) -> T => a;
        float(a) -> T => a.abs();
        complex(a; _) -> R => a.re.hypot(a.im);
    }
    fabs 1 "The size of a real value, as a float." {
        float(a) -> T => a.abs();
    }
    sign 1 "-1, 0 or 1 by the sign of the value; complex values give z / |z|." {
        signed(a) -> T => a.signum();
        unsigned(a) -> T => T::from(a > 0);
        float(a) -> T => if a > 0.0 { 1.0 } else if a < 0.0 { -1.0 } else { a + 0.0 };
        complex(a; _) -> T => math::sign(a);
    }
    reciprocal 1 "One divided by the value; integers stay integers." {
        int(a; flags) -> T => a.one_over(flags);
        float(a) -> T => 1.0 / a;
        complex(a; _) -> T => math::reciprocal(a);
    }
    square 1 "The value times itself." {
        int(a) -> T => a.wrapping_mul(a);
        float(a) -> T => a * a;
        complex(a) -> T => a * a;
    }
    conjugate 1 "The value with the other sign of its imaginary part." {
        int(a) -> T => a;
        float(a) -> T => a;
        complex(a) -> T => a.conj();
    }
    maximum 2 "The larger of two values; NaN where one is NaN." {
        every(a, b) -> T => if a.is_nan() | (!a.less(b) & !Elem::is_nan(b)) { a } else { b };
    }
    minimum 2 "The smaller of two values; NaN where one is NaN." {
        every(a, b) -> T => if a.is_nan() | (!b.less(a) & !Elem::is_nan(b)) { a } else { b };
    }
    fmax 2 "The larger of two values, passing over NaN." {
        every(a, b) -> T => if Elem::is_nan(b) | (!a.less(b) & !Elem::is_nan(a)) { a } else { b };
    }
    fmin 2 "The smaller of two values, passing over NaN." {
        every(a, b) -> T => if Elem::is_nan(b) | (!b.less(a) & !Elem::is_nan(a)) { a } else { b };
    }
    clip 3 "The first value, kept between the second and the third." {
        every(a, low, high) -> T => {
            let raised = if Elem::is_nan(a) | (!a.less(low) & !Elem::is_nan(low)) { a } else { low };
            if Elem::is_nan(raised) | (!high.less(raised) & !Elem::is_nan(high)) { raised } else { high }
        };
    }
    heaviside 2 "0 for negative values, 1 for positive ones, the second value at 0." {
        float(a, b) -> T => if a.is_nan() { a } else if a < 0.0 { 0.0 } else if a > 0.0 { 1.0 } else { b };
    }
    copysign 2 "The size of the first value with the sign of the second." {
        float(a, b) -> T => a.copysign(b);
    }
    nextafter 2 "The next representable value after the first, towards the second." {
        mixed(a: half::f16, b: half::f16) -> half::f16 => math::next_half(a, b);
        mixed(a: f32, b: f32) -> f32 => math::Real::next_after(a, b);
        mixed(a: f64, b: f64) -> f64 => math::Real::next_after(a, b);
    }
    spacing 1 "The distance to the next representable value away from zero, with the value's sign." {
        mixed(a: half::f16) -> half::f16 => math::half_spacing(a);
        mixed(a: f32) -> f32 => math::spacing(a);
        mixed(a: f64) -> f64 => math::spacing(a);
    }
    ldexp 2 "The first value times two to the power of the second." {
        mixed(a: half::f16, b: i32) -> half::f16 => math::half_of(math::Real::scale(a.to_f32(), i64::from(b)));
        mixed(a: half::f16, b: i64) -> half::f16 => math::half_of(math::Real::scale(a.to_f32(), b));
        mixed(a: f32, b: i32) -> f32 => math::Real::scale(a, i64::from(b));
        mixed(a: f32, b: i64) -> f32 => math::Real::scale(a, b);
        mixed(a: f64, b: i32) -> f64 => math::Real::scale(a, i64::from(b));
        mixed(a: f64, b: i64) -> f64 => math::Real::scale(a, b);
    }
    gcd 2 "Greatest common divisor." identity(0.0) {
        int(a, b; _) -> T => Integer::gcd(a, b);
    }
    lcm 2 "Least common multiple." {
        int(a, b; _) -> T => Integer::lcm(a, b);
    }
    bitwise_and 2 "The bits that both values have." identity(-1.0) {
        bool(a, b) -> T => a & b;
        int(a, b) -> T => a & b;
    }
    bitwise_or 2 "The bits that either value has." identity(0.0) {
        bool(a, b) -> T => a | b;
        int(a, b) -> T => a | b;
    }
    bitwise_xor 2 "The bits that one of the values has." identity(0.0) {
        bool(a, b) -> T => a ^ b;
        int(a, b) -> T => a ^ b;
    }
    invert 1 "The other bits; of a bool, its opposite." {
        bool(a) -> T => !a;
        int(a) -> T => !a;
    }
    left_shift 2 "The bits moved up; 0 where all are moved out." {
        int(a, b; _) -> T => Integer::shl(a, b);
    }
    right_shift 2 "The bits moved down, keeping the sign." {
        int(a, b; _) -> T => Integer::shr(a, b);
    }
    bitwise_count 1 "The number of bits set in the size of the value." {
        signed(a) -> u8 => a.unsigned_abs().count_ones() as u8;
        unsigned(a) -> u8 => a.count_ones() as u8;
    }
};
