//! Products of stacks: `matmul`, `vecdot`, `matvec`, `vecmat`, which differ in their core axes alone.

use crate::axes::Axis;
use crate::contract::{Contraction, contract};
use metes_array::{Array, Dims, Order, broadcast_shapes, meet, shape_text};
use metes_dtype::{Casting, DType, can_cast};
use metes_memory::{Error, ErrorKind, Result};

/// The keyword arguments of a product of stacks.
#[derive(Clone, Debug, Default)]
pub struct ProductOptions {
    /// Where the result goes.
    pub out: Option<Array>,
    /// The dtype to compute in.
    pub dtype: Option<DType>,
    /// What casts of operands and results are allowed.
    pub casting: Casting,
    /// The memory order of a fresh result.
    pub order: Order,
    /// The core axes of each operand and, last, of the result, where they are not the last ones.
    pub axes: Option<Vec<Vec<isize>>>,
}

/// What one of these products does with the last axes of its operands.
struct Core {
    name: &'static str,
    signature: &'static str,
    a: &'static [char],
    b: &'static [char],
    c: &'static [char],
    conj: bool,
}

const MATMUL: Core = Core {
    name: "matmul",
    signature: "(n?,k),(k,m?)->(n?,m?)",
    a: &['n', 'k'],
    b: &['k', 'm'],
    c: &['n', 'm'],
    conj: false,
};
const VECDOT: Core = Core { name: "vecdot", signature: "(n),(n)->()", a: &['n'], b: &['n'], c: &[], conj: true };
const MATVEC: Core =
    Core { name: "matvec", signature: "(m,n),(n)->(m)", a: &['m', 'n'], b: &['n'], c: &['m'], conj: false };
const VECMAT: Core =
    Core { name: "vecmat", signature: "(n),(n,m)->(m)", a: &['n'], b: &['n', 'm'], c: &['m'], conj: true };

/// The product of two stacks of matrices; a vector is a row on the left, a column on the right.
///
/// ```
/// use metes_array::Array;
/// use metes_linalg::{ProductOptions, matmul};
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let product = matmul(&a, &a, &ProductOptions::default())?;
/// assert_eq!(product.read::<f64>()?.to_vec(), [7.0, 10.0, 15.0, 22.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Shapes that do not match, casts that `casting` forbids, an `out` that is read-only or of another shape, refused
/// memory. Nothing is written then.
pub fn matmul(a: &Array, b: &Array, options: &ProductOptions) -> Result<Array> {
    product(&MATMUL, a, b, options)
}

/// The scalar products of vectors along the last axes, those of `a` conjugated.
///
/// # Errors
/// As [`matmul`].
pub fn vecdot(a: &Array, b: &Array, options: &ProductOptions) -> Result<Array> {
    product(&VECDOT, a, b, options)
}

/// The products of matrices and vectors.
///
/// # Errors
/// As [`matmul`].
pub fn matvec(a: &Array, b: &Array, options: &ProductOptions) -> Result<Array> {
    product(&MATVEC, a, b, options)
}

/// The products of vectors, conjugated, and matrices.
///
/// # Errors
/// As [`matmul`].
pub fn vecmat(a: &Array, b: &Array, options: &ProductOptions) -> Result<Array> {
    product(&VECMAT, a, b, options)
}

/// An operand's core axes by name; what `?` marks is left out where the operand has too few.
fn labels(core: &Core, which: usize, ndim: usize) -> Result<Vec<char>> {
    let names = if which == 0 { core.a } else { core.b };
    let optional = core.signature.contains('?');
    if optional && ndim == 1 {
        return Ok(vec!['k']);
    }
    if ndim < names.len() {
        let needs = if optional { 1 } else { names.len() };
        let message = format!(
            "{}: Input operand {which} does not have enough dimensions (has {ndim}, gufunc core with signature {} requires {needs})",
            core.name, core.signature
        );
        return Err(Error::new(ErrorKind::Value, message));
    }
    Ok(names.to_vec())
}

fn product(core: &Core, a: &Array, b: &Array, options: &ProductOptions) -> Result<Array> {
    let (la, lb) = (labels(core, 0, a.ndim())?, labels(core, 1, b.ndim())?);
    let lc: Vec<char> = core.c.iter().copied().filter(|l| la.contains(l) || lb.contains(l)).collect();
    let places = places(core, [la.len(), lb.len(), lc.len()], options.axes.as_deref())?;
    let to_end = |array: &Array, axes: &[isize]| array.moveaxis(axes, &last(axes.len()));
    let (a, b) = (to_end(a, &places[0])?, to_end(b, &places[1])?);
    let dtype = options.dtype.map_or_else(|| meet(a.dtype(), b.dtype()), Ok)?;
    check_casts(core, &[&a, &b], dtype, options)?;
    let (ba, bb) = (&a.shape()[..a.ndim() - la.len()], &b.shape()[..b.ndim() - lb.len()]);
    check_core(core, (&la, &a.shape()[ba.len()..]), (&lb, &b.shape()[bb.len()..]))?;
    let target = match &options.out {
        Some(out) if out.ndim() >= lc.len() => Some(to_end(out, &places[2])?),
        Some(out) => return Err(wrong_out(core, out, &[])),
        None => None,
    };
    let mut batch = broadcast_shapes(&[ba, bb]).map_err(|error| error.context(core.name))?;
    if let Some(target) = &target {
        let wider = broadcast_shapes(&[&batch, &target.shape()[..target.ndim() - lc.len()]]);
        batch = wider.map_err(|error| error.context(core.name))?;
    }
    let length = |l: &char| {
        let at = |labels: &[char], shape: &[usize]| labels.iter().position(|x| x == l).map(|i| shape[i]);
        at(&la, &a.shape()[ba.len()..]).or_else(|| at(&lb, &b.shape()[bb.len()..])).unwrap_or(1)
    };
    let shape: Dims = batch.iter().copied().chain(lc.iter().map(length)).collect();
    let c = match target {
        Some(target) if target.shape() == shape.as_slice() => target,
        Some(target) => return Err(wrong_out(core, &target, &shape)),
        None => Array::empty_in(&shape, dtype, options.order, core.name)?,
    };
    let axes = axes(&batch, [(&la, &a), (&lb, &b), (&lc, &c)]);
    contract(&Contraction {
        a: &a,
        b: &b,
        c: &c,
        axes: &axes,
        dtype,
        conj: core.conj && a.is_complex(),
        op: core.name,
    })?;
    match &options.out {
        Some(out) => Ok(out.clone()),
        None => c.moveaxis(&last(lc.len()), &places[2]),
    }
}

/// `[-n, …, -1]`.
fn last(n: usize) -> Vec<isize> {
    (0..n as isize).map(|i| i - n as isize).collect()
}

/// Where the core axes of the operands and of the result are.
fn places(core: &Core, counts: [usize; 3], axes: Option<&[Vec<isize>]>) -> Result<[Vec<isize>; 3]> {
    let Some(axes) = axes else { return Ok(counts.map(last)) };
    let wrong = |text: String| Error::new(ErrorKind::Value, format!("{}: {text}", core.name));
    let full = axes.len() == 3 || (axes.len() == 2 && counts[2] == 0);
    if !full {
        return Err(wrong(format!(
            "axes should be a list with an entry for all 3 inputs and outputs, not {}",
            axes.len()
        )));
    }
    let mut places = counts.map(last);
    for (i, given) in axes.iter().enumerate() {
        if given.len() != counts[i] {
            return Err(wrong(format!("axes item {i} should have {} elements, not {}", counts[i], given.len())));
        }
        places[i].clone_from(given);
    }
    Ok(places)
}

fn check_casts(core: &Core, inputs: &[&Array], dtype: DType, options: &ProductOptions) -> Result<()> {
    let name = options.casting.name();
    let refuse = |what: String, from: DType, to: DType| {
        let text = format!(
            "Cannot cast ufunc '{}' {what} from dtype('{from}') to dtype('{to}') with casting rule '{name}'",
            core.name
        );
        Err(Error::new(ErrorKind::Casting, text))
    };
    for (i, input) in inputs.iter().enumerate() {
        if !can_cast(input.dtype(), dtype, options.casting) {
            return refuse(format!("input {i}"), input.dtype(), dtype);
        }
    }
    let Some(out) = &options.out else { return Ok(()) };
    out.require_writeable(core.name)?;
    if can_cast(dtype, out.dtype(), options.casting) { Ok(()) } else { refuse("output".into(), dtype, out.dtype()) }
}

type Named<'a> = (&'a [char], &'a [usize]);

fn check_core(core: &Core, (la, sa): Named<'_>, (lb, sb): Named<'_>) -> Result<()> {
    for (place, label) in lb.iter().enumerate() {
        let Some(other) = la.iter().position(|l| l == label) else { continue };
        if sa[other] != sb[place] {
            let message = format!(
                "{}: Input operand 1 has a mismatch in its core dimension {place}, with gufunc signature {} (size {} is different from {})",
                core.name, core.signature, sb[place], sa[other]
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
    }
    Ok(())
}

fn wrong_out(core: &Core, out: &Array, shape: &[usize]) -> Error {
    let (has, wants) = (shape_text(out.shape()), shape_text(shape));
    Error::new(ErrorKind::Value, format!("{}: out has shape {has}, the result {wants}", core.name))
}

/// The axes of the contraction: the batch, aligned from the right, then the named ones.
fn axes(batch: &[usize], operands: [(&Vec<char>, &Array); 3]) -> Vec<Axis> {
    let aligned = |(labels, array): &(&Vec<char>, &Array), i: usize| {
        let own = array.ndim() - labels.len();
        (i + own).checked_sub(batch.len())
    };
    let named = |(labels, array): &(&Vec<char>, &Array), l: char| {
        labels.iter().position(|x| *x == l).map(|i| array.ndim() - labels.len() + i)
    };
    let [a, b, c] = &operands;
    let mut axes: Vec<Axis> = batch
        .iter()
        .enumerate()
        .map(|(i, &len)| Axis { len, a: aligned(a, i), b: aligned(b, i), c: aligned(c, i) })
        .collect();
    let mut labels = a.0.clone();
    labels.extend(b.0.iter().filter(|l| !a.0.contains(l)));
    for l in labels {
        let (in_a, in_b) = (named(a, l), named(b, l));
        let len = in_a.map(|i| a.1.shape()[i]).or_else(|| in_b.map(|i| b.1.shape()[i])).unwrap_or(1);
        axes.push(Axis { len, a: in_a, b: in_b, c: named(c, l) });
    }
    axes
}
