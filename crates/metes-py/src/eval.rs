//! The one way from the door to the evaluator: operands from Python objects, rows of the tables by name, the interpreter
//! released while large arrays are worked on.

use crate::convert::{existing, to_array};
use crate::element::{check_fits, weak_scalar};
use crate::errors::{OrRaise, unsupported};
use metes_array::{Array, Order, Scalar, broadcast_shapes};
use metes_dtype::{Casting, Category, DType, Kind};
pub(crate) use metes_eval::{Operand, Options, Outputs, ReduceOptions};
use metes_kernels::{Flags, Reduction, Ufunc};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyList, PyTuple};
use std::sync::OnceLock;

use crate::object::array_of;

/// Arrays from this many bytes on are worked on without the interpreter.
pub(crate) const HEAVY: usize = 64 << 10;

/// A row of one of the tables, found at its first use.
pub(crate) struct Row<T: 'static> {
    name: &'static str,
    find: fn(&str) -> PyResult<&'static T>,
    found: OnceLock<&'static T>,
}

impl Row<Ufunc> {
    /// The ufunc of this name.
    pub const fn ufunc(name: &'static str) -> Row<Ufunc> {
        Row { name, find: ufunc, found: OnceLock::new() }
    }
}

impl Row<Reduction> {
    /// The reduction of this name.
    pub const fn reduction(name: &'static str) -> Row<Reduction> {
        Row { name, find: reduction, found: OnceLock::new() }
    }
}

impl<T> Row<T> {
    /// The row itself.
    #[inline]
    pub fn find(&self) -> PyResult<&'static T> {
        match self.found.get() {
            Some(row) => Ok(row),
            None => (self.find)(self.name).map(|row| *self.found.get_or_init(|| row)),
        }
    }
}

/// The ufunc of this name.
pub(crate) fn ufunc(name: &str) -> PyResult<&'static Ufunc> {
    metes_kernels::ufunc(name).ok_or_else(|| unsupported(&format!("metes has no function {name}")))
}

/// The reduction of this name.
pub(crate) fn reduction(name: &str) -> PyResult<&'static Reduction> {
    metes_kernels::reduction(name).ok_or_else(|| unsupported(&format!("metes has no reduction {name}")))
}

/// What `object` is in an operation: an array, a number without dtype; `None` for what arrays cannot be computed with.
pub(crate) fn to_operand(object: &Bound<'_, PyAny>) -> PyResult<Option<Operand>> {
    if let Some(array) = array_of(object) {
        return Ok(Some(Operand::Array(array.clone())));
    }
    if let Some(scalar) = weak_scalar(object)? {
        return Ok(Some(Operand::Weak(scalar)));
    }
    if let Some((array, _)) = existing(object)? {
        return Ok(Some(Operand::Array(array)));
    }
    let nested = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>();
    // Numbers of classes of their own, such as those of `IntEnum`, are values with a dtype.
    let number = || {
        object.is_instance_of::<PyInt>() || object.is_instance_of::<PyFloat>() || object.is_instance_of::<PyComplex>()
    };
    if nested || number() { to_array(object, None).map(|array| Some(Operand::Array(array))) } else { Ok(None) }
}

/// Runs `work` with the interpreter released where it concerns many bytes.
pub(crate) fn heavy<T: Send>(py: Python<'_>, bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    if bytes < HEAVY { work() } else { released(py, work) }
}

/// Runs `work` with the interpreter released; what it allocates is attributed to the Python code that runs now.
pub(crate) fn released<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    let site = crate::site::here(py);
    // Where several tasks share the thread, it is known from here on which one's budget is charged.
    let _ = metes_memory::Scope::current();
    crate::turn::apart(py, || metes_memory::with_site(site, work))
}

/// About how many bytes an operation goes through: those of its largest operand, broadcast to the result.
fn bytes_of(inputs: &[Operand]) -> usize {
    let arrays = || {
        inputs.iter().filter_map(|input| match input {
            Operand::Array(array) => Some(array),
            Operand::Weak(_) => None,
        })
    };
    let Some(first) = arrays().next() else { return 0 };
    if arrays().all(|array| array.shape() == first.shape()) {
        return first.nbytes();
    }
    let shapes: Vec<&[usize]> = arrays().map(Array::shape).collect();
    broadcast_shapes(&shapes).map_or(0, |shape| shape.iter().fold(first.dtype().size(), |n, m| n.saturating_mul(*m)))
}

/// The only result of a ufunc.
pub(crate) fn apply(py: Python<'_>, row: &'static Ufunc, inputs: &[Operand]) -> PyResult<Array> {
    let mut results = apply_with(py, row, inputs, &Options::default())?;
    results.pop().ok_or_else(|| unsupported(&format!("{} has no result", row.name)))
}

/// The results of a ufunc. Warns as NumPy does of divisions by zero and their like.
pub(crate) fn apply_with(
    py: Python<'_>,
    row: &'static Ufunc,
    inputs: &[Operand],
    options: &Options,
) -> PyResult<Outputs> {
    computed(py, row.name, bytes_of(inputs), || metes_eval::apply(row, inputs, options))
}

/// What `work` computes on about so many bytes for the function `name`, which warns of what the loops noticed.
pub(crate) fn computed<T: Send>(
    py: Python<'_>,
    name: &str,
    bytes: usize,
    work: impl FnOnce() -> metes_memory::Result<T> + Send,
) -> PyResult<T> {
    metes_eval::take_flags();
    let result = heavy(py, bytes, work).or_raise()?;
    match metes_eval::take_flags() {
        0 => Ok(result),
        flags => report(py, name, flags).map(|()| result),
    }
}

/// Treats what was noticed as `errstate` says.
#[cold]
pub(crate) fn report(py: Python<'_>, name: &str, flags: Flags) -> PyResult<()> {
    py.import("metes._errstate")?.getattr("_report")?.call1((name, flags)).map(|_| ())
}

/// A reduction.
pub(crate) fn reduce(
    py: Python<'_>,
    row: &'static Reduction,
    array: &Array,
    options: &ReduceOptions,
) -> PyResult<Array> {
    computed(py, "reduce", array.nbytes(), || metes_eval::reduce(row, array, options))
}

/// `array[...] = value`, casting as NumPy does there; only where `where_` is true.
pub(crate) fn assign(py: Python<'_>, into: &Array, value: &Operand, where_: Option<Array>) -> PyResult<()> {
    if let Operand::Weak(scalar) = value {
        check_fits(*scalar, into.dtype())?;
        if into.ndim() == 0 && where_.is_none() {
            return into.set_item(&[], *scalar).or_raise();
        }
    }
    if let Operand::Array(array) = value {
        warn_of_lost_parts(py, array.dtype(), into.dtype())?;
    }
    computed(py, "cast", into.nbytes(), || metes_eval::assign(into, value, Casting::Unsafe, where_.as_ref()))
}

/// Whether a cast drops imaginary parts; as a truth value they count.
#[inline]
pub(crate) fn loses_parts(from: DType, to: DType) -> bool {
    let real = |dtype: DType| dtype.any_number().is_some_and(|k| k != Kind::Bool && k.category() != Category::Complex);
    from.any_number().is_some_and(|kind| kind.category() == Category::Complex) && real(to)
}

/// Warns where imaginary parts go lost, as NumPy does.
#[inline]
pub(crate) fn warn_of_lost_parts(py: Python<'_>, from: DType, to: DType) -> PyResult<()> {
    if !loses_parts(from, to) {
        return Ok(());
    }
    let category = py.import("metes.exceptions")?.getattr("ComplexWarning")?;
    PyErr::warn(py, &category, c"Casting complex values to real discards the imaginary part", 1)
}

/// The array with elements of another dtype.
pub(crate) fn astype(
    py: Python<'_>,
    array: &Array,
    dtype: DType,
    order: Order,
    casting: Casting,
    copy: bool,
) -> PyResult<Array> {
    warn_of_lost_parts(py, array.dtype(), dtype)?;
    computed(py, "cast", array.nbytes(), || metes_eval::astype(array, dtype, order, casting, copy))
}

/// Whether the only element is true.
pub(crate) fn truth(array: &Array) -> PyResult<bool> {
    if array.dtype().any_number().is_none() {
        return array.is_true().or_raise();
    }
    Ok(match array.item(&vec![0; array.ndim()]).or_raise()? {
        Scalar::Bool(value) => value,
        Scalar::Int(value) => value != 0,
        Scalar::Float(value) => value != 0.0,
        Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
    })
}
