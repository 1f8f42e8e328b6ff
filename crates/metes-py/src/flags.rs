//! `a.flags`: facts about an array's layout, by attribute and by NumPy's names.

use crate::object::{base, set_writeable, this, writeable};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;

/// Facts about the layout of an array. `flags.writeable` and `flags["WRITEABLE"]` can be set.
#[pyclass(module = "metes", frozen)]
pub(crate) struct Flags(Py<PyAny>);

type Fact = fn(&Bound<'_, PyAny>) -> PyResult<bool>;

/// Name, short name, and the fact.
const FACTS: &[(&str, &str, Fact)] = &[
    ("C_CONTIGUOUS", "C", |a| Ok(this(a)?.is_c_contiguous())),
    ("F_CONTIGUOUS", "F", |a| Ok(this(a)?.is_f_contiguous())),
    ("OWNDATA", "O", |a| Ok(base(a).is_none())),
    ("WRITEABLE", "W", |a| Ok(writeable(a))),
    ("ALIGNED", "A", |a| Ok(this(a)?.is_aligned())),
    ("WRITEBACKIFCOPY", "X", |_| Ok(false)),
];

/// The bits of the facts in NumPy's C interface.
const BITS: [u32; 6] = [0x1, 0x2, 0x4, 0x400, 0x100, 0x2000];

impl Flags {
    /// The flags of an array.
    pub fn of(array: &Bound<'_, PyAny>) -> PyResult<Flags> {
        this(array).map(|_| Flags(array.clone().unbind()))
    }

    fn fact(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        let array = self.0.bind(py);
        let one = |key: &str| FACTS.iter().find(|(long, short, _)| key == *long || key == *short).map(|f| f.2(array));
        let (c, f) = (FACTS[0].2(array)?, FACTS[1].2(array)?);
        let behaved = FACTS[3].2(array)? && FACTS[4].2(array)?;
        match name {
            "CONTIGUOUS" => Ok(c),
            "FORTRAN" => Ok(f),
            "FNC" => Ok(f && !c),
            "FORC" => Ok(f || c),
            "BEHAVED" | "B" => Ok(behaved),
            "CARRAY" | "CA" => Ok(behaved && c),
            "FARRAY" | "FA" => Ok(behaved && f && !c),
            key => one(key).unwrap_or_else(|| Err(PyKeyError::new_err("Unknown flag"))),
        }
    }
}

#[pymethods]
impl Flags {
    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        let known = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        self.fact(py, &if known { name.to_uppercase() } else { String::new() })
            .map_err(|_| pyo3::exceptions::PyAttributeError::new_err(format!("flags have no attribute '{name}'")))
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        self.fact(py, name)
    }

    fn __setitem__(&self, py: Python<'_>, name: &str, on: bool) -> PyResult<()> {
        match name {
            "WRITEABLE" | "W" => set_writeable(self.0.bind(py), on),
            "ALIGNED" | "A" if on == self.fact(py, name)? => Ok(()),
            "ALIGNED" | "A" => Err(PyValueError::new_err("cannot set the ALIGNED flag against the facts")),
            "WRITEBACKIFCOPY" | "X" if !on => Ok(()),
            "WRITEBACKIFCOPY" | "X" => Err(PyValueError::new_err("cannot set WRITEBACKIFCOPY flag to True")),
            _ => Err(PyKeyError::new_err("Unknown flag, or one that follows from the layout")),
        }
    }

    /// Whether Python may write through the array.
    #[getter]
    fn writeable(&self, py: Python<'_>) -> bool {
        writeable(self.0.bind(py))
    }

    #[setter]
    fn set_writeable(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        set_writeable(self.0.bind(py), on)
    }

    /// Whether every element lies where its dtype wants it.
    #[getter]
    fn aligned(&self, py: Python<'_>) -> PyResult<bool> {
        self.fact(py, "ALIGNED")
    }

    #[setter]
    fn set_aligned(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.__setitem__(py, "ALIGNED", on)
    }

    /// False: no array is written back to another.
    #[getter]
    fn writebackifcopy(&self) -> bool {
        false
    }

    #[setter]
    fn set_writebackifcopy(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.__setitem__(py, "WRITEBACKIFCOPY", on)
    }

    /// The flags as the bits of NumPy's C interface.
    #[getter]
    fn num(&self, py: Python<'_>) -> PyResult<u32> {
        FACTS
            .iter()
            .zip(BITS)
            .try_fold(0, |all, (fact, bit)| Ok(if fact.2(self.0.bind(py))? { all | bit } else { all }))
    }

    fn __dir__(&self) -> Vec<String> {
        FACTS.iter().map(|(name, _, _)| name.to_lowercase()).collect()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = String::new();
        for (name, _, fact) in FACTS {
            let fact = if fact(self.0.bind(py))? { "True" } else { "False" };
            text += &format!("  {name} : {fact}\n");
        }
        Ok(text)
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast_exact::<Flags>() else { return Ok(false) };
        for (_, _, fact) in FACTS {
            if fact(self.0.bind(py))? != fact(other.get().0.bind(py))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
