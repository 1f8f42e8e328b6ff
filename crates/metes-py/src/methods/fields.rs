//! Methods that look at parts of elements, and those that NumPy's other doors expect: pickles in files, wrapping, sizes.

use crate::dtype_parse::parse;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method, none, object};
use crate::methods::parse_integer;
use crate::object::{base, target, this, view_of};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

type Object<'py> = Bound<'py, PyAny>;

/// Pickle's protocol in files and bytes: the first with which dense arrays are not copied on the way.
const PROTOCOL: u8 = 5;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "getfield",
            getfield,
            ["dtype", "offset=0"],
            "A view of a part of each element: what lies at a place in it, as another dtype."
        ),
        method!(
            "setfield",
            setfield,
            ["val", "dtype", "offset=0"],
            "Writes values to a part of each element: where a dtype lies at a place in it."
        ),
        method!("dump", dump, ["file"], "Writes a pickle of the array to a path or an open binary file."),
        method!("dumps", dumps, [], "A pickle of the array."),
        method!(
            "__array_wrap__",
            wrap,
            ["array", "context=None", "return_scalar=False", "/"],
            "An Array of what NumPy computed, for functions that give back what they were given."
        ),
        method!("__sizeof__", size, [], "Bytes of the object, with those of its elements where it owns them."),
    ]
}

fn getfield<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    part(array, args.required(0)?, args.some(1))
}

fn part<'py>(array: &Object<'py>, dtype: &Object<'py>, offset: Option<&Object<'py>>) -> PyResult<Object<'py>> {
    let offset = offset.map_or(Ok(0), parse_integer)?;
    let negative = |_| PyValueError::new_err(format!("offset must be a non-negative integer, not {offset}"));
    let offset = usize::try_from(offset).map_err(negative)?;
    Ok(view_of(array, this(array)?.subfield(parse(dtype, false)?, offset).or_raise()?))
}

fn setfield<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    target(array, "assignment destination is read-only")?;
    part(array, args.required(1)?, args.some(2))?.set_item(py.Ellipsis(), args.required(0)?)?;
    Ok(none(py))
}

fn dumps<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    array.py().import("pickle")?.call_method1("dumps", (array, PROTOCOL))
}

fn dump<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (py, file) = (array.py(), args.required(0)?);
    let pickle = py.import("pickle")?;
    if file.hasattr("write")? {
        return pickle.call_method1("dump", (array, file, PROTOCOL));
    }
    let file = py.import("builtins")?.call_method1("open", (file, "wb"))?;
    let written = pickle.call_method1("dump", (array, &file, PROTOCOL));
    file.call_method0("close")?;
    written
}

fn wrap<'py>(_: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    crate::convert::to_object(args.required(0)?, None, None)
}

fn size<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let header = array.get_type().getattr("__basicsize__")?.extract::<usize>()?;
    let own = if base(array).is_none() { this(array)?.buffer().len() } else { 0 };
    object(array.py(), header + own)
}
