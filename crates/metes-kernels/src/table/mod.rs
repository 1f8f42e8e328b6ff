//! The table of elementwise functions, a file per family. Add a function as a row of one of them.

mod arithmetic;
mod compare;
mod exponents;
mod pairs;
mod rounding;
mod trigonometry;

use crate::Ufunc;
use std::sync::OnceLock;

/// Every row.
pub fn table() -> &'static [&'static Ufunc] {
    static TABLE: OnceLock<Vec<&'static Ufunc>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let families =
            [arithmetic::ROWS, compare::ROWS, rounding::ROWS, exponents::ROWS, trigonometry::ROWS, pairs::ROWS];
        families.into_iter().flatten().collect()
    })
}

/// Other names of rows: NumPy's, and the array API standard's.
pub const ALIASES: &[(&str, &str)] = &[
    ("true_divide", "divide"),
    ("mod", "remainder"),
    ("abs", "absolute"),
    ("pow", "power"),
    ("conj", "conjugate"),
    ("bitwise_not", "invert"),
    ("bitwise_invert", "invert"),
    ("bitwise_left_shift", "left_shift"),
    ("bitwise_right_shift", "right_shift"),
    ("degrees", "rad2deg"),
    ("radians", "deg2rad"),
    ("asin", "arcsin"),
    ("acos", "arccos"),
    ("atan", "arctan"),
    ("atan2", "arctan2"),
    ("asinh", "arcsinh"),
    ("acosh", "arccosh"),
    ("atanh", "arctanh"),
];

/// Rows that NumPy refuses for bools alone, although a bool casts to the integers that they take.
pub const NOT_FOR_BOOL: &[&str] = &["subtract", "negative", "positive", "sign", "gcd", "lcm"];

/// The row of this name or alias.
pub fn ufunc(name: &str) -> Option<&'static Ufunc> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    table().iter().copied().find(|row| row.name == name)
}
