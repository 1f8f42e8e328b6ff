"""Views with any shape and strides, proved to stay within the bytes of the array that they are views of."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, overload

from .._manipulate import _axes
from .._native import LazyArray, asarray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._native import Array
    from .._types import ArrayLike, Axes, Shape

__all__ = ["as_strided", "sliding_window_view"]


def as_strided(
    x: ArrayLike,
    shape: Shape | None = None,
    strides: Sequence[int] | None = None,
    subok: bool = False,
    writeable: bool = True,
) -> Array:
    """A view with this shape and these strides (in bytes), by default the array's own.

    Unlike NumPy's, it raises `ValueError` where an element would lie outside the bytes that the array touches, and is
    read-only where two of its elements share bytes.

    >>> import metes as mt
    >>> mt.lib.stride_tricks.as_strided(mt.arange(4), (3, 2), (8, 8)).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    x = asarray(x)
    shape = x.shape if shape is None else shape
    shape = (operator.index(shape),) if hasattr(shape, "__index__") else tuple(shape)
    strides = x.strides if strides is None else tuple(strides)
    return x._as_strided(shape, strides, writeable)


@overload
def sliding_window_view(
    x: LazyArray, window_shape: Shape, axis: Axes = None, *, subok: bool = False, writeable: bool = False
) -> LazyArray: ...
@overload
def sliding_window_view(
    x: ArrayLike, window_shape: Shape, axis: Axes = None, *, subok: bool = False, writeable: bool = False
) -> Array: ...
def sliding_window_view(
    x: ArrayLike | LazyArray,
    window_shape: Shape,
    axis: Axes = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> Array | LazyArray:
    """All windows of a shape, as further axes of a view, read-only as its elements share bytes.

    Of a lazy array, and within a fused function, what is made of the windows is computed without an array of them.

    >>> import metes as mt
    >>> mt.lib.stride_tricks.sliding_window_view(mt.arange(4), 2).tolist()
    [[0, 1], [1, 2], [2, 3]]
    >>> moving_mean = mt.fuse(lambda x: mt.lib.stride_tricks.sliding_window_view(x, 2).mean(axis=-1))
    >>> moving_mean(mt.arange(4)).tolist()
    [0.5, 1.5, 2.5]
    """
    x = x if isinstance(x, LazyArray) else asarray(x)
    window = (window_shape,) if hasattr(window_shape, "__index__") else tuple(window_shape)
    window = tuple(operator.index(n) for n in window)
    if any(n < 0 for n in window):
        raise ValueError("`window_shape` cannot contain negative values")
    if axis is None:
        axes = list(range(x.ndim))
    else:
        axes = list(axis) if isinstance(axis, (tuple, list)) else [axis]
        axes = [_axes(a, x.ndim, "sliding_window_view")[0] for a in axes]
    if len(window) != len(axes):
        raise ValueError(f"sliding_window_view: {len(window)} lengths of windows for {len(axes)} axes")
    shape = list(x.shape)
    for place, length in zip(axes, window, strict=True):
        shape[place] -= length - 1
        if shape[place] <= 0:
            raise ValueError("window shape cannot be larger than input array shape")
    if isinstance(x, LazyArray):
        return x._windows(list(zip(axes, window, strict=True)))
    return x._as_strided((*shape, *window), (*x.strides, *(x.strides[place] for place in axes)), writeable)


def __dir__() -> list[str]:
    return list(__all__)
