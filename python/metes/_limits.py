"""What the element kinds can hold: `finfo`, `iinfo`, `isdtype`, `suggest_dtype`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import _native
from ._native import Array, DType, asarray

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike, DTypeLike

__all__ = ["Suggestion", "finfo", "iinfo", "isdtype", "suggest_dtype"]

# Bits of mantissa (without the leading one) and of exponent, by bytes of one real number.
_FLOATS = {2: (10, 5), 4: (23, 8), 8: (52, 11)}

_FAMILIES = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


def _dtype_of(kind):
    if isinstance(kind, (int, float, complex)):
        kind = type(kind)
    return kind.dtype if isinstance(kind, Array) else DType(kind)


class finfo:
    """Limits of a floating-point dtype; for a complex one those of its parts."""

    __slots__ = ("bits", "dtype", "eps", "max", "min", "smallest_normal", "smallest_subnormal")

    def __init__(self, dtype: DTypeLike | None, /) -> None:
        dtype = _dtype_of(dtype)
        if dtype.kind not in "fc":
            raise ValueError(f"finfo: {dtype} is not a floating-point dtype")
        size = dtype.itemsize // (2 if dtype.kind == "c" else 1)
        mantissa, exponent = _FLOATS[size]
        top = 2 ** (exponent - 1)
        self.bits: int = 8 * size
        self.dtype: DType = DType(f"f{size}")
        self.eps: float = 2.0**-mantissa
        self.max: float = (2.0 - self.eps) * 2.0 ** (top - 1)
        self.min: float = -self.max
        self.smallest_normal: float = 2.0 ** (2 - top)
        self.smallest_subnormal: float = 2.0 ** (2 - top - mantissa)

    @property
    def tiny(self) -> float:
        """The smallest positive normal number; another name of `smallest_normal`."""
        return self.smallest_normal

    @property
    def nmant(self) -> int:
        """Bits of the mantissa, without the leading one."""
        return _FLOATS[self.dtype.itemsize][0]

    @property
    def nexp(self) -> int:
        """Bits of the exponent."""
        return _FLOATS[self.dtype.itemsize][1]

    iexp = nexp

    @property
    def maxexp(self) -> int:
        """The smallest power of 2 that is too large."""
        return 1 << (self.nexp - 1)

    @property
    def minexp(self) -> int:
        """The power of 2 that is the smallest normal number."""
        return 2 - self.maxexp

    @property
    def machep(self) -> int:
        """The power of 2 that is `eps`."""
        return -self.nmant

    @property
    def negep(self) -> int:
        """The power of 2 that is `epsneg`."""
        return -self.nmant - 1

    @property
    def epsneg(self) -> float:
        """The distance from 1 to the largest number below it."""
        return 2.0**self.negep

    @property
    def precision(self) -> int:
        """Decimal digits that are kept."""
        return {2: 3, 4: 6, 8: 15}[self.dtype.itemsize]

    @property
    def resolution(self) -> float:
        """The power of 10 of the last digit that is kept."""
        return 10.0**-self.precision

    def __repr__(self) -> str:
        resolution, least, most = (str(asarray(x, dtype=self.dtype)) for x in (self.resolution, self.min, self.max))
        return f"finfo(resolution={resolution}, min={least}, max={most}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype."""

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, dtype: DTypeLike | None, /) -> None:
        dtype = _dtype_of(dtype)
        if dtype.kind not in "iu":
            raise ValueError(f"iinfo: {dtype} is not an integer dtype")
        self.bits: int = 8 * dtype.itemsize
        self.dtype: DType = dtype
        self.min: int = -(2 ** (self.bits - 1)) if dtype.kind == "i" else 0
        self.max: int = 2 ** (self.bits - (dtype.kind == "i")) - 1

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


def isdtype(dtype: DTypeLike | None, kind: Any) -> bool:
    """Whether a dtype is `kind`: a dtype, a family such as "real floating", or any of a tuple of those.

    >>> import metes as mt
    >>> mt.isdtype(mt.float32, "real floating")
    True
    """
    dtype = DType(dtype)
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if not isinstance(kind, str):
        return dtype == DType(kind)
    if kind not in _FAMILIES:
        raise ValueError(f"isdtype: unknown kind {kind!r}; known are {', '.join(_FAMILIES)}")
    return dtype.kind in _FAMILIES[kind]


class Suggestion(NamedTuple):
    """A dtype that holds every value of an array, and what it would save."""

    dtype: DType
    saved_bytes: int


def suggest_dtype(a: ArrayLike, /) -> Suggestion:
    """The narrowest dtype of the same family that holds every value of `a` unchanged, and the bytes that it saves.

    Integers may go to unsigned dtypes, where these alone are wide enough.

    >>> import metes as mt
    >>> mt.suggest_dtype(mt.asarray([0, 1, 255]))
    Suggestion(dtype=dtype('uint8'), saved_bytes=21)
    """
    a = asarray(a)
    narrow = _native._suggest_dtype(a)
    return Suggestion(narrow, a.nbytes - a.size * narrow.itemsize)
