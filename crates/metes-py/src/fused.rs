//! `fuse`: a Python function over arrays, traced once and then run as one plan.
//!
//! The function is called with lazy arrays in place of its arrays; what it returns is planned, and the plan kept under what
//! it depends on: dtypes, shapes and strides of the arrays, and the values of everything else. Arrays that the function
//! refers to from outside are constants of the plan. Left out: keeping plans for files; they are made anew in each call.

use crate::convert::existing;
use crate::errors::OrRaise;
use crate::eval::{self, HEAVY};
use crate::lazy::{LazyArray, PyPlan, compute, expr_of, is_lazy, plan_of, to_expr, wrap};
use crate::methods::output as writeable;
use crate::object::{array_of, from_array, type_name};
use metes_array::{Array, Dims, Strides};
use metes_dtype::DType;
use metes_eval::{Expr, Output, Plan, Repeatable};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Plans that are kept for one function.
const MOST: usize = 32;

/// A function whose array operations run together, block by block, without arrays in between.
///
/// It is traced at its first call for arrays of some dtypes, shapes and strides, and its plan used again for others like
/// them. `plan(...)` says what a call with these arguments does, and how much memory it takes. `out=` takes the array that the
/// result is written to, or a tuple of as many as there are results; they may be what is read.
#[pyclass(name = "Fused", module = "metes", frozen, dict)]
pub(crate) struct Fused {
    function: Py<PyAny>,
    /// Whether the function itself has a parameter of the name `out`.
    has_out: bool,
    kept: Mutex<Vec<Arc<Kept>>>,
}

/// A plan, and what it depends on.
struct Kept {
    threads: usize,
    parts: Vec<Part>,
    plan: Repeatable,
    several: bool,
}

/// What is known of one argument when a function is traced.
enum Part {
    Array(DType, Dims, Strides),
    /// Anything else, or the name of the argument that follows.
    Fixed(Py<PyAny>),
}

/// A plan that is kept, or what a function made, and whether that is a tuple.
type Planned = Result<Arc<Kept>, (Vec<Expr>, bool)>;

/// Keyword arguments, and what is to be written to.
type Keywords<'py> = (Option<Bound<'py, PyDict>>, Option<Bound<'py, PyAny>>);

/// The arguments of one call.
struct Call<'py> {
    arrays: SmallVec<[Array; 4]>,
    given: SmallVec<[Given<'py>; 4]>,
    positional: usize,
}

enum Given<'py> {
    /// The array of this number.
    Array(usize),
    Fixed(Bound<'py, PyAny>),
}

/// Whether an array is as it was planned.
#[inline]
fn alike(array: &Array, dtype: DType, shape: &Dims, strides: &Strides) -> bool {
    array.dtype() == dtype && array.shape() == shape.as_slice() && array.strides() == strides.as_slice()
}

impl Part {
    fn fits(&self, given: &Given<'_>, call: &Call<'_>) -> PyResult<bool> {
        Ok(match (self, given) {
            (Part::Array(dtype, shape, strides), Given::Array(number)) => {
                alike(&call.arrays[*number], *dtype, shape, strides)
            }
            (Part::Fixed(kept), Given::Fixed(value)) => {
                let kept = kept.bind(value.py());
                kept.is(value) || kept.get_type().is(value.get_type()) && kept.eq(value)?
            }
            _ => false,
        })
    }
}

impl<'py> Call<'py> {
    /// `None` where an argument is lazy itself: then the function is called as it is.
    fn new(args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Option<Call<'py>>> {
        let mut call = Call { arrays: SmallVec::new(), given: SmallVec::new(), positional: args.len() };
        for value in args.iter_borrowed() {
            if !call.push(&value)? {
                return Ok(None);
            }
        }
        for (name, value) in kwargs.into_iter().flatten() {
            call.given.push(Given::Fixed(name));
            if !call.push(&value)? {
                return Ok(None);
            }
        }
        Ok(Some(call))
    }

    fn push(&mut self, value: &Bound<'py, PyAny>) -> PyResult<bool> {
        if let Some(array) = array_of(value) {
            self.arrays.push(array.clone());
            self.given.push(Given::Array(self.arrays.len() - 1));
            return Ok(true);
        }
        if is_lazy(value) {
            return Ok(false);
        }
        self.given.push(match existing(value)? {
            Some((array, _)) => {
                self.arrays.push(array);
                Given::Array(self.arrays.len() - 1)
            }
            None => Given::Fixed(value.clone()),
        });
        Ok(true)
    }

    /// What a plan for this call depends on; `None` where that may change unnoticed.
    fn parts(&self) -> Option<Vec<Part>> {
        let part = |given: &Given<'py>| match given {
            Given::Array(number) => {
                let array = &self.arrays[*number];
                Some(Part::Array(array.dtype(), array.shape().into(), array.strides().into()))
            }
            Given::Fixed(value) => value.hash().is_ok().then(|| Part::Fixed(value.clone().unbind())),
        };
        self.given.iter().map(part).collect()
    }

    /// Calls the function with lazy arrays, and returns what it made, and whether that is a tuple.
    fn trace(&self, function: &Bound<'py, PyAny>) -> PyResult<(Vec<Expr>, bool)> {
        let py = function.py();
        let value = |given: &Given<'py>| match given {
            Given::Array(number) => wrap(py, Expr::argument(self.arrays[*number].clone(), *number)),
            Given::Fixed(value) => Ok(value.clone()),
        };
        let values: Vec<Bound<'py, PyAny>> = self.given.iter().map(value).collect::<PyResult<_>>()?;
        let (args, named) = values.split_at(self.positional);
        let kwargs = PyDict::new(py);
        for pair in named.chunks_exact(2) {
            kwargs.set_item(&pair[0], &pair[1])?;
        }
        let result = function.call(PyTuple::new(py, args)?, Some(&kwargs))?;
        if result.is_instance_of::<PyTuple>() || result.is_instance_of::<PyList>() {
            let exprs = result.try_iter()?.map(|one| output(function, &one?)).collect::<PyResult<_>>()?;
            return Ok((exprs, true));
        }
        Ok((vec![output(function, &result)?], false))
    }
}

/// One result of a traced function.
fn output(function: &Bound<'_, PyAny>, result: &Bound<'_, PyAny>) -> PyResult<Expr> {
    if let Some(expr) = expr_of(result) {
        return Ok(expr.clone());
    }
    if result.is_none() || result.is_instance_of::<PyDict>() || result.is_instance_of::<PyTuple>() {
        let (name, found) = (name_of(function), type_name(result));
        let text = format!("{name} returned {found}: a fused function returns an array, or a tuple of arrays");
        return Err(PyTypeError::new_err(text));
    }
    to_expr(result)
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Whether a Python function has a parameter of this name.
fn has_parameter(function: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let Some(code) = function.getattr_opt("__code__")? else { return Ok(false) };
    let number = |name: &str| code.getattr(name)?.extract::<usize>();
    let count = number("co_argcount")? + number("co_kwonlyargcount")?;
    let names = code.getattr("co_varnames")?.cast_into::<PyTuple>()?;
    let is_it = |one: Bound<'_, PyAny>| one.cast::<PyString>().is_ok_and(|one| one == name);
    Ok(names.iter().take(count).any(is_it))
}

fn name_of(function: &Bound<'_, PyAny>) -> String {
    function.getattr("__name__").and_then(|name| name.extract()).unwrap_or_else(|_| "the function".to_owned())
}

impl Fused {
    /// The keyword arguments for the function, and what `out=` is.
    fn without_out<'py>(&self, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Keywords<'py>> {
        let Some(kwargs) = kwargs.filter(|_| !self.has_out) else { return Ok((kwargs.cloned(), None)) };
        let Some(out) = kwargs.get_item("out")? else { return Ok((Some(kwargs.clone()), None)) };
        let others = kwargs.copy()?;
        others.del_item("out")?;
        Ok((Some(others), Some(out).filter(|out| !out.is_none())))
    }

    /// A plan of this call into arrays that exist.
    fn plan_into<'py>(&self, py: Python<'py>, call: &Call<'py>, out: &Bound<'py, PyAny>) -> PyResult<Plan> {
        let function = self.function.bind(py);
        let outs: Vec<Array> = match out.cast::<PyTuple>() {
            Ok(several) => several.iter().map(|one| writeable(&one)).collect::<PyResult<_>>()?,
            Err(_) => vec![writeable(out)?],
        };
        let planned = self.plan_for(py, call)?;
        let (count, several) = match &planned {
            Ok(kept) => (kept.plan.count(), kept.several),
            Err((exprs, several)) => (exprs.len(), *several),
        };
        if outs.len() != count || several && !out.is_instance_of::<PyTuple>() {
            let text = format!("{}: out= has {} for {count}", name_of(function), counted(outs.len(), "array"));
            return Err(PyTypeError::new_err(format!(
                "{text} {}",
                if count == 1 { "result" } else { "results, in a tuple" }
            )));
        }
        let plan = match planned {
            Ok(kept) => kept.plan.into_arrays(&call.arrays, outs),
            Err((exprs, _)) => {
                let outputs = exprs.into_iter().zip(outs).map(|(expr, out)| Output::Into(expr, out));
                Plan::new(outputs.collect(), None)
            }
        };
        plan.map_err(|error| error.context(name_of(function))).or_raise()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kept plan for a call.
    fn find(&self, call: &Call<'_>) -> PyResult<Option<Arc<Kept>>> {
        let threads = metes_threads::available();
        let mut number = self.kept().len();
        // One at a time, the latest first: comparing values may run other code, which may call this very function.
        'plans: while number > 0 {
            number -= 1;
            let Some(kept) = self.kept().get(number).cloned() else { continue };
            if kept.threads != threads || kept.parts.len() != call.given.len() {
                continue;
            }
            for (part, given) in kept.parts.iter().zip(&call.given) {
                if !part.fits(given, call)? {
                    continue 'plans;
                }
            }
            return Ok(Some(kept));
        }
        Ok(None)
    }

    /// A call with arrays alone that the latest plan is for, of few values.
    fn again<'py>(&self, args: &Bound<'py, PyTuple>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(kept) = self.kept().last().cloned() else { return Ok(None) };
        if kept.parts.len() != args.len() || kept.several || kept.threads != metes_threads::available() {
            return Ok(None);
        }
        let objects: SmallVec<[_; 4]> = args.iter_borrowed().collect();
        let mut arrays: SmallVec<[&Array; 4]> = SmallVec::new();
        for (part, object) in kept.parts.iter().zip(&objects) {
            match (part, array_of(object)) {
                (Part::Array(dtype, shape, strides), Some(array)) if alike(array, *dtype, shape, strides) => {
                    arrays.push(array);
                }
                _ => return Ok(None),
            }
        }
        let made = kept.plan.run_quick(&arrays).map_err(|error| error.context(name_of(self.function.bind(args.py()))));
        Ok(made.or_raise()?.and_then(|mut made| made.pop()).map(|array| from_array(args.py(), array, None)))
    }

    /// Traces the function, and keeps its plan; what must not be kept is returned as it is.
    fn plan_for<'py>(&self, py: Python<'py>, call: &Call<'py>) -> PyResult<Planned> {
        if let Some(kept) = self.find(call)? {
            return Ok(Ok(kept));
        }
        let function = self.function.bind(py);
        let (exprs, several) = call.trace(function)?;
        let planned = Plan::repeatable(&exprs, &call.arrays).map_err(|error| error.context(name_of(function)));
        let (Some(plan), Some(parts)) = (planned.or_raise()?, call.parts()) else { return Ok(Err((exprs, several))) };
        let fresh = Arc::new(Kept { threads: metes_threads::available(), parts, plan, several });
        let mut kept = self.kept();
        if kept.len() == MOST {
            kept.remove(0);
        }
        kept.push(fresh.clone());
        Ok(Ok(fresh))
    }
}

#[pymethods]
impl Fused {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        if kwargs.is_none()
            && let Some(made) = self.again(args)?
        {
            return Ok(made);
        }
        let (kwargs, out) = self.without_out(kwargs)?;
        let kwargs = kwargs.as_ref();
        let Some(call) = Call::new(args, kwargs)? else {
            if out.is_some() {
                return Err(PyTypeError::new_err(
                    "out=: an argument is lazy; the result of the call has compute(out=) itself",
                ));
            }
            return self.function.bind(py).call(args, kwargs);
        };
        if let Some(out) = out {
            let plan = self.plan_into(py, &call, &out)?;
            let made = eval::released(py, || plan.run(&mut |_, _| Ok(())));
            made.map_err(|error| error.context(name_of(self.function.bind(py)))).or_raise()?;
            return Ok(out);
        }
        let (arrays, several) = match self.plan_for(py, &call)? {
            Ok(kept) => {
                let work = || kept.plan.run(&call.arrays, &mut |_, _| Ok(()));
                let small = call.arrays.iter().map(Array::nbytes).sum::<usize>() < HEAVY
                    && kept.plan.plan().peak_bytes() < HEAVY;
                let arrays = if small { work() } else { eval::released(py, work) };
                (arrays.map_err(|error| error.context(name_of(self.function.bind(py)))).or_raise()?, kept.several)
            }
            Err((exprs, several)) => (compute(py, exprs, false)?, several),
        };
        let mut objects: SmallVec<[Bound<'py, PyAny>; 2]> =
            arrays.into_iter().map(|array| from_array(py, array, None)).collect();
        match objects.pop() {
            Some(one) if !several => Ok(one),
            last => Ok(PyTuple::new(py, objects.into_iter().chain(last).collect::<Vec<_>>())?.into_any()),
        }
    }

    /// How a call with these arguments runs, and the peak of memory of that.
    #[pyo3(signature = (*args, **kwargs))]
    fn plan<'py>(&self, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<PyPlan> {
        let py = args.py();
        let (kwargs, out) = self.without_out(kwargs)?;
        let Some(call) = Call::new(args, kwargs.as_ref())? else {
            return Err(PyTypeError::new_err("plan: an argument is lazy; the result of the call has a plan() itself"));
        };
        if let Some(out) = out {
            return Ok(PyPlan::of(&self.plan_into(py, &call, &out)?));
        }
        match self.plan_for(py, &call)? {
            Ok(kept) => Ok(PyPlan::of(kept.plan.plan())),
            Err((exprs, _)) => plan_of(exprs),
        }
    }

    /// The function itself.
    #[getter]
    fn __wrapped__<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.function.bind(py).clone()
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        object: Option<&Bound<'py, PyAny>>,
        _class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match object.filter(|object| !object.is_none()) {
            Some(object) => slf.py().import("types")?.getattr("MethodType")?.call1((slf, object)),
            None => Ok(slf.clone().into_any()),
        }
    }

    /// A function often refers to what holds its fused form; those it refers to can break the circle.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        let Ok(kept) = self.kept.try_lock() else { return Ok(()) };
        // What a plan depends on is visited where the list alone holds it.
        for kept in kept.iter().filter(|kept| Arc::strong_count(kept) == 1) {
            for part in &kept.parts {
                if let Part::Fixed(value) = part {
                    visit.call(value)?;
                }
            }
        }
        Ok(())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<fused {}>", name_of(self.function.bind(py)))
    }
}

/// A function whose array operations run together, in one pass where that is possible, without arrays in between.
#[pyfunction]
#[pyo3(signature = (function, /))]
fn fuse<'py>(function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    if !function.is_callable() {
        return Err(PyTypeError::new_err(format!("fuse: expected a function, not {}", type_name(function))));
    }
    let has_out = has_parameter(function, "out")?;
    let fused = Fused { function: function.clone().unbind(), has_out, kept: Mutex::default() };
    let fused = Bound::new(py, fused)?.into_any();
    let given = fused.getattr("__dict__")?;
    for name in ["__name__", "__qualname__", "__module__", "__doc__"] {
        if let Some(value) = function.getattr_opt(name)? {
            given.set_item(name, value)?;
        }
    }
    Ok(fused)
}

/// What a lazy array cannot say; `Some` while a fused function is traced.
pub(crate) fn traced(lazy: &LazyArray, what: &str) -> PyResult<()> {
    if !lazy.0.has_arguments() {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "{what} of {} is not known while a fused function is traced: choose values by mt.where, loop over Python values, or leave this part out of the function",
        lazy.0
    )))
}

/// Adds the class and the function of this file to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Fused>()?;
    module.add_function(wrap_pyfunction!(fuse, module)?)
}
