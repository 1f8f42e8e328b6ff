//! `take`, `put` and their kin: one index array over one axis, or over all elements.

use super::gather::{apart, is_integers, overlap};
use super::item::{Positions, Selection};
use super::reader::{BLOCK, Bounds, Reader, not_integers};
use super::trues::{Trues, reading};
use crate::copy::{Copy, with_units};
use crate::layout::shape_text;
use crate::{Array, Dims, Layout, Order, Strides, coalesce};
use metes_memory::{Access, Buffer, Error, ErrorKind, Result};

/// What an index outside its axis means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// An error; negative ones down to the length count from the end.
    #[default]
    Raise,
    /// The remainder by the length.
    Wrap,
    /// The nearest within bounds; negative ones are 0.
    Clip,
}

/// One index array for an axis, or for all elements in C order.
fn selection(array: &Array, indices: &Array, axis: Option<isize>, mode: Mode) -> Result<Selection> {
    if !is_integers(indices) {
        return Err(not_integers());
    }
    let axis = axis.map(|axis| array.axis(axis)).transpose()?;
    let (axes, at) = axis.map_or((0..array.ndim(), 0), |axis| (axis..axis + 1, axis));
    let (shape, strides) = (array.shape(), array.strides());
    let (mut lengths, mut merged) = coalesce(&shape[axes.clone()], &[Strides::from_slice(&strides[axes.clone()])]);
    let mut merged = merged.pop().expect("one operand");
    if lengths.is_empty() {
        lengths.push(1);
        merged.push(0);
    }
    let reader = Reader { indices: indices.clone(), axis, lengths, strides: merged, bounds: Bounds::of(mode, true) };
    let mut result = Dims::from_slice(&shape[..at]);
    result.extend_from_slice(indices.shape());
    result.extend_from_slice(&shape[axes.end..]);
    if reader.lengths.contains(&0) && !result.contains(&0) {
        return Err(Error::new(ErrorKind::Index, "cannot do a non-empty take from an empty axes."));
    }
    let rest = if axis.is_some() { [&strides[..at], &strides[axes.end..]].concat() } else { Vec::new() };
    Ok(Selection {
        shape: result,
        base: 0,
        at,
        fancy: indices.ndim(),
        affine: Strides::from_elem(0, indices.ndim()),
        positions: Positions::Readers(vec![reader]),
        rest: Strides::from_vec(rest),
    })
}

/// One index array that has the array's axes, each index for its own place along the other axes.
fn along(array: &Array, indices: &Array, axis: isize) -> Result<Selection> {
    if !is_integers(indices) {
        return Err(Error::new(ErrorKind::Index, "`indices` must be an integer array"));
    }
    if array.ndim() != indices.ndim() {
        let message = "`indices` and `arr` must have the same number of dimensions";
        return Err(Error::new(ErrorKind::Value, message));
    }
    let axis = array.axis(axis)?;
    let (mut shape, mut affine) = (Dims::from_slice(indices.shape()), Strides::from_slice(array.strides()));
    for other in (0..array.ndim()).filter(|a| *a != axis) {
        match (array.shape()[other], shape[other]) {
            (n, m) if n == m => {}
            (n, 1) => shape[other] = n,
            (1, _) => affine[other] = 0,
            _ => {
                let (a, i) = (shape_text(array.shape()), shape_text(indices.shape()));
                let message = format!(
                    "shape mismatch: indexing arrays could not be broadcast together: indices {i} along axis {axis} of {a}"
                );
                return Err(Error::new(ErrorKind::Index, message));
            }
        }
    }
    affine[axis] = 0;
    let reader = Reader {
        indices: indices.broadcast_to(&shape)?,
        axis: Some(axis),
        lengths: Dims::from_slice(&[array.shape()[axis]]),
        strides: Strides::from_slice(&[array.strides()[axis]]),
        bounds: Bounds::FromEnd,
    };
    Ok(Selection {
        base: 0,
        at: 0,
        fancy: shape.len(),
        shape,
        affine,
        positions: Positions::Readers(vec![reader]),
        rest: Strides::new(),
    })
}

impl Array {
    /// The elements at these positions along an axis, or with `None` among all elements in C order.
    ///
    /// ```
    /// use metes_array::{Array, Mode};
    /// let a = Array::from_slice(&[2, 2], &[1, 2, 3, 4])?;
    /// let taken = a.take(&Array::from_slice(&[3], &[0, -1, 5])?, None, Mode::Wrap)?;
    /// assert_eq!(taken.read::<i32>()?.to_vec(), [1, 4, 2]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for indices that are no integers or, with [`Mode::Raise`], out of bounds.
    pub fn take(&self, indices: &Array, axis: Option<isize>, mode: Mode) -> Result<Array> {
        let selection = selection(self, indices, axis, mode)?;
        if selection.size() == 0 && !self.checks_indices(axis, mode)? {
            return Array::empty(selection.shape(), self.dtype(), "take");
        }
        selection.gather(self, "take")
    }

    /// The same into `out`, of the result's shape and this dtype; no buffer is needed unless it overlaps.
    pub fn take_into(&self, indices: &Array, axis: Option<isize>, mode: Mode, out: &Array) -> Result<()> {
        let selection = selection(self, indices, axis, mode)?;
        if out.shape() != selection.shape() || out.dtype() != self.dtype() {
            return Err(Error::new(ErrorKind::Value, "output array does not match result of take"));
        }
        if selection.size() == 0 && !self.checks_indices(axis, mode)? {
            return out.require_writeable("take");
        }
        selection.gather_into(self, out)
    }

    /// Whether NumPy looks at the indices of a take even where nothing is taken: for each element before the axis.
    fn checks_indices(&self, axis: Option<isize>, mode: Mode) -> Result<bool> {
        let before = axis.map_or(Ok(0), |axis| self.axis(axis))?;
        Ok(mode == Mode::Raise && !self.shape()[..before].contains(&0))
    }

    /// Writes values, repeated as often as needed, to these positions among all elements in C order.
    ///
    /// # Errors
    /// As [`Array::take`]; values of another dtype. Nothing is written then.
    pub fn put(&self, indices: &Array, values: &Array, mode: Mode) -> Result<()> {
        let indices = indices.ravel(Order::C)?;
        let values = values.ravel(Order::C)?;
        if self.size() == 0 && indices.size() > 0 {
            return Err(Error::new(ErrorKind::Index, "cannot replace elements of an empty array"));
        }
        if values.size() == 0 || indices.size() == 0 {
            return Ok(());
        }
        selection(self, &indices, None, mode)?.scatter_cyclic(self, &values)
    }

    /// For each place of `indices`, the element at that position along `axis`, at the same place along the others.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for other numbers of axes, [`ErrorKind::Index`] for lengths that do not broadcast and
    /// indices out of bounds.
    pub fn take_along_axis(&self, indices: &Array, axis: isize) -> Result<Array> {
        along(self, indices, axis)?.gather(self, "take_along_axis")
    }

    /// Writes values, broadcast to `indices`, to where [`Array::take_along_axis`] would read.
    pub fn put_along_axis(&self, indices: &Array, values: &Array, axis: isize) -> Result<()> {
        along(self, indices, axis)?.scatter(self, values)
    }

    /// Writes one value after the other, from the first again after the last, to where `mask` of the same size is true.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for a mask of another size, or no values where something is true.
    pub fn place(&self, mask: &Array, values: &Array) -> Result<()> {
        self.put_where(mask, values, "place", false)
    }

    /// Writes `values[i % values.size()]` to the elements, numbered in C order, where `mask` of the same size is true.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for a mask of another size.
    pub fn putmask(&self, mask: &Array, values: &Array) -> Result<()> {
        self.put_where(mask, values, "putmask", true)
    }

    fn put_where(&self, mask: &Array, values: &Array, op: &'static str, by_place: bool) -> Result<()> {
        self.require_writeable(op)?;
        if mask.size() != self.size() {
            return Err(Error::new(ErrorKind::Value, format!("{op}: mask and data must be the same size")));
        }
        if values.dtype() != self.dtype() {
            let message = format!("{op}: values of {} do not match an array of {}", values.dtype(), self.dtype());
            return Err(Error::new(ErrorKind::Type, message));
        }
        let mask = if overlap(self, mask) { apart(mask)? } else { mask.clone() };
        let values = if overlap(self, values) { apart(values)? } else { values.clone() };
        let (mask, values) = (mask.reshape_to(self.shape())?, values.ravel(Order::C)?);
        if values.size() == 0 {
            let some = !by_place && super::count_true(&mask)? > 0;
            let message = "Cannot insert from an empty array!";
            return if some { Err(Error::new(ErrorKind::Value, message)) } else { Ok(()) };
        }
        let _guards = Buffer::guard(
            &[(self.buffer(), self.extent(), Access::Write), (values.buffer(), values.extent(), Access::Read)],
            op,
        )?;
        let _reading = reading(&mask, op)?;
        // SAFETY: the arrays are guarded, and do not overlap.
        let put = |to: &Array, from: &Array| unsafe { put_trues(to, &mask, from, by_place) };
        match (self.covered()?, values.covered()?) {
            (Some(to), Some(from)) => to.iter().zip(&from).try_for_each(|(to, from)| put(to, from)),
            _ => put(self, &values),
        }
    }

    /// Any array of that size as one of that shape.
    fn reshape_to(&self, shape: &[usize]) -> Result<Array> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        let shape: Vec<isize> = shape.iter().map(|n| *n as isize).collect();
        self.reshape(&shape, Order::C, None)
    }
}

/// # Safety
/// The arrays may be read and written, the mask has the array's shape, there are values of its dtype along one axis, and
/// nothing overlaps.
unsafe fn put_trues(array: &Array, mask: &Array, values: &Array, by_place: bool) -> Result<()> {
    let mut places = Trues::new(mask, 0, array.strides());
    let flat = Layout::contiguous(mask.shape(), 1)?;
    let mut numbers = Trues::new(mask, 0, flat.strides());
    let (mut offsets, mut sources) = ([0; BLOCK], [0; BLOCK]);
    let (count, step, mut done) = (values.size() as isize, values.strides()[0], 0);
    // Elements of many units need an axis of them.
    let (units, ways) = with_units(array.dtype().size(), Dims::new(), vec![Strides::new(); 2]);
    let mut rest = super::moves::Rest::none();
    rest.after = Copy { shape: &units, dst: &ways[0], src: &ways[1] };
    loop {
        // SAFETY: the caller's promise.
        let n = unsafe { places.fill(&mut offsets) };
        if by_place {
            // SAFETY: the caller's promise.
            let m = unsafe { numbers.fill(&mut sources) };
            if m != n {
                return Err(super::trues::changed(mask));
            }
            sources[..n].iter_mut().for_each(|s| *s = *s % count * step);
        } else {
            sources[..n].iter_mut().enumerate().for_each(|(i, s)| *s = (done + i as isize) % count * step);
        }
        if n == 0 {
            return Ok(());
        }
        done += n as isize;
        let (to, from) = ((array.as_ptr(), super::moves::Listed(&offsets[..n])), super::moves::Listed(&sources[..n]));
        // SAFETY: offsets are of elements, by the walk over the array's own shape and by the remainder.
        unsafe { rest.block(array.dtype().size(), n, to, (values.as_ptr().cast_const(), from)) };
    }
}
