"""Questions about anything that can be an array, and about dtypes; none of them makes array bytes of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import Array, LazyArray, asarray

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike

__all__ = ["iscomplexobj", "isrealobj", "isscalar"]


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
