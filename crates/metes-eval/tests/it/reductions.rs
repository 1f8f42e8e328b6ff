//! Reductions give the same bits whatever the layout of the array and the parts that it comes in.

use metes_array::{Array, Index, Order};
use metes_dtype::Kind;
use metes_eval::{Domain, Part, ProgramBuilder, ReduceOptions, Reducer, reduce, reduced_dtype};
use proptest::prelude::*;

const NAMES: &[&str] = &["sum", "prod", "mean", "var", "min", "max", "argmin", "argmax"];

/// The same elements in other layouts: F order, every second of twice as many, backwards.
fn layouts(array: &Array) -> Vec<Array> {
    let doubled: Vec<usize> = array.shape().iter().map(|n| 2 * n).collect();
    let room = Array::zeros(&doubled, array.dtype()).unwrap();
    let every = |step| Index::Slice { start: None, stop: None, step: Some(step) };
    let spread = room.index(&vec![every(2); array.ndim()]).unwrap();
    metes_array::copy_into(&spread, array).unwrap();
    let turned = array.flip(None).unwrap().copy(Order::C).unwrap().flip(None).unwrap();
    vec![array.copy(Order::F).unwrap(), spread, turned]
}

fn bits(array: &Array) -> Vec<u8> {
    array.to_bytes().unwrap()
}

/// Reduces in parts of `rows` along the first axis.
fn in_parts(name: &str, array: &Array, axes: &[usize], rows: usize) -> Option<Vec<u8>> {
    let reduction = metes_kernels::reduction(name).unwrap();
    let cell = reduction.cell(array.dtype().number().unwrap()).unwrap();
    let mut builder = ProgramBuilder::new();
    let slot = builder.input(array.dtype());
    let slot = builder.cast(slot, cell.input.into()).unwrap();
    let program = std::sync::Arc::new(builder.finish(slot));
    let kept: Vec<usize> = (0..array.ndim()).filter(|a| !axes.contains(a)).map(|a| array.shape()[a]).collect();
    let out = Array::empty(&kept, cell.output.into(), "test").unwrap();
    let domain = Domain { shape: array.shape(), axes, cut: Some(0), together: false };
    let mut reducer = Reducer::new(reduction, cell, program, domain, 0.0, out.clone()).ok()?;
    let length = array.shape()[0];
    for start in (0..length).step_by(rows) {
        let len = rows.min(length - start);
        let part = Index::Slice { start: Some(start as isize), stop: Some((start + len) as isize), step: None };
        reducer.feed(&[array.index(&[part]).unwrap()], Part { axis: 0, start, len }, None).unwrap();
    }
    reducer.finish().unwrap();
    Some(bits(&out))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn the_same_bits(
        shape in prop::collection::vec(1usize..40, 1..4),
        seed in any::<u64>(),
        chosen in prop::collection::vec(any::<bool>(), 3),
        rows in 1usize..20,
        (name, kind) in (prop::sample::select(NAMES), prop::sample::select(&[Kind::F32, Kind::F64, Kind::I16][..])),
    ) {
        let size: usize = shape.iter().product();
        let mut state = seed | 1;
        let values: Vec<f64> = (0..size).map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) as f64 / (1u64 << 31) as f64 - 0.5) * 10f64.powi((state >> 60) as i32 - 8)
        }).collect();
        let array = Array::from_slice(&shape, &values).unwrap();
        let array = metes_eval::astype(&array, kind.into(), Order::C, metes_dtype::Casting::Unsafe, true).unwrap();
        let axes: Vec<usize> = match name.starts_with("arg") {
            true => vec![shape.len() - 1],
            false => (0..shape.len()).filter(|&a| chosen[a]).collect(),
        };
        prop_assume!(!axes.is_empty());
        let reduction = metes_kernels::reduction(name).unwrap();
        let options = ReduceOptions { axes: Some(axes.iter().map(|&a| a as isize).collect()), ..ReduceOptions::default() };
        let expected = reduce(reduction, &array, &options).unwrap();
        prop_assert_eq!(expected.dtype(), reduced_dtype(reduction, array.dtype(), None).unwrap());
        for other in layouts(&array) {
            prop_assert_eq!(bits(&reduce(reduction, &other, &options).unwrap()), bits(&expected));
        }
        if let Some(parts) = in_parts(name, &array, &axes, rows) {
            prop_assert_eq!(parts, bits(&expected));
        }
    }
}
