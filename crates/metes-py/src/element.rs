//! One element between Python and Rust: numbers as [`Scalar`]s, and typed access to the bytes of arrays.
//!
//! Everything per kind expands from the one list of kinds.

use crate::errors::OrRaise;
use half::f16;
use metes_array::{Array, Order, Scalar, number};
use metes_dtype::{Casting, DType, Form, Kind};
use metes_eval::Operand;
use metes_memory::{Access, Buffer, Guards};
use num_complex::Complex;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt};
use std::mem::MaybeUninit;

/// A Rust type of an element.
pub(crate) trait Element: Copy + 'static {
    /// The element at an address, aligned or not.
    ///
    /// # Safety
    /// An element of this size may be read there.
    unsafe fn read(at: *const u8) -> Self {
        // SAFETY: the caller's promise; every bit pattern is a number.
        unsafe { at.cast::<Self>().read_unaligned() }
    }
    /// The value as a number without dtype.
    fn to_scalar(self) -> Scalar;
    /// The number as an element, as NumPy converts Python numbers: floats truncate, integers out of range raise
    /// `OverflowError`, complex numbers do not become real.
    fn from_scalar(scalar: Scalar) -> PyResult<Self>;
}

/// Work to be done with the Rust type of a kind; see [`with_kind`].
pub(crate) trait WithElement {
    /// What the work gives.
    type Output;
    /// The work.
    fn run<T: Element>(self) -> Self::Output;
}

macro_rules! dispatch {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
        /// Does the work with the Rust type of `kind`.
        pub(crate) fn with_kind<W: WithElement>(kind: Kind, work: W) -> W::Output {
            match kind { $(Kind::$kind => work.run::<$rust>(),)* }
        }

        $(element!($category, $kind, $rust, $name);)*
    };
}

macro_rules! element {
    (Bool, $kind:ident, $rust:ty, $name:literal) => {
        impl Element for bool {
            unsafe fn read(at: *const u8) -> bool {
                // SAFETY: the caller's promise. Foreign bytes may hold more than 0 and 1, so they are no Rust `bool` yet.
                unsafe { *at != 0 }
            }
            fn to_scalar(self) -> Scalar {
                Scalar::Bool(self)
            }
            fn from_scalar(scalar: Scalar) -> PyResult<bool> {
                Ok(match scalar {
                    Scalar::Bool(value) => value,
                    Scalar::Int(value) => value != 0,
                    Scalar::Float(value) => value != 0.0,
                    Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
                })
            }
        }
    };
    (Signed, $kind:ident, $rust:ty, $name:literal) => {
        element!(Unsigned, $kind, $rust, $name);
    };
    (Unsigned, $kind:ident, $rust:ty, $name:literal) => {
        impl Element for $rust {
            fn to_scalar(self) -> Scalar {
                Scalar::Int(i128::from(self))
            }
            #[inline]
            fn from_scalar(scalar: Scalar) -> PyResult<$rust> {
                if let Scalar::Int(value) = scalar
                    && let Ok(value) = <$rust>::try_from(value)
                {
                    return Ok(value);
                }
                let value = to_integer(scalar)?;
                <$rust>::try_from(value).map_err(|_| {
                    PyOverflowError::new_err(format!("Python integer {value} out of bounds for {}", $name))
                })
            }
        }
    };
    (Float, $kind:ident, $rust:ty, $name:literal) => {
        impl Element for $rust {
            fn to_scalar(self) -> Scalar {
                Scalar::Float(Real::widen(self))
            }
            fn from_scalar(scalar: Scalar) -> PyResult<$rust> {
                let value = to_float(scalar)?;
                report_overflow(scalar, Kind::$kind)?;
                Ok(Real::narrow(value))
            }
        }
    };
    (Complex, $kind:ident, $rust:ty, $name:literal) => {
        impl Element for $rust {
            fn to_scalar(self) -> Scalar {
                Scalar::Complex(Real::widen(self.re), Real::widen(self.im))
            }
            fn from_scalar(scalar: Scalar) -> PyResult<$rust> {
                let (re, im) = match scalar {
                    Scalar::Complex(re, im) => (re, im),
                    real => (to_float(real)?, 0.0),
                };
                report_overflow(scalar, Kind::$kind)?;
                Ok(Complex::new(Real::narrow(re), Real::narrow(im)))
            }
        }
    };
}
metes_dtype::for_each_kind!(dispatch);

trait Real: Copy {
    fn widen(self) -> f64;
    fn narrow(value: f64) -> Self;
}

/// That a finite number is beyond the ends of a kind of floats is reported as `errstate` says.
#[inline]
fn report_overflow(scalar: Scalar, kind: Kind) -> PyResult<()> {
    if !scalar.overflows(kind) {
        return Ok(());
    }
    Python::attach(|py| crate::eval::report(py, "cast", metes_kernels::OVERFLOW))
}

impl Real for f16 {
    fn widen(self) -> f64 {
        self.to_f64()
    }
    fn narrow(value: f64) -> f16 {
        f16::from_f32(metes_dtype::for_half(value))
    }
}

impl Real for f32 {
    fn widen(self) -> f64 {
        f64::from(self)
    }
    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

impl Real for f64 {
    fn widen(self) -> f64 {
        self
    }
    fn narrow(value: f64) -> f64 {
        value
    }
}

fn to_integer(scalar: Scalar) -> PyResult<i128> {
    match scalar {
        Scalar::Bool(value) => Ok(i128::from(value)),
        Scalar::Int(value) => Ok(value),
        Scalar::Float(value) if value.is_nan() => Err(PyValueError::new_err("cannot convert float NaN to integer")),
        Scalar::Float(value) if value.is_infinite() => {
            Err(PyOverflowError::new_err("cannot convert float infinity to integer"))
        }
        Scalar::Float(value) => Ok(value as i128),
        Scalar::Complex(..) => Err(PyTypeError::new_err("int() argument must be a real number, not 'complex'")),
    }
}

fn to_float(scalar: Scalar) -> PyResult<f64> {
    match scalar {
        Scalar::Bool(value) => Ok(f64::from(u8::from(value))),
        Scalar::Int(value) => Ok(value as f64),
        Scalar::Float(value) => Ok(value),
        Scalar::Complex(..) => Err(PyTypeError::new_err("float() argument must be a real number, not 'complex'")),
    }
}

/// The Python number that a scalar is.
pub(crate) fn scalar_object(py: Python<'_>, scalar: Scalar) -> PyResult<Bound<'_, PyAny>> {
    Ok(match scalar {
        Scalar::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
        Scalar::Int(value) => match i64::try_from(value) {
            Ok(value) => value.into_pyobject(py)?.into_any(),
            Err(_) => value.into_pyobject(py)?.into_any(),
        },
        Scalar::Float(value) => PyFloat::new(py, value).into_any(),
        Scalar::Complex(re, im) => PyComplex::from_doubles(py, re, im).into_any(),
    })
}

/// The Python `bool`, `int`, `float` or `complex` that `object` is; subclasses are not, so NumPy's `float64` is not.
///
/// Raises `OverflowError` for integers that no integer dtype holds.
#[inline]
pub(crate) fn weak_scalar(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if object.is_exact_instance_of::<PyFloat>() {
        // SAFETY: the object is a live float.
        return Ok(Some(Scalar::Float(unsafe { ffi::PyFloat_AsDouble(object.as_ptr()) })));
    }
    if object.is_exact_instance_of::<PyInt>() {
        return integer(object).map(Some);
    }
    if object.is_exact_instance_of::<PyBool>() {
        return Ok(Some(Scalar::Bool(object.is_truthy()?)));
    }
    if let Ok(value) = object.cast_exact::<PyComplex>() {
        return Ok(Some(Scalar::Complex(value.real(), value.imag())));
    }
    Ok(None)
}

fn integer(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    let mut overflow = 0;
    // SAFETY: the object is a live int.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
    if overflow == 0 {
        return Ok(Scalar::Int(i128::from(value)));
    }
    let value = object.extract::<i128>().map_err(|_| {
        PyOverflowError::new_err("Python int too large: no integer dtype of metes holds it; use floats")
    })?;
    Ok(Scalar::Int(value))
}

struct Fits(Scalar);

impl WithElement for Fits {
    type Output = PyResult<()>;
    fn run<T: Element>(self) -> PyResult<()> {
        T::from_scalar(self.0).map(|_| ())
    }
}

struct Store(Scalar, *mut u8);

impl WithElement for Store {
    type Output = PyResult<()>;
    #[inline]
    fn run<T: Element>(self) -> PyResult<()> {
        let value = T::from_scalar(self.0)?;
        // SAFETY: the promise that `store` asks for.
        unsafe { self.1.cast::<T>().write_unaligned(value) };
        Ok(())
    }
}

/// Writes a Python number as an element, or says why it cannot be one, as [`check_fits`].
///
/// # Safety
/// An element of `dtype` may be written at `place`.
#[inline]
pub(crate) unsafe fn store(scalar: Scalar, dtype: DType, place: *mut u8) -> PyResult<()> {
    match dtype.number() {
        Some(kind) => with_kind(kind, Store(scalar, place)),
        // SAFETY: the caller's promise.
        None => check_fits(scalar, dtype).map(|()| unsafe { scalar.write(dtype, place) }),
    }
}

/// Whether a Python number can be an element of `dtype`; the error that NumPy raises where it cannot.
pub(crate) fn check_fits(scalar: Scalar, dtype: DType) -> PyResult<()> {
    match dtype.any_number() {
        Some(kind) => with_kind(kind, Fits(scalar)),
        None => scalar.check(dtype).or_raise(),
    }
}

/// A new C-contiguous array whose elements `fill` writes: it gets a place for each and must fill them all.
pub(crate) fn new_filled<T: Element>(
    shape: &[usize],
    dtype: DType,
    op: &'static str,
    fill: impl FnOnce(&mut [MaybeUninit<T>]) -> PyResult<()>,
) -> PyResult<Array> {
    assert_eq!(size_of::<T>(), dtype.size());
    let array = Array::empty(shape, dtype, op).or_raise()?;
    // SAFETY: a fresh array is C-contiguous, aligned for its kind and ours alone.
    let places = unsafe { std::slice::from_raw_parts_mut(array.as_ptr().cast::<MaybeUninit<T>>(), array.size()) };
    fill(places)?;
    Ok(array)
}

struct Each<'a, F>(&'a Array, Option<usize>, F);

impl<F: FnMut(Scalar) -> PyResult<()>> WithElement for Each<'_, F> {
    type Output = PyResult<()>;
    fn run<T: Element>(mut self) -> PyResult<()> {
        let (array, edge) = (self.0, self.1);
        let mut visit = |value: T| (self.2)(value.to_scalar());
        walk(array.as_ptr(), array.shape(), array.strides(), edge.unwrap_or(usize::MAX), &mut visit)
    }
}

/// Calls `visit` with every element in C order.
pub(crate) fn each_scalar(array: &Array, visit: impl FnMut(Scalar) -> PyResult<()>) -> PyResult<()> {
    each_edge(array, None, visit)
}

/// As [`each_scalar`], but of axes longer than `2 * edge` only the first and last `edge` elements.
pub(crate) fn each_edge(array: &Array, edge: Option<usize>, visit: impl FnMut(Scalar) -> PyResult<()>) -> PyResult<()> {
    if array.size() == 0 {
        return Ok(());
    }
    let array = &native(array)?;
    let kind = number(array.dtype(), "reading elements").or_raise()?;
    let _held = reading(array)?;
    with_kind(kind, Each(array, edge, visit))
}

fn walk<T: Element>(
    at: *mut u8,
    shape: &[usize],
    strides: &[isize],
    edge: usize,
    visit: &mut impl FnMut(T) -> PyResult<()>,
) -> PyResult<()> {
    let Some((n, shape)) = shape.split_first() else {
        // SAFETY: an array's layout keeps every element within its buffer.
        return visit(unsafe { T::read(at) });
    };
    let middle = if *n > edge.saturating_mul(2) { edge..*n - edge } else { *n..*n };
    (0..middle.start)
        .chain(middle.end..*n)
        .try_for_each(|i| walk(at.wrapping_offset(i as isize * strides[0]), shape, &strides[1..], edge, visit))
}

struct Nested<'a, 'py>(&'a Array, *mut u8, Python<'py>);

impl<'py> WithElement for Nested<'_, 'py> {
    type Output = PyResult<Bound<'py, PyAny>>;
    fn run<T: Element>(self) -> PyResult<Bound<'py, PyAny>> {
        nest::<T>(self.2, self.1, self.0.shape(), self.0.strides())
    }
}

/// The elements as nested lists of Python numbers; a number where there are no axes.
pub(crate) fn to_list<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    let mut room = [const { MaybeUninit::<u128>::uninit() }; FEW / 16];
    if let Some(kind) = array.dtype().number()
        && let Some(at) = set_aside(array, &mut room)
    {
        return with_kind(kind, Nested(array, at, py));
    }
    let array = &native(array)?;
    let Some(kind) = array.dtype().number() else { return crate::objects::to_list(py, array) };
    let _held = reading(array)?;
    with_kind(kind, Nested(array, array.as_ptr(), py))
}

/// Bytes that are rather set aside than held while objects are made of them, which may run any code.
const FEW: usize = 1024;

/// Copies the few bytes of dense elements, and returns where they are.
#[inline]
fn set_aside(array: &Array, room: &mut [MaybeUninit<u128>; FEW / 16]) -> Option<*mut u8> {
    if array.nbytes() > FEW || !array.is_c_contiguous() {
        return None;
    }
    let _held = array.buffer().brief(Access::Read)?;
    let at = room.as_mut_ptr().cast::<u8>();
    // SAFETY: as many bytes as there is room for, dense, and held.
    unsafe { std::ptr::copy_nonoverlapping(array.as_ptr().cast_const(), at, array.nbytes()) };
    Some(at)
}

/// Numbers in native byte order: a copy of those in the other.
pub(crate) fn native(array: &Array) -> PyResult<Array> {
    match array.dtype().form() {
        Form::Swapped(kind) => metes_eval::astype(array, kind.into(), Order::K, Casting::Equiv, false).or_raise(),
        _ => Ok(array.clone()),
    }
}

/// A new array's numbers in the other byte order, where they lie, if `dtype` is in that.
pub(crate) fn in_order_of(made: Array, dtype: Option<DType>) -> PyResult<Array> {
    let Some(swapped) = dtype.filter(|dtype| dtype.is_swapped() == Some(true)) else { return Ok(made) };
    let view = made.view(swapped).or_raise()?;
    metes_eval::assign(&view, &Operand::Array(made), Casting::Equiv, None).or_raise()?;
    Ok(view)
}

/// Keeps writers away from an array's elements, and makes sure that they are still there.
fn reading(array: &Array) -> PyResult<Guards> {
    Buffer::guard(&[(array.buffer(), array.extent(), Access::Read)], "reading elements").or_raise()
}

fn nest<'py, T: Element>(
    py: Python<'py>,
    at: *mut u8,
    shape: &[usize],
    strides: &[isize],
) -> PyResult<Bound<'py, PyAny>> {
    let Some((n, shape)) = shape.split_first() else {
        // SAFETY: an array's layout keeps every element within its buffer.
        return scalar_object(py, unsafe { T::read(at) }.to_scalar());
    };
    // SAFETY: attached; a new list of empty places, which nobody sees before all are filled, or null.
    let list = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyList_New(*n as ffi::Py_ssize_t))? };
    for i in 0..*n {
        let item = nest::<T>(py, at.wrapping_offset(i as isize * strides[0]), shape, &strides[1..])?;
        // SAFETY: the list has this place, and takes the reference.
        unsafe { ffi::PyList_SetItem(list.as_ptr(), i as ffi::Py_ssize_t, item.into_ptr()) };
    }
    Ok(list)
}
