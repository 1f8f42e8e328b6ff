//! [`contract`]: a sum of products of two arrays, `c = sum(a * b)`, over axes at any steps.
//!
//! Axes become the batch, rows, columns and inner axis of products of matrices, with loops around them for what does
//! not merge. The library multiplies where it can, the loops of [`crate::ring`] do the rest. Operands of another dtype
//! or alignment are converted block by block, never whole; so is a result that is an operand, when its rows (or columns)
//! are complete before they are written. Other overlap is resolved by a copy of the smaller side.

use crate::axes::{Axis, Roles};
use crate::blocks::Run;
use crate::ring::{Loop, Truth};
use metes_array::{Array, Layout, Order, copy_into, number, shares_memory};
use metes_dtype::{DType, Kind};
use metes_memory::{Reason, Result};
use num_complex::Complex;

/// Work that the overlap test may spend on one pair before it counts as overlapping.
const OVERLAP_WORK: u64 = 1000;

/// A sum of products of two arrays, to be written to a third one.
#[derive(Clone, Copy)]
pub(crate) struct Contraction<'a> {
    pub a: &'a Array,
    pub b: &'a Array,
    pub c: &'a Array,
    pub axes: &'a [Axis],
    /// The dtype that products and sums are computed in.
    pub dtype: DType,
    /// Whether `a` is conjugated.
    pub conj: bool,
    /// The operation, for the ledger.
    pub op: &'static str,
}

/// Computes a contraction. `c` may overlap the factors: the result is as if they had been copied before.
///
/// # Errors
/// Refused memory, a conflicting guard. Nothing is written then.
pub(crate) fn contract(x: &Contraction<'_>) -> Result<()> {
    let clash = |array: &Array| shares_memory(array, x.c, Some(OVERLAP_WORK)).unwrap_or(true);
    let (a, b) = (clash(x.a), clash(x.b));
    let same = |array: &Array| {
        array.buffer().same(x.c.buffer()) && array.layout() == x.c.layout() && x.c.dtype() == array.dtype()
    };
    let roles = x.roles();
    let whole = |role: &[Loop], other: &[Loop]| role.len() <= 1 && other.len() <= 1;
    if x.c.self_overlaps() == Some(false) {
        if !a && !b {
            return run(x, &roles, Held::Nothing);
        }
        if a && !b && same(x.a) && whole(&roles.columns, &roles.inner) && rows_agree(&roles) {
            return run(x, &roles, Held::Rows);
        }
        if b && !a && same(x.b) && whole(&roles.rows, &roles.inner) && columns_agree(&roles) {
            return run(x, &roles, Held::Columns);
        }
    }
    let twins = a && b && x.a.buffer().same(x.b.buffer()) && x.a.layout() == x.b.layout();
    let copied = if twins { x.a.nbytes() } else { usize::from(a) * x.a.nbytes() + usize::from(b) * x.b.nbytes() };
    if copied > x.c.nbytes() || x.c.self_overlaps() != Some(false) {
        return apart(x);
    }
    let why = |_: &Layout| "the factor shares bytes with the result".to_owned();
    let copy = |array: &Array| array.copy_because(Order::K, Reason::Overlap, why);
    let first = if a { copy(x.a)? } else { x.a.clone() };
    let second = match (twins, b) {
        (true, _) => first.clone(),
        (_, true) => copy(x.b)?,
        _ => x.b.clone(),
    };
    let y = Contraction { a: &first, b: &second, ..*x };
    run(&y, &y.roles(), Held::Nothing)
}

impl Contraction<'_> {
    fn roles(&self) -> Roles {
        Roles::new(self.axes, self.a, self.b, self.c)
    }
}

fn rows_agree(roles: &Roles) -> bool {
    roles.rows.iter().chain(&roles.batch).all(|axis| axis.a == axis.c)
}

fn columns_agree(roles: &Roles) -> bool {
    roles.columns.iter().chain(&roles.batch).all(|axis| axis.b == axis.c)
}

/// Computes into a fresh result, then copies it.
fn apart(x: &Contraction<'_>) -> Result<()> {
    let fresh = x.c.empty_like(x.c.dtype(), Order::K, x.op)?;
    let y = Contraction { c: &fresh, ..*x };
    run(&y, &y.roles(), Held::Nothing)?;
    copy_into(x.c, &fresh)
}

/// Which axis of the result must be complete before anything of it is written, since it is a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// The result is the first factor: a block of its rows needs those rows alone.
    Rows,
    /// The result is the second factor: a block of its columns needs those columns alone.
    Columns,
}

fn run(x: &Contraction<'_>, roles: &Roles, held: Held) -> Result<()> {
    let kind = number(x.dtype, x.op)?;
    match kind {
        Kind::Bool => Run::<Truth>::new(x, roles, held, Kind::Bool)?.all(),
        Kind::I8 | Kind::U8 => Run::<u8>::new(x, roles, held, kind)?.all(),
        Kind::I16 | Kind::U16 => Run::<u16>::new(x, roles, held, kind)?.all(),
        Kind::I32 | Kind::U32 => Run::<u32>::new(x, roles, held, kind)?.all(),
        Kind::I64 | Kind::U64 => Run::<u64>::new(x, roles, held, kind)?.all(),
        Kind::F16 | Kind::F32 => Run::<f32>::new(x, roles, held, Kind::F32)?.all(),
        Kind::F64 => Run::<f64>::new(x, roles, held, Kind::F64)?.all(),
        Kind::C64 => Run::<Complex<f32>>::new(x, roles, held, Kind::C64)?.all(),
        Kind::C128 => Run::<Complex<f64>>::new(x, roles, held, Kind::C128)?.all(),
    }
}
