"""What the array API standard asks of the namespace itself, and its functions that are a few lines over others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native
from ._native import Array, DType, LazyArray, asarray, maximum, minimum, positive

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike

__all__ = ["__array_api_version__", "__array_namespace_info__", "clip", "imag", "real"]

__array_api_version__ = "2025.12"

# The standard's families of dtypes; `_limits.isdtype` knows them by the same names.
_KINDS = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8", "uint16", "uint32", "uint64"],
    "real floating": ["float32", "float64"],
    "complex floating": ["complex64", "complex128"],
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]


class __array_namespace_info__:
    """What the library offers, as the array API standard asks for it: one device, "cpu".

    >>> import metes as mt
    >>> mt.__array_namespace_info__().default_dtypes()["integral"]
    dtype('int64')
    """

    def capabilities(self) -> dict[str, Any]:
        """What is supported: boolean indexing, shapes that depend on data, and 64 axes."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """The device of new arrays."""
        return "cpu"

    def devices(self) -> tuple[str]:
        """All devices."""
        return ("cpu",)

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The dtypes of arrays that are made of Python's numbers."""
        _check_device(device)
        names = {
            "real floating": "float64",
            "complex floating": "complex128",
            "integral": "int64",
            "indexing": "int64",
        }
        return {family: DType(name) for family, name in names.items()}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The standard's dtypes by name: of all families, of one, or of a tuple of them."""
        _check_device(device)
        kinds = kind if isinstance(kind, tuple) else ("bool", "numeric") if kind is None else (kind,)
        unknown = [one for one in kinds if one not in _KINDS]
        if unknown:
            raise ValueError(f"dtypes: unknown kind {unknown[0]!r}; known are {', '.join(_KINDS)}")
        return {name: DType(name) for one in kinds for name in _KINDS[one]}


def _check_device(device):
    if device not in (None, "cpu"):
        raise ValueError(f"unsupported device {device!r}: the only one is 'cpu'")


def _array(x):
    return x if isinstance(x, (Array, LazyArray)) else asarray(x)


def _within(x, low, high):
    """Python's integers as bounds of a dtype of integers: beyond its range they bound nothing."""
    if x.dtype.kind not in "iu":
        return low, high
    bits, signed = 8 * x.dtype.itemsize, x.dtype.kind == "i"
    least, most = -(1 << (bits - 1)) if signed else 0, (1 << (bits - signed)) - 1
    # A lower bound above everything, or an upper one below, stays: it is an error, as in NumPy.
    low = least if type(low) is int and low < least else low
    high = most if type(high) is int and high > most else high
    return low, high


def clip(
    x: ArrayLike,
    /,
    min: ArrayLike | None = None,
    max: ArrayLike | None = None,
    out: Array | None = None,
    *,
    a_min: ArrayLike | None = None,
    a_max: ArrayLike | None = None,
    **options: Any,
) -> Array:
    """Elements kept between two bounds, each of which may be missing; `a_min` and `a_max` are NumPy's names of them.

    Other options are those of functions of elements: `where`, `dtype`, `casting`, `order`.

    >>> import metes as mt
    >>> mt.clip(mt.arange(5), 1, 3).tolist()
    [1, 1, 2, 3, 3]
    """
    min, max = a_min if min is None else min, a_max if max is None else max
    lazily = isinstance(x, LazyArray)
    if type(min) is int or type(max) is int:
        min, max = _within(x if lazily else _array(x), min, max)
    if lazily and out is not None:
        raise TypeError("clip: out is not for lazy arrays")
    if out is not None:
        options["out"] = out
    if min is None and max is None:
        return x if lazily else positive(_array(x), **options)
    if max is None:
        return maximum(x, min, **options)
    if min is None:
        return minimum(x, max, **options)
    return _native.clip(x, min, max, **options)


def real(x: ArrayLike, /) -> Array:
    """The real parts: a view where elements are complex, else the array itself."""
    return _array(x).real


def imag(x: ArrayLike, /) -> Array:
    """The imaginary parts: a view where elements are complex, else read-only zeros."""
    return _array(x).imag
