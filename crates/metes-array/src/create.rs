//! Arrays from nothing: shapes and values.

use crate::layout::size_of_shape;
use crate::{Array, Element, Layout, Order, Scalar, copy_into};
use metes_dtype::DType;
use metes_memory::{Cause, Error, ErrorKind, Reason, Result, copying};

impl Array {
    /// An array of arbitrary elements in C or F order (`A` and `K` are C here); see [`Array::empty`].
    pub fn empty_in(shape: &[usize], dtype: DType, order: Order, op: &'static str) -> Result<Array> {
        let layout = match order {
            Order::F => Layout::fortran(shape, dtype.size())?,
            _ => Layout::contiguous(shape, dtype.size())?,
        };
        Array::allocate(layout, dtype, op, false)
    }

    /// An array of zeros; large ones cost nothing until they are touched.
    ///
    /// ```
    /// use metes_array::{Array, Scalar};
    /// use metes_dtype::Kind;
    /// let a = Array::zeros(&[2, 3], Kind::F64.into())?;
    /// assert_eq!(a.item(&[1, 2])?, Scalar::Float(0.0));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn zeros(shape: &[usize], dtype: DType) -> Result<Array> {
        Array::allocate(Layout::contiguous(shape, dtype.size())?, dtype, "zeros", true)
    }

    /// An array of ones.
    pub fn ones(shape: &[usize], dtype: DType) -> Result<Array> {
        Array::full(shape, Scalar::Int(1), dtype)
    }

    /// An array of one value, which must fit an integer dtype.
    pub fn full(shape: &[usize], value: Scalar, dtype: DType) -> Result<Array> {
        value.check(dtype)?;
        let array = Array::empty(shape, dtype, "full")?;
        let (bytes, width) = (array.nbytes(), dtype.size());
        if bytes > 0 {
            // SAFETY: the fresh array holds `bytes` bytes; each copy doubles the filled front and stays within them.
            unsafe {
                value.write(dtype, array.as_ptr());
                let mut filled = width;
                while filled < bytes {
                    let more = filled.min(bytes - filled);
                    std::ptr::copy_nonoverlapping(array.as_ptr(), array.as_ptr().add(filled), more);
                    filled += more;
                }
            }
        }
        Ok(array)
    }

    /// An array of arbitrary elements ([`Array::empty`]) of this one's shape and, for `K`, its order of axes without its gaps.
    pub fn empty_like(&self, dtype: DType, order: Order, op: &'static str) -> Result<Array> {
        let layout = like(self.layout(), self.dtype().size(), dtype.size(), order)?;
        Array::allocate(layout, dtype, op, false)
    }

    /// Ones on the diagonal `k` of a matrix of zeros.
    pub fn eye(rows: usize, columns: usize, k: isize, dtype: DType) -> Result<Array> {
        let array = Array::zeros(&[rows, columns], dtype)?;
        let (down, right) = (k.min(0).unsigned_abs(), k.max(0) as usize);
        for i in 0..rows.saturating_sub(down).min(columns.saturating_sub(right)) {
            array.set_item(&[(down + i) as isize, (right + i) as isize], Scalar::Int(1))?;
        }
        Ok(array)
    }

    /// A C-contiguous copy of values in C order.
    ///
    /// ```
    /// let a = metes_array::Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!(a.shape(), [2, 2]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    pub fn from_slice<T: Element>(shape: &[usize], values: &[T]) -> Result<Array> {
        check_count(shape, values.len())?;
        let array = Array::empty(shape, DType::of(T::KIND), "from_slice")?;
        // SAFETY: the array is fresh, dense, and has as many elements of T as there are values.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr().cast::<u8>(), array.as_ptr(), size_of_val(values)) };
        Ok(array)
    }

    /// An array of scalars in C order; integers must fit an integer dtype.
    pub fn from_scalars(shape: &[usize], values: &[Scalar], dtype: DType) -> Result<Array> {
        check_count(shape, values.len())?;
        values.iter().try_for_each(|v| v.check(dtype))?;
        let array = Array::empty(shape, dtype, "array")?;
        array.fill_with(|i| values[i]);
        Ok(array)
    }

    /// Fills a fresh array with values by C-order position.
    fn fill_with(&self, mut value: impl FnMut(usize) -> Scalar) {
        let mut i = 0;
        self.for_each_place(|place| {
            // SAFETY: the places are elements of this array, which nobody else has seen yet.
            unsafe { value(i).write(self.dtype(), place) };
            i += 1;
        });
    }

    /// A copy in the given order, always fresh and writeable, because the caller wants one.
    pub fn copy(&self, order: Order) -> Result<Array> {
        copying(Reason::Explicit, self.nbytes(), String::new)?;
        let copy = self.copy_for(order, "copy")?;
        copy.buffer().set_cause(Cause::of(Reason::Explicit));
        Ok(copy)
    }

    /// A copy that an operation needs, which says why where it is asked, and is refused where copies are denied.
    ///
    /// # Errors
    /// As [`copying`].
    pub fn copy_because(
        &self,
        order: Order,
        reason: Reason,
        why: impl Fn(&Layout) -> String + Send + Sync + 'static,
    ) -> Result<Array> {
        copying(reason, self.nbytes(), || why(self.layout()))?;
        let copy = self.copy_for(order, reason.name())?;
        let layout = self.layout().clone();
        copy.buffer().set_cause(Cause::explained(reason, move || why(&layout)));
        Ok(copy)
    }

    /// Fresh bytes that begin as these elements: a result of the operation `op`, which is not booked as a copy.
    pub fn copy_for(&self, order: Order, op: &'static str) -> Result<Array> {
        let mut place = None;
        if order != Order::F
            && self.copy_block(op, &mut place)?
            && let Some(copy) = place
        {
            return Ok(copy);
        }
        let copy = self.empty_like(self.dtype(), order, op)?;
        copy_into(&copy, self)?;
        Ok(copy)
    }

    /// The bytes of the elements in C order.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let dense = if self.is_c_contiguous() { self.clone() } else { self.copy_for(Order::C, "tobytes")? };
        let _guard =
            metes_memory::Buffer::guard(&[(dense.buffer(), dense.extent(), metes_memory::Access::Read)], "tobytes")?;
        // SAFETY: the elements are dense, and the guard keeps writers away.
        Ok(unsafe { std::slice::from_raw_parts(dense.as_ptr(), dense.nbytes()) }.to_vec())
    }
}

/// The dense layout for elements of `itemsize` bytes that follows another one's order of axes.
fn like(layout: &Layout, was: usize, itemsize: usize, order: Order) -> Result<Layout> {
    let shape = layout.shape();
    let c = || layout.is_c_contiguous(was);
    let f = || layout.is_f_contiguous(was);
    match order {
        Order::C => Layout::contiguous(shape, itemsize),
        Order::F => Layout::fortran(shape, itemsize),
        Order::A if f() && !c() => Layout::fortran(shape, itemsize),
        Order::A => Layout::contiguous(shape, itemsize),
        Order::K if c() => Layout::contiguous(shape, itemsize),
        Order::K if f() => Layout::fortran(shape, itemsize),
        Order::K => Layout::in_order(shape, itemsize, layout.axes_outermost_first().into_iter().rev()),
    }
}

fn check_count(shape: &[usize], count: usize) -> Result<()> {
    if size_of_shape(shape) == Some(count) {
        return Ok(());
    }
    let message = format!("cannot reshape array of size {count} into shape {}", crate::shape_text(shape));
    Err(Error::new(ErrorKind::Value, message))
}
