//! Reductions: however values are cut into leaves, steps and rows, the results are those of the plain definition.

use crate::samples::{Field, Random, Value, decode, encode, samples};
use metes_dtype::{Category, Kind};
use metes_kernels::{LEAF, REDUCTION_ALIASES, ReduceCell, Reduction, Rows, present_cell, reduction, reductions};

/// States of a cell, as the contract wants them.
struct States(Vec<u128>, usize);

impl States {
    fn new(cell: &ReduceCell, n: usize) -> States {
        let mut states = States(vec![0; cell.state * n / 16 + 1], cell.state);
        // SAFETY: there is room for n states.
        unsafe { (cell.init)(n, states.at(0)) };
        states
    }

    fn at(&mut self, i: usize) -> *mut u8 {
        self.0.as_mut_ptr().cast::<u8>().wrapping_add(i * self.1)
    }
}

fn finish(cell: &ReduceCell, states: &mut States, n: usize, correction: f64) -> Vec<Value> {
    let mut out = Field::new(n, cell.output.size(), cell.output.size() as isize * 2);
    // SAFETY: n states were made, and there is room for n results.
    unsafe { (cell.finish)(n, states.at(0), out.ptr(), out.step(), correction) };
    out.elements().iter().map(|e| decode(cell.output, e)).collect()
}

/// Folds in pieces of the given lengths, merging as it goes.
fn fold(cell: &ReduceCell, values: &[Value], factor: isize, pieces: impl Iterator<Item = usize>) -> Value {
    let mut whole = States::new(cell, 1);
    let mut at = 0;
    for piece in pieces {
        let piece = piece.min(values.len() - at);
        if piece > 0 {
            let elements: Vec<Vec<u8>> = values[at..at + piece].iter().map(|&v| encode(cell.input, v)).collect();
            let mut field = Field::filled(&elements, cell.input.size() as isize * factor);
            let mut part = States::new(cell, 1);
            // SAFETY: the field holds the piece; both states are made.
            unsafe {
                (cell.fold)(piece, field.ptr(), field.step(), part.at(0), at as u64);
                (cell.merge)(1, part.at(0), whole.at(0));
            }
        }
        at += piece;
    }
    assert_eq!(at, values.len());
    finish(cell, &mut whole, 1, 0.0)[0]
}

fn leaves(n: usize) -> impl Iterator<Item = usize> {
    std::iter::repeat_n(LEAF, n.div_ceil(LEAF))
}

fn for_each_cell(mut check: impl FnMut(&Reduction, &ReduceCell)) {
    for row in reductions() {
        row.cells.iter().for_each(|cell| check(row, cell));
    }
}

/// Finite values of moderate size, so that sums have digits to compare.
fn tame(kind: Kind, n: usize, random: &mut Random) -> Vec<Value> {
    let value = |random: &mut Random| {
        let x = random.below(2001) as f64 / 100.0 - if kind.category() == Category::Unsigned { 0.0 } else { 10.0 };
        match kind.category() {
            Category::Bool => Value::Whole(i128::from(x > 0.0)),
            Category::Signed | Category::Unsigned => Value::Whole(x as i128),
            Category::Float => Value::Real(x),
            Category::Complex => Value::Complex(x, random.below(100) as f64 / 7.0),
            Category::Other => unreachable!("no kind is of it"),
        }
    };
    (0..n).map(|_| value(random)).map(|v| decode(kind, &encode(kind, v))).collect()
}

#[test]
fn sums_and_moments_are_those_of_the_definition() {
    let mut random = Random(5);
    for name in ["sum", "mean", "var", "std"] {
        for cell in reduction(name).unwrap().cells {
            for n in [1, 2, 8, 127, 128, 129, 1000] {
                let values = tame(cell.input, n, &mut random);
                let got = fold(cell, &values, 1, leaves(n));
                let parts: Vec<(f64, f64)> = values.iter().map(|&v| (v.re(), imaginary(v))).collect();
                let total = parts.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
                let mean = (total.0 / n as f64, total.1 / n as f64);
                let far = |p: &(f64, f64)| (p.0 - mean.0).powi(2) + (p.1 - mean.1).powi(2);
                let variance = parts.iter().map(far).sum::<f64>() / n as f64;
                let expected = match name {
                    "sum" => total,
                    "mean" => mean,
                    "var" => (variance, 0.0),
                    _ => (variance.sqrt(), 0.0),
                };
                let eps = cell.output.float_info().map_or(0.0, |info| info.eps);
                let near = |a: f64, b: f64| (a - b).abs() <= (eps + 1e-12) * b.abs().max(1.0);
                let ok = near(got.re(), expected.0) && near(imaginary(got), expected.1);
                assert!(ok, "{name} of {n} {:?}: {got:?}, not {expected:?}", cell.input);
            }
        }
    }
}

fn imaginary(value: Value) -> f64 {
    if let Value::Complex(_, im) = value { im } else { 0.0 }
}

#[test]
fn products_wrap_and_multiply() {
    let of = |kind: Kind, values: &[Value]| {
        let cell = reduction("prod").unwrap().cell(kind).unwrap();
        fold(cell, values, 1, leaves(values.len()))
    };
    assert_eq!(of(Kind::I8, &[Value::Whole(-3); 3]), Value::Whole(-27));
    assert_eq!(of(Kind::U64, &[Value::Whole(3); 41]), Value::Whole(3i128.pow(41) % (1 << 64)));
    assert_eq!(of(Kind::F64, &[Value::Real(2.0); 130]), Value::Real(2f64.powi(130)));
    assert_eq!(of(Kind::C128, &[Value::Complex(0.0, 1.0); 3]), Value::Complex(-0.0, -1.0));
}

/// Where values are moved, counted or compared, any way of cutting gives the same.
#[test]
fn cuts_do_not_matter_to_exact_reductions() {
    let mut random = Random(9);
    for_each_cell(|row, cell| {
        let exact = cell.output.category() < Category::Float || matches!(row.name, "min" | "max");
        if !exact {
            return;
        }
        for _ in 0..20 {
            let n = 1 + random.below(300);
            let from = samples(cell.input);
            let calm: Vec<Value> = from.iter().copied().filter(|v| v.same(*v) && v.re() == v.re()).collect();
            let pool = if random.below(2) == 0 { &from } else { &calm };
            let values: Vec<Value> = (0..n).map(|_| random.pick(pool)).collect();
            let whole = fold(cell, &values, 1, std::iter::once(n));
            let cuts: Vec<usize> = (0..n).map(|_| 1 + random.below(40)).collect();
            let cut = fold(cell, &values, -2, cuts.into_iter());
            let nan = |v: Value| v.re().is_nan() || imaginary(v).is_nan();
            assert!(whole.same(cut) || nan(whole) && nan(cut), "{} of {:?}: {whole:?}, {cut:?}", row.name, cell.input);
        }
    });
}

/// Signs of zero and of NaN included, at lengths around those of lanes and of what is searched at once.
#[test]
fn cuts_and_rows_do_not_change_a_bit_of_extremes() {
    let mut random = Random(71);
    for name in ["min", "max", "argmin", "argmax"] {
        for cell in reduction(name).unwrap().cells {
            let pool: Vec<Value> = samples(cell.input);
            let zeros = [Value::Real(0.0), Value::Real(-0.0)];
            for n in (1..66).chain([127, 129, 1023, 1025, 1100, 16_385]) {
                let calm = cell.input.category() == Category::Float && random.below(2) == 0;
                let pool = if calm { &zeros[..] } else { &pool[..] };
                let values: Vec<Value> = (0..n).map(|_| random.pick(pool)).collect();
                let whole = fold(cell, &values, 1, std::iter::once(n));
                let pieces: Vec<usize> = (0..n).map(|_| 1 + random.below(200)).collect();
                let cut = fold(cell, &values, 1, pieces.into_iter());
                assert_eq!(format!("{whole:?}"), format!("{cut:?}"), "{name} of {n} {:?}", cell.input);
                let columns = columns(cell, &values, 1 + random.below(9), n);
                assert!(columns.iter().all(|got| format!("{got:?}") == format!("{whole:?}")), "{name}: {columns:?}");
            }
        }
    }
}

#[test]
fn columns_side_by_side_have_the_bits_of_columns_alone() {
    let mut random = Random(72);
    for_each_cell(|row, cell| {
        for (rows, width) in [(1, 40), (5, 16), (130, 67), (13, 1100)] {
            let size = cell.input.size() as isize;
            let values = tame(cell.input, rows * width, &mut random);
            let elements: Vec<Vec<u8>> = values.iter().map(|&value| encode(cell.input, value)).collect();
            let mut field = Field::filled(&elements, size);
            let rows = Rows { count: rows, step: size * width as isize };
            let (mut states, mut alone) = (States::new(cell, width), States::new(cell, width));
            // SAFETY: so many rows of values, and a state for each column; twice over.
            unsafe {
                for index in [0, rows.count as u64] {
                    (cell.fold_rows)(width, field.ptr(), size, states.at(0), index, rows);
                    for j in 0..width {
                        let column = field.ptr().wrapping_offset(j as isize * size);
                        (cell.fold_rows)(1, column, size, alone.at(j), index, rows);
                    }
                }
            }
            let [states, alone] = [&mut states, &mut alone].map(|states| finish(cell, states, width, 0.0));
            assert_eq!(format!("{states:?}"), format!("{alone:?}"), "{} of {:?}", row.name, cell.input);
        }
    });
}

/// Results of `width` equal columns of these values, their rows folded together.
fn columns(cell: &ReduceCell, values: &[Value], width: usize, rows: usize) -> Vec<Value> {
    let size = cell.input.size() as isize;
    let elements: Vec<Vec<u8>> =
        values.iter().flat_map(|&value| std::iter::repeat_n(encode(cell.input, value), width)).collect();
    let mut field = Field::filled(&elements, size);
    let mut states = States::new(cell, width);
    let rows = Rows { count: rows, step: size * width as isize };
    // SAFETY: so many rows of values, and a state for each column.
    unsafe { (cell.fold_rows)(width, field.ptr(), field.step(), states.at(0), 0, rows) };
    finish(cell, &mut states, width, 0.0)
}

#[test]
fn steps_do_not_change_a_bit() {
    let mut random = Random(21);
    for_each_cell(|row, cell| {
        let values = tame(cell.input, 500, &mut random);
        let dense = fold(cell, &values, 1, leaves(500));
        for factor in [2, -1, -3] {
            let strided = fold(cell, &values, factor, leaves(500));
            assert_eq!(format!("{dense:?}"), format!("{strided:?}"), "{} of {:?}", row.name, cell.input);
        }
    });
}

#[test]
fn long_stretches_have_the_bits_of_leaf_after_leaf() {
    let mut random = Random(22);
    for_each_cell(|row, cell| {
        for n in [16 * LEAF, 27 * LEAF + 5] {
            let values = tame(cell.input, n, &mut random);
            let [one, many] = [fold(cell, &values, 1, std::iter::once(n)), fold(cell, &values, 1, leaves(n))];
            assert_eq!(format!("{one:?}"), format!("{many:?}"), "{} of {n} {:?}", row.name, cell.input);
        }
    });
}

/// Against the plain cell on what is left without NaN, in one piece, in pieces and in columns.
#[test]
fn cells_that_pass_over_nan_see_the_rest() {
    let mut random = Random(73);
    let nan = |v: Value| v.re().is_nan() || imaginary(v).is_nan();
    for name in ["min", "max", "argmin", "argmax"] {
        for plain in reduction(name).unwrap().cells {
            let Some(cell) = present_cell(name, plain.input) else {
                assert!(plain.input.category() < Category::Float);
                continue;
            };
            let pool = samples(cell.input);
            let absent: Vec<Value> = pool.iter().copied().filter(|&v| nan(v)).collect();
            for n in (1..70).chain([127, 129, 1025, 17_000]) {
                let kind = random.below(3);
                let mut value = || {
                    let pool = if random.below(3) < kind { &absent } else { &pool };
                    random.pick(pool)
                };
                let values: Vec<Value> = (0..n).map(|_| value()).collect();
                let places: Vec<usize> = (0..n).filter(|&i| !nan(values[i])).collect();
                let present: Vec<Value> = places.iter().map(|&i| values[i]).collect();
                let expected = match (present.len(), fold(plain, &present, 1, std::iter::once(present.len()))) {
                    (0, _) if name.starts_with("arg") => Value::Whole(-1),
                    (_, Value::Whole(at)) => Value::Whole(places[at as usize] as i128),
                    (_, found) => found,
                };
                let pieces: Vec<usize> = (0..n).map(|_| 1 + random.below(5000)).collect();
                let found = [fold(cell, &values, 1, std::iter::once(n)), fold(cell, &values, 1, pieces.into_iter())];
                let columns = if n < 2000 { columns(cell, &values, 1 + random.below(40), n) } else { Vec::new() };
                for got in found.into_iter().chain(columns) {
                    let same = format!("{got:?}") == format!("{expected:?}") || nan(got) && present.is_empty();
                    assert!(same, "{name} of {n} {:?}: {got:?}, not {expected:?}", cell.input);
                }
            }
        }
    }
}

#[test]
fn rows_fold_every_column_by_itself() {
    let mut random = Random(33);
    const COLUMNS: usize = 19;
    const ROWS: usize = 23;
    for_each_cell(|row, cell| {
        let grid: Vec<Vec<Value>> = (0..ROWS).map(|_| tame(cell.input, COLUMNS, &mut random)).collect();
        let mut states = States::new(cell, COLUMNS);
        for (i, line) in grid.iter().enumerate() {
            let elements: Vec<Vec<u8>> = line.iter().map(|&v| encode(cell.input, v)).collect();
            let mut field = Field::filled(&elements, cell.input.size() as isize * if i % 2 == 0 { 1 } else { -2 });
            // SAFETY: a row of values, and a state for each.
            unsafe { (cell.fold_rows)(COLUMNS, field.ptr(), field.step(), states.at(0), i as u64, Rows::ONE) };
        }
        for (j, got) in finish(cell, &mut states, COLUMNS, 0.0).into_iter().enumerate() {
            let column: Vec<Value> = grid.iter().map(|line| line[j]).collect();
            let expected = fold(cell, &column, 1, std::iter::once(ROWS));
            let eps = cell.output.float_info().map_or(0.0, |info| info.eps.max(1e-12));
            let size = expected.re().abs().max(imaginary(expected).abs());
            let near = |a: f64, b: f64| (a - b).abs() <= 4.0 * eps * size;
            let ok = got.same(expected) || near(got.re(), expected.re()) && near(imaginary(got), imaginary(expected));
            assert!(ok, "{} of {:?}, column {j}: {got:?}, not {expected:?}", row.name, cell.input);
        }
    });
}

#[test]
fn nothing_has_the_value_that_numpy_gives() {
    for (name, expected) in
        [("sum", 0.0), ("prod", 1.0), ("any", 0.0), ("all", 1.0), ("mean", f64::NAN), ("var", f64::NAN)]
    {
        let row = reduction(name).unwrap();
        assert!(row.has_identity);
        for cell in row.cells {
            let got = finish(cell, &mut States::new(cell, 1), 1, 0.0)[0];
            assert!(Value::Real(got.re()).same(Value::Real(expected)), "{name} of no {:?}: {got:?}", cell.input);
        }
    }
    for name in ["min", "max", "argmin", "argmax"] {
        assert!(!reduction(name).unwrap().has_identity);
    }
}

#[test]
fn the_first_extreme_or_nan_wins() {
    let of = |name: &str, values: &[f64]| {
        let cell = reduction(name).unwrap().cell(Kind::F64).unwrap();
        let values: Vec<Value> = values.iter().map(|&x| Value::Real(x)).collect();
        fold(cell, &values, 1, std::iter::repeat_n(3, values.len()))
    };
    let plain = [3.0, 1.0, 2.0, 1.0, 9.0, 9.0, 4.0];
    assert_eq!((of("argmin", &plain), of("argmax", &plain)), (Value::Whole(1), Value::Whole(4)));
    let spoiled = [3.0, 1.0, 2.0, 1.0, f64::NAN, 9.0, f64::NAN];
    assert_eq!((of("argmin", &spoiled), of("argmax", &spoiled)), (Value::Whole(4), Value::Whole(4)));
    assert!(of("min", &spoiled).re().is_nan() && of("max", &spoiled).re().is_nan());
    assert_eq!(of("argmax", &[0.0, -0.0, 0.0]), Value::Whole(0));
}

#[test]
fn a_correction_is_taken_off_the_count() {
    let cell = reduction("var").unwrap().cell(Kind::F64).unwrap();
    let of = |values: &[f64], correction: f64| {
        let mut states = States::new(cell, 1);
        let elements: Vec<Vec<u8>> = values.iter().map(|x| x.to_ne_bytes().to_vec()).collect();
        let mut field = Field::filled(&elements, 8);
        // SAFETY: the values, and one state.
        unsafe { (cell.fold)(values.len(), field.ptr(), 8, states.at(0), 0) };
        finish(cell, &mut states, 1, correction)[0].re()
    };
    assert_eq!(of(&[1.0, 2.0, 3.0, 4.0], 0.0), 1.25);
    assert_eq!(of(&[1.0, 2.0, 3.0, 4.0], 2.0), 2.5);
    assert!(of(&[1.0], 1.0).is_nan());
    assert_eq!(of(&[1.0, 2.0], 3.0), f64::INFINITY);
    assert_eq!(of(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0], 0.0), 1.25);
}

#[test]
fn every_kind_has_a_cell_and_results_are_numpys() {
    use Kind::{Bool, C64, C128, F16, F32, F64, I64, U64};
    for row in reductions() {
        for &kind in Kind::ALL {
            let output = row.cell(kind).unwrap_or_else(|| panic!("{} of {kind:?}", row.name)).output;
            let whole = kind.category() < Category::Float;
            let expected = match row.name {
                "sum" | "prod" if kind.category() == Category::Unsigned => U64,
                "sum" | "prod" if whole => I64,
                "any" | "all" => Bool,
                "argmin" | "argmax" => I64,
                "mean" | "var" | "std" if whole => F64,
                "var" | "std" => kind.real(),
                _ => kind,
            };
            assert_eq!(output, expected, "{} of {kind:?}", row.name);
        }
    }
    assert_eq!(reduction("sum").unwrap().cells.iter().filter(|c| [F16, F32, C64, C128].contains(&c.input)).count(), 4);
    for (alias, name) in REDUCTION_ALIASES {
        assert_eq!(reduction(alias).unwrap().name, *name);
    }
}
