"""Where an array's bytes are, and axes as positions from the front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._manipulate import _axes
from .._native import asarray

if TYPE_CHECKING:
    from .._types import ArrayLike, Axes

__all__ = ["byte_bounds", "normalize_axis_index", "normalize_axis_tuple"]


def byte_bounds(a: ArrayLike) -> tuple[int, int]:
    """The address of an array's lowest byte, and the one after its highest.

    >>> import metes as mt
    >>> low, high = mt.lib.array_utils.byte_bounds(mt.arange(10)[::-3])
    >>> high - low
    80
    """
    a = asarray(a)
    low = high = a.__array_interface__["data"][0]
    if a.size == 0:
        return low, high
    for n, step in zip(a.shape, a.strides, strict=True):
        way = (n - 1) * step
        low, high = low + min(way, 0), high + max(way, 0)
    return low, high + a.itemsize


def normalize_axis_index(axis: int, ndim: int, msg_prefix: str | None = None) -> int:
    """The axis counted from the front; `AxisError` where there is none.

    >>> import metes as mt
    >>> mt.lib.array_utils.normalize_axis_index(-1, 3)
    2
    """
    return _axes(axis, ndim, msg_prefix or "axis")[0]


def normalize_axis_tuple(
    axis: Axes, ndim: int, argname: str | None = None, allow_duplicate: bool = False
) -> tuple[int, ...]:
    """Axes counted from the front; `ValueError` for one that is named twice, unless that is allowed.

    >>> import metes as mt
    >>> mt.lib.array_utils.normalize_axis_tuple((0, -1), 3)
    (0, 2)
    """
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(normalize_axis_index(one, ndim, argname) for one in given)
    if not allow_duplicate and len(set(axes)) != len(axes):
        raise ValueError(f"repeated axis in `{argname}` argument" if argname else "repeated axis")
    return axes


def __dir__() -> list[str]:
    return list(__all__)
