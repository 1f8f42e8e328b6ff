//! [`Offsets`]: blocks of byte offsets for positions in the broadcast shape of index arrays.

use super::reader::{BLOCK, Block, Reader};
use crate::{Dims, Strides, coalesce};
use metes_memory::Result;
use smallvec::SmallVec;

/// A walk in C order over the shape of the index arrays.
pub(crate) struct Offsets<'a> {
    readers: &'a [Reader],
    shape: Dims,
    /// What a step along each axis adds: to the offset itself, to each reader's place, to the value's place.
    steps: Vec<Strides>,
    /// The same for the row's start: how far each is now.
    at: SmallVec<[isize; 4]>,
    index: Dims,
    column: usize,
    left: usize,
    listed: bool,
}

impl<'a> Offsets<'a> {
    /// A walk over `shape` with offsets that begin at `base` and grow by `affine` beside what the readers, whose arrays
    /// have this shape, add. `value` are the strides of the other side of the move.
    pub fn new(shape: &[usize], base: isize, affine: &[isize], readers: &'a [Reader], value: &[isize]) -> Offsets<'a> {
        let mut strides: Vec<Strides> = vec![affine.into()];
        strides.extend(readers.iter().map(|reader| Strides::from_slice(reader.indices.strides())));
        let listed = even(shape, value).is_none();
        if listed {
            strides.push(value.into());
        }
        let (mut merged, mut steps) = coalesce(shape, &strides);
        if merged.is_empty() {
            merged.push(1);
            steps.iter_mut().for_each(|s| s.push(0));
        }
        let mut at = SmallVec::from_elem(0, steps.len());
        at[0] = base;
        let index = Dims::from_elem(0, merged.len());
        Offsets { readers, shape: merged, steps, at, index, column: 0, left: shape.iter().product(), listed }
    }

    /// The walk over `count` positions from number `first` on, in C order.
    pub fn part(mut self, first: usize, count: usize) -> Offsets<'a> {
        let (mut row, last) = (first, self.shape.len() - 1);
        self.column = row % self.shape[last].max(1);
        row /= self.shape[last].max(1);
        for axis in (0..last).rev() {
            let length = self.shape[axis].max(1);
            self.index[axis] = row % length;
            row /= length;
            let by = self.index[axis] as isize;
            self.at.iter_mut().zip(&self.steps).for_each(|(at, steps)| *at += steps[axis] * by);
        }
        self.left = count;
        self
    }

    /// Fills the next offsets, and those of the value where it has no even step; how many, 0 at the end.
    ///
    /// # Errors
    /// An index out of bounds.
    ///
    /// # Safety
    /// The index arrays may be read.
    pub unsafe fn fill(&mut self, into: &mut Block, values: &mut Block) -> Result<usize> {
        let mut filled = 0;
        while self.left > 0 && filled < BLOCK {
            let row = self.shape[self.shape.len() - 1];
            let n = (row - self.column).min(BLOCK - filled).min(self.left);
            // SAFETY: the caller's promise; the row has `n` more positions.
            unsafe { self.row(&mut into[filled..filled + n])? };
            if self.listed {
                let last = self.steps.len() - 1;
                let (start, step) = self.place(last);
                values[filled..filled + n].iter_mut().enumerate().for_each(|(i, v)| *v = start + i as isize * step);
            }
            filled += n;
            self.left -= n;
            self.column += n;
            if self.column == row {
                self.next_row();
            }
        }
        Ok(filled)
    }

    /// Where operand `which` is now, and its step along the row.
    fn place(&self, which: usize) -> (isize, isize) {
        let step = *self.steps[which].last().unwrap_or(&0);
        (self.at[which] + self.column as isize * step, step)
    }

    /// # Safety
    /// The index arrays may be read, and the row has so many more positions.
    unsafe fn row(&self, into: &mut [isize]) -> Result<()> {
        let (base, affine) = self.place(0);
        let mut readers = self.readers.iter().enumerate();
        let even = affine == 0 && !self.readers.is_empty();
        if even {
            let (number, reader) = readers.next().expect("there are readers");
            let (place, step) = self.place(1 + number);
            // SAFETY: the caller's promise.
            unsafe { reader.offsets::<true>(base, into, reader.indices.as_ptr().wrapping_offset(place), step)? };
        } else {
            into.iter_mut().enumerate().for_each(|(i, offset)| *offset = base + i as isize * affine);
        }
        for (number, reader) in readers {
            let (place, step) = self.place(1 + number);
            // SAFETY: the caller's promise.
            unsafe { reader.offsets::<false>(0, into, reader.indices.as_ptr().wrapping_offset(place), step)? };
        }
        Ok(())
    }

    fn next_row(&mut self) {
        self.column = 0;
        for axis in (0..self.shape.len() - 1).rev() {
            self.index[axis] += 1;
            let wrapped = self.index[axis] == self.shape[axis];
            let by = if wrapped { 1 - self.shape[axis] as isize } else { 1 };
            for (at, steps) in self.at.iter_mut().zip(&self.steps) {
                *at += steps[axis] * by;
            }
            if !wrapped {
                return;
            }
            self.index[axis] = 0;
        }
    }
}

/// The one step along all of these axes, where there is one.
pub(crate) fn even(shape: &[usize], strides: &[isize]) -> Option<isize> {
    let (merged, steps) = coalesce(shape, &[strides.into()]);
    match merged.len() {
        0 => Some(0),
        1 => Some(steps[0][0]),
        _ => None,
    }
}

/// Reads all indices of a reader once, for the error of one that is out of bounds.
///
/// # Safety
/// The index array may be read.
pub(crate) unsafe fn check(reader: &Reader) -> Result<()> {
    let own = reader.indices.layout();
    // Stretched axes hold the same indices again.
    let shape: Dims = own.shape().iter().zip(own.strides()).map(|(&n, &s)| if s == 0 { n.min(1) } else { n }).collect();
    let nothing = Strides::from_elem(0, shape.len());
    let mut walk = Offsets::new(&shape, 0, &nothing, std::slice::from_ref(reader), &nothing);
    let (mut block, mut unused) = ([0; BLOCK], [0; BLOCK]);
    // SAFETY: the caller's promise.
    while unsafe { walk.fill(&mut block, &mut unused)? } > 0 {}
    Ok(())
}
