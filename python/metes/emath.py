"""Functions that go to complex numbers where there is no real answer.

Where every value has a real answer, the result is real, so its dtype depends on the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native
from ._native import asarray, result_type

if TYPE_CHECKING:
    from ._native import Array
    from ._types import ArrayLike

__all__ = ["arccos", "arcsin", "arctanh", "log", "log10", "log2", "logn", "power", "sqrt"]


def _wide(x):
    return x.astype(result_type(x.dtype, "complex64"))


def _where_negative(x):
    """As complex numbers, if a real one is below 0."""
    x = asarray(x)
    return _wide(x) if x.dtype.kind in "if" and bool((x < 0).any()) else x


def _where_beyond_one(x):
    x = asarray(x)
    return _wide(x) if x.dtype.kind in "iuf" and bool((abs(x) > 1).any()) else x


def sqrt(x: ArrayLike) -> Array:
    """Square roots, imaginary ones of negative values.

    >>> import metes as mt
    >>> mt.emath.sqrt([-4, 9]).tolist()
    [2j, (3+0j)]
    """
    return _native.sqrt(_where_negative(x))


def log(x: ArrayLike) -> Array:
    """Natural logarithms, complex ones of negative values."""
    return _native.log(_where_negative(x))


def log10(x: ArrayLike) -> Array:
    """Logarithms to base 10, complex ones of negative values."""
    return _native.log10(_where_negative(x))


def log2(x: ArrayLike) -> Array:
    """Logarithms to base 2, complex ones of negative values."""
    return _native.log2(_where_negative(x))


def logn(n: ArrayLike, x: ArrayLike) -> Array:
    """Logarithms to base n, complex ones of negative values."""
    return log(x) / log(n)


def power(x: ArrayLike, p: ArrayLike) -> Array:
    """Powers: complex ones of negative values, real ones with negative exponents of integers.

    >>> import metes as mt
    >>> mt.emath.power([2, 4], -1).tolist()
    [0.5, 0.25]
    """
    p = asarray(p)
    if p.dtype.kind == "i" and bool((p < 0).any()):
        p = p * 1.0
    return _native.power(_where_negative(x), p)


def arccos(x: ArrayLike) -> Array:
    """Inverse cosines, complex ones of values beyond 1."""
    return _native.arccos(_where_beyond_one(x))


def arcsin(x: ArrayLike) -> Array:
    """Inverse sines, complex ones of values beyond 1."""
    return _native.arcsin(_where_beyond_one(x))


def arctanh(x: ArrayLike) -> Array:
    """Inverse hyperbolic tangents, complex ones of values beyond 1."""
    return _native.arctanh(_where_beyond_one(x))


def __dir__() -> list[str]:
    return list(__all__)
