//! Which loop a ufunc runs for given operands: promotion, then the first loop that takes the operands safely.

use crate::apply::Operand;
use crate::direct::Borrowed;
use metes_array::Scalar;
use metes_dtype::{Casting, Category, DType, Kind, Weak, can_cast, promote, promote_weak, weakly};
use metes_kernels::{Cell, NOT_FOR_BOOL, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// An operand as promotion sees it.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// Something with a dtype.
    DType(DType),
    /// A Python scalar; a `bool` counts as a bool array does.
    Weak(Scalar),
}

impl From<Borrowed<'_>> for Input {
    #[inline]
    fn from(operand: Borrowed) -> Input {
        match operand {
            Borrowed::Array(array) => Input::DType(array.dtype()),
            Borrowed::Weak(scalar) => Input::Weak(scalar),
        }
    }
}

impl From<&Operand> for Input {
    #[inline]
    fn from(operand: &Operand) -> Input {
        match operand {
            Operand::Array(array) => Input::DType(array.dtype()),
            Operand::Weak(scalar) => Input::Weak(*scalar),
        }
    }
}

/// Functions whose answer for an integer outside the other operand's range is known, and right.
const COMPARISONS: &[&str] = &["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"];

fn weak(scalar: Scalar) -> Option<Weak> {
    match scalar {
        Scalar::Bool(_) => None,
        Scalar::Int(_) => Some(Weak::Int),
        Scalar::Float(_) => Some(Weak::Float),
        Scalar::Complex(..) => Some(Weak::Complex),
    }
}

/// The dtype that operands meet in: arrays among themselves first, then Python scalars by category. `None` for no operands,
/// and for dtypes that do not meet.
pub fn common_dtype(inputs: &[Input]) -> Option<DType> {
    let strong = |input: &Input| match *input {
        Input::DType(dtype) => Some(dtype),
        Input::Weak(scalar) if weak(scalar).is_none() => Some(DType::of(Kind::Bool)),
        Input::Weak(_) => None,
    };
    let mut arrays = inputs.iter().filter_map(strong);
    let start = match arrays.next() {
        Some(first) => Some(arrays.try_fold(first.native(), promote)?),
        None => None,
    };
    inputs.iter().try_fold(start, |dtype, input| {
        Some(match (*input, dtype) {
            (Input::Weak(scalar), Some(dtype)) => Some(match weak(scalar) {
                Some(weak) => promote_weak(dtype, weak)?,
                None => dtype,
            }),
            (Input::Weak(scalar), None) => Some(scalar.default_dtype()),
            (Input::DType(_), dtype) => dtype,
        })
    })?
}

/// The loop for these operands; its `inputs` are what they are cast to.
///
/// # Errors
/// [`ErrorKind::Type`] where no loop takes them, [`ErrorKind::Overflow`] for a Python integer outside the range of
/// the dtype that it meets.
pub fn resolve(ufunc: &Ufunc, inputs: &[Input], dtype: Option<DType>) -> Result<&'static Cell> {
    if inputs.len() != ufunc.nin {
        let message = format!("{} takes {} operands, not {}", ufunc.name, ufunc.nin, inputs.len());
        return Err(Error::new(ErrorKind::Type, message));
    }
    // What answers with truth whatever it is asked of is not told to be asked of truths.
    let truths = || ufunc.cells.iter().all(|cell| cell.outputs[0] == Kind::Bool);
    if let Some(dtype) = dtype.filter(|dtype| *dtype != Kind::Bool || !truths()) {
        return forced(ufunc, inputs, dtype);
    }
    let choice = ufunc.cells[0].inputs.first() == Some(&Kind::Bool) && ufunc.nin == 3 && ufunc.name == "where";
    let meeting = &inputs[usize::from(choice)..];
    let Some(common) = common_dtype(meeting).and_then(DType::number) else { return Err(unsupported(ufunc, inputs)) };
    let kinds = inputs.iter().map(|input| kind_in(input, common)).collect::<Option<Vec<Kind>>>();
    let Some(mut kinds) = kinds else { return Err(unsupported(ufunc, inputs)) };
    if choice {
        kinds = vec![Kind::Bool, common, common];
    }
    if NOT_FOR_BOOL.contains(&ufunc.name) && kinds.iter().all(|&k| k == Kind::Bool) {
        return Err(unsupported(ufunc, inputs));
    }
    let compares = COMPARISONS.contains(&ufunc.name);
    let cell = find(ufunc, &kinds, common).or_else(|| {
        let own = inputs.iter().map(kind_alone).collect::<Option<Vec<Kind>>>()?;
        find(ufunc, &own, common)
    });
    for (at, input) in inputs.iter().enumerate() {
        // Loops over floats take every integer.
        let floats = || cell.is_some_and(|cell| cell.inputs[at].category() >= Category::Float);
        if let Input::Weak(scalar) = *input
            && let Err(error) = scalar.check(common.into())
            && !floats()
        {
            // What makes floats of integers makes them of floats too.
            if let Some(made) = cell.map(|cell| cell.outputs[0]).filter(|kind| kind.category() >= Category::Float) {
                let over = |cell: &&'static Cell| cell.inputs.iter().all(|&kind| kind == made);
                return ufunc.cells.iter().find(over).ok_or(error);
            }
            if !compares {
                return Err(error);
            }
            let wide = |input: &Input| match *input {
                Input::Weak(scalar) => Input::DType(wide_dtype(scalar)),
                Input::DType(dtype) if dtype.category() == Category::Unsigned => Input::DType(Kind::U64.into()),
                Input::DType(_) => Input::DType(Kind::I64.into()),
            };
            return resolve(ufunc, &inputs.iter().map(wide).collect::<Vec<_>>(), None);
        }
    }
    cell.ok_or_else(|| unsupported(ufunc, inputs))
}

/// The loop that [`resolve`] finds where all arrays are of one kind, and all Python numbers become that kind; `None`
/// where it takes more to say.
#[inline]
pub(crate) fn alike<T: Copy + Into<Input>>(ufunc: &Ufunc, inputs: &[T]) -> Option<&'static Cell> {
    let kind = inputs.iter().find_map(|&input| match input.into() {
        Input::DType(dtype) => Some(dtype),
        Input::Weak(_) => None,
    })?;
    let kind = kind.number()?;
    let fits = |input: &T| match (*input).into() {
        Input::DType(dtype) => dtype == kind,
        Input::Weak(scalar) => {
            let stays = weak(scalar).is_some_and(|weak| weakly(kind, weak) == kind);
            stays && scalar.check(kind.into()).is_ok()
        }
    };
    if kind == Kind::Bool || inputs.len() != ufunc.nin || !inputs.iter().all(fits) {
        return None;
    }
    // Rows that have loops for all kinds, or for the last ones, have them in the order of the kinds.
    let all = |cell: &&'static Cell| cell.inputs.iter().all(|&input| input == kind);
    let last = (ufunc.cells.len() + kind as usize).wrapping_sub(Kind::ALL.len());
    let guessed = [kind as usize, last].into_iter().filter_map(|at| ufunc.cells.get(at)).find(all);
    guessed.or_else(|| ufunc.cells.iter().find(all))
}

/// The function that computes the same as this one of a float and the number 2: a square, to the bit what a power should be.
#[inline]
pub(crate) fn squared(ufunc: &Ufunc, first: Input, second: Input) -> Option<&'static Ufunc> {
    let two = match second {
        Input::Weak(Scalar::Int(2)) => true,
        Input::Weak(Scalar::Float(value)) => value == 2.0,
        _ => false,
    };
    let float = matches!(first, Input::DType(dtype) if dtype.category() == Category::Float);
    if two && float && ufunc.name == "power" { metes_kernels::ufunc("square") } else { None }
}

/// A dtype in which an integer beyond another's range can be compared.
fn wide_dtype(scalar: Scalar) -> DType {
    match scalar {
        Scalar::Int(value) if i64::try_from(value).is_ok() => Kind::I64.into(),
        Scalar::Int(value) if u64::try_from(value).is_ok() => Kind::U64.into(),
        _ => Kind::F64.into(),
    }
}

/// A Python number as an operand of the loop that was chosen for these inputs. Compared with integers, an integer beyond
/// the range of all of them becomes an infinity: as a float64 it could be rounded into their range.
pub(crate) fn placed(scalar: Scalar, ufunc: &Ufunc, inputs: &[Input], kind: Kind) -> Scalar {
    let whole = |input: &Input| match input {
        Input::DType(dtype) => dtype.category() <= Category::Signed,
        Input::Weak(_) => true,
    };
    match scalar {
        Scalar::Int(value)
            if kind == Kind::F64
                && !(i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value)
                && COMPARISONS.contains(&ufunc.name)
                && inputs.iter().all(whole) =>
        {
            Scalar::Float(f64::INFINITY.copysign(value as f64))
        }
        _ => scalar,
    }
}

fn kind_in(input: &Input, common: Kind) -> Option<Kind> {
    match *input {
        Input::DType(dtype) => dtype.any_number(),
        Input::Weak(scalar) if weak(scalar).is_none() => Some(Kind::Bool),
        Input::Weak(_) => Some(common),
    }
}

fn kind_alone(input: &Input) -> Option<Kind> {
    match *input {
        Input::DType(dtype) => dtype.any_number(),
        Input::Weak(scalar) => scalar.default_dtype().number(),
    }
}

fn find(ufunc: &Ufunc, kinds: &[Kind], common: Kind) -> Option<&'static Cell> {
    let exact = ufunc.cells.iter().find(|c| c.inputs == kinds);
    let even = || ufunc.cells.iter().find(|c| c.inputs.iter().all(|&k| k == common));
    let safe = || {
        let casts =
            |c: &&Cell| c.inputs.iter().zip(kinds).all(|(&to, &from)| can_cast(from.into(), to.into(), Casting::Safe));
        ufunc.cells.iter().find(casts)
    };
    exact.or_else(even).or_else(safe)
}

fn forced(ufunc: &Ufunc, inputs: &[Input], dtype: DType) -> Result<&'static Cell> {
    let numbers = inputs.iter().all(|input| matches!(input, Input::Weak(_)) || kind_alone(input).is_some());
    let kind = dtype.number().filter(|_| numbers);
    let same = |kind| ufunc.cells.iter().find(|c| c.outputs[0] == kind && c.inputs.iter().all(|&k| k == kind));
    let any = |kind| ufunc.cells.iter().find(|c| c.outputs[0] == kind);
    kind.and_then(|kind| same(kind).or_else(|| any(kind))).ok_or_else(|| {
        let dtypes = names(inputs);
        let message = format!(
            "No loop matching the specified signature and casting was found for ufunc {}: dtype {dtype}, operands {dtypes}",
            ufunc.name
        );
        Error::new(ErrorKind::Type, message)
    })
}

/// The loop that a signature prescribes: the kinds of operands, then of results, `None` where any will do.
///
/// # Errors
/// As [`resolve`]; [`ErrorKind::Value`] for a signature of another length.
pub fn signed(ufunc: &Ufunc, inputs: &[Input], signature: &[Option<Kind>]) -> Result<&'static Cell> {
    if signature.len() != ufunc.nin + ufunc.nout {
        let message = format!(
            "ufunc {}: a signature names {} dtypes, one for each operand and result, not {}",
            ufunc.name,
            ufunc.nin + ufunc.nout,
            signature.len()
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    let fits = |c: &Cell| {
        c.inputs
            .iter()
            .chain(c.outputs)
            .zip(signature)
            .all(|(&kind, wanted)| wanted.is_none_or(|wanted| wanted == kind))
    };
    if let Ok(usual) = resolve(ufunc, inputs, None)
        && fits(usual)
    {
        return Ok(usual);
    }
    let numbers = inputs.iter().all(|input| kind_alone(input).is_some());
    ufunc.cells.iter().find(|c| numbers && fits(c)).ok_or_else(|| {
        let message = format!(
            "No loop matching the specified signature and casting was found for ufunc {}: operands {}",
            ufunc.name,
            names(inputs)
        );
        Error::new(ErrorKind::Type, message)
    })
}

fn names(inputs: &[Input]) -> String {
    let name = |input: &Input| match input {
        Input::DType(dtype) => dtype.to_string(),
        Input::Weak(scalar) => format!(
            "Python {}",
            match scalar {
                Scalar::Bool(_) => "bool",
                Scalar::Int(_) => "int",
                Scalar::Float(_) => "float",
                Scalar::Complex(..) => "complex",
            }
        ),
    };
    format!("({})", inputs.iter().map(name).collect::<Vec<_>>().join(", "))
}

fn unsupported(ufunc: &Ufunc, inputs: &[Input]) -> Error {
    let message = format!(
        "ufunc '{}' not supported for the input types {}, and the inputs could not be safely coerced to any supported types according to the casting rule 'safe'",
        ufunc.name,
        names(inputs)
    );
    Error::new(ErrorKind::Type, message)
}

/// The dtype of a ufunc's first result.
pub fn result_dtype(ufunc: &Ufunc, inputs: &[Input]) -> Result<DType> {
    Ok(resolve(ufunc, inputs, None)?.outputs[0].into())
}
