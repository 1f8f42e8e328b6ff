//! The library's decompositions: what is asked of it for each type, and what it answers.
//!
//! Matrices lie in our memory at any strides; workspaces are bytes of ours, whose number is asked for before.

use crate::backend;
use crate::dense::{Dense, Product};
use crate::product;
use metes_dtype::Kind;
use num_complex::Complex;
use std::mem::MaybeUninit;

/// Bytes that a decomposition works in.
pub type Workspace<'a> = &'a mut [MaybeUninit<u8>];

/// How many singular vectors are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vectors {
    /// Values alone.
    None,
    /// As many as there are values.
    Thin,
    /// A basis of the whole space.
    Full,
}

/// The library did not come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoConvergence;

/// A field that the library decomposes matrices over: float32, float64, complex64, complex128.
///
/// # Safety
/// Of all functions: the elements of matrices and vectors are aligned and valid, and those written are shared with
/// nothing else; the workspace has the bytes that were asked for.
// What is promised is said once, above, for all.
#[allow(clippy::missing_safety_doc)]
pub trait Field: Copy + 'static {
    /// The kind.
    const KIND: Kind;
    /// What added to any element leaves it as it is.
    const ZERO: Self;
    /// The field of moduli, singular values and eigenvalues of Hermitian matrices.
    type Real: Field<Real = Self::Real> + Float;

    /// Products of matrices.
    const PRODUCT: Product<Self>;

    /// The complex conjugate.
    fn conj(self) -> Self;
    /// The absolute value.
    fn modulus(self) -> Self::Real;
    /// The real part.
    fn real(self) -> Self::Real;
    /// A real number of this field.
    fn from_real(x: Self::Real) -> Self;
    /// Whether all parts are finite.
    fn is_finite(self) -> bool;
    /// The product.
    fn times(self, other: Self) -> Self;
    /// The quotient.
    fn over(self, other: Self) -> Self;
    /// The opposite.
    fn negated(self) -> Self;

    /// LU with partial pivoting in place; `order` and `back` take the permutation of rows. Returns how many exchanges
    /// of rows it is.
    unsafe fn lu(a: Dense<Self>, order: &mut [usize], back: &mut [usize], work: Workspace<'_>) -> usize;
    /// Bytes of the workspace of `lu`.
    fn lu_need(n: usize) -> usize;
    /// Solves for `b` in place.
    unsafe fn lu_solve(a: Dense<Self>, order: &[usize], b: Dense<Self>, work: Workspace<'_>);
    /// Bytes of the workspace of `lu_solve` for a `b` of so many rows and columns.
    fn lu_solve_need(rows: usize, columns: usize) -> usize;
    /// Writes the inverse in place of the factors; `back` is what `lu` gave.
    unsafe fn lu_invert(a: Dense<Self>, back: &[usize], work: Workspace<'_>);
    /// Bytes of the workspace of `lu_invert`.
    fn lu_invert_need(n: usize) -> usize;

    /// The lower Cholesky factor in place of the lower triangle; `false` where the matrix is not positive definite.
    unsafe fn cholesky(a: Dense<Self>, work: Workspace<'_>) -> bool;
    /// Bytes of the workspace of `cholesky`.
    fn cholesky_need(n: usize) -> usize;

    /// QR in place: R above the diagonal, reflections below it and in `factors`.
    unsafe fn qr(a: Dense<Self>, factors: Dense<Self>, work: Workspace<'_>);
    /// Rows of `factors` and the bytes of the workspace, for `qr` and for `apply_q` to so many columns.
    fn qr_need(rows: usize, columns: usize, applied: usize) -> (usize, usize);
    /// Multiplies `c` from the left with the unitary factor.
    unsafe fn apply_q(a: Dense<Self>, factors: Dense<Self>, c: Dense<Self>, work: Workspace<'_>);

    /// Singular values, decreasing, and vectors: `a = u s v*`.
    unsafe fn svd(
        a: Dense<Self>,
        s: Dense<Self>,
        u: Option<Dense<Self>>,
        v: Option<Dense<Self>>,
        work: Workspace<'_>,
    ) -> Result<(), NoConvergence>;
    /// Bytes of the workspace of `svd`.
    fn svd_need(rows: usize, columns: usize, vectors: Vectors) -> usize;

    /// Eigenvalues, increasing, and vectors of a Hermitian matrix given by its lower triangle.
    unsafe fn eigh(
        a: Dense<Self>,
        w: Dense<Self>,
        v: Option<Dense<Self>>,
        work: Workspace<'_>,
    ) -> Result<(), NoConvergence>;
    /// Bytes of the workspace of `eigh`.
    fn eigh_need(n: usize, vectors: bool) -> usize;

    /// Eigenvalues and vectors of a general matrix. Those of a real matrix are packed: `w` and `imaginary` have the
    /// parts of the values, and of a conjugate pair the first vector's real part comes before its imaginary part.
    unsafe fn eig(
        a: Dense<Self>,
        w: Dense<Self>,
        imaginary: Option<Dense<Self>>,
        v: Option<Dense<Self>>,
        work: Workspace<'_>,
    ) -> Result<(), NoConvergence>;
    /// Bytes of the workspace of `eig`.
    fn eig_need(n: usize, vectors: bool) -> usize;
}

/// What sizes of real numbers are asked for.
pub trait Float: Copy + PartialOrd {
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// As float64.
    fn to_f64(self) -> f64;
    /// The nearest value.
    fn from_f64(x: f64) -> Self;
}

macro_rules! common {
    ($t:ty, $eig:path) => {
        const PRODUCT: Product<$t> = Product { need: product::need::<$t>, run: product::product::<$t> };
        unsafe fn lu(a: Dense<$t>, order: &mut [usize], back: &mut [usize], work: Workspace<'_>) -> usize {
            // SAFETY: the caller's promise.
            unsafe { backend::lu(a, order, back, work) }
        }
        fn lu_need(n: usize) -> usize {
            backend::lu_need::<$t>(n)
        }
        unsafe fn lu_solve(a: Dense<$t>, order: &[usize], b: Dense<$t>, work: Workspace<'_>) {
            // SAFETY: the caller's promise.
            unsafe { backend::lu_solve(a, order, b, work) }
        }
        fn lu_solve_need(rows: usize, columns: usize) -> usize {
            backend::room::<$t>([rows, columns])
        }
        unsafe fn lu_invert(a: Dense<$t>, back: &[usize], work: Workspace<'_>) {
            // SAFETY: the caller's promise.
            unsafe { backend::lu_invert(a, back, work) }
        }
        fn lu_invert_need(n: usize) -> usize {
            backend::lu_invert_need::<$t>(n)
        }
        unsafe fn cholesky(a: Dense<$t>, work: Workspace<'_>) -> bool {
            // SAFETY: the caller's promise.
            unsafe { backend::cholesky(a, work) }
        }
        fn cholesky_need(n: usize) -> usize {
            backend::cholesky_need::<$t>(n)
        }
        unsafe fn qr(a: Dense<$t>, factors: Dense<$t>, work: Workspace<'_>) {
            // SAFETY: the caller's promise.
            unsafe { backend::qr(a, factors, work) }
        }
        fn qr_need(rows: usize, columns: usize, applied: usize) -> (usize, usize) {
            backend::qr_need::<$t>(rows, columns, applied)
        }
        unsafe fn apply_q(a: Dense<$t>, factors: Dense<$t>, c: Dense<$t>, work: Workspace<'_>) {
            // SAFETY: the caller's promise.
            unsafe { backend::apply_q(a, factors, c, work) }
        }
        unsafe fn svd(
            a: Dense<$t>,
            s: Dense<$t>,
            u: Option<Dense<$t>>,
            v: Option<Dense<$t>>,
            work: Workspace<'_>,
        ) -> Result<(), NoConvergence> {
            // SAFETY: the caller's promise.
            unsafe { backend::svd(a, s, u, v, work) }
        }
        fn svd_need(rows: usize, columns: usize, vectors: Vectors) -> usize {
            backend::svd_need::<$t>(rows, columns, vectors)
        }
        unsafe fn eigh(
            a: Dense<$t>,
            w: Dense<$t>,
            v: Option<Dense<$t>>,
            work: Workspace<'_>,
        ) -> Result<(), NoConvergence> {
            // SAFETY: the caller's promise.
            unsafe { backend::eigh(a, w, v, work) }
        }
        fn eigh_need(n: usize, vectors: bool) -> usize {
            backend::eigh_need::<$t>(n, vectors)
        }
        unsafe fn eig(
            a: Dense<$t>,
            w: Dense<$t>,
            imaginary: Option<Dense<$t>>,
            v: Option<Dense<$t>>,
            work: Workspace<'_>,
        ) -> Result<(), NoConvergence> {
            // SAFETY: the caller's promise.
            unsafe { $eig(a, w, imaginary, v, work) }
        }
        fn eig_need(n: usize, vectors: bool) -> usize {
            backend::eig_need::<$t>(n, vectors)
        }
        fn times(self, other: $t) -> $t {
            self * other
        }
        fn over(self, other: $t) -> $t {
            self / other
        }
        fn negated(self) -> $t {
            -self
        }
    };
}

macro_rules! fields {
    ($($t:ident, $real:ident, $complex:ident;)*) => {$(
        impl Float for $t {
            fn ln(self) -> $t {
                self.ln()
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn from_f64(x: f64) -> $t {
                x as $t
            }
        }

        impl Field for $t {
            const KIND: Kind = Kind::$real;
            const ZERO: $t = 0.0;
            type Real = $t;
            fn conj(self) -> $t {
                self
            }
            fn modulus(self) -> $t {
                self.abs()
            }
            fn real(self) -> $t {
                self
            }
            fn from_real(x: $t) -> $t {
                x
            }
            fn is_finite(self) -> bool {
                self.is_finite()
            }
            common!($t, backend::eig_real);
        }

        impl Field for Complex<$t> {
            const KIND: Kind = Kind::$complex;
            const ZERO: Self = Complex::new(0.0, 0.0);
            type Real = $t;
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
            fn modulus(self) -> $t {
                self.norm()
            }
            fn real(self) -> $t {
                self.re
            }
            fn from_real(x: $t) -> Self {
                Complex::new(x, 0.0)
            }
            fn is_finite(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }
            common!(Complex<$t>, backend::eig_complex);
        }
    )*};
}
fields!(f32, F32, C64; f64, F64, C128;);
