//! Long lines, transformed in the memory of their result.
//!
//! A line of `first * second` points is `second` interleaved columns. Each column is read from the operand, transformed,
//! turned by roots of unity, and written to the result one after the other; there, points that are `first` apart belong
//! together: they are gathered, some columns at a time, transformed in a block, and put back (the four steps of Bailey,
//! "FFTs in external or hierarchical memory"). Nothing has the length of the line but operand and result. Lines of real
//! numbers are transformed as half as many complex ones. Left out: operands that are their result, and lengths whose
//! factors do not come near their root.

use super::Direction;
use super::library::{Plan, Precision, Shape};
use super::lines::{Move, places, slice};
use super::roots::Roots;
use metes_array::{Array, Layout};
use metes_dtype::{Category, DType, Kind};
use metes_memory::{Access, Buffer, Result};
use num_complex::Complex;
use std::sync::Arc;

/// Points that a block has, at most.
const ROOM: usize = 1 << 13;
/// Bytes that a short line may take beside the result.
const SHORT: usize = 256 << 10;
/// Points that are turned by products of the same roots.
const RUN: usize = 32;
/// Columns and rows that are gathered from a tile of neighbours.
const TILE: usize = 4;

/// How points are read from the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// As they are.
    Points,
    /// Two real numbers make one.
    Pairs,
    /// From the half of a spectrum, so that pairs of real numbers come out.
    Spectrum,
}

/// What is done at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Nothing,
    /// The spectrum of pairs becomes half the one of real numbers.
    Half,
    /// And then all of it, conjugated or not.
    Full {
        conjugated: bool,
    },
}

/// A transform that is done so.
pub(super) struct Way {
    load: Load,
    finish: Finish,
    direction: Direction,
    /// Points of a line, counted as complex numbers, and their factors.
    points: usize,
    first: usize,
    second: usize,
    /// Numbers of the whole line, which the roots are of.
    n: usize,
}

impl Way {
    /// The way for a transform along an axis of `a`, which is not `out`; none where a line is short or its length has
    /// no factors near its root.
    pub fn of(a: &Array, out: &Array, axis: usize, n: usize, shape: Shape, kind: Kind) -> Option<Way> {
        let real = a.dtype().category() != Category::Complex;
        let even = n.is_multiple_of(2);
        let (load, finish, direction) = match shape {
            Shape::Complex(direction) if real && even => {
                let conjugated = direction == Direction::Backward;
                (Load::Pairs, Finish::Full { conjugated }, Direction::Forward)
            }
            Shape::Complex(direction) => (Load::Points, Finish::Nothing, direction),
            Shape::Half if even => (Load::Pairs, Finish::Half, Direction::Forward),
            Shape::Whole if even && !real => (Load::Spectrum, Finish::Nothing, Direction::Backward),
            _ => return None,
        };
        let ours = if shape == Shape::Whole { kind.real() } else { kind };
        let step = out.strides()[axis];
        let dense = step == ours.size() as isize;
        // A workspace, and a line of the operand and one of the result, unless it is transformed where it lies.
        let lines = match shape {
            Shape::Complex(_) if dense && a.shape()[axis] >= n => 2,
            Shape::Complex(_) => 4,
            _ => 3,
        };
        let short = n <= ROOM || lines * n * kind.real().size() < SHORT;
        if short || out.dtype() != ours || !out.is_aligned() || !(dense || shape != Shape::Whole) {
            return None;
        }
        let known = [kind, kind.real()].iter().any(|kind| a.dtype() == *kind) && a.is_aligned();
        if !known && (load == Load::Spectrum || a.shape()[axis] < n) {
            return None;
        }
        let points = if load == Load::Points { n } else { n / 2 };
        let second = (1..=points.isqrt()).rev().find(|&factor| points.is_multiple_of(factor))?;
        let first = points / second;
        (first <= (1 << 12).max(4 * points.isqrt())).then_some(Way {
            load,
            finish,
            direction,
            points,
            first,
            second,
            n,
        })
    }

    /// Transforms all lines.
    ///
    /// # Errors
    /// Refused memory.
    pub fn run<T: Precision>(self, a: &Array, out: &Array, axis: usize, scale: f64, kind: Kind) -> Result<()> {
        let _guards = Buffer::guard(
            &[(out.buffer(), out.extent(), Access::Write), (a.buffer(), a.extent(), Access::Read)],
            "fft",
        )?;
        let others: Vec<usize> = (0..a.ndim()).filter(|&other| other != axis).collect();
        let mut long = Long::<T>::new(self, a, out, axis, scale, kind)?;
        for (from, to) in places(a, out, &others) {
            // SAFETY: the arrays are held, and do not overlap; the offsets are those of lines in both.
            unsafe { long.line(from, to)? };
        }
        Ok(())
    }
}

/// Numbers of a line, some bytes apart.
#[derive(Clone, Copy)]
struct Row<T> {
    first: *mut T,
    step: isize,
}

impl<T: Copy> Row<T> {
    fn is_dense(self) -> bool {
        self.step == size_of::<T>() as isize
    }

    /// # Safety
    /// The line has a number there, which is aligned and not being written.
    unsafe fn get(self, k: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe { self.first.byte_offset(k as isize * self.step).read() }
    }

    /// # Safety
    /// The line has a number there, which is aligned and ours.
    unsafe fn set(self, k: usize, value: T) {
        // SAFETY: the caller's promise.
        unsafe { self.first.byte_offset(k as isize * self.step).write(value) }
    }
}

struct Long<T: Precision> {
    way: Way,
    a: Array,
    out: Array,
    axis: usize,
    kind: Kind,
    scale: T,
    roots: Roots,
    one: Arc<Plan<T>>,
    two: Arc<Plan<T>>,
    /// Conversion of numbers of other types.
    load: Option<Move>,
    block: Array,
    work: Array,
}

impl<T: Precision> Long<T> {
    fn new(way: Way, a: &Array, out: &Array, axis: usize, scale: f64, kind: Kind) -> Result<Long<T>> {
        let (one, two) = (
            Plan::<T>::find(Shape::Complex(way.direction), way.first)?,
            Plan::find(Shape::Complex(way.direction), way.second)?,
        );
        let known = [kind, kind.real()].iter().any(|kind| a.dtype() == *kind) && a.is_aligned();
        let to = if way.load == Load::Pairs { kind.real() } else { kind };
        let complex = DType::of(kind);
        let room = ROOM.max(way.first);
        Ok(Long {
            a: a.clone(),
            out: out.clone(),
            axis,
            kind,
            scale: T::narrow(scale),
            roots: Roots::new(way.n)?,
            load: if known { None } else { Some(Move::new(a.dtype(), to.into())?) },
            block: Array::empty(&[room], complex, "fft")?,
            work: Array::empty(&[one.need().max(two.need())], complex, "fft")?,
            one,
            two,
            way,
        })
    }

    /// Transforms a line.
    ///
    /// # Safety
    /// The arrays are held, do not overlap, and have lines at these offsets.
    unsafe fn line(&mut self, from: isize, to: isize) -> Result<()> {
        let step = if self.way.load == Load::Spectrum {
            size_of::<Complex<T>>() as isize
        } else {
            self.out.strides()[self.axis]
        };
        let result = Row::<Complex<T>> { first: self.out.as_ptr().wrapping_offset(to).cast(), step };
        // SAFETY: the caller's promise; the line of the result has as many points as the way says.
        unsafe {
            self.columns(from, result)?;
            self.rows(result);
            match self.way.finish {
                Finish::Nothing => {}
                Finish::Half => self.halve(result),
                Finish::Full { conjugated } => {
                    self.halve(result);
                    self.mirror(result, conjugated);
                }
            }
        }
        Ok(())
    }

    /// Reads the operand's columns, transforms and turns them, and writes them to the result one after the other.
    ///
    /// # Safety
    /// As [`Long::line`].
    unsafe fn columns(&mut self, from: isize, result: Row<Complex<T>>) -> Result<()> {
        let Way { first, second, points, n, direction, .. } = self.way;
        let there = result.is_dense() && self.load.is_none();
        let most = (ROOM / first).max(1);
        for column in (0..second).step_by(most) {
            let count = most.min(second - column);
            // SAFETY: the caller's promise.
            let converted = unsafe { self.convert(from, column, count)? };
            let place = if there { result.first.wrapping_add(column * first) } else { self.block.as_ptr().cast() };
            // SAFETY: the block is ours, and has room for so many columns, as the result has, where they lie one after the
            // other; every point is written before it is read.
            let lines = unsafe { std::slice::from_raw_parts_mut(place, count * first) };
            if !converted {
                // SAFETY: the caller's promise.
                unsafe { self.gather(from, column, count, lines) };
            }
            // SAFETY: the workspace is as long as the plan asks for, and written before it is read.
            self.one.complex(lines, unsafe { slice(&self.work, self.one.need()) });
            for (c, line) in lines.chunks_exact_mut(first).enumerate() {
                self.turn(line, (column + c) * (n / points), direction);
            }
            if !there {
                for (k, point) in lines.iter().enumerate() {
                    // SAFETY: the caller's promise.
                    unsafe { result.set(column * first + k, *point) };
                }
            }
        }
        Ok(())
    }

    /// Multiplies each point with the root that is `step` further than the last one's. Most are products of two.
    fn turn(&self, line: &mut [Complex<T>], step: usize, direction: Direction) {
        let few: [Complex<f64>; RUN] = std::array::from_fn(|k| self.exact(k.min(line.len() - 1) * step, direction));
        for (run, points) in line.chunks_mut(RUN).enumerate() {
            let far = self.exact(run * RUN * step, direction);
            for (point, near) in points.iter_mut().zip(&few) {
                let root = far * near;
                *point = *point * Complex::new(T::narrow(root.re), T::narrow(root.im));
            }
        }
    }

    fn exact(&self, k: usize, direction: Direction) -> Complex<f64> {
        let root = self.roots.get(k);
        if direction == Direction::Forward { root.conj() } else { root }
    }

    fn root(&self, k: usize, direction: Direction) -> Complex<T> {
        let root = self.exact(k, direction);
        Complex::new(T::narrow(root.re), T::narrow(root.im))
    }

    /// Reads `count` columns of the operand, each to a line.
    ///
    /// # Safety
    /// As [`Long::line`].
    unsafe fn gather(&self, from: isize, column: usize, count: usize, lines: &mut [Complex<T>]) {
        let Way { first, second, .. } = self.way;
        let (start, step) = (self.a.as_ptr().wrapping_offset(from), self.a.strides()[self.axis]);
        let given = self.a.shape()[self.axis];
        let real = Row::<T> { first: start.cast(), step };
        let complex = Row::<Complex<T>> { first: start.cast(), step };
        let zero = T::zero();
        // SAFETY: numbers of the operand's line, of the type that it has.
        let number = |k: usize| if k < given { unsafe { real.get(k) } } else { zero };
        // SAFETY: the same, where it is asked for.
        let point = |k: usize| if k < given { unsafe { complex.get(k) } } else { Complex::new(zero, zero) };
        let shape = (first, second, column, count);
        let dense = start.cast::<Complex<T>>();
        // SAFETY: as `point`, where all points are given and lie one after the other.
        let next = |k: usize| unsafe { dense.add(k).read() };
        let whole = given >= self.way.n;
        match self.way.load {
            Load::Pairs if whole && real.is_dense() => gather(shape, lines, next),
            Load::Points if whole && self.a.dtype() == self.kind && complex.is_dense() => gather(shape, lines, next),
            Load::Pairs => gather(shape, lines, |k| Complex::new(number(2 * k), number(2 * k + 1))),
            Load::Points if self.a.dtype() == self.kind => gather(shape, lines, point),
            Load::Points => gather(shape, lines, |k| Complex::new(number(k), zero)),
            Load::Spectrum => {
                let last = self.way.points;
                gather(shape, lines, |k| {
                    let (mut low, mut high) = (point(k), point(last - k).conj());
                    if k == 0 {
                        (low.im, high.im) = (zero, zero);
                    }
                    let turned = (low - high) * self.root(k, Direction::Backward);
                    low + high + Complex::new(-turned.im, turned.re)
                });
            }
        }
    }

    /// The same to the block for numbers of other types, or `false`.
    ///
    /// # Safety
    /// As [`Long::line`].
    unsafe fn convert(&mut self, from: isize, column: usize, count: usize) -> Result<bool> {
        let Some(load) = &mut self.load else { return Ok(false) };
        let Way { first, second, .. } = self.way;
        let step = self.a.strides()[self.axis];
        let each = if self.way.load == Load::Pairs { 2 } else { 1 };
        let start = (self.a.layout().offset() as isize + from + (each * column) as isize * step) as usize;
        let wide = each as isize * step;
        let shape = [count, first, each];
        let layout = Layout::new(&shape, &[wide, wide * second as isize, step], start)?;
        let source = Array::new(self.a.buffer().clone(), self.a.dtype(), layout, false)?;
        let kind = if each == 2 { self.kind.real() } else { self.kind };
        let size = kind.size() as isize;
        let strides = [(first * each) as isize * size, each as isize * size, size];
        let target = Array::new(self.block.buffer().clone(), kind.into(), Layout::new(&shape, &strides, 0)?, true)?;
        // SAFETY: the caller holds the operand, the block is ours.
        unsafe { load.run(&source, &target)? };
        Ok(true)
    }

    /// Transforms the points of the result that are `first` apart, and scales them.
    ///
    /// # Safety
    /// As [`Long::line`].
    unsafe fn rows(&mut self, result: Row<Complex<T>>) {
        let Way { first, second, .. } = self.way;
        let most = (ROOM / second).max(1);
        for start in (0..first).step_by(most) {
            let count = most.min(first - start);
            // SAFETY: as in `columns`.
            let lines = unsafe { slice::<Complex<T>>(&self.block, count * second) };
            let shape = (second, first, start, count);
            if result.is_dense() {
                // SAFETY: the caller's promise.
                gather(shape, lines, |k| unsafe { result.first.add(k).read() });
            } else {
                // SAFETY: the caller's promise.
                gather(shape, lines, |k| unsafe { result.get(k) });
            }
            // SAFETY: as in `columns`.
            self.two.complex(lines, unsafe { slice(&self.work, self.two.need()) });
            if self.scale != T::one() {
                lines.iter_mut().for_each(|point| *point = point.scale(self.scale));
            }
            if result.is_dense() {
                // SAFETY: the caller's promise.
                scatter(shape, lines, |k, point| unsafe { result.first.add(k).write(point) });
            } else {
                // SAFETY: the caller's promise.
                scatter(shape, lines, |k, point| unsafe { result.set(k, point) });
            }
        }
    }

    /// The spectrum of real numbers out of the spectrum of their pairs.
    ///
    /// # Safety
    /// As [`Long::line`]; the result has one point more.
    unsafe fn halve(&self, result: Row<Complex<T>>) {
        let (last, half, zero) = (self.way.points, T::narrow(0.5), T::zero());
        // SAFETY: the caller's promise.
        unsafe {
            let both = result.get(0);
            result.set(0, Complex::new(both.re + both.im, zero));
            result.set(last, Complex::new(both.re - both.im, zero));
            for k in 1..=last / 2 {
                let (low, high) = (result.get(k), result.get(last - k).conj());
                let (even, odd) = ((low + high).scale(half), (low - high).scale(half));
                let turned = odd * self.root(k, Direction::Forward);
                let turned = Complex::new(turned.im, -turned.re);
                result.set(k, even + turned);
                result.set(last - k, (even - turned).conj());
            }
        }
    }

    /// The second half of the spectrum out of the first.
    ///
    /// # Safety
    /// As [`Long::line`]; the result has all numbers of the line.
    unsafe fn mirror(&self, result: Row<Complex<T>>, conjugated: bool) {
        let n = self.way.n;
        for k in 1..n / 2 {
            // SAFETY: the caller's promise.
            unsafe {
                let point = result.get(k);
                let (low, high) = if conjugated { (point.conj(), point) } else { (point, point.conj()) };
                result.set(k, low);
                result.set(n - k, high);
            }
        }
    }
}

/// Reads columns, whose points are `second` apart, each to a line of `first` points; a tile of neighbours at a time.
fn gather<T: Precision>(
    (first, second, column, count): (usize, usize, usize, usize),
    lines: &mut [Complex<T>],
    read: impl Fn(usize) -> Complex<T>,
) {
    for row in (0..first).step_by(TILE) {
        let end = first.min(row + TILE);
        for c in 0..count {
            let tile = &mut lines[c * first + row..c * first + end];
            tile.iter_mut().enumerate().for_each(|(r, point)| *point = read((row + r) * second + column + c));
        }
    }
}

/// Writes lines back to the columns that they were gathered from.
fn scatter<T: Precision>(
    (first, second, column, count): (usize, usize, usize, usize),
    lines: &[Complex<T>],
    write: impl Fn(usize, Complex<T>),
) {
    for row in (0..first).step_by(TILE) {
        for r in row..first.min(row + TILE) {
            let to = r * second + column;
            lines[r..].iter().step_by(first).take(count).enumerate().for_each(|(c, point)| write(to + c, *point));
        }
    }
}
