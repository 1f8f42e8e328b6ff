//! Typed access for Rust: guards that hold the array's bytes while they live.

use crate::{Array, Element, shape_text};
use metes_dtype::{DType, Kind};
use metes_memory::{Access, Error, ErrorKind, Guards, Result};
use std::marker::PhantomData;

/// Elements of an array that nobody writes while this lives.
pub struct Read<'a, T> {
    array: &'a Array,
    _held: Guards,
    _type: PhantomData<T>,
}

/// Elements of an array that nobody else touches while this lives.
pub struct Write<'a, T> {
    array: &'a Array,
    _held: Guards,
    _type: PhantomData<T>,
}

impl Array {
    /// The elements for reading, until the guard is dropped.
    ///
    /// ```
    /// let a = metes_array::Array::from_slice(&[3], &[1.0, 2.0, 3.0])?;
    /// assert_eq!(a.read::<f64>()?.as_slice(), Some(&[1.0, 2.0, 3.0][..]));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for another type than the dtype's; [`ErrorKind::Busy`] while somebody writes.
    pub fn read<T: Element>(&self) -> Result<Read<'_, T>> {
        self.check_type::<T>("read")?;
        let held = self.buffer().hold(self.extent(), Access::Read, "Array::read")?;
        Ok(Read { array: self, _held: held, _type: PhantomData })
    }

    /// The elements for writing, until the guard is dropped.
    ///
    /// # Errors
    /// As [`Array::read`], and [`ErrorKind::ReadOnly`].
    pub fn write<T: Element>(&self) -> Result<Write<'_, T>> {
        self.check_type::<T>("write")?;
        self.require_writeable("write")?;
        let held = self.buffer().hold(self.extent(), Access::Write, "Array::write")?;
        Ok(Write { array: self, _held: held, _type: PhantomData })
    }

    fn check_type<T: Element>(&self, op: &str) -> Result<()> {
        if self.dtype() == T::KIND {
            return Ok(());
        }
        let (wanted, has) = (DType::of(T::KIND), self.dtype());
        Err(Error::new(ErrorKind::Type, format!("{op}: elements of {has} are not {wanted}")))
    }

    fn place_of(&self, index: &[usize]) -> Option<*mut u8> {
        if index.len() != self.ndim() || index.iter().zip(self.shape()).any(|(i, n)| i >= n) {
            return None;
        }
        let skip: isize = index.iter().zip(self.strides()).map(|(&i, s)| i as isize * s).sum();
        Some(self.as_ptr().wrapping_offset(skip))
    }

    /// Whether the elements may be seen as a Rust slice: some, dense, aligned, and of a type without invalid values
    /// (the bytes of a bool may be any number).
    fn is_slice(&self) -> bool {
        self.size() > 0 && self.is_c_contiguous() && self.is_aligned() && self.dtype() != Kind::Bool
    }
}

fn get<T: Element>(array: &Array, index: &[usize]) -> Result<T> {
    let place = array.place_of(index).ok_or_else(|| {
        let message = format!("index {index:?} is out of bounds for shape {}", shape_text(array.shape()));
        Error::new(ErrorKind::Index, message)
    })?;
    // SAFETY: the place is an element within the buffer, and the guard of the caller keeps writers away.
    Ok(T::from_scalar(unsafe { crate::Scalar::read(array.dtype(), place) }))
}

impl<T: Element> Read<'_, T> {
    /// The elements in C order where they lie densely, else `None`.
    pub fn as_slice(&self) -> Option<&[T]> {
        // SAFETY: dense, aligned, of the checked type, and guarded against writers.
        self.array
            .is_slice()
            .then(|| unsafe { std::slice::from_raw_parts(self.array.as_ptr().cast(), self.array.size()) })
    }

    /// One element.
    pub fn get(&self, index: &[usize]) -> Result<T> {
        get(self.array, index)
    }

    /// All elements in C order, whatever the layout.
    pub fn to_vec(&self) -> Vec<T> {
        match self.as_slice() {
            Some(slice) => slice.to_vec(),
            None => self.array.guarded_scalars().into_iter().map(T::from_scalar).collect(),
        }
    }
}

impl<T: Element> Write<'_, T> {
    /// The elements in C order where they lie densely, else `None`.
    pub fn as_mut_slice(&mut self) -> Option<&mut [T]> {
        let array = self.array;
        // SAFETY: dense, aligned, of the checked type, and guarded against everybody else.
        array.is_slice().then(|| unsafe { std::slice::from_raw_parts_mut(array.as_ptr().cast(), array.size()) })
    }

    /// One element.
    pub fn get(&self, index: &[usize]) -> Result<T> {
        get(self.array, index)
    }

    /// Sets one element.
    pub fn set(&mut self, index: &[usize], value: T) -> Result<()> {
        let place = self.array.place_of(index).ok_or_else(|| {
            let message = format!("index {index:?} is out of bounds for shape {}", shape_text(self.array.shape()));
            Error::new(ErrorKind::Index, message)
        })?;
        // SAFETY: the place is an element within the buffer, of the checked type, and guarded.
        unsafe { place.cast::<T>().write_unaligned(value) };
        Ok(())
    }
}
