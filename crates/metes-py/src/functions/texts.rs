//! Functions of text: each element by Python's own method of `str` or `bytes`, so that case and classes of characters are
//! Python's. Elements become objects one at a time; nothing but the result is held.

use super::Made;
use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method};
use crate::object::{array_of, from_array};
use crate::objects;
use metes_array::{Array, Dims, broadcast_shapes};
use metes_dtype::{DType, Kind};
use metes_memory::{Access, Buffer, Guards};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![
        method!(
            "_text_call",
            text_call,
            ["name", "operands", "result", "width=-1", "pick=-1"],
            "What a method of Python's text says of each element."
        ),
        method!(
            "_dates_as_text",
            dates_as_text,
            ["a", "unit", "zulu=False"],
            "Instants in ISO 8601 in a unit, or each in its own."
        ),
    ]
}

type Object<'py> = Bound<'py, PyAny>;

/// An operand: the same for all elements, or an array that is gone through.
enum Given<'py> {
    Same(Object<'py>),
    Each(Array),
}

/// Where the elements of broadcast arrays lie, one after the other.
struct Places {
    shape: Dims,
    index: Dims,
    places: Vec<usize>,
}

impl Places {
    fn new(shape: &[usize], given: &[Given<'_>]) -> Places {
        let place = |given: &Given<'_>| match given {
            Given::Same(_) => 0,
            Given::Each(array) => array.layout().offset(),
        };
        Places {
            shape: shape.into(),
            index: Dims::from_elem(0, shape.len()),
            places: given.iter().map(place).collect(),
        }
    }

    fn advance(&mut self, given: &[Given<'_>]) {
        for axis in (0..self.shape.len()).rev() {
            self.index[axis] += 1;
            let full = self.index[axis] == self.shape[axis];
            for (place, given) in self.places.iter_mut().zip(given) {
                if let Given::Each(array) = given {
                    let stride = array.strides()[axis];
                    let by = if full { stride * (1 - self.index[axis] as isize) } else { stride };
                    *place = place.wrapping_add_signed(by);
                }
            }
            if !full {
                return;
            }
            self.index[axis] = 0;
        }
    }
}

fn integer(args: &Args<'_, '_>, at: usize) -> PyResult<isize> {
    args.some(at).map_or(Ok(-1), |value| value.extract())
}

fn text_call<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let py = args.py();
    let name = args.required(0)?.cast::<PyString>()?.clone();
    let list = args.required(1)?.cast::<PyList>()?;
    let result = args.required(2)?.extract::<String>()?;
    let (width, pick) = (integer(args, 3)?, integer(args, 4)?);
    let arrays: Vec<Array> = list.iter().filter_map(|object| array_of(&object).cloned()).collect();
    let shapes: Vec<&[usize]> = arrays.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes).or_raise()?;
    let (mut given, mut held) = (Vec::new(), Vec::<Guards>::new());
    for object in list.iter() {
        given.push(match array_of(&object) {
            None => Given::Same(object.clone()),
            Some(array) => {
                let array = array.broadcast_to(&shape).or_raise()?;
                held.push(Buffer::guard(&[(array.buffer(), array.extent(), Access::Read)], "text").or_raise()?);
                Given::Each(array)
            }
        });
    }
    let count = if shape.contains(&0) { 0 } else { shape.iter().product() };
    let each = |work: &mut dyn FnMut(usize, Object<'py>) -> PyResult<()>| -> PyResult<()> {
        let mut places = Places::new(&shape, &given);
        for number in 0..count {
            let objects = given.iter().zip(&places.places).map(|(given, &place)| match given {
                Given::Same(object) => Ok(object.clone()),
                Given::Each(array) => objects::read(py, array, place, array.dtype()),
            });
            let mut objects = objects.collect::<PyResult<Vec<_>>>()?;
            let first = objects.remove(0);
            let mut found = first.call_method1(&name, PyTuple::new(py, objects)?)?;
            if let Ok(pick) = usize::try_from(pick) {
                found = found.get_item(pick)?;
            }
            work(number, found)?;
            places.advance(&given);
        }
        Ok(())
    };
    let dtype = match result.as_str() {
        "?" => DType::of(Kind::Bool),
        "i" => DType::of(Kind::I64),
        text => {
            let mut most = usize::try_from(width).unwrap_or(0);
            if width < 0 {
                each(&mut |_, found| {
                    most = most.max(found.len()?);
                    Ok(())
                })?;
            }
            let made = if text == "S" { DType::bytes(most.max(1)) } else { DType::text(most.max(1)) };
            made.ok_or_else(|| PyValueError::new_err("the text would be too long"))?
        }
    };
    let out = Array::zeros(&shape, dtype).or_raise()?;
    let (first, size) = (out.as_ptr(), dtype.size());
    let mut own = vec![0; size];
    each(&mut |number, found| {
        objects::write(&mut own, dtype, &found)?;
        // SAFETY: the fresh, dense result has a place for each element.
        unsafe { std::ptr::copy_nonoverlapping(own.as_ptr(), first.add(number * size), size) };
        Ok(())
    })?;
    Ok(from_array(py, out, None))
}

fn dates_as_text<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let array = to_array(args.required(0)?, None)?;
    let unit = match args.some(1) {
        None => None,
        Some(dtype) => {
            let found = crate::dtype::parse_dtype(dtype)?.time();
            Some(found.ok_or_else(|| PyTypeError::new_err("datetime_as_string: a unit of time is needed"))?)
        }
    };
    let made = metes_eval::dates_as_text(&array, unit, args.flag(2, false)?).or_raise()?;
    Ok(from_array(args.py(), made, None))
}
