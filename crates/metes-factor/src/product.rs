//! Products of two matrices.
//!
//! Large ones pack a part of a factor into memory of the caller's ([`metes_gemm`]), each thread into its own part of it. The
//! library computes those that need no packing: small ones, and those of a matrix and a vector whose numbers lie one by one.

use crate::backend::{view, view_mut};
use crate::dense::Dense;
use crate::factor::Workspace;
use crate::parts::Parts;
use faer::linalg::matmul::matmul_with_conj;
use faer::traits::ComplexField;
use faer::traits::math_utils::one;
use faer::{Accum, Conj, Par};
use metes_gemm::{Element, Factor, Part};
use std::mem::MaybeUninit;

/// Products of elements up to which the library packs nothing.
const LITTLE: usize = 16 * 16 * 16;

/// Whether the library computes a product, which then needs no workspace.
fn is_direct<T>([c, a, b]: &[Dense<T>; 3]) -> bool {
    let products = c.rows.saturating_mul(c.columns).saturating_mul(a.columns);
    // A matrix and a vector: down the columns of the matrix into the result, or along its rows and down the vector.
    let column = |c: &Dense<T>, a: &Dense<T>, b: &Dense<T>| {
        c.columns == 1 && ((c.row_step == 1 && a.row_step == 1) || (a.column_step == 1 && b.row_step == 1))
    };
    products <= LITTLE || column(c, a, b) || column(&c.transposed(), &b.transposed(), &a.transposed())
}

/// Bytes for one thread, and the fewest that will do.
fn each<T>(matrices: &[Dense<T>; 3]) -> (usize, usize) {
    let [c, a, _] = matrices;
    let need = if is_direct(matrices) { 0 } else { metes_gemm::need::<T>([c.rows, c.columns, a.columns]) };
    (need, need.min(metes_gemm::LEAST))
}

/// The bytes of the workspace of [`product`] on up to so many threads, and the fewest that will do.
pub(crate) fn need<T>(matrices: &[Dense<T>; 3], lanes: usize) -> (usize, usize) {
    let [c, a, _] = matrices;
    let (need, least) = each(matrices);
    let lanes = lanes.min(Parts::of(c, a.columns).count());
    (need * lanes, least * lanes)
}

/// What several threads compute a part of each, and their workspaces.
struct Shared<T> {
    matrices: [Dense<T>; 3],
    work: *mut MaybeUninit<u8>,
}

// SAFETY: addresses and numbers; parts of the result and workspaces are apart from each other, factors are only read.
unsafe impl<T> Sync for Shared<T> {}

/// [`crate::Product::run`].
///
/// # Safety
/// As there.
pub(crate) unsafe fn product<T: ComplexField + Element>(
    matrices: [Dense<T>; 3],
    add: bool,
    conj: bool,
    work: Workspace<'_>,
) {
    let [c, a, _] = matrices;
    let parts = Parts::of(&c, a.columns);
    if parts.count() == 1 {
        // SAFETY: the caller's promise.
        return unsafe { part(matrices, add, conj, work) };
    }
    let (_, least) = each(&matrices);
    let most = work.len().checked_div(least).unwrap_or(usize::MAX);
    let lanes = metes_threads::available().min(parts.count()).min(most).max(1);
    let each = work.len() / lanes;
    let shared = Shared { matrices, work: work.as_mut_ptr() };
    metes_threads::share(lanes, parts.count(), &|lane, number| {
        let shared = &shared;
        // SAFETY: a part of what the caller vouches for, of whose result no other part writes an element; lanes are
        // apart, and so many fit into the workspace.
        unsafe {
            let work = std::slice::from_raw_parts_mut(shared.work.wrapping_add(lane * each), each);
            part(parts.part(number, shared.matrices), add, conj, work);
        }
    });
}

/// # Safety
/// As [`product`].
unsafe fn part<T: ComplexField + Element>(matrices: [Dense<T>; 3], add: bool, conj: bool, work: Workspace<'_>) {
    let [c, a, b] = matrices;
    if is_direct(&matrices) {
        let (beta, conj) = (if add { Accum::Add } else { Accum::Replace }, if conj { Conj::Yes } else { Conj::No });
        // SAFETY: the caller's promise.
        let (c, a, b) = unsafe { (view_mut(c), view(a), view(b)) };
        return matmul_with_conj(c, beta, a, conj, b, Conj::No, one(), Par::Seq);
    }
    let factor = |x: Dense<T>, conj| Factor { ptr: x.ptr, row_step: x.row_step, column_step: x.column_step, conj };
    let product = metes_gemm::Product {
        sizes: [c.rows, c.columns, a.columns],
        c: c.ptr,
        steps: [c.row_step, c.column_step],
        a: factor(a, conj),
        b: factor(b, false),
        alpha: one(),
        add,
        part: Part::Full,
    };
    // SAFETY: the caller's promise.
    unsafe { metes_gemm::multiply(product, work) };
}
