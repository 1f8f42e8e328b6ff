//! Shape and dtype of nested sequences, as NumPy finds them.

use crate::convert::existing;
use crate::element::weak_scalar;
use crate::errors::OrRaise;
use crate::items::Items;
use crate::object::type_name;
use crate::objects::text_dtype;
use metes_array::{Array, Scalar, meet, shape_text};
use metes_dtype::{Category, DType, Form, Kind, Time, Unit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyDict, PyFloat, PyInt, PyList, PySequence, PyString, PyTuple};

/// The most axes that an array may have, as in NumPy 2.
const MOST_AXES: usize = 64;

/// What one object is to the conversion.
pub(crate) enum Leaf<'py> {
    /// A Python number.
    Number(Scalar),
    /// An array or a NumPy scalar: it has a dtype.
    Array(Array),
    /// Text or bytes, of this dtype.
    Text(DType),
    /// A tuple that is a record.
    Record,
    /// Something to look into.
    Sequence(Items<'py>),
}

/// Classifies an object. Raises `TypeError` for what cannot be an element.
pub(crate) fn leaf<'py>(object: &Bound<'py, PyAny>) -> PyResult<Leaf<'py>> {
    if let Some(number) = weak_scalar(object)? {
        return Ok(Leaf::Number(number));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return Ok(Leaf::Sequence(Items::List(list.clone())));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return Ok(Leaf::Sequence(Items::Tuple(tuple.clone())));
    }
    if let Some((array, _)) = existing(object)? {
        return Ok(Leaf::Array(array));
    }
    if let Some(dtype) = text_dtype(object)? {
        return Ok(Leaf::Text(dtype));
    }
    if let Some(items) = sequence(object)? {
        return Ok(Leaf::Sequence(Items::List(items)));
    }
    // Subclasses of Python's numbers: what NumPy does with IntEnum and its like.
    if object.is_instance_of::<PyInt>() {
        return Ok(Leaf::Number(Scalar::Int(object.extract()?)));
    }
    if object.is_instance_of::<PyFloat>() {
        return Ok(Leaf::Number(Scalar::Float(object.extract()?)));
    }
    if let Ok(number) = object.cast::<PyComplex>() {
        return Ok(Leaf::Number(Scalar::Complex(number.real(), number.imag())));
    }
    Err(no_dtype(object))
}

/// What an object with a length and places gives, place by place; mappings and sets have none.
fn sequence<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyList>>> {
    if let Ok(sequence) = object.cast::<PySequence>() {
        return sequence.to_list().map(Some);
    }
    if object.is_instance_of::<PyDict>() || !object.hasattr("__getitem__")? || !object.hasattr("__len__")? {
        return Ok(None);
    }
    let items = (0..object.len()?).map(|at| object.get_item(at)).collect::<PyResult<Vec<_>>>()?;
    PyList::new(object.py(), items).map(Some)
}

fn no_dtype(object: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "metes has no data type for objects of type {}: elements are booleans, integers, floats, complex numbers, text or bytes",
        type_name(object)
    ))
}

/// What the first pass finds.
#[derive(Default)]
pub(crate) struct Found {
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// At which depth elements stand, once one is seen.
    depth: Option<usize>,
    dtype: Option<DType>,
    /// What was asked for: it says whether tuples are elements.
    wanted: Option<DType>,
}

impl Found {
    /// The dtype that holds all elements; float64 where there are none.
    pub fn dtype(&self) -> DType {
        self.dtype.unwrap_or(DType::of(Kind::F64))
    }

    /// The dtype that holds all elements, where there are any.
    pub fn seen(&self) -> Option<DType> {
        self.dtype
    }

    fn see(&mut self, dtype: DType) -> PyResult<()> {
        if self.wanted.is_some_and(|wanted| wanted.time().is_some()) && dtype.time().is_none() {
            return Ok(());
        }
        if self.dtype != Some(dtype) {
            self.dtype = Some(match self.dtype {
                Some(seen) => meet(seen, dtype).or_raise()?,
                None => dtype,
            });
        }
        Ok(())
    }

    fn see_length(&mut self, depth: usize, length: usize) -> PyResult<()> {
        if depth >= MOST_AXES {
            let text = format!("the nesting is deeper than the {MOST_AXES} axes that an array may have");
            return Err(PyValueError::new_err(text));
        }
        match self.shape.get(depth) {
            None if self.depth.is_none_or(|at| at > depth) => self.shape.push(length),
            Some(seen) if *seen == length && self.depth != Some(depth) => {}
            _ => return Err(self.ragged(depth)),
        }
        Ok(())
    }

    fn see_element(&mut self, depth: usize) -> PyResult<()> {
        if self.shape.len() > depth {
            return Err(self.ragged(depth));
        }
        self.depth = Some(depth);
        Ok(())
    }

    fn ragged(&self, depth: usize) -> PyErr {
        PyValueError::new_err(format!(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape after {depth} \
             dimensions. The detected shape was {} + inhomogeneous part.",
            shape_text(&self.shape[..depth])
        ))
    }

    /// The dtype of a date in text, where instants are wanted whose unit is open.
    fn in_time(&self, object: &Bound<'_, PyAny>) -> PyResult<Option<DType>> {
        let Some(wanted) = self.wanted.and_then(DType::time) else { return Ok(None) };
        let Ok(text) = object.cast::<PyString>() else { return Ok(None) };
        if wanted.span || wanted.unit != Unit::Generic {
            return Ok(None);
        }
        let found = crate::clock::unit_of(&text.to_cow()?);
        Ok(found.map(|unit| DType::from_form(Form::Time(Time::new(false, unit)))))
    }

    /// Whether text is wanted as wide as the longest element.
    fn spells(&self) -> bool {
        self.wanted.is_some_and(|wanted| matches!(wanted.form(), Form::Bytes(0) | Form::Text { chars: 0, .. }))
    }

    fn leaf<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Leaf<'py>> {
        let record = self.wanted.is_some_and(|wanted| wanted.record().is_some());
        if record && object.is_instance_of::<PyTuple>() {
            return Ok(Leaf::Record);
        }
        let float = self.wanted.and_then(DType::any_number).is_some_and(|kind| kind.category() >= Category::Float);
        if float && object.is_none() {
            return Ok(Leaf::Number(Scalar::Float(f64::NAN)));
        }
        match self.wanted.filter(|wanted| wanted.time().is_some() && object.is_none()) {
            Some(no_time) => Ok(Leaf::Text(no_time)),
            None => leaf(object),
        }
    }

    fn visit(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        match self.leaf(object)? {
            Leaf::Text(dtype) => {
                self.see_element(depth)?;
                self.see(self.in_time(object)?.unwrap_or(dtype))?;
            }
            Leaf::Record => self.see_element(depth)?,
            Leaf::Number(number) => {
                self.see_element(depth)?;
                self.see(if self.spells() {
                    DType::text(object.str()?.len()?).unwrap_or(DType::of(Kind::Bool))
                } else {
                    scalar_dtype(number)?
                })?;
            }
            Leaf::Array(array) => {
                for (axis, length) in array.shape().iter().enumerate() {
                    self.see_length(depth + axis, *length)?;
                }
                if array.size() > 0 {
                    self.see_element(depth + array.ndim())?;
                }
                // Among others it is what all meet in, which is native and without gaps.
                self.see(if depth == 0 { array.dtype() } else { meet(array.dtype(), array.dtype()).or_raise()? })?;
            }
            Leaf::Sequence(items) => {
                self.see_length(depth, items.len())?;
                if let Some(kind) = items.uniform().filter(|_| !self.spells()) {
                    self.see(DType::of(kind))?;
                    return self.see_element(depth + 1);
                }
                items.each(|item| self.visit(item, depth + 1))?;
            }
        }
        Ok(())
    }
}

/// The dtype that NumPy gives a Python number that stands alone.
pub(crate) fn scalar_dtype(number: Scalar) -> PyResult<DType> {
    Ok(DType::of(match number {
        Scalar::Bool(_) => Kind::Bool,
        Scalar::Int(value) if i64::try_from(value).is_ok() => Kind::I64,
        Scalar::Int(value) if u64::try_from(value).is_ok() => Kind::U64,
        Scalar::Int(value) => {
            let text = format!("Python integer {value} fits no integer dtype of metes; use floats");
            return Err(pyo3::exceptions::PyOverflowError::new_err(text));
        }
        Scalar::Float(_) => Kind::F64,
        Scalar::Complex(..) => Kind::C128,
    }))
}

/// Shape and dtype of a number, an array or nested sequences.
pub(crate) fn discover(object: &Bound<'_, PyAny>, wanted: Option<DType>) -> PyResult<Found> {
    let mut found = Found { wanted, ..Found::default() };
    found.visit(object, 0)?;
    Ok(found)
}
