//! What a reduction goes over: a domain of values, the part each axis plays in it, and the operands of a part.

use crate::walk::{Run, Runs, stretched};
use metes_array::{Array, Dims, Strides, coalesce};
use metes_memory::Result;
use smallvec::SmallVec;

/// Consecutive places of the whole domain along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The axis.
    pub axis: usize,
    /// First place.
    pub start: usize,
    /// How many.
    pub len: usize,
}

/// What is reduced: a domain of values, and how they come.
#[derive(Clone, Copy, Debug)]
pub struct Domain<'a> {
    /// The shape of the whole.
    pub shape: &'a [usize],
    /// The reduced axes, ascending.
    pub axes: &'a [usize],
    /// The axis along which parts are cut, if there is more than one part.
    pub cut: Option<usize>,
    /// Whether other reductions go over it at the same time.
    pub together: bool,
}

impl Domain<'_> {
    /// How many values there are.
    pub(crate) fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Axes by their number.
pub(crate) type AxisList = SmallVec<[usize; 6]>;

/// How the axes of a domain take part.
pub(crate) struct Axes {
    /// The whole domain.
    pub shape: Dims,
    pub kept: AxisList,
    /// Reduced axes before the last kept one.
    pub outer: AxisList,
    /// Reduced axes after the last kept one.
    pub run: AxisList,
}

impl Axes {
    pub(crate) fn new(shape: &[usize], axes: &[usize]) -> Axes {
        let first = (0..shape.len()).rev().take_while(|a| axes.contains(a)).last().unwrap_or(shape.len());
        Axes {
            shape: shape.into(),
            kept: (0..shape.len()).filter(|a| !axes.contains(a)).collect(),
            outer: (0..first).filter(|a| axes.contains(a)).collect(),
            run: (first..shape.len()).collect(),
        }
    }

    pub(crate) fn count(&self, axes: &[usize]) -> usize {
        axes.iter().map(|&a| self.shape[a]).product()
    }

    pub(crate) fn kept_shape(&self) -> Dims {
        self.kept.iter().map(|&a| self.shape[a]).collect()
    }

    /// Whether results stay open from part to part when parts are cut along this axis.
    pub(crate) fn stays_open(&self, cut: Option<usize>) -> bool {
        cut.is_some_and(|axis| !self.kept.contains(&axis))
    }

    /// Runs that are open at once.
    pub(crate) fn open_runs(&self, cut: Option<usize>) -> usize {
        match cut {
            Some(axis) if self.run.contains(&axis) => self.count(&self.kept) * self.count(&self.outer),
            _ => 1,
        }
    }
}

/// A part's operands.
pub(crate) struct Feed {
    pub shape: Dims,
    strides: Vec<Strides>,
    starts: Runs,
    pub part: Part,
    /// How many of the operands are the program's inputs; a mask comes after them.
    pub inputs: usize,
}

// SAFETY: a feed is addresses and numbers; what is read there is guarded by who made it.
unsafe impl Sync for Feed {}

/// Operands along some axes, merged into one where they lie so.
pub(crate) struct Line {
    pub shape: Dims,
    pub strides: Vec<Strides>,
}

impl Line {
    /// The only axis that is left: its length, and each operand's step; `None` where there are more.
    pub(crate) fn single(&self) -> Option<(usize, SmallVec<[isize; 4]>)> {
        match self.shape.len() {
            0 => Some((1, self.strides.iter().map(|_| 0).collect())),
            1 => Some((self.shape[0], self.strides.iter().map(|s| s[0]).collect())),
            _ => None,
        }
    }
}

impl Feed {
    /// `operands` over a part of a domain; guarded by the caller for as long as the feed is used.
    pub(crate) fn new(axes: &Axes, part: Part, operands: &[&Array], inputs: usize) -> Result<Feed> {
        let mut shape = axes.shape.clone();
        if let Some(axis) = shape.get_mut(part.axis) {
            *axis = part.len;
        }
        let strides: Vec<Strides> = operands.iter().map(|o| stretched(o, &shape)).collect::<Result<_>>()?;
        let starts = operands.iter().map(|o| (o.as_ptr(), 0)).collect();
        Ok(Feed { shape, strides, starts, part, inputs })
    }

    /// How many places these axes have in the part.
    pub(crate) fn count(&self, axes: &[usize]) -> usize {
        axes.iter().map(|&a| self.shape[a]).product()
    }

    /// How many operands there are.
    pub(crate) fn operands(&self) -> usize {
        self.starts.len()
    }

    /// Each operand's stride along an axis.
    pub(crate) fn strides(&self, axis: usize) -> SmallVec<[isize; 4]> {
        self.strides.iter().map(|s| s[axis]).collect()
    }

    /// The operands along these axes.
    pub(crate) fn line(&self, axes: &[usize]) -> Line {
        let shape: Dims = axes.iter().map(|&a| self.shape[a]).collect();
        let strides: Vec<Strides> = self.strides.iter().map(|s| axes.iter().map(|&a| s[a]).collect()).collect();
        let (shape, strides) = coalesce(&shape, &strides);
        Line { shape, strides }
    }

    /// Where each operand's values at some indices lie.
    pub(crate) fn at(&self, indices: &[(&[usize], &[usize])]) -> Runs {
        let skip = |strides: &Strides| -> isize {
            indices
                .iter()
                .flat_map(|(axes, index)| axes.iter().zip(*index))
                .map(|(&a, &i)| i as isize * strides[a])
                .sum()
        };
        self.starts.iter().zip(&self.strides).map(|(run, s)| (run.0.wrapping_offset(skip(s)), 0)).collect()
    }

    /// The index of a position among the places of these axes in the part, in C order.
    pub(crate) fn index(&self, axes: &[usize], position: usize) -> AxisList {
        let mut index: AxisList = SmallVec::from_elem(0, axes.len());
        let mut rest = position;
        for (at, &axis) in axes.iter().enumerate().rev() {
            index[at] = rest % self.shape[axis];
            rest /= self.shape[axis];
        }
        index
    }

    /// The same for the result: its index in the whole domain.
    pub(crate) fn result(&self, kept: &[usize], position: usize) -> AxisList {
        let mut index = self.index(kept, position);
        if let Some(at) = kept.iter().position(|&a| a == self.part.axis) {
            index[at] += self.part.start;
        }
        index
    }

    /// How many places of these axes of the whole domain lie before the part's first, where only the first of them that is
    /// longer than 1 may be cut.
    pub(crate) fn before(&self, axes: &[usize]) -> usize {
        match axes.iter().position(|&a| a == self.part.axis) {
            Some(at) => self.part.start * self.count(&axes[at + 1..]),
            None => 0,
        }
    }
}

/// Moves each operand's place on by its step, `n` times.
pub(crate) fn advance(runs: &mut [Run], steps: &[isize], n: usize) {
    runs.iter_mut().zip(steps).for_each(|(run, step)| run.0 = run.0.wrapping_offset(step * n as isize));
}

/// Where an element of an array lies.
pub(crate) fn place(array: &Array, index: &[usize]) -> *mut u8 {
    let skip: isize = index.iter().zip(array.strides()).map(|(&i, s)| i as isize * s).sum();
    array.as_ptr().wrapping_offset(skip)
}
