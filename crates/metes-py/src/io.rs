//! Files: `open`, `load`, `save`, `savez` and the mapping over an archive's members.

use crate::convert::to_array;
use crate::errors::OrRaise;
use crate::lazy::{compute, expr_of, run, wrap};
use crate::object::from_array;
use metes_array::Array;
use metes_eval::Output;
use metes_memory::MapMode;
use metes_store::{Header, NpyWriter};
use pyo3::exceptions::{PyFileNotFoundError, PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use std::path::{Path, PathBuf};

/// The arrays of an .npz archive by name.
///
/// From `open` the members are lazy arrays, from `load` arrays that are read when they are asked for.
#[pyclass(name = "NpzFile", module = "metes", frozen)]
pub(crate) struct PyNpzFile {
    file: metes_store::NpzFile,
    path: PathBuf,
    lazily: bool,
}

#[pymethods]
impl PyNpzFile {
    fn __len__(&self) -> usize {
        self.file.members().len()
    }

    fn __contains__(&self, name: &str) -> bool {
        self.file.names().any(|member| member == name)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        if !self.__contains__(name) && !self.__contains__(name.strip_suffix(".npy").unwrap_or(name)) {
            let text = format!("{}: no member '{name}', there are {}", self.path.display(), self.keys().join(", "));
            return Err(PyKeyError::new_err(text));
        }
        let member = self.file.member(name).or_raise()?;
        if self.lazily {
            return wrap(py, member.lazy().or_raise()?);
        }
        Ok(from_array(py, crate::eval::released(py, || member.read()).or_raise()?, None))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.keys().into_pyobject(py)?.try_iter()?.into_any())
    }

    /// The names of the members, in the archive's order.
    #[getter]
    fn files(&self) -> Vec<String> {
        self.keys()
    }

    /// Nothing is open between reads.
    fn close(&self) {}

    /// The names of the members, in the archive's order.
    fn keys(&self) -> Vec<String> {
        self.file.names().map(str::to_owned).collect()
    }

    /// The arrays, in the archive's order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.file.names().map(|name| self.__getitem__(py, name)).collect()
    }

    /// Names and arrays, in the archive's order.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        self.file.names().map(|name| Ok((name.to_owned(), self.__getitem__(py, name)?))).collect()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, _error: &Bound<'_, PyTuple>) {}

    fn __repr__(&self) -> String {
        format!("NpzFile '{}' with members {}", self.path.display(), self.keys().join(", "))
    }
}

fn found(path: &Path) -> PyResult<()> {
    match path.try_exists() {
        Ok(false) => Err(PyFileNotFoundError::new_err((2, "No such file or directory", path.to_owned()))),
        _ => Ok(()),
    }
}

fn archive(path: PathBuf, lazily: bool) -> PyResult<PyNpzFile> {
    Ok(PyNpzFile { file: metes_store::NpzFile::open(&path).or_raise()?, path, lazily })
}

/// Opens a file without reading its values: a lazy array for .npy, a mapping to lazy arrays for .npz.
#[pyfunction]
#[pyo3(signature = (path, /))]
fn open<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
    found(&path)?;
    if metes_store::is_npz(&path).or_raise()? {
        return Ok(Bound::new(py, archive(path, true)?)?.into_any());
    }
    wrap(py, metes_store::open_npy(&path).and_then(|file| file.lazy()).or_raise()?)
}

/// Reads a file: an array for .npy, a mapping to arrays for .npz.
///
/// With mmap_mode "r" (read only), "r+" (writes go to the file) or "c" (writes stay in memory) the file is mapped instead.
#[pyfunction]
#[pyo3(signature = (path, /, mmap_mode = None))]
fn _load<'py>(py: Python<'py>, path: PathBuf, mmap_mode: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
    let mode = match mmap_mode {
        None => None,
        Some("r") => Some(MapMode::ReadOnly),
        Some("r+") => Some(MapMode::ReadWrite),
        Some("c") => Some(MapMode::CopyOnWrite),
        Some(other) => {
            return Err(PyValueError::new_err(format!("load: mmap_mode must be 'r', 'r+' or 'c', not '{other}'")));
        }
    };
    found(&path)?;
    if metes_store::is_npz(&path).or_raise()? {
        return Ok(Bound::new(py, archive(path, false)?)?.into_any());
    }
    let array = crate::eval::released(py, || match mode {
        None => metes_store::load(&path),
        Some(MapMode::ReadWrite) => metes_store::open_npy_writeable(&path)?.map(MapMode::ReadWrite),
        Some(mode) => metes_store::open_npy(&path)?.map(mode),
    });
    Ok(from_array(py, array.or_raise()?, None))
}

fn with_suffix(path: PathBuf, suffix: &str) -> PathBuf {
    if path.to_string_lossy().ends_with(suffix) {
        return path;
    }
    let mut longer = path.into_os_string();
    longer.push(suffix);
    longer.into()
}

/// Writes an array as an .npy file, which appears under its name when it is complete; a lazy array is computed in parts.
#[pyfunction]
#[pyo3(signature = (path, array, /, *, progress = false))]
fn _save(py: Python<'_>, path: PathBuf, array: &Bound<'_, PyAny>, progress: bool) -> PyResult<()> {
    let path = with_suffix(path, ".npy");
    if let Some(expr) = expr_of(array) {
        let writer = NpyWriter::create(&path, expr.dtype(), expr.shape()).or_raise()?;
        return run(py, vec![Output::Sink(expr.clone(), Box::new(writer))], progress).map(drop);
    }
    let array = to_array(array, None)?;
    crate::eval::released(py, || metes_store::save(&path, &array)).or_raise()
}

type Members = Vec<(String, Array)>;

fn members(arrays: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Members> {
    let read = |object: &Bound<'_, PyAny>| match expr_of(object) {
        Some(expr) => compute(object.py(), vec![expr.clone()], false).map(|mut made| made.remove(0)),
        None => to_array(object, None),
    };
    let mut all = Members::new();
    for (number, array) in arrays.iter().enumerate() {
        all.push((format!("arr_{number}"), read(&array)?));
    }
    for (name, array) in named.into_iter().flatten() {
        let name: String = name.extract()?;
        if all.iter().any(|(other, _)| *other == name) {
            return Err(PyTypeError::new_err(format!("savez: '{name}' is the name of a positional array too")));
        }
        all.push((name, read(&array)?));
    }
    Ok(all)
}

/// Writes arrays as the stored members of an .npz archive: positional ones as arr_0, arr_1, …
#[pyfunction]
#[pyo3(signature = (path, /, *arrays, **named))]
fn _savez(path: PathBuf, arrays: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let (path, members) = (with_suffix(path, ".npz"), members(arrays, named)?);
    crate::eval::released(arrays.py(), || metes_store::savez(&path, &members)).or_raise()
}

/// Writes arrays as the compressed members of an .npz archive: positional ones as arr_0, arr_1, …
#[pyfunction]
#[pyo3(signature = (path, /, *arrays, **named))]
fn _savez_compressed(path: PathBuf, arrays: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let (path, members) = (with_suffix(path, ".npz"), members(arrays, named)?);
    crate::eval::released(arrays.py(), || metes_store::savez_compressed(&path, &members)).or_raise()
}

/// The bytes before the elements of an .npy file.
#[pyfunction]
fn _npy_header<'py>(
    py: Python<'py>,
    dtype: &Bound<'py, PyAny>,
    shape: &Bound<'py, PyAny>,
    fortran: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let (dtype, shape) = (crate::dtype::parse_dtype(dtype)?, crate::methods::parse_shape(shape)?);
    Ok(PyBytes::new(py, &Header::to_bytes(dtype, &shape, fortran)))
}

/// Dtype, shape and order from the bytes before the elements.
#[pyfunction]
fn _npy_parse<'py>(py: Python<'py>, head: &[u8]) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>, bool)> {
    let header = Header::read(&mut &*head, "load").or_raise()?;
    Ok((crate::dtype::dtype_object(py, header.dtype)?, PyTuple::new(py, &header.shape)?, header.fortran))
}

/// The narrowest dtype of the same family that holds every value.
#[pyfunction]
fn _suggest_dtype<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, array) = (array.py(), to_array(array, None)?);
    crate::dtype::dtype_object(py, crate::eval::released(py, || metes_store::suggest_dtype(&array)).or_raise()?)
}

/// Adds the class and the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyNpzFile>()?;
    module.add("_npy_longest_header", metes_store::LONGEST_HEADER)?;
    module.add_function(wrap_pyfunction!(_npy_header, module)?)?;
    module.add_function(wrap_pyfunction!(_npy_parse, module)?)?;
    module.add_function(wrap_pyfunction!(open, module)?)?;
    module.add_function(wrap_pyfunction!(_load, module)?)?;
    module.add_function(wrap_pyfunction!(_save, module)?)?;
    module.add_function(wrap_pyfunction!(_savez, module)?)?;
    module.add_function(wrap_pyfunction!(_savez_compressed, module)?)?;
    module.add_function(wrap_pyfunction!(_suggest_dtype, module)?)
}
