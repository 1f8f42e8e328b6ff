"""Linear algebra: decompositions, equations, eigenvalues and norms of matrices and of stacks of them.

Names, rules and results are NumPy's, and those of the array API standard's extension of the same name: integers are
computed in float64, float16 is refused, and what cannot be done raises `LinAlgError`. Infinities and NaN never reach an
iteration that might not end.

>>> import metes as mt
>>> a = mt.asarray([[2.0, 1.0], [1.0, 3.0]])
>>> x = mt.linalg.solve(a, [3.0, 5.0])
>>> bool(mt.linalg.norm(a @ x - mt.asarray([3.0, 5.0])) < 1e-14)
True
>>> Q, R = mt.linalg.qr(a)
>>> bool(mt.linalg.norm(Q @ R - a) < 1e-14)
True
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from . import _native
from ._manipulate import matrix_transpose
from ._native import Array, asarray, matmul, tensordot, vecdot
from ._native import _LinAlgError as LinAlgError

if TYPE_CHECKING:
    from typing import Literal

    from ._types import ArrayLike, ArrayLikes, Axes, DTypeLike

__all__ = [
    "EigResult",
    "EighResult",
    "LinAlgError",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Array
    S: Array
    Vh: Array


def solve(a: ArrayLike, b: ArrayLike) -> Array:
    """Solves `a @ x = b` for square matrices `a`; `b` is a vector where it has one axis, else a stack of matrices."""
    return _native._linalg_solve(a, b)


def inv(a: ArrayLike) -> Array:
    """The inverses of square matrices."""
    return _native._linalg_inv(a)


def tensorsolve(a: ArrayLike, b: ArrayLike, axes: ArrayLike | None = None) -> Array:
    """Solves `tensordot(a, x, x.ndim) = b`, where `axes` of `a` go to its end before.

    >>> import metes as mt
    >>> mt.linalg.tensorsolve(mt.eye(6).reshape(2, 3, 6), mt.ones((2, 3))).shape
    (6,)
    """
    a, b = asarray(a), asarray(b)
    last = [axis % a.ndim for axis in axes or ()]
    a = a.transpose([*(axis for axis in range(a.ndim) if axis not in last), *last])
    shape = a.shape[b.ndim :]
    n = math.prod(shape)
    if a.size != n * n or b.size != n:
        raise LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim]), "
            f"but the shapes are {a.shape} and {b.shape}"
        )
    return solve(a.reshape(n, n), b.reshape(-1)).reshape(shape)


def tensorinv(a: ArrayLike, ind: int = 2) -> Array:
    """The inverse of what `tensordot(a, x, ind)` does to `x`.

    >>> import metes as mt
    >>> mt.linalg.tensorinv(mt.eye(6).reshape(2, 3, 6), ind=2).shape
    (6, 2, 3)
    """
    a = asarray(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    return inv(a.reshape(math.prod(a.shape[ind:]), -1)).reshape(a.shape[ind:] + a.shape[:ind])


def det(a: ArrayLike) -> Array:
    """The determinants of square matrices.

    >>> import metes as mt
    >>> round(float(mt.linalg.det([[1.0, 2.0], [3.0, 4.0]])), 12)
    -2.0
    """
    return _native._linalg_det(a)


def slogdet(a: ArrayLike) -> SlogdetResult:
    """The signs of determinants and the logarithms of their moduli, which do not overflow."""
    return SlogdetResult(*_native._linalg_slogdet(a))


def cholesky(a: ArrayLike, /, *, upper: ArrayLike = False) -> Array:
    """The Cholesky factors of positive definite matrices: lower triangular `L` with `a = L @ L*`.

    Only one triangle is read: the lower one, or with `upper` the upper one, for `U` with `a = U* @ U`.
    """
    return _native._linalg_cholesky(a, upper)


def qr(a: ArrayLike, mode: str = "reduced") -> QRResult | tuple[Array, Array] | Array:
    """The QR decompositions of matrices: `a = Q @ R`, `Q` with orthonormal columns, `R` upper triangular.

    `mode` is "reduced", "complete" (a square `Q`), "r" (`R` alone) or "raw": LAPACK's reflections below `R`,
    transposed, and their factors.
    """
    if mode == "raw":
        from ._reflections import raw_qr

        return raw_qr(a)
    Q, R = _native._linalg_qr(a, mode)
    return R if Q is None else QRResult(Q, R)


def svd(
    a: ArrayLike, full_matrices: bool = True, compute_uv: ArrayLike = True, hermitian: bool = False
) -> SVDResult | Array:
    """The singular value decompositions of matrices: `a = U @ diag(S) @ Vh`, `S` decreasing.

    `hermitian` is taken for NumPy's sake; nothing is computed differently.
    """
    if not compute_uv:
        return _native._linalg_svdvals(a)
    return SVDResult(*_native._linalg_svd(a, full_matrices))


def svdvals(x: ArrayLike, /) -> Array:
    """The singular values of matrices, decreasing."""
    return _native._linalg_svdvals(x)


def eig(a: ArrayLike) -> EigResult:
    """The eigenvalues and eigenvectors, as columns of length 1, of square matrices.

    They are complex, whatever their values, as in the standard and from NumPy 2.5 on; `eigh` has real ones.
    """
    return EigResult(*_native._linalg_eig(a))


def eigvals(a: ArrayLike) -> Array:
    """The eigenvalues of square matrices, as complex numbers."""
    return _native._linalg_eigvals(a)


def eigh(a: ArrayLike, UPLO: Literal["L", "U"] = "L") -> EighResult:
    """The eigenvalues, increasing, and eigenvectors of Hermitian matrices, of which one triangle is read."""
    return EighResult(*_native._linalg_eigh(a, _upper(UPLO)))


def eigvalsh(a: ArrayLike, UPLO: Literal["L", "U"] = "L") -> Array:
    """The eigenvalues, increasing, of Hermitian matrices, of which one triangle is read."""
    return _native._linalg_eigvalsh(a, _upper(UPLO))


def _upper(UPLO):
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "U"


def pinv(
    a: ArrayLike, rcond: ArrayLike | None = None, hermitian: bool = False, *, rtol: ArrayLike | None = None
) -> Array:
    """The Moore-Penrose inverses of matrices.

    Singular values up to `rtol` (or `rcond`) times the largest count as 0: by default, as in the array API standard,
    the larger side times the relative spacing of the dtype. `hermitian` is taken for NumPy's sake; nothing is computed
    differently.
    """
    if rcond is not None and rtol is not None:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    return _native._linalg_pinv(a, rcond if rtol is None else rtol)


def matrix_rank(
    A: ArrayLike, tol: ArrayLike | None = None, hermitian: bool = False, *, rtol: ArrayLike | None = None
) -> Array:
    """The ranks of matrices: how many singular values are above `tol`, or above `rtol` times the largest.

    By default `rtol` is the larger side times the relative spacing of the dtype.
    """
    if tol is not None and rtol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    return _native._linalg_matrix_rank(A, tol, rtol)


def lstsq(a: ArrayLike, b: ArrayLike, rcond: ArrayLike | None = None) -> tuple[Array, Array, int, Array]:
    """The `x` that brings `a @ x` closest to `b`: `(x, residuals, rank, singular values)`.

    Singular values up to `rcond` times the largest count as 0. The residuals are sums of squares; there are none where
    the rank is not full or there are no more equations than unknowns.
    """
    return _native._linalg_lstsq(a, b, rcond)


def cond(x: ArrayLike, p: ArrayLike | None = None) -> Array:
    """The condition numbers of matrices by the norm `p`, 2 by default."""
    return _native._linalg_cond(x, p)


def matrix_power(a: ArrayLike, n: int) -> Array:
    """Square matrices to the integer power `n`; negative powers are those of the inverses."""
    return _native._linalg_matrix_power(a, n)


def multi_dot(arrays: ArrayLikes, *, out: Array | None = None) -> Array:
    """The product of two or more matrices in the order with the fewest operations; the ends may be vectors."""
    return _native._linalg_multi_dot(arrays, out)


def vector_norm(x: ArrayLike, /, *, axis: Axes = None, keepdims: bool = False, ord: ArrayLike | None = 2) -> Array:
    """The norms of vectors along `axis`, of all elements by default.

    >>> import metes as mt
    >>> float(mt.linalg.vector_norm([3.0, 4.0]))
    5.0
    """
    return _native._linalg_vector_norm(x, 2 if ord is None else ord, axis, keepdims)


def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: ArrayLike = "fro") -> Array:
    """The norms of matrices: "fro", "nuc", 1, -1, 2, -2, inf or -inf."""
    return _native._linalg_matrix_norm(x, "fro" if ord is None else ord, (-2, -1), keepdims)


def norm(x: ArrayLike, ord: ArrayLike | None = None, axis: Axes = None, keepdims: bool = False) -> Array:
    """The norm of a vector or a matrix, or of those that one or two axes hold.

    Without `ord` and `axis` the root of the sum of squares of all elements.

    >>> import metes as mt
    >>> float(mt.linalg.norm(mt.asarray([[1, -2], [3, 4]]), 1))
    6.0
    """
    if axis is None and ord is None:
        return _native._linalg_vector_norm(x, 2, None, keepdims)
    x = asarray(x)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return _native._linalg_vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return _native._linalg_matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: Axes = -1) -> Array:
    """The cross products of vectors of three along `axis`."""
    return _native.cross(x1, x2, axis=axis)


def outer(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """The products of all elements of one vector with all of another."""
    x1, x2 = asarray(x1), asarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are {x1.ndim=} and {x2.ndim=}.")
    return _native.outer(x1, x2)


def diagonal(x: ArrayLike, /, *, offset: int = 0) -> Array:
    """Read-only views of the diagonals of matrices, as the last axis."""
    return asarray(x).diagonal(offset, -2, -1)


def trace(x: ArrayLike, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Array:
    """The sums along the diagonals of matrices."""
    return _native.trace(x, offset, -2, -1, dtype)


def __dir__() -> list[str]:
    return list(__all__)
