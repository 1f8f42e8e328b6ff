//! [`Scalar`]: one value, and how it is read from and written to an element.

use crate::{Array, Element};
use metes_dtype::{Category, DType, Form, Kind, for_each_kind};
use metes_memory::{Access, Buffer, Error, ErrorKind, Result};
use std::fmt;

/// A number without a dtype of its own: what Python's `bool`, `int`, `float`, `complex` are to NEP 50.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// Python `bool`.
    Bool(bool),
    /// Python `int`, as far as any integer kind reaches.
    Int(i128),
    /// Python `float`.
    Float(f64),
    /// Python `complex`.
    Complex(f64, f64),
}

impl Scalar {
    /// The dtype of an array made of this value alone: an `int` beyond int64 is uint64.
    pub fn default_dtype(self) -> DType {
        DType::of(match self {
            Scalar::Bool(_) => Kind::Bool,
            Scalar::Int(value) if value > i128::from(i64::MAX) => Kind::U64,
            Scalar::Int(_) => Kind::I64,
            Scalar::Float(_) => Kind::F64,
            Scalar::Complex(..) => Kind::C128,
        })
    }

    /// An error where a real number lies outside the range of an integer dtype (NEP 50), or of what counts time.
    pub fn check(self, dtype: DType) -> Result<()> {
        if dtype.any_number().is_none() {
            return self.check_otherwise(dtype);
        }
        let bits = 8 * dtype.size() as u32;
        let range = match dtype.category() {
            Category::Signed => -(1i128 << (bits - 1))..=(1i128 << (bits - 1)) - 1,
            Category::Unsigned => 0..=(1i128 << bits) - 1,
            _ => return Ok(()),
        };
        let value = match self {
            Scalar::Int(value) => value,
            Scalar::Float(value) if value.is_nan() => {
                return Err(Error::new(ErrorKind::Value, "cannot convert float NaN to integer"));
            }
            Scalar::Float(value) => value as i128,
            Scalar::Bool(_) | Scalar::Complex(..) => return Ok(()),
        };
        if range.contains(&value) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Overflow, format!("Python integer {value} out of bounds for {dtype}")))
    }

    fn check_otherwise(self, dtype: DType) -> Result<()> {
        match (dtype.form(), self) {
            (Form::Record(record), _) => record.fields().iter().try_for_each(|field| self.check(field.dtype)),
            (Form::Sub(sub), _) => self.check(sub.base()),
            (Form::Time(_), Scalar::Int(value)) => i64::try_from(value).map(|_| ()).map_err(|_| {
                Error::new(ErrorKind::Overflow, format!("Python integer {value} out of bounds for {dtype}"))
            }),
            (Form::Void(_), Scalar::Int(value)) if self.default_dtype() == Kind::U64 => {
                u64::try_from(value).map(|_| ()).map_err(|_| {
                    Error::new(ErrorKind::Overflow, format!("Python integer {value} out of bounds for uint64"))
                })
            }
            (Form::Void(_), Scalar::Int(_)) => self.check(Kind::I64.into()),
            _ => Ok(()),
        }
    }

    /// Whether it is anything but zero.
    ///
    /// ```
    /// use metes_array::Scalar;
    /// assert!(Scalar::Float(f64::NAN).is_true() && !Scalar::Float(-0.0).is_true());
    /// ```
    #[inline]
    pub fn is_true(self) -> bool {
        bool::from_scalar(self)
    }

    /// Whether it is finite and becomes an infinity as a number of this kind: what makes elements of numbers reports it.
    ///
    /// ```
    /// use metes_array::Scalar;
    /// use metes_dtype::Kind;
    /// assert!(Scalar::Float(1e300).overflows(Kind::F32) && !Scalar::Float(1e300).overflows(Kind::F64));
    /// assert!(!Scalar::Float(f64::INFINITY).overflows(Kind::F32) && !Scalar::Float(65519.0).overflows(Kind::F16));
    /// ```
    #[inline]
    pub fn overflows(self, kind: Kind) -> bool {
        // Half a step beyond the largest number, from where on the nearest one is the infinity.
        let end = match kind {
            Kind::F16 => 65520.0,
            Kind::F32 | Kind::C64 => f64::from(f32::MAX) * (1.0 + f64::from(f32::EPSILON) / 4.0),
            _ => return false,
        };
        let beyond = |value: f64| value.abs() >= end && value.is_finite();
        match self {
            Scalar::Bool(_) => false,
            Scalar::Int(value) => beyond(value as f64),
            Scalar::Float(value) => beyond(value),
            Scalar::Complex(re, im) => beyond(re) || beyond(im),
        }
    }

    /// Writes the value, converted to `dtype`, at `place`, which need not be aligned.
    ///
    /// # Safety
    /// `place` is valid for a write of one element.
    pub unsafe fn write(self, dtype: DType, place: *mut u8) {
        let Form::Number(kind) = dtype.form() else {
            // SAFETY: the caller's promise.
            return unsafe { self.write_foreign(dtype, place) };
        };
        macro_rules! write {
            ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
                match kind {
                    // SAFETY: the caller vouches for the place.
                    $(Kind::$kind => unsafe { place.cast::<$rust>().write_unaligned(<$rust>::from_scalar(self)) },)*
                }
            };
        }
        for_each_kind!(write);
    }

    /// Writes a number in the other byte order, or as an element that is none.
    ///
    /// # Safety
    /// As [`Scalar::write`].
    #[cold]
    unsafe fn write_foreign(self, dtype: DType, place: *mut u8) {
        let Form::Swapped(kind) = dtype.form() else {
            // SAFETY: the caller's promise: the bytes of one element.
            return self.write_otherwise(dtype, unsafe { std::slice::from_raw_parts_mut(place, dtype.size()) });
        };
        let mut bytes = [0; 16];
        // SAFETY: room for an element of any kind; the caller vouches for the place.
        unsafe {
            self.write(kind.into(), bytes.as_mut_ptr());
            swap(kind, &mut bytes);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, kind.size());
        }
    }

    /// Reads an element of `dtype` at `place`, which need not be aligned. Any byte but 0 is true. What is no number is read
    /// as 0: whoever may meet such a dtype asks before ([`crate::number`]).
    ///
    /// # Safety
    /// `place` is valid for a read of one initialised element.
    pub unsafe fn read(dtype: DType, place: *const u8) -> Scalar {
        let Form::Number(kind) = dtype.form() else {
            let Form::Swapped(kind) = dtype.form() else { return Scalar::Int(0) };
            let mut bytes = [0; 16];
            // SAFETY: the caller vouches for the place; there is room for an element of any kind.
            return unsafe {
                std::ptr::copy_nonoverlapping(place, bytes.as_mut_ptr(), kind.size());
                swap(kind, &mut bytes);
                Scalar::read(kind.into(), bytes.as_ptr())
            };
        };
        if kind == Kind::Bool {
            // SAFETY: the caller vouches for the place; a byte has no invalid value.
            return Scalar::Bool(unsafe { place.read() } != 0);
        }
        macro_rules! read {
            ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
                match kind {
                    // SAFETY: the caller vouches for the place, and bool, the one type with invalid values, is done.
                    $(Kind::$kind => unsafe { place.cast::<$rust>().read_unaligned().to_scalar() },)*
                }
            };
        }
        for_each_kind!(read)
    }
}

/// Reverses the bytes of a number, of each part of a complex one.
fn swap(kind: Kind, bytes: &mut [u8; 16]) {
    let part = kind.real().size();
    bytes[..kind.size()].chunks_exact_mut(part).for_each(<[u8]>::reverse);
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(true) => f.write_str("True"),
            Scalar::Bool(false) => f.write_str("False"),
            Scalar::Int(value) => write!(f, "{value}"),
            Scalar::Float(value) => write!(f, "{value:?}"),
            Scalar::Complex(re, im) => write!(f, "({re}{im:+}j)"),
        }
    }
}

impl Array {
    /// The element at `index`, one integer per axis, negative ones from the end.
    ///
    /// # Errors
    /// A wrong index, a dtype of no numbers.
    pub fn item(&self, index: &[isize]) -> Result<Scalar> {
        if self.dtype().any_number().is_none() {
            return Err(crate::missing(self.dtype(), "item"));
        }
        // SAFETY: an element of this array, and writers are kept away.
        self.with_element(index, Access::Read, "item", |place| unsafe { Scalar::read(self.dtype(), place) })
    }

    /// Sets the element at `index`; integers must fit an integer dtype.
    pub fn set_item(&self, index: &[isize], value: Scalar) -> Result<()> {
        self.require_writeable("assignment")?;
        value.check(self.dtype())?;
        // SAFETY: an element of this array, and others are kept away.
        self.with_element(index, Access::Write, "assignment", |place| unsafe { value.write(self.dtype(), place) })
    }

    /// Runs `work`, which takes no guards and is over soon, on the address of an element that is held for it.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a wrong index, [`ErrorKind::Busy`] where the element is held by somebody else.
    #[inline]
    pub fn with_element<T>(
        &self,
        index: &[isize],
        access: Access,
        op: &'static str,
        work: impl FnOnce(*mut u8) -> T,
    ) -> Result<T> {
        let offset = self.layout().place(index)?;
        let place = self.buffer().as_ptr().wrapping_add(offset);
        if self.buffer().is_still(access) {
            return Ok(work(place));
        }
        if let Some(_held) = self.buffer().brief(access) {
            return Ok(work(place));
        }
        let _guards = Buffer::guard(&[(self.buffer(), offset..offset + self.dtype().size(), access)], op)?;
        Ok(work(place))
    }

    /// All elements in C order.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while user code writes them.
    pub fn to_scalars(&self) -> Result<Vec<Scalar>> {
        let _guard = Buffer::guard(&[(self.buffer(), self.extent(), Access::Read)], "to_scalars")?;
        Ok(self.guarded_scalars())
    }

    /// All elements in C order, while the caller holds a guard on them.
    pub(crate) fn guarded_scalars(&self) -> Vec<Scalar> {
        let mut out = Vec::with_capacity(self.size());
        // SAFETY: the visited places are this array's elements.
        self.for_each_place(|place| out.push(unsafe { Scalar::read(self.dtype(), place) }));
        out
    }

    /// Calls `each` with the address of every element, in C order.
    pub(crate) fn for_each_place(&self, mut each: impl FnMut(*mut u8)) {
        if self.size() == 0 {
            return;
        }
        let mut index = vec![0usize; self.ndim()];
        let mut place = self.as_ptr();
        loop {
            each(place);
            let mut axis = self.ndim();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                place = place.wrapping_offset(self.strides()[axis]);
                if index[axis] < self.shape()[axis] {
                    break;
                }
                place = place.wrapping_offset(self.strides()[axis].wrapping_mul(-(index[axis] as isize)));
                index[axis] = 0;
            }
        }
    }
}
