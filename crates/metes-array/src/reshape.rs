//! Reshape, ravel, flatten: a view wherever strides can express the new shape, else a copy.

use crate::layout::{Dims, INLINE, Layout, Strides, shape_text, size_of_shape, strides_text};
use crate::{Array, Order};
use metes_memory::{Error, ErrorKind, Reason, Result};

/// Why elements that lie so must be copied for a shape.
///
/// ```
/// use metes_array::{Layout, inexpressible};
/// let columns = Layout::fortran(&[2, 3], 8)?;
/// assert_eq!(inexpressible(&columns, &[6]), "strides (8, 16) of shape (2, 3) cannot express shape (6,)");
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn inexpressible(from: &Layout, shape: &[usize]) -> String {
    let (strides, own) = (strides_text(from.strides()), shape_text(from.shape()));
    format!("strides {strides} of shape {own} cannot express shape {}", shape_text(shape))
}

/// A requested shape with its one `-1` replaced by what is left.
///
/// # Errors
/// [`ErrorKind::Value`] for a second -1, another negative length, or another number of elements.
pub fn resolve_shape(from: &[usize], to: &[isize]) -> Result<Dims> {
    let Some(size) = size_of_shape(from) else {
        return Err(Error::new(ErrorKind::Value, format!("reshape: shape {} is too big", shape_text(from))));
    };
    if let Some(shape) = as_given(size, to) {
        return Ok(shape);
    }
    let wrong = || {
        let to = to.iter().map(isize::to_string).collect::<Vec<_>>().join(",");
        let comma = if to.contains(',') { "" } else { "," };
        Error::new(ErrorKind::Value, format!("cannot reshape array of size {size} into shape ({to}{comma})"))
    };
    if to.iter().filter(|&&n| n == -1).count() > 1 {
        return Err(Error::new(ErrorKind::Value, "can only specify one unknown dimension"));
    }
    if to.iter().any(|&n| n < -1) {
        return Err(Error::new(ErrorKind::Value, "negative dimensions are not allowed"));
    }
    let known = to.iter().filter(|&&n| n >= 0).try_fold(1usize, |p, &n| p.checked_mul(n as usize)).ok_or_else(wrong)?;
    let unknown = size.checked_div(known).unwrap_or(0);
    let shape: Dims = to.iter().map(|&n| if n == -1 { unknown } else { n as usize }).collect();
    if shape.len() > crate::MAX_NDIM {
        let message = format!("maximum supported dimension for an array is {}, found {}", crate::MAX_NDIM, shape.len());
        return Err(Error::new(ErrorKind::Value, message));
    }
    Layout::contiguous(&shape, 1)?;
    let fits = shape.iter().product::<usize>() == size && (known > 0 || !to.contains(&-1));
    if fits { Ok(shape) } else { Err(wrong()) }
}

/// The usual shape: at most one length is left open, none is 0, and there are as many elements.
#[inline]
fn as_given(size: usize, to: &[isize]) -> Option<Dims> {
    if to.len() <= INLINE {
        let mut shape = [0; INLINE];
        return fill(size, to, &mut shape).map(|()| Dims::from_buf_and_len(shape, to.len()));
    }
    let mut shape = Dims::from_elem(0, to.len());
    (to.len() <= crate::MAX_NDIM).then(|| fill(size, to, &mut shape))?.map(|()| shape)
}

/// Writes the lengths to where there is room for them.
#[inline]
fn fill(size: usize, to: &[isize], shape: &mut [usize]) -> Option<()> {
    let (mut product, mut open) = (1usize, None);
    for (at, (length, &n)) in shape.iter_mut().zip(to).enumerate() {
        *length = match usize::try_from(n) {
            Ok(n) => n,
            Err(_) if n == -1 && open.is_none() => {
                open = Some(at);
                1
            }
            Err(_) => return None,
        };
        product = product.checked_mul(*length)?;
    }
    if let Some(at) = open {
        shape[at] = if product == 1 { size } else { size.checked_div(product)? };
        product *= shape[at];
    }
    (size > 0 && product == size).then_some(())
}

impl Layout {
    /// The layout of the same elements, taken in C order, under another shape of as many elements; `None` where no
    /// strides express it, or the new shape has another number of elements.
    ///
    /// Groups of old axes are matched with groups of new axes of the same size; a group that is one run of memory
    /// (each stride the next one's times its length) can be cut anew.
    pub fn reshape(&self, shape: &[usize], itemsize: usize) -> Option<Layout> {
        let dense = Layout::contiguous(shape, itemsize).ok().filter(|dense| dense.size() == self.size())?;
        if self.is_c_contiguous(itemsize) {
            return Some(dense.at(self.offset()));
        }
        let old: Vec<(usize, isize)> =
            self.shape().iter().copied().zip(self.strides().iter().copied()).filter(|&(n, _)| n != 1).collect();
        let mut strides = Strides::from_elem(0, shape.len());
        let (mut from, mut to) = (0, 0);
        while from < old.len() && to < shape.len() {
            let (first, start) = (from, to);
            let (mut old_size, mut new_size) = (old[from].0, shape[to]);
            while old_size != new_size {
                if new_size < old_size {
                    to += 1;
                    new_size *= shape[to];
                } else {
                    from += 1;
                    old_size *= old[from].0;
                }
            }
            if (first..from).any(|i| old[i].1 != old[i + 1].1.wrapping_mul(old[i + 1].0 as isize)) {
                return None;
            }
            let mut step = old[from].1;
            for axis in (start..=to).rev() {
                strides[axis] = step;
                step = step.wrapping_mul(shape[axis] as isize);
            }
            from += 1;
            to += 1;
        }
        let last = strides[..to].last().copied().unwrap_or(itemsize as isize);
        strides[to..].fill(last);
        Some(Layout::derived(shape, &strides, self.offset()))
    }

    /// The same with the axes in reverse order.
    #[inline]
    pub(crate) fn reversed(&self) -> Layout {
        match (self.shape(), self.strides()) {
            (&[n], &[stride]) => Layout::line(n, stride, self.offset()),
            (shape, strides) => {
                let (mut shape, mut strides) = (Dims::from_slice(shape), Strides::from_slice(strides));
                shape.reverse();
                strides.reverse();
                Layout::from_parts(shape, strides, self.offset())
            }
        }
    }
}

impl Array {
    /// The same elements under another shape, taken and placed in the given order (`K` is not allowed, `A` is F for
    /// F-contiguous arrays). `copy`: `None` copies where it must, `Some(false)` never, `Some(true)` always.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] where the sizes differ, or a copy is needed and forbidden.
    pub fn reshape(&self, shape: &[isize], order: Order, copy: Option<bool>) -> Result<Array> {
        let mut place = None;
        if order == Order::C
            && copy != Some(true)
            && self.reshape_dense(shape, &mut place)?
            && let Some(view) = place
        {
            return Ok(view);
        }
        self.reshape_any(resolve_shape(self.shape(), shape)?, order, copy)
    }

    /// As [`Array::reshape`] in C order, of what lies densely in it: the view is put in `place`. Says whether it is that.
    ///
    /// # Errors
    /// As there.
    pub fn reshape_dense(&self, shape: &[isize], place: &mut Option<Array>) -> Result<bool> {
        if !self.is_c_contiguous() {
            return Ok(false);
        }
        let dense = Layout::contiguous(&resolve_shape(self.shape(), shape)?, self.dtype().size())?;
        *place = Some(self.with_layout(dense.at(self.layout().offset())));
        Ok(true)
    }

    /// Puts a view along one axis in `place`, where there are elements that lie densely in C order; says whether it did.
    #[inline]
    pub fn ravel_dense(&self, place: &mut Option<Array>) -> bool {
        let size = self.size();
        let dense = size > 0 && self.is_c_contiguous();
        if dense {
            let line = Layout::line(size, self.dtype().size() as isize, self.layout().offset());
            *place = Some(self.with_layout(line));
        }
        dense
    }

    fn reshape_any(&self, shape: Dims, order: Order, copy: Option<bool>) -> Result<Array> {
        let fortran = match order {
            Order::C => false,
            Order::F => true,
            Order::A => self.is_f_contiguous() && !self.is_c_contiguous(),
            Order::K => return Err(Error::new(ErrorKind::Value, "order 'K' is not permitted for reshaping")),
        };
        let itemsize = self.dtype().size();
        Layout::contiguous(&shape, itemsize)?;
        let view = |layout: &Layout| {
            if fortran {
                let back: Dims = shape.iter().rev().copied().collect();
                layout.reversed().reshape(&back, itemsize).map(|l| l.reversed())
            } else {
                layout.reshape(&shape, itemsize)
            }
        };
        if copy != Some(true)
            && let Some(layout) = view(self.layout())
        {
            return Ok(self.with_layout(layout));
        }
        if copy == Some(false) {
            let message = format!(
                "Unable to avoid creating a copy while reshaping: strides {:?} of shape {} cannot express shape {}",
                self.strides(),
                shape_text(self.shape()),
                shape_text(&shape)
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
        let dense_order = if fortran { Order::F } else { Order::C };
        let dense = if copy == Some(true) {
            self.copy(dense_order)?
        } else {
            let wanted = shape.clone();
            self.copy_because(dense_order, self.reason(Reason::Reshape), move |from| inexpressible(from, &wanted))?
        };
        let layout = view(dense.layout()).expect("a dense array has a view of every shape");
        Ok(dense.with_layout(layout))
    }

    /// One axis; a view only where the result is contiguous, else a copy.
    pub fn ravel(&self, order: Order) -> Result<Array> {
        let fortran = match order {
            Order::C => false,
            Order::F => true,
            Order::A => self.is_f_contiguous() && !self.is_c_contiguous(),
            Order::K if self.is_c_contiguous() => false,
            Order::K if self.is_f_contiguous() => true,
            Order::K => return self.ravel_by_memory(),
        };
        let dense = if fortran { self.is_f_contiguous() } else { self.is_c_contiguous() };
        self.raveled(if fortran { Order::F } else { Order::C }, dense)
    }

    fn ravel_by_memory(&self) -> Result<Array> {
        let axes: Vec<isize> = self.layout().axes_as_visited().iter().map(|&a| a as isize).collect();
        let sorted = self.transpose(Some(&axes))?;
        sorted.raveled(Order::C, sorted.is_c_contiguous())
    }

    /// Why elements must be written out: because they are repeated, if they are.
    fn reason(&self, otherwise: Reason) -> Reason {
        let repeats = self.shape().iter().zip(self.strides()).any(|(&n, &stride)| n > 1 && stride == 0);
        if repeats { Reason::Broadcast } else { otherwise }
    }

    fn raveled(&self, order: Order, dense: bool) -> Result<Array> {
        if dense {
            return self.reshape(&[-1], order, Some(false));
        }
        let copy = self.copy_because(order, self.reason(Reason::Ravel), |from| {
            format!("strides {} of shape {} are not contiguous", strides_text(from.strides()), shape_text(from.shape()))
        })?;
        copy.reshape(&[-1], order, Some(false))
    }

    /// One axis, always a copy.
    pub fn flatten(&self, order: Order) -> Result<Array> {
        match order {
            Order::K => {
                let flat = self.ravel(Order::K)?;
                if flat.buffer().same(self.buffer()) { flat.copy(Order::C) } else { Ok(flat) }
            }
            order => self.reshape(&[-1], order, Some(true)),
        }
    }
}
