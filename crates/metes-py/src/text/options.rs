//! How arrays are written: the options of NumPy's `set_printoptions`, and where those in force are kept.
//!
//! The options in force are the value of a context variable, as in NumPy, so threads and asynchronous tasks do not
//! disturb each other. A set of options never changes; another one takes its place. Left out: `legacy`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString};

/// When a float is cut, and when it is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatMode {
    /// Always as many digits after the point as `precision` says.
    Fixed,
    /// As many as tell the number from its neighbours.
    Unique,
    /// The same, at most `precision`.
    MaxPrec,
    /// The same, and as many for all elements.
    MaxPrecEqual,
}

const MODES: &[(&str, FloatMode)] = &[
    ("fixed", FloatMode::Fixed),
    ("unique", FloatMode::Unique),
    ("maxprec", FloatMode::MaxPrec),
    ("maxprec_equal", FloatMode::MaxPrecEqual),
];

/// What stands before a number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing.
    Minus,
    /// A plus.
    Plus,
    /// A blank.
    Space,
}

const SIGNS: &[(&str, Sign)] = &[("-", Sign::Minus), ("+", Sign::Plus), (" ", Sign::Space)];

/// A set of options.
#[pyclass(name = "PrintOptions", module = "metes", frozen)]
#[derive(Clone)]
pub(crate) struct Options {
    pub(super) precision: Option<usize>,
    /// Arrays of more elements show their edges only.
    pub(super) threshold: f64,
    pub(super) edge: usize,
    pub(super) width: usize,
    pub(super) suppress: bool,
    pub(super) nan: String,
    pub(super) inf: String,
    pub(super) sign: Sign,
    pub(super) mode: FloatMode,
    /// Functions that write the elements of a family: `{"float": f}`.
    pub(super) formatter: Option<std::sync::Arc<Py<PyDict>>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            precision: Some(8),
            threshold: 1000.0,
            edge: 3,
            width: 75,
            suppress: false,
            nan: "nan".to_owned(),
            inf: "inf".to_owned(),
            sign: Sign::Minus,
            mode: FloatMode::MaxPrec,
            formatter: None,
        }
    }
}

impl Options {
    /// Digits after the point at most; none say "as many as it takes".
    pub(super) fn most_digits(&self) -> Option<usize> {
        self.precision.filter(|_| self.mode != FloatMode::Unique)
    }

    /// The edge, where an array of so many elements shows its edges only.
    pub(super) fn edge_of(&self, size: usize) -> Option<usize> {
        self.is_cut(size).then_some(self.edge)
    }

    /// Whether an array of so many elements shows its edges only.
    pub(super) fn is_cut(&self, size: usize) -> bool {
        size as f64 > self.threshold
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "formatter" => self.formatter = dict(value)?,
            _ if value.is_none() => {}
            "precision" => self.precision = Some(count(name, value)?),
            "threshold" => self.threshold = threshold(value)?,
            "edgeitems" => self.edge = count(name, value)?,
            "linewidth" => self.width = count(name, value)?,
            "suppress" => self.suppress = value.is_truthy()?,
            "nanstr" => self.nan = text(name, value)?,
            "infstr" => self.inf = text(name, value)?,
            "sign" => self.sign = one_of(name, value, SIGNS)?,
            "floatmode" => self.mode = one_of(name, value, MODES)?,
            other => {
                return Err(PyTypeError::new_err(format!("there is no print option '{other}'")));
            }
        }
        Ok(())
    }
}

#[pymethods]
impl Options {
    /// These options with some replaced; `None` leaves one as it is, but for `formatter`, which it removes.
    #[pyo3(signature = (**changes))]
    fn replaced(&self, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Options> {
        let mut options = self.clone();
        for (name, value) in changes.iter().flat_map(|changes| changes.iter()) {
            options.set(&name.extract::<String>()?, &value)?;
        }
        if options.mode == FloatMode::Fixed && options.precision.is_none() {
            return Err(PyValueError::new_err("floatmode 'fixed' needs a precision"));
        }
        Ok(options)
    }

    /// The options by name.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let name_of = |sign| SIGNS.iter().find(|(_, s)| *s == sign).map(|(name, _)| *name);
        let mode_of = |mode| MODES.iter().find(|(_, m)| *m == mode).map(|(name, _)| *name);
        let dict = PyDict::new(py);
        dict.set_item("precision", self.precision)?;
        match self.threshold {
            whole if whole.fract() == 0.0 && whole < 9e15 => dict.set_item("threshold", whole as i64)?,
            other => dict.set_item("threshold", other)?,
        }
        dict.set_item("edgeitems", self.edge)?;
        dict.set_item("linewidth", self.width)?;
        dict.set_item("suppress", self.suppress)?;
        dict.set_item("nanstr", &self.nan)?;
        dict.set_item("infstr", &self.inf)?;
        dict.set_item("sign", name_of(self.sign))?;
        dict.set_item("floatmode", mode_of(self.mode))?;
        dict.set_item("formatter", self.formatter.as_ref().map(|dict| dict.bind(py)))?;
        Ok(dict)
    }
}

fn dict(value: &Bound<'_, PyAny>) -> PyResult<Option<std::sync::Arc<Py<PyDict>>>> {
    if value.is_none() {
        return Ok(None);
    }
    let dict = value.cast::<PyDict>().map_err(|_| PyTypeError::new_err("formatter must be a dict of functions"))?;
    Ok(Some(std::sync::Arc::new(dict.clone().unbind())))
}

fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let number = value.extract::<isize>().map_err(|_| PyTypeError::new_err(format!("{name} must be an integer")))?;
    usize::try_from(number).map_err(|_| PyValueError::new_err(format!("{name} must be >= 0, not {number}")))
}

fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| PyTypeError::new_err(format!("{name} must be str")))?;
    Ok(text.to_cow()?.into_owned())
}

fn threshold(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if !(value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>()) {
        return Err(PyTypeError::new_err("threshold must be numeric"));
    }
    let number: f64 = value.extract()?;
    if number.is_nan() {
        return Err(PyValueError::new_err("threshold must be non-NAN, try sys.maxsize for untruncated representation"));
    }
    Ok(number)
}

fn one_of<T: Copy>(name: &str, value: &Bound<'_, PyAny>, list: &[(&str, T)]) -> PyResult<T> {
    let text = text(name, value)?;
    list.iter().find(|(known, _)| *known == text).map(|(_, found)| *found).ok_or_else(|| {
        let known = list.iter().map(|(known, _)| format!("'{known}'")).collect::<Vec<_>>().join(", ");
        PyValueError::new_err(format!("{name} option must be one of {known}, not '{text}'"))
    })
}

static CURRENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The context variable that holds the options in force.
pub(super) fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let made = CURRENT.get_or_try_init(py, || {
        let keywords = PyDict::new(py);
        keywords.set_item("default", Py::new(py, Options::default())?)?;
        let class = py.import("contextvars")?.getattr("ContextVar")?;
        Ok::<_, PyErr>(class.call(("metes_print_options",), Some(&keywords))?.unbind())
    })?;
    Ok(made.bind(py))
}

/// The options in force.
pub(super) fn current(py: Python<'_>) -> PyResult<Options> {
    Ok(variable(py)?.call_method0("get")?.cast::<Options>()?.get().clone())
}
