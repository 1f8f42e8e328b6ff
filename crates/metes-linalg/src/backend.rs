//! The library of linear algebra, `faer`: the only file that names it.
//!
//! Products pack their factors into a buffer that the library keeps for each thread: at most twice the machine's last
//! cache, touched as far as it is used, and not in the ledger. All other workspaces are ours.

use crate::dense::Dense;
use faer::linalg::matmul::matmul_with_conj;
use faer::traits::ComplexField;
use faer::{Accum, Conj, MatMut, MatRef, Par};

/// # Safety
/// The elements are aligned and valid for reads as long as the result is used.
unsafe fn view<'a, T>(x: Dense<T>) -> MatRef<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { MatRef::from_raw_parts(x.ptr, x.rows, x.columns, x.row_step, x.column_step) }
}

/// # Safety
/// The elements are aligned, valid for writes, and nobody else's as long as the result is used.
unsafe fn view_mut<'a, T>(x: Dense<T>) -> MatMut<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { MatMut::from_raw_parts_mut(x.ptr, x.rows, x.columns, x.row_step, x.column_step) }
}

/// A [`crate::dense::Product`].
///
/// # Safety
/// As there.
pub(crate) unsafe fn product<T: ComplexField>(c: Dense<T>, add: bool, a: Dense<T>, conj: bool, b: Dense<T>) {
    let beta = if add { Accum::Add } else { Accum::Replace };
    let conj = if conj { Conj::Yes } else { Conj::No };
    // SAFETY: the caller's promise.
    let (c, a, b) = unsafe { (view_mut(c), view(a), view(b)) };
    matmul_with_conj(c, beta, a, conj, b, Conj::No, faer::traits::math_utils::one(), Par::Seq);
}
