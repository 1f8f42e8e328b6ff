//! Linear algebra: sums of products, decompositions, Fourier transforms.
//!
//! Everything that multiplies and sums is one [`contract`]: axes at any steps, the library's product of matrices where
//! it has one, own loops elsewhere. Libraries are named in one file each, behind what is asked of them: that of matrices
//! in the crate `metes-factor`, that of transforms in `fft/library.rs`. Workspaces come from the ledger.
//! Left out: threads within one operation.

mod axes;
mod blocks;
mod chain;
mod contract;
mod decompose;
mod einsum;
mod fft;
mod norms;
mod ops;
mod products;
mod ring;
mod short;
mod stacks;

pub use chain::multi_dot;
pub use decompose::{
    Lstsq, QrMode, cholesky, cond, det, eig, eigh, eigvals, eigvalsh, inv, lstsq, matrix_power, matrix_rank, pinv, qr,
    slogdet, solve, svd, svdvals,
};
pub use einsum::{EinsumOptions, Optimize, Subscript, Subscripts, einsum, einsum_path};
pub use fft::{
    Direction, Norm, Points, fft, fftn, forget_plans, hfft, ihfft, irfft, irfftn, kept_plans, rfft, rfftn, rolled,
};
pub use norms::{MatrixNorm, matrix_norm, vector_norm};
pub use products::{cross, dot, inner, kron, outer, tensordot, trace, vdot};
pub use short::{dot_direct, vdot_direct};
pub use stacks::{ProductOptions, matmul, matvec, vecdot, vecmat};
