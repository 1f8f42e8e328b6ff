//! The callables of the kernels' tables: one object per row, `metes.add` and `metes.sum` alike.
//!
//! There is no list of functions here. A row's object is called by CPython's vector call, with the one parser of
//! arguments; what it knows about itself (`nin`, `types`, documentation) it reads from the row.

use crate::attributes::{Getter, getter};
use crate::fastcall::{Args, Function, Signature, object, run, trap};
use crate::object::{leak, slot};
use crate::{reduce, ufunc};
use metes_dtype::Kind;
use metes_kernels::{Reduction, Ufunc};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The kinds as NumPy lists its loops: by size, signed before unsigned.
const NUMPYS_ORDER: [Kind; 14] = [
    Kind::Bool,
    Kind::I8,
    Kind::U8,
    Kind::I16,
    Kind::U16,
    Kind::I32,
    Kind::U32,
    Kind::I64,
    Kind::U64,
    Kind::F16,
    Kind::F32,
    Kind::F64,
    Kind::C64,
    Kind::C128,
];

/// A row of one of the tables.
#[derive(Clone, Copy)]
pub(crate) enum Row {
    Ufunc(&'static Ufunc),
    Reduction(&'static Reduction),
}

type Vectorcall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

#[repr(C)]
struct RowObject {
    head: ffi::PyObject,
    call: Vectorcall,
    row: Row,
    signature: Signature,
}

/// `Py_TPFLAGS_HAVE_VECTORCALL`, the same bit in every CPython since 3.9, part of the stable ABI since 3.12.
const HAVE_VECTORCALL: c_uint = 1 << 11;

static UFUNC: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());
static REDUCTION: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

fn find<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<&'a RowObject> {
    // SAFETY: the object is live.
    let class = unsafe { ffi::Py_TYPE(object.as_ptr()) };
    if class == UFUNC.load(Ordering::Relaxed) || class == REDUCTION.load(Ordering::Relaxed) {
        // SAFETY: only this file makes objects of the two types, completely filled; they live as long as the reference.
        return Ok(unsafe { &*object.as_ptr().cast::<RowObject>() });
    }
    Err(PyTypeError::new_err("expected a ufunc or a reduction of metes"))
}

/// The ufunc that an object of their type is.
pub(crate) fn ufunc_of(object: &Bound<'_, PyAny>) -> PyResult<&'static Ufunc> {
    match find(object)?.row {
        Row::Ufunc(row) => Ok(row),
        Row::Reduction(row) => Err(PyTypeError::new_err(format!("{} is a reduction, not a ufunc", row.name))),
    }
}

impl Row {
    fn name(self) -> &'static str {
        match self {
            Row::Ufunc(row) => row.name,
            Row::Reduction(row) => row.name,
        }
    }

    fn doc(self) -> &'static str {
        match self {
            Row::Ufunc(row) => row.doc,
            Row::Reduction(row) => row.doc,
        }
    }

    fn params(self) -> &'static [&'static str] {
        match self {
            Row::Ufunc(row) => ufunc::params(row),
            Row::Reduction(row) => reduce::params(row.name),
        }
    }

    fn class(self) -> &'static AtomicPtr<ffi::PyTypeObject> {
        match self {
            Row::Ufunc(_) => &UFUNC,
            Row::Reduction(_) => &REDUCTION,
        }
    }

    /// What each loop takes and makes, in NumPy's type characters: `"dd->d"`.
    fn types(self) -> Vec<String> {
        let text = |kinds: &[Kind]| kinds.iter().map(|k| k.type_char()).collect::<String>();
        match self {
            Row::Ufunc(row) => {
                let mut cells: Vec<_> = row.cells.iter().collect();
                cells.sort_by_key(|cell| NUMPYS_ORDER.iter().position(|kind| cell.inputs.first() == Some(kind)));
                cells.iter().map(|c| format!("{}->{}", text(c.inputs), text(c.outputs))).collect()
            }
            Row::Reduction(row) => {
                row.cells.iter().map(|c| format!("{}->{}", text(&[c.input]), text(&[c.output]))).collect()
            }
        }
    }
}

fn invoke<'py>(slf: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    match find(slf)?.row {
        Row::Ufunc(row) => ufunc::call(row, args),
        Row::Reduction(row) => reduce::call(row, args),
    }
}

unsafe extern "C" fn vectorcall(
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargs: usize,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    const FUNCTION: Function = invoke;
    // The highest bit says that `args[-1]` may be used as scratch, which it is not.
    let nargs = (nargs & (usize::MAX >> 1)) as ffi::Py_ssize_t;
    // SAFETY: CPython calls this on objects of the two types only, which are never freed, with live arguments.
    unsafe { run(&(*slf.cast::<RowObject>()).signature, FUNCTION, slf, args, nargs, kwnames) }
}

/// Calls with a tuple and a dictionary, which CPython makes only for `f(*args, **kwargs)` through `tp_call`.
unsafe extern "C" fn call(
    slf: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes a tuple and a dictionary or null, alive during the call.
        let (args, kwargs) =
            unsafe { (Bound::from_borrowed_ptr(py, args), Bound::from_borrowed_ptr_or_opt(py, kwargs)) };
        let args = args.cast::<PyTuple>()?;
        let mut values: Vec<Bound<'_, PyAny>> = args.iter().collect();
        let mut names: Vec<Bound<'_, PyAny>> = Vec::new();
        if let Some(kwargs) = kwargs {
            for (name, value) in kwargs.cast::<PyDict>()?.iter() {
                names.push(name);
                values.push(value);
            }
        }
        let names = PyTuple::new(py, names)?;
        let values: Vec<*mut ffi::PyObject> = values.iter().map(Bound::as_ptr).collect();
        // SAFETY: `values` holds the positional values and one for each name; all are kept alive by `args` and `kwargs`.
        let result = unsafe { vectorcall(slf, values.as_ptr(), args.len(), names.as_ptr()) };
        if result.is_null() { Err(PyErr::fetch(py)) } else { Ok(result) }
    })
}

unsafe extern "C" fn repr(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: `slf` is live during the call.
        let row = find(unsafe { Bound::ref_from_ptr(py, &slf) })?.row;
        let class = if matches!(row, Row::Ufunc(_)) { "ufunc" } else { "reduction" };
        Ok(PyString::new(py, &format!("<{class} '{}'>", row.name())).into_ptr())
    })
}

unsafe extern "C" fn dealloc(_: *mut ffi::PyObject) {
    // Rows live for ever: `install` keeps a reference to each.
}

fn text_signature(signature: &Signature) -> String {
    format!("({})", signature.params.join(", "))
}

fn count<'py>(slf: &Bound<'py, PyAny>, pick: fn(&Ufunc) -> usize) -> PyResult<Bound<'py, PyAny>> {
    match find(slf)?.row {
        Row::Ufunc(row) => object(slf.py(), pick(row)),
        Row::Reduction(_) => object(slf.py(), 1),
    }
}

fn identity<'py>(slf: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let Row::Ufunc(row) = find(slf)?.row else { return Ok(py.None().into_bound(py)) };
    match row.identity {
        None => Ok(py.None().into_bound(py)),
        Some(value) if row.name.starts_with("logical") => object(py, value != 0.0),
        Some(value) if value.is_finite() => object(py, value as i64),
        Some(value) => object(py, value),
    }
}

fn attributes() -> Vec<ffi::PyGetSetDef> {
    vec![
        getter!("__name__", |a| object(a.py(), find(a)?.row.name()), "NumPy's name."),
        getter!("__qualname__", |a| object(a.py(), find(a)?.row.name()), "NumPy's name."),
        getter!("__module__", |a| object(a.py(), "metes"), "The package."),
        getter!("__doc__", |a| object(a.py(), find(a)?.row.doc()), "One sentence."),
        getter!("__text_signature__", |a| object(a.py(), text_signature(&find(a)?.signature)), "The parameters."),
        getter!("nin", |a| count(a, |row| row.nin), "Number of inputs."),
        getter!("nout", |a| count(a, |row| row.nout), "Number of outputs."),
        getter!("nargs", |a| count(a, |row| row.nin + row.nout), "Number of inputs and outputs."),
        getter!("ntypes", |a| object(a.py(), find(a)?.row.types().len()), "Number of loops."),
        getter!("types", |a| object(a.py(), find(a)?.row.types()), "The loops, as NumPy writes them."),
        getter!("identity", identity, "What leaves any value as it is, or None."),
        getter!("signature", |a| Ok(a.py().None().into_bound(a.py())), "None: the functions are elementwise."),
    ]
}

fn members() -> Vec<ffi::PyMemberDef> {
    vec![ffi::PyMemberDef {
        name: c"__vectorcalloffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: std::mem::offset_of!(RowObject, call) as ffi::Py_ssize_t,
        flags: ffi::Py_READONLY,
        doc: ptr::null(),
    }]
}

fn make_type<'py>(
    py: Python<'py>,
    name: &'static std::ffi::CStr,
    methods: Vec<ffi::PyMethodDef>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut slots = vec![
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_call, call as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_members, leak(members(), ffi::PyMemberDef::default())),
        slot(ffi::Py_tp_getset, leak(attributes(), ffi::PyGetSetDef::default())),
        slot(ffi::Py_tp_methods, leak(methods, ffi::PyMethodDef::zeroed())),
        slot(0, ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: size_of::<RowObject>() as c_int,
        itemsize: 0,
        flags: flags as c_uint | HAVE_VECTORCALL,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the table ends in a zeroed entry, its functions have the types that their slots ask for, and what it
    // points to lives for ever.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)) }
}

fn make(py: Python<'_>, row: Row) -> PyResult<Bound<'_, PyAny>> {
    let signature = Signature::new(row.name(), row.params());
    // SAFETY: the thread is attached.
    let room = unsafe { ffi::PyObject_Malloc(size_of::<RowObject>()) }.cast::<RowObject>();
    if room.is_null() {
        return Err(pyo3::exceptions::PyMemoryError::new_err("no memory for a function object"));
    }
    // SAFETY: `room` is memory of the object's size that nobody else uses; all fields are written before anybody sees
    // the object. One reference is given away for ever, so that the object is never freed.
    unsafe {
        (&raw mut (*room).call).write(vectorcall);
        (&raw mut (*room).row).write(row);
        (&raw mut (*room).signature).write(signature);
        let made = ffi::PyObject_Init(room.cast(), row.class().load(Ordering::Relaxed));
        ffi::Py_INCREF(made);
        Ok(Bound::from_owned_ptr(py, made))
    }
}

/// Adds every row of the tables to the module under its name and its aliases, the types of the callables, and the lists
/// `_ufuncs` and `_reductions`.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let types = [
        (&UFUNC, c"metes.ufunc", "ufunc", crate::ufunc_methods::table()),
        (&REDUCTION, c"metes.reduction", "reduction", Vec::new()),
    ];
    for (cell, name, attribute, methods) in types {
        let class = make_type(py, name, methods)?;
        cell.store(class.clone().into_ptr().cast(), Ordering::Release);
        module.add(attribute, class)?;
    }
    add_rows(module, "_ufuncs", metes_kernels::table().iter().copied().map(Row::Ufunc))?;
    add_rows(module, "_reductions", metes_kernels::reductions().iter().map(Row::Reduction))?;
    let aliases = PyDict::new(py);
    for (alias, name) in metes_kernels::ALIASES.iter().chain(metes_kernels::REDUCTION_ALIASES) {
        module.add(*alias, module.getattr(*name)?)?;
        aliases.set_item(alias, name)?;
    }
    module.add("_aliases", aliases)
}

fn add_rows(module: &Bound<'_, PyModule>, list: &str, rows: impl Iterator<Item = Row>) -> PyResult<()> {
    let all = PyList::empty(module.py());
    for row in rows {
        let function = make(module.py(), row)?;
        module.add(row.name(), &function)?;
        all.append(function)?;
    }
    module.add(list, all)
}
