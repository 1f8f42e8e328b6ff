//! NumPy's array interface as a structure in a capsule: `__array_struct__`, both ways, for code in C.

use crate::dtype::dtype_object;
use crate::dtype_parse::by_name;
use crate::foreign::{Described, Kept, expose, show};
use crate::object::{this, writeable};
use metes_array::Array;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyType};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// The attribute's name.
const NAME: &str = "__array_struct__";

const ALIGNED: c_int = 0x100;
const NOT_SWAPPED: c_int = 0x200;
const WRITEABLE: c_int = 0x400;
const HAS_DESCRIPTION: c_int = 0x800;

/// `PyArrayInterface` of NumPy's C interface.
#[repr(C)]
struct Interface {
    two: c_int,
    ndim: c_int,
    kind: c_char,
    itemsize: c_int,
    flags: c_int,
    shape: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
    description: *mut ffi::PyObject,
}

/// What the capsule owns: the structure, and what its pointers show.
#[repr(C)]
struct Shown {
    interface: Interface,
    shape: Vec<isize>,
    strides: Vec<isize>,
    description: Option<Py<PyAny>>,
    _array: Array,
}

/// The attribute of an `Array`. The capsule shares the array's bytes.
pub(crate) fn export<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, array) = (object.py(), this(object)?);
    let dtype = array.dtype();
    if dtype.time().is_some() || !crate::interface::can_tell(dtype) {
        return Err(PyAttributeError::new_err(format!("{NAME} cannot tell elements of dtype {dtype}")));
    }
    expose(array)?;
    let description = match dtype.record() {
        Some(_) => Some(dtype_object(py, dtype)?.getattr("descr")?.unbind()),
        None => None,
    };
    let mut flags = c_int::from(array.is_c_contiguous()) | c_int::from(array.is_f_contiguous()) << 1;
    let facts = [
        (array.is_aligned(), ALIGNED),
        (dtype.is_native(), NOT_SWAPPED),
        (writeable(object), WRITEABLE),
        (description.is_some(), HAS_DESCRIPTION),
    ];
    facts.iter().filter(|(holds, _)| *holds).for_each(|(_, flag)| flags |= flag);
    let interface = Interface {
        two: 2,
        ndim: array.ndim() as c_int,
        kind: dtype.kind_char() as c_char,
        itemsize: dtype.size() as c_int,
        flags,
        shape: ptr::null_mut(),
        strides: ptr::null_mut(),
        data: array.as_ptr().cast(),
        description: ptr::null_mut(),
    };
    let mut shown = Box::new(Shown {
        interface,
        shape: array.shape().iter().map(|n| *n as isize).collect(),
        strides: array.strides().to_vec(),
        description,
        _array: array.clone(),
    });
    shown.interface.shape = shown.shape.as_mut_ptr();
    shown.interface.strides = shown.strides.as_mut_ptr();
    shown.interface.description = shown.description.as_ref().map_or(ptr::null_mut(), Py::as_ptr);
    let shown = Box::into_raw(shown);
    // SAFETY: the structure comes first in what is shown, and lives until the capsule's destructor. NumPy's capsule has no
    // name either.
    unsafe {
        let made = ffi::PyCapsule_New(shown.cast(), ptr::null(), Some(forget));
        Bound::from_owned_ptr_or_err(py, made).inspect_err(|_| drop(Box::from_raw(shown)))
    }
}

/// Ends a capsule.
unsafe extern "C" fn forget(capsule: *mut ffi::PyObject) {
    // SAFETY: CPython passes the live capsule, with the pointer that `export` boxed.
    unsafe {
        let shown = ffi::PyCapsule_GetPointer(capsule, ptr::null()).cast::<Shown>();
        if !shown.is_null() {
            drop(Box::from_raw(shown));
        }
    }
}

/// The array over the elements of an object with the attribute; `None` where it has none.
///
/// # Errors
/// `ValueError` for no such structure, `TypeError` for elements that Metes lacks or that the structure cannot tell.
pub(crate) fn import(object: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if object.is_instance_of::<PyType>() {
        return Ok(None);
    }
    let Some(capsule) = object.getattr_opt(NAME)? else { return Ok(None) };
    let wrong = || PyValueError::new_err(format!("invalid {NAME}"));
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| wrong())?;
    // SAFETY: the capsule is live; one under a name gives null.
    let found = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), ptr::null()) }.cast::<Interface>();
    if found.is_null() {
        // The interpreter's own error says less.
        _ = PyErr::take(object.py());
        return Err(wrong());
    }
    // SAFETY: the provider's word, as far as the first field; then that the structure is what it says.
    let found = unsafe { (ptr::addr_of!((*found).two).read() == 2).then_some(&*found) }.ok_or_else(wrong)?;
    let axes = usize::try_from(found.ndim).map_err(|_| wrong())?;
    let itemsize = usize::try_from(found.itemsize).map_err(|_| wrong())?;
    if axes > 0 && (found.shape.is_null() || found.strides.is_null()) {
        return Err(wrong());
    }
    let list = |values: *mut isize| match axes {
        0 => Vec::new(),
        // SAFETY: the provider's word: as many values as axes.
        _ => unsafe { std::slice::from_raw_parts(values, axes) }.to_vec(),
    };
    let shape = list(found.shape).into_iter().map(usize::try_from).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let kind = found.kind as u8 as char;
    let order = if found.flags & NOT_SWAPPED == 0 { '>' } else { '<' };
    let units = if kind == 'U' { itemsize / 4 } else { itemsize };
    let dtype = by_name(&format!("{order}{kind}{units}")).filter(|dtype| dtype.size() == itemsize);
    let dtype = dtype
        .ok_or_else(|| PyTypeError::new_err(format!("{NAME}: metes has no elements of {itemsize} bytes '{kind}'")))?;
    let from = Described {
        first: found.data.cast(),
        dtype,
        shape,
        strides: Some(list(found.strides)),
        writeable: found.flags & WRITEABLE != 0,
    };
    // SAFETY: the provider's word: the address holds the elements as long as the capsule lives.
    unsafe { show(from, "interface", Box::new(Kept::new(capsule))) }.map(Some)
}
