//! Arrays of values in progressions.

use metes_array::{Array, Index, Order, Scalar, meet};
use metes_dtype::{Casting, Category, DType, Kind};
use metes_eval::{Operand, Options, apply};
use metes_kernels::ufunc;
use metes_memory::{Error, ErrorKind, Result};

fn compute(name: &str, inputs: &[Operand], out: Option<&Array>) -> Result<Array> {
    let row = ufunc(name).expect("a row of the table");
    let options = Options { out: out.map(|out| vec![Some(out.clone())]).unwrap_or_default(), ..Default::default() };
    Ok(apply(row, inputs, &options)?.remove(0))
}

fn cast(array: Array, dtype: Option<DType>) -> Result<Array> {
    match dtype {
        Some(dtype) => metes_eval::astype(&array, dtype, Order::K, Casting::Unsafe, false),
        None => Ok(array),
    }
}

/// `num` values evenly from `start` to `stop`, which may be arrays, along a new first axis: the values, and the step.
///
/// ```
/// use metes::{array::Array, create::linspace};
/// let (a, b) = (Array::from_slice(&[2], &[0.0, 10.0])?, Array::from_slice(&[], &[20.0])?);
/// assert_eq!(linspace(&a, &b, 3, true, None)?.0.read::<f64>()?.to_vec(), [0.0, 10.0, 10.0, 15.0, 20.0, 20.0]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Shapes that do not broadcast, refused memory.
pub fn linspace(
    start: &Array,
    stop: &Array,
    num: usize,
    endpoint: bool,
    dtype: Option<DType>,
) -> Result<(Array, Array)> {
    let wide = meet(meet(start.dtype(), stop.dtype())?, Kind::F64.into())?;
    let div = if endpoint { num.saturating_sub(1) } else { num };
    let [start, stop] = [start, stop].map(|a| metes_eval::astype(a, wide, Order::K, Casting::Unsafe, false));
    let (start, stop) = (Operand::Array(start?), Operand::Array(stop?));
    let delta = compute("subtract", &[stop.clone(), start.clone()], None)?;
    let places = Array::arange(Scalar::Int(0), Scalar::Int(num as i128), Scalar::Int(1), Some(Kind::F64.into()))?;
    let places = places.index(&[vec![Index::Ellipsis], vec![Index::NewAxis; delta.ndim()]].concat())?;
    let parts = Operand::Weak(Scalar::Float(div.max(1) as f64));
    let step = if div > 0 {
        compute("divide", &[Operand::Array(delta.clone()), parts], None)?
    } else {
        Array::full(delta.shape(), Scalar::Float(f64::NAN), wide)?
    };
    let by = if div > 0 { step.clone() } else { delta };
    let values = compute("multiply", &[Operand::Array(places), Operand::Array(by)], None)?;
    compute("add", &[Operand::Array(values.clone()), start], Some(&values))?;
    if endpoint && num > 1 {
        let last = values.index(&[Index::At(-1), Index::Ellipsis])?;
        metes_eval::assign(&last, &stop, Casting::Unsafe, None)?;
    }
    if dtype.is_some_and(|d| d.is_integer()) && wide.category() == Category::Float {
        compute("floor", &[Operand::Array(values.clone())], Some(&values))?;
    }
    Ok((cast(values, dtype)?, step))
}

/// Powers of `base` with exponents evenly from `start` to `stop`.
///
/// # Errors
/// Shapes that do not broadcast, refused memory.
pub fn logspace(
    start: &Array,
    stop: &Array,
    num: usize,
    endpoint: bool,
    base: &Operand,
    dtype: Option<DType>,
) -> Result<Array> {
    let mut exponents = linspace(start, stop, num, endpoint, None)?.0;
    if let Operand::Array(base) = base
        && let Some(missing) = (base.ndim() + 1).checked_sub(exponents.ndim()).filter(|&n| n > 0 && base.ndim() > 0)
    {
        // Each base has a progression of its own, along the first axis.
        let mut index = vec![Index::Slice { start: None, stop: None, step: None }];
        index.resize(missing + 1, Index::NewAxis);
        exponents = exponents.index(&index)?;
    }
    cast(compute("power", &[base.clone(), Operand::Array(exponents)], None)?, dtype)
}

/// `num` values from `start` to `stop`, each the same multiple of the one before.
///
/// # Errors
/// A start or stop of 0, shapes that do not broadcast, refused memory.
pub fn geomspace(start: &Array, stop: &Array, num: usize, endpoint: bool, dtype: Option<DType>) -> Result<Array> {
    let wide = meet(meet(start.dtype(), stop.dtype())?, Kind::F64.into())?;
    let [start, stop] = [start, stop].map(|a| metes_eval::astype(a, wide, Order::K, Casting::Unsafe, false));
    let (start, stop) = (start?, stop?);
    let of = |array: &Array| Operand::Array(array.clone());
    for array in [&start, &stop] {
        let zero = compute("equal", &[of(array), Operand::Weak(Scalar::Int(0))], None)?;
        let any = metes_kernels::reduction("any").expect("a row of the table");
        if metes_eval::reduce(any, &zero, &Default::default())?.item(&[])? == Scalar::Bool(true) {
            return Err(Error::new(ErrorKind::Value, "Geometric sequence cannot include zero"));
        }
    }
    let sign = compute("sign", &[of(&start)], None)?;
    let exponent =
        |array: &Array| compute("log10", &[Operand::Array(compute("divide", &[of(array), of(&sign)], None)?)], None);
    let ten = Operand::Weak(Scalar::Float(10.0));
    let values = logspace(&exponent(&start)?, &exponent(&stop)?, num, endpoint, &ten, None)?;
    compute("multiply", &[of(&values), of(&sign)], Some(&values))?;
    for (place, exact) in [(0, &start), (-1, &stop)] {
        if num > usize::from(place < 0) && (place == 0 || endpoint) {
            let row = values.index(&[Index::At(place), Index::Ellipsis])?;
            metes_eval::assign(&row, &of(exact), Casting::Unsafe, None)?;
        }
    }
    cast(values, dtype)
}

/// The powers of the values of a line, a row for each value: highest first, or lowest if `increasing`.
///
/// # Errors
/// Values of other than one dimension, refused memory.
pub fn vander(values: &Array, columns: Option<usize>, increasing: bool) -> Result<Array> {
    if values.ndim() != 1 {
        return Err(Error::new(ErrorKind::Value, "x must be a one-dimensional array or sequence."));
    }
    let (n, columns) = (values.size(), columns.unwrap_or(values.size()));
    let out = Array::empty(&[n, columns], meet(values.dtype(), Kind::I64.into())?, "vander")?;
    let column = |power: usize| {
        let place = if increasing { power } else { columns - 1 - power };
        out.index(&[Index::Ellipsis, Index::At(place as isize)])
    };
    for power in 0..columns {
        if power == 0 {
            metes_eval::assign(&column(0)?, &Operand::Weak(Scalar::Int(1)), Casting::Unsafe, None)?;
        } else {
            let inputs = [Operand::Array(column(power - 1)?), Operand::Array(values.clone())];
            compute("multiply", &inputs, Some(&column(power)?))?;
        }
    }
    Ok(out)
}
