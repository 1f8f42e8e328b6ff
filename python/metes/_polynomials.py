"""Polynomials as their coefficients, the highest first: values, sums, products, derivatives, zeros, fits to points."""

from __future__ import annotations

import operator
import warnings
from typing import TYPE_CHECKING

from . import linalg
from ._join import atleast_1d
from ._limits import finfo
from ._native import (
    allclose,
    arange,
    asarray,
    concatenate,
    conj,
    convolve,
    divide,
    ones,
    result_type,
    sort_complex,
    vander,
    zeros,
)
from ._rearrange import trim_zeros
from .exceptions import RankWarning

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
]


def polyval(p: ArrayLike, x: ArrayLike) -> Any:
    """The values at x of the polynomial with coefficients p.

    >>> import metes as mt
    >>> mt.polyval([3, 0, 1], 5).item()
    76
    """
    if hasattr(x, "_of"):
        values = x._of([0])
        for coefficient in atleast_1d(asarray(p)):
            values = values * x + coefficient
        return values
    x = asarray(x)
    values = zeros(x.shape, dtype=x.dtype)
    for turn, coefficient in enumerate(atleast_1d(asarray(p))):
        if turn == 0:
            values = values * x + coefficient
        else:
            values *= x
            values += coefficient
    return values


def _like(result, *given):
    """A result as a polynomial object, where one was given."""
    for one in given:
        if hasattr(one, "_of"):
            return one._of(result)
    return result


def _padded(p, size):
    wide = zeros(size, dtype=p.dtype)
    wide[size - p.size :] = p
    return wide


def _both(a, b):
    a, b = atleast_1d(asarray(a)), atleast_1d(asarray(b))
    size = max(a.size, b.size)
    return _padded(a, size), _padded(b, size)


def polyadd(a1: ArrayLike, a2: ArrayLike) -> Any:
    """The sum of two polynomials."""
    a, b = _both(a1, a2)
    return _like(a + b, a1, a2)


def polysub(a1: ArrayLike, a2: ArrayLike) -> Any:
    """The difference of two polynomials."""
    a, b = _both(a1, a2)
    return _like(a - b, a1, a2)


def polymul(a1: ArrayLike, a2: ArrayLike) -> Any:
    """The product of two polynomials.

    >>> import metes as mt
    >>> mt.polymul([1, 1], [1, -1]).tolist()
    [1, 0, -1]
    """
    return _like(convolve(_trimmed(a1), _trimmed(a2)), a1, a2)


def _trimmed(p):
    """Without leading zeros, but at least one coefficient."""
    p = atleast_1d(asarray(p))
    trimmed = trim_zeros(p, "f")
    return trimmed if trimmed.size else zeros(1, dtype=p.dtype)


def polydiv(u: ArrayLike, v: ArrayLike) -> tuple[Any, Any]:
    """The quotient and the remainder of two polynomials.

    >>> import metes as mt
    >>> quotient, remainder = mt.polydiv([1, 0, -1], [1, 1])
    >>> quotient.tolist(), remainder.tolist()
    ([1.0, -1.0], [0.0])
    """
    given = u, v
    u, v = atleast_1d(asarray(u)) + 0.0, atleast_1d(asarray(v)) + 0.0
    dtype = result_type(u, v)
    steps = u.size - v.size + 1
    quotient, rest = zeros(max(steps, 1), dtype=dtype), u.astype(dtype)
    for k in range(steps):
        quotient[k] = rest[k] / v[0]
        rest[k : k + v.size] -= quotient[k] * v
    while rest.size > 1 and allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return _like(quotient, *given), _like(rest, *given)


def polyder(p: ArrayLike, m: int = 1) -> Any:
    """The m-th derivative of a polynomial."""
    m = operator.index(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    given, p = p, atleast_1d(asarray(p))
    for _ in range(m):
        p = p[:-1] * arange(p.size - 1, 0, -1)
    return _like(p, given)


def polyint(p: ArrayLike, m: int = 1, k: Any = None) -> Any:
    """The m-th integral of a polynomial, with the constants k, by default 0."""
    m = operator.index(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = zeros(m) if k is None else atleast_1d(asarray(k))
    if constants.size == 1 and m > 1:
        constants = constants * ones(m)
    if constants.size < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    given, p = p, atleast_1d(asarray(p))
    for turn in range(m):
        p = concatenate([divide(p, arange(p.size, 0, -1)), constants[turn : turn + 1]])
    return _like(p, given)


def polyfit(
    x: ArrayLike,
    y: ArrayLike,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: ArrayLike | None = None,
    cov: bool | str = False,
) -> Any:
    """The coefficients of the polynomial of a degree that is nearest to points, by least squares with weights w.

    With `full` also the residuals, the rank, the singular values and `rcond`; with `cov` the covariances of the
    coefficients, unless it is "unscaled" scaled by the residuals.

    >>> import metes as mt
    >>> mt.round(mt.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1), 9).tolist()
    [2.0, 1.0]
    """
    deg, x, y, w = operator.index(deg), asarray(x) + 0.0, asarray(y) + 0.0, None if w is None else asarray(w) + 0.0
    _check_points(deg, x, y, w)
    rcond = x.size * finfo(x.dtype).eps if rcond is None else rcond
    powers = vander(x, deg + 1)
    if w is not None:
        powers *= w[:, None]
        y = (y.T * w).T
    scale = linalg.vector_norm(powers, axis=0)
    powers /= scale
    solved, residuals, rank, singular = linalg.lstsq(powers, y, rcond)
    fit = (solved.T / scale).T
    if full:
        return fit, residuals, rank, singular, rcond
    if rank != deg + 1:
        warnings.warn("Polyfit may be poorly conditioned", RankWarning, stacklevel=2)
    if not cov:
        return fit
    covariance = linalg.inv(powers.T @ powers)
    covariance /= scale[:, None] * scale
    if cov == "unscaled":
        return fit, covariance if y.ndim == 1 else covariance[:, :, None]
    if x.size <= deg + 1:
        raise ValueError("the number of data points must exceed order to scale the covariance matrix")
    spread = residuals / (x.size - deg - 1)
    return fit, (covariance if y.ndim == 1 else covariance[:, :, None]) * spread


def _check_points(deg, x, y, w):
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if x.size == 0:
        raise TypeError("expected non-empty vector for x")
    if y.ndim not in (1, 2):
        raise TypeError("expected 1D or 2D array for y")
    if y.shape[0] != x.size:
        raise TypeError("expected x and y to have same length")
    if w is not None and w.ndim != 1:
        raise TypeError("expected a 1-d array for weights")
    if w is not None and w.size != x.size:
        raise TypeError("expected w and y to have the same length")


def poly(seq_of_zeros: ArrayLike) -> Array:
    """The polynomial with these zeros, or with the eigenvalues of this square matrix.

    >>> import metes as mt
    >>> mt.poly([1, 2]).tolist()
    [1.0, -3.0, 2.0]
    """
    places = atleast_1d(asarray(seq_of_zeros))
    if places.ndim == 2 and places.shape[0] == places.shape[1] != 0:
        places = linalg.eigvals(places)
    elif places.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if places.size == 0:
        return ones(())
    if places.dtype.kind not in "fc" or places.dtype.itemsize == 2:
        places = places.astype("float64")
    p = ones(1, dtype=places.dtype)
    for place in places:
        factor = ones(2, dtype=places.dtype)
        factor[1] = -place
        p = convolve(p, factor)
    if p.dtype.kind == "c" and (sort_complex(places) == sort_complex(conj(places))).all():
        return p.real.copy()
    return p


def roots(p: ArrayLike) -> Array:
    """The zeros of the polynomial with coefficients p, as complex numbers: eigenvalues of its companion matrix.

    >>> import metes as mt
    >>> sorted(round(float(z), 6) for z in mt.real(mt.roots([1, -3, 2])))
    [1.0, 2.0]
    """
    p = atleast_1d(asarray(p))
    if p.ndim > 1:
        raise ValueError("Input must be a rank-1 array.")
    (places,) = p.nonzero()
    if places.size == 0:
        return zeros(0)
    first, last = int(places[0]), int(places[-1])
    at_zero = p.size - 1 - last
    p = p[first : last + 1] / 1.0
    n = p.size - 1
    found = zeros(n + at_zero, dtype=result_type(p.dtype, "complex64"))
    if n > 0:
        companion = zeros((n, n), dtype=p.dtype)
        companion[0] = -p[1:] / p[0]
        companion.reshape(-1)[n :: n + 1] = 1
        found[:n] = linalg.eigvals(companion)
    return found
