//! Values of every kind, as bytes and as numbers to compare with.

use half::f16;
use metes_dtype::{Category, Kind};

/// One element as numbers wide enough for every kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Whole(i128),
    Real(f64),
    Complex(f64, f64),
}

impl Value {
    /// Equal, or NaN in the same places.
    pub fn same(self, other: Value) -> bool {
        let eq = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
        match (self, other) {
            (Value::Real(a), Value::Real(b)) => eq(a, b),
            (Value::Complex(a, b), Value::Complex(c, d)) => eq(a, c) && eq(b, d),
            _ => self == other,
        }
    }

    /// The real part, as float64.
    pub fn re(self) -> f64 {
        match self {
            Value::Whole(n) => n as f64,
            Value::Real(x) | Value::Complex(x, _) => x,
        }
    }
}

fn real_bytes(kind: Kind, x: f64) -> Vec<u8> {
    match kind {
        Kind::F16 => f16::from_f64(x).to_ne_bytes().to_vec(),
        Kind::F32 => (x as f32).to_ne_bytes().to_vec(),
        _ => x.to_ne_bytes().to_vec(),
    }
}

fn read_real(kind: Kind, bytes: &[u8]) -> f64 {
    match kind {
        Kind::F16 => f16::from_ne_bytes(bytes[..2].try_into().unwrap()).to_f64(),
        Kind::F32 => f64::from(f32::from_ne_bytes(bytes[..4].try_into().unwrap())),
        _ => f64::from_ne_bytes(bytes[..8].try_into().unwrap()),
    }
}

/// One element; whole numbers wrap, reals round.
pub fn encode(kind: Kind, value: Value) -> Vec<u8> {
    match (kind.category(), value) {
        (Category::Bool, v) => vec![u8::from(!v.same(Value::Whole(0)))],
        (Category::Signed | Category::Unsigned, Value::Whole(n)) => n.to_ne_bytes()[..kind.size()].to_vec(),
        (Category::Signed | Category::Unsigned, _) => panic!("{value:?} is no {kind:?}"),
        (Category::Float, v) => real_bytes(kind, v.re()),
        (Category::Complex, v) => {
            let im = if let Value::Complex(_, im) = v { im } else { 0.0 };
            [real_bytes(kind.real(), v.re()), real_bytes(kind.real(), im)].concat()
        }
        (Category::Other, _) => unreachable!("no kind is of it"),
    }
}

pub fn decode(kind: Kind, bytes: &[u8]) -> Value {
    match kind.category() {
        Category::Bool => Value::Whole(i128::from(bytes[0] != 0)),
        Category::Unsigned | Category::Signed => {
            let negative = kind.category() == Category::Signed && bytes[kind.size() - 1] >= 128;
            let mut wide = [if negative { 255 } else { 0 }; 16];
            wide[..kind.size()].copy_from_slice(&bytes[..kind.size()]);
            Value::Whole(i128::from_ne_bytes(wide))
        }
        Category::Float => Value::Real(read_real(kind, bytes)),
        Category::Complex => {
            Value::Complex(read_real(kind.real(), bytes), read_real(kind.real(), &bytes[kind.size() / 2..]))
        }
        Category::Other => unreachable!("no kind is of it"),
    }
}

/// Telling values of a kind: ends of ranges, zeros, infinities, NaN, and ordinary ones.
pub fn samples(kind: Kind) -> Vec<Value> {
    if kind == Kind::Bool {
        return vec![Value::Whole(0), Value::Whole(1)];
    }
    if let Some((low, high)) = kind.int_range() {
        let mut all = vec![0, 1, 2, 3, 7, 8, 42, 100, high / 2, high - 1, high, -1, -2, -7, low, low + 1];
        all.retain(|n| (low..=high).contains(n));
        return all.into_iter().map(Value::Whole).collect();
    }
    let info = kind.float_info().unwrap();
    let half = [0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 100.25, 1e-3, info.max, info.smallest_subnormal, f64::INFINITY];
    let reals: Vec<f64> = half.iter().flat_map(|&x| [x, -x]).chain([f64::NAN]).collect();
    if kind.category() == Category::Float {
        return reals.into_iter().map(Value::Real).collect();
    }
    let imaginary = [0.0, -0.0, 1.0, -2.5, f64::INFINITY, f64::NAN];
    reals.iter().flat_map(|&re| imaginary.map(|im| Value::Complex(re, im))).collect()
}

/// A small generator of repeatable random numbers (Marsaglia's xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Bytes on an 8-byte boundary: what a loop reads and writes, `n` elements of `width` bytes every `step` bytes.
pub struct Field {
    words: Vec<u64>,
    n: usize,
    width: usize,
    step: isize,
}

impl Field {
    pub fn new(n: usize, width: usize, step: isize) -> Field {
        let span = n * step.unsigned_abs().max(width);
        Field { words: vec![0xa5a5_a5a5_a5a5_a5a5; span / 8 + 3], n, width, step }
    }

    pub fn filled(elements: &[Vec<u8>], step: isize) -> Field {
        let mut field = Field::new(elements.len(), elements[0].len(), step);
        for (i, element) in elements.iter().enumerate() {
            let at = field.offset(i);
            field.bytes_mut()[at..at + element.len()].copy_from_slice(element);
        }
        field
    }

    /// Where element `i` begins.
    fn offset(&self, i: usize) -> usize {
        let first = if self.step < 0 { (self.n - 1) as isize * -self.step } else { 0 };
        (first + i as isize * self.step) as usize
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: words are plain bytes.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.words.len() * 8) }
    }

    /// The first element.
    pub fn ptr(&mut self) -> *mut u8 {
        let at = if self.n == 0 { 0 } else { self.offset(0) };
        self.bytes_mut()[at..].as_mut_ptr()
    }

    pub fn step(&self) -> isize {
        self.step
    }

    pub fn elements(&mut self) -> Vec<Vec<u8>> {
        let (n, width) = (self.n, self.width);
        let offsets: Vec<usize> = (0..n).map(|i| self.offset(i)).collect();
        let bytes = self.bytes_mut();
        offsets.into_iter().map(|at| bytes[at..at + width].to_vec()).collect()
    }
}
