//! Gathering what a [`Selection`] selects, and scattering values to it.

use super::item::{IndexItem, Positions, Selection};
use super::moves::{Even, Listed, Rest};
use super::offsets::{Offsets, check, even};
use super::parts::Parts;
use super::plain::Plain;
use super::reader::{BLOCK, Block};
use super::trues::{Trues, changed};
use crate::copy::{Copy, OVERLAP_WORK, with_units};
use crate::layout::shape_text;
use crate::{Array, Dims, Order, Strides, coalesce, copy_fields, shares_memory};
use metes_dtype::{Category, Kind};
use metes_memory::{Access, Buffer, Cause, Error, ErrorKind, Guards, Reason, Result};
use smallvec::SmallVec;

/// The selected elements as a new C-contiguous array; always a copy.
///
/// ```
/// use metes_array::{Array, Index, IndexItem, gather};
/// let a = Array::from_slice(&[2, 3], &[0, 1, 2, 10, 11, 12])?;
/// let columns = Array::from_slice(&[2], &[2, 0])?;
/// let picked = gather(&a, &[Index::Ellipsis.into(), columns.into()])?;
/// assert_eq!(picked.read::<i32>()?.to_vec(), [2, 0, 12, 10]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Those of [`Selection::new`], [`ErrorKind::Index`] for an index out of bounds, refused memory.
pub fn gather(array: &Array, items: &[IndexItem]) -> Result<Array> {
    Selection::new(array, items)?.gather(array, "gather")
}

/// Writes values, broadcast to the selection's shape, to the selected elements; where one is selected more than once,
/// the last value stays. Values and indices that share bytes with the array count as they were before.
///
/// ```
/// use metes_array::{Array, scatter};
/// let a = Array::from_slice(&[4], &[0, 0, 0, 0])?;
/// let places = Array::from_slice(&[2], &[3_i8, -3])?;
/// scatter(&a, &[places.into()], &Array::from_slice(&[], &[7])?)?;
/// assert_eq!(a.read::<i32>()?.to_vec(), [0, 7, 0, 7]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// As [`gather`]; another dtype, values that do not broadcast, a read-only array. Nothing is written then.
pub fn scatter(array: &Array, items: &[IndexItem], values: &Array) -> Result<()> {
    Selection::new(array, items)?.scatter(array, values)
}

impl Selection {
    /// What is selected of the array that the selection was made for, as a new array made by operation `op`.
    pub fn gather(&self, array: &Array, op: &'static str) -> Result<Array> {
        let result = Array::empty(&self.shape, array.dtype(), op)?;
        self.run(array, &result, None)?;
        result.buffer().set_cause(Cause::of(Reason::Index));
        Ok(result)
    }

    /// The same to an array of the selection's shape and the array's dtype. Nothing is written where an index is out of
    /// bounds.
    pub fn gather_into(&self, array: &Array, out: &Array) -> Result<()> {
        out.require_writeable("take")?;
        if self.meets(out) || overlap(out, array) || out.dtype().covered().is_some() {
            let fresh = self.gather(array, "take")?;
            return copy_fields(out, &fresh);
        }
        self.check()?;
        self.run(array, out, None)
    }

    /// Writes values, broadcast to the selection's shape, to the selected elements.
    pub fn scatter(&self, array: &Array, values: &Array) -> Result<()> {
        self.store(array, values, None)
    }

    /// The same with values along one axis, repeated as often as needed.
    pub(crate) fn scatter_cyclic(&self, array: &Array, values: &Array) -> Result<()> {
        self.store(array, values, Some(values.size()))
    }

    fn store(&self, array: &Array, values: &Array, cycle: Option<usize>) -> Result<()> {
        array.require_writeable("assignment")?;
        if values.dtype() != array.dtype() {
            let message = format!("scatter: values of {} do not match an array of {}", values.dtype(), array.dtype());
            return Err(Error::new(ErrorKind::Type, message));
        }
        let values = if overlap(array, values) { apart(values)? } else { values.clone() };
        let wide = if cycle.is_some() { values } else { self.broadcast(&values)? };
        let own = self.apart_from(array)?;
        let chosen = own.as_ref().unwrap_or(self);
        chosen.check()?;
        let run = |to: &Array, from: &Array| chosen.run(to, from, Some(cycle.unwrap_or(0)));
        match (array.covered()?, wide.covered()?) {
            (Some(to), Some(from)) => to.iter().zip(&from).try_for_each(|(to, from)| run(to, from)),
            _ => run(array, &wide),
        }
    }

    /// Values stretched to the selection's shape.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] where they do not broadcast.
    pub fn broadcast(&self, values: &Array) -> Result<Array> {
        values.broadcast_to(&self.shape).map_err(|_| {
            let text = |shape: &[usize]| shape_text(shape).replace(", ", ",");
            let message = format!(
                "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}",
                text(values.shape()),
                text(&self.shape)
            );
            Error::new(ErrorKind::Value, message)
        })
    }

    /// Whether an index array or mask shares bytes with `array`.
    fn meets(&self, array: &Array) -> bool {
        match &self.positions {
            Positions::Readers(readers) => readers.iter().any(|reader| overlap(array, &reader.indices)),
            Positions::Mask { mask, .. } => overlap(array, mask),
        }
    }

    /// The same selection with copies of the index arrays that share bytes with `array`, if any do.
    fn apart_from(&self, array: &Array) -> Result<Option<Selection>> {
        if !self.meets(array) {
            return Ok(None);
        }
        let mut own = self.clone();
        match &mut own.positions {
            Positions::Mask { mask, .. } => *mask = apart(mask)?,
            Positions::Readers(readers) => {
                for reader in readers.iter_mut().filter(|reader| overlap(array, &reader.indices)) {
                    reader.indices = apart(&reader.indices)?;
                }
            }
        }
        Ok(Some(own))
    }

    /// Reads every index once, so that an error comes before anything is written.
    fn check(&self) -> Result<()> {
        if self.fancy_shape().contains(&0) {
            return Ok(());
        }
        for reader in self.readers() {
            let _guard = super::trues::reading(&reader.indices, "index")?;
            // SAFETY: the index array is guarded.
            unsafe { check(reader)? };
        }
        Ok(())
    }

    /// Moves every selected element to `other`, or from there: then `from` is 0, or the length of its cycle.
    fn run(&self, array: &Array, other: &Array, from: Option<usize>) -> Result<()> {
        if self.shape.contains(&0) || array.dtype().size() == 0 {
            return self.check();
        }
        let _guards = self.guard(array, other, from.is_some())?;
        let cycle = from.unwrap_or(0);
        let fancy: Strides = match cycle {
            0 => other.strides()[self.at..self.at + self.fancy].into(),
            _ => Strides::from_elem(0, self.fancy),
        };
        let sides = Sides::new(self, other.strides(), array.dtype().size(), from.is_some());
        let moving = Moving {
            plain: Plain::of(self, &sides, array.dtype().size()),
            sides,
            step: if cycle == 0 { even(self.fancy_shape(), &fancy) } else { None },
            fancy,
            array,
            other,
            write: from.is_some(),
        };
        let target = if from.is_some() { array } else { other };
        let parts = if cycle == 0 { Parts::of(self, target, from.is_some())? } else { None };
        let Some(parts) = parts else {
            let cycles = Cycles { length: cycle, step: other.strides().first().copied().unwrap_or(0), next: 0 };
            let all = self.fancy_shape().iter().product();
            return moving.part(Blocks::new(self, &moving.fancy), (0, all), cycles);
        };
        parts.share(|number| {
            let (elements, positions) = parts.part(number);
            let walk = Blocks::new(self, &moving.fancy).part(elements.0, elements.1);
            moving.part(walk, positions, Cycles { length: 0, step: 0, next: 0 })
        })
    }

    fn guard(&self, array: &Array, other: &Array, write: bool) -> Result<Guards> {
        let (ours, theirs) = if write { (Access::Write, Access::Read) } else { (Access::Read, Access::Write) };
        let mut extents: SmallVec<[_; 4]> = SmallVec::new();
        extents.push((array.buffer(), array.extent(), ours));
        extents.push((other.buffer(), other.extent(), theirs));
        match &self.positions {
            Positions::Mask { mask, .. } => extents.push((mask.buffer(), mask.extent(), Access::Read)),
            Positions::Readers(readers) => {
                let arrays = readers.iter().map(|reader| &reader.indices);
                extents.extend(arrays.map(|a| (a.buffer(), a.extent(), Access::Read)));
            }
        }
        Buffer::guard(&extents, "index")
    }
}

/// A copy of what shares bytes with the array that is written.
pub(crate) fn apart(array: &Array) -> Result<Array> {
    array.copy_because(Order::K, Reason::Overlap, |_| "it shares bytes with the array that is written".to_owned())
}

pub(crate) fn overlap(a: &Array, b: &Array) -> bool {
    shares_memory(a, b, Some(OVERLAP_WORK)).unwrap_or(true)
}

/// Blocks of offsets, from index arrays or from a mask.
enum Blocks<'a> {
    Readers(Offsets<'a>),
    Mask(Trues, &'a Array),
}

impl<'a> Blocks<'a> {
    fn new(selection: &'a Selection, value: &[isize]) -> Blocks<'a> {
        match &selection.positions {
            Positions::Readers(readers) => {
                let shape = selection.fancy_shape();
                Blocks::Readers(Offsets::new(shape, selection.base, &selection.affine, readers, value))
            }
            Positions::Mask { mask, strides } => Blocks::Mask(Trues::new(mask, selection.base, strides), mask),
        }
    }

    /// The walk over `count` positions, or elements of the mask, from number `first` on.
    fn part(self, first: usize, count: usize) -> Blocks<'a> {
        match self {
            Blocks::Readers(walk) => Blocks::Readers(walk.part(first, count)),
            Blocks::Mask(trues, mask) => Blocks::Mask(trues.part(first, count), mask),
        }
    }

    /// # Safety
    /// The index arrays or the mask may be read.
    unsafe fn fill(&mut self, offsets: &mut Block, values: &mut Block) -> Result<usize> {
        match self {
            // SAFETY: the caller's promise.
            Blocks::Readers(walk) => unsafe { walk.fill(offsets, values) },
            // SAFETY: the caller's promise.
            Blocks::Mask(trues, _) => Ok(unsafe { trues.fill(offsets) }),
        }
    }

    #[cold]
    fn changed(&self) -> Error {
        match self {
            Blocks::Mask(_, mask) => changed(mask),
            Blocks::Readers(_) => Error::new(ErrorKind::Value, "an index ended before its shape"),
        }
    }
}

/// A selection about to be gathered or scattered, between arrays that are guarded and do not overlap.
struct Moving<'a> {
    sides: Sides,
    /// The positions, where they need no list of offsets.
    plain: Option<Plain>,
    /// Strides of the other side along the axes of the index arrays, and their one step where there is one.
    fancy: Strides,
    step: Option<isize>,
    array: &'a Array,
    other: &'a Array,
    write: bool,
}

impl Moving<'_> {
    /// Moves `count` positions from number `first` on, which are those of the walk.
    fn part(&self, mut walk: Blocks, (first, count): (usize, usize), mut cycles: Cycles) -> Result<()> {
        let (mut offsets, mut values) = ([0; BLOCK], [0; BLOCK]);
        let step = self.step.unwrap_or(0);
        let mut place = self.other.as_ptr().wrapping_offset(step.wrapping_mul(first as isize));
        if let (Some(plain), Some(step)) = (self.plain, self.step) {
            let (array, other) = (self.array.as_ptr(), (place, step));
            // SAFETY: as below; positions are checked as they are read.
            let done = unsafe {
                if self.write {
                    plain.run::<true>((first, count), array, other)
                } else {
                    plain.run::<false>((first, count), array, other)
                }
            };
            if done {
                return Ok(());
            }
        }
        // What is out of bounds is named by the walk.
        let mut left = count;
        while left > 0 {
            // SAFETY: the index arrays and the mask are guarded.
            let n = unsafe { walk.fill(&mut offsets, &mut values)? }.min(left);
            if n == 0 {
                return Err(walk.changed());
            }
            cycles.fill(&mut values[..n]);
            // SAFETY: offsets are of elements of the array since each index was checked when it was read; there are
            // `n` more places on the other side; both arrays are guarded and do not overlap.
            unsafe { self.sides.block(self.array, place, self.step, &offsets[..n], &values[..n], self.write) };
            place = place.wrapping_offset(step.wrapping_mul(n as isize));
            left -= n;
        }
        Ok(())
    }
}

/// Places of values that begin again after the last.
struct Cycles {
    length: usize,
    step: isize,
    next: usize,
}

impl Cycles {
    fn fill(&mut self, into: &mut [isize]) {
        if self.length == 0 {
            return;
        }
        for place in into {
            *place = self.next as isize * self.step;
            self.next += 1;
            if self.next == self.length {
                self.next = 0;
            }
        }
    }
}

/// The axes besides those of the index arrays, merged, with the strides of both sides.
pub(super) struct Sides {
    before: (Dims, Vec<Strides>),
    after: (Dims, Vec<Strides>),
}

impl Sides {
    /// Whether there are none.
    pub fn has_no_axes(&self) -> bool {
        self.before.0.is_empty() && self.after.0.is_empty()
    }

    /// `write`: whether the array is the one that is written.
    fn new(selection: &Selection, other: &[isize], width: usize, write: bool) -> Sides {
        let (at, end) = (selection.at, selection.at + selection.fancy);
        let part = |result: std::ops::Range<usize>, rest: std::ops::Range<usize>| {
            let (ours, theirs): (Strides, Strides) =
                (selection.rest[rest].into(), other.get(result.clone()).unwrap_or_default().into());
            let pair = if write { [ours, theirs] } else { [theirs, ours] };
            coalesce(&selection.shape[result], &pair)
        };
        let before = part(0..at, 0..at);
        let (shape, strides) = part(end..selection.shape.len(), at..selection.rest.len());
        Sides { before, after: with_units(width, shape, strides) }
    }

    /// # Safety
    /// As [`Rest::block`]; `step` or else `values` say where on the other side, which begins at `place`.
    unsafe fn block(
        &self,
        array: &Array,
        place: *mut u8,
        step: Option<isize>,
        offsets: &[isize],
        values: &[isize],
        write: bool,
    ) {
        let rest = Rest { before: axes(&self.before), after: axes(&self.after) };
        let (ours, n, width) = ((array.as_ptr(), Listed(offsets)), offsets.len(), array.dtype().size());
        let (source, listed) = (ours.0.cast_const(), Listed(values));
        // SAFETY: in all arms, the caller's promise.
        unsafe {
            match (write, step) {
                (false, Some(step)) => rest.block(width, n, (place, Even(step)), (source, ours.1)),
                (false, None) => rest.block(width, n, (place, listed), (source, ours.1)),
                (true, Some(step)) => rest.block(width, n, ours, (place.cast_const(), Even(step))),
                (true, None) => rest.block(width, n, ours, (place.cast_const(), listed)),
            }
        }
    }
}

fn axes(merged: &(Dims, Vec<Strides>)) -> Copy<'_> {
    Copy { shape: &merged.0, dst: &merged.1[0], src: &merged.1[1] }
}

/// Whether an array may be an index.
pub(crate) fn is_integers(array: &Array) -> bool {
    matches!(array.dtype().number().map(Kind::category), Some(Category::Signed | Category::Unsigned))
}
