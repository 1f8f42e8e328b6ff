//! Einstein's summation convention: any number of operands, two at a time.
//!
//! Repeated labels within an operand are views of its diagonals. A label that one operand alone has is summed there
//! first; then pairs meet in the order that [`path`] finds, and the last one writes the result where it belongs. An
//! intermediate is freed as soon as it is used.

mod parse;
mod path;

pub use parse::{Subscript, Subscripts};
pub use path::Optimize;

use crate::axes::Axis;
use crate::contract::{Contraction, contract};
use metes_array::{Array, Dims, Layout, Order, Strides, meet_all, shape_text};
use metes_dtype::{Casting, DType, Kind, can_cast};
use metes_eval::{Operand, Options, ReduceOptions, apply, assign, astype, reduce};
use metes_memory::{Error, ErrorKind, Result};
use parse::{Label, Labels, letter};

/// The keyword arguments of [`einsum`].
#[derive(Clone, Debug)]
pub struct EinsumOptions {
    /// Where the result goes.
    pub out: Option<Array>,
    /// The dtype to compute in.
    pub dtype: Option<DType>,
    /// What casts of operands and of the result are allowed.
    pub casting: Casting,
    /// The memory order of a fresh result.
    pub order: Order,
    /// How the order of contractions is found.
    pub optimize: Optimize,
}

impl Default for EinsumOptions {
    fn default() -> EinsumOptions {
        EinsumOptions { out: None, dtype: None, casting: Casting::Safe, order: Order::K, optimize: Optimize::Auto }
    }
}

/// An operand, or what operands have become: one label for each axis, none twice.
struct Term {
    array: Array,
    labels: Vec<Label>,
}

/// The sum of products that subscripts describe.
///
/// ```
/// use metes_array::Array;
/// use metes_linalg::{EinsumOptions, Subscripts, einsum};
/// let a = Array::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0])?;
/// let trace = einsum(&Subscripts::parse("ii")?, &[a], &EinsumOptions::default())?;
/// assert_eq!(trace.read::<f64>()?.to_vec(), [5.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Subscripts that do not fit the operands, casts that `casting` forbids, an `out` that does not fit, refused memory.
pub fn einsum(subscripts: &Subscripts, operands: &[Array], options: &EinsumOptions) -> Result<Array> {
    let labels = parse::resolve(subscripts, operands)?;
    let common = meet_all(operands.iter().map(Array::dtype))?;
    let Some(dtype) = options.dtype.or(common) else {
        return Err(Error::new(ErrorKind::Value, "einsum: must provide at least an operand and a subscripts list"));
    };
    check(operands, dtype, &labels, options)?;
    let terms = operands
        .iter()
        .zip(&labels.inputs)
        .map(|(array, labels)| Term::new(array, labels))
        .collect::<Result<Vec<_>>>()?;
    let work = Work { labels: &labels, dtype, options };
    work.run(terms)
}

/// The order in which [`einsum`] contracts operands, and what it costs, in words.
///
/// # Errors
/// Subscripts that do not fit the operands.
pub fn einsum_path(
    subscripts: &Subscripts,
    operands: &[Array],
    optimize: &Optimize,
) -> Result<(Vec<Vec<usize>>, String)> {
    let labels = parse::resolve(subscripts, operands)?;
    let path = path::find(&labels, optimize);
    let text = report(&labels, &path);
    Ok((path, text))
}

fn check(operands: &[Array], dtype: DType, labels: &Labels, options: &EinsumOptions) -> Result<()> {
    let rule = options.casting.name();
    if let Some((i, array)) = operands.iter().enumerate().find(|(_, a)| !can_cast(a.dtype(), dtype, options.casting)) {
        let from = array.dtype();
        let text = format!(
            "einsum: operand {i} could not be cast from dtype('{from}') to dtype('{dtype}') according to the rule '{rule}'"
        );
        return Err(Error::new(ErrorKind::Casting, text));
    }
    let Some(out) = &options.out else { return Ok(()) };
    out.require_writeable("einsum")?;
    let shape: Vec<usize> = labels.output.iter().map(|&l| labels.len(l)).collect();
    if out.shape() != shape {
        let (has, wants) = (shape_text(out.shape()), shape_text(&shape));
        return Err(Error::new(ErrorKind::Value, format!("einsum: out has shape {has}, the result {wants}")));
    }
    if !can_cast(dtype, out.dtype(), options.casting) {
        let to = out.dtype();
        let text = format!(
            "einsum: the result could not be cast from dtype('{dtype}') to dtype('{to}') according to the rule '{rule}'"
        );
        return Err(Error::new(ErrorKind::Casting, text));
    }
    Ok(())
}

impl Term {
    /// An operand with its repeated labels taken as diagonals.
    fn new(array: &Array, labels: &[Label]) -> Result<Term> {
        let (mut own, mut shape, mut strides) = (Vec::new(), Dims::new(), Strides::new());
        for (axis, &label) in labels.iter().enumerate() {
            match own.iter().position(|l| *l == label) {
                Some(place) => strides[place] += array.strides()[axis],
                None => {
                    own.push(label);
                    shape.push(array.shape()[axis]);
                    strides.push(array.strides()[axis]);
                }
            }
        }
        let layout = Layout::new(&shape, &strides, array.layout().offset())?;
        let array = Array::new(array.buffer().clone(), array.dtype(), layout, array.is_writeable())?;
        Ok(Term { array, labels: own })
    }

    fn axis(&self, label: Label) -> Option<usize> {
        self.labels.iter().position(|l| *l == label)
    }

    /// The array with one axis for each of `labels`, of length 1 where the term has no such label.
    fn aligned(&self, labels: &[Label]) -> Result<Array> {
        let axes: Vec<Option<usize>> = labels.iter().map(|&l| self.axis(l)).collect();
        let shape: Dims = axes.iter().map(|axis| axis.map_or(1, |axis| self.array.shape()[axis])).collect();
        let strides: Strides = axes.iter().map(|axis| axis.map_or(0, |axis| self.array.strides()[axis])).collect();
        let layout = Layout::new(&shape, &strides, self.array.layout().offset())?;
        Array::new(self.array.buffer().clone(), self.array.dtype(), layout, self.array.is_writeable())
    }
}

struct Work<'a> {
    labels: &'a Labels,
    dtype: DType,
    options: &'a EinsumOptions,
}

impl Work<'_> {
    fn run(&self, mut terms: Vec<Term>) -> Result<Array> {
        for places in path::find(self.labels, &self.options.optimize) {
            let taken = take(&mut terms, &places)?;
            let last = terms.is_empty();
            let made = self.fold(taken, &terms, last)?;
            terms.push(made);
        }
        let taken = std::mem::take(&mut terms);
        let last = self.fold(taken, &[], true)?;
        self.finish(last)
    }

    /// One term of several; if `last`, straight into the result where that is possible.
    fn fold(&self, taken: Vec<Term>, others: &[Term], last: bool) -> Result<Term> {
        let mut left: std::collections::VecDeque<Term> = taken.into();
        let Some(mut term) = left.pop_front() else {
            return Err(Error::new(ErrorKind::Value, "einsum: a step of the path has no operands"));
        };
        while let Some(next) = left.pop_front() {
            let needed = |label: Label| {
                self.labels.output.contains(&label) || left.iter().chain(others).any(|t| t.labels.contains(&label))
            };
            let term_alone = self.summed_alone(term, |l| needed(l) || next.labels.contains(&l))?;
            let next_alone = self.summed_alone(next, |l| needed(l) || term_alone.labels.contains(&l))?;
            let result = last && left.is_empty();
            term = self.pair(&term_alone, &next_alone, needed, result)?;
        }
        Ok(term)
    }

    /// The term without the labels that nobody else has, summed over.
    fn summed_alone(&self, term: Term, needed: impl Fn(Label) -> bool) -> Result<Term> {
        let gone: Vec<isize> =
            (0..term.labels.len()).filter(|&axis| !needed(term.labels[axis])).map(|axis| axis as isize).collect();
        if gone.is_empty() {
            return Ok(term);
        }
        let name = if self.dtype == Kind::Bool { "any" } else { "sum" };
        let sum = metes_kernels::reduction(name).expect("a row of the table");
        let labels = term.labels.iter().copied().filter(|&l| needed(l)).collect();
        let dtype = (name == "sum").then_some(self.dtype);
        Ok(Term {
            array: reduce(sum, &term.array, &ReduceOptions { axes: Some(gone), dtype, ..Default::default() })?,
            labels,
        })
    }

    fn pair(&self, a: &Term, b: &Term, needed: impl Fn(Label) -> bool, result: bool) -> Result<Term> {
        let mut all = a.labels.clone();
        all.extend(b.labels.iter().filter(|l| !a.labels.contains(l)));
        let kept: Vec<Label> =
            if result { self.labels.output.clone() } else { all.iter().copied().filter(|&l| needed(l)).collect() };
        let length = |label: Label| {
            let of = |term: &Term| term.axis(label).map_or(1, |axis| term.array.shape()[axis]);
            if of(a) == 1 { of(b) } else { of(a) }
        };
        let shape: Dims = kept.iter().map(|&l| length(l)).collect();
        let c = match &self.options.out {
            Some(out) if result => out.clone(),
            _ => Array::empty_in(&shape, self.dtype, if result { self.options.order } else { Order::C }, "einsum")?,
        };
        if all.iter().all(|l| kept.contains(l)) {
            let options = Options {
                out: vec![Some(c.clone())],
                dtype: Some(self.dtype),
                casting: Casting::Unsafe,
                ..Default::default()
            };
            let operands = [Operand::Array(a.aligned(&kept)?), Operand::Array(b.aligned(&kept)?)];
            apply(metes_kernels::ufunc("multiply").expect("a row of the table"), &operands, &options)?;
        } else {
            let place = |label: Label| kept.iter().position(|l| *l == label);
            let axes: Vec<Axis> =
                all.iter().map(|&l| Axis { len: length(l), a: a.axis(l), b: b.axis(l), c: place(l) }).collect();
            let (dtype, op) = (self.dtype, "einsum");
            contract(&Contraction { a: &a.array, b: &b.array, c: &c, axes: &axes, dtype, conj: false, op })?;
        }
        Ok(Term { array: c, labels: kept })
    }

    /// The last term as the result.
    fn finish(&self, term: Term) -> Result<Array> {
        let output = &self.labels.output;
        let term = self.summed_alone(term, |label| output.contains(&label))?;
        let result = term.aligned(output)?;
        let Some(out) = &self.options.out else {
            return astype(&result, self.dtype, Order::K, Casting::Unsafe, false);
        };
        if !(out.buffer().same(result.buffer()) && out.layout() == result.layout()) {
            assign(out, &Operand::Array(result), Casting::Unsafe, None)?;
        }
        Ok(out.clone())
    }
}

/// Takes the terms at these places out of the list.
fn take(terms: &mut Vec<Term>, places: &[usize]) -> Result<Vec<Term>> {
    let distinct = places.iter().enumerate().all(|(i, place)| !places[..i].contains(place));
    if !distinct || places.iter().any(|&place| place >= terms.len()) {
        let text =
            format!("einsum: a step {places:?} of the path does not name some of the {} operands left", terms.len());
        return Err(Error::new(ErrorKind::Value, text));
    }
    let mut slots: Vec<Option<Term>> = std::mem::take(terms).into_iter().map(Some).collect();
    let taken = places.iter().filter_map(|&place| slots[place].take()).collect();
    terms.extend(slots.into_iter().flatten());
    Ok(taken)
}

fn report(labels: &Labels, path: &[Vec<usize>]) -> String {
    let figures = path::figures(labels, path);
    let word = |list: &[Label]| list.iter().map(|&l| letter(l)).collect::<String>();
    let of_set = |set: u128| (0..128).filter(|l| set >> l & 1 == 1).map(letter).collect::<String>();
    let inputs: Vec<String> = labels.inputs.iter().map(|list| word(list)).collect();
    let mut text = format!("  Complete contraction:  {}->{}\n", inputs.join(","), word(&labels.output));
    text += &format!("      Naive FLOP count:  {:.3e}\n", figures.naive);
    text += &format!("  Optimized FLOP count:  {:.3e}\n", figures.optimized);
    text += &format!("   Theoretical speedup:  {:.3e}\n", figures.naive / figures.optimized.max(1.0));
    text += &format!("  Largest intermediate:  {:.3e} elements\n", figures.largest);
    for (terms, left) in figures.steps {
        let terms: Vec<String> = terms.iter().map(|t| of_set(*t)).collect();
        text += &format!("    {}->{}\n", terms.join(","), of_set(left));
    }
    text
}
