//! Functions of real numbers are as precise as `docs/accuracy.md` says, and right at the ends of their ranges.

use metes_dtype::Kind;
use metes_kernels::{Level, restrict, ufunc};

/// The bounds of the page: the function, then units in the last place for float64 and for float32.
fn bounds() -> Vec<(&'static str, [f64; 2])> {
    let rows = include_str!("../../../../docs/accuracy.md").lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].trim_matches('`'), [1, 2].map(|i| cells[i].parse().unwrap()))
    })
    .collect()
}

macro_rules! apply {
    ($t:ty, $kind:expr, $name:expr, $inputs:expr) => {{
        let inputs: Vec<Vec<$t>> = $inputs;
        let row = ufunc($name).unwrap();
        let cell = row.cells.iter().find(|cell| cell.inputs[0] == $kind).unwrap();
        let n = inputs[0].len();
        let mut out = vec![<$t>::NAN; n];
        let mut ptrs: Vec<*mut u8> = inputs.iter().map(|x| x.as_ptr().cast_mut().cast()).collect();
        ptrs.push(out.as_mut_ptr().cast());
        // SAFETY: so many values of the cell's kinds at each pointer; inputs are only read.
        unsafe { (cell.call)(n, &ptrs, &vec![size_of::<$t>() as isize; ptrs.len()]) };
        out
    }};
}

/// The worst error at the sampled points of a function.
macro_rules! worst {
    ($t:ty, $bits:ty, $kind:expr, $name:expr) => {{
        let lines = include_str!("accuracy.txt").lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let wanted = stringify!($t).replace('f', "float");
        let points: Vec<_> = lines.filter(|w| w[0] == $name && w[1] == wanted).collect();
        assert!(points.len() > 15, "{} points of {}", points.len(), $name);
        let float = |word: &str| <$t>::from_bits(<$bits>::from_str_radix(word, 16).unwrap());
        let count = points[0].len() - 4;
        let inputs = (0..count).map(|i| points.iter().map(|w| float(w[2 + i])).collect()).collect();
        let got = apply!($t, $kind, $name, inputs);
        let errors = points.iter().zip(got).map(|(w, got)| {
            let (nearest, beside): ($t, f64) = (float(w[count + 2]), w[count + 3].parse().unwrap());
            let unit = f64::from(nearest.abs().next_up() - nearest.abs());
            let error = ((f64::from(got) - f64::from(nearest)) / unit - beside).abs();
            assert!(error.is_finite(), "{} at {:?}: {got}", $name, &w[2..]);
            error
        });
        errors.fold(0.0, f64::max)
    }};
}

#[test]
fn functions_are_as_precise_as_the_guide_says() {
    let bounds = bounds();
    assert_eq!(bounds.len(), 20);
    for (name, [double, single]) in bounds {
        let (in_double, in_single) = (worst!(f64, u64, Kind::F64, name), worst!(f32, u32, Kind::F32, name));
        assert!(in_double <= double, "{name} of float64 is wrong by {in_double}, not {double}");
        assert!(in_single <= single, "{name} of float32 is wrong by {in_single}, not {single}");
    }
}

#[test]
#[allow(clippy::type_complexity)]
fn ends_of_ranges_are_those_of_the_standard_library() {
    let ends = [
        0.0,
        1.0,
        0.5,
        2.0,
        f64::INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        1e-200,
        1e-310,
        710.0,
        745.2,
        1023.9,
        1024.0,
        1.0 + f64::EPSILON,
        1.0 - f64::EPSILON / 2.0,
        f64::NAN,
        1e17,
        1e300,
        3.0,
    ];
    let values: Vec<f64> = ends.iter().flat_map(|&x| [x, -x]).collect();
    let functions: [(&str, fn(f64) -> f64); 17] = [
        ("exp", f64::exp),
        ("exp2", f64::exp2),
        ("expm1", f64::exp_m1),
        ("log", f64::ln),
        ("log2", f64::log2),
        ("log10", f64::log10),
        ("log1p", f64::ln_1p),
        ("sin", f64::sin),
        ("cos", f64::cos),
        ("tan", f64::tan),
        ("arcsin", f64::asin),
        ("arccos", f64::acos),
        ("arctan", f64::atan),
        ("sinh", f64::sinh),
        ("cosh", f64::cosh),
        ("tanh", f64::tanh),
        ("cbrt", f64::cbrt),
    ];
    let near = |a: f64, b: f64| {
        let equal = a == b && a.is_sign_negative() == b.is_sign_negative() || a.is_nan() && b.is_nan();
        equal || a.signum() == b.signum() && a.to_bits().abs_diff(b.to_bits()) <= 3
    };
    for (name, function) in functions {
        for (x, got) in values.iter().zip(apply!(f64, Kind::F64, name, vec![values.clone()])) {
            assert!(near(got, function(*x)), "{name}({x:e}) is {got:e}, not {:e}", function(*x));
        }
    }
    let pairs: Vec<(f64, f64)> = values.iter().flat_map(|&x| values.iter().map(move |&y| (x, y))).collect();
    let surfaces: [(&str, fn(f64, f64) -> f64); 3] =
        [("power", f64::powf), ("arctan2", f64::atan2), ("hypot", f64::hypot)];
    for (name, function) in surfaces {
        let (xs, ys) = pairs.iter().copied().unzip();
        for ((x, y), got) in pairs.iter().zip(apply!(f64, Kind::F64, name, vec![xs, ys])) {
            assert!(near(got, function(*x, *y)), "{name}({x:e}, {y:e}) is {got:e}, not {:e}", function(*x, *y));
        }
    }
}

/// Tests of other things may run meanwhile: for them, too, nothing changes.
#[test]
fn the_same_bits_come_from_every_level() {
    let values: Vec<f64> = (0..997).map(|i| (f64::from(i) - 300.0) * 0.037).collect();
    for (name, _) in bounds() {
        let inputs = vec![values.clone(); ufunc(name).unwrap().nin];
        let bits = |level| -> Vec<u64> {
            restrict(level);
            apply!(f64, Kind::F64, name, inputs.clone()).into_iter().map(f64::to_bits).collect()
        };
        let [base, some, all] = [Level::Base, Level::Avx2, Level::Avx512].map(bits);
        assert!(base == some && some == all, "{name}");
    }
}
