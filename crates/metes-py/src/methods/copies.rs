//! Methods that copy, cast, fill, or give Python objects for elements.

use super::{parse_integer, parse_order};
use crate::direct;
use crate::element::{scalar_object, to_list};
use crate::errors::OrRaise;
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method, none};
use crate::object::{from_array, set_writeable, target, this};
use metes_array::{Index, Order};
use metes_dtype::Casting;
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

type Object<'py> = Bound<'py, PyAny>;

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!("copy", copy, ["order='C'"], "A copy that shares nothing."),
        method!(
            "compact",
            crate::transparency::compact,
            [],
            "A copy, where the array keeps more bytes alive than its elements take; else the array itself."
        ),
        method!(
            "astype",
            astype,
            ["dtype", "order='K'", "casting='unsafe'", "subok=True", "copy=True"],
            "A copy with elements cast to another dtype; with copy=False the array itself where nothing changes."
        ),
        method!("tolist", tolist, [], "The elements as nested lists of Python numbers."),
        method!("item", item, ["*args"], "One element as a Python number: the only one, or the one at an index."),
        method!("tobytes", tobytes, ["order='C'"], "The bytes of the elements, one after the other."),
        method!(
            "tofile",
            tofile,
            ["fid", "sep=''", "format='%s'"],
            "Writes the elements to a path or a binary file, in order C: their bytes, or text between separators."
        ),
        method!("fill", fill, ["value"], "Sets every element to one number."),
        method!("setflags", setflags, ["write=None", "align=None", "uic=None"], "Allows or forbids writing."),
        method!(
            "to_device",
            to_device,
            ["device", "*", "stream=None"],
            "The array itself: the only device is \"cpu\"."
        ),
        method!("__copy__", |array, _| copied(array, Order::K), [], "For the module copy."),
        method!("__deepcopy__", |array, _| copied(array, Order::K), ["memo", "/"], "For the module copy."),
        method!("__complex__", |array, _| crate::number::complex(array), [], "The only element as a complex number."),
        method!(
            "__round__",
            round,
            ["ndigits=None", "/"],
            "The elements rounded; of one without axes as Python rounds it."
        ),
        method!("__format__", format, ["spec", "/"], "The text of the only element, formatted."),
    ]
}

fn copied<'py>(array: &Object<'py>, order: Order) -> PyResult<Object<'py>> {
    let found = this(array)?;
    if order != Order::F
        && let Some(copy) = direct::copy(array.py(), found)?
    {
        return Ok(copy);
    }
    let copy = eval::heavy(array.py(), found.nbytes(), || found.copy(order)).or_raise()?;
    Ok(from_array(array.py(), copy, None))
}

fn copy<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    copied(array, parse_order(args.some(0), Order::C)?)
}

/// `casting=`.
pub(crate) fn parse_casting(object: Option<&Bound<'_, PyAny>>, default: Casting) -> PyResult<Casting> {
    let Some(object) = object else { return Ok(default) };
    let text = object.cast::<PyString>().map_err(|_| PyTypeError::new_err("casting must be str"))?.to_cow()?;
    Casting::parse(&text).ok_or_else(|| {
        let names = Casting::ALL.iter().map(|level| format!("'{}'", level.name())).collect::<Vec<_>>().join(", ");
        PyValueError::new_err(format!("casting must be one of {names} (got '{text}')"))
    })
}

fn astype<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    let (Some(dtype), axes) = crate::small::parse(args.get(0))? else { return Err(PyTypeError::new_err("no dtype")) };
    if !axes.is_empty() {
        return crate::small::filled(array, Some(dtype), axes);
    }
    let dtype = crate::cast::fitted(found, dtype)?;
    if args.given() == 1
        && let Some(copy) = direct::astype(array.py(), found, dtype)?
    {
        return Ok(copy);
    }
    let order = parse_order(args.some(1), Order::K)?;
    let casting = parse_casting(args.some(2), Casting::Unsafe)?;
    let copy = args.flag(4, true)?;
    let result = eval::astype(array.py(), found, dtype, order, casting, copy)?;
    let same = !copy && result.buffer().same(found.buffer());
    Ok(if same { array.clone() } else { from_array(array.py(), result, None) })
}

fn tolist<'py>(array: &Object<'py>, _: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    to_list(array.py(), this(array)?)
}

fn item<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    if let ([len], 1, true) = (found.shape(), args.rest().len(), found.dtype().any_number().is_some())
        && let Some(at) = args.rest().next().and_then(crate::index::exactly)
        && (-(*len as isize)..*len as isize).contains(&at)
    {
        return scalar_object(array.py(), found.item(&[at]).or_raise()?);
    }
    let index = match args.rest().len() {
        1 => match args.rest().next().map(|only| (only, only.cast::<PyTuple>())) {
            Some((_, Ok(tuple))) => tuple.iter().map(|i| parse_integer(&i)).collect::<PyResult<Vec<_>>>()?,
            Some((only, Err(_))) => unravel(found, parse_integer(only)?)?,
            None => Vec::new(),
        },
        0 if found.size() != 1 => {
            return Err(PyValueError::new_err("can only convert an array of size 1 to a Python scalar"));
        }
        0 => vec![0; found.ndim()],
        _ => args.rest().map(parse_integer).collect::<PyResult<_>>()?,
    };
    if index.len() != found.ndim() {
        return Err(PyValueError::new_err("incorrect number of indices for array"));
    }
    if found.dtype().any_number().is_none() {
        return crate::objects::item(array.py(), found, &index);
    }
    scalar_object(array.py(), found.item(&index).or_raise()?)
}

fn unravel(array: &metes_array::Array, flat: isize) -> PyResult<Vec<isize>> {
    let size = array.size() as isize;
    if !(-size..size).contains(&flat) {
        return Err(PyIndexError::new_err(format!("index {flat} is out of bounds for size {size}")));
    }
    let mut place = flat.rem_euclid(size);
    let mut index = vec![0; array.ndim()];
    for (at, n) in index.iter_mut().zip(array.shape()).rev() {
        *at = place % *n as isize;
        place /= *n as isize;
    }
    Ok(index)
}

fn tobytes<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let found = this(array)?;
    let fortran = match parse_order(args.some(0), Order::C)? {
        Order::C => false,
        Order::F => true,
        Order::A => found.is_f_contiguous() && !found.is_c_contiguous(),
        // As NumPy has it.
        Order::K => false,
    };
    let seen = if fortran { found.transpose(None).or_raise()? } else { found.clone() };
    Ok(crate::foreign::bytes_of(array.py(), &seen)?.into_any())
}

fn tofile<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let py = array.py();
    let (sep, format) = (args.some(1).cloned(), args.some(2).cloned());
    let sep = sep.unwrap_or_else(|| PyString::new(py, "").into_any());
    let format = format.unwrap_or_else(|| PyString::new(py, "%s").into_any());
    py.import("metes._convert")?.getattr("_write")?.call1((array, args.required(0)?, sep, format))
}

fn fill<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let into = target(array, "assignment destination is read-only")?;
    let value = match into.dtype().any_number() {
        Some(_) => Operand::Weak(crate::number::to_scalar(args.required(0)?)?),
        None => crate::fancy::value_for(&into, args.required(0)?)?,
    };
    eval::assign(array.py(), &into.index(&[Index::Ellipsis]).or_raise()?, &value, None)?;
    Ok(none(array.py()))
}

fn setflags<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    if let Some(on) = args.some(0) {
        set_writeable(array, on.is_truthy()?)?;
    }
    Ok(none(array.py()))
}

fn to_device<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    if !args.required(0)?.eq("cpu")? || args.some(1).is_some() {
        return Err(PyValueError::new_err("the only device is 'cpu', without streams"));
    }
    Ok(array.clone())
}

fn round<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (found, digits) = (this(array)?, args.some(0));
    if found.ndim() == 0 && digits.is_none() && !found.is_complex() {
        return scalar_object(array.py(), found.item(&[]).or_raise()?)?.call_method0("__round__");
    }
    array.call_method1("round", (digits.map_or(Ok(0), parse_integer)?,))
}

fn format<'py>(array: &Object<'py>, args: &Args<'_, 'py>) -> PyResult<Object<'py>> {
    let (found, spec) = (this(array)?, args.required(0)?);
    if found.ndim() == 0 {
        let one = match found.dtype().any_number() {
            Some(_) => scalar_object(array.py(), found.item(&[]).or_raise()?)?,
            None if matches!(found.dtype().kind_char(), 'S' | 'U') => crate::objects::item(array.py(), found, &[])?,
            None => array.str()?.into_any(),
        };
        return one.call_method1("__format__", (spec,));
    }
    if spec.len()? > 0 {
        return Err(PyTypeError::new_err("unsupported format string passed to metes.Array.__format__"));
    }
    Ok(array.str()?.into_any())
}
