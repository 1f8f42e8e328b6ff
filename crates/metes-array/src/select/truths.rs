//! Truth of elements that are no numbers: text and raw bytes are true where a byte is not 0, records where a field is true.

use crate::{Array, Index, Scalar};
use metes_dtype::{DType, Form, Kind};
use metes_memory::{Access, Buffer, Result};

impl Array {
    /// Which elements are true, as bools; numbers and time are looked at where they lie by those who ask, and are passed
    /// through as they are.
    ///
    /// # Errors
    /// Refused memory.
    pub fn truths(&self) -> Result<Array> {
        if self.dtype().any_number().is_some() || self.dtype().time().is_some() {
            return Ok(self.clone());
        }
        let found = Array::empty(self.shape(), Kind::Bool.into(), "truth")?;
        if found.size() == 0 {
            return Ok(found);
        }
        let _held = Buffer::guard(&[(self.buffer(), self.extent(), Access::Read)], "truth")?;
        let mut to = found.as_ptr();
        self.for_each_place(|place| {
            // SAFETY: an element of this array, which is guarded; the fresh, dense result has as many.
            unsafe { to.write(u8::from(is_true(self.dtype(), place))) };
            to = to.wrapping_add(1);
        });
        Ok(found)
    }

    /// Whether the one element of an array is true.
    ///
    /// # Errors
    /// A conflicting guard.
    pub fn is_true(&self) -> Result<bool> {
        let one = self.index(&vec![Index::At(0); self.ndim()])?;
        // SAFETY: an element of this array, which is held.
        one.with_element(&[], Access::Read, "truth", |place| unsafe { is_true(self.dtype(), place) })
    }
}

/// # Safety
/// An element of the dtype may be read.
unsafe fn is_true(dtype: DType, at: *const u8) -> bool {
    // SAFETY: in all arms, the caller's promise; fields lie within their element.
    unsafe {
        match dtype.form() {
            Form::Number(_) | Form::Swapped(_) => match Scalar::read(dtype, at) {
                Scalar::Bool(value) => value,
                Scalar::Int(value) => value != 0,
                Scalar::Float(value) => value != 0.0,
                Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
            },
            Form::Record(record) => record.fields().iter().any(|field| is_true(field.dtype, at.add(field.offset))),
            _ => std::slice::from_raw_parts(at, dtype.size()).iter().any(|&byte| byte != 0),
        }
    }
}
