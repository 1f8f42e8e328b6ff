//! Functions that make arrays: from values, from counts, from other objects' bytes.

use crate::convert::{to_array, to_object, to_object_of};
use crate::direct;
use crate::dtype::parse_dtype_or_none;
use crate::element::weak_scalar;
use crate::errors::{OrRaise, unsupported};
use crate::eval::{self, Operand};
use crate::fastcall::{Args, method};
use crate::methods::{parse_integer, parse_order, parse_shape};
use crate::number::to_scalar;
use crate::object::{array_of, from_array, is_array, make, view_of};
use crate::small;
use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::{Casting, Category, DType, Kind};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError, PyZeroDivisionError};
use pyo3::ffi;
use pyo3::prelude::*;

/// The table of functions.
pub(crate) fn functions() -> Vec<ffi::PyMethodDef> {
    vec![
        method!(
            "asarray",
            asarray,
            ["a", "dtype=None", "order=None", "*", "copy=None", "device=None"],
            "The array for anything that can be one, sharing bytes where that is possible.\n\ncopy=False raises ValueError where a copy is needed."
        ),
        method!(
            "array",
            array,
            ["object", "dtype=None", "*", "copy=True", "order='K'", "ndmin=0", "device=None", "subok=False"],
            "A new array with the values of anything that can be one; with at least ndmin axes, new ones in front."
        ),
        method!(
            "empty",
            empty,
            ["shape", "dtype=None", "order='C'", "*", "device=None"],
            "An array whose values are whatever lay in memory."
        ),
        method!(
            "zeros",
            zeros,
            ["shape", "dtype=None", "order='C'", "*", "device=None"],
            "An array of zeros; costs nothing until touched."
        ),
        method!("ones", ones, ["shape", "dtype=None", "order='C'", "*", "device=None"], "An array of ones."),
        method!(
            "full",
            full,
            ["shape", "fill_value", "dtype=None", "order='C'", "*", "device=None"],
            "An array filled with one value."
        ),
        method!(
            "empty_like",
            empty_like,
            ["prototype", "dtype=None", "order='K'", "subok=True", "shape=None", "*", "device=None"],
            "An uninitialised array of the prototype's shape, dtype and order of axes."
        ),
        method!(
            "zeros_like",
            zeros_like,
            ["a", "dtype=None", "order='K'", "subok=True", "shape=None", "*", "device=None"],
            "Zeros of the array's shape, dtype and order of axes."
        ),
        method!(
            "ones_like",
            ones_like,
            ["a", "dtype=None", "order='K'", "subok=True", "shape=None", "*", "device=None"],
            "Ones of the array's shape, dtype and order of axes."
        ),
        method!(
            "full_like",
            full_like,
            ["a", "fill_value", "dtype=None", "order='K'", "subok=True", "shape=None", "*", "device=None"],
            "One value in the array's shape, dtype and order of axes."
        ),
        method!(
            "arange",
            arange,
            ["start=None", "stop=None", "step=1", "dtype=None", "*", "device=None"],
            "Values from start (0 where only stop is given) by step, stop excluded."
        ),
        method!(
            "eye",
            eye,
            ["N", "M=None", "k=0", "dtype=None", "order='C'", "*", "device=None"],
            "Ones on the diagonal k of a matrix of zeros."
        ),
        method!(
            "frombuffer",
            frombuffer,
            ["buffer", "dtype=None", "count=-1", "offset=0"],
            "The bytes of an object as a one-dimensional array, without a copy."
        ),
    ]
}

type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// Refuses every `device=` but "cpu".
pub(crate) fn on_cpu(args: &Args<'_, '_>) -> PyResult<()> {
    match args.named("device") {
        Some(device) if !device.eq("cpu")? => {
            Err(PyValueError::new_err(format!("unsupported device {device}: the only one is 'cpu'")))
        }
        _ => Ok(()),
    }
}

fn asarray<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let object = args.required(0)?;
    if args.given() == 1 && is_array(object) {
        return Ok(object.clone());
    }
    on_cpu(args)?;
    let copy = args.some(3).map(|c| c.is_truthy()).transpose()?;
    convert(args, 2, copy, Order::K)
}

fn array<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if args.given() == 1
        && let Some(found) = array_of(args.required(0)?)
        && let Some(copy) = direct::copy(args.py(), found)?
    {
        return Ok(copy);
    }
    on_cpu(args)?;
    let copy = match args.get(2) {
        None => Some(true),
        Some(given) if given.is_none() => None,
        Some(given) => Some(given.is_truthy()?),
    };
    let made = convert(args, 3, copy, Order::K)?;
    let ndmin = args.some(4).map_or(Ok(0), parse_integer)?;
    let found = crate::object::this(&made)?;
    let Some(missing) = usize::try_from(ndmin).ok().and_then(|n| n.checked_sub(found.ndim())).filter(|&n| n > 0) else {
        return Ok(made);
    };
    let view = found.index(&vec![Index::NewAxis; missing]).or_raise()?;
    // An array that nobody else sees is its new header's own.
    let shared = array_of(args.required(0)?).is_some_and(|given| given.buffer().same(view.buffer()));
    let base = crate::object::base(&made);
    Ok(if shared { view_of(&made, view) } else { from_array(args.py(), view, base) })
}

fn convert<'py>(args: &Args<'_, 'py>, order_at: usize, copy: Option<bool>, default: Order) -> Made<'py> {
    let object = args.required(0)?;
    let order = parse_order(args.some(order_at), default)?;
    if crate::lazy::is_lazy(object) {
        let text = "a lazy array must be computed to become an array: use compute()";
        return Err(PyTypeError::new_err(text));
    }
    let (dtype, axes) = small::parse(args.some(1))?;
    if !axes.is_empty() {
        if copy == Some(false) {
            let text = "Unable to avoid copy while creating an array as requested: its elements are to be small arrays";
            return Err(PyValueError::new_err(text));
        }
        return in_this_order(small::filled(object, dtype, axes)?, order);
    }
    let Some(found) = crate::convert::provided(object, copy)? else {
        let made = to_object_of(object, None, dtype, copy)?;
        return in_this_order(made, order);
    };
    if has_order(&found.array, order) && (copy != Some(true) || found.fresh) {
        return to_object_of(object, Some(found), dtype, copy);
    }
    let array = found.array;
    if copy == Some(false) {
        return Err(PyValueError::new_err(format!(
            "Unable to avoid copy while creating an array as requested: the array is not in order {order:?}"
        )));
    }
    let dtype = dtype.map_or(Ok(array.dtype()), |dtype| crate::cast::fitted(&array, dtype))?;
    eval::astype(args.py(), &array, dtype, order, Casting::Unsafe, true).map(|copy| from_array(args.py(), copy, None))
}

/// A fresh array, in this order.
fn in_this_order(made: Bound<'_, PyAny>, order: Order) -> Made<'_> {
    match array_of(&made) {
        Some(array) if !has_order(array, order) => Ok(from_array(made.py(), array.copy(order).or_raise()?, None)),
        _ => Ok(made),
    }
}

fn has_order(array: &Array, order: Order) -> bool {
    match order {
        Order::C => array.is_c_contiguous(),
        Order::F => array.is_f_contiguous(),
        Order::A | Order::K => true,
    }
}

fn dtype_or_float(args: &Args<'_, '_>, at: usize) -> PyResult<DType> {
    let dtype = parse_dtype_or_none(args.some(at))?.unwrap_or(DType::of(Kind::F64));
    Ok(crate::objects::sized(dtype, dtype))
}

/// The dtype that is given for new elements, and the axes that each of them has where they are small arrays.
fn element_and_axes(given: Option<&Bound<'_, PyAny>>) -> PyResult<(Option<DType>, &'static [usize])> {
    let (dtype, axes) = small::parse(given)?;
    Ok((dtype.map(|dtype| crate::objects::sized(dtype, dtype)), axes))
}

/// Makes an array of a shape and inner axes, in order C or F; in order F as the transpose of one in order C.
fn in_order<'py>(
    args: &Args<'_, 'py>,
    order_at: usize,
    axes: &[usize],
    work: impl FnOnce(&[usize]) -> metes_memory::Result<Array>,
) -> Made<'py> {
    let mut shape = parse_shape(args.required(0)?)?;
    if !axes.is_empty() {
        shape.extend_from_slice(axes);
    }
    if let Order::F = parse_order(args.some(order_at), Order::C)? {
        shape.reverse();
        let made = work(&shape).map(|made| made.reversed()).or_raise()?;
        return Ok(from_array(args.py(), made, None));
    }
    of_shape(args.py(), &shape, work)
}

/// A new array of a shape, written where it stays.
#[inline]
fn of_shape<'py>(
    py: Python<'py>,
    shape: &[usize],
    work: impl FnOnce(&[usize]) -> metes_memory::Result<Array>,
) -> Made<'py> {
    let made = make(py, |place| {
        *place = Some(work(shape).or_raise()?);
        Ok(true)
    })?;
    made.ok_or_else(|| unsupported("an array was not made"))
}

/// The usual case: floats of a shape, and nothing else said.
#[inline]
fn floats<'py>(args: &Args<'_, 'py>, work: fn(&[usize], DType) -> metes_memory::Result<Array>) -> Made<'py> {
    of_shape(args.py(), &parse_shape(args.required(0)?)?, |shape| work(shape, Kind::F64.into()))
}

fn empty<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if args.given() == 1 {
        return floats(args, |shape, dtype| Array::empty(shape, dtype, "empty"));
    }
    on_cpu(args)?;
    let (dtype, axes) = element_and_axes(args.some(1))?;
    let dtype = dtype.unwrap_or(DType::of(Kind::F64));
    in_order(args, 2, axes, |shape| Array::empty(shape, dtype, "empty"))
}

fn zeros<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if args.given() == 1 {
        return floats(args, Array::zeros);
    }
    on_cpu(args)?;
    let (dtype, axes) = element_and_axes(args.some(1))?;
    let dtype = dtype.unwrap_or(DType::of(Kind::F64));
    in_order(args, 2, axes, |shape| Array::zeros(shape, dtype))
}

fn ones<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    if args.given() == 1 {
        return floats(args, Array::ones);
    }
    on_cpu(args)?;
    let (dtype, axes) = element_and_axes(args.some(1))?;
    let dtype = dtype.unwrap_or(DType::of(Kind::F64));
    in_order(args, 2, axes, |shape| Array::ones(shape, dtype))
}

fn full<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    let value = args.required(1)?;
    let (dtype, axes) = element_and_axes(args.some(2))?;
    if let Some(scalar) = weak_scalar(value)? {
        let dtype = match dtype {
            Some(dtype) => dtype,
            None => crate::discover::scalar_dtype(scalar)?,
        };
        if !truncates(scalar, dtype) {
            crate::element::check_fits(scalar, dtype)?;
            return in_order(args, 3, axes, |shape| Array::full(shape, scalar, dtype));
        }
        let made = in_order(args, 3, axes, |shape| Array::empty(shape, dtype, "full"))?;
        fill(&made, &Operand::Weak(scalar))?;
        return Ok(made);
    }
    let values = to_array(value, dtype.filter(|dtype| dtype.any_number().is_none()))?;
    let dtype = dtype.filter(|dtype| dtype.size() > 0).unwrap_or(values.dtype());
    let made = in_order(args, 3, axes, |shape| Array::empty(shape, dtype, "full"))?;
    fill(&made, &Operand::Array(values))?;
    Ok(made)
}

fn fill(made: &Bound<'_, PyAny>, value: &Operand) -> PyResult<()> {
    let array = crate::object::this(made)?;
    match *value {
        // A cast says what becomes of floats that the dtype does not hold.
        Operand::Weak(scalar) if truncates(scalar, array.dtype()) => {
            let value = Array::full(&[], scalar, Kind::F64.into()).or_raise()?;
            eval::assign(made.py(), array, &Operand::Array(value), None)
        }
        _ => eval::assign(made.py(), array, value, None),
    }
}

/// Whether a Python float is to be an integer.
fn truncates(scalar: Scalar, dtype: DType) -> bool {
    let whole = |kind: Kind| matches!(kind.category(), Category::Signed | Category::Unsigned);
    matches!(scalar, Scalar::Float(_)) && dtype.any_number().is_some_and(whole)
}

/// An uninitialised array like the prototype; arguments 0, dtype, order and shape at the given places.
fn like<'py>(args: &Args<'_, 'py>, first: usize, op: &'static str) -> Made<'py> {
    let prototype = to_array(args.required(0)?, None)?;
    let (dtype, axes) = small::parse(args.some(first))?;
    let dtype = dtype.unwrap_or(prototype.dtype());
    let order = parse_order(args.some(first + 1), Order::K)?;
    let shape = args.some(first + 3).map(parse_shape).transpose()?;
    let array = match shape {
        given if !axes.is_empty() => {
            let mut shape = given.unwrap_or_else(|| prototype.shape().into());
            shape.extend_from_slice(axes);
            shaped_like(&prototype, &shape, dtype, order, op)
        }
        None => prototype.empty_like(dtype, order, op),
        Some(shape) => shaped_like(&prototype, &shape, dtype, order, op),
    };
    Ok(from_array(args.py(), array.or_raise()?, None))
}

/// Another shape; with as many axes as the prototype, order K nests them as it does.
fn shaped_like(
    prototype: &Array,
    shape: &[usize],
    dtype: DType,
    order: Order,
    op: &'static str,
) -> metes_memory::Result<Array> {
    let fortran = prototype.is_f_contiguous() && !prototype.is_c_contiguous();
    let nested = order == Order::K && !fortran && !prototype.is_c_contiguous() && shape.len() == prototype.ndim();
    if !nested {
        let follows = order == Order::A || order == Order::K && shape.len() == prototype.ndim();
        let wanted = order == Order::F || fortran && follows;
        return Array::empty_in(shape, dtype, if wanted { Order::F } else { Order::C }, op);
    }
    let axes = prototype.layout().axes_outermost_first();
    let sorted: Vec<usize> = axes.iter().map(|&a| shape[a]).collect();
    let mut back = vec![0; axes.len()];
    axes.iter().enumerate().for_each(|(place, &axis)| back[axis] = place as isize);
    Array::empty(&sorted, dtype, op)?.transpose(Some(&back))
}

fn empty_like<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    like(args, 1, "empty_like")
}

fn filled_like<'py>(args: &Args<'_, 'py>, first: usize, op: &'static str, value: Operand) -> Made<'py> {
    let made = like(args, first, op)?;
    fill(&made, &value)?;
    Ok(made)
}

fn zeros_like<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    let made = like(args, 1, "zeros_like")?;
    let dtype = crate::object::this(&made)?.dtype();
    fill(&made, &Operand::Array(Array::zeros(&[], dtype).or_raise()?))?;
    Ok(made)
}

fn ones_like<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    filled_like(args, 1, "ones_like", Operand::Weak(Scalar::Int(1)))
}

fn full_like<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    let value = args.required(1)?;
    let value = match weak_scalar(value)? {
        Some(scalar) => Operand::Weak(scalar),
        None => {
            let wanted = match parse_dtype_or_none(args.some(2))? {
                Some(dtype) => dtype,
                None => to_array(args.required(0)?, None)?.dtype(),
            };
            Operand::Array(to_array(value, Some(wanted).filter(|dtype| dtype.any_number().is_none()))?)
        }
    };
    filled_like(args, 2, "full_like", value)
}

fn arange<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    if args.get(0).is_none() && args.some(1).is_none() {
        return Err(PyTypeError::new_err("arange() requires stop to be specified."));
    }
    if let Some(made) = crate::functions::dates::arange(args)? {
        return Ok(made);
    }
    let (start, stop) = match (args.get(0), args.some(1)) {
        (None, Some(stop)) => (Scalar::Int(0), to_scalar(stop)?),
        (Some(start), Some(stop)) => (to_scalar(start)?, to_scalar(stop)?),
        (_, None) => (Scalar::Int(0), to_scalar(args.required(0)?)?),
    };
    let step = args.some(2).map_or(Ok(Scalar::Int(1)), |step| to_scalar(step))?;
    let dtype = parse_dtype_or_none(args.some(3))?;
    if matches!(step, Scalar::Int(0) | Scalar::Bool(false) | Scalar::Float(0.0)) {
        return Err(PyZeroDivisionError::new_err("arange: step must not be 0"));
    }
    let made = Array::arange(start, stop, step, dtype.map(DType::native)).or_raise()?;
    let made = crate::element::in_order_of(made, dtype)?;
    Ok(from_array(args.py(), made, None))
}

/// An integer of any size: beyond all diagonals one is as good as another.
fn any_integer(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    match parse_integer(object) {
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            Ok(if object.lt(0)? { isize::MIN } else { isize::MAX })
        }
        other => other,
    }
}

fn eye<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    on_cpu(args)?;
    let length = |at: usize| args.some(at).map(|n| parse_shape(n).map(|shape| shape[0])).transpose();
    let rows = length(0)?.ok_or_else(|| PyTypeError::new_err("eye: N must be a length"))?;
    let columns = length(1)?.unwrap_or(rows);
    let k = args.some(2).map_or(Ok(0), any_integer)?;
    let dtype = dtype_or_float(args, 3)?;
    let made = match parse_order(args.some(4), Order::C)? {
        Order::F => Array::eye(columns, rows, -k, dtype).map(|made| made.reversed()).or_raise()?,
        _ => Array::eye(rows, columns, k, dtype).or_raise()?,
    };
    Ok(from_array(args.py(), made, None))
}

fn frombuffer<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let given = args.some(1).map(|given| crate::dtype_parse::parse(given, false)).transpose()?;
    let (dtype, axes) = given.unwrap_or(DType::of(Kind::F64)).flattened();
    let count = args.some(2).map_or(Ok(-1), parse_integer)?;
    let offset = args.some(3).map_or(Ok(0), parse_integer)?;
    let bytes = args.py().import("builtins")?.getattr("memoryview")?.call1((args.required(0)?,))?;
    let bytes = bytes.call_method1("cast", ("B",))?;
    let bytes = to_object(&bytes, None, Some(false))?;
    let array = crate::object::this(&bytes)?;
    let size = axes.iter().product::<usize>() * dtype.size();
    let (start, stop) = span(array.size(), size, dtype, count, offset)?;
    let index = Index::Slice { start: Some(start), stop: Some(stop), step: None };
    let shape: Vec<isize> =
        std::iter::once((stop - start) / size as isize).chain(axes.iter().map(|n| *n as isize)).collect();
    let part = array.index(&[index]).and_then(|part| part.view(dtype));
    let view = part.and_then(|part| part.reshape(&shape, Order::C, Some(false))).or_raise()?;
    Ok(view_of(&bytes, view))
}

/// First byte and end of `count` elements of `size` bytes (all that fit, if negative) after `offset` bytes.
fn span(bytes: usize, size: usize, dtype: DType, count: isize, offset: isize) -> PyResult<(isize, isize)> {
    let wrong = |text: String| Err(PyValueError::new_err(format!("frombuffer: {text}")));
    let start = match usize::try_from(offset) {
        Ok(start) if start <= bytes => start,
        _ => return wrong(format!("offset {offset} lies outside the buffer of {bytes} bytes")),
    };
    let left = bytes - start;
    if size == 0 {
        return wrong(format!("elements of {dtype} have no bytes to be read"));
    }
    let wanted = match usize::try_from(count) {
        Ok(count) => count.checked_mul(size),
        Err(_) if left.is_multiple_of(size) => Some(left),
        Err(_) => return wrong(format!("{left} bytes are no multiple of the {size} bytes of a {dtype}")),
    };
    match wanted {
        Some(wanted) if wanted <= left => Ok((start as isize, (start + wanted) as isize)),
        _ => wrong(format!("{count} elements of {size} bytes are more than the {left} bytes from offset {offset} on")),
    }
}
