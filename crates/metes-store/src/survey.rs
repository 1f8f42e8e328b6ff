//! [`survey`]: the range of an array's values and the narrowest dtype that holds them, in one pass over a file.
//!
//! It is a plan like any other, so that it streams what lies outside memory and stays within a limit.

use metes_array::{Array, Scalar, missing};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Expr, Output, Plan};
use metes_kernels::{reduction, ufunc};
use metes_memory::Result;

/// What the values of an array are like.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Survey {
    /// The smallest value, NaN passed over; none for complex dtypes, and where there are no values.
    pub min: Option<Scalar>,
    /// The largest value, likewise.
    pub max: Option<Scalar>,
    /// How many values are NaN, for complex dtypes in either part.
    pub nans: u64,
    /// The narrowest dtype of the family (integers, floats, complex numbers) that holds every value exactly.
    pub narrowest: DType,
}

/// Surveys a value, lazy or not, within `limit` bytes; without a limit of its own, within the thread's memory.
///
/// ```
/// let a = metes_array::Array::from_slice(&[3], &[0.5f64, f64::NAN, -2.0])?;
/// let survey = metes_store::survey(&metes_eval::Expr::array(a), None)?;
/// assert_eq!((survey.nans, survey.narrowest.name()), (1, "float16"));
/// assert_eq!(survey.min, Some(metes_array::Scalar::Float(-2.0)));
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// What the plan reports: a limit too small for the smallest parts, a file that is damaged.
pub fn survey(values: &Expr, limit: Option<usize>) -> Result<Survey> {
    let dtype = values.dtype();
    if values.shape().contains(&0) {
        return Ok(Survey { min: None, max: None, nans: 0, narrowest: dtype });
    }
    match dtype.category() {
        Category::Bool | Category::Unsigned | Category::Signed => integers(values, limit),
        Category::Float => floats(values, limit),
        Category::Complex => complex(values, limit),
        Category::Other => Err(missing(dtype, "survey")),
    }
}

/// The narrowest dtype of the array's family that holds every value exactly; see [`survey`].
///
/// ```
/// let a = metes_array::Array::from_slice(&[3], &[1i64, -2, 300])?;
/// assert_eq!(metes_store::suggest_dtype(&a)?.name(), "int16");
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn suggest_dtype(array: &Array) -> Result<DType> {
    Ok(survey(&Expr::array(array.clone()), None)?.narrowest)
}

fn integers(values: &Expr, limit: Option<usize>) -> Result<Survey> {
    let found = compute(vec![folded("min", values)?, folded("max", values)?], limit)?;
    let (min, max) = (found[0], found[1]);
    let fits = |dtype: &DType| min.check(*dtype).is_ok() && max.check(*dtype).is_ok();
    let narrowest = narrower(values.dtype()).into_iter().find(fits).unwrap_or(values.dtype());
    Ok(Survey { min: Some(min), max: Some(max), nans: 0, narrowest })
}

fn floats(values: &Expr, limit: Option<usize>) -> Result<Survey> {
    let nan = call("isnan", std::slice::from_ref(values))?;
    let but_nan = |other: f64| call("where", &[nan.clone(), Expr::scalar(Scalar::Float(other)), values.clone()]);
    let lead = vec![
        folded("sum", &nan)?,
        folded("min", &but_nan(f64::INFINITY)?)?,
        folded("max", &but_nan(f64::NEG_INFINITY)?)?,
    ];
    let (found, narrowest) = with_fits(lead, values, &nan, limit)?;
    let nans = count(found[0]);
    let all = values.shape().iter().product::<usize>() as u64;
    let known = |value| (nans < all).then_some(value);
    Ok(Survey { min: known(found[1]), max: known(found[2]), nans, narrowest })
}

fn complex(values: &Expr, limit: Option<usize>) -> Result<Survey> {
    let nan = call("isnan", std::slice::from_ref(values))?;
    let (found, narrowest) = with_fits(vec![folded("sum", &nan)?], values, &nan, limit)?;
    Ok(Survey { min: None, max: None, nans: count(found[0]), narrowest })
}

/// Computes `lead`, and in the same pass the first narrower dtype whose values equal all of `values` but NaN.
fn with_fits(lead: Vec<Expr>, values: &Expr, nan: &Expr, limit: Option<usize>) -> Result<(Vec<Scalar>, DType)> {
    let (candidates, own) = (narrower(values.dtype()), lead.len());
    let mut outputs = lead;
    for &dtype in &candidates {
        let same = call("equal", &[values.cast(dtype)?, values.clone()])?;
        outputs.push(folded("all", &call("logical_or", &[same, nan.clone()])?)?);
    }
    let mut found = compute(outputs, limit)?;
    let fits = found.split_off(own);
    let first = candidates.iter().zip(fits).find(|(_, fits)| *fits == Scalar::Bool(true));
    Ok((found, first.map_or(values.dtype(), |(dtype, _)| *dtype)))
}

/// The dtypes with fewer bytes of the family, narrowest first and of the same sign first.
fn narrower(dtype: DType) -> Vec<DType> {
    let family = |kind: Kind| match kind.category() {
        Category::Unsigned | Category::Signed => Category::Signed,
        other => other,
    };
    let Some(own) = dtype.any_number() else { return Vec::new() };
    let mut found: Vec<Kind> = Kind::ALL.to_vec();
    found.retain(|k| family(*k) == family(own) && k.size() < own.size());
    found.sort_by_key(|k| (k.size(), k.category() != own.category()));
    found.into_iter().map(DType::of).collect()
}

fn call(name: &str, args: &[Expr]) -> Result<Expr> {
    Expr::ufunc(ufunc(name).expect("the table has the function"), args)
}

fn folded(name: &str, values: &Expr) -> Result<Expr> {
    values.reduce(reduction(name).expect("the table has the reduction"), None, false, None, 0.0)
}

fn compute(outputs: Vec<Expr>, limit: Option<usize>) -> Result<Vec<Scalar>> {
    let plan = Plan::new(outputs.into_iter().map(Output::Array).collect(), limit)?;
    let arrays = plan.run(&mut |_, _| Ok(()))?;
    // Casts that overflow are what the survey asks about, nothing to warn of.
    metes_eval::take_flags();
    arrays.into_iter().map(|array| array.expect("every output is an array").item(&[])).collect()
}

fn count(value: Scalar) -> u64 {
    match value {
        Scalar::Int(count) => count as u64,
        other => unreachable!("a count is an integer, not {other:?}"),
    }
}
