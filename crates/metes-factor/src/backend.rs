//! The library of linear algebra, `faer`: only this file, `invert.rs` and `product.rs` name it.
//!
//! All workspaces are handed in, with a part that products inside of decompositions pack into ([`room`]).

use crate::dense::Dense;
use crate::exchange::exchange;
use crate::factor::{NoConvergence, Vectors, Workspace};
use faer::diag::DiagMut;
use faer::dyn_stack::{MemStack, StackReq};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::householder;
use faer::linalg::lu::partial_pivoting as lu;
use faer::linalg::qr::no_pivoting as qr;
use faer::linalg::svd::{self, ComputeSvdVectors};
use faer::linalg::triangular_solve as triangular;
use faer::reborrow::ReborrowMut;
use faer::traits::{ComplexField, RealField};
use faer::{Conj, MatMut, MatRef, Par};
use num_complex::Complex;
use std::mem::MaybeUninit;

/// # Safety
/// The elements are aligned and valid for reads as long as the result is used.
pub(crate) unsafe fn view<'a, T>(x: Dense<T>) -> MatRef<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { MatRef::from_raw_parts(x.ptr, x.rows, x.columns, x.row_step, x.column_step) }
}

/// # Safety
/// The elements are aligned, valid for writes, and nobody else's as long as the result is used.
pub(crate) unsafe fn view_mut<'a, T>(x: Dense<T>) -> MatMut<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { MatMut::from_raw_parts_mut(x.ptr, x.rows, x.columns, x.row_step, x.column_step) }
}

/// Bytes for a workspace of the library, wherever it begins, that decomposes a matrix of such sides.
fn bytes<T>(need: StackReq, sides: [usize; 2]) -> usize {
    room::<T>(sides) + need.unaligned_bytes_required()
}

/// Bytes that products pack into, inside of a decomposition of a matrix of such sides.
pub(crate) fn room<T>([rows, columns]: [usize; 2]) -> usize {
    metes_gemm::need::<T>([rows, columns, rows.max(columns)]).min(metes_gemm::LEAST)
}

/// Does some work in a workspace, of which products have their part.
pub(crate) fn within<T, R>(work: Workspace<'_>, sides: [usize; 2], body: impl FnOnce(Workspace<'_>) -> R) -> R {
    let (room, work) = work.split_at_mut(room::<T>(sides));
    metes_gemm::lend(room, || body(work))
}

/// # Safety
/// The elements of the only column are aligned, valid for writes, and nobody else's as long as the result is used.
unsafe fn diagonal<'a, T>(x: Dense<T>) -> DiagMut<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { DiagMut::from_raw_parts_mut(x.ptr, x.rows, x.row_step) }
}

/// # Safety
/// As [`crate::factor::Field::lu`].
pub(crate) unsafe fn lu<T: ComplexField>(
    a: Dense<T>,
    order: &mut [usize],
    back: &mut [usize],
    work: Workspace<'_>,
) -> usize {
    // SAFETY: the caller's promise.
    let a = unsafe { view_mut(a) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        let (info, _) = lu::factor::lu_in_place(a, order, back, Par::Seq, MemStack::new(work), Default::default());
        info.transposition_count
    })
}

pub(crate) fn lu_need<T: ComplexField>(n: usize) -> usize {
    bytes::<T>(lu::factor::lu_in_place_scratch::<usize, T>(n, n, Par::Seq, Default::default()), [n, n])
}

/// # Safety
/// As [`crate::factor::Field::lu_solve`].
pub(crate) unsafe fn lu_solve<T: ComplexField>(a: Dense<T>, order: &[usize], b: Dense<T>, work: Workspace<'_>) {
    // SAFETY: the caller's promise.
    let (a, mut b) = unsafe { (view(a), view_mut(b)) };
    within::<T, _>(work, [b.nrows(), b.ncols()], |_| {
        exchange(order, |row, from| faer::perm::swap_rows_idx(b.rb_mut(), row, from));
        triangular::solve_unit_lower_triangular_in_place(a, b.rb_mut(), Par::Seq);
        triangular::solve_upper_triangular_in_place(a, b, Par::Seq);
    });
}

/// # Safety
/// As [`crate::factor::Field::lu_invert`].
pub(crate) unsafe fn lu_invert<T: ComplexField + Copy>(a: Dense<T>, back: &[usize], work: Workspace<'_>) {
    within::<T, _>(work, [a.rows, a.columns], |work| {
        work.fill(MaybeUninit::new(0));
        // SAFETY: bytes that are all zero are numbers.
        let (_, panel, _) = unsafe { work.align_to_mut::<T>() };
        // SAFETY: the caller's promise.
        crate::invert::invert(unsafe { view_mut(a) }, back, panel);
    });
}

pub(crate) fn lu_invert_need<T>(n: usize) -> usize {
    // Wherever the workspace begins.
    room::<T>([n, n]) + (crate::invert::panel::<T>(n) + 1) * size_of::<T>()
}

/// # Safety
/// As [`crate::factor::Field::cholesky`].
pub(crate) unsafe fn cholesky<T: ComplexField>(a: Dense<T>, work: Workspace<'_>) -> bool {
    // SAFETY: the caller's promise.
    let a = unsafe { view_mut(a) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        let stack = MemStack::new(work);
        llt::factor::cholesky_in_place(a, Default::default(), Par::Seq, stack, Default::default()).is_ok()
    })
}

pub(crate) fn cholesky_need<T: ComplexField>(n: usize) -> usize {
    bytes::<T>(llt::factor::cholesky_in_place_scratch::<T>(n, Par::Seq, Default::default()), [n, n])
}

/// # Safety
/// As [`crate::factor::Field::qr`].
pub(crate) unsafe fn qr<T: ComplexField>(a: Dense<T>, factors: Dense<T>, work: Workspace<'_>) {
    // SAFETY: the caller's promise.
    let (a, factors) = unsafe { (view_mut(a), view_mut(factors)) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        qr::factor::qr_in_place(a, factors, Par::Seq, MemStack::new(work), Default::default());
    });
}

pub(crate) fn qr_need<T: ComplexField>(rows: usize, columns: usize, applied: usize) -> (usize, usize) {
    let block = qr::factor::recommended_block_size::<T>(rows, columns);
    let factor = qr::factor::qr_in_place_scratch::<T>(rows, columns, block, Par::Seq, Default::default());
    let apply = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(rows, block, applied);
    (block, bytes::<T>(factor.or(apply), [rows, columns.max(applied)]))
}

/// # Safety
/// As [`crate::factor::Field::apply_q`].
pub(crate) unsafe fn apply_q<T: ComplexField>(a: Dense<T>, factors: Dense<T>, c: Dense<T>, work: Workspace<'_>) {
    // SAFETY: the caller's promise.
    let (a, factors, c) = unsafe { (view(a), view(factors), view_mut(c)) };
    let basis = a.subcols(0, factors.ncols());
    within::<T, _>(work, [a.nrows(), a.ncols().max(c.ncols())], |work| {
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            basis,
            factors,
            Conj::No,
            c,
            Par::Seq,
            MemStack::new(work),
        );
    });
}

/// # Safety
/// As [`crate::factor::Field::svd`].
pub(crate) unsafe fn svd<T: ComplexField>(
    a: Dense<T>,
    s: Dense<T>,
    u: Option<Dense<T>>,
    v: Option<Dense<T>>,
    work: Workspace<'_>,
) -> Result<(), NoConvergence> {
    // SAFETY: the caller's promise.
    let (a, s, u, v) = unsafe { (view(a), diagonal(s), u.map(|x| view_mut(x)), v.map(|x| view_mut(x))) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        svd::svd(a, s, u, v, Par::Seq, MemStack::new(work), Default::default()).map_err(|_| NoConvergence)
    })
}

pub(crate) fn svd_need<T: ComplexField>(rows: usize, columns: usize, vectors: Vectors) -> usize {
    let vectors = match vectors {
        Vectors::None => ComputeSvdVectors::No,
        Vectors::Thin => ComputeSvdVectors::Thin,
        Vectors::Full => ComputeSvdVectors::Full,
    };
    bytes::<T>(svd::svd_scratch::<T>(rows, columns, vectors, vectors, Par::Seq, Default::default()), [rows, columns])
}

fn wanted(vectors: bool) -> ComputeEigenvectors {
    if vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No }
}

/// # Safety
/// As [`crate::factor::Field::eigh`].
pub(crate) unsafe fn eigh<T: ComplexField>(
    a: Dense<T>,
    w: Dense<T>,
    v: Option<Dense<T>>,
    work: Workspace<'_>,
) -> Result<(), NoConvergence> {
    // SAFETY: the caller's promise.
    let (a, w, v) = unsafe { (view(a), diagonal(w), v.map(|x| view_mut(x))) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        evd::self_adjoint_evd(a, w, v, Par::Seq, MemStack::new(work), Default::default()).map_err(|_| NoConvergence)
    })
}

pub(crate) fn eigh_need<T: ComplexField>(n: usize, vectors: bool) -> usize {
    if n == 0 {
        return 0;
    }
    bytes::<T>(evd::self_adjoint_evd_scratch::<T>(n, wanted(vectors), Par::Seq, Default::default()), [n, n])
}

/// # Safety
/// As [`crate::factor::Field::eig`]; the imaginary parts have a place.
pub(crate) unsafe fn eig_real<T: RealField>(
    a: Dense<T>,
    w: Dense<T>,
    imaginary: Option<Dense<T>>,
    v: Option<Dense<T>>,
    work: Workspace<'_>,
) -> Result<(), NoConvergence> {
    let Some(imaginary) = imaginary else { return Err(NoConvergence) };
    // SAFETY: the caller's promise.
    let (a, w, imaginary, v) = unsafe { (view(a), diagonal(w), diagonal(imaginary), v.map(|x| view_mut(x))) };
    within::<T, _>(work, [a.nrows(), a.ncols()], |work| {
        let stack = MemStack::new(work);
        evd::evd_real(a, w, imaginary, None, v, Par::Seq, stack, Default::default()).map_err(|_| NoConvergence)
    })
}

/// # Safety
/// As [`crate::factor::Field::eig`].
pub(crate) unsafe fn eig_complex<T: RealField>(
    a: Dense<Complex<T>>,
    w: Dense<Complex<T>>,
    _imaginary: Option<Dense<Complex<T>>>,
    v: Option<Dense<Complex<T>>>,
    work: Workspace<'_>,
) -> Result<(), NoConvergence> {
    // SAFETY: the caller's promise.
    let (a, w, v) = unsafe { (view(a), diagonal(w), v.map(|x| view_mut(x))) };
    within::<Complex<T>, _>(work, [a.nrows(), a.ncols()], |work| {
        evd::evd_cplx(a, w, None, v, Par::Seq, MemStack::new(work), Default::default()).map_err(|_| NoConvergence)
    })
}

pub(crate) fn eig_need<T: ComplexField>(n: usize, vectors: bool) -> usize {
    let need = evd::evd_scratch::<T>(n, ComputeEigenvectors::No, wanted(vectors), Par::Seq, Default::default());
    bytes::<T>(need, [n, n])
}
