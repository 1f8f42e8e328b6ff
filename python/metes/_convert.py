"""Arrays from other things, and arrays with given properties."""

from __future__ import annotations

import math
import operator
import os
from typing import TYPE_CHECKING

from ._native import (
    Array,
    DType,
    arange,
    array,
    asarray,
    broadcast_to,
    empty,
    eye,
    float64,
    frombuffer,
    fromiter,
    isfinite,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._types import ArrayLike, DTypeLike, Order, Shape

__all__ = [
    "asanyarray",
    "asarray_chkfinite",
    "ascontiguousarray",
    "asfortranarray",
    "fromfile",
    "fromfunction",
    "fromstring",
    "identity",
    "require",
]


def asanyarray(
    a: ArrayLike,
    dtype: DTypeLike | None = None,
    order: Order | None = None,
    *,
    copy: bool | None = None,
    device: Any = None,
) -> Array:
    """The same as `asarray`: arrays have no subclasses here."""
    return asarray(a, dtype, order, copy=copy, device=device)


def asarray_chkfinite(a: ArrayLike, dtype: DTypeLike | None = None, order: Order | None = None) -> Array:
    """`asarray`, or `ValueError` where an element is infinite or NaN."""
    a = asarray(a, dtype, order)
    if a.dtype.kind in "fc" and not isfinite(a).all():
        raise ValueError("array must not contain infs or NaNs")
    return a


def _with_axis(a):
    return a if a.ndim else a.reshape((1,))


def ascontiguousarray(a: ArrayLike, dtype: DTypeLike | None = None) -> Array:
    """The array itself where it is contiguous in order C and of that dtype, else a copy; at least one axis."""
    return _with_axis(asarray(a, dtype, "C"))


def asfortranarray(a: ArrayLike, dtype: DTypeLike | None = None) -> Array:
    """The array itself where it is contiguous in order F and of that dtype, else a copy; at least one axis."""
    return _with_axis(asarray(a, dtype, "F"))


_REQUIREMENTS = {
    "C": "C",
    "C_CONTIGUOUS": "C",
    "CONTIGUOUS": "C",
    "F": "F",
    "F_CONTIGUOUS": "F",
    "FORTRAN": "F",
    "A": "A",
    "ALIGNED": "A",
    "W": "W",
    "WRITEABLE": "W",
    "O": "O",
    "OWNDATA": "O",
    "E": "E",
    "ENSUREARRAY": "E",
}


def require(a: ArrayLike, dtype: DTypeLike | None = None, requirements: Any = None) -> Array:
    """The array itself where it has the required properties, else a copy that has them: letters of `CFAWOE`, or names.

    >>> import metes as mt
    >>> mt.require(mt.ones((2, 3)), requirements="F").flags.f_contiguous
    True
    """
    wanted = {_REQUIREMENTS[name.upper()] for name in requirements or ()}
    if wanted >= {"C", "F"}:
        raise ValueError("Cannot specify both 'C' and 'F' order")
    order = "C" if "C" in wanted else "F" if "F" in wanted else "A"
    a = asarray(a, dtype, None if order == "A" else order)
    facts = {"A": "ALIGNED", "W": "WRITEABLE", "O": "OWNDATA"}
    return a if all(a.flags[facts[letter]] for letter in wanted & set(facts)) else a.copy(order)


def identity(n: int, dtype: DTypeLike | None = None) -> Array:
    """A square matrix with ones on its diagonal."""
    return eye(n, dtype=dtype)


def fromfunction(
    function: Callable[..., Any], shape: Shape, *, dtype: DTypeLike | None = float, **kwargs: Any
) -> Array:
    """What `function` gives for arrays of the indices along each axis. These are read-only views that take no room.

    >>> import metes as mt
    >>> mt.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int).tolist()
    [[0, 1, 2], [10, 11, 12]]
    """
    shape = tuple(shape)
    lines = [arange(n, dtype=dtype).reshape((n,) + (1,) * (len(shape) - axis - 1)) for axis, n in enumerate(shape)]
    return function(*(broadcast_to(line, shape) for line in lines), **kwargs)


def fromstring(string: str | bytes, dtype: DTypeLike | None = float, count: int = -1, *, sep: str) -> Array:
    """The numbers in a text between separators; white space in the separator matches any white space.

    >>> import metes as mt
    >>> mt.fromstring("1, 2", dtype=int, sep=",").tolist()
    [1, 2]
    """
    if not sep:
        raise ValueError("fromstring: bytes are read by frombuffer; a text needs a separator")
    return fromiter(_numbers(string, dtype, sep), dtype, count)


def _numbers(text, dtype, sep):
    dtype = array(0, dtype=dtype).dtype
    convert = {"i": int, "u": int, "b": lambda item: bool(int(item))}.get(dtype.kind, complex)
    convert = float if dtype.kind == "f" else convert
    items = text.split(sep.strip() or None)
    if items and not items[-1].strip():
        items.pop()
    for item in items:
        yield convert(item)


def fromfile(file: Any, dtype: DTypeLike | None = float64, count: int = -1, sep: str = "", offset: int = 0) -> Array:
    """The elements that a file holds as bytes, or as text between separators, read straight into the array.

    `file` is a path or a binary file; `offset` bytes are skipped first.
    """
    if not hasattr(file, "readinto"):
        with open(os.fspath(file), "rb") as opened:
            return fromfile(opened, dtype, count, sep, offset)
    if sep:
        if offset:
            raise TypeError("'offset' argument only permitted for binary files")
        return fromstring(file.read().decode("ascii"), dtype, count, sep=sep)
    dtype = dtype if isinstance(dtype, DType) else empty(0, dtype=dtype).dtype
    file.seek(offset, os.SEEK_CUR)
    here = file.tell()
    left = (file.seek(0, os.SEEK_END) - here) // dtype.itemsize
    file.seek(here)
    count = operator.index(count)
    out = empty(max(left, 0) if count < 0 else min(count, max(left, 0)), dtype=dtype)
    if out.size:
        file.readinto(memoryview(out.view("u1")))
    return out


def _write(a: Array, file, sep="", format="%s"):
    """`Array.tofile`: to a path or a binary file, as bytes in order C or as text between separators."""
    if not hasattr(file, "write"):
        with open(os.fspath(file), "wb") as opened:
            return _write(a, opened, sep, format)
    if sep:
        texts = (format % item if format != "%s" else repr(item) for item in a.ravel().tolist())
        file.write(sep.join(texts).encode("ascii"))
        return None
    if a.flags.c_contiguous or a.ndim == 0:
        file.write(memoryview(a.reshape((-1,)).view("u1")) if a.nbytes else b"")
        return None
    for part in a:
        _write(part, file)
    return None


def _construct(
    shape: Shape,
    dtype: DTypeLike | None = float,
    buffer: Any = None,
    offset: int = 0,
    strides: Any = None,
    order: Order | None = None,
) -> Array:
    """`Array(shape, ...)`: a new array, or a view of a buffer, within whose bytes every element is proved to lie."""
    element = empty(0, dtype=dtype).dtype
    shape = tuple(operator.index(n) for n in shape) if hasattr(shape, "__iter__") else (operator.index(shape),)
    if buffer is None and strides is None:
        return empty(shape, dtype=element, order=order or "C")
    size = element.itemsize * math.prod(shape)
    if buffer is None:
        buffer, offset = empty(_reach(shape, strides, element.itemsize), dtype="u1"), 0
    whole = frombuffer(buffer, "u1")
    if not 0 <= operator.index(offset) <= whole.size:
        raise ValueError(f"Array: offset {offset} is not within the {whole.size} bytes of the buffer")
    if strides is None:
        if offset + size > whole.size:
            raise TypeError(f"buffer is too small for requested array: {size} bytes from {offset} of {whole.size}")
        line = whole[offset : offset + size].view(element) if size else empty(0, dtype=element)
        return line.reshape(shape, order="F" if order == "F" else "C")
    from .lib.stride_tricks import as_strided

    bytes_ = as_strided(whole[offset:], (*shape, element.itemsize), (*strides, 1), writeable=whole.flags.writeable)
    return bytes_.view(element)[..., 0]


def _reach(shape, strides, itemsize):
    """How many bytes elements at these strides need, from the first on."""
    steps = [operator.index(step) for step in strides]
    if len(steps) != len(shape) or any(step < 0 for step in steps):
        raise ValueError("strides is incompatible with shape of requested array and size of buffer")
    return itemsize + sum((n - 1) * step for n, step in zip(shape, steps, strict=True)) if math.prod(shape) else 0


def _raw(dtype: DType, given: tuple[Any, ...], wanted: Any) -> Array:
    """`void(4)`: so many bytes that are 0; `void(value, dtype)`: a value of raw bytes or fields."""
    if dtype.kind != "V" or len(given) + (wanted is not None) not in (1, 2):
        raise TypeError(f"{dtype}: one value makes an array of it; void takes a value and a dtype")
    value, wanted = given[0], given[1] if len(given) == 2 else wanted
    if wanted is not None:
        wanted = DType(wanted)
        if wanted.kind != "V":
            raise TypeError(f"void: descr must be a `void.dtype` not '{wanted}' of type {wanted.name}")
        return array(value, dtype=wanted)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 1 << 31:
            raise OverflowError("size must be non-negative and not greater than 2147483647")
        return array(bytes(value), dtype=DType(f"V{value}"))
    return array(value, dtype=dtype)


def _valued(dtype: DType, given: tuple[Any, ...], wanted: Any = None) -> Array:
    """`dtype(value)`: an array without axes, or one of what has axes."""
    if wanted is not None or (dtype.kind == "V" and not dtype.names):
        return _raw(dtype, given, wanted)
    if dtype.kind in "SU" and len(given) in (2, 3) and isinstance(given[0], (str, bytes)):
        turn = str.encode if dtype.kind == "S" else bytes.decode
        given = (turn(*given),)
    if dtype.kind in "Mm" and len(given) == 2:
        unit = given[1]
        if isinstance(unit, tuple):
            unit = f"{unit[1]}{unit[0]}"
        dtype, given = DType(f"{dtype.str[:3]}[{unit}]"), given[:1]
    if dtype.kind == "M" and not given:
        given = ("NaT",)
    if dtype.kind == "c" and len(given) == 2:
        given = (complex(*given),)
    if len(given) > 1:
        raise TypeError(f"{dtype}: one value makes an array of it, not {len(given)}")
    return array(given[0] if given else "" if dtype.kind in "SU" else 0, dtype=dtype)
