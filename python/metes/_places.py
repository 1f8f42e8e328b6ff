"""Where elements are, and what is chosen by conditions: a few lines each over what the native module does in bulk."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from . import _native
from ._native import AxisError, LazyArray, arange, asarray, broadcast_shapes, copyto, full, nonzero, result_type, tri
from ._native import zeros_like as _zeros_like

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike, Axes

__all__ = [
    "count_nonzero",
    "diag_indices",
    "diag_indices_from",
    "mask_indices",
    "piecewise",
    "select",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
]


def count_nonzero(a: ArrayLike, axis: Axes = None, *, keepdims: bool = False) -> Array:
    """How many elements are true, of all or along axes; no array of truths is made.

    >>> import metes as mt
    >>> mt.count_nonzero([[0, 1, 7, 0], [3, 0, 2, 19]], axis=1).tolist()
    [2, 3]
    """
    lazy = isinstance(a, LazyArray)
    a = a if lazy else asarray(a)
    if not lazy and a.ndim == 0 and axis is not None:
        # As in NumPy, the only element counts as an axis of its own.
        for one in axis if isinstance(axis, tuple) else (axis,):
            if operator.index(one) not in (0, -1):
                raise AxisError(f"axis {one} is out of bounds for array of dimension 0")
        axis = None
    if axis is None and not lazy:
        return full((1,) * a.ndim if keepdims else (), _native._count_true(a), dtype="int64")
    if not lazy and a.dtype.kind not in "biufc":
        a = a.astype(bool)
    counts = (_native.lazy(a) != 0).sum(axis=axis, keepdims=keepdims)
    return counts if lazy else counts.compute()


def select(condlist: ArrayLike, choicelist: ArrayLike, default: ArrayLike = 0) -> Array:
    """At each place the element of the first choice whose condition is true there, or the default.

    >>> import metes as mt
    >>> x = mt.arange(6)
    >>> mt.select([x < 3, x > 3], [x, x**2], 42).tolist()
    [0, 1, 2, 42, 16, 25]
    """
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    conditions = [asarray(condition) for condition in condlist]
    for number, condition in enumerate(conditions):
        if condition.dtype != _native.DType("bool"):
            raise TypeError(f"invalid entry {number} in condlist: should be boolean ndarray")
    weak = (bool, int, float, complex)
    choices = [choice if type(choice) in weak else asarray(choice) for choice in choicelist]
    default = default if type(default) in weak else asarray(default)
    dtype = result_type(*choices, default)
    parts = [asarray(part) for part in [*choices, default]]
    shape = broadcast_shapes(*(part.shape for part in [*conditions, *parts]))
    result = full(shape, 0, dtype=dtype)
    result[...] = default
    for condition, choice in zip(conditions[::-1], parts[-2::-1], strict=True):
        copyto(result, choice, casting="unsafe", where=condition)
    return result


def piecewise(x: ArrayLike, condlist: ArrayLike, funclist: ArrayLike, *args: Any, **kw: ArrayLike) -> Array:
    """What each function gives for the elements where its condition is true; numbers are constant functions.

    One function more than conditions is for the rest; without it the rest is 0.

    >>> import metes as mt
    >>> x = mt.linspace(-2.5, 2.5, 6)
    >>> mt.piecewise(x, [x < 0, x >= 0], [lambda x: -x, lambda x: x]).tolist()
    [2.5, 1.5, 0.5, 0.5, 1.5, 2.5]
    """
    x = asarray(x)
    many = isinstance(condlist, (list, tuple)) and not (condlist and isinstance(condlist[0], (bool, int)) and x.ndim)
    conditions = [asarray(condition).astype("bool") for condition in (condlist if many else [condlist])]
    if len(funclist) == len(conditions) + 1:
        rest = conditions[0] if conditions else asarray(False)
        for condition in conditions[1:]:
            rest = rest | condition
        conditions.append(~rest)
    elif len(funclist) != len(conditions):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions "
            "are expected"
        )
    result = _zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result[condition] = function
        elif _native._count_true(condition):
            result[condition] = function(x[condition], *args, **kw)
    return result


def mask_indices(n: int, mask_func: ArrayLike, k: int = 0) -> tuple[Array, ...]:
    """The indices of an (n, n) array where `mask_func`, such as `triu`, leaves ones.

    >>> import metes as mt
    >>> [i.tolist() for i in mt.mask_indices(2, mt.triu)]
    [[0, 0, 1], [0, 1, 1]]
    """
    return nonzero(mask_func(full((n, n), 1), k) != 0)


def _matrix(arr):
    arr = asarray(arr)
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
    return arr


def tril_indices(n: int, k: int = 0, m: ArrayLike | None = None) -> tuple[Array, ...]:
    """The indices of the lower triangle of an (n, m) array, from diagonal k on."""
    return nonzero(tri(n, m, k, dtype="bool"))


def tril_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, ...]:
    """The indices of the lower triangle of a matrix."""
    arr = _matrix(arr)
    return tril_indices(arr.shape[0], k, arr.shape[1])


def triu_indices(n: int, k: int = 0, m: ArrayLike | None = None) -> tuple[Array, ...]:
    """The indices of the upper triangle of an (n, m) array, from diagonal k on."""
    return nonzero(~tri(n, m, k - 1, dtype="bool"))


def triu_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, ...]:
    """The indices of the upper triangle of a matrix."""
    arr = _matrix(arr)
    return triu_indices(arr.shape[0], k, arr.shape[1])


def diag_indices(n: int, ndim: ArrayLike = 2) -> tuple[Array, ...]:
    """The indices of the main diagonal of an array with `ndim` axes of length n."""
    return (arange(operator.index(n)),) * ndim


def diag_indices_from(arr: ArrayLike) -> tuple[Array, ...]:
    """The indices of the main diagonal of an array whose axes, two or more, are equally long."""
    arr = asarray(arr)
    if arr.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    if len(set(arr.shape)) != 1:
        raise ValueError("All dimensions of input must be of equal length")
    return diag_indices(arr.shape[0], arr.ndim)
