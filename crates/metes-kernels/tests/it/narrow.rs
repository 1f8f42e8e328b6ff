//! The cells of narrow floats agree with those of float64 and complex128, rounded.

use crate::samples::{Field, Random, Value, decode, encode, samples};
use metes_dtype::Kind;
use metes_kernels::{Cell, table};

const N: usize = 400;
/// What these give depends on the kind itself, or jumps where a narrow operand was rounded.
const OWN: &[&str] = &["spacing", "nextafter", "floor_divide", "divmod"];

fn wide(kind: Kind) -> Kind {
    match kind {
        Kind::F16 | Kind::F32 => Kind::F64,
        Kind::C64 => Kind::C128,
        other => other,
    }
}

fn run(cell: &Cell, operands: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let inputs = cell.inputs.iter().zip(operands).map(|(&kind, values)| {
        let elements: Vec<Vec<u8>> = values.iter().map(|&v| encode(kind, v)).collect();
        Field::filled(&elements, kind.size() as isize)
    });
    let outputs = cell.outputs.iter().map(|kind| Field::new(N, kind.size(), kind.size() as isize));
    let mut fields: Vec<Field> = inputs.chain(outputs).collect();
    let ptrs: Vec<*mut u8> = fields.iter_mut().map(Field::ptr).collect();
    let steps: Vec<isize> = fields.iter().map(Field::step).collect();
    // SAFETY: every field holds N elements by its step.
    unsafe { (cell.call)(N, &ptrs, &steps) };
    let results = cell.outputs.iter().zip(&mut fields[cell.inputs.len()..]);
    results.map(|(&kind, field)| field.elements().iter().map(|e| decode(kind, e)).collect()).collect()
}

/// Equal after rounding to the kind, or a few units in its last place apart.
fn agree(kind: Kind, got: Value, expected: Value) -> bool {
    let expected = decode(kind, &encode(kind, expected));
    let parts = |v: Value| match v {
        Value::Complex(re, im) => [re, im],
        other => [other.re(), 0.0],
    };
    let ([a, b], [c, d]) = (parts(got), parts(expected));
    let Some(info) = kind.float_info() else { return got == expected };
    let size = if c.is_finite() && d.is_finite() { c.abs().max(d.abs()) } else { 0.0 };
    let slack = 4.0 * (info.eps * size + info.smallest_subnormal);
    let near = |x: f64, y: f64| Value::Real(x).same(Value::Real(y)) || (x - y).abs() <= slack;
    near(a, c) && near(b, d)
}

#[test]
fn narrow_floats_compute_what_wide_ones_do() {
    let mut random = Random(404);
    let mut wrong = Vec::new();
    let mut checked = 0;
    for row in table().iter().filter(|row| !OWN.contains(&row.name)) {
        for cell in row.cells {
            let wide: Vec<Kind> = cell.inputs.iter().map(|&kind| wide(kind)).collect();
            let Some(wide) = row.cells.iter().find(|c| c.inputs == wide && c.inputs != cell.inputs) else { continue };
            let operand = |&kind: &Kind| {
                // Complex products and quotients leave the narrow range on their way sooner than at their end.
                let ends = |v: &Value| {
                    let size = v.re().abs();
                    kind == Kind::C64 && (size.is_finite() && size > 1e9 || size > 0.0 && size < 1e-9)
                };
                let pool: Vec<Value> = samples(kind).into_iter().filter(|v| !ends(v)).collect();
                (0..N).map(|_| random.pick(&pool)).map(|v| decode(kind, &encode(kind, v))).collect::<Vec<_>>()
            };
            let operands: Vec<Vec<Value>> = cell.inputs.iter().map(operand).collect();
            for (i, (narrow, wide)) in run(cell, &operands).iter().zip(run(wide, &operands)).enumerate() {
                for (j, (&got, expected)) in narrow.iter().zip(wide).enumerate() {
                    if !agree(cell.outputs[i], got, expected) {
                        let at: Vec<Value> = operands.iter().map(|o| o[j]).collect();
                        wrong.push(format!("{} of {:?} {at:?}: {got:?}, not {expected:?}", row.name, cell.inputs));
                    }
                    checked += 1;
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
}
