"""Questions about anything that can be an array: of what sort it is, and of what sort its elements are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import Array, LazyArray, asarray, isinf, logical_and, logical_not, ones, signbit, zeros

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike

__all__ = [
    "iscomplex",
    "iscomplexobj",
    "isfortran",
    "isneginf",
    "isposinf",
    "isreal",
    "isrealobj",
    "isscalar",
    "iterable",
]


def _array(a):
    return a if isinstance(a, (Array, LazyArray)) else asarray(a)


def iscomplexobj(x: ArrayLike) -> bool:
    """Whether elements are of a complex dtype, whatever their values."""
    return _array(x).dtype.kind == "c"


def isrealobj(x: ArrayLike) -> bool:
    """Whether elements are of no complex dtype, whatever their values."""
    return not iscomplexobj(x)


def isscalar(element: Any) -> bool:
    """Whether the object is a number: one of Python's, or of NumPy's scalars. Arrays of no axes are arrays.

    >>> import metes as mt
    >>> mt.isscalar(2.5), mt.isscalar(mt.asarray(2.5))
    (True, False)
    """
    numpys = (
        type(element).__module__ == "numpy" and hasattr(element, "dtype") and not hasattr(element, "__array_finalize__")
    )
    return isinstance(element, (int, float, complex, str, bytes)) or numpys


def iscomplex(x: ArrayLike) -> Array:
    """Where the imaginary part is not 0."""
    x = _array(x)
    return x.imag != 0 if x.dtype.kind == "c" else zeros(x.shape, dtype="bool")


def isreal(x: ArrayLike) -> Array:
    """Where the imaginary part is 0.

    >>> import metes as mt
    >>> mt.isreal([1, 1j]).tolist()
    [True, False]
    """
    x = _array(x)
    return x.imag == 0 if x.dtype.kind == "c" else ones(x.shape, dtype="bool")


def isfortran(a: Array) -> bool:
    """Whether elements lie in Fortran's order, and not also in C's."""
    return a.flags.f_contiguous and not a.flags.c_contiguous


def _ordered(x):
    x = asarray(x)
    if x.dtype.kind == "c":
        raise TypeError(f"This operation is not supported for {x.dtype} values because it would be ambiguous.")
    return x


def isneginf(x: ArrayLike, out: Array | None = None) -> Array:
    """Where elements are negative infinity."""
    x = _ordered(x)
    return logical_and(isinf(x), signbit(x), out=out)


def isposinf(x: ArrayLike, out: Array | None = None) -> Array:
    """Where elements are positive infinity."""
    x = _ordered(x)
    positive = signbit(x)
    logical_not(positive, out=positive)
    return logical_and(isinf(x), positive, out=out)


def iterable(y: object) -> bool:
    """Whether an object can be iterated over."""
    try:
        iter(y)
    except TypeError:
        return False
    return True
