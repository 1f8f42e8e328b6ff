//! `einsum` and `einsum_path`.

use super::Made;
use crate::convert::to_numbers;
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::eval;
use crate::fastcall::{Args, method, object};
use crate::methods::{output, parse_casting, parse_integer, parse_integers, parse_order};
use crate::object::{from_array, is_array, view_or_new};
use metes_array::{Array, Order};
use metes_dtype::Casting;
use metes_linalg::{self as linalg, EinsumOptions, Optimize, Subscript, Subscripts};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyList, PyString, PyTuple};

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "einsum",
            einsum,
            ["*operands", "out=None", "dtype=None", "order='K'", "casting='safe'", "optimize=True"],
            "The sum of products that subscripts describe: 'ij,jk->ik', or arrays each followed by its list of labels."
        ),
        method!(
            "einsum_path",
            einsum_path,
            ["*operands", "optimize=True"],
            "The order in which einsum contracts operands, and a text about its cost."
        ),
    ]
}

/// Subscripts and operands, whichever way they are given; with the objects of the operands.
fn operands<'py>(args: &Args<'_, 'py>) -> PyResult<(Subscripts, Vec<Array>, Vec<Bound<'py, PyAny>>)> {
    let given: Vec<Bound<'py, PyAny>> = args.rest().cloned().collect();
    let Some(first) = given.first() else {
        return Err(PyValueError::new_err(
            "must specify the einstein sum subscripts string and at least one operand, or at least one operand and its \
             corresponding subscripts list",
        ));
    };
    let (subscripts, objects) = match first.cast::<PyString>() {
        Ok(text) => (Subscripts::parse(&text.to_cow()?).or_raise()?, given[1..].to_vec()),
        Err(_) => interleaved(&given)?,
    };
    let arrays = objects.iter().map(to_numbers).collect::<PyResult<Vec<_>>>()?;
    Ok((subscripts, arrays, objects))
}

fn interleaved<'py>(given: &[Bound<'py, PyAny>]) -> PyResult<(Subscripts, Vec<Bound<'py, PyAny>>)> {
    let (mut inputs, mut objects) = (Vec::new(), Vec::new());
    let mut pairs = given.chunks_exact(2);
    for pair in &mut pairs {
        objects.push(pair[0].clone());
        inputs.push(labels(&pair[1])?);
    }
    let output = pairs.remainder().first().map(labels).transpose()?;
    Ok((Subscripts { inputs, output }, objects))
}

fn labels(list: &Bound<'_, PyAny>) -> PyResult<Vec<Subscript>> {
    let items = list.try_iter().map_err(|_| {
        PyTypeError::new_err("einsum: the subscripts of an operand must be a sequence of integers and ellipses")
    })?;
    let mut out = Vec::new();
    for item in items {
        let item = item?;
        if item.is_instance_of::<PyEllipsis>() {
            if out.contains(&Subscript::Ellipsis) {
                return Err(PyValueError::new_err("einsum: more than one ellipsis in a list of subscripts"));
            }
            out.push(Subscript::Ellipsis);
            continue;
        }
        let label = u8::try_from(parse_integer(&item)?).ok().filter(|label| *label < 52);
        let label = label.ok_or_else(|| PyValueError::new_err("subscript is not within the valid range [0, 52)"))?;
        out.push(Subscript::Label(label));
    }
    Ok(out)
}

/// `optimize=`: a bool, a name, a name with a limit of memory (which is ours to keep), or a path.
fn optimize(object: Option<&Bound<'_, PyAny>>) -> PyResult<Optimize> {
    let Some(object) = object else { return Ok(Optimize::Auto) };
    if object.is_instance_of::<PyBool>() {
        return Ok(if object.is_truthy()? { Optimize::Auto } else { Optimize::InOrder });
    }
    if let Ok(name) = object.cast::<PyString>() {
        return named(&name.to_cow()?);
    }
    let mut items = object.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    match items
        .first()
        .map(|first| first.cast::<PyString>().map(|name| name.to_cow().map(std::borrow::Cow::into_owned)))
    {
        Some(Ok(name)) if name.as_ref().is_ok_and(|name| name == "einsum_path") => {
            items.remove(0);
        }
        Some(Ok(name)) => return named(&name?),
        _ => {}
    }
    let places = |item: &Bound<'_, PyAny>| {
        let wrong = |_| PyValueError::new_err("einsum: places of operands in a path are not negative");
        parse_integers(item)?.into_iter().map(|n| usize::try_from(n).map_err(wrong)).collect::<PyResult<Vec<_>>>()
    };
    items.iter().map(places).collect::<PyResult<Vec<_>>>().map(Optimize::Given)
}

fn named(name: &str) -> PyResult<Optimize> {
    match name {
        "greedy" => Ok(Optimize::Greedy),
        "optimal" => Ok(Optimize::Optimal),
        other => Err(PyTypeError::new_err(format!("Did not understand the path: {other}"))),
    }
}

fn einsum<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let (subscripts, arrays, objects) = operands(args)?;
    let out = args.some(0);
    let options = EinsumOptions {
        out: out.map(output).transpose()?,
        dtype: parse_dtype_or_none(args.some(1))?,
        order: parse_order(args.some(2), Order::K)?,
        casting: parse_casting(args.some(3), Casting::Safe)?,
        optimize: optimize(args.get(4))?,
    };
    let bytes = arrays.iter().map(Array::nbytes).fold(0, usize::saturating_add);
    let made = eval::heavy(py, bytes, || linalg::einsum(&subscripts, &arrays, &options)).or_raise()?;
    match (out, objects.as_slice()) {
        (Some(out), _) => Ok(out.clone()),
        (None, [one]) if is_array(one) => Ok(view_or_new(one, made)),
        (None, _) => Ok(from_array(py, made, None)),
    }
}

fn einsum_path<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let (subscripts, arrays, _) = operands(args)?;
    let (path, text) = linalg::einsum_path(&subscripts, &arrays, &optimize(args.get(0))?).or_raise()?;
    let list = PyList::empty(py);
    list.append("einsum_path")?;
    for step in path {
        list.append(PyTuple::new(py, step)?)?;
    }
    object(py, (list, text))
}
