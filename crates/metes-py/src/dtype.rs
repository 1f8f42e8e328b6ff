//! The class `DType`, the dtype constants, and everything that Python may pass where a dtype is meant.

use metes_dtype::{DType, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyInt, PyString, PyType};

/// NumPy's type numbers are positions in this string; float16 came later, as 23.
const TYPE_NUMBERS: &str = "?bBhHiIlLqQfdgFD";

/// Names that NumPy knows besides those of the kinds.
const ALIASES: &[(&str, Kind)] = &[
    ("bool_", Kind::Bool),
    ("int", Kind::I64),
    ("intp", Kind::I64),
    ("intc", Kind::I32),
    ("longlong", Kind::I64),
    ("q", Kind::I64),
    ("p", Kind::I64),
    ("uint", Kind::U64),
    ("uintp", Kind::U64),
    ("uintc", Kind::U32),
    ("ulonglong", Kind::U64),
    ("Q", Kind::U64),
    ("P", Kind::U64),
    ("half", Kind::F16),
    ("single", Kind::F32),
    ("float", Kind::F64),
    ("double", Kind::F64),
    ("csingle", Kind::C64),
    ("complex", Kind::C128),
    ("cdouble", Kind::C128),
];

/// What one element of an array is.
///
/// Made from a name or type string ("float32", "f4"), a Python type (float) or a NumPy dtype. There is one object
/// per dtype, so `a.dtype is metes.float64` holds.
#[pyclass(name = "DType", module = "metes", frozen)]
pub(crate) struct PyDType(DType);

static DTYPES: PyOnceLock<Vec<Py<PyDType>>> = PyOnceLock::new();

/// The one object for a dtype.
pub(crate) fn dtype_object(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyAny>> {
    let all = DTYPES.get_or_try_init(py, || {
        Kind::ALL.iter().map(|kind| Py::new(py, PyDType(DType::of(*kind)))).collect::<PyResult<Vec<_>>>()
    })?;
    Ok(all[dtype.kind() as usize].bind(py).clone().into_any())
}

/// Adds `float64` and its like to the module.
pub(crate) fn add_constants(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for kind in Kind::ALL {
        module.add(kind.name(), dtype_object(module.py(), DType::of(*kind))?)?;
    }
    Ok(())
}

/// The dtype that `object` means: a `DType`, a Python type, a name, a NumPy dtype or scalar type.
pub(crate) fn parse_dtype(object: &Bound<'_, PyAny>) -> PyResult<DType> {
    find_dtype(object)?.ok_or_else(|| {
        let text = object.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string());
        PyTypeError::new_err(format!("metes has no data type for {text}"))
    })
}

/// As [`parse_dtype`]; `None` stands for "not given".
pub(crate) fn parse_dtype_or_none(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<DType>> {
    object.filter(|o| !o.is_none()).map(parse_dtype).transpose()
}

fn find_dtype(object: &Bound<'_, PyAny>) -> PyResult<Option<DType>> {
    if let Ok(dtype) = object.cast_exact::<PyDType>() {
        return Ok(Some(dtype.get().0));
    }
    let kind = if let Ok(text) = object.cast::<PyString>() {
        by_name(&text.to_cow()?)
    } else if let Ok(class) = object.cast::<PyType>() {
        by_class(class)?
    } else {
        by_str_attribute(object)?
    };
    Ok(kind.map(DType::of))
}

fn by_name(name: &str) -> Option<Kind> {
    Kind::parse(name).or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, kind)| *kind))
}

fn by_class(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    let py = class.py();
    let python = [
        (py.get_type::<PyBool>(), Kind::Bool),
        (py.get_type::<PyInt>(), Kind::I64),
        (py.get_type::<PyFloat>(), Kind::F64),
        (py.get_type::<PyComplex>(), Kind::C128),
    ];
    if let Some((_, kind)) = python.iter().find(|(python, _)| class.is(python)) {
        return Ok(Some(*kind));
    }
    let from_numpy = class.module()?.to_cow()? == "numpy";
    Ok(if from_numpy { by_name(&class.name()?.to_cow()?) } else { None })
}

/// NumPy's dtypes say what they are in their attribute `str`: `"<f8"`.
fn by_str_attribute(object: &Bound<'_, PyAny>) -> PyResult<Option<Kind>> {
    let Some(text) = object.getattr_opt("str")? else {
        return Ok(None);
    };
    Ok(text.extract::<String>().ok().and_then(|text| Kind::parse(&text)))
}

#[pymethods]
impl PyDType {
    #[new]
    fn new<'py>(py: Python<'py>, dtype: &Bound<'py, PyAny>) -> PyResult<Py<PyDType>> {
        let dtype = parse_dtype_or_none(Some(dtype))?.unwrap_or(DType::of(Kind::F64));
        Ok(dtype_object(py, dtype)?.cast_into::<PyDType>()?.unbind())
    }

    /// The name, "float64".
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The family: "b", "i", "u", "f" or "c".
    #[getter]
    fn kind(&self) -> char {
        self.0.kind().kind_char()
    }

    /// NumPy's type character, "d".
    #[getter]
    fn char(&self) -> char {
        self.0.kind().type_char()
    }

    /// NumPy's type number.
    #[getter]
    fn num(&self) -> usize {
        TYPE_NUMBERS.find(self.char()).unwrap_or(23)
    }

    /// The type string with byte order, "<f8".
    #[getter]
    fn str(&self) -> String {
        let order = if self.0.size() == 1 { '|' } else { '<' };
        format!("{order}{}{}", self.kind(), self.0.size())
    }

    /// "=" for native order, "|" where there is no order.
    #[getter]
    fn byteorder(&self) -> char {
        if self.0.size() == 1 { '|' } else { '=' }
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

    /// True: elements are in the machine's byte order.
    #[getter]
    fn isnative(&self) -> bool {
        true
    }

    /// False: no element is a Python object.
    #[getter]
    fn hasobject(&self) -> bool {
        false
    }

    /// None: there are no fields.
    #[getter]
    fn names(&self) -> Option<()> {
        None
    }

    /// None: there are no fields.
    #[getter]
    fn fields(&self) -> Option<()> {
        None
    }

    /// None: elements are no arrays.
    #[getter]
    fn subdtype(&self) -> Option<()> {
        None
    }

    /// The dtype itself.
    #[getter]
    fn base(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// The same dtype of NumPy, which is imported for it.
    #[getter]
    fn __numpy_dtype__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("numpy")?.getattr("dtype")?.call1((self.0.name(),))
    }

    /// The same dtype of NumPy: NumPy before 2.4 looks for it under this name.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.__numpy_dtype__(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        find_dtype(other).is_ok_and(|other| other == Some(self.0))
    }

    /// The hash of NumPy's dtype, since the two are equal: that of a tuple of what NumPy calls its description.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let letter = |letter: char| PyBytes::new(py, &[letter as u8]);
        let order = if self.0.size() == 1 { '|' } else { '<' };
        let flags = 0;
        (letter(self.kind()), letter(order), flags, self.0.size(), self.0.align()).into_pyobject(py)?.hash()
    }

    fn __repr__(&self) -> String {
        format!("dtype('{}')", self.0)
    }

    fn __str__(&self) -> &'static str {
        self.0.name()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (&'static str,)) {
        (py.get_type::<PyDType>(), (self.0.name(),))
    }
}
