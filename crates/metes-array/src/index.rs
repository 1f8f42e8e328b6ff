//! Basic indexing: integers, slices, new axes and an ellipsis make views.

use crate::layout::{Dims, INLINE, Layout, Strides, shape_text};
use crate::{Array, MAX_NDIM};
use metes_memory::{Error, ErrorKind, Result};

/// One item of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Index {
    /// One element along an axis, which goes away; negative from the end.
    At(isize),
    /// A slice, as Python's.
    Slice {
        /// First element; by default the end that the step leads away from.
        start: Option<isize>,
        /// One past the last.
        stop: Option<isize>,
        /// Distance between elements, not 0; 1 by default.
        step: Option<isize>,
    },
    /// A new axis of length 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

/// First element, step and count of a slice over `len` elements: Python's `slice.indices`.
///
/// ```
/// assert_eq!(metes_array::slice_indices(Some(-3), None, Some(2), 10)?, (7, 2, 2));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// A step of 0, or more elements than an array has.
#[inline]
pub fn slice_indices(
    start: Option<isize>,
    stop: Option<isize>,
    step: Option<isize>,
    len: usize,
) -> Result<(isize, isize, usize)> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::new(ErrorKind::Value, "slice step cannot be zero"));
    }
    let len = isize::try_from(len)
        .map_err(|_| Error::new(ErrorKind::Value, format!("slice of {len} elements: no array has so many")))?;
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |at: isize| if at < 0 { at.saturating_add(len).max(lowest) } else { at.min(highest) };
    let start = start.map_or(if step > 0 { lowest } else { highest }, clamp);
    let stop = stop.map_or(if step > 0 { highest } else { lowest }, clamp);
    let span = if step > 0 { stop - start } else { start - stop };
    let count = if span <= 0 { 0 } else { (span as usize - 1) / step.unsigned_abs() + 1 };
    Ok((start, step, count))
}

impl Layout {
    /// The layout of the indexed elements.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for too many indices, a second ellipsis, or an integer out of bounds.
    pub fn index(&self, index: &[Index]) -> Result<Layout> {
        match self.index_few(index) {
            Some(layout) => Ok(layout),
            None => self.index_any(index),
        }
    }

    /// Integers and slices of few axes; `None` for anything else, and for what is wrong.
    #[inline]
    fn index_few(&self, index: &[Index]) -> Option<Layout> {
        let mut cut = Cut::of(self)?;
        for item in index {
            match *item {
                Index::At(at) => cut.at(at)?,
                Index::Slice { start, stop, step } => cut.slice(start, stop, step)?,
                Index::NewAxis | Index::Ellipsis => return None,
            }
        }
        Some(cut.finish())
    }

    fn index_any(&self, index: &[Index]) -> Result<Layout> {
        let (mut used, mut ellipses) = (0, 0);
        for item in index {
            match item {
                Index::At(_) | Index::Slice { .. } => used += 1,
                Index::Ellipsis => ellipses += 1,
                Index::NewAxis => {}
            }
        }
        if used > self.ndim() {
            let message =
                format!("too many indices for array: array is {}-dimensional, but {used} were indexed", self.ndim());
            return Err(Error::new(ErrorKind::Index, message));
        }
        if ellipses > 1 {
            return Err(Error::new(ErrorKind::Index, "an index can only have a single ellipsis ('...')"));
        }
        let (mut shape, mut strides) = (Dims::new(), Strides::new());
        let mut offset = self.offset() as isize;
        let mut axis = 0;
        for item in index {
            match *item {
                Index::NewAxis => {
                    shape.push(1);
                    strides.push(0);
                }
                Index::Ellipsis => {
                    let end = axis + self.ndim() - used;
                    shape.extend_from_slice(&self.shape()[axis..end]);
                    strides.extend_from_slice(&self.strides()[axis..end]);
                    axis = end;
                }
                Index::At(at) => {
                    offset = offset.wrapping_add(self.position(axis, at)?.wrapping_mul(self.strides()[axis]));
                    axis += 1;
                }
                Index::Slice { start, stop, step } => {
                    let (start, step, count) = slice_indices(start, stop, step, self.shape()[axis])?;
                    let stride = self.strides()[axis];
                    if count > 0 {
                        offset = offset.wrapping_add(start.wrapping_mul(stride));
                    }
                    shape.push(count);
                    strides.push(sliced(stride, step, count));
                    axis += 1;
                }
            }
        }
        shape.extend_from_slice(&self.shape()[axis..]);
        strides.extend_from_slice(&self.strides()[axis..]);
        if shape.len() > MAX_NDIM {
            let message = format!(
                "number of dimensions must be within [0, {MAX_NDIM}], indexing result would have {}",
                shape.len()
            );
            return Err(Error::new(ErrorKind::Index, message));
        }
        let offset = if shape.contains(&0) { self.offset() } else { offset as usize };
        Ok(Layout::from_parts(shape, strides, offset))
    }

    /// Where the element at one integer for each axis lies, in bytes from the buffer's start; `None` where there is none.
    #[inline]
    pub(crate) fn place_of(&self, index: &[isize]) -> Option<usize> {
        let (shape, strides, mut offset) = (self.shape(), self.strides(), self.offset() as isize);
        if index.len() != shape.len() {
            return None;
        }
        for ((&at, &len), &stride) in index.iter().zip(shape).zip(strides) {
            offset = offset.wrapping_add(within(at, len)?.wrapping_mul(stride));
        }
        Some(offset as usize)
    }

    /// The same, or what is wrong.
    #[inline]
    pub(crate) fn place(&self, index: &[isize]) -> Result<usize> {
        self.place_of(index).ok_or_else(|| self.no_place(index))
    }

    /// Why there is no element.
    #[cold]
    fn no_place(&self, index: &[isize]) -> Error {
        let count = || wrong_count(index.len(), self.ndim());
        if index.len() != self.ndim() {
            return count();
        }
        index.iter().enumerate().find_map(|(axis, &at)| self.position(axis, at).err()).unwrap_or_else(count)
    }

    #[inline]
    pub(crate) fn position(&self, axis: usize, at: isize) -> Result<isize> {
        let len = self.shape()[axis];
        within(at, len).ok_or_else(|| out_of_bounds(at, axis, len as isize))
    }
}

/// A layout that is cut from one of few axes, an item of an index after the other.
pub struct Cut<'a> {
    whole: &'a Layout,
    /// The axis that the next item is for.
    axis: usize,
    shape: [usize; INLINE],
    strides: [isize; INLINE],
    count: usize,
    offset: isize,
    empty: bool,
}

impl<'a> Cut<'a> {
    /// Of a layout with nothing cut yet; `None` where it has too many axes.
    #[inline]
    pub fn of(whole: &'a Layout) -> Option<Cut<'a>> {
        let (shape, strides) = ([0; INLINE], [0; INLINE]);
        let cut = Cut { whole, axis: 0, shape, strides, count: 0, offset: whole.offset() as isize, empty: false };
        (whole.ndim() <= INLINE).then_some(cut)
    }

    /// Takes one place along the next axis; `None` where there is none.
    #[inline]
    pub fn at(&mut self, at: isize) -> Option<()> {
        let (&len, &stride) = (self.whole.shape().get(self.axis)?, self.whole.strides().get(self.axis)?);
        self.offset = self.offset.wrapping_add(within(at, len)?.wrapping_mul(stride));
        self.axis += 1;
        Some(())
    }

    /// Takes a slice of the next axis; `None` where there is no axis, or the slice is wrong.
    #[inline]
    pub fn slice(&mut self, start: Option<isize>, stop: Option<isize>, step: Option<isize>) -> Option<()> {
        let (&len, &stride) = (self.whole.shape().get(self.axis)?, self.whole.strides().get(self.axis)?);
        let (start, step, n) = slice_indices(start, stop, step, len).ok()?;
        if n > 0 {
            self.offset = self.offset.wrapping_add(start.wrapping_mul(stride));
        }
        self.push(n, sliced(stride, step, n));
        Some(())
    }

    #[inline]
    fn push(&mut self, n: usize, stride: isize) {
        self.empty |= n == 0;
        (self.shape[self.count], self.strides[self.count]) = (n, stride);
        self.count += 1;
        self.axis += 1;
    }

    /// Whether all axes are gone.
    #[inline]
    pub fn is_element(&self) -> bool {
        self.axis == self.whole.ndim() && self.count == 0
    }

    /// What is left, with all other axes whole.
    #[inline]
    pub fn finish(mut self) -> Layout {
        while let (Some(&n), Some(&stride)) = (self.whole.shape().get(self.axis), self.whole.strides().get(self.axis)) {
            self.push(n, stride);
        }
        let offset = if self.empty { self.whole.offset() } else { self.offset as usize };
        let (shape, strides) =
            (Dims::from_buf_and_len(self.shape, self.count), Strides::from_buf_and_len(self.strides, self.count));
        Layout::from_parts(shape, strides, offset)
    }
}

impl Array {
    /// The view of what was cut from this array's layout.
    ///
    /// # Panics
    /// Where it was cut from another one.
    #[inline]
    pub fn cut(&self, cut: Cut<'_>) -> Array {
        assert!(std::ptr::eq(cut.whole, self.layout()), "a cut is of one layout");
        self.with_layout(cut.finish())
    }
}

/// An integer along an axis, counted from its start; `None` where it is out of bounds.
#[inline]
fn within(at: isize, len: usize) -> Option<isize> {
    let at = if at < 0 { at.wrapping_add(len as isize) } else { at };
    ((at as usize) < len).then_some(at)
}

/// The stride of a slice.
#[inline]
fn sliced(stride: isize, step: isize, count: usize) -> isize {
    if count > 1 { stride.wrapping_mul(step) } else { stride.saturating_mul(step) }
}

#[cold]
fn wrong_count(given: usize, ndim: usize) -> Error {
    let message = format!("incorrect number of indices for array: {given} for {ndim} axes");
    Error::new(ErrorKind::Index, message)
}

#[cold]
fn out_of_bounds(at: isize, axis: usize, len: isize) -> Error {
    Error::new(ErrorKind::Index, format!("index {at} is out of bounds for axis {axis} with size {len}"))
}

/// The shape of what `index` selects from something of this shape.
pub fn index_shape(shape: &[usize], index: &[Index]) -> Result<Dims> {
    let flat = Layout::new(shape, &vec![0; shape.len()], 0)?;
    Ok(flat.index(index).map_err(|e| e.context(format_args!("shape {}", shape_text(shape))))?.shape().into())
}

impl Array {
    /// As [`Array::index`] with one item; the view is put in `place`.
    ///
    /// # Errors
    /// As there.
    pub fn index_one(&self, item: &Index, place: &mut Option<Array>) -> Result<()> {
        let layout = self.layout();
        let one_axis = layout.shape().first().zip(layout.strides().first()).filter(|_| layout.ndim() == 1);
        let view = match (item, one_axis) {
            (Index::At(at), Some((_, stride))) => {
                let skip = layout.position(0, *at)?.wrapping_mul(*stride);
                Layout::scalar((layout.offset() as isize).wrapping_add(skip) as usize)
            }
            (Index::Slice { start, stop, step }, Some((len, stride))) => {
                let (start, step, count) = slice_indices(*start, *stop, *step, *len)?;
                let skip = if count > 0 { start.wrapping_mul(*stride) } else { 0 };
                let offset = (layout.offset() as isize).wrapping_add(skip) as usize;
                Layout::line(count, sliced(*stride, step, count), offset)
            }
            _ => layout.index(std::slice::from_ref(item))?,
        };
        *place = Some(self.with_layout(view));
        Ok(())
    }

    /// A view of the indexed elements; integers for every axis make a 0-d view.
    ///
    /// ```
    /// use metes_array::{Array, Index, Scalar};
    /// let a = Array::from_slice(&[4], &[1, 2, 3, 4])?;
    /// let last = a.index(&[Index::At(-1)])?;
    /// assert_eq!(last.item(&[])?, Scalar::Int(4));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn index(&self, index: &[Index]) -> Result<Array> {
        Ok(self.with_layout(self.layout().index(index)?))
    }
}
