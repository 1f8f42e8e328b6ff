//! The interface through which the library of linear algebra has products computed inside of decompositions.
//!
//! A crate of this name packs into a buffer that it keeps for each thread, twice as large as the machine's last cache,
//! which no ledger sees. The workspace puts this one in its place (`[patch]` in `Cargo.toml`): products go to
//! [`metes_gemm`], and pack into what the thread was lent ([`metes_gemm::lend`]). Left out is what the library asks for in
//! decompositions that we do not have: diagonals between the factors, rows and columns chosen by indices.

use metes_gemm::{Element, Factor, LEAST, Part, Product, multiply, need, with_lent};
use num_complex::Complex;

/// Vectors that the processor has; asked for by the library, and known here without.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum InstrSet {
    /// AVX2 and FMA.
    Avx256,
    /// AVX-512.
    Avx512,
}

/// The type of elements.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DType {
    /// float32.
    F32,
    /// float64.
    F64,
    /// complex64.
    C32,
    /// complex128.
    C64,
}

/// What happens with what is there.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Accum {
    /// It is replaced.
    Replace,
    /// The product is added to it.
    Add,
}

/// The width of indices.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum IType {
    /// 4 bytes.
    U32,
    /// 8 bytes.
    U64,
}

/// Which elements of the result are written.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DstKind {
    /// Those on the diagonal and below.
    Lower,
    /// Those on the diagonal and above.
    Upper,
    /// All.
    Full,
}

/// `dst = alpha lhs rhs`, or `dst += alpha lhs rhs`, on this thread.
///
/// # Safety
/// Addresses and steps, counted in elements, are of matrices of the given sizes and type; the result shares no element
/// with a factor.
///
/// # Panics
/// Where a diagonal or indices are given.
#[allow(clippy::too_many_arguments)]
pub unsafe fn gemm(
    dtype: DType,
    _itype: IType,
    _instr: InstrSet,
    nrows: usize,
    ncols: usize,
    depth: usize,
    dst: *mut (),
    dst_rs: isize,
    dst_cs: isize,
    dst_row_idx: *const (),
    dst_col_idx: *const (),
    dst_kind: DstKind,
    beta: Accum,
    lhs: *const (),
    lhs_rs: isize,
    lhs_cs: isize,
    conj_lhs: bool,
    real_diag: *const (),
    _diag_stride: isize,
    rhs: *const (),
    rhs_rs: isize,
    rhs_cs: isize,
    conj_rhs: bool,
    alpha: *const (),
    _n_threads: usize,
) {
    let plain = dst_row_idx.is_null() && dst_col_idx.is_null() && real_diag.is_null();
    assert!(plain, "products with indices or a diagonal are left out");
    if depth == 0 && beta == Accum::Add {
        return;
    }
    let part = match dst_kind {
        DstKind::Lower => Part::Lower,
        DstKind::Upper => Part::Upper,
        DstKind::Full => Part::Full,
    };
    macro_rules! compute {
        ($t:ty) => {{
            let a = Factor { ptr: lhs.cast::<$t>(), row_step: lhs_rs, column_step: lhs_cs, conj: conj_lhs };
            let b = Factor { ptr: rhs.cast::<$t>(), row_step: rhs_rs, column_step: rhs_cs, conj: conj_rhs };
            // SAFETY: the caller's promise.
            let alpha = unsafe { *alpha.cast::<$t>() };
            let (sizes, steps, add) = ([nrows, ncols, depth], [dst_rs, dst_cs], beta == Accum::Add);
            // SAFETY: the caller's promise.
            unsafe { compute(Product { sizes, c: dst.cast::<$t>(), steps, a, b, alpha, add, part }) }
        }};
    }
    match dtype {
        DType::F32 => compute!(f32),
        DType::F64 => compute!(f64),
        DType::C32 => compute!(Complex<f32>),
        DType::C64 => compute!(Complex<f64>),
    }
}

/// # Safety
/// As [`multiply`].
unsafe fn compute<T: Element>(product: Product<T>) {
    // SAFETY: the caller's promise.
    with_lent(need::<T>(product.sizes).min(LEAST), |room| unsafe { multiply(product, room) });
}
