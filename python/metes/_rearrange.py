"""Turning, trimming and padding arrays, and looking at them in other ways."""

from __future__ import annotations

import operator
from itertools import product
from typing import TYPE_CHECKING

from ._manipulate import _array, _axes, _axis, flip, moveaxis, swapaxes
from ._native import LazyArray, _pad, argmax, asarray, broadcast_to

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike, Axes

__all__ = [
    "diagonal",
    "fliplr",
    "flipud",
    "ndim",
    "pad",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "trim_zeros",
]


def ndim(a: ArrayLike) -> int:
    """Number of axes."""
    return _array(a).ndim


def shape(a: ArrayLike) -> tuple[int, ...]:
    """Elements along each axis."""
    return _array(a).shape


def size(a: ArrayLike, axis: Axes = None) -> int:
    """Number of elements, or of places along an axis or several."""
    a = _array(a)
    if axis is None:
        return a.size
    count = 1
    for place in _axes(axis, a.ndim, "size"):
        count *= a.shape[place]
    return count


def diagonal(a: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """A read-only view of a diagonal of two axes, along a new last axis."""
    return asarray(a).diagonal(offset, axis1, axis2)


def fliplr(m: ArrayLike) -> Array:
    """A view with the second axis reversed."""
    m = _array(m)
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(m, 1)


def flipud(m: ArrayLike) -> Array:
    """A view with the first axis reversed."""
    m = _array(m)
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(m, 0)


def rot90(m: ArrayLike, k: int = 1, axes: Any = (0, 1)) -> Array:
    """A view turned by `k` quarters in the plane of two axes, from the first towards the second.

    >>> import metes as mt
    >>> mt.rot90(mt.asarray([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    m, axes = _array(m), tuple(axes)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    first, second = (_axis(axis, m.ndim, "rot90") for axis in axes)
    if first == second:
        raise ValueError("Axes must be different.")
    match operator.index(k) % 4:
        case 0:
            return m[...]
        case 1:
            return swapaxes(flip(m, second), first, second)
        case 2:
            return flip(flip(m, first), second)
        case _:
            return flip(swapaxes(m, first, second), second)


def rollaxis(a: ArrayLike, axis: Axes, start: int = 0) -> Array:
    """A view with one axis moved before the place that another one has now. `moveaxis` says it more plainly."""
    a = _array(a)
    axis = _axis(axis, a.ndim, "rollaxis")
    start = start if start == a.ndim else _axis(start, a.ndim, "rollaxis")
    start -= axis < start
    return a[...] if axis == start else moveaxis(a, axis, start)


def trim_zeros(filt: ArrayLike, trim: str = "fb", axis: Axes = None) -> Array:
    """A view without the zeros at the front (`f`), the back (`b`) or both, along `axis`, by default along all.

    >>> import metes as mt
    >>> mt.trim_zeros(mt.asarray([0, 0, 1, 0, 2, 0])).tolist()
    [1, 0, 2]
    """
    a, trim = asarray(filt), trim.lower()
    if not trim or set(trim) - set("fb") or len(set(trim)) != len(trim):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    axes = range(a.ndim) if axis is None else _axes(axis, a.ndim, "trim_zeros")
    some = a.astype(bool)
    index = [slice(None)] * a.ndim
    for place in axes:
        others = tuple(other for other in range(a.ndim) if other != place)
        line = some.any(axis=others) if others else some
        if not line.any():
            index = [slice(0, 0) if number in axes else whole for number, whole in enumerate(index)]
            break
        first = int(argmax(line)) if "f" in trim else 0
        last = line.size - int(argmax(flip(line))) if "b" in trim else line.size
        index[place] = slice(first, last)
    return a[tuple(index)]


_MODES = {
    "constant": ("constant_values", 0),
    "edge": (None, None),
    "empty": (None, None),
    "linear_ramp": ("end_values", 0),
    "maximum": ("stat_length", None),
    "mean": ("stat_length", None),
    "median": ("stat_length", None),
    "minimum": ("stat_length", None),
    "reflect": ("reflect_type", "even"),
    "symmetric": ("reflect_type", "even"),
    "wrap": (None, None),
}


def pad(array: ArrayLike, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Array:
    """The array within a larger one: `pad_width` places more before and after each axis, filled as `mode` says.

    Modes are those of NumPy, with their keywords `constant_values`, `end_values`, `stat_length`, `reflect_type`; or a
    function that is called with each line, its widths, its axis and the keywords, and changes the line.

    >>> import metes as mt
    >>> mt.pad(mt.arange(3), (1, 2), mode="wrap").tolist()
    [2, 0, 1, 2, 0, 1]
    """
    if isinstance(array, LazyArray):
        raise TypeError("pad: a lazy array must be computed first")
    a = asarray(array)
    if isinstance(pad_width, dict):
        widths = [(0, 0)] * a.ndim
        for axis, width in pad_width.items():
            widths[_axis(axis, a.ndim, "pad")] = width if isinstance(width, (tuple, list)) else (width, width)
        pad_width = widths
    if callable(mode):
        return _pad_by(a, pad_width, mode, kwargs)
    if mode not in _MODES:
        raise ValueError(f"mode '{mode}' is not supported")
    keyword, default = _MODES[mode]
    if wrong := set(kwargs) - {keyword}:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {wrong}")
    value = kwargs.get(keyword, default)
    if keyword == "reflect_type":
        return _pad(a, pad_width, mode, odd=value == "odd")
    return _pad(a, pad_width, mode, value)


def _pad_by(a, pad_width, function, kwargs):
    out = _pad(a, pad_width, "constant", 0)
    widths = _widths(asarray(pad_width), a.ndim)
    for axis in range(a.ndim):
        lanes = moveaxis(out, axis, -1)
        for index in _places(lanes.shape[:-1]):
            function(lanes[index], widths[axis], axis, kwargs)
    return out


def _widths(given, ndim):
    return [tuple(pair) for pair in broadcast_to(given, (ndim, 2)).tolist()]


def _places(lengths):
    if not lengths:
        yield (...,)
        return
    yield from product(*map(range, lengths))
