//! Which dtypes a ufunc computes in, told without computing.

use crate::dtype::dtype_object;
use crate::dtype_parse::parse_dtype;
use crate::errors::OrRaise;
use crate::eval::{Operand, Options};
use crate::fastcall::Args;
use crate::methods::{parse_casting, parse_signature};
use crate::rows::ufunc_of;
use metes_array::{Array, Scalar};
use metes_dtype::{Casting, DType, Form, Time, can_cast};
use metes_eval::{Input, resolve, signed};
use metes_kernels::Ufunc;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyTuple};

/// `ufunc.resolve_dtypes(dtypes, *, signature=None, casting=None, reduction=False)`.
pub(crate) fn resolve_dtypes<'py>(slf: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    let (py, row) = (args.py(), ufunc_of(slf)?);
    let wrong = || PyTypeError::new_err("resolve_dtypes: The dtypes must be a tuple of `ufunc.nargs` length.");
    let given = args.required(0)?.cast::<PyTuple>().map_err(|_| wrong())?;
    if given.len() != row.nin + row.nout {
        return Err(wrong());
    }
    let mut inputs: Vec<Option<Input>> = given.iter().take(row.nin).map(|one| input(&one)).collect::<PyResult<_>>()?;
    if args.flag(3, false)? {
        if row.nin != 2 || row.nout != 1 {
            return Err(PyValueError::new_err("resolve_dtypes: a reduction is of two operands with one result"));
        }
        inputs[0] = inputs[0].or(inputs[1]);
    }
    let missing = || PyTypeError::new_err("resolve_dtypes: operands need a dtype, or int, float or complex");
    let inputs: Vec<Input> = inputs.into_iter().collect::<Option<_>>().ok_or_else(missing)?;
    let casting = parse_casting(args.some(2), Casting::default())?;
    let signature = args.some(1).map_or(Ok(Vec::new()), parse_signature)?;
    let found = if inputs.iter().all(is_number) {
        let cell = if signature.is_empty() { resolve(row, &inputs, None) } else { signed(row, &inputs, &signature) };
        let cell = cell.or_raise()?;
        cell.inputs.iter().chain(cell.outputs).map(|&kind| DType::of(kind)).collect()
    } else {
        others(row, &inputs)?
    };
    check(row, &inputs, given, &found, casting)?;
    Ok(PyTuple::new(py, found.into_iter().map(|dtype| dtype_object(py, dtype)).collect::<PyResult<Vec<_>>>()?)?
        .into_any())
}

fn input(object: &Bound<'_, PyAny>) -> PyResult<Option<Input>> {
    let py = object.py();
    let weak = [
        (py.get_type::<PyInt>(), Scalar::Int(0)),
        (py.get_type::<PyFloat>(), Scalar::Float(0.0)),
        (py.get_type::<PyComplex>(), Scalar::Complex(0.0, 0.0)),
    ];
    if let Some((_, scalar)) = weak.into_iter().find(|(class, _)| object.is(class)) {
        return Ok(Some(Input::Weak(scalar)));
    }
    if object.is_none() { Ok(None) } else { parse_dtype(object).map(|dtype| Some(Input::DType(dtype))) }
}

fn is_number(input: &Input) -> bool {
    match input {
        Input::DType(dtype) => dtype.any_number().is_some(),
        Input::Weak(_) => true,
    }
}

/// The dtypes of operations on text and time: what they make of nothing says it, and operands have the unit of the result.
fn others(row: &'static Ufunc, inputs: &[Input]) -> PyResult<Vec<DType>> {
    let operand = |input: &Input| match *input {
        Input::DType(dtype) => Array::empty(&[0], dtype, "resolve_dtypes").map(Operand::Array),
        Input::Weak(scalar) => Ok(Operand::Weak(scalar)),
    };
    let operands = inputs.iter().map(operand).collect::<metes_memory::Result<Vec<_>>>().or_raise()?;
    let results = metes_eval::apply(row, &operands, &Options::default()).or_raise()?;
    let own = |input: &Input| match *input {
        Input::DType(dtype) => dtype.native(),
        Input::Weak(scalar) => scalar.default_dtype(),
    };
    let times = || inputs.iter().map(own).filter_map(DType::time);
    let of_result = results.iter().filter_map(|result| result.dtype().time()).next();
    let met = of_result.or_else(|| {
        let dtypes = times().map(|time| DType::from_form(Form::Time(time)));
        dtypes.reduce(|a, b| metes_array::meet(a, b).unwrap_or(a)).and_then(DType::time)
    });
    let placed = |dtype: DType| match (dtype.time(), met) {
        (Some(time), Some(met)) => DType::from_form(Form::Time(Time { span: time.span, ..met })),
        _ => dtype,
    };
    Ok(inputs.iter().map(|input| placed(own(input))).chain(results.iter().map(|result| result.dtype())).collect())
}

/// Operands and results must be cast as is allowed.
fn check(row: &Ufunc, inputs: &[Input], given: &Bound<'_, PyTuple>, found: &[DType], casting: Casting) -> PyResult<()> {
    let outs = given.iter().skip(row.nin).map(|out| if out.is_none() { Ok(None) } else { parse_dtype(&out).map(Some) });
    let outs = outs.collect::<PyResult<Vec<_>>>()?;
    let froms = inputs.iter().map(|input| if let Input::DType(dtype) = input { Some(*dtype) } else { None });
    let ins = froms.zip(found).map(|(from, to)| Some((from?, *to)));
    let outs = outs.into_iter().zip(&found[row.nin..]).map(|(to, from)| Some((*from, to?)));
    for (from, to) in ins.chain(outs).flatten() {
        if !can_cast(from, to, casting) {
            let text = format!(
                "Cannot cast ufunc '{}' from dtype('{from}') to dtype('{to}') with casting rule '{}'",
                row.name,
                casting.name()
            );
            return Err(PyTypeError::new_err(text));
        }
    }
    Ok(())
}
