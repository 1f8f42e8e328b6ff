//! Products of every layout, part and type, against sums term by term.

use metes_gemm::{Element, Factor, Part, Product, multiply, need};
use num_complex::Complex;
use std::mem::MaybeUninit;

trait Number: Element + PartialEq + std::fmt::Debug + Default {
    fn of(re: i64, im: i64) -> Self;
    fn conj(self) -> Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! numbers {
    ($($t:ident)*) => {$(
        impl Number for $t {
            fn of(re: i64, _: i64) -> $t { re as $t }
            fn conj(self) -> $t { self }
            fn plus(self, other: $t) -> $t { self + other }
            fn times(self, other: $t) -> $t { self * other }
        }
        impl Number for Complex<$t> {
            fn of(re: i64, im: i64) -> Self { Complex::new(re as $t, im as $t) }
            fn conj(self) -> Self { Complex::new(self.re, -self.im) }
            fn plus(self, other: Self) -> Self { self + other }
            fn times(self, other: Self) -> Self { self * other }
        }
    )*};
}
numbers!(f32 f64);

/// Numbers that look like chance, small enough for exact sums.
struct Chance(u64);

impl Chance {
    fn next(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn number<T: Number>(&mut self) -> T {
        T::of(self.next(17) as i64 - 8, self.next(17) as i64 - 8)
    }
}

/// A matrix somewhere in an array: where its first element is, and its steps.
struct Matrix<T> {
    all: Vec<T>,
    first: usize,
    steps: [isize; 2],
}

impl<T: Number> Matrix<T> {
    /// Of one of six layouts: rows or columns one by one or apart, or backwards.
    fn new(rows: usize, columns: usize, chance: &mut Chance) -> Matrix<T> {
        let apart = 1 + chance.next(2) as isize;
        let gap = chance.next(4) as isize;
        let mut steps = match chance.next(2) {
            0 => [(columns as isize + gap) * apart, apart],
            _ => [apart, (rows as isize + gap) * apart],
        };
        let mut first = 0;
        for (step, len) in steps.iter_mut().zip([rows, columns]) {
            if chance.next(4) == 0 && len > 0 {
                first += *step * (len as isize - 1);
                *step = -*step;
            }
        }
        let span = |step: isize, len: usize| step.unsigned_abs() * len.max(1);
        let len = span(steps[0], rows) + span(steps[1], columns) + 1;
        let all = (0..len).map(|_| chance.number()).collect();
        Matrix { all, first: first as usize, steps }
    }

    fn place(&self, i: usize, j: usize) -> usize {
        (self.first as isize + i as isize * self.steps[0] + j as isize * self.steps[1]) as usize
    }

    fn factor(&self, conj: bool) -> Factor<T> {
        Factor { ptr: &raw const self.all[self.first], row_step: self.steps[0], column_step: self.steps[1], conj }
    }
}

fn check<T: Number>(seed: u64, [m, n, k]: [usize; 3]) {
    let mut chance = Chance(seed);
    let (a, b): (Matrix<T>, Matrix<T>) = (Matrix::new(m, k, &mut chance), Matrix::new(k, n, &mut chance));
    let mut c: Matrix<T> = Matrix::new(m, n, &mut chance);
    let (conj_a, conj_b, add) = (chance.next(2) == 0, chance.next(2) == 0, chance.next(2) == 0);
    let part = [Part::Full, Part::Lower, Part::Upper][chance.next(3) as usize];
    let alpha = [T::of(1, 0), T::of(-1, 0), T::of(2, 3)][chance.next(3) as usize];
    let mut expected = c.all.clone();
    for i in 0..m {
        for j in 0..n {
            if (part == Part::Lower && j > i) || (part == Part::Upper && i > j) {
                continue;
            }
            let mut sum = T::of(0, 0);
            for p in 0..k {
                let (x, y) = (a.all[a.place(i, p)], b.all[b.place(p, j)]);
                sum = sum.plus(if conj_a { x.conj() } else { x }.times(if conj_b { y.conj() } else { y }));
            }
            let sum = alpha.times(sum);
            let place = c.place(i, j);
            expected[place] = if add { expected[place].plus(sum) } else { sum };
        }
    }
    let need = need::<T>([m, n, k]);
    let mut room = vec![MaybeUninit::new(0xA5); if chance.next(2) == 0 { need } else { need.min(metes_gemm::LEAST) }];
    let product = Product {
        sizes: [m, n, k],
        c: c.all.as_mut_ptr().wrapping_add(c.first),
        steps: c.steps,
        a: a.factor(conj_a),
        b: b.factor(conj_b),
        alpha,
        add,
        part,
    };
    // SAFETY: the matrices have these elements, and are apart.
    unsafe { multiply(product, &mut room) };
    assert_eq!(c.all, expected, "{} {m} {n} {k} {product:?}", std::any::type_name::<T>());
}

#[test]
fn products_are_sums_of_products() {
    let mut chance = Chance(7);
    for seed in 0..600 {
        let size = |chance: &mut Chance| {
            let most = if chance.next(8) == 0 { 120 } else { 30 };
            chance.next(most) as usize
        };
        let mut sizes = [size(&mut chance), size(&mut chance), size(&mut chance)];
        if seed % 20 == 0 {
            sizes = [chance.next(300), chance.next(20), 200 + chance.next(400)].map(|x| x as usize);
        }
        check::<f32>(seed, sizes);
        check::<f64>(seed, sizes);
        check::<Complex<f32>>(seed, sizes);
        check::<Complex<f64>>(seed, sizes);
    }
}

/// The bits of an element do not depend on what is computed beside it.
#[test]
fn parts_have_the_bits_of_the_whole() {
    let (m, n, k) = (131, 97, 611);
    let mut chance = Chance(3);
    let mut number = || chance.next(1 << 30) as f64 / 7.0 - 1e8;
    let (a, b): (Vec<f64>, Vec<f64>) = ((0..m * k).map(|_| number()).collect(), (0..k * n).map(|_| number()).collect());
    let mut room = vec![MaybeUninit::uninit(); metes_gemm::ROOM];
    let mut part = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>, tall: bool| {
        let sizes = [rows.len(), columns.len(), k];
        let mut c = vec![0.0; rows.len() * columns.len()];
        let factor = |x: &Vec<f64>, at: usize, step: usize| Factor {
            ptr: x[at..].as_ptr(),
            row_step: step as isize,
            column_step: 1,
            conj: false,
        };
        let steps = if tall { [1, rows.len() as isize] } else { [columns.len() as isize, 1] };
        let product = Product {
            sizes,
            c: c.as_mut_ptr(),
            steps,
            a: factor(&a, rows.start * k, k),
            b: factor(&b, columns.start, n),
            alpha: 1.0,
            add: false,
            part: Part::Full,
        };
        // SAFETY: the vectors have these elements, and are apart.
        unsafe { multiply(product, &mut room) };
        let at = |i: usize, j: usize| if tall { i + j * rows.len() } else { i * columns.len() + j };
        let bits = |(i, j)| f64::to_bits(c[at(i, j)]);
        (0..rows.len()).flat_map(|i| (0..columns.len()).map(move |j| (i, j))).map(bits).collect::<Vec<u64>>()
    };
    let whole = part(0..m, 0..n, false);
    assert_eq!(whole, part(0..m, 0..n, true));
    for (rows, columns) in [(0..1, 0..n), (5..120, 90..97), (130..131, 96..97), (3..4, 2..9), (40..131, 1..2)] {
        let own = part(rows.clone(), columns.clone(), false);
        let of_whole = rows.flat_map(|i| columns.clone().map(move |j| (i, j))).map(|(i, j)| whole[i * n + j]);
        assert_eq!(own, of_whole.collect::<Vec<u64>>());
    }
}
