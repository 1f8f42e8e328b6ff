//! Every line of `numpy.txt`: dtypes of results, and values.

use crate::samples::{Field, Value, decode, encode};
use metes_dtype::{Casting, Category, Kind, can_cast};
use metes_kernels::{Cell, NOT_FOR_BOOL, Ufunc, table, ufunc};

fn section(name: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let text = include_str!("numpy.txt");
    let start = text.find(&format!("[{name}]")).unwrap();
    text[start..].lines().skip(1).take_while(|line| !line.is_empty()).map(|line| line.split_whitespace().collect())
}

/// What the cell of these kinds makes, or else the first to which they cast safely.
fn result(row: &Ufunc, kinds: &[Kind]) -> Option<Kind> {
    let safe = |from: Kind, to: Kind| can_cast(from.into(), to.into(), Casting::Safe);
    let takes = |cell: &&Cell| cell.inputs.iter().zip(kinds).all(|(&to, &from)| safe(from, to));
    let exact = row.cells.iter().find(|cell| cell.inputs == kinds);
    exact.or_else(|| row.cells.iter().find(takes)).map(|cell| cell.outputs[0])
}

#[test]
fn the_cell_for_every_kind_makes_what_numpy_makes() {
    let mut seen = 0;
    for line in section("results").skip(1) {
        let row = ufunc(line[0]).unwrap();
        for (&kind, expected) in Kind::ALL.iter().zip(&line[1..]) {
            let kinds = match row.name {
                "where" => vec![Kind::Bool, kind, kind],
                "ldexp" => vec![kind, Kind::I64],
                _ => vec![kind; row.nin],
            };
            let refused = kind == Kind::Bool && NOT_FOR_BOOL.contains(&row.name);
            let made = if refused { None } else { result(row, &kinds) };
            assert_eq!(made, Kind::parse(expected), "{} of {kind:?}", row.name);
        }
        seen += 1;
    }
    assert_eq!(seen, table().len(), "every row is in the file");
}

fn parse(kind: Kind, text: &str) -> Value {
    match kind.category() {
        Category::Float => Value::Real(text.parse().unwrap()),
        Category::Complex => {
            let (re, im) = text.split_once(',').unwrap();
            Value::Complex(re.parse().unwrap(), im.parse().unwrap())
        }
        _ => Value::Whole(text.parse().unwrap()),
    }
}

/// How far a result may be from NumPy's: nothing, or some units in the last place for functions that nobody rounds exactly.
fn tolerance(row: &str) -> f64 {
    let inexact = [
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "power",
        "sqrt",
        "cbrt",
        "hypot",
        "reciprocal",
        "sign",
        "absolute",
        "divide",
    ];
    if inexact.iter().any(|part| row.contains(part)) { 8.0 } else { 0.0 }
}

/// Where NumPy gives NaN and the array API standard a value, which is what Metes gives.
const STANDARD: &[(&str, &str, &str)] = &[("expm1", "inf,inf=nan,nan", "inf,nan")];

fn close(row: &str, got: Value, expected: Value) -> bool {
    let ulps = tolerance(row) * f64::EPSILON;
    match (got, expected) {
        (Value::Real(a), Value::Real(b)) => {
            Value::Real(a).same(expected) && (a != 0.0 || a.is_sign_negative() == b.is_sign_negative())
                || (a - b).abs() <= ulps * b.abs()
        }
        (Value::Complex(a, b), Value::Complex(c, d)) => {
            let size = c.abs().max(d.abs());
            let part = |x: f64, y: f64| Value::Real(x).same(Value::Real(y)) || (x - y).abs() <= ulps * size;
            part(a, c) && part(b, d)
        }
        _ => got == expected,
    }
}

#[test]
fn values_are_those_of_numpy() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for line in section("values") {
        let row = ufunc(line[0]).unwrap();
        let kinds: Vec<Kind> = line[1].split(':').map(|name| Kind::parse(name).unwrap()).collect();
        let cell = row.cells.iter().find(|c| c.inputs == kinds).unwrap_or_else(|| panic!("{} {kinds:?}", row.name));
        for case in &line[2..] {
            let (operands, results) = case.split_once('=').unwrap();
            let other = STANDARD.iter().find(|(name, theirs, _)| *name == row.name && theirs == case);
            let results = other.map_or(results, |(_, _, ours)| *ours);
            let operands: Vec<Value> = kinds.iter().zip(operands.split(':')).map(|(&k, t)| parse(k, t)).collect();
            let got = call(cell, &operands);
            let expected = cell.outputs.iter().zip(results.split(':')).map(|(&k, t)| parse(k, t));
            for (got, expected) in got.into_iter().zip(expected) {
                if !close(row.name, got, expected) {
                    wrong.push(format!("{} {}: {case}, got {got:?}", row.name, line[1]));
                }
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 3000, "only {seen} values");
}

fn call(cell: &Cell, operands: &[Value]) -> Vec<Value> {
    let inputs = cell.inputs.iter().zip(operands).map(|(&k, &v)| Field::filled(&[encode(k, v)], k.size() as isize));
    let outputs = cell.outputs.iter().map(|k| Field::new(1, k.size(), k.size() as isize));
    let mut fields: Vec<Field> = inputs.chain(outputs).collect();
    let ptrs: Vec<*mut u8> = fields.iter_mut().map(Field::ptr).collect();
    let steps: Vec<isize> = fields.iter().map(Field::step).collect();
    // SAFETY: one element of each operand lies at its pointer.
    unsafe { (cell.call)(1, &ptrs, &steps) };
    let results = &mut fields[cell.inputs.len()..];
    cell.outputs.iter().zip(results).map(|(&kind, field)| decode(kind, &field.elements()[0])).collect()
}
