"""Stacking and splitting: a few lines each over `concatenate`, and over slices, which are views."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import TYPE_CHECKING

from ._manipulate import _array, _axis, moveaxis
from ._native import Array, asarray, concatenate, empty, result_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._types import ArrayLike, ArrayLikes, Axes, Casting, DTypeLike

__all__ = [
    "append",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block",
    "column_stack",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "unstack",
    "vsplit",
    "vstack",
]


def _each(arrays, shaped):
    arrays = [shaped(a) for a in arrays]
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def _one(a):
    a = _array(a)
    return a if a.ndim >= 1 else a.reshape((1,))


def atleast_1d(*arys: ArrayLike) -> Any:
    """The arrays, those without axes with one: views.

    >>> import metes as mt
    >>> mt.atleast_1d(mt.asarray(3)).shape
    (1,)
    """
    return _each(arys, _one)


def _two(a):
    a = _array(a)
    return a if a.ndim >= 2 else a.reshape((1, 1)) if a.ndim == 0 else a[None, :]


def atleast_2d(*arys: ArrayLike) -> Any:
    """The arrays, with new axes in front up to two: views."""
    return _each(arys, _two)


def _three(a):
    a = _array(a)
    if a.ndim >= 3:
        return a
    return a.reshape((1, 1, 1)) if a.ndim == 0 else a[None, :, None] if a.ndim == 1 else a[:, :, None]


def atleast_3d(*arys: ArrayLike) -> Any:
    """The arrays, with new axes around theirs up to three: views."""
    return _each(arys, _three)


def vstack(tup: ArrayLikes, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Array:
    """Joins arrays along the first axis; those of one dimension are rows.

    >>> import metes as mt
    >>> mt.vstack([mt.arange(3), mt.ones((2, 3))]).shape
    (3, 3)
    """
    return concatenate([_two(a) for a in tup], axis=0, dtype=dtype, casting=casting)


def hstack(tup: ArrayLikes, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Array:
    """Joins arrays along the second axis, those of one dimension along their only one."""
    arrays = [_one(a) for a in tup]
    axis = 0 if arrays and arrays[0].ndim == 1 else 1
    return concatenate(arrays, axis=axis, dtype=dtype, casting=casting)


def dstack(tup: ArrayLikes) -> Array:
    """Joins arrays along the third axis, which is made where it is missing."""
    return concatenate([_three(a) for a in tup], axis=2)


def column_stack(tup: ArrayLikes) -> Array:
    """Joins arrays along the second axis; those of one dimension are columns."""
    arrays = [_array(a) for a in tup]
    return concatenate([a.reshape((-1, 1)) if a.ndim < 2 else a for a in arrays], axis=1)


def append(arr: ArrayLike, values: ArrayLike, axis: Axes = None) -> Array:
    """A copy with `values` after the end of an axis; all elements in one dimension where `axis` is None."""
    return concatenate([asarray(arr), asarray(values)], axis=axis)


def unstack(x: ArrayLike, /, *, axis: Axes = 0) -> tuple[Array, ...]:
    """The parts along an axis, without it: a tuple of views."""
    x = _array(x)
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    x = moveaxis(x, axis, 0)
    return tuple(x[place, ...] for place in range(x.shape[0]))


def _cuts(length, indices_or_sections):
    """Where parts begin and end along an axis: given cuts, or so many parts, the first ones longer by one."""
    try:
        count = len(indices_or_sections) + 1
    except TypeError:
        count = operator.index(indices_or_sections)
        if count <= 0:
            raise ValueError("number sections must be larger than 0.") from None
        least, more = divmod(length, count)
        cuts = [least * i + min(i, more) for i in range(count + 1)]
    else:
        cuts = [0, *(operator.index(cut) for cut in indices_or_sections), length]
    return list(pairwise(cuts))


def array_split(ary: ArrayLike, indices_or_sections: int | Sequence[int] | ArrayLike, axis: Axes = 0) -> list[Array]:
    """The parts between cuts along an axis, or so many parts of nearly equal length: views."""
    a = _array(ary)
    axis = _axis(axis, a.ndim, "array_split")
    before = (slice(None),) * axis
    return [a[(*before, slice(start, stop))] for start, stop in _cuts(a.shape[axis], indices_or_sections)]


def split(ary: ArrayLike, indices_or_sections: int | Sequence[int] | ArrayLike, axis: Axes = 0) -> list[Array]:
    """As `array_split`, but so many parts must be of equal length.

    >>> import metes as mt
    >>> [part.tolist() for part in mt.split(mt.arange(6), [2, 3])]
    [[0, 1], [2], [3, 4, 5]]
    """
    a = _array(ary)
    try:
        len(indices_or_sections)
    except TypeError:
        length = a.shape[_axis(axis, a.ndim, "split")]
        if length % operator.index(indices_or_sections):
            raise ValueError(
                f"array split does not result in an equal division: {length} places, {indices_or_sections} parts"
            ) from None
    return array_split(a, indices_or_sections, axis)


def hsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int] | ArrayLike) -> list[Array]:
    """`split` along the second axis, or along the only one."""
    a = _array(ary)
    if a.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return split(a, indices_or_sections, 1 if a.ndim > 1 else 0)


def vsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int] | ArrayLike) -> list[Array]:
    """`split` along the first of at least two axes."""
    a = _array(ary)
    if a.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(a, indices_or_sections, 0)


def dsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int] | ArrayLike) -> list[Array]:
    """`split` along the third axis."""
    a = _array(ary)
    if a.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(a, indices_or_sections, 2)


def _depth(arrays, index=()):
    """How deep lists are nested, and the leaves as arrays in the same nesting."""
    if isinstance(arrays, tuple):
        raise TypeError(f"arrays{list(index)} is a tuple. Only lists can be used to arrange blocks.")
    if not isinstance(arrays, list):
        return 0, asarray(arrays)
    if not arrays:
        raise ValueError(f"List at arrays{list(index)} cannot be empty")
    found = [_depth(inner, (*index, number)) for number, inner in enumerate(arrays)]
    if len({depth for depth, _ in found}) > 1:
        raise ValueError(f"List depths are mismatched within arrays{list(index)}")
    return found[0][0] + 1, [inner for _, inner in found]


def _layout(nested, depth, ndim):
    """The shape of nested blocks, and each block with the place of its corner."""
    if depth == 0:
        shape = (1,) * (ndim - nested.ndim) + nested.shape
        return shape, [((0,) * ndim, nested.reshape(shape))]
    axis = ndim - depth
    shapes, placed, start = [], [], 0
    for inner in nested:
        shape, blocks = _layout(inner, depth - 1, ndim)
        placed += [((*at[:axis], at[axis] + start, *at[axis + 1 :]), block) for at, block in blocks]
        start += shape[axis]
        shapes.append(shape)
    rest = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(rest) > 1:
        raise ValueError(f"block: shapes {' and '.join(map(str, shapes))} do not fit along axis {axis}")
    return (*shapes[0][:axis], start, *shapes[0][axis + 1 :]), placed


def block(arrays: ArrayLikes) -> Array:
    """One array of nested lists of blocks, the innermost lists along the last axis; written straight into the result.

    >>> import metes as mt
    >>> mt.block([[mt.ones((1, 2)), mt.zeros((1, 1))], [mt.full((1, 3), 7.0)]]).tolist()
    [[1.0, 1.0, 0.0], [7.0, 7.0, 7.0]]
    """
    depth, nested = _depth(arrays)
    leaves = _leaves(nested)
    ndim = max(depth, *(leaf.ndim for leaf in leaves))
    shape, placed = _layout(nested, depth, ndim)
    fortran = all(leaf.flags.f_contiguous and not leaf.flags.c_contiguous for leaf in leaves)
    out = empty(shape, dtype=result_type(*(leaf.dtype for leaf in leaves)), order="F" if fortran else "C")
    for corner, leaf in placed:
        out[tuple(slice(at, at + n) for at, n in zip(corner, leaf.shape, strict=True))] = leaf
    return out


def _leaves(nested):
    return [nested] if isinstance(nested, Array) else [leaf for inner in nested for leaf in _leaves(inner)]
