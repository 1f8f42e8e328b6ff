//! Operations whose operands share bytes: as if every operand had been copied first, with no more scratch than the law
//! allows, and none where nothing is shared.

use metes_array::{Array, Layout, Order, Scalar, shares_memory};
use metes_dtype::{Casting, DType, Kind};
use metes_eval::{Operand, Options, apply, assign};
use metes_memory::Memory;
use proptest::prelude::*;

const BYTES: usize = 400;
/// What casting and gathering block by block may take, whatever the size of the operands.
const SCRATCH: usize = 6 * 1024 * 16 + 4096;
const KINDS: &[Kind] = &[Kind::U8, Kind::I16, Kind::I32, Kind::I64, Kind::F32, Kind::F64];
const UFUNCS: &[&str] = &["add", "subtract", "multiply", "maximum", "less"];

/// A view of the buffer: where it starts and how it steps, in bytes; axes of length 1 broadcast.
#[derive(Clone, Debug)]
struct View {
    kind: Kind,
    offset: usize,
    strides: Vec<isize>,
    stretched: Vec<bool>,
}

fn view() -> impl Strategy<Value = View> {
    let step = prop_oneof![8 => -8isize..9, 1 => Just(0isize)];
    let parts = (prop::sample::select(KINDS), 0usize..BYTES, prop::collection::vec(step, 2));
    (parts, prop::collection::vec(prop::bool::weighted(0.15), 2), any::<bool>()).prop_map(
        |((kind, offset, steps), stretched, aligned)| {
            let unit = if aligned { kind.size() as isize } else { 1 };
            let strides = steps.iter().map(|s| s * unit).collect();
            View { kind, offset: if aligned { offset / kind.size() * kind.size() } else { offset }, strides, stretched }
        },
    )
}

impl View {
    fn of(&self, base: &Array, shape: &[usize], kind: Kind) -> Option<Array> {
        let shape: Vec<usize> = shape.iter().zip(&self.stretched).map(|(&n, &one)| if one { 1 } else { n }).collect();
        let layout = Layout::new(&shape, &self.strides, self.offset).ok()?;
        Array::new(base.buffer().clone(), kind.into(), layout, true).ok()
    }

    /// A view to write to, in which no element shares a byte with another.
    fn target(&self, base: &Array, shape: &[usize]) -> Option<Array> {
        let whole = View { stretched: vec![false; 2], ..self.clone() };
        whole.of(base, shape, self.kind).filter(|array| array.self_overlaps() == Some(false))
    }
}

/// Bytes that are small numbers in every kind.
fn base(bytes: &[u8]) -> Array {
    Array::from_slice(&[bytes.len()], bytes).unwrap()
}

fn same(a: &Array, b: &Array) -> bool {
    a.layout() == b.layout() && a.dtype() == b.dtype()
}

fn meets(a: &Array, b: &Array) -> bool {
    shares_memory(a, b, None).unwrap()
}

/// The most scratch that the law allows an operation into `out`.
fn allowed(inputs: &[Array], mask: Option<&Array>, out: &Array) -> usize {
    let mut clashing: Vec<&Array> = Vec::new();
    for input in inputs.iter().filter(|input| !same(input, out) && meets(input, out)) {
        if !clashing.iter().any(|other| same(other, input)) {
            clashing.push(input);
        }
    }
    let apart: usize = clashing.iter().map(|array| array.nbytes()).sum();
    apart.min(out.nbytes()) + mask.filter(|mask| meets(mask, out)).map_or(0, |mask| mask.nbytes())
}

fn bytes_of(base: &Array) -> Vec<u8> {
    base.read::<u8>().unwrap().to_vec()
}

/// What `work` took at most, in bytes, of a memory of its own.
fn peak_of(work: impl FnOnce()) -> usize {
    let memory = Memory::with_limit(None);
    memory.enter(work);
    memory.stats().peak_bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_ufunc_into_its_own_operands(
        bytes in prop::collection::vec(0u8..40, BYTES),
        shape in prop::collection::vec(0usize..6, 2),
        (a, b, out, mask) in (view(), view(), view(), prop::option::weighted(0.3, view())),
        (name, in_place, twice) in (prop::sample::select(UFUNCS), prop::bool::weighted(0.2), prop::bool::weighted(0.2)),
    ) {
        let (one, two) = (base(&bytes), base(&bytes));
        let views = |base: &Array| {
            let target = out.target(base, &shape)?;
            let first = if in_place { target.clone() } else { a.of(base, &shape, a.kind)? };
            let second = if twice { first.clone() } else { b.of(base, &shape, b.kind)? };
            let mask = match &mask {
                Some(mask) => Some(mask.of(base, &shape, Kind::Bool)?),
                None => None,
            };
            Some((first, second, mask, target))
        };
        let (Some((x, y, m, target)), Some((u, v, n, apart))) = (views(&one), views(&two)) else { return Ok(()) };
        let ufunc = metes_kernels::ufunc(name).unwrap();
        let options = |out: Array, mask: Option<Array>| Options { out: vec![Some(out)], where_: mask, casting: Casting::Unsafe, ..Options::default() };
        let copy = |array: &Array| array.copy(Order::C).unwrap();
        let inputs = [Operand::Array(copy(&u)), Operand::Array(copy(&v))];
        apply(ufunc, &inputs, &options(apart, n.as_ref().map(copy))).unwrap();
        let bound = allowed(&[x.clone(), y.clone()], m.as_ref(), &target);
        let inputs = [Operand::Array(x.clone()), Operand::Array(y.clone())];
        let options = options(target.clone(), m.clone());
        let peak = peak_of(|| { apply(ufunc, &inputs, &options).unwrap(); });
        prop_assert_eq!(bytes_of(&one), bytes_of(&two));
        let plain = m.is_none() && x.dtype() == y.dtype() && x.dtype() == target.dtype() && name != "less"
            && [&x, &y, &target].iter().all(|array| array.is_aligned());
        let scratch = if plain { 0 } else { SCRATCH };
        prop_assert!(peak <= bound + scratch, "{} bytes of scratch, {} allowed", peak, bound);
    }

    #[test]
    fn assignment_from_its_own_bytes(
        bytes in prop::collection::vec(0u8..40, BYTES),
        shape in prop::collection::vec(0usize..6, 2),
        (a, out, mask) in (view(), view(), prop::option::weighted(0.4, view())),
    ) {
        let (one, two) = (base(&bytes), base(&bytes));
        let views = |base: &Array| {
            let mask = match &mask {
                Some(mask) => Some(mask.of(base, &shape, Kind::Bool)?),
                None => None,
            };
            Some((a.of(base, &shape, a.kind)?, mask, out.target(base, &shape)?))
        };
        let (Some((x, m, target)), Some((u, n, apart))) = (views(&one), views(&two)) else { return Ok(()) };
        let (u, n) = (u.copy(Order::C).unwrap(), n.map(|n| n.copy(Order::C).unwrap()));
        assign(&apart, &Operand::Array(u), Casting::Unsafe, n.as_ref()).unwrap();
        let bound = allowed(std::slice::from_ref(&x), m.as_ref(), &target);
        let source = Operand::Array(x.clone());
        let peak = peak_of(|| assign(&target, &source, Casting::Unsafe, m.as_ref()).unwrap());
        prop_assert_eq!(bytes_of(&one), bytes_of(&two));
        let scratch = if m.is_none() && x.dtype() == target.dtype() { 0 } else { SCRATCH };
        prop_assert!(peak <= bound + scratch, "{} bytes of scratch, {} allowed", peak, bound);
    }
}

#[test]
fn interleaved_halves_need_no_scratch() {
    let all = Array::zeros(&[1000, 1000], Kind::F64.into()).unwrap();
    let half = |first: isize| {
        let every = metes_array::Index::Slice { start: Some(first), stop: None, step: Some(2) };
        all.index(&[metes_array::Index::Ellipsis, every]).unwrap()
    };
    let add = metes_kernels::ufunc("add").unwrap();
    let options = Options { out: vec![Some(half(0))], ..Options::default() };
    let inputs = [Operand::Array(half(1)), Operand::Array(half(0))];
    assert_eq!(peak_of(|| drop(apply(add, &inputs, &options).unwrap())), 0);
}

#[test]
fn a_wide_operand_in_the_way_of_a_narrow_result_is_not_copied() {
    let wide = Array::full(&[100_000], Scalar::Float(2.0), DType::of(Kind::F64)).unwrap();
    let narrow = Layout::new(&[100_000], &[8], 4).unwrap();
    let out = Array::new(wide.buffer().clone(), Kind::F32.into(), narrow, true).unwrap();
    let add = metes_kernels::ufunc("add").unwrap();
    let options = Options { out: vec![Some(out.clone())], casting: Casting::Unsafe, ..Options::default() };
    let inputs = [Operand::Array(wide.clone()), Operand::Array(wide)];
    let peak = peak_of(|| drop(apply(add, &inputs, &options).unwrap()));
    assert!(peak <= 400_000 + SCRATCH, "{peak}");
    assert_eq!(out.item(&[99_999]).unwrap(), Scalar::Float(4.0));
}
