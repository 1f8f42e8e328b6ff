"""Functions that rearrange axes and shapes; all of them take arrays, lazy arrays and what can become an array.

Each is a few lines over the methods of the two classes, which do the work and check what only they can check.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from ._native import Array, AxisError, LazyArray, asarray, broadcast_shapes, broadcast_to, concatenate, rint

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike, ArrayLikes, Axes, Casting, DTypeLike, Order, Shape

__all__ = [
    "astype",
    "broadcast_arrays",
    "copy",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "round",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]


def _array(a):
    return a if isinstance(a, (Array, LazyArray)) else asarray(a)


def _axis(axis, ndim, function):
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise AxisError(f"{function}: axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def _axes(axes, ndim, function):
    axes = [_axis(axis, ndim, function) for axis in (axes if isinstance(axes, (tuple, list)) else (axes,))]
    if len(set(axes)) != len(axes):
        raise ValueError(f"{function}: repeated axis in {tuple(axes)}")
    return axes


def reshape(a: ArrayLike, /, shape: Shape, order: Order = "C", *, copy: bool | None = None) -> Array:
    """The same elements in another shape; one length may be -1.

    A view where strides can express it. `copy=False` raises `ValueError` where they cannot, `copy=True` always copies.

    >>> import metes as mt
    >>> mt.reshape(mt.arange(6), (2, -1)).shape
    (2, 3)
    """
    a = _array(a)
    shape = shape if isinstance(shape, (tuple, list)) else (shape,)
    return a.reshape(tuple(shape)) if isinstance(a, LazyArray) else a.reshape(tuple(shape), order=order, copy=copy)


def ravel(a: ArrayLike, order: Order = "C") -> Array:
    """All elements along one axis; a view where strides can express it."""
    a = _array(a)
    return a.reshape((-1,)) if isinstance(a, LazyArray) else a.ravel(order)


def transpose(a: ArrayLike, axes: Any = None) -> Array:
    """A view with the axes in another order, reversed by default."""
    return _array(a).transpose() if axes is None else _array(a).transpose(tuple(axes))


def permute_dims(a: ArrayLike, /, axes: Any = None) -> Array:
    """A view with the axes in another order, reversed by default."""
    return transpose(a, axes)


def matrix_transpose(a: ArrayLike, /) -> Array:
    """A view with the last two axes exchanged; `ValueError` where there are fewer than two."""
    a = _array(a)
    if a.ndim < 2:
        raise ValueError(f"matrix_transpose: the array must have at least 2 axes, not {a.ndim}")
    return swapaxes(a, -1, -2)


def swapaxes(a: ArrayLike, axis1: int, axis2: int) -> Array:
    """A view with two axes exchanged."""
    a = _array(a)
    order = list(range(a.ndim))
    first, second = _axis(axis1, a.ndim, "swapaxes"), _axis(axis2, a.ndim, "swapaxes")
    order[first], order[second] = order[second], order[first]
    return a.transpose(tuple(order))


def moveaxis(a: ArrayLike, source: Axes, destination: Axes) -> Array:
    """A view with the axes `source` moved to the places `destination`; the others keep their order.

    >>> import metes as mt
    >>> mt.moveaxis(mt.zeros((3, 4, 5)), 0, -1).shape
    (4, 5, 3)
    """
    a = _array(a)
    source, destination = _axes(source, a.ndim, "moveaxis"), _axes(destination, a.ndim, "moveaxis")
    if len(source) != len(destination):
        raise ValueError(f"moveaxis: {len(source)} axes cannot move to {len(destination)} places")
    order = [axis for axis in range(a.ndim) if axis not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return a.transpose(tuple(order))


def round(a: ArrayLike, decimals: int = 0, out: Array | None = None) -> Array:
    """Elements rounded to the nearest number with so many decimals, halves to the even one.

    >>> import metes as mt
    >>> mt.round(mt.asarray([0.125, 2.5]), 1).tolist()
    [0.1, 2.5]
    """
    a = _array(a)
    if not isinstance(a, LazyArray):
        return a.round(decimals, out)
    if out is not None:
        raise TypeError("round: out is not for lazy arrays")
    if decimals != 0:
        raise NotImplementedError("round: lazy arrays are rounded to whole numbers; scale them before and after")
    return rint(a)


def squeeze(a: ArrayLike, /, axis: Axes = None) -> Array:
    """A view without axes of length 1: the named ones, or all."""
    return _array(a).squeeze() if axis is None else _array(a).squeeze(axis)


def expand_dims(a: ArrayLike, /, axis: Axes = 0) -> Array:
    """A view with new axes of length 1 at the places `axis` of the result."""
    a = _array(a)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = _axes(axis, a.ndim + count, "expand_dims")
    return a[tuple(None if place in new else slice(None) for place in range(a.ndim + count))]


def flip(a: ArrayLike, /, axis: Axes = None) -> Array:
    """A view with the order of elements reversed along `axis`, by default along all.

    >>> import metes as mt
    >>> mt.flip(mt.arange(3)).tolist()
    [2, 1, 0]
    """
    a = _array(a)
    turned = range(a.ndim) if axis is None else _axes(axis, a.ndim, "flip")
    return a[tuple(slice(None, None, -1 if place in turned else 1) for place in range(a.ndim))]


def broadcast_arrays(*arrays: ArrayLikes, subok: bool = False) -> tuple[Array, ...]:
    """Read-only views of all arrays, stretched to one shape; those that have it already are returned themselves.

    `subok` is taken for NumPy's sake: arrays have no subclasses.
    """
    arrays = [_array(a) for a in arrays]
    shape = broadcast_shapes(*(a.shape for a in arrays))
    return tuple(a if a.shape == shape else broadcast_to(a, shape) for a in arrays)


def stack(
    arrays: ArrayLikes,
    axis: Axes = 0,
    out: Array | None = None,
    *,
    dtype: DTypeLike | None = None,
    casting: Casting = "same_kind",
) -> Array:
    """Joins arrays of one shape along a new axis.

    >>> import metes as mt
    >>> mt.stack([mt.arange(3), mt.arange(3)]).shape
    (2, 3)
    """
    arrays = [asarray(a) for a in arrays]
    if not arrays:
        raise ValueError("stack: needs at least one array")
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1:
        raise ValueError(f"stack: all arrays must have the same shape, not {' and '.join(map(str, sorted(shapes)))}")
    axis = _axis(axis, arrays[0].ndim + 1, "stack")
    new = (slice(None),) * axis + (None,)
    return concatenate([a[new] for a in arrays], axis=axis, out=out, dtype=dtype, casting=casting)


def astype(
    a: ArrayLike,
    dtype: DTypeLike | None,
    /,
    *,
    copy: bool | None = True,
    casting: Casting = "unsafe",
    device: Any = None,
) -> Array:
    """A copy cast to `dtype`; with `copy=False` the array itself where it has that dtype already."""
    a = _array(a)
    if device not in (None, "cpu"):
        raise ValueError(f"astype: unsupported device {device!r}: the only one is 'cpu'")
    return a.astype(dtype) if isinstance(a, LazyArray) else a.astype(dtype, copy=copy, casting=casting)


def copy(a: ArrayLike, order: Order = "K", subok: bool = False) -> Array:
    """A copy that owns its bytes, in memory order C, F, A or K (as near to the source's as possible).

    `subok` is taken for NumPy's sake: arrays have no subclasses.
    """
    return asarray(a).copy(order)
