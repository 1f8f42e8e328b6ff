//! `a[key]`, `a[key] = value`, `len`, `iter` and `in`: integers, slices, `None` and `...` make views; keys with masks and
//! integer arrays go to [`crate::fancy`].

use crate::convert::existing;
use crate::direct;
use crate::element::{store, weak_scalar};
use crate::errors::OrRaise;
use crate::eval;
use crate::fancy;
use crate::fastcall::trap;
use crate::iterate;
use crate::object::{self, array_of, make, make_view, slot, target_ref, this};
use metes_array::{Array, Cut, Index, IndexItem, Order};
use metes_dtype::{Casting, Category, Kind};
use metes_eval::Borrowed;
use metes_memory::Access;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyFloat, PyInt, PyList, PySlice, PyTuple};
use smallvec::SmallVec;
use std::ffi::{c_int, c_void};
use std::ptr;

/// What stands between the brackets.
pub(crate) enum Key {
    /// Makes a view.
    Basic(SmallVec<[Index; 4]>),
    /// Selects by arrays.
    Fancy(Vec<IndexItem>),
}

/// The slots of mappings and sequences.
pub(crate) fn slots() -> Vec<ffi::PyType_Slot> {
    vec![
        slot(ffi::Py_mp_length, length as *mut c_void),
        slot(ffi::Py_mp_subscript, subscript as *mut c_void),
        slot(ffi::Py_mp_ass_subscript, assign as *mut c_void),
        slot(ffi::Py_sq_length, length as *mut c_void),
        slot(ffi::Py_sq_item, item as *mut c_void),
        slot(ffi::Py_sq_contains, contains as *mut c_void),
        slot(ffi::Py_tp_iter, iter as *mut c_void),
    ]
}

unsafe extern "C" fn length(slf: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    trap(-1, |py| {
        // SAFETY: `slf` is live during the call.
        let array = this(unsafe { Bound::ref_from_ptr(py, &slf) })?;
        let fields = || array.dtype().record().map(|record| record.fields().len());
        let first = array.shape().first().copied().or_else(fields).map(|n| n as ffi::Py_ssize_t);
        first.ok_or_else(|| PyTypeError::new_err("len() of unsized object"))
    })
}

unsafe extern "C" fn subscript(slf: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: both are live during the call.
        let (slf, key) = unsafe { (Bound::ref_from_ptr(py, &slf), Bound::ref_from_ptr(py, &key)) };
        let array = this(slf)?;
        if let Some(part) = numbered(py, array, key)?.map_or_else(|| cut(slf, array, key), |one| Ok(Some(one)))? {
            return Ok(part.into_ptr());
        }
        if array.dtype().number().is_none()
            && let Some(result) = crate::records::get(slf, array, key)?
        {
            return Ok(result.into_ptr());
        }
        if let Some(index) = array_of(key)
            && let Some(result) = direct::pick(py, array, index, "index")?
        {
            return Ok(result.into_ptr());
        }
        if !key.is_exact_instance_of::<PyTuple>()
            && let Some(index) = basic(key)?
        {
            return one(py, slf, array, &index);
        }
        match parse(key)? {
            Key::Basic(index) if names_element(array, &index) => element(py, array, &index),
            Key::Basic(index) => several(slf, array, &index),
            Key::Fancy(items) => fancy::get(py, array, &items).map(Bound::into_ptr),
        }
    })
}

/// The most axes of [`numbered`].
const FEW: usize = 4;

/// The number that Python's own integers name, one for each of few axes; `None` where the key is something else.
#[inline]
fn numbered<'py>(py: Python<'py>, array: &Array, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if array.dtype().number().is_none() {
        return Ok(None);
    }
    let mut places = [0; FEW];
    match places_of(array, key, &mut places) {
        Some(places) => at(py, array, places),
        None => Ok(None),
    }
}

/// The places that Python's own integers name along each of few axes; `None` where the key is something else.
#[inline(always)]
fn places_of<'a>(array: &Array, key: &Bound<'_, PyAny>, places: &'a mut [isize; FEW]) -> Option<&'a [isize]> {
    let places = places.get_mut(..array.ndim())?;
    if let [place] = places
        && let Some(at) = exactly(key)
    {
        *place = at;
        return Some(places);
    }
    let tuple = key.cast_exact::<PyTuple>().ok().filter(|tuple| tuple.len() == places.len() && !places.is_empty())?;
    for (place, item) in places.iter_mut().zip(tuple.iter_borrowed()) {
        *place = exactly(&item)?;
    }
    Some(places)
}

/// The view that a tuple of slices and Python's own integers cuts from an array of few axes; `None` where the key is
/// something else.
#[inline]
fn cut<'py>(slf: &Bound<'py, PyAny>, array: &Array, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Ok(tuple) = key.cast_exact::<PyTuple>() else { return Ok(None) };
    let Some(mut cut) = Cut::of(array.layout()).filter(|_| array.dtype().number().is_some()) else { return Ok(None) };
    for item in tuple.iter_borrowed() {
        if !cut_one(&mut cut, &item)? {
            return Ok(None);
        }
    }
    if cut.is_element() {
        return Ok(None);
    }
    make_view(slf, |place| {
        *place = Some(array.cut(cut));
        Ok(true)
    })
}

#[inline]
fn cut_one(cut: &mut Cut<'_>, item: &Bound<'_, PyAny>) -> PyResult<bool> {
    if item.is_exact_instance_of::<PySlice>() {
        let [start, stop, step] = unpacked(item)?;
        return Ok(cut.slice(Some(start), Some(stop), Some(step)).is_some());
    }
    Ok(exactly(item).and_then(|at| cut.at(at)).is_some())
}

/// The element at a place along every axis.
#[inline]
fn at<'py>(py: Python<'py>, array: &Array, places: &[isize]) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(made) = object::element(py, array, places) {
        return Ok(Some(made));
    }
    make(py, |place| array.element(places, place).or_raise().map(|()| true))
}

/// Whether an index is an integer for every axis: it names an element, not a view. Of a record NumPy gives a view too, so
/// that its fields can be assigned.
#[inline]
fn names_element(array: &Array, index: &[Index]) -> bool {
    index.len() == array.ndim()
        && index.iter().all(|item| matches!(item, Index::At(_)))
        && array.dtype().record().is_none()
}

/// The element at an integer for every axis, as an array of its own: it keeps its value whatever is assigned later.
#[inline]
fn element(py: Python<'_>, array: &Array, index: &[Index]) -> PyResult<*mut ffi::PyObject> {
    if array.dtype().is_swapped() == Some(true) {
        let one = array.index(index).or_raise()?;
        let native = eval::astype(py, &one, one.dtype().native(), Order::K, Casting::Equiv, true)?;
        return Ok(object::from_array(py, native, None).into_ptr());
    }
    let place = |item: &Index| if let Index::At(at) = item { *at } else { 0 };
    let made = match index {
        [one] => at(py, array, &[place(one)]),
        several => at(py, array, &several.iter().map(place).collect::<SmallVec<[isize; FEW]>>()),
    };
    Ok(made?.map_or(ptr::null_mut(), Bound::into_ptr))
}

/// What one item names: a view, or an element.
#[inline]
fn one(py: Python<'_>, slf: &Bound<'_, PyAny>, array: &Array, item: &Index) -> PyResult<*mut ffi::PyObject> {
    if names_element(array, std::slice::from_ref(item)) {
        return element(py, array, std::slice::from_ref(item));
    }
    let view = make_view(slf, |place| array.index_one(item, place).or_raise().map(|()| true))?;
    Ok(view.map_or(ptr::null_mut(), Bound::into_ptr))
}

/// The view of several items' elements.
#[inline]
fn several(slf: &Bound<'_, PyAny>, array: &Array, items: &[Index]) -> PyResult<*mut ffi::PyObject> {
    let view = make_view(slf, |place| {
        *place = Some(array.index(items).or_raise()?);
        Ok(true)
    })?;
    Ok(view.map_or(ptr::null_mut(), Bound::into_ptr))
}

unsafe extern "C" fn item(slf: *mut ffi::PyObject, index: ffi::Py_ssize_t) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        part(py, unsafe { Bound::ref_from_ptr(py, &slf) }, index)
    })
}

/// The part at an integer along the first axis.
#[inline]
pub(crate) fn part(py: Python<'_>, slf: &Bound<'_, PyAny>, index: isize) -> PyResult<*mut ffi::PyObject> {
    let array = this(slf)?;
    if let Some(element) = object::element(py, array, &[index]) {
        return Ok(element.into_ptr());
    }
    if array.dtype().number().is_none()
        && let Some(result) = crate::records::at(slf, array, index)?
    {
        return Ok(result.into_ptr());
    }
    one(py, slf, array, &Index::At(index))
}

/// How many parts there are along the first axis; of a record without axes, how many fields.
#[inline]
pub(crate) fn parts_of(array: &Array) -> usize {
    let fields = || array.dtype().record().map_or(0, |record| record.fields().len());
    array.shape().first().copied().unwrap_or_else(fields)
}

unsafe extern "C" fn iter(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let slf = unsafe { Bound::ref_from_ptr(py, &slf) };
        let array = this(slf)?;
        if array.ndim() == 0 && array.dtype().record().is_none() {
            return Err(PyTypeError::new_err("iteration over a 0-d array"));
        }
        Ok(iterate::over(slf))
    })
}

unsafe extern "C" fn contains(slf: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    trap(-1, |py| {
        // SAFETY: both are live during the call.
        let (slf, value) = unsafe { (Bound::ref_from_ptr(py, &slf), Bound::ref_from_ptr(py, &value)) };
        let value = match eval::to_operand(value)? {
            Some(value) => value,
            None if value.is_none() => return Ok(0),
            None => eval::Operand::Array(crate::convert::to_array(value, None)?),
        };
        let operands = [eval::Operand::Array(this(slf)?.clone()), value];
        let equal = match eval::apply(py, eval::ufunc("equal")?, &operands) {
            // What cannot be compared is not equal.
            Err(error) if error.is_instance_of::<PyTypeError>(py) => return Ok(0),
            found => found?,
        };
        let any = eval::reduce(py, eval::reduction("any")?, &equal, &eval::ReduceOptions::default())?;
        Ok(c_int::from(eval::truth(&any)?))
    })
}

unsafe extern "C" fn assign(slf: *mut ffi::PyObject, key: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    trap(-1, |py| {
        if value.is_null() {
            return Err(PyValueError::new_err("cannot delete array elements"));
        }
        // SAFETY: all are live during the call.
        let (slf, key, value) =
            unsafe { (Bound::ref_from_ptr(py, &slf), Bound::ref_from_ptr(py, &key), Bound::ref_from_ptr(py, &value)) };
        let array = target_ref(slf, "assignment destination is read-only")?;
        if set_number(array, key, value)? || set_view(py, array, key, value)? {
            return Ok(0);
        }
        if let Some(field) = crate::records::fields(array, key)? {
            let value = fancy::value_for(&field, value)?;
            eval::assign(py, &field, &value, None)?;
            return Ok(0);
        }
        let key = parse(key)?;
        let value = fancy::value_for(array, value)?;
        match key {
            Key::Basic(index) => eval::assign(py, &array.index(&index).or_raise()?, &value, None)?,
            Key::Fancy(items) => fancy::set(py, array, &items, &value)?,
        }
        Ok(0)
    })
}

/// `a[i, j] = number`, without a view; says whether it was that. What is wrong with the index or the number is said here or
/// by the general way, in the same words.
#[inline]
fn set_number(array: &Array, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut places = [0; FEW];
    let Some(places) = places_of(array, key, &mut places) else { return Ok(false) };
    if let Some((kind, bits)) = native_bits(value) {
        if array.set_bits(places, kind, &bits) {
            return Ok(true);
        }
    } else if let Some((kind, bits)) = object::bits(value) {
        return Ok(array.set_bits(places, kind, bits));
    }
    let there = |(&at, &len): (&isize, &usize)| (-(len as isize)..len as isize).contains(&at);
    if !places.iter().zip(array.shape()).all(there) {
        return Ok(false);
    }
    let Some(value) = weak_scalar(value)? else { return Ok(false) };
    if !array.is_writeable() || array.dtype().any_number().is_none() {
        return Ok(false);
    }
    // SAFETY: the place is an element of this array, held for writing.
    let put = |place| unsafe { store(value, array.dtype(), place) };
    array.with_element(places, Access::Write, "assignment", put).or_raise()??;
    Ok(true)
}

/// The bytes of a Python number that an element of its own kind has too.
#[inline]
fn native_bits(value: &Bound<'_, PyAny>) -> Option<(Kind, [u8; 16])> {
    let (kind, word) = if value.is_exact_instance_of::<PyFloat>() {
        // SAFETY: an exact float is read as it is.
        (Kind::F64, unsafe { ffi::PyFloat_AsDouble(value.as_ptr()) }.to_ne_bytes())
    } else {
        (Kind::I64, (exactly(value)? as i64).to_ne_bytes())
    };
    let mut bits = [0; 16];
    bits[..8].copy_from_slice(&word);
    Some((kind, bits))
}

/// `a[key] = value` of few elements, without a view as an object; says whether it was that.
#[inline]
fn set_view(py: Python<'_>, array: &Array, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if array.dtype().number().is_none() {
        return Ok(false);
    }
    if let Some(index) = array_of(key) {
        let Some(Borrowed::Weak(scalar)) = direct::operand(value) else {
            return Ok(false);
        };
        return Ok(metes_eval::fill_direct(array, index, scalar));
    }
    if !is_plain(key) {
        return Ok(false);
    }
    let Some(value) = direct::operand(value) else { return Ok(false) };
    let Ok(Key::Basic(index)) = parse(key) else { return Ok(false) };
    match array.index(&index) {
        Ok(view) => direct::assign(py, &view, &value),
        Err(_) => Ok(false),
    }
}

/// Whether a key is made of Python's own integers, slices, `None` and `...`, so that it may be looked at twice.
fn is_plain(key: &Bound<'_, PyAny>) -> bool {
    let one = |item: &Bound<'_, PyAny>| {
        item.is_exact_instance_of::<PySlice>()
            || item.is_exact_instance_of::<PyInt>()
            || item.is_none()
            || item.is_exact_instance_of::<PyEllipsis>()
    };
    one(key) || key.cast_exact::<PyTuple>().is_ok_and(|tuple| tuple.iter_borrowed().all(|item| one(&item)))
}

/// What a key means.
pub(crate) fn parse(key: &Bound<'_, PyAny>) -> PyResult<Key> {
    if let Ok(tuple) = key.cast_exact::<PyTuple>() {
        return parse_tuple(tuple);
    }
    if let Some(index) = basic(key)? {
        return Ok(Key::Basic(SmallVec::from_iter([index])));
    }
    Ok(Key::Fancy(vec![fancy::index_array(key)?.into()]))
}

fn parse_tuple(tuple: &Bound<'_, PyTuple>) -> PyResult<Key> {
    let mut index = SmallVec::new();
    for (at, item) in tuple.iter_borrowed().enumerate() {
        match basic(&item)? {
            Some(one) => index.push(one),
            None => return parse_fancy(tuple, at, index),
        }
    }
    Ok(Key::Basic(index))
}

/// The rest of a tuple from its first array on.
fn parse_fancy(tuple: &Bound<'_, PyTuple>, at: usize, before: SmallVec<[Index; 4]>) -> PyResult<Key> {
    let mut items: Vec<IndexItem> = before.into_iter().map(IndexItem::from).collect();
    for item in tuple.iter().skip(at) {
        items.push(match basic(&item)? {
            Some(one) => one.into(),
            None => fancy::index_array(&item)?.into(),
        });
    }
    Ok(Key::Fancy(items))
}

fn basic(item: &Bound<'_, PyAny>) -> PyResult<Option<Index>> {
    if item.is_exact_instance_of::<PyInt>() {
        return integer(item).map(|at| Some(Index::At(at)));
    }
    if item.is_exact_instance_of::<PySlice>() {
        return slice(item).map(Some);
    }
    if item.is_none() {
        return Ok(Some(Index::NewAxis));
    }
    if item.is_instance_of::<PyEllipsis>() {
        return Ok(Some(Index::Ellipsis));
    }
    if item.is_exact_instance_of::<PyBool>() || item.is_exact_instance_of::<PyList>() {
        return Ok(None);
    }
    if let Some((array, _)) = existing(item)? {
        let whole = matches!(array.dtype().category(), Category::Signed | Category::Unsigned);
        return if array.ndim() == 0 && whole { integer(item).map(|at| Some(Index::At(at))) } else { Ok(None) };
    }
    if item.hasattr("__index__")? { Ok(integer(item).ok().map(Index::At)) } else { Ok(None) }
}

/// The value of a Python `int` that is not too large.
#[inline]
pub(crate) fn exactly(item: &Bound<'_, PyAny>) -> Option<isize> {
    if !item.is_exact_instance_of::<PyInt>() {
        return None;
    }
    let mut overflow = 0;
    // SAFETY: the item is a live int.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(item.as_ptr(), &raw mut overflow) };
    if overflow == 0 { isize::try_from(value).ok() } else { None }
}

fn integer(item: &Bound<'_, PyAny>) -> PyResult<isize> {
    if let Some(value) = exactly(item) {
        return Ok(value);
    }
    // SAFETY: the item is live.
    let value = unsafe { ffi::PyNumber_AsSsize_t(item.as_ptr(), ffi::PyExc_IndexError) };
    if value == -1 && PyErr::occurred(item.py()) { Err(PyErr::fetch(item.py())) } else { Ok(value) }
}

fn slice(item: &Bound<'_, PyAny>) -> PyResult<Index> {
    let [start, stop, step] = unpacked(item)?;
    Ok(Index::Slice { start: Some(start), stop: Some(stop), step: Some(step) })
}

/// The bounds and the step of a slice.
#[inline]
fn unpacked(item: &Bound<'_, PyAny>) -> PyResult<[isize; 3]> {
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: the item is a live slice; the numbers are ours. Missing bounds come as the extreme numbers.
    match unsafe { ffi::PySlice_Unpack(item.as_ptr(), &raw mut start, &raw mut stop, &raw mut step) } {
        0 => Ok([start, stop, step]),
        _ => Err(PyErr::fetch(item.py())),
    }
}
