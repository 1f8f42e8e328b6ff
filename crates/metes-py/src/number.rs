//! Operators: arithmetic, bits, comparisons, conversions to Python's numbers.
//!
//! Either operand may be the array; the other may be a Python number (without dtype of its own), anything that shares its
//! bytes (NumPy's arrays and scalars) or nested sequences. For anything else Python is told to ask the other operand.

use crate::direct;
use crate::element::{scalar_object, weak_scalar};
use crate::errors::OrRaise;
use crate::eval::{self, Operand, Options, Row};
use crate::fastcall::trap;
use crate::object::{array_of, from_array, number, slot, target, target_ref, this};
use metes_array::{Array, Scalar};
use metes_dtype::{Category, Kind};
use metes_kernels::Ufunc;
use metes_linalg::ProductOptions;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString, PyTuple, PyType};
use std::ffi::{c_int, c_void};
use std::ptr;

/// Each operator: its slot, the slot of its in-place form, and the row of the table of ufuncs.
macro_rules! binary_operators {
    ($slots:ident: $(($plain:ident, $in_place:ident, $row:literal))*) => {
        $($slots.push(slot(ffi::$plain, {
            static ROW: Row<Ufunc> = Row::ufunc($row);
            unsafe extern "C" fn call(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
                // SAFETY: CPython passes live objects.
                unsafe { binary(a, b, &ROW) }
            }
            call as *mut c_void
        }));
        $slots.push(slot(ffi::$in_place, {
            static ROW: Row<Ufunc> = Row::ufunc($row);
            unsafe extern "C" fn call(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
                // SAFETY: CPython passes live objects.
                unsafe { in_place(a, b, &ROW) }
            }
            call as *mut c_void
        }));)*
    };
}

/// Each unary operator: its slot and the row of the table of ufuncs.
macro_rules! unary_operators {
    ($slots:ident: $(($plain:ident, $row:literal))*) => {
        $($slots.push(slot(ffi::$plain, {
            static ROW: Row<Ufunc> = Row::ufunc($row);
            unsafe extern "C" fn call(a: *mut ffi::PyObject) -> *mut ffi::PyObject {
                // SAFETY: CPython passes a live object.
                unsafe { unary(a, &ROW) }
            }
            call as *mut c_void
        }));)*
    };
}

/// The slots of numbers and comparisons.
pub(crate) fn slots() -> Vec<ffi::PyType_Slot> {
    let mut slots = vec![
        slot(ffi::Py_nb_power, power as *mut c_void),
        slot(ffi::Py_nb_inplace_power, power_in_place as *mut c_void),
        slot(ffi::Py_nb_divmod, divmod as *mut c_void),
        slot(ffi::Py_nb_matrix_multiply, matmul as *mut c_void),
        slot(ffi::Py_nb_inplace_matrix_multiply, matmul_in_place as *mut c_void),
        slot(ffi::Py_nb_bool, truth as *mut c_void),
        slot(ffi::Py_nb_int, int as *mut c_void),
        slot(ffi::Py_nb_float, float as *mut c_void),
        slot(ffi::Py_nb_index, index as *mut c_void),
        slot(ffi::Py_tp_richcompare, compare as *mut c_void),
    ];
    binary_operators! { slots:
        (Py_nb_add, Py_nb_inplace_add, "add")
        (Py_nb_subtract, Py_nb_inplace_subtract, "subtract")
        (Py_nb_multiply, Py_nb_inplace_multiply, "multiply")
        (Py_nb_true_divide, Py_nb_inplace_true_divide, "divide")
        (Py_nb_floor_divide, Py_nb_inplace_floor_divide, "floor_divide")
        (Py_nb_remainder, Py_nb_inplace_remainder, "remainder")
        (Py_nb_and, Py_nb_inplace_and, "bitwise_and")
        (Py_nb_or, Py_nb_inplace_or, "bitwise_or")
        (Py_nb_xor, Py_nb_inplace_xor, "bitwise_xor")
        (Py_nb_lshift, Py_nb_inplace_lshift, "left_shift")
        (Py_nb_rshift, Py_nb_inplace_rshift, "right_shift")
    }
    unary_operators! { slots:
        (Py_nb_negative, "negative")
        (Py_nb_positive, "positive")
        (Py_nb_absolute, "absolute")
        (Py_nb_invert, "invert")
    }
    slots
}

fn not_implemented(py: Python<'_>) -> *mut ffi::PyObject {
    py.NotImplemented().into_ptr()
}

/// Both operands, or `None` where one is nothing that arrays can be computed with.
fn operands(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<Option<[Operand; 2]>> {
    let Some(first) = operand(a, b)? else { return Ok(None) };
    Ok(operand(b, a)?.map(|second| [first, second]))
}

/// What an object is beside another: text, records and counts of time are arrays beside arrays of their sort.
fn operand(object: &Bound<'_, PyAny>, beside: &Bound<'_, PyAny>) -> PyResult<Option<Operand>> {
    if let Some(other) = crate::object::array_of(beside).map(metes_array::Array::dtype)
        && other.number().is_none()
    {
        let alike = |own: metes_dtype::DType| {
            own.kind_char() == other.kind_char() || own.time().is_some() && other.time().is_some()
        };
        let text = crate::objects::text_dtype(object)?.is_some_and(alike);
        let record = other.record().is_some() && object.is_instance_of::<pyo3::types::PyTuple>();
        if text || record {
            let wanted = if record { Some(other) } else { None };
            return crate::convert::to_array(object, wanted).map(|array| Some(Operand::Array(array)));
        }
    }
    eval::to_operand(object)
}

/// # Safety
/// Both objects are live, the thread is attached.
unsafe fn binary(a: *mut ffi::PyObject, b: *mut ffi::PyObject, row: &Row<Ufunc>) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        if let Some(result) = direct::apply(py, row.find()?, &[a, b])? {
            return Ok(result.into_ptr());
        }
        let Some(inputs) = operands(a, b)? else { return Ok(not_implemented(py)) };
        let result = eval::apply(py, row.find()?, &inputs)?;
        Ok(from_array(py, result, None).into_ptr())
    })
}

/// # Safety
/// Both objects are live, the thread is attached.
unsafe fn in_place(a: *mut ffi::PyObject, b: *mut ffi::PyObject, row: &Row<Ufunc>) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        let into = target_ref(a, "output array is read-only")?;
        if direct::apply_to(py, row.find()?, &[a, b], into)? {
            return Ok(a.clone().into_ptr());
        }
        let Some(other) = operand(b, a)? else { return Ok(not_implemented(py)) };
        let mut options = Options::default();
        options.out.push(Some(into.clone()));
        eval::apply_with(py, row.find()?, &[Operand::Array(into.clone()), other], &options)?;
        Ok(a.clone().into_ptr())
    })
}

/// # Safety
/// The object is live, the thread is attached.
unsafe fn unary(a: *mut ffi::PyObject, row: &Row<Ufunc>) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: the caller's promise.
        let a = unsafe { Bound::ref_from_ptr(py, &a) };
        if let Some(result) = direct::apply(py, row.find()?, &[a])? {
            return Ok(result.into_ptr());
        }
        let result = eval::apply(py, row.find()?, &[Operand::Array(this(a)?.clone())])?;
        Ok(from_array(py, result, None).into_ptr())
    })
}

static POWER: Row<Ufunc> = Row::ufunc("power");

unsafe extern "C" fn power(
    a: *mut ffi::PyObject,
    b: *mut ffi::PyObject,
    modulus: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython passes live objects; the modulus is `None` unless `pow` got one.
    unsafe {
        if modulus == ffi::Py_None() {
            binary(a, b, &POWER)
        } else {
            Python::assume_attached().NotImplemented().into_ptr()
        }
    }
}

unsafe extern "C" fn power_in_place(
    a: *mut ffi::PyObject,
    b: *mut ffi::PyObject,
    _modulus: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython passes live objects.
    unsafe { in_place(a, b, &POWER) }
}

unsafe extern "C" fn divmod(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    static ROW: Row<Ufunc> = Row::ufunc("divmod");
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes live objects.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        let Some(inputs) = operands(a, b)? else { return Ok(not_implemented(py)) };
        let pair = eval::apply_with(py, ROW.find()?, &inputs, &Options::default())?;
        let pair = pair.into_iter().map(|result| from_array(py, result, None)).collect::<Vec<_>>();
        Ok(PyTuple::new(py, pair)?.into_any().into_ptr())
    })
}

/// The operands of `@` as arrays; `None` where one is nothing that arrays can be computed with.
fn factors(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<Option<[Array; 2]>> {
    let number = || PyValueError::new_err("matmul: a number is no matrix; use * to scale");
    let array = |operand: Operand| match operand {
        Operand::Array(array) => Ok(array),
        Operand::Weak(_) => Err(number()),
    };
    let Some([a, b]) = operands(a, b)? else { return Ok(None) };
    Ok(Some([array(a)?, array(b)?]))
}

unsafe extern "C" fn matmul(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes live objects.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        if let Some(made) = direct::product(a, b, metes_linalg::dot_direct, "matmul")? {
            return Ok(made.into_ptr());
        }
        let Some([a, b]) = factors(a, b)? else { return Ok(not_implemented(py)) };
        let options = ProductOptions::default();
        let made = eval::heavy(py, a.nbytes() + b.nbytes(), || metes_linalg::matmul(&a, &b, &options)).or_raise()?;
        Ok(from_array(py, made, None).into_ptr())
    })
}

unsafe extern "C" fn matmul_in_place(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes live objects.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        let into = target(a, "output array is read-only")?;
        let Some([first, second]) = factors(a, b)? else { return Ok(not_implemented(py)) };
        if first.ndim() < 1 || second.ndim() < 2 {
            let text = "inplace matrix multiplication requires the first operand to have at least one and the second at \
                        least two dimensions.";
            return Err(PyValueError::new_err(text));
        }
        let options = ProductOptions { out: Some(into), ..Default::default() };
        let bytes = first.nbytes() + second.nbytes();
        eval::heavy(py, bytes, || metes_linalg::matmul(&first, &second, &options)).or_raise()?;
        Ok(a.clone().into_ptr())
    })
}

/// The rows of the comparisons, by Python's number of the operator.
static COMPARISONS: [Row<Ufunc>; 6] = [
    Row::ufunc("less"),
    Row::ufunc("less_equal"),
    Row::ufunc("equal"),
    Row::ufunc("not_equal"),
    Row::ufunc("greater"),
    Row::ufunc("greater_equal"),
];

/// Whether a ufunc compares, so that integers beyond all dtypes have an answer.
pub(crate) fn compares(row: &Ufunc) -> bool {
    COMPARISONS.iter().any(|known| known.find().is_ok_and(|known| std::ptr::eq(known, row)))
}

unsafe extern "C" fn compare(a: *mut ffi::PyObject, b: *mut ffi::PyObject, operator: c_int) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes live objects and an operator from 0 to 5.
        let (a, b) = unsafe { (Bound::ref_from_ptr(py, &a), Bound::ref_from_ptr(py, &b)) };
        let row = COMPARISONS[operator as usize].find()?;
        // What is wrong with an operand is said below.
        if let Ok(Some(result)) = direct::apply(py, row, &[a, b]) {
            return Ok(result.into_ptr());
        }
        let inputs = match operands(a, b) {
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => operands(&rounded(a)?, &rounded(b)?)?,
            inputs => inputs?,
        };
        let result = match inputs {
            Some(inputs) => match eval::apply(py, row, &inputs) {
                Ok(result) => result,
                Err(error) => never_equal(row, &inputs, &error, py)?.ok_or(error)?,
            },
            None => match unlike(a, b, row)? {
                Some(result) => result,
                None => return Ok(not_implemented(py)),
            },
        };
        Ok(from_array(py, result, None).into_ptr())
    })
}

/// Elements compared for equality with what none of them is, `None` or text: each differs from it.
fn unlike(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>, row: &Ufunc) -> PyResult<Option<Array>> {
    let beside = b.is_none() || b.is_instance_of::<PyString>() || b.is_instance_of::<PyBytes>();
    let array = array_of(a).filter(|_| beside && is_equality(row));
    array.map(|array| all_differ(row, array.shape())).transpose()
}

/// What `==` and `!=` say where dtypes that have nothing in common are an error otherwise: each element differs.
#[cold]
fn never_equal(row: &Ufunc, inputs: &[Operand; 2], error: &PyErr, py: Python<'_>) -> PyResult<Option<Array>> {
    let other = |operand: &Operand| matches!(operand, Operand::Array(array) if array.dtype().any_number().is_none());
    let record = |operand: &Operand| matches!(operand, Operand::Array(array) if array.dtype().record().is_some());
    let unlike = error.is_instance_of::<PyTypeError>(py) && inputs.iter().any(other) && !inputs.iter().all(record);
    if !unlike || !is_equality(row) {
        return Ok(None);
    }
    let [a, b] = inputs.each_ref().map(|operand| match operand {
        Operand::Array(array) => array.shape(),
        Operand::Weak(_) => &[],
    });
    all_differ(row, &metes_array::broadcast_shapes(&[a, b]).or_raise()?).map(Some)
}

fn is_equality(row: &Ufunc) -> bool {
    matches!(row.name, "equal" | "not_equal")
}

/// The answer of `==` or `!=` for elements that are never equal.
fn all_differ(row: &Ufunc, shape: &[usize]) -> PyResult<Array> {
    Array::full(shape, Scalar::Bool(row.name == "not_equal"), Kind::Bool.into()).or_raise()
}

/// An integer beyond all dtypes as the nearest float, which compares with all their values as it does.
#[cold]
pub(crate) fn rounded<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if !object.is_exact_instance_of::<PyInt>() {
        return Ok(object.clone());
    }
    match object.call_method0("__float__") {
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            let end = if object.lt(0)? { f64::NEG_INFINITY } else { f64::INFINITY };
            Ok(PyFloat::new(object.py(), end).into_any())
        }
        float => float,
    }
}

unsafe extern "C" fn truth(slf: *mut ffi::PyObject) -> c_int {
    trap(-1, |py| {
        // SAFETY: `slf` is live during the call.
        let slf = unsafe { Bound::ref_from_ptr(py, &slf) };
        if let Some((_, value)) = number(slf) {
            return Ok(c_int::from(value.is_true()));
        }
        let array = this(slf)?;
        match array.size() {
            1 => eval::truth(array).map(c_int::from),
            0 => Err(PyValueError::new_err(
                "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.",
            )),
            _ => Err(PyValueError::new_err(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
            )),
        }
    })
}

fn lone(array: &Array) -> PyResult<Scalar> {
    if array.ndim() > 0 {
        return Err(PyTypeError::new_err("only 0-dimensional arrays can be converted to Python scalars"));
    }
    array.item(&[]).or_raise()
}

/// A slot that converts the only element to a Python number.
fn converted(
    slf: *mut ffi::PyObject,
    class: fn(Python<'_>) -> Bound<'_, PyType>,
    convert: fn(Python<'_>, Scalar) -> PyResult<Bound<'_, PyAny>>,
) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes a live object.
        let slf = unsafe { Bound::ref_from_ptr(py, &slf) };
        if number(slf).is_none()
            && let array = this(slf)?
            && array.ndim() == 0
            && matches!(array.dtype().kind_char(), 'S' | 'U')
        {
            return Ok(class(py).call1((crate::objects::item(py, array, &[])?,))?.into_ptr());
        }
        let value = match number(slf) {
            Some((_, value)) => value,
            None => lone(this(slf)?)?,
        };
        Ok(convert(py, value)?.into_ptr())
    })
}

unsafe extern "C" fn int(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    converted(
        slf,
        |py| py.get_type::<PyInt>(),
        |py, value| match value {
            // SAFETY: the thread is attached; NaN and infinities give null with the error set.
            Scalar::Float(value) => unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromDouble(value)) },
            Scalar::Bool(value) => scalar_object(py, Scalar::Int(i128::from(value))),
            Scalar::Int(_) => scalar_object(py, value),
            Scalar::Complex(..) => Err(PyTypeError::new_err("int() argument must be a real number, not 'complex'")),
        },
    )
}

unsafe extern "C" fn float(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    converted(
        slf,
        |py| py.get_type::<PyFloat>(),
        |py, value| match value {
            Scalar::Complex(..) => Err(PyTypeError::new_err("float() argument must be a real number, not 'complex'")),
            Scalar::Float(value) => Ok(PyFloat::new(py, value).into_any()),
            Scalar::Int(value) => Ok(PyFloat::new(py, value as f64).into_any()),
            Scalar::Bool(value) => Ok(PyFloat::new(py, f64::from(u8::from(value))).into_any()),
        },
    )
}

unsafe extern "C" fn index(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let slf = unsafe { Bound::ref_from_ptr(py, &slf) };
        if let Some((kind, value)) = number(slf)
            && matches!(kind.category(), Category::Signed | Category::Unsigned)
        {
            return Ok(scalar_object(py, value)?.into_ptr());
        }
        let array = this(slf)?;
        let whole = matches!(array.dtype().category(), Category::Signed | Category::Unsigned);
        if array.ndim() > 0 || !whole {
            return Err(PyTypeError::new_err("only integer scalar arrays can be converted to a scalar index"));
        }
        Ok(scalar_object(py, lone(array)?)?.into_ptr())
    })
}

/// `__complex__`, which has no slot.
pub(crate) fn complex<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let value = scalar_object(array.py(), lone(this(array)?)?)?;
    array.py().get_type::<pyo3::types::PyComplex>().call1((value,))
}

/// The number that an argument is: a Python number, or an array or NumPy scalar of one element.
pub(crate) fn to_scalar(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    match weak_scalar(object)? {
        Some(scalar) => Ok(scalar),
        None => lone(&crate::convert::to_array(object, None)?),
    }
}
