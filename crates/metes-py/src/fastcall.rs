//! Functions and methods called as `METH_FASTCALL | METH_KEYWORDS`: one parser of arguments for all of them.
//!
//! Each function states its parameters once, as text; the parser, the documentation and `inspect.signature` read
//! the same list. Much cheaper than tuples and dictionaries, and it is what keeps calls on tiny arrays short.

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::{BoundObject, ffi};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The most parameters that one function may have.
const MOST: usize = 12;

/// Name and parameters of a function: `["axis=None", "*", "keepdims=False"]`. A parameter without `=` is required,
/// those after `"*"` are keyword-only, and a first one like `"*shape"` takes all positional arguments.
pub(crate) struct Signature {
    /// The function's name.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [&'static str],
    /// How many of them may be given by position.
    positional: usize,
    /// Whether the first one takes all positional arguments.
    takes_all: bool,
    /// A bit for each that must be given.
    required: u32,
    /// By position from so many on nothing that must be given is missing.
    enough: usize,
    /// The names of those that have a slot each.
    names: [&'static str; MOST],
}

/// The arguments of one call, in the order of the signature's parameters (`"*"` and `"*shape"` not counted).
pub(crate) struct Args<'a, 'py> {
    py: Python<'py>,
    signature: &'static Signature,
    values: [*mut ffi::PyObject; MOST],
    rest: &'a [*mut ffi::PyObject],
    given: usize,
}

/// What a function is: it gets `self` (or the module) and its arguments.
pub(crate) type Function = for<'a, 'py> fn(&'a Bound<'py, PyAny>, &Args<'a, 'py>) -> PyResult<Bound<'py, PyAny>>;

impl<'a, 'py> Args<'a, 'py> {
    /// The interpreter.
    pub fn py(&self) -> Python<'py> {
        self.py
    }

    /// How many arguments were given.
    pub fn given(&self) -> usize {
        self.given
    }

    /// The argument, where it was given.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&Bound<'py, PyAny>> {
        // SAFETY: the caller of the function keeps its arguments alive during the call.
        (!self.values[index].is_null()).then(|| unsafe { Bound::ref_from_ptr(self.py, &self.values[index]) })
    }

    /// The argument, where it was given and is not `None`.
    pub fn some(&self, index: usize) -> Option<&Bound<'py, PyAny>> {
        self.get(index).filter(|value| !value.is_none())
    }

    /// A required argument; the parser has made sure of it.
    #[inline]
    pub fn required(&self, index: usize) -> PyResult<&Bound<'py, PyAny>> {
        self.get(index).ok_or_else(|| self.lacks(index))
    }

    #[cold]
    fn lacks(&self, index: usize) -> PyErr {
        PyTypeError::new_err(format!("{}() lacks argument {}", self.signature.name, index + 1))
    }

    /// The argument of this name, where the function has such a parameter, and it was given and is not `None`.
    pub fn named(&self, name: &str) -> Option<&Bound<'py, PyAny>> {
        if self.given == 0 {
            return None;
        }
        // Most arguments are not given: their names need no look.
        let there = |slot: &usize| !self.values[*slot].is_null() && self.signature.names[*slot] == name;
        let given = self.some((0..MOST).find(there)?)?;
        // `out=...` asks for an array even where NumPy would give a scalar: what there is always.
        (name != "out" || !given.is(self.py.Ellipsis())).then_some(given)
    }

    /// Whether a flag is set; `default` where it was not given.
    pub fn flag(&self, index: usize, default: bool) -> PyResult<bool> {
        self.get(index).map_or(Ok(default), |value| value.is_truthy())
    }

    /// What `"*shape"` took.
    pub fn rest(&self) -> impl ExactSizeIterator<Item = &Bound<'py, PyAny>> {
        let py = self.py;
        // SAFETY: the caller of the function keeps its arguments alive during the call.
        self.rest.iter().map(move |value| unsafe { Bound::ref_from_ptr(py, value) })
    }
}

impl Signature {
    /// A function of this name with these parameters.
    pub const fn new(name: &'static str, params: &'static [&'static str]) -> Signature {
        let takes_all = !params.is_empty() && params[0].len() > 1 && params[0].as_bytes()[0] == b'*';
        let (mut slot, mut required, mut positional) = (0, 0u32, None);
        let mut names = [""; MOST];
        let mut at = takes_all as usize;
        while at < params.len() {
            match params[at].as_bytes() {
                b"*" => positional = Some(slot),
                b"/" => {}
                param => {
                    let end = position(param, b'=');
                    if end == param.len() {
                        required |= 1 << slot;
                    }
                    names[slot] = params[at].split_at(end).0;
                    slot += 1;
                }
            }
            at += 1;
        }
        assert!(slot <= MOST, "more parameters than the parser has room for");
        let positional = if let Some(before) = positional { before } else { slot };
        let enough = (u32::BITS - required.leading_zeros()) as usize;
        Signature { name, params, positional, takes_all, required, enough, names }
    }

    /// Fills in the arguments of a call.
    ///
    /// # Safety
    /// `kwnames` is null or a live tuple of strings, as many as values are given after the `positional` ones.
    #[inline]
    unsafe fn parse<'a, 'py>(
        &'static self,
        args: &mut Args<'a, 'py>,
        given: &'a [*mut ffi::PyObject],
        positional: usize,
        kwnames: *mut ffi::PyObject,
    ) -> PyResult<()> {
        if given.len() == positional && !self.takes_all && (self.enough..=self.positional).contains(&positional) {
            // Mostly few: a call that copies would cost more.
            for (value, given) in args.values.iter_mut().zip(given) {
                *value = *given;
            }
            return Ok(());
        }
        if given.len() == positional && self.takes_all && self.required == 0 {
            args.rest = given;
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe { self.parse_any(args, given, positional, kwnames) }
    }

    /// # Safety
    /// As [`Signature::parse`].
    unsafe fn parse_any<'a, 'py>(
        &'static self,
        args: &mut Args<'a, 'py>,
        given: &'a [*mut ffi::PyObject],
        positional: usize,
        kwnames: *mut ffi::PyObject,
    ) -> PyResult<()> {
        if self.takes_all {
            args.rest = &given[..positional];
        } else if positional > self.positional {
            return Err(self.too_many(positional));
        } else {
            for (value, given) in args.values.iter_mut().zip(&given[..positional]) {
                *value = *given;
            }
        }
        if given.len() > positional {
            // SAFETY: the caller's promise.
            unsafe { self.keywords(args, &given[positional..], kwnames)? };
        }
        let mut required = self.required;
        while required != 0 {
            let slot = required.trailing_zeros() as usize;
            if args.values[slot].is_null() {
                return Err(self.missing(slot));
            }
            required &= required - 1;
        }
        Ok(())
    }

    /// # Safety
    /// `kwnames` is a live tuple of as many strings as there are values.
    unsafe fn keywords(
        &self,
        args: &mut Args<'_, '_>,
        values: &[*mut ffi::PyObject],
        kwnames: *mut ffi::PyObject,
    ) -> PyResult<()> {
        for (at, value) in values.iter().enumerate() {
            // SAFETY: the tuple is live and has this many items, which are live strings.
            let keyword = unsafe { ffi::PyTuple_GetItem(kwnames, at as ffi::Py_ssize_t) };
            // SAFETY: as above.
            let keyword = unsafe { Bound::ref_from_ptr(args.py, &keyword) };
            let slot = self.slot(keyword)?;
            if !args.values[slot].is_null() {
                let text = format!("{}() got multiple values for argument '{keyword}'", self.name);
                return Err(PyTypeError::new_err(text));
            }
            args.values[slot] = *value;
        }
        Ok(())
    }

    fn slot(&self, keyword: &Bound<'_, PyAny>) -> PyResult<usize> {
        let text = keyword.extract::<std::borrow::Cow<'_, str>>()?;
        self.names
            .iter()
            .position(|name| *name == text && !text.is_empty())
            .ok_or_else(|| PyTypeError::new_err(format!("{}() got an unexpected keyword argument '{text}'", self.name)))
    }

    #[cold]
    fn too_many(&self, given: usize) -> PyErr {
        let Signature { name, positional, .. } = self;
        PyTypeError::new_err(format!("{name}() takes at most {positional} positional arguments ({given} given)"))
    }

    #[cold]
    fn missing(&self, slot: usize) -> PyErr {
        let Signature { name, names, .. } = self;
        PyTypeError::new_err(format!("{name}() missing required argument '{}' (pos {})", names[slot], slot + 1))
    }
}

/// Where a byte stands in a text; its length where it does not.
const fn position(text: &[u8], byte: u8) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != byte {
        at += 1;
    }
    at
}

/// Runs `function` on the raw arguments of a fast call.
///
/// # Safety
/// As CPython calls a `METH_FASTCALL | METH_KEYWORDS` function: attached thread, live objects, `args` holds `nargs`
/// positional values and then one for each name of the tuple `kwnames` (or null).
pub(crate) unsafe fn run(
    signature: &'static Signature,
    function: Function,
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargs: ffi::Py_ssize_t,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let positional = nargs as usize;
    trap(ptr::null_mut(), |py| {
        // SAFETY: `kwnames` is null or a live tuple.
        let count = if kwnames.is_null() { 0 } else { unsafe { ffi::PyTuple_Size(kwnames) as usize } };
        let total = positional + count;
        // SAFETY: the caller passes `total` values; a null pointer only where there are none.
        let given = if total == 0 { &[] } else { unsafe { std::slice::from_raw_parts(args, total) } };
        let mut parsed = Args { py, signature, values: [ptr::null_mut(); MOST], rest: &[], given: total };
        // SAFETY: as CPython passes them.
        unsafe { signature.parse(&mut parsed, given, positional, kwnames)? };
        // SAFETY: `slf` is live during the call.
        let slf = unsafe { Bound::ref_from_ptr(py, &slf) };
        function(slf, &parsed).map(Bound::into_ptr)
    })
}

/// Runs the body of a slot: errors become Python exceptions, panics too; `failed` is what the slot then returns.
///
/// Called only from functions that CPython calls, hence with an attached thread.
pub(crate) fn trap<R>(failed: R, body: impl for<'py> FnOnce(Python<'py>) -> PyResult<R>) -> R {
    // SAFETY: CPython calls slots and methods only on attached threads.
    let py = unsafe { Python::assume_attached() };
    let error = match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => error,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
            PySystemError::new_err(format!("internal error in metes: {text}"))
        }
    };
    error.restore(py);
    failed
}

/// A `PyMethodDef` of a [`Function`]: `method!("sum", reduce::sum, ["axis=None"], "Sum of elements.")`.
///
/// Makes a method of a slot-table type or, with [`add_functions`], a function of a module.
#[allow(unused_macros)]
macro_rules! method {
    ($name:literal, $function:expr, [$first:literal $(, $param:literal)* $(,)?], $doc:literal) => {
        $crate::fastcall::method!(@ $name, $function, [$first, $($param),*],
            concat!($name, "($self, ", $first, $(", ", $param,)* ")\n--\n\n", $doc, "\0"))
    };
    ($name:literal, $function:expr, [], $doc:literal) => {
        $crate::fastcall::method!(@ $name, $function, [], concat!($name, "($self)\n--\n\n", $doc, "\0"))
    };
    (@ $name:literal, $function:expr, [$($param:literal),* $(,)?], $doc:expr) => {{
        unsafe extern "C" fn call(
            slf: *mut pyo3::ffi::PyObject,
            args: *const *mut pyo3::ffi::PyObject,
            nargs: pyo3::ffi::Py_ssize_t,
            kwnames: *mut pyo3::ffi::PyObject,
        ) -> *mut pyo3::ffi::PyObject {
            static SIGNATURE: $crate::fastcall::Signature = $crate::fastcall::Signature::new($name, &[$($param),*]);
            // SAFETY: CPython calls this as it was registered, fast with keywords.
            unsafe { $crate::fastcall::run(&SIGNATURE, $function, slf, args, nargs, kwnames) }
        }
        pyo3::ffi::PyMethodDef {
            ml_name: concat!($name, "\0").as_ptr().cast(),
            ml_meth: pyo3::ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: call },
            ml_flags: pyo3::ffi::METH_FASTCALL | pyo3::ffi::METH_KEYWORDS,
            ml_doc: $doc.as_ptr().cast(),
        }
    }};
}
#[allow(unused_imports)]
pub(crate) use method;

/// Adds functions made by [`method!`] to a module. The table is leaked: functions refer to it for ever.
#[allow(dead_code)]
pub(crate) fn add_functions(module: &Bound<'_, PyModule>, mut table: Vec<ffi::PyMethodDef>) -> PyResult<()> {
    table.push(ffi::PyMethodDef::zeroed());
    let table = Box::leak(table.into_boxed_slice());
    // SAFETY: the table ends in a zeroed entry and lives for ever.
    let failed = unsafe { ffi::PyModule_AddFunctions(module.as_ptr(), table.as_mut_ptr()) };
    if failed != 0 { Err(PyErr::fetch(module.py())) } else { Ok(()) }
}

/// `None`, as a result.
#[allow(dead_code)]
pub(crate) fn none(py: Python<'_>) -> Bound<'_, PyAny> {
    py.None().into_bound(py)
}

/// Any value that PyO3 converts, as a result.
pub(crate) fn object<'py, T: IntoPyObject<'py>>(py: Python<'py>, value: T) -> PyResult<Bound<'py, PyAny>> {
    value.into_pyobject(py).map(|value| value.into_any().into_bound()).map_err(Into::into)
}
