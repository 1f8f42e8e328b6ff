"""`nested_iters`: iterators within one another over the axes of the same arrays."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from ._native import asarray, zeros
from ._nditer import nditer

if TYPE_CHECKING:
    from typing import Any

    from ._types import Casting, Order

__all__ = ["nested_iters"]

# What is about elements, which only the innermost iterator gives.
_INNERMOST = {"external_loop", "buffered", "delay_bufalloc", "grow_inner", "growinner", "common_dtype", "ranged"}


def nested_iters(
    op: Any,
    axes: Any,
    flags: Any = None,
    op_flags: Any = None,
    op_dtypes: Any = None,
    order: Order = "K",
    casting: Casting = "safe",
    buffersize: Any = 0,
) -> tuple[nditer, ...]:
    """Iterators, the outermost first, each over some of the axes: a step of one begins those within it anew.

    The elements are those of the innermost, and so are the flags about them (`external_loop`, `buffered`) and dtypes.

    >>> import metes as mt
    >>> rows, row = mt.nested_iters(mt.arange(6).reshape(2, 3), [[0], [1]])
    >>> [[int(x) for x in row] for _ in rows]
    [[0, 1, 2], [3, 4, 5]]
    """
    several, flags = isinstance(op, (list, tuple)), set(flags or ())
    if any(one is None for one in (op if several else [op])):
        raise ValueError("nested_iters: every operand must be given; none is allocated")
    arrays = [asarray(one) for one in (op if several else [op])]
    levels = _levels(axes, arrays)
    if op_dtypes is not None and "buffered" not in flags:
        arrays, op_dtypes = _cast(arrays, flags, op_flags, op_dtypes, casting), None
    wide = [_named_axes(one, levels) for one in arrays]
    made, before = [], 0
    for level in levels:
        parts = [_part(one, before, len(level)) for one in wide]
        before += len(level)
        innermost = len(made) + 1 == len(levels)
        wanted = flags if innermost else flags - _INNERMOST | {"multi_index"}
        dtypes = op_dtypes if innermost else None
        made.append(nditer(parts, list(wanted), op_flags, dtypes, order, casting, buffersize=buffersize))
        made[-1]._operands = arrays
    _nest(made, wide, levels, "multi_index" in flags)
    return tuple(made)


def _levels(axes, arrays):
    """The axes of each iterator, checked."""
    levels = [[operator.index(axis) for axis in level] for level in axes if _is_level(level)]
    if len(levels) < 2:
        raise ValueError("axes must have at least 2 entries for nested iteration")
    every = [axis for level in levels for axis in level]
    if len(set(every)) < len(every):
        raise ValueError("An axis is used more than once")
    for number, array in enumerate(arrays):
        for axis in every:
            if not 0 <= axis < array.ndim:
                raise ValueError(f"axis {axis} is not one of the {array.ndim} of operand {number}")
    return levels


def _is_level(level):
    if not hasattr(level, "__iter__"):
        raise ValueError("Each item in axes must be an integer tuple")
    return True


def _cast(arrays, flags, op_flags, op_dtypes, casting):
    """The operands as arrays of the dtypes that were asked for."""
    whole = nditer(arrays, list(flags - _INNERMOST), op_flags, op_dtypes, casting=casting)
    if any(op.cast and op.writes for op in whole._ops):
        raise NotImplementedError("nested_iters: what is written and cast must be buffered")
    return [op.array for op in whole._ops]


def _named_axes(array, levels):
    """A view with the axes of all iterators, outermost first; along others the first elements alone."""
    every = [axis for level in levels for axis in level]
    rest = [axis for axis in range(array.ndim) if axis not in every]
    turned = array.transpose((*every, *rest))
    if any(array.shape[axis] == 0 for axis in rest):
        return zeros(turned.shape[: len(every)], dtype=array.dtype)
    return turned[(slice(None),) * len(every) + (0,) * len(rest) + (Ellipsis,)]


def _part(wide, before, count):
    """What one iterator is made over: its axes, at the first step of all others."""
    if wide.size == 0:
        return zeros(wide.shape[before : before + count], dtype=wide.dtype)
    return wide[(0,) * before + (slice(None),) * count + (0,) * (wide.ndim - before - count) + (Ellipsis,)]


def _nest(made, wide, levels, tracks):
    """Has each iterator set those within it to where it stands."""
    for iterator in made[:-1]:
        iterator._has_multi = tracks
    if not all(one.size for one in wide):
        return
    wholes, before = [], 0
    for iterator, level in zip(made, levels, strict=True):
        wholes.append([_walked(one, op, iterator, before) for one, op in zip(wide, iterator._ops, strict=True)])
        before += len(level)
    for place, iterator in enumerate(made[:-1]):
        iterator._nest = (made, wholes, place)
    made[0]._rewind()


def _walked(wide, op, iterator, before):
    """An operand with the axes of the outer iterators first, then those of an inner one, as it walks them."""
    count = len(iterator._shape)
    steps = [-1 if flipped and n > 1 else 1 for flipped, n in zip(iterator._flipped, op.view.shape, strict=True)]
    turned = wide[(slice(None),) * before + tuple(slice(None, None, step) for step in steps)]
    outer, own = turned.shape[:before], list(range(before, before + count))
    rest = list(range(before + count, wide.ndim))
    turned = turned.transpose((*range(before), *(own[axis] for axis in iterator._axes), *rest))
    turned = turned[(slice(None),) * (before + count) + (slice(0, 1),) * len(rest)]
    return turned.reshape(outer + op.wide.shape, copy=False)
