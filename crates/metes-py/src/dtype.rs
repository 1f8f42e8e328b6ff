//! The class `DType` and the dtype constants.

use crate::dtype_parse::{find_dtype, parse};
use metes_dtype::{ByteOrder, Casting, DType, Field, Form, Kind, Record, Sub, can_cast};
use pyo3::exceptions::{PyIndexError, PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyMappingProxy, PyString, PyTuple, PyType};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) use crate::dtype_parse::{parse_dtype, parse_dtype_or_none};

/// NumPy's type numbers are positions in this string; float16 came later, as 23.
const TYPE_NUMBERS: &str = "?bBhHiIlLqQfdgFDGOSUVMm";

/// What one element of an array is.
///
/// Made from a name or type string ("float32", ">f4", "S5", "datetime64[ns]", "i4, f8"), a Python type (float), a NumPy
/// dtype, a list of fields [("x", "f4"), ("y", "f4", (2,))] or a dictionary of their names, formats and offsets. There is
/// one object per dtype of native numbers, so `a.dtype is metes.float64` holds.
#[pyclass(name = "DType", module = "metes", frozen)]
pub(crate) struct PyDType(pub(crate) DType);

static DTYPES: PyOnceLock<Vec<Py<PyDType>>> = PyOnceLock::new();

/// The object for a dtype: the one there is for native numbers.
pub(crate) fn dtype_object(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyAny>> {
    let Some(kind) = dtype.number() else { return Ok(Bound::new(py, PyDType(dtype))?.into_any()) };
    let all = DTYPES.get_or_try_init(py, || {
        Kind::ALL.iter().map(|kind| Py::new(py, PyDType(DType::of(*kind)))).collect::<PyResult<Vec<_>>>()
    })?;
    Ok(all[kind as usize].bind(py).clone().into_any())
}

/// Adds `float64` and its like to the module.
pub(crate) fn add_constants(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for kind in Kind::ALL {
        module.add(kind.name(), dtype_object(module.py(), DType::of(*kind))?)?;
    }
    Ok(())
}

impl PyDType {
    fn record(&self) -> Option<&'static Record> {
        self.0.record()
    }

    /// The dictionary form, which says all there is to a record.
    fn dictionary<'py>(&self, py: Python<'py>, record: &Record, numpy: bool) -> PyResult<Bound<'py, PyDict>> {
        let fields = record.fields();
        let object = |dtype: DType| {
            let object = dtype_object(py, dtype)?;
            if numpy { object.getattr("__numpy_dtype__") } else { Ok(object) }
        };
        let dict = PyDict::new(py);
        dict.set_item("names", fields.iter().map(|f| &*f.name).collect::<Vec<_>>())?;
        dict.set_item("formats", fields.iter().map(|f| object(f.dtype)).collect::<PyResult<Vec<_>>>()?)?;
        dict.set_item("offsets", fields.iter().map(|f| f.offset).collect::<Vec<_>>())?;
        if fields.iter().any(|f| f.title.is_some()) {
            dict.set_item("titles", fields.iter().map(|f| f.title.as_deref()).collect::<Vec<_>>())?;
        }
        dict.set_item("itemsize", record.itemsize())?;
        dict.set_item("aligned", record.aligned())?;
        Ok(dict)
    }
}

/// What `fields` says of a field: dtype, offset, and the title where there is one.
fn told<'py>(py: Python<'py>, field: &Field) -> PyResult<Bound<'py, PyTuple>> {
    let dtype = dtype_object(py, field.dtype)?;
    match &field.title {
        Some(title) => (dtype, field.offset, &**title).into_pyobject(py),
        None => (dtype, field.offset).into_pyobject(py),
    }
}

#[pymethods]
impl PyDType {
    #[new]
    #[pyo3(signature = (dtype, align=false, copy=false))]
    fn new<'py>(py: Python<'py>, dtype: &Bound<'py, PyAny>, align: bool, copy: bool) -> PyResult<Py<PyDType>> {
        let _ = copy;
        let dtype = if dtype.is_none() { DType::of(Kind::F64) } else { crate::dtype_parse::parse(dtype, align)? };
        Ok(dtype_object(py, dtype)?.cast_into::<PyDType>()?.unbind())
    }

    /// The name, "float64".
    #[getter]
    fn name(&self) -> String {
        self.0.full_name()
    }

    /// The family: one of "b", "i", "u", "f", "c", "S", "U", "M", "m", "V".
    #[getter]
    fn kind(&self) -> char {
        self.0.kind_char()
    }

    /// NumPy's type character, "d".
    #[getter]
    fn char(&self) -> char {
        self.0.any_number().map_or(self.0.kind_char(), Kind::type_char)
    }

    /// NumPy's type number.
    #[getter]
    fn num(&self) -> usize {
        TYPE_NUMBERS.find(self.char()).unwrap_or(23)
    }

    /// The type string with byte order, "<f8".
    #[getter]
    fn str(&self) -> String {
        self.0.type_string()
    }

    /// "=" for native order, ">" for the other, "|" where there is no order.
    #[getter]
    fn byteorder(&self) -> char {
        match self.0.is_swapped() {
            None => '|',
            Some(false) => '=',
            Some(true) => '>',
        }
    }

    /// Bytes of one element.
    #[getter]
    fn itemsize(&self) -> usize {
        self.0.size()
    }

    /// Alignment in bytes of one element.
    #[getter]
    fn alignment(&self) -> usize {
        self.0.align()
    }

    /// NumPy's scalar type of the same elements; NumPy is imported for it.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.__numpy_dtype__(py)?.getattr("type")
    }

    /// Whether elements are in the machine's byte order; NumPy does not look into small arrays.
    #[getter]
    fn isnative(&self) -> bool {
        match self.0.form() {
            Form::Sub(_) => true,
            Form::Record(record) => record.fields().iter().all(|field| PyDType(field.dtype).isnative()),
            _ => self.0.is_native(),
        }
    }

    /// Whether fields lie as a C compiler would lay them.
    #[getter]
    fn isalignedstruct(&self) -> bool {
        self.record().is_some_and(Record::aligned)
    }

    /// NumPy's flags: 8 for text, 16 for fields, 128 for aligned ones; of small arrays those of what is in them.
    #[getter]
    fn flags(&self) -> u32 {
        match self.0.form() {
            Form::Text { .. } => 8,
            Form::Record(record) => {
                let within = record.fields().iter().map(|f| PyDType(f.dtype.flattened().0).flags() & 8);
                within.fold(if record.aligned() { 144 } else { 16 }, |all, flags| all | flags)
            }
            Form::Sub(sub) => PyDType(sub.base()).flags(),
            _ => 0,
        }
    }

    /// False: no element is a Python object.
    #[getter]
    fn hasobject(&self) -> bool {
        false
    }

    /// The names of the fields, None where there are none.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.record().map(|record| PyTuple::new(py, record.fields().iter().map(|f| &*f.name))).transpose()
    }

    /// Dtype and offset of each field by name and title, None where there are none.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyMappingProxy>>> {
        let Some(record) = self.record() else { return Ok(None) };
        let dict = PyDict::new(py);
        for field in record.fields() {
            dict.set_item(&*field.name, told(py, field)?)?;
            if let Some(title) = &field.title {
                dict.set_item(&**title, told(py, field)?)?;
            }
        }
        Ok(Some(PyMappingProxy::new(py, dict.as_mapping())))
    }

    /// Dtype and shape of elements that are small arrays, else None.
    #[getter]
    fn subdtype<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyTuple>)>> {
        match self.0.form() {
            Form::Sub(sub) => Ok(Some((dtype_object(py, sub.base())?, PyTuple::new(py, sub.shape())?))),
            _ => Ok(None),
        }
    }

    /// The shape of elements that are small arrays, else ().
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.flattened().1)
    }

    /// The number of axes of elements that are small arrays, else 0.
    #[getter]
    fn ndim(&self) -> usize {
        self.0.flattened().1.len()
    }

    /// The dtype within small arrays; the dtype itself for all else.
    #[getter]
    fn base<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        match slf.get().0.form() {
            Form::Sub(sub) => dtype_object(slf.py(), sub.base()),
            _ => Ok(slf.clone().into_any()),
        }
    }

    /// None: there is no metadata.
    #[getter]
    fn metadata(&self) -> Option<()> {
        None
    }

    /// The description in the array interface: a list of names, type strings and shapes, gaps as raw bytes.
    #[getter]
    fn descr<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let Some(record) = self.record() else {
            list.append(("", self.str()))?;
            return Ok(list);
        };
        if !record.is_ordered() {
            let text = "dtype.descr is not defined for types with overlapping or out-of-order fields";
            return Err(PyValueError::new_err(text));
        }
        let mut end = 0;
        let gap = |list: &Bound<'py, PyList>, bytes: usize| {
            if bytes > 0 { list.append(("", format!("|V{bytes}"))) } else { Ok(()) }
        };
        for field in record.fields() {
            gap(&list, field.offset - end)?;
            end = field.offset + field.dtype.size();
            let name = match &field.title {
                Some(title) => (&**title, &*field.name).into_pyobject(py)?.into_any(),
                None => PyString::new(py, &field.name).into_any(),
            };
            let (base, shape) = field.dtype.flattened();
            let within = match base.record() {
                Some(_) => PyDType(base).descr(py)?.into_any(),
                None => PyString::new(py, &base.type_string()).into_any(),
            };
            match shape {
                [] => list.append((name, within))?,
                shape => list.append((name, within, PyTuple::new(py, shape)?))?,
            }
        }
        gap(&list, record.itemsize() - end)?;
        Ok(list)
    }

    /// The same dtype in another byte order: "<", ">", "=" (native), "S" (the other), "|" (as it is).
    #[pyo3(signature = (new_order="S", /))]
    fn newbyteorder<'py>(&self, py: Python<'py>, new_order: &str) -> PyResult<Bound<'py, PyAny>> {
        let order = match new_order.to_ascii_lowercase().as_str() {
            "s" | "swap" => ByteOrder::Other,
            "<" | "l" | "little" | "=" | "n" | "native" => ByteOrder::Native,
            ">" | "b" | "big" => ByteOrder::Foreign,
            "|" | "i" | "ignore" => return dtype_object(py, self.0),
            other => return Err(PyValueError::new_err(format!("{other} is an unrecognized byteorder"))),
        };
        dtype_object(py, self.0.ordered(order))
    }

    /// The same dtype of NumPy, which is imported for it.
    #[getter]
    fn __numpy_dtype__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let make = py.import("numpy")?.getattr("dtype")?;
        match self.0.form() {
            Form::Number(kind) => make.call1((kind.name(),)),
            Form::Record(record) => make.call1((self.dictionary(py, record, true)?,)),
            Form::Sub(sub) => {
                let base = dtype_object(py, sub.base())?.getattr("__numpy_dtype__")?;
                make.call1(((base, PyTuple::new(py, sub.shape())?),))
            }
            _ => make.call1((self.0.type_string(),)),
        }
    }

    /// The same dtype of NumPy: NumPy before 2.4 looks for it under this name.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.__numpy_dtype__(py)
    }

    /// The number of fields.
    fn __len__(&self) -> usize {
        self.record().map_or(0, |record| record.fields().len())
    }

    fn __bool__(&self) -> bool {
        true
    }

    /// The dtype of a field by name or number, or of several fields by a list of names.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Some(record) = self.record() else {
            return Err(PyKeyError::new_err(format!("There are no fields in dtype {}.", self.0)));
        };
        if let Ok(name) = key.cast::<PyString>() {
            let name = name.to_cow()?;
            let field = record
                .field(&name)
                .ok_or_else(|| PyKeyError::new_err(format!("Field named {} not found.", metes_dtype::quoted(&name))))?;
            return dtype_object(py, field.dtype);
        }
        if key.is_instance_of::<PyInt>() {
            let at = key.extract::<isize>()?;
            let count = record.fields().len() as isize;
            let place = usize::try_from(if at < 0 { at + count } else { at }).ok();
            let field = place.and_then(|at| record.fields().get(at));
            let field = field.ok_or_else(|| PyIndexError::new_err(format!("Field index {at} out of range.")))?;
            return dtype_object(py, field.dtype);
        }
        let names = key.extract::<Vec<String>>()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        dtype_object(py, record.select(&names).map_err(PyKeyError::new_err)?)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        find_dtype(other, false).is_ok_and(|other| other == Some(self.0))
    }

    /// Whether every value is one of another dtype.
    fn __le__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(can_cast(self.0, parse(other, false)?, Casting::Safe))
    }

    fn __lt__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(!self.__eq__(other) && self.__le__(other)?)
    }

    /// Whether every value of another dtype is one of this.
    fn __ge__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(can_cast(parse(other, false)?, self.0, Casting::Safe))
    }

    fn __gt__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(!self.__eq__(other) && self.__ge__(other)?)
    }

    /// Small arrays of so many elements.
    fn __mul__<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Bound<'py, PyAny>> {
        let small =
            Sub::of(self.0, &[count]).ok_or_else(|| PyValueError::new_err("dtype size in bytes is too large"))?;
        dtype_object(py, if count == 1 { self.0 } else { small })
    }

    fn __rmul__<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Bound<'py, PyAny>> {
        self.__mul__(py, count)
    }

    /// The hash of NumPy's dtype, since the two are equal: that of a tuple of what NumPy calls its description. Of fields,
    /// where NumPy's is more than that, it is our own.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        if matches!(self.0.form(), Form::Record(_) | Form::Sub(_)) {
            let mut hasher = DefaultHasher::new();
            self.0.hash(&mut hasher);
            return Ok(hasher.finish() as isize >> 1);
        }
        let letter = |letter: char| PyBytes::new(py, &[letter as u8]);
        let order = match self.byteorder() {
            '=' => '<',
            order => order,
        };
        let flags = self.flags();
        (letter(self.kind()), letter(order), flags, self.0.size(), self.0.align()).into_pyobject(py)?.hash()
    }

    /// A value of this dtype as an array without axes, or an array of what has some. Raw bytes may be given as their
    /// number, with the dtype that they are to have; bytes as text, and text as bytes, with their encoding.
    #[pyo3(signature = (*values, dtype=None))]
    fn __call__<'py>(
        slf: &Bound<'py, PyDType>,
        values: &Bound<'py, PyTuple>,
        dtype: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("metes._convert")?.getattr("_valued")?.call1((slf, values, dtype))
    }

    fn __repr__(&self) -> String {
        self.0.repr()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let arguments = match self.0.form() {
            Form::Number(kind) => (kind.name(),).into_pyobject(py)?,
            Form::Record(record) => (self.dictionary(py, record, false)?,).into_pyobject(py)?,
            Form::Sub(sub) => ((dtype_object(py, sub.base())?, PyTuple::new(py, sub.shape())?),).into_pyobject(py)?,
            _ => (self.0.type_string(),).into_pyobject(py)?,
        };
        Ok((py.get_type::<PyDType>(), arguments))
    }
}
