//! Every cell of every row gives the same results on every layout.

use crate::samples::{Field, Random, decode, encode, samples};
use metes_dtype::Kind;
use metes_kernels::{Cell, Flags, Level, table};

const N: usize = 67;

fn operand(kind: Kind, random: &mut Random) -> Vec<Vec<u8>> {
    let from = samples(kind);
    (0..N).map(|_| encode(kind, random.pick(&from))).collect()
}

fn run(cell: &Cell, inputs: &[Vec<Vec<u8>>], step_of: impl Fn(usize, isize) -> isize) -> (Vec<Vec<Vec<u8>>>, Flags) {
    let filled = inputs.iter().enumerate().map(|(i, e)| Field::filled(e, step_of(i, e[0].len() as isize)));
    let made = cell.outputs.iter().enumerate().map(|(i, k)| {
        let width = k.size();
        Field::new(N, width, step_of(inputs.len() + i, width as isize))
    });
    let mut fields: Vec<Field> = filled.chain(made).collect();
    let ptrs: Vec<*mut u8> = fields.iter_mut().map(Field::ptr).collect();
    let steps: Vec<isize> = fields.iter().map(Field::step).collect();
    // SAFETY: every field holds N elements by its step.
    let flags = unsafe { (cell.call)(N, &ptrs, &steps) };
    (fields[inputs.len()..].iter_mut().map(Field::elements).collect(), flags)
}

fn assert_same(kinds: &[Kind], a: &[Vec<Vec<u8>>], b: &[Vec<Vec<u8>>], what: &str) {
    for (&kind, (a, b)) in kinds.iter().zip(a.iter().zip(b)) {
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            let same = x == y || decode(kind, x).same(decode(kind, y));
            assert!(same, "{what}, element {i}: {:?} and {:?}", decode(kind, x), decode(kind, y));
        }
    }
}

fn for_each_cell(mut check: impl FnMut(&Cell, Vec<Vec<Vec<u8>>>, &str)) {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for row in table() {
        for cell in row.cells {
            let inputs = cell.inputs.iter().map(|&kind| operand(kind, &mut random)).collect();
            check(cell, inputs, &format!("{} of {:?}", row.name, cell.inputs));
        }
    }
}

#[test]
fn strided_and_reversed_operands_give_what_contiguous_ones_give() {
    let mut random = Random(77);
    for_each_cell(|cell, inputs, what| {
        let (dense, flags) = run(cell, &inputs, |_, width| width);
        for _ in 0..3 {
            let factors: Vec<isize> = (0..4).map(|_| random.pick(&[1, 2, 3, -1, -2])).collect();
            let (strided, strided_flags) = run(cell, &inputs, |i, width| width * factors[i]);
            assert_same(cell.outputs, &dense, &strided, &format!("{what}, steps times {factors:?}"));
            assert_eq!(flags, strided_flags, "{what}");
        }
    });
}

#[test]
fn a_repeated_operand_gives_what_its_copies_give() {
    for_each_cell(|cell, mut inputs, what| {
        let last = inputs.len() - 1;
        let value = inputs[last][5].clone();
        inputs[last] = vec![value; N];
        let (dense, _) = run(cell, &inputs, |_, width| width);
        let (repeated, _) = run(cell, &inputs, |i, width| if i == last { 0 } else { width });
        assert_same(cell.outputs, &dense, &repeated, &format!("{what}, last operand repeated"));
    });
}

#[test]
fn an_output_may_be_an_input() {
    for_each_cell(|cell, inputs, what| {
        let (apart, _) = run(cell, &inputs, |_, width| width);
        for (i, kind) in cell.inputs.iter().enumerate() {
            if cell.outputs.len() > 1 || kind.size() != cell.outputs[0].size() {
                continue;
            }
            let mut fields: Vec<Field> = inputs.iter().map(|e| Field::filled(e, e[0].len() as isize)).collect();
            let mut ptrs: Vec<*mut u8> = fields.iter_mut().map(Field::ptr).collect();
            let mut steps: Vec<isize> = fields.iter().map(Field::step).collect();
            ptrs.push(ptrs[i]);
            steps.push(steps[i]);
            // SAFETY: every field holds N elements; the output is exactly one of the inputs, of the same width.
            unsafe { (cell.call)(N, &ptrs, &steps) };
            assert_same(cell.outputs, &apart, &[fields[i].elements()], &format!("{what}, into operand {i}"));
        }
    });
}

#[test]
fn no_elements_touch_nothing() {
    for_each_cell(|cell, _, what| {
        let mut fields: Vec<Field> = (0..cell.inputs.len() + cell.outputs.len()).map(|_| Field::new(1, 8, 8)).collect();
        let before: Vec<_> = fields.iter_mut().map(Field::elements).collect();
        let ptrs: Vec<*mut u8> = fields.iter_mut().map(Field::ptr).collect();
        // SAFETY: nothing is read or written.
        let flags = unsafe { (cell.call)(0, &ptrs, &vec![8; ptrs.len()]) };
        assert_eq!((flags, fields.iter_mut().map(Field::elements).collect::<Vec<_>>()), (0, before), "{what}");
    });
}

/// Vectors are for speed alone. Other tests may run meanwhile: for them, too, nothing changes.
#[test]
fn vectors_change_no_bit() {
    for_each_cell(|cell, inputs, what| {
        let (all, flags) = run(cell, &inputs, |_, width| width);
        for level in [Level::Base, Level::Avx2] {
            metes_kernels::restrict(level);
            let (some, some_flags) = run(cell, &inputs, |_, width| width);
            metes_kernels::restrict(Level::Avx512);
            assert_same(cell.outputs, &all, &some, &format!("{what}, {level:?}"));
            assert_eq!(flags, some_flags, "{what}");
        }
    });
}

#[test]
fn a_first_input_repeated_gives_what_its_copies_give() {
    for_each_cell(|cell, mut inputs, what| {
        inputs[0] = vec![inputs[0][7].clone(); N];
        let (dense, _) = run(cell, &inputs, |_, width| width);
        let (repeated, _) = run(cell, &inputs, |i, width| if i == 0 { 0 } else { width });
        assert_same(cell.outputs, &dense, &repeated, &format!("{what}, first operand repeated"));
    });
}
