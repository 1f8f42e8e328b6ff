//! The table of elementwise functions, a file per family. Add a function as a row of one of them.

mod arithmetic;
mod compare;
mod exponents;
mod pairs;
mod rounding;
mod trigonometry;

use crate::{Loop, Ufunc};
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
///
/// ```
/// use metes_dtype::Kind;
/// use metes_kernels::{DIVIDE, ufunc};
/// let row = ufunc("floor_divide").unwrap();
/// let cell = row.cells.iter().find(|c| c.inputs == [Kind::I32, Kind::I32]).unwrap();
/// let (a, b, mut out) = ([7i32, -7, 1], [2i32, 2, 0], [0i32; 3]);
/// let ptrs = [a.as_ptr().cast_mut().cast(), b.as_ptr().cast_mut().cast(), out.as_mut_ptr().cast::<u8>()];
/// // SAFETY: three elements at each pointer, 4 bytes apart; inputs are only read.
/// let flags = unsafe { (cell.call)(3, &ptrs, &[4, 4, 4]) };
/// assert_eq!((out, flags), ([3, -4, 0], DIVIDE));
/// ```
pub fn ufunc(name: &str) -> Option<&'static Ufunc> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    table().iter().copied().find(|row| row.name == name)
}

/// How long a loop takes for the bytes that it goes through, beside one that adds: 1, or several times that for functions
/// that are computed by polynomials or one by one.
///
/// ```
/// use metes_kernels::{effort, ufunc};
/// let of = |name: &str| effort(ufunc(name).unwrap().cells.last().unwrap().call);
/// assert!(of("exp") > of("add"));
/// ```
pub fn effort(call: Loop) -> usize {
    /// Measured on float64: 0.7 to 4 nanoseconds a value, where adding takes 0.2 in the cache.
    const LONG: usize = 4;
    const OTHERS: [&str; 6] = ["power", "float_power", "remainder", "fmod", "floor_divide", "divmod"];
    static CALLS: OnceLock<Vec<usize>> = OnceLock::new();
    let calls = CALLS.get_or_init(|| {
        let others = table().iter().copied().filter(|row| OTHERS.contains(&row.name));
        let rows = exponents::ROWS.iter().chain(trigonometry::ROWS).chain(others);
        let mut calls: Vec<usize> = rows.flat_map(|row| row.cells).map(|cell| cell.call as usize).collect();
        calls.sort_unstable();
        calls
    });
    if calls.binary_search(&(call as usize)).is_ok() { LONG } else { 1 }
}
