//! [`Layout`]: shape, strides and offset in bytes, proved in bounds when an [`crate::Array`] is made of it.

use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;
use std::ops::Range;

/// Axes for which layouts have room inline: few, as layouts are moved about a lot.
pub(crate) const INLINE: usize = 4;
/// A shape.
pub type Dims = SmallVec<[usize; INLINE]>;
/// Strides in bytes.
pub type Strides = SmallVec<[isize; INLINE]>;
/// The most axes that an array has, as in NumPy 2.
pub const MAX_NDIM: usize = 64;

/// `"(2, 3)"`, `"(2,)"`, `"()"`: a shape as Python writes it.
///
/// ```
/// assert_eq!(metes_array::shape_text(&[2]), "(2,)");
/// ```
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// The same for strides in bytes.
pub fn strides_text(strides: &[isize]) -> String {
    match strides {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(isize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Where each element lies: `offset + sum(index[i] * strides[i])`, in bytes from the buffer's start.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

impl Clone for Layout {
    #[inline]
    fn clone(&self) -> Layout {
        Layout::derived(&self.shape, &self.strides, self.offset)
    }
}

impl Layout {
    /// A layout from its parts; an [`crate::Array`] checks it against its buffer.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for shape and strides of different lengths, and as [`Layout::check`] for single bytes.
    pub fn new(shape: &[usize], strides: &[isize], offset: usize) -> Result<Layout> {
        if shape.len() != strides.len() {
            return Err(Error::new(ErrorKind::Value, "strides and shape must have the same length"));
        }
        check_shape(shape, 1)?;
        Ok(Layout::derived(shape, strides, offset))
    }

    /// A layout from parts that another layout, or a check, vouches for.
    #[inline]
    pub(crate) fn derived(shape: &[usize], strides: &[isize], offset: usize) -> Layout {
        Layout::from_parts(Dims::from_slice(shape), Strides::from_slice(strides), offset)
    }

    /// The same from parts that are its own.
    #[inline]
    pub(crate) fn from_parts(shape: Dims, strides: Strides, offset: usize) -> Layout {
        debug_assert_eq!(shape.len(), strides.len());
        debug_assert!(check_shape(&shape, 1).is_ok());
        Layout { shape, strides, offset }
    }

    /// Whether an array of elements of `itemsize` bytes may have this shape.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for more than 64 axes, or more bytes than the address space, even where another axis is
    /// empty.
    pub fn check(&self, itemsize: usize) -> Result<()> {
        check_shape(&self.shape, itemsize).map(|_| ())
    }

    /// C-contiguous, for elements of `itemsize` bytes.
    ///
    /// # Errors
    /// As [`Layout::check`].
    #[inline]
    pub fn contiguous(shape: &[usize], itemsize: usize) -> Result<Layout> {
        match *shape {
            [] => Ok(Layout::scalar(0)),
            [n] if n > 0 && fits(n, 1, itemsize) => Ok(Layout::line(n, itemsize as isize, 0)),
            [n, m] if n > 0 && m > 0 && fits(n, m, itemsize) => {
                let strides = Strides::from_buf_and_len([(m * itemsize) as isize, itemsize as isize, 0, 0], 2);
                Ok(Layout { shape: Dims::from_buf_and_len([n, m, 0, 0], 2), strides, offset: 0 })
            }
            _ => Layout::nested(shape, itemsize),
        }
    }

    /// Of no axes.
    #[inline]
    pub(crate) fn scalar(offset: usize) -> Layout {
        let (shape, strides) = (Dims::from_buf_and_len([0; INLINE], 0), Strides::from_buf_and_len([0; INLINE], 0));
        Layout { shape, strides, offset }
    }

    /// Of one axis.
    #[inline]
    pub(crate) fn line(n: usize, stride: isize, offset: usize) -> Layout {
        let shape = Dims::from_buf_and_len([n, 0, 0, 0], 1);
        Layout { shape, strides: Strides::from_buf_and_len([stride, 0, 0, 0], 1), offset }
    }

    fn nested(shape: &[usize], itemsize: usize) -> Result<Layout> {
        Layout::in_order(shape, itemsize, (0..shape.len()).rev())
    }

    /// F-contiguous, for elements of `itemsize` bytes.
    pub fn fortran(shape: &[usize], itemsize: usize) -> Result<Layout> {
        Layout::in_order(shape, itemsize, 0..shape.len())
    }

    /// Dense, with the axes named fastest first.
    pub(crate) fn in_order(shape: &[usize], itemsize: usize, axes: impl Iterator<Item = usize>) -> Result<Layout> {
        let empty = check_shape(shape, itemsize)? == 0;
        let mut strides = zeros(shape.len());
        if !empty {
            let mut step = itemsize as isize;
            for axis in axes {
                strides[axis] = step;
                step *= shape[axis] as isize;
            }
        }
        Ok(Layout { shape: Dims::from_slice(shape), strides, offset: 0 })
    }

    /// The same at another place.
    #[inline]
    pub(crate) fn at(self, offset: usize) -> Layout {
        Layout { offset, ..self }
    }

    /// Elements along each axis.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes from one element to the next along each axis.
    #[inline]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Bytes from the buffer's start to the first element.
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Number of axes.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether elements of `itemsize` bytes lie densely, last axis fastest; axes of length 1 do not count, and an
    /// empty layout is contiguous (NumPy's relaxed strides).
    #[inline]
    pub fn is_c_contiguous(&self, itemsize: usize) -> bool {
        self.dense(itemsize, (0..self.ndim()).rev())
    }

    /// The same, first axis fastest.
    #[inline]
    pub fn is_f_contiguous(&self, itemsize: usize) -> bool {
        self.dense(itemsize, 0..self.ndim())
    }

    #[inline]
    fn dense(&self, itemsize: usize, axes: impl Iterator<Item = usize>) -> bool {
        if let ([n], [stride]) = (self.shape(), self.strides()) {
            return *n <= 1 || *stride == itemsize as isize;
        }
        let mut expected = itemsize as isize;
        for axis in axes {
            match self.shape[axis] {
                0 => return true,
                1 => {}
                n => {
                    if self.strides[axis] != expected && !self.shape.contains(&0) {
                        return false;
                    }
                    expected = expected.wrapping_mul(n as isize);
                }
            }
        }
        true
    }

    /// The bytes that elements of `itemsize` bytes touch, first to one past the last; `None` where an element would
    /// lie before the buffer's start or beyond the address space. Empty layouts touch none.
    pub fn extent(&self, itemsize: usize) -> Option<Range<usize>> {
        self.extent_at(self.offset, itemsize)
    }

    /// The same with the first element at another place.
    pub fn extent_at(&self, offset: usize, itemsize: usize) -> Option<Range<usize>> {
        if self.shape.contains(&0) {
            return Some(offset..offset);
        }
        let (mut low, mut high) = (offset as i128, offset as i128 + itemsize as i128);
        if high > isize::MAX as i128 {
            return None;
        }
        for (&n, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = (n as i128 - 1) * stride as i128;
            if reach < 0 { low = low.saturating_add(reach) } else { high = high.saturating_add(reach) }
        }
        (low >= 0 && high <= isize::MAX as i128).then_some(low as usize..high as usize)
    }

    /// The axes by decreasing absolute stride, C order among equals: the nesting that walks memory forwards.
    pub fn axes_outermost_first(&self) -> SmallVec<[usize; 6]> {
        let mut axes: SmallVec<[usize; 6]> = (0..self.ndim()).collect();
        axes.sort_by_key(|&a| std::cmp::Reverse(self.strides[a].unsigned_abs()));
        axes
    }

    /// The axes in the order in which NumPy goes through elements, outermost first: as they lie in memory, but an axis that
    /// repeats elements, or has one alone, stays where it is among its neighbours.
    pub fn axes_as_visited(&self) -> SmallVec<[usize; 6]> {
        let stride = |axis: usize| if self.shape[axis] == 1 { 0 } else { self.strides[axis].unsigned_abs() };
        let mut innermost: SmallVec<[usize; 6]> = (0..self.ndim()).rev().collect();
        for at in 1..innermost.len() {
            let (axis, mut to) = (innermost[at], at);
            for before in (0..at).rev() {
                let (own, other) = (stride(axis), stride(innermost[before]));
                if own == 0 || other == 0 {
                    continue;
                }
                if other <= own {
                    break;
                }
                to = before;
            }
            innermost[to..=at].rotate_right(1);
        }
        innermost.reverse();
        innermost
    }
}

/// The number of elements of a shape; `None` where counting them overflows.
pub(crate) fn size_of_shape(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) { Some(0) } else { shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n)) }
}

/// The number of elements of a shape that an array of elements of `itemsize` bytes may have: the one check that all
/// layouts pass, so that no arithmetic on them overflows.
fn check_shape(shape: &[usize], itemsize: usize) -> Result<usize> {
    if shape.len() > MAX_NDIM {
        let message = format!("maximum supported dimension for an array is {MAX_NDIM}, found {}", shape.len());
        return Err(Error::new(ErrorKind::Value, message));
    }
    let mut bytes = itemsize.max(1);
    let mut size = 1;
    for &n in shape {
        bytes = bytes.checked_mul(n.max(1)).filter(|&b| isize::try_from(b).is_ok()).ok_or_else(|| too_big(shape))?;
        size *= n;
    }
    if isize::try_from(bytes).is_err() { Err(too_big(shape)) } else { Ok(size) }
}

/// Whether [`check_shape`] allows two lengths.
#[inline]
fn fits(n: usize, m: usize, itemsize: usize) -> bool {
    let bytes = m.checked_mul(itemsize.max(1)).and_then(|row| row.checked_mul(n));
    bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok())
}

/// As many zeros, written in one piece where there is room for them inline.
#[inline]
fn zeros(count: usize) -> Strides {
    let inline = [0; INLINE];
    if count <= inline.len() { Strides::from_buf_and_len(inline, count) } else { Strides::from_elem(0, count) }
}

#[cold]
fn too_big(shape: &[usize]) -> Error {
    let message = format!("array is too big; shape {} has more bytes than the address space", shape_text(shape));
    Error::new(ErrorKind::Value, message)
}
